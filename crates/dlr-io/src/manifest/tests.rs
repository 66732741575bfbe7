//! Manifests as people write them, and as they should not.

use super::*;

fn inspect(text: &str) -> (Manifest, Vec<Error>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cohort.csv");
    std::fs::write(&path, text).unwrap();
    Manifest::inspect(&path).unwrap()
}

fn codes(text: &str) -> Vec<Code> {
    inspect(text).1.iter().map(Error::code).collect()
}

#[test]
fn every_spelling_and_delimiter_is_the_same_cohort() {
    let plain =
        "ID,Image,Mask,patient,role,center,label,age\na,a.nii,b.nii,p,train,X,0,50\nb,c.nii,d.nii,q,external,Y,1,\n";
    let (expected, errors) = inspect(plain);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(expected.clinical_columns, ["age"]);
    assert_eq!(expected.rows[1].role, Role::External);
    assert_eq!((expected.rows[0].label, expected.rows[1].label), (Some(false), Some(true)));
    for text in [
        format!("\u{feff}{plain}"),
        plain.replace(',', ";"),
        plain.replace(',', "\t"),
        plain.replace('\n', "\r\n"),
        plain.replace("ID,Image,Mask,patient", "id,IMAGE,mask,Patient"),
        format!("{plain},,,,,,,\n\n"),
    ] {
        let (found, errors) = inspect(&text);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(found.rows.len(), 2);
        for (a, b) in found.rows.iter().zip(&expected.rows) {
            assert_eq!(a.image.file_name(), b.image.file_name());
            assert_eq!(
                (&a.id, &a.patient, a.role, a.label, &a.clinical),
                (&b.id, &b.patient, b.role, b.label, &b.clinical)
            );
        }
    }
}

#[test]
fn pyradiomics_columns_mean_what_they_mean_there() {
    let (manifest, errors) = inspect("ID,Image,Mask,Label,Label_channel,label\na,a.nrrd,b.nrrd,255,1,1\n");
    assert!(errors.is_empty(), "{errors:?}");
    let row = &manifest.rows[0];
    assert_eq!((row.selection.clone(), row.label_channel, row.label), (LabelSelection::Value(255), 1, Some(true)));
}

#[test]
fn paths_start_at_the_folder_of_the_csv_and_masks_have_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.csv");
    std::fs::write(&path, "ID,Image,Mask:mass,Mask:edema\na,x/i.nii,/abs/m.nii,\n").unwrap();
    let row = Manifest::read(&path).unwrap().rows.remove(0);
    assert_eq!(row.image, folder.path().join("x/i.nii"));
    assert_eq!(row.masks.into_iter().collect::<Vec<_>>(), [("mass".to_owned(), PathBuf::from("/abs/m.nii"))]);
}

#[test]
fn problems_have_their_codes_and_name_the_case() {
    assert_eq!(codes("ID,Image,Mask\na,i,m\na,i,m\n"), [Code::DuplicateId]);
    assert_eq!(codes("ID,Image,Mask\nA,i,m\na,i,m\n"), [Code::DuplicateId]);
    assert_eq!(codes("ID,Image,Mask,label\na,i,m,0\nb,i,m,1\nc,i,m,2\n"), [Code::LabelValues]);
    assert_eq!(codes("ID,Image,Mask,label\na,i,m,cat\nb,i,m,dog\n"), [Code::LabelValues]);
    assert_eq!(codes("ID,Image,Mask,patient,role\na,i,m,p,train\nb,i,m,p,external\n"), [Code::PatientOverlap]);
    assert_eq!(codes("ID,Image,Mask,role\na,i,m,validation?\nb,i,m,test\n"), [Code::Manifest; 2]);
    assert_eq!(codes("ID,Image,Mask\n../x,i,m\nb,,m\nc,i,\n"), [Code::Manifest; 3]);
    assert_eq!(codes("ID,Image,Mask\n"), [Code::Manifest]);
    let (_, errors) = inspect("ID,Image,Mask,label\na,i,m,0\nb,i,m,1\nc,i,m,2\n");
    assert_eq!(errors[0].case(), Some("c"));
}

#[test]
fn every_missing_file_is_named_without_its_folder() {
    let (manifest, _) = inspect("ID,Image,Mask\na,secret/i.nii,secret/m.nii\nb,x.nii,y.nii\n");
    let errors = manifest.check_files();
    assert_eq!(errors.len(), 4);
    assert!(errors.iter().all(|e| e.code() == Code::FileMissing && e.case().is_some()));
    assert!(!errors.iter().any(|e| e.to_string().contains("secret/")));

    let all = manifest.require_files().unwrap_err();
    assert_eq!(all.code(), Code::FileMissing);
    let text = all.to_string();
    assert!(text.contains("4 files of 2 of 2 cases"), "{text}");
    assert!(text.contains("case a: i.nii, m.nii; case b: x.nii, y.nii"), "{text}");
    assert!(text.contains("expected") && text.contains("hint:") && !text.contains("secret/"), "{text}");
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn a_single_missing_file_names_its_case() {
    let (mut manifest, _) = inspect("ID,Image,Mask,Mask:ring\na,here.csv,gone.nii,here.csv\n");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("here.csv"), "").unwrap();
    manifest.rows[0].image = folder.path().join("here.csv");
    manifest.rows[0].masks.insert("ring".into(), folder.path().join("here.csv"));
    let error = manifest.require_files().unwrap_err();
    assert_eq!((error.code(), error.case()), (Code::FileMissing, Some("a")));
    manifest.rows[0].masks.remove("mask");
    manifest.require_files().unwrap();
}

#[test]
fn what_is_no_table_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.csv");
    for bytes in
        [&b"ID,Mask\na,b\n"[..], b"ID,Image\na,b\n", b"ID,Image,Mask\na,b\n", b"\xff\xfe\x00", b"ID,Image,Mask,mask\n"]
    {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Manifest::inspect(&path).unwrap_err().code(), Code::Manifest, "{bytes:?}");
    }
    assert_eq!(Manifest::read(&folder.path().join("none.csv")).unwrap_err().code(), Code::FileMissing);
}

#[test]
fn cells_are_kept_in_order_and_name_no_folder() {
    let (manifest, errors) = inspect("age,ID,Mask:peri,Image,Mask\n50,a,/data/x/p.nii,sub/i.nii,m.nii\n");
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(manifest.columns, ["age", "ID", "Mask:peri", "Image", "Mask"]);
    assert_eq!(manifest.masks, ["peri", "mask"]);
    assert_eq!(manifest.rows[0].cells, ["50", "a", "p.nii", "i.nii", "m.nii"]);
    let (numbered, _) = inspect("Image,Mask\ni.nii,m.nii\n");
    assert_eq!(numbered.columns, ["ID", "Image", "Mask"]);
    assert_eq!(numbered.rows[0].cells, ["case-00001", "i.nii", "m.nii"]);
}
