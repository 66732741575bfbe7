//! How far a result may be believed: bootstrap optimism and .632+, permutation, sample size.
//!
//! The pure forms take indices and a function that fits and scores, so that published values can be recomputed; the
//! forms on models draw their samples by patient. Metrics other than the area under the curve live in
//! `dlr-evaluation`.

mod cross;
mod learning;
mod optimism;
mod sample_size;
mod tuned;

pub use cross::{PermutationTest, Tuned, cross_validated_auc, out_of_fold, permutation_test};
pub use learning::{LearningPoint, learning_curve, mean_training_patients, with_fewer_patients};
pub use optimism::{Optimism, bootstrap_optimism, optimism_of_samples, patient_samples};
pub use sample_size::{SampleSize, permutation_p, sample_size, supported_parameters};
pub use tuned::{Alternatives, FittedTuned, Tried, TuneMeasure, TunedPipeline};
