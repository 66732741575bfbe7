//! The phantom as a folder of files: images, masks, the truth, a manifest, and a hospital's table.

use dlr_core::{Code, Error, Result, Role, Value};
use dlr_io::{
    atomic,
    export::{About, write_mr_series, write_rtstruct},
    write_mask, write_volume,
};
use dlr_phantom::{Latent, LatentSet, PhantomConfig, Plan, Rendered, Subject, bayes_auc, sample_oracle};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// What was written.
#[derive(Debug, Clone)]
pub struct WrittenPhantom {
    /// Examinations.
    pub n_cases: usize,
    /// The manifest: what `dlr check` and an experiment read.
    pub manifest: PathBuf,
    /// Lines for people: Bayes limit and the oracle on the drawn samples.
    pub oracle: String,
}

/// Writes a cohort. The folder must be empty, not be there yet, or hold a cohort whose writing broke off, which is then
/// written anew. `cohort.csv` comes last: a folder that has it is whole.
///
/// | file | holds |
/// |---|---|
/// | `images/ID.nii.gz`, `masks/ID_mass.nii.gz`, `_mass2`, `_edema` | what a hospital has; no edema where nobody drew it |
/// | `truth/ID_tumour.nii.gz`, `_vis`, `_ctx`, `_host`, `_body`, `_bone`, `_corner` | where everything really is |
/// | `cohort.csv` | the manifest |
/// | `truth.csv` | per case: true grade, latents, log-likelihood ratios |
/// | `oracle.csv` | per set of latents: Bayes AUC, AUC of the ratio in the training and the external sample |
/// | `dicom/PATIENT/...` | where asked for: MR series and RTSTRUCT as the NBIA retriever lays them out |
/// | `INFOclinical.csv` | the columns of the TCIA table, en dashes included |
///
/// Of `only` one role where one is named; the plan, and so each case, is that of the whole cohort. `done` is called with
/// the identifier of each case that is written.
///
/// # Errors
/// [`Code::Parameter`], [`Code::FileWrite`].
pub fn write_phantom(
    out: &Path,
    config: &PhantomConfig,
    with_dicom: bool,
    only: Option<Role>,
    done: impl Fn(&str) + Sync,
) -> Result<WrittenPhantom> {
    let mut plan = Plan::new(config)?;
    let oracle = oracle_csv(&plan);
    if let Some(role) = only {
        plan = plan.only(role);
        if plan.subjects().is_empty() {
            let fact = format!("the cohort has no {} patients", self::role(role));
            return Err(Error::new(Code::Parameter, fact).expected("at least 4 of the role that is written alone"));
        }
    }
    must_be_free(out)?;
    dlr_io::make_folder(out)?;
    atomic::write(&out.join(UNFINISHED), b"a cohort is being written here, or its writing broke off\n")?;
    for folder in ["images", "masks", "truth"] {
        dlr_io::make_folder(&out.join(folder))?;
    }
    let n_cases = plan.subjects().len();
    plan.render_all(|subject, case| {
        write_case(out, subject, &case)?;
        if with_dicom {
            write_dicom(&out.join("dicom"), subject, &case)?;
        }
        done(&subject.id);
        Ok(())
    })?;
    let manifest = out.join("cohort.csv");
    atomic::write(&out.join("truth.csv"), truth_csv(&plan).as_bytes())?;
    atomic::write(&out.join("oracle.csv"), oracle.as_bytes())?;
    atomic::write(&out.join("INFOclinical.csv"), clinical_csv(&plan).as_bytes())?;
    atomic::write(&manifest, cohort_csv(&plan).as_bytes())?;
    fs::remove_file(out.join(UNFINISHED))
        .map_err(|e| Error::new(Code::FileWrite, format!("`{UNFINISHED}` cannot be removed")).found(e))?;
    Ok(WrittenPhantom { n_cases, manifest, oracle })
}

/// Stands in a folder until its cohort is whole.
const UNFINISHED: &str = ".dlr-unfinished";

