//! Randomised regions for the robustness (ICC) analysis: what a second reader might have drawn.
//!
//! Follows Zwanenburg et al., Scientific Reports 9:614 (2019): translation, volume change and contour randomisation.
//! Their supervoxels are replaced by a smooth random field on the signed distance, which needs no image.

use super::{dilate, erode, translate_mm};
use crate::distance;
use crate::error::{not_negative, positive};
use dlr_core::{Code, Error, Mask, Result, Rng};
use ndarray::{Array3, Axis, s};

/// How much a region is moved, grown and redrawn.
///
/// | name | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `translation_mm` | 1.0 | mm | ≥ 0 | each axis moves by a uniform draw of ± this |
/// | `growth_mm` | 1.5 | mm | ≥ 0 | dilation (above 0) or erosion by a uniform draw of ± this |
/// | `contour_sd_mm` | 1.0 | mm | ≥ 0 | standard deviation of the contour's displacement |
/// | `contour_length_mm` | 15.0 | mm | > 0 | distance over which displacements are alike |
///
/// The defaults are those of the phantom's second reader and of ± 1.5 mm, the usual volume change.
#[derive(Debug, Clone, PartialEq)]
pub struct PerturbParams {
    /// Largest translation along each axis.
    pub translation_mm: f64,
    /// Largest dilation or erosion.
    pub growth_mm: f64,
    /// Standard deviation of the contour's displacement.
    pub contour_sd_mm: f64,
    /// Length over which displacements are alike.
    pub contour_length_mm: f64,
}

impl Default for PerturbParams {
    fn default() -> Self {
        PerturbParams { translation_mm: 1.0, growth_mm: 1.5, contour_sd_mm: 1.0, contour_length_mm: 15.0 }
    }
}

/// The region translated, then grown or shrunk, then with its contour redrawn; the same for the same seed.
///
/// # Errors
/// [`Code::Parameter`] for parameters outside their range, [`Code::Region`] where nothing is left of the region.
pub fn perturb(mask: &Mask, params: &PerturbParams, seed: u64) -> Result<Mask> {
    not_negative("translation_mm", params.translation_mm)?;
    not_negative("growth_mm", params.growth_mm)?;
    let mut rng = Rng::stream(seed, 0);
    let mut draw = |limit: f64| limit * (2.0 * rng.uniform() - 1.0);
    let shift_mm = [(); 3].map(|()| draw(params.translation_mm));
    let growth_mm = draw(params.growth_mm);
    let moved = translate_mm(mask, shift_mm)?;
    let grown = if growth_mm >= 0.0 { dilate(&moved, growth_mm)? } else { erode(&moved, -growth_mm)? };
    let redrawn = randomise_contour(&grown, params.contour_sd_mm, params.contour_length_mm, seed)?;
    if mask.n_voxels() > 0 && redrawn.n_voxels() == 0 {
        return Err(Error::new(Code::Region, "nothing is left of the region after perturbation")
            .found(format!("a region of {} voxels, growth {growth_mm:.2} mm", mask.n_voxels()))
            .hint("use a smaller growth or translation"));
    }
    Ok(redrawn)
}

/// The region within the zero level of signed distance minus a smooth random field of standard deviation `sd_mm`.
///
/// The field is white noise filtered with a Gaussian of `length_mm`, scaled to unit variance over its support. The
/// surface itself lies halfway between the outermost voxel centres inside and the innermost outside, so `sd_mm` 0
/// gives the region back.
///
/// # Errors
/// [`Code::Parameter`] for a negative deviation or a length that is not above 0.
pub fn randomise_contour(mask: &Mask, sd_mm: f64, length_mm: f64, seed: u64) -> Result<Mask> {
    not_negative("contour_sd_mm", sd_mm)?;
    positive("contour_length_mm", length_mm)?;
    let Some(region) = distance::reach(mask, 4.0 * sd_mm) else { return Ok(mask.clone()) };
    let near = mask.crop(region);
    let mut signed_mm = distance::signed(&near);
    let half_mm = mask.geometry().spacing_mm().iter().copied().fold(f64::INFINITY, f64::min) / 2.0;
    let field = smooth_noise(region.shape(), mask.geometry().spacing_mm(), length_mm, seed);
    signed_mm
        .zip_mut_with(&field, |d, noise| *d -= half_mm * d.signum() + (sd_mm * noise).clamp(-4.0 * sd_mm, 4.0 * sd_mm));
    let mut voxels = Array3::from_elem(mask.voxels().dim(), false);
    let ([z0, y0, x0], [z1, y1, x1]) = (region.start, region.end);
    // At exactly 0 (only without noise) the region itself decides.
    let part = ndarray::Zip::from(&signed_mm).and(near.voxels()).map_collect(|d, v| *d < 0.0 || *d == 0.0 && *v);
    voxels.slice_mut(s![z0..z1, y0..y1, x0..x1]).assign(&part);
    Mask::new(*mask.geometry(), voxels)
}

