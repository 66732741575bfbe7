//! `filter`: the image becomes its response to a filter of IBSI chapter 2.

use super::run;
use crate::filters::ibsi::Filter;
use dlr_core::{Case, ImageStep, Result};

/// Filters the image; masks stay as they are. See [`crate::filters::ibsi`].
#[derive(Debug, Clone, PartialEq)]
pub struct IbsiFilter {
    /// The filter.
    pub filter: Filter,
}

impl ImageStep for IbsiFilter {
    fn apply(&self, case: Case) -> Result<Case> {
        run(case, format!("filter: {}", self.filter), |case| {
            case.image = self.filter.apply(&case.image)?;
            Ok(())
        })
    }
}
