//! A limb or a trunk: body outline, skin, fat, muscle with septa, bone and vessels, with their T2 signal (muscle is 1).

use crate::{
    field::gaussian_field,
    normal::{between, draw, sigmoid},
    streams::{Stuff, of_case},
    subject::{Site, Subject},
};
use dlr_core::{Geometry, Rng};
use ndarray::Array3;

/// What a voxel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tissue {
    Air,
    Skin,
    Fat,
    Muscle,
    Cortex,
    Marrow,
    Vessel,
}

/// The body before the lesion.
#[derive(Debug, Clone)]
pub(crate) struct Anatomy {
    pub(crate) tissue: Array3<Tissue>,
    pub(crate) signal: Array3<f32>,
    /// The shorter half axis of the cross-section in millimetres: what a lesion must fit into.
    pub(crate) half_width_mm: f64,
}

const SKIN_MM: f64 = 1.8;
const SKIN_SIGNAL: f64 = 0.7;
const SEPTUM_MM: f64 = 1.8;
const N_SEPTUM_SEEDS: usize = 8;
const CORTEX_MM: f64 = 3.5;
const CORTEX_SIGNAL: f64 = 0.1;
const VESSEL_SIGNAL: f64 = 2.2;
const VESSEL_SLANT: f64 = 0.05;

/// Millimetres from the middle of the grid, of a voxel index along an axis.
pub(crate) fn from_middle(geometry: &Geometry, axis: usize, index: usize) -> f64 {
    (index as f64 - (geometry.shape()[axis] as f64 - 1.0) / 2.0) * geometry.spacing_mm()[axis]
}

/// Builds the body of a subject.
pub(crate) fn build(subject: &Subject, geometry: &Geometry) -> Anatomy {
    let mut rng = of_case(subject.patient_seed, Stuff::Outline);
    let outline = Outline::draw(&mut rng, subject.site);
    let fat_mm = between(&mut rng, 6.0, 18.0);
    let inner = outline.half_width_mm();
    let septa: Vec<[f64; 2]> = (0..N_SEPTUM_SEEDS).map(|_| in_disc(&mut rng, inner)).collect();
    let bone = Bone::draw(&mut rng, subject.site);
    let vessels: Vec<Vessel> = (0..3).map(|_| Vessel::draw(&mut rng, inner)).collect();

    let [nz, ny, nx] = geometry.shape();
    let mut tissue = Array3::from_elem((nz, ny, nx), Tissue::Air);
    for y in 0..ny {
        for x in 0..nx {
            let at = [from_middle(geometry, 1, y), from_middle(geometry, 2, x)];
            let radius_mm = at[0].hypot(at[1]);
            let outer_mm = outline.radius_mm(at);
            let is_septum = is_between_two(&septa, at);
            let bone = bone.tissue(at);
            for z in 0..nz {
                let z_mm = from_middle(geometry, 0, z);
                let depth_mm = outer_mm * outline.taper(z_mm) - radius_mm;
                if depth_mm <= 0.0 {
                    continue;
                }
                let soft = match () {
                    () if depth_mm < SKIN_MM => Tissue::Skin,
                    () if depth_mm < SKIN_MM + fat_mm => Tissue::Fat,
                    () if vessels.iter().any(|vessel| vessel.holds(at, z_mm)) => Tissue::Vessel,
                    () if is_septum => Tissue::Fat,
                    () => Tissue::Muscle,
                };
                tissue[[z, y, x]] = bone.unwrap_or(soft);
            }
        }
    }
    let signal = signal(subject, geometry, &tissue);
    Anatomy { tissue, signal, half_width_mm: inner }
}

fn signal(subject: &Subject, geometry: &Geometry, tissue: &Array3<Tissue>) -> Array3<f32> {
    let failure = gaussian_field(&mut of_case(subject.patient_seed, Stuff::FatFailure), geometry, 60.0);
    let texture = gaussian_field(&mut of_case(subject.patient_seed, Stuff::TissueTexture), geometry, 3.0);
    let (base, more) = (subject.scanner.fat, subject.scanner.fat_failure);
    let fat = |failure: f32| base + more * sigmoid(2.0 * f64::from(failure));
    let mut signal = texture;
    ndarray::Zip::from(&mut signal).and(&failure).and(tissue).for_each(|value, failure, tissue| {
        let tissue = match tissue {
            Tissue::Air => 0.0,
            Tissue::Skin => SKIN_SIGNAL,
            Tissue::Fat => fat(*failure),
            Tissue::Muscle => 1.0,
            Tissue::Cortex => CORTEX_SIGNAL,
            Tissue::Marrow => 0.8 * fat(*failure),
            Tissue::Vessel => VESSEL_SIGNAL,
        };
        *value = (tissue * (1.0 + 0.04 * f64::from(*value))) as f32;
    });
    signal
}

