//! [`IbsiParams`]: every choice that the reference manual leaves to its reader, checked once.

use super::aggregation::{Aggregation, Dimension};
use crate::Family;
use dlr_core::{Code, Error, Result};

/// Intensities to grey levels for histogram and texture. There is no default: the manual has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bins {
    /// Intensities are grey levels already: whole numbers of at least 1.
    AsIs,
    /// Fixed bin size, from the lower bound of re-segmentation, or the minimum where that is open.
    FixedSize {
        /// Width of a bin, in intensity units.
        bin_width: f64,
    },
    /// Fixed bin number between the minimum and the maximum of the region.
    FixedNumber {
        /// Number of bins.
        n_bins: u32,
    },
}

/// Levels of the intensity-volume histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IvhBins {
    /// Intensities as they are, in whole units: for calibrated whole numbers such as Hounsfield units.
    AsIs,
    /// Bin centres of fixed size over the re-segmentation range: for calibrated continuous units.
    FixedSize {
        /// Width of a bin, in intensity units.
        bin_width: f64,
    },
    /// Bin numbers: for arbitrary units; the manual suggests 1000.
    FixedNumber {
        /// Number of bins.
        n_bins: u32,
    },
}

/// A new voxel grid before anything is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// Spacing `[z, y, x]` in mm; `None` keeps that axis.
    pub spacing_mm: [Option<f64>; 3],
    /// How intensities are interpolated. The mask is always interpolated linearly.
    pub interpolation: Interpolation,
    /// Whether intensities are rounded to whole numbers afterwards, as the manual asks for Hounsfield units.
    pub round: bool,
}

/// Interpolation of intensities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Bi- or trilinear.
    Linear,
    /// Bi- or tricubic spline, held constant beyond the centres of the border voxels.
    CubicSpline,
}

/// The parameters of the `ibsi` profile.
///
/// | name | default | unit | range | meaning |
/// |---|---|---|---|---|
/// | `bins` | none: must be chosen | | width > 0, number >= 1 | grey levels of histogram and texture |
/// | `ivh_bins` | 1000 bins | | width > 0, number >= 2 | levels of the intensity-volume histogram |
/// | `resampling` | none | mm | spacing > 0 | grid, interpolation and rounding |
/// | `lowest`, `highest` | open | intensity | lowest <= highest | range re-segmentation, both bounds included |
/// | `outlier_sigma` | none | deviations | > 0 | outlier re-segmentation: mean ± so many standard deviations |
/// | `families` | all eleven | | not empty | what is computed |
/// | `aggregations` | `3d-merged` | | not empty if texture is computed | how texture is gathered |
/// | `distance` | 1 | voxels | 1 to 64 | Chebyshev distance of GLCM, NGTDM and NGLDM |
/// | `ngldm_coarseness` | 0 | levels | >= 0 | largest difference of dependent voxels |
/// | `beyond_consensus` | false | | | also the features without a consensus value: smallest boxes and ellipsoids, area under the IVH |
///
/// Order of operations: resample image and mask, round, re-segment (the morphological mask stays as it is), then
/// measure; grey levels are made from the re-segmented region.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field has its row in the table above")]
pub struct IbsiParams {
    pub bins: Bins,
    pub ivh_bins: IvhBins,
    pub resampling: Option<Resampling>,
    pub lowest: Option<f64>,
    pub highest: Option<f64>,
    pub outlier_sigma: Option<f64>,
    pub families: Vec<Family>,
    pub aggregations: Vec<Aggregation>,
    pub distance: usize,
    pub ngldm_coarseness: f64,
    pub beyond_consensus: bool,
}

/// The families of the manual, in its order.
pub const FAMILIES: [Family; 11] = [
    Family::Shape,
    Family::LocalIntensity,
    Family::Firstorder,
    Family::IntensityHistogram,
    Family::IntensityVolumeHistogram,
    Family::Glcm,
    Family::Glrlm,
    Family::Glszm,
    Family::Gldzm,
    Family::Ngtdm,
    Family::Gldm,
];

impl IbsiParams {
    /// All families with the defaults of the table.
    pub fn new(bins: Bins) -> Self {
        IbsiParams {
            bins,
            ivh_bins: IvhBins::FixedNumber { n_bins: 1000 },
            resampling: None,
            lowest: None,
            highest: None,
            outlier_sigma: None,
            families: FAMILIES.to_vec(),
            aggregations: vec![Aggregation::Volume3dMerged],
            distance: 1,
            ngldm_coarseness: 0.0,
            beyond_consensus: false,
        }
    }

