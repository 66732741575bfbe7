//! Responses of a separable filter under all right-angle rotations, pooled.
//!
//! A rotation by right angles permutes the axes and turns some of them round; turning an axis round flips its kernel.
//! There are 24 in a volume and 4 in a slice, those whose permutation and turns have determinant 1.

use super::operator::{Cascade, Operator};
use super::separable::{Plan, Pool, Term};
use super::{Boundary, Dimension};

/// How the responses of the rotations become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The largest response of each voxel.
    Max,
    /// The mean response of each voxel.
    Mean,
    /// The smallest response of each voxel.
    Min,
}

/// Axis order and turned axes of a rotation, and whether the order is an odd permutation.
type Rotation = ([usize; 3], [bool; 3]);

fn rotations(dimension: Dimension) -> Vec<Rotation> {
    const ORDERS: [([usize; 3], bool); 6] = [
        ([0, 1, 2], false),
        ([1, 2, 0], false),
        ([2, 0, 1], false),
        ([0, 2, 1], true),
        ([2, 1, 0], true),
        ([1, 0, 2], true),
    ];
    let turns = (0..8_usize).map(|bits| [0, 1, 2].map(|a| bits >> a & 1 == 1));
    let all = ORDERS.iter().flat_map(|order| turns.clone().map(move |turned| (order, turned)));
    let proper = all.filter(|((_, odd), turned)| turned.iter().filter(|t| **t).count().is_multiple_of(2) != *odd);
    let rotations = proper.map(|((order, _), turned)| (*order, turned));
    // In a slice, the z axis (0) neither moves nor turns.
    rotations.filter(|(order, turned)| dimension == Dimension::Volume3d || (order[0] == 0 && !turned[0])).collect()
}

/// The plan for kernels along z, y, x: as they are, or pooled over the rotations.
pub(super) fn plan(
    kernels: [Cascade; 3],
    shape: [usize; 3],
    boundary: Boundary,
    dimension: Dimension,
    pooling: Option<Pooling>,
) -> Plan {
    let sum: f64 = kernels.iter().map(Cascade::sum).product();
    let mut plan = Plan::new(boundary, sum);
    match pooling {
        None => {
            let ops = [0, 1, 2].map(|a| plan.operator(a, &kernels[a].operator(shape[a], boundary)));
            plan.terms.push(Term::new(ops, 1.0));
        }
        Some(Pooling::Mean) => mean(&mut plan, &kernels, shape, dimension),
        Some(pooling) => {
            plan.pool = if pooling == Pooling::Max { Pool::Max } else { Pool::Min };
            extremes(&mut plan, &kernels, shape, dimension);
        }
    }
    plan
}

/// Each kernel along each axis, straight and flipped: `[kernel][axis]`.
fn variants(kernels: &[Cascade; 3], shape: [usize; 3], boundary: Boundary) -> [[(Operator, Operator); 3]; 3] {
    let on = |kernel: &Cascade, a: usize| {
        (kernel.operator(shape[a], boundary), kernel.flipped().operator(shape[a], boundary))
    };
    [0, 1, 2].map(|k| [0, 1, 2].map(|a| on(&kernels[k], a)))
}

fn extremes(plan: &mut Plan, kernels: &[Cascade; 3], shape: [usize; 3], dimension: Dimension) {
    let variants = variants(kernels, shape, plan.boundary);
    // Antisymmetric kernels only change their sign when flipped: no work of their own.
    let odd = [0, 1, 2].map(|k| [0, 1, 2].map(|a| variants[k][a].0.combined(1.0, &variants[k][a].1, 1.0).is_zero()));
    for (order, turned) in rotations(dimension) {
        let mut weight = 1.0;
        let ops = [0, 1, 2].map(|a| {
            let (straight, flipped) = &variants[order[a]][a];
            if turned[a] && odd[order[a]][a] {
                weight = -weight;
            }
            plan.operator(a, if turned[a] && !odd[order[a]][a] { flipped } else { straight })
        });
        plan.terms.push(Term::new(ops, weight));
    }
    plan.tidy();
}

/// The mean needs no response of its own for each rotation. With `s` the sum and `d` the difference of a kernel and its
/// flip, the responses of one order of axes, over the turns that make it a rotation, add up to half of `s s s ± d d d`.
fn mean(plan: &mut Plan, kernels: &[Cascade; 3], shape: [usize; 3], dimension: Dimension) {
    let variants = variants(kernels, shape, plan.boundary);
    let all = rotations(dimension);
    for first in all.iter().enumerate().filter(|(k, r)| !all[..*k].iter().any(|before| before.0 == r.0)).map(|(_, r)| r)
    {
        let (order, turned) = first;
        let odd = turned.iter().filter(|t| **t).count() % 2 == 1;
        for (sign, share) in [(1.0, 0.5), (-1.0, if odd { -0.5 } else { 0.5 })] {
            let operators = [0, 1, 2].map(|a| {
                let (straight, flipped) = &variants[order[a]][a];
                let turns = dimension == Dimension::Volume3d || a > 0;
                if turns { straight.combined(1.0, flipped, sign) } else { straight.clone() }
            });
            if operators.iter().any(Operator::is_zero) {
                continue;
            }
            let ops = [0, 1, 2].map(|a| plan.operator(a, &operators[a]));
            plan.terms.push(Term::new(ops, share / all.len() as f64));
        }
    }
    plan.tidy();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_24_rotations_in_a_volume_and_4_in_a_slice() {
        let in_volume = rotations(Dimension::Volume3d);
        assert_eq!(in_volume.len(), 24);
        assert!(in_volume.iter().enumerate().all(|(k, r)| !in_volume[..k].contains(r)));
        assert_eq!(rotations(Dimension::Slices2d).len(), 4);
    }
}
