//! Holds the pages of the stages to the registry: every stage has a section, every key a row with the default it takes.

use crate::{
    Registry,
    config::{
        AuditSection, CohortSection, ExperimentFile, ModelSection, PipelineSection, ReportSection, ShapSection, Stage,
        SubgroupSection, ValidationSection,
    },
    make::{Maker, tests::FILE},
    registry::Shelf,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, path::Path};
use toml::{Table, Value};

/// What a page says against what stages are made with.
struct Page {
    text: &'static str,
    problems: Vec<String>,
    /// Headings that a stage was found for.
    seen: BTreeSet<String>,
}

impl Page {
    fn new(text: &'static str) -> Self {
        Page { text, problems: Vec::new(), seen: BTreeSet::new() }
    }

    /// The section under `heading` has a row for every key of `resolved`, with the default where the file gave none.
    fn check(&mut self, heading: &str, given: &Stage, resolved: &Stage) {
        self.seen.insert(heading.to_owned());
        let Some(section) = self.text.split(&format!("\n{heading}\n")).nth(1) else {
            return self.problems.push(format!("no section `{heading}`"));
        };
        let section = section.split("\n##").next().unwrap();
        for (key, value) in &resolved.params {
            let Some(row) = section.lines().find(|line| line.starts_with(&format!("| `{key}` |"))) else {
                self.problems.push(format!("{heading}: no row for `{key}`"));
                continue;
            };
            if !given.params.contains_key(key) && !row.contains(&format!("| `{value}` |")) {
                self.problems.push(format!("{heading}: `{key}` takes {value}, the page says: {row}"));
            }
        }
    }

    fn shelf<T: ?Sized>(&mut self, shelf: &Shelf<T>, prefix: &str, keys: &[(&str, &str)], folder: &Path) {
        for name in shelf.names() {
            let given = keys.iter().find(|(stage, _)| *stage == name).map_or("", |(_, given)| given);
            let given = Stage { stage: name.to_owned(), params: toml::from_str(given).unwrap() };
            match shelf.make_resolved(&given, "block", folder) {
                Ok((_, resolved)) => self.check(&format!("{prefix}`{name}`"), &given, &resolved),
                Err(error) => self.problems.push(format!("{name}: {error}")),
            }
        }
    }

    /// A section of the file itself; keys of a table in it stand with its name in front, as `--set` takes them.
    fn section<T: Serialize + DeserializeOwned>(&mut self, heading: &str, given: &str) {
        let stage = |params: Table| Stage { stage: heading.to_owned(), params };
        let section: T = toml::from_str(given).unwrap();
        let mut resolved = Table::new();
        for (key, value) in Table::try_from(section).unwrap() {
            match value {
                Value::Table(inner) if !inner.contains_key("stage") => {
                    resolved.extend(inner.into_iter().map(|(name, value)| (format!("{key}.{name}"), value)));
                }
                value => drop(resolved.insert(key, value)),
            }
        }
        self.check(heading, &stage(toml::from_str(given).unwrap()), &stage(resolved));
    }

    /// Every heading that names a stage belongs to one.
    fn finish(mut self, prefixes: &[&str]) {
        for line in self.text.lines() {
            let names_a_stage = prefixes.iter().any(|prefix| line.starts_with(&format!("{prefix}`")));
            if names_a_stage && !self.seen.contains(line) {
                self.problems.push(format!("`{line}` is no stage"));
            }
        }
        assert!(self.problems.is_empty(), "{}", self.problems.join("\n"));
    }
}

#[test]
fn the_page_lists_every_image_step_key_and_default() {
    let registry = Registry::builtin();
    let mut page = Page::new(include_str!("../../../../docs/stages.md"));
    let names: BTreeSet<&str> = registry.image_steps.names().chain(registry.image_learners.names()).collect();
    for (name, given) in names.iter().flat_map(|name| needed(name).iter().map(move |given| (*name, *given))) {
        let stage = Stage { stage: name.to_owned(), params: toml::from_str(given).unwrap() };
        let (_, resolved) =
            crate::images::make(&registry.image_steps, &registry.image_learners, &stage, "", Path::new("")).unwrap();
        page.check(&format!("## `{name}`"), &stage, &resolved);
    }
    page.finish(&["## "]);
}

