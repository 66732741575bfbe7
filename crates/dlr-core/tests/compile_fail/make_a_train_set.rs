// Making a training set without splitting.
use dlr_core::{Cohort, FeatureTable, TrainSet};

fn all_rows(table: FeatureTable, cohort: Cohort, labels: Vec<bool>) -> TrainSet {
    TrainSet { table, cohort, labels }
}

fn main() {}
