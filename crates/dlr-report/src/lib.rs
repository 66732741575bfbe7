//! Figures and `report.html` from the plain data of a finished run.
//!
//! [`data::Report`] is what a run knows; nothing here computes a metric, opens a file or asks the clock.

pub mod data;

pub use data::Report;
