//! Grad-CAM of several patients: external ones by the frozen model where their labels were opened, else training ones by
//! the models that had not seen them.

use crate::{
    config::ReportSection,
    folder::RunFolder,
    images::{Images, Side},
    log::RunLog,
    outcome::{ModelOutcome, Outcome},
    panels,
    prepare::Preparation,
    prepared::columns_of,
    registry::Registry,
    write::localise::BODY,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use dlr_core::{Case, Cohort, FeatureExtractor, LinearForm, Result, Role, Volume};
use dlr_imaging::regions::RegionExpression;
use dlr_report::data::{CamCase, CamVolumes};
use rayon::prelude::*;
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

/// The maps of the shown patients.
pub(crate) struct Maps {
    /// Panels for the report.
    pub(crate) cases: Vec<CamCase>,
    volumes: Vec<(String, Volume)>,
}

impl Maps {
    /// Writes the map of each case as NIfTI into `cam/`, on the grid of the prepared image.
    pub(super) fn write(&self, folder: &RunFolder) -> Result<()> {
        self.volumes
            .par_iter()
            .try_for_each(|(case, map)| dlr_io::write_volume(&folder.path(&format!("cam/{case}.nii.gz"))?, map))
    }
}

/// 32 bit are enough to look at, and half the file.
fn narrow(volume: &Volume) -> Result<Volume> {
    Volume::new(*volume.geometry(), volume.to_f64().mapv(|v| v as f32))
}

/// Refuses a report that outlines or localises in masks which the first case does not have, before anything is computed.
/// A case that cannot be prepared says nothing here: it is named with all others that fail.
pub(crate) fn masks_of_the_report(report: &ReportSection, preparation: &Preparation, cohort: &Cohort) -> Result<()> {
    let (outlines, localises) = (report.cam_cases > 0, !report.localise.is_empty());
    let first = cohort.rows().first().filter(|_| (outlines || localises) && !preparation.learns_from_images());
    let Some(row) = first else { return Ok(()) };
    let Ok(case) = preparation.images(Side { cohort, fold: None })?.case(&row.id) else { return Ok(()) };
    let named = |key: &str| format!("`{key}` in the experiment file names it");
    let outlined = report.ring.iter().map(|ring| ("report.ring", ring)).chain([("report.tumour", &report.tumour)]);
    for (key, mask) in outlined.filter(|_| outlines) {
        case.mask(mask).map_err(|error| error.hint(named(key)))?;
    }
    if localises {
        case.mask(BODY).map_err(|error| error.hint("`report.localise` counts in it: add the image step `body`"))?;
    }
    for region in &report.localise {
        RegionExpression::parse(region)?.evaluate(&case.masks).map_err(|error| error.hint(named("report.localise")))?;
    }
    Ok(())
}

/// Makes the maps that the experiment asks for; `None` where it asks for none or the model is not linear.
pub(crate) fn maps(
    outcome: &Outcome,
    images: &Images<'_>,
    registry: &Registry,
    folder: &Path,
    log: &RunLog,
) -> Result<Option<Maps>> {
    let report = &outcome.file.report;
    if report.cam_cases == 0 {
        return Ok(None);
    }
    let Some(model) = outcome.model(&report.explain) else { return Ok(None) };
    let Some(extractor) = mapped_extractor(outcome, registry, folder, log)? else { return Ok(None) };
    let scores = scores(outcome, model);
    let one = |id: String, why: String| -> Result<Option<(CamCase, Volume)>> {
        let Some(form) = form_for(outcome, model, &id) else { return Ok(None) };
        let case = images.case(&id)?;
        let Some(map) = extractor.saliency(&case, &form)? else { return Ok(None) };
        let (probability, positive) = scores.get(&id).copied().unwrap_or((f64::NAN, false));
        let planes = panels::planes(&case, &map, &report.tumour, report.ring.as_deref())?;
        let shown = CamCase {
            case: id.clone(),
            positive: Some(positive),
            probability,
            deep_share: deep_share(outcome, model, &id, &form),
            map_limit: 0.0,
            note: why,
            planes,
            volumes: report.viewer.then(|| volumes(&case, &map, report)).transpose()?,
        };
        Ok(Some((shown, narrow(&map)?)))
    };
    let shown = shown(outcome, &scores, report.cam_cases);
    let made = shown.into_par_iter().map(|(id, why)| Ok((id.clone(), one(id, why)?))).collect::<Result<Vec<_>>>()?;
    let mut maps = Maps { cases: Vec::new(), volumes: Vec::new() };
    for (id, made) in made {
        match made {
            Some((case, map)) => {
                maps.cases.push(case);
                maps.volumes.push((id, map));
            }
            None => log.event("no map", json!({ "case": id, "reason": "no feature of the mapped block has a weight" })),
        }
    }
    Ok((!maps.cases.is_empty()).then_some(maps))
}

/// Image, regions and map as the 3D viewer takes them.
fn volumes(case: &Case, map: &Volume, report: &ReportSection) -> Result<CamVolumes> {
    let mut regions = case.mask(&report.tumour)?.voxels().mapv(|inside| f32::from(u8::from(inside)));
    if let Some(ring) = &report.ring {
        let ring = case.mask(ring)?.voxels();
        regions.zip_mut_with(&ring, |label, inside| *label = if *inside && *label == 0.0 { 2.0 } else { *label });
    }
    let packed = |volume: &Volume| Ok(STANDARD.encode(dlr_io::volume_bytes(volume)?));
    Ok(CamVolumes {
        image: packed(&narrow(&case.image)?)?,
        roi: packed(&Volume::new(*case.image.geometry(), regions)?)?,
        map: packed(&narrow(map)?)?,
    })
}

/// The extractor of the mapped block; `None` for a network that learned, which has seen every case that would be shown.
pub(super) fn mapped_extractor(
    outcome: &Outcome,
    registry: &Registry,
    folder: &Path,
    log: &RunLog,
) -> Result<Option<Box<dyn FeatureExtractor>>> {
    let block = &outcome.file.report.cam_block;
    let mapped = &outcome.file.features[block];
    if !registry.extractors.has(&mapped.stage) {
        log.event("no maps", json!({ "reason": format!("stage `{}` learns from the cases", mapped.stage) }));
        return Ok(None);
    }
    registry.extractors.make(mapped, block, folder).map(Some)
}

/// Training cases by the mean of the models blind to them; external cases by the frozen model.
fn form_for(outcome: &Outcome, model: &ModelOutcome, id: &str) -> Option<LinearForm> {
    match outcome.cohort.row(id)?.role {
        Role::Train => model.cv.form_blind_to(id),
        Role::External => match model.fitted.form() {
            dlr_core::Form::Linear(form) => Some(form),
            _ => None,
        },
    }
}

/// Probability and truth of the cases that may be shown: the external ones by the frozen model, if their labels were
/// opened; else the training ones, out of fold.
fn scores(outcome: &Outcome, model: &ModelOutcome) -> BTreeMap<String, (f64, bool)> {
    let Some((truth, _)) = &outcome.external else { return model.cv.mean_scores() };
    let labels: BTreeMap<&String, bool> = truth.cases().iter().zip(truth.labels().iter().copied()).collect();
    let predicted = model.frozen.predictions();
    let rows = predicted.cases().iter().zip(predicted.scores());
    rows.filter_map(|(id, score)| Some((id.clone(), (*score, *labels.get(id)?)))).collect()
}

/// The clearest case and the worst error of each class in turn, by probability.
fn shown(outcome: &Outcome, scores: &BTreeMap<String, (f64, bool)>, n: usize) -> Vec<(String, String)> {
    let side = |label: bool| {
        let mut cases: Vec<(String, f64)> =
            scores.iter().filter(|(_, (_, l))| *l == label).map(|(id, (score, _))| (id.clone(), *score)).collect();
        cases.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        cases
    };
    let (positive, mut negative) = (side(true), side(false));
    negative.reverse();
    let (is, is_not) = (&outcome.file.cohort.positive, &outcome.file.cohort.negative);
    let mut picked: Vec<(String, String)> = Vec::new();
    let mut add = |case: Option<&(String, f64)>, why: String| {
        if let Some((id, _)) = case
            && picked.len() < n
            && picked.iter().all(|(p, _)| p != id)
        {
            picked.push((id.clone(), why));
        }
    };
    for k in 0..n {
        let rank = if k == 0 { String::new() } else { format!(", number {}", k + 1) };
        add(positive.get(k), format!("{is}, predicted most surely{rank}"));
        add(negative.get(k), format!("{is_not}, predicted most surely{rank}"));
        add(positive.iter().rev().nth(k), format!("{is}, missed most clearly{rank}"));
        add(negative.iter().rev().nth(k), format!("{is_not}, missed most clearly{rank}"));
    }
    picked
}

/// The mapped block's share of a case's absolute attribution: of weight times the distance from the mean training
/// patient, as linear SHAP has it. NaN for a case whose features are not in the table.
fn deep_share(outcome: &Outcome, model: &ModelOutcome, id: &str, form: &LinearForm) -> f64 {
    let section = &model.planned.section;
    let Ok(table) = columns_of(&outcome.prepared, &section.blocks, &section.columns) else { return f64::NAN };
    let Some(row) = table.cases().iter().position(|case| case == id) else { return f64::NAN };
    let is_train = |case: &String| outcome.cohort.row(case).is_some_and(|of| of.role == Role::Train);
    let train: Vec<usize> = (0..table.n_cases()).filter(|at| is_train(&table.cases()[*at])).collect();
    let (mut deep, mut all) = (0.0, 0.0);
    for (name, weight) in form.weights.iter().filter(|(_, weight)| *weight != 0.0) {
        let Some(column) = table.position(name) else { continue };
        let known: Vec<f64> = train.iter().map(|at| table.values()[[*at, column]]).filter(|v| v.is_finite()).collect();
        let moved = (weight * (table.values()[[row, column]] - known.iter().sum::<f64>() / known.len() as f64)).abs();
        if moved.is_finite() {
            all += moved;
            deep += if name.roi() == outcome.file.report.cam_block { moved } else { 0.0 };
        }
    }
    deep / all
}
