//! One trait per seam. All are object-safe, `Send + Sync`, and small enough to implement in an afternoon.
//!
//! What fits takes a [`TrainSet`] or [`TrainCases`] and a seed and returns another type, so that nothing is used before
//! it is fitted. [`crate::conformance`] has a check for each.

use crate::{
    Attribution, Case, CaseRecord, Cohort, FeatureName, FeatureTable, FeatureVector, Fold, Form, Frozen, LinearForm,
    Predictions, Result, SealedLabels, TrainCases, TrainSet, Truth, Volume,
};

/// Where cases come from: a manifest, a DICOM tree, a phantom.
pub trait CaseSource: Send + Sync {
    /// Who takes part, and the sealed labels of the external cases.
    fn cohort(&self) -> Result<(Cohort, SealedLabels)>;
    /// Image, regions and clinical values of one case.
    fn load(&self, id: &str) -> Result<Case>;
    /// A content hash of everything that [`CaseSource::load`] reads for this case; equal content, equal hash.
    fn digest(&self, id: &str) -> Result<String>;
    /// A content hash of the image alone, so that one image under two names is found; `None` where there is none, or the
    /// source cannot say.
    fn image_digest(&self, _id: &str) -> Result<Option<String>> {
        Ok(None)
    }
}

/// Changes the image or the regions of a case, one case at a time.
pub trait ImageStep: Send + Sync {
    /// The case, changed, with one line added to its history.
    fn apply(&self, case: Case) -> Result<Case>;
    /// The mask that this step adds where it changes nothing else: who does not use that mask can do without the step.
    /// `None` from a step that changes more.
    fn adds(&self) -> Option<&str> {
        None
    }
    /// Raise this when results change, so that cached ones are not used.
    fn version(&self) -> u32 {
        1
    }
}

