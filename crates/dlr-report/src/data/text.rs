//! Words: the question, sentences for the first page, audits and guideline tables.

use serde::{Deserialize, Serialize};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// One or more paragraphs.
    pub asked: Vec<String>,
    /// The positive class in words, for example `high grade (FNCLCC 2 or 3)`.
    pub positive: String,
    /// The negative class in words.
    pub negative: String,
    /// Name of the model that was declared primary in advance; empty: the last in `models`.
    pub primary_model: String,
    /// The protocol in words: folds, repeats, what is fitted where.
    pub protocol: Vec<String>,
}

/// Sentences for the first page, added to those that the renderer writes from the numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// On whom.
    pub whom: Vec<String>,
    /// How good.
    pub how_good: Vec<String>,
    /// How sure.
    pub how_sure: Vec<String>,
    /// Where it looks.
    pub where_it_looks: Vec<String>,
    /// What would make it wrong.
    pub what_would_make_it_wrong: Vec<String>,
}

/// One check over the data or the protocol.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Audit {
    /// Short name, for example `patient in two folds`.
    pub name: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found, with the number.
    pub finding: String,
    /// What to do about it; may be empty.
    pub advice: String,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The question does not arise in this study; nothing was checked.
    NotApplicable,
    /// As it should be.
    #[default]
    Pass,
    /// Read the finding before you trust the figures.
    Warn,
    /// The figures do not mean what they seem to.
    Fail,
}

/// A reporting guideline (CLEAR, TRIPOD+AI, METRICS, CLAIM).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Guideline {
    /// Its name.
    pub name: String,
    /// Its items.
    pub items: Vec<GuidelineItem>,
}

/// One item of a guideline.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GuidelineItem {
    /// Number in the guideline.
    pub number: String,
    /// What it asks.
    pub item: String,
    /// What the software knows about it; empty: for the author to fill in.
    pub answer: String,
    /// Where the evidence is: a file of the run folder or a section of the report; may be empty.
    pub section: String,
}