    /// Refuses what the table does not allow.
    ///
    /// # Errors
    /// [`Code::Parameter`], naming the parameter.
    pub fn validate(&self) -> Result<()> {
        let positive = |name: &str, value: f64| check(value.is_finite() && value > 0.0, name, value, "above 0");
        match self.bins {
            Bins::FixedSize { bin_width } => positive("bins.bin_width", bin_width)?,
            Bins::FixedNumber { n_bins } => check(n_bins >= 1, "bins.n_bins", n_bins, "at least 1")?,
            Bins::AsIs => {}
        }
        match self.ivh_bins {
            IvhBins::FixedSize { bin_width } => positive("ivh_bins.bin_width", bin_width)?,
            IvhBins::FixedNumber { n_bins } => check(n_bins >= 2, "ivh_bins.n_bins", n_bins, "at least 2")?,
            IvhBins::AsIs => {}
        }
        if let Some(resampling) = self.resampling {
            resampling.spacing_mm.into_iter().flatten().try_for_each(|s| positive("resampling.spacing_mm", s))?;
        }
        for (name, bound) in [("lowest", self.lowest), ("highest", self.highest)] {
            if let Some(bound) = bound {
                check(bound.is_finite(), name, bound, "a finite number, or left out where the range is open")?;
            }
        }
        if let (Some(lowest), Some(highest)) = (self.lowest, self.highest) {
            check(lowest <= highest, "lowest", lowest, &format!("at most `highest`, which is {highest}"))?;
        }
        if let Some(sigma) = self.outlier_sigma {
            positive("outlier_sigma", sigma)?;
        }
        check(!self.families.is_empty(), "families", "empty", "at least one family")?;
        if let Some(family) = self.families.iter().find(|f| !FAMILIES.contains(f)) {
            check(false, "families", family, "a family of the reference manual")?;
        }
        check(!has_repeats(&self.families), "families", "a list with repeats", "a list without repeats")?;
        check(!self.aggregations.is_empty(), "aggregations", "empty", "at least one aggregation")?;
        check(!has_repeats(&self.aggregations), "aggregations", "a list with repeats", "a list without repeats")?;
        check((1..=64).contains(&self.distance), "distance", self.distance, "1 to 64")?;
        let coarseness = self.ngldm_coarseness;
        check(coarseness.is_finite() && coarseness >= 0.0, "ngldm_coarseness", coarseness, "at least 0")
    }

    /// The dimensions of the families without directions, each once, in the order of the aggregations.
    pub fn dimensions(&self) -> Vec<Dimension> {
        let mut dimensions = Vec::new();
        for dimension in self.aggregations.iter().map(|a| a.dimension()) {
            if !dimensions.contains(&dimension) {
                dimensions.push(dimension);
            }
        }
        dimensions
    }
}

fn has_repeats<T: PartialEq>(list: &[T]) -> bool {
    list.iter().enumerate().any(|(k, item)| list[..k].contains(item))
}

fn check(holds: bool, name: &str, found: impl std::fmt::Display, allowed: &str) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Error::new(Code::Parameter, format!("parameter `{name}` is {found}, but must be {allowed}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_value_is_refused_by_name() {
        let good = IbsiParams::new(Bins::FixedNumber { n_bins: 32 });
        assert!(good.validate().is_ok());
        let bad = |name: &str, change: &dyn Fn(&mut IbsiParams)| {
            let mut params = good.clone();
            change(&mut params);
            let error = params.validate().unwrap_err();
            assert_eq!(error.code(), Code::Parameter);
            assert!(error.fact().contains(name), "{error}");
        };
        bad("bins.bin_width", &|p| p.bins = Bins::FixedSize { bin_width: 0.0 });
        bad("bins.bin_width", &|p| p.bins = Bins::FixedSize { bin_width: f64::NAN });
        bad("bins.n_bins", &|p| p.bins = Bins::FixedNumber { n_bins: 0 });
        bad("ivh_bins.n_bins", &|p| p.ivh_bins = IvhBins::FixedNumber { n_bins: 1 });
        bad("lowest", &|p| (p.lowest, p.highest) = (Some(2.0), Some(1.0)));
        bad("highest", &|p| p.highest = Some(f64::INFINITY));
        bad("outlier_sigma", &|p| p.outlier_sigma = Some(-3.0));
        bad("families", &|p| p.families.clear());
        bad("families", &|p| p.families = vec![Family::Shape2d]);
        bad("families", &|p| p.families = vec![Family::Glcm, Family::Glcm]);
        bad("aggregations", &|p| p.aggregations.clear());
        bad("distance", &|p| p.distance = 0);
        bad("ngldm_coarseness", &|p| p.ngldm_coarseness = -1.0);
        bad("resampling", &|p| {
            let spacing_mm = [Some(0.0), None, None];
            p.resampling = Some(Resampling { spacing_mm, interpolation: Interpolation::Linear, round: false });
        });
    }
}
