// Looking at the external labels, changing the model, and looking again.
use dlr_core::{FrozenPredictions, SealedLabels};

fn twice(sealed: SealedLabels, first: &FrozenPredictions, second: &FrozenPredictions) {
    let _ = sealed.open(&[first]);
    let _ = sealed.open(&[second]);
}

fn copied(sealed: &SealedLabels) -> SealedLabels {
    sealed.clone()
}

fn main() {}
