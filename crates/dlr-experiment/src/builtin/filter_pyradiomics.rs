//! The keys of the image step `filter-pyradiomics`: one filtered image of pyradiomics by its kind.

use super::door::Door;
use dlr_core::{Code, Error, ImageStep, Result};
use dlr_imaging::filters::pyradiomics::{self, Lbp2dMethod, Lbp2dParams, Lbp3dParams, WaveletParams};
use dlr_imaging::filters::wavelets::Wavelet;
use dlr_imaging::steps::PyradiomicsFilter;
use serde::{Deserialize, Serialize};

/// `kind` and the keys of that kind; `docs/stages.md` has the table.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Keys {
    Log {
        sigma_mm: f64,
    },
    Wavelet {
        #[serde(default = "coif1")]
        wavelet: String,
        band: String,
        #[serde(default = "one")]
        level: usize,
        #[serde(default)]
        start_level: usize,
    },
    Square {},
    SquareRoot {},
    Logarithm {},
    Exponential {},
    Gradient {
        #[serde(default = "yes")]
        use_spacing: bool,
    },
    Lbp2d {
        #[serde(default = "unit")]
        radius: f64,
        #[serde(default = "eight")]
        n_samples: usize,
        #[serde(default)]
        method: Method,
        #[serde(default)]
        flat_axis: usize,
    },
    Lbp3d {
        #[serde(default = "mass")]
        within: String,
        #[serde(default = "m1")]
        image: String,
        #[serde(default = "unit")]
        radius: f64,
        #[serde(default = "one")]
        n_subdivisions: usize,
    },
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Method {
    Default,
    Ror,
    #[default]
    Uniform,
    Var,
}

fn coif1() -> String {
    "coif1".into()
}

fn mass() -> String {
    "mass".into()
}

fn m1() -> String {
    "m1".into()
}

fn one() -> usize {
    1
}

fn eight() -> usize {
    8
}

fn unit() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

impl super::image::Keys for Keys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        use pyradiomics::Rescaling;
        self.check()?;
        Ok(Box::new(match self {
            Keys::Log { sigma_mm } => PyradiomicsFilter::Log { sigma_mm },
            Keys::Wavelet { wavelet, band, level, start_level } => {
                let wavelet = Wavelet::named(&wavelet)?;
                let params = WaveletParams { wavelet, start_level, n_levels: level, flat_axis: None };
                let band = if level == 1 { band } else { format!("{level}-{band}") };
                PyradiomicsFilter::Wavelet { params, band }
            }
            Keys::Square {} => PyradiomicsFilter::Rescaled(Rescaling::Square),
            Keys::SquareRoot {} => PyradiomicsFilter::Rescaled(Rescaling::SquareRoot),
            Keys::Logarithm {} => PyradiomicsFilter::Rescaled(Rescaling::Logarithm),
            Keys::Exponential {} => PyradiomicsFilter::Rescaled(Rescaling::Exponential),
            Keys::Gradient { use_spacing } => PyradiomicsFilter::Gradient { use_spacing },
            Keys::Lbp2d { radius, n_samples, method, flat_axis } => {
                let method = match method {
                    Method::Default => Lbp2dMethod::Default,
                    Method::Ror => Lbp2dMethod::Ror,
                    Method::Uniform => Lbp2dMethod::Uniform,
                    Method::Var => Lbp2dMethod::Var,
                };
                PyradiomicsFilter::Lbp2d(Lbp2dParams { radius, n_samples, method, flat_axis })
            }
            Keys::Lbp3d { within, image, radius, n_subdivisions } => {
                let degree = degree(&image)?;
                let params = Lbp3dParams { n_levels: degree.unwrap_or(1), radius, n_subdivisions };
                PyradiomicsFilter::Lbp3d { within, params, degree }
            }
        }))
    }
}

/// Most levels of a wavelet, those that are only filtered among them.
const MOST_LEVELS: usize = 8;

