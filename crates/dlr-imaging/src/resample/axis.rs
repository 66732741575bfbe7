//! One axis of a resampling: which voxels, with which weights, make each new one.

use super::Interpolator;
use crate::special::erf_as_itk;
use dlr_core::{Code, Error, Geometry, Result};
use std::f64::consts::{PI, SQRT_2};

/// Radius of the windowed sinc interpolators in SimpleITK.
const SINC_RADIUS: isize = 5;
/// Width of the Gaussian interpolator in voxels, and where it is cut in widths, in SimpleITK.
const GAUSSIAN: (f64, f64) = (0.8, 4.0);
/// The influence of a voxel on spline coefficients this far away is below 2⁻⁵³ (0.268³² = 5e-19).
const SPLINE_REACH: usize = 32;

/// Weights along one axis: output `i` is the sum of `weight · input[index]` over its taps; none means 0.
#[derive(Debug, Clone)]
pub(crate) struct AxisMap {
    /// Where the taps of each output begin; one longer than there are outputs.
    offsets: Vec<usize>,
    taps: Vec<(usize, f64)>,
    /// Input voxels that are read: from, to (exclusive). Indices of taps count from the first.
    pub(crate) window: (usize, usize),
    /// Whether spline coefficients stand for the voxels.
    pub(crate) prefilter: bool,
    /// Whether two taps are a line `a + (b - a) w`: ITK's form, which differs from the sum in the last bit.
    lerp: bool,
}

impl AxisMap {
    /// Taps for `n` voxels at continuous indices `at`; indices outside `[-0.5, n - 0.5)` get none.
    pub(crate) fn new(interpolator: Interpolator, n: usize, spacing_mm: f64, at: &[f64]) -> Self {
        let prefilter = matches!(interpolator, Interpolator::BSpline | Interpolator::Cubic) && n > 1;
        let lerp = interpolator == Interpolator::Linear;
        let mut map = AxisMap { offsets: vec![0], taps: Vec::new(), window: (0, 0), prefilter, lerp };
        for &c in at {
            if c >= -0.5 && c < n as f64 - 0.5 {
                map.push(interpolator, n, spacing_mm, c);
            }
            map.offsets.push(map.taps.len());
        }
        map.narrow(n);
        map
    }

    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// One output from a line of input, or from `width` lines side by side: `input[index * width + k]`.
    pub(super) fn evaluate(&self, output: usize, input: &[f64], width: usize, out: &mut [f64]) {
        let line = |index: usize| &input[index * width..(index + 1) * width];
        match self.taps(output) {
            [(a, _), (b, w)] if self.lerp => {
                let pairs = line(*a).iter().zip(line(*b));
                out.iter_mut().zip(pairs).for_each(|(o, (a, b))| *o = a + (b - a) * w);
            }
            taps => {
                out.fill(0.0);
                for (index, w) in taps {
                    out.iter_mut().zip(line(*index)).for_each(|(o, v)| *o += w * v);
                }
            }
        }
    }

    /// The same for one line: no inner loop over neighbours.
    pub(super) fn evaluate_one(&self, output: usize, input: &[f64]) -> f64 {
        match self.taps(output) {
            [(a, _), (b, w)] if self.lerp => input[*a] + (input[*b] - input[*a]) * w,
            taps => taps.iter().map(|(index, w)| w * input[*index]).sum(),
        }
    }

    /// Taps of one output, indices counted from the start of the window.
    pub(crate) fn taps(&self, output: usize) -> &[(usize, f64)] {
        &self.taps[self.offsets[output]..self.offsets[output + 1]]
    }

    /// The voxel that output takes whole, for maps of [`Interpolator::Nearest`]; `None` outside.
    pub(crate) fn nearest(&self, output: usize) -> Option<usize> {
        self.taps(output).first().map(|(index, _)| index + self.window.0)
    }

    /// Whether every output is the input voxel of the same number.
    pub(crate) fn is_identity(&self, n: usize) -> bool {
        self.len() == n && !self.prefilter && (0..n).all(|i| self.taps(i) == [(i, 1.0)])
    }

