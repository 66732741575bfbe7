//! Intensity normalisation of one image: z-score, min-max, percentile clipping, and the fitted Nyul scale.
//!
//! Volumes in, volumes out, in 64 bit. Statistics come from a mask of the caller's choice (the whole image, the body,
//! the region), which is named where they are computed; sums run in array order in two passes.

mod nyul;
mod percentile;
mod tissue;
mod zscore;

pub use nyul::{NyulParams, NyulScale};
pub use percentile::{clip_percentiles, min_max, percentile};
pub use tissue::{TissueParams, TissuePeak, TissueReference, TissueScale, tissue_peak, tissue_reference};
pub use zscore::{Divisor, ZScoreParams, zscore};

use dlr_core::{Code, Error, Mask, Result, Volume};

/// Intensities that statistics are taken from, in array order.
///
/// # Errors
/// [`Code::GridMismatch`], [`Code::EmptyMask`], and [`Code::NotFinite`] for NaN or infinity among them.
fn sample(image: &Volume, within: Option<&Mask>) -> Result<Vec<f64>> {
    let all = image.to_f64();
    let values: Vec<f64> = match within {
        None => all.into_iter().collect(),
        Some(mask) => {
            image.geometry().must_match(mask.geometry(), "mask")?;
            all.iter().zip(mask.voxels()).filter_map(|(v, inside)| inside.then_some(*v)).collect()
        }
    };
    if values.is_empty() {
        return Err(Error::new(Code::EmptyMask, "normalisation needs at least one voxel"));
    }
    match values.iter().find(|v| !v.is_finite()) {
        Some(bad) => Err(Error::new(Code::NotFinite, "intensities to normalise by hold NaN or infinity").found(bad)),
        None => Ok(values),
    }
}

/// The refusal of an image without contrast.
fn constant(value: f64) -> Error {
    Error::new(Code::Region, "a constant intensity cannot be normalised").found(format!("{value} in every voxel used"))
}
