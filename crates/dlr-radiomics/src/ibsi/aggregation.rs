//! [`Aggregation`]: how counts of slices and directions become one value. Merging adds counts before a feature is
//! computed; averaging computes the feature of each table and takes the mean.

use crate::matrix::Counts;

/// How texture is gathered over slices and directions. Slices are cut across the array's first axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aggregation {
    /// Each direction of each slice is a table; features are averaged over all of them (BTW3).
    Slices2dAveraged,
    /// The directions of a slice are merged; features are averaged over slices (SUJT).
    Slices2dMerged,
    /// Each direction is merged over slices; features are averaged over directions (JJUI).
    Slices25dDirectionMerged,
    /// All directions of all slices are merged (ZW7Z).
    Slices25dMerged,
    /// Each of the 13 directions in the volume is a table; features are averaged (ITBB).
    Volume3dAveraged,
    /// The 13 directions in the volume are merged (IAZD).
    Volume3dMerged,
}

impl Aggregation {
    /// All six.
    pub const ALL: [Aggregation; 6] = [
        Aggregation::Slices2dAveraged,
        Aggregation::Slices2dMerged,
        Aggregation::Slices25dDirectionMerged,
        Aggregation::Slices25dMerged,
        Aggregation::Volume3dAveraged,
        Aggregation::Volume3dMerged,
    ];

    /// The name in feature columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Aggregation::Slices2dAveraged => "2d-averaged",
            Aggregation::Slices2dMerged => "2d-slice-merged",
            Aggregation::Slices25dDirectionMerged => "2.5d-direction-merged",
            Aggregation::Slices25dMerged => "2.5d-merged",
            Aggregation::Volume3dAveraged => "3d-averaged",
            Aggregation::Volume3dMerged => "3d-merged",
        }
    }

    /// The code of the reference manual.
    pub fn ibsi(self) -> &'static str {
        match self {
            Aggregation::Slices2dAveraged => "BTW3",
            Aggregation::Slices2dMerged => "SUJT",
            Aggregation::Slices25dDirectionMerged => "JJUI",
            Aggregation::Slices25dMerged => "ZW7Z",
            Aggregation::Volume3dAveraged => "ITBB",
            Aggregation::Volume3dMerged => "IAZD",
        }
    }

    /// How families without directions are gathered beside this one.
    pub fn dimension(self) -> Dimension {
        match self {
            Aggregation::Slices2dAveraged | Aggregation::Slices2dMerged => Dimension::Slices2d,
            Aggregation::Slices25dDirectionMerged | Aggregation::Slices25dMerged => Dimension::Slices25d,
            Aggregation::Volume3dAveraged | Aggregation::Volume3dMerged => Dimension::Volume3d,
        }
    }

    /// The tables of which the features are to be averaged. `parts` is `[slice][direction]`.
    pub(crate) fn tables(self, parts: &[Vec<Part>]) -> Vec<Part> {
        match self {
            Aggregation::Slices2dAveraged | Aggregation::Volume3dAveraged => parts.iter().flatten().cloned().collect(),
            Aggregation::Slices2dMerged | Aggregation::Volume3dMerged => parts.iter().map(Part::merge).collect(),
            Aggregation::Slices25dDirectionMerged => {
                let n_directions = parts.first().map_or(0, Vec::len);
                let across = |d: usize| Part::merge(parts.iter().map(|directions| &directions[d]));
                (0..n_directions).map(across).collect()
            }
            Aggregation::Slices25dMerged => vec![Part::merge(parts.iter().flatten())],
        }
    }
}

/// How a family without directions is gathered over slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// A table per slice; features are averaged (8QNN).
    Slices2d,
    /// The tables of all slices are merged (62GR).
    Slices25d,
    /// One table of the volume (KOBO).
    Volume3d,
}

impl Dimension {
    /// The name in feature columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Dimension::Slices2d => "2d",
            Dimension::Slices25d => "2.5d",
            Dimension::Volume3d => "3d",
        }
    }

    /// The code of the reference manual.
    pub fn ibsi(self) -> &'static str {
        match self {
            Dimension::Slices2d => "8QNN",
            Dimension::Slices25d => "62GR",
            Dimension::Volume3d => "KOBO",
        }
    }

    /// The tables of which the features are to be averaged. `parts` is one per slice.
    pub(crate) fn tables(self, parts: &[Part]) -> Vec<Part> {
        match self {
            Dimension::Slices2d | Dimension::Volume3d => parts.to_vec(),
            Dimension::Slices25d => vec![Part::merge(parts)],
        }
    }
}

/// Counts, and how many voxels they are of (a voxel counts once per direction).
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) counts: Counts,
    pub(crate) n_voxels: f64,
}

impl Part {
    fn merge<'a>(parts: impl IntoIterator<Item = &'a Part> + Clone) -> Self {
        let counts = Counts::merge(parts.clone().into_iter().map(|p| &p.counts));
        Part { counts, n_voxels: parts.into_iter().map(|p| p.n_voxels).sum() }
    }
}

/// Mean of each feature over the tables that have a value for it; NaN where none has.
pub(crate) fn average<const N: usize>(rows: impl IntoIterator<Item = [f64; N]>) -> [f64; N] {
    let (mut sums, mut counts) = ([0.0; N], [0.0; N]);
    for row in rows {
        for (k, value) in row.into_iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            sums[k] += value;
            counts[k] += 1.0;
        }
    }
    std::array::from_fn(|k| sums[k] / counts[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_leave_out_what_has_no_value() {
        let rows = [[1.0, f64::NAN, f64::NAN], [3.0, 5.0, f64::NAN]];
        let found = average(rows);
        assert_eq!(found[..2], [2.0, 5.0]);
        assert!(found[2].is_nan());
    }

    #[test]
    fn merging_adds_counts_and_voxels() {
        let part = |pairs: Vec<(u32, u32)>, n| Part { counts: Counts::from_pairs(pairs), n_voxels: n };
        let parts =
            vec![vec![part(vec![(1, 1)], 2.0), part(vec![], 2.0)], vec![part(vec![(1, 1)], 3.0), part(vec![], 3.0)]];
        let tables =
            |a: Aggregation| a.tables(&parts).iter().map(|p| (p.counts.total(), p.n_voxels)).collect::<Vec<_>>();
        assert_eq!(tables(Aggregation::Slices2dAveraged), [(1.0, 2.0), (0.0, 2.0), (1.0, 3.0), (0.0, 3.0)]);
        assert_eq!(tables(Aggregation::Slices2dMerged), [(1.0, 4.0), (1.0, 6.0)]);
        assert_eq!(tables(Aggregation::Slices25dDirectionMerged), [(2.0, 5.0), (0.0, 5.0)]);
        assert_eq!(tables(Aggregation::Slices25dMerged), [(2.0, 10.0)]);
    }
}
