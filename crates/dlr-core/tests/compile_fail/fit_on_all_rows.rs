// Fitting a model, or a selection, on a whole data set before it was split.
use dlr_core::{Dataset, FittedModel, FittedTableStep, Model, Result, TableStep};

fn model(model: &dyn Model, all: &Dataset) -> Result<Box<dyn FittedModel>> {
    model.fit(all, 1)
}

fn selection(step: &dyn TableStep, all: &Dataset) -> Result<Box<dyn FittedTableStep>> {
    step.fit(all, 1)
}

fn main() {}
