//! The convex hull of points on a whole-number grid, exact: no tolerance, no sliver that flips.
//!
//! Quickhull with 64 bit integers. Mesh vertices lie on half voxels, so that doubled indices are whole; the spacing
//! comes in only when volume and area are measured. Stretching along the axes does not change which points are corners.

/// A convex hull as triangles, seen from outside counter-clockwise.
#[derive(Debug, Clone)]
pub struct Hull {
    points: Vec<[i64; 3]>,
    triangles: Vec<[usize; 3]>,
}

/// No coordinate may exceed this, or products would not fit into 64 bit.
const MAX_COORDINATE: i64 = 1 << 18;

struct Face {
    corners: [usize; 3],
    /// Neighbour across the edge from corner `k` to corner `k + 1`.
    neighbours: [usize; 3],
    normal: [i64; 3],
    offset: i64,
    /// Points that see this face and were given to it.
    outside: Vec<usize>,
    alive: bool,
}

impl Face {
    fn height(&self, p: [i64; 3]) -> i64 {
        dot(self.normal, p) - self.offset
    }
}

impl Hull {
    /// The hull of `points`; `None` where they lie in one plane or reach too far for exact arithmetic.
    pub fn new(points: Vec<[i64; 3]>) -> Option<Self> {
        if points.iter().flatten().any(|c| c.abs() > MAX_COORDINATE) {
            return None;
        }
        let mut builder = Builder { faces: first_tetrahedron(&points)?, points };
        builder.share_out((0..builder.points.len()).collect(), &[0, 1, 2, 3]);
        let mut open: Vec<usize> = vec![0, 1, 2, 3];
        while let Some(face) = open.pop() {
            if builder.faces[face].alive && !builder.faces[face].outside.is_empty() {
                open.extend(builder.grow(face));
            }
        }
        let triangles = builder.faces.iter().filter(|f| f.alive).map(|f| f.corners).collect();
        Some(Hull { points: builder.points, triangles })
    }

    /// The corners of the hull, each once, in the order of the points given.
    pub fn corners(&self) -> Vec<[i64; 3]> {
        let mut used = vec![false; self.points.len()];
        self.triangles.iter().flatten().for_each(|k| used[*k] = true);
        self.points.iter().zip(used).filter(|(_, used)| *used).map(|(p, _)| *p).collect()
    }

    /// The triangles, as points.
    pub fn triangles(&self) -> impl Iterator<Item = [[i64; 3]; 3]> + '_ {
        self.triangles.iter().map(|t| t.map(|k| self.points[k]))
    }

    /// Enclosed volume where a step of 1 along axis `a` is `step_mm[a]` long, in mm³.
    pub fn volume_mm3(&self, step_mm: [f64; 3]) -> f64 {
        let origin = self.points[self.triangles[0][0]];
        let six: i64 =
            self.triangles().map(|[a, b, c]| dot(minus(a, origin), cross(minus(b, origin), minus(c, origin)))).sum();
        six.abs() as f64 / 6.0 * step_mm.iter().product::<f64>()
    }

    /// Area where a step of 1 along axis `a` is `step_mm[a]` long, in mm².
    pub fn area_mm2(&self, step_mm: [f64; 3]) -> f64 {
        let area = |[a, b, c]: [[i64; 3]; 3]| {
            let n = cross(minus(b, a), minus(c, a));
            let [z, y, x] = step_mm;
            ((n[0] as f64 * y * x).powi(2) + (n[1] as f64 * z * x).powi(2) + (n[2] as f64 * z * y).powi(2)).sqrt() / 2.0
        };
        self.triangles().map(area).sum()
    }
}

struct Builder {
    points: Vec<[i64; 3]>,
    faces: Vec<Face>,
}

impl Builder {
    /// Gives each point to the first of `faces` that it sees; a point that sees none lies inside.
    fn share_out(&mut self, candidates: Vec<usize>, faces: &[usize]) {
        for k in candidates {
            if let Some(face) = faces.iter().find(|f| self.faces[**f].height(self.points[k]) > 0) {
                self.faces[*face].outside.push(k);
            }
        }
    }

    /// Extends the hull to the farthest point that `face` holds; returns the new faces.
    fn grow(&mut self, face: usize) -> Vec<usize> {
        let tip = *self.faces[face]
            .outside
            .iter()
            .max_by_key(|k| (self.faces[face].height(self.points[**k]), usize::MAX - **k))
            .expect("the face holds a point");
        let (visible, horizon) = self.visible_from(face, self.points[tip]);
        let mut orphans = Vec::new();
        for f in visible {
            self.faces[f].alive = false;
            orphans.append(&mut self.faces[f].outside);
        }
        orphans.retain(|k| *k != tip);
        let first = self.faces.len();
        let n = horizon.len();
        for (i, (a, b, beyond)) in horizon.iter().enumerate() {
            let mut new = make_face(&self.points, [*a, *b, tip]);
            // The horizon is walked in order, so that neighbours around the tip are the ones before and after.
            new.neighbours = [*beyond, first + (i + 1) % n, first + (i + n - 1) % n];
            let side = (0..3).find(|s| self.faces[*beyond].corners[*s] == *b).expect("the edge is shared");
            self.faces[*beyond].neighbours[side] = first + i;
            self.faces.push(new);
        }
        let new: Vec<usize> = (first..first + n).collect();
        self.share_out(orphans, &new);
        new
    }

