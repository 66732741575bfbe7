//! How strongly pairs of columns act together, over many rows, without a matrix per row.

use super::contributions::{self, Patterns};
use super::{asked_columns, ensemble_leaves, ensemble_output};
use dlr_core::{Code, Error, FeatureName, FeatureTable, Result, TreeEnsemble};
use ndarray::{Array1, Array2};

/// Mean absolute interaction of two columns over the rows that were explained.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionStrength {
    /// The column that comes first in the ensemble.
    pub first: FeatureName,
    /// The other.
    pub second: FeatureName,
    /// Mean over the rows of the absolute interaction, both corners of [`super::interactions`] together: what the pair
    /// gives beyond what each of its columns gives, on the scale of the ensemble.
    pub mean_absolute: f64,
}

/// Path-dependent SHAP interactions of every pair of columns that some leaf asks together, in the ensemble's order.
///
/// Main effects and interactions of a row must add up to what the ensemble says of it, which is asserted row by row.
///
/// # Errors
/// `E0502` for a missing column, `E0801` for arrays that are not a tree, or sums that do not add up, naming the case.
pub fn interaction_strength(ensemble: &TreeEnsemble, cases: &FeatureTable) -> Result<Vec<InteractionStrength>> {
    let table = cases.select(&ensemble.names)?;
    let asked = asked_columns(ensemble);
    let mut place = vec![0; ensemble.names.len()];
    asked.iter().enumerate().for_each(|(at, column)| place[*column] = at);
    let leaves = ensemble_leaves(ensemble)?;
    let base = ensemble.base + leaves.iter().map(|leaf| leaf.value * leaf.zero.iter().product::<f64>()).sum::<f64>();
    let mut patterns: Vec<_> =
        leaves.iter().map(|leaf| Patterns::new(move |mask| contributions::pairs_of_path(leaf, mask))).collect();
    let mut together = Array2::<bool>::default((asked.len(), asked.len()));
    let mut sums = Array2::<f64>::zeros((asked.len(), asked.len()));
    for (row, case) in table.values().outer_iter().zip(table.cases()) {
        let mut of_row = Array2::<f64>::zeros((asked.len(), asked.len()));
        for (leaf, patterns) in leaves.iter().zip(&mut patterns) {
            let (d, pairs) = (leaf.columns.len(), patterns.get(leaf.pattern(row)));
            for (i, a) in leaf.columns.iter().enumerate() {
                for (j, b) in leaf.columns.iter().enumerate() {
                    of_row[[place[*a], place[*b]]] += pairs[i * d + j];
                    together[[place[*a], place[*b]]] = true;
                }
            }
        }
        adds_up(base, &of_row, ensemble_output(ensemble, row), case)?;
        sums.zip_mut_with(&of_row, |sum, value| *sum += value.abs());
    }
    let n = table.n_cases() as f64;
    let pairs = (0..asked.len()).flat_map(|i| (i + 1..asked.len()).map(move |j| (i, j)));
    let name = |at: usize| ensemble.names[asked[at]].clone();
    Ok(pairs
        .filter(|(i, j)| together[[*i, *j]])
        .map(|(i, j)| InteractionStrength {
            first: name(i),
            second: name(j),
            mean_absolute: (sums[[i, j]] + sums[[j, i]]) / n,
        })
        .collect())
}

fn adds_up(base: f64, of_row: &Array2<f64>, output: f64, case: &str) -> Result<()> {
    let by_row: Array1<f64> = of_row.sum_axis(ndarray::Axis(1));
    let (found, size) = (base + by_row.sum(), 1.0 + of_row.iter().map(|v| v.abs()).sum::<f64>());
    let error = (found - output).abs();
    if error.is_nan() || error > 1e-9 * size {
        return Err(Error::new(Code::Contract, "interactions do not add up to what the trees say")
            .expected(output)
            .found(found)
            .for_case(case));
    }
    Ok(())
}
