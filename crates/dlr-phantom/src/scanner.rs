//! [`Scanner`]: what a scanner does to the signal.

use serde::{Deserialize, Serialize};

/// Spacing, contrast and noise of one scanner and its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scanner {
    /// `A`, `B` or `C`, also the name of its centre.
    pub name: &'static str,
    /// Spacing z, y, x of the `small` grid in millimetres.
    pub spacing_mm: [f64; 3],
    /// Stored value of muscle before noise and bias.
    pub gain: f64,
    /// Exponent of the contrast curve.
    pub gamma: f64,
    /// Largest logarithm of the bias field in the body.
    pub bias: f64,
    /// Signal of muscle over the noise of each channel.
    pub snr: f64,
    /// What is left of the fat signal, muscle being 1.
    pub fat: f64,
    /// How much more of it is left where fat suppression fails.
    pub fat_failure: f64,
    /// Standard deviation of the in-plane point spread, in voxels.
    pub psf_voxels: f64,
}

/// Train, like TCIA: frequency-selective fat suppression.
pub(crate) const A: Scanner = Scanner {
    name: "A",
    spacing_mm: [5.0, 1.6, 1.6],
    gain: 400.0,
    gamma: 1.0,
    bias: 0.15,
    snr: 25.0,
    fat: 0.25,
    fat_failure: 0.05,
    psf_voxels: 0.6,
};

/// Train: fat suppression that fails in places.
pub(crate) const B: Scanner = Scanner {
    name: "B",
    spacing_mm: [4.5, 1.5, 1.5],
    gain: 1200.0,
    gamma: 0.9,
    bias: 0.25,
    snr: 18.0,
    fat: 0.30,
    fat_failure: 0.25,
    psf_voxels: 0.5,
};

/// External, like STIR.
pub(crate) const C: Scanner = Scanner {
    name: "C",
    spacing_mm: [5.5, 1.75, 1.75],
    gain: 150.0,
    gamma: 1.1,
    bias: 0.35,
    snr: 14.0,
    fat: 0.45,
    fat_failure: 0.10,
    psf_voxels: 0.7,
};

/// A with the contrast that makes a scanner easy to tell: for the scanner trap.
pub(crate) const A_CLEAN: Scanner = Scanner { snr: 30.0, psf_voxels: 0.3, fat: 0.20, ..A };

/// B with the opposite: noisy, blurred, bright fat.
pub(crate) const B_POOR: Scanner = Scanner { snr: 9.0, psf_voxels: 1.0, fat: 0.55, ..B };
