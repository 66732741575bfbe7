//! [`Mesh`]: area, volume and vertices of the marching cubes surface of a mask at level 0.5.
//!
//! All vertices lie halfway between two voxels, so that a cube's share depends on nothing but its corner pattern and
//! its place. The surface is therefore never built: patterns are counted, and each of the 256 has its share worked
//! out once.

use super::triangles::{CORNERS, EDGES, TRIANGLES};
use ndarray::ArrayView3;

/// The surface of a region.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// Area in square millimetres.
    pub area_mm2: f64,
    /// Enclosed volume in cubic millimetres.
    pub volume_mm3: f64,
    /// Vertices `[z, y, x]` in half voxels from the first voxel of the mask (so at least -1), each once.
    pub vertices: Vec<[i32; 3]>,
}

impl Mesh {
    /// The surface of `mask`, whose outside is empty. Spacing `[z, y, x]` in millimetres. An empty mask has none.
    pub fn new(mask: ArrayView3<'_, bool>, spacing_mm: [f64; 3]) -> Self {
        let padded = Padded::new(mask);
        let tally = padded.tally();
        let (mut area_mm2, mut six_volumes) = (0.0, 0.0);
        for (pattern, tally) in tally.iter().enumerate().filter(|(_, t)| t.n > 0) {
            let share = Share::new(pattern, spacing_mm);
            area_mm2 += tally.n as f64 * share.area;
            six_volumes += tally.n as f64 * share.determinant;
            let moved = [0, 1, 2].map(|axis| tally.position[axis] as f64 * spacing_mm[axis]);
            six_volumes += dot(moved, share.normal);
        }
        Mesh { area_mm2, volume_mm3: six_volumes / 6.0, vertices: padded.vertices() }
    }
}

/// How often a pattern occurs, and the sum of the places where it does.
#[derive(Clone, Copy, Default)]
struct Tally {
    n: u64,
    position: [u64; 3],
}

/// What a cube of one pattern adds when it stands at the origin, and how that changes when it is moved.
struct Share {
    area: f64,
    determinant: f64,
    normal: [f64; 3],
}

impl Share {
    fn new(pattern: usize, spacing_mm: [f64; 3]) -> Self {
        let (row, sign) = if pattern & 0x80 == 0 { (pattern, 1.0) } else { (pattern ^ 0xff, -1.0) };
        let corner = |digit: u8| {
            let [a, b] = EDGES[usize::from(if digit >= b'a' { digit - b'a' + 10 } else { digit - b'0' })];
            [0, 1, 2].map(|axis| (CORNERS[a][axis] + CORNERS[b][axis]) as f64 * 0.5 * spacing_mm[axis])
        };
        let mut share = Share { area: 0.0, determinant: 0.0, normal: [0.0; 3] };
        for triangle in TRIANGLES[row].as_bytes().chunks_exact(3) {
            let [a, b, c] = [0, 1, 2].map(|i| corner(triangle[i]));
            share.determinant += sign * dot(cross(a, b), c);
            let normal = cross(minus(b, a), minus(c, a));
            share.area += 0.5 * dot(normal, normal).sqrt();
            // det(t+a, t+b, t+c) = det(a, b, c) + t . ((b-a) x (c-a)): moving a cube is linear in its place.
            share.normal = [0, 1, 2].map(|i| share.normal[i] + sign * normal[i]);
        }
        share
    }
}

/// The mask with one empty voxel around it.
struct Padded {
    shape: [usize; 3],
    inside: Vec<u8>,
}

impl Padded {
    fn new(mask: ArrayView3<'_, bool>) -> Self {
        let (nz, ny, nx) = mask.dim();
        let shape = [nz + 2, ny + 2, nx + 2];
        let mut inside = vec![0u8; shape.iter().product()];
        for (z, plane) in mask.outer_iter().enumerate() {
            for (y, row) in plane.outer_iter().enumerate() {
                let start = ((z + 1) * shape[1] + y + 1) * shape[2] + 1;
                for (to, from) in inside[start..start + nx].iter_mut().zip(row) {
                    *to = u8::from(*from);
                }
            }
        }
        Padded { shape, inside }
    }

    fn row(&self, z: usize, y: usize) -> &[u8] {
        let start = (z * self.shape[1] + y) * self.shape[2];
        &self.inside[start..start + self.shape[2]]
    }

