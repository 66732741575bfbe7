//! Agreement of readers or repeated measurements: intraclass correlation, Bland-Altman, concordance.

use super::distribution::f_quantile;
use crate::linalg::mean_and_deviation;
use dlr_core::{Code, Error, Result};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

/// Forms of the intraclass correlation (Shrout and Fleiss 1979).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum IccForm {
    /// One-way random.
    #[serde(rename = "1,1")]
    OneOne,
    /// Two-way random, absolute agreement, single reader.
    #[default]
    #[serde(rename = "2,1")]
    TwoOne,
    /// Two-way mixed, consistency, single reader.
    #[serde(rename = "3,1")]
    ThreeOne,
}

/// An intraclass correlation with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Icc {
    /// The estimate; NaN where nothing varies.
    pub value: f64,
    /// Lower bound.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
}

/// All six forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IccTable {
    /// ICC(1,1).
    pub one_one: Icc,
    /// ICC(2,1).
    pub two_one: Icc,
    /// ICC(3,1).
    pub three_one: Icc,
    /// ICC(1,k).
    pub one_k: Icc,
    /// ICC(2,k).
    pub two_k: Icc,
    /// ICC(3,k).
    pub three_k: Icc,
}

/// Intraclass correlations of `ratings`, shape `[n_targets, n_readers]`, with 95 % intervals (McGraw and Wong 1996).
///
/// # Errors
/// [`Code::Learning`] for fewer than 2 targets or readers, [`Code::NotFinite`] for a missing rating.
pub fn icc(ratings: ArrayView2<'_, f64>) -> Result<IccTable> {
    let squares = MeanSquares::of(ratings)?;
    let (one_one, one_k) = squares.one_way();
    let (two_one, two_k) = squares.agreement();
    let (three_one, three_k) = squares.consistency();
    Ok(IccTable { one_one, two_one, three_one, one_k, two_k, three_k })
}

/// The single-reader form alone, for those who judge many columns: a third of the work of [`icc`].
///
/// # Errors
/// Those of [`icc`].
pub fn icc_of_form(ratings: ArrayView2<'_, f64>, form: IccForm) -> Result<Icc> {
    let squares = MeanSquares::of(ratings)?;
    let (single, _) = match form {
        IccForm::OneOne => squares.one_way(),
        IccForm::TwoOne => squares.agreement(),
        IccForm::ThreeOne => squares.consistency(),
    };
    Ok(single)
}

/// The analysis of variance from which every form follows.
struct MeanSquares {
    n: f64,
    k: f64,
    between: f64,
    readers: f64,
    error: f64,
    within: f64,
}

fn quantile(df1: f64, df2: f64) -> f64 {
    f_quantile(0.975, df1, df2)
}

impl MeanSquares {
    fn of(ratings: ArrayView2<'_, f64>) -> Result<Self> {
        let (n_targets, n_readers) = ratings.dim();
        if n_targets < 2 || n_readers < 2 {
            return Err(Error::new(Code::Learning, "agreement needs two targets and two readers")
                .found(format!("{n_targets} targets, {n_readers} readers")));
        }
        if ratings.iter().any(|v| !v.is_finite()) {
            return Err(Error::new(Code::NotFinite, "a rating is missing or infinite"));
        }
        let (n, k) = (n_targets as f64, n_readers as f64);
        let mean = ratings.sum() / (n * k);
        let row_means: Vec<f64> = ratings.rows().into_iter().map(|r| r.sum() / k).collect();
        let column_means: Vec<f64> = ratings.columns().into_iter().map(|c| c.sum() / n).collect();
        let between = k * row_means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let readers = n * column_means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (k - 1.0);
        let (mut error, mut within) = (0.0, 0.0);
        for ((i, j), v) in ratings.indexed_iter() {
            error += (v - row_means[i] - column_means[j] + mean).powi(2);
            within += (v - row_means[i]).powi(2);
        }
        let (error, within) = (error / ((n - 1.0) * (k - 1.0)), within / (n * (k - 1.0)));
        Ok(MeanSquares { n, k, between, readers, error, within })
    }

    /// ICC(1,1) and ICC(1,k).
    fn one_way(&self) -> (Icc, Icc) {
        self.of_ratio(self.within, self.n * (self.k - 1.0))
    }

    /// ICC(3,1) and ICC(3,k).
    fn consistency(&self) -> (Icc, Icc) {
        self.of_ratio(self.error, (self.n - 1.0) * (self.k - 1.0))
    }

    /// The forms that depend on one ratio of mean squares: of the targets, and of `noise` with its degrees of freedom.
    fn of_ratio(&self, noise: f64, df_noise: f64) -> (Icc, Icc) {
        let &MeanSquares { n, k, between, .. } = self;
        let f = between / noise;
        let (low, high) = (f / quantile(n - 1.0, df_noise), f * quantile(df_noise, n - 1.0));
        let single = |f: f64| (f - 1.0) / (f + k - 1.0);
        let averaged = |f: f64| 1.0 - 1.0 / f;
        let value = (between - noise) / (between + (k - 1.0) * noise);
        (
            Icc { value, lower: single(low), upper: single(high) },
            Icc { value: (between - noise) / between, lower: averaged(low), upper: averaged(high) },
        )
    }

    /// ICC(2,1) and ICC(2,k), with Satterthwaite's degrees of freedom.
    fn agreement(&self) -> (Icc, Icc) {
        let &MeanSquares { n, k, between, readers, error, .. } = self;
        let value = (between - error) / (between + (k - 1.0) * error + k * (readers - error) / n);
        let f_readers = readers / error;
        let rest = n * (1.0 + (k - 1.0) * value) - k * value;
        let v = (n - 1.0) * (k - 1.0) * (k * value * f_readers + rest).powi(2)
            / ((n - 1.0) * (k * value * f_readers).powi(2) + rest.powi(2));
        let (f_low, f_high) = (quantile(n - 1.0, v), quantile(v, n - 1.0));
        let noise = k * readers + (k * n - k - n) * error;
        let lower = n * (between - f_low * error) / (f_low * noise + n * between);
        let upper = n * (f_high * between - error) / (noise + n * f_high * between);
        let of_k = |r: f64| k * r / (1.0 + (k - 1.0) * r);
        let averaged = (between - error) / (between + (readers - error) / n);
        (Icc { value, lower, upper }, Icc { value: averaged, lower: of_k(lower), upper: of_k(upper) })
    }
}

/// Mean and standard deviation (`ddof` 1) of the differences of two readers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlandAltman {
    /// Mean difference, first minus second.
    pub bias: f64,
    /// Standard deviation of the differences.
    pub sd: f64,
}

/// Bland and Altman's bias and spread.
pub fn bland_altman(a: &[f64], b: &[f64]) -> BlandAltman {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let (bias, sd) = mean_and_deviation(&differences);
    let n = differences.len() as f64;
    BlandAltman { bias, sd: sd * (n / (n - 1.0)).sqrt() }
}

/// Lin's concordance correlation, with moments of `ddof` 0.
pub fn concordance(a: &[f64], b: &[f64]) -> f64 {
    let ((mean_a, sd_a), (mean_b, sd_b)) = (mean_and_deviation(a), mean_and_deviation(b));
    let products = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b));
    let covariance = products.sum::<f64>() / a.len() as f64;
    2.0 * covariance / (sd_a * sd_a + sd_b * sd_b + (mean_a - mean_b).powi(2))
}
