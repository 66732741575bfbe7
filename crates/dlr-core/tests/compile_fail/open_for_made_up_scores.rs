// Opening the external labels without a fitted model that predicted these cases.
use dlr_core::{Predictions, SealedLabels};

fn made_up(sealed: SealedLabels, predictions: &Predictions) {
    let _ = sealed.open(&[predictions]);
}

fn main() {}
