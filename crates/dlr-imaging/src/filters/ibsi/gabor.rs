//! The modulus of Gabor responses: a two-dimensional filter, pooled over directions and planes.
//!
//! A turned Gabor kernel is not separable, so that each plane is filtered by a Fourier transform that is wide enough for
//! kernel and boundary. The transform of the kernel is a real, narrow bump: lines of frequencies where it is nothing are
//! never transformed.

use super::fourier::{C64, Pair, fast_length};
use super::rotate::Pooling;
use super::{Boundary, Dimension};
use crate::error::{parameter, positive};
use dlr_core::{IndexBox, Result};
use ndarray::{Array2, Array3, ArrayView2, Axis};
use rayon::prelude::*;
use rustfft::FftPlanner;

/// The modulus of the response to a Gabor kernel, `exp(-(x'² + γ² y'²) / 2σ² + 2πi x' / λ)`.
///
/// `x' = x cos θ + y sin θ` and `y' = x sin θ - y cos θ`, with `x` and `y` along the second and first axis of the plane:
/// θ turns clockwise in an axial slice as it is displayed. Not normalised. In slices, the planes are the slices; in a
/// volume they are those of all three orientations, pooled with the directions.
///
/// The kernel is cut where its envelope is below `exp(-24.5)`, seven standard deviations along each of its axes; the
/// standard does not cut it.
///
/// Source: IBSI chapter 2, identifier Q88H.
#[derive(Debug, Clone, PartialEq)]
pub struct Gabor {
    /// Standard deviation of the envelope along the wave, in mm.
    pub sigma_mm: f64,
    /// Wavelength in mm.
    pub lambda_mm: f64,
    /// Ratio of the envelope's widths: above 1, the kernel is narrower across the wave.
    pub gamma: f64,
    /// Directions in degrees, each pooled with the others.
    pub theta_deg: Vec<f64>,
    /// Pooling over directions and planes.
    pub pooling: Pooling,
}

/// Where the kernel ends, in standard deviations of its envelope.
const CUTOFF: f64 = 7.0;
/// Frequencies whose factor is below this share of the largest are rounding, no signal.
const NOTHING: f64 = 1e-15;
/// More voxels than this across a kernel point to a wrong unit: `sigma_mm` of 146 voxels. Each plane is transformed with
/// the kernel's reach around it, so that wider ones would take hours, too.
const MOST_VOXELS: usize = 1 << 11;

impl Gabor {
    /// Directions from 0 in equal steps up to, not including, 360 degrees.
    pub fn directions(step_deg: f64) -> Vec<f64> {
        let n = if step_deg > 0.0 { (360.0 / step_deg).round() as usize } else { 0 };
        (0..n).map(|k| k as f64 * step_deg).collect()
    }

    pub(super) fn validate(&self) -> Result<()> {
        positive("sigma_mm", self.sigma_mm)?;
        positive("lambda_mm", self.lambda_mm)?;
        positive("gamma", self.gamma)?;
        if self.theta_deg.is_empty() {
            return Err(parameter("theta_deg", "empty", "at least one direction"));
        }
        match self.theta_deg.iter().find(|theta| !theta.is_finite()) {
            Some(theta) => Err(parameter("theta_deg", theta, "finite")),
            None => Ok(()),
        }
    }

    /// Refuses kernels that no computer could hold.
    pub(super) fn check_size(&self, spacing_mm: [f64; 3]) -> Result<()> {
        let finest = spacing_mm.into_iter().fold(f64::INFINITY, f64::min);
        let radius = CUTOFF * self.sigma_mm / self.gamma.min(1.0) / finest;
        if radius * 2.0 < MOST_VOXELS as f64 {
            return Ok(());
        }
        let expected = format!("so small that the kernel is at most {MOST_VOXELS} voxels wide");
        Err(parameter("sigma_mm", self.sigma_mm, &expected))
    }

    /// Directions with how often each was asked for: the modulus is the same after half a turn.
    fn distinct(&self) -> Vec<(f64, f64)> {
        let mut kept: Vec<(f64, f64)> = Vec::new();
        for theta in self.theta_deg.iter().map(|t| t.rem_euclid(180.0)) {
            match kept.iter_mut().find(|(t, _)| (*t - theta).abs() < 1e-9 || (*t - theta).abs() > 180.0 - 1e-9) {
                Some((_, count)) => *count += 1.0,
                None => kept.push((theta, 1.0)),
            }
        }
        kept
    }

    /// Voxels that the kernel of a direction reaches along the first and second axis of a plane.
    fn radii(&self, theta_deg: f64, spacing_mm: [f64; 2]) -> [usize; 2] {
        let (sin, cos) = theta_deg.to_radians().sin_cos();
        let across = self.sigma_mm / self.gamma;
        let reach = |along: f64, side: f64| CUTOFF * (along * self.sigma_mm).hypot(side * across);
        [reach(sin, cos) / spacing_mm[0], reach(cos, sin) / spacing_mm[1]].map(|r| r.ceil() as usize)
    }

