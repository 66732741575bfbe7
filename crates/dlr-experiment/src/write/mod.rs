//! The run folder's files, made from a finished [`Outcome`]. One file of code per kind of file.

mod cam;
mod card;
mod correlation;
mod localise;
mod maps;
mod provenance;
mod report;
mod subgroups;
mod tables;

use crate::{
    bundle::Bundle,
    folder::RunFolder,
    log::RunLog,
    metrics::{ExplanationMetrics, Judged, ModelMetrics},
    outcome::{ModelOutcome, Outcome},
};
use dlr_core::{Code, Error, Result};
use dlr_report::data::Setting;
use serde_json::{Map, Value, json};

pub(crate) use localise::localise;
pub(crate) use maps::{maps, masks_of_the_report};

/// What was found in the images after the models were fitted.
pub(crate) struct Looked {
    /// The maps of the shown patients.
    pub(crate) maps: Option<maps::Maps>,
    /// Where the maps of the external cases look.
    pub(crate) localised: Option<localise::Localised>,
}

/// Writes every file.
///
/// # Errors
/// [`dlr_core::Code::FileWrite`], and those of the renderer.
pub(crate) fn everything(outcome: &Outcome, looked: &Looked, folder: &RunFolder, log: &RunLog) -> Result<()> {
    let Looked { maps, localised } = looked;
    let resolved = outcome.file.resolved()?;
    folder.write("config.resolved.toml", &resolved)?;
    tables::features(outcome, folder)?;
    tables::selected(outcome, folder)?;
    tables::elimination(outcome, folder)?;
    tables::predictions(outcome, folder)?;
    folder.write_json("metrics.json", &metrics(outcome, localised.as_ref()))?;
    models(outcome, folder, &resolved)?;
    tables::guidelines(outcome, folder)?;
    let provenance = provenance::of(outcome);
    folder.write_json("provenance.json", &provenance)?;
    let report = report::of(outcome, looked, provenance, resolved)?;
    // Compact: most of it are the pixels of the map panels.
    let compact = serde_json::to_vec(&report).map_err(|e| Error::new(Code::FileWrite, e.to_string()))?;
    folder.write("report.json", compact)?;
    let rendered = dlr_report::render(&report)?;
    folder.write("report.html", &rendered.html)?;
    for figure in &rendered.figures {
        folder.write(&format!("figures/{}.svg", figure.name), &figure.svg)?;
        folder.write(&format!("figures/{}.csv", figure.name), &figure.csv)?;
    }
    if let Some(maps) = maps {
        maps.write(folder)?;
    }
    if let Some(localised) = localised {
        localised.write(folder)?;
    }
    log.event("written", json!({ "figures": rendered.figures.len() }));
    folder.write("log.jsonl", log.to_text())
}

fn metrics(outcome: &Outcome, localised: Option<&localise::Localised>) -> Value {
    let judged = &outcome.judged;
    let section = |models: &[ModelOutcome]| -> Map<String, Value> {
        models
            .iter()
            .map(|m| {
                let name = &m.planned.section.name;
                let resampled = m.resampled.as_ref();
                let external = m.external_scores.as_ref();
                let metrics = ModelMetrics {
                    train_cv: Judged { figures: &m.metrics, judgement: judged.get(name, Setting::TrainCv) },
                    external: external
                        .map(|figures| Judged { figures, judgement: judged.get(name, Setting::External) }),
                    permuted: m.null.as_ref(),
                    sample_size: resampled.map(|r| &r.sample_size),
                    optimism: resampled.and_then(|r| r.optimism.as_ref()),
                    learning_curve: resampled.map_or(&[], |r| &r.learning_curve),
                    explanation: m.explanation.as_ref().map(ExplanationMetrics::of),
                };
                let value = serde_json::to_value(metrics).expect("metrics are plain numbers and text");
                (name.clone(), value)
            })
            .collect()
    };
    let mut metrics = json!({
        "models": section(&outcome.models),
        "baselines": section(&outcome.baselines),
        "comparisons": judged.comparisons,
        "subgroups": judged.subgroups,
        "audits": judged.audits,
    });
    if let Some(localised) = localised {
        metrics["localisation"] = json!(localised.means);
    }
    metrics
}

/// The frozen models: what `dlr predict` thaws.
fn models(outcome: &Outcome, folder: &RunFolder, resolved: &str) -> Result<()> {
    for model in outcome.models.iter().chain(&outcome.baselines) {
        let frozen = Bundle::of(model, resolved)?.to_json()?;
        folder.write_json(&format!("model/{}.json", model.planned.section.name), &frozen)?;
    }
    folder.write("model/model-card.md", card::of(outcome))?;
    if !outcome.learned_images.is_empty() {
        folder.write_json("model/image-steps.learned.json", &outcome.learned_images)?;
    }
    folder.write("model/config.resolved.toml", resolved)
}
