//! What a person sees while a run works: bars with the time left, lines for machines, and errors.

use clap::ValueEnum;
use dlr_experiment::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{io::IsTerminal, sync::Mutex, time::Duration};

/// How progress is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressKind {
    /// A bar where standard error is a terminal, plain lines elsewhere.
    Auto,
    /// One JSON object per line on standard error.
    Json,
    /// Nothing.
    None,
}

impl ProgressKind {
    /// The listener of this kind.
    pub(crate) fn listener(self) -> Box<dyn Progress> {
        match self {
            ProgressKind::Auto if std::io::stderr().is_terminal() => Box::new(Bar::default()),
            ProgressKind::Auto => Box::new(Lines::default()),
            ProgressKind::Json => Box::new(Json::default()),
            ProgressKind::None => Box::new(dlr_experiment::progress::Quiet),
        }
    }

    /// As [`ProgressKind::listener`], for commands whose standard error is for problems alone.
    pub(crate) fn silent_elsewhere(self) -> Box<dyn Progress> {
        match self {
            ProgressKind::Auto if !std::io::stderr().is_terminal() => ProgressKind::None.listener(),
            kind => kind.listener(),
        }
    }
}

/// Prints a failure and what led to it.
pub(crate) fn print_error(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("{cause}");
    }
}

/// Stage, case, count and time left, redrawn in place.
#[derive(Default)]
struct Bar {
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress for Bar {
    fn stage(&self, name: &str, total: usize) {
        let style = ProgressStyle::with_template("{prefix:>16} [{bar:30}] {pos}/{len}  {msg:16}  {eta} left")
            .expect("the template is constant")
            .progress_chars("=> ");
        let bar = ProgressBar::new(total as u64).with_style(style).with_prefix(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        if let Some(previous) = self.bar.lock().expect("no holder of this lock panics").replace(bar) {
            previous.finish();
        }
    }

    fn step(&self, what: &str) {
        if let Some(bar) = &*self.bar.lock().expect("no holder of this lock panics") {
            bar.set_message(what.to_owned());
            bar.inc(1);
            if bar.length() == Some(bar.position()) {
                bar.finish();
            }
        }
    }

    fn note(&self, text: &str) {
        match &*self.bar.lock().expect("no holder of this lock panics") {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}

/// The stage that runs, how much of it is done, and since when.
#[derive(Default)]
struct Count {
    stage: String,
    total: usize,
    done: usize,
    since: Option<std::time::Instant>,
}

impl Count {
    fn start(&mut self, stage: &str, total: usize) {
        *self = Count { stage: stage.to_owned(), total, done: 0, since: Some(std::time::Instant::now()) };
    }

    /// Seconds left, if the rest goes as what is done.
    fn step(&mut self) -> f64 {
        self.done += 1;
        let elapsed = self.since.map_or(0.0, |s| s.elapsed().as_secs_f64());
        elapsed / self.done as f64 * self.total.saturating_sub(self.done) as f64
    }
}

/// A line at each tenth of a stage: for logs of schedulers and of CI.
#[derive(Default)]
struct Lines {
    count: Mutex<Count>,
}

impl Progress for Lines {
    fn stage(&self, name: &str, total: usize) {
        self.count.lock().expect("no holder of this lock panics").start(name, total);
    }

    fn step(&self, what: &str) {
        let mut count = self.count.lock().expect("no holder of this lock panics");
        let left = count.step();
        let (done, total) = (count.done, count.total);
        if done == total || done * 10 / total > (done - 1) * 10 / total {
            eprintln!("{}: {done}/{total} ({what}), {left:.0} s left", count.stage);
        }
    }

    fn note(&self, text: &str) {
        eprintln!("{text}");
    }
}

/// One JSON object per event.
#[derive(Default)]
struct Json {
    count: Mutex<Count>,
}

impl Progress for Json {
    fn stage(&self, name: &str, total: usize) {
        self.count.lock().expect("no holder of this lock panics").start(name, total);
        eprintln!("{}", json!({ "stage": name, "total": total }));
    }

    fn step(&self, what: &str) {
        let mut count = self.count.lock().expect("no holder of this lock panics");
        let left = count.step();
        let (stage, done, total) = (&count.stage, count.done, count.total);
        // A tenth of a second is what an estimate is worth.
        let left = (left * 10.0).round() / 10.0;
        eprintln!("{}", json!({ "stage": stage, "done": done, "total": total, "item": what, "seconds_left": left }));
    }

    fn note(&self, text: &str) {
        eprintln!("{}", json!({ "note": text }));
    }
}
