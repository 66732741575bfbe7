//! Shapes that belong together, checked once before anything is drawn. Values are not judged here.

use crate::data::{CamPlane, Report};
use dlr_core::{Code, Error, Result};
use std::collections::BTreeSet;

/// Largest side of a map slice; more would not fit a page.
const MAX_SIDE: usize = 2048;

/// Refuses lists and tables whose lengths disagree, and models that stand twice in one section.
pub(crate) fn check(report: &Report) -> Result<()> {
    results(report)?;
    paths(report)?;
    explanations(report)?;
    if let Some(cam) = &report.cam {
        for case in &cam.cases {
            for plane in &case.planes {
                slices(plane).map_err(|e| e.for_case(&case.case))?;
            }
        }
    }
    Ok(())
}

fn results(report: &Report) -> Result<()> {
    let settings = report.models.iter().chain(&report.baselines);
    once("models", settings.map(|m| format!("{} in {}", m.name, crate::legend::setting_slug(m.setting))))?;
    once("permutations", report.permutations.iter().map(|p| p.model.clone()))?;
    once("optimism", report.optimism.iter().map(|o| o.model.clone()))?;
    once("learning_curves", report.learning_curves.iter().map(|c| c.model.clone()))?;
    once("selections", report.selections.iter().map(|s| s.model.clone()))?;
    for row in report.cohort_table.iter().flat_map(|t| t.rows.iter().map(move |r| (t.groups.len(), r))) {
        same(&format!("cells of Table 1, `{}`", row.1.variable), row.0, row.1.cells.len())?;
    }
    Ok(())
}

fn paths(report: &Report) -> Result<()> {
    once("lasso_paths", report.lasso_paths.iter().map(|p| p.model.clone()))?;
    for p in &report.lasso_paths {
        table(&format!("LASSO coefficients of {}", p.model), &p.coefficients, [p.names.len(), p.lambda.len()])?;
        for list in [&p.cv_mean, &p.cv_low, &p.cv_high] {
            same_or_empty(&format!("LASSO curve of {}", p.model), p.lambda.len(), list.len())?;
        }
    }
    once("rfe_curves", report.rfe_curves.iter().map(|c| c.model.clone()))?;
    for c in &report.rfe_curves {
        same(&format!("RFE curve of {}", c.model), c.n_features.len(), c.score.len())?;
        for list in [&c.low, &c.high] {
            same_or_empty(&format!("RFE band of {}", c.model), c.n_features.len(), list.len())?;
        }
    }
    if let Some(map) = &report.correlation {
        let n = map.names.len();
        table("correlations", &map.values, [n, n])?;
        once("order of the correlation map", map.order.iter().map(usize::to_string))?;
        if let Some(at) = map.order.iter().find(|at| **at >= n) {
            return Err(mismatch("order of the correlation map").expected(format!("positions below {n}")).found(at));
        }
    }
    Ok(())
}

fn explanations(report: &Report) -> Result<()> {
    once("nomograms", report.nomograms.iter().map(|n| n.model.clone()))?;
    for axis in report.nomograms.iter().flat_map(|n| &n.axes) {
        same(&format!("points of the nomogram axis `{}`", axis.name), axis.value.len(), axis.points.len())?;
    }
    once("shap", report.shap.iter().map(|s| s.model.clone()))?;
    for s in &report.shap {
        let shape = [s.cases.len(), s.names.len()];
        table(&format!("SHAP values of {}", s.model), &s.values, shape)?;
        table(&format!("SHAP data of {}", s.model), &s.data, shape)?;
        same_or_empty(&format!("SHAP bases of {}", s.model), s.cases.len(), s.base_of_case.len())?;
        same_or_empty(&format!("SHAP groups of {}", s.model), s.names.len(), s.groups.len())?;
        same_or_empty(&format!("SHAP truth of {}", s.model), s.cases.len(), s.positive.len())?;
    }
    Ok(())
}

fn slices(plane: &CamPlane) -> Result<()> {
    let (rows, cols) = (plane.image.rows, plane.image.cols);
    if !(1..=MAX_SIDE).contains(&rows) || !(1..=MAX_SIDE).contains(&cols) {
        return Err(mismatch("map slice")
            .expected(format!("1 to {MAX_SIDE} pixels a side"))
            .found(format!("{rows} x {cols}")));
    }
    if !plane.spacing_mm.iter().all(|s| s.is_finite() && *s > 0.0) {
        return Err(mismatch("spacing of a map slice").expected("above 0 mm").found(format!("{:?}", plane.spacing_mm)));
    }
    let masks = std::iter::once(&plane.tumour).chain(&plane.ring).map(|m| (m.rows, m.cols, m.inside.len()));
    let values = [&plane.image, &plane.map].map(|s| (s.rows, s.cols, s.values.len()));
    match values.into_iter().chain(masks).find(|found| *found != (rows, cols, rows * cols)) {
        Some((r, c, n)) => Err(mismatch("slices of a plane")
            .expected(format!("{rows} x {cols} and {} values", rows * cols))
            .found(format!("{r} x {c} and {n} values"))),
        None => Ok(()),
    }
}

fn once(section: &str, names: impl Iterator<Item = String>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in names {
        if let Some(name) = seen.replace(name) {
            return Err(mismatch(section).expected("each entry once").found(format!("`{name}` twice")));
        }
    }
    Ok(())
}

fn table(what: &str, rows: &[Vec<f64>], [n_rows, n_cols]: [usize; 2]) -> Result<()> {
    same(what, n_rows, rows.len())?;
    rows.iter().try_for_each(|row| same(what, n_cols, row.len()))
}

fn same(what: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(mismatch(what).expected(format!("{expected} entries")).found(found)) }
}

fn same_or_empty(what: &str, expected: usize, found: usize) -> Result<()> {
    if found == 0 { Ok(()) } else { same(what, expected, found) }
}

fn mismatch(what: &str) -> Error {
    Error::new(Code::TableMismatch, format!("the report does not fit together: {what}"))
}
