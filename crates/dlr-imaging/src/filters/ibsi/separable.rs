//! [`Plan`]: sums, maxima or minima of separable filters, walked slice by slice.
//!
//! Each output slice is made on its own: the slices along z are weighted into one scratch slice per z kernel, its rows
//! along y into one scratch row, and that row along x. So the memory is that of input and output, the work is shared
//! between terms with the same kernels, and threads, which take whole slices, cannot change a bit.

use super::boundary::Boundary;
use super::operator::{Operator, Runs, add_scaled};
use dlr_core::IndexBox;
use ndarray::Array3;
use rayon::prelude::*;

/// One product of operators along z, y and x, by their number in the plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    ops: [usize; 3],
    weight: f64,
    /// Its negative is a term as well (for maxima and minima).
    both_signs: bool,
}

impl Term {
    pub(super) fn new(ops: [usize; 3], weight: f64) -> Term {
        Term { ops, weight, both_signs: false }
    }
}

/// What becomes of the terms of a voxel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pool {
    Sum,
    Max,
    Min,
}

/// A separable filter on a grid.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    operators: [Vec<Operator>; 3],
    pub(super) terms: Vec<Term>,
    pub(super) pool: Pool,
    pub(super) boundary: Boundary,
    /// The response far inside an image of ones.
    sum: f64,
}

impl Plan {
    pub(super) fn new(boundary: Boundary, sum: f64) -> Plan {
        Plan { operators: Default::default(), terms: Vec::new(), pool: Pool::Sum, boundary, sum }
    }

    /// The number of an operator along `axis`; the same operator gets the same number.
    pub(super) fn operator(&mut self, axis: usize, operator: &Operator) -> usize {
        let known = &mut self.operators[axis];
        known.iter().position(|o| o == operator).unwrap_or_else(|| {
            known.push(operator.clone());
            known.len() - 1
        })
    }

    /// Joins terms with the same operators and sorts them, so that neighbours share their work.
    pub(super) fn tidy(&mut self) {
        let mut kept: Vec<Term> = Vec::new();
        for term in self.terms.drain(..) {
            match kept.iter_mut().find(|k| k.ops == term.ops) {
                None => kept.push(term),
                Some(same) if self.pool == Pool::Sum => same.weight += term.weight,
                Some(same) => same.both_signs |= same.weight != term.weight,
            }
        }
        kept.retain(|t| t.weight != 0.0);
        kept.sort_by_key(|t| t.ops);
        self.terms = kept;
    }

    /// The response to an image that is the boundary's constant everywhere.
    pub(super) fn response_to_constant(&self) -> f64 {
        self.boundary.constant() * self.sum
    }

    /// The voxels that the response in `region` depends on.
    pub(super) fn needs(&self, region: IndexBox) -> IndexBox {
        let mut needed = IndexBox { start: [0; 3], end: [0; 3] };
        for a in 0..3 {
            let used = self.operators[a].iter().map(|o| o.needs(region.start[a]..region.end[a]));
            let ranges: Vec<_> = used.filter(|r| !r.is_empty()).collect();
            // Where nothing is needed, one voxel is as good as any.
            needed.start[a] = ranges.iter().map(|r| r.start).min().unwrap_or(region.start[a]);
            needed.end[a] = ranges.iter().map(|r| r.end).max().unwrap_or(region.start[a] + 1);
        }
        needed
    }

