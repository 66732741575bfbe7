//! The filters of the three phases by their names in the collection.
//!
//! Sources: the reference manual's tables; for phase 3, settled by recomputing values on which the teams agree.

use Boundary::{Mirror, Nearest, Periodic, Zero};
use Dimension::{Slices2d, Volume3d};
use dlr_core::{Code, Error, Result};
use dlr_imaging::filters::ibsi::{
    Boundary, Dimension, Filter, Gabor, Kernel, LaplacianOfGaussian, Laws, Mean, Pooling, Riesz, RieszOf,
    SeparableWavelet, Simoncelli,
};

/// Phantom and filter of a response map such as `1_a_1`; `None` for one that is not known.
pub(super) fn of_map(id: &str) -> Result<Option<(&'static str, Filter)>> {
    let max = Some(Pooling::Max);
    let average = Some(Pooling::Mean);
    let (phantom, kernel, dimension, boundary) = match id {
        "1_a_1" => ("checkerboard", mean(15), Volume3d, Zero),
        "1_a_2" => ("checkerboard", mean(15), Volume3d, Nearest),
        "1_a_3" => ("checkerboard", mean(15), Volume3d, Periodic),
        "1_a_4" => ("checkerboard", mean(15), Volume3d, Mirror),
        "1_b_1" => ("impulse", mean(15), Slices2d, Zero),
        "2_a" => ("impulse", log(3.0), Volume3d, Zero),
        "2_b" => ("checkerboard", log(5.0), Volume3d, Mirror),
        "2_c" => ("checkerboard", log(5.0), Slices2d, Mirror),
        "3_a_1" => ("impulse", laws("E5L5S5", None, None)?, Volume3d, Zero),
        "3_a_2" => ("impulse", laws("E5L5S5", max, None)?, Volume3d, Zero),
        "3_a_3" => ("impulse", laws("E5L5S5", max, Some(7))?, Volume3d, Zero),
        "3_b_1" => ("checkerboard", laws("E3W5R5", None, None)?, Volume3d, Mirror),
        "3_b_2" => ("checkerboard", laws("E3W5R5", max, None)?, Volume3d, Mirror),
        "3_b_3" => ("checkerboard", laws("E3W5R5", max, Some(7))?, Volume3d, Mirror),
        "3_c_1" => ("checkerboard", laws("L5S5", None, None)?, Slices2d, Mirror),
        "3_c_2" => ("checkerboard", laws("L5S5", max, None)?, Slices2d, Mirror),
        "3_c_3" => ("checkerboard", laws("L5S5", max, Some(7))?, Slices2d, Mirror),
        "4_a_1" => ("impulse", gabor(10.0, 4.0, 0.5, vec![60.0]), Slices2d, Zero),
        "4_a_2" => ("impulse", gabor(10.0, 4.0, 0.5, Gabor::directions(45.0)), Volume3d, Zero),
        "4_b_1" => ("sphere", gabor(20.0, 8.0, 2.5, vec![225.0]), Slices2d, Mirror),
        "4_b_2" => ("sphere", gabor(20.0, 8.0, 2.5, Gabor::directions(22.5)), Volume3d, Mirror),
        "5_a_1" => ("impulse", wavelet("db2", "LHL", 1, None)?, Volume3d, Zero),
        "5_a_2" => ("impulse", wavelet("db2", "LHL", 1, average)?, Volume3d, Zero),
        "6_a_1" => ("sphere", wavelet("coif1", "HHL", 1, None)?, Volume3d, Periodic),
        "6_a_2" => ("sphere", wavelet("coif1", "HHL", 1, average)?, Volume3d, Periodic),
        "7_a_1" => ("checkerboard", wavelet("haar", "LLL", 2, average)?, Volume3d, Mirror),
        "7_a_2" => ("checkerboard", wavelet("haar", "HHH", 2, average)?, Volume3d, Mirror),
        "8_a_1" => ("checkerboard", simoncelli(1), Volume3d, Periodic),
        "8_a_2" => ("checkerboard", simoncelli(2), Volume3d, Periodic),
        "8_a_3" => ("checkerboard", simoncelli(3), Volume3d, Periodic),
        "9_a" => ("impulse", riesz([1, 0, 0], RieszOf::LaplacianOfGaussian(cut_at_4(3.0))), Volume3d, Zero),
        "9_b_1" => ("sphere", riesz([0, 2, 0], RieszOf::LaplacianOfGaussian(cut_at_4(3.0))), Volume3d, Zero),
        "10_a" => ("impulse", riesz([1, 0, 0], RieszOf::Simoncelli(Simoncelli { level: 1 })), Volume3d, Zero),
        "10_b_1" => ("pattern_1", riesz([0, 2, 0], RieszOf::Simoncelli(Simoncelli { level: 1 })), Volume3d, Nearest),
        _ => return Ok(None),
    };
    Filter::new(kernel, dimension, boundary).map(|filter| Some((phantom, filter)))
}

