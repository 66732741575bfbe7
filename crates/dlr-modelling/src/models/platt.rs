//! Platt's sigmoid from decision values to probabilities, fitted on values of rows that the machine did not see.

use crate::glm::sigmoid;

/// `P = 1 / (1 + exp(-(slope f + intercept)))`, with Platt's targets (Lin, Lin and Weng 2007).
pub(super) fn fit(decision: &[f64], labels: &[bool]) -> (f64, f64) {
    let n_positive = labels.iter().filter(|l| **l).count() as f64;
    let n_negative = labels.len() as f64 - n_positive;
    let target = |l: bool| if l { (n_positive + 1.0) / (n_positive + 2.0) } else { 1.0 / (n_negative + 2.0) };
    let cost = |slope: f64, intercept: f64| -> f64 {
        let terms = decision.iter().zip(labels).map(|(f, l)| {
            let (m, t) = (slope * f + intercept, target(*l));
            // ln(1 + e^m) - t m, without overflow.
            m.max(0.0) + (-m.abs()).exp().ln_1p() - t * m
        });
        terms.sum()
    };
    let (mut slope, mut intercept) = (0.0, ((n_positive + 1.0) / (n_negative + 1.0)).ln());
    let mut reached = cost(slope, intercept);
    for _ in 0..200 {
        let (mut g, mut h) = ([0.0; 2], [1e-12, 0.0, 1e-12]);
        for (f, l) in decision.iter().zip(labels) {
            let p = sigmoid(slope * f + intercept);
            let (d, w) = (p - target(*l), p * (1.0 - p));
            g = [g[0] + d * f, g[1] + d];
            h = [h[0] + w * f * f, h[1] + w * f, h[2] + w];
        }
        let det = h[0] * h[2] - h[1] * h[1];
        let step = [-(h[2] * g[0] - h[1] * g[1]) / det, -(h[0] * g[1] - h[1] * g[0]) / det];
        let mut length = 1.0;
        while length > 1e-10 {
            let (s, i) = (slope + length * step[0], intercept + length * step[1]);
            let value = cost(s, i);
            if value <= reached {
                (slope, intercept, reached) = (s, i, value);
                break;
            }
            length *= 0.5;
        }
        if g[0].abs() < 1e-10 && g[1].abs() < 1e-10 || length <= 1e-10 {
            break;
        }
    }
    (slope, intercept)
}
