//! `report.html`: sections of paragraphs, tables and figures, set by one template.
//!
//! Askama escapes every value except the drawings, whose text was escaped when they were drawn. The page allows itself
//! no script and no request, but for the [`viewer`] where it is asked for.

mod answers;
mod sections;
mod table;
mod viewer;

use crate::data::Report;
use crate::figures::{Drawing, Figures};
use crate::format::printable;
use crate::legend::Legend;
use askama::Template;
use dlr_core::{Code, Error, Result};
use table::Table;

const NOTICE: &str = "Research use only. Not for diagnosis or treatment.";

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    title: &'a str,
    notice: &'a str,
    answers: Vec<Answer>,
    overview: &'a [Drawing],
    sections: Vec<Section<'a>>,
}

/// A question of the first page, and sentences.
#[derive(Debug, Clone)]
struct Answer {
    question: &'static str,
    sentences: Vec<String>,
}

/// A part of the page.
#[derive(Debug, Clone)]
struct Section<'a> {
    id: &'static str,
    heading: &'static str,
    blocks: Vec<Block<'a>>,
}

/// A piece of a section.
#[derive(Debug, Clone)]
enum Block<'a> {
    Text(String),
    Heading(&'static str),
    List(Vec<String>),
    Table(Table),
    Figure(&'a Drawing),
    Verbatim(&'a str),
    /// What follows, up to the end, is folded under this line: readers open it, paper leaves it out.
    Fold(String),
    FoldEnd,
}

/// The page.
pub(crate) fn html(report: &Report, legend: &Legend, figures: &Figures) -> Result<String> {
    let title = if report.title.is_empty() { "Report" } else { &report.title };
    let notice = if report.notice.is_empty() { NOTICE } else { &report.notice };
    let page = Page {
        title,
        notice,
        answers: answers::answers(report, legend),
        overview: &figures.overview,
        sections: sections::sections(report, legend, figures),
    };
    let html = page.render().map_err(|e| Error::new(Code::Contract, format!("the page could not be set: {e}")))?;
    viewer::add(printable(&html), report.cam.as_ref())
}
