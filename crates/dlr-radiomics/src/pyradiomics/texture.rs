//! First-order and texture features of the `pyradiomics` profile: how its directions are weighted and averaged, and
//! which of the shared formulae each of its names is.

use super::region::Region;
use super::tables::in_order;
use super::{Norm, Settings};
use crate::definition::Family;
use crate::families::cooccurrence::Cooccurrence;
use crate::families::correlation_coefficient::maximal_correlation_coefficient;
use crate::families::emphasis::Emphasis;
use crate::families::statistics::{Statistics, sum_of};
use crate::matrix::{self, Counts, Extent, Levels, Offset, all_offsets, half_offsets, positions};
use dlr_core::{Code, Error, Result};

/// pyradiomics adds this inside its logarithms.
const EPS: f64 = f64::EPSILON;

/// The values of one family, in the order of its table; NaN where a feature is not defined for this region.
pub(crate) fn family(
    family: Family,
    region: &Region<'_>,
    levels: &Levels,
    settings: &Settings,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<f64>> {
    family_of(family, region, levels, settings, levels.max_value(), wanted("MCC"))
}

/// As [`family`], with the largest grey level of the image in place of that of `levels`, which may be a part of it.
pub(crate) fn family_of(
    family: Family,
    region: &Region<'_>,
    levels: &Levels,
    settings: &Settings,
    n_g: u32,
    with_mcc: bool,
) -> Result<Vec<f64>> {
    match family {
        Family::Firstorder => firstorder(region, levels, settings),
        Family::Glcm => glcm(levels, region.spacing_mm, settings, f64::from(n_g), with_mcc),
        Family::Glrlm => glrlm(levels, region.spacing_mm, settings),
        Family::Glszm => glszm(levels, settings),
        Family::Gldm => gldm(levels, settings),
        Family::Ngtdm => ngtdm(levels, settings),
        other => Err(Error::new(Code::UnknownName, format!("`{other}` is no intensity family of this profile"))),
    }
}

fn flat(settings: &Settings) -> Option<usize> {
    settings.force2d.then_some(settings.force2d_dimension)
}

fn firstorder(region: &Region<'_>, levels: &Levels, settings: &Settings) -> Result<Vec<f64>> {
    let values = &region.intensities;
    let s = Statistics::new(values).ok_or_else(|| Error::new(Code::EmptyMask, "the region has no voxel"))?;
    let energy = sum_of(values, |x| (x + settings.voxel_array_shift).powi(2));
    let mut histogram = vec![0.0; levels.n_ranks()];
    for at in positions(&levels.stretches) {
        histogram[usize::from(levels.ranks[at]) - 1] += 1.0;
    }
    let shares: Vec<f64> = histogram.iter().map(|count| count / s.n).collect();
    let flat = s.variance == 0.0;
    let standardised = |moment: f64, power: f64| if flat { 0.0 } else { moment / s.variance.powf(power) };
    Ok(in_order(
        Family::Firstorder,
        &[
            ("10Percentile", s.percentile_10),
            ("90Percentile", s.percentile_90),
            ("Energy", energy),
            ("Entropy", -shares.iter().map(|p| p * (p + EPS).log2()).sum::<f64>()),
            ("InterquartileRange", s.percentile_75 - s.percentile_25),
            ("Kurtosis", standardised(s.m4, 2.0)),
            ("Maximum", s.maximum),
            ("MeanAbsoluteDeviation", s.mean_absolute_deviation),
            ("Mean", s.mean),
            ("Median", s.median),
            ("Minimum", s.minimum),
            ("Range", s.maximum - s.minimum),
            ("RobustMeanAbsoluteDeviation", s.robust_mean_absolute_deviation),
            ("RootMeanSquared", (energy / s.n).sqrt()),
            ("Skewness", standardised(s.m3, 1.5)),
            ("TotalEnergy", energy * region.spacing_mm.iter().product::<f64>()),
            ("Uniformity", shares.iter().map(|p| p * p).sum()),
            ("Variance", s.variance),
            ("StandardDeviation", s.variance.sqrt()),
        ],
    ))
}

/// Length of an offset in millimetres, in the chosen norm.
fn length_mm(offset: Offset, spacing_mm: [f64; 3], norm: Norm) -> f64 {
    let parts = [0, 1, 2].map(|a| offset[a].unsigned_abs() as f64 * spacing_mm[a]);
    match norm {
        Norm::Manhattan => parts.iter().sum(),
        Norm::Euclidean => parts.iter().map(|p| p * p).sum::<f64>().sqrt(),
        Norm::Infinity => parts.iter().copied().fold(0.0, f64::max),
        Norm::NoWeighting => 1.0,
    }
}

fn glcm(levels: &Levels, spacing_mm: [f64; 3], settings: &Settings, n_g: f64, with_mcc: bool) -> Result<Vec<f64>> {
    let offsets = half_offsets(&settings.distances, flat(settings));
    let mut tables = matrix::glcm(levels, &offsets, Extent::Volume)?.swap_remove(0);
    if settings.symmetrical_glcm {
        tables = tables.iter().map(Counts::symmetric).collect();
    }
    if let Some(norm) = settings.weighting_norm {
        let weight = |offset: &Offset| match norm {
            Norm::NoWeighting => 1.0,
            _ => (-length_mm(*offset, spacing_mm, norm).powi(2)).exp(),
        };
        tables = vec![Counts::weighted_sum(tables.iter().zip(offsets.iter().map(weight)))];
    }
    let one = |table: &Counts| {
        let f = Cooccurrence::new(table, levels, n_g, EPS)?;
        let mcc = if with_mcc { maximal_correlation_coefficient(table, levels.n_ranks(), EPS) } else { f64::NAN };
        Some(in_order(
            Family::Glcm,
            &[
                ("Autocorrelation", f.autocorrelation),
                ("ClusterProminence", f.cluster_prominence),
                ("ClusterShade", f.cluster_shade),
                ("ClusterTendency", f.cluster_tendency),
                ("Contrast", f.contrast),
                ("Correlation", f.correlation),
                ("DifferenceAverage", f.difference_average),
                ("DifferenceEntropy", f.difference_entropy),
                ("DifferenceVariance", f.difference_variance),
                ("Id", f.inverse_difference),
                ("Idm", f.inverse_difference_moment),
                ("Idmn", f.normalised_inverse_difference_moment),
                ("Idn", f.normalised_inverse_difference),
                ("Imc1", f.information_correlation_1),
                ("Imc2", f.information_correlation_2),
                ("InverseVariance", f.inverse_variance),
                ("JointAverage", f.joint_average),
                ("JointEnergy", f.angular_second_moment),
                ("JointEntropy", f.joint_entropy),
                ("MCC", mcc),
                ("MaximumProbability", f.joint_maximum),
                ("SumAverage", f.sum_average),
                ("SumEntropy", f.sum_entropy),
                ("SumSquares", f.joint_variance),
            ],
        ))
    };
    let mut values = mean_over_directions(Family::Glcm, tables.iter().filter_map(one));
    if with_mcc && levels.n_ranks() == 1 {
        // One grey level is 1 in pyradiomics even where no two voxels are neighbours and all else is undefined.
        let mcc = super::tables::definitions(Family::Glcm).iter().position(|d| d.feature == "MCC");
        mcc.into_iter().for_each(|at| values[at] = 1.0);
    }
    Ok(values)
}

fn glrlm(levels: &Levels, spacing_mm: [f64; 3], settings: &Settings) -> Result<Vec<f64>> {
    let offsets = half_offsets(&[1], flat(settings));
    let runs = matrix::glrlm(levels, &offsets, Extent::Volume)?.swap_remove(0);
    // A direction in which no line holds two voxels says nothing about runs and is left out.
    let kept = runs.iter().zip(&offsets).filter(|(runs, _)| runs.has_line);
    let tables: Vec<Counts> = match settings.weighting_norm {
        Some(norm) => {
            let weighted = kept.map(|(runs, offset)| (&runs.counts, length_mm(*offset, spacing_mm, norm)));
            vec![Counts::weighted_sum(weighted)]
        }
        None => kept.map(|(runs, _)| runs.counts.clone()).collect(),
    };
    let one = |table: &Counts| {
        let e = Emphasis::with_eps(table, levels, EPS)?;
        Some(in_order(
            Family::Glrlm,
            &[
                ("GrayLevelNonUniformity", e.grey_non_uniformity),
                ("GrayLevelNonUniformityNormalized", e.grey_non_uniformity_normalised),
                ("GrayLevelVariance", e.grey_variance),
                ("HighGrayLevelRunEmphasis", e.high_grey),
                ("LongRunEmphasis", e.large),
                ("LongRunHighGrayLevelEmphasis", e.large_high_grey),
                ("LongRunLowGrayLevelEmphasis", e.large_low_grey),
                ("LowGrayLevelRunEmphasis", e.low_grey),
                ("RunEntropy", e.entropy),
                ("RunLengthNonUniformity", e.size_non_uniformity),
                ("RunLengthNonUniformityNormalized", e.size_non_uniformity_normalised),
                ("RunPercentage", e.total / e.covered),
                ("RunVariance", e.size_variance),
                ("ShortRunEmphasis", e.small),
                ("ShortRunHighGrayLevelEmphasis", e.small_high_grey),
                ("ShortRunLowGrayLevelEmphasis", e.small_low_grey),
            ],
        ))
    };
    Ok(mean_over_directions(Family::Glrlm, tables.iter().filter_map(one)))
}

fn glszm(levels: &Levels, settings: &Settings) -> Result<Vec<f64>> {
    // In two dimensions zones do not leave their slice, but all of them are counted in one table.
    let extent = flat(settings).map_or(Extent::Volume, |axis| Extent::Slices { axis });
    let table = Counts::merge(&matrix::glszm(levels, extent)?);
    let Some(e) = Emphasis::with_eps(&table, levels, EPS) else { return Ok(undefined(Family::Glszm)) };
    Ok(in_order(
        Family::Glszm,
        &[
            ("GrayLevelNonUniformity", e.grey_non_uniformity),
            ("GrayLevelNonUniformityNormalized", e.grey_non_uniformity_normalised),
            ("GrayLevelVariance", e.grey_variance),
            ("HighGrayLevelZoneEmphasis", e.high_grey),
            ("LargeAreaEmphasis", e.large),
            ("LargeAreaHighGrayLevelEmphasis", e.large_high_grey),
            ("LargeAreaLowGrayLevelEmphasis", e.large_low_grey),
            ("LowGrayLevelZoneEmphasis", e.low_grey),
            ("SizeZoneNonUniformity", e.size_non_uniformity),
            ("SizeZoneNonUniformityNormalized", e.size_non_uniformity_normalised),
            ("SmallAreaEmphasis", e.small),
            ("SmallAreaHighGrayLevelEmphasis", e.small_high_grey),
            ("SmallAreaLowGrayLevelEmphasis", e.small_low_grey),
            ("ZoneEntropy", e.entropy),
            ("ZonePercentage", e.total / e.covered),
            ("ZoneVariance", e.size_variance),
        ],
    ))
}

fn gldm(levels: &Levels, settings: &Settings) -> Result<Vec<f64>> {
    let offsets = all_offsets(&settings.distances, flat(settings));
    let table = matrix::gldm(levels, &offsets, settings.gldm_a, Extent::Volume)?.swap_remove(0);
    let Some(e) = Emphasis::with_eps(&table, levels, EPS) else { return Ok(undefined(Family::Gldm)) };
    Ok(in_order(
        Family::Gldm,
        &[
            ("DependenceEntropy", e.entropy),
            ("DependenceNonUniformity", e.size_non_uniformity),
            ("DependenceNonUniformityNormalized", e.size_non_uniformity_normalised),
            ("DependenceVariance", e.size_variance),
            ("GrayLevelNonUniformity", e.grey_non_uniformity),
            ("GrayLevelVariance", e.grey_variance),
            ("HighGrayLevelEmphasis", e.high_grey),
            ("LargeDependenceEmphasis", e.large),
            ("LargeDependenceHighGrayLevelEmphasis", e.large_high_grey),
            ("LargeDependenceLowGrayLevelEmphasis", e.large_low_grey),
            ("LowGrayLevelEmphasis", e.low_grey),
            ("SmallDependenceEmphasis", e.small),
            ("SmallDependenceHighGrayLevelEmphasis", e.small_high_grey),
            ("SmallDependenceLowGrayLevelEmphasis", e.small_low_grey),
        ],
    ))
}

fn ngtdm(levels: &Levels, settings: &Settings) -> Result<Vec<f64>> {
    let offsets = all_offsets(&settings.distances, flat(settings));
    let sums = matrix::ngtdm(levels, &offsets, Extent::Volume)?.swap_remove(0);
    // Voxels without a neighbour count too, unlike in the manual.
    let n: f64 = sums.n.iter().sum();
    let rows: Vec<[f64; 3]> =
        (0..levels.n_ranks()).map(|r| [levels.value(r as u32 + 1), sums.n[r] / n, sums.s[r]]).collect();
    let pairs = |f: &dyn Fn(&[f64; 3], &[f64; 3]) -> f64| {
        rows.iter().map(|a| rows.iter().map(|b| f(a, b)).sum::<f64>()).sum::<f64>()
    };
    let coarse: f64 = rows.iter().map(|[_, p, s]| p * s).sum();
    let s_total: f64 = rows.iter().map(|[_, _, s]| s).sum();
    let n_levels = rows.len() as f64;
    let spread = pairs(&|a, b| a[1] * b[1] * (a[0] - b[0]).powi(2));
    let busy = pairs(&|a, b| (a[0] * a[1] - b[0] * b[1]).abs());
    let complex = pairs(&|a, b| (a[0] - b[0]).abs() * (a[1] * a[2] + b[1] * b[2]) / (a[1] + b[1]));
    let strong = pairs(&|a, b| (a[1] + b[1]) * (a[0] - b[0]).powi(2));
    let ratio = |top: f64, bottom: f64| if bottom == 0.0 { 0.0 } else { top / bottom };
    Ok(in_order(
        Family::Ngtdm,
        &[
            ("Busyness", ratio(coarse, busy)),
            ("Coarseness", if coarse == 0.0 { 1e6 } else { 1.0 / coarse }),
            ("Complexity", complex / n),
            ("Contrast", ratio(spread * s_total / n, n_levels * (n_levels - 1.0))),
            ("Strength", ratio(strong, s_total)),
        ],
    ))
}

fn undefined(family: Family) -> Vec<f64> {
    vec![f64::NAN; super::tables::definitions(family).len()]
}

/// Mean of each feature over the directions in which it is a number.
fn mean_over_directions(family: Family, directions: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); super::tables::definitions(family).len()];
    for values in directions {
        for ((sum, n), value) in sums.iter_mut().zip(values) {
            if !value.is_nan() {
                *sum += value;
                *n += 1.0;
            }
        }
    }
    sums.into_iter().map(|(sum, n)| sum / n).collect()
}
