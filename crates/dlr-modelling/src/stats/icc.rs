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

impl IccTable {
    /// The single-reader form.
    pub fn form(&self, form: IccForm) -> Icc {
        match form {
            IccForm::OneOne => self.one_one,
            IccForm::TwoOne => self.two_one,
            IccForm::ThreeOne => self.three_one,
        }
    }
}

/// Intraclass correlations of `ratings`, shape `[n_targets, n_readers]`, with 95 % intervals (McGraw and Wong 1996).
///
/// # Errors
/// [`Code::Learning`] for fewer than 2 targets or readers, [`Code::NotFinite`] for a missing rating.
pub fn icc(ratings: ArrayView2<'_, f64>) -> Result<IccTable> {
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
    let quantile = |df1: f64, df2: f64| f_quantile(0.975, df1, df2);

    let f = between / within;
    let (low, high) = (f / quantile(n - 1.0, n * (k - 1.0)), f * quantile(n * (k - 1.0), n - 1.0));
    let single = |f: f64| (f - 1.0) / (f + k - 1.0);
    let averaged = |f: f64| 1.0 - 1.0 / f;
    let one_one =
        Icc { value: (between - within) / (between + (k - 1.0) * within), lower: single(low), upper: single(high) };
    let one_k = Icc { value: (between - within) / between, lower: averaged(low), upper: averaged(high) };

    let f = between / error;
    let df_error = (n - 1.0) * (k - 1.0);
    let (low, high) = (f / quantile(n - 1.0, df_error), f * quantile(df_error, n - 1.0));
    let three_one =
        Icc { value: (between - error) / (between + (k - 1.0) * error), lower: single(low), upper: single(high) };
    let three_k = Icc { value: (between - error) / between, lower: averaged(low), upper: averaged(high) };

    let value = (between - error) / (between + (k - 1.0) * error + k * (readers - error) / n);
    let f_readers = readers / error;
    let rest = n * (1.0 + (k - 1.0) * value) - k * value;
    let v = df_error * (k * value * f_readers + rest).powi(2)
        / ((n - 1.0) * (k * value * f_readers).powi(2) + rest.powi(2));
    let (f_low, f_high) = (quantile(n - 1.0, v), quantile(v, n - 1.0));
    let noise = k * readers + (k * n - k - n) * error;
    let lower = n * (between - f_low * error) / (f_low * noise + n * between);
    let upper = n * (f_high * between - error) / (noise + n * f_high * between);
    let of_k = |r: f64| k * r / (1.0 + (k - 1.0) * r);
    let two_one = Icc { value, lower, upper };
    let two_k =
        Icc { value: (between - error) / (between + (readers - error) / n), lower: of_k(lower), upper: of_k(upper) };
    Ok(IccTable { one_one, two_one, three_one, one_k, two_k, three_k })
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
