//! ComBat: centre effects on location and scale taken off, with empirical Bayes, and applied to new rows.
//!
//! Johnson, Li and Rabinovic 2007, as sva and neuroCombat compute it, the stopping rule included. What is learned on
//! the training rows is kept, so that rows of a known batch that come later are changed by the same numbers.

use crate::linalg::{Cholesky, Columns, axpy, dot, sum};
use dlr_core::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// How batch effects are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CombatMode {
    /// Parametric empirical Bayes on location and scale.
    #[default]
    Parametric,
    /// Nonparametric empirical Bayes on location and scale.
    Nonparametric,
    /// Parametric, location only.
    MeanOnly,
    /// Each column by itself, without empirical Bayes.
    NoEb,
}

/// Stopping rule of sva and neuroCombat: largest relative change.
const CONVERGENCE: f64 = 1e-4;

/// A fitted ComBat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CombatFit {
    /// Batches, in the order of the effects.
    pub batches: Vec<String>,
    /// Mean of each column over all batches (or of the reference).
    pub grand_mean: Vec<f64>,
    /// Pooled standard deviation of each column.
    pub pooled_sd: Vec<f64>,
    /// Effect of each covariate on each column, `[n_covariates][n_columns]`.
    pub covariate_effects: Vec<Vec<f64>>,
    /// Location effect, `[n_batches][n_columns]`, in pooled standard deviations.
    pub location: Vec<Vec<f64>>,
    /// Variance effect, `[n_batches][n_columns]`.
    pub variance: Vec<Vec<f64>>,
}

/// Estimates the effects of `batch` (one name per row) on every column, keeping those of the covariates.
///
/// # Errors
/// [`Code::Learning`] for one batch only, a batch of one row (except in [`CombatMode::MeanOnly`]), a reference that is
/// not there, a column that does not vary once batch and covariates are taken off, or covariates confounded with batch.
pub fn fit_combat(
    x: &Columns,
    batch: &[String],
    covariates: &Columns,
    mode: CombatMode,
    reference: Option<&str>,
) -> Result<CombatFit> {
    let n = x.n_rows();
    let mut batches: Vec<String> = batch.to_vec();
    batches.sort();
    batches.dedup();
    let members: Vec<Vec<usize>> = batches.iter().map(|b| (0..n).filter(|i| batch[*i] == *b).collect()).collect();
    if batches.len() < 2 {
        let only = batches.first().map_or("", String::as_str);
        return Err(Error::new(Code::Learning, format!("ComBat has rows of `{only}` only, and needs two batches"))
            .expected("training rows of two batches (centres) or more")
            .found(format!("{} rows of `{only}`", n))
            .hint("leave ComBat out, or learn from a second centre; leaving one of two centres out leaves one"));
    }
    if let Some(small) = (0..batches.len()).find(|b| members[*b].len() < 2)
        && mode != CombatMode::MeanOnly
    {
        return Err(Error::new(Code::Learning, format!("batch `{}` has one row and no variance", batches[small]))
            .expected("two rows or more of every batch (centre)")
            .hint("join the centre with another, leave it out, or take mode = \"mean-only\""));
    }
    let reference = match reference {
        None => None,
        Some(name) => Some(batches.iter().position(|b| b == name).ok_or_else(|| {
            Error::new(Code::Learning, format!("reference batch `{name}` is not among the training rows"))
                .expected(batches.join(", "))
                .hint("a reference must have training rows in every fold")
        })?),
    };
    let regression = Regression::new(&batches, batch, covariates, reference)?;
    let mut fit = CombatFit {
        grand_mean: Vec::new(),
        pooled_sd: Vec::new(),
        covariate_effects: vec![Vec::new(); covariates.n_columns()],
        location: Vec::new(),
        variance: Vec::new(),
        batches,
    };
    let mut standardised: Vec<Vec<f64>> = Vec::with_capacity(x.n_columns());
    for j in 0..x.n_columns() {
        let (z, mean, sd, effects) = regression.standardise(x.column(j), &members, reference);
        if !(sd > 0.0) {
            return Err(Error::new(Code::Learning, format!("column {j} does not vary within the batches"))
                .hint("drop constant columns first"));
        }
        fit.grand_mean.push(mean);
        fit.pooled_sd.push(sd);
        fit.covariate_effects.iter_mut().zip(effects).for_each(|(all, e)| all.push(e));
        standardised.push(z);
    }
    for (b, rows) in members.iter().enumerate() {
        let (location, variance) = if reference == Some(b) {
            (vec![0.0; x.n_columns()], vec![1.0; x.n_columns()])
        } else {
            effects(&standardised, rows, mode)
        };
        fit.location.push(location);
        fit.variance.push(variance);
    }
    Ok(fit)
}