    /// Faces that `tip` sees, and the edges around them in order: from, to, the face beyond.
    fn visible_from(&self, face: usize, tip: [i64; 3]) -> (Vec<usize>, Vec<(usize, usize, usize)>) {
        let mut visible = vec![face];
        let mut seen = std::collections::HashSet::from([face]);
        let mut horizon = Vec::new();
        let mut next = 0;
        while next < visible.len() {
            let f = &self.faces[visible[next]];
            next += 1;
            for side in 0..3 {
                let beyond = f.neighbours[side];
                if self.faces[beyond].height(tip) > 0 {
                    if seen.insert(beyond) {
                        visible.push(beyond);
                    }
                } else {
                    horizon.push((f.corners[side], f.corners[(side + 1) % 3], beyond));
                }
            }
        }
        let mut from: std::collections::HashMap<usize, (usize, usize)> =
            horizon.iter().map(|(a, b, beyond)| (*a, (*b, *beyond))).collect();
        let start = horizon[0].0;
        let mut ordered = Vec::with_capacity(horizon.len());
        let mut at = start;
        while let Some((to, beyond)) = from.remove(&at) {
            ordered.push((at, to, beyond));
            at = to;
        }
        (visible, ordered)
    }
}

fn make_face(points: &[[i64; 3]], corners: [usize; 3]) -> Face {
    let [a, b, c] = corners.map(|k| points[k]);
    let normal = cross(minus(b, a), minus(c, a));
    Face { corners, neighbours: [0; 3], normal, offset: dot(normal, a), outside: Vec::new(), alive: true }
}

/// Four points that span space, as four faces looking outwards.
fn first_tetrahedron(points: &[[i64; 3]]) -> Option<Vec<Face>> {
    let a = 0;
    points.first()?;
    let farthest = |measure: &dyn Fn([i64; 3]) -> i128| {
        let best = (0..points.len()).max_by_key(|k| (measure(points[*k]), usize::MAX - *k))?;
        (measure(points[best]) > 0).then_some(best)
    };
    let length2 = |v: [i64; 3]| v.iter().map(|c| i128::from(*c) * i128::from(*c)).sum::<i128>();
    let from_a = |p: [i64; 3]| minus(p, points[a]);
    let b = farthest(&|p| length2(from_a(p)))?;
    let c = farthest(&|p| length2(cross(from_a(points[b]), from_a(p))))?;
    let normal = cross(from_a(points[b]), from_a(points[c]));
    let d = farthest(&|p| i128::from(dot(normal, from_a(p)).abs()))?;
    let (b, c) = if dot(normal, from_a(points[d])) > 0 { (c, b) } else { (b, c) };
    // `d` lies below a, b, c. Neighbour across edge k -> k+1 of each face.
    let table = [([a, b, c], [1, 2, 3]), ([b, a, d], [0, 3, 2]), ([c, b, d], [0, 1, 3]), ([a, c, d], [0, 2, 1])];
    Some(table.map(|(corners, neighbours)| Face { neighbours, ..make_face(points, corners) }).into())
}

fn minus(a: [i64; 3], b: [i64; 3]) -> [i64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [i64; 3], b: [i64; 3]) -> i64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(u: [i64; 3], v: [i64; 3]) -> [i64; 3] {
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cube_full_of_points() {
        let points = (0..64).map(|k| [k / 16, k / 4 % 4, k % 4]).collect();
        let hull = Hull::new(points).unwrap();
        assert_eq!(hull.volume_mm3([1.0; 3]), 27.0);
        assert!((hull.area_mm2([1.0, 1.0, 2.0]) - (2.0 * 9.0 * (1.0 + 2.0 + 2.0))).abs() < 1e-9);
    }

    #[test]
    fn flat_points_have_no_hull() {
        assert!(Hull::new((0..9).map(|k| [k / 3, k % 3, 7]).collect()).is_none());
        assert!(Hull::new(vec![]).is_none());
        assert!(Hull::new(vec![[1, 2, 3]; 5]).is_none());
    }

    proptest! {
        #[test]
        fn every_point_lies_inside_and_every_edge_is_shared(
            points in prop::collection::vec(prop::array::uniform3(-6i64..6), 4..80)
        ) {
            let Some(hull) = Hull::new(points.clone()) else { return Ok(()) };
            for [a, b, c] in hull.triangles() {
                let normal = cross(minus(b, a), minus(c, a));
                prop_assert!(normal != [0, 0, 0]);
                for p in &points {
                    prop_assert!(dot(normal, minus(*p, a)) <= 0);
                }
            }
            let mut edges: Vec<_> = hull.triangles.iter().flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]).collect();
            let mut back: Vec<_> = edges.iter().map(|(a, b)| (*b, *a)).collect();
            edges.sort_unstable();
            back.sort_unstable();
            prop_assert_eq!(edges, back);
        }
    }
}
