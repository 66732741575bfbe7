//! [`Tally`]: counting keys quickly where few keys take most of the counts.
//!
//! A processor that adds 1 to the same cell twice in a row waits for the first addition to come back from memory. In an
//! image with few grey levels that is the rule, so neighbours are counted in tables of their own, which are added up
//! in the end.

const N_TABLES: usize = 4;

/// Above this size, tables of their own would not stay in the nearest cache, and equal neighbours are rare.
const MOST_CELLS: usize = 1 << 13;

/// How often each key below `n_cells` was met.
pub(super) struct Tally {
    tables: Vec<u32>,
    n_cells: usize,
}

impl Tally {
    pub(super) fn new(n_cells: usize) -> Self {
        let n_tables = if n_cells <= MOST_CELLS { N_TABLES } else { 1 };
        Tally { tables: vec![0; n_cells * n_tables], n_cells }
    }

    /// Counts each key once.
    pub(super) fn add(&mut self, keys: &[u32]) {
        if self.tables.len() == self.n_cells {
            keys.iter().for_each(|key| self.tables[*key as usize] += 1);
            return;
        }
        let (ab, cd) = self.tables.split_at_mut(2 * self.n_cells);
        let ((a, b), (c, d)) = (ab.split_at_mut(self.n_cells), cd.split_at_mut(self.n_cells));
        let (fours, rest) = keys.as_chunks::<N_TABLES>();
        for [i, j, k, l] in fours {
            a[*i as usize] += 1;
            b[*j as usize] += 1;
            c[*k as usize] += 1;
            d[*l as usize] += 1;
        }
        rest.iter().for_each(|key| a[*key as usize] += 1);
    }

    /// The counts by key.
    pub(super) fn finish(mut self) -> Vec<u32> {
        let (total, others) = self.tables.split_at_mut(self.n_cells);
        for other in others.chunks_exact(self.n_cells.max(1)) {
            total.iter_mut().zip(other).for_each(|(sum, n)| *sum += n);
        }
        self.tables.truncate(self.n_cells);
        self.tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_tables_count_alike() {
        let keys: Vec<u32> = (0..1003u32).map(|i| i * i % 11).collect();
        for n_cells in [11, MOST_CELLS, MOST_CELLS + 1] {
            let mut tally = Tally::new(n_cells);
            tally.add(&keys[..501]);
            tally.add(&keys[501..]);
            let counts = tally.finish();
            assert_eq!(counts.len(), n_cells);
            for key in 0..11 {
                assert_eq!(counts[key as usize] as usize, keys.iter().filter(|k| **k == key).count());
            }
        }
    }
}
