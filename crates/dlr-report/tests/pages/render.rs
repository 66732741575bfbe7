//! The rendered page: well-formed, deterministic, escaped, self-contained, small, and a snapshot of it as text.

use crate::made_up::{SMALL, STUDY, made_up};
use dlr_report::data::*;
use dlr_report::{Rendered, Report, render};
use roxmltree::{Document, ParsingOptions};
use std::collections::BTreeSet;

const EVIL: &str = "<script>alert('x')</script>\"\n=HYPERLINK(\"http://e.x\")&amp;\u{0}\u{202e}]]>-->";

fn parse_page(html: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(html, options).unwrap_or_else(|e| panic!("the page is not well-formed: {e}"))
}

fn study() -> Rendered {
    render(&made_up(STUDY)).expect("the made-up report fits together")
}

#[test]
fn every_figure_of_a_full_report_is_drawn_and_well_formed() {
    let rendered = study();
    let stems: BTreeSet<&str> = rendered.figures.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(stems.len(), rendered.figures.len(), "names are unique");
    let wanted = [
        "overview",
        "flow",
        "roc-train-cv",
        "roc-external",
        "roc-bands-external",
        "precision-recall-external",
        "calibration-external",
        "decision-external",
        "confusion-external",
        "repeats",
        "permutation-dlr",
        "learning",
        "subgroups-dlr-external",
        "selection-intra",
        "selection-dlr",
        "lasso-dlr",
        "rfe-dlr",
        "correlation",
        "shap-beeswarm-dlr",
        "shap-bar-dlr",
        "shap-waterfall-dlr",
        "shap-dependence-dlr",
        "shap-interactions-dlr",
        "cam-01-sts-000",
        "nomogram-dlr",
    ];
    let missing: Vec<_> = wanted.iter().filter(|w| !stems.contains(*w)).collect();
    assert!(missing.is_empty(), "not drawn: {missing:?}");
    for figure in &rendered.figures {
        let document = Document::parse(&figure.svg).unwrap_or_else(|e| panic!("{}: {e}", figure.name));
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"), "{}", figure.name);
        for tag in ["title", "desc"] {
            let text =
                root.children().find(|n| n.has_tag_name(("http://www.w3.org/2000/svg", tag))).and_then(|n| n.text());
            assert!(text.is_some_and(|t| t.len() > 5), "{} has no {tag}", figure.name);
        }
        let lengths: BTreeSet<_> = figure.csv.lines().map(|l| l.matches(',').count() > 0).collect();
        assert_eq!(lengths, BTreeSet::from([true]), "{} has an empty line", figure.name);
        assert!(figure.csv.lines().count() > 1, "{} has no data", figure.name);
        let drawn = document.descendants().flat_map(|n| n.attributes()).filter(|a| a.name() != "href");
        let undefined: Vec<_> = drawn.map(|a| a.value()).filter(|v| v.contains("NaN") || v.contains("inf")).collect();
        assert!(undefined.is_empty(), "{}: {undefined:?}", figure.name);
    }
}

/// A study of which three models were declared and ten more were fitted beside them.
fn with_others() -> Report {
    let mut report = made_up(STUDY);
    let pattern = report.models.clone();
    for i in 0..10 {
        for of in pattern.iter().filter(|m| m.name == pattern[0].name) {
            let label = format!("Deep-learning radiomics, concatenated, kind {i}");
            report.models.push(ModelResult { name: format!("other-{i}"), label, ..of.clone() });
        }
    }
    report.selections.push(Selection { model: "other-0".into(), ..report.selections[0].clone() });
    report.shap.push(Shap { model: "other-1".into(), ..report.shap[0].clone() });
    report.question.primary_model = "dlr".into();
    let undeclared = Comparison { first: "other-0".into(), p_adjusted: f64::NAN, ..report.comparisons[0].clone() };
    report.comparisons.push(undeclared);
    let name = "Deep-learning radiomics, concatenated, kind 0: volume-baseline".into();
    report.audits.push(Audit { name, ..report.audits[0].clone() });
    report
}

