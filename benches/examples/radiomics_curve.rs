//! How the time of one extraction grows with the region: all default features of balls of 1 000 to 2 000 000 voxels in
//! noise of some 30 grey levels, one thread. Prints a Markdown table; `docs/benchmarks/radiomics.md` shows one.

use dlr_core::{Mask, Result, Rng, Volume};
use dlr_radiomics::Extractor;
use dlr_radiomics::pyradiomics::Params;
use ndarray::Array3;
use std::time::Instant;

fn main() -> Result<()> {
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    println!("| voxels | s per call | ns per voxel |\n|---|---|---|");
    for target in [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 2e6] {
        let (image, mask) = ball(target)?;
        let n_voxels = mask.n_voxels();
        let extractor = Extractor::new(Params::default())?;
        // The best of several calls: what else the machine does only ever adds.
        let n_calls = (3e6 / target).clamp(5.0, 200.0) as usize;
        let seconds = one_thread.install(|| -> Result<f64> {
            let mut best = f64::INFINITY;
            for _ in 0..n_calls {
                let start = Instant::now();
                extractor.extract(&image, &mask)?;
                best = best.min(start.elapsed().as_secs_f64());
            }
            Ok(best)
        })?;
        println!("| {n_voxels} | {seconds:.5} | {:.0} |", 1e9 * seconds / n_voxels as f64);
    }
    Ok(())
}

/// A ball of about `n_voxels` in its box and two voxels around.
fn ball(n_voxels: f64) -> Result<(Volume, Mask)> {
    let radius = (n_voxels * 0.75 / std::f64::consts::PI).cbrt();
    let side = 2 * radius.ceil() as usize + 5;
    let centre = (side - 1) as f64 / 2.0;
    let mut rng = Rng::new(1);
    let voxels = Array3::from_shape_simple_fn([side; 3], || (300.0 + 125.0 * rng.normal()).round() as f32);
    let inside = |i: usize| (i as f64 - centre).powi(2);
    let mask = Array3::from_shape_fn([side; 3], |(z, y, x)| inside(z) + inside(y) + inside(x) <= radius * radius);
    Ok((Volume::from_array(voxels, [1.0; 3])?, Mask::from_array(mask, [1.0; 3])?))
}
