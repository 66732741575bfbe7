//! `dlr extract` and `dlr suggest` as a user runs them.

use crate::support::{case_of, dlr, stderr};
use dlr_core::{Mask, Volume};
use dlr_io::{FeatureColumns, read_volume, write_mask, write_volume};
use ndarray::Array3;
use serde_json::Value;
use std::{fs, path::Path, process::Output};

const N: usize = 7;

/// Seven cases; masks hold labels 1 and 4.
fn cohort(folder: &Path) {
    let mut manifest = String::from("ID,Image,Mask,age\n");
    for case in 0..N {
        let (image, mask) = case_of(case);
        write_volume(&folder.join(format!("c{case}.nii.gz")), &image).unwrap();
        let mut labels = mask.voxels().mapv(|inside| f32::from(u8::from(inside)));
        labels[[1, 2, 3]] = 4.0;
        labels[[1, 2, 4]] = 4.0;
        let labels = Volume::new(*mask.geometry(), labels).unwrap();
        write_volume(&folder.join(format!("m{case}.nii.gz")), &labels).unwrap();
        manifest += &format!("c{case},c{case}.nii.gz,m{case}.nii.gz,{}\n", 40 + case);
    }
    fs::write(folder.join("cohort.csv"), manifest).unwrap();
    fs::write(
        folder.join("params.yaml"),
        "setting: {binCount: 16, label: 1}\nfeatureClass: {shape: , glcm: , glrlm: }\n",
    )
    .unwrap();
}

fn ok(folder: &Path, args: &[&str]) -> Output {
    let output = dlr(folder, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    output
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn one_case_as_one_flat_object() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    let case = ["extract", "c0.nii.gz", "m0.nii.gz"];
    let run = |more: &[&str]| ok(folder.path(), &[&case[..], more].concat());
    run(&["--params", "params.yaml", "--json", "out.json"]);
    let object = json(&folder.path().join("out.json"));
    let object = object.as_object().unwrap();
    assert_eq!(object.len(), 14 + 24 + 16 + 1);
    assert!(object["original_glcm_Contrast"].as_f64().unwrap() > 0.0);
    assert_eq!(object["diagnostics"].as_object().unwrap().len(), 0);

    // pyradiomics' own flags, and its way of writing settings.
    run(&["-p", "params.yaml", "-s", "binCount:8", "-l", "4", "--json", "four.json"]);
    let four = json(&folder.path().join("four.json"));
    assert_eq!(four["original_shape_VoxelVolume"], 2.0 * 3.0 * 1.5 * 1.5);
    run(&["-p", "params.yaml", "--label", "all", "--json", "all.json"]);
    let all = json(&folder.path().join("all.json"));
    assert_eq!(all["label4_original_shape_VoxelVolume"], four["original_shape_VoxelVolume"]);
    assert_eq!(all["label1_original_glcm_Contrast"], object["original_glcm_Contrast"]);
    run(&["-p", "params.yaml", "--label", "union", "--json", "union.json"]);
    let union = json(&folder.path().join("union.json"));
    let volume = |v: &Value| v["original_shape_VoxelVolume"].as_f64().unwrap();
    assert_eq!(volume(&union), volume(&four) + object["original_shape_VoxelVolume"].as_f64().unwrap());
    run(&["-p", "params.yaml", "--label", "1,4", "--roi", "both", "--json", "both.json"]);
    assert_eq!(json(&folder.path().join("both.json"))["both_original_shape_VoxelVolume"], volume(&union));
    run(&["-p", "params.yaml", "--label", "components", "--json", "pieces.json"]);
    let pieces = json(&folder.path().join("pieces.json"));
    assert_eq!(pieces["label1_original_shape_VoxelVolume"], volume(&four), "the piece that comes first in the array");

    // Without a file: lines on standard output.
    let lines = String::from_utf8(run(&["-p", "params.yaml"]).stdout).unwrap();
    assert_eq!(lines.lines().count(), 54);
    assert!(lines.contains("original_glrlm_RunEntropy: "));
}

#[test]
fn undefined_values_are_null_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    let mut dot = Array3::from_elem((12, 28, 28), false);
    dot[[5, 13, 13]] = true;
    write_mask(&folder.path().join("dot.nii.gz"), &Mask::from_array(dot, [3.0, 1.5, 1.5]).unwrap()).unwrap();
    ok(folder.path(), &["extract", "c0.nii.gz", "dot.nii.gz", "--json", "dot.json"]);
    let dot = json(&folder.path().join("dot.json"));
    assert!(dot["original_glcm_Contrast"].is_null());
    let reason = dot["diagnostics"]["original_glcm_Contrast"].as_str().unwrap();
    assert!(reason.starts_with("no-neighbours: "), "{reason}");
    let object = dot.as_object().unwrap();
    let n_null = object.values().filter(|v| v.is_null()).count();
    assert_eq!(n_null, object["diagnostics"].as_object().unwrap().len());
    assert_eq!(dot["original_firstorder_Range"], 0.0);
}

