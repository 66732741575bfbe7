//! [`FeatureVector`] of one case and [`FeatureTable`] of many: named numbers, with a reason for each that is missing.

use crate::{Code, Error, FeatureName, Result};
use ndarray::{Array2, ArrayView1, Axis};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Why a feature is NaN. The code goes into `diagnostics` and into the features sidecar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undefined {
    /// A short stable code, for example `flat-region`.
    pub code: Cow<'static, str>,
    /// One sentence for people.
    pub reason: String,
}

impl Undefined {
    /// A reason with its code.
    pub fn new(code: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Undefined { code: code.into(), reason: reason.into() }
    }
}

/// The features of one case, in a fixed order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureVector {
    names: Vec<FeatureName>,
    values: Vec<f64>,
    undefined: BTreeMap<FeatureName, Undefined>,
}

impl FeatureVector {
    /// No features yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    pub fn push(&mut self, name: FeatureName, value: f64) {
        self.names.push(name);
        self.values.push(value);
    }

    /// Adds a feature that has no value here: NaN with its reason.
    pub fn push_undefined(&mut self, name: FeatureName, reason: Undefined) {
        self.undefined.insert(name.clone(), reason);
        self.push(name, f64::NAN);
    }

    /// Adds all features of another vector behind these.
    pub fn append(&mut self, other: FeatureVector) {
        self.names.extend(other.names);
        self.values.extend(other.values);
        self.undefined.extend(other.undefined);
    }

    /// Names, in order.
    pub fn names(&self) -> &[FeatureName] {
        &self.names
    }

    /// Values, in the order of the names; NaN where undefined.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&FeatureName, f64)> {
        self.names.iter().zip(self.values.iter().copied())
    }

    /// The value of one feature, by its printed name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(n, _)| n.to_string() == name).map(|(_, value)| value)
    }

    /// Why which features are NaN.
    pub fn undefined(&self) -> &BTreeMap<FeatureName, Undefined> {
        &self.undefined
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no feature.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Cases by features, in 64 bit, with the names of both and where the numbers come from.
///
/// A clone costs nothing: tables that differ in one part share the others.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    cases: Arc<Vec<String>>,
    names: Arc<Vec<FeatureName>>,
    values: Arc<Array2<f64>>,
    centers: Option<Arc<Vec<String>>>,
    provenance: Arc<BTreeMap<String, String>>,
}

