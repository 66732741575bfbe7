//! [`Prepared`]: the feature tables of a cohort by block, and the columns that a model sees of them.

use dlr_core::{Code, Error, FeatureTable, Result};
use std::collections::BTreeMap;

/// Feature tables by block, and what it took.
#[derive(Default)]
pub struct Prepared {
    /// One table per block, rows in cohort order.
    pub blocks: BTreeMap<String, FeatureTable>,
    /// Undefined features by case: name, code, reason.
    pub undefined: BTreeMap<String, Vec<(String, String, String)>>,
    /// [`dlr_core::Case::notes`] of the cases that have some.
    pub notes: BTreeMap<String, Vec<String>>,
    /// Content hash of each case.
    pub digests: BTreeMap<String, String>,
    /// Content hash of each case's image alone, where the source has one.
    pub image_digests: BTreeMap<String, String>,
    /// Blocks that were found in the cache, over all cases.
    pub n_cached: usize,
    /// Blocks that were computed, over all cases.
    pub n_computed: usize,
}

/// The blocks of a model side by side, and only the named columns where some are named.
///
/// # Errors
/// [`Code::UnknownName`] for a column that is not there.
pub(crate) fn columns_of(prepared: &Prepared, blocks: &[String], columns: &[String]) -> Result<FeatureTable> {
    let mut whole: Option<FeatureTable> = None;
    for block in blocks {
        let table = &prepared.blocks[block];
        whole = Some(match whole {
            Some(left) => left.beside(table)?,
            None => table.clone(),
        });
    }
    let whole = whole.ok_or_else(|| Error::new(Code::ParameterFile, "a model needs at least one feature block"))?;
    if columns.is_empty() {
        return Ok(whole);
    }
    let names: Vec<String> = whole.names().iter().map(ToString::to_string).collect();
    let positions = columns
        .iter()
        .map(|column| {
            crate::mistakes::known("column", column, names.iter())?;
            Ok(names.iter().position(|name| name == column).unwrap_or_default())
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(whole.columns(&positions))
}
