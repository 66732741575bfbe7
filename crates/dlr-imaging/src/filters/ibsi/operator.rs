//! [`Operator`]: a filter along one axis as a sparse matrix, with the boundary folded into its rows.
//!
//! Voxels beyond the faces are voxels of the image, or 0: so every row is a short list of voxels and weights, nothing
//! at the border is a special case, filters after each other are a matrix product, and the rows of a box say which
//! voxels that box needs. Rows list their voxels in rising order, which makes the sums of a box those of the whole
//! image, bit for bit.

use super::boundary::Boundary;
use std::ops::Range;

/// A kernel along a line: output `i` is the sum over `j` of `taps[j] x[i - (j - centre) step]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) taps: Vec<f64>,
    pub(super) centre: usize,
    pub(super) step: usize,
}

impl Line {
    /// A kernel of odd length, its middle on the voxel; one of even length gets a last tap of 0 first.
    pub(super) fn centred(mut taps: Vec<f64>) -> Line {
        if taps.len().is_multiple_of(2) {
            taps.push(0.0);
        }
        Line { centre: taps.len() / 2, taps, step: 1 }
    }

    /// The kernel that leaves everything as it is.
    pub(super) fn identity() -> Line {
        Line { taps: vec![1.0], centre: 0, step: 1 }
    }

    pub(super) fn flipped(&self) -> Line {
        let taps: Vec<f64> = self.taps.iter().rev().copied().collect();
        Line { centre: taps.len() - 1 - self.centre, taps, step: self.step }
    }

    fn operator(&self, n: usize, boundary: Boundary) -> Operator {
        let row = |i: usize| {
            let at = |j: usize| i as isize - (j as isize - self.centre as isize) * self.step as isize;
            let taps = self.taps.iter().enumerate().filter(|(_, w)| **w != 0.0);
            merged(taps.filter_map(|(j, w)| boundary.index(at(j), n).map(|k| (k, *w))).collect())
        };
        Operator { rows: (0..n).map(row).collect() }
    }
}

/// Kernels along a line, applied one after the other; the line is extended anew before each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cascade(pub(super) Vec<Line>);

impl Cascade {
    pub(super) fn one(line: Line) -> Cascade {
        Cascade(vec![line])
    }

    pub(super) fn flipped(&self) -> Cascade {
        Cascade(self.0.iter().map(Line::flipped).collect())
    }

    /// The response far inside an image of ones.
    pub(super) fn sum(&self) -> f64 {
        self.0.iter().map(|line| line.taps.iter().sum::<f64>()).product()
    }

    /// The matrix for a line of `n` voxels.
    pub(super) fn operator(&self, n: usize, boundary: Boundary) -> Operator {
        let mut operators = self.0.iter().map(|line| line.operator(n, boundary));
        let first = operators.next().expect("a cascade has a kernel");
        operators.fold(first, |before, next| next.after(&before))
    }
}

type Row = Vec<(usize, f64)>;

/// A sparse square matrix over the voxels of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operator {
    rows: Vec<Row>,
}

impl Operator {
    fn after(&self, first: &Operator) -> Operator {
        let row = |row: &Row| {
            let through = |(k, w): &(usize, f64)| first.rows[*k].iter().map(|(j, v)| (*j, w * v)).collect::<Row>();
            merged(row.iter().flat_map(through).collect())
        };
        Operator { rows: self.rows.iter().map(row).collect() }
    }

    /// `a self + b other`.
    pub(super) fn combined(&self, a: f64, other: &Operator, b: f64) -> Operator {
        let scaled = |row: &Row, by: f64| row.iter().map(move |(k, w)| (*k, w * by)).collect::<Row>();
        let row = |(x, y): (&Row, &Row)| merged([scaled(x, a), scaled(y, b)].concat());
        Operator { rows: self.rows.iter().zip(&other.rows).map(row).collect() }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.rows.iter().all(Vec::is_empty)
    }

    /// The voxels that the outputs `range` need, as one range; empty where they need none.
    pub(super) fn needs(&self, range: Range<usize>) -> Range<usize> {
        let rows = &self.rows[range];
        let low = rows.iter().filter_map(|row| row.first()).map(|(k, _)| *k).min();
        let high = rows.iter().filter_map(|row| row.last()).map(|(k, _)| *k + 1).max();
        low.unwrap_or(0)..high.unwrap_or(0)
    }

    /// The rows of `range`, their voxels counted from `start`.
    pub(super) fn part(&self, range: Range<usize>, start: usize) -> Vec<Row> {
        let shifted = |row: &Row| row.iter().map(|(k, w)| (k - start, *w)).collect();
        self.rows[range].iter().map(shifted).collect()
    }
}

