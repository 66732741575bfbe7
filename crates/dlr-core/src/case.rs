//! [`Case`]: one examination in memory, with its image, its named regions, and what was done to it so far.

use crate::{Code, Error, Mask, Result, Roi, Value, Volume};
use std::collections::BTreeMap;

/// One examination. Steps take it and give it back changed; `history` travels with it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Identifier, unique in the cohort.
    pub id: String,
    /// The patient, the unit of every split.
    pub patient: String,
    /// The image.
    pub image: Volume,
    /// Regions by name, for example `mass` and `peri`.
    pub masks: BTreeMap<String, Mask>,
    /// Clinical values by column.
    pub clinical: BTreeMap<String, Value>,
    /// One line per step that changed it, in order.
    pub history: Vec<String>,
    /// What a reader of its results should know, in words: a position taken from the mask, a ring cut by the image's edge.
    pub notes: Vec<String>,
}

impl Case {
    /// An image without regions.
    pub fn new(id: impl Into<String>, patient: impl Into<String>, image: Volume) -> Self {
        Case {
            id: id.into(),
            patient: patient.into(),
            image,
            masks: BTreeMap::new(),
            clinical: BTreeMap::new(),
            history: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The same case with a region.
    pub fn with_mask(mut self, name: &str, mask: Mask) -> Self {
        self.masks.insert(name.into(), mask);
        self
    }

    /// A region by name.
    ///
    /// # Errors
    /// [`Code::MissingMask`] with the names there are.
    pub fn mask(&self, name: &str) -> Result<&Mask> {
        self.masks.get(name).ok_or_else(|| {
            Error::new(Code::MissingMask, format!("mask `{name}` is missing"))
                .expected(format!("a mask named `{name}`"))
                .hint("masks are the columns `Mask` (named `mass`) and `Mask:NAME` of the manifest, and what image steps add")
                .found(if self.masks.is_empty() {
                    "no masks".into()
                } else {
                    self.masks.keys().cloned().collect::<Vec<_>>().join(", ")
                })
                .for_case(&self.id)
        })
    }

    /// Image and a region, checked against each other.
    ///
    /// # Errors
    /// Those of [`Case::mask`] and [`Roi::new`], with the case named.
    pub fn roi(&self, name: &str) -> Result<Roi<'_>> {
        Roi::new(&self.image, self.mask(name)?).map_err(|error| error.for_case(&self.id))
    }
}
