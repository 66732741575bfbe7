//! [`Settings`]: every setting that a pyradiomics parameter file may hold, under its name there, with its default.

use crate::setting::{Named, Setting, unknown};
use dlr_core::Result;
use dlr_imaging::resample::Interpolator;

/// A standard deviation of the Laplacian of a Gaussian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigma {
    /// In millimetres.
    pub mm: f64,
    /// Whether the parameter file has it without a point, which is how its name has it then.
    pub is_whole: bool,
}

impl Sigma {
    /// As it stands in the names of features: `2-0` for 2.0.
    pub(crate) fn name(&self) -> String {
        let text = if self.is_whole { format!("{}", self.mm) } else { format!("{:?}", self.mm) };
        text.replace('.', "-")
    }
}

/// How far apart two voxels are, for weighting directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the norm of that name")]
pub enum Norm {
    Manhattan,
    Euclidean,
    Infinity,
    NoWeighting,
}

/// What the numbers of `resegmentRange` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResegmentMode {
    /// Intensities.
    Absolute,
    /// Shares of the largest intensity in the region.
    Relative,
    /// Standard deviations from the mean of the region.
    Sigma,
}

/// All settings. Every field is the setting of that name in snake case, in the unit pyradiomics uses; spacings are
/// `[x, y, z]` as in parameter files. `Default` is pyradiomics' default.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the pyradiomics setting of that name; see its documentation")]
pub struct Settings {
    pub label: u32,
    pub label_channel: u32,
    /// `None`: small and flat regions are computed as far as features are defined for them. pyradiomics refuses them
    /// unless told otherwise; a number set here is enforced.
    pub minimum_roi_dimensions: Option<usize>,
    pub minimum_roi_size: Option<f64>,
    pub geometry_tolerance: Option<f64>,
    pub correct_mask: bool,
    pub additional_info: bool,
    pub bin_width: f64,
    pub bin_count: Option<u32>,
    pub normalize: bool,
    pub normalize_scale: f64,
    pub remove_outliers: Option<f64>,
    pub resampled_pixel_spacing: Option<[f64; 3]>,
    pub interpolator: Option<Interpolator>,
    pub pad_distance: usize,
    pub distances: Vec<usize>,
    pub force2d: bool,
    pub force2d_dimension: usize,
    pub resegment_range: Option<Vec<f64>>,
    pub resegment_mode: ResegmentMode,
    pub resegment_shape: bool,
    pub pre_crop: bool,
    pub sigma: Vec<Sigma>,
    pub start_level: usize,
    pub level: usize,
    pub wavelet: String,
    pub gradient_use_spacing: bool,
    pub lbp2d_radius: f64,
    pub lbp2d_samples: usize,
    pub lbp2d_method: String,
    pub lbp3d_levels: usize,
    pub lbp3d_icosphere_radius: f64,
    pub lbp3d_icosphere_subdivision: usize,
    pub voxel_array_shift: f64,
    pub symmetrical_glcm: bool,
    pub weighting_norm: Option<Norm>,
    pub gldm_a: f64,
    pub kernel_radius: usize,
    pub masked_kernel: bool,
    pub init_value: f64,
    pub voxel_batch: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            label: 1,
            label_channel: 0,
            minimum_roi_dimensions: None,
            minimum_roi_size: None,
            geometry_tolerance: None,
            correct_mask: false,
            additional_info: true,
            bin_width: 25.0,
            bin_count: None,
            normalize: false,
            normalize_scale: 1.0,
            remove_outliers: None,
            resampled_pixel_spacing: None,
            interpolator: Some(Interpolator::BSpline),
            pad_distance: 5,
            distances: vec![1],
            force2d: false,
            force2d_dimension: 0,
            resegment_range: None,
            resegment_mode: ResegmentMode::Absolute,
            resegment_shape: false,
            pre_crop: false,
            sigma: Vec::new(),
            start_level: 0,
            level: 1,
            wavelet: "coif1".into(),
            gradient_use_spacing: true,
            lbp2d_radius: 1.0,
            lbp2d_samples: 8,
            lbp2d_method: "uniform".into(),
            lbp3d_levels: 2,
            lbp3d_icosphere_radius: 1.0,
            lbp3d_icosphere_subdivision: 1,
            voxel_array_shift: 0.0,
            symmetrical_glcm: true,
            weighting_norm: None,
            gldm_a: 0.0,
            kernel_radius: 1,
            masked_kernel: true,
            init_value: 0.0,
            voxel_batch: None,
        }
    }
}

