//! The four families whose matrices count grey levels by some size: runs, zones, distances and dependences. They share
//! sixteen formulae ([`Emphasis`]); what differs is what is counted.

use super::aggregation::{Aggregation, Dimension, Part, average};
use super::slices::{directional, is_volume, n_voxels, undirected};
use crate::families::emphasis::Emphasis;
use crate::matrix::{Counts, Extent, Levels, all_offsets, half_offsets};
use crate::{Definition, Family, matrix};
use dlr_core::Result;

/// Sixteen definitions of one family, from names and codes in the order of [`sixteen`]. `s` counts the entries with
/// grey level `i` and size `j`, `n` all entries, `p = s / n`; `v` the voxels.
const fn table(family: Family, names: [[&'static str; 2]; 16]) -> [Definition; 16] {
    const ROWS: [[&str; 3]; 16] = [
        ["1", "Σ s(i,j) / j² / n", "never"],
        ["1", "Σ j² s(i,j) / n", "never"],
        ["1", "Σ s(i,j) / i² / n", "never"],
        ["level²", "Σ i² s(i,j) / n", "never"],
        ["1", "Σ s(i,j) / (i² j²) / n", "never"],
        ["level²", "Σ i² s(i,j) / j² / n", "never"],
        ["1", "Σ j² s(i,j) / i² / n", "never"],
        ["level²", "Σ i² j² s(i,j) / n", "never"],
        ["1", "Σi (Σj s(i,j))² / n", "never"],
        ["1", "Σi (Σj s(i,j))² / n²", "never"],
        ["1", "Σj (Σi s(i,j))² / n", "never"],
        ["1", "Σj (Σi s(i,j))² / n²", "never"],
        ["1", "n / v", "never"],
        ["level²", "Σ (i - Σ i p)² p", "0 for one grey level"],
        ["1", "Σ (j - Σ j p)² p", "0 where all sizes are equal"],
        ["bit", "-Σ p log2 p", "0 for a single kind of entry"],
    ];
    let mut definitions = [Definition::new(family, ["", "", "", "", ""]); 16];
    let mut k = 0;
    while k < 16 {
        let [unit, formula, degenerate] = ROWS[k];
        definitions[k] = Definition::new(family, [names[k][0], names[k][1], unit, formula, degenerate]);
        k += 1;
    }
    definitions
}

/// Run length: `j` voxels in a row along a direction.
pub const GLRLM: [Definition; 16] = table(
    Family::Glrlm,
    [
        ["ShortRunEmphasis", "22OV"],
        ["LongRunEmphasis", "W4KF"],
        ["LowGrayLevelRunEmphasis", "V3SW"],
        ["HighGrayLevelRunEmphasis", "G3QZ"],
        ["ShortRunLowGrayLevelEmphasis", "HTZT"],
        ["ShortRunHighGrayLevelEmphasis", "GD3A"],
        ["LongRunLowGrayLevelEmphasis", "IVPO"],
        ["LongRunHighGrayLevelEmphasis", "3KUM"],
        ["GrayLevelNonUniformity", "R5YN"],
        ["GrayLevelNonUniformityNormalized", "OVBL"],
        ["RunLengthNonUniformity", "W92Y"],
        ["RunLengthNonUniformityNormalized", "IC23"],
        ["RunPercentage", "9ZK5"],
        ["GrayLevelVariance", "8CE5"],
        ["RunVariance", "SXLW"],
        ["RunEntropy", "HJ9O"],
    ],
);

/// Size zone: `j` connected voxels.
pub const GLSZM: [Definition; 16] = table(
    Family::Glszm,
    [
        ["SmallAreaEmphasis", "5QRC"],
        ["LargeAreaEmphasis", "48P8"],
        ["LowGrayLevelZoneEmphasis", "XMSY"],
        ["HighGrayLevelZoneEmphasis", "5GN9"],
        ["SmallAreaLowGrayLevelEmphasis", "5RAI"],
        ["SmallAreaHighGrayLevelEmphasis", "HW1V"],
        ["LargeAreaLowGrayLevelEmphasis", "YH51"],
        ["LargeAreaHighGrayLevelEmphasis", "J17V"],
        ["GrayLevelNonUniformity", "JNSA"],
        ["GrayLevelNonUniformityNormalized", "Y1RO"],
        ["SizeZoneNonUniformity", "4JP3"],
        ["SizeZoneNonUniformityNormalized", "VB3A"],
        ["ZonePercentage", "P30P"],
        ["GrayLevelVariance", "BYLV"],
        ["ZoneVariance", "3NSA"],
        ["ZoneEntropy", "GU8N"],
    ],
);

/// Distance zone: a zone whose nearest voxel lies `j` steps from outside the morphological mask.
pub const GLDZM: [Definition; 16] = table(
    Family::Gldzm,
    [
        ["SmallDistanceEmphasis", "0GBI"],
        ["LargeDistanceEmphasis", "MB4I"],
        ["LowGrayLevelZoneEmphasis", "S1RA"],
        ["HighGrayLevelZoneEmphasis", "K26C"],
        ["SmallDistanceLowGrayLevelEmphasis", "RUVG"],
        ["SmallDistanceHighGrayLevelEmphasis", "DKNJ"],
        ["LargeDistanceLowGrayLevelEmphasis", "A7WM"],
        ["LargeDistanceHighGrayLevelEmphasis", "KLTH"],
        ["GrayLevelNonUniformity", "VFT7"],
        ["GrayLevelNonUniformityNormalized", "7HP3"],
        ["ZoneDistanceNonUniformity", "V294"],
        ["ZoneDistanceNonUniformityNormalized", "IATH"],
        ["ZonePercentage", "VIWW"],
        ["GrayLevelVariance", "QK93"],
        ["ZoneDistanceVariance", "7WT1"],
        ["ZoneDistanceEntropy", "GBDU"],
    ],
);

const DEPENDENCE: [Definition; 16] = table(
    Family::Gldm,
    [
        ["SmallDependenceEmphasis", "SODN"],
        ["LargeDependenceEmphasis", "IMOQ"],
        ["LowGrayLevelEmphasis", "TL9H"],
        ["HighGrayLevelEmphasis", "OAE7"],
        ["SmallDependenceLowGrayLevelEmphasis", "EQ3F"],
        ["SmallDependenceHighGrayLevelEmphasis", "JA6D"],
        ["LargeDependenceLowGrayLevelEmphasis", "NBZI"],
        ["LargeDependenceHighGrayLevelEmphasis", "9QMG"],
        ["GrayLevelNonUniformity", "FP8K"],
        ["GrayLevelNonUniformityNormalized", "5SPA"],
        ["DependenceNonUniformity", "Z87G"],
        ["DependenceNonUniformityNormalized", "OKJI"],
        ["DependencePercentage", "6XV8"],
        ["GrayLevelVariance", "1PFV"],
        ["DependenceVariance", "DNX2"],
        ["DependenceEntropy", "FCBV"],
    ],
);

/// Dependence (NGLDM): `j - 1` neighbours of nearly the same grey level.
pub const NGLDM: [Definition; 17] = {
    let mut all = [Definition::new(Family::Gldm, ["DependenceEnergy", "CAS9", "1", "Σ p²", "never"]); 17];
    let mut k = 0;
    while k < 16 {
        all[k] = DEPENDENCE[k];
        k += 1;
    }
    all
};

/// Features of one table, in the order of [`table`]; the seventeenth is the energy.
fn features<const N: usize>(part: &Part, levels: &Levels) -> [f64; N] {
    let Some(e) = Emphasis::new(&part.counts, levels) else { return [f64::NAN; N] };
    let all = [
        e.small,
        e.large,
        e.low_grey,
        e.high_grey,
        e.small_low_grey,
        e.small_high_grey,
        e.large_low_grey,
        e.large_high_grey,
        e.grey_non_uniformity,
        e.grey_non_uniformity_normalised,
        e.size_non_uniformity,
        e.size_non_uniformity_normalised,
        e.total / part.n_voxels,
        e.grey_variance,
        e.size_variance,
        e.entropy,
        e.energy,
    ];
    std::array::from_fn(|k| all[k])
}

/// Run length features for each aggregation, in the order of [`GLRLM`].
///
/// # Errors
/// `levels` without a margin.
pub fn glrlm(levels: &Levels, wanted: &[Aggregation]) -> Result<Vec<[f64; 16]>> {
    let parts = |volume: bool| {
        let (flat, extent) = if volume { (None, Extent::Volume) } else { (Some(0), Extent::Slices { axis: 0 }) };
        let slices = matrix::glrlm(levels, &half_offsets(&[1], flat), extent)?;
        let n_voxels = n_voxels(levels, volume);
        let part = |runs: matrix::Runs, n_voxels| Part { counts: runs.counts, n_voxels };
        let slice = |(slice, n): (Vec<matrix::Runs>, f64)| slice.into_iter().map(|runs| part(runs, n)).collect();
        Ok(slices.into_iter().zip(n_voxels).map(slice).collect())
    };
    let in_slices = directional(wanted, false, || parts(false))?;
    let in_volume = directional(wanted, true, || parts(true))?;
    let one = |aggregation: &Aggregation| {
        let parts = if is_volume(*aggregation) { &in_volume } else { &in_slices };
        average(aggregation.tables(parts).iter().map(|part| features(part, levels)))
    };
    Ok(wanted.iter().map(one).collect())
}

/// Size zone features for each dimension, in the order of [`GLSZM`].
///
/// # Errors
/// `levels` without a margin.
pub fn glszm(levels: &Levels, wanted: &[Dimension]) -> Result<Vec<[f64; 16]>> {
    gather(levels, wanted, |extent| matrix::glszm(levels, extent))
}

/// Distance zone features for each dimension, in the order of [`GLDZM`]. `distances` are those of
/// [`super::distance::to_border`] for slices and for the volume.
///
/// # Errors
/// `levels` without a margin.
pub fn gldzm(
    levels: &Levels,
    distances: impl Fn(Extent) -> ndarray::Array3<u32>,
    wanted: &[Dimension],
) -> Result<Vec<[f64; 16]>> {
    gather(levels, wanted, |extent| super::distance::zones(levels, distances(extent).view(), extent))
}

/// Dependence features for each dimension, in the order of [`NGLDM`].
///
/// # Errors
/// A `distance` beyond the margin of `levels`.
pub fn ngldm(levels: &Levels, distance: usize, coarseness: f64, wanted: &[Dimension]) -> Result<Vec<[f64; 17]>> {
    gather(levels, wanted, |extent| {
        let flat = if extent == Extent::Volume { None } else { Some(0) };
        matrix::gldm(levels, &all_offsets(&[distance], flat), coarseness, extent)
    })
}

fn gather<const N: usize>(
    levels: &Levels,
    wanted: &[Dimension],
    count: impl Fn(Extent) -> Result<Vec<Counts>>,
) -> Result<Vec<[f64; N]>> {
    let parts = |volume: bool| -> Result<Vec<Part>> {
        let counts = count(if volume { Extent::Volume } else { Extent::Slices { axis: 0 } })?;
        let with_voxels = counts.into_iter().zip(n_voxels(levels, volume));
        Ok(with_voxels.map(|(counts, n_voxels)| Part { counts, n_voxels }).collect())
    };
    let in_slices = undirected(wanted, false, || parts(false))?;
    let in_volume = undirected(wanted, true, || parts(true))?;
    let one = |dimension: &Dimension| {
        let parts = if *dimension == Dimension::Volume3d { &in_volume } else { &in_slices };
        average(dimension.tables(parts).iter().map(|part| features(part, levels)))
    };
    Ok(wanted.iter().map(one).collect())
}