/// pyradiomics goes on without it and warns in its log; here the warning is where a person sees it.
#[test]
fn what_a_file_asks_for_and_will_not_get_is_told() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    let write = |text: &str| fs::write(folder.path().join("gaps.yaml"), text).unwrap();
    write("featureClass: {shape2D: , firstorder: [Mean]}\nimageType: {Original: {}, LoG: {}}\n");
    let case = ["extract", "c0.nii.gz", "m0.nii.gz", "-p", "gaps.yaml"];
    let text = stderr(&ok(folder.path(), &case));
    assert!(text.contains("note: no shape2D features") && text.contains("note: no LoG images"), "{text}");
    ok(folder.path(), &["extract", "cohort.csv", "-p", "gaps.yaml", "-o", "out.csv"]);
    let notes = json(&folder.path().join("features.json"));
    assert!(notes["notes"][0]["note"].as_str().unwrap().contains("force2D"), "{notes}");
    write("featureClass: {shape2D: }\n");
    let output = dlr(folder.path(), &case);
    let text = stderr(&output);
    assert!(!output.status.success() && text.contains("E0401") && text.contains("force2D"), "{text}");
}

#[test]
fn the_ibsi_profile_has_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    fs::write(
        folder.path().join("ibsi.yaml"),
        "profile: ibsi\nbins: {n_bins: 16}\naggregations: [3d-merged, 2.5d-merged]\n",
    )
    .unwrap();
    ok(folder.path(), &["extract", "c0.nii.gz", "m0.nii.gz", "-p", "ibsi.yaml", "--json", "out.json"]);
    let out = json(&folder.path().join("out.json"));
    assert!(out["original_glcm_Contrast_3d-merged"].is_number() && out["original_ngtdm_Busyness_2.5d"].is_number());
    ok(folder.path(), &["extract", "cohort.csv", "-p", "ibsi.yaml", "-o", "ibsi.csv", "-l", "1"]);
    let sidecar = json(&folder.path().join("features.json"));
    let entry = &sidecar["features"]["original_glcm_Contrast_3d-merged"];
    assert_eq!((&entry["ibsi"], &entry["aggregation_ibsi"]), (&"ACUI".into(), &"IAZD".into()));
    assert_eq!((&entry["profile"], &entry["unit"]), (&"ibsi".into(), &"level²".into()));

    let refused = dlr(folder.path(), &["extract", "c0.nii.gz", "m0.nii.gz", "-p", "params.yaml", "--profile", "ibsi"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).starts_with("error: E0403: section `setting` belongs to the profile `pyradiomics`"));
}

