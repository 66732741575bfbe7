//! The maps of the report, with what a reader has to know of them; or why there are none.

use super::{Looked, localise::OUTSIDE, maps::Maps};
use crate::outcome::Outcome;
use dlr_report::data::Cam;

/// The maps that were made, or a note where those that were asked for could not be; `None` where none were asked for.
pub(super) fn of(outcome: &Outcome, looked: &Looked) -> Option<Cam> {
    let made = looked.maps.as_ref().map(|maps| of_maps(outcome, maps));
    made.or_else(|| no_cam(outcome))
}

/// Says that the maps that were asked for could not be made; `None` where none were.
fn no_cam(outcome: &Outcome) -> Option<Cam> {
    let report = &outcome.file.report;
    (report.cam_cases > 0).then(|| Cam {
        model: report.explain.clone(),
        notes: vec![format!(
            "No map: block {} has no network to look into, the model {} is not linear or gives the block no weight, or the \
             network was fitted on the very cases that would be shown.",
            report.cam_block, report.explain
        )],
        ..Cam::default()
    })
}

fn of_maps(outcome: &Outcome, maps: &Maps) -> Cam {
    let block = &outcome.file.report.cam_block;
    let frozen = outcome.model(&outcome.file.report.explain).map(|m| m.fitted.selected()).unwrap_or_default();
    let unused = (outcome.external.is_none() && !frozen.iter().any(|name| name.roi() == block)).then(|| {
        "The frozen model, fitted once on all training cases, keeps no feature of this block: the maps are of the \
         cross-validated models, and none applies to it."
            .to_owned()
    });
    Cam {
        method: "Grad-CAM of the deep block".into(),
        model: outcome.file.report.explain.clone(),
        signed: true,
        notes: vec![
            "The network is frozen and the model on its pooled features is linear, so the map has a closed form: each \
             position's part of the log odds is known exactly, and the mean of a map is what the deep block adds to them."
                .into(),
            "A map shows what each place adds, not what sets it apart from other patients: where the average patient's \
             map is negative, so is this one's, even if the deep block speaks for the positive class more than usual. \
             SHAP values, and the share beside each case, are differences from the average training patient."
                .into(),
            match outcome.external {
                Some(_) => "The patients are external ones, the maps those of the frozen model.".into(),
                None => "Each patient's map is the mean over the cross-validated models that had not seen that patient.".into(),
            },
            "Slices are counted on the prepared grid, after resampling, not on that of the series.".into(),
            "Only the deep block is mapped. Its share of the attribution stands beside each case: a map of a small share \
             means little."
                .into(),
        ]
        .into_iter()
        .chain(unused)
        .collect(),
        cases: maps.cases.clone(),
    }
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent < 1.0 { format!("{percent:.1}") } else { format!("{percent:.0}") }
}

/// A sentence for each region in which the maps of the external cases were localised; what lies outside the body is an
/// audit.
pub(super) fn where_maps_look(looked: &Looked) -> Vec<String> {
    let means = looked.localised.iter().flat_map(|localised| &localised.means);
    let sentences = means.filter(|of| of.region != OUTSIDE).map(|of| {
        let control = match of.enrichment_randomised {
            by if by.is_finite() => format!(" With the network's weights drawn at random it is {by:.2} times."),
            _ => String::new(),
        };
        let (part, whole) = match of.is_outside {
            true => ("hottest thousandth", "image"),
            false => ("positive part", "body"),
        };
        format!(
            "Of the {part} of the frozen model's map, {} % lies in {}, which is {} % of the {whole}: {:.2} times what \
             chance gives (1 is chance), mean of {} external cases that were called rightly.{control}",
            percent(of.score),
            of.region,
            percent(of.volume_share),
            of.enrichment,
            of.n_cases
        )
    });
    sentences.collect()
}
