//! The N4 iteration.

use super::lattice::{AxisBasis, Fit, expand, refine};
use super::sharpen::Sharpening;
use crate::error::{parameter, positive};
use dlr_core::{Code, Error, Mask, Result, Volume};
use ndarray::{Array3, Slice, Zip};
use rayon::prelude::*;

/// How the field is estimated.
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `shrink` | 4 | ≥ 1 | every so many voxels along each axis are used; an axis keeps at least 4 |
/// | `iterations` | 50, 50, 50, 50 | 1 to 8 levels of at most 10 000 | most iterations at each level; each level doubles the lattice |
/// | `convergence` | 0.001 | ≥ 0 | coefficient of variation of the change below which a level ends |
/// | `n_control` | 4 | ≥ 4, at most 259 at the last level | control points along each axis at the first level |
/// | `fwhm` | 0.15 | > 0 | width of the field in the log histogram |
/// | `wiener_noise` | 0.01 | > 0 | of the deconvolution |
/// | `n_bins` | 200 | 2 to 65 536 | of the histogram |
///
/// The defaults are those of the paper and of SimpleITK; the shrink factor is the usual one.
#[derive(Debug, Clone, PartialEq)]
pub struct N4Params {
    /// Subsampling.
    pub shrink: usize,
    /// Most iterations at each level.
    pub iterations: Vec<usize>,
    /// Where a level ends.
    pub convergence: f64,
    /// Control points along each axis at the first level.
    pub n_control: usize,
    /// Full width at half maximum, in log intensity.
    pub fwhm: f64,
    /// Noise of the Wiener filter.
    pub wiener_noise: f64,
    /// Bins of the histogram.
    pub n_bins: usize,
}

impl Default for N4Params {
    fn default() -> Self {
        N4Params {
            shrink: 4,
            iterations: vec![50; 4],
            convergence: 0.001,
            n_control: 4,
            fwhm: 0.15,
            wiener_noise: 0.01,
            n_bins: 200,
        }
    }
}

/// A corrected image and what was found on the way.
#[derive(Debug, Clone)]
pub struct N4Result {
    /// Image divided by the field.
    pub corrected: Volume,
    /// Logarithm of the field at every voxel.
    pub log_field: Array3<f64>,
    /// Iterations run at each level.
    pub iterations: Vec<usize>,
    /// Change of the field at the end of each level.
    pub convergence: Vec<f64>,
}

/// Estimates the bias field within a mask and divides the image by it.
///
/// Voxels at or below 0 take no part in the estimate. Without a mask, every voxel above 0 does; with air around the body
/// a mask is needed. The field reaches over the whole image: beyond the mask it follows the spline.
///
/// # Errors
/// [`Code::Parameter`] for parameters outside their range, [`Code::GridMismatch`], [`Code::Region`] where fewer than two
/// voxels are left or all are equal, [`Code::NotFinite`] for NaN or infinity in the image.
pub fn n4(image: &Volume, within: Option<&Mask>, params: &N4Params) -> Result<N4Result> {
    params.validate()?;
    if let Some(mask) = within {
        image.geometry().must_match(mask.geometry(), "mask")?;
    }
    let full = image.to_f64();
    if let Some(bad) = full.iter().find(|v| !v.is_finite()) {
        return Err(Error::new(Code::NotFinite, "the image holds NaN or infinity").found(bad));
    }
    let sampling = Sampling::new(image.geometry().shape(), params.shrink);
    let thin = sampling.of(&full);
    let inside =
        within.map_or_else(|| Array3::from_elem(thin.dim(), true), |mask| sampling.of(&mask.voxels().to_owned()));
    let take = Zip::from(&thin).and(&inside).map_collect(|v, inside| f64::from(u8::from(*inside && *v > 0.0)));
    let log = Zip::from(&thin).and(&take).map_collect(|v, take| if *take == 1.0 { v.ln() } else { 0.0 });
    check_contrast(&log, &take)?;

    let mut control: Option<Array3<f64>> = None;
    let (mut iterations, mut convergence) = (Vec::new(), Vec::new());
    for (level, most) in params.iterations.iter().enumerate() {
        // Each level has twice the spans of the one before.
        let n_control = ((params.n_control - 3) << level) + 3;
        let fit = Fit::new(&take, [n_control; 3]);
        let mut lattice = control.map_or_else(|| Array3::zeros([n_control; 3]), |coarse| refine(&coarse));
        let mut field = fit.field(&lattice);
        let (mut done, mut change) = (0, f64::INFINITY);
        while done < *most && change > params.convergence {
            let residual = residual(&log, &take, &field, params);
            lattice += &fit.control_points(residual.view());
            let next = fit.field(&lattice);
            change = variation(&field, &next, &take);
            field = next;
            done += 1;
        }
        iterations.push(done);
        convergence.push(change);
        control = Some(lattice);
    }
    let control = control.ok_or_else(|| parameter("iterations", "empty", "at least one level"))?;
    let log_field = sampling.expand(&control);
    let mut voxels = full;
    let planes: Vec<_> = voxels.outer_iter_mut().zip(log_field.outer_iter()).collect();
    planes.into_par_iter().for_each(|(mut plane, field)| plane.zip_mut_with(&field, |v, f| *v /= f.exp()));
    Ok(N4Result { corrected: Volume::new(*image.geometry(), voxels)?, log_field, iterations, convergence })
}

