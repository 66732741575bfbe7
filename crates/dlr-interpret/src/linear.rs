//! Exact SHAP values of linear models, in both conventions, as an [`Explainer`].

use crate::accuracy::local_accuracy;
use crate::conditional::conditional_weights;
use dlr_core::{Attribution, Code, Error, Explainer, FeatureName, FeatureTable, FittedModel, Form, LinearForm, Result};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// What "leaving a feature out" means where features are correlated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinearConvention {
    /// Draw it from the background, whatever the others are: `w (x - mean)`. The default; credits what the model uses.
    #[default]
    Interventional,
    /// Expect it given the others, as if the background were normal: spreads credit over correlated features, also to
    /// those with weight 0 in between. Exact up to 16 features, by permutations above.
    CorrelationDependent,
}

/// Explains models whose form is linear, on the log odds.
///
/// The columns of the attribution are those of the form with a weight, in the form's order.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinearShap {
    /// How correlated features share their credit.
    pub convention: LinearConvention,
}

impl LinearShap {
    /// Explains rows by a form, without a model: the plain function behind the seam.
    ///
    /// # Errors
    /// `E0502` for a missing column, `E0601` for no background row, `E0105` for a value that is not finite.
    pub fn explain_form(
        &self,
        form: &LinearForm,
        background: &FeatureTable,
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<Attribution> {
        let weighted = form.weights.iter().filter(|(_, weight)| *weight != 0.0);
        let (names, weights): (Vec<FeatureName>, Vec<f64>) = weighted.cloned().unzip();
        let background = finite(background.select(&names)?)?;
        let data = finite(cases.select(&names)?)?;
        let weights = Array1::from(weights);
        let mean = background
            .mean_axis(Axis(0))
            .ok_or_else(|| Error::new(Code::Learning, "an explanation needs a background of at least one case"))?;
        let centred = &data - &mean;
        let values = match self.convention {
            LinearConvention::Interventional => &centred * &weights,
            LinearConvention::CorrelationDependent => {
                centred.dot(&conditional_weights(&background, &weights, seed).t())
            }
        };
        let base = form.intercept + mean.dot(&weights);
        Ok(Attribution { cases: cases.cases().to_vec(), names, base, values, data })
    }
}

impl Explainer for LinearShap {
    fn explain(
        &self,
        model: &dyn FittedModel,
        background: &FeatureTable,
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<Attribution> {
        let Form::Linear(form) = model.form() else {
            return Err(Error::new(Code::Parameter, "the model has no linear form")
                .hint("explain trees with TreeShap, any model with KernelShap"));
        };
        let attribution = self.explain_form(&form, background, cases, seed)?;
        local_accuracy(&attribution, model.predict(cases)?.scores(), false, 1e-9)?;
        Ok(attribution)
    }
}

fn finite(table: FeatureTable) -> Result<Array2<f64>> {
    if let Some(((row, column), value)) = table.values().indexed_iter().find(|(_, v)| !v.is_finite()) {
        let name = &table.names()[column];
        return Err(Error::new(Code::NotFinite, format!("feature `{name}` has no finite value"))
            .found(value)
            .hint("a model with a linear form on raw columns needs an imputation step in its pipeline")
            .for_case(&table.cases()[row]));
    }
    Ok(table.values().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn table(values: Array2<f64>) -> FeatureTable {
        let names = (0..values.ncols()).map(|i| format!("intra_original_sample_F{i}").parse().unwrap()).collect();
        FeatureTable::new((0..values.nrows()).map(|i| format!("c{i}")).collect(), names, values).unwrap()
    }

    fn form(table: &FeatureTable, intercept: f64, weights: &[f64]) -> LinearForm {
        LinearForm { intercept, weights: table.names().iter().cloned().zip(weights.iter().copied()).collect() }
    }

    #[test]
    fn interventional_is_weight_times_distance() {
        let t = table(array![[1.0, 2.0, 9.0], [3.0, 6.0, 1.0]]);
        let a = LinearShap::default().explain_form(&form(&t, 0.5, &[2.0, -1.0, 0.0]), &t, &t, 0).unwrap();
        assert_eq!(a.values, array![[-2.0, 2.0], [2.0, -2.0]]);
        assert_eq!((a.base, a.names.len()), (0.5 + 4.0 - 4.0, 2));
    }

    #[test]
    fn both_conventions_agree_where_nothing_is_correlated_and_both_add_up() {
        let t = table(array![[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]);
        let f = form(&t, 0.1, &[0.7, -0.3]);
        let conditional = LinearShap { convention: LinearConvention::CorrelationDependent };
        let (a, b) = (
            LinearShap::default().explain_form(&f, &t, &t, 0).unwrap(),
            conditional.explain_form(&f, &t, &t, 0).unwrap(),
        );
        for (x, y) in a.values.iter().zip(&b.values) {
            assert!((x - y).abs() < 1e-14);
        }
    }

    #[test]
    fn a_copied_column_shares_its_credit() {
        // The model uses the first of two equal columns only; given one, the other is known.
        let t = table(array![[1.0, 1.0, 0.3], [2.0, 2.0, -0.4], [4.0, 4.0, 0.1], [-3.0, -3.0, 0.9]]);
        let f =
            LinearForm { intercept: 0.0, weights: vec![(t.names()[0].clone(), 1.0), (t.names()[1].clone(), 1e-12)] };
        let conditional = LinearShap { convention: LinearConvention::CorrelationDependent };
        let a = conditional.explain_form(&f, &t, &t, 0).unwrap();
        for row in a.values.outer_iter() {
            assert!((row[0] - row[1]).abs() < 1e-9, "{row}");
        }
    }

    #[test]
    fn refuses_nan_and_no_background() {
        let t = table(array![[1.0], [f64::NAN]]);
        let f = form(&t, 0.0, &[1.0]);
        let error = LinearShap::default().explain_form(&f, &t, &t, 0).unwrap_err();
        assert_eq!((error.code(), error.case()), (Code::NotFinite, Some("c1")));
        let good = t.rows(&[0]);
        assert_eq!(LinearShap::default().explain_form(&f, &t.rows(&[]), &good, 0).unwrap_err().code(), Code::Learning);
    }
}
