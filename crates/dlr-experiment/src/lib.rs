//! From an experiment file to a run folder.
//!
//! The only place that knows the order of the stages, TOML, registered names and the run folder. Everything that
//! computes is behind a seam of `dlr-core` and is found in the [`Registry`]; a stage from outside is added there and
//! named in the experiment file. Deliberately absent: arguments and drawing of progress (the `dlr` crate).

mod builtin;
pub mod bundle;
pub mod cache;
pub mod config;
pub mod crossval;
mod enrol;
pub mod explain;
mod failed;
mod folder;
mod images;
pub mod judge;
mod log;
mod make;
pub mod metrics;
mod mistakes;
mod null;
pub mod outcome;
mod panels;
pub mod phantom;
mod pipelines;
pub mod predict;
mod prepare;
mod prepared;
pub mod progress;
mod registry;
pub mod resampling;
mod resolve;
mod rules;
mod run;
mod table_one;
pub mod trace;
mod tune;
mod volume;
mod write;

pub use config::ExperimentFile;
pub use null::NullRun;
pub use registry::{Factory, Params, Registry, Shelf};
pub use run::{Finished, Places, run};
