//! Tables and clinical columns: what is read, what is undefined, and what is refused by name.

use crate::{Registry, config::Stage};
use dlr_core::{CaseRecord, CaseSource, Code, FeatureExtractor, Result, Role, Value};
use std::{fs, path::Path};

const TABLE: &str = "ID,Target,where,role,a b,a-b,original_shape_VoxelVolume,MR_original_shape_VoxelVolume,note
p1,1,north,train,1.5,2,3,4,x
p2,0,south,train,,2,3,4,y
p3,,north,external,1.5,2,3,4,z
";

fn stage(text: &str) -> Stage {
    Stage { stage: "table".into(), params: toml::from_str(text).unwrap() }
}

fn in_folder<T>(table: &str, what: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), table).unwrap();
    what(folder.path())
}

fn source(table: &str, text: &str) -> Result<Box<dyn CaseSource>> {
    in_folder(table, |folder| Registry::builtin().sources.make(&stage(text), "", folder))
}

fn extractor(table: &str, text: &str) -> Result<Box<dyn FeatureExtractor>> {
    in_folder(table, |folder| Registry::builtin().extractors.make(&stage(text), "mr", folder))
}

#[test]
fn a_source_knows_roles_centres_and_labels() {
    let all = "path = \"t.csv\"\nrole = \"role\"\ncenter = \"where\"\nclinical = [\"note\"]";
    let source = source(TABLE, all).unwrap();
    let (cohort, sealed) = source.cohort().unwrap();
    assert_eq!((cohort.len(), sealed.n_cases()), (3, 0));
    assert_eq!((cohort.rows()[0].label, cohort.rows()[1].center.as_str()), (Some(true), "south"));
    assert_eq!((cohort.rows()[2].role, &cohort.rows()[2].clinical["note"]), (Role::External, &Value::Text("z".into())));
    assert_eq!(source.load("p1").unwrap_err().code(), Code::MissingMask);
}

#[test]
fn a_source_names_the_case_and_the_column() {
    let refused = |table: &str, text: &str| source(table, text).err().unwrap();
    let error = refused(&TABLE.replace("p2,0", "p2,maybe"), "path = \"t.csv\"");
    assert_eq!((error.code(), error.case()), (Code::LabelValues, Some("p2")));
    assert!(error.to_string().contains("`Target` holds `maybe`"), "{error}");
    assert_eq!(refused(TABLE, "path = \"t.csv\"\nlabel = \"target\"").code(), Code::UnknownName);
    assert_eq!(refused(TABLE, "path = \"nowhere.csv\"").code(), Code::FileMissing);
    assert_eq!(refused("ID,Target\n", "path = \"t.csv\"").code(), Code::Manifest);
    let twice = source(&TABLE.replace("p2,0", "p1,0"), "path = \"t.csv\"").unwrap();
    assert_eq!(twice.cohort().unwrap_err().code(), Code::DuplicateId);
}

#[test]
fn an_extractor_takes_numbers_and_keeps_names() {
    let table = extractor(TABLE, "path = \"t.csv\"\nexclude = [\"note\", \"where\"]").unwrap();
    let names: Vec<String> = table.names().iter().map(ToString::to_string).collect();
    // Neither the label nor who a case is becomes a feature, and columns that would share a name do not.
    let kept = ["mr_table_column_a-b", "mr_table_column_a-b_2", "mr_original_shape_VoxelVolume"];
    assert_eq!(names[..3], kept);
    assert_eq!(names[3], "MR_original_shape_VoxelVolume");
    let vector = table.extract_record(&CaseRecord::new("p2", None)).unwrap().unwrap();
    assert!(vector.values()[0].is_nan());
    assert_eq!(vector.undefined()[&table.names()[0]].code, "empty-cell");
    let stranger = table.extract_record(&CaseRecord::new("p9", None)).unwrap_err();
    assert_eq!((stranger.code(), stranger.case()), (Code::TableMismatch, Some("p9")));
}

#[test]
fn an_extractor_refuses_text_and_infinity_by_column_and_case() {
    let refused = |table: &str, text: &str| extractor(table, text).err().unwrap();
    let error = refused(TABLE, "path = \"t.csv\"\nexclude = [\"where\"]");
    assert_eq!((error.code(), error.case()), (Code::LabelValues, Some("p1")));
    assert!(error.to_string().contains("`note`"), "{error}");
    let error = refused(
        &TABLE.replace("p2,0,south,train,,2", "p2,0,south,train,,inf"),
        "path = \"t.csv\"\ncolumns = [\"a-b\"]",
    );
    assert_eq!((error.code(), error.case()), (Code::NotFinite, Some("p2")));
    let error = refused(TABLE, "path = \"t.csv\"\ncolumns = [\"a_b\"]");
    assert!(error.to_string().contains("did you mean"), "{error}");
}

#[test]
fn clinical_columns_and_a_category_that_was_never_seen() {
    let text = "columns = [\"age\"]\nlevels = { sex = [\"Female\", \"Male\"] }";
    let clinical = Stage { stage: "clinical".into(), params: toml::from_str(text).unwrap() };
    let clinical = Registry::builtin().extractors.make(&clinical, "clinical", Path::new("")).unwrap();
    let names: Vec<String> = clinical.names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["clinical_original_table_age", "clinical_original_table_sex-Male"]);
    let record = |sex: &str| CaseRecord {
        clinical: [("age".to_owned(), Value::Number(61.0)), ("sex".to_owned(), Value::Text(sex.into()))].into(),
        ..CaseRecord::new("p", None)
    };
    let values = |sex: &str| clinical.extract_record(&record(sex)).unwrap().unwrap();
    assert_eq!(values("Male").values(), [61.0, 1.0]);
    assert_eq!(values("Female").values(), [61.0, 0.0]);
    let unseen = values("unknown");
    assert!(unseen.values()[1].is_nan());
    assert_eq!(unseen.undefined()[&clinical.names()[1]].code, "unseen-category");
    let without = CaseRecord::new("p", None);
    assert_eq!(clinical.extract_record(&without).unwrap_err().code(), Code::UnknownName);
}
