//! The Laplacian of Gaussian, cut off in a box: a sum of three separable kernels.

use super::operator::{Cascade, Line};
use super::separable::{Plan, Term};
use super::{Boundary, Dimension};
use crate::error::positive;
use dlr_core::Result;

/// The Laplacian of a Gaussian, sampled at the voxels and not normalised for scale.
///
/// `-(1/σ²) (2πσ²)^(-D/2) (D - r²/σ²) exp(-r²/2σ²)` with `σ` and `r` in voxels, `D` 3 or 2 (in slices), for offsets of
/// at most `floor(cutoff_sigma σ + 1/2)` voxels along each axis. The cut leaves a sum that is not quite 0, so that
/// a constant image gives a small multiple of itself: -1.7e-4 of it at 4 and 3 voxels in 3D. The standard's formula has it
/// so; `zero_sum` takes the mean of the kernel off each of its voxels, as several programs do.
///
/// On a grid whose spacings differ, `σ` is in voxels of each axis and the derivative is taken per geometric mean of the
/// spacings, which is the formula above where they are equal. The standard wants images with cubic voxels.
///
/// Source: IBSI chapter 2, identifier L6PA.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaplacianOfGaussian {
    /// Width of the Gaussian in mm.
    pub sigma_mm: f64,
    /// Where the kernel is cut, in `sigma`; the manual's examples take 4.
    pub cutoff_sigma: f64,
    /// Whether the kernel is shifted so that its sum is 0.
    pub zero_sum: bool,
}

impl LaplacianOfGaussian {
    pub(super) fn validate(&self) -> Result<()> {
        positive("sigma_mm", self.sigma_mm)?;
        positive("cutoff_sigma", self.cutoff_sigma)?;
        Ok(())
    }

    /// Voxels that the kernel reaches along an axis.
    pub(super) fn radius(&self, spacing_mm: f64) -> usize {
        (self.cutoff_sigma * self.sigma_mm / spacing_mm + 0.5).floor() as usize
    }

    /// Gaussian and second derivative along each axis z, y, x; in slices nothing happens along z.
    pub(super) fn lines(&self, spacing_mm: [f64; 3], dimension: Dimension) -> [(Line, Line); 3] {
        let axes = dimension.axes();
        let product: f64 = axes.iter().map(|a| spacing_mm[*a]).product();
        let unit_mm = product.powf(1.0 / axes.len() as f64);
        [0, 1, 2].map(|a| {
            if !axes.contains(&a) {
                return (Line::identity(), Line { taps: vec![0.0], ..Line::identity() });
            }
            let sigma = self.sigma_mm / spacing_mm[a];
            let radius = self.radius(spacing_mm[a]);
            let at = |i: usize| (i as f64 - radius as f64) / sigma;
            let gauss: Vec<f64> = (0..=2 * radius)
                .map(|i| (-0.5 * at(i).powi(2)).exp() / (std::f64::consts::TAU.sqrt() * sigma))
                .collect();
            let scale = (unit_mm / self.sigma_mm).powi(2);
            let second = gauss.iter().enumerate().map(|(i, g)| scale * (at(i).powi(2) - 1.0) * g).collect();
            (Line::centred(gauss), Line::centred(second))
        })
    }

    pub(super) fn plan(
        &self,
        shape: [usize; 3],
        spacing_mm: [f64; 3],
        boundary: Boundary,
        dimension: Dimension,
    ) -> Plan {
        let lines = self.lines(spacing_mm, dimension);
        let total = |line: &Line| line.taps.iter().sum::<f64>();
        let derived = |a: usize| [0, 1, 2].map(|b| if a == b { &lines[b].1 } else { &lines[b].0 });
        let axes = dimension.axes();
        let sum: f64 = axes.iter().map(|a| derived(*a).map(total).iter().product::<f64>()).sum();
        let mut plan = Plan::new(boundary, if self.zero_sum { 0.0 } else { sum });
        let mut add = |lines: [&Line; 3], weight: f64| {
            let kernels = lines.map(|line| Cascade::one(line.clone()));
            let ops = [0, 1, 2].map(|a| plan.operator(a, &kernels[a].operator(shape[a], boundary)));
            plan.terms.push(Term::new(ops, weight));
        };
        axes.iter().for_each(|a| add(derived(*a), 1.0));
        if self.zero_sum {
            let boxes = lines.each_ref().map(|(gauss, _)| Line::centred(vec![1.0; gauss.taps.len()]));
            let n: usize = boxes.iter().map(|line| line.taps.len()).product();
            add([&boxes[0], &boxes[1], &boxes[2]], -sum / n as f64);
        }
        plan.tidy();
        plan
    }
}
