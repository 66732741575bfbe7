//! The vocabulary of `dlr` and one trait per seam.
//!
//! Every other crate meets here and nowhere else: a geometry is a value, a volume and a mask are voxels on it, a
//! [`Roi`] is a pair that was checked, a cohort has no paths, a table has names. Nothing here reads a file, changes
//! a voxel, or knows a stage's name.

mod case;
mod cohort;
pub mod conformance;
mod error;
mod explain;
mod geometry;
mod learning;
mod names;
mod rng;
mod roi;
mod seams;
pub mod student;
mod table;
mod volume;
pub mod wide;

pub use case::Case;
pub use cohort::{CaseRecord, Cohort, Exclusion, Role, Value};
pub use error::{Code, Error, Result};
pub use explain::{Attribution, Form, Frozen, LinearForm, Tree, TreeEnsemble, TreeScale};
pub use geometry::{Geometry, SAME_GRID_TOLERANCE_VOXELS};
pub use learning::{
    CaseSet, Dataset, ExternalSet, Fold, FrozenPredictions, HeldOut, LoadCase, Opening, OutOfFold, Predictions,
    SealedLabels, Threshold, TrainCases, TrainScores, TrainSet, Truth,
};
pub use names::FeatureName;
pub use rng::{Rng, derive_seed};
pub use roi::Roi;
pub use seams::{
    CaseSource, Explainer, FeatureExtractor, FeatureLearner, FittedImageStep, FittedModel, FittedTableStep,
    ImageLearner, ImageStep, Metric, Model, Splitter, TableStep,
};
pub use table::{FeatureTable, FeatureVector, Undefined};
pub use volume::{IndexBox, Mask, Volume, Voxels};
