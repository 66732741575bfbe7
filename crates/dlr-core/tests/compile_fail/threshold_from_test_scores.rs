// Choosing the cut on the scores that it is then judged on.
use dlr_core::{HeldOut, Predictions, Result, TrainScores, Truth};

fn from_external(predictions: Predictions, truth: Truth) -> Result<TrainScores> {
    TrainScores::new(predictions, truth)
}

fn from_held_out(test: &HeldOut, predictions: &Predictions) -> Result<TrainScores> {
    test.scores(predictions)
}

fn main() {}
