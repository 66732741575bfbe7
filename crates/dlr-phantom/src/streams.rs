//! Which stream of random numbers each part of the work draws from.
//!
//! A part draws from its own stream, as many numbers whatever the latents are, so a case with one latent changed keeps
//! every other random number: that is what makes a counterfactual.

use dlr_core::Rng;

/// Streams of the plan.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// Order and offsets of the residuals.
    Residuals = 1,
    /// Site, age, sex, depth.
    Clinic,
    /// Who was scanned where, and who has a mark.
    Scanners,
    /// Labels that biopsy got wrong.
    Errors,
    /// Seed of each patient.
    Patients,
    /// Seed of each examination.
    Scans,
}

/// Streams of a patient and of an examination.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stuff {
    Outline = 101,
    FatFailure,
    TissueTexture,
    LesionPlace,
    Lobulation,
    CoarseTexture,
    FineTexture,
    Necrosis,
    OedemaStrength,
    OedemaTexture,
    Context,
    Bias = 201,
    Noise,
    FirstReader,
    SecondReader,
    Contour,
}

pub(crate) fn of_plan(seed: u64, part: Part) -> Rng {
    Rng::stream(seed, part as u64)
}

pub(crate) fn of_case(seed: u64, stuff: Stuff) -> Rng {
    Rng::stream(seed, stuff as u64)
}
