//! Do two ways of sorting cases go together? Pearson's chi-squared test of a table of counts.

use crate::distribution::chi_squared_p;

/// Pearson's test of independence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Independence {
    /// The statistic, without a correction for continuity.
    pub chi_squared: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// p; NaN where fewer than two rows or columns have a case.
    pub p: f64,
    /// The smallest count expected under independence: below 5 the p is rough.
    pub smallest_expected: f64,
}

/// Tests the independence of rows and columns of counts, as SciPy's `chi2_contingency(correction=False)` and R's
/// `chisq.test(correct = FALSE)`. Rows and columns without a case are left out.
///
/// ```
/// let test = dlr_evaluation::independence(&[vec![10, 20], vec![30, 25]]);
/// assert!((test.chi_squared - 3.5059).abs() < 1e-4 && (test.p - 0.06115).abs() < 1e-5);
/// ```
pub fn independence(counts: &[Vec<usize>]) -> Independence {
    let width = counts.iter().map(Vec::len).max().unwrap_or(0);
    let rows: Vec<f64> = counts.iter().map(|row| row.iter().sum::<usize>() as f64).collect();
    let columns: Vec<f64> =
        (0..width).map(|j| counts.iter().filter_map(|row| row.get(j)).sum::<usize>() as f64).collect();
    let n: f64 = rows.iter().sum();
    let with_cases = |sums: &[f64]| sums.iter().filter(|sum| **sum > 0.0).count();
    let df = with_cases(&rows).saturating_sub(1) * with_cases(&columns).saturating_sub(1);
    let (mut chi_squared, mut smallest_expected) = (0.0, f64::INFINITY);
    for (row, of_row) in counts.iter().zip(&rows) {
        for (j, of_column) in columns.iter().enumerate() {
            let expected = of_row * of_column / n;
            if expected > 0.0 {
                let count = row.get(j).copied().unwrap_or(0) as f64;
                chi_squared += (count - expected).powi(2) / expected;
                smallest_expected = smallest_expected.min(expected);
            }
        }
    }
    match df {
        0 => Independence { chi_squared: f64::NAN, df, p: f64::NAN, smallest_expected },
        _ => Independence { chi_squared, df, p: chi_squared_p(chi_squared, df as f64), smallest_expected },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_scipy() {
        // scipy.stats.chi2_contingency(table, correction=False), SciPy 1.17.1.
        for (table, statistic, df, p) in TABLES {
            let table: Vec<Vec<usize>> = table.iter().map(|row| row.to_vec()).collect();
            let found = independence(&table);
            assert!((found.chi_squared - statistic).abs() < 1e-9 * statistic, "{found:?}");
            assert_eq!(found.df, df);
            assert!((found.p - p).abs() < 1e-9 * p, "{found:?}");
        }
    }

    #[test]
    fn one_row_or_column_has_no_test() {
        for table in [vec![], vec![vec![3, 4]], vec![vec![3, 4], vec![0, 0]], vec![vec![3], vec![4]]] {
            assert!(independence(&table).p.is_nan(), "{table:?}");
        }
        // A column of nobody counts for nothing.
        let with = independence(&[vec![10, 0, 20], vec![30, 0, 25]]);
        assert_eq!((with.p, with.df), (independence(&[vec![10, 20], vec![30, 25]]).p, 1));
    }

    type Row = &'static [usize];
    const TABLES: [(&[Row], f64, usize, f64); 3] = [
        (&[&[10, 20], &[30, 25]], 3.505892255892255, 1, 0.06115089757606777),
        (&[&[5, 7, 9], &[11, 3, 2]], 7.770775838744588, 2, 0.02053985940642889),
        (&[&[1, 2], &[3, 40], &[8, 6]], 16.962901439645627, 2, 0.00020727778250712451),
    ];
}
