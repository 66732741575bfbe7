//! Whether probabilities mean what they say: Brier score and log loss, the logistic recalibration line, the smooth curve
//! and what is read off it, groups, and recalibration fitted on training scores.

mod groups;
mod line;
mod recalibrate;
mod smooth;

pub use groups::{CalibrationBin, HosmerLemeshow, calibration_bins, expected_calibration_error, hosmer_lemeshow};
pub use line::{CalibrationLine, brier, calibration_line, log_loss};
pub use recalibrate::{Isotonic, Platt};
pub use smooth::{CalibrationCurve, calibration_curve, lowess};
