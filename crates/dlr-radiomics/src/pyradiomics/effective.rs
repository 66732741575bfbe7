//! Parameters back into the tree of a parameter file, with every setting in it: what a run writes down beside its results.

use super::settings::{NAMES, VOXEL_NAMES};
use super::{Norm, Params, ResegmentMode, Setting, Settings};

impl Params {
    /// The parameter file that says all of it: every setting, what image types override, and every feature by name.
    ///
    /// Read again by [`Params::from_setting`] it gives the same parameters.
    ///
    /// ```
    /// use dlr_radiomics::pyradiomics::Params;
    /// let params = Params::default();
    /// assert_eq!(Params::from_setting(&params.to_setting())?, params);
    /// # Ok::<(), dlr_core::Error>(())
    /// ```
    pub fn to_setting(&self) -> Setting {
        let named = |name: &str, value| (name.to_owned(), value);
        let all = |names: &mut dyn Iterator<Item = &&str>| {
            Setting::Map(names.filter_map(|name| Some(named(name, self.settings.get(name)?))).collect())
        };
        let image_types = self.image_types.iter().map(|image| {
            let own = NAMES.iter().filter(|name| image.settings.get(name) != self.settings.get(name));
            named(image.name, Setting::Map(own.filter_map(|n| Some(named(n, image.settings.get(n)?))).collect()))
        });
        let selections = self.selections.iter().map(|selection| {
            let features = selection.definitions().map(|d| Setting::Text(d.feature.into())).collect();
            named(selection.family.as_str(), Setting::List(features))
        });
        Setting::Map(vec![
            named("setting", all(&mut NAMES.iter().filter(|name| !VOXEL_NAMES.contains(name)))),
            named("voxelSetting", all(&mut VOXEL_NAMES.iter())),
            named("imageType", Setting::Map(image_types.collect())),
            named("featureClass", Setting::Map(selections.collect())),
        ])
    }
}

impl Settings {
    /// A setting by its name in parameter files; `None` for an unknown name.
    pub fn get(&self, name: &str) -> Option<Setting> {
        let whole = |n: usize| Setting::Whole(n as i64);
        let option = |value: Option<Setting>| value.unwrap_or(Setting::Null);
        Some(match name {
            "minimumROIDimensions" => option(self.minimum_roi_dimensions.map(whole)),
            "minimumROISize" => option(self.minimum_roi_size.map(Setting::Number)),
            "geometryTolerance" => option(self.geometry_tolerance.map(Setting::Number)),
            "correctMask" => Setting::Bool(self.correct_mask),
            "additionalInfo" => Setting::Bool(self.additional_info),
            "label" => whole(self.label as usize),
            "label_channel" => whole(self.label_channel as usize),
            "binWidth" => Setting::Number(self.bin_width),
            "binCount" => option(self.bin_count.map(|n| whole(n as usize))),
            "normalize" => Setting::Bool(self.normalize),
            "normalizeScale" => Setting::Number(self.normalize_scale),
            "removeOutliers" => option(self.remove_outliers.map(Setting::Number)),
            "resampledPixelSpacing" => option(self.resampled_pixel_spacing.map(|s| numbers(&s))),
            "interpolator" => option(self.interpolator.map(|i| Setting::Text(i.pyradiomics_name().into()))),
            "padDistance" => whole(self.pad_distance),
            "distances" => Setting::List(self.distances.iter().copied().map(whole).collect()),
            "force2D" => Setting::Bool(self.force2d),
            "force2Ddimension" => whole(self.force2d_dimension),
            "resegmentRange" => option(self.resegment_range.as_deref().map(numbers)),
            "resegmentMode" => Setting::Text(
                match self.resegment_mode {
                    ResegmentMode::Absolute => "absolute",
                    ResegmentMode::Relative => "relative",
                    ResegmentMode::Sigma => "sigma",
                }
                .into(),
            ),
            "resegmentShape" => Setting::Bool(self.resegment_shape),
            "preCrop" => Setting::Bool(self.pre_crop),
            // An empty list is refused by `set`; nothing stands for it.
            "sigma" if self.sigma.is_empty() => return None,
            "sigma" => Setting::List(
                self.sigma
                    .iter()
                    .map(|s| if s.is_whole { Setting::Whole(s.mm as i64) } else { Setting::Number(s.mm) })
                    .collect(),
            ),
            "start_level" => whole(self.start_level),
            "level" => whole(self.level),
            "wavelet" => Setting::Text(self.wavelet.clone()),
            "gradientUseSpacing" => Setting::Bool(self.gradient_use_spacing),
            "lbp2DRadius" => Setting::Number(self.lbp2d_radius),
            "lbp2DSamples" => whole(self.lbp2d_samples),
            "lbp2DMethod" => Setting::Text(self.lbp2d_method.clone()),
            "lbp3DLevels" => whole(self.lbp3d_levels),
            "lbp3DIcosphereRadius" => Setting::Number(self.lbp3d_icosphere_radius),
            "lbp3DIcosphereSubdivision" => whole(self.lbp3d_icosphere_subdivision),
            "voxelArrayShift" => Setting::Number(self.voxel_array_shift),
            "symmetricalGLCM" => Setting::Bool(self.symmetrical_glcm),
            "weightingNorm" => option(self.weighting_norm.map(|norm| {
                Setting::Text(
                    match norm {
                        Norm::Manhattan => "manhattan",
                        Norm::Euclidean => "euclidean",
                        Norm::Infinity => "infinity",
                        Norm::NoWeighting => "no_weighting",
                    }
                    .into(),
                )
            })),
            "gldm_a" => whole(self.gldm_a as usize),
            "kernelRadius" => whole(self.kernel_radius),
            "maskedKernel" => Setting::Bool(self.masked_kernel),
            "initValue" => Setting::Number(self.init_value),
            "voxelBatch" => option(self.voxel_batch.map(whole)),
            _ => return None,
        })
    }
}

fn numbers(values: &[f64]) -> Setting {
    Setting::List(values.iter().copied().map(Setting::Number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_comes_back() {
        let text = |t: &str| Setting::Text(t.into());
        let changed = [
            ("binCount", Setting::Whole(32)),
            ("resampledPixelSpacing", numbers(&[1.0, 2.0, 0.0])),
            ("interpolator", text("sitkLinear")),
            ("resegmentRange", numbers(&[-3.0, 3.0])),
            ("resegmentMode", text("sigma")),
            ("weightingNorm", text("manhattan")),
            ("minimumROISize", Setting::Number(5.0)),
            ("removeOutliers", Setting::Number(3.0)),
            ("distances", Setting::List(vec![Setting::Whole(1), Setting::Whole(2)])),
        ];
        let mut params = Params::with(&changed).unwrap();
        params.selections.truncate(3);
        params.selections[1].features.truncate(2);
        let mut log = params.image_types[0].clone();
        log.name = "LoG";
        log.settings.set("sigma", &Setting::List(vec![Setting::Whole(1), Setting::Number(2.5)])).unwrap();
        log.settings.set("binWidth", &Setting::Number(5.0)).unwrap();
        params.image_types.push(log);
        assert_eq!(Params::from_setting(&params.to_setting()).unwrap(), params);
        let missing: Vec<_> = NAMES.iter().filter(|n| **n != "sigma" && params.settings.get(n).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
