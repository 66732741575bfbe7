//! Corrections for many tests.

use serde::{Deserialize, Serialize};

/// How p-values of many tests are corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adjustment {
    /// Not at all.
    None,
    /// Benjamini and Hochberg 1995: false discovery rate.
    #[default]
    Bh,
    /// Benjamini and Yekutieli 2001: the same under any dependence.
    By,
    /// Holm 1979: family-wise error.
    Holm,
    /// Bonferroni: family-wise error.
    Bonferroni,
}

/// Adjusted p-values, in the order given, as R's `p.adjust`. NaN stays NaN and does not count as a test.
pub fn adjust(p: &[f64], method: Adjustment) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|i| !p[*i].is_nan()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let m = order.len() as f64;
    let mut adjusted = p.to_vec();
    match method {
        Adjustment::None => {}
        Adjustment::Bonferroni => order.iter().for_each(|i| adjusted[*i] = (m * p[*i]).min(1.0)),
        Adjustment::Holm => {
            let mut reached: f64 = 0.0;
            for (k, i) in order.iter().enumerate() {
                reached = reached.max((m - k as f64) * p[*i]);
                adjusted[*i] = reached.min(1.0);
            }
        }
        Adjustment::Bh | Adjustment::By => {
            let factor = match method {
                Adjustment::By => (1..=order.len()).map(|k| 1.0 / k as f64).sum(),
                _ => 1.0,
            };
            let mut reached: f64 = 1.0;
            for (k, i) in order.iter().enumerate().rev() {
                reached = reached.min(factor * m / (k + 1) as f64 * p[*i]);
                adjusted[*i] = reached;
            }
        }
    }
    adjusted
}
