//! The undecimated wavelet decomposition that pyradiomics makes with PyWavelets' `swtn`.
//!
//! The image is periodic; an axis with an odd number of voxels is first made even by repeating its first voxel at its
//! end, and the extra voxel is dropped from every result. Every level filters the approximation of the level before
//! with the same taps: pyradiomics restarts `swtn` at level 0 each time, so taps are never spread.
//!
//! Bands are named by one letter per axis, x first: `LLH` is low-pass along x and y and high-pass along z. A band is
//! computed, handed over and dropped before the next, so that memory holds one copy of the box per axis and one more,
//! not one per band.

use super::super::wavelets::Wavelet;
use super::{Stored, checked, in_place};
use crate::error::parameter;
use dlr_core::wide::{Wide, widest};
use dlr_core::{IndexBox, Result, Volume, Voxels};
use ndarray::{Array3, ArrayView3, Axis, s};
use rayon::prelude::*;
use std::ops::{AddAssign, Mul};

/// What to decompose.
///
/// | parameter | default | meaning |
/// |---|---|---|
/// | `wavelet` | `coif1` | any of [`Wavelet::names`] |
/// | `start_level` | 0 | levels that are filtered but not handed over |
/// | `n_levels` | 1 | levels that are handed over, at least 1; with `start_level` at most 8 |
/// | `flat_axis` | none | an axis (`[z, y, x]`) that is not filtered: `force2Ddimension` |
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the table above says what each field is")]
pub struct WaveletParams {
    pub wavelet: Wavelet,
    pub start_level: usize,
    pub n_levels: usize,
    pub flat_axis: Option<usize>,
}

/// Most levels: each looks as far around the box again as the wavelet is wide.
const MOST_LEVELS: usize = 8;

impl WaveletParams {
    /// One level of a wavelet along all three axes.
    pub fn new(wavelet: Wavelet) -> Self {
        WaveletParams { wavelet, start_level: 0, n_levels: 1, flat_axis: None }
    }

    /// Axes in the order of the letters: x, y, z.
    fn axes(&self) -> Vec<usize> {
        [2, 1, 0].into_iter().filter(|a| Some(*a) != self.flat_axis).collect()
    }
}

/// The names of the bands, in the order in which pyradiomics yields them: the details of each level, then the last
/// approximation. Levels above the first stand in front: `2-LLH`.
pub fn wavelet_names(params: &WaveletParams) -> Vec<String> {
    let n_axes = params.axes().len();
    let letters = |band: usize| (0..n_axes).map(move |i| if band >> (n_axes - 1 - i) & 1 == 1 { 'H' } else { 'L' });
    let name = |level: usize, band: usize| {
        let number = if level == 1 { String::new() } else { level.to_string() };
        format!("{number}-{}", letters(band).collect::<String>())
    };
    let details = (1..=params.n_levels).flat_map(|level| (1..1 << n_axes).map(move |band| (level, band)));
    details.chain([(params.n_levels, 0)]).map(|(level, band)| name(level, band)).collect()
}

/// All bands in the box `at`, named as [`wavelet_names`] says.
///
/// # Errors
/// As [`visit_wavelet`].
///
/// ```
/// use dlr_core::Volume;
/// use dlr_imaging::filters::{pyradiomics::{Stored, WaveletParams, wavelet, whole}, wavelets::Wavelet};
/// let image = Volume::from_array(ndarray::Array3::from_elem((4, 4, 4), 10.0), [1.0; 3])?;
/// let bands = wavelet(&image, &WaveletParams::new(Wavelet::named("haar")?), Stored::F64, whole(&image))?;
/// assert_eq!(bands.len(), 8);
/// let (name, approximation) = &bands[7];
/// assert_eq!(name, "-LLL");
/// assert!((approximation.get([1, 2, 3]) - 10.0 * 8f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn wavelet(image: &Volume, params: &WaveletParams, stored: Stored, at: IndexBox) -> Result<Vec<(String, Volume)>> {
    visit_wavelet(image, params, stored, at, |name, volume| Ok((name.to_owned(), volume)))
}

