//! [`InputConfig`]: from a whole image in patient space to the volume that a network sees, as in its training.
//!
//! The image is read on a fixed grid along the image's axes ([`InputGrid`]), which it fills by default: padding enters the
//! statistics of every instance norm, and features would measure how much of it there is (docs/benchmarks/deep.md);
//! intensities are then brought to the range of the training. Nothing is drawn at random, and no mask is looked at:
//! what a region means is decided when maps are pooled.

use dlr_core::{Code, Error, Geometry, Mask, Result, Volume, Voxels};
use dlr_imaging::resample::{Interpolator, MaskRule, Store, resample, resample_mask};
use ndarray::Array3;
use serde::{Deserialize, Serialize};

/// How an image is laid on the fixed grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// One voxel size along all axes, the smallest with which the whole image fits; the rest is padding.
    Contain,
    /// The image fills the grid; voxels may become oblong.
    Stretch,
}

/// How intensities are brought to the range of the training. Statistics are of the image, never of the padding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intensity {
    /// Clip to the quantiles 0.005 and 0.995, scale to 0..1, z-score, times 0.226, plus 0.449 (deepbet).
    Deepbet,
    /// Z-score by mean and standard deviation of the voxels above 0; all other voxels become 0 (MedicalNet, without its random background).
    PositiveZScore,
    /// Clip to the quantiles 0.005 and 0.995, scale to 0..1.
    UnitRange,
    /// Clip to these two intensities, then as `deepbet`: scale to 0..1, z-score, times 0.226, plus 0.449. What is brighter
    /// than the window, as a tumour can be, then has no say in how the rest is scaled; the steps before must have made
    /// intensities comparable.
    Window([f64; 2]),
}

/// Preparation of an image for a network.
///
/// | name | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `grid` | 64, 128, 128 | voxels (z, y, x) | 8 to 512 each | what the network sees |
/// | `fit` | `stretch` | | | fill the grid, or keep proportions and pad |
/// | `intensity` | `deepbet` | | | as in the network's training, or `{ window = [low, high] }` |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputConfig {
    /// Voxels that the network sees, `[z, y, x]`.
    pub grid: [usize; 3],
    /// How the image is laid on them.
    pub fit: Fit,
    /// How intensities are brought to the range of the training.
    pub intensity: Intensity,
}

impl Default for InputConfig {
    fn default() -> Self {
        InputConfig { grid: [64, 128, 128], fit: Fit::Stretch, intensity: Intensity::Deepbet }
    }
}

/// An image ready for a network, and where it lies in the patient.
#[derive(Debug, Clone)]
pub struct Input {
    /// Where the voxels lie.
    pub grid: InputGrid,
    /// Prepared intensities in C order `[z, y, x]`.
    pub values: Vec<f32>,
}

impl InputConfig {
    /// Refuses a grid that is too small for a network or too large for a machine, and a window that is none.
    ///
    /// # Errors
    /// [`Code::Parameter`].
    pub fn validate(&self) -> Result<()> {
        if let Intensity::Window([low, high]) = self.intensity
            && !(low.is_finite() && high.is_finite() && low < high)
        {
            return Err(Error::new(Code::Parameter, format!("the window of intensities is {low} to {high}"))
                .expected("two finite intensities, the lower first"));
        }
        if self.grid.iter().all(|n| (8..=512).contains(n)) {
            return Ok(());
        }
        Err(Error::new(Code::Parameter, format!("`grid` is {:?} voxels (z, y, x)", self.grid))
            .expected("8 to 512 each"))
    }

    /// Lays an image on the grid (trilinear) and prepares its intensities.
    ///
    /// # Errors
    /// [`Code::Parameter`] for a grid out of range; [`Code::NotFinite`] for an image with NaN or infinity, which would
    /// reach every feature; [`Code::Region`] for an image without any contrast.
    pub fn prepare(&self, image: &Volume) -> Result<Input> {
        self.validate()?;
        let grid = InputGrid::new(image.geometry(), self.grid, self.fit)?;
        let bad = match image.voxels() {
            Voxels::F32(a) => a.iter().find(|v| !v.is_finite()).map(|v| f64::from(*v)),
            Voxels::F64(a) => a.iter().find(|v| !v.is_finite()).copied(),
        };
        if let Some(bad) = bad {
            return Err(Error::new(Code::NotFinite, "image holds NaN or infinity")
                .expected("finite intensities everywhere, since deep features see the whole image")
                .found(bad));
        }
        let mut values = grid.read(image)?;
        self.intensity.apply(&mut values)?;
        Ok(Input { grid, values: values.iter().map(|v| v.unwrap_or(0.0) as f32).collect() })
    }
}

