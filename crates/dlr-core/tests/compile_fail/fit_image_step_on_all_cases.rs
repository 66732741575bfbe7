// Learning a standard intensity scale from the whole cohort, external cases included.
use dlr_core::{CaseSet, FittedImageStep, ImageLearner, Result};

fn scale(learner: &dyn ImageLearner, all: &CaseSet<'_>) -> Result<Box<dyn FittedImageStep>> {
    learner.fit(all, 1)
}

fn main() {}
