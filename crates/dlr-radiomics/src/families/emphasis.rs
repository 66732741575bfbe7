//! The sixteen formulae that run length, size zone, distance zone and dependence matrices have in common.
//!
//! All four are tables of grey level `i` by some size `j` (run length, zone size, distance, dependence).

use crate::matrix::{Counts, Levels};

/// The common features of one table. `size` is the column: run length, zone size, distance or dependence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "each field is named as the formula beside it in `Emphasis::new`")]
pub struct Emphasis {
    /// Sum of all entries.
    pub total: f64,
    /// Sum of entries times column: the voxels covered, for runs and zones.
    pub covered: f64,
    pub small: f64,
    pub large: f64,
    pub low_grey: f64,
    pub high_grey: f64,
    pub small_low_grey: f64,
    pub small_high_grey: f64,
    pub large_low_grey: f64,
    pub large_high_grey: f64,
    pub grey_non_uniformity: f64,
    pub grey_non_uniformity_normalised: f64,
    pub size_non_uniformity: f64,
    pub size_non_uniformity_normalised: f64,
    pub grey_variance: f64,
    pub size_variance: f64,
    /// In bits.
    pub entropy: f64,
    /// `Σ p²` over all cells.
    pub energy: f64,
}

impl Emphasis {
    /// All features of a table; `None` for an empty one.
    pub fn new(counts: &Counts, levels: &Levels) -> Option<Self> {
        Self::with_eps(counts, levels, 0.0)
    }

    /// As [`Emphasis::new`], with `eps` added inside the logarithm of the entropy, as pyradiomics does.
    pub fn with_eps(counts: &Counts, levels: &Levels, eps: f64) -> Option<Self> {
        let total = counts.total();
        if total <= 0.0 {
            return None;
        }
        let mut by_grey = vec![0.0; levels.n_ranks()];
        let mut by_size = vec![0.0; counts.max_col() as usize];
        let (mut covered, mut entropy, mut energy) = (0.0, 0.0, 0.0);
        let mut joint = [0.0; 4];
        for cell in counts.cells() {
            let (i, j) = (levels.value(cell.row), f64::from(cell.col));
            let (i2, j2) = (i * i, j * j);
            by_grey[cell.row as usize - 1] += cell.n;
            by_size[cell.col as usize - 1] += cell.n;
            covered += cell.n * j;
            let p = cell.n / total;
            entropy -= p * (p + eps).log2();
            energy += p * p;
            joint[0] += cell.n / (i2 * j2);
            joint[1] += cell.n * i2 / j2;
            joint[2] += cell.n * j2 / i2;
            joint[3] += cell.n * i2 * j2;
        }
        let [small_low_grey, small_high_grey, large_low_grey, large_high_grey] = joint.map(|sum| sum / total);
        let grey: Vec<_> = by_grey.iter().enumerate().map(|(r, n)| (levels.value(r as u32 + 1), *n)).collect();
        let size: Vec<_> = by_size.iter().enumerate().map(|(c, n)| ((c + 1) as f64, *n)).collect();
        let squares = |margin: &[(f64, f64)]| margin.iter().map(|(_, n)| n * n).sum::<f64>();
        let mean_of = |margin: &[(f64, f64)], f: fn(f64) -> f64| {
            margin.iter().filter(|(_, n)| *n > 0.0).map(|(v, n)| n * f(*v)).sum::<f64>() / total
        };
        Some(Emphasis {
            total,
            covered,
            small: mean_of(&size, |j| 1.0 / (j * j)),
            large: mean_of(&size, |j| j * j),
            low_grey: mean_of(&grey, |i| 1.0 / (i * i)),
            high_grey: mean_of(&grey, |i| i * i),
            small_low_grey,
            small_high_grey,
            large_low_grey,
            large_high_grey,
            grey_non_uniformity: squares(&grey) / total,
            grey_non_uniformity_normalised: squares(&grey) / (total * total),
            size_non_uniformity: squares(&size) / total,
            size_non_uniformity_normalised: squares(&size) / (total * total),
            grey_variance: variance(&grey, total),
            size_variance: variance(&size, total),
            entropy,
            energy,
        })
    }
}

fn variance(margin: &[(f64, f64)], total: f64) -> f64 {
    let mean = margin.iter().map(|(v, n)| v * n).sum::<f64>() / total;
    margin.iter().map(|(v, n)| n * (v - mean).powi(2)).sum::<f64>() / total
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn one_zone() {
        let mask = Array3::from_elem((1, 1, 3), true);
        let levels = Levels::new(mask.view(), &[2, 2, 2], 1).unwrap();
        let e = Emphasis::new(&Counts::from_pairs(vec![(1, 3)]), &levels).unwrap();
        assert_eq!((e.small, e.large, e.low_grey, e.high_grey), (1.0 / 9.0, 9.0, 0.25, 4.0));
        assert_eq!((e.covered, e.entropy, e.energy, e.size_variance), (3.0, 0.0, 1.0, 0.0));
        assert_eq!(e.large_high_grey, 36.0);
        assert!(Emphasis::new(&Counts::default(), &levels).is_none());
    }
}
