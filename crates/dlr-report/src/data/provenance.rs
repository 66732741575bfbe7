//! Versions, hashes, seeds and times: what another person needs to get the same numbers.

use super::number;
use serde::{Deserialize, Serialize};

/// What ran, on what, from which seeds, for how long.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Programs and libraries.
    pub versions: Vec<Version>,
    /// Inputs and models by content; names are base names.
    pub hashes: Vec<Hash>,
    /// Seeds by purpose.
    pub seeds: Vec<Seed>,
    /// Wall time by stage. Shown in the page only, so that figures stay equal between runs.
    pub timings: Vec<Timing>,
    /// When the external labels were opened, for which model hash; one line each.
    pub openings: Vec<String>,
}

/// A program or library.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Version {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A content hash.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hash {
    /// What, as a base name.
    pub name: String,
    /// Hash with its kind in front, for example `blake3:...`.
    pub hash: String,
}

/// A seed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seed {
    /// For what.
    pub name: String,
    /// The seed.
    pub seed: u64,
}

/// Time of a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// The stage.
    pub stage: String,
    /// Wall time.
    #[serde(with = "number::one")]
    pub seconds: f64,
    /// Units of work, for example cases; 0: not counted.
    pub n_done: usize,
    /// Of these, how many came from the cache.
    pub n_cached: usize,
}

impl Default for Timing {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        Timing { stage: String::new(), seconds: f64::NAN, n_done: 0, n_cached: 0 }
    }
}
