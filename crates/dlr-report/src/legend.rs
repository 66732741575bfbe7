//! [`Legend`]: one look, one label and one slug per model, the same in every figure of a report.

use crate::data::{ModelResult, Report, Setting};
use crate::format::{elide, slug};
use crate::style::{self, Series};

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
}

impl Legend {
    /// Models in the order of the report, then baselines.
    pub(crate) fn of(report: &Report) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for (results, is_model) in [(&report.models, true), (&report.baselines, false)] {
            let n_before = entries.len();
            for result in results.iter() {
                if entries.iter().any(|e| e.name == result.name) {
                    continue;
                }
                let position = entries.len() - n_before;
                let series = if is_model { style::model(position) } else { style::baseline(position) };
                let label = if result.label.is_empty() { &result.name } else { &result.label };
                let plain = slug(&result.name);
                let is_taken = entries.iter().any(|e| e.slug == plain);
                let slug = if is_taken { format!("{plain}-{}", entries.len()) } else { plain };
                entries.push(Entry { name: result.name.clone(), label: elide(label, 36), slug, series });
            }
        }
        let last = report.models.last().map_or(String::new(), |m| m.name.clone());
        let declared = &report.question.primary_model;
        let primary = if report.models.iter().any(|m| m.name == *declared) { declared.clone() } else { last };
        Legend { entries, primary }
    }

    /// How to draw a model.
    pub(crate) fn series(&self, name: &str) -> Series {
        self.entry(name).map_or(style::baseline(0), |e| e.series)
    }

    /// A model in words.
    pub(crate) fn label(&self, name: &str) -> String {
        self.entry(name).map_or_else(|| elide(name, 36), |e| e.label.clone())
    }

    /// A model in a file name.
    pub(crate) fn slug(&self, name: &str) -> String {
        self.entry(name).map_or_else(|| slug(name), |e| e.slug.clone())
    }

    /// Name of the primary model; empty where there is no model.
    pub(crate) fn primary(&self) -> &str {
        &self.primary
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }
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
