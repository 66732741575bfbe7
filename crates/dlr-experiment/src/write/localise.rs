//! Where maps look, beside chance: what share of each map's positive part lies in a region, and what share of the body.
//!
//! Every external case is asked, by the frozen model: whoever is shown in the report was picked, and these were not.

use crate::{
    folder::RunFolder, images::Images, log::RunLog, metrics::number, outcome::Outcome, registry::Registry,
    write::maps::mapped_extractor,
};
use dlr_core::{Case, FeatureExtractor, Form, Mask, Result, Volume};
use dlr_evaluation::Audit;
use dlr_imaging::regions::RegionExpression;
use dlr_interpret::{Localisation, localisation};
use dlr_io::FeatureColumns;
use ndarray::Array3;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use std::path::Path;

/// The mask outside of which a map does not count.
pub(super) const BODY: &str = "body";

/// The region that is always asked about: air, letters burnt into the image, a wrapped arm.
pub(super) const OUTSIDE: &str = "outside the body";

/// Means over the external cases of one region.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RegionMean {
    /// As the experiment file names it.
    pub(crate) region: String,
    /// Whether all of the region lies outside the body: it is then asked of the hottest thousandth of the whole image.
    pub(crate) is_outside: bool,
    /// Cases that were called rightly and have a map and such a region.
    pub(crate) n_cases: usize,
    /// Share of the positive part of the map (of its hottest thousandth) inside the region.
    #[serde(serialize_with = "number")]
    pub(crate) score: f64,
    /// Share of the body (of the image) inside it: what a map without information would score.
    #[serde(serialize_with = "number")]
    pub(crate) volume_share: f64,
    /// 0 chance, 1 all inside.
    #[serde(serialize_with = "number")]
    pub(crate) kappa: f64,
    /// Score over volume share: 1 is chance.
    #[serde(serialize_with = "number")]
    pub(crate) enrichment: f64,
    /// The same with the network's weights drawn at random and everything else kept: what of it is the shape of the
    /// image. Not a number where the mapped stage cannot be randomised.
    #[serde(serialize_with = "number")]
    pub(crate) enrichment_randomised: f64,
    /// AUC of the enrichment as if it were a score, over all cases: 0.5 where maps say nothing of the label. Not a number
    /// where one class has no map.
    #[serde(serialize_with = "number")]
    pub(crate) enrichment_auc: f64,
}

/// One case and region.
struct Row {
    case: String,
    is_positive: bool,
    is_right: bool,
    region: String,
    is_outside: bool,
    found: Localisation,
    enrichment_randomised: f64,
}

/// Where the maps of the external cases look.
pub(crate) struct Localised {
    /// Region by region.
    pub(crate) means: Vec<RegionMean>,
    rows: Vec<Row>,
}

impl Localised {
    /// Whether the maps look where there is no patient, and whether random weights look where the trained ones do.
    pub(crate) fn audits(&self) -> Vec<Audit> {
        vec![self.outside(), self.random_weights()]
    }

    /// Of the region in which the trained network's maps are the most above chance.
    fn random_weights(&self) -> Audit {
        let inside = self.means.iter().filter(|of| !of.is_outside && of.enrichment.is_finite());
        let most = inside.max_by(|a, b| a.enrichment.total_cmp(&b.enrichment));
        let (region, trained, random) = most.map_or(("the regions asked for", f64::NAN, f64::NAN), |of| {
            (of.region.as_str(), of.enrichment, of.enrichment_randomised)
        });
        dlr_evaluation::audit_maps_of_random_weights(region, trained, random)
    }

    fn outside(&self) -> Audit {
        let outside: Vec<&Row> = self.rows.iter().filter(|row| row.region == OUTSIDE).collect();
        let cases: Vec<String> = outside.iter().map(|row| row.case.clone()).collect();
        let of = |of: fn(&Localisation) -> f64| outside.iter().map(|row| of(&row.found)).collect::<Vec<f64>>();
        dlr_evaluation::audit_maps_outside_body(&cases, &of(|l| l.score), &of(|l| l.volume_share))
    }

    /// Writes `localisation.csv`: a row per case and region.
    pub(super) fn write(&self, folder: &RunFolder) -> Result<()> {
        let text = |of: &dyn Fn(&Row) -> String| self.rows.iter().map(of).collect();
        let numeric = |of: &dyn Fn(&Row) -> f64| self.rows.iter().map(of).collect();
        FeatureColumns {
            texts: vec![
                ("ID".into(), text(&|row| row.case.clone())),
                ("region".into(), text(&|row| row.region.clone())),
            ],
            numbers: vec![
                ("label".into(), numeric(&|row| f64::from(u8::from(row.is_positive)))),
                ("called_rightly".into(), numeric(&|row| f64::from(u8::from(row.is_right)))),
                ("score".into(), numeric(&|row| row.found.score)),
                ("volume_share".into(), numeric(&|row| row.found.volume_share)),
                ("kappa".into(), numeric(&|row| row.found.kappa)),
                ("enrichment".into(), numeric(&|row| row.found.enrichment)),
                ("enrichment_randomised".into(), numeric(&|row| row.enrichment_randomised)),
            ],
        }
        .write_csv(&folder.path("localisation.csv")?)
    }
}