/// Hands each band in the box `at` to `visit`, one after the other, and gives what it returned in the order of
/// [`wavelet_names`].
///
/// Images of 32 bit floating point numbers are filtered in 32 bit, all others in 64 bit, as PyWavelets does.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for 0 or more than 8 levels or an axis that is none, [`dlr_core::Code::Shape`] for a box that is empty
/// or leaves the image; whatever `visit` returns.
pub fn visit_wavelet<R: Send>(
    image: &Volume,
    params: &WaveletParams,
    stored: Stored,
    at: IndexBox,
    visit: impl Fn(&str, Volume) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    if params.n_levels == 0 {
        return Err(parameter("n_levels", 0, "at least 1"));
    }
    if params.start_level.saturating_add(params.n_levels) > MOST_LEVELS {
        let found = format!("{} after {} that are only filtered", params.n_levels, params.start_level);
        return Err(parameter("n_levels", found, &format!("at most {MOST_LEVELS} together")));
    }
    if let Some(axis) = params.flat_axis.filter(|a| *a > 2) {
        return Err(parameter("flat_axis", axis, "0, 1 or 2"));
    }
    let at = checked(at, image)?;
    match stored {
        Stored::F32 => decompose::<f32, R>(image, params, at, &visit),
        _ => decompose::<f64, R>(image, params, at, &visit),
    }
}

/// The number type of the arithmetic.
trait Real: Copy + Default + Send + Sync + AddAssign + Mul<Output = Self> + 'static {
    fn of(value: f64) -> Self;
    /// A tap of the wavelet `name` in this type.
    fn tap(value: f64, name: &str) -> Self;
    fn voxels(array: Array3<Self>) -> Voxels;
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }
    fn tap(value: f64, name: &str) -> Self {
        // PyWavelets stores coiflets without the factor of the square root of 2, and multiplies in 32 bit.
        use std::f64::consts::SQRT_2;
        if name.starts_with("coif") { (value / SQRT_2) as f32 * SQRT_2 as f32 } else { value as f32 }
    }
    fn voxels(array: Array3<f32>) -> Voxels {
        Voxels::F32(array)
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
    fn tap(value: f64, _: &str) -> Self {
        value
    }
    fn voxels(array: Array3<f64>) -> Voxels {
        Voxels::F64(array)
    }
}

/// Taps of both branches.
struct Taps<T> {
    low: Vec<T>,
    high: Vec<T>,
}

/// What one level needs to hand its bands over.
struct Level<'a, T, F> {
    taps: &'a Taps<T>,
    axes: &'a [usize],
    /// Index in the periodic image of the first voxel of the level's input, and the period.
    first: [isize; 3],
    period: [usize; 3],
    /// Whether details are handed over, and from which position in the names.
    details: Option<usize>,
    /// Where the box lies in the arrays of this level.
    inner: IndexBox,
    visit: &'a F,
}

fn decompose<T: Real, R: Send>(
    image: &Volume,
    params: &WaveletParams,
    at: IndexBox,
    visit: &(impl Fn(&str, Volume) -> Result<R> + Sync),
) -> Result<Vec<R>> {
    let axes = params.axes();
    let names = wavelet_names(params);
    let taps = Taps {
        low: params.wavelet.dec_lo.iter().map(|v| T::tap(*v, params.wavelet.name)).collect(),
        high: params.wavelet.dec_hi.iter().map(|v| T::tap(*v, params.wavelet.name)).collect(),
    };
    // Output i sees the samples from i - n/2 + 1 to i + n/2.
    let (before, after) = (taps.low.len() / 2 - 1, taps.low.len() / 2);
    let n_levels = params.start_level + params.n_levels;
    let is_filtered = |a: usize| usize::from(axes.contains(&a));
    let margin = |levels: usize| [0, 1, 2].map(|a| [levels * before * is_filtered(a), levels * after * is_filtered(a)]);
    let period = image.geometry().shape().map(|n| n + n % 2);
    let mut approximation = unrolled::<T>(image, at, margin(n_levels));
    let hand_over =
        |position: usize, voxels: Array3<T>| visit(&names[position], in_place(image, at, T::voxels(voxels))?);
    let mut found: Vec<(usize, R)> = Vec::new();
    for level in 0..n_levels {
        let around = margin(n_levels - 1 - level);
        let inner =
            IndexBox { start: around.map(|[before, _]| before), end: [0, 1, 2].map(|a| around[a][0] + at.shape()[a]) };
        let details = level.checked_sub(params.start_level).map(|l| l * ((1 << axes.len()) - 1));
        let first = margin(n_levels - level);
        let first = [0, 1, 2].map(|a| at.start[a] as isize - first[a][0] as isize);
        let this = Level { taps: &taps, axes: &axes, first, period, details, inner, visit: &hand_over };
        let (of_level, low) = this.descend(approximation.view(), 0, 0)?;
        found.extend(of_level);
        // Without a filtered axis (never) there would be no low band.
        approximation = low.expect("the branch of low-pass filters ends in the approximation");
    }
    found.push((names.len() - 1, hand_over(names.len() - 1, approximation)?));
    found.sort_by_key(|(position, _)| *position);
    Ok(found.into_iter().map(|(_, result)| result).collect())
}

