//! Separable wavelets without decimation ("à trous"), of every family in [`crate::filters::wavelets`].

use super::operator::{Cascade, Line};
use super::rotate::{self, Pooling};
use super::separable::Plan;
use super::{Boundary, Dimension};
use crate::error::parameter;
use crate::filters::wavelets::Wavelet;
use dlr_core::{Code, Error, Result};

/// Low-pass or high-pass along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// `L`.
    Low,
    /// `H`.
    High,
}

/// A band of an undecimated separable wavelet transform.
///
/// Level `j` takes `j - 1` low-pass filters along every axis, the taps of each twice as far apart as those of the one
/// before, and then the filters of the band. Kernels of even length have the voxel at their tap `length / 2`. Each
/// filter sees the boundary of what the one before left.
///
/// Source: IBSI chapter 2, identifiers 25BO and (levels, à trous) PCQD.
#[derive(Debug, Clone, PartialEq)]
pub struct SeparableWavelet {
    /// The wavelet.
    pub wavelet: Wavelet,
    /// One pass for each axis x, y and z; in slices x and y.
    pub band: Vec<Pass>,
    /// Level of the decomposition, from 1.
    pub level: usize,
    /// Pooling over the right-angle rotations; `None` filters once, as the band stands.
    pub rotation_invariance: Option<Pooling>,
}

/// Beyond this, taps lie further apart than any image has voxels.
const MOST_LEVELS: usize = 10;

impl SeparableWavelet {
    /// A band by name: `wavelet` as PyWavelets names it, `band` such as `LHL`, first the pass along x.
    ///
    /// # Errors
    /// [`Code::UnknownName`] for a wavelet or band that is none.
    pub fn named(wavelet: &str, band: &str, level: usize, rotation_invariance: Option<Pooling>) -> Result<Self> {
        let pass = |letter: char| match letter.to_ascii_uppercase() {
            'L' => Ok(Pass::Low),
            'H' => Ok(Pass::High),
            _ => Err(Error::new(Code::UnknownName, format!("wavelet band `{band}` is not known"))
                .expected("an L or H for each axis, such as LHL")
                .found(format!("`{letter}`"))),
        };
        let band = band.chars().map(pass).collect::<Result<_>>()?;
        Ok(SeparableWavelet { wavelet: Wavelet::named(wavelet)?, band, level, rotation_invariance })
    }

    pub(super) fn validate(&self, dimension: Dimension) -> Result<()> {
        let wanted = dimension.axes().len();
        if self.band.len() != wanted {
            let expected = format!("{wanted}, one for each axis");
            return Err(parameter("band", format!("{} passes", self.band.len()), &expected));
        }
        if (1..=MOST_LEVELS).contains(&self.level) {
            return Ok(());
        }
        Err(parameter("level", self.level, &format!("1 to {MOST_LEVELS}")))
    }

    fn cascade(&self, pass: Pass) -> Cascade {
        let line = |pass: Pass, level: usize| {
            let taps = if pass == Pass::Low { &self.wavelet.dec_lo } else { &self.wavelet.dec_hi };
            Line { step: 1 << (level - 1), ..Line::centred(taps.clone()) }
        };
        let mut lines: Vec<Line> = (1..self.level).map(|level| line(Pass::Low, level)).collect();
        lines.push(line(pass, self.level));
        Cascade(lines)
    }

    pub(super) fn plan(&self, shape: [usize; 3], boundary: Boundary, dimension: Dimension) -> Plan {
        let kernel =
            |k: usize| self.band.get(k).map_or_else(|| Cascade::one(Line::identity()), |pass| self.cascade(*pass));
        rotate::plan([kernel(2), kernel(1), kernel(0)], shape, boundary, dimension, self.rotation_invariance)
    }
}
