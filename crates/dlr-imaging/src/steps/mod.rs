//! The stages that an experiment file names: plain data that implements [`dlr_core::ImageStep`], and
//! [`dlr_core::ImageLearner`] where it learns.
//!
//! | name | step | does |
//! |---|---|---|
//! | `resample` | [`Resample`] | image and every mask onto a new spacing |
//! | `zscore`, `minmax`, `percentile` | [`ZScore`], [`MinMax`], [`Percentile`] | normalise the image over a mask |
//! | `tissue` | [`Tissue`] | normalise by the peak of a tissue |
//! | `nyul` | [`Nyul`] | maps the image onto a standard scale; learns it from the training images |
//! | `n4` | [`N4`] | bias field correction |
//! | `body` | [`Body`] | adds the body mask |
//! | `ring` | [`Ring`] | adds a ring around a mask |
//! | `masks` | [`Masks`] | adds a mask from an expression |
//! | `filter` | [`IbsiFilter`] | the image becomes its response to an IBSI filter |
//! | `filter-pyradiomics` | [`PyradiomicsFilter`] | the image becomes one of pyradiomics' filtered images |
//! | `perturb` | [`Perturb`] | redraws a mask as a second reader might |
//! | `resize`, `pad` | [`Resize`], [`Pad`] | a fixed grid for networks |
//!
//! A step adds one line to the case's history and names the case in its errors. Parsing files and choosing the order is
//! the experiment's business.

mod filter;
mod frame;
mod intensity;
mod nyul;
mod regions;
mod resample;

pub use filter::{IbsiFilter, PyradiomicsFilter};
pub use frame::{Pad, Resize};
pub use intensity::{MinMax, N4, Percentile, Tissue, ZScore};
pub use nyul::Nyul;
pub use regions::{Body, Masks, Perturb, Ring};
pub use resample::{GridRule, Resample};

use dlr_core::{Case, Result};

/// Runs a step on a case: its result with `line` in the history, or its error with the case named.
fn run(mut case: Case, line: String, step: impl FnOnce(&mut Case) -> Result<()>) -> Result<Case> {
    step(&mut case).map_err(|error| error.for_case(&case.id))?;
    case.history.push(line);
    Ok(case)
}
