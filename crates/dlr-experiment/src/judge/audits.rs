//! The audits of a run: questions about the study itself. Each is a line of the report and an entry of `metrics.json`.

use super::{View, where_defined};
use crate::{
    config::AuditSection,
    outcome::{ModelOutcome, Outcome},
    resampling::SampleSizeCheck,
    volume,
};
use dlr_core::{Cohort, FeatureName, FeatureTable, Result, Role, derive_seed};
use dlr_evaluation::{
    Audit, Status, audit_centre_and_label, audit_centre_confounding, audit_centre_from_features, audit_duplicates,
    audit_equal_images, audit_events_per_feature, audit_external_drop, audit_patient_labels, audit_permuted_labels,
    audit_post_baseline, audit_restates_volume, audit_too_good, audit_volume_baseline,
};
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

/// An audit, of the study or of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedAudit {
    /// The model; `None` for the study.
    pub model: Option<String>,
    /// Question and answer.
    pub audit: Audit,
}

/// All audits, those of the study first. Written as an object: `centre-and-label`, `volume-baseline/dlr`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Audits(pub Vec<NamedAudit>);

impl Audits {
    /// The audits of this name, of every model.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &NamedAudit> {
        self.0.iter().filter(move |a| a.audit.name == name)
    }

    /// An audit of the study, by name.
    pub fn study(&self, name: &str) -> Option<&Audit> {
        self.named(name).find(|a| a.model.is_none()).map(|a| &a.audit)
    }

    /// One more of the study, behind those that there are.
    pub(crate) fn add_of_study(&mut self, audit: Audit) {
        let at = self.0.iter().position(|a| a.model.is_some()).unwrap_or(self.0.len());
        self.0.insert(at, NamedAudit { model: None, audit });
    }
}

impl Serialize for Audits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|NamedAudit { model, audit }| match model {
            Some(model) => (format!("{}/{model}", audit.name), audit),
            None => (audit.name.to_owned(), audit),
        }))
    }
}

pub(super) fn of(outcome: &Outcome) -> Result<Audits> {
    let study = study(outcome)?.into_iter().map(|audit| NamedAudit { model: None, audit });
    let mut audits: Vec<NamedAudit> = study.collect();
    for model in &outcome.models {
        let name = &model.planned.section.name;
        let own = of_model(outcome, model)?.into_iter().map(|audit| NamedAudit { model: Some(name.clone()), audit });
        audits.extend(own);
    }
    Ok(Audits(audits))
}

fn study(outcome: &Outcome) -> Result<Vec<Audit>> {
    let seed = derive_seed(outcome.file.seed, 0x6175_6469);
    let cohort = &outcome.cohort;
    let table = all_features(outcome)?;
    let from_features = audit_centre_from_features(&table, cohort, seed)?;
    let and_label = audit_centre_and_label(cohort, seed);
    let confounding = audit_centre_confounding(&from_features, &and_label);
    let used: BTreeSet<String> = outcome
        .models
        .iter()
        .chain(&outcome.baselines)
        .flat_map(|m| m.planned.data.table().names())
        .map(ToString::to_string)
        .collect();
    let section = &outcome.file.audits;
    let predictors = used.iter().map(String::as_str).filter(|name| !section.vetted.iter().any(|v| v == name));
    Ok(vec![
        from_features,
        and_label,
        confounding,
        audit_patient_labels(cohort),
        duplicates(&table, outcome)?,
        audit_equal_images(&outcome.prepared.image_digests, cohort)?,
        naming_no_column(audit_post_baseline(predictors, &section.post_baseline), section, &used, cohort),
    ])
}

/// A name that the author denies and that is no column is misspelt, as a rule, and then guards against nothing.
fn naming_no_column(mut audit: Audit, section: &AuditSection, used: &BTreeSet<String>, cohort: &Cohort) -> Audit {
    let is_clinical = |name: &String| cohort.rows().first().is_some_and(|row| row.clinical.contains_key(name));
    let is_used = |name: &String| {
        used.contains(name) || used.iter().any(|u| u.parse::<FeatureName>().is_ok_and(|u| u.feature() == name))
    };
    for name in section.post_baseline.iter().chain(&section.vetted).filter(|name| !is_clinical(name) && !is_used(name))
    {
        audit.status = audit.status.max(Status::Warn);
        audit.details.push(format!("`{name}`, listed under `audits`, is no column: misspelt?"));
    }
    audit
}

/// Of the whole table and of each block that is wide enough to know a patient by: an image that stands under two names
/// has equal features, whatever the clinical table says.
fn duplicates(whole: &FeatureTable, outcome: &Outcome) -> Result<Audit> {
    const WIDE: usize = 10;
    let audit = audit_duplicates(whole, &outcome.cohort)?;
    for (block, table) in &outcome.prepared.blocks {
        if audit.status == Status::Fail || table.n_features() < WIDE {
            continue;
        }
        let mut of_block = audit_duplicates(table, &outcome.cohort)?;
        if of_block.status > audit.status {
            of_block.sentence = format!("in block `{block}`, {}", of_block.sentence);
            return Ok(of_block);
        }
    }
    Ok(audit)
}