    fn push(&mut self, interpolator: Interpolator, n: usize, spacing_mm: f64, c: f64) {
        let c = if interpolator == Interpolator::Cubic { c.clamp(0.0, n as f64 - 1.0) } else { c };
        let last = n as isize - 1;
        let clamped = |i: isize| i.clamp(0, last) as usize;
        let base = c.floor();
        let w = c - base;
        let first = base as isize;
        match interpolator {
            Interpolator::Nearest => self.taps.push((clamped((c + 0.5).floor() as isize), 1.0)),
            Interpolator::Linear if w == 0.0 => self.taps.push((clamped(first), 1.0)),
            Interpolator::Linear => self.taps.extend([(clamped(first), 1.0 - w), (clamped(first + 1), w)]),
            Interpolator::BSpline | Interpolator::Cubic => {
                let w3 = w * w * w / 6.0;
                let w0 = 1.0 / 6.0 + 0.5 * w * (w - 1.0) - w3;
                let w2 = w + w0 - 2.0 * w3;
                let weights = [w0, 1.0 - w0 - w2 - w3, w2, w3];
                self.taps.extend((-1..3).zip(weights).map(|(k, w)| (mirrored(first + k, n), w)));
            }
            Interpolator::Gaussian | Interpolator::LabelGaussian => {
                let start = self.taps.len();
                self.taps.extend(gaussian_taps(c, n, spacing_mm, GAUSSIAN));
                let sum: f64 = self.taps[start..].iter().map(|(_, w)| w).sum();
                self.taps[start..].iter_mut().for_each(|(_, w)| *w /= sum);
            }
            // On a voxel the weights are a delta, as in ITK: the windows themselves miss it by rounding.
            _ if w == 0.0 => self.taps.push((clamped(first), 1.0)),
            _ => {
                let weight = |k: isize| {
                    let x = w - k as f64;
                    window(interpolator, x) * (PI * x).sin() / (PI * x)
                };
                self.taps.extend((1 - SINC_RADIUS..=SINC_RADIUS).map(|k| (clamped(first + k), weight(k))));
            }
        }
    }

    /// Keeps only the part of the input that is needed; splines need more than their taps for the prefilter.
    fn narrow(&mut self, n: usize) {
        let reach = if self.prefilter { SPLINE_REACH } else { 0 };
        let from = self.taps.iter().map(|(i, _)| *i).min().unwrap_or(0).saturating_sub(reach);
        let to = self.taps.iter().map(|(i, _)| *i + 1).max().unwrap_or(1).saturating_add(reach).min(n);
        self.taps.iter_mut().for_each(|(i, _)| *i -= from);
        self.window = (from, to);
    }
}

/// Index reflected at the border voxels, which are not repeated.
fn mirrored(i: isize, n: usize) -> usize {
    if n == 1 {
        return 0;
    }
    let last = n as isize - 1;
    let i = i.rem_euclid(2 * last);
    (if i > last { 2 * last - i } else { i }) as usize
}

/// Windows of the sinc interpolators; `x` in voxels, support ± 5.
fn window(interpolator: Interpolator, x: f64) -> f64 {
    let m = SINC_RADIUS as f64;
    match interpolator {
        Interpolator::HammingSinc => 0.54 + 0.46 * (PI * x / m).cos(),
        Interpolator::CosineSinc => (PI * x / (2.0 * m)).cos(),
        Interpolator::WelchSinc => 1.0 - x * x / (m * m),
        Interpolator::LanczosSinc => (PI * x / m).sin() / (PI * x / m),
        _ => 0.42 + 0.5 * (PI * x / m).cos() + 0.08 * (2.0 * PI * x / m).cos(),
    }
}

