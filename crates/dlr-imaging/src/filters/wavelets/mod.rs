//! The filters of the discrete wavelets: [`Wavelet::named`] looks one up under the name that PyWavelets gives it.
//!
//! The numbers are in `table.txt`, written by `make_table.py` from PyWavelets (MIT licence): all 106 discrete wavelets,
//! Haar, Daubechies, symlets, coiflets, biorthogonal, reverse biorthogonal and discrete Meyer. Only the low-pass
//! filters are stored; the high-pass filters follow from them. How a filter is applied (which boundary, which step
//! between its taps, which tap sits on the voxel) is for its user to say.

use dlr_core::{Code, Error, Result};

const TABLE: &str = include_str!("table.txt");

/// The four filters of a discrete wavelet, all of one even length, in the order PyWavelets stores them.
///
/// Convolution, not correlation: PyWavelets computes output `i` as the sum over `k` of `dec[k] x[i + n/2 - k]` in its
/// undecimated transform of level 1, with `n` the length.
///
/// ```
/// use dlr_imaging::filters::wavelets::Wavelet;
/// let haar = Wavelet::named("haar")?;
/// let h = 0.5_f64.sqrt();
/// for (filter, expected) in [(&haar.dec_lo, [h, h]), (&haar.dec_hi, [-h, h])] {
///     assert!(filter.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-15));
/// }
/// assert_eq!(Wavelet::named("coif1")?.len(), 6);
/// assert!(Wavelet::named("coif18").is_err());
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Wavelet {
    /// Its name, for example `coif1`.
    pub name: &'static str,
    /// Low-pass decomposition filter. Its sum is the square root of 2.
    pub dec_lo: Vec<f64>,
    /// High-pass decomposition filter. Its sum is 0.
    pub dec_hi: Vec<f64>,
    /// Low-pass reconstruction filter; the reverse of `dec_lo` where the wavelet is orthogonal.
    pub rec_lo: Vec<f64>,
    /// High-pass reconstruction filter.
    pub rec_hi: Vec<f64>,
}

impl Wavelet {
    /// The wavelet of that name, in any case of letters.
    ///
    /// # Errors
    /// [`Code::UnknownName`] with the families there are.
    pub fn named(name: &str) -> Result<Wavelet> {
        let found = rows().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(known, filters)| Wavelet::from_row(known, filters)).ok_or_else(|| {
            Error::new(Code::UnknownName, format!("wavelet `{name}` is not known"))
                .expected(
                    "haar, dmey, db1 to db38, sym2 to sym20, coif1 to coif17, bior1.1 to bior6.8 or rbio1.1 to rbio6.8",
                )
                .found(format!("`{name}`"))
        })
    }

    /// The names of all wavelets in the table.
    pub fn names() -> impl Iterator<Item = &'static str> {
        rows().map(|(name, _)| name)
    }

    /// Number of taps of each filter.
    #[expect(clippy::len_without_is_empty, reason = "no filter is empty")]
    pub fn len(&self) -> usize {
        self.dec_lo.len()
    }

    /// Whether the reconstruction filters are the reversed decomposition filters.
    pub fn is_orthogonal(&self) -> bool {
        self.rec_lo.iter().rev().eq(&self.dec_lo)
    }

    fn from_row(name: &'static str, filters: &str) -> Wavelet {
        let read = |text: &str| -> Vec<f64> {
            let number = |t: &str| t.parse().expect("the table holds numbers, as a test of this module checks");
            text.split_ascii_whitespace().map(number).collect()
        };
        let (dec_lo, rec_lo) = match filters.split_once('|') {
            Some((dec, rec)) => (read(dec), read(rec)),
            None => {
                let dec = read(filters);
                let rec = dec.iter().rev().copied().collect();
                (dec, rec)
            }
        };
        let alternate = |filter: &[f64], first: f64| -> Vec<f64> {
            filter.iter().enumerate().map(|(k, v)| if k % 2 == 0 { first * v } else { -first * v }).collect()
        };
        Wavelet { name, dec_hi: alternate(&rec_lo, -1.0), rec_hi: alternate(&dec_lo, 1.0), dec_lo, rec_lo }
    }
}

/// Name and numbers of each line.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wavelet_reconstructs() {
        let wavelets: Vec<Wavelet> = Wavelet::names().map(|name| Wavelet::named(name).unwrap()).collect();
        assert_eq!(wavelets.len(), 106);
        for w in wavelets {
            let n = w.len();
            assert!(n % 2 == 0 && [&w.dec_hi, &w.rec_lo, &w.rec_hi].iter().all(|f| f.len() == n), "{}", w.name);
            // The Meyer wavelet is cut to 62 taps, and the longest filters of PyWavelets hold fewer exact digits.
            let tolerance = if w.name == "dmey" { 1e-2 } else { 1e-7 };
            let close = |found: f64, expected: f64| (found - expected).abs() < tolerance;
            assert!(close(w.dec_lo.iter().sum(), 2f64.sqrt()), "{}", w.name);
            assert!(close(w.dec_hi.iter().sum(), 0.0), "{}", w.name);
            // Perfect reconstruction: the two branches together are a delay of n - 1 with gain 2.
            for shift in 0..2 * n - 1 {
                let product = |a: &[f64], b: &[f64]| -> f64 {
                    (0..n).filter(|k| *k <= shift && shift - k < n).map(|k| a[k] * b[shift - k]).sum()
                };
                let total = product(&w.dec_lo, &w.rec_lo) + product(&w.dec_hi, &w.rec_hi);
                assert!(close(total, if shift == n - 1 { 2.0 } else { 0.0 }), "{} at {shift}: {total}", w.name);
            }
        }
    }

    #[test]
    fn families_are_as_orthogonal_as_they_say() {
        for name in Wavelet::names() {
            let is_biorthogonal = (name.starts_with("bior") || name.starts_with("rbio")) && !name.ends_with("1.1");
            assert_eq!(Wavelet::named(name).unwrap().is_orthogonal(), !is_biorthogonal, "{name}");
        }
        assert_eq!(Wavelet::named("DB4").unwrap().name, "db4");
        assert_eq!(Wavelet::named("mexh").unwrap_err().code(), Code::UnknownName);
    }
}
