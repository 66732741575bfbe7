//! `filter` and `filter-pyradiomics`: the image becomes its response to a filter.

use super::run;
use crate::error::parameter;
use crate::filters::ibsi::Filter;
use crate::filters::pyradiomics::{
    Lbp2dParams, Lbp3dParams, Rescaling, Stored, WaveletParams, gradient_magnitude, laplacian_of_gaussian,
    largest_magnitude, lbp_2d, lbp_3d, rescaled, visit_wavelet, wavelet_names, whole,
};
use dlr_core::{Case, ImageStep, Result, Volume};

/// Filters the image; masks stay as they are. See [`crate::filters::ibsi`].
#[derive(Debug, Clone, PartialEq)]
pub struct IbsiFilter {
    /// The filter.
    pub filter: Filter,
}

impl ImageStep for IbsiFilter {
    fn apply(&self, case: Case) -> Result<Case> {
        run(case, format!("filter: {}", self.filter), |case| {
            case.image = self.filter.apply(&case.image)?;
            Ok(())
        })
    }
}

/// One filtered image of pyradiomics over the whole image; masks stay as they are. See [`crate::filters::pyradiomics`].
///
/// The extractors make these images themselves, in the box that they need; this step is for what comes after an image,
/// such as a network.
#[derive(Debug, Clone, PartialEq)]
pub enum PyradiomicsFilter {
    /// The Laplacian of a Gaussian.
    Log {
        /// Standard deviation of the Gaussian.
        sigma_mm: f64,
    },
    /// A band of a wavelet, named as [`wavelet_names`] has it, without the hyphen in front of a first level: `LLH`, `2-LLH`.
    Wavelet {
        /// The decomposition.
        params: WaveletParams,
        /// The band.
        band: String,
    },
    /// A function of each voxel.
    Rescaled(Rescaling),
    /// The length of the gradient, per millimetre or per voxel.
    Gradient {
        /// Whether per millimetre.
        use_spacing: bool,
    },
    /// Local binary patterns in slices.
    Lbp2d(Lbp2dParams),
    /// Local binary patterns in space, within a mask.
    Lbp3d {
        /// Name of the mask; outside of it the image is 0.
        within: String,
        /// The patterns.
        params: Lbp3dParams,
        /// The degree of the harmonics from 1 (`m1`), or none for the kurtosis (`k`).
        degree: Option<usize>,
    },
}

impl PyradiomicsFilter {
    fn response(&self, case: &Case) -> Result<Volume> {
        let (image, at) = (&case.image, whole(&case.image));
        match self {
            PyradiomicsFilter::Log { sigma_mm } => laplacian_of_gaussian(image, *sigma_mm, at),
            PyradiomicsFilter::Wavelet { params, band } => {
                let names = wavelet_names(params);
                let is_asked = |name: &str| name.trim_start_matches('-') == band;
                if !names.iter().any(|name| is_asked(name)) {
                    let known: Vec<&str> = names.iter().map(|name| name.trim_start_matches('-')).collect();
                    return Err(parameter("band", band, &format!("one of {}", known.join(", "))));
                }
                let keep = |name: &str, volume| Ok(is_asked(name).then_some(volume));
                let bands = visit_wavelet(image, params, Stored::guess(image), at, keep)?;
                Ok(bands.into_iter().flatten().next().expect("its name is among those that are handed over"))
            }
            PyradiomicsFilter::Rescaled(how) => rescaled(image, *how, largest_magnitude(image), at),
            PyradiomicsFilter::Gradient { use_spacing } => gradient_magnitude(image, *use_spacing, at),
            PyradiomicsFilter::Lbp2d(params) => lbp_2d(image, params, Stored::guess(image), at),
            PyradiomicsFilter::Lbp3d { within, params, degree } => {
                let mut images = lbp_3d(image, case.mask(within)?, params, Stored::guess(image), at)?;
                match degree {
                    None => Ok(images.kurtosis),
                    Some(degree) if (1..=images.levels.len()).contains(degree) => {
                        Ok(images.levels.swap_remove(degree - 1))
                    }
                    Some(degree) => Err(parameter("degree", degree, &format!("1 to {}", images.levels.len()))),
                }
            }
        }
    }
}

impl ImageStep for PyradiomicsFilter {
    fn apply(&self, case: Case) -> Result<Case> {
        run(case, format!("filter-pyradiomics: {self:?}"), |case| {
            case.image = self.response(case)?;
            Ok(())
        })
    }
}
