//! [`Lasso`]: selection by an L1-penalised path, logistic or least squares, whose penalty is chosen by inner
//! cross-validation.

use super::{Selected, finite_columns};
use crate::selection::{LassoParams, PathCv, choose};
use crate::splitters::inner_folds;
use dlr_core::{Code, Error, FittedTableStep, Result, TableStep, TrainSet};
use ndarray::ArrayView1;

/// Keeps the columns whose weight is not 0 at the chosen penalty; none where no column goes with the label at all, as
/// happens by chance among few cases or on permuted labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lasso {
    /// How.
    pub params: LassoParams,
}

impl Lasso {
    /// The step for these parameters.
    pub fn new(params: LassoParams) -> Self {
        Lasso { params }
    }

    /// The path that the step chooses from, cross-validated, and the position that it takes. Columns are in the order of
    /// the table, weights per standard deviation where `standardise` is set. `None` where no point keeps a column.
    ///
    /// # Errors
    /// Those of fitting.
    pub fn path(&self, train: &TrainSet, seed: u64) -> Result<Option<(usize, PathCv)>> {
        self.params.check()?;
        let x = finite_columns(train)?;
        let fold_of = inner_folds(train.cohort(), self.params.n_folds, seed)?;
        choose(&x, train.labels(), &fold_of, &self.params)
    }
}

fn is_constant(column: ArrayView1<'_, f64>) -> bool {
    column.iter().all(|v| *v == column[0])
}

impl TableStep for Lasso {
    fn fit(&self, train: &TrainSet, seed: u64) -> Result<Box<dyn FittedTableStep>> {
        let Some((at, cv)) = self.path(train, seed)? else {
            if (0..train.names().len()).all(|j| is_constant(train.x().column(j))) {
                return Err(Error::new(Code::Learning, "step `lasso` leaves no column: none varies"));
            }
            return Ok(Selected::perhaps_none(train, "lasso", &[], "; none varies with the label"));
        };
        let point = &cv.points[at];
        let kept: Vec<usize> = point.weights.iter().map(|(j, _)| *j).collect();
        let more = format!(
            "; penalty {:.6} (best {:.6}, one standard error {:.6}), gap {:.1e}",
            point.lambda, cv.points[cv.best].lambda, cv.points[cv.one_se].lambda, point.relative_gap
        );
        Selected::of(train, "lasso", &kept, &more)
    }
}