/// Weights of a Gaussian integrated over each voxel within the cutoff, not normalised; `sigma` in voxels, the cutoff in
/// sigmas.
///
/// In ITK's order of operations, through millimetres and with positions summed up: where the cutoff falls on the edge of
/// a voxel, the last bit decides whether that voxel takes part.
pub(super) fn gaussian_taps(
    c: f64,
    n: usize,
    spacing_mm: f64,
    (sigma, cutoff): (f64, f64),
) -> impl Iterator<Item = (usize, f64)> {
    let sigma_mm = sigma * spacing_mm;
    let step = 1.0 / (SQRT_2 * sigma_mm / spacing_mm);
    let reach = sigma_mm * cutoff / spacing_mm;
    let first = (c + 0.5 - reach).floor().max(0.0) as usize;
    let end = (c + 0.5 + reach).ceil().min(n as f64) as usize;
    let mut t = (-0.5 - c + first as f64) * step;
    let mut before = erf_as_itk(t);
    (first..end).map(move |i| {
        t += step;
        let after = erf_as_itk(t);
        let weight = after - before;
        before = after;
        (i, weight)
    })
}

/// Continuous indices of the target's voxels in the image, per axis.
///
/// They go through patient space in ITK's order of operations, because a voxel exactly between two others falls to one
/// of them by the last bit.
pub(super) fn coordinates(from: &Geometry, to: &Geometry) -> Result<[Vec<f64>; 3]> {
    let (a, b) = (from.direction(), to.direction());
    let apart = (0..3).flat_map(|i| (0..3).map(move |j| (a[i][j] - b[i][j]).abs())).fold(0.0, f64::max);
    // Over a thousand voxels, 1e-5 is a hundredth of one.
    if apart > 1e-5 {
        return Err(Error::new(Code::Geometry, "the axes of both grids differ")
            .expected(format!("{a:?}"))
            .found(format!("{b:?}"))
            .hint("only grids with the same directions are resampled"));
    }
    let mut at = [0, 1, 2].map(|axis| {
        let mut index = [0.0; 3];
        let one = |i: usize| {
            index[axis] = i as f64;
            index_along(from, axis, to.to_world(index))
        };
        (0..to.shape()[axis]).map(one).collect::<Vec<f64>>()
    });
    // ITK walks along x between the ends of the line.
    let n = to.shape()[2];
    let end = index_along(from, 2, to.to_world([0.0, 0.0, n as f64]));
    if let Some(&start) = at[2].first() {
        for (i, c) in at[2].iter_mut().enumerate() {
            let alpha = i as f64 / n as f64;
            *c = start + alpha * (end - start);
        }
    }
    // Onto its own grid an image is itself, without rounding.
    if from == to {
        at.iter_mut().for_each(|line| line.iter_mut().for_each(|c| *c = c.round()));
    }
    Ok(at)
}

/// Index of a point along one axis, as ITK has it: times the reciprocal of the spacing, which is not always the quotient.
fn index_along(grid: &Geometry, axis: usize, point_mm: [f64; 3]) -> f64 {
    let per_mm = 1.0 / grid.spacing_mm()[axis];
    let (origin, direction) = (grid.origin_mm(), grid.direction()[axis]);
    (0..3).map(|i| (direction[i] * per_mm) * (point_mm[i] - origin[i])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring() {
        let indices: Vec<usize> = (-4..8).map(|i| mirrored(i, 4)).collect();
        assert_eq!(indices, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!(mirrored(-3, 1), 0);
    }

    #[test]
    fn weights_sum_to_one_where_they_should() {
        for interpolator in [Interpolator::Linear, Interpolator::BSpline, Interpolator::Gaussian] {
            let at: Vec<f64> = (0..40).map(|i| -0.5 + 0.22 * i as f64).collect();
            let map = AxisMap::new(interpolator, 9, 1.0, &at);
            for (i, c) in at.iter().enumerate() {
                let sum: f64 = map.taps(i).iter().map(|(_, w)| w).sum();
                assert!((sum - if *c < 8.5 { 1.0 } else { 0.0 }).abs() < 1e-14, "{interpolator:?} at {c}: {sum}");
            }
        }
    }

    #[test]
    fn only_the_needed_window_is_read() {
        let map = AxisMap::new(Interpolator::Linear, 100, 1.0, &[40.5, 41.5]);
        assert_eq!(map.window, (40, 43));
        assert_eq!(map.taps(1), [(1, 0.5), (2, 0.5)]);
        assert_eq!(AxisMap::new(Interpolator::BSpline, 100, 1.0, &[40.5]).window, (7, 75));
    }
}