#[test]
fn the_page_lists_every_source_and_extractor_key_and_default() {
    let folder = tempfile::tempdir().unwrap();
    // A manifest is refused where its files do not exist; they are not read before a case is.
    for (file, text) in
        [("m.csv", "ID,Image,Mask,label\na,a.nii,a.nii,1\n"), ("a.nii", ""), ("t.csv", "ID,Target,x\na,1,2\n")]
    {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let registry = Registry::builtin();
    let mut page = Page::new(include_str!("../../../../docs/sources-and-features.md"));
    let path = "path = \"t.csv\"";
    page.shelf(&registry.sources, "## Source ", &[("manifest", "path = \"m.csv\""), ("table", path)], folder.path());
    let region = "mask = \"mass\"";
    let bins = "mask = \"mass\"\nparams = { bins = { n_bins = 32 } }";
    // Left empty, `params` resolves to the whole of pyradiomics' defaults, which no row could hold.
    let region = format!("{region}\nparams = {{}}");
    let given = [
        ("radiomics", region.as_str()),
        ("radiomics-ibsi", bins),
        ("table", path),
        ("clinical", "columns = [\"age\"]"),
    ];
    page.shelf(&registry.extractors, "## Extractor ", &given, folder.path());
    page.finish(&["## Source ", "## Extractor "]);
}

#[test]
fn the_page_lists_every_table_step_model_and_splitter_key_and_default() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), "0_train,0_test\na,b\n").unwrap();
    let registry = Registry::builtin();
    let mut page = Page::new(include_str!("../../../../docs/modelling-stages.md"));
    page.shelf(&registry.table_steps, "### ", &[("rfe-cv", "rfe = { c = 1.0 }")], folder.path());
    page.shelf(&registry.models, "### ", &[], folder.path());
    // These two are made of other parts of the file, so no shelf holds them.
    let file = ExperimentFile::parse(FILE, &[]).unwrap();
    let maker = Maker { file: &file, registry: &registry, folder: Path::new(""), prepared: None };
    let icc = "readings = [[\"intra\"], [\"intra\"]]";
    let given = Stage { stage: "icc".to_owned(), params: toml::from_str(icc).unwrap() };
    page.check("### `icc`", &given, &maker.step(&given).unwrap().1);
    let blocks = "blocks = [{ name = \"a\", prefixes = [\"intra_\"], pipeline = \"plain\" }]";
    let given = Stage { stage: "stacked".to_owned(), params: toml::from_str(blocks).unwrap() };
    let section = PipelineSection { steps: Vec::new(), model: given.clone(), tuning: Default::default() };
    page.check("### `stacked`", &given, &maker.pipeline(&section).unwrap().1.model);
    page.shelf(&registry.splitters, "### ", &[("listed", "path = \"t.csv\"")], folder.path());
    let given = "splitter = { stage = \"kfold\" }";
    page.section::<ValidationSection>("## Keys of `validation`", given);
    page.section::<ShapSection>("## Explanations", "");
    page.finish(&["### "]);
}

#[test]
fn the_page_of_the_file_lists_every_key_and_default() {
    let text = include_str!("../../../../docs/experiment-file.md");
    let mut page = Page::new(text);
    page.section::<CohortSection>("## Keys of `cohort`", "params = {}\npositive = \"a\"\nnegative = \"b\"");
    page.section::<ModelSection>(
        "## Keys of `models`",
        "name = \"a\"\ntitle = \"A\"\nblocks = [\"a\"]\npipeline = \"p\"",
    );
    page.section::<SubgroupSection>("## Keys of `subgroups`", "column = \"age\"\ncut = 1.0");
    page.section::<AuditSection>("## Keys of `audits`", "volume = \"a\"");
    page.section::<ReportSection>(
        "## Keys of `report`",
        "ring = \"peri\"\nlocalise = [\"mass\"]\ncompare = [[\"a\", \"b\"]]\n[shap]",
    );
    let file = toml::Table::try_from(ExperimentFile::parse(FILE, &[]).unwrap()).unwrap();
    for part in file.keys() {
        let is_listed = [format!("`{part}`"), format!("`[{part}]`"), format!("`[[{part}]]`"), format!("`[{part}.")];
        assert!(is_listed.iter().any(|name| text.contains(name)), "no row for `{part}`");
    }
    page.finish(&["## Keys of "]);
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