    fn widest(&self, spacing_mm: [f64; 2]) -> [usize; 2] {
        let all = self.theta_deg.iter().map(|theta| self.radii(*theta, spacing_mm));
        all.fold([0; 2], |most, r| [most[0].max(r[0]), most[1].max(r[1])])
    }

    /// Voxels that the response of a voxel depends on, to either side along each axis.
    pub(super) fn support(&self, spacing_mm: [f64; 3], dimension: Dimension) -> [usize; 3] {
        let mut support = [0; 3];
        for normal in normals(dimension) {
            let [u, v] = in_plane(*normal);
            let [a, b] = self.widest([spacing_mm[u], spacing_mm[v]]);
            support[u] = support[u].max(a);
            support[v] = support[v].max(b);
        }
        support
    }

    /// The response in `region` of a volume of `shape`, from the voxels of `input`, which begins at `origin`.
    pub(super) fn run(&self, input: &Input<'_>, region: IndexBox, spacing_mm: [f64; 3]) -> Array3<f64> {
        let start = match self.pooling {
            Pooling::Mean => 0.0,
            Pooling::Max => f64::NEG_INFINITY,
            Pooling::Min => f64::INFINITY,
        };
        let mut out = Array3::from_elem(region.shape(), start);
        let planes = normals(input.dimension);
        let share = 1.0 / (planes.len() * self.theta_deg.len()) as f64;
        for normal in planes {
            let stage = Stage::new(self, input, region, *normal, spacing_mm, share);
            let all: Vec<usize> = (0..region.shape()[*normal]).collect();
            // A few planes at a time: the memory stays small, and the order of the sums is that of the planes.
            for some in all.chunks(16) {
                let responses: Vec<Array2<f64>> = some.par_iter().map(|k| stage.plane(*k)).collect();
                for (k, response) in some.iter().zip(responses) {
                    let mut plane = out.index_axis_mut(Axis(*normal), *k);
                    plane.zip_mut_with(&response, |o, r| pool(self.pooling, o, *r));
                }
            }
        }
        out
    }
}

fn pool(pooling: Pooling, so_far: &mut f64, value: f64) {
    *so_far = match pooling {
        Pooling::Mean => *so_far + value,
        Pooling::Max => so_far.max(value),
        Pooling::Min => so_far.min(value),
    };
}

fn normals(dimension: Dimension) -> &'static [usize] {
    if dimension == Dimension::Volume3d { &[0, 1, 2] } else { &[0] }
}

/// The axes of a plane, in array order.
fn in_plane(normal: usize) -> [usize; 2] {
    [[1, 2], [0, 2], [0, 1]][normal]
}

/// Part of an image, and how the image goes on.
pub(super) struct Input<'a> {
    pub(super) voxels: &'a Array3<f64>,
    pub(super) origin: [usize; 3],
    /// Of the whole image.
    pub(super) shape: [usize; 3],
    pub(super) boundary: Boundary,
    pub(super) dimension: Dimension,
}

/// The planes of one orientation: sizes, transforms, and the kernels as factors.
struct Stage<'a> {
    gabor: &'a Gabor,
    input: &'a Input<'a>,
    region: IndexBox,
    normal: usize,
    /// Where each padded line of the plane comes from, along its two axes; `None` is the boundary's constant.
    from: [Vec<Option<usize>>; 2],
    radii: [usize; 2],
    fft: [Pair; 2],
    kernels: Vec<Factors>,
}

/// A kernel's transform, one line along the first axis for each frequency of the second that matters.
struct Factors {
    lines: Vec<(usize, Vec<f64>)>,
    weight: f64,
}

impl<'a> Stage<'a> {
    fn new(
        gabor: &'a Gabor,
        input: &'a Input<'a>,
        region: IndexBox,
        normal: usize,
        spacing_mm: [f64; 3],
        share: f64,
    ) -> Self {
        let axes = in_plane(normal);
        let spacing_mm = axes.map(|a| spacing_mm[a]);
        let radii = gabor.widest(spacing_mm);
        let from = [0, 1].map(|i| {
            let (a, radius) = (axes[i], radii[i] as isize);
            let range = region.start[a] as isize - radius..region.end[a] as isize + radius;
            let voxel = |k: isize| input.boundary.index(k, input.shape[a]).map(|k| k - input.origin[a]);
            range.map(voxel).collect::<Vec<_>>()
        });
        let sizes = [0, 1].map(|i| fast_length(from[i].len()));
        let mut planner = FftPlanner::new();
        let fft = sizes.map(|n| Pair::new(&mut planner, n));
        let mean = gabor.pooling == Pooling::Mean;
        let factors = |(theta, count): (f64, f64)| Factors {
            lines: gabor.factors(theta, spacing_mm, sizes, &fft),
            weight: (if mean { share * count } else { 1.0 }) / (sizes[0] * sizes[1]) as f64,
        };
        let kernels = gabor.distinct().into_iter().map(factors).collect();
        Stage { gabor, input, region, normal, from, radii, fft, kernels }
    }