/// What a branch has handed over, by position, and its approximation if it is the branch of low-pass filters.
type Branch<T, R> = Result<(Vec<(usize, R)>, Option<Array3<T>>)>;

impl<T: Real, F> Level<'_, T, F> {
    /// Filters along the axes from the `depth`th; `band` has a bit for each earlier axis, set for high-pass.
    fn descend<R: Send>(&self, voxels: ArrayView3<'_, T>, depth: usize, band: usize) -> Branch<T, R>
    where
        F: Fn(usize, Array3<T>) -> Result<R> + Sync,
    {
        let axis = self.axes[depth];
        let branch = |taps: &[T], band: usize| -> Branch<T, R> {
            let is_leaf = depth + 1 == self.axes.len();
            if is_leaf && band != 0 && self.details.is_none() {
                return Ok((Vec::new(), None));
            }
            let (first, period) = (self.first[axis], self.period[axis]);
            match self.details {
                // A detail ends here: only the box is wanted of it.
                Some(details) if is_leaf && band != 0 => {
                    let start = first + self.inner.start[axis] as isize;
                    let filtered = convolve(self.beneath(voxels, axis), axis, taps, start, period);
                    let position = details + band - 1;
                    Ok((vec![(position, (self.visit)(position, filtered)?)], None))
                }
                _ if is_leaf => Ok((Vec::new(), Some(convolve(voxels, axis, taps, first, period)))),
                _ => self.descend(convolve(voxels, axis, taps, first, period).view(), depth + 1, band),
            }
        };
        // One branch after the other, each in parallel within itself: at the same time they would hold twice the memory.
        // Without details only the low branch is needed.
        let mut found = match self.details {
            None => Vec::new(),
            Some(_) => branch(&self.taps.high, band << 1 | 1)?.0,
        };
        let (of_low, approximation) = branch(&self.taps.low, band << 1)?;
        found.extend(of_low);
        Ok((found, approximation))
    }

    /// What the box needs of the input of the last filter, which runs along `axis`.
    fn beneath<'v>(&self, voxels: ArrayView3<'v, T>, axis: usize) -> ArrayView3<'v, T> {
        let IndexBox { start, mut end } = self.inner;
        end[axis] += self.taps.low.len() - 1;
        voxels.slice_move(s![start[0]..end[0], start[1]..end[1], start[2]..end[2]])
    }
}

/// The box with `margin` voxels `[before, after]` each axis, out of the periodic image.
fn unrolled<T: Real>(image: &Volume, at: IndexBox, margin: [[usize; 2]; 3]) -> Array3<T> {
    let shape = image.geometry().shape();
    let indices = [0, 1, 2].map(|a| -> Vec<usize> {
        let n = shape[a] as isize;
        let [before, after] = margin[a].map(|m| m as isize);
        let range = at.start[a] as isize - before..at.end[a] as isize + after;
        // The period is even; its last sample is the first again where that makes it so.
        range.map(|i| (i.rem_euclid(n + n % 2) % n) as usize).collect()
    });
    let [along_z, along_y, along_x] = &indices;
    let mut out = Array3::from_elem((along_z.len(), along_y.len(), along_x.len()), T::default());
    let planes: Vec<_> = out.outer_iter_mut().zip(along_z).collect();
    planes.into_par_iter().for_each(|(mut plane, z)| {
        for (mut row, y) in plane.outer_iter_mut().zip(along_y) {
            match image.voxels() {
                Voxels::F32(a) => {
                    let source = a.slice(s![*z, *y, ..]);
                    row.iter_mut().zip(along_x).for_each(|(to, x)| *to = T::of(source[*x].into()));
                }
                Voxels::F64(a) => {
                    let source = a.slice(s![*z, *y, ..]);
                    row.iter_mut().zip(along_x).for_each(|(to, x)| *to = T::of(source[*x]));
                }
            }
        }
    });
    out
}

