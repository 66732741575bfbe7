//! `dlr extract IMAGE MASK` and `dlr extract COHORT.csv`: features of one examination or of many.
//!
//! The short flags are those of pyradiomics' own command, so that its users can keep theirs.

use super::threads::Threads;
use crate::extract::{
    Cohort, Engine, Format, Labels, MaskDefaults, ParameterFile, Shard, Table, Work, json_of_case, measure_all, merge,
    write_maps,
};
use crate::terminal::{ProgressKind, print_error};
use clap::ValueEnum;
use dlr_core::{Code, Error, Result};
use dlr_radiomics::Profile;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `dlr extract`.
#[derive(Debug, clap::Args)]
#[command(after_help = "One case:    dlr extract image.nii.gz mask.nii.gz --params params.yaml --json out.json
Many cases:  dlr extract cohort.csv --params params.yaml -o features.csv -j 4
Maps:        dlr extract image.nii.gz mask.nii.gz --mode voxel -o maps
On machines: dlr extract cohort.csv --shard 2/7 -o part2.csv, then dlr extract --merge part*.csv -o features.csv")]
pub(super) struct Args {
    /// An image (NIfTI or NRRD) with its mask, or a manifest alone: a CSV with the columns ID, Image, Mask
    #[arg(value_name = "IMAGE|COHORT.csv", required_unless_present = "merge")]
    input: Option<PathBuf>,
    /// The mask of the image
    mask: Option<PathBuf>,
    /// Parameter file in YAML: of pyradiomics, unchanged, or of the profile ibsi [default: pyradiomics' defaults]
    #[arg(short, long, alias = "param", value_name = "FILE")]
    params: Option<PathBuf>,
    /// Change one setting of the parameter file (may be repeated)
    #[arg(short, long, value_name = "NAME:VALUE")]
    setting: Vec<String>,
    /// Numeric profile [default: that of the parameter file, else pyradiomics]
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    /// Region of the mask: a label N, several N,M together, `union` of all, `all` of them one by one, `components`
    /// [default: that of the manifest or of the parameter file, else the only one, else 1]
    #[arg(short, long, value_name = "N|all|union|components")]
    label: Option<String>,
    /// First part of the columns, for a mask that has no name of its own
    #[arg(long, value_name = "NAME")]
    roi: Option<String>,
    /// One value per region, or a map of values
    #[arg(short, long, value_enum, default_value = "segment")]
    mode: Mode,
    /// Table to write, .csv, .parquet or .json by its name; in mode voxel the folder of the maps
    #[arg(short, long, alias = "out-dir", value_name = "FILE")]
    out: Option<PathBuf>,
    /// One case as one flat object: name to number, `null` with the reason under `diagnostics`; `-` for standard output
    #[arg(long, value_name = "FILE", requires = "mask")]
    json: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
    /// Compute the I-th of N parts of the manifest
    #[arg(long, value_name = "I/N", conflicts_with_all = ["mask", "merge"])]
    shard: Option<String>,
    /// Put the tables of all shards together
    #[arg(long, value_name = "TABLE", num_args = 1.., requires = "out", conflicts_with_all = ["input", "json", "params"])]
    merge: Vec<PathBuf>,
    /// How progress is told; `auto` draws a bar on a terminal and is silent elsewhere
    #[arg(long, value_enum, default_value = "auto")]
    progress: ProgressKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProfileName {
    Ibsi,
    Pyradiomics,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Segment,
    Voxel,
}

impl Args {
    /// Measures; false where a case failed, which has been printed.
    pub(super) fn run(self) -> anyhow::Result<bool> {
        if !self.merge.is_empty() {
            merge(&self.merge, self.out.as_deref().unwrap_or(Path::new("")))?;
            return Ok(true);
        }
        self.threads.start()?;
        let (engine, default) = self.engine()?;
        let labels = self.label.as_deref().map(str::parse::<Labels>).transpose()?;
        match (&self.mask, self.mode) {
            (Some(mask), Mode::Segment) => self.one_case(mask, &engine, labels, &default),
            (None, Mode::Segment) => self.manifest(&engine, labels.as_ref(), &default),
            (_, Mode::Voxel) => self.maps(&engine, labels, &default),
        }
    }

    fn input(&self) -> &Path {
        self.input.as_deref().expect("clap demands it unless tables are merged")
    }

    /// The parameters as the file and the command line have them, and the label that they choose.
    fn engine(&self) -> Result<(Engine, MaskDefaults)> {
        let mut file = ParameterFile::read(self.params.as_deref())?;
        let profile = match (self.profile, file.profile()?) {
            (Some(ProfileName::Ibsi), _) | (None, Some(Profile::Ibsi)) => Profile::Ibsi,
            (Some(ProfileName::Pyradiomics), Some(Profile::Ibsi)) => {
                return Err(Error::new(Code::ParameterFile, "the parameter file is of the profile `ibsi`")
                    .expected("one of the profile `pyradiomics`"));
            }
            _ => Profile::Pyradiomics,
        };
        for setting in &self.setting {
            file.set(setting, profile)?;
        }
        Ok((Engine::new(profile, file.tree())?, file.mask_defaults()))
    }

    fn work(&self, mask: &Path, labels: Option<Labels>, default: &MaskDefaults) -> Work {
        let id = self.input().file_name().unwrap_or_default().to_string_lossy().into_owned();
        Work {
            id,
            image: self.input().to_owned(),
            masks: vec![(self.roi.clone(), mask.to_owned())],
            labels: labels.unwrap_or_else(|| Labels::One(default.selection.clone())),
            label_channel: default.channel,
        }
    }

