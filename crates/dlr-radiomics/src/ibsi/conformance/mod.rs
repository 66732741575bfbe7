//! Published values recomputed: the suites `ibsi1` (the reference manual's consensus values), `ibsi2` (the
//! convolutional filters of its second chapter) and `sts-teams` (real MRI, values on which independent teams agree).
//!
//! Each takes a folder of references and a folder of data in the layout of the published collections, and a function
//! that reads an image, and returns tables with all misses. Whatever rows, configurations and patients the folders hold
//! are checked. The command line and the tests call these functions. This is the one part of the crate that opens files,
//! and it is compiled only with the feature `conformance`.

mod diagnostics;
mod ibsi1;
mod ibsi2;
mod rows;
mod sts_teams;

pub use ibsi1::ibsi1;
pub use ibsi2::ibsi2;
pub use sts_teams::sts_teams;

use dlr_core::conformance::{Miss, SuiteTable};
use dlr_core::{Mask, Result, Volume};
use std::path::Path;

/// Reads one image file.
pub type LoadImage<'a> = &'a (dyn Fn(&Path) -> Result<Volume> + Sync);

/// Reads a mask as an image: what rounds to a whole number other than 0 is inside.
fn load_mask(load: LoadImage<'_>, path: &Path) -> Result<Mask> {
    let volume = load(path)?;
    let geometry = *volume.geometry();
    Mask::new(geometry, volume.into_f64().mapv(|v| v.round() != 0.0))
}

/// Rounded to so many significant digits, as published tables are.
fn round_significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(f64::NAN)
}

/// How far a value may lie from that of teams who agree.
const TEAM_TOLERANCE: f64 = 0.005;

/// Records a value beside that of the teams; where there is none, `why` says so.
fn record_team_value(table: &mut SuiteTable, patient: &str, tag: &str, expected: f64, found: Option<f64>, why: &str) {
    let error = match found {
        Some(found) if found == expected => 0.0,
        Some(found) if found.is_finite() => (found - expected).abs() / expected.abs().max(1e-12),
        _ => f64::INFINITY,
    };
    let miss = (error > TEAM_TOLERANCE).then(|| Miss {
        name: tag.into(),
        configuration: patient.into(),
        expected: expected.to_string(),
        found: found.map_or_else(|| why.to_owned(), |value| value.to_string()),
        tolerance: "0.5 %".into(),
    });
    table.record(error, miss);
}
