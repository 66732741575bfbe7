//! Laws' kernels: [`LawsKernel`], and [`Laws`], a product of them, pooled over rotations and averaged to an energy map.

use super::operator::{Cascade, Line};
use super::rotate::{self, Pooling};
use super::separable::Plan;
use super::{Boundary, Dimension, MOST_REACH};
use crate::error::parameter;
use dlr_core::{Code, Error, Result};
use std::str::FromStr;

/// Laws' kernels of three and five taps: level, edge, spot, wave and ripple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the standard's; their taps stand below")]
pub enum LawsKernel {
    L3,
    L5,
    E3,
    E5,
    S3,
    S5,
    W5,
    R5,
}

impl LawsKernel {
    /// Taps of unit Euclidean norm.
    ///
    /// Source: IBSI chapter 2, table of Laws kernels.
    pub fn taps(self) -> Vec<f64> {
        let whole: &[f64] = match self {
            LawsKernel::L3 => &[1.0, 2.0, 1.0],
            LawsKernel::L5 => &[1.0, 4.0, 6.0, 4.0, 1.0],
            LawsKernel::E3 => &[-1.0, 0.0, 1.0],
            LawsKernel::E5 => &[-1.0, -2.0, 0.0, 2.0, 1.0],
            LawsKernel::S3 => &[-1.0, 2.0, -1.0],
            LawsKernel::S5 => &[-1.0, 0.0, 2.0, 0.0, -1.0],
            LawsKernel::W5 => &[-1.0, 2.0, 0.0, -2.0, 1.0],
            LawsKernel::R5 => &[1.0, -4.0, 6.0, -4.0, 1.0],
        };
        let norm = whole.iter().map(|t| t * t).sum::<f64>().sqrt();
        whole.iter().map(|t| t / norm).collect()
    }
}

impl FromStr for LawsKernel {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "L3" => LawsKernel::L3,
            "L5" => LawsKernel::L5,
            "E3" => LawsKernel::E3,
            "E5" => LawsKernel::E5,
            "S3" => LawsKernel::S3,
            "S5" => LawsKernel::S5,
            "W5" => LawsKernel::W5,
            "R5" => LawsKernel::R5,
            _ => {
                return Err(Error::new(Code::UnknownName, format!("Laws kernel `{name}` is not known"))
                    .expected("L3, L5, E3, E5, S3, S5, W5 or R5")
                    .found(format!("`{name}`")));
            }
        })
    }
}

/// A product of Laws kernels.
///
/// Order of operations: filter, pool over the rotations, then, for an energy map, the mean of the absolute response
/// over all voxels within the Chebyshev distance. Beyond the faces, the response goes on as the image does.
///
/// Source: IBSI chapter 2, identifiers JTXT and PQSD.
#[derive(Debug, Clone, PartialEq)]
pub struct Laws {
    /// One kernel for each axis x, y and z; in slices x and y.
    pub kernels: Vec<LawsKernel>,
    /// Pooling over the right-angle rotations; `None` filters once, as the kernels stand.
    pub rotation_invariance: Option<Pooling>,
    /// Chebyshev distance of the energy map in voxels, less than 16 384; `None` gives the response itself.
    pub energy_distance: Option<usize>,
}

impl Laws {
    /// Reads names such as `L5E5S5`, first the kernel along x.
    ///
    /// # Errors
    /// [`Code::UnknownName`] for what is no kernel.
    pub fn parse(kernels: &str) -> Result<Vec<LawsKernel>> {
        let letters: Vec<char> = kernels.chars().collect();
        letters.chunks(2).map(|name| name.iter().collect::<String>().parse()).collect()
    }

    pub(super) fn validate(&self, dimension: Dimension) -> Result<()> {
        let wanted = dimension.axes().len();
        if let Some(distance) = self.energy_distance.filter(|distance| *distance >= MOST_REACH) {
            return Err(parameter("energy_distance", distance, &format!("at most {}", MOST_REACH - 1)));
        }
        if self.kernels.len() == wanted {
            return Ok(());
        }
        Err(parameter("kernels", format!("{} kernels", self.kernels.len()), &format!("{wanted}, one for each axis")))
    }

    pub(super) fn plan(&self, shape: [usize; 3], boundary: Boundary, dimension: Dimension) -> Plan {
        let kernel = |k: usize| {
            let line = self.kernels.get(k).map_or_else(Line::identity, |kernel| Line::centred(kernel.taps()));
            Cascade::one(line)
        };
        rotate::plan([kernel(2), kernel(1), kernel(0)], shape, boundary, dimension, self.rotation_invariance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_has_unit_norm_and_its_symmetry() {
        for name in ["L3", "L5", "E3", "E5", "S3", "S5", "W5", "R5"] {
            let taps = name.parse::<LawsKernel>().unwrap().taps();
            assert!((taps.iter().map(|t| t * t).sum::<f64>() - 1.0).abs() < 1e-15, "{name}");
            let sign = if matches!(&name[..1], "E" | "W") { -1.0 } else { 1.0 };
            assert!(taps.iter().zip(taps.iter().rev()).all(|(a, b)| *a == sign * b), "{name}");
        }
        assert_eq!(Laws::parse("E5").unwrap(), [LawsKernel::E5]);
        assert_eq!(Laws::parse("l5Q5").unwrap_err().code(), Code::UnknownName);
        assert!(Laws::parse("L5E").is_err());
    }
}