/// Most spans of the lattice along each axis: 17 million control points, of which no field needs as many.
const MOST_SPANS: usize = 256;

impl N4Params {
    /// Most levels.
    pub const MOST_LEVELS: usize = 8;
    /// Most iterations at a level.
    pub const MOST_ITERATIONS: usize = 10_000;
    /// Most bins of the histogram.
    pub const MOST_BINS: usize = 1 << 16;

    /// Most control points along each axis at the first of `n_levels` levels (1 to 8): spans double with each level.
    pub fn most_control(n_levels: usize) -> usize {
        (MOST_SPANS >> n_levels.clamp(1, Self::MOST_LEVELS).saturating_sub(1)) + 3
    }

    /// Refuses what [`n4`] refuses of its parameters, without an image.
    ///
    /// # Errors
    /// [`Code::Parameter`], naming the parameter and its range.
    pub fn validate(&self) -> Result<()> {
        let within = |name: &str, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            let range =
                if most == usize::MAX { format!("at least {least}") } else { format!("from {least} to {most}") };
            Err(parameter(name, value, &range))
        };
        within("shrink", self.shrink, 1, usize::MAX)?;
        within("n_bins", self.n_bins, 2, Self::MOST_BINS)?;
        let n_levels = self.iterations.len();
        if !(1..=Self::MOST_LEVELS).contains(&n_levels) {
            let found = format!("a list of {n_levels} levels");
            return Err(parameter("iterations", found, &format!("1 to {} levels", Self::MOST_LEVELS)));
        }
        if let Some(most) = self.iterations.iter().find(|most| **most > Self::MOST_ITERATIONS) {
            return Err(parameter("iterations", most, &format!("at most {} at each level", Self::MOST_ITERATIONS)));
        }
        let most = Self::most_control(n_levels);
        if !(4..=most).contains(&self.n_control) {
            return Err(parameter("n_control", self.n_control, &format!("from 4 to {most} for {n_levels} levels")));
        }
        positive("fwhm", self.fwhm)?;
        positive("wiener_noise", self.wiener_noise)?;
        crate::error::not_negative("convergence", self.convergence)?;
        Ok(())
    }
}

fn check_contrast(log: &Array3<f64>, take: &Array3<f64>) -> Result<()> {
    let mut values = log.iter().zip(take).filter(|(_, take)| **take == 1.0).map(|(v, _)| *v);
    let first = values.next();
    if first.is_none_or(|first| values.all(|v| v == first)) {
        return Err(Error::new(Code::Region, "a bias field needs intensities above 0 that differ")
            .found(first.map_or("no voxel above 0 in the mask".into(), |v: f64| format!("{} only", v.exp())))
            .hint("check the mask, or use a smaller shrink factor"));
    }
    Ok(())
}

