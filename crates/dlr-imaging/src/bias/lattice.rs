//! A cubic B-spline field on a lattice of control points, fitted to values on a voxel grid.
//!
//! Lee, Wolberg and Shin, IEEE Transactions on Visualization and Computer Graphics 3:228 (1997). A voxel's share in a
//! control point is a product over the axes, so both sums of the fit and the field itself are taken axis by axis.

use ndarray::{Array3, ArrayView3, Axis, s};
use rayon::prelude::*;

/// Four weights per position along one axis, and the control point of the first.
pub(super) struct AxisBasis {
    first: Vec<usize>,
    weights: Vec<[f64; 4]>,
    n_control: usize,
}

impl AxisBasis {
    /// Weights for positions `at`, in voxels of a grid of `n`, under `n_control` points that span it.
    ///
    /// Positions beyond the grid are held at its border. A grid of one voxel is a single point: the field is constant.
    pub(super) fn new(n: usize, n_control: usize, at: impl Iterator<Item = f64>) -> Self {
        let n_spans = (n_control - 3) as f64;
        let per_voxel = if n > 1 { n_spans / (n as f64 - 1.0) } else { 0.0 };
        // The last voxel belongs to the last span; ITK moves it inwards by a thousandth of a voxel.
        let last = n_spans - 1e-3 * per_voxel.max(1e-9);
        let mut basis = AxisBasis { first: Vec::new(), weights: Vec::new(), n_control };
        for at in at {
            let p = (at * per_voxel).clamp(0.0, last);
            let u = p - p.floor();
            let v = 1.0 - u;
            basis.first.push(p.floor() as usize);
            basis.weights.push([
                v * v * v / 6.0,
                (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0,
                (3.0 * v * v * v - 6.0 * v * v + 4.0) / 6.0,
                u * u * u / 6.0,
            ]);
        }
        basis
    }

    fn mapped(&self, f: impl Fn([f64; 4]) -> [f64; 4]) -> AxisBasis {
        let weights = self.weights.iter().map(|w| f(*w)).collect();
        AxisBasis { first: self.first.clone(), weights, n_control: self.n_control }
    }

    fn len(&self) -> usize {
        self.first.len()
    }
}

/// Bases of a grid, ready to fit any values on it.
pub(super) struct Fit {
    bases: [AxisBasis; 3],
    /// Per axis `w³ / Σ w²`.
    cubed: [AxisBasis; 3],
    /// Sum of `w²` over the voxels that take part.
    omega: Array3<f64>,
}

impl Fit {
    /// A grid of which the voxels with `take` 1 count.
    pub(super) fn new(take: &Array3<f64>, n_control: [usize; 3]) -> Self {
        let (nz, ny, nx) = take.dim();
        let n = [nz, ny, nx];
        let bases = [0, 1, 2].map(|a| AxisBasis::new(n[a], n_control[a], (0..n[a]).map(|i| i as f64)));
        let squared = [0, 1, 2].map(|a| bases[a].mapped(|w| w.map(|w| w * w)));
        let cubed = [0, 1, 2].map(|a| {
            bases[a].mapped(|w| {
                let sum: f64 = w.iter().map(|w| w * w).sum();
                w.map(|w| w * w * w / sum)
            })
        });
        let omega = contract(take.view(), &squared);
        Fit { bases, cubed, omega }
    }

    /// Control points of `values`, which must be 0 where voxels do not take part.
    pub(super) fn control_points(&self, values: ArrayView3<'_, f64>) -> Array3<f64> {
        let mut control = contract(values, &self.cubed);
        control.zip_mut_with(&self.omega, |delta, omega| *delta = if *omega > 0.0 { *delta / omega } else { 0.0 });
        control
    }