impl FeatureTable {
    /// A table; `values` has the shape `[n_cases, n_features]`.
    ///
    /// Case identifiers may repeat (a bootstrap sample); feature names may not.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] where shapes differ or a name stands twice.
    pub fn new(cases: Vec<String>, names: Vec<FeatureName>, values: Array2<f64>) -> Result<Self> {
        check_shape(&values, cases.len(), names.len())?;
        let mut seen = HashSet::with_capacity(names.len());
        if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
            return Err(Error::new(Code::TableMismatch, format!("column `{twice}` stands twice")));
        }
        Ok(FeatureTable {
            cases: Arc::new(cases),
            names: Arc::new(names),
            values: Arc::new(values),
            centers: None,
            provenance: Arc::default(),
        })
    }

    /// One row per case, all with the same names in the same order.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] naming the first case whose names differ from those of the first.
    pub fn from_vectors(rows: Vec<(String, FeatureVector)>) -> Result<Self> {
        let names = rows.first().map(|(_, vector)| vector.names.clone()).unwrap_or_default();
        let mut values = Array2::zeros((rows.len(), names.len()));
        let mut cases = Vec::with_capacity(rows.len());
        for (row_idx, (case, vector)) in rows.into_iter().enumerate() {
            if vector.names != names {
                return Err(Error::new(Code::TableMismatch, "feature names differ from those of the first case")
                    .expected(format!("{} features", names.len()))
                    .found(format!("{} features", vector.len()))
                    .for_case(&case));
            }
            values.row_mut(row_idx).assign(&ArrayView1::from(&vector.values));
            cases.push(case);
        }
        Self::new(cases, names, values)
    }

    /// The same table with one more line of provenance.
    pub fn with_provenance(mut self, key: &str, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.provenance).insert(key.into(), value.into());
        self
    }

    /// The same table with the hospital of each row: what a step needs that takes centre effects off. Joining a table
    /// with a cohort ([`crate::Dataset::new`]) does this.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for another number of rows.
    pub fn with_centers(mut self, centers: Vec<String>) -> Result<Self> {
        if centers.len() != self.cases.len() {
            return Err(Error::new(Code::TableMismatch, "a table needs one center per row")
                .expected(self.cases.len())
                .found(centers.len()));
        }
        self.centers = Some(Arc::new(centers));
        Ok(self)
    }

    /// The hospital of each row, where it is known.
    pub fn centers(&self) -> Option<&[String]> {
        self.centers.as_ref().map(|centers| &centers[..])
    }

    /// Case identifiers, in row order.
    pub fn cases(&self) -> &[String] {
        &self.cases
    }

    /// Feature names, in column order.
    pub fn names(&self) -> &[FeatureName] {
        &self.names
    }

    /// Values, shape `[n_cases, n_features]`.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// Engine, settings, digests: what the numbers come from.
    pub fn provenance(&self) -> &BTreeMap<String, String> {
        &self.provenance
    }

    /// Number of cases.
    pub fn n_cases(&self) -> usize {
        self.cases.len()
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.names.len()
    }

    /// Position of a column.
    pub fn position(&self, name: &FeatureName) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    /// The same cases and names with other values: what a scaling gives back.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] where the shape differs.
    pub fn with_values(&self, values: Array2<f64>) -> Result<Self> {
        check_shape(&values, self.n_cases(), self.n_features())?;
        Ok(FeatureTable { values: Arc::new(values), ..self.clone() })
    }

    /// The columns at these positions, in this order.
    pub fn columns(&self, positions: &[usize]) -> Self {
        FeatureTable {
            names: Arc::new(positions.iter().map(|p| self.names[*p].clone()).collect()),
            values: Arc::new(self.values.select(Axis(1), positions)),
            ..self.clone()
        }
    }

    /// The columns of these names, in this order: what a selector gives back on any table.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] naming the first that is missing.
    pub fn select(&self, names: &[FeatureName]) -> Result<Self> {
        if names == &self.names[..] {
            return Ok(self.clone());
        }
        let position: HashMap<_, _> = self.names.iter().enumerate().map(|(i, name)| (name, i)).collect();
        let positions = names
            .iter()
            .map(|name| {
                position.get(name).copied().ok_or_else(|| {
                    Error::new(Code::TableMismatch, format!("column `{name}` is missing"))
                        .hint("a fitted stage needs the columns that it was fitted on")
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(self.columns(&positions))
    }

    /// The rows at these positions, in this order, repeated where asked.
    pub fn rows(&self, positions: &[usize]) -> Self {
        let of_rows = |all: &Vec<String>| Arc::new(positions.iter().map(|p| all[*p].clone()).collect());
        FeatureTable {
            cases: of_rows(&self.cases),
            values: Arc::new(self.values.select(Axis(0), positions)),
            centers: self.centers.as_deref().map(of_rows),
            ..self.clone()
        }
    }

    /// Both tables side by side; the cases must be the same in the same order.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for other cases or a name in both.
    pub fn beside(&self, other: &FeatureTable) -> Result<Self> {
        if self.cases != other.cases {
            return Err(Error::new(
                Code::TableMismatch,
                "two tables have different cases and cannot stand side by side",
            ));
        }
        let values = ndarray::concatenate(Axis(1), &[self.values.view(), other.values.view()])
            .expect("row counts were compared above");
        let names = self.names.iter().chain(other.names.iter()).cloned().collect();
        let mut table = Self::new(self.cases.to_vec(), names, values)?;
        table.centers = self.centers.clone().or_else(|| other.centers.clone());
        let provenance = self.provenance.iter().chain(other.provenance.iter());
        table.provenance = Arc::new(provenance.map(|(key, value)| (key.clone(), value.clone())).collect());
        Ok(table)
    }
}

fn check_shape(values: &Array2<f64>, n_cases: usize, n_features: usize) -> Result<()> {
    if values.dim() == (n_cases, n_features) {
        return Ok(());
    }
    Err(Error::new(Code::TableMismatch, "values do not fit the rows and columns of the table")
        .expected(format!("{n_cases} x {n_features}"))
        .found(format!("{} x {}", values.nrows(), values.ncols())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn table() -> FeatureTable {
        let names = ["a", "b", "c"].map(|f| FeatureName::new("intra", "original", "firstorder", f).unwrap());
        FeatureTable::new(vec!["p".into(), "q".into()], names.to_vec(), array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
            .unwrap()
    }

    #[test]
    fn rows_columns_and_names() {
        let t = table();
        let wanted = [t.names()[2].clone(), t.names()[0].clone()];
        assert_eq!(t.select(&wanted).unwrap().values(), &array![[3.0, 1.0], [6.0, 4.0]]);
        assert_eq!(t.rows(&[1, 1]).cases(), ["q", "q"]);
        assert!(t.beside(&t).is_err(), "a name twice");
        assert!(t.columns(&[0]).beside(&t.columns(&[1, 2])).unwrap().names() == t.names());
        let absent = FeatureName::new("x", "y", "z", "w").unwrap();
        assert_eq!(t.select(&[absent]).unwrap_err().code(), Code::TableMismatch);
    }

    #[test]
    fn centers_follow_their_rows() {
        let t = table().with_centers(vec!["north".into(), "south".into()]).unwrap();
        assert_eq!(t.rows(&[1, 0, 1]).centers().unwrap(), ["south", "north", "south"]);
        let kept = t.columns(&[0]).with_values(array![[0.0], [1.0]]).unwrap();
        assert_eq!(kept.beside(&table().columns(&[1])).unwrap().centers(), t.centers());
        assert_eq!(table().with_centers(vec![]).unwrap_err().code(), Code::TableMismatch);
    }

    #[test]
    fn vectors_must_agree() {
        let mut a = FeatureVector::new();
        a.push(table().names()[0].clone(), 1.0);
        let mut b = FeatureVector::new();
        b.push_undefined(table().names()[1].clone(), Undefined::new("flat-region", "one grey level"));
        assert!(b.values()[0].is_nan());
        let error = FeatureTable::from_vectors(vec![("p".into(), a), ("q".into(), b)]).unwrap_err();
        assert_eq!(error.case(), Some("q"));
    }
}
