//! [`Definition`]: what a feature means, as data. Docs, `features.json`, name lists and tests are made from these
//! tables; the values are computed in [`crate::families`], [`crate::pyradiomics`] and [`crate::ibsi`].

use std::fmt;

/// The two numeric conventions. A number belongs to exactly one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// As pyradiomics computes it.
    Pyradiomics,
    /// As the IBSI reference manual defines it.
    Ibsi,
}

/// Feature families, in the order in which tables list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Three-dimensional shape (IBSI: morphology).
    Shape,
    /// Shape of one slice.
    Shape2d,
    /// Local intensity (IBSI only).
    LocalIntensity,
    /// Intensity statistics.
    Firstorder,
    /// Intensity histogram (IBSI only).
    IntensityHistogram,
    /// Intensity-volume histogram (IBSI only).
    IntensityVolumeHistogram,
    /// Grey level co-occurrence.
    Glcm,
    /// Grey level run length.
    Glrlm,
    /// Grey level size zone.
    Glszm,
    /// Grey level distance zone (IBSI only).
    Gldzm,
    /// Grey level dependence (IBSI: NGLDM).
    Gldm,
    /// Neighbourhood grey tone difference.
    Ngtdm,
}

impl Family {
    /// The name in feature columns, as pyradiomics users know it; families that pyradiomics lacks are named likewise.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Shape => "shape",
            Family::Shape2d => "shape2D",
            Family::LocalIntensity => "loc",
            Family::Firstorder => "firstorder",
            Family::IntensityHistogram => "ih",
            Family::IntensityVolumeHistogram => "ivh",
            Family::Glcm => "glcm",
            Family::Glrlm => "glrlm",
            Family::Glszm => "glszm",
            Family::Gldzm => "gldzm",
            Family::Gldm => "gldm",
            Family::Ngtdm => "ngtdm",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One feature: its names, its formula, its unit, and what it is where the formula has no value.
///
/// In `unit`, `1` is dimensionless and `I` the unit of the image's intensities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// Family of the feature.
    pub family: Family,
    /// Name in feature columns, for example `JointEntropy`.
    pub feature: &'static str,
    /// Four-character code of the IBSI reference manual; empty where the manual does not have the feature.
    pub ibsi: &'static str,
    /// The formula in one line. The symbols are explained at the head of each family in `docs/features.md`.
    pub formula: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// The value, or `NaN`, for the regions on which the formula fails.
    pub degenerate: &'static str,
}

impl Definition {
    /// A row of a table, in the order: feature, IBSI code, unit, formula, degenerate case.
    pub const fn new(family: Family, row: [&'static str; 5]) -> Self {
        let [feature, ibsi, unit, formula, degenerate] = row;
        Definition { family, feature, ibsi, formula, unit, degenerate }
    }
}