/// Convolution along an axis, without what the margin does not cover: `taps.len() - 1` samples fewer. `first` is the
/// place of the first input sample in the image of `period` samples.
///
/// Terms are added in PyWavelets' order, because a flat place gives a value whose only content is rounding, and its
/// sign decides in which bin it falls.
fn convolve<T: Real>(input: ArrayView3<'_, T>, axis: usize, taps: &[T], first: isize, period: usize) -> Array3<T> {
    let mut shape = [input.dim().0, input.dim().1, input.dim().2];
    shape[axis] -= taps.len() - 1;
    let mut output = Array3::from_elem(shape, T::default());
    let across = Axis(if axis == 0 { 1 } else { 0 });
    let planes: Vec<_> = output.axis_iter_mut(across).zip(input.axis_iter(across)).collect();
    let last = taps.len() - 1;
    let orders: Vec<Option<Vec<usize>>> =
        (0..shape[axis]).map(|i| order(first + i as isize, taps.len(), period)).collect();
    let natural: Vec<usize> = (0..taps.len()).collect();
    planes.into_par_iter().for_each(|(mut target, source)| {
        for (i, mut out) in target.outer_iter_mut().enumerate() {
            let out = out.as_slice_mut().expect("rows along x are in one piece");
            let row = |at: usize| source.row(at).to_slice().expect("rows along x are in one piece");
            if axis != 2 {
                let order = orders[i].as_ref().unwrap_or(&natural);
                widest(Accumulate { out, taps, order, row: |k| row(i + last - k) });
                continue;
            }
            let line = row(i);
            widest(Accumulate { out, taps, order: &natural, row: |k| &line[last - k..] });
            for (x, order) in orders.iter().enumerate() {
                if let Some(order) = order {
                    Accumulate { out: &mut out[x..=x], taps, order, row: |k| &line[x + last - k..] }.run();
                }
            }
        }
    });
    output
}

/// The order in which PyWavelets adds the terms of an output sample where it is not that of the taps: at the end of the
/// period, taps that see the other end are added first and backwards. `first` is the first sample that the taps see.
fn order(first: isize, n_taps: usize, period: usize) -> Option<Vec<usize>> {
    let half = n_taps / 2;
    let at = (first + half as isize - 1).rem_euclid(period as isize) as usize;
    let n_wrapped = ((at + half + 1).checked_sub(period)?).min(n_taps);
    (n_wrapped > 1).then(|| (0..n_wrapped).rev().chain(n_wrapped..n_taps).collect())
}

/// `out[x] = Σ taps[k] row(k)[x]` over `k` in `order`.
struct Accumulate<'a, T, F> {
    out: &'a mut [T],
    taps: &'a [T],
    order: &'a [usize],
    row: F,
}

