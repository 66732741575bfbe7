//! `dlr predict MODEL_DIR COHORT.csv -o OUT.csv`: a frozen model on new patients.

use super::threads::Threads;
use crate::terminal::ProgressKind;
use dlr_core::{Code, Error};
use dlr_evaluation::ConformalSet;
use dlr_experiment::{
    Registry,
    predict::{CasePrediction, PredictPlaces, PredictedCohort, predict},
};
use dlr_io::FeatureColumns;
use dlr_modelling::Thaw;
use std::path::{Path, PathBuf};

/// Arguments of `dlr predict`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder `model` of a run (or the run folder)
    model_dir: PathBuf,
    /// The manifest of the new cases; a column `label` is not read
    manifest: PathBuf,
    /// Where the table of predictions goes
    #[arg(short, long, value_name = "OUT.csv")]
    output: PathBuf,
    /// Which models [default: the one that the report explains]; `all` for all (may be repeated)
    #[arg(long, value_name = "NAME")]
    model: Vec<String>,
    /// Also write how much each column moved each prediction
    #[arg(long, value_name = "SHAP.csv")]
    shap: Option<PathBuf>,
    /// Also write the Grad-CAM map of each case into this folder, as NIfTI on the grid of the prepared image
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    /// A table of the new cases' features, for a block that the run read from a table beside the cohort's own (may be
    /// repeated)
    #[arg(long, value_name = "BLOCK=FILE.csv", value_parser = table_of_block)]
    table: Vec<(String, PathBuf)>,
    /// Where computed features are kept
    #[arg(long, value_name = "DIR", default_value = "runs/.cache")]
    cache: PathBuf,
    #[command(flatten)]
    threads: Threads,
    /// How progress is told
    #[arg(long, value_enum, default_value = "auto")]
    progress: ProgressKind,
}

impl Args {
    /// Refuses to write over what is read, or twice into one file.
    fn no_file_twice(&self) -> Result<(), Error> {
        let whole = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        let read = std::iter::once(&self.manifest).chain(self.table.iter().map(|(_, path)| path));
        let mut seen: Vec<PathBuf> = read.filter_map(|path| whole(path).ok()).collect();
        for path in std::iter::once(&self.output).chain(&self.shap) {
            let Ok(path) = whole(path) else { continue };
            if seen.contains(&path) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Err(Error::new(Code::Parameter, format!("`{name}` would be written over"))
                    .expected("a file of its own for each table")
                    .found("a file that is read, or written already")
                    .hint("give another name to -o or --shap"));
            }
            seen.push(path);
        }
        Ok(())
    }

    /// Predicts, writes the tables, and prints one line per case; false where a case failed.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        self.threads.start()?;
        self.no_file_twice()?;
        let tables = self.table.into_iter().collect();
        let places = PredictPlaces {
            tables: &tables,
            model: &self.model_dir,
            manifest: &self.manifest,
            cache: &self.cache,
            maps: self.maps.as_deref(),
        };
        let listener = self.progress.listener();
        let predicted = predict(&places, &self.model, &Registry::builtin(), &Thaw::default(), listener.as_ref())?;
        write_predictions(&predicted, &self.output)?;
        if let Some(path) = &self.shap {
            write_attributions(&predicted, path)?;
        }
        for failed in &predicted.failed {
            eprintln!("error: {}", failed.error);
        }
        println!("{} predictions, {} cases failed. Research use only.", predicted.rows.len(), predicted.failed.len());
        Ok(predicted.failed.is_empty())
    }
}

fn table_of_block(text: &str) -> Result<(String, PathBuf), String> {
    let (block, path) = text.split_once('=').ok_or("expected BLOCK=FILE.csv, as clinical=new.csv")?;
    Ok((block.to_owned(), path.into()))
}

/// The classes that are left, in words.
fn kept(set: Option<ConformalSet>, positive: &str, negative: &str) -> String {
    match set {
        None => "not calibrated".into(),
        Some(ConformalSet { positive: true, negative: true }) => "both".into(),
        Some(ConformalSet { positive: true, negative: false }) => positive.into(),
        Some(ConformalSet { positive: false, negative: true }) => negative.into(),
        Some(ConformalSet { positive: false, negative: false }) => "neither".into(),
    }
}

fn write_predictions(predicted: &PredictedCohort, path: &Path) -> anyhow::Result<()> {
    let (positive, negative) = &predicted.classes;
    let failed = predicted.failed.iter();
    let text = |of: &dyn Fn(&CasePrediction) -> String, of_failed: &dyn Fn(&str, &str) -> String| -> Vec<String> {
        let failed =
            failed.clone().map(|f| of_failed(&f.id, &format!("{}: {}", f.error.code().as_str(), f.error.fact())));
        predicted.rows.iter().map(of).chain(failed).collect()
    };
    let empty = |_: &str, _: &str| String::new();
    let number = |of: &dyn Fn(&CasePrediction) -> f64| -> Vec<f64> {
        predicted.rows.iter().map(of).chain(failed.clone().map(|_| f64::NAN)).collect()
    };
    let threshold = |row: &CasePrediction| {
        predicted.thresholds.iter().find(|(model, _)| *model == row.model).map_or(f64::NAN, |(_, value)| *value)
    };
    let call = |row: &CasePrediction| if row.called_positive { positive.clone() } else { negative.clone() };
    let note = |row: &CasePrediction| {
        let unlike = row.is_unlike_training().then(|| "unlike the training cases: do not use".to_owned());
        let unknown =
            row.novelty_p.is_none().then(|| "not held against the training cases: too few to learn from".to_owned());
        let of_case = predicted.notes.get(&row.id).into_iter().flatten().cloned();
        unlike.into_iter().chain(unknown).chain(of_case).collect::<Vec<_>>().join("; ")
    };
    let columns = FeatureColumns {
        texts: vec![
            ("ID".into(), text(&|row| row.id.clone(), &|id, _| id.to_owned())),
            ("model".into(), text(&|row| row.model.clone(), &empty)),
            ("call".into(), text(&call, &empty)),
            ("not_ruled_out".into(), text(&|row| kept(row.set, positive, negative), &empty)),
            ("note".into(), text(&note, &|_, why| why.to_owned())),
        ],
        numbers: vec![
            ("probability".into(), number(&|row| row.probability)),
            ("threshold".into(), number(&threshold)),
            ("likeness_p".into(), number(&|row| row.novelty_p.unwrap_or(f64::NAN))),
        ],
    };
    Ok(columns.write_csv(path)?)
}

/// One row per case, model and column; `base` and all contributions of a case add up to its log odds (to its
/// probability for forests).
fn write_attributions(predicted: &PredictedCohort, path: &Path) -> anyhow::Result<()> {
    let mut texts: Vec<(String, Vec<String>)> =
        ["ID", "model", "feature"].map(|name| (name.to_owned(), Vec::new())).into();
    let mut numbers: Vec<(String, Vec<f64>)> =
        ["value", "contribution", "base"].map(|name| (name.to_owned(), Vec::new())).into();
    for (model, attribution) in &predicted.attributions {
        for (row, id) in attribution.cases.iter().enumerate() {
            for (column, name) in attribution.names.iter().enumerate() {
                let place = [row, column];
                for (texts, text) in texts.iter_mut().zip([id, model, &name.to_string()]) {
                    texts.1.push(text.clone());
                }
                let values = [attribution.data[place], attribution.values[place], attribution.base];
                for (numbers, value) in numbers.iter_mut().zip(values) {
                    numbers.1.push(value);
                }
            }
        }
    }
    Ok(FeatureColumns { texts, numbers }.write_csv(path)?)
}
