//! Connected components and hole filling.

use crate::error::{not_negative, parameter};
use dlr_core::{Mask, Result};
use ndarray::{Array3, s};

/// Which voxels touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// Faces only: 6 neighbours.
    Faces,
    /// Faces, edges and corners: 26 neighbours.
    Corners,
}

impl Connectivity {
    /// Steps `[z, y, x]` to the neighbours that come earlier in array order.
    fn earlier(self) -> Vec<[isize; 3]> {
        let faces = vec![[-1, 0, 0], [0, -1, 0], [0, 0, -1]];
        if self == Connectivity::Faces {
            return faces;
        }
        let all = (-1..=1).flat_map(|z| (-1..=1).flat_map(move |y| (-1..=1).map(move |x| [z, y, x])));
        all.filter(|step| *step < [0, 0, 0]).collect()
    }
}

/// Labels 1, 2, ... in the order of each component's first voxel, 0 outside; and the voxel count of each label from 1.
pub fn components(mask: &Mask, connectivity: Connectivity) -> (Array3<u32>, Vec<usize>) {
    label(mask.voxels().view(), connectivity)
}

/// The component with most voxels; of two equal ones, the first in array order. Empty stays empty.
///
/// # Errors
/// None for a valid mask.
pub fn largest_component(mask: &Mask, connectivity: Connectivity) -> Result<Mask> {
    let (labels, counts) = components(mask, connectivity);
    let most = counts.iter().copied().max().unwrap_or(0);
    let keep = counts.iter().position(|n| *n == most).map_or(0, |i| i as u32 + 1);
    Mask::new(*mask.geometry(), labels.mapv(|l| l != 0 && l == keep))
}

/// The component with the `k`th most voxels, 1 for the largest; equal ones in array order. Empty where there are fewer.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for `k` of 0.
pub fn nth_component(mask: &Mask, connectivity: Connectivity, k: usize) -> Result<Mask> {
    let rank = k.checked_sub(1).ok_or_else(|| parameter("k", k, "at least 1"))?;
    let (labels, counts) = components(mask, connectivity);
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(counts[*i]));
    let keep = order.get(rank).map(|i| *i as u32 + 1);
    Mask::new(*mask.geometry(), labels.mapv(|l| Some(l) == keep))
}

/// The components of at least `volume_mm3`, counted in whole voxels.
///
/// # Errors
/// [`dlr_core::Code::Parameter`] for a volume that is negative or not finite.
pub fn components_from(mask: &Mask, connectivity: Connectivity, volume_mm3: f64) -> Result<Mask> {
    not_negative("volume_mm3", volume_mm3)?;
    let (labels, counts) = components(mask, connectivity);
    let voxel_mm3: f64 = mask.geometry().spacing_mm().iter().product();
    // A volume that is equal but for rounding is large enough.
    let keep: Vec<bool> = counts.iter().map(|n| *n as f64 * voxel_mm3 >= volume_mm3 * (1.0 - 1e-9)).collect();
    Mask::new(*mask.geometry(), labels.mapv(|l| l != 0 && keep[l as usize - 1]))
}

/// Fills what is enclosed in three dimensions: background that is not connected by faces to the border of the image.
///
/// # Errors
/// None for a valid mask.
pub fn fill_holes(mask: &Mask) -> Result<Mask> {
    Mask::new(*mask.geometry(), filled(mask.voxels().to_owned()))
}

/// Fills what is enclosed within each slice along z: marrow and vessels that leave the image through its ends.
///
/// # Errors
/// None for a valid mask.
pub fn fill_holes_by_slice(mask: &Mask) -> Result<Mask> {
    let mut voxels = mask.voxels().to_owned();
    for z in 0..voxels.dim().0 {
        let slice = filled(voxels.slice(s![z..z + 1, .., ..]).to_owned());
        voxels.slice_mut(s![z..z + 1, .., ..]).assign(&slice);
    }
    Mask::new(*mask.geometry(), voxels)
}

fn filled(voxels: Array3<bool>) -> Array3<bool> {
    let (labels, counts) = label(voxels.mapv(|v| !v).view(), Connectivity::Faces);
    let mut open = vec![false; counts.len() + 1];
    let (nz, ny, nx) = labels.dim();
    for ((z, y, x), l) in labels.indexed_iter() {
        // An axis of a single voxel has no inside, so its two faces are no border.
        let border = |i: usize, n: usize| n > 1 && (i == 0 || i + 1 == n);
        open[*l as usize] |= border(z, nz) || border(y, ny) || border(x, nx);
    }
    open[0] = false;
    labels.mapv(|l| !open[l as usize])
}

