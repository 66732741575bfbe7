//! Peak memory of a filter: at most four copies of the processed box, the box with the filter's support.
//!
//! A file of its own, because the peak is that of the process. Linux alone tells it, and lets it be reset.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Mask, Volume};
use dlr_imaging::filters::ibsi::{Boundary, Dimension, Filter, Kernel, LaplacianOfGaussian, Laws, Mean, Pooling};
use dlr_imaging::filters::pyradiomics::{
    Lbp3dParams, Stored, WaveletParams, laplacian_of_gaussian, lbp_3d, visit_wavelet, whole,
};
use dlr_imaging::filters::wavelets::Wavelet;
use ndarray::Array3;
use std::fs;

/// So large that every array in 64 bit is more than the 32 MB from which an allocator gives it pages of its own and takes
/// them back: smaller ones leave gaps that count as used.
const SHAPE: [usize; 3] = [112, 208, 208];

fn kilobytes(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn at_most_four_copies_of_the_box_with_its_support() {
    // A container may forbid it; then there is nothing to measure by.
    if fs::write("/proc/self/clear_refs", "5").is_err() {
        eprintln!("not measured: the peak cannot be reset here");
        return;
    }
    let voxels = Array3::from_shape_fn(SHAPE, |(z, y, x)| ((z * 7919 + y * 104_729 + x * 13_007) % 1009) as f32);
    let image = Volume::from_array(voxels, [1.0; 3]).unwrap();
    let at = whole(&image);
    // Few voxels, because patterns take long, but some on every page of memory.
    let some = Mask::from_array(Array3::from_shape_fn(SHAPE, |(_, _, x)| x % 64 == 0), [1.0; 3]).unwrap();
    let ibsi = |kernel| Filter::new(kernel, Dimension::Volume3d, Boundary::Mirror).unwrap();
    let log =
        ibsi(Kernel::LaplacianOfGaussian(LaplacianOfGaussian { sigma_mm: 2.0, cutoff_sigma: 4.0, zero_sum: false }));
    let mean = ibsi(Kernel::Mean(Mean { support: 15 }));
    let laws = ibsi(Kernel::Laws(Laws {
        kernels: Laws::parse("L5E5S5").unwrap(),
        rotation_invariance: Some(Pooling::Max),
        energy_distance: Some(7),
    }));
    let wavelet = |n_levels| WaveletParams { n_levels, ..WaveletParams::new(Wavelet::named("coif1").unwrap()) };
    let bands = |n_levels| visit_wavelet(&image, &wavelet(n_levels), Stored::Integer, at, |_, _| Ok(())).map(drop);
    // Voxels of support along each axis: five for each level of coif1; at the faces, the others have none of their own.
    type Job<'a> = (&'a str, usize, Box<dyn Fn() + Sync + Send + 'a>);
    let jobs: Vec<Job<'_>> = vec![
        ("pyradiomics-log", 0, Box::new(|| drop(laplacian_of_gaussian(&image, 2.0, at).unwrap()))),
        ("pyradiomics-wavelet", 5, Box::new(|| bands(1).unwrap())),
        ("pyradiomics-wavelet of 2 levels", 10, Box::new(|| bands(2).unwrap())),
        (
            "pyradiomics-lbp3d",
            0,
            Box::new(|| drop(lbp_3d(&image, &some, &Lbp3dParams::default(), Stored::F32, at).unwrap())),
        ),
        ("mean", 0, Box::new(|| drop(mean.apply(&image).unwrap()))),
        ("log", 0, Box::new(|| drop(log.apply(&image).unwrap()))),
        ("laws", 0, Box::new(|| drop(laws.apply(&image).unwrap()))),
    ];
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let held = kilobytes("VmRSS");
    let mut too_many = Vec::new();
    for (name, support, job) in jobs {
        fs::write("/proc/self/clear_refs", "5").unwrap();
        one_thread.install(job);
        let copy = SHAPE.iter().map(|n| (n + support) as f64).product::<f64>() * 8.0 / 1024.0;
        let copies = (kilobytes("VmHWM") - held) / copy;
        println!("{name}: {copies:.2} copies of {:.0} MB", copy / 1024.0);
        // Less than its own output cannot be: then the measure is broken.
        assert!(copies > 0.4, "{name}: {copies:.2}");
        if copies > 4.0 {
            too_many.push(format!("{name}: {copies:.2}"));
        }
    }
    assert!(too_many.is_empty(), "{}", too_many.join("\n"));
}
