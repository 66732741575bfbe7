//! The tumour: where it lies, its lobulated shape, its texture and its necrosis.

use crate::{
    anatomy::{Anatomy, Tissue, from_middle},
    field::{gaussian_field, on_lattice},
    filter::{Edge, smooth},
    latent::Latent,
    normal::{between, draw, sigmoid},
    streams::{Stuff, of_case},
    subject::Subject,
};
use dlr_core::{Geometry, Mask, Result};
use ndarray::{Array3, Zip};

/// Signal of necrosis, muscle being 1.
const NECROSIS: f32 = 4.0;
/// Width of its soft edge in millimetres.
const NECROSIS_EDGE_MM: f64 = 1.2;
/// The narrowest lobulation in millimetres: its lattice is shared by all, so that size does not change the noise.
const LOBULATION_MM: f64 = 6.0;

/// Adds the tumour to the signal and gives its mask.
pub(crate) fn grow(subject: &Subject, geometry: &Geometry, anatomy: &mut Anatomy) -> Result<Mask> {
    let mut rng = of_case(subject.patient_seed, Stuff::LesionPlace);
    let place = Place::draw(&mut rng, subject.latents.get(Latent::Size), anatomy.half_width_mm);
    let base = (2.6 * (0.15 * (rng.normal() + subject.base_offset)).exp()) as f32;

    let q = place.distance(geometry);
    let width_mm = LOBULATION_MM.max(0.3 * place.radius_mm);
    let mut rng = of_case(subject.patient_seed, Stuff::Lobulation);
    let border = on_lattice(&mut rng, geometry, width_mm, LOBULATION_MM);
    let kappa = (0.08 + 0.12 * sigmoid(subject.latents.get(Latent::Lob))) as f32;
    let mut inside = Array3::from_elem(q.raw_dim(), false);
    Zip::from(&mut inside).and(&q).and(&border).and(&anatomy.tissue).for_each(|inside, q, border, tissue| {
        let is_open = matches!(tissue, Tissue::Fat | Tissue::Muscle | Tissue::Vessel);
        *inside = is_open && *q < 1.0 + kappa * border;
    });

    paint(subject, geometry, &inside, base, &mut anatomy.signal);
    die(subject, geometry, &inside, &q, &mut anatomy.signal);
    Mask::new(*geometry, inside)
}

/// Solid tissue with its texture.
fn paint(subject: &Subject, geometry: &Geometry, inside: &Array3<bool>, base: f32, signal: &mut Array3<f32>) {
    let coarse = gaussian_field(&mut of_case(subject.patient_seed, Stuff::CoarseTexture), geometry, 5.0);
    let fine = gaussian_field(&mut of_case(subject.patient_seed, Stuff::FineTexture), geometry, 2.2);
    let amplitude = (0.11 * (0.45 * subject.latents.get(Latent::Het)).exp()).clamp(0.03, 0.45) as f32;
    Zip::from(signal).and(inside).and(&coarse).and(&fine).for_each(|signal, inside, coarse, fine| {
        if *inside {
            // 1.118 is the standard deviation of the sum.
            *signal = base * (1.0 + amplitude * (coarse + 0.5 * fine) / 1.118).max(0.15);
        }
    });
}

/// Necrosis takes an exact fraction of the tumour, patchy and towards its middle.
fn die(subject: &Subject, geometry: &Geometry, inside: &Array3<bool>, q: &Array3<f32>, signal: &mut Array3<f32>) {
    let patches = gaussian_field(&mut of_case(subject.patient_seed, Stuff::Necrosis), geometry, 9.0);
    let fraction = sigmoid(-1.7 + 0.9 * subject.latents.get(Latent::Nec));
    let score = |patch: f32, q: f32| patch + 1.2 * (1.0 - q);
    let mut scores: Vec<f32> = inside
        .iter()
        .zip(patches.iter().zip(q))
        .filter(|(inside, _)| **inside)
        .map(|(_, (patch, q))| score(*patch, *q))
        .collect();
    let n_dead = (fraction * scores.len() as f64).round() as usize;
    if n_dead == 0 {
        return;
    }
    let kept = scores.len() - n_dead;
    let (_, threshold, _) = scores.select_nth_unstable_by(kept, f32::total_cmp);
    let threshold = *threshold;
    let mut dead = Array3::zeros(inside.raw_dim());
    Zip::from(&mut dead).and(inside).and(&patches).and(q).for_each(|dead, inside, patch, q| {
        *dead = f32::from(u8::from(*inside && score(*patch, *q) >= threshold));
    });
    let dead = smooth(&dead, geometry.spacing_mm().map(|s| NECROSIS_EDGE_MM / s), Edge::Mirror);
    Zip::from(signal).and(inside).and(&dead).for_each(|signal, inside, dead| {
        if *inside {
            *signal += dead * (NECROSIS - *signal);
        }
    });
}

/// An ellipsoid, elongated along z.
struct Place {
    centre_mm: [f64; 3],
    radius_mm: f64,
    elongation: f64,
}

impl Place {
    fn draw(rng: &mut dlr_core::Rng, z_size: f64, half_width_mm: f64) -> Place {
        let diameter_mm = (62.0 * (0.38 * z_size).exp()).clamp(22.0, 130.0);
        let radius_mm = (diameter_mm / 2.0).min(0.62 * half_width_mm);
        let wanted = between(rng, 0.35, 0.6) * half_width_mm;
        let distance = wanted.min(half_width_mm - 0.45 * radius_mm - 4.0);
        let angle = between(rng, 0.0, std::f64::consts::TAU);
        let z_mm = draw(rng, 0.0, 6.0);
        let elongation = between(rng, 1.1, 1.5);
        Place { centre_mm: [z_mm, distance * angle.sin(), distance * angle.cos()], radius_mm, elongation }
    }

    /// Distance from the centre in units of the radius.
    fn distance(&self, geometry: &Geometry) -> Array3<f32> {
        let squares: Vec<Vec<f64>> = (0..3)
            .map(|axis| {
                let reach = if axis == 0 { self.elongation * self.radius_mm } else { self.radius_mm };
                let along = |i| ((from_middle(geometry, axis, i) - self.centre_mm[axis]) / reach).powi(2);
                (0..geometry.shape()[axis]).map(along).collect()
            })
            .collect();
        let [nz, ny, nx] = geometry.shape();
        Array3::from_shape_fn((nz, ny, nx), |(z, y, x)| (squares[0][z] + squares[1][y] + squares[2][x]).sqrt() as f32)
    }
}