/// What sharpening takes away from the image as corrected so far; 0 where voxels take no part.
fn residual(log: &Array3<f64>, take: &Array3<f64>, field: &Array3<f64>, params: &N4Params) -> Array3<f64> {
    let corrected = log - field;
    let values: Vec<f64> = corrected.iter().zip(take).filter(|(_, t)| **t == 1.0).map(|(v, _)| *v).collect();
    let sharpening = Sharpening::new(&values, params.n_bins, params.fwhm, params.wiener_noise);
    Zip::from(&corrected).and(take).map_collect(|v, take| if *take == 1.0 { v - sharpening.apply(*v) } else { 0.0 })
}

/// Coefficient of variation of the ratio of two fields, over the voxels that take part.
fn variation(before: &Array3<f64>, after: &Array3<f64>, take: &Array3<f64>) -> f64 {
    let ratios: Vec<f64> = before
        .iter()
        .zip(after)
        .zip(take)
        .filter(|(_, take)| **take == 1.0)
        .map(|((before, after), _)| (before - after).exp())
        .collect();
    let n = ratios.len() as f64;
    let mean = ratios.iter().sum::<f64>() / n;
    (ratios.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / (n - 1.0)).sqrt() / mean
}

/// Every `step`-th voxel, centred in the image.
struct Sampling {
    full: [usize; 3],
    start: [usize; 3],
    step: [usize; 3],
    n: [usize; 3],
}

impl Sampling {
    fn new(full: [usize; 3], shrink: usize) -> Self {
        // A thin stack keeps its slices: a spline through one or two of them is no field.
        let step = full.map(|n| shrink.min(n / 4).max(1));
        let n = [0, 1, 2].map(|a| full[a] / step[a]);
        let start = [0, 1, 2].map(|a| (full[a] - 1 - (n[a] - 1) * step[a]).div_ceil(2));
        Sampling { full, start, step, n }
    }

    fn of<T: Clone>(&self, voxels: &Array3<T>) -> Array3<T> {
        let part = voxels.slice_each_axis(|axis| {
            let a = axis.axis.index();
            let end = self.start[a] + (self.n[a] - 1) * self.step[a] + 1;
            Slice::new(self.start[a] as isize, Some(end as isize), self.step[a] as isize)
        });
        part.as_standard_layout().into_owned()
    }