/// Localises the maps of the external cases in the regions of `report.localise`; `None` where none is asked for, or
/// where the frozen model is not linear or gives the mapped block no weight.
pub(crate) fn localise(
    outcome: &Outcome,
    images: &Images<'_>,
    registry: &Registry,
    folder: &Path,
    log: &RunLog,
) -> Result<Option<Localised>> {
    let report = &outcome.file.report;
    let regions = report.localise.iter().map(|text| RegionExpression::parse(text)).collect::<Result<Vec<_>>>()?;
    let (Some(model), Some((truth, _)), false) =
        (outcome.model(&report.explain), &outcome.external, regions.is_empty())
    else {
        return Ok(None);
    };
    let Form::Linear(form) = model.fitted.form() else { return Ok(None) };
    let Some(extractor) = mapped_extractor(outcome, registry, folder, log)? else { return Ok(None) };
    let randomised = randomised(outcome, registry, folder)?;
    let predictions = model.frozen.predictions();
    let one = |at: usize| -> Result<Vec<Row>> {
        let (id, is_positive) = (&predictions.cases()[at], truth.labels()[at]);
        let is_right = model.frozen.threshold().calls_positive(predictions.scores()[at]) == is_positive;
        let case = images.case(id)?;
        let Some(map) = extractor.saliency(&case, &form)? else { return Ok(Vec::new()) };
        let control = randomised.as_ref().map(|network| network.saliency(&case, &form)).transpose()?.flatten();
        let row = |name: String, region: Mask| {
            let look = Look::new(&case, region)?;
            let found = look.at(&map)?;
            let enrichment_randomised =
                control.as_ref().map_or(Ok(f64::NAN), |map| look.at(map).map(|l| l.enrichment))?;
            let is_outside = look.is_outside;
            Ok(Row { case: id.clone(), is_positive, is_right, region: name, is_outside, found, enrichment_randomised })
        };
        let asked = regions.iter().map(|region| row(region.to_string(), region.evaluate(&case.masks)?));
        let air = || Mask::new(*case.image.geometry(), case.mask(BODY)?.voxels().mapv(|inside| !inside));
        let rows = asked.chain(std::iter::once_with(|| row(OUTSIDE.to_owned(), air()?)));
        rows.collect::<Result<_>>().map_err(|error| error.for_case(id))
    };
    let rows = (0..predictions.cases().len()).into_par_iter().map(one).collect::<Result<Vec<_>>>()?;
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    if rows.is_empty() {
        log.event("no localisation", json!({ "reason": "no feature of the mapped block has a weight" }));
        return Ok(None);
    }
    let names = regions.iter().map(ToString::to_string).chain([OUTSIDE.to_owned()]);
    let means = names.map(|region| mean_of(&region, &rows)).collect();
    Ok(Some(Localised { means, rows }))
}

/// The mapped network with weights drawn at random and its features named as before, so that the model's weights fit.
/// `None` for a stage without the keys `weights` and `tag`.
fn randomised(outcome: &Outcome, registry: &Registry, folder: &Path) -> Result<Option<Box<dyn FeatureExtractor>>> {
    let block = &outcome.file.report.cam_block;
    let mapped = &outcome.file.features[block];
    let (_, mut resolved) = registry.extractors.make_resolved(mapped, block, folder)?;
    if !["weights", "tag"].iter().all(|key| resolved.params.contains_key(*key)) {
        return Ok(None);
    }
    resolved.params.insert("weights".into(), "random".into());
    registry.extractors.make(&resolved, block, folder).map(Some)
}

/// How a map is localised in a region: within the body; where the region lies wholly outside of it, as air and letters
/// do, by the hottest voxels of the whole image.
struct Look {
    region: Array3<f64>,
    within: Array3<bool>,
    is_outside: bool,
}

impl Look {
    fn new(case: &Case, region: Mask) -> Result<Self> {
        let body = case.mask(BODY)?.voxels();
        let is_outside =
            region.n_voxels() > 0 && !region.voxels().iter().zip(body).any(|(region, body)| *region && *body);
        let within = if is_outside { body.mapv(|_| true) } else { body.to_owned() };
        Ok(Look { region: region.voxels().mapv(|inside| f64::from(u8::from(inside))), within, is_outside })
    }

    fn at(&self, map: &Volume) -> Result<Localisation> {
        let map = if self.is_outside { hottest(map.to_f64()) } else { map.to_f64() };
        localisation(map.view(), self.within.view(), self.region.view())
    }
}

/// 1 at the thousandth of the voxels where a map is highest, if it is positive there; 0 elsewhere.
fn hottest(map: Array3<f64>) -> Array3<f64> {
    let mut values: Vec<f64> = map.iter().copied().collect();
    let n = values.len().div_ceil(1000);
    let (_, lowest, _) = values.select_nth_unstable_by(n - 1, |a, b| b.total_cmp(a));
    let lowest = *lowest;
    map.mapv(|value| f64::from(u8::from(value > 0.0 && value >= lowest)))
}

fn mean_of(region: &str, rows: &[Row]) -> RegionMean {
    let is_of = |row: &&Row| row.region == region && row.is_right && row.found.enrichment.is_finite();
    let right: Vec<&Row> = rows.iter().filter(is_of).collect();
    // A randomised map may have no positive part in the body; there is nothing of it to localise then.
    let mean = |of: fn(&Row) -> f64| {
        let values: Vec<f64> = right.iter().map(|row| of(row)).filter(|value| value.is_finite()).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let of_all = |row: &&Row| row.region == region && row.found.enrichment.is_finite();
    let (enrichments, labels): (Vec<f64>, Vec<bool>) =
        rows.iter().filter(of_all).map(|row| (row.found.enrichment, row.is_positive)).unzip();
    RegionMean {
        region: region.to_owned(),
        is_outside: rows.iter().any(|row| row.region == region && row.is_outside),
        n_cases: right.len(),
        score: mean(|row| row.found.score),
        volume_share: mean(|row| row.found.volume_share),
        kappa: mean(|row| row.found.kappa),
        enrichment: mean(|row| row.found.enrichment),
        enrichment_randomised: mean(|row| row.enrichment_randomised),
        enrichment_auc: dlr_evaluation::auc(&enrichments, &labels).unwrap_or(f64::NAN),
    }
}
