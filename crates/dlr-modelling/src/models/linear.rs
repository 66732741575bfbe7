//! [`FittedLinear`]: a weighted sum through the logistic function, whatever fitted it.

use crate::glm::sigmoid;
use crate::steps::matching;
use dlr_core::{Code, Error, FeatureName, FeatureTable, FittedModel, Form, Frozen, LinearForm, Predictions, Result};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Probability of the positive class: `1 / (1 + exp(-(intercept + Σ weight value)))`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedLinear {
    /// The columns it was fitted on.
    pub names: Vec<FeatureName>,
    /// The margin where every value is 0.
    pub intercept: f64,
    /// One weight per column.
    pub weights: Vec<f64>,
}

impl FittedLinear {
    /// The name under which it freezes.
    pub const KIND: &'static str = "linear";

    fn must_be_finite(&self, table: &FeatureTable, first: usize) -> Result<()> {
        for (case, row) in table.cases().iter().zip(table.values().outer_iter()).skip(first) {
            for ((value, weight), name) in row.iter().zip(&self.weights).zip(&self.names) {
                if *weight != 0.0 && !value.is_finite() {
                    return Err(Error::new(Code::NotFinite, format!("column `{name}` holds {value}"))
                        .expected("a finite number")
                        .hint("a missing value must be imputed first")
                        .for_case(case));
                }
            }
        }
        Ok(())
    }
}

impl FittedModel for FittedLinear {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let table = matching(table, &self.names)?;
        let margins = margins(table.values(), &self.weights, self.intercept);
        // A value that is no number leaves none; which it was is looked for only then.
        if let Some(row) = margins.iter().position(|margin| !margin.is_finite()) {
            self.must_be_finite(&table, row)?;
        }
        let scores = margins.into_iter().map(sigmoid).collect();
        Predictions::new(table.cases().to_vec(), scores)
    }

    fn selected(&self) -> Vec<FeatureName> {
        let used = self.names.iter().zip(&self.weights).filter(|(_, weight)| **weight != 0.0);
        used.map(|(name, _)| name.clone()).collect()
    }

    fn form(&self) -> Form {
        let weights = self.names.iter().cloned().zip(self.weights.iter().copied()).filter(|(_, w)| *w != 0.0);
        Form::Linear(LinearForm { intercept: self.intercept, weights: weights.collect() })
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }
}

/// `intercept + Σ weight value` of each row; a column of weight 0 takes no part. Terms are added in order; rows are worked
/// on side by side, because one sum waits for each of its additions.
fn margins(values: &Array2<f64>, weights: &[f64], intercept: f64) -> Vec<f64> {
    if weights.is_empty() {
        return vec![intercept; values.nrows()];
    }
    const ROWS: usize = 8;
    let values = values.as_standard_layout();
    let (p, values) = (weights.len(), values.as_slice().expect("it is in standard layout"));
    let mut margins = vec![intercept; values.len() / p];
    let (eights, rest) = margins.as_chunks_mut::<ROWS>();
    let (of_eights, of_rest) = values.split_at(eights.len() * ROWS * p);
    for (margins, block) in eights.iter_mut().zip(of_eights.chunks_exact(ROWS * p)) {
        let rows: [&[f64]; ROWS] = std::array::from_fn(|row| &block[row * p..][..p]);
        for (column, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            (0..ROWS).for_each(|row| margins[row] += weight * rows[row][column]);
        }
    }
    for (margin, row) in rest.iter_mut().zip(of_rest.chunks_exact(p)) {
        for (value, weight) in row.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
            *margin += weight * value;
        }
    }
    margins
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    #[test]
    fn margins_are_the_sum_of_each_row_in_order() {
        let mut rng = Rng::new(3);
        let values = Array2::from_shape_simple_fn((37, 5), || rng.normal());
        let weights = [0.3, 0.0, -1.7, 2.2, 0.1];
        for (margin, row) in margins(&values, &weights, 0.4).iter().zip(values.outer_iter()) {
            let terms = row.iter().zip(weights).filter(|(_, weight)| *weight != 0.0);
            assert_eq!(*margin, terms.fold(0.4, |sum, (value, weight)| sum + weight * value));
        }
    }

    #[test]
    fn the_case_and_the_column_that_hold_no_number_are_named() {
        let names: Vec<FeatureName> = ["a_b_c_d", "a_b_c_e"].iter().map(|n| n.parse().unwrap()).collect();
        let model = FittedLinear { names: names.clone(), intercept: 0.0, weights: vec![0.0, 1.0] };
        let table = |last: f64| {
            let values = ndarray::array![[f64::NAN, 1.0], [1.0, last]];
            FeatureTable::new(vec!["p".into(), "q".into()], names.clone(), values).unwrap()
        };
        assert_eq!(model.predict(&table(0.0)).unwrap().scores()[1], 0.5);
        let error = model.predict(&table(f64::INFINITY)).unwrap_err();
        assert_eq!((error.code(), error.case()), (Code::NotFinite, Some("q")));
        assert!(error.fact().contains("a_b_c_e"));
    }
}
