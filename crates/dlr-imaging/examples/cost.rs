//! CPU time and peak memory of one job at the sizes of `docs/benchmarks/imaging.md`, in a process of its own.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release -p dlr-imaging --example cost -- distance|ring|filters|filter|cubic|linear|n4 [ARGUMENTS]`
//! prints CPU seconds (user and system) of the job alone and, on Linux, the peak memory of the process. The same jobs with
//! SimpleITK: `benches/peers/imaging.py`.

use dlr_core::{Mask, Volume};
use dlr_imaging::bias::{N4Params, n4};
use dlr_imaging::filters::{
    ibsi::{
        Boundary, Dimension, Filter, Gabor, Kernel, LaplacianOfGaussian, Laws, Mean, Pooling, Riesz, RieszOf,
        SeparableWavelet, Simoncelli,
    },
    pyradiomics::{
        Lbp2dParams, Lbp3dParams, Rescaling, Stored, WaveletParams, gradient_magnitude, laplacian_of_gaussian, lbp_2d,
        lbp_3d, rescaled, visit_wavelet, whole,
    },
    wavelets::Wavelet,
};
use dlr_imaging::resample::{Interpolator, Store, centred_grid, resample};
use dlr_imaging::{distance, regions};
use ndarray::Array3;
use std::{env, fs, path::Path};

/// User and system time of this process, in seconds, where the system tells.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .filter_map(|f| f.parse().ok())
        .collect();
    // Linux counts in hundredths.
    fields.iter().take(2).sum::<f64>() / 100.0
}

fn peak_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

fn volume(shape: [usize; 3], spacing_mm: [f64; 3]) -> dlr_core::Result<Volume> {
    let voxels = Array3::from_shape_fn(shape, |(z, y, x)| ((z * 7919 + y * 104_729 + x * 13_007) % 1009) as f32);
    Volume::from_array(voxels, spacing_mm)
}

/// A lobed ball of about 500 000 voxels in 160 x 320 x 320.
fn large_mask() -> dlr_core::Result<Mask> {
    let voxels = Array3::from_shape_fn((160, 320, 320), |(z, y, x)| {
        let (z, y, x) = (z as f64 - 80.0, y as f64 - 150.0, x as f64 - 170.0);
        (z * z + y * y + x * x).sqrt() < 49.0 + 4.0 * (0.2 * x).sin() + 3.0 * (0.15 * y + 0.1 * z).cos()
    });
    Mask::from_array(voxels, [1.0; 3])
}

/// Voxels that a filter needs beyond each pair of faces of a whole volume of `shape`, along z, y, x.
///
/// Filters that fold the boundary into their rows need none; bands of `coif1` need five, and the second Simoncelli band
/// is transformed with 32 voxels around the image.
fn support(name: &str, shape: [usize; 3]) -> [usize; 3] {
    match name {
        "pyradiomics-wavelet" => [5; 3],
        "simoncelli" | "riesz" => shape.map(|n| 2 * n.div_ceil(2).min(32)),
        _ => [0; 3],
    }
}

/// The filter of one name over the whole of a volume.
fn filter(name: &str, image: &Volume) -> dlr_core::Result<()> {
    let at = whole(image);
    let sigma_mm = 2.0;
    let kernel = match name {
        "pyradiomics-log" => return laplacian_of_gaussian(image, sigma_mm, at).map(drop),
        "pyradiomics-wavelet" => {
            let coif1 = WaveletParams::new(Wavelet::named("coif1")?);
            return visit_wavelet(image, &coif1, Stored::Integer, at, |_, _| Ok(())).map(drop);
        }
        "pyradiomics-square" => return rescaled(image, Rescaling::Square, 1008.0, at).map(drop),
        "pyradiomics-gradient" => return gradient_magnitude(image, true, at).map(drop),
        "pyradiomics-lbp2d" => return lbp_2d(image, &Lbp2dParams::default(), Stored::Integer, at).map(drop),
        "pyradiomics-lbp3d" => {
            let mask = Mask::from_array(image.to_f64().mapv(|v| v > 900.0), [1.0; 3])?;
            return lbp_3d(image, &mask, &Lbp3dParams::default(), Stored::Integer, at).map(drop);
        }
        "mean" => Kernel::Mean(Mean { support: 15 }),
        "log" => Kernel::LaplacianOfGaussian(LaplacianOfGaussian { sigma_mm, cutoff_sigma: 4.0, zero_sum: false }),
        "laws" => Kernel::Laws(Laws {
            kernels: Laws::parse("L5E5S5")?,
            rotation_invariance: Some(Pooling::Max),
            energy_distance: Some(7),
        }),
        "gabor" => Kernel::Gabor(Gabor {
            sigma_mm,
            lambda_mm: 4.0,
            gamma: 1.5,
            theta_deg: Gabor::directions(45.0),
            pooling: Pooling::Mean,
        }),
        "wavelet" => Kernel::SeparableWavelet(SeparableWavelet::named("coif1", "LLH", 2, Some(Pooling::Mean))?),
        "simoncelli" => Kernel::Simoncelli(Simoncelli { level: 2 }),
        "riesz" => Kernel::Riesz(Riesz { order: [1, 0, 0], of: RieszOf::Simoncelli(Simoncelli { level: 2 }) }),
        other => panic!("no filter `{other}`"),
    };
    Filter::new(kernel, Dimension::Volume3d, Boundary::Mirror)?.apply(image).map(drop)
}