    /// Counts the patterns. Positions are those of the cubes in the padded grid.
    fn tally(&self) -> Vec<Tally> {
        let mut tally = vec![Tally::default(); 256];
        let mut patterns = vec![0u8; self.shape[2] - 1];
        for z in 0..self.shape[0] - 1 {
            for y in 0..self.shape[1] - 1 {
                let rows = [self.row(z, y), self.row(z, y + 1), self.row(z + 1, y), self.row(z + 1, y + 1)];
                // Bits of the corners at x and at x + 1, row by row: see `CORNERS`.
                let near = |x: usize| rows[0][x] | rows[1][x] << 3 | rows[2][x] << 4 | rows[3][x] << 7;
                let far = |x: usize| rows[0][x] << 1 | rows[1][x] << 2 | rows[2][x] << 5 | rows[3][x] << 6;
                patterns.iter_mut().enumerate().for_each(|(x, pattern)| *pattern = near(x) | far(x + 1));
                // Most cubes lie wholly inside or outside, many side by side.
                for (eight, start) in patterns.chunks(8).zip((0..).step_by(8)) {
                    if eight.iter().all(|p| *p == 0) || eight.iter().all(|p| *p == 0xff) {
                        continue;
                    }
                    for (x, pattern) in (start..).zip(eight).filter(|(_, p)| **p != 0 && **p != 0xff) {
                        let t = &mut tally[usize::from(*pattern)];
                        t.n += 1;
                        t.position[0] += z as u64;
                        t.position[1] += y as u64;
                        t.position[2] += x;
                    }
                }
            }
        }
        tally
    }

    /// Midpoints of all pairs of face neighbours of which one is inside, in half voxels, sorted.
    fn vertices(&self) -> Vec<[i32; 3]> {
        let mut vertices = Vec::new();
        let double = |i: usize| 2 * (i as i32 - 1);
        let mut push = |[z, y]: [i32; 2], here: &[u8], there: &[u8], shift: i32| {
            // Whole rows are compared first: nearly all of them are equal.
            if here != there {
                let differ = here.iter().zip(there).enumerate().filter(|(_, (here, there))| here != there);
                vertices.extend(differ.map(|(x, _)| [z, y, double(x) + shift]));
            }
        };
        for z in 1..self.shape[0] {
            for y in 1..self.shape[1] {
                push([double(z) - 1, double(y)], self.row(z, y), self.row(z - 1, y), 0);
            }
            for y in 1..self.shape[1] {
                let here = self.row(z, y);
                push([double(z), double(y) - 1], here, self.row(z, y - 1), 0);
                push([double(z), double(y)], &here[1..], &here[..here.len() - 1], 1);
            }
        }
        vertices
    }
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - b[1] * a[2], a[2] * b[0] - b[2] * a[0], a[0] * b[1] - b[0] * a[1]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    #[test]
    fn one_voxel_is_an_octahedron() {
        let mesh = Mesh::new(Array3::from_elem((1, 1, 1), true).view(), [2.0, 1.0, 1.0]);
        // Half axes 1, 0.5 and 0.5 mm: volume 4/3 abc.
        assert!((mesh.volume_mm3 - 4.0 / 3.0 * 0.25).abs() < 1e-15);
        assert_eq!(mesh.vertices.len(), 6);
        assert!(mesh.vertices.contains(&[-1, 0, 0]) && mesh.vertices.contains(&[0, 0, 1]));
    }

    /// The surface built triangle by triangle, as the method is usually told.
    fn slow(mask: &Array3<bool>, spacing: [f64; 3]) -> (f64, f64) {
        let (nz, ny, nx) = mask.dim();
        let inside =
            |i: [usize; 3]| (0..3).all(|a| i[a] > 0 && i[a] <= [nz, ny, nx][a]) && mask[[i[0] - 1, i[1] - 1, i[2] - 1]];
        let (mut area, mut volume) = (0.0, 0.0);
        for z in 0..=nz {
            for y in 0..=ny {
                for x in 0..=nx {
                    let pattern: usize = (0..8)
                        .filter(|&c| inside([z + CORNERS[c][0], y + CORNERS[c][1], x + CORNERS[c][2]]))
                        .map(|c| 1 << c)
                        .sum();
                    let (row, sign) = if pattern < 128 { (pattern, 1.0) } else { (255 - pattern, -1.0) };
                    let digits = TRIANGLES[row].chars().map(|c| c.to_digit(12).unwrap() as usize);
                    let points: Vec<[f64; 3]> = digits
                        .map(|edge| {
                            let [a, b] = EDGES[edge];
                            [0, 1, 2].map(|i| {
                                ([z, y, x][i] as f64 + (CORNERS[a][i] + CORNERS[b][i]) as f64 / 2.0) * spacing[i]
                            })
                        })
                        .collect();
                    for t in points.chunks_exact(3) {
                        volume += sign * dot(cross(t[0], t[1]), t[2]) / 6.0;
                        let n = cross(minus(t[0], t[2]), minus(t[1], t[2]));
                        area += dot(n, n).sqrt() / 2.0;
                    }
                }
            }
        }
        (area, volume)
    }

    #[test]
    fn counting_patterns_equals_building_the_surface() {
        let mask = Array3::from_shape_fn((5, 6, 7), |(z, y, x)| (z * 7 + y * y * 3 + x * 5) % 11 < 6);
        let spacing = [3.1, 0.9, 1.3];
        let mesh = Mesh::new(mask.view(), spacing);
        let (area, volume) = slow(&mask, spacing);
        assert!((mesh.area_mm2 / area - 1.0).abs() < 1e-12);
        assert!((mesh.volume_mm3 / volume - 1.0).abs() < 1e-12);
    }
}
