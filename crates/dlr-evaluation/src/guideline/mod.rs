//! Reporting guidelines as data: CLEAR, METRICS and TRIPOD+AI, item by item. What a run can know is filled in with the
//! place of its evidence in the run folder; the rest is listed for the author.
//!
//! Item texts are shortened to one line; the guidelines themselves rule. No score is computed: that is for the reader.

mod clear;
mod metrics;
mod tripod_ai;

use serde::Serialize;
use std::collections::BTreeMap;

/// One item of a guideline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Item {
    /// Its number, for example `12c`.
    pub number: &'static str,
    /// What it asks, in one line.
    pub text: &'static str,
    /// Weight, where the guideline has one.
    pub weight: Option<f64>,
    /// The fact of a run that answers it; `None` where only the author can.
    pub fact: Option<&'static str>,
}

/// A guideline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Guideline {
    /// Its short name.
    pub name: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// Its items, in order.
    pub items: &'static [Item],
}

/// CheckList for EvaluAtion of Radiomics research, 58 items.
pub const CLEAR: Guideline = Guideline {
    name: "CLEAR",
    source: "Kocak et al., Insights into Imaging 2023, doi 10.1186/s13244-023-01415-8",
    items: clear::ITEMS,
};

/// METhodological RadiomICs Score, 30 weighted items.
pub const METRICS: Guideline = Guideline {
    name: "METRICS",
    source: "Kocak et al., Insights into Imaging 2024, doi 10.1186/s13244-023-01572-w",
    items: metrics::ITEMS,
};

/// TRIPOD+AI, 27 items with their parts.
pub const TRIPOD_AI: Guideline = Guideline {
    name: "TRIPOD+AI",
    source: "Collins et al., BMJ 2024, doi 10.1136/bmj-2023-078378",
    items: tripod_ai::ITEMS,
};

/// What a run knows of itself: a sentence, and the file of the run folder that shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The sentence that goes into the table.
    pub text: String,
    /// The place of the evidence, relative to the run folder, for example `metrics.json`.
    pub place: String,
}

impl Fact {
    /// A sentence and its evidence.
    pub fn new(text: impl Into<String>, place: impl Into<String>) -> Self {
        Fact { text: text.into(), place: place.into() }
    }
}

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemStatus {
    /// Answered by the run.
    Filled,
    /// A run could answer it; this one did not do it.
    NotInThisRun,
    /// Only the author can answer it.
    ForTheAuthor,
}

/// An item as it goes into the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FilledItem {
    /// Its number.
    pub number: &'static str,
    /// What it asks.
    pub text: &'static str,
    /// Weight, where the guideline has one.
    pub weight: Option<f64>,
    /// How it stands.
    pub status: ItemStatus,
    /// The answer; empty where there is none.
    pub answer: String,
    /// The place of the evidence; empty where there is none.
    pub place: String,
}

impl Guideline {
    /// Fills the table from the facts of a run, by the keys of [`fact_keys`].
    pub fn fill(&self, facts: &BTreeMap<String, Fact>) -> Vec<FilledItem> {
        let one = |item: &Item| {
            let fact = item.fact.and_then(|key| facts.get(key));
            let status = match (item.fact, fact) {
                (None, _) => ItemStatus::ForTheAuthor,
                (Some(_), None) => ItemStatus::NotInThisRun,
                (Some(_), Some(_)) => ItemStatus::Filled,
            };
            let (answer, place) = fact.map(|f| (f.text.clone(), f.place.clone())).unwrap_or_default();
            FilledItem { number: item.number, text: item.text, weight: item.weight, status, answer, place }
        };
        self.items.iter().map(one).collect()
    }
}

/// Every key that an item of any guideline asks for, sorted.
pub fn fact_keys() -> Vec<&'static str> {
    let all = [&CLEAR, &METRICS, &TRIPOD_AI];
    let mut keys: Vec<&str> = all.iter().flat_map(|g| g.items).filter_map(|item| item.fact).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

const fn auto(number: &'static str, text: &'static str, fact: &'static str) -> Item {
    Item { number, text, weight: None, fact: Some(fact) }
}

const fn author(number: &'static str, text: &'static str) -> Item {
    Item { number, text, weight: None, fact: None }
}

const fn weighted(number: &'static str, text: &'static str, weight: f64, fact: Option<&'static str>) -> Item {
    Item { number, text, weight: Some(weight), fact }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guidelines_are_complete() {
        assert_eq!((CLEAR.items.len(), METRICS.items.len(), TRIPOD_AI.items.len()), (58, 30, 52));
        for guideline in [&CLEAR, &METRICS] {
            for (i, item) in guideline.items.iter().enumerate() {
                assert_eq!(item.number, (i + 1).to_string(), "{}", guideline.name);
            }
        }
        let total: f64 = METRICS.items.iter().filter_map(|i| i.weight).sum();
        assert!((total - 1.0).abs() < 0.001, "{total}");
    }

    #[test]
    fn facts_fill_and_what_is_missing_is_said() {
        let facts = BTreeMap::from([("resampling".to_owned(), Fact::new("1 mm isotropic", "config.resolved.toml"))]);
        let filled = CLEAR.fill(&facts);
        assert_eq!((filled[21].status, filled[21].place.as_str()), (ItemStatus::Filled, "config.resolved.toml"));
        assert_eq!(filled[0].status, ItemStatus::ForTheAuthor);
        assert_eq!(filled[22].status, ItemStatus::NotInThisRun);
        assert!(fact_keys().contains(&"calibration"));
    }
}