/// The filter of a configuration of phase 2 such as `3.A`: number of the filter, A in slices, B in the volume.
pub(super) fn of_configuration(number: &str, dimension: Dimension) -> Result<Option<Filter>> {
    let planar = dimension == Slices2d;
    let pick = |slices: &'static str, volume: &'static str| if planar { slices } else { volume };
    let average = Some(Pooling::Mean);
    let kernel = match number {
        "1" => return Ok(None),
        "2" => mean(5),
        "3" => log(1.5),
        "4" => laws(pick("L5E5", "L5E5E5"), Some(Pooling::Max), Some(7))?,
        "5" => gabor(5.0, 2.0, 1.5, Gabor::directions(22.5)),
        "6" => wavelet("db3", pick("LH", "LLH"), 1, average)?,
        "7" => wavelet("db3", pick("HH", "HHH"), 2, average)?,
        "8" => simoncelli(1),
        "9" => simoncelli(2),
        _ => {
            return Err(
                Error::new(Code::UnknownName, format!("filter {number} of phase 2 is not known")).expected("1 to 9")
            );
        }
    };
    // The programs whose values became the references transformed the image as it is, whatever the boundary asked for.
    let boundary = if matches!(kernel, Kernel::Simoncelli(_)) { Periodic } else { Mirror };
    Filter::new(kernel, dimension, boundary).map(Some)
}

/// The filter of phase 3 by its id, as far as its parameters are known; `None` for no filter.
pub(super) fn of_team_row(id: &str) -> Result<Option<Filter>> {
    let mut dimension = Volume3d;
    let kernel = match id {
        "ID_1" => return Ok(None),
        "ID_2" => mean(3),
        // The teams that agree take MATLAB's kernel, whose sum is 0.
        "ID_3" => Kernel::LaplacianOfGaussian(LaplacianOfGaussian { zero_sum: true, ..cut_at_4(3.0) }),
        "ID_4" => laws("S5E5L5", Some(Pooling::Max), Some(5))?,
        "ID_5" => {
            dimension = Slices2d;
            gabor(3.0, 3.0, 1.0, vec![67.5])
        }
        "ID_6" => wavelet("coif3", "LHH", 1, Some(Pooling::Mean))?,
        "ID_7" => wavelet("coif3", "HHH", 2, Some(Pooling::Max))?,
        _ => {
            return Err(Error::new(Code::UnknownName, format!("the parameters of filter {id} are not known")));
        }
    };
    Filter::new(kernel, dimension, Mirror).map(Some)
}

fn mean(support: usize) -> Kernel {
    Kernel::Mean(Mean { support })
}

fn cut_at_4(sigma_mm: f64) -> LaplacianOfGaussian {
    LaplacianOfGaussian { sigma_mm, cutoff_sigma: 4.0, zero_sum: false }
}

fn log(sigma_mm: f64) -> Kernel {
    Kernel::LaplacianOfGaussian(cut_at_4(sigma_mm))
}

fn laws(kernels: &str, rotation_invariance: Option<Pooling>, energy_distance: Option<usize>) -> Result<Kernel> {
    Ok(Kernel::Laws(Laws { kernels: Laws::parse(kernels)?, rotation_invariance, energy_distance }))
}

fn gabor(sigma_mm: f64, lambda_mm: f64, gamma: f64, theta_deg: Vec<f64>) -> Kernel {
    Kernel::Gabor(Gabor { sigma_mm, lambda_mm, gamma, theta_deg, pooling: Pooling::Mean })
}

fn wavelet(name: &str, band: &str, level: usize, rotation_invariance: Option<Pooling>) -> Result<Kernel> {
    SeparableWavelet::named(name, band, level, rotation_invariance).map(Kernel::SeparableWavelet)
}

fn simoncelli(level: u32) -> Kernel {
    Kernel::Simoncelli(Simoncelli { level })
}

fn riesz(order: [u32; 3], of: RieszOf) -> Kernel {
    Kernel::Riesz(Riesz { order, of })
}