/// Nothing of anybody is overwritten; what broke off is removed, so that nothing of it stays beside another cohort.
fn must_be_free(out: &Path) -> Result<()> {
    let is_empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if is_empty {
        return Ok(());
    }
    if out.join(UNFINISHED).is_file() {
        for folder in ["images", "masks", "truth", "dicom"].map(|name| out.join(name)).iter().filter(|f| f.is_dir()) {
            fs::remove_dir_all(folder).map_err(|e| {
                Error::new(Code::FileWrite, "a cohort whose writing broke off cannot be removed").found(e)
            })?;
        }
        return Ok(());
    }
    let name = out.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Err(Error::new(Code::FileWrite, format!("folder `{name}` is not empty"))
        .hint("name a folder that does not exist yet"))
}

fn write_case(out: &Path, subject: &Subject, case: &Rendered) -> Result<()> {
    let id = &subject.id;
    write_volume(&out.join(format!("images/{id}.nii.gz")), &case.image)?;
    let mask = |name: &str| out.join(format!("masks/{id}_{name}.nii.gz"));
    write_mask(&mask("mass"), &case.mass)?;
    write_mask(&mask("mass2"), &case.mass_second)?;
    if let Some(edema) = &case.edema {
        write_mask(&mask("edema"), edema)?;
    }
    for (word, truth) in case.truth.named() {
        write_mask(&out.join(format!("truth/{id}_{word}.nii.gz")), truth)?;
    }
    Ok(())
}

/// The series and its structure set, with what makes the TCIA collection hard to read: descriptions that differ between
/// scanners, ROIs in either order, an edema that includes the tumour and is often absent.
fn write_dicom(out: &Path, subject: &Subject, case: &Rendered) -> Result<()> {
    let digits = |what: &str| {
        let hash = dlr_io::digest_bytes(format!("{} {what}", subject.id).as_bytes());
        let number = u32::from_str_radix(hash.get(..8).unwrap_or_default(), 16).unwrap_or_default();
        format!("{:05}", number % 100_000)
    };
    let sequence = if subject.scanner.name == "C" { "STIR" } else { "T2FS" };
    let about = |series: &str, number| About {
        patient: subject.patient.clone(),
        sex: if subject.is_female { "F" } else { "M" }.into(),
        study: "PHANTOM".into(),
        series: series.into(),
        number,
    };
    // A second examination of a patient is a study of its own.
    let study = out.join(&subject.patient).join(format!("01-01-2000-NA-PHANTOM-{}", digits("study")));
    let folder =
        |about: &About| study.join(format!("{}.000000-{}-{}", about.number, about.series, digits(&about.series)));
    let (image, structures) = (about(sequence, 3), about(&format!("RTstruct{sequence}"), 4));
    let series = write_mr_series(&folder(&image), &case.image, &image)?;
    let mut rois = vec![("GTV_Mass", &case.mass)];
    rois.extend(case.edema.as_ref().map(|edema| ("GTV_Edema", edema)));
    if digits("order").ends_with(['0', '1', '2']) {
        rois.reverse();
    }
    write_rtstruct(&folder(&structures).join("1-1.dcm"), &series, &rois, &structures)
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Train => "train",
        Role::External => "external",
    }
}

fn cohort_csv(plan: &Plan) -> String {
    let mut csv = "ID,Image,Mask,Mask:mass2,Mask:edema,patient,role,center,label,age,sex,site,depth\n".to_owned();
    for s in plan.subjects() {
        let clinical = s.clinical();
        let cell = |column: &str| match &clinical[column] {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Missing => String::new(),
        };
        let id = &s.id;
        let edema = if s.has_oedema_contour { format!("masks/{id}_edema.nii.gz") } else { String::new() };
        let (patient, role, center, label) = (&s.patient, role(s.role), s.scanner.name, u8::from(s.label));
        let clinical = ["age", "sex", "site", "depth"].map(cell).join(",");
        line(
            &mut csv,
            format_args!(
                "{id},images/{id}.nii.gz,masks/{id}_mass.nii.gz,masks/{id}_mass2.nii.gz,{edema},{patient},{role},{center},{label},{clinical}"
            ),
        );
    }
    csv
}

