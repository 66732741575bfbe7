//! Two readers who draw the tumour, each wrong in its own smooth way.

use crate::{
    field::gaussian_field,
    streams::{Stuff, of_case},
    subject::Subject,
};
use dlr_core::Geometry;
use ndarray::{Array3, Zip};

/// Correlation length of a reader's error in millimetres.
const ERROR_MM: f64 = 15.0;

/// How a reader differs from the truth: by so many millimetres outwards on average, give or take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    stream: Stuff,
    bias_mm: f32,
    sd_mm: f32,
}

/// The careful one.
pub(crate) const FIRST: Reader = Reader { stream: Stuff::FirstReader, bias_mm: 0.0, sd_mm: 1.0 };
/// The generous one.
pub(crate) const SECOND: Reader = Reader { stream: Stuff::SecondReader, bias_mm: 0.3, sd_mm: 1.5 };

impl Reader {
    /// What this reader draws: the body where the signed distance to the tumour's border is below the error.
    pub(crate) fn draw(
        &self,
        subject: &Subject,
        geometry: &Geometry,
        signed_mm: &Array3<f64>,
        body: &Array3<bool>,
    ) -> Array3<bool> {
        let error = gaussian_field(&mut of_case(subject.scan_seed, self.stream), geometry, ERROR_MM);
        let mut drawn = body.clone();
        Zip::from(&mut drawn).and(signed_mm).and(&error).for_each(|drawn, signed, error| {
            *drawn &= *signed < f64::from(self.bias_mm + self.sd_mm * error);
        });
        drawn
    }
}
