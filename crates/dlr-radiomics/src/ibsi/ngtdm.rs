//! Neighbourhood grey tone difference: how far voxels lie from the mean of their neighbours.

use super::aggregation::{Dimension, average};
use super::slices::undirected;
use crate::matrix::{self, Extent, Levels, Ngtdm, all_offsets};
use crate::{Definition, Family};
use dlr_core::Result;

const F: Family = Family::Ngtdm;

/// The features of grey tone difference, in the order of [`ngtdm`].
///
/// `s(i)` is the summed difference of voxels of grey level `i` from the mean of their neighbours, `n` the number of
/// voxels with a neighbour, `p(i)` the share of them with level `i`, `g` the number of levels that occur.
pub const DEFINITIONS: [Definition; 5] = [
    Definition::new(
        F,
        ["Coarseness", "QCDE", "1/level", "1 / Σ p(i) s(i)", "10⁶ for one grey level; NaN without neighbours"],
    ),
    Definition::new(
        F,
        [
            "Contrast",
            "65HE",
            "level³",
            "ΣΣ p(i) p(j) (i - j)² / (g (g - 1)) Σ s(i) / n",
            "0 for one grey level; NaN without neighbours",
        ],
    ),
    Definition::new(
        F,
        [
            "Busyness",
            "NQ30",
            "1",
            "Σ p(i) s(i) / ΣΣ |i p(i) - j p(j)|",
            "0 for one grey level; NaN without neighbours, or where i p(i) is the same for all levels",
        ],
    ),
    Definition::new(
        F,
        [
            "Complexity",
            "HDEZ",
            "level²",
            "ΣΣ |i - j| (p(i) s(i) + p(j) s(j)) / (p(i) + p(j)) / n",
            "0 for one grey level; NaN without neighbours",
        ],
    ),
    Definition::new(
        F,
        [
            "Strength",
            "1X9X",
            "level",
            "ΣΣ (p(i) + p(j)) (i - j)² / Σ s(i)",
            "0 where every s(i) is 0; NaN without neighbours",
        ],
    ),
];

/// The features of grey tone difference for each dimension, in the order of [`DEFINITIONS`].
///
/// # Errors
/// A `distance` beyond the margin of `levels`.
pub fn ngtdm(levels: &Levels, distance: usize, wanted: &[Dimension]) -> Result<Vec<[f64; 5]>> {
    let sums = |volume: bool| {
        let (flat, extent) = if volume { (None, Extent::Volume) } else { (Some(0), Extent::Slices { axis: 0 }) };
        matrix::ngtdm(levels, &all_offsets(&[distance], flat), extent)
    };
    let in_slices = undirected(wanted, false, || sums(false))?;
    let in_volume = undirected(wanted, true, || sums(true))?;
    let features = |sums: &Ngtdm| features(sums, levels);
    let one = |dimension: &Dimension| match dimension {
        Dimension::Slices2d => average(in_slices.iter().map(features)),
        Dimension::Slices25d => features(&merge(&in_slices)),
        Dimension::Volume3d => average(in_volume.iter().map(features)),
    };
    Ok(wanted.iter().map(one).collect())
}

fn merge(slices: &[Ngtdm]) -> Ngtdm {
    let add = |of: fn(&Ngtdm) -> &Vec<f64>| {
        let n = slices.first().map_or(0, |s| of(s).len());
        (0..n).map(|k| slices.iter().map(|s| of(s)[k]).sum()).collect()
    };
    Ngtdm { n: add(|s| &s.n), n_with_neighbours: add(|s| &s.n_with_neighbours), s: add(|s| &s.s) }
}

/// One level that occurs: its value, its share and its summed difference.
#[derive(Clone, Copy)]
struct Level {
    i: f64,
    p: f64,
    s: f64,
}

fn features(sums: &Ngtdm, levels: &Levels) -> [f64; 5] {
    let n: f64 = sums.n_with_neighbours.iter().sum();
    if n == 0.0 {
        return [f64::NAN; 5];
    }
    let present: Vec<Level> = (0..levels.n_ranks())
        .filter(|k| sums.n_with_neighbours[*k] > 0.0)
        .map(|k| Level { i: levels.value(k as u32 + 1), p: sums.n_with_neighbours[k] / n, s: sums.s[k] })
        .collect();
    let g = present.len() as f64;
    let pairs = |term: &dyn Fn(Level, Level) -> f64| {
        present.iter().map(|a| present.iter().map(|b| term(*a, *b)).sum::<f64>()).sum::<f64>()
    };
    let weighted: f64 = present.iter().map(|l| l.p * l.s).sum();
    let total: f64 = present.iter().map(|l| l.s).sum();
    let coarseness = if weighted == 0.0 { 1e6 } else { 1.0 / weighted };
    if present.len() == 1 {
        let [contrast, busyness, complexity, strength] = [0.0; 4];
        return [coarseness, contrast, busyness, complexity, strength];
    }
    [
        coarseness,
        pairs(&|a, b| a.p * b.p * (a.i - b.i).powi(2)) / (g * (g - 1.0)) * total / n,
        super::statistics::ratio(weighted, pairs(&|a, b| (a.i * a.p - b.i * b.p).abs())),
        pairs(&|a, b| (a.i - b.i).abs() * (a.p * a.s + b.p * b.s) / (a.p + b.p)) / n,
        if total == 0.0 { 0.0 } else { pairs(&|a, b| (a.p + b.p) * (a.i - b.i).powi(2)) / total },
    ]
}