impl Intensity {
    /// Prepares the voxels of the image (`Some`) and fills the padding (`None`) with what air becomes.
    fn apply(self, values: &mut [Option<f64>]) -> Result<()> {
        let mut inside: Vec<f64> = values.iter().flatten().copied().collect();
        match self {
            Intensity::Deepbet => {
                let bounds = bounds(&mut inside)?;
                standardise(values, bounds)?;
            }
            Intensity::Window([low, high]) => standardise(values, (low, high))?,
            Intensity::UnitRange => {
                let (low, high) = bounds(&mut inside)?;
                replace(values, low, |v| (v.clamp(low, high) - low) / (high - low));
            }
            Intensity::PositiveZScore => {
                let (mean, sd) = mean_sd(inside.into_iter().filter(|v| *v > 0.0));
                if sd.is_nan() || sd == 0.0 {
                    return Err(no_contrast());
                }
                replace(values, 0.0, |v| if v > 0.0 { (v - mean) / sd } else { 0.0 });
            }
        }
        Ok(())
    }
}

/// Clipped, with the mean and the standard deviation of the network's training.
fn standardise(values: &mut [Option<f64>], (low, high): (f64, f64)) -> Result<()> {
    let unit = |v: f64| (v.clamp(low, high) - low) / (high - low);
    let (mean, sd) = mean_sd(values.iter().flatten().map(|v| unit(*v)));
    if sd.is_nan() || sd == 0.0 {
        return Err(no_contrast());
    }
    replace(values, low, |v| (unit(v) - mean) / sd * 0.226 + 0.449);
    Ok(())
}

fn replace(values: &mut [Option<f64>], padding: f64, f: impl Fn(f64) -> f64) {
    for v in values {
        *v = Some(f(v.unwrap_or(padding)));
    }
}

/// The quantiles 0.005 and 0.995, apart.
fn bounds(values: &mut [f64]) -> Result<(f64, f64)> {
    let (low, high) = (quantile(values, 0.005), quantile(values, 0.995));
    if high > low { Ok((low, high)) } else { Err(no_contrast()) }
}

fn no_contrast() -> Error {
    Error::new(Code::Region, "image has no contrast to standardise")
        .expected("intensities that differ, inside the window or the quantiles 0.005 and 0.995")
}

