//! Intensities to grey levels `1..=n`: the two schemes of each profile. They take the region's intensities in array
//! order and return one level per voxel; what lies outside of the region plays no part.

use dlr_core::{Code, Error, Result};
use rayon::prelude::*;

/// How intensities become grey levels. Both profiles differ in where bins begin and in what the last bin holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Discretisation {
    /// pyradiomics `binWidth`: edges at multiples of the width counted from 0, level 1 holds the minimum.
    WidthFromZero {
        /// Width of a bin, in intensity units, above 0.
        bin_width: f64,
    },
    /// pyradiomics `binCount`: equal bins from minimum to maximum, of which the last holds the maximum.
    CountOfEdges {
        /// Number of bins, at least 1.
        n_bins: u32,
    },
    /// IBSI fixed bin size: `floor((x - lowest) / width) + 1`.
    FixedBinSize {
        /// Width of a bin, in intensity units, above 0.
        bin_width: f64,
        /// Lower edge of level 1: the lower bound of re-segmentation, or the minimum.
        lowest: f64,
    },
    /// IBSI fixed bin number: `floor(n (x - min) / (max - min)) + 1`, the maximum in bin `n`.
    FixedBinNumber {
        /// Number of bins, at least 1.
        n_bins: u32,
    },
    /// Intensities that already are whole numbers of at least 1.
    AsIs,
}

impl Discretisation {
    /// The grey level of every intensity.
    ///
    /// # Errors
    /// [`Code::Parameter`] for a width or count outside its range, [`Code::GreyLevels`] where a level does not fit
    /// into 32 bit, [`Code::NotFinite`] for intensities that are not finite.
    pub fn levels(&self, intensities: &[f64]) -> Result<Vec<u32>> {
        self.levels_with(intensities, Precision::Double)
    }

    /// [`Discretisation::levels`] of intensities that are 32 bit numbers: numpy then lays out pyradiomics' edges in 32
    /// bit too, which moves them by rounding. The schemes of IBSI are not affected.
    ///
    /// # Errors
    /// As [`Discretisation::levels`].
    pub fn levels_of_single(&self, intensities: &[f64]) -> Result<Vec<u32>> {
        self.levels_with(intensities, Precision::Single)
    }

    fn levels_with(&self, intensities: &[f64], precision: Precision) -> Result<Vec<u32>> {
        let (min, max) = range(intensities)?;
        match *self {
            Discretisation::WidthFromZero { bin_width } => {
                above_zero("bin_width", bin_width)?;
                let lowest = match precision {
                    Precision::Double => min - floor_mod(min, bin_width),
                    Precision::Single => f64::from(min as f32 - floor_mod_single(min as f32, bin_width as f32)),
                };
                fits((max - lowest) / bin_width)?;
                // pyradiomics compares with edges that numpy lays out by repeated steps; the guess by division may
                // differ from that comparison by rounding, so the edge has the last word.
                let step = (lowest + bin_width) - lowest;
                let edge = |k: f64| lowest + k * step;
                let level = |x: &f64| settle(whole((x - lowest) / bin_width), *x, edge) as u32 + 1;
                Ok(intensities.par_iter().with_min_len(AT_ONCE).map(level).collect())
            }
            Discretisation::CountOfEdges { n_bins } => {
                let n = f64::from(at_least_one(n_bins)?);
                let (low, high) = if min == max { (min - 0.5, max + 0.5) } else { (min, max) };
                let step = (high - low) / n;
                let (low_single, step_single) = (low as f32, (high as f32 - low as f32) / n as f32);
                // The last edge is moved up by 1 so that the maximum falls below it.
                let edge = |k: f64| match precision {
                    _ if k >= n => high + 1.0,
                    Precision::Double => low + k * step,
                    Precision::Single => f64::from(low_single + k as f32 * step_single),
                };
                let level = |&x: &f64| settle(whole((x - low) / step).min(n - 1.0), x, edge) as u32 + 1;
                Ok(intensities.iter().map(level).collect())
            }
            Discretisation::FixedBinSize { bin_width, lowest } => {
                above_zero("bin_width", bin_width)?;
                fits((max - lowest) / bin_width)?;
                if min < lowest {
                    return Err(Error::new(Code::Parameter, "intensities lie below the lower edge of the first bin")
                        .expected(format!("at least {lowest}"))
                        .found(min));
                }
                Ok(intensities.iter().map(|x| ((x - lowest) / bin_width).floor() as u32 + 1).collect())
            }
            Discretisation::FixedBinNumber { n_bins } => {
                let n = f64::from(at_least_one(n_bins)?);
                if min == max {
                    return Ok(vec![1; intensities.len()]);
                }
                let level = |x: &f64| ((n * (x - min) / (max - min)).floor() + 1.0).min(n) as u32;
                Ok(intensities.iter().map(level).collect())
            }
            Discretisation::AsIs => {
                fits(max)?;
                if let Some(x) = intensities.iter().find(|x| **x < 1.0 || x.fract() != 0.0) {
                    return Err(Error::new(
                        Code::Parameter,
                        "an intensity that is used as grey level is no whole number",
                    )
                    .expected("whole numbers of at least 1")
                    .found(x));
                }
                Ok(intensities.iter().map(|x| *x as u32).collect())
            }
        }
    }
}

