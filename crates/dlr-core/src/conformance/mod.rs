//! Checks that a stage keeps its contract, for our own stages and for those of others, and the plain tables in which
//! recomputed published values are reported.
//!
//! Each `check_*` runs a stage on small made-up data and returns [`crate::Code::Contract`] with what it broke.

mod reference;
mod samples;
mod stages;
mod suite;

pub use reference::{ReferenceJson, number_of, read_reference};
pub use samples::{sample_case, sample_cohort, sample_dataset};
pub use stages::{
    check_explainer, check_extractor, check_image_learner, check_image_learner_on, check_image_step,
    check_image_step_on, check_learner, check_metric, check_model, check_source, check_splitter, check_table_step,
};
pub use suite::{Miss, SuiteTable};
