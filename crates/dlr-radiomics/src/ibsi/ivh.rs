//! Intensity-volume histogram: which share of the region has at least a given intensity.
//!
//! Levels lie on an even grid ([`Grid`]): the intensities themselves (whole units), the centres of fixed-size bins, or
//! bin numbers. Nothing is tabulated, so that a grid may have any number of levels.

use crate::{Definition, Family};

const F: Family = Family::IntensityVolumeHistogram;

/// The features of the intensity-volume histogram, in the order of [`ivh`]. `ν(g)` is the share of voxels of at least
/// `g`, `γ(g)` the place of `g` between the ends of the range.
pub const DEFINITIONS: [Definition; 7] = [
    Definition::new(
        F,
        [
            "VolumeAtIntensityFraction10",
            "BC2M",
            "1",
            "largest ν(g) with γ(g) >= 10 %",
            "1 for a range of one level; 0 for a flat region of several bins, as all voxels lie in the first",
        ],
    ),
    Definition::new(
        F,
        [
            "VolumeAtIntensityFraction90",
            "BC2M",
            "1",
            "largest ν(g) with γ(g) >= 90 %",
            "1 for a range of one level; 0 for a flat region of several bins, as all voxels lie in the first",
        ],
    ),
    Definition::new(
        F,
        [
            "IntensityAtVolumeFraction10",
            "GBPN",
            "I, or bin number",
            "lowest g with ν(g) <= 10 %",
            "one step above the highest level where no level has so little volume",
        ],
    ),
    Definition::new(
        F,
        [
            "IntensityAtVolumeFraction90",
            "GBPN",
            "I, or bin number",
            "lowest g with ν(g) <= 90 %",
            "one step above the highest level where no level has so little volume",
        ],
    ),
    Definition::new(
        F,
        [
            "VolumeFractionDifference",
            "DDTU",
            "1",
            "VolumeAtIntensityFraction10 - VolumeAtIntensityFraction90",
            "0 for a range of one level",
        ],
    ),
    Definition::new(
        F,
        [
            "IntensityDifference",
            "CNV2",
            "I, or bin number",
            "IntensityAtVolumeFraction10 - IntensityAtVolumeFraction90",
            "0 for a flat region",
        ],
    ),
    Definition::new(
        F,
        ["AreaUnderCurve", "9CMM", "1", "area under ν over γ, by the trapezoidal rule", "NaN for a range of one level"],
    ),
];

/// The levels `first, first + step, ...`, of which there are `n`, and where each voxel lies on them.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The lowest level.
    pub first: f64,
    /// Distance of levels, above 0.
    pub step: f64,
    /// Number of levels, at least 1.
    pub n: u64,
    /// Index of each voxel's level, ascending. May lie off whole numbers where intensities do.
    places: Vec<f64>,
}

impl Grid {
    /// Intensities as they are, in whole units of 1 from `lowest` to `highest`.
    pub fn as_is(intensities: &[f64], lowest: f64, highest: f64) -> Self {
        Self::new(lowest, 1.0, (highest - lowest).max(0.0).floor() as u64 + 1, intensities.iter().map(|x| x - lowest))
    }

    /// Centres of bins of `bin_width` from `lowest` to `highest`.
    pub fn bins(intensities: &[f64], lowest: f64, highest: f64, bin_width: f64) -> Self {
        let n = ((highest - lowest) / bin_width).ceil().max(1.0);
        let place = |x: &f64| ((x - lowest) / bin_width).floor().clamp(0.0, n - 1.0);
        Self::new(lowest + 0.5 * bin_width, bin_width, n as u64, intensities.iter().map(place))
    }

    /// Bin numbers from 1.
    pub fn numbers(levels: &[u32], n_bins: u32) -> Self {
        Self::new(1.0, 1.0, u64::from(n_bins), levels.iter().map(|l| f64::from(*l) - 1.0))
    }

    fn new(first: f64, step: f64, n: u64, places: impl Iterator<Item = f64>) -> Self {
        let mut places: Vec<f64> = places.collect();
        places.sort_unstable_by(f64::total_cmp);
        Grid { first, step, n, places }
    }

    /// Share of voxels at or above the level of index `at`.
    fn volume_from(&self, at: f64) -> f64 {
        let below = self.places.partition_point(|p| *p < at);
        (self.places.len() - below) as f64 / self.places.len() as f64
    }

    fn volume_at_intensity_fraction(&self, fraction: f64) -> f64 {
        // Whole percents of whole numbers of levels must not be lifted to the next level by rounding.
        let at = (fraction * (self.n - 1) as f64 - 1e-9).ceil().max(0.0);
        self.volume_from(at)
    }

    fn intensity_at_volume_fraction(&self, fraction: f64) -> f64 {
        let n = self.places.len();
        let allowed = (fraction * n as f64 + 1e-9).floor() as usize;
        // The level must lie above the voxel that would be one too many.
        let at = if allowed >= n { 0.0 } else { (self.places[n - 1 - allowed].floor() + 1.0).max(0.0) };
        self.first + at * self.step
    }

    fn area_under_curve(&self) -> f64 {
        if self.n < 2 {
            return f64::NAN;
        }
        let last = (self.n - 1) as f64;
        // Σ ν over all levels: each voxel is counted by every level up to its own.
        let all: f64 = self.places.iter().map(|p| p.clamp(-1.0, last).floor() + 1.0).sum();
        let ends = (self.volume_from(0.0) + self.volume_from(last)) / 2.0;
        (all / self.places.len() as f64 - ends) / last
    }
}

/// The features of the intensity-volume histogram, in the order of [`DEFINITIONS`].
pub fn ivh(grid: &Grid) -> [f64; 7] {
    let [v10, v90] = [0.1, 0.9].map(|f| grid.volume_at_intensity_fraction(f));
    let [i10, i90] = [0.1, 0.9].map(|f| grid.intensity_at_volume_fraction(f));
    [v10, v90, i10, i90, v10 - v90, i10 - i90, grid.area_under_curve()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_table_gives_the_same() {
        let intensities: Vec<f64> = (0..97).map(|k| f64::from((k * k * 31) % 53 - 20)).collect();
        let grid = Grid::as_is(&intensities, -25.0, 40.0);
        let levels: Vec<f64> = (-25..=40).map(f64::from).collect();
        let nu = |g: f64| intensities.iter().filter(|x| **x >= g).count() as f64 / 97.0;
        let gamma = |g: f64| (g + 25.0) / 65.0;
        let v = |f: f64| levels.iter().filter(|g| gamma(**g) >= f).map(|g| nu(*g)).fold(0.0, f64::max);
        let i = |f: f64| levels.iter().copied().find(|g| nu(*g) <= f).unwrap();
        let auc: f64 = levels.windows(2).map(|w| (gamma(w[1]) - gamma(w[0])) * (nu(w[0]) + nu(w[1])) / 2.0).sum();
        let found = ivh(&grid);
        assert_eq!(found[..4], [v(0.1), v(0.9), i(0.1), i(0.9)]);
        assert!((found[6] - auc).abs() < 1e-12);
    }

    #[test]
    fn a_flat_region() {
        let found = ivh(&Grid::as_is(&[5.0; 4], 5.0, 5.0));
        assert_eq!(found[..6], [1.0, 1.0, 6.0, 6.0, 0.0, 0.0]);
        assert!(found[6].is_nan());
    }
}