impl Keys {
    /// Ranges that need no image to be checked.
    fn check(&self) -> Result<()> {
        let door = Door("filter-pyradiomics");
        let voxels = "radii are in voxels: 1 takes the neighbours of each";
        match self {
            Keys::Log { sigma_mm } => door.positive("sigma_mm", *sigma_mm, "the width of what is sought: 1, 2, 3 mm"),
            Keys::Wavelet { band, level, start_level, .. } => {
                let hint = "1 is usual; each level looks as far again as the wavelet is wide";
                door.count("level", *level, 1, MOST_LEVELS, hint)?;
                door.count("start_level", *start_level, 0, MOST_LEVELS - level, hint)?;
                let is_right = band.len() == 3 && band.chars().all(|c| matches!(c, 'L' | 'H'));
                let hint = "L is low-pass, H is high-pass, along x, y, z";
                door.must(is_right, "band", band, "three letters L or H, such as LLH", hint)
            }
            Keys::Lbp2d { radius, n_samples, method, flat_axis } => {
                let is_right = *radius > 0.0 && *radius <= 1000.0;
                door.must(is_right, "radius", radius, "a number above 0, at most 1000", voxels)?;
                let most = if matches!(method, Method::Default | Method::Ror) { 31 } else { 1000 };
                door.count("n_samples", *n_samples, 1, most, "8 is usual for a radius of 1")?;
                door.count("flat_axis", *flat_axis, 0, 2, "0, 1, 2 are z, y, x")
            }
            Keys::Lbp3d { radius, n_subdivisions, .. } => {
                door.positive("radius", *radius, voxels)?;
                door.count("n_subdivisions", *n_subdivisions, 0, 10, "1 places 42 samples")
            }
            _ => Ok(()),
        }
    }
}

/// The degree of `m1`, `m2` and on, none for `k`.
fn degree(image: &str) -> Result<Option<usize>> {
    let degree = image.strip_prefix('m').and_then(|text| text.parse().ok()).filter(|degree| (1..=100).contains(degree));
    match (image, degree) {
        ("k", _) => Ok(None),
        (_, Some(degree)) => Ok(Some(degree)),
        _ => Err(Error::new(Code::UnknownName, format!("`lbp3d` makes no image `{image}`"))
            .expected("m1 to m100 for a degree, or k for the kurtosis")),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Registry, config::Stage};
    use dlr_core::{
        Code, Error, ImageStep,
        conformance::{check_image_step, sample_case},
    };
    use std::path::Path;

    fn make(keys: &str) -> Result<Box<dyn ImageStep>, Error> {
        let stage = Stage { stage: "filter-pyradiomics".into(), params: toml::from_str(keys).unwrap() };
        Registry::builtin().image_steps.make(&stage, "", Path::new(""))
    }

    #[test]
    fn every_kind_keeps_the_contract() {
        let kinds = [
            "kind = \"log\"\nsigma_mm = 2.0",
            "kind = \"wavelet\"\nband = \"LLH\"",
            "kind = \"wavelet\"\nwavelet = \"db3\"\nband = \"LLL\"\nlevel = 2",
            "kind = \"square\"",
            "kind = \"squareroot\"",
            "kind = \"logarithm\"",
            "kind = \"exponential\"",
            "kind = \"gradient\"",
            "kind = \"lbp2d\"\nmethod = \"ror\"",
            "kind = \"lbp3d\"\nimage = \"m2\"",
        ];
        let mut images = Vec::new();
        for keys in kinds {
            let step = make(keys).unwrap_or_else(|e| panic!("{keys}: {e}"));
            check_image_step(step.as_ref()).unwrap_or_else(|e| panic!("{keys}: {e}"));
            images.push(step.apply(sample_case()).unwrap().image);
        }
        for (i, image) in images.iter().enumerate() {
            assert!(images[..i].iter().all(|other| other != image), "{} is an image of another kind", kinds[i]);
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let code = |keys: &str| make(keys).err().map(|e| e.code());
        assert_eq!(code("kind = \"sobel\""), Some(Code::ParameterFile));
        assert_eq!(code("kind = \"square\"\nsigma_mm = 1.0"), Some(Code::ParameterFile));
        assert_eq!(code("kind = \"wavelet\"\nwavelet = \"coif99\"\nband = \"LLH\""), Some(Code::UnknownName));
        assert_eq!(code("kind = \"lbp3d\"\nimage = \"m0\""), Some(Code::UnknownName));
        assert_eq!(code("kind = \"wavelet\"\nband = \"LH\""), Some(Code::Parameter));
        let error = make("kind = \"lbp3d\"\nwithin = \"none\"").unwrap().apply(sample_case()).unwrap_err();
        assert_eq!((error.code(), error.case()), (Code::MissingMask, Some("sample")));
    }
}