/// Linearly interpolated quantile, as numpy's default. Reorders `values`; NaN for none.
fn quantile(values: &mut [f64], q: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let position = q * (values.len() - 1) as f64;
    let (_, low, above) = values.select_nth_unstable_by(position as usize, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    low + (high - low) * position.fract()
}

/// Mean and population standard deviation, in two passes.
fn mean_sd(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (mean, (values.map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// A fixed grid along the axes of an image, centred on it.
#[derive(Debug, Clone, PartialEq)]
pub struct InputGrid {
    geometry: Geometry,
    image: Geometry,
}

impl InputGrid {
    /// Lays `shape` voxels over an image's grid.
    ///
    /// # Errors
    /// [`Code::Geometry`] for an image without voxels.
    pub fn new(image: &Geometry, shape: [usize; 3], fit: Fit) -> Result<Self> {
        if image.n_voxels() == 0 {
            return Err(Error::new(Code::Geometry, "image has no voxels"));
        }
        let (n, old_mm) = (image.shape(), image.spacing_mm());
        let filling = [0, 1, 2].map(|a| n[a] as f64 * old_mm[a] / shape[a] as f64);
        let spacing_mm = match fit {
            Fit::Stretch => filling,
            Fit::Contain => [filling.iter().copied().fold(0.0, f64::max); 3],
        };
        // Both grids share their middle.
        let start = [0, 1, 2].map(|a| {
            let half_mm = (shape[a] as f64 - 1.0) / 2.0 * spacing_mm[a];
            (n[a] as f64 - 1.0) / 2.0 - half_mm / old_mm[a]
        });
        let geometry = Geometry::new(shape, spacing_mm, image.to_world(start), image.direction())?;
        Ok(InputGrid { geometry, image: *image })
    }

    /// Where the grid lies in the patient.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The image on this grid, trilinear; `None` outside it.
    fn read(&self, image: &Volume) -> Result<Vec<Option<f64>>> {
        let values = resample(image, &self.geometry, Interpolator::Linear, Store::F64)?.into_f64();
        let inside = self.read_region(None)?;
        Ok(values.into_iter().zip(inside).map(|(value, inside)| inside.then_some(value)).collect())
    }

    /// For every voxel of the grid, whether the nearest image voxel belongs to `region` (all of the image for `None`).
    /// Outside the image: no.
    ///
    /// # Errors
    /// [`Code::GridMismatch`] for a mask on another grid than the image.
    pub(crate) fn read_region(&self, region: Option<&Mask>) -> Result<Vec<bool>> {
        let all = Array3::from_elem(self.image.shape(), true);
        let voxels = region.map_or(all, |mask| mask.voxels().to_owned());
        if let Some(mask) = region {
            self.image.must_match(mask.geometry(), "mask")?;
        }
        // On the image's own geometry: a mask may lie a hundredth of a voxel beside it.
        let mask = resample_mask(&Mask::new(self.image, voxels)?, &self.geometry, MaskRule::Nearest)?;
        Ok(mask.voxels().iter().copied().collect())
    }

    /// A map on every `stride`-th voxel of this grid, read on the image's grid (trilinear; beyond the outermost
    /// positions, theirs).
    pub(crate) fn spread(&self, map: &[f64], shape: [usize; 3], stride: [usize; 3]) -> Result<Volume> {
        // The image ends up to half a stride beyond the last position: repeat that one.
        let padded = shape.map(|n| n + 1);
        let at = |a: usize, i: usize| i.min(shape[a] - 1);
        let voxels =
            Array3::from_shape_fn(padded, |(z, y, x)| map[(at(0, z) * shape[1] + at(1, y)) * shape[2] + at(2, x)]);
        let spacing_mm = [0, 1, 2].map(|a| self.geometry.spacing_mm()[a] * stride[a] as f64);
        let grid = Geometry::new(padded, spacing_mm, self.geometry.origin_mm(), self.geometry.direction())?;
        let spread = resample(&Volume::new(grid, voxels)?, &self.image, Interpolator::Linear, Store::F64)?;
        Volume::new(self.image, spread.into_f64().mapv(|v| v as f32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(shape: (usize, usize, usize), spacing_mm: [f64; 3]) -> Volume {
        let value = |(z, y, x): (usize, usize, usize)| {
            10.0 * z as f64 * spacing_mm[0] + y as f64 * spacing_mm[1] - 2.0 * x as f64 * spacing_mm[2]
        };
        Volume::from_array(Array3::from_shape_fn(shape, value), spacing_mm).unwrap()
    }

    #[test]
    fn contain_keeps_proportions_and_centre() {
        let image = ramp((10, 40, 20), [4.0, 1.0, 1.5]);
        let grid = InputGrid::new(image.geometry(), [16, 16, 16], Fit::Contain).unwrap();
        assert_eq!(grid.geometry().spacing_mm(), [2.5; 3]);
        let middle = |g: &Geometry| g.to_world(g.shape().map(|n| (n as f64 - 1.0) / 2.0));
        for (a, b) in middle(grid.geometry()).iter().zip(middle(image.geometry())) {
            assert!((a - b).abs() < 1e-9);
        }
        // 20 voxels of 1.5 mm are 30 mm: 12 of 16 grid columns lie in the image.
        assert_eq!(grid.read_region(None).unwrap().iter().filter(|v| **v).count(), 16 * 16 * 12);
    }

    #[test]
    fn stretch_fills_the_grid() {
        let image = ramp((10, 40, 20), [4.0, 1.0, 1.5]);
        let grid = InputGrid::new(image.geometry(), [8, 16, 10], Fit::Stretch).unwrap();
        assert!(grid.read_region(None).unwrap().iter().all(|v| *v));
        assert_eq!(grid.geometry().spacing_mm(), [5.0, 2.5, 3.0]);
    }

    #[test]
    fn a_linear_image_is_read_exactly_between_its_outer_centres() {
        let image = ramp((10, 40, 20), [4.0, 1.0, 1.5]);
        let grid = InputGrid::new(image.geometry(), [9, 17, 11], Fit::Stretch).unwrap();
        let values = grid.read(&image).unwrap();
        for (i, value) in values.iter().enumerate() {
            let index = [i / 187, i / 11 % 17, i % 11];
            let at = image.geometry().to_index(grid.geometry().to_world(index.map(|v| v as f64)));
            if (0..3).all(|a| at[a] >= 0.0 && at[a] <= image.geometry().shape()[a] as f64 - 1.0) {
                let exact = 40.0 * at[0] + at[1] - 3.0 * at[2];
                assert!((value.unwrap() - exact).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_same_grid_changes_nothing() {
        let image = ramp((8, 9, 10), [1.0; 3]);
        let grid = InputGrid::new(image.geometry(), [8, 9, 10], Fit::Contain).unwrap();
        let values: Vec<f64> = grid.read(&image).unwrap().into_iter().map(Option::unwrap).collect();
        assert_eq!(values, image.to_f64().iter().copied().collect::<Vec<_>>());
    }

    #[test]
    fn a_map_reaches_every_voxel_of_the_image() {
        let image = ramp((10, 40, 20), [4.0, 1.0, 1.5]);
        let grid = InputGrid::new(image.geometry(), [16, 16, 16], Fit::Contain).unwrap();
        // Positions of stride 4 along z hold their own z index in the grid: linear, so read back exactly between them.
        let map: Vec<f64> = (0..64).map(|o| (o / 16 * 4) as f64).collect();
        let spread = grid.spread(&map, [4, 4, 4], [4; 3]).unwrap();
        assert_eq!(spread.geometry(), image.geometry());
        for z in 0..10 {
            let exact = grid.geometry().to_index(image.geometry().to_world([z as f64, 20.0, 10.0]))[0].clamp(0.0, 12.0);
            assert!((spread.get([z, 39, 19]) - exact).abs() < 1e-5, "{z}");
        }
        let constant = grid.spread(&[2.5; 64], [4, 4, 4], [4; 3]).unwrap();
        assert!(constant.to_f64().iter().all(|v| *v == 2.5));
    }

    #[test]
    fn what_is_brighter_than_the_window_scales_nothing() {
        let window = |bounds| InputConfig { intensity: Intensity::Window(bounds), ..InputConfig::default() };
        let read: InputConfig = serde_json::from_str(r#"{"intensity": {"window": [0, 10]}}"#).unwrap();
        assert_eq!(read, window([0.0, 10.0]));
        let prepared = |brightness: f64| {
            let voxels = Array3::from_shape_fn((8, 8, 8), |(z, y, x)| if z == 0 { brightness } else { (y + x) as f64 });
            let config = InputConfig { grid: [8, 8, 8], ..read };
            config.prepare(&Volume::from_array(voxels, [1.0; 3]).unwrap()).unwrap().values
        };
        assert_eq!(prepared(20.0), prepared(4000.0));
        assert_ne!(prepared(20.0), prepared(2.0));
        for bad in [[1.0, 1.0], [2.0, 1.0], [0.0, f64::INFINITY], [f64::NAN, 1.0]] {
            assert_eq!(window(bad).validate().unwrap_err().code(), Code::Parameter, "{bad:?}");
        }
    }

    #[test]
    fn deepbet_intensities_have_the_mean_and_sd_of_training() {
        let input = InputConfig { fit: Fit::Stretch, grid: [8, 16, 16], ..Default::default() };
        let prepared = input.prepare(&ramp((10, 40, 20), [4.0, 1.0, 1.5])).unwrap();
        let (mean, sd) = mean_sd(prepared.values.iter().map(|v| f64::from(*v)));
        assert!((mean - 0.449).abs() < 1e-6 && (sd - 0.226).abs() < 1e-6, "{mean} {sd}");
    }

    #[test]
    fn intensities_do_not_depend_on_gain_and_offset() {
        let image = ramp((10, 40, 20), [4.0, 1.0, 1.5]);
        let scaled = Volume::new(*image.geometry(), image.to_f64().mapv(|v| 3.5 * v - 200.0)).unwrap();
        let config = InputConfig { grid: [16, 16, 16], ..Default::default() };
        let (a, b) = (config.prepare(&image).unwrap(), config.prepare(&scaled).unwrap());
        assert!(a.values.iter().zip(&b.values).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn quantiles_are_numpys() {
        let mut values = vec![9.0, 1.0, 4.0, 16.0, 25.0];
        assert_eq!(quantile(&mut values, 0.5), 9.0);
        assert!((quantile(&mut values, 0.3) - 5.0).abs() < 1e-12);
        assert_eq!((quantile(&mut values, 0.0), quantile(&mut values, 1.0)), (1.0, 25.0));
    }

    #[test]
    fn images_without_contrast_or_with_nan_are_refused() {
        let flat = Volume::from_array(Array3::<f32>::ones((9, 9, 9)), [1.0; 3]).unwrap();
        for intensity in [Intensity::Deepbet, Intensity::UnitRange, Intensity::PositiveZScore] {
            let config = InputConfig { grid: [8; 3], intensity, ..Default::default() };
            assert_eq!(config.prepare(&flat).unwrap_err().code(), Code::Region);
        }
        let mut voxels = ramp((9, 9, 9), [1.0; 3]).into_f64();
        voxels[[1, 2, 3]] = f64::NAN;
        let image = Volume::from_array(voxels, [1.0; 3]).unwrap();
        assert_eq!(InputConfig::default().prepare(&image).unwrap_err().code(), Code::NotFinite);
        let tiny = InputConfig { grid: [4, 8, 8], ..Default::default() };
        assert_eq!(tiny.prepare(&flat).unwrap_err().code(), Code::Parameter);
    }
}
