//! Simoncelli's non-separable wavelets and Riesz transforms: filters defined by their factors at each frequency.

use super::fourier::{C64, fast_length, multiply};
use super::log::LaplacianOfGaussian;
use super::operator::Line;
use super::{Boundary, Dimension};
use crate::error::parameter;
use dlr_core::Result;
use ndarray::Array3;
use std::f64::consts::{FRAC_PI_2, TAU};

/// The band-pass map `B` of Simoncelli's isotropic wavelet at a level.
///
/// With `ν` the distance of a frequency from 0, in shares of the highest frequency along an axis, and `m = 2^(1 - level)`:
/// `cos(π/2 log2(2ν/m))` for `m/4 <= ν <= m`, else 0. Defined in voxels, whatever their spacing.
///
/// The kernel has no end. With a periodic boundary, which the programs behind the standard's reference values have
/// whatever they were asked for, the response is exact; other boundaries are seen to `8 2^level` voxels beyond each face.
///
/// Source: IBSI chapter 2, identifier PRT7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simoncelli {
    /// Level, from 1: each halves the frequencies.
    pub level: u32,
}

/// Beyond this the band lies below the lowest frequency of any image.
const MOST_LEVELS: u32 = 16;

impl Simoncelli {
    pub(super) fn validate(&self) -> Result<()> {
        if (1..=MOST_LEVELS).contains(&self.level) {
            return Ok(());
        }
        Err(parameter("level", self.level, &format!("1 to {MOST_LEVELS}")))
    }

    /// Voxels beyond which the kernel is small; it never ends.
    fn reach(&self) -> usize {
        8 << self.level
    }

    fn factor(&self, frequency: f64) -> f64 {
        let highest = 0.5_f64.powi(self.level as i32 - 1);
        if (highest / 4.0..=highest).contains(&frequency) {
            (FRAC_PI_2 * (2.0 * frequency / highest).log2()).cos()
        } else {
            0.0
        }
    }
}

/// Voxels of the boundary that a Riesz transform of the image itself gets to see.
const RIESZ_REACH: usize = 32;

/// What a Riesz transform is taken of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RieszOf {
    /// The image itself.
    Image,
    /// A Laplacian of Gaussian.
    LaplacianOfGaussian(LaplacianOfGaussian),
    /// A Simoncelli band.
    Simoncelli(Simoncelli),
}

/// A component of the Riesz transform of an image or of a band of it.
///
/// The factor of order `l` at frequency `ω` is `(-i)^L √(L! / (l1! l2! l3!)) ω1^l1 ω2^l2 ω3^l3 / |ω|^L` with `L` the sum
/// of the orders; 0 at frequency 0. Components are not steered to a local direction. Boundaries are seen as far as the
/// band is, 32 voxels for the image itself.
///
/// Source: IBSI chapter 2, identifier AYRS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Riesz {
    /// Orders along x, y and z; in slices that along z must be 0.
    pub order: [u32; 3],
    /// What is transformed.
    pub of: RieszOf,
}

impl Riesz {
    pub(super) fn validate(&self, dimension: Dimension) -> Result<()> {
        let total: u32 = self.order.iter().fold(0, |sum, l| sum.saturating_add(*l));
        if !(1..=20).contains(&total) {
            return Err(parameter("order", format!("{:?}", self.order), "orders with a sum of 1 to 20"));
        }
        if dimension == Dimension::Slices2d && self.order[2] != 0 {
            return Err(parameter("order", format!("{:?}", self.order), "0 along z where slices are filtered"));
        }
        match self.of {
            RieszOf::Image => Ok(()),
            RieszOf::LaplacianOfGaussian(log) => log.validate(),
            RieszOf::Simoncelli(band) => band.validate(),
        }
    }

    fn prefactor(&self) -> C64 {
        let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
        let total: u32 = self.order.iter().sum();
        let parts: f64 = self.order.iter().map(|l| factorial(*l)).product();
        let quarter = [(1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0)][total as usize % 4];
        C64::new(quarter.0, quarter.1) * (factorial(total) / parts).sqrt()
    }
}

