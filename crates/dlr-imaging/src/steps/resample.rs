//! `resample`: image and masks onto a new spacing.

use super::run;
use crate::resample::{CornerGrid, Interpolator, MaskRule, Store, centred_grid, corner_grid, resample, resample_mask};
use dlr_core::{Case, ImageStep, IndexBox, Result};

/// Which grid, over the whole image. (The extractor of the `pyradiomics` profile cuts its own grid around each region.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridRule {
    /// IBSI: centres aligned.
    Centred,
    /// pyradiomics: corners aligned.
    Corner,
}

/// Resamples the image and every mask.
///
/// | name | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `spacing_mm` | caller's | mm, `[z, y, x]` | > 0, or 0 to keep | new spacing |
/// | `grid` | centred | | | how the new grid lies |
/// | `interpolator` | cubic | | | of the image |
/// | `masks` | threshold 0.5 | | | how masks are resampled |
/// | `store` | 64 bit | | | rounding of the image |
///
/// Defaults are IBSI's for MR; CT rounds ([`Store::Rounded`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Resample {
    /// New spacing.
    pub spacing_mm: [f64; 3],
    /// How the new grid lies.
    pub grid: GridRule,
    /// Of the image.
    pub interpolator: Interpolator,
    /// Of the masks.
    pub masks: MaskRule,
    /// Rounding of the image.
    pub store: Store,
}

impl Resample {
    /// The defaults for a spacing.
    pub fn to_spacing(spacing_mm: [f64; 3]) -> Self {
        Resample {
            spacing_mm,
            grid: GridRule::Centred,
            interpolator: Interpolator::Cubic,
            masks: MaskRule::Threshold(0.5),
            store: Store::F64,
        }
    }
}

impl ImageStep for Resample {
    fn apply(&self, case: Case) -> Result<Case> {
        let line = format!(
            "resample: {:?} mm (z, y, x), {:?} grid, {:?}, masks {:?}, stored {:?}",
            self.spacing_mm, self.grid, self.interpolator, self.masks, self.store
        );
        run(case, line, |case| {
            let from = *case.image.geometry();
            let target = match self.grid {
                GridRule::Centred => centred_grid(&from, self.spacing_mm)?,
                GridRule::Corner => {
                    let whole = IndexBox { start: [0; 3], end: from.shape() };
                    match corner_grid(&from, from.spacing_mm(), whole, self.spacing_mm, 0)? {
                        CornerGrid::Crop(_) => from,
                        CornerGrid::Grid(grid) => grid,
                    }
                }
            };
            for mask in case.masks.values_mut() {
                from.must_match(mask.geometry(), "mask")?;
                *mask = resample_mask(mask, &target, self.masks)?;
            }
            case.image = resample(&case.image, &target, self.interpolator, self.store)?;
            Ok(())
        })
    }
}
