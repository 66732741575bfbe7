//! What ran, on what, from which seeds, for how long.

use crate::outcome::Outcome;
use dlr_report::data::{Hash, Provenance, Seed, Timing, Version};

/// Versions, content hashes, seeds and times. Times are here and nowhere else.
pub(super) fn of(outcome: &Outcome) -> Provenance {
    let inputs = outcome.prepared.digests.iter().map(|(id, digest)| (format!("case {id}"), digest));
    let models = outcome.models.iter().chain(&outcome.baselines);
    let scored: Vec<&str> = models.clone().map(|m| m.hash.as_str()).collect();
    let models = models.map(|m| (format!("model {}", m.planned.section.name), &m.hash));
    Provenance {
        versions: vec![Version { name: "dlr".into(), version: env!("CARGO_PKG_VERSION").into() }],
        hashes: inputs.chain(models).map(|(name, hash)| Hash { name, hash: format!("blake3:{hash}") }).collect(),
        seeds: vec![Seed { name: "experiment".into(), seed: outcome.file.seed }],
        timings: outcome
            .timings
            .iter()
            .map(|(stage, took)| {
                let is_features = stage == "features";
                Timing {
                    stage: stage.clone(),
                    seconds: took.as_secs_f64(),
                    n_done: if is_features { outcome.prepared.n_cached + outcome.prepared.n_computed } else { 0 },
                    n_cached: if is_features { outcome.prepared.n_cached } else { 0 },
                }
            })
            .collect(),
        openings: outcome
            .external
            .iter()
            .map(|(_, opening)| format!("{} external cases, for models {}", opening.n_cases, scored.join(", ")))
            .collect(),
    }
}