/// Two passes with union by smaller label.
fn label(voxels: ndarray::ArrayView3<'_, bool>, connectivity: Connectivity) -> (Array3<u32>, Vec<usize>) {
    let (nz, ny, nx) = voxels.dim();
    let shape = [nz as isize, ny as isize, nx as isize];
    let steps = connectivity.earlier();
    let mut labels = Array3::<u32>::zeros((nz, ny, nx));
    let mut parent = vec![0u32];
    for ((z, y, x), inside) in voxels.indexed_iter() {
        if !inside {
            continue;
        }
        let mut own = 0;
        for step in &steps {
            let at = [z as isize + step[0], y as isize + step[1], x as isize + step[2]];
            if at.iter().zip(shape).any(|(i, n)| *i < 0 || *i >= n) {
                continue;
            }
            let neighbour = labels[at.map(|i| i as usize)];
            if neighbour == 0 {
                continue;
            }
            let root = find(&mut parent, neighbour);
            if own == 0 {
                own = root;
            } else if root != own {
                let (low, high) = (root.min(own), root.max(own));
                parent[high as usize] = low;
                own = low;
            }
        }
        if own == 0 {
            own = parent.len() as u32;
            parent.push(own);
        }
        labels[[z, y, x]] = own;
    }
    let mut compact = vec![0u32; parent.len()];
    let mut counts = Vec::new();
    for l in labels.iter_mut().filter(|l| **l != 0) {
        let root = find(&mut parent, *l) as usize;
        if compact[root] == 0 {
            counts.push(0);
            compact[root] = counts.len() as u32;
        }
        *l = compact[root];
        counts[*l as usize - 1] += 1;
    }
    (labels, counts)
}

fn find(parent: &mut [u32], mut l: u32) -> u32 {
    while parent[l as usize] != l {
        parent[l as usize] = parent[parent[l as usize] as usize];
        l = parent[l as usize];
    }
    l
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Rng;

    fn mask(shape: (usize, usize, usize), inside: impl Fn(usize, usize, usize) -> bool) -> Mask {
        Mask::from_array(Array3::from_shape_fn(shape, |(z, y, x)| inside(z, y, x)), [1.0; 3]).unwrap()
    }

    /// Flood fill, one component after the other.
    fn slow(mask: &Mask, connectivity: Connectivity) -> (Array3<u32>, Vec<usize>) {
        let voxels = mask.voxels();
        let mut labels = Array3::<u32>::zeros(voxels.dim());
        let mut counts = Vec::new();
        let starts: Vec<_> = voxels.indexed_iter().filter(|(_, v)| **v).map(|(i, _)| i).collect();
        for start in starts {
            if labels[start] != 0 {
                continue;
            }
            counts.push(0);
            let mut stack = vec![start];
            while let Some(at) = stack.pop() {
                if labels[at] != 0 {
                    continue;
                }
                labels[at] = counts.len() as u32;
                *counts.last_mut().unwrap() += 1;
                for (other, v) in voxels.indexed_iter() {
                    let d = [at.0.abs_diff(other.0), at.1.abs_diff(other.1), at.2.abs_diff(other.2)];
                    let touches = match connectivity {
                        Connectivity::Faces => d.iter().sum::<usize>() == 1,
                        Connectivity::Corners => d.iter().max() == Some(&1),
                    };
                    if *v && touches {
                        stack.push(other);
                    }
                }
            }
        }
        (labels, counts)
    }

    #[test]
    fn labels_equal_a_flood_fill() {
        for seed in 0..6 {
            let mut rng = Rng::new(seed);
            let voxels = Array3::from_shape_fn((5, 6, 7), |_| rng.uniform() < 0.35);
            let mask = Mask::from_array(voxels, [1.0; 3]).unwrap();
            for connectivity in [Connectivity::Faces, Connectivity::Corners] {
                assert_eq!(components(&mask, connectivity), slow(&mask, connectivity), "seed {seed}, {connectivity:?}");
            }
        }
    }

    #[test]
    fn a_tube_is_filled_by_slice_but_not_in_3d() {
        let tube = mask((3, 5, 5), |_, y, x| (1..4).contains(&y) && (1..4).contains(&x) && (y, x) != (2, 2));
        assert_eq!(fill_holes(&tube).unwrap(), tube);
        assert_eq!(fill_holes_by_slice(&tube).unwrap().n_voxels(), 27);
        let shell = mask((5, 5, 5), |z, y, x| [z, y, x].iter().all(|i| (1..4).contains(i)) && [z, y, x] != [2, 2, 2]);
        assert_eq!(fill_holes(&shell).unwrap().n_voxels(), 27);
    }

    #[test]
    fn components_by_rank_and_by_volume() {
        let three = mask((1, 1, 10), |_, _, x| x < 2 || (3..6).contains(&x) || x > 7);
        let at = |k| nth_component(&three, Connectivity::Faces, k).unwrap();
        assert_eq!(at(1), largest_component(&three, Connectivity::Faces).unwrap());
        // Of two of the same size the first in array order.
        assert_eq!((at(2), at(3)), (mask((1, 1, 10), |_, _, x| x < 2), mask((1, 1, 10), |_, _, x| x > 7)));
        assert_eq!(at(4).n_voxels(), 0);
        assert!(nth_component(&three, Connectivity::Faces, 0).is_err());
        let fine = Mask::from_array(three.voxels().to_owned(), [0.1, 0.7, 3.0]).unwrap();
        // Two voxels are 0.42 mm3, three 0.63.
        let n = |mm3| components_from(&fine, Connectivity::Faces, mm3).unwrap().n_voxels();
        assert_eq!([n(0.0), n(0.42), n(0.43), n(0.63), n(0.64)], [7, 7, 3, 3, 0]);
        assert!(components_from(&fine, Connectivity::Faces, -1.0).is_err());
    }

    #[test]
    fn the_largest_of_two_and_of_none() {
        let two = mask((1, 1, 7), |_, _, x| x == 0 || x > 4);
        assert_eq!(largest_component(&two, Connectivity::Faces).unwrap(), mask((1, 1, 7), |_, _, x| x > 4));
        let none = mask((1, 1, 7), |_, _, _| false);
        assert_eq!(largest_component(&none, Connectivity::Faces).unwrap(), none);
    }
}
