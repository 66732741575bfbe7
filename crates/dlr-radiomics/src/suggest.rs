//! What a cohort suggests for its parameter file: a voxel spacing and a bin width, from the regions alone.
//!
//! A proposal to start from, not an optimum: nothing of outcome or class is looked at, so it may be made on all cases.
//! The rule is that of pyradiomics' documentation: a bin width should leave some 16 to 128 grey levels in a region.

use dlr_core::{Result, Roi};
use std::fmt::Write;

/// What is asked of one case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaseSummary {
    /// Spacing `[z, y, x]` in mm.
    pub spacing_mm: [f64; 3],
    /// Lowest and highest intensity in the region.
    pub range: [f64; 2],
    /// Standard deviation of all voxels of the image: what `normalize` divides by.
    pub image_deviation: f64,
}

impl CaseSummary {
    /// Looks at one region.
    ///
    /// # Errors
    /// None that [`Roi::new`] has not refused already.
    pub fn new(roi: &Roi<'_>) -> Result<Self> {
        let inside = roi.intensities();
        let low = inside.iter().copied().fold(f64::INFINITY, f64::min);
        let high = inside.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let all = roi.image().to_f64();
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let spacing_mm = roi.image().geometry().spacing_mm();
        Ok(CaseSummary { spacing_mm, range: [low, high], image_deviation: variance.sqrt() })
    }
}

/// A number of grey levels that pyradiomics' documentation calls sensible.
const SENSIBLE: [f64; 2] = [16.0, 128.0];
/// `normalizeScale` of the proposal: widths of bins stay in the order of those of images in arbitrary units.
const SCALE: f64 = 100.0;

/// The proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Number of cases looked at.
    pub n_cases: usize,
    /// Spacing `[x, y, z]` in mm to resample to; `None` where all cases have the same already.
    pub resampled_pixel_spacing: Option<[f64; 3]>,
    /// Median slice spacing over median in-plane spacing.
    pub anisotropy: f64,
    /// Whether to divide each image by its standard deviation first.
    pub normalize: bool,
    /// Bin width, in units of the image, or of the normalised one.
    pub bin_width: f64,
    /// Cases whose region has 16 to 128 grey levels under this width.
    pub n_sensible: usize,
    /// The same, had the other choice about `normalize` been made.
    pub n_sensible_otherwise: usize,
    /// Fewest, median and most grey levels under this width.
    pub grey_levels: [f64; 3],
}

/// Looks at all cases; `None` without a case.
pub fn suggest(cases: &[CaseSummary]) -> Option<Suggestion> {
    if cases.is_empty() {
        return None;
    }
    let axis = |a: usize| cases.iter().map(|c| c.spacing_mm[a]).collect::<Vec<_>>();
    let spacing = [2, 1, 0].map(|a| median(axis(a)));
    let differs = |a: usize| {
        let values = axis(a);
        let (low, high) = (low(&values), high(&values));
        high > 1.01 * low
    };
    let resampled_pixel_spacing = (0..3).any(differs).then(|| spacing.map(|mm| significant(mm, 2)));
    let raw: Vec<f64> = cases.iter().map(|c| c.range[1] - c.range[0]).collect();
    let scaled = |(range, case): (&f64, &CaseSummary)| {
        if case.image_deviation > 0.0 { range / case.image_deviation * SCALE } else { 0.0 }
    };
    let normalised: Vec<f64> = raw.iter().zip(cases).map(scaled).collect();
    let (plain, scaled) = (best_width(&raw), best_width(&normalised));
    // Images in the same units need no normalising: it is proposed only where it brings more cases into the range.
    let normalize = scaled.1 > plain.1;
    let (chosen, other, ranges) = if normalize { (scaled, plain, &normalised) } else { (plain, scaled, &raw) };
    let levels: Vec<f64> = ranges.iter().map(|range| n_levels(*range, chosen.0)).collect();
    Some(Suggestion {
        n_cases: cases.len(),
        resampled_pixel_spacing,
        anisotropy: spacing[2] / (spacing[0] * spacing[1]).sqrt(),
        normalize,
        bin_width: chosen.0,
        n_sensible: chosen.1,
        n_sensible_otherwise: other.1,
        grey_levels: [low(&levels), median(levels.clone()), high(&levels)],
    })
}