impl<'r, T: Real, F: Fn(usize) -> &'r [T]> Wide for Accumulate<'_, T, F> {
    type Output = ();

    /// A few neighbours at a time, so that sums stay in registers.
    #[inline(always)]
    fn run(self) {
        const WIDTH: usize = 32;
        let Accumulate { out, taps, order, row } = self;
        let n = out.len();
        let mut x = 0;
        for chunk in out.chunks_mut(WIDTH) {
            if let Ok(chunk) = <&mut [T; WIDTH]>::try_from(&mut *chunk) {
                let mut sums = [T::default(); WIDTH];
                for &k in order {
                    let source: &[T; WIDTH] = row(k)[x..].first_chunk().expect("a row is as long as its output");
                    for l in 0..WIDTH {
                        sums[l] += taps[k] * source[l];
                    }
                }
                *chunk = sums;
            } else {
                chunk.fill(T::default());
                for &k in order {
                    chunk.iter_mut().zip(&row(k)[x..n]).for_each(|(sum, v)| *sum += taps[k] * *v);
                }
            }
            x += WIDTH;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;
    use dlr_core::{Code, Rng};

    fn noise(shape: [usize; 3], seed: u64) -> Volume {
        let mut rng = Rng::new(seed);
        let voxels = Array3::from_shape_simple_fn(shape, || (300.0 * rng.uniform()).round() as f32);
        Volume::from_array(voxels, [1.0; 3]).unwrap()
    }

    fn params(name: &str, start_level: usize, n_levels: usize, flat_axis: Option<usize>) -> WaveletParams {
        WaveletParams { start_level, n_levels, flat_axis, ..WaveletParams::new(Wavelet::named(name).unwrap()) }
    }

    /// The definition: whole periodic volume, one sum per voxel, one band at a time.
    fn slow(image: &Volume, p: &WaveletParams) -> Vec<Array3<f64>> {
        let shape = image.geometry().shape();
        let padded = shape.map(|n| n + n % 2);
        let voxels = image.to_f64();
        let mut data = Array3::from_shape_fn(padded, |(z, y, x)| voxels[[z % shape[0], y % shape[1], x % shape[2]]]);
        let along = |v: &Array3<f64>, axis: usize, taps: &[f64]| {
            Array3::from_shape_fn(padded, |(z, y, x)| {
                let mut sum = 0.0;
                let n = padded[axis] as isize;
                let seen = |k: usize| [z, y, x][axis] as isize + taps.len() as isize / 2 - k as isize;
                // Beyond the end first, from the far side.
                let mut terms: Vec<usize> = (0..taps.len()).filter(|k| seen(*k) >= n).rev().collect();
                terms.extend((0..taps.len()).filter(|k| seen(*k) < n));
                for k in terms {
                    let mut at = [z, y, x];
                    at[axis] = seen(k).rem_euclid(n) as usize;
                    sum += taps[k] * v[at];
                }
                sum
            })
        };
        let mut bands = Vec::new();
        let axes = p.axes();
        for level in 0..p.start_level + p.n_levels {
            for band in (0..1usize << axes.len()).skip(1).chain([0]) {
                let filtered = axes.iter().enumerate().fold(data.clone(), |v, (i, axis)| {
                    let high = band >> (axes.len() - 1 - i) & 1 == 1;
                    along(&v, *axis, if high { &p.wavelet.dec_hi } else { &p.wavelet.dec_lo })
                });
                if band == 0 {
                    data = filtered;
                } else if level >= p.start_level {
                    bands.push(filtered.slice(s![..shape[0], ..shape[1], ..shape[2]]).to_owned());
                }
            }
        }
        bands.push(data.slice(s![..shape[0], ..shape[1], ..shape[2]]).to_owned());
        bands
    }

    #[test]
    fn equals_the_definition_bit_by_bit() {
        for (shape, p) in [
            ([6, 9, 21], params("coif1", 0, 1, None)),
            ([1, 2, 3], params("db3", 0, 2, None)),
            ([5, 8, 7], params("bior2.2", 1, 1, None)),
            ([4, 5, 18], params("haar", 0, 3, None)),
            ([3, 7, 6], params("sym4", 0, 1, Some(0))),
            ([7, 3, 40], params("coif5", 0, 1, Some(1))),
        ] {
            let image = noise(shape, 5);
            let expected = slow(&image, &p);
            let found = wavelet(&image, &p, Stored::Integer, whole(&image)).unwrap();
            assert_eq!(found.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>(), wavelet_names(&p));
            assert_eq!(found.len(), expected.len());
            for ((name, found), expected) in found.iter().zip(expected) {
                assert_eq!(found.to_f64(), expected, "{} {name} {shape:?}", p.wavelet.name);
            }
        }
    }

    #[test]
    fn a_box_is_the_whole_image_cropped() {
        let image = noise([11, 20, 33], 9);
        for p in [params("coif1", 0, 1, None), params("db3", 1, 2, None), params("dmey", 0, 1, None)] {
            let all = wavelet(&image, &p, Stored::Integer, whole(&image)).unwrap();
            for at in [
                IndexBox { start: [4, 6, 9], end: [6, 9, 30] },
                IndexBox { start: [0, 0, 0], end: [1, 2, 3] },
                IndexBox { start: [10, 19, 32], end: [11, 20, 33] },
            ] {
                let part = wavelet(&image, &p, Stored::Integer, at).unwrap();
                for ((name, all), (_, part)) in all.iter().zip(&part) {
                    assert_eq!(part, &all.crop(at), "{name}");
                }
            }
        }
    }

    #[test]
    fn names_as_pyradiomics_orders_them() {
        let letters = ["-LLH", "-LHL", "-LHH", "-HLL", "-HLH", "-HHL", "-HHH", "-LLL"];
        assert_eq!(wavelet_names(&params("haar", 0, 1, None)), letters);
        let two = wavelet_names(&params("haar", 0, 2, None));
        assert_eq!((two.len(), two[7].as_str(), two[14].as_str()), (15, "2-LLH", "2-LLL"));
        assert_eq!(wavelet_names(&params("haar", 1, 1, Some(0))), ["-LH", "-HL", "-HH", "-LL"]);
    }

    #[test]
    fn floats_are_filtered_in_32_bit_and_refusals_are_clear() {
        let image = noise([4, 4, 4], 1);
        let bands = wavelet(&image, &params("db2", 0, 1, None), Stored::F32, whole(&image)).unwrap();
        assert!(bands.iter().all(|(_, v)| matches!(v.voxels(), Voxels::F32(_))));
        let code = |p| wavelet(&image, &p, Stored::F64, whole(&image)).unwrap_err().code();
        assert_eq!(code(params("haar", 0, 0, None)), Code::Parameter);
        assert_eq!(code(params("haar", 0, 1, Some(3))), Code::Parameter);
    }
}
