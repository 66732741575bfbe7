//! [`Legend`]: one look, one label and one slug per model, the same in every figure of a report; and who stands on the
//! page itself, where pairs of models were declared in advance.

use crate::data::{Comparison, ModelResult, Report, Setting};
use crate::format::{elide, slug};
use crate::style::{self, Series};

/// Greatest length of a model's label, in letters.
const LABEL_CHARS: usize = 64;

/// Looks and labels by model name.
#[derive(Debug, Clone)]
pub(crate) struct Legend {
    entries: Vec<Entry>,
    primary: String,
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    label: String,
    slug: String,
    series: Series,
    is_told: bool,
}

impl Legend {
    /// Models in the order of the report, then baselines.
    pub(crate) fn of(report: &Report) -> Self {
        let last = report.models.last().map_or(String::new(), |m| m.name.clone());
        let asked = &report.question.primary_model;
        let primary = if report.models.iter().any(|m| m.name == *asked) { asked.clone() } else { last };
        let is_told = |name: &str| {
            name == primary
                || declared(report).is_none_or(|pairs| pairs.iter().any(|c| c.first == name || c.second == name))
        };
        let mut entries: Vec<Entry> = Vec::new();
        for (results, is_model) in [(&report.models, true), (&report.baselines, false)] {
            let n_before = entries.len();
            for result in results.iter() {
                if entries.iter().any(|e| e.name == result.name) {
                    continue;
                }
                let is_told = !is_model || is_told(&result.name);
                // Looks repeat after six; those of one figure never do, since a figure holds six (see `cast`).
                let position = entries[n_before..].iter().filter(|e| e.is_told == is_told).count();
                let series = if is_model { style::model(position) } else { style::baseline(position) };
                let label = if result.label.is_empty() { &result.name } else { &result.label };
                let plain = slug(&result.name);
                let is_taken = entries.iter().any(|e| e.slug == plain);
                let slug = if is_taken { format!("{plain}-{}", entries.len()) } else { plain };
                entries.push(Entry {
                    name: result.name.clone(),
                    label: elide(label, LABEL_CHARS),
                    slug,
                    series,
                    is_told,
                });
            }
        }
        Legend { entries, primary }
    }

    /// How to draw a model.
    pub(crate) fn series(&self, name: &str) -> Series {
        self.entry(name).map_or(style::baseline(0), |e| e.series)
    }

    /// A model in words.
    pub(crate) fn label(&self, name: &str) -> String {
        self.entry(name).map_or_else(|| elide(name, LABEL_CHARS), |e| e.label.clone())
    }

    /// A model in a file name.
    pub(crate) fn slug(&self, name: &str) -> String {
        self.entry(name).map_or_else(|| slug(name), |e| e.slug.clone())
    }

    /// Name of the primary model; empty where there is no model.
    pub(crate) fn primary(&self) -> &str {
        &self.primary
    }

    /// Whether the page tells of a model in full: it is the primary one, or in a pair that was declared in advance, or no
    /// pair was. The others stand in parts that are folded.
    pub(crate) fn is_told(&self, name: &str) -> bool {
        self.entry(name).is_none_or(|e| e.is_told)
    }

    /// How many models and baselines stand in folded parts.
    pub(crate) fn n_aside(&self) -> usize {
        self.entries.iter().filter(|e| !e.is_told).count()
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }
}

/// The comparisons that were declared in advance, where some were: those with a corrected p, if others have none.
pub(crate) fn declared(report: &Report) -> Option<Vec<&Comparison>> {
    let (declared, others): (Vec<_>, Vec<_>) = report.comparisons.iter().partition(|c| c.p_adjusted.is_finite());
    (!declared.is_empty() && others.iter().any(|c| c.p.is_finite())).then_some(declared)
}

/// A setting in words.
pub(crate) fn setting_label(setting: Setting) -> &'static str {
    match setting {
        Setting::TrainCv => "cross-validation",
        Setting::External => "external cases",
    }
}

/// A setting in a file name.
pub(crate) fn setting_slug(setting: Setting) -> &'static str {
    match setting {
        Setting::TrainCv => "train-cv",
        Setting::External => "external",
    }
}

/// The settings that have a model, in order.
pub(crate) fn settings(report: &Report) -> Vec<Setting> {
    let has = |s: &Setting| report.models.iter().any(|m| m.setting == *s);
    [Setting::TrainCv, Setting::External].into_iter().filter(has).collect()
}

/// Models, then baselines, of a setting.
pub(crate) fn results(report: &Report, setting: Setting) -> impl Iterator<Item = &ModelResult> {
    report.models.iter().chain(&report.baselines).filter(move |m| m.setting == setting)
}
