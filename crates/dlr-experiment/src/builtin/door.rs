//! The check of keys at the door: a number outside its range stops a run where the file is read, not at its first case.

use dlr_core::{Code, Error, Result};
use std::fmt::Debug;

/// Refusals that name a stage and the key as it stands in the file.
#[derive(Clone, Copy)]
pub(super) struct Door(pub(super) &'static str);

impl Door {
    /// Refuses a value unless `is_right`.
    pub(super) fn must(self, is_right: bool, key: &str, found: impl Debug, expected: &str, hint: &str) -> Result<()> {
        if is_right {
            return Ok(());
        }
        Err(Error::new(Code::Parameter, format!("parameter `{key}` of `{}` is {found:?}", self.0))
            .expected(expected)
            .found(format!("{found:?}"))
            .hint(hint))
    }

    /// Refuses what is not a finite number above 0.
    pub(super) fn positive(self, key: &str, found: f64, hint: &str) -> Result<()> {
        self.must(found.is_finite() && found > 0.0, key, found, "a finite number above 0", hint)
    }

    /// Refuses what is not a finite number of at least 0.
    pub(super) fn not_negative(self, key: &str, found: f64, hint: &str) -> Result<()> {
        self.must(found.is_finite() && found >= 0.0, key, found, "a finite number of at least 0", hint)
    }

    /// Refuses what is no finite number.
    pub(super) fn finite(self, key: &str, found: f64, hint: &str) -> Result<()> {
        self.must(found.is_finite(), key, found, "a finite number", hint)
    }

    /// Refuses what is outside of a range of whole numbers.
    pub(super) fn count(self, key: &str, found: usize, least: usize, most: usize, hint: &str) -> Result<()> {
        let expected = format!("a whole number from {least} to {most}");
        self.must((least..=most).contains(&found), key, found, &expected, hint)
    }

    /// Refuses two percentiles that are none or not in order, naming the one that is to blame.
    pub(super) fn percentiles(self, low: f64, high: f64) -> Result<()> {
        let hint = "percentiles are percent: 1 and 99 leave out the darkest and the brightest hundredth";
        self.must((0.0..=100.0).contains(&low), "low", low, "a percentile from 0 to 100", hint)?;
        self.must((0.0..=100.0).contains(&high), "high", high, "a percentile from 0 to 100", hint)?;
        self.must(low < high, "low", low, &format!("a percentile below `high`, {high:?}"), hint)
    }

    /// Refuses shapes without voxels and those that no memory holds.
    pub(super) fn shape(self, shape: [usize; 3]) -> Result<()> {
        use dlr_imaging::frame::MOST_VOXELS;
        let n_voxels = shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
        let is_right = n_voxels.is_some_and(|n| (1..=MOST_VOXELS).contains(&n));
        let expected = format!("three whole numbers of at least 1, at most {MOST_VOXELS} voxels together");
        self.must(is_right, "shape", shape, &expected, "the order is z, y, x, in voxels")
    }
}

#[cfg(test)]
mod tests {
    use crate::{Registry, config::Stage};
    use std::path::Path;

    /// Stage, keys, and the key that the refusal must name.
    const BAD: &[(&str, &str, &str)] = &[
        ("resample", "spacing_mm = [1.0, -1.0, 1.0]", "spacing_mm"),
        ("resample", "spacing_mm = [1.0, 1.0, 1.0]\nmask_threshold = 1.5", "mask_threshold"),
        ("resample", "spacing_mm = [1.0, 1.0, 1.0]\nmask_threshold = -0.1", "mask_threshold"),
        ("resample", "spacing_mm = [1.0, 1.0, 1.0]\nmask_threshold = nan", "mask_threshold"),
        ("zscore", "scale = 0.0", "scale"),
        ("zscore", "clip_sd = -3.0", "clip_sd"),
        ("minmax", "low = -1.0", "low"),
        ("minmax", "high = 101.0", "high"),
        ("minmax", "low = 60.0\nhigh = 40.0", "low"),
        ("percentile", "low = -1.0", "low"),
        ("percentile", "high = nan", "high"),
        ("tissue", "width = 0.0", "width"),
        ("tissue", "width = 0.6", "width"),
        ("n4", "shrink = 0", "shrink"),
        ("n4", "iterations = []", "iterations"),
        ("n4", "iterations = [1000000000000]", "iterations"),
        ("n4", "convergence = -1.0", "convergence"),
        ("n4", "n_control = 3", "n_control"),
        ("n4", "n_control = 1000000", "n_control"),
        ("n4", "fwhm = 0.0", "fwhm"),
        ("n4", "wiener_noise = -0.1", "wiener_noise"),
        ("n4", "n_bins = 1", "n_bins"),
        ("resize", "shape = [0, 4, 4]", "shape"),
        ("resize", "shape = [100000, 100000, 100000]", "shape"),
        ("resize", "shape = [4611686018427387904, 4, 4]", "shape"),
        ("pad", "shape = [4, 0, 4]", "shape"),
        ("pad", "shape = [100000, 100000, 100000]", "shape"),
        ("pad", "shape = [4, 4, 4]\nfill = nan", "fill"),
        ("filter", "kind = \"mean\"\nsupport = 100000001", "support"),
        ("filter", "kind = \"mean\"\nsupport = 4", "support"),
        ("filter", "kind = \"mean\"\nsupport = 3\nboundary = { constant = inf }", "boundary"),
        ("filter", "kind = \"log\"\nsigma_mm = 0.0", "sigma_mm"),
        ("filter", "kind = \"log\"\nsigma_mm = 1.0\ncutoff_sigma = 0.0", "cutoff_sigma"),
        ("filter", "kind = \"laws\"\nkernels = \"L5E5\"", "kernels"),
        ("filter", "kind = \"laws\"\nkernels = \"L5E5X5\"", "X5"),
        ("filter", "kind = \"laws\"\nkernels = \"L5E5S5\"\nenergy_distance = 9223372036854775807", "energy_distance"),
        ("filter", "kind = \"gabor\"\nsigma_mm = -1.0\nlambda_mm = 2.0\ntheta_deg = [0.0]", "sigma_mm"),
        ("filter", "kind = \"gabor\"\nsigma_mm = 1.0\nlambda_mm = 0.0\ntheta_deg = [0.0]", "lambda_mm"),
        ("filter", "kind = \"gabor\"\nsigma_mm = 1.0\nlambda_mm = 2.0\ngamma = nan\ntheta_deg = [0.0]", "gamma"),
        ("filter", "kind = \"gabor\"\nsigma_mm = 1.0\nlambda_mm = 2.0\ntheta_deg = []", "theta_deg"),
        ("filter", "kind = \"wavelet\"\nwavelet = \"coif1\"\nband = \"LHL\"\nlevel = 0", "level"),
        ("filter", "kind = \"wavelet\"\nwavelet = \"coif1\"\nband = \"LH\"", "band"),
        ("filter", "kind = \"wavelet\"\nwavelet = \"coif1\"\nband = \"LHX\"", "LHX"),
        ("filter", "kind = \"wavelet\"\nwavelet = \"coyf1\"\nband = \"LHL\"", "coyf1"),
        ("filter", "kind = \"simoncelli\"\nlevel = 0", "level"),
        ("filter", "kind = \"riesz\"\norder = [0, 0, 0]", "order"),
        ("filter", "kind = \"riesz\"\norder = [1, 0, 0]\nsimoncelli_level = 99", "level"),
        ("filter", "kind = \"riesz\"\norder = [1, 0, 0]\nlog_sigma_mm = 2.0\nsimoncelli_level = 1", "log_sigma_mm"),
        ("body", "threshold = nan", "threshold"),
        ("body", "closing_mm = -1.0", "closing_mm"),
        ("perturb", "translation_mm = -1.0", "translation_mm"),
        ("perturb", "growth_mm = nan", "growth_mm"),
        ("perturb", "contour_sd_mm = -0.5", "contour_sd_mm"),
        ("perturb", "contour_length_mm = 0.0", "contour_length_mm"),
        ("filter-pyradiomics", "kind = \"log\"\nsigma_mm = 0.0", "sigma_mm"),
        ("filter-pyradiomics", "kind = \"wavelet\"\nband = \"LLH\"\nlevel = 0", "level"),
        ("filter-pyradiomics", "kind = \"wavelet\"\nband = \"LLH\"\nlevel = 20", "level"),
        ("filter-pyradiomics", "kind = \"wavelet\"\nband = \"LLH\"\nstart_level = 8", "start_level"),
        ("filter-pyradiomics", "kind = \"wavelet\"\nband = \"LH\"", "band"),
        ("filter-pyradiomics", "kind = \"lbp2d\"\nradius = 0.0", "radius"),
        ("filter-pyradiomics", "kind = \"lbp2d\"\nradius = 1e30", "radius"),
        ("filter-pyradiomics", "kind = \"lbp2d\"\nn_samples = 0", "n_samples"),
        ("filter-pyradiomics", "kind = \"lbp2d\"\nmethod = \"ror\"\nn_samples = 32", "n_samples"),
        ("filter-pyradiomics", "kind = \"lbp2d\"\nflat_axis = 3", "flat_axis"),
        ("filter-pyradiomics", "kind = \"lbp3d\"\nradius = nan", "radius"),
        ("filter-pyradiomics", "kind = \"lbp3d\"\nn_subdivisions = 11", "n_subdivisions"),
    ];

    #[test]
    fn every_key_out_of_range_is_refused_where_the_file_is_read_by_its_own_name() {
        let registry = Registry::builtin();
        let mut problems = Vec::new();
        for (name, keys, key) in BAD {
            let stage = Stage { stage: (*name).to_owned(), params: toml::from_str(keys).unwrap() };
            match registry.image_steps.make(&stage, "", Path::new("")) {
                Ok(_) => problems.push(format!("{name} takes {keys}")),
                Err(error) if !error.fact().contains(&format!("`{key}`")) => problems.push(format!("{keys}: {error}")),
                Err(error) => {
                    let text = error.to_string();
                    let parts = ["expected", "found", "hint"].iter().all(|part| text.contains(part));
                    if !parts {
                        problems.push(format!("{keys} lacks a part: {text}"));
                    }
                }
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn keys_of_the_step_that_learns_are_checked_too() {
        let learners = Registry::builtin().image_learners;
        for (keys, key) in [("percentiles = [50.0]", "percentiles"), ("range = [1.0, 1.0]", "range")] {
            let stage = Stage { stage: "nyul".to_owned(), params: toml::from_str(keys).unwrap() };
            let error = learners.make(&stage, "", Path::new("")).err().unwrap();
            assert!(error.fact().contains(&format!("`{key}`")), "{error}");
        }
    }

    #[test]
    fn ranges_are_closed_where_the_page_says_so() {
        let registry = Registry::builtin();
        let good = [
            ("resample", "spacing_mm = [1.0, 0.0, 1.0]\nmask_threshold = 1.0"),
            ("resample", "spacing_mm = [1.0, 1.0, 1.0]\nmask_threshold = 0.0"),
            ("minmax", "low = 0.0\nhigh = 100.0"),
            ("tissue", "width = 0.5"),
            ("n4", "n_control = 35"),
            ("pad", "shape = [1, 1, 1]\nfill = -1000.0"),
            ("filter-pyradiomics", "kind = \"wavelet\"\nband = \"LLH\"\nlevel = 4\nstart_level = 4"),
            ("filter-pyradiomics", "kind = \"lbp2d\"\nmethod = \"ror\"\nn_samples = 31"),
        ];
        for (name, keys) in good {
            let stage = Stage { stage: name.to_owned(), params: toml::from_str(keys).unwrap() };
            registry.image_steps.make(&stage, "", Path::new("")).map(drop).unwrap_or_else(|e| panic!("{keys}: {e}"));
        }
    }

    #[test]
    fn an_unknown_interpolator_is_told_of_all_that_the_stage_takes() {
        let params = toml::from_str("spacing_mm = [1.0, 1.0, 1.0]\ninterpolator = \"linear\"").unwrap();
        let stage = Stage { stage: "resample".to_owned(), params };
        let error = Registry::builtin().image_steps.make(&stage, "", Path::new("")).err().unwrap().to_string();
        assert!(["`cubic`", "sitkLinear", "`interpolator`"].iter().all(|text| error.contains(text)), "{error}");
    }
}
