//! Holds `docs/stages.md` to the registry: every step has a section, every key a row with the default it takes.

use crate::{Registry, config::Stage};
use std::{collections::BTreeSet, path::Path};

#[test]
fn the_page_lists_every_image_step_key_and_default() {
    let page = include_str!("../../../../docs/stages.md");
    let registry = Registry::builtin();
    let sections: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
    let names: BTreeSet<&str> = registry.image_steps.names().chain(registry.image_learners.names()).collect();
    assert_eq!(sections, names);
    let mut problems = Vec::new();
    for (name, given) in names.iter().flat_map(|name| needed(name).iter().map(move |given| (*name, *given))) {
        let stage = Stage { stage: name.to_owned(), params: toml::from_str(given).unwrap() };
        let (_, resolved) =
            crate::images::make(&registry.image_steps, &registry.image_learners, &stage, "", Path::new("")).unwrap();
        let section = page.split(&format!("## `{name}`\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        for (key, value) in &resolved.params {
            let Some(row) = section.lines().find(|line| line.starts_with(&format!("| `{key}` |"))) else {
                problems.push(format!("{name}: no row for `{key}`"));
                continue;
            };
            if !stage.params.contains_key(key) && !row.contains(&format!("| `{value}` |")) {
                problems.push(format!("{name}: `{key}` takes {value}, the page says: {row}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The keys without a default, once for each kind of step that a name stands for.
fn needed(name: &str) -> &'static [&'static str] {
    match name {
        "resample" => &["spacing_mm = [1.0, 1.0, 1.0]"],
        "masks" => &["name = \"near\"\nexpression = \"mass\""],
        "resize" | "pad" => &["shape = [8, 8, 8]"],
        "filter" => &[
            "kind = \"mean\"\nsupport = 3",
            "kind = \"log\"\nsigma_mm = 2.0",
            "kind = \"laws\"\nkernels = \"L5E5S5\"\nrotation_invariance = \"max\"\nenergy_distance = 2",
            "kind = \"gabor\"\nsigma_mm = 2.0\nlambda_mm = 4.0\ntheta_deg = [0.0]",
            "kind = \"wavelet\"\nwavelet = \"coif1\"\nband = \"LHL\"\nrotation_invariance = \"mean\"",
            "kind = \"simoncelli\"",
            "kind = \"riesz\"\norder = [1, 0, 0]\nlog_sigma_mm = 2.0",
            "kind = \"riesz\"\norder = [1, 0, 0]\nsimoncelli_level = 1",
        ],
        "filter-pyradiomics" => &[
            "kind = \"log\"\nsigma_mm = 2.0",
            "kind = \"wavelet\"\nband = \"LLH\"",
            "kind = \"square\"",
            "kind = \"gradient\"",
            "kind = \"lbp2d\"",
            "kind = \"lbp3d\"",
        ],
        _ => &[""],
    }
}
