//! Permutation SHAP: columns enter in a random order and in its reverse; each takes the step that it makes.

use super::game::{Game, OutputScale, SampledAttribution};
use crate::accuracy::local_accuracy;
use dlr_core::{Attribution, Code, Error, Explainer, FeatureTable, FittedModel, Result, Rng};
use ndarray::{Array2, ArrayView1};

/// Explains any model by permutations, each with its reverse.
///
/// | Name | Default | Range | Meaning |
/// |---|---|---|---|
/// | `scale` | log odds | | what is explained |
/// | `n_permutations` | 50 | 2 and up | orders, each used forwards and backwards |
/// | `max_background` | 100 | 1 and up | background rows, drawn by the seed where there are more |
#[derive(Debug, Clone, Copy)]
pub struct PermutationShap {
    /// What is explained.
    pub scale: OutputScale,
    /// Orders, each used forwards and backwards.
    pub n_permutations: usize,
    /// Background rows to average over.
    pub max_background: usize,
}

impl Default for PermutationShap {
    fn default() -> Self {
        PermutationShap { scale: OutputScale::LogOdds, n_permutations: 50, max_background: 100 }
    }
}

impl PermutationShap {
    /// Values with their standard errors over the permutations.
    ///
    /// # Errors
    /// `E0502` for a missing column, `E0601` for no background row or no column, `E0401` for fewer than two permutations;
    /// those of the model.
    pub fn explain_with_error(
        &self,
        model: &dyn FittedModel,
        background: &FeatureTable,
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<SampledAttribution> {
        if self.n_permutations < 2 {
            return Err(Error::new(
                Code::Parameter,
                format!("parameter `n_permutations` is {}, but must be at least 2", self.n_permutations),
            ));
        }
        let game = Game::of_model(model, self.scale, (background, self.max_background), cases, seed)?;
        let p = game.names.len();
        let mut rng = Rng::stream(seed, 2);
        let mut order: Vec<usize> = (0..p).collect();
        let orders: Vec<Vec<usize>> = (0..self.n_permutations)
            .map(|_| {
                rng.shuffle(&mut order);
                order.clone()
            })
            .collect();
        let prepared = game.prepare(chains(&orders, p));
        let mut values = Array2::zeros(game.data.raw_dim());
        let mut standard_error = Array2::zeros(game.data.raw_dim());
        let mut base = f64::NAN;
        for (row_idx, case) in game.data.outer_iter().enumerate() {
            let worth = prepared.values(case)?;
            base = worth[0];
            let (phi, error) = average(&orders, &worth, p);
            values.row_mut(row_idx).assign(&ArrayView1::from(&phi));
            standard_error.row_mut(row_idx).assign(&ArrayView1::from(&error));
        }
        let attribution =
            Attribution { cases: game.cases.clone(), names: game.names.clone(), base, values, data: game.data.clone() };
        Ok(SampledAttribution { attribution, standard_error })
    }
}

impl Explainer for PermutationShap {
    fn explain(
        &self,
        model: &dyn FittedModel,
        background: &FeatureTable,
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<Attribution> {
        let attribution = self.explain_with_error(model, background, cases, seed)?.attribution;
        let on_probability = self.scale == OutputScale::Probability;
        local_accuracy(&attribution, model.predict(cases)?.scores(), on_probability, 1e-6)?;
        Ok(attribution)
    }
}

/// The coalitions of all chains: the empty and the full one first, then per order the growing sets forwards and
/// backwards.
fn chains(orders: &[Vec<usize>], p: usize) -> Array2<bool> {
    let per_order = 2 * (p - 1);
    let mut coalitions = Array2::from_elem((2 + orders.len() * per_order, p), false);
    coalitions.row_mut(1).fill(true);
    for (which, order) in orders.iter().enumerate() {
        for k in 1..p {
            let forwards = 2 + which * per_order + k - 1;
            order[..k].iter().for_each(|c| coalitions[[forwards, *c]] = true);
            order[p - k..].iter().for_each(|c| coalitions[[forwards + p - 1, *c]] = true);
        }
    }
    coalitions
}

fn average(orders: &[Vec<usize>], worth: &[f64], p: usize) -> (Vec<f64>, Vec<f64>) {
    let per_order = 2 * (p - 1);
    let mut steps = Array2::zeros((orders.len(), p));
    for (which, order) in orders.iter().enumerate() {
        let from = 2 + which * per_order;
        let at = |chain: usize, k: usize| match k {
            0 => worth[0],
            k if k == p => worth[1],
            k => worth[from + chain * (p - 1) + k - 1],
        };
        for (k, column) in order.iter().enumerate() {
            // Backwards the same column enters after the p - 1 - k that follow it here.
            let step = (at(0, k + 1) - at(0, k) + at(1, p - k) - at(1, p - 1 - k)) / 2.0;
            steps[[which, *column]] = step;
        }
    }
    let n = orders.len() as f64;
    let mean_and_error = |steps: ArrayView1<'_, f64>| {
        let mean = steps.sum() / n;
        // Around the mean, in a second pass: a difference of sums would call rounding an error of 1e-8.
        let squares: f64 = steps.iter().map(|s| (s - mean).powi(2)).sum();
        (mean, (squares / (n - 1.0) / n).sqrt())
    };
    steps.columns().into_iter().map(mean_and_error).unzip()
}