/// Every name that [`Settings::set`] knows.
pub(crate) const NAMES: [&str; 41] = [
    "minimumROIDimensions",
    "minimumROISize",
    "geometryTolerance",
    "correctMask",
    "additionalInfo",
    "label",
    "label_channel",
    "binWidth",
    "binCount",
    "normalize",
    "normalizeScale",
    "removeOutliers",
    "resampledPixelSpacing",
    "interpolator",
    "padDistance",
    "distances",
    "force2D",
    "force2Ddimension",
    "resegmentRange",
    "resegmentMode",
    "resegmentShape",
    "preCrop",
    "sigma",
    "start_level",
    "level",
    "wavelet",
    "gradientUseSpacing",
    "lbp2DRadius",
    "lbp2DSamples",
    "lbp2DMethod",
    "lbp3DLevels",
    "lbp3DIcosphereRadius",
    "lbp3DIcosphereSubdivision",
    "voxelArrayShift",
    "symmetricalGLCM",
    "weightingNorm",
    "gldm_a",
    "kernelRadius",
    "maskedKernel",
    "initValue",
    "voxelBatch",
];

/// Settings of the voxel-wise mode, which have a section of their own.
pub(crate) const VOXEL_NAMES: [&str; 4] = ["kernelRadius", "maskedKernel", "initValue", "voxelBatch"];

impl Settings {
    /// Sets one setting by its name in parameter files.
    ///
    /// # Errors
    /// [`dlr_core::Code::UnknownName`] with the nearest known name, [`dlr_core::Code::Parameter`] for a value outside
    /// its range.
    pub fn set(&mut self, name: &str, value: &Setting) -> Result<()> {
        let at = Named { name, value };
        match name {
            "minimumROIDimensions" => self.minimum_roi_dimensions = at.option(|v| v.whole(1, 3))?,
            "minimumROISize" => self.minimum_roi_size = at.option(Named::above_zero)?,
            "geometryTolerance" => self.geometry_tolerance = at.option(Named::above_zero)?,
            "correctMask" => self.correct_mask = at.bool()?,
            "additionalInfo" => self.additional_info = at.bool()?,
            "label" => self.label = at.whole(1, u32::MAX as usize)? as u32,
            "label_channel" => self.label_channel = at.whole(0, u32::MAX as usize)? as u32,
            "binWidth" => self.bin_width = at.above_zero()?,
            "binCount" => self.bin_count = at.option(|v| v.whole(1, u32::MAX as usize))?.map(|n| n as u32),
            "normalize" => self.normalize = at.bool()?,
            "normalizeScale" => self.normalize_scale = at.above_zero()?,
            "removeOutliers" => self.remove_outliers = at.option(Named::above_zero)?,
            "resampledPixelSpacing" => self.resampled_pixel_spacing = at.option(Named::spacing)?,
            "interpolator" => self.interpolator = at.option(interpolator)?,
            "padDistance" => self.pad_distance = at.whole(0, 10_000)?,
            "distances" => self.distances = at.list(|v| v.whole(1, 1000))?,
            "force2D" => self.force2d = at.bool()?,
            "force2Ddimension" => self.force2d_dimension = at.whole(0, 2)?,
            "resegmentRange" => self.resegment_range = at.option(|v| v.list(|v| v.number()))?,
            "resegmentMode" => {
                use ResegmentMode::{Absolute, Relative, Sigma};
                self.resegment_mode = at.one_of(&[("absolute", Absolute), ("relative", Relative), ("sigma", Sigma)])?;
            }
            "resegmentShape" => self.resegment_shape = at.bool()?,
            "preCrop" => self.pre_crop = at.bool()?,
            "sigma" => self.sigma = at.list(sigma)?,
            "start_level" => self.start_level = at.whole(0, 30)?,
            "level" => self.level = at.whole(1, 30)?,
            "wavelet" => self.wavelet = at.text()?.into(),
            "gradientUseSpacing" => self.gradient_use_spacing = at.bool()?,
            "lbp2DRadius" => self.lbp2d_radius = at.above_zero()?,
            "lbp2DSamples" => self.lbp2d_samples = at.whole(1, 1000)?,
            "lbp2DMethod" => {
                let methods = ["default", "ror", "uniform", "var"].map(|m| (m, m));
                self.lbp2d_method = at.one_of(&methods)?.into();
            }
            "lbp3DLevels" => self.lbp3d_levels = at.whole(1, 100)?,
            "lbp3DIcosphereRadius" => self.lbp3d_icosphere_radius = at.above_zero()?,
            "lbp3DIcosphereSubdivision" => self.lbp3d_icosphere_subdivision = at.whole(0, 10)?,
            "voxelArrayShift" => self.voxel_array_shift = at.number()?,
            "symmetricalGLCM" => self.symmetrical_glcm = at.bool()?,
            "weightingNorm" => {
                use Norm::{Euclidean, Infinity, Manhattan, NoWeighting};
                let norms = [
                    ("manhattan", Manhattan),
                    ("euclidean", Euclidean),
                    ("infinity", Infinity),
                    ("no_weighting", NoWeighting),
                ];
                self.weighting_norm = at.option(|v| v.one_of(&norms))?;
            }
            "gldm_a" => self.gldm_a = at.whole(0, u32::MAX as usize)? as f64,
            "kernelRadius" => self.kernel_radius = at.whole(1, 100)?,
            "maskedKernel" => self.masked_kernel = at.bool()?,
            "initValue" => self.init_value = at.any_number()?,
            "voxelBatch" => self.voxel_batch = at.option(|v| v.whole(1, usize::MAX))?,
            _ => return Err(unknown("setting", name, &NAMES)),
        }
        Ok(())
    }
}

