//! Whole runs of small experiments.
#![allow(clippy::unwrap_used)] // helpers of tests

mod bad_tables;
mod judged;
mod resampled;
mod support;