#[test]
fn what_was_not_declared_is_folded_and_six_lines_share_a_figure() {
    let rendered = render(&with_others()).unwrap();
    let stems: BTreeSet<&str> = rendered.figures.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(stems.len(), rendered.figures.len(), "names are unique");
    let page = parse_page(&rendered.html);
    let is_folded = |node: &roxmltree::Node<'_, '_>| node.ancestors().any(|a| a.has_tag_name("details"));
    let figures: Vec<_> = page.descendants().filter(|n| n.has_tag_name("figure")).collect();
    let (folded, open): (Vec<_>, Vec<_>) = figures.iter().partition(|f| is_folded(f));
    let names = |of: &[roxmltree::Node<'_, '_>]| -> Vec<String> {
        of.iter().map(|f| f.attribute("id").unwrap().replace("figure-", "")).collect()
    };
    let (folded, open) = (names(&folded), names(&open));
    for name in ["overview-others", "roc-external-2", "roc-external-3", "selection-other-0", "shap-bar-other-1"] {
        assert!(folded.iter().any(|f| f == name), "{name} is not folded: {folded:?}");
    }
    for name in ["overview", "roc-external", "shap-bar-dlr", "subgroups-dlr-external", "correlation"] {
        assert!(open.iter().any(|f| f == name), "{name} is not in sight: {open:?}");
    }
    assert_eq!(folded.len() + open.len(), rendered.figures.len());
    // No line looks like another of its figure.
    for figure in rendered.figures.iter().filter(|f| f.name.starts_with("roc-") && !f.name.contains("bands")) {
        let document = Document::parse(&figure.svg).unwrap();
        let is_curve = |n: &roxmltree::Node<'_, '_>| {
            n.attribute("fill") == Some("none") && n.attribute("d").is_some_and(|d| d.matches('L').count() > 4)
        };
        let lines = document.descendants().filter(is_curve);
        let looks: Vec<_> = lines.map(|l| (l.attribute("stroke"), l.attribute("stroke-dasharray"))).collect();
        assert!(looks.len() > 2, "{} has {} lines", figure.name, looks.len());
        assert_eq!(looks.iter().collect::<BTreeSet<_>>().len(), looks.len(), "{}: {looks:?}", figure.name);
    }
    for table in page.descendants().filter(|n| n.has_tag_name("table")) {
        let caption = table.descendants().find(|n| n.has_tag_name("caption")).and_then(|c| c.text()).unwrap();
        let n_columns =
            table.descendants().filter(|n| n.has_tag_name("th") && n.attribute("scope") == Some("col")).count();
        assert!(n_columns <= 10, "{caption}: {n_columns} columns");
        let text: String = table.descendants().filter_map(|n| n.text()).collect();
        assert_eq!(text.contains("kind 0"), is_folded(&table) && text.contains("kind 0"), "{caption} tells of others");
    }
}

#[test]
fn nothing_is_drawn_outside_its_canvas() {
    let mut misses = Vec::new();
    for figure in study().figures {
        let document = Document::parse(&figure.svg).unwrap();
        let number =
            |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).and_then(|v| v.parse::<f64>().ok());
        let root = document.root_element();
        let (width, height) = (number(root, "width").unwrap(), number(root, "height").unwrap());
        for node in root.descendants().filter(|n| n.is_element()) {
            for (name, end) in [
                ("x", width),
                ("x1", width),
                ("x2", width),
                ("cx", width),
                ("y", height),
                ("y1", height),
                ("y2", height),
                ("cy", height),
            ] {
                if let Some(value) = number(node, name).filter(|v| *v < -0.5 || *v > end + 0.5) {
                    misses.push(format!(
                        "{}: {} {name}={value}, canvas {width} x {height}",
                        figure.name,
                        node.tag_name().name()
                    ));
                }
            }
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn the_page_is_well_formed_self_contained_and_small() {
    let rendered = study();
    let page = parse_page(&rendered.html);
    let forbidden = ["script", "iframe", "object", "embed", "img", "form", "base"];
    for node in page.descendants().filter(|n| n.is_element()) {
        let tag = node.tag_name().name();
        assert!(!forbidden.contains(&tag), "{tag}");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on"), "{tag} {name}");
            let is_link = tag == "a" && (value.starts_with('#') || value.starts_with("figures/"));
            assert!(!matches!(name, "href" | "src") || value.starts_with("data:") || is_link, "{tag} {name}={value}");
        }
    }
    let policy = page.descendants().find(|n| n.attribute("http-equiv") == Some("Content-Security-Policy")).unwrap();
    assert_eq!(policy.attribute("content"), Some("default-src 'none'; img-src data:; style-src 'unsafe-inline'"));
    assert!(rendered.html.len() < 10_000_000, "{} bytes", rendered.html.len());
    let ids: Vec<_> = page.descendants().filter_map(|n| n.attribute("id")).collect();
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len(), "an id stands twice");
    for node in page.descendants() {
        for target in node.attribute("aria-labelledby").unwrap_or_default().split_whitespace() {
            assert!(unique.contains(&target), "{target} is not in the page");
        }
        if let Some(target) = node.attribute("href").and_then(|h| h.strip_prefix('#')) {
            assert!(unique.contains(&target), "#{target} leads nowhere");
        }
    }
}