impl CombatFit {
    /// Position of a batch, where it was among the training rows.
    pub fn batch(&self, name: &str) -> Option<usize> {
        self.batches.iter().position(|b| b == name)
    }

    /// One value of a known batch, harmonised; `covariates` are those of its row.
    pub fn value(&self, value: f64, column: usize, batch: usize, covariates: &[f64]) -> f64 {
        let known: f64 = self.covariate_effects.iter().zip(covariates).map(|(e, c)| e[column] * c).sum();
        let expected = self.grand_mean[column] + known;
        let z = (value - expected) / self.pooled_sd[column];
        (z - self.location[batch][column]) / self.variance[batch][column].sqrt() * self.pooled_sd[column] + expected
    }
}

/// Least squares on batch indicators and covariates.
struct Regression {
    design: Columns,
    factor: Cholesky,
    n_batches: usize,
}

impl Regression {
    fn new(batches: &[String], batch: &[String], covariates: &Columns, reference: Option<usize>) -> Result<Self> {
        let n = batch.len();
        let k = batches.len() + covariates.n_columns();
        let mut design = ndarray::Array2::zeros((n, k));
        for (i, b) in batch.iter().enumerate() {
            for (j, name) in batches.iter().enumerate() {
                design[(i, j)] = f64::from(u8::from(b == name || reference == Some(j)));
            }
            for j in 0..covariates.n_columns() {
                design[(i, batches.len() + j)] = covariates.column(j)[i];
            }
        }
        let design = Columns::from_rows(design.view());
        let mut normal = vec![0.0; k * k];
        for i in 0..k {
            (0..=i).for_each(|j| normal[i * k + j] = dot(design.column(i), design.column(j)));
        }
        let factor = Cholesky::of(normal, k).filter(|f| f.pivot_ratio() > 1e-12).ok_or_else(|| {
            Error::new(Code::Learning, "a covariate of ComBat is confounded with the batch")
                .hint("leave the covariate out")
        })?;
        Ok(Regression { design, factor, n_batches: batches.len() })
    }

    /// Standardised values, grand mean, pooled deviation, covariate effects.
    fn standardise(
        &self,
        y: &[f64],
        members: &[Vec<usize>],
        reference: Option<usize>,
    ) -> (Vec<f64>, f64, f64, Vec<f64>) {
        let k = self.design.n_columns();
        let mut b: Vec<f64> = (0..k).map(|j| dot(self.design.column(j), y)).collect();
        self.factor.solve(&mut b);
        let n = y.len() as f64;
        let residual: Vec<f64> = self.design.margins(0.0, &b).iter().zip(y).map(|(f, y)| (y - f) * (y - f)).collect();
        let (mean, variance) = match reference {
            Some(r) => {
                let own: Vec<f64> = members[r].iter().map(|i| residual[*i]).collect();
                (b[r], sum(&own) / own.len() as f64)
            }
            None => {
                let mean = members.iter().zip(&b).map(|(rows, b)| rows.len() as f64 / n * b).sum();
                (mean, sum(&residual) / n)
            }
        };
        let effects = b[self.n_batches..].to_vec();
        let mut expected = vec![mean; y.len()];
        for (j, effect) in effects.iter().enumerate() {
            axpy(*effect, self.design.column(self.n_batches + j), &mut expected);
        }
        let sd = variance.sqrt();
        (y.iter().zip(&expected).map(|(y, e)| (y - e) / sd).collect(), mean, sd, effects)
    }
}

fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

/// With `ddof` 1.
fn variance(values: &[f64]) -> f64 {
    let m = mean(values);
    let squares: Vec<f64> = values.iter().map(|v| (v - m) * (v - m)).collect();
    sum(&squares) / (values.len() - 1) as f64
}

/// Location and variance of one batch, for every column.
fn effects(standardised: &[Vec<f64>], rows: &[usize], mode: CombatMode) -> (Vec<f64>, Vec<f64>) {
    let own: Vec<Vec<f64>> = standardised.iter().map(|z| rows.iter().map(|i| z[*i]).collect()).collect();
    let g_hat: Vec<f64> = own.iter().map(|z| mean(z)).collect();
    let ones = vec![1.0; own.len()];
    if mode == CombatMode::MeanOnly {
        let (g_bar, t2) = (mean(&g_hat), variance_or_zero(&g_hat));
        return (g_hat.iter().map(|g| (t2 * g + g_bar) / (t2 + 1.0)).collect(), ones);
    }
    let d_hat: Vec<f64> = own.iter().map(|z| variance(z)).collect();
    // Empirical Bayes borrows from other columns: with one there is nothing to borrow.
    if mode == CombatMode::NoEb || own.len() < 2 {
        return (g_hat, d_hat);
    }
    if mode == CombatMode::Nonparametric {
        return (0..own.len()).map(|j| posterior(&own[j], j, &g_hat, &d_hat)).unzip();
    }
    parametric(&own, &g_hat, &d_hat)
}

fn variance_or_zero(values: &[f64]) -> f64 {
    if values.len() < 2 { 0.0 } else { variance(values) }
}

/// The iteration of sva's `it.sol`, all columns until the largest (signed) relative change is small.
fn parametric(own: &[Vec<f64>], g_hat: &[f64], d_hat: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = own[0].len() as f64;
    let (g_bar, t2) = (mean(g_hat), variance(g_hat));
    let (m, s2) = (mean(d_hat), variance(d_hat));
    if !(s2 > 0.0) {
        return (g_hat.to_vec(), d_hat.to_vec());
    }
    let (a, b) = ((2.0 * s2 + m * m) / s2, (m * s2 + m * m * m) / s2);
    let (mut g, mut d) = (g_hat.to_vec(), d_hat.to_vec());
    for _ in 0..10_000 {
        let mut change = f64::NEG_INFINITY;
        for (j, z) in own.iter().enumerate() {
            let g_new = (t2 * n * g_hat[j] + d[j] * g_bar) / (t2 * n + d[j]);
            let squares: Vec<f64> = z.iter().map(|z| (z - g_new) * (z - g_new)).collect();
            let d_new = (0.5 * sum(&squares) + b) / (n / 2.0 + a - 1.0);
            change = change.max((g_new - g[j]).abs() / g[j]).max((d_new - d[j]).abs() / d[j]);
            (g[j], d[j]) = (g_new, d_new);
        }
        if !(change > CONVERGENCE) {
            break;
        }
    }
    (g, d)
}

/// Mean of the other columns' estimates, weighted by how well they explain this one.
fn posterior(z: &[f64], j: usize, g_hat: &[f64], d_hat: &[f64]) -> (f64, f64) {
    let n = z.len() as f64;
    let others: Vec<usize> = (0..g_hat.len()).filter(|k| *k != j).collect();
    let logs: Vec<f64> = others
        .iter()
        .map(|k| {
            let squares: Vec<f64> = z.iter().map(|z| (z - g_hat[*k]) * (z - g_hat[*k])).collect();
            -0.5 * n * (std::f64::consts::TAU * d_hat[*k]).ln() - sum(&squares) / (2.0 * d_hat[*k])
        })
        .collect();
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logs.iter().map(|l| (l - largest).exp()).collect();
    let total = sum(&weights);
    let weighted = |v: &[f64]| others.iter().zip(&weights).map(|(k, w)| w * v[*k]).sum::<f64>() / total;
    (weighted(g_hat), weighted(d_hat))
}