fn truth_csv(plan: &Plan) -> String {
    let mut csv = "ID,patient,role,center,high,label,mark".to_owned();
    Latent::ALL.iter().for_each(|latent| csv += &format!(",z_{}", latent.as_str()));
    LatentSet::ALL.iter().for_each(|set| csv += &format!(",llr_{}", set.as_str()));
    csv += ",llr_clinical\n";
    for s in plan.subjects() {
        let (high, label, mark) = (u8::from(s.is_high), u8::from(s.label), u8::from(s.has_mark));
        let latents = Latent::ALL.map(|latent| s.latents.get(latent).to_string()).join(",");
        let ratios = LatentSet::ALL.map(|set| s.llr(set).to_string()).join(",");
        let (id, patient, role, center) = (&s.id, &s.patient, role(s.role), s.scanner.name);
        line(
            &mut csv,
            format_args!(
                "{id},{patient},{role},{center},{high},{label},{mark},{latents},{ratios},{}",
                s.llr_clinical()
            ),
        );
    }
    csv
}

fn oracle_csv(plan: &Plan) -> String {
    let mut csv = "set,bayes_auc,oracle_auc_train,oracle_auc_external\n".to_owned();
    let deltas = plan.config().variant.deltas();
    for set in LatentSet::ALL {
        let of = |role| sample_oracle(plan.subjects(), role, set);
        let (bayes, train, external) = (bayes_auc(&deltas, set), of(Role::Train), of(Role::External));
        line(&mut csv, format_args!("{},{bayes:.6},{train:.6},{external:.6}", set.as_str()));
    }
    csv
}

/// The header of the TCIA table, where dashes are en dashes.
const INFO_HEADER: &str = "Patient ID,Age,Sex,Histological type,MSKCC type,Site of primary STS,Grade,\
    Time \u{2013} diagnosis to MRI scan (days),Time \u{2013} MRI scan to PET scan (days),Treatment,\
    Outcome (recurrence, mets),Time \u{2013} diagnosis to outcome (days),\
    Status (NED, AWD, D),Time \u{2013} diagnosis to last follow-up (days)";

fn clinical_csv(plan: &Plan) -> String {
    let header = INFO_HEADER.replace("Outcome (recurrence, mets)", "\"Outcome (recurrence, mets)\"");
    let mut csv = header.replace("Status (NED, AWD, D)", "\"Status (NED, AWD, D)\"") + "\n";
    let mut last = None;
    for s in plan.subjects() {
        if last.replace(&s.patient) == Some(&s.patient) {
            continue;
        }
        let (sex, grade) = (if s.is_female { "F" } else { "M" }, if s.label { "High" } else { "Low" });
        let site = match s.site.as_str() {
            "lower" => "left thigh",
            "upper" => "right arm",
            other => other,
        };
        line(
            &mut csv,
            format_args!("{},{},{sex},synthetic,synthetic,{site},{grade},--,N/A,N/A,--,--,--,--", s.patient, s.age),
        );
    }
    csv
}

fn line(csv: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(csv, "{text}").expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_phantom::Grid;

    fn small() -> PhantomConfig {
        PhantomConfig { grid: Grid::Tiny, n_train: 4, n_external: 0, ..PhantomConfig::default() }
    }

    #[test]
    fn what_broke_off_is_written_anew_and_what_is_whole_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (out, clean) = (folder.path().join("cohort"), folder.path().join("clean"));
        // As a full disk or a kill leaves it: some files of another cohort, no manifest.
        fs::create_dir_all(out.join("images")).unwrap();
        fs::write(out.join("images/of-another.nii.gz"), "half").unwrap();
        fs::write(out.join(UNFINISHED), "").unwrap();
        for out in [&out, &clean] {
            write_phantom(out, &small(), false, None, |_| {}).unwrap();
        }
        let names = |of: &Path| {
            let mut names: Vec<_> = fs::read_dir(of.join("images"))
                .unwrap()
                .chain(fs::read_dir(of).unwrap())
                .map(|e| e.unwrap().file_name())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&out), names(&clean));
        let error = write_phantom(&out, &small(), false, None, |_| {}).unwrap_err();
        assert_eq!(error.code(), Code::FileWrite, "{error}");
    }

    #[test]
    fn a_cohort_of_nobody_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            write_phantom(&folder.path().join("out"), &small(), false, Some(Role::External), |_| {}).unwrap_err();
        assert_eq!(error.code(), Code::Parameter, "{error}");
        assert!(!folder.path().join("out").exists());
    }
}
