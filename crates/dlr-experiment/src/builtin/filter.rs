//! The keys of the image step `filter`: a filter of IBSI chapter 2 by its kind.

use dlr_core::{ImageStep, Result};
use dlr_imaging::filters::ibsi::{self, Filter, Gabor, Kernel, LaplacianOfGaussian, Laws, Mean, RieszOf};
use dlr_imaging::steps::IbsiFilter;
use serde::{Deserialize, Serialize};

/// `kind` and the keys of that kind. Every kind has also
///
/// | key | default | meaning |
/// |---|---|---|
/// | `dimension` | `3d` | `3d`, or `2d`: each slice on its own |
/// | `boundary` | `mirror` | `zero`, `nearest`, `periodic`, `mirror`, or `{ constant = 5.0 }` |
///
/// | kind | key | default | unit | meaning |
/// |---|---|---|---|---|
/// | `mean` | `support` | | voxels | side of the cube: odd |
/// | `log` | `sigma_mm` | | mm | width of the Gaussian |
/// | | `cutoff_sigma` | 4 | sigma | where the kernel ends |
/// | | `zero_sum` | false | | whether the kernel is shifted to a sum of 0 |
/// | `laws` | `kernels` | | | such as `L5E5S5`: along x, y, z |
/// | | `rotation_invariance` | none | | `max`, `mean` or `min` over the right-angle rotations |
/// | | `energy_distance` | none | voxels | Chebyshev distance of an energy map |
/// | `gabor` | `sigma_mm`, `lambda_mm` | | mm | envelope and wavelength |
/// | | `gamma` | 1 | | ratio of the envelope's widths |
/// | | `theta_deg` | | degrees | directions, a list; pooled |
/// | | `pooling` | `mean` | | over directions and, in 3D, the three planes |
/// | `wavelet` | `wavelet`, `band` | | | such as `coif1` and `LHL`: along x, y, z |
/// | | `level` | 1 | | of the decomposition |
/// | | `rotation_invariance` | none | | as for `laws` |
/// | `simoncelli` | `level` | 1 | | of the decomposition |
/// | `riesz` | `order` | | | three numbers, along x, y, z |
/// | | `log_sigma_mm`, `cutoff_sigma` | none, 4 | mm | of a Laplacian of Gaussian |
/// | | `simoncelli_level` | none | | of a Simoncelli band; without either, of the image |
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum FilterKeys {
    Mean {
        support: usize,
        #[serde(default)]
        dimension: Dimension,
        #[serde(default)]
        boundary: Boundary,
    },
    Log {
        sigma_mm: f64,
        #[serde(default = "four")]
        cutoff_sigma: f64,
        #[serde(default)]
        zero_sum: bool,
        #[serde(default)]
        dimension: Dimension,
        #[serde(default)]
        boundary: Boundary,
    },
    Laws {
        kernels: String,
        rotation_invariance: Option<Pooling>,
        energy_distance: Option<usize>,
        #[serde(default)]
        dimension: Dimension,
        #[serde(default)]
        boundary: Boundary,
    },
    Gabor {
        sigma_mm: f64,
        lambda_mm: f64,
        #[serde(default = "one")]
        gamma: f64,
        theta_deg: Vec<f64>,
        #[serde(default)]
        pooling: Pooling,
        #[serde(default)]
        dimension: Dimension,
        #[serde(default)]
        boundary: Boundary,
    },
    Wavelet {
        wavelet: String,
        band: String,
        #[serde(default = "first")]
        level: usize,
        rotation_invariance: Option<Pooling>,
        #[serde(default)]
        dimension: Dimension,
        #[serde(default)]
        boundary: Boundary,
    },
    Simoncelli {
        #[serde(default = "first")]
        level: usize,
        #[serde(default)]
        dimension: Dimension,
        #[serde(default)]
        boundary: Boundary,
    },
    Riesz {
        order: [u32; 3],
        log_sigma_mm: Option<f64>,
        #[serde(default = "four")]
        cutoff_sigma: f64,
        simoncelli_level: Option<usize>,
        #[serde(default)]
        dimension: Dimension,
        #[serde(default)]
        boundary: Boundary,
    },
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(super) enum Dimension {
    #[serde(rename = "2d")]
    Slices,
    #[default]
    #[serde(rename = "3d")]
    Volume,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Boundary {
    Zero,
    Constant(f64),
    Nearest,
    Periodic,
    #[default]
    Mirror,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Pooling {
    Max,
    #[default]
    Mean,
    Min,
}

fn one() -> f64 {
    1.0
}

fn four() -> f64 {
    4.0
}

fn first() -> usize {
    1
}

impl From<Pooling> for ibsi::Pooling {
    fn from(pooling: Pooling) -> Self {
        match pooling {
            Pooling::Max => ibsi::Pooling::Max,
            Pooling::Mean => ibsi::Pooling::Mean,
            Pooling::Min => ibsi::Pooling::Min,
        }
    }
}

impl super::image::Keys for FilterKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let hint = self.hint();
        self.filter().map_err(|error| error.or_hint(hint))
    }
}

impl FilterKeys {
    /// What the keys of a kind are.
    fn hint(&self) -> &'static str {
        match self {
            FilterKeys::Mean { .. } => "`support` is the side of the cube in voxels",
            FilterKeys::Log { .. } => {
                "`sigma_mm` is the width of the Gaussian, `cutoff_sigma` where its kernel ends, in sigma"
            }
            FilterKeys::Laws { .. } => {
                "`kernels` has one kernel for each filtered axis, `L5E5S5` or in slices `L5E5`; `energy_distance` is in voxels"
            }
            FilterKeys::Gabor { .. } => {
                "`sigma_mm` and `lambda_mm` are envelope and wavelength, `theta_deg` lists directions in degrees"
            }
            FilterKeys::Wavelet { .. } => "`band` has a letter for each filtered axis: `LHL`, or in slices `LH`",
            FilterKeys::Simoncelli { .. } => "`level` 1 is the band of the finest detail",
            FilterKeys::Riesz { .. } => {
                "`order` counts the transforms along x, y and z; they are of the image, of a Laplacian of Gaussian or of a Simoncelli band"
            }
        }
    }

    fn filter(self) -> Result<Box<dyn ImageStep>> {
        let (kernel, dimension, boundary) = self.parts()?;
        let dimension = match dimension {
            Dimension::Slices => ibsi::Dimension::Slices2d,
            Dimension::Volume => ibsi::Dimension::Volume3d,
        };
        let boundary = match boundary {
            Boundary::Zero => ibsi::Boundary::Zero,
            Boundary::Constant(value) => ibsi::Boundary::Constant(value),
            Boundary::Nearest => ibsi::Boundary::Nearest,
            Boundary::Periodic => ibsi::Boundary::Periodic,
            Boundary::Mirror => ibsi::Boundary::Mirror,
        };
        Ok(Box::new(IbsiFilter { filter: Filter::new(kernel, dimension, boundary)? }))
    }

    fn parts(self) -> Result<(Kernel, Dimension, Boundary)> {
        // Levels beyond this are refused with the others that are too high.
        let level = |level: usize| u32::try_from(level).unwrap_or(u32::MAX);
        Ok(match self {
            FilterKeys::Mean { support, dimension, boundary } => (Kernel::Mean(Mean { support }), dimension, boundary),
            FilterKeys::Log { sigma_mm, cutoff_sigma, zero_sum, dimension, boundary } => {
                let log = LaplacianOfGaussian { sigma_mm, cutoff_sigma, zero_sum };
                (Kernel::LaplacianOfGaussian(log), dimension, boundary)
            }
            FilterKeys::Laws { kernels, rotation_invariance, energy_distance, dimension, boundary } => {
                let rotation_invariance = rotation_invariance.map(Into::into);
                let laws = Laws { kernels: Laws::parse(&kernels)?, rotation_invariance, energy_distance };
                (Kernel::Laws(laws), dimension, boundary)
            }
            FilterKeys::Gabor { sigma_mm, lambda_mm, gamma, theta_deg, pooling, dimension, boundary } => {
                let gabor = Gabor { sigma_mm, lambda_mm, gamma, theta_deg, pooling: pooling.into() };
                (Kernel::Gabor(gabor), dimension, boundary)
            }
            FilterKeys::Wavelet { wavelet, band, level, rotation_invariance, dimension, boundary } => {
                let rotation_invariance = rotation_invariance.map(Into::into);
                let wavelet = ibsi::SeparableWavelet::named(&wavelet, &band, level, rotation_invariance)?;
                (Kernel::SeparableWavelet(wavelet), dimension, boundary)
            }
            FilterKeys::Simoncelli { level: l, dimension, boundary } => {
                (Kernel::Simoncelli(ibsi::Simoncelli { level: level(l) }), dimension, boundary)
            }
            FilterKeys::Riesz { order, log_sigma_mm, cutoff_sigma, simoncelli_level, dimension, boundary } => {
                let of = match (log_sigma_mm, simoncelli_level) {
                    (None, None) => RieszOf::Image,
                    (Some(sigma_mm), None) => {
                        let zero_sum = false;
                        RieszOf::LaplacianOfGaussian(LaplacianOfGaussian { sigma_mm, cutoff_sigma, zero_sum })
                    }
                    (None, Some(l)) => RieszOf::Simoncelli(ibsi::Simoncelli { level: level(l) }),
                    (Some(_), Some(_)) => {
                        let text = "`log_sigma_mm` and `simoncelli_level` are both given";
                        return Err(dlr_core::Error::new(dlr_core::Code::Parameter, text)
                            .expected("one of them, or none")
                            .found("both"));
                    }
                };
                (Kernel::Riesz(ibsi::Riesz { order, of }), dimension, boundary)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Registry, config::Stage};
    use dlr_core::{Code, Error, ImageStep, conformance::check_image_step};
    use std::path::Path;

    fn make(keys: &str) -> Result<(Box<dyn ImageStep>, Stage), Error> {
        let stage = Stage { stage: "filter".into(), params: toml::from_str(keys).unwrap() };
        Registry::builtin().image_steps.make_resolved(&stage, "", Path::new(""))
    }

    #[test]
    fn every_kind_keeps_the_contract_and_says_its_defaults() {
        let kinds = [
            "kind = \"mean\"\nsupport = 3\nboundary = { constant = 2.5 }",
            "kind = \"log\"\nsigma_mm = 2",
            "kind = \"laws\"\nkernels = \"L5E5\"\nrotation_invariance = \"max\"\nenergy_distance = 3\ndimension = \"2d\"",
            "kind = \"gabor\"\nsigma_mm = 2.0\nlambda_mm = 3.0\ntheta_deg = [0.0, 45.0]",
            "kind = \"wavelet\"\nwavelet = \"coif1\"\nband = \"LHL\"\nrotation_invariance = \"mean\"",
            "kind = \"simoncelli\"\nboundary = \"periodic\"",
            "kind = \"riesz\"\norder = [1, 0, 0]\nlog_sigma_mm = 2.0",
        ];
        for keys in kinds {
            let (step, resolved) = make(keys).unwrap_or_else(|e| panic!("{keys}: {e}"));
            check_image_step(step.as_ref()).unwrap_or_else(|e| panic!("{keys}: {e}"));
            assert!(["kind", "dimension", "boundary"].iter().all(|key| resolved.params.contains_key(*key)), "{keys}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let code = |keys: &str| make(keys).err().map(|e| e.code());
        assert_eq!(code("kind = \"sobel\""), Some(Code::ParameterFile));
        assert_eq!(code("kind = \"mean\"\nsupport = 3\nsigma_mm = 1.0"), Some(Code::ParameterFile));
        assert_eq!(code("kind = \"mean\"\nsupport = 4"), Some(Code::Parameter));
        assert_eq!(code("kind = \"laws\"\nkernels = \"L5E5\""), Some(Code::Parameter));
        let both = "kind = \"riesz\"\norder = [1, 0, 0]\nlog_sigma_mm = 2.0\nsimoncelli_level = 1";
        assert_eq!(code(both), Some(Code::Parameter));
    }
}