/// Frequencies along an axis of `n` voxels, in shares of the highest one: from 0 up, then the negative ones.
///
/// The discrete frequencies of the reference maps, not quite those of a Fourier transform: the maps come from programs
/// that spread the spectrum, 0 in the middle, from -1 to 1 with both ends, which moves all frequencies of an even axis by
/// half a step. With the exact ones, map 8.a.3 is missed by 8 % of its range.
fn frequencies(n: usize) -> Vec<f64> {
    let signed = |k: usize| if 2 * k < n { k as f64 } else { k as f64 - n as f64 };
    let half = if n.is_multiple_of(2) { 0.5 } else { 0.0 };
    (0..n).map(|k| if n == 1 { 0.0 } else { 2.0 * (signed(k) + half) / (n as f64 - 1.0) }).collect()
}

/// The factor as a real filter has it: that of a frequency and the conjugate of its mirror image, averaged.
fn real_part(factor: impl Fn([usize; 3]) -> C64 + Sync, shape: [usize; 3]) -> impl Fn([usize; 3]) -> C64 + Sync {
    move |k: [usize; 3]| {
        let mirrored = [0, 1, 2].map(|a| (shape[a] - k[a]) % shape[a]);
        0.5 * (factor(k) + factor(mirrored).conj())
    }
}

/// The image with as much around it as the filter gets to see, filtered, and cut to the image again.
fn extended(
    image: Array3<f64>,
    margin: [usize; 3],
    boundary: Boundary,
    filter: impl FnOnce(&mut Array3<f64>),
) -> Array3<f64> {
    let (nz, ny, nx) = image.dim();
    let shape = [nz, ny, nx];
    let mut wide = if margin == [0; 3] {
        image
    } else {
        let sizes = [0, 1, 2].map(|a| if margin[a] == 0 { shape[a] } else { fast_length(shape[a] + 2 * margin[a]) });
        let from = [0, 1, 2].map(|a| {
            let voxel = |i: usize| boundary.index(i as isize - margin[a] as isize, shape[a]);
            (0..sizes[a]).map(voxel).collect::<Vec<_>>()
        });
        let constant = boundary.constant();
        Array3::from_shape_fn(sizes, |(z, y, x)| match (from[0][z], from[1][y], from[2][x]) {
            (Some(z), Some(y), Some(x)) => image[[z, y, x]],
            _ => constant,
        })
    };
    filter(&mut wide);
    if margin == [0; 3] {
        return wide;
    }
    let [z, y, x] = [0, 1, 2].map(|a| margin[a]..margin[a] + shape[a]);
    wide.slice(ndarray::s![z, y, x]).to_owned()
}

impl Simoncelli {
    pub(super) fn run(&self, image: Array3<f64>, boundary: Boundary, dimension: Dimension) -> Array3<f64> {
        let margin = margin(&image, self.reach(), boundary, dimension);
        extended(image, margin, boundary, |wide| {
            let nu = squares(wide, dimension);
            let factor = |k: [usize; 3]| C64::new(self.factor((nu[0][k[0]] + nu[1][k[1]] + nu[2][k[2]]).sqrt()), 0.0);
            let factor = real_part(factor, sizes(wide));
            multiply(wide, dimension, &factor);
        })
    }
}

/// Voxels around the image that a filter without end gets to see: at most half the image to each side.
fn margin(image: &Array3<f64>, wanted: usize, boundary: Boundary, dimension: Dimension) -> [usize; 3] {
    let mut margin = [0; 3];
    if boundary != Boundary::Periodic {
        dimension.axes().iter().for_each(|a| margin[*a] = wanted.min(image.shape()[*a].div_ceil(2)));
    }
    margin
}

/// Squared frequencies along each axis; 0 along z in slices.
fn squares(image: &Array3<f64>, dimension: Dimension) -> [Vec<f64>; 3] {
    [0, 1, 2].map(|a| {
        let n = image.shape()[a];
        if dimension.axes().contains(&a) { frequencies(n).iter().map(|f| f * f).collect() } else { vec![0.0; n] }
    })
}

