// Looking at the external labels, changing the model, and looking again.
use dlr_core::{ModelHash, Predictions, SealedLabels};

fn twice(sealed: SealedLabels, first: &Predictions, second: &Predictions) {
    let _ = sealed.open(&[(ModelHash::new("a"), first)]);
    let _ = sealed.open(&[(ModelHash::new("b"), second)]);
}

fn copied(sealed: &SealedLabels) -> SealedLabels {
    sealed.clone()
}

fn main() {}
