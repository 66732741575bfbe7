//! `body`, `ring`, `masks` and `perturb`: steps that add or replace a mask.

use super::run;
use crate::regions::{
    BodyParams, PerturbParams, RegionExpression, body, difference, intersection, perturb, ring, ring_beyond_image,
};
use dlr_core::{Case, Code, Error, ImageStep, Mask, Result, derive_seed};

/// Adds the body mask; see [`body`].
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Name of the new mask.
    pub name: String,
    /// How it is found.
    pub params: BodyParams,
}

impl Default for Body {
    /// As `body`, with the threshold found from the image.
    fn default() -> Self {
        Body { name: "body".into(), params: BodyParams::default() }
    }
}

impl ImageStep for Body {
    fn apply(&self, case: Case) -> Result<Case> {
        let line = format!("body: {} with {:?}", self.name, self.params);
        run(case, line, |case| {
            let found = body(&case.image, &self.params)?;
            add_or_replace(case, "body", &self.name, found)
        })
    }

    fn adds(&self) -> Option<&str> {
        Some(&self.name)
    }
}

/// Adds a ring around a mask; see [`ring`]. Where the image ends inside the ring, the case has a note of how much is cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring {
    /// Name of the new mask.
    pub name: String,
    /// Name of the mask it surrounds.
    pub around: String,
    /// Distances beyond this one.
    pub from_mm: f64,
    /// Distances up to this one.
    pub to_mm: f64,
    /// Name of the mask it is cut at, as a rule the body.
    pub within: Option<String>,
    /// Names of masks that are taken out: bone, air.
    pub minus: Vec<String>,
}

impl ImageStep for Ring {
    fn apply(&self, case: Case) -> Result<Case> {
        let Ring { name, around, from_mm, to_mm, within, minus } = self;
        let line =
            format!("ring: {name} = ({from_mm}, {to_mm}] mm around {around}, within {within:?}, minus {minus:?}");
        run(case, line, |case| {
            let mut found = ring(case.mask(around)?, *from_mm, *to_mm)?;
            let beyond = 100.0 * ring_beyond_image(case.mask(around)?, *from_mm, *to_mm)?;
            if beyond > 0.0 {
                let share = if beyond < 1.0 { "less than 1 %".into() } else { format!("{beyond:.0} %") };
                case.notes.push(format!(
                    "{share} of the region {name}, from {from_mm} to {to_mm} mm around {around}, lies beyond the edge of the image"
                ));
            }
            if let Some(within) = within {
                found = intersection(&found, case.mask(within)?)?;
            }
            for other in minus {
                found = difference(&found, case.mask(other)?)?;
            }
            add_or_replace(case, "ring", name, found)
        })
    }

    fn adds(&self) -> Option<&str> {
        Some(&self.name)
    }
}

/// Adds a mask from an expression over the masks there are; see [`RegionExpression`].
#[derive(Debug, Clone, PartialEq)]
pub struct Masks {
    /// Name of the new mask.
    pub name: String,
    /// What it is.
    pub expression: RegionExpression,
}

impl ImageStep for Masks {
    fn apply(&self, case: Case) -> Result<Case> {
        let line = format!("masks: {} = {}", self.name, self.expression);
        run(case, line, |case| {
            let found = self.expression.evaluate(&case.masks)?;
            add_or_replace(case, "masks", &self.name, found)
        })
    }

    fn adds(&self) -> Option<&str> {
        Some(&self.name)
    }
}

/// Replaces a mask by one that a second reader might have drawn, or adds it under another name; see [`perturb`].
///
/// Each case has a stream of its own, made from `seed` and its identifier: the same whichever cases are beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Perturb {
    /// Name of the mask that is made.
    pub name: String,
    /// Name of the mask that is redrawn.
    pub of: String,
    /// How much.
    pub params: PerturbParams,
    /// Of the draws; another seed is another reader.
    pub seed: u64,
}

impl ImageStep for Perturb {
    fn apply(&self, case: Case) -> Result<Case> {
        let Perturb { name, of, params, seed } = self;
        let line = format!("perturb: {name} from {of}, {params:?}, seed {seed}");
        run(case, line, |case| {
            // FNV-1a: a fixed number for an identifier, on every machine.
            let id = case
                .id
                .bytes()
                .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
            let found = perturb(case.mask(of)?, params, derive_seed(*seed, id))?;
            add(case, name, found)
        })
    }

    fn adds(&self) -> Option<&str> {
        Some(&self.name)
    }
}

/// [`add`], with a note of the case where a mask of that name is lost: `ring` named `mass` would leave no tumour.
fn add_or_replace(case: &mut Case, step: &str, name: &str, mask: Mask) -> Result<()> {
    let there = case.masks.contains_key(name);
    add(case, name, mask)?;
    if there {
        case.notes.push(format!("mask `{name}` was there and is replaced by that of the step `{step}`"));
    }
    Ok(())
}

/// An empty region is refused here, where its making is known, and not later by a feature.
fn add(case: &mut Case, name: &str, mask: Mask) -> Result<()> {
    case.image.geometry().must_match(mask.geometry(), "mask")?;
    if mask.n_voxels() == 0 {
        return Err(Error::new(Code::EmptyMask, format!("mask `{name}` has no voxels"))
            .hint("check the masks it is made of, and the distances against the spacing"));
    }
    case.masks.insert(name.to_owned(), mask);
    Ok(())
}
