//! Applies the three axis maps of a resampling, x first, with the spline prefilter on the way.

use super::{AxisMap, Store};
use dlr_core::{Volume, Voxels};
use ndarray::{Array3, ArrayView1, ArrayViewMut1, ArrayViewMut3, Axis, s};
use rayon::prelude::*;

/// The resampled voxels. Peak memory: the needed window after each of two passes, in 64 bit.
pub(crate) fn apply_axes(image: &Volume, maps: &[AxisMap; 3], store: Store) -> Array3<f64> {
    let [along_z, along_y, along_x] = maps;
    let n = image.geometry().shape();
    let [(z0, z1), (y0, y1), (x0, x1)] = [along_z.window, along_y.window, along_x.window];
    // x: rows are read in the image's own width.
    let mut out = Array3::<f64>::zeros((z1 - z0, y1 - y0, along_x.len()));
    let planes: Vec<_> = out.outer_iter_mut().enumerate().collect();
    planes.into_par_iter().for_each_init(
        || vec![0.0; x1 - x0],
        |row, (z, mut plane)| {
            for (y, target) in plane.outer_iter_mut().enumerate() {
                match image.voxels() {
                    Voxels::F32(a) => copy(row, a.slice(s![z0 + z, y0 + y, x0..x1]), f64::from),
                    Voxels::F64(a) => copy(row, a.slice(s![z0 + z, y0 + y, x0..x1]), |v| v),
                }
                if along_x.prefilter {
                    spline_coefficients_of_line(row);
                }
                gather(along_x, row, target);
            }
        },
    );
    // y: every plane by itself.
    if !along_y.is_identity(n[1]) {
        let input = out;
        out = Array3::zeros((z1 - z0, along_y.len(), along_x.len()));
        let planes: Vec<_> = out.axis_chunks_iter_mut(Axis(0), 1).zip(input.axis_chunks_iter(Axis(0), 1)).collect();
        planes.into_par_iter().for_each(|(target, source)| {
            let lines = source.permuted_axes([1, 0, 2]);
            transform(along_y, lines.to_owned(), target.permuted_axes([1, 0, 2]));
        });
    }
    // z: every row of y by itself.
    if !along_z.is_identity(n[0]) {
        let input = out;
        out = Array3::zeros((along_z.len(), along_y.len(), along_x.len()));
        let rows: Vec<_> = out.axis_chunks_iter_mut(Axis(1), 1).zip(input.axis_chunks_iter(Axis(1), 1)).collect();
        rows.into_par_iter().for_each(|(target, source)| transform(along_z, source.to_owned(), target));
    }
    if store != Store::F64 {
        let planes: Vec<_> = out.outer_iter_mut().collect();
        planes.into_par_iter().for_each(|mut plane| plane.mapv_inplace(|v| store.apply(v)));
    }
    out
}

fn copy<T: Copy>(row: &mut [f64], source: ArrayView1<'_, T>, wide: impl Fn(T) -> f64) {
    row.iter_mut().zip(source).for_each(|(to, from)| *to = wide(*from));
}

fn gather(map: &AxisMap, row: &[f64], mut target: ArrayViewMut1<'_, f64>) {
    for (i, out) in target.iter_mut().enumerate() {
        *out = map.evaluate_one(i, row);
    }
}

/// Lines run along axis 0; axis 1 has one element and axis 2 the neighbours that are worked on together.
fn transform(map: &AxisMap, source: Array3<f64>, mut target: ArrayViewMut3<'_, f64>) {
    let (n, _, width) = source.dim();
    let mut source = source.as_standard_layout().into_owned().into_raw_vec_and_offset().0;
    if map.prefilter {
        spline_coefficients(&mut source, n, width);
    }
    for i in 0..map.len() {
        let mut out = target.slice_mut(s![i, 0, ..]);
        let Some(out) = out.as_slice_mut() else { unreachable!("rows along x are in one piece") };
        map.evaluate(i, &source, width, out);
    }
}

/// Cubic B-spline coefficients of one line, mirrored at its ends. Unser, IEEE Signal Processing Magazine 16(6):22 (1999).
fn spline_coefficients_of_line(line: &mut [f64]) {
    let n = line.len();
    spline_coefficients(line, n, 1);
}

/// The same for `width` lines side by side: `data[i * width + k]` is sample `i` of line `k`.
fn spline_coefficients(data: &mut [f64], n: usize, width: usize) {
    if n < 2 {
        return;
    }
    let pole = 3f64.sqrt() - 2.0;
    data.iter_mut().for_each(|v| *v *= 6.0);
    // The sum over the mirrored line: truncated as in ITK, where terms fall below 1e-10, and complete where the line is
    // too short for that.
    const HORIZON: usize = 18;
    let (first, rest) = data.split_at_mut(width);
    if n > HORIZON {
        let mut power = pole;
        for row in rest.chunks_exact(width).take(HORIZON - 1) {
            first.iter_mut().zip(row).for_each(|(sum, v)| *sum += power * v);
            power *= pole;
        }
    } else {
        let end = pole.powi(n as i32 - 1);
        let mut weights: Vec<f64> = (1..n).map(|i| pole.powi(i as i32) + end * pole.powi((n - 1 - i) as i32)).collect();
        weights[n - 2] = end;
        let norm = 1.0 / (1.0 - end * end);
        for (row, weight) in rest.chunks_exact(width).zip(weights) {
            first.iter_mut().zip(row).for_each(|(sum, v)| *sum += weight * v);
        }
        first.iter_mut().for_each(|sum| *sum *= norm);
    }
    for i in 1..n {
        let (before, row) = data[(i - 1) * width..(i + 1) * width].split_at_mut(width);
        row.iter_mut().zip(before).for_each(|(v, b)| *v += pole * *b);
    }
    let scale = pole / (pole * pole - 1.0);
    let (before, last) = data[(n - 2) * width..].split_at_mut(width);
    last.iter_mut().zip(before).for_each(|(v, b)| *v = scale * (pole * *b + *v));
    for i in (0..n - 1).rev() {
        let (row, after) = data[i * width..(i + 2) * width].split_at_mut(width);
        row.iter_mut().zip(after).for_each(|(v, a)| *v = pole * (*a - *v));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    #[test]
    fn coefficients_interpolate_the_samples() {
        for n in [2, 3, 5, 17, 18, 19, 20, 90] {
            let mut rng = Rng::new(n as u64);
            let samples: Vec<f64> = (0..n).map(|_| 100.0 * rng.normal()).collect();
            let mut c = samples.clone();
            spline_coefficients_of_line(&mut c);
            for i in 0..n {
                let left = c[if i == 0 { 1 } else { i - 1 }];
                let right = c[if i + 1 == n { n - 2 } else { i + 1 }];
                let value = (left + 4.0 * c[i] + right) / 6.0;
                // 1e-10 is what the truncated sum leaves.
                assert!(
                    (value - samples[i]).abs() < 1e-10 * 600.0,
                    "n {n}, sample {i}: {value} against {}",
                    samples[i]
                );
            }
        }
    }
}