/// Unit-variance noise with a Gaussian kernel of `length_mm`, periodic so that its variance is the same everywhere.
fn smooth_noise(shape: [usize; 3], spacing_mm: [f64; 3], length_mm: f64, seed: u64) -> Array3<f64> {
    let mut rng = Rng::stream(seed, 1);
    let mut field = Array3::from_shape_fn(shape, |_| rng.normal());
    for axis in 0..3 {
        let n = shape[axis];
        let sigma = length_mm / spacing_mm[axis];
        let radius = (4.0 * sigma).ceil() as usize;
        // The kernel is folded onto the period, so that short axes are handled exactly.
        let mut kernel = vec![0.0; n];
        for k in 0..=2 * radius {
            let offset = k as f64 - radius as f64;
            let at = (k as i64 - radius as i64).rem_euclid(n as i64) as usize;
            kernel[at] += (-0.5 * (offset / sigma).powi(2)).exp();
        }
        let norm = kernel.iter().map(|w| w * w).sum::<f64>().sqrt();
        kernel.iter_mut().for_each(|w| *w /= norm);
        let mut line = vec![0.0; n];
        for mut lane in field.lanes_mut(Axis(axis)) {
            line.iter_mut().zip(lane.iter()).for_each(|(l, v)| *l = *v);
            for (i, out) in lane.iter_mut().enumerate() {
                *out = (0..n).map(|j| kernel[(i + n - j) % n] * line[j]).sum();
            }
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ball() -> Mask {
        let voxels = Array3::from_shape_fn((16, 40, 40), |(z, y, x)| {
            ((z as f64 - 7.5) * 2.0).powi(2) + (y as f64 - 19.5).powi(2) + (x as f64 - 19.5).powi(2) < 11.0f64.powi(2)
        });
        Mask::from_array(voxels, [2.0, 1.0, 1.0]).unwrap()
    }

    #[test]
    fn no_noise_no_change() {
        let mask = ball();
        assert_eq!(randomise_contour(&mask, 0.0, 10.0, 1).unwrap(), mask);
        let still = PerturbParams { translation_mm: 0.0, growth_mm: 0.0, contour_sd_mm: 0.0, contour_length_mm: 10.0 };
        assert_eq!(perturb(&mask, &still, 5).unwrap(), mask);
    }

    #[test]
    fn a_seed_gives_one_region_and_two_seeds_two() {
        let (mask, params) = (ball(), PerturbParams::default());
        let (a, b, c) = (perturb(&mask, &params, 1), perturb(&mask, &params, 1), perturb(&mask, &params, 2));
        assert_eq!(a.clone().unwrap(), b.unwrap());
        assert_ne!(a.unwrap(), c.unwrap());
    }

    #[test]
    fn the_contour_moves_by_the_deviation_asked_for() {
        let mask = ball();
        let signed_mm = distance::signed(&mask);
        // Voxels that changed sides lie within 4 sd of the surface, and the mean volume stays within a few percent.
        let mut volume = 0.0;
        for seed in 0..20 {
            let redrawn = randomise_contour(&mask, 1.0, 5.0, seed).unwrap();
            volume += redrawn.volume_mm3() / 20.0;
            for ((d, a), b) in signed_mm.iter().zip(mask.voxels()).zip(redrawn.voxels()) {
                assert!(a == b || d.abs() <= 4.5);
            }
        }
        assert!((volume / mask.volume_mm3() - 1.0).abs() < 0.08, "{volume} against {}", mask.volume_mm3());
    }

    #[test]
    fn vanishing_is_an_error() {
        let mut voxels = Array3::from_elem((3, 3, 3), false);
        voxels[[0, 0, 0]] = true;
        let mask = Mask::from_array(voxels, [1.0; 3]).unwrap();
        let far = PerturbParams { translation_mm: 100.0, ..PerturbParams::default() };
        assert_eq!(perturb(&mask, &far, 1).unwrap_err().code(), Code::Region);
    }
}