impl Suggestion {
    /// A pyradiomics parameter file with the reasons as comments.
    pub fn to_yaml(&self) -> String {
        let Suggestion {
            n_cases, bin_width, n_sensible, n_sensible_otherwise, grey_levels: [few, middle, many], ..
        } = *self;
        let mut yaml =
            format!("# Proposed by `dlr suggest` from the regions of {n_cases} cases; no outcome was looked at.\n");
        yaml += "setting:\n";
        // Writing to a String cannot fail.
        let _ = writeln!(
            yaml,
            "  # {few:.0} to {many:.0} grey levels in a region (median {middle:.0}); {n_sensible} of {n_cases} cases have 16 to 128"
        );
        let _ = writeln!(yaml, "  binWidth: {bin_width}");
        let without = if self.normalize { "without" } else { "with" };
        let _ =
            writeln!(yaml, "  # {without} normalising, {n_sensible_otherwise} of {n_cases} cases would have 16 to 128");
        let _ = writeln!(yaml, "  normalize: {}", self.normalize);
        if self.normalize {
            let _ = writeln!(yaml, "  normalizeScale: {SCALE}");
        }
        match self.resampled_pixel_spacing {
            Some([x, y, z]) => {
                yaml += "  # median spacing of the cases (x, y, z in mm): they differ by more than 1 %\n";
                let _ = writeln!(yaml, "  resampledPixelSpacing: [{x}, {y}, {z}]");
                yaml += "  interpolator: sitkBSpline\n";
            }
            None => yaml += "  # all cases have the same spacing: no resampling\n  resampledPixelSpacing:\n",
        }
        if self.anisotropy > 2.0 {
            let _ = writeln!(
                yaml,
                "  # slices are {:.1} times as far apart as pixels: `force2D: true` would keep texture within slices",
                self.anisotropy
            );
        }
        yaml += "imageType:\n  Original: {}\nfeatureClass:\n";
        for family in ["shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"] {
            let _ = writeln!(yaml, "  {family}:");
        }
        yaml
    }
}

fn n_levels(range: f64, width: f64) -> f64 {
    (range / width).floor() + 1.0
}

/// The width of the series 1, 2, 5 that gives most regions a sensible number of levels, and how many that are. Of
/// equals the one whose median number of levels is nearest to 32 on a logarithmic scale.
fn best_width(ranges: &[f64]) -> (f64, usize) {
    let middle = median(ranges.to_vec());
    let widths = (-60..=60).map(|k: i32| [1.0, 2.0, 5.0][k.rem_euclid(3) as usize] * 10f64.powi(k.div_euclid(3)));
    let judge = |width: f64| {
        let is_sensible = |range: &&f64| (SENSIBLE[0]..=SENSIBLE[1]).contains(&n_levels(**range, width));
        let off = (n_levels(middle, width) / 32.0).ln().abs();
        (ranges.iter().filter(is_sensible).count(), off)
    };
    let mut best = (1.0, 0, f64::INFINITY);
    for width in widths {
        let (n, off) = judge(width);
        if n > best.1 || n == best.1 && off < best.2 {
            best = (width, n, off);
        }
    }
    (significant(best.0, 1), best.1)
}

fn low(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn high(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    (values[(n - 1) / 2] + values[n / 2]) / 2.0
}

/// Rounded to so many significant digits.
fn significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(range: f64, image_deviation: f64, z: f64) -> CaseSummary {
        CaseSummary { spacing_mm: [z, 0.71, 0.69], range: [100.0, 100.0 + range], image_deviation }
    }

    #[test]
    fn images_in_one_unit_keep_their_unit() {
        let found = suggest(&[case(800.0, 200.0, 5.0), case(640.0, 190.0, 5.0), case(1000.0, 210.0, 5.0)]).unwrap();
        assert!(!found.normalize);
        assert_eq!((found.bin_width, found.n_sensible, found.resampled_pixel_spacing), (20.0, 3, None));
        assert!(found.to_yaml().contains("force2D"), "{}", found.to_yaml());
    }

    #[test]
    fn scanners_of_other_scale_are_normalised() {
        let found = suggest(&[case(80.0, 20.0, 5.0), case(6400.0, 1600.0, 3.0), case(500.0, 125.0, 5.0)]).unwrap();
        assert!(found.normalize);
        assert_eq!((found.n_sensible, found.resampled_pixel_spacing), (3, Some([0.69, 0.71, 5.0])));
        assert!(found.n_sensible_otherwise < 3);
    }

    #[test]
    fn flat_regions_and_nothing_are_no_trouble() {
        assert_eq!(suggest(&[]), None);
        let found = suggest(&[case(0.0, 0.0, 1.0)]).unwrap();
        assert!(found.bin_width > 0.0 && found.n_sensible == 0);
    }

    #[cfg(feature = "yaml")]
    #[test]
    fn the_file_is_a_parameter_file() {
        for z in [3.0, 5.0] {
            let found = suggest(&[case(80.0, 20.0, 5.0), case(6400.0, 1600.0, z)]).unwrap();
            let params = crate::pyradiomics::Params::from_yaml(&found.to_yaml()).unwrap();
            assert_eq!(params.settings.bin_width, found.bin_width);
            assert_eq!(params.settings.normalize, found.normalize);
            assert_eq!(params.settings.resampled_pixel_spacing, found.resampled_pixel_spacing);
            assert_eq!(params.selections.len(), 7);
        }
    }
}