impl Riesz {
    /// Refuses Laplacians so wide that the image with their reach around it could not be held.
    pub(super) fn check_size(&self, shape: [usize; 3], spacing_mm: [f64; 3]) -> Result<()> {
        let RieszOf::LaplacianOfGaussian(log) = self.of else { return Ok(()) };
        let n_voxels: f64 = (0..3).map(|a| shape[a] as f64 + 2.0 * log.radius(spacing_mm[a]) as f64).product();
        let most = crate::frame::MOST_VOXELS;
        if n_voxels <= most as f64 {
            return Ok(());
        }
        let expected = format!("so small that the image with the kernel around it has at most {most} voxels");
        Err(parameter("log_sigma_mm", log.sigma_mm, &expected))
    }

    pub(super) fn run(
        &self,
        image: Array3<f64>,
        spacing_mm: [f64; 3],
        boundary: Boundary,
        dimension: Dimension,
    ) -> Array3<f64> {
        let margin = match self.of {
            _ if boundary == Boundary::Periodic => [0; 3],
            RieszOf::LaplacianOfGaussian(log) => {
                let mut margin = [0; 3];
                dimension.axes().iter().for_each(|a| margin[*a] = log.radius(spacing_mm[*a]));
                margin
            }
            RieszOf::Image => margin(&image, RIESZ_REACH, boundary, dimension),
            RieszOf::Simoncelli(band) => margin(&image, band.reach(), boundary, dimension),
        };
        extended(image, margin, boundary, |wide| {
            let (squares, powers, shape) = (squares(wide, dimension), self.powers(wide.shape()), sizes(wide));
            let (prefactor, total) = (self.prefactor(), self.order.iter().sum::<u32>() as i32);
            let length = |k: [usize; 3]| (squares[0][k[0]] + squares[1][k[1]] + squares[2][k[2]]).sqrt();
            let riesz = |k: [usize; 3]| {
                let product = powers[0][k[0]] * powers[1][k[1]] * powers[2][k[2]];
                if product == 0.0 { C64::default() } else { prefactor * (product / length(k).powi(total)) }
            };
            match self.of {
                RieszOf::Image => multiply(wide, dimension, &real_part(riesz, shape)),
                RieszOf::Simoncelli(band) => {
                    multiply(wide, dimension, &real_part(|k| riesz(k) * band.factor(length(k)), shape));
                }
                RieszOf::LaplacianOfGaussian(log) => {
                    let lines = log.lines(spacing_mm, dimension);
                    let spectra = [0, 1, 2].map(|a| {
                        let (gauss, second) = &lines[a];
                        (spectrum(gauss, shape[a]), spectrum(second, shape[a]))
                    });
                    let both = |k: [usize; 3]| {
                        let [(gz, hz), (gy, hy), (gx, hx)] =
                            [0, 1, 2].map(|a| (spectra[a].0[k[a]], spectra[a].1[k[a]]));
                        riesz(k) * (hz * gy * gx + gz * hy * gx + gz * gy * hx)
                    };
                    multiply(wide, dimension, &real_part(both, shape));
                }
            }
        })
    }

    /// Powers of the frequencies along z, y and x.
    fn powers(&self, shape: &[usize]) -> [Vec<f64>; 3] {
        [0, 1, 2].map(|a| frequencies(shape[a]).iter().map(|f| f.powi(self.order[2 - a] as i32)).collect())
    }
}

fn sizes(image: &Array3<f64>) -> [usize; 3] {
    [0, 1, 2].map(|a| image.shape()[a])
}

/// The real transform of a symmetric kernel on a line of `n` voxels, around which it may be wound.
fn spectrum(line: &Line, n: usize) -> Vec<f64> {
    let at = |k: usize| {
        let term = |(j, w): (usize, &f64)| {
            let turns = (k as f64 * (j as f64 - line.centre as f64) / n as f64).fract();
            w * (TAU * turns).cos()
        };
        line.taps.iter().enumerate().map(term).sum()
    };
    (0..n).map(at).collect()
}
