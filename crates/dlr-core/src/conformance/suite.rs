//! [`SuiteTable`]: found beside expected, all misses at once.

use serde::Serialize;
use std::fmt;

/// One value that was not reproduced.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miss {
    /// What was computed.
    pub name: String,
    /// On which data, with which settings.
    pub configuration: String,
    /// The published or oracle value.
    pub expected: String,
    /// Ours, or the error that came instead.
    pub found: String,
    /// How far they may differ, in words.
    pub tolerance: String,
}

/// One table of reference values, recomputed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuiteTable {
    /// Its name, for example `original_bw25`.
    pub name: String,
    /// Values compared.
    pub total: usize,
    /// Largest error among those that passed and failed, in the table's own measure (relative, unless said).
    pub largest_error: f64,
    /// The values that were not reproduced.
    pub misses: Vec<Miss>,
    /// Notes that a reader needs: what was skipped, and why.
    pub notes: Vec<String>,
}

impl SuiteTable {
    /// An empty table.
    pub fn new(name: impl Into<String>) -> Self {
        SuiteTable { name: name.into(), total: 0, largest_error: 0.0, misses: Vec::new(), notes: Vec::new() }
    }

    /// Counts one comparison; `error` is in the table's measure, `miss` says what to print where it failed.
    pub fn record(&mut self, error: f64, miss: Option<Miss>) {
        self.total += 1;
        if error.is_nan() || error > self.largest_error {
            self.largest_error = error;
        }
        self.misses.extend(miss);
    }

    /// Compares two numbers by relative error (absolute below 1e-12 of expected); NaN equals NaN.
    pub fn compare(&mut self, name: &str, configuration: &str, expected: f64, found: f64, relative: f64) {
        let error = if expected.is_nan() && found.is_nan() || expected == found {
            0.0
        } else {
            (found - expected).abs() / expected.abs().max(1e-12)
        };
        let missed = error.is_nan() || error > relative;
        let miss = missed.then(|| Miss {
            name: name.into(),
            configuration: configuration.into(),
            expected: expected.to_string(),
            found: found.to_string(),
            tolerance: format!("{relative:e} relative"),
        });
        self.record(if error.is_nan() { f64::INFINITY } else { error }, miss);
    }

    /// Compares two numbers by absolute error; NaN equals NaN, and infinity itself.
    pub fn near(&mut self, name: &str, configuration: &str, expected: f64, found: f64, tolerance: f64) {
        let same = expected == found || expected.is_nan() && found.is_nan();
        let error = if same { 0.0 } else { (found - expected).abs() };
        let missed = error.is_nan() || error > tolerance;
        let miss = missed.then(|| Miss {
            name: name.into(),
            configuration: configuration.into(),
            expected: expected.to_string(),
            found: found.to_string(),
            tolerance: format!("{tolerance:e} absolute"),
        });
        self.record(if error.is_nan() { f64::INFINITY } else { error }, miss);
    }

    /// As [`SuiteTable::near`], for lists; the length is compared as well.
    pub fn all_near(&mut self, name: &str, configuration: &str, expected: &[f64], found: &[f64], tolerance: f64) {
        self.same(&format!("{name}: how many"), configuration, expected.len(), found.len());
        for (k, (e, f)) in expected.iter().zip(found).enumerate() {
            self.near(&format!("{name}[{k}]"), configuration, *e, *f, tolerance);
        }
    }

    /// Compares what is printed.
    pub fn same(&mut self, name: &str, configuration: &str, expected: impl ToString, found: impl ToString) {
        let (expected, found) = (expected.to_string(), found.to_string());
        let equal = expected == found;
        let miss = (!equal).then(|| Miss {
            name: name.into(),
            configuration: configuration.into(),
            expected,
            found,
            tolerance: "exact".into(),
        });
        self.record(if equal { 0.0 } else { f64::INFINITY }, miss);
    }

    /// The table, or one of that name whose only entry is the error as a miss: what stopped a comparison is named, and
    /// the other tables still run.
    pub fn or_miss(name: &str, table: crate::Result<SuiteTable>) -> SuiteTable {
        table.unwrap_or_else(|error| {
            let mut table = SuiteTable::new(name);
            table.same(
                "every value",
                "the table could not be compared",
                "reference values",
                error.to_string().replace('\n', "; "),
            );
            table
        })
    }

    /// Values reproduced.
    pub fn passed(&self) -> usize {
        self.total - self.misses.len()
    }

    /// Whether something was compared and nothing missed.
    pub fn is_green(&self) -> bool {
        self.total > 0 && self.misses.is_empty()
    }
}

impl fmt::Display for SuiteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} / {} passed, largest error {:.2e}",
            self.name,
            self.passed(),
            self.total,
            self.largest_error
        )?;
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        for miss in &self.misses {
            let Miss { name, configuration, expected, found, tolerance } = miss;
            write!(f, "\n  MISS {name} [{configuration}]: expected {expected}, found {found}, tolerance {tolerance}")?;
        }
        Ok(())
    }
}