/// Sorted by voxel, weights of the same voxel added, zeros left out.
fn merged(mut row: Row) -> Row {
    row.sort_by_key(|(k, _)| *k);
    let mut kept: Row = Vec::with_capacity(row.len());
    for (k, w) in row {
        match kept.last_mut() {
            Some((last, sum)) if *last == k => *sum += w,
            _ => kept.push((k, w)),
        }
    }
    kept.retain(|(_, w)| *w != 0.0);
    kept
}

/// Rows that are the same kernel at neighbouring places, gathered for a fast walk along a contiguous line.
#[derive(Debug, Clone)]
pub(super) struct Runs(Vec<Run>);

#[derive(Debug, Clone)]
struct Run {
    start: usize,
    length: usize,
    /// First voxel of the run and weight, for each tap.
    taps: Row,
}

impl Runs {
    pub(super) fn new(rows: &[Row]) -> Runs {
        let mut runs: Vec<Run> = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            if let Some(run) = runs.last_mut().filter(|run| run.goes_on_with(row)) {
                run.length += 1;
            } else {
                runs.push(Run { start: i, length: 1, taps: row.clone() });
            }
        }
        Runs(runs)
    }

    /// `line` filtered; what was in `out` is overwritten.
    pub(super) fn apply(&self, line: &[f64], out: &mut [f64]) {
        for Run { start, length, taps } in &self.0 {
            let out = &mut out[*start..*start + *length];
            out.fill(0.0);
            add_scaled(out, taps.iter().map(|(k, w)| (*w, &line[*k..*k + *length])));
        }
    }
}

impl Run {
    fn goes_on_with(&self, row: &Row) -> bool {
        let next = |((k, w), (j, v)): (&(usize, f64), &(usize, f64))| k + self.length == *j && w == v;
        self.taps.len() == row.len() && self.taps.iter().zip(row).all(next)
    }
}

/// Adds weighted lines to `out`, in their order; four at a time, so that `out` is loaded and stored less often.
pub(super) fn add_scaled<'a>(out: &mut [f64], terms: impl Iterator<Item = (f64, &'a [f64])>) {
    let mut waiting: [(f64, &[f64]); 4] = [(0.0, &[]); 4];
    let mut n = 0;
    for term in terms {
        waiting[n] = term;
        n += 1;
        if n == 4 {
            let [(w0, a), (w1, b), (w2, c), (w3, d)] = waiting;
            for ((((o, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *o = (((*o + w0 * a) + w1 * b) + w2 * c) + w3 * d;
            }
            n = 0;
        }
    }
    for (w, line) in &waiting[..n] {
        for (o, a) in out.iter_mut().zip(*line) {
            *o += w * a;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(operator: &Operator, line: &[f64]) -> Vec<f64> {
        let mut out = vec![f64::NAN; line.len()];
        Runs::new(&operator.part(0..line.len(), 0)).apply(line, &mut out);
        out
    }

    #[test]
    fn a_matrix_is_the_convolution_of_the_extended_line() {
        let x = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0];
        let line = Line { taps: vec![1.0, 10.0, 100.0, -7.0], centre: 1, step: 2 };
        for boundary in [Boundary::Zero, Boundary::Nearest, Boundary::Periodic, Boundary::Mirror] {
            let slow: Vec<f64> = (0..7_isize)
                .map(|i| {
                    let value = |at: isize| boundary.index(at, 7).map_or(0.0, |k| x[k]);
                    (0..4).map(|j| line.taps[j as usize] * value(i - (j - 1) * 2)).sum()
                })
                .collect();
            assert_eq!(apply(&line.operator(7, boundary), &x), slow, "{boundary:?}");
            let twice = Cascade(vec![line.clone(), line.flipped()]).operator(7, boundary);
            assert_eq!(apply(&twice, &x), apply(&line.flipped().operator(7, boundary), &slow), "{boundary:?}");
        }
    }

    #[test]
    fn kernels_of_even_length_sit_as_in_the_standard() {
        // Output i of an even kernel [a, b] is a x[i + 1] + b x[i]; flipped it is b x[i] + a x[i - 1].
        let line = Line::centred(vec![2.0, 3.0]);
        let operator = line.operator(4, Boundary::Zero);
        assert_eq!(apply(&operator, &[1.0, 10.0, 100.0, 1000.0]), [23.0, 230.0, 2300.0, 3000.0]);
        let flipped = line.flipped().operator(4, Boundary::Zero);
        assert_eq!(apply(&flipped, &[1.0, 10.0, 100.0, 1000.0]), [3.0, 32.0, 320.0, 3200.0]);
    }
}
