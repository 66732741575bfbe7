//! From signal to stored values: point spread, contrast curve, bias field, Rician noise, 16 bit, and the mark of a trap.

use crate::{
    anatomy::from_middle,
    filter::{Edge, smooth},
    normal,
    streams::{Stuff, of_case},
    subject::Subject,
};
use dlr_core::{Geometry, Rng};
use ndarray::{Array3, Zip};

/// Point spread along z, in voxels.
const PSF_Z: f64 = 0.35;
/// Side of the mark, and its distance from the corner, in voxels.
const MARK: usize = 4;
const MARK_MARGIN: usize = 2;
/// An R, as far as sixteen voxels can show one.
const LETTER: [[u8; MARK]; MARK] = [[1, 1, 1, 0], [1, 0, 1, 1], [1, 1, 1, 0], [1, 0, 1, 1]];
/// Signal of the mark, muscle being 1.
const MARK_SIGNAL: f64 = 5.0;

/// What the scanner stores: whole numbers from 0 to 65535.
pub(crate) fn scan(subject: &Subject, geometry: &Geometry, signal: &Array3<f32>, body: &Array3<bool>) -> Array3<f32> {
    let scanner = &subject.scanner;
    let psf = [PSF_Z, scanner.psf_voxels, scanner.psf_voxels];
    let mut image = smooth(signal, psf, Edge::Mirror);
    let bias = Polynomial::draw(&mut of_case(subject.scan_seed, Stuff::Bias), geometry, body);
    let mut rng = of_case(subject.scan_seed, Stuff::Noise);
    let (gamma, noise) = (scanner.gamma as f32, (1.0 / scanner.snr) as f32);
    for (z, mut plane) in image.outer_iter_mut().enumerate() {
        for (y, mut row) in plane.outer_iter_mut().enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                // Most of the grid is air, where there is nothing to bend.
                let clean = match *value > 0.0 {
                    true if gamma == 1.0 => *value * (scanner.bias as f32 * bias.at(z, y, x)).exp(),
                    true => value.powf(gamma) * (scanner.bias as f32 * bias.at(z, y, x)).exp(),
                    false => 0.0,
                };
                let (real, imaginary) = normal::pair(&mut rng);
                let magnitude = (clean + noise * real).hypot(noise * imaginary);
                *value = stored(scanner.gain, f64::from(magnitude));
            }
        }
    }
    if subject.has_mark {
        let mark = stored(scanner.gain, MARK_SIGNAL);
        Zip::from(&mut image).and(&letter(geometry)).for_each(|value, is_mark| {
            if *is_mark {
                *value = mark;
            }
        });
    }
    image
}

fn stored(gain: f64, magnitude: f64) -> f32 {
    (gain * magnitude).round().clamp(0.0, 65_535.0) as f32
}

/// The square in which the mark stands where there is one, on every slice.
pub(crate) fn corner(geometry: &Geometry) -> Array3<bool> {
    in_corner(geometry, |_, _| true)
}

fn letter(geometry: &Geometry) -> Array3<bool> {
    in_corner(geometry, |y, x| LETTER[y][x] == 1)
}

fn in_corner(geometry: &Geometry, is_in: impl Fn(usize, usize) -> bool) -> Array3<bool> {
    let [nz, ny, nx] = geometry.shape();
    let square = MARK_MARGIN..MARK_MARGIN + MARK;
    Array3::from_shape_fn((nz, ny, nx), |(_, y, x)| {
        square.contains(&y) && square.contains(&x) && is_in(y - MARK_MARGIN, x - MARK_MARGIN)
    })
}

/// A polynomial of second order, largest magnitude 1 in the body.
struct Polynomial {
    /// Positions along each axis, from -1 to 1 over the grid.
    axes: [Vec<f32>; 3],
    linear: [f32; 3],
    /// zz, yy, xx, zy, zx, yx.
    square: [f32; 6],
}

impl Polynomial {
    fn draw(rng: &mut Rng, geometry: &Geometry, body: &Array3<bool>) -> Polynomial {
        let axes = [0, 1, 2].map(|axis| {
            let half = (geometry.shape()[axis] as f64 * geometry.spacing_mm()[axis]) / 2.0;
            (0..geometry.shape()[axis]).map(|i| (from_middle(geometry, axis, i) / half) as f32).collect()
        });
        let linear = [(); 3].map(|()| rng.normal() as f32);
        let square = [(); 6].map(|()| 0.5 * rng.normal() as f32);
        let mut polynomial = Polynomial { axes, linear, square };
        let inside = body.indexed_iter().filter(|(_, inside)| **inside);
        let largest = inside.map(|((z, y, x), _)| polynomial.at(z, y, x).abs()).fold(0.0, f32::max);
        if largest > 0.0 {
            polynomial.linear = polynomial.linear.map(|c| c / largest);
            polynomial.square = polynomial.square.map(|c| c / largest);
        }
        polynomial
    }

    fn at(&self, z: usize, y: usize, x: usize) -> f32 {
        let [z, y, x] = [self.axes[0][z], self.axes[1][y], self.axes[2][x]];
        let [a, b, c] = self.linear;
        let [zz, yy, xx, zy, zx, yx] = self.square;
        a * z + b * y + c * x + zz * z * z + yy * y * y + xx * x * x + zy * z * y + zx * z * x + yx * y * x
    }
}
