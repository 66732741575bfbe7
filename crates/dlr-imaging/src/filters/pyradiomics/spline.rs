//! Cubic splines as scipy's `ndimage` has them: coefficients of a box of the image, mirrored at the image's borders.

use dlr_core::{IndexBox, Volume};
use ndarray::Axis;

/// The pole of the cubic spline's recursion, and how many voxels it remembers: 0.268^31 is below 1e-17.
const POLE: f64 = -0.267_949_192_431_122_7;
const REACH: usize = 31;

/// Spline coefficients on a box.
pub(super) struct Spline {
    /// In the order of the box; the planes at its end may have been given back.
    coefficients: Vec<f64>,
    at: IndexBox,
    shape: [usize; 3],
}

impl Spline {
    /// Of the image, wherever a value in `at` is asked for.
    pub(super) fn new(image: &Volume, at: IndexBox) -> Self {
        let shape = image.geometry().shape();
        let at = at.grown([REACH + 2; 3], shape);
        let mut coefficients = image.crop_f64(at);
        for axis in 0..3 {
            for mut lane in coefficients.lanes_mut(Axis(axis)) {
                let mut line = lane.to_vec();
                prefilter(&mut line);
                lane.iter_mut().zip(line).for_each(|(to, v)| *to = v);
            }
        }
        let (coefficients, _) = coefficients.into_raw_vec_and_offset();
        Spline { coefficients, at, shape }
    }

    /// Gives back the memory of the planes beyond `z` of the image.
    pub(super) fn forget_beyond(&mut self, z: usize) {
        let [_, ny, nx] = self.at.shape();
        self.coefficients.truncate((z + 1).saturating_sub(self.at.start[0]) * ny * nx);
        self.coefficients.shrink_to_fit();
    }

    /// The value at a point in voxels `[z, y, x]` of the image; 0 outside of it.
    pub(super) fn at(&self, point: [f64; 3]) -> f64 {
        if (0..3).any(|a| point[a] < 0.0 || point[a] > self.shape[a] as f64 - 1.0) {
            return 0.0;
        }
        let axes = [0, 1, 2].map(|a| {
            let low = point[a].floor();
            let weights = weights(point[a] - low);
            let places = [-1, 0, 1, 2].map(|step| mirrored(low as isize + step, self.shape[a]) - self.at.start[a]);
            (places, weights)
        });
        let [(zs, wz), (ys, wy), (xs, wx)] = axes;
        let [_, ny, nx] = self.at.shape();
        let mut sum = 0.0;
        for (z, wz) in zs.into_iter().zip(wz) {
            for (y, wy) in ys.into_iter().zip(wy) {
                let row = &self.coefficients[(z * ny + y) * nx..][..nx];
                for (x, wx) in xs.into_iter().zip(wx) {
                    // scipy multiplies the coefficient by one weight after the other.
                    sum += row[x] * wz * wy * wx;
                }
            }
        }
        sum
    }
}

/// Weights of the four coefficients around a point that lies `t` behind the second.
fn weights(t: f64) -> [f64; 4] {
    let u = 1.0 - t;
    let inner = |t: f64| (t * t * (t - 2.0) * 3.0 + 4.0) / 6.0;
    let mut w = [u * u * u / 6.0, inner(t), inner(u), 0.0];
    w[3] = 1.0 - w[0] - w[1] - w[2];
    w
}

/// The index of a line of `n` samples that is reflected about its first and last sample.
fn mirrored(i: isize, n: usize) -> usize {
    if n == 1 {
        return 0;
    }
    let period = 2 * (n as isize - 1);
    let i = i.rem_euclid(period);
    i.min(period - i) as usize
}

/// Coefficients of one line, reflected about its ends.
fn prefilter(line: &mut [f64]) {
    let n = line.len();
    if n < 2 {
        return;
    }
    line.iter_mut().for_each(|v| *v *= (1.0 - POLE) * (1.0 - 1.0 / POLE));
    // The sum over the reflected line, complete.
    let mut power = POLE;
    let last_power = POLE.powi(n as i32 - 1);
    let mut first = line[0] + last_power * line[n - 1];
    for i in 1..n - 1 {
        first += power * (line[i] + last_power * line[n - 1 - i]);
        power *= POLE;
    }
    line[0] = first / (1.0 - last_power * last_power);
    for i in 1..n {
        line[i] += POLE * line[i - 1];
    }
    line[n - 1] = (POLE * line[n - 2] + line[n - 1]) * POLE / (POLE * POLE - 1.0);
    for i in (0..n - 1).rev() {
        line[i] = POLE * (line[i + 1] - line[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::whole;
    use super::*;
    use dlr_core::Rng;
    use ndarray::Array3;

    #[test]
    fn passes_through_the_voxels_and_a_box_is_enough() {
        let mut rng = Rng::new(2);
        let voxels = Array3::from_shape_simple_fn((6, 70, 3), || 100.0 * rng.uniform());
        let image = Volume::from_array(voxels.clone(), [1.0; 3]).unwrap();
        let all = Spline::new(&image, whole(&image));
        for ((z, y, x), v) in voxels.indexed_iter() {
            assert!((all.at([z as f64, y as f64, x as f64]) - v).abs() < 1e-10);
        }
        let part = Spline::new(&image, IndexBox { start: [2, 34, 1], end: [3, 36, 2] });
        for point in [[2.3, 35.9, 0.4], [1.0, 33.2, 1.7]] {
            assert!((part.at(point) - all.at(point)).abs() < 1e-12);
        }
        assert_eq!(all.at([-0.01, 3.0, 1.0]), 0.0);
        assert_eq!(all.at([5.0, 69.01, 1.0]), 0.0);
        let mut early = Spline::new(&image, whole(&image));
        early.forget_beyond(4);
        assert_eq!(early.at([2.4, 4.2, 1.1]), all.at([2.4, 4.2, 1.1]));
        assert_eq!(early.coefficients.len(), 5 * 70 * 3);
    }

    #[test]
    fn one_slice_is_a_plane() {
        let image = Volume::from_array(Array3::from_elem((1, 5, 5), 3.0), [1.0; 3]).unwrap();
        let spline = Spline::new(&image, whole(&image));
        assert!((spline.at([0.0, 2.5, 1.25]) - 3.0).abs() < 1e-12);
        assert_eq!(spline.at([0.4, 2.0, 2.0]), 0.0);
    }
}