fn main() -> dlr_core::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let report = |what: &str, before: f64, held: f64, box_megabytes: f64| {
        println!(
            "{what}: {:.2} CPU s; peak {:.0} MB, {:.0} MB before it began; one copy of the processed box with its support is {box_megabytes:.0} MB",
            cpu_seconds() - before,
            peak_megabytes(),
            held
        );
    };
    let megabytes = |n_voxels: usize| n_voxels as f64 * 8.0 / 1024.0 / 1024.0;
    match args.first().map(String::as_str) {
        Some("distance") => {
            let mask = large_mask()?;
            let (before, held) = (cpu_seconds(), peak_megabytes());
            let distances = distance::to_mask(&mask);
            report("distance", before, held, megabytes(distances.len()));
        }
        Some("ring") => {
            let mask = large_mask()?;
            let (before, held) = (cpu_seconds(), peak_megabytes());
            let near = distance::reach(&mask, 10.0).map_or(0, |b| b.shape().iter().product());
            let ring = regions::ring(&mask, 0.0, 10.0)?;
            report(&format!("ring of {} voxels", ring.n_voxels()), before, held, megabytes(near));
        }
        Some("filters") => {
            // Those of the issue: three sigmas and the eight bands of coif1, in the box of the region.
            let (image, mask) = match (args.get(1), args.get(2)) {
                (Some(image), Some(mask)) => {
                    let image = dlr_io::read_volume(Path::new(image))?;
                    let inside = dlr_io::read_volume(Path::new(mask))?.to_f64().mapv(|v| v > 0.5);
                    (image, inside)
                }
                _ => (volume([160, 320, 320], [1.0; 3])?, large_mask()?.voxels().to_owned()),
            };
            let mask = Mask::new(*image.geometry(), mask)?;
            let at = mask.bounding_box().expect("the region is not empty");
            let stored = Stored::guess(&image);
            let coif1 = WaveletParams::new(Wavelet::named("coif1")?);
            let (before, held) = (cpu_seconds(), peak_megabytes());
            for sigma_mm in [1.0, 2.0, 3.0] {
                let response = laplacian_of_gaussian(&image, sigma_mm, at)?;
                println!("LoG {sigma_mm} mm: {:.2} CPU s so far, {}", cpu_seconds() - before, response.get([0; 3]));
            }
            visit_wavelet(&image, &coif1, stored, at, |name, band| {
                println!("wavelet{name}: {:.2} CPU s so far, {}", cpu_seconds() - before, band.get([0; 3]));
                Ok(())
            })?;
            report(&format!("filters in {:?}", at.shape()), before, held, megabytes(at.shape().iter().product()));
        }
        Some("filter") => {
            let name = args.get(1).expect("filter NAME");
            let image = volume([96, 192, 192], [1.0; 3])?;
            let (before, held) = (cpu_seconds(), peak_megabytes());
            filter(name, &image)?;
            let (shape, around) = (image.geometry().shape(), support(name, image.geometry().shape()));
            report(name, before, held, megabytes((0..3).map(|a| shape[a] + around[a]).product()));
        }
        Some(which @ ("cubic" | "linear")) => {
            let image = volume([100, 512, 512], [3.0, 0.75, 0.75])?;
            let grid = centred_grid(image.geometry(), [1.0; 3])?;
            let interpolator = if which == "cubic" { Interpolator::BSpline } else { Interpolator::Linear };
            let (before, held) = (cpu_seconds(), peak_megabytes());
            let new = resample(&image, &grid, interpolator, Store::F64)?;
            report(which, before, held, megabytes(new.geometry().n_voxels()));
        }
        Some("n4") => {
            let usage = "n4 IMAGE THRESHOLD";
            let image = dlr_io::read_volume(Path::new(args.get(1).expect(usage)))?;
            let threshold: f64 = args.get(2).and_then(|t| t.parse().ok()).expect(usage);
            let inside = Mask::new(*image.geometry(), image.to_f64().mapv(|v| v > threshold))?;
            let (before, held) = (cpu_seconds(), peak_megabytes());
            let found = n4(&image, Some(&inside), &N4Params::default())?;
            report(&format!("n4, iterations {:?}", found.iterations), before, held, megabytes(found.log_field.len()));
            println!("convergence {:?}", found.convergence);
            if let Some(out) = args.get(3) {
                let bytes: Vec<u8> = found.log_field.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect();
                fs::write(out, bytes).expect("the output can be written");
            }
        }
        _ => eprintln!(
            "usage: cost distance|ring|cubic|linear|filters [IMAGE MASK]|filter NAME|n4 IMAGE THRESHOLD [FIELD.f32]"
        ),
    }
    Ok(())
}
