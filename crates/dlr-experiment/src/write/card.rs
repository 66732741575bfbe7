//! `model/model-card.md`: what the frozen models are for, what they were made from, how good they are, and what they are
//! not for. It says what this run has shown and nothing else.

use crate::outcome::{ModelOutcome, Outcome};
use dlr_core::Role;
use std::{collections::BTreeMap, fmt::Write};

/// The card as Markdown.
pub(super) fn of(outcome: &Outcome) -> String {
    let file = &outcome.file;
    let mut text = format!("# Model card: {}\n\n{}\n\n", file.title, file.question);
    text += "**Research use only.** Not a medical device; not for diagnosis or treatment.\n\n";
    let _ = writeln!(text, "Positive: {}. Negative: {}.\n", file.cohort.positive, file.cohort.negative);
    text += "## Made from\n\n";
    for (role, name) in [(Role::Train, "training"), (Role::External, "external")] {
        let rows: Vec<_> = outcome.cohort.rows().iter().filter(|row| row.role == role).collect();
        if rows.is_empty() {
            continue;
        }
        let mut centres: BTreeMap<&str, usize> = BTreeMap::new();
        rows.iter().for_each(|row| *centres.entry(row.center.as_str()).or_default() += 1);
        let centres: Vec<String> = centres.iter().map(|(centre, n)| format!("{centre} {n}")).collect();
        let _ = writeln!(text, "- {} {name} cases, by centre: {}", rows.len(), centres.join(", "));
    }
    let _ = writeln!(text, "- {} cases left out; reasons are in the report", outcome.cohort.exclusions().len());
    let stages = file.image.iter().map(|step| step.stage.as_str()).collect::<Vec<_>>().join(", ");
    let _ = writeln!(text, "- image steps: {}\n", if stages.is_empty() { "none" } else { &stages });
    text += "## How good\n\n| model | columns used | cross-validated AUC (95 % interval) | external AUC (95 % interval) | threshold |\n|---|---|---|---|---|\n";
    for model in outcome.models.iter().chain(&outcome.baselines) {
        let _ = writeln!(text, "{}", row(model));
    }
    let _ = writeln!(
        text,
        "\nPrevalence in training {:.3}: calling everyone positive has an F1 of {:.3}. All other figures are in `metrics.json`.\n",
        outcome.models[0].metrics.prevalence, outcome.models[0].metrics.f1_all_positive
    );
    text += "## How to use\n\n```sh\ndlr predict MODEL_DIR COHORT.csv -o OUT.csv --shap SHAP.csv --maps MAPS\n```\n\n\
The manifest names image and masks as in training. Each case gets a probability, the classes that cannot be ruled out at \
an error rate of 10 % in each class, and how unlike the training cases it is: with `p` below 0.05 the prediction should \
not be used.\n\n## Limits\n\n\
- The models hold for images like those of training: the same sequence, prepared by the same steps, with regions drawn the same way.\n\
- Prediction sets are calibrated on out-of-fold scores of models trained on fewer cases; their error rate is approximate.\n\
- A new hospital needs a look at calibration before any probability is believed.\n\n\
";
    text += &privacy(outcome);
    text
}

/// Some models are made of their training rows.
fn privacy(outcome: &Outcome) -> String {
    let models = || outcome.models.iter().chain(&outcome.baselines);
    let keeps_rows = |m: &&ModelOutcome| holds_rows(&m.frozen.model().state);
    let names: Vec<&str> = models().filter(keeps_rows).map(|m| m.planned.section.name.as_str()).collect();
    match names.is_empty() {
        true => {
            "The files hold weights, thresholds and summaries of columns, and no value of a single patient.\n".into()
        }
        false => format!(
            "**Values of single training patients are in the files of {}**: neighbours and support vectors are rows of the \
             training table. The other files hold weights, thresholds and summaries of columns.\n",
            names.join(", ")
        ),
    }
}

/// Whether a frozen state, or a part of it, is made of training rows.
fn holds_rows(state: &serde_json::Value) -> bool {
    match state {
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(key, value)| KEPT_ROWS.contains(&key.as_str()) || holds_rows(value))
        }
        serde_json::Value::Array(items) => items.iter().any(holds_rows),
        _ => false,
    }
}

/// Names under which models keep rows of their training table.
const KEPT_ROWS: [&str; 2] = ["rows", "support"];

fn row(model: &ModelOutcome) -> String {
    let auc = |auc: f64, low: f64, high: f64| {
        if auc.is_nan() { "not defined".to_owned() } else { format!("{auc:.3} ({low:.3} to {high:.3})") }
    };
    let m = &model.metrics;
    let external = model.external_scores.as_ref();
    format!(
        "| {} | {} | {} | {} | {:.3} ({}) |",
        model.planned.section.title,
        model.fitted.selected().len(),
        auc(m.auc, m.auc_ci.low, m.auc_ci.high),
        external.map_or("none".into(), |e| auc(e.auc, e.auc_ci.low, e.auc_ci.high)),
        model.frozen.threshold().value(),
        model.frozen.threshold().rule()
    )
}