    /// The pooled response in one plane of the region.
    fn plane(&self, k: usize) -> Array2<f64> {
        let at = self.region.start[self.normal] + k - self.input.origin[self.normal];
        let plane = self.input.voxels.index_axis(Axis(self.normal), at);
        let transform = self.transform(plane);
        let [nu, nv] = in_plane(self.normal).map(|a| self.region.shape()[a]);
        let sizes = self.sizes();
        let first = match self.gabor.pooling {
            Pooling::Mean => 0.0,
            Pooling::Max => f64::NEG_INFINITY,
            Pooling::Min => f64::INFINITY,
        };
        let mut out = Array2::from_elem((nu, nv), first);
        let mut rows = vec![C64::default(); nu * sizes[1]];
        let mut line = vec![C64::default(); sizes[0]];
        for Factors { lines, weight } in &self.kernels {
            rows.fill(C64::default());
            for (kv, factors) in lines {
                let values = &transform[kv * sizes[0]..(kv + 1) * sizes[0]];
                line.iter_mut().zip(values).zip(factors).for_each(|((l, v), f)| *l = v * f);
                self.fft[0].inverse(&mut line);
                for (u, row) in rows.chunks_exact_mut(sizes[1]).enumerate() {
                    row[*kv] = line[u + self.radii[0]];
                }
            }
            self.fft[1].inverse(&mut rows);
            for (mut out, row) in out.outer_iter_mut().zip(rows.chunks_exact(sizes[1])) {
                let row = &row[self.radii[1]..self.radii[1] + nv];
                for (o, value) in out.iter_mut().zip(row) {
                    pool(self.gabor.pooling, o, value.norm() * weight);
                }
            }
        }
        out
    }

    fn sizes(&self) -> [usize; 2] {
        self.from.each_ref().map(|from| fast_length(from.len()))
    }

    /// The transform of the plane with its boundary: for each frequency of the second axis, one line along the first.
    fn transform(&self, plane: ArrayView2<'_, f64>) -> Vec<C64> {
        let sizes = self.sizes();
        let constant = self.input.boundary.constant();
        let mut rows = vec![C64::default(); sizes[0] * sizes[1]];
        for (u, row) in self.from[0].iter().zip(rows.chunks_exact_mut(sizes[1])) {
            for (v, value) in self.from[1].iter().zip(row) {
                let voxel = u.zip(*v).map_or(constant, |(u, v)| plane[[u, v]]);
                *value = C64::new(voxel, 0.0);
            }
        }
        self.fft[1].forward(&mut rows[..self.from[0].len() * sizes[1]]);
        let mut turned = vec![C64::default(); sizes[0] * sizes[1]];
        let mut wanted = vec![false; sizes[1]];
        self.kernels.iter().flat_map(|k| &k.lines).for_each(|(kv, _)| wanted[*kv] = true);
        for kv in (0..sizes[1]).filter(|kv| wanted[*kv]) {
            let line = &mut turned[kv * sizes[0]..(kv + 1) * sizes[0]];
            line.iter_mut().enumerate().for_each(|(u, value)| *value = rows[u * sizes[1] + kv]);
            self.fft[0].forward(line);
        }
        turned
    }
}

impl Gabor {
    /// The transform of the kernel of one direction: real, because the kernel at `-x` is the conjugate of that at `x`.
    fn factors(
        &self,
        theta_deg: f64,
        spacing_mm: [f64; 2],
        sizes: [usize; 2],
        fft: &[Pair; 2],
    ) -> Vec<(usize, Vec<f64>)> {
        let (sin, cos) = theta_deg.to_radians().sin_cos();
        let [ru, rv] = self.radii(theta_deg, spacing_mm).map(|r| r as isize);
        let mut rows = vec![C64::default(); sizes[0] * sizes[1]];
        for u in -ru..=ru {
            for v in -rv..=rv {
                let (y, x) = (u as f64 * spacing_mm[0], v as f64 * spacing_mm[1]);
                let (along, across) = (x * cos + y * sin, self.gamma * (x * sin - y * cos));
                let envelope = (-(along * along + across * across) / (2.0 * self.sigma_mm.powi(2))).exp();
                let at = [u, v].iter().zip(sizes).map(|(k, n)| k.rem_euclid(n as isize) as usize).collect::<Vec<_>>();
                rows[at[0] * sizes[1] + at[1]] +=
                    C64::from_polar(envelope, std::f64::consts::TAU * along / self.lambda_mm);
            }
        }
        fft[1].forward(&mut rows);
        let mut lines: Vec<Vec<f64>> = Vec::with_capacity(sizes[1]);
        let mut line = vec![C64::default(); sizes[0]];
        for kv in 0..sizes[1] {
            line.iter_mut().enumerate().for_each(|(u, value)| *value = rows[u * sizes[1] + kv]);
            fft[0].forward(&mut line);
            lines.push(line.iter().map(|value| value.re).collect());
        }
        let largest = lines.iter().flatten().fold(0.0_f64, |most, f| most.max(f.abs()));
        let matters = |line: &Vec<f64>| line.iter().any(|f| f.abs() > NOTHING * largest);
        lines.into_iter().enumerate().filter(|(_, line)| matters(line)).collect()
    }
}
