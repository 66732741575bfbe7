//! [`RunLog`]: `log.jsonl`, one event per line. No clock, no path and no patient value goes into it.

use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Mutex;

/// Collects events in the order in which the run reaches them.
#[derive(Debug, Default)]
pub(crate) struct RunLog {
    lines: Mutex<Vec<String>>,
}

impl RunLog {
    /// An empty log.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an event with its details.
    pub(crate) fn event(&self, event: &str, details: impl Serialize) {
        let mut line = json!({ "event": event });
        if let (Value::Object(line), Ok(Value::Object(details))) = (&mut line, serde_json::to_value(details)) {
            line.extend(details);
        }
        self.lines.lock().expect("no holder of this lock panics").push(line.to_string());
    }

    /// All lines.
    pub(crate) fn to_text(&self) -> String {
        let lines = self.lines.lock().expect("no holder of this lock panics");
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}
