//! [`Work`]: one examination with its masks; measuring it gives rows, and an error for each region that has none.

use super::{Engine, Labels};
use dlr_core::{Code, Error, FeatureName, Mask, Result, Undefined, Volume};
use dlr_imaging::regions::{Connectivity, components};
use dlr_io::{LabelSelection, LabelledPair};
use std::borrow::Cow;
use std::path::PathBuf;

/// One examination: where its files are, and which regions are wanted.
#[derive(Debug, Clone)]
pub struct Work {
    /// The case; its file where it has no name.
    pub id: String,
    /// The image.
    pub image: PathBuf,
    /// Masks, and the name that each gives to its columns.
    pub masks: Vec<(Option<String>, PathBuf)>,
    /// Which regions of each mask.
    pub labels: Labels,
    /// Component of a mask of several components, from 0.
    pub label_channel: usize,
}

/// Which region of a mask of several a row is about: a label, or the number of a connected piece.
pub type Region = Option<i64>;

/// The values of one region, or of one region of each mask side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which region, where the choice is one row per region.
    pub region: Region,
    /// Values, one per column; NaN where undefined.
    pub values: Vec<f64>,
    /// Column and why it is NaN.
    pub undefined: Vec<(usize, Undefined)>,
}

/// What came of an examination.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// One row per region.
    pub rows: Vec<Row>,
    /// What to tell of the files.
    pub notes: Vec<String>,
    /// What failed; a failure without a row beside it is the whole case.
    pub errors: Vec<Error>,
}

impl Work {
    /// Reads the files and measures each region. Whatever fails is in [`Measured::errors`], with the case named.
    pub fn measure(&self, engine: &Engine) -> Measured {
        let mut measured = Measured::default();
        let names = |roi: &Option<String>| engine.names(roi.as_deref());
        let names: Result<Vec<Vec<FeatureName>>> = self.masks.iter().map(|(roi, _)| names(roi)).collect();
        let done = names.and_then(|names| match &self.labels {
            Labels::One(selection) => self.one_row(engine, &names, selection, &mut measured),
            _ => self.each_region(&mut measured, &mut |image, region, mask, out| {
                let mut row = Row { region: Some(region), values: Vec::new(), undefined: Vec::new() };
                row.extend(engine, image, &mask, self.masks[0].0.as_deref(), &names[0])?;
                out.rows.push(row);
                Ok(())
            }),
        });
        if let Err(error) = done {
            measured.errors.push(error);
        }
        measured.errors = measured.errors.into_iter().map(|e| e.for_case(&self.id)).collect();
        measured
    }

    fn one_row(
        &self,
        engine: &Engine,
        names: &[Vec<FeatureName>],
        selection: &LabelSelection,
        measured: &mut Measured,
    ) -> Result<()> {
        let mut row = Row { region: None, values: Vec::new(), undefined: Vec::new() };
        for ((roi, path), names) in self.masks.iter().zip(names) {
            let mut one = || {
                let pair = self.read(path)?;
                measured.notes.extend(pair.notes().iter().cloned());
                let mask = region_for(engine, &pair, selection, &mut measured.notes)?;
                row.extend(engine, pair.image(), &mask, roi.as_deref(), names)
            };
            one().map_err(|error| match roi {
                Some(roi) => error.for_case(&format!("{} mask {roi}", self.id)),
                None => error,
            })?;
        }
        measured.rows.push(row);
        Ok(())
    }

    /// Hands each region to `each`, one at a time, so that one region is in memory at a time.
    pub(super) fn each_region(
        &self,
        measured: &mut Measured,
        each: &mut dyn FnMut(&Volume, i64, Mask, &mut Measured) -> Result<()>,
    ) -> Result<()> {
        let [(_, path)] = &self.masks[..] else {
            return Err(Error::new(Code::Parameter, "one row per region needs one mask per case")
                .found(format!("{} masks", self.masks.len()))
                .hint("name one label, or `union`"));
        };
        let pair = self.read(path)?;
        measured.notes.extend(pair.notes().iter().cloned());
        let mut regions: Box<dyn Iterator<Item = Result<(i64, Mask)>> + '_> = match self.labels {
            Labels::Components => {
                let union = pair.region(&LabelSelection::UnionAll)?;
                measured.notes.extend(union.notes);
                let (pieces, sizes) = components(&union.value, Connectivity::Corners);
                let geometry = *union.value.geometry();
                Box::new((1..=sizes.len()).map(move |piece| {
                    let mask = Mask::new(geometry, pieces.mapv(|p| p as usize == piece))?;
                    Ok((piece as i64, mask))
                }))
            }
            _ => {
                must_be_labels(&pair)?;
                let labels = pair.labels().to_vec();
                let pair = &pair;
                Box::new(
                    labels.into_iter().map(move |label| Ok((label, pair.region(&LabelSelection::Value(label))?.value))),
                )
            }
        };
        regions.try_for_each(|region| {
            let (name, mask) = region?;
            if let Err(error) = each(pair.image(), name, mask, measured) {
                // The other regions of the case are not to blame.
                measured.errors.push(error.for_case(&format!("{} region {name}", self.id)));
            }
            Ok(())
        })
    }

    pub(super) fn read(&self, mask: &std::path::Path) -> Result<LabelledPair> {
        if self.label_channel != 0 {
            return Err(Error::new(Code::FileFormat, format!("label channel {} is asked for", self.label_channel))
                .expected("masks of one component (channel 0)"));
        }
        LabelledPair::read(&self.image, mask)
    }
}

/// A file with hundreds of labels is taken for an image.
fn must_be_labels(pair: &LabelledPair) -> Result<()> {
    if pair.labels().len() <= 256 {
        return Ok(());
    }
    // The reader's own rule for masks of which no label was named.
    pair.region_as_stored(&LabelSelection::UnionAll).map(|_| ())
}

/// The region on the image's grid; where the setting `correctMask` is on, the extractor brings it there.
pub(super) fn region_for(
    engine: &Engine,
    pair: &LabelledPair,
    selection: &LabelSelection,
    notes: &mut Vec<String>,
) -> Result<Mask> {
    let corrects = match engine {
        Engine::Pyradiomics(extractor) => extractor.params().settings.correct_mask,
        Engine::Ibsi(_) => false,
    };
    let region = match pair.region(selection) {
        Err(error) if corrects && error.code() == Code::GridMismatch => {
            notes.push("the mask was resampled onto the image's grid (correctMask)".to_owned());
            pair.region_as_stored(selection)?
        }
        other => other?,
    };
    notes.extend(region.notes);
    Ok(region.value)
}

impl Row {
    fn extend(
        &mut self,
        engine: &Engine,
        image: &Volume,
        mask: &Mask,
        roi: Option<&str>,
        names: &[FeatureName],
    ) -> Result<()> {
        let features = engine.extract(image, mask, roi)?;
        if features.names() != names {
            return Err(Error::new(Code::Contract, "an extraction gave other features than it announced"));
        }
        let first = self.values.len();
        self.values.extend_from_slice(features.values());
        let position = |(at, name): (usize, &FeatureName)| {
            features.undefined().get(name).map(|reason| (first + at, reason.clone()))
        };
        self.undefined.extend(names.iter().enumerate().filter_map(position));
        Ok(())
    }
}

impl Row {
    /// The region as text; empty where there is no choice.
    pub fn region_text(&self) -> Cow<'static, str> {
        self.region.map_or(Cow::Borrowed(""), |region| Cow::Owned(region.to_string()))
    }
}