#[test]
fn shards_put_together_are_the_table_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    let at = |name: &str| folder.path().join(name);
    for format in ["csv", "parquet", "json"] {
        let whole = format!("whole.{format}");
        ok(folder.path(), &["extract", "cohort.csv", "-p", "params.yaml", "-o", &whole, "-j", "1"]);
        for n in [1, 2, 7] {
            let mut args = vec!["extract".to_owned(), "--merge".to_owned()];
            for i in 1..=n {
                let (shard, part) = (format!("{i}/{n}"), format!("part{n}-{i}.{format}"));
                let threads = format!("{}", 1 + i % 3);
                let mut one = vec!["extract", "cohort.csv", "-p", "params.yaml", "--shard", &shard, "-o", &part];
                one.extend(["-j", &threads]);
                ok(folder.path(), &one);
                args.push(part);
            }
            let merged = format!("merged{n}.{format}");
            args.extend(["-o".to_owned(), merged.clone()]);
            ok(folder.path(), &args.iter().map(String::as_str).collect::<Vec<_>>());
            assert!(fs::read(at(&merged)).unwrap() == fs::read(at(&whole)).unwrap(), "{merged} differs from {whole}");
        }
        let other = ["extract", "cohort.csv", "-s", "binWidth:3", "--shard", "1/1", "-o"];
        ok(folder.path(), &[&other[..], &[&format!("other.{format}")]].concat());
        let mixed = [&format!("part1-1.{format}"), &format!("other.{format}")];
        let output = dlr(folder.path(), &["extract", "--merge", mixed[0], mixed[1], "-o", &format!("mixed.{format}")]);
        assert!(stderr(&output).starts_with("error: E0502"), "{}", stderr(&output));
    }
    let csv = fs::read_to_string(at("whole.csv")).unwrap();
    let header = csv.lines().next().unwrap();
    assert!(header.starts_with("ID,Image,Mask,age,original_shape_Elongation,"), "{header}");
    let ids: Vec<_> = csv.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(ids, (0..N).map(|c| format!("c{c}")).collect::<Vec<_>>());
    let parquet = FeatureColumns::read_parquet(&at("whole.parquet")).unwrap();
    assert_eq!((parquet.texts.len(), parquet.numbers.len()), (4, 54));
    assert_eq!(json(&at("whole.json")).as_array().unwrap().len(), N);
    assert!(json(&at("whole.json"))[2]["diagnostics"].is_object());
}

#[test]
fn a_failing_case_is_told_counted_and_not_in_the_table() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    fs::remove_file(folder.path().join("c3.nii.gz")).unwrap();
    let bytes = fs::read(folder.path().join("c5.nii.gz")).unwrap();
    fs::write(folder.path().join("c5.nii.gz"), &bytes[..bytes.len() / 2]).unwrap();
    let run = |threads: &str| {
        let output =
            dlr(folder.path(), &["extract", "cohort.csv", "-p", "params.yaml", "-o", "out.csv", "-j", threads]);
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    let text = run("1");
    assert!(text.contains("E0201 case c3") && text.contains("E0202 case c5"), "{text}");
    assert!(text.ends_with("7 cases, 2 failed, 5 rows written\n"), "{text}");
    assert!(!text.contains(&*folder.path().to_string_lossy()), "a path of the machine:\n{text}");
    assert_eq!(run("3"), text, "problems are told in the order of the manifest");
    let csv = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert_eq!(csv.lines().count(), 6);
    assert!(!csv.contains("c3") && !csv.contains("c5"));
    let failed = &json(&folder.path().join("features.json"))["failed"];
    assert_eq!((&failed[0]["case"], &failed[1]["code"]), (&"c3".into(), &"E0202".into()));
}

#[test]
fn several_masks_stand_side_by_side_and_regions_below_each_other() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    fs::write(
        folder.path().join("two.csv"),
        "ID,Image,Mask:mass,Mask:same\na,c0.nii.gz,m0.nii.gz,m0.nii.gz\nb,c1.nii.gz,m1.nii.gz,\n",
    )
    .unwrap();
    let output = dlr(folder.path(), &["extract", "two.csv", "-p", "params.yaml", "-o", "two.json"]);
    assert!(stderr(&output).contains("E0107 case b: the case has no mask `same`"), "{}", stderr(&output));
    let rows = json(&folder.path().join("two.json"));
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["mass_original_glcm_Contrast"], rows[0]["same_original_glcm_Contrast"]);

    ok(folder.path(), &["extract", "cohort.csv", "-p", "params.yaml", "--label", "all", "-o", "long.csv"]);
    let long = fs::read_to_string(folder.path().join("long.csv")).unwrap();
    assert_eq!(long.lines().count(), 1 + 2 * N);
    assert!(long.lines().nth(2).unwrap().starts_with("c0,c0.nii.gz,m0.nii.gz,40,4,"), "{long}");
}