#[test]
fn headings_go_down_by_one() {
    let html = study().html;
    let page = parse_page(&html);
    let level = |tag: &str| tag.strip_prefix('h').and_then(|n| n.parse::<u32>().ok());
    let levels: Vec<u32> =
        page.descendants().filter(|n| n.is_element()).filter_map(|n| level(n.tag_name().name())).collect();
    assert_eq!(levels.iter().filter(|l| **l == 1).count(), 1);
    assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "{levels:?}");
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let json = serde_json::to_string(&made_up(STUDY)).unwrap();
    let back: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(render(&back).unwrap(), study(), "also after a walk through report.json");
}

#[test]
fn text_from_files_cannot_break_out() {
    let mut report = made_up(SMALL);
    let evil = || String::from(EVIL);
    report.title = evil();
    report.notice = evil();
    report.question.asked.push(evil());
    report.question.positive = evil();
    report.answers.how_sure.push(evil());
    report.cohort.exclusions[0].reason = evil();
    report.cohort.exclusions[0].cases[0] = evil();
    report.cohort.groups[0].center = evil();
    report.cohort.groups[0].role = evil();
    report.configuration = evil();
    report.subgroups[0].variable = evil();
    report.subgroups[0].level = evil();
    report.audits[0].finding = evil();
    report.provenance.hashes[0].name = evil();
    report.comparisons[0].method = evil();
    for model in report.models.iter_mut().filter(|m| m.name == "intra") {
        model.name = evil();
        model.label = evil();
        model.threshold.rule = evil();
        model.auc.method = evil();
    }
    report.selections[0].model = evil();
    report.selections[0].features[0].name = evil();
    report.selections[0].features[0].group = evil();
    report.lasso_paths[0].names[0] = evil();
    report.lasso_paths[0].cv_metric = evil();
    report.rfe_curves[0].metric = evil();
    report.rfe_curves[0].model = evil();
    if let Some(map) = &mut report.correlation {
        map.names[0] = evil();
        map.method = evil();
    }
    report.shap[0].names[0] = evil();
    report.shap[0].groups[0] = evil();
    report.shap[0].cases[0] = evil();
    if let Some(cam) = &mut report.cam {
        cam.method = evil();
        cam.cases[0].case = evil();
        cam.cases[0].planes[0].position = evil();
        cam.cases[0].planes[0].edges[0] = evil();
    }
    let rendered = render(&report).unwrap();
    let page = parse_page(&rendered.html);
    assert_eq!(page.descendants().filter(|n| n.has_tag_name("script")).count(), 0);
    assert!(!rendered.html.contains("<script"), "no raw script tag in any form");
    assert!(!rendered.html.contains(['\u{0}', '\u{202e}']));
    for figure in &rendered.figures {
        let document = Document::parse(&figure.svg).unwrap_or_else(|e| panic!("{}: {e}", figure.name));
        assert!(document.descendants().all(|n| n.tag_name().name() != "script"), "{}", figure.name);
        assert!(!figure.svg.contains("<script") && !figure.svg.contains('\u{0}'), "{}", figure.name);
        assert!(
            figure.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{}",
            figure.name
        );
        assert!(figure.csv.lines().all(|l| !l.starts_with('=') && !l.contains(",=")), "{}", figure.name);
    }
}

