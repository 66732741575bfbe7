//! What every step asks of a table: its columns by name, and numbers that are finite.

use crate::linalg::Columns;
use dlr_core::{Code, Error, FeatureName, FeatureTable, Result, TrainSet};
use std::borrow::Cow;

/// The table with exactly these columns; borrowed where it has them already.
pub(crate) fn matching<'a>(table: &'a FeatureTable, names: &[FeatureName]) -> Result<Cow<'a, FeatureTable>> {
    if table.names() == names {
        return Ok(Cow::Borrowed(table));
    }
    table.select(names).map(Cow::Owned)
}

/// The training columns, each value finite.
///
/// # Errors
/// [`Code::NotFinite`] naming column and case.
pub(crate) fn finite_columns(train: &TrainSet) -> Result<Columns> {
    must_be_finite(train.table(), "a missing value must be imputed first")?;
    Ok(Columns::from_rows(train.x().view()))
}

/// Refuses NaN and infinity.
///
/// # Errors
/// [`Code::NotFinite`] naming column and case.
pub(crate) fn must_be_finite(table: &FeatureTable, hint: &str) -> Result<()> {
    let Some(((row, column), value)) = table.values().indexed_iter().find(|(_, v)| !v.is_finite()) else {
        return Ok(());
    };
    Err(Error::new(Code::NotFinite, format!("column `{}` holds {value}", table.names()[column]))
        .expected("a finite number")
        .hint(hint)
        .for_case(&table.cases()[row]))
}

pub(crate) fn wrong_parameter(name: &str, value: impl std::fmt::Display, range: &str) -> Error {
    Error::new(Code::Parameter, format!("parameter `{name}` is {value}, but must be {range}"))
}
