// Fitting on the rows that were held out, or on the external ones.
use dlr_core::{ExternalSet, FittedModel, HeldOut, Model, Result};

fn held_out(model: &dyn Model, test: &HeldOut) -> Result<Box<dyn FittedModel>> {
    model.fit(test, 1)
}

fn external(model: &dyn Model, external: &ExternalSet) -> Result<Box<dyn FittedModel>> {
    model.fit(external, 1)
}

fn main() {}