#[test]
fn figures_of_nothing_and_of_undefined_numbers_do_not_panic() {
    assert!(render(&Report::default()).unwrap().figures.is_empty());
    let mut report = made_up(SMALL);
    for model in &mut report.models {
        *model = ModelResult {
            name: model.name.clone(),
            setting: model.setting,
            roc: model.roc.clone(),
            ..ModelResult::default()
        };
    }
    let shap = &mut report.shap[0];
    for row in shap.data.iter_mut().chain(&mut shap.values).chain(&mut report.lasso_paths[0].coefficients) {
        row.fill(f64::NAN);
    }
    report.permutations[0].observed = f64::NAN;
    report.permutations[0].permuted.fill(f64::NAN);
    if let Some(cam) = &mut report.cam {
        cam.cases[0].planes[0].map.values.fill(f64::NAN);
        cam.cases[0].planes[0].image.values.fill(f64::INFINITY);
    }
    let rendered = render(&report).unwrap();
    parse_page(&rendered.html);
    assert!(!rendered.html.contains("NaN"));
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    type Spoil = fn(&mut Report);
    let spoils: [(&str, Spoil); 7] = [
        ("models", |r| r.models.push(r.models[0].clone())),
        ("SHAP values", |r| _ = r.shap[0].values[0].pop()),
        ("SHAP groups", |r| _ = r.shap[0].groups.pop()),
        ("LASSO coefficients", |r| _ = r.lasso_paths[0].lambda.pop()),
        ("correlations", |r| _ = r.correlation.as_mut().map(|c| c.values.pop())),
        ("slices", |r| _ = r.cam.as_mut().map(|c| c.cases[0].planes[0].tumour.inside.pop())),
        ("Table 1", |r| _ = r.cohort_table.as_mut().map(|t| t.rows[0].cells.pop())),
    ];
    for (what, spoil) in spoils {
        let mut report = made_up(SMALL);
        spoil(&mut report);
        let error = render(&report).expect_err(what);
        assert_eq!(error.code(), dlr_core::Code::TableMismatch);
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn the_first_page_says_plainly_what_was_not_shown() {
    let mut report = made_up(SMALL);
    for model in &mut report.models {
        model.auc = Interval { value: 0.6, low: 0.41, high: 0.79, method: "DeLong".into() };
    }
    let html = render(&report).unwrap().html;
    assert!(html.contains("these cases do not show that the model is better than chance"));
    for model in &mut report.models {
        model.auc.low = 0.52;
    }
    let html = render(&report).unwrap().html;
    assert!(html.contains("The interval lies above 0.5") && !html.contains("do not show that the model"));
}

/// The study has three comparisons and as many warnings: the first page names the primary model's comparisons, each failed
/// audit, and all warnings in one sentence.
#[test]
fn the_first_page_stays_short() {
    let mut report = made_up(SMALL);
    let warning = Audit { verdict: Verdict::Warn, finding: "a long finding".into(), ..Audit::default() };
    for i in 0..20 {
        report.audits.push(Audit { name: format!("warning-{i}"), ..warning.clone() });
    }
    let html = render(&report).unwrap().html;
    let page = parse_page(&html);
    let answers = page.descendants().find(|n| n.attribute("id") == Some("answers")).unwrap();
    let sentences: Vec<String> = answers
        .descendants()
        .filter(|n| n.tag_name().name() == "p")
        .map(|n| n.text().unwrap_or_default().to_owned())
        .collect();
    assert!(sentences.len() <= 30, "{sentences:#?}");
    assert!(!sentences.iter().any(|s| s.contains("a long finding")), "{sentences:#?}");
    assert!(sentences.iter().any(|s| s.contains("warning-3; warning-4")), "{sentences:#?}");
    let others = sentences.iter().filter(|s| s.contains("difference of AUC")).count();
    let of_primary = report.comparisons.iter().filter(|c| c.first == "dlr" || c.second == "dlr").count();
    assert_eq!(others, of_primary, "{sentences:#?}");
}

#[test]
fn page_snapshot() {
    insta::assert_snapshot!(without_pixels(&render(&made_up(SMALL)).unwrap().html));
}

/// The page with each embedded picture as a word: the bytes of a PNG depend on which deflate library the build has
/// chosen, its pixels do not.
fn without_pixels(html: &str) -> String {
    let mut parts = html.split("data:image/png;base64,");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += "data:image/png;base64,PIXELS";
        text += part.find('"').map_or("", |end| &part[end..]);
    }
    text
}