    fn one_case(
        &self,
        mask: &Path,
        engine: &Engine,
        labels: Option<Labels>,
        default: &MaskDefaults,
    ) -> anyhow::Result<bool> {
        let work = self.work(mask, labels, default);
        let columns = engine.columns(self.roi.as_deref())?;
        if let Some(out) = &self.out {
            Format::of(out)?;
        }
        let measured = work.measure(engine);
        engine.left_out().iter().chain(&measured.notes).for_each(|note| eprintln!("note: {note}"));
        let is_complete = measured.errors.is_empty();
        measured.errors.iter().for_each(|error| print_error(&error.clone().into()));
        if measured.rows.is_empty() {
            return Ok(false);
        }
        let json = json_of_case(&columns, &measured.rows);
        match &self.json {
            Some(path) if path == Path::new("-") => writeln!(std::io::stdout(), "{json:#}")?,
            Some(path) => dlr_io::write_json(path, &json)?,
            None if self.out.is_none() => print_values(&json)?,
            None => {}
        }
        if let Some(out) = &self.out {
            let file = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let cohort = Cohort {
                texts: vec![("Image".into(), vec![file(&work.image)]), ("Mask".into(), vec![file(mask)])],
                masks: vec![self.roi.clone()],
                works: vec![work],
                notes: engine.left_out(),
                ..Default::default()
            };
            Table::new(cohort, vec![measured], engine)?.write(out, false)?;
        }
        Ok(is_complete)
    }

    fn manifest(&self, engine: &Engine, labels: Option<&Labels>, default: &MaskDefaults) -> anyhow::Result<bool> {
        let out = self.out.as_deref().ok_or_else(|| {
            Error::new(Code::Parameter, "a manifest needs a table to write")
                .expected("-o OUT.csv, OUT.parquet or OUT.json")
                .hint("for one case give an image and its mask")
        })?;
        Format::of(out)?;
        let shard = self.shard.as_deref().map(str::parse::<Shard>).transpose()?;
        let mut cohort = Cohort::read(self.input(), labels, default, self.roi.as_deref())?;
        cohort.notes.splice(0..0, engine.left_out());
        if let Some(shard) = shard {
            cohort = cohort.part(shard);
        }
        // Names are checked before hours are spent.
        cohort.masks.iter().try_for_each(|roi| engine.names(roi.as_deref()).map(|_| ()))?;
        let listener = self.progress.silent_elsewhere();
        listener.stage("extract", cohort.works.len());
        let measured = measure_all(&cohort.works, engine, &|id| listener.step(id));
        let n_cases = cohort.works.len() + cohort.errors.len();
        let table = Table::new(cohort, measured, engine)?;
        table.write(out, shard.is_some())?;
        let failed = report(&table.notes, &table.failed);
        let n_rows = table.n_rows();
        eprintln!("{n_cases} cases, {failed} failed, {n_rows} rows written");
        Ok(failed == 0)
    }

    fn maps(&self, engine: &Engine, labels: Option<Labels>, default: &MaskDefaults) -> anyhow::Result<bool> {
        let folder = self.out.as_deref().ok_or_else(|| {
            Error::new(Code::Parameter, "mode voxel needs a folder for its maps").expected("-o FOLDER")
        })?;
        let cohort = match &self.mask {
            Some(mask) => Cohort {
                works: vec![self.work(mask, labels, default)],
                masks: vec![self.roi.clone()],
                ..Default::default()
            },
            None => Cohort::read(self.input(), labels.as_ref(), default, self.roi.as_deref())?,
        };
        let cohort = match self.shard.as_deref().map(str::parse::<Shard>).transpose()? {
            Some(shard) => cohort.part(shard),
            None => cohort,
        };
        let listener = self.progress.silent_elsewhere();
        listener.stage("maps", cohort.works.len());
        let measured = write_maps(&cohort.works, engine, folder, self.mask.is_none(), &|id| listener.step(id))?;
        let mut failed = cohort.errors;
        let mut notes: Vec<_> = cohort.notes.into_iter().map(|note| (String::new(), note)).collect();
        for (work, measured) in cohort.works.iter().zip(measured) {
            notes.extend(measured.notes.into_iter().map(|note| (work.id.clone(), note)));
            failed.extend(measured.errors.into_iter().map(|error| (work.id.clone(), error)));
        }
        Ok(report(&notes, &failed) == 0)
    }
}

/// Prints notes and failures; the number of cases that failed, in whole or in part.
fn report(notes: &[(String, String)], failed: &[(String, Error)]) -> usize {
    for (id, note) in notes {
        match id.as_str() {
            "" => eprintln!("note: {note}"),
            id => eprintln!("note: case {id}: {note}"),
        }
    }
    failed.iter().for_each(|(_, error)| print_error(&error.clone().into()));
    let mut cases: Vec<_> =
        failed.iter().enumerate().map(|(at, (id, _))| (id.as_str(), id.is_empty().then_some(at))).collect();
    cases.sort_unstable();
    cases.dedup();
    cases.len()
}

/// `name: value` lines, as pyradiomics prints them.
fn print_values(json: &serde_json::Value) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let reasons = &json["diagnostics"];
    for (name, value) in json.as_object().into_iter().flatten().filter(|(name, _)| *name != "diagnostics") {
        match reasons[name].as_str() {
            Some(reason) => writeln!(out, "{name}: nan ({reason})")?,
            None => writeln!(out, "{name}: {value}")?,
        }
    }
    out.flush()
}
