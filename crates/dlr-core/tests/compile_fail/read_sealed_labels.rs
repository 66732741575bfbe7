// Reading external labels without a frozen model.
use dlr_core::{ExternalSet, SealedLabels};

fn read(sealed: &SealedLabels) -> Vec<bool> {
    sealed.labels.values().copied().collect()
}

fn truth(external: &ExternalSet) -> Vec<bool> {
    external.truth().labels().to_vec()
}

fn main() {}
