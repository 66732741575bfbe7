//! Grey level co-occurrence: which grey levels lie beside each other. Counted both ways, without weights.

use super::aggregation::{Aggregation, Part, average};
use crate::families::cooccurrence::Cooccurrence;
use crate::matrix::{Extent, Levels, half_offsets};
use crate::{Definition, Family, matrix};
use dlr_core::Result;

const F: Family = Family::Glcm;
const NO_PAIRS: &str = "NaN where no two voxels of the region are neighbours";
const NO_SPREAD: &str = "0 for one grey level; NaN where no two voxels of the region are neighbours";

const fn row(feature: &'static str, ibsi: &'static str, unit: &'static str, formula: &'static str) -> Definition {
    Definition::new(F, [feature, ibsi, unit, formula, NO_PAIRS])
}

/// A feature of how levels differ.
const fn spread(feature: &'static str, ibsi: &'static str, unit: &'static str, formula: &'static str) -> Definition {
    Definition::new(F, [feature, ibsi, unit, formula, NO_SPREAD])
}

/// The features of co-occurrence, in the order of [`glcm`].
///
/// `p(i,j)` is the share of neighbours with grey levels `i` and `j`; `px` its marginal, `µ` and `σ` mean and deviation
/// of `px`; `p-(k)` the share with `|i - j| = k`, `p+(k)` that with `i + j = k`; `n` the number of grey levels of the
/// discretisation; `H` an entropy in bits.
pub const DEFINITIONS: [Definition; 25] = [
    row("MaximumProbability", "GYBY", "1", "max p(i,j)"),
    row("JointAverage", "60VM", "level", "Σ i p(i,j)"),
    spread("SumSquares", "UR99", "level²", "Σ (i - µ)² p(i,j), the joint variance"),
    spread("JointEntropy", "TU9B", "bit", "-Σ p(i,j) log2 p(i,j)"),
    spread("DifferenceAverage", "TF7R", "level", "Σ k p-(k)"),
    spread("DifferenceVariance", "D3YU", "level²", "Σ (k - DifferenceAverage)² p-(k)"),
    spread("DifferenceEntropy", "NTRS", "bit", "-Σ p-(k) log2 p-(k)"),
    row("SumAverage", "ZGXS", "level", "Σ k p+(k)"),
    spread("SumVariance", "OEEB", "level²", "Σ (k - SumAverage)² p+(k)"),
    spread("SumEntropy", "P6QZ", "bit", "-Σ p+(k) log2 p+(k)"),
    row("JointEnergy", "8ZQL", "1", "Σ p(i,j)², the angular second moment"),
    spread("Contrast", "ACUI", "level²", "Σ (i - j)² p(i,j)"),
    spread("Dissimilarity", "8S9J", "level", "Σ |i - j| p(i,j)"),
    row("Id", "IB1Z", "1", "Σ p-(k) / (1 + k), the inverse difference"),
    row("Idn", "NDRX", "1", "Σ p-(k) / (1 + k / n)"),
    row("Idm", "WF0Z", "1", "Σ p-(k) / (1 + k²), the inverse difference moment"),
    row("Idmn", "1QCO", "1", "Σ p-(k) / (1 + k² / n²)"),
    spread("InverseVariance", "E8JP", "1", "2 Σ p(i,j) / (i - j)² over j > i"),
    Definition::new(
        F,
        ["Correlation", "NI2N", "1", "Σ (i - µ) (j - µ) p(i,j) / σ²", "1 for one grey level; NaN without neighbours"],
    ),
    row("Autocorrelation", "QWB0", "level²", "Σ i j p(i,j)"),
    spread("ClusterTendency", "DG8W", "level²", "Σ (i + j - 2 µ)² p(i,j)"),
    spread("ClusterShade", "7NFM", "level³", "Σ (i + j - 2 µ)³ p(i,j)"),
    spread("ClusterProminence", "AE86", "level⁴", "Σ (i + j - 2 µ)⁴ p(i,j)"),
    Definition::new(
        F,
        [
            "Imc1",
            "R8DG",
            "1",
            "(H(p) - H1) / H(px), H1 = -Σ p log2(px py)",
            "0 for one grey level; NaN without neighbours",
        ],
    ),
    Definition::new(
        F,
        [
            "Imc2",
            "JN9H",
            "1",
            "√(1 - exp(-2 (H2 - H(p)))), H2 = H(px) + H(py)",
            "0 for one grey level; NaN without neighbours",
        ],
    ),
];

/// The features of co-occurrence for each aggregation, in the order of [`DEFINITIONS`].
///
/// `n_levels` is the number of grey levels of the discretisation, `distance` the Chebyshev distance of neighbours.
///
/// # Errors
/// A `distance` beyond the margin of `levels`.
pub fn glcm(levels: &Levels, n_levels: u32, distance: usize, wanted: &[Aggregation]) -> Result<Vec<[f64; 25]>> {
    let in_slices = super::slices::directional(wanted, false, || parts(levels, distance, Some(0)))?;
    let in_volume = super::slices::directional(wanted, true, || parts(levels, distance, None))?;
    let features = |part: &Part| features(part, levels, f64::from(n_levels));
    let one = |aggregation: &Aggregation| {
        let parts = if super::slices::is_volume(*aggregation) { &in_volume } else { &in_slices };
        average(aggregation.tables(parts).iter().map(features))
    };
    Ok(wanted.iter().map(one).collect())
}

fn parts(levels: &Levels, distance: usize, flat: Option<usize>) -> Result<Vec<Vec<Part>>> {
    let offsets = half_offsets(&[distance], flat);
    let extent = flat.map_or(Extent::Volume, |axis| Extent::Slices { axis });
    let part = |counts: &crate::matrix::Counts| Part { counts: counts.symmetric(), n_voxels: 0.0 };
    Ok(matrix::glcm(levels, &offsets, extent)?.iter().map(|slice| slice.iter().map(part).collect()).collect())
}

fn features(part: &Part, levels: &Levels, n_levels: f64) -> [f64; 25] {
    let Some(f) = Cooccurrence::new(&part.counts, levels, n_levels, 0.0) else { return [f64::NAN; 25] };
    // The two entropies are equal for independent levels; rounding must not make the root imaginary.
    let imc2 = if f.information_correlation_2.is_nan() { 0.0 } else { f.information_correlation_2 };
    [
        f.joint_maximum,
        f.joint_average,
        f.joint_variance,
        f.joint_entropy,
        f.difference_average,
        f.difference_variance,
        f.difference_entropy,
        f.sum_average,
        f.sum_variance,
        f.sum_entropy,
        f.angular_second_moment,
        f.contrast,
        f.difference_average,
        f.inverse_difference,
        f.normalised_inverse_difference,
        f.inverse_difference_moment,
        f.normalised_inverse_difference_moment,
        f.inverse_variance,
        f.correlation,
        f.autocorrelation,
        f.cluster_tendency,
        f.cluster_shade,
        f.cluster_prominence,
        f.information_correlation_1,
        imc2,
    ]
}
