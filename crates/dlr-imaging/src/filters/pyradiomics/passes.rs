//! [`Pass`]: a recursion along one axis of a volume, plane by plane, in 32 bit from pass to pass.
//!
//! Lines are filtered side by side in planes that hold whole lines, results are written row by row: no voxel is read or
//! written alone, because lines of the cache hold sixteen.

use super::gaussian::{LANES, Lanes, NO_LANES, Recursion};
use dlr_core::wide::{Wide, widest};
use ndarray::{Array2, Array3, ArrayView2, ArrayView3, ArrayViewMut2, Axis};
use rayon::prelude::*;
use std::ops::Range;

/// One filter along one axis, of which the samples `want` are kept.
pub(super) struct Pass<'a> {
    pub(super) axis: usize,
    pub(super) filter: &'a Recursion,
    pub(super) want: Range<usize>,
}

/// Two passes within each plane across z, while the plane is in the cache.
pub(super) fn within_planes<T>(input: ArrayView3<'_, T>, [first, second]: &[Pass<'_>; 2]) -> Array3<f32>
where
    T: Copy + Into<f64> + Sync,
{
    let (nz, ny, nx) = input.dim();
    let kept = |passes: &[&Pass<'_>]| {
        let along = |axis: usize, n: usize| passes.iter().find(|p| p.axis == axis).map_or(n, |p| p.want.len());
        (along(1, ny), along(2, nx))
    };
    let (between, (height, width)) = (kept(&[first]), kept(&[first, second]));
    let mut output = Array3::<f32>::zeros((nz, height, width));
    let planes: Vec<_> = output.outer_iter_mut().zip(input.outer_iter()).collect();
    planes.into_par_iter().for_each_init(
        || (Room::new(ny.max(nx)), Array2::<f32>::zeros(between)),
        |(room, between), (target, source)| {
            widest(Plane { pass: first, along_rows: first.axis == 2, source, target: between.view_mut(), room });
            let source = between.view();
            widest(Plane { pass: second, along_rows: second.axis == 2, source, target, room });
        },
    );
    output
}

/// One pass along z, in planes across y: lines lie side by side along x.
pub(super) fn run_along_z<T>(input: ArrayView3<'_, T>, pass: &Pass<'_>) -> Array3<f32>
where
    T: Copy + Into<f64> + Sync,
{
    let (nz, ny, nx) = input.dim();
    let mut output = Array3::<f32>::zeros((pass.want.len(), ny, nx));
    let planes: Vec<_> = output.axis_iter_mut(Axis(1)).zip(input.axis_iter(Axis(1))).collect();
    planes.into_par_iter().for_each_init(
        || Room::new(nz),
        |room, (target, source)| widest(Plane { pass, along_rows: false, source, target, room }),
    );
    output
}

/// Room for one line of lanes, before and after.
struct Room {
    data: Vec<Lanes>,
    filtered: Vec<Lanes>,
}

impl Room {
    fn new(n: usize) -> Self {
        Room { data: vec![NO_LANES; n], filtered: vec![NO_LANES; n] }
    }
}

/// One pass over the lines of a plane.
struct Plane<'a, T> {
    pass: &'a Pass<'a>,
    along_rows: bool,
    source: ArrayView2<'a, T>,
    target: ArrayViewMut2<'a, f32>,
    room: &'a mut Room,
}

impl<T: Copy + Into<f64>> Wide for Plane<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        if self.along_rows { self.rows() } else { self.columns() }
    }
}

impl<T: Copy + Into<f64>> Plane<'_, T> {
    /// Lines along the first axis, neighbours side by side.
    #[inline(always)]
    fn columns(mut self) {
        let (n, width) = self.source.dim();
        let (data, filtered) = (&mut self.room.data[..n], &mut self.room.filtered[..n]);
        let want = &self.pass.want;
        for x in (0..width).step_by(LANES) {
            for (lanes, row) in data.iter_mut().zip(self.source.outer_iter()) {
                let part = &row.to_slice().expect("rows along x are in one piece")[x..];
                match part.first_chunk::<LANES>() {
                    Some(chunk) => *lanes = side_by_side(chunk),
                    None => lanes.as_flattened_mut().iter_mut().zip(part).for_each(|(lane, v)| *lane = (*v).into()),
                }
            }
            self.pass.filter.run(data, want.clone(), filtered);
            for (mut row, lanes) in self.target.outer_iter_mut().zip(&filtered[want.clone()]) {
                let part = &mut row.as_slice_mut().expect("rows along x are in one piece")[x..];
                let single = single(lanes);
                match part.first_chunk_mut::<LANES>() {
                    Some(chunk) => *chunk = single,
                    None => part.copy_from_slice(&single[..part.len()]),
                }
            }
        }
    }

    /// Lines along the second axis, turned in squares that stay in the nearest cache.
    #[inline(always)]
    fn rows(mut self) {
        let (height, n) = self.source.dim();
        let (data, filtered) = (&mut self.room.data[..n], &mut self.room.filtered[..n]);
        let want = &self.pass.want;
        for y in (0..height).step_by(LANES) {
            let n_lanes = LANES.min(height - y);
            let line = |lane: usize| self.source.row(y + lane).to_slice().expect("rows along x are in one piece");
            let lines: [&[T]; LANES] = std::array::from_fn(|lane| line(lane.min(n_lanes - 1)));
            for (x, square) in data.chunks_mut(LANES).enumerate() {
                for (lane, line) in lines.iter().enumerate() {
                    let (half, place) = (lane / NO_LANES[0].len(), lane % NO_LANES[0].len());
                    square.iter_mut().zip(&line[x * LANES..]).for_each(|(lanes, v)| lanes[half][place] = (*v).into());
                }
            }
            self.pass.filter.run(data, want.clone(), filtered);
            for (x, square) in filtered[want.clone()].chunks(LANES).enumerate() {
                let mut turned = [[0f32; LANES]; LANES];
                for (place, lanes) in square.iter().enumerate() {
                    let single = single(lanes);
                    (0..LANES).for_each(|lane| turned[lane][place] = single[lane]);
                }
                for (lane, turned) in turned.iter().take(n_lanes).enumerate() {
                    let mut row = self.target.row_mut(y + lane);
                    let row = &mut row.as_slice_mut().expect("rows along x are in one piece")[x * LANES..];
                    let n = row.len().min(LANES);
                    row[..n].copy_from_slice(&turned[..n]);
                }
            }
        }
    }
}

#[inline(always)]
fn side_by_side<T: Copy + Into<f64>>(chunk: &[T; LANES]) -> Lanes {
    let mut lanes = NO_LANES;
    let (halves, _) = chunk.as_chunks();
    for (lanes, half) in lanes.iter_mut().zip(halves) {
        *lanes = half.map(Into::into);
    }
    lanes
}

#[inline(always)]
fn single(lanes: &Lanes) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    values.iter_mut().zip(lanes.as_flattened()).for_each(|(to, v)| *to = *v as f32);
    values
}
