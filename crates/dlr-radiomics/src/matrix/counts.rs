//! [`Counts`]: a sparse table of two indices, rows being grey levels. Knows how to be built, merged and summed;
//! it knows no feature.

/// One entry: row and column from 1, and how often they were met (a weight may make it fractional).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Rank of the grey level, from 1; its grey level is [`super::Levels::value`].
    pub row: u32,
    /// Rank of the neighbour's grey level, run length, zone size or dependence, from 1.
    pub col: u32,
    /// Number of occurrences, above 0.
    pub n: f64,
}

/// Entries sorted by row, then column, each pair at most once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counts {
    cells: Vec<Cell>,
}

impl Counts {
    /// From a dense table of `n_cols` columns; row and column 0 of the table are rank 1.
    pub fn from_dense(dense: &[u32], n_cols: usize) -> Self {
        let mut cells = Vec::new();
        for (row, line) in dense.chunks_exact(n_cols.max(1)).enumerate() {
            for (col, &n) in line.iter().enumerate() {
                if n > 0 {
                    cells.push(Cell { row: row as u32 + 1, col: col as u32 + 1, n: f64::from(n) });
                }
            }
        }
        Counts { cells }
    }

    /// From a dense table whose row and column 0 are not counted.
    pub(crate) fn from_dense_with_margin(dense: &[u32], n_cols: usize) -> Self {
        let mut cells = Vec::new();
        for (row, line) in dense.chunks_exact(n_cols.max(1)).enumerate().skip(1) {
            for (col, &n) in line.iter().enumerate().skip(1) {
                if n > 0 {
                    cells.push(Cell { row: row as u32, col: col as u32, n: f64::from(n) });
                }
            }
        }
        Counts { cells }
    }

    /// From single occurrences `(row, col)` in any order.
    pub fn from_pairs(mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        let cells = pairs
            .chunk_by(|a, b| a == b)
            .map(|same| Cell { row: same[0].0, col: same[0].1, n: same.len() as f64 })
            .collect();
        Counts { cells }
    }

    /// Entries that may repeat, added up in the order given.
    fn from_cells(mut cells: Vec<Cell>) -> Self {
        cells.sort_by_key(|c| (c.row, c.col));
        cells.dedup_by(|later, kept| {
            let same = (later.row, later.col) == (kept.row, kept.col);
            if same {
                kept.n += later.n;
            }
            same
        });
        Counts { cells }
    }

    /// The entries, by row, then column.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Sum of all entries.
    pub fn total(&self) -> f64 {
        self.cells.iter().map(|c| c.n).sum()
    }

    /// Largest column met, 0 if empty.
    pub fn max_col(&self) -> u32 {
        self.cells.iter().map(|c| c.col).max().unwrap_or(0)
    }

    /// Entry by entry sum of several tables, each multiplied by its weight.
    pub fn weighted_sum<'a>(parts: impl IntoIterator<Item = (&'a Counts, f64)>) -> Self {
        let cells = parts
            .into_iter()
            .flat_map(|(part, weight)| part.cells.iter().map(move |c| Cell { n: c.n * weight, ..*c }))
            .collect();
        Self::from_cells(cells)
    }

    /// Entry by entry sum of several tables: IBSI's merging.
    pub fn merge<'a>(parts: impl IntoIterator<Item = &'a Counts>) -> Self {
        Self::weighted_sum(parts.into_iter().map(|part| (part, 1.0)))
    }

    /// The table plus its transpose: a co-occurrence counted both ways.
    pub fn symmetric(&self) -> Self {
        let swapped = self.cells.iter().map(|c| Cell { row: c.col, col: c.row, n: c.n });
        Self::from_cells(self.cells.iter().copied().chain(swapped).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_pairs_merge_and_transpose_agree() {
        let a = Counts::from_dense(&[0, 2, 1, 0], 2);
        assert_eq!(a, Counts::from_pairs(vec![(2, 1), (1, 2), (1, 2)]));
        assert_eq!(a.symmetric(), Counts::from_dense(&[0, 3, 3, 0], 2));
        assert_eq!(Counts::merge([&a, &a]), Counts::from_dense(&[0, 4, 2, 0], 2));
        assert_eq!((a.total(), a.max_col()), (3.0, 2));
    }
}