#[test]
fn maps_are_those_of_single_voxels() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    let args = ["extract", "c0.nii.gz", "m0.nii.gz", "-p", "params.yaml", "--mode", "voxel", "-o", "maps"];
    ok(folder.path(), &[&args[..], &["-s", "kernelRadius:1", "-s", "initValue:-1"]].concat());
    let names: Vec<_> = fs::read_dir(folder.path().join("maps")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 24 + 16, "{names:?}");
    let map = read_volume(&folder.path().join("maps/original_glcm_JointEntropy.nii.gz")).unwrap();
    let (image, mask) = case_of(0);
    let corner = image.geometry().to_index(map.geometry().origin_mm()).map(|v| v.round() as usize);
    let mut n_inside = 0;
    for ((z, y, x), value) in map.to_f64().indexed_iter() {
        let at = [z + corner[0], y + corner[1], x + corner[2]];
        if mask.voxels()[at] {
            n_inside += 1;
            assert!(*value >= 0.0);
        } else {
            assert_eq!(*value, -1.0);
        }
    }
    assert_eq!(n_inside, mask.n_voxels());
    ok(folder.path(), &["extract", "cohort.csv", "-p", "params.yaml", "--mode", "voxel", "--out-dir", "all"]);
    assert_eq!(fs::read_dir(folder.path().join("all")).unwrap().count(), 40 * N);
    assert!(folder.path().join("all/c6_original_glcm_Contrast.nii.gz").is_file());
}

#[test]
fn every_bad_argument_is_one_coded_error() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    fs::write(folder.path().join("typo.yaml"), "setting: {binWdith: 25}\n").unwrap();
    let case = ["extract", "c0.nii.gz", "m0.nii.gz"];
    for (args, code) in [
        (&["-p", "typo.yaml"][..], "E0402"),
        (&["-p", "absent.yaml"], "E0201"),
        (&["-s", "binWidth"], "E0401"),
        (&["-s", "binWdith:10"], "E0402"),
        (&["--label", "9"], "E0106"),
        (&["--label", "x"], "E0401"),
        (&["-o", "out.xlsx"], "E0204"),
        (&["--mode", "voxel"], "E0401"),
        (&["-j", "0"], "E0401"),
        (&["--profile", "ibsi"], "E0403"),
    ] {
        let output = dlr(folder.path(), &[&case[..], args].concat());
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {text}");
        assert!(text.starts_with(&format!("error: {code}")), "{args:?}: {text}");
        assert!(text.lines().count() <= 3, "{text}");
        assert!(output.stdout.is_empty());
    }
    fs::write(folder.path().join("empty.csv"), "ID,Image,Mask\n").unwrap();
    let output = dlr(folder.path(), &["extract", "empty.csv", "-o", "x.csv"]);
    let text = stderr(&output);
    assert!(text.starts_with("error: E0301") && text.lines().count() == 3, "{text}");
    assert!(!folder.path().join("x.csv").exists());
    for args in [&["extract", "cohort.csv"][..], &["extract", "cohort.csv", "-o", "x.csv", "--shard", "0/2"]] {
        let output = dlr(folder.path(), args);
        assert!(stderr(&output).starts_with("error: E0401"), "{}", stderr(&output));
    }
}

#[test]
fn suggest_prints_a_file_that_extract_takes() {
    let folder = tempfile::tempdir().unwrap();
    cohort(folder.path());
    let output = ok(folder.path(), &["suggest", "cohort.csv"]);
    fs::write(folder.path().join("suggested.yaml"), &output.stdout).unwrap();
    ok(folder.path(), &["extract", "cohort.csv", "-p", "suggested.yaml", "-o", "out.csv"]);
    assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().count(), 1 + N);
}