/// So few intensities are not dealt out to threads.
const AT_ONCE: usize = 1 << 14;

/// Rounds a number that is not negative down; a cast is cheaper than a call.
fn whole(x: f64) -> f64 {
    f64::from(x as u32)
}

/// The bin whose edges enclose `x`, found from a guess that rounding may have put one off.
fn settle(mut k: f64, x: f64, edge: impl Fn(f64) -> f64) -> f64 {
    while edge(k + 1.0) <= x {
        k += 1.0;
    }
    while k > 0.0 && edge(k) > x {
        k -= 1.0;
    }
    k
}

/// Remainder with the sign of the divisor, as Python has it.
fn floor_mod(x: f64, divisor: f64) -> f64 {
    let remainder = x % divisor;
    if remainder != 0.0 && remainder < 0.0 { remainder + divisor } else { remainder }
}

fn floor_mod_single(x: f32, divisor: f32) -> f32 {
    let remainder = x % divisor;
    if remainder != 0.0 && remainder < 0.0 { remainder + divisor } else { remainder }
}

/// The width of the numbers that edges are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    Double,
    Single,
}

fn range(intensities: &[f64]) -> Result<(f64, f64)> {
    if intensities.is_empty() {
        return Err(Error::new(Code::EmptyMask, "the region has no voxel"));
    }
    if let Some(bad) = intensities.iter().find(|x| !x.is_finite()) {
        return Err(Error::new(Code::NotFinite, "an intensity of the region is not finite").found(bad));
    }
    let min = intensities.iter().copied().fold(f64::INFINITY, f64::min);
    let max = intensities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok((min, max))
}

fn above_zero(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(Error::new(Code::Parameter, format!("parameter `{name}` is {value}, but must be above 0")))
}

fn at_least_one(n_bins: u32) -> Result<u32> {
    if n_bins >= 1 {
        return Ok(n_bins);
    }
    Err(Error::new(Code::Parameter, "parameter `n_bins` is 0, but must be at least 1"))
}

fn fits(n_levels: f64) -> Result<()> {
    if n_levels < f64::from(u32::MAX - 2) {
        return Ok(());
    }
    Err(Error::new(Code::GreyLevels, "the region spans more grey levels than can be counted")
        .expected("fewer than 2^32")
        .found(format!("{n_levels:.1e}"))
        .hint("choose a larger bin width"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pyradiomics_bins_begin_at_multiples_of_the_width() {
        let levels =
            Discretisation::WidthFromZero { bin_width: 25.0 }.levels(&[-30.0, -25.0, 0.0, 24.9, 25.0]).unwrap();
        assert_eq!(levels, [1, 2, 3, 3, 4]);
        let levels = Discretisation::CountOfEdges { n_bins: 4 }.levels(&[0.0, 1.0, 3.9, 4.0]).unwrap();
        assert_eq!(levels, [1, 2, 4, 4]);
        assert_eq!(Discretisation::CountOfEdges { n_bins: 4 }.levels(&[7.0, 7.0]).unwrap(), [3, 3]);
    }

    #[test]
    fn ibsi_bins() {
        let size = Discretisation::FixedBinSize { bin_width: 25.0, lowest: -500.0 };
        assert_eq!(size.levels(&[-500.0, -475.0, -474.0, 400.0]).unwrap(), [1, 2, 2, 37]);
        let number = Discretisation::FixedBinNumber { n_bins: 32 };
        assert_eq!(number.levels(&[0.0, 1.0, 31.9, 32.0]).unwrap(), [1, 2, 32, 32]);
        assert_eq!(number.levels(&[5.0]).unwrap(), [1]);
    }

    #[test]
    fn refusals() {
        let width = |bin_width| Discretisation::WidthFromZero { bin_width };
        assert_eq!(width(0.0).levels(&[1.0]).unwrap_err().code(), Code::Parameter);
        assert_eq!(width(1e-9).levels(&[0.0, 1e6]).unwrap_err().code(), Code::GreyLevels);
        assert_eq!(width(1.0).levels(&[f64::NAN]).unwrap_err().code(), Code::NotFinite);
        assert_eq!(Discretisation::AsIs.levels(&[1.5]).unwrap_err().code(), Code::Parameter);
    }

    proptest! {
        #[test]
        fn every_voxel_lies_between_the_edges_of_its_bin(
            values in prop::collection::vec(-1e4..1e4f64, 1..50), bin_width in 0.01..100.0f64
        ) {
            let min = values.iter().copied().fold(f64::INFINITY, f64::min);
            let lowest = (min / bin_width).floor() * bin_width;
            for (x, level) in values.iter().zip(Discretisation::WidthFromZero { bin_width }.levels(&values).unwrap()) {
                let below = lowest + f64::from(level - 1) * bin_width;
                prop_assert!(*x >= below - 1e-6 && *x < below + bin_width + 1e-6);
            }
        }
    }
}
