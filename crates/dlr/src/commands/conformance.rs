//! `dlr conformance [SUITE ...] [--reference DIR] [--data DIR]`: a user's proof of an installation.

use crate::conformance::{Folders, SUITES};
use anyhow::bail;
use std::path::PathBuf;

/// Arguments of `dlr conformance`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Suites to run; all where none is named
    suites: Vec<String>,
    /// A folder of reference values of the suite's layout [default: the values that come with dlr]
    #[arg(long, value_name = "DIR")]
    reference: Option<PathBuf>,
    /// A folder of the images that the reference values belong to
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Args {
    /// Runs the suites; false where a value was missed.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        let known: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        if let Some(unknown) = self.suites.iter().find(|name| !known.contains(&name.as_str())) {
            bail!("no suite `{unknown}`; there are: {}", known.join(", "));
        }
        if (self.reference.is_some() || self.data.is_some()) && self.suites.len() != 1 {
            bail!("--reference and --data belong to one suite: name it");
        }
        let folders = Folders { reference: self.reference, data: self.data };
        let mut is_green = true;
        for suite in SUITES {
            if !self.suites.is_empty() && !self.suites.iter().any(|name| name == suite.name) {
                continue;
            }
            println!("{}: {}", suite.name, suite.about);
            if suite.fixtures.is_empty() && self.suites.is_empty() {
                println!("  not run: its values may not be redistributed; name their folder with --reference\n");
                continue;
            }
            let tables = (suite.run)(&folders)?;
            for table in &tables {
                is_green &= table.misses.is_empty();
                println!("  {}", table.to_string().replace('\n', "\n  "));
            }
            let (passed, total) = tables.iter().fold((0, 0), |(p, t), table| (p + table.passed(), t + table.total));
            is_green &= total > 0;
            let notes = match tables.iter().map(|table| table.notes.len()).sum::<usize>() {
                0 => String::new(),
                1 => "; the note above belongs to it".to_owned(),
                n => format!("; the {n} notes above say what was not compared, or how"),
            };
            println!("  {passed} / {total} values reproduced{notes}\n");
        }
        Ok(is_green)
    }
}
