// Using an image step that learns before it has learned.
use dlr_core::{Case, ImageLearner, Result};

fn apply(learner: &dyn ImageLearner, case: Case) -> Result<Case> {
    learner.apply(case)
}

fn main() {}