fn interpolator(at: Named<'_>) -> Result<Interpolator> {
    let name = match at.value {
        Setting::Number(_) | Setting::Whole(_) => at.whole(1, 10)?.to_string(),
        _ => at.text()?.to_owned(),
    };
    Interpolator::from_pyradiomics(&name)
}

fn sigma(at: Named<'_>) -> Result<Sigma> {
    Ok(Sigma { mm: at.above_zero()?, is_whole: matches!(at.value, Setting::Whole(_)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Code;

    #[test]
    fn every_name_is_known_and_no_other() {
        let mut settings = Settings::default();
        for name in NAMES {
            let error = settings.set(name, &Setting::Map(Vec::new())).unwrap_err();
            assert_ne!(error.code(), Code::UnknownName, "{name}");
        }
        let error = settings.set("binwdth", &Setting::Number(1.0)).unwrap_err();
        assert_eq!(error.code(), Code::UnknownName);
        assert!(error.to_string().contains("did you mean `binWidth`?"), "{error}");
    }

    #[test]
    fn ranges_are_checked() {
        let mut s = Settings::default();
        for (name, value) in [
            ("binWidth", Setting::Number(0.0)),
            ("label", Setting::Number(1.5)),
            ("force2Ddimension", Setting::Number(3.0)),
            ("resampledPixelSpacing", Setting::List(vec![Setting::Number(1.0); 2])),
            ("normalize", Setting::Text("yes".into())),
            ("distances", Setting::List(vec![])),
        ] {
            assert_eq!(s.set(name, &value).unwrap_err().code(), Code::Parameter, "{name}");
        }
        s.set("interpolator", &Setting::Number(2.0)).unwrap();
        assert_eq!(s.interpolator, Some(Interpolator::Linear));
        s.set("interpolator", &Setting::Null).unwrap();
        assert_eq!(s.interpolator, None);
        s.set("initValue", &Setting::Text("nan".into())).unwrap();
        assert!(s.init_value.is_nan());
        let error = s.set("weightingNorm", &Setting::Text("manhatan".into())).unwrap_err();
        assert!(error.to_string().contains("did you mean `manhattan`?"), "{error}");
    }
}
