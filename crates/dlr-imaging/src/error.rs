//! The refusals that several modules share, in one wording.

use dlr_core::{Code, Error, Result};

/// A parameter outside its range.
pub(crate) fn parameter(name: &str, found: impl std::fmt::Display, expected: &str) -> Error {
    Error::new(Code::Parameter, format!("parameter `{name}` is {found}")).expected(expected).found(found)
}

/// Refuses what is not a finite number of at least 0.
pub(crate) fn not_negative(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(parameter(name, value, "finite and at least 0")) }
}

/// Refuses what is not a finite number above 0.
pub(crate) fn positive(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err(parameter(name, value, "finite and above 0")) }
}