    /// The field on the grid.
    pub(super) fn field(&self, control: &Array3<f64>) -> Array3<f64> {
        expand(control, &self.bases)
    }
}

/// `Σ values(z, y, x) w_z w_y w_x` per control point. Planes run in parallel; the sum over them has a fixed order.
fn contract(values: ArrayView3<'_, f64>, bases: &[AxisBasis; 3]) -> Array3<f64> {
    let [along_z, along_y, along_x] = bases;
    let planes: Vec<_> = values.axis_iter(Axis(0)).collect();
    let partial: Vec<Vec<f64>> = planes
        .into_par_iter()
        .map(|plane| {
            let mut sums = vec![0.0; along_y.n_control * along_x.n_control];
            let mut line = vec![0.0; along_x.n_control];
            for (y, row) in plane.outer_iter().enumerate() {
                line.fill(0.0);
                for ((value, first), w) in row.iter().zip(&along_x.first).zip(&along_x.weights) {
                    line[*first..first + 4].iter_mut().zip(w).for_each(|(sum, w)| *sum += value * w);
                }
                for (k, w) in along_y.weights[y].iter().enumerate() {
                    let start = (along_y.first[y] + k) * along_x.n_control;
                    sums[start..start + line.len()].iter_mut().zip(&line).for_each(|(sum, v)| *sum += w * v);
                }
            }
            sums
        })
        .collect();
    let mut control = Array3::zeros((along_z.n_control, along_y.n_control, along_x.n_control));
    for (z, plane) in partial.iter().enumerate() {
        for (k, w) in along_z.weights[z].iter().enumerate() {
            let mut target = control.slice_mut(s![along_z.first[z] + k, .., ..]);
            target.iter_mut().zip(plane).for_each(|(sum, v)| *sum += w * v);
        }
    }
    control
}

/// The field of a lattice at the positions of three bases.
pub(super) fn expand(control: &Array3<f64>, bases: &[AxisBasis; 3]) -> Array3<f64> {
    let [along_z, along_y, along_x] = bases;
    let mut field = Array3::zeros((along_z.len(), along_y.len(), along_x.len()));
    let planes: Vec<_> = field.outer_iter_mut().enumerate().collect();
    planes.into_par_iter().for_each(|(z, mut plane)| {
        let (ny, nx) = (along_y.n_control, along_x.n_control);
        let mut slab = vec![0.0; ny * nx];
        for (k, w) in along_z.weights[z].iter().enumerate() {
            let source = control.slice(s![along_z.first[z] + k, .., ..]);
            slab.iter_mut().zip(source).for_each(|(sum, v)| *sum += w * v);
        }
        let mut line = vec![0.0; nx];
        for (y, mut row) in plane.outer_iter_mut().enumerate() {
            line.fill(0.0);
            for (k, w) in along_y.weights[y].iter().enumerate() {
                let start = (along_y.first[y] + k) * nx;
                line.iter_mut().zip(&slab[start..start + nx]).for_each(|(sum, v)| *sum += w * v);
            }
            for ((out, first), w) in row.iter_mut().zip(&along_x.first).zip(&along_x.weights) {
                let c = &line[*first..first + 4];
                *out = w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3];
            }
        }
    });
    field
}

/// The same field on a lattice of twice as many spans: `2n - 3` control points along each axis.
pub(super) fn refine(control: &Array3<f64>) -> Array3<f64> {
    let mut out = control.clone();
    for axis in 0..3 {
        let c = out;
        let mut shape = [c.dim().0, c.dim().1, c.dim().2];
        shape[axis] = 2 * shape[axis] - 3;
        out = Array3::zeros(shape);
        for (k, mut plane) in out.axis_iter_mut(Axis(axis)).enumerate() {
            let at = |i: usize| c.index_axis(Axis(axis), i);
            let i = k / 2;
            if k % 2 == 0 {
                ndarray::Zip::from(&mut plane).and(at(i)).and(at(i + 1)).for_each(|o, a, b| *o = 0.5 * (a + b));
            } else {
                ndarray::Zip::from(&mut plane)
                    .and(at(i))
                    .and(at(i + 1))
                    .and(at(i + 2))
                    .for_each(|o, a, b, c| *o = 0.125 * a + 0.75 * b + 0.125 * c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    fn random(shape: [usize; 3], seed: u64) -> Array3<f64> {
        let mut rng = Rng::new(seed);
        Array3::from_shape_fn(shape, |_| rng.normal())
    }

    #[test]
    fn the_fit_equals_lee_wolberg_and_shin_written_out() {
        let (values, n_control) = (random([5, 6, 7], 1), [4, 5, 6]);
        let take = random([5, 6, 7], 2).mapv(|v| f64::from(u8::from(v > -0.3)));
        let masked = &values * &take;
        let fit = Fit::new(&take, n_control);
        let (mut delta, mut omega) = (Array3::<f64>::zeros(n_control), Array3::<f64>::zeros(n_control));
        for ((z, y, x), value) in values.indexed_iter().filter(|(i, _)| take[*i] == 1.0) {
            let at = [z, y, x];
            let weight = |k: [usize; 3]| (0..3).map(|a| fit.bases[a].weights[at[a]][k[a]]).product::<f64>();
            let all = || (0..64).map(|k| [k / 16, k / 4 % 4, k % 4]);
            let sum: f64 = all().map(|k| weight(k).powi(2)).sum();
            for k in all() {
                let to = [0, 1, 2].map(|a| fit.bases[a].first[at[a]] + k[a]);
                delta[to] += weight(k).powi(3) * value / sum;
                omega[to] += weight(k).powi(2);
            }
        }
        let expected = &delta / &omega;
        let found = fit.control_points(masked.view());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn refining_keeps_the_field() {
        let control = random([4, 5, 6], 3);
        let take = Array3::ones([9, 1, 11]);
        let coarse = Fit::new(&take, [4, 5, 6]).field(&control);
        let fine = Fit::new(&take, [5, 7, 9]).field(&refine(&control));
        // The last voxel is held a thousandth of a voxel inside the last span on either lattice.
        assert!(coarse.iter().zip(&fine).all(|(a, b)| (a - b).abs() < 1e-2 * 1e-2));
    }
}
