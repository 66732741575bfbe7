//! [`LabelClasses`]: which class a cell of the label column means. A column holds two values and says which is positive.

use super::cells::is_missing;
use dlr_core::{Code, Error, Result};
use std::collections::{BTreeMap, BTreeSet};

const KNOWN: [(&str, bool); 10] = [
    ("0", false),
    ("1", true),
    ("no", false),
    ("yes", true),
    ("false", false),
    ("true", true),
    ("low", false),
    ("high", true),
    ("negative", false),
    ("positive", true),
];

/// The classes of a label column. `0.0` is the number 0, and words are the same in any case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelClasses {
    class_of: BTreeMap<String, bool>,
}

impl LabelClasses {
    /// Reads the cells of a column, each with its case where that has a name.
    ///
    /// # Errors
    /// [`Code::LabelValues`] for a value that does not say which class it is, and for more than two values, naming the
    /// case that has the rarest; one column says `0` and `1` or `low` and `high`, not both.
    pub fn read<'a>(column: &str, cells: impl Iterator<Item = (Option<&'a str>, &'a str)>) -> Result<Self> {
        let mut cases: BTreeMap<String, Vec<Option<&str>>> = BTreeMap::new();
        let mut written = BTreeSet::new();
        for (case, cell) in cells.filter(|(_, cell)| !is_missing(cell.trim())) {
            cases.entry(value(cell)).or_default().push(case);
            written.insert(cell.trim());
        }
        let class = |value: &String| KNOWN.iter().find(|(name, _)| name == value).map(|(_, class)| *class);
        let unknown = cases.iter().find(|(value, _)| class(value).is_none());
        let rarest = cases.iter().rev().min_by_key(|(_, cases)| cases.len()).filter(|_| cases.len() > 2);
        if let Some((odd, of)) = unknown.or(rarest) {
            let first = written.iter().find(|text| value(text) == *odd).expect("a value was written by some cell");
            let found = written.iter().take(6).map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
            let error = Error::new(Code::LabelValues, format!("column `{column}` holds `{first}`"))
                .expected("two classes, written 0 and 1")
                .found(format!("{} values: {found}", written.len()))
                .hint("the label of the mask goes into the column `Label` or `mask_label`");
            return Err(of[0].map_or(error.clone(), |case| error.for_case(case)));
        }
        Ok(LabelClasses {
            class_of: cases.into_keys().filter_map(|value| Some((value.clone(), class(&value)?))).collect(),
        })
    }

    /// Whether a cell means the positive class; `None` for an empty one.
    pub fn class(&self, cell: &str) -> Option<bool> {
        self.class_of.get(&value(cell)).copied()
    }
}

/// What a cell says, however it is written.
fn value(cell: &str) -> String {
    let text = cell.trim().to_lowercase();
    text.parse::<f64>().map_or(text, |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[&str]) -> Result<LabelClasses> {
        let names: Vec<String> = (0..cells.len()).map(|i| format!("p{i}")).collect();
        LabelClasses::read("label", names.iter().map(String::as_str).map(Some).zip(cells.iter().copied()))
    }

    #[test]
    fn two_values_are_two_classes() {
        for [negative, positive] in
            [["0", "1"], ["no", "YES"], ["Low", "high"], ["0.0", "1.0"], ["negative", "positive"]]
        {
            let classes = read(&[negative, "", positive, "n/a", negative]).unwrap();
            assert_eq!((classes.class(negative), classes.class(positive)), (Some(false), Some(true)));
            assert_eq!(classes.class(""), None);
        }
        // The same numbers, as a spreadsheet may write them.
        assert_eq!(read(&["0", "1.0", "1"]).unwrap().class("1.00"), Some(true));
        assert_eq!(read(&[]).unwrap(), LabelClasses::default());
    }

    #[test]
    fn a_third_value_is_refused_though_each_is_known() {
        for (cells, case, odd) in [
            (["0", "1", "0", "high", "1"], "p3", "`high`"),
            (["yes", "no", "0", "no", "yes"], "p2", "`0`"),
            (["0", "1", "2", "1", "0"], "p2", "`2`"),
            (["0", "1", "0", "cat", "cat"], "p3", "`cat`"),
        ] {
            let error = read(&cells).unwrap_err();
            assert_eq!((error.code(), error.case()), (Code::LabelValues, Some(case)), "{error}");
            let text = error.to_string();
            assert!(text.contains(&format!("holds {odd}")) && text.contains("3 values"), "{text}");
        }
    }
}