/// An image step that learns from the training images (a standard intensity scale): fitted inside each fold.
///
/// It sees no labels: a run takes them out first ([`TrainCases::without_labels`]), so that one fit serves every set of
/// labels. What it gives is of another type, so it cannot be applied before it was fitted.
pub trait ImageLearner: Send + Sync {
    /// Learns from the training side of a split. The cases come as the steps before this one left them.
    fn fit(&self, cases: &TrainCases<'_>, seed: u64) -> Result<Box<dyn FittedImageStep>>;
    /// A fitted step from the state that [`FittedImageStep::freeze`] gave.
    fn thaw(&self, frozen: &Frozen) -> Result<Box<dyn FittedImageStep>>;
    /// Raise this when results change, so that cached ones are not used.
    fn version(&self) -> u32 {
        1
    }
}

/// A fitted [`ImageLearner`].
pub trait FittedImageStep: ImageStep {
    /// Its state, for the frozen model.
    fn freeze(&self) -> Result<Frozen>;
}

/// Turns a case into named numbers, without having learned from the cohort.
pub trait FeatureExtractor: Send + Sync {
    /// The names that every case gives, in order.
    fn names(&self) -> Vec<FeatureName>;
    /// The features of one case; the names are those of [`FeatureExtractor::names`].
    fn extract(&self, case: &Case) -> Result<FeatureVector>;
    /// The same from what the cohort knows of the case, without its image: clinical columns, rows of a feature table.
    /// `None` from an extractor that needs the image.
    fn extract_record(&self, _record: &CaseRecord) -> Result<Option<FeatureVector>> {
        Ok(None)
    }
    /// Where in the image its share of a linear margin arises: above 0 towards the positive class, on the grid of the
    /// case's image. `None` from an extractor that cannot say, or whose features the form does not use.
    fn saliency(&self, _case: &Case, _form: &LinearForm) -> Result<Option<Volume>> {
        Ok(None)
    }
    /// Raise this when results change, so that cached ones are not used.
    fn version(&self) -> u32 {
        1
    }
}

/// A network trained on this cohort: fitted inside each fold.
pub trait FeatureLearner: Send + Sync {
    /// Learns from the training side of a split. The names of the features must not depend on the cases.
    fn fit(&self, cases: &TrainCases<'_>, seed: u64) -> Result<Box<dyn FeatureExtractor>>;
    /// Raise this when results change, so that cached ones are not used.
    fn version(&self) -> u32 {
        1
    }
}

/// A step on the table that learns from the training rows: imputation, scaling, ComBat, filters, RFE, LASSO.
pub trait TableStep: Send + Sync {
    /// Learns from the training side of a split.
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedTableStep>>;
    /// Rows to learn from in its place; steps that resample (SMOTE) change them, all others leave them.
    fn resample(&self, train: &TrainSet, _seed: u64) -> Result<TrainSet> {
        Ok(train.clone())
    }
}

/// A fitted [`TableStep`]. A selector only drops columns.
pub trait FittedTableStep: Send + Sync {
    /// The table changed; rows stay as they are.
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable>;
    /// A linear form on what this step gives, written on what it takes; `None` where that is not linear.
    ///
    /// Forms name their columns, so for a selector this is the form itself.
    fn pull_back(&self, form: LinearForm) -> Option<LinearForm>;
    /// The raw column behind a column that this step gives, for a tree that asks it: each cut becomes the largest value
    /// of the raw column that the step does not put above it. `None` where the column is mixed with others, or turned
    /// around.
    ///
    /// As it stands it inverts [`FittedTableStep::pull_back`], which rounds: a step that computes with the values of a
    /// column should search for the very numbers instead, or a value on a cut may fall on its other side.
    fn pull_back_cuts(&self, column: &FeatureName, cuts: &mut [f64]) -> Option<FeatureName> {
        let form = self.pull_back(LinearForm { intercept: 0.0, weights: vec![(column.clone(), 1.0)] })?;
        let [(raw, weight)] = <[_; 1]>::try_from(form.weights).ok()?;
        if (weight, form.intercept) != (1.0, 0.0) {
            cuts.iter_mut().for_each(|cut| *cut = (*cut - form.intercept) / weight);
        }
        (weight > 0.0).then_some(raw)
    }
    /// Its state, for the frozen model.
    fn freeze(&self) -> Result<Frozen>;
    /// One line for the log: what it learned.
    fn summary(&self) -> String {
        String::new()
    }
}

/// Learns to predict. A pipeline of steps and a model is a model; so is a stack of blocks.
pub trait Model: Send + Sync {
    /// Learns from the training side of a split.
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedModel>>;
}

/// A fitted [`Model`].
pub trait FittedModel: Send + Sync {
    /// Probability of the positive class for each row. Columns are found by name.
    fn predict(&self, table: &FeatureTable) -> Result<Predictions>;
    /// The columns on which the prediction depends, in a stable order.
    fn selected(&self) -> Vec<FeatureName>;
    /// Its inside, where that can be explained exactly.
    fn form(&self) -> Form {
        Form::Opaque
    }
    /// Its state, for the frozen model.
    fn freeze(&self) -> Result<Frozen>;
}

/// Plans divisions of the training patients. Always by patient.
pub trait Splitter: Send + Sync {
    /// The folds of every repeat, in order: the outer list is the repeats.
    fn folds(&self, cohort: &Cohort, seed: u64) -> Result<Vec<Vec<Fold>>>;
}

/// Compares predictions with the truth in one number.
pub trait Metric: Send + Sync {
    /// The name, for example `auc`.
    fn name(&self) -> &str;
    /// The value; NaN where the metric is not defined for these labels.
    fn score(&self, predictions: &Predictions, truth: &Truth) -> Result<f64>;
}

/// Says how much each feature moved each prediction.
pub trait Explainer: Send + Sync {
    /// Explains the rows of `cases` against the rows of `background` (of training cases).
    fn explain(
        &self,
        model: &dyn FittedModel,
        background: &FeatureTable,
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<Attribution>;
}