    /// The field at every voxel of the full grid, under the lattice that was fitted to the samples.
    ///
    /// As in SimpleITK the lattice spans the image: its ends are the outermost voxels, not the outermost samples, which lie
    /// up to a step further in. A thin stack sees the difference (docs/benchmarks/imaging.md); without shrinking there is
    /// none.
    fn expand(&self, control: &Array3<f64>) -> Array3<f64> {
        let n_control = [control.dim().0, control.dim().1, control.dim().2];
        let bases = [0, 1, 2].map(|a| {
            let per_voxel = (self.n[a] as f64 - 1.0) / (self.full[a] as f64 - 1.0).max(1.0);
            AxisBasis::new(self.n[a], n_control[a], (0..self.full[a]).map(|i| i as f64 * per_voxel))
        });
        expand(control, &bases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    /// Three tissues with noise under a smooth field; the field's logarithm beside it.
    fn phantom(shape: [usize; 3], strength: f64) -> (Volume, Mask, Array3<f64>) {
        let mut rng = Rng::new(6);
        let unit = |i: usize, n: usize| 2.0 * i as f64 / (n.max(2) as f64 - 1.0) - 1.0;
        let at = |z: usize, y: usize, x: usize| [unit(z, shape[0]), unit(y, shape[1]), unit(x, shape[2])];
        let field = Array3::from_shape_fn(shape, |(z, y, x)| {
            let [z, y, x] = at(z, y, x);
            strength * (0.8 * x - 0.5 * y * y + 0.4 * x * y + 0.2 * z)
        });
        let image = Array3::from_shape_fn(shape, |(z, y, x)| {
            let [_, u, v] = at(z, y, x);
            let r = u.hypot(v);
            let tissue = if r > 0.95 {
                0.0
            } else if r > 0.75 {
                150.0
            } else if (u - 0.2).hypot(v) < 0.3 {
                700.0
            } else {
                400.0
            };
            (tissue * field[[z, y, x]].exp() + 8.0 * rng.normal()).max(0.0)
        });
        let body = Array3::from_shape_fn(shape, |(z, y, x)| {
            let [_, u, v] = at(z, y, x);
            u.hypot(v) <= 0.95
        });
        let spacing = [4.0, 1.5, 1.5];
        (Volume::from_array(image, spacing).unwrap(), Mask::from_array(body, spacing).unwrap(), field)
    }

    /// Standard deviation of found minus true log field within the mask, and of the true one.
    fn left_over(found: &Array3<f64>, truth: &Array3<f64>, mask: &Mask) -> (f64, f64) {
        let sd = |values: Vec<f64>| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        let within = |f: &dyn Fn(usize) -> f64| {
            mask.voxels().iter().enumerate().filter(|(_, v)| **v).map(|(i, _)| f(i)).collect::<Vec<f64>>()
        };
        let (found, truth) = (found.as_slice().unwrap(), truth.as_slice().unwrap());
        (sd(within(&|i| found[i] - truth[i])), sd(within(&|i| truth[i])))
    }

    #[test]
    fn a_known_field_is_removed() {
        let (image, mask, truth) = phantom([16, 64, 64], 0.3);
        let result = n4(&image, Some(&mask), &N4Params { shrink: 2, ..N4Params::default() }).unwrap();
        let (left, was) = left_over(&result.log_field, &truth, &mask);
        assert!(left < 0.2 * was, "left {left} of {was}; {:?}", result.iterations);
    }

    #[test]
    fn no_field_is_nearly_left_alone_and_one_slice_works() {
        let (image, mask, truth) = phantom([1, 96, 96], 0.0);
        let result = n4(&image, Some(&mask), &N4Params::default()).unwrap();
        assert!(left_over(&result.log_field, &truth, &mask).0 < 0.03);
        assert_eq!(result.log_field.dim(), (1, 96, 96));
    }

    #[test]
    fn the_same_bits_on_one_and_on_three_threads() {
        let (image, mask, _) = phantom([12, 40, 40], 0.2);
        let params = N4Params { shrink: 2, iterations: vec![10, 10], ..N4Params::default() };
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| n4(&image, Some(&mask), &params).unwrap().corrected)
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn refusals() {
        let (image, mask, _) = phantom([4, 16, 16], 0.1);
        let code = |image: &Volume, mask: Option<&Mask>, params: &N4Params| n4(image, mask, params).unwrap_err().code();
        let flat = Volume::from_array(Array3::from_elem((4, 16, 16), 7.0), [4.0, 1.5, 1.5]).unwrap();
        assert_eq!(code(&flat, None, &N4Params::default()), Code::Region);
        let zero = Volume::from_array(Array3::<f64>::zeros((4, 16, 16)), [4.0, 1.5, 1.5]).unwrap();
        assert_eq!(code(&zero, Some(&mask), &N4Params::default()), Code::Region);
        let nan = Volume::from_array(Array3::from_elem((4, 16, 16), f32::NAN), [4.0, 1.5, 1.5]).unwrap();
        assert_eq!(code(&nan, Some(&mask), &N4Params::default()), Code::NotFinite);
        for bad in [
            N4Params { shrink: 0, ..N4Params::default() },
            N4Params { iterations: vec![], ..N4Params::default() },
            N4Params { fwhm: f64::NAN, ..N4Params::default() },
            N4Params { n_control: 3, ..N4Params::default() },
        ] {
            assert_eq!(code(&image, Some(&mask), &bad), Code::Parameter, "{bad:?}");
        }
    }
}
