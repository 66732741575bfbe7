// Putting made-up scores into the mouth of a frozen model.
use dlr_core::{Frozen, FrozenPredictions, Predictions, Threshold};

fn made_up(model: Frozen, threshold: Threshold, predictions: Predictions) -> FrozenPredictions {
    FrozenPredictions { model, threshold, predictions }
}

fn main() {}