    /// The response in `region`; `input` holds the voxels of [`Plan::needs`].
    pub(super) fn run(&self, mut input: Array3<f64>, region: IndexBox) -> Array3<f64> {
        let needed = self.needs(region);
        // A constant beyond the faces is 0 beyond the faces of the image less that constant.
        let constant = self.boundary.constant();
        if constant != 0.0 {
            input.mapv_inplace(|v| v - constant);
        }
        let (nz, ny, nx) = input.dim();
        debug_assert_eq!([nz, ny, nx], needed.shape());
        let rows = |a: usize| -> Vec<Vec<Vec<(usize, f64)>>> {
            let part = |o: &Operator| o.part(region.start[a]..region.end[a], needed.start[a]);
            self.operators[a].iter().map(part).collect()
        };
        let (along_z, along_y) = (rows(0), rows(1));
        let along_x: Vec<Runs> = rows(2).iter().map(|rows| Runs::new(rows)).collect();
        let walk = Walk { plan: self, along_z, along_y, along_x, input: input.as_slice().expect("C order"), ny, nx };
        let shape = region.shape();
        let mut out = Array3::zeros(shape);
        let slices = out.as_slice_mut().expect("C order").par_chunks_mut((shape[1] * shape[2]).max(1));
        slices.enumerate().for_each(|(z, slice)| walk.slice(z, shape[2], slice));
        let offset = self.response_to_constant();
        if offset != 0.0 {
            out.mapv_inplace(|v| v + offset);
        }
        out
    }
}

/// Everything that a slice needs.
struct Walk<'a> {
    plan: &'a Plan,
    along_z: Vec<Vec<Vec<(usize, f64)>>>,
    along_y: Vec<Vec<Vec<(usize, f64)>>>,
    along_x: Vec<Runs>,
    input: &'a [f64],
    ny: usize,
    nx: usize,
}

impl Walk<'_> {
    fn slice(&self, z: usize, nx_out: usize, out: &mut [f64]) {
        let size = self.ny * self.nx;
        let weighted = |rows: &Vec<Vec<(usize, f64)>>| {
            let mut slice = vec![0.0; size];
            add_scaled(&mut slice, rows[z].iter().map(|(k, w)| (*w, &self.input[k * size..(k + 1) * size])));
            slice
        };
        let slices: Vec<Vec<f64>> = self.along_z.iter().map(weighted).collect();
        let (mut row, mut line) = (vec![0.0; self.nx], vec![0.0; nx_out]);
        for (y, out) in out.chunks_exact_mut(nx_out).enumerate() {
            match self.plan.pool {
                Pool::Sum => self.sum_row(&slices, y, &mut row, &mut line, out),
                Pool::Max | Pool::Min => self.pooled_row(&slices, y, &mut row, &mut line, out),
            }
        }
    }

    fn along_y(&self, slices: &[Vec<f64>], ops: [usize; 3], y: usize, weight: f64, row: &mut [f64]) {
        let slice = &slices[ops[0]];
        let terms = self.along_y[ops[1]][y].iter();
        add_scaled(row, terms.map(|(k, w)| (weight * w, &slice[k * self.nx..(k + 1) * self.nx])));
    }

    /// Terms with the same kernel along x are added before that kernel is applied.
    fn sum_row(&self, slices: &[Vec<f64>], y: usize, row: &mut [f64], line: &mut [f64], out: &mut [f64]) {
        for (x, runs) in self.along_x.iter().enumerate() {
            let mut any = false;
            for term in self.plan.terms.iter().filter(|t| t.ops[2] == x) {
                if !any {
                    row.fill(0.0);
                    any = true;
                }
                self.along_y(slices, term.ops, y, term.weight, row);
            }
            if any {
                runs.apply(row, line);
                out.iter_mut().zip(line.iter()).for_each(|(o, v)| *o += v);
            }
        }
    }

    /// Terms are sorted: those with the same kernels along z and y follow each other.
    fn pooled_row(&self, slices: &[Vec<f64>], y: usize, row: &mut [f64], line: &mut [f64], out: &mut [f64]) {
        let largest = self.plan.pool == Pool::Max;
        out.fill(if largest { f64::NEG_INFINITY } else { f64::INFINITY });
        let mut done = None;
        for Term { ops, weight, both_signs } in &self.plan.terms {
            if done != Some([ops[0], ops[1]]) {
                row.fill(0.0);
                self.along_y(slices, *ops, y, 1.0, row);
                done = Some([ops[0], ops[1]]);
            }
            self.along_x[ops[2]].apply(row, line);
            for (o, v) in out.iter_mut().zip(line.iter()) {
                let v = if !*both_signs {
                    weight * v
                } else if largest {
                    v.abs()
                } else {
                    -v.abs()
                };
                *o = if largest { o.max(v) } else { o.min(v) };
            }
        }
    }
}
