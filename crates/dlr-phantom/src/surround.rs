//! What surrounds the tumour: oedema whose mean does not depend on grade but whose heterogeneity and reach do, and
//! reticular streaks far outside it.

use crate::{
    anatomy::{Anatomy, Tissue},
    field::gaussian_field,
    latent::Latent,
    streams::{Stuff, of_case},
    subject::Subject,
};
use dlr_core::Geometry;
use ndarray::{Array3, Zip};

/// Oedema above this share of its strength at the border is what a reader sees.
const VISIBLE: f64 = 0.25;
/// Beyond this many millimetres the window of the streaks is below one in ten thousand.
const CONTEXT_END_MM: f64 = 75.0;

/// Where the surroundings are and act.
pub(crate) struct Surround {
    /// Body without bone, skin and tumour.
    pub(crate) host: Array3<bool>,
    /// The oedema that a reader sees.
    pub(crate) visible: Array3<bool>,
    /// Where streaks can be, with at least half their strength.
    pub(crate) context: Array3<bool>,
}

/// Adds oedema and streaks to the signal. `distance_mm` is the distance to the tumour.
pub(crate) fn spread(
    subject: &Subject,
    geometry: &Geometry,
    anatomy: &mut Anatomy,
    tumour: &Array3<bool>,
    distance_mm: &Array3<f64>,
) -> Surround {
    let mut host = Array3::from_elem(tumour.raw_dim(), false);
    Zip::from(&mut host).and(tumour).and(&anatomy.tissue).for_each(|host, tumour, tissue| {
        *host = !tumour && matches!(tissue, Tissue::Fat | Tissue::Muscle | Tissue::Vessel);
    });
    let (visible, context) = (host.clone(), host.clone());
    let mut surround = Surround { host, visible, context };
    oedema(subject, geometry, anatomy, distance_mm, &mut surround);
    streaks(subject, geometry, anatomy, distance_mm, &mut surround);
    surround
}

/// `Ae exp(-d/L) exp(s G - s²/2)`: the last term keeps the mean, whatever the heterogeneity `s`.
fn oedema(
    subject: &Subject,
    geometry: &Geometry,
    anatomy: &mut Anatomy,
    distance_mm: &Array3<f64>,
    surround: &mut Surround,
) {
    let drawn = of_case(subject.patient_seed, Stuff::OedemaStrength).normal();
    let strength = 1.3 * (0.10 * (drawn + subject.ae_offset)).exp();
    let field = gaussian_field(&mut of_case(subject.patient_seed, Stuff::OedemaTexture), geometry, 3.5);
    let length_mm = (8.0 * (0.40 * subject.latents.get(Latent::Ext)).exp()).clamp(2.5, 26.0);
    let s = (0.38 * (0.45 * subject.latents.get(Latent::Edh)).exp()).clamp(0.08, 1.2);
    Zip::from(&mut anatomy.signal).and(&mut surround.visible).and(distance_mm).and(&field).for_each(
        |signal, visible, d, field| {
            if *visible {
                let share = (s * f64::from(*field) - 0.5 * s * s - d / length_mm).exp();
                *signal += (strength * share) as f32;
                *visible = share > VISIBLE;
            }
        },
    );
}

/// `Ax exp(-(G/0.35)²) w(d)`: ridges where a smooth field crosses zero.
fn streaks(
    subject: &Subject,
    geometry: &Geometry,
    anatomy: &mut Anatomy,
    distance_mm: &Array3<f64>,
    surround: &mut Surround,
) {
    let field = gaussian_field(&mut of_case(subject.patient_seed, Stuff::Context), geometry, 5.0);
    let strength = (0.30 * (0.60 * subject.latents.get(Latent::Ctx)).exp()).clamp(0.03, 2.0);
    Zip::from(&mut anatomy.signal).and(&mut surround.context).and(distance_mm).and(&field).for_each(
        |signal, context, d, field| {
            if *context {
                let window = window(*d);
                *context = window > 0.5;
                let ridge = f64::from(*field) / 0.35;
                if window > 0.0 && ridge.abs() < 4.0 {
                    *signal += (strength * (-ridge * ridge).exp() * window) as f32;
                }
            }
        },
    );
}

/// Opens at 18 mm and closes at 45 mm.
fn window(distance_mm: f64) -> f64 {
    if distance_mm > CONTEXT_END_MM {
        return 0.0;
    }
    let open = 1.0 / (1.0 + (-(distance_mm - 18.0) / 1.5).exp());
    let closed = 1.0 / (1.0 + (-(distance_mm - 45.0) / 3.0).exp());
    open * (1.0 - closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_and_closes_where_it_should() {
        assert!((window(18.0) - 0.5).abs() < 1e-3 && (window(45.0) - 0.5).abs() < 1e-3);
        assert!(window(30.0) > 0.99 && window(10.0) < 0.005 && window(60.0) < 0.007 && window(76.0) == 0.0);
    }
}