/// The contour of the cross-section: an ellipse with three harmonics, tapering along z.
struct Outline {
    half_axes_mm: [f64; 2],
    harmonics: [(f64, f64); 3],
    taper: f64,
}

impl Outline {
    fn draw(rng: &mut Rng, site: Site) -> Outline {
        let [(ra, sa), (rb, sb)] = match site {
            Site::Lower => [(88.0, 5.0), (80.0, 5.0)],
            Site::Upper => [(62.0, 4.0), (58.0, 4.0)],
            Site::Trunk => [(98.0, 3.0), (88.0, 4.0)],
        };
        let half_axes_mm = [draw(rng, ra, sa), draw(rng, rb, sb)];
        let harmonics = [(); 3].map(|()| (draw(rng, 0.0, 0.015), between(rng, 0.0, std::f64::consts::TAU)));
        Outline { half_axes_mm, harmonics, taper: 0.0012 * between(rng, 0.5, 1.5) }
    }

    fn half_width_mm(&self) -> f64 {
        self.half_axes_mm[0].min(self.half_axes_mm[1])
    }

    /// From the middle to the surface in the direction of a point `[y, x]`, at z = 0.
    fn radius_mm(&self, [y, x]: [f64; 2]) -> f64 {
        let phi = y.atan2(x);
        let ellipse = (phi.cos() / self.half_axes_mm[0]).hypot(phi.sin() / self.half_axes_mm[1]).recip();
        let wave = |(m, (height, phase)): (usize, &(f64, f64))| 1.0 + height * ((m + 2) as f64 * phi + phase).cos();
        ellipse * self.harmonics.iter().enumerate().map(wave).product::<f64>()
    }

    fn taper(&self, z_mm: f64) -> f64 {
        1.0 - self.taper * z_mm
    }
}

struct Bone {
    centre_mm: [f64; 2],
    radius_mm: f64,
}

impl Bone {
    fn draw(rng: &mut Rng, site: Site) -> Bone {
        let mean = if site == Site::Trunk { 16.0 } else { 13.0 };
        Bone { radius_mm: draw(rng, mean, 1.2), centre_mm: [draw(rng, 0.0, 8.0), draw(rng, 0.0, 8.0)] }
    }

    fn tissue(&self, [y, x]: [f64; 2]) -> Option<Tissue> {
        let r = (y - self.centre_mm[0]).hypot(x - self.centre_mm[1]);
        match () {
            () if r < self.radius_mm - CORTEX_MM => Some(Tissue::Marrow),
            () if r < self.radius_mm => Some(Tissue::Cortex),
            () => None,
        }
    }
}

struct Vessel {
    centre_mm: [f64; 2],
    slant: [f64; 2],
    radius_mm: f64,
}

impl Vessel {
    fn draw(rng: &mut Rng, half_width_mm: f64) -> Vessel {
        let (radius_mm, angle) = (between(rng, 2.0, 3.3), between(rng, 0.0, std::f64::consts::TAU));
        let distance = half_width_mm * between(rng, 0.30, 0.65);
        let direction = between(rng, 0.0, std::f64::consts::TAU);
        Vessel {
            centre_mm: [distance * angle.sin(), distance * angle.cos()],
            slant: [VESSEL_SLANT * direction.sin(), VESSEL_SLANT * direction.cos()],
            radius_mm,
        }
    }

    fn holds(&self, [y, x]: [f64; 2], z_mm: f64) -> bool {
        let [cy, cx] = [0, 1].map(|a| self.centre_mm[a] + self.slant[a] * z_mm);
        (y - cy).powi(2) + (x - cx).powi(2) < self.radius_mm.powi(2)
    }
}

/// Uniform in a disc.
fn in_disc(rng: &mut Rng, radius_mm: f64) -> [f64; 2] {
    let (r, angle) = (radius_mm * rng.uniform().sqrt(), between(rng, 0.0, std::f64::consts::TAU));
    [r * angle.sin(), r * angle.cos()]
}

/// Whether a point is as near to one seed as to the next, within the width of a septum (a Voronoi edge).
fn is_between_two(seeds: &[[f64; 2]], [y, x]: [f64; 2]) -> bool {
    let (mut nearest, mut second) = (f64::INFINITY, f64::INFINITY);
    for [sy, sx] in seeds {
        let d = (y - sy).hypot(x - sx);
        if d < nearest {
            (nearest, second) = (d, nearest);
        } else if d < second {
            second = d;
        }
    }
    second - nearest < SEPTUM_MM
}
