// Training a network on the whole cohort and cross-validating what comes behind it.
use dlr_core::{CaseSet, FeatureExtractor, FeatureLearner, Result};

fn learner(learner: &dyn FeatureLearner, all: &CaseSet<'_>) -> Result<Box<dyn FeatureExtractor>> {
    learner.fit(all, 1)
}

fn main() {}
