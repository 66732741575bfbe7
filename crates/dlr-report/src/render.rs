//! [`render`]: from a report to a page and its figures, in memory.

use crate::check::check;
use crate::data::Report;
use crate::figures::Figures;
use crate::legend::Legend;
use crate::page;
use dlr_core::Result;

/// A rendered report. The same [`Report`] gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// `report.html`: one file that needs no other and runs no script.
    pub html: String,
    /// The figures of the page, in its order.
    pub figures: Vec<Figure>,
}

/// A figure as a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// File stem of letters, digits and hyphens, unique in the report: `figures/NAME.svg`, `figures/NAME.csv`.
    pub name: String,
    /// The drawing.
    pub svg: String,
    /// Its data.
    pub csv: String,
}

/// Draws the figures of a report and sets them into a page. Sections without data are left out.
///
/// # Errors
/// [`dlr_core::Code::TableMismatch`] where lists that belong together differ in length, or a model stands twice in a
/// section.
///
/// # Example
/// ```
/// use dlr_report::{Report, render};
///
/// let rendered = render(&Report { title: "A <small> run".into(), ..Report::default() })?;
/// assert!(rendered.html.contains("A &#60;small&#62; run"));
/// assert!(rendered.figures.is_empty());
/// # Ok::<(), dlr_core::Error>(())
/// ```
pub fn render(report: &Report) -> Result<Rendered> {
    check(report)?;
    let legend = Legend::of(report);
    let figures = Figures::draw(report, &legend);
    let html = page::html(report, &legend, &figures)?;
    let figures = figures
        .all()
        .map(|drawing| Figure { name: drawing.name.clone(), svg: drawing.svg.clone(), csv: drawing.csv.clone() })
        .collect();
    Ok(Rendered { html, figures })
}
