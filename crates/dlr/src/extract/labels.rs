//! [`Labels`]: which regions of a mask file are measured.

use dlr_core::{Code, Error, Result};
use dlr_io::LabelSelection;
use std::str::FromStr;

/// A choice of regions. One selection is one region; the others are as many as the mask has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// One region.
    One(LabelSelection),
    /// One region per label.
    Each,
    /// One region per connected piece of all labels; pieces touch by faces, edges and corners.
    Components,
}

/// What a parameter file says about masks, for cases of which nothing else does.
#[derive(Debug, Clone, Default)]
pub struct MaskDefaults {
    /// The label.
    pub selection: LabelSelection,
    /// The component of a mask of several components.
    pub channel: usize,
}

impl FromStr for Labels {
    type Err = Error;

    /// `N`, `N,M` (together), `all`, `union`, `components` or `auto`.
    fn from_str(text: &str) -> Result<Self> {
        let numbers = || text.split(',').map(|n| n.trim().parse::<i64>().ok()).collect::<Option<Vec<_>>>();
        Ok(match text {
            "all" => Labels::Each,
            "components" => Labels::Components,
            "union" => Labels::One(LabelSelection::UnionAll),
            "auto" => Labels::One(LabelSelection::Auto),
            _ => match numbers().as_deref() {
                Some([one]) => Labels::One(LabelSelection::Value(*one)),
                Some(several) => Labels::One(LabelSelection::Union(several.to_vec())),
                None => {
                    return Err(Error::new(Code::Parameter, format!("`{text}` is no choice of labels"))
                        .expected("a label, several with commas, `all`, `union`, `components` or `auto`"));
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling() {
        let read = |text: &str| text.parse::<Labels>();
        assert_eq!(read("3").unwrap(), Labels::One(LabelSelection::Value(3)));
        assert_eq!(read("1, 4").unwrap(), Labels::One(LabelSelection::Union(vec![1, 4])));
        assert_eq!(read("all").unwrap(), Labels::Each);
        assert_eq!(read("union").unwrap(), Labels::One(LabelSelection::UnionAll));
        assert_eq!(read("components").unwrap(), Labels::Components);
        assert_eq!(read("auto").unwrap(), Labels::One(LabelSelection::Auto));
        for bad in ["", "1.5", "every", "1,x"] {
            assert_eq!(read(bad).unwrap_err().code(), Code::Parameter, "{bad}");
        }
    }
}