/// Every column of every block once, rows in cohort order.
fn all_features(outcome: &Outcome) -> Result<FeatureTable> {
    let mut whole: Option<FeatureTable> = None;
    for table in outcome.prepared.blocks.values() {
        whole = Some(match whole {
            None => table.clone(),
            Some(left) => {
                let known: BTreeSet<&FeatureName> = left.names().iter().collect();
                let new = (0..table.n_features()).filter(|column| !known.contains(&table.names()[*column]));
                left.beside(&table.columns(&new.collect::<Vec<_>>()))?
            }
        });
    }
    whole.ok_or_else(|| dlr_core::Error::new(dlr_core::Code::ParameterFile, "an experiment needs a feature block"))
}

fn of_model(outcome: &Outcome, model: &ModelOutcome) -> Result<Vec<Audit>> {
    let data = &model.planned.data;
    let selected = model.fitted.selected();
    let labels: Vec<bool> = data.cohort().rows().iter().filter_map(|row| row.label).collect();
    let mut audits = vec![audit_events_per_feature(&labels, data.table().n_features(), selected.len())];
    audits.extend(model.resampled.as_ref().map(|r| about_sample_size(&r.sample_size)));
    audits.extend(about_volume(outcome, model, &selected)?);
    let external = model.external_scores.as_ref().map(|s| (s.auc, s.n));
    let (auc, n) = external.unwrap_or((model.metrics.auc, model.metrics.n));
    audits.push(audit_too_good(auc.max(model.metrics.auc), if model.metrics.auc > auc { model.metrics.n } else { n }));
    if let [inside, outside] = &View::all(model, outcome)?[..] {
        let (inside, outside) = ((&inside.scores[..], &inside.labels[..]), (&outside.scores[..], &outside.labels[..]));
        audits.extend(where_defined(audit_external_drop(inside, outside))?);
    }
    audits.extend(model.null.as_ref().map(|null| audit_permuted_labels(&null.auc, null.p)));
    Ok(audits)
}

/// Are there as many patients as a new model of so many candidate columns needs? The value is patients over needed ones.
fn about_sample_size(check: &SampleSizeCheck) -> Audit {
    let needed = check.needed;
    let status = if check.n_patients as f64 >= needed.n { Status::Pass } else { Status::Warn };
    let sentence = format!(
        "{} training patients; for {} candidate features and an expected Nagelkerke R\u{b2} of {} the criteria of Riley \
         et al. ask for {} (shrinkage at least {}: {}; R\u{b2} within 0.05: {}; prevalence within 0.05: {}); these \
         patients support {}",
        check.n_patients,
        check.n_candidates,
        check.nagelkerke_r2,
        needed.n,
        check.shrinkage,
        needed.n_shrinkage,
        needed.n_optimism,
        needed.n_prevalence,
        check.n_supported
    );
    let value = check.n_patients as f64 / needed.n;
    Audit { name: "sample-size", status, value, sentence, details: Vec::new() }
}

fn about_volume(outcome: &Outcome, model: &ModelOutcome, selected: &[FeatureName]) -> Result<Vec<Audit>> {
    let Some((block, name)) = volume::column(&outcome.file, &outcome.prepared)? else {
        let unknown = |name| Audit {
            name,
            status: Status::Warn,
            value: f64::NAN,
            sentence:
                "no column is known to be the volume, so nobody can say whether the model only restates it; name \
                       one as `volume` in the section `audits`"
                    .into(),
            details: Vec::new(),
        };
        return Ok(vec![unknown("restates-volume"), unknown("volume-baseline")]);
    };
    let mut audits = vec![audit_restates_volume(&training_rows(outcome, model, &block, &name)?, selected, &name)?];
    let baseline =
        outcome.models.iter().chain(&outcome.baselines).find(|m| volume::is_alone(&m.planned.section, &name));
    if let Some(baseline) = baseline.filter(|b| b.planned.section.name != model.planned.section.name) {
        let view = |m| -> Result<_> { Ok(View::all(m, outcome)?.pop()) };
        if let (Some(a), Some(b)) = (view(model)?, view(baseline)?) {
            audits.extend(where_defined(audit_volume_baseline(&a.scores, &b.scores, &a.labels))?);
        }
    }
    Ok(audits)
}

/// The training rows of the model's columns, with the volume beside them where the model does not see it.
fn training_rows(outcome: &Outcome, model: &ModelOutcome, block: &str, volume: &FeatureName) -> Result<FeatureTable> {
    let own = model.planned.data.table();
    let table = match own.position(volume) {
        Some(_) => own.clone(),
        None => own.beside(&outcome.prepared.blocks[block].select(std::slice::from_ref(volume))?)?,
    };
    let rows = model.planned.data.cohort().rows().iter().enumerate();
    let train: Vec<usize> = rows.filter(|(_, row)| row.role == Role::Train).map(|(i, _)| i).collect();
    Ok(table.rows(&train))
}
