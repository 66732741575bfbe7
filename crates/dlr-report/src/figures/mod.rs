//! The figures: each module draws one kind from the report and returns it with its data.
//!
//! A figure whose data are not in the report is left out. Nothing here computes a metric.

mod beeswarm;
mod calibration;
mod cam;
mod confusion;
mod correlation;
mod decision;
mod dependence;
mod flow;
mod interactions;
mod lasso;
mod learning;
mod nomogram;
mod overview;
mod permutation;
mod precision_recall;
mod repeats;
mod rfe;
mod roc;
mod selection;
mod shap_bar;
mod subgroups;
mod waterfall;

pub(crate) use shap_bar::group_shares;

use crate::cast::Cast;
use crate::data::Report;
use crate::legend::{Legend, settings};

/// A drawn figure.
#[derive(Debug, Clone)]
pub(crate) struct Drawing {
    /// File stem, unique in the report.
    pub(crate) name: String,
    /// Heading.
    pub(crate) title: String,
    /// What the reader sees and how to read it.
    pub(crate) caption: String,
    /// The drawing.
    pub(crate) svg: String,
    /// Its data.
    pub(crate) csv: String,
    /// Whether it tells of models beside the declared ones: the page folds it.
    pub(crate) is_aside: bool,
}

impl Drawing {
    /// Whether the screen of a telephone shows a part of it only; the page then says so.
    pub(crate) fn is_wide(&self) -> bool {
        let width = self.svg.split(" width=\"").nth(1).and_then(|rest| rest.split('"').next());
        width.and_then(|width| width.parse().ok()).is_some_and(|width: f64| width > NARROW)
    }
}

/// What a screen of 420 pixels leaves for a figure.
const NARROW: f64 = 390.0;

/// The figures by section of the page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) overview: Vec<Drawing>,
    pub(crate) cohort: Vec<Drawing>,
    pub(crate) performance: Vec<Drawing>,
    pub(crate) certainty: Vec<Drawing>,
    pub(crate) subgroups: Vec<Drawing>,
    pub(crate) features: Vec<Drawing>,
    pub(crate) shap: Vec<Drawing>,
    pub(crate) cam: Vec<Drawing>,
}

impl Figures {
    /// Draws all that the report has data for.
    pub(crate) fn draw(report: &Report, legend: &Legend) -> Self {
        Figures {
            overview: overview::draw(report, legend),
            cohort: flow::draw(report),
            performance: [
                overview::draw_aside(report, legend),
                roc::draw(report, legend),
                precision_recall::draw(report, legend),
                calibration::draw(report, legend),
                decision::draw(report, legend),
                confusion::draw(report, legend),
            ]
            .concat(),
            certainty: [
                repeats::draw(report, legend),
                permutation::draw(report, legend),
                learning::draw(report, legend),
            ]
            .concat(),
            subgroups: subgroups::draw(report, legend),
            features: [
                selection::draw(report, legend),
                lasso::draw(report, legend),
                rfe::draw(report, legend),
                correlation::draw(report),
                nomogram::draw(report, legend),
            ]
            .concat(),
            shap: [
                beeswarm::draw(report, legend),
                shap_bar::draw(report, legend),
                waterfall::draw(report, legend),
                dependence::draw(report, legend),
                interactions::draw(report, legend),
            ]
            .concat(),
            cam: cam::draw(report, legend),
        }
    }

    /// All of them, in the order of the page.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Drawing> {
        let Figures { overview, cohort, performance, certainty, subgroups, features, shap, cam } = self;
        [overview, cohort, performance, certainty, subgroups, features, shap, cam].into_iter().flatten()
    }
}

/// What the figures of several models show together, setting by setting.
fn casts<'a>(report: &'a Report, legend: &Legend) -> Vec<Cast<'a>> {
    settings(report).into_iter().flat_map(|setting| Cast::all(report, legend, setting)).collect()
}

/// Greatest width of a feature name beside a plot, in letters.
const NAME_CHARS: usize = 60;
