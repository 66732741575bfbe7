//! A filter in one line, for histories and logs.

use super::{Boundary, Dimension, Filter, Kernel, LaplacianOfGaussian, Pass, Pooling, RieszOf};
use std::fmt;

impl fmt::Display for Filter {
    /// Kernel, parameters, dimension and boundary, for example `mean, support 3 voxels, 3D, mirror`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kernel {
            Kernel::Mean(mean) => write!(f, "mean, support {} voxels", mean.support),
            Kernel::LaplacianOfGaussian(log) => write!(f, "{log}"),
            Kernel::Laws(laws) => {
                f.write_str("laws ")?;
                laws.kernels.iter().try_for_each(|kernel| write!(f, "{kernel:?}"))?;
                invariance(f, laws.rotation_invariance)?;
                laws.energy_distance.map_or(Ok(()), |d| write!(f, ", energy within {d} voxels"))
            }
            Kernel::Gabor(gabor) => {
                let angles = gabor.theta_deg.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
                let widths = [gabor.sigma_mm, gabor.lambda_mm, gabor.gamma];
                let [sigma, lambda, gamma] = widths;
                write!(f, "gabor, sigma {sigma} mm, lambda {lambda} mm, gamma {gamma}, theta {angles} deg")?;
                write!(f, ", {}", word(gabor.pooling))
            }
            Kernel::SeparableWavelet(wavelet) => {
                let letter = |pass: &Pass| if *pass == Pass::Low { 'L' } else { 'H' };
                let band: String = wavelet.band.iter().map(letter).collect();
                write!(f, "wavelet {}, band {band}, level {}", wavelet.wavelet.name, wavelet.level)?;
                invariance(f, wavelet.rotation_invariance)
            }
            Kernel::Simoncelli(simoncelli) => write!(f, "simoncelli, level {}", simoncelli.level),
            Kernel::Riesz(riesz) => {
                write!(f, "riesz, order {:?} (x, y, z), of ", riesz.order)?;
                match riesz.of {
                    RieszOf::Image => f.write_str("the image"),
                    RieszOf::LaplacianOfGaussian(log) => write!(f, "{log}"),
                    RieszOf::Simoncelli(simoncelli) => write!(f, "simoncelli, level {}", simoncelli.level),
                }
            }
        }?;
        f.write_str(if self.dimension == Dimension::Volume3d { ", 3D" } else { ", 2D" })?;
        match self.boundary {
            Boundary::Zero => f.write_str(", zero"),
            Boundary::Constant(value) => write!(f, ", constant {value}"),
            Boundary::Nearest => f.write_str(", nearest"),
            Boundary::Periodic => f.write_str(", periodic"),
            Boundary::Mirror => f.write_str(", mirror"),
        }
    }
}

impl fmt::Display for LaplacianOfGaussian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log, sigma {} mm, cut at {} sigma", self.sigma_mm, self.cutoff_sigma)?;
        if self.zero_sum { f.write_str(", of sum 0") } else { Ok(()) }
    }
}

fn invariance(f: &mut fmt::Formatter<'_>, pooling: Option<Pooling>) -> fmt::Result {
    pooling.map_or(Ok(()), |pooling| write!(f, ", {} over rotations", word(pooling)))
}

fn word(pooling: Pooling) -> &'static str {
    match pooling {
        Pooling::Max => "maximum",
        Pooling::Mean => "mean",
        Pooling::Min => "minimum",
    }
}
