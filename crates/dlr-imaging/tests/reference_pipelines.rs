//! Whole pipelines against published and peers' numbers: the IBSI-1 diagnostics of configurations A to E, and the image
//! and mask that pyradiomics has after resampling.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Mask, Volume};
use dlr_imaging::normalise::{ZScoreParams, zscore};
use dlr_imaging::resample::{
    Interpolator, MaskRule, Store, centred_grid, resample, resample_like_pyradiomics, resample_mask,
};
use dlr_io::LabelSelection;
use std::collections::BTreeMap;
use std::path::Path;

/// Extremes, mean and count of the voxels of a mask, or of all.
fn moments(image: &Volume, mask: Option<&Mask>) -> [f64; 4] {
    let values: Vec<f64> = match mask {
        None => image.to_f64().into_iter().collect(),
        Some(mask) => image.to_f64().iter().zip(mask.voxels()).filter(|(_, m)| **m).map(|(v, _)| *v).collect(),
    };
    let extreme = |f: fn(f64, f64) -> f64| values.iter().copied().reduce(f).unwrap();
    [values.iter().sum::<f64>() / values.len() as f64, extreme(f64::min), extreme(f64::max), values.len() as f64]
}

/// Three significant digits, as the diagnostics are given.
fn three_digits(v: f64) -> f64 {
    if v == 0.0 { 0.0 } else { format!("{v:.2e}").parse().unwrap() }
}

#[test]
fn ibsi_1_diagnostics() {
    let Some(folder) = data_fixtures::shared("data/ibsi1") else { return };
    let table = std::fs::read_to_string(folder.join("diagnostics.csv")).unwrap();
    let image = dlr_io::read_volume(&folder.join("ct_phantom/phantom.nii.gz")).unwrap();
    let image = Volume::new(*image.geometry(), image.to_f64().mapv(f64::round)).unwrap();
    let mask = dlr_io::read_mask(&folder.join("ct_phantom/mask.nii.gz"), &LabelSelection::Auto).unwrap();
    let configurations = [
        ("A", None, Interpolator::Linear),
        ("B", Some([0.0, 2.0, 2.0]), Interpolator::Linear),
        ("C", Some([2.0; 3]), Interpolator::Linear),
        ("D", Some([2.0; 3]), Interpolator::Linear),
        ("E", Some([2.0; 3]), Interpolator::Cubic),
    ];
    let mut found = BTreeMap::new();
    for (name, spacing_mm, interpolator) in configurations {
        let (new_image, new_mask) = match spacing_mm {
            None => (image.clone(), mask.clone()),
            Some(spacing_mm) => {
                let grid = centred_grid(image.geometry(), spacing_mm).unwrap();
                let new_image = resample(&image, &grid, interpolator, Store::Rounded).unwrap();
                (new_image, resample_mask(&mask, &grid, MaskRule::Threshold(0.5)).unwrap())
            }
        };
        for (stage, image, mask) in [("initial", &image, &mask), ("interpolated", &new_image, &new_mask)] {
            let mut put = |stage: &str, what: &str, value: f64| {
                found.insert((name.to_owned(), stage.to_owned(), what.to_owned()), value);
            };
            let of_image = format!("{stage} image");
            let of_roi = format!("{stage} ROI");
            for (axis, letter) in ["z", "y", "x"].iter().enumerate() {
                put(&of_image, &format!("Image dimension {letter}"), image.geometry().shape()[axis] as f64);
                put(&of_image, &format!("Voxel dimension {letter}"), image.geometry().spacing_mm()[axis]);
                put(&of_roi, &format!("Int. mask dimension {letter}"), mask.geometry().shape()[axis] as f64);
                let size = mask.bounding_box().unwrap().shape()[axis] as f64;
                put(&of_roi, &format!("Int. mask bounding box dimension {letter}"), size);
                put(&of_roi, &format!("Morph. mask bounding box dimension {letter}"), size);
            }
            let [mean, min, max, _] = moments(image, None);
            let [roi_mean, roi_min, roi_max, count] = moments(image, Some(mask));
            for (what, value) in [("Mean", mean), ("Minimum", min), ("Maximum", max)] {
                put(&of_image, &format!("{what} intensity"), value);
            }
            for (what, value) in [("mean", roi_mean), ("minimum", roi_min), ("maximum", roi_max)] {
                put(&of_roi, &format!("Int. mask {what} intensity"), value);
            }
            put(&of_roi, "Int. mask voxel count", count);
            put(&of_roi, "Morph. mask voxel count", count);
        }
    }
    let (mut compared, mut misses) = (0, Vec::new());
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let key = (cells[0].to_owned(), cells[1].to_owned(), cells[2].to_owned());
        let Some(value) = found.get(&key) else { continue };
        compared += 1;
        let expected: f64 = cells[3].parse().unwrap();
        // Counts are given in full, intensities with three digits.
        let equal = *value == expected || three_digits(*value) == three_digits(expected) && !cells[2].contains("count");
        if !equal {
            misses.push(format!("{} {} {}: expected {expected}, found {value}", cells[0], cells[1], cells[2]));
        }
    }
    println!("IBSI-1 diagnostics: {} of {compared} equal", compared - misses.len());
    assert!(compared > 150, "only {compared} rows were recognised");
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn pyradiomics_after_resampling() {
    let Some(folder) = data_fixtures::shared("peers/pyradiomics_reference") else { return };
    let data = data_fixtures::shared("data/pyradiomics").unwrap();
    let (mut compared, mut misses) = (0, Vec::new());
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let reference: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let name = reference["config"].as_str().unwrap();
        if !name.contains("resample") {
            continue;
        }
        let (spacing_mm, interpolator, normalise) = settings(&folder.join(reference["params"].as_str().unwrap()));
        for (case, values) in reference["cases"].as_object().unwrap() {
            let path = data.join(format!("{case}_image.nrrd"));
            if !path.exists() {
                continue;
            }
            let mut image = dlr_io::read_volume(&path).unwrap();
            let mask = data.join(format!("{case}_label.nrrd"));
            let mask = dlr_io::read_mask(&mask, &LabelSelection::Value(1)).unwrap();
            let mut store = Store::INT16;
            if normalise {
                let params = ZScoreParams { scale: 100.0, clip_sd: Some(3.0), ..ZScoreParams::default() };
                image = zscore(&image, None, &params).unwrap();
                store = Store::F64;
            }
            let ours = resample_like_pyradiomics(&image, &mask, spacing_mm, interpolator, 5, store).unwrap();
            let [z, y, x] = ours.image.geometry().shape();
            let [mean, min, max, _] = moments(&ours.image, None);
            let [roi_mean, roi_min, roi_max, count] = moments(&ours.image, Some(&ours.mask));
            let table = [
                ("Image-interpolated_Mean", mean),
                ("Image-interpolated_Minimum", min),
                ("Image-interpolated_Maximum", max),
                ("Mask-interpolated_Mean", roi_mean),
                ("Mask-interpolated_Minimum", roi_min),
                ("Mask-interpolated_Maximum", roi_max),
                ("Mask-interpolated_VoxelNum", count),
            ];
            let wanted = &values["diagnostics"];
            assert_eq!(wanted["Image-interpolated_Size"], serde_json::json!([x, y, z]), "{name} {case}");
            for (key, found) in table {
                compared += 1;
                let expected = wanted[key].as_f64().unwrap();
                // Means are summed in another order.
                if (found - expected).abs() > 1e-11 * expected.abs() {
                    misses.push(format!("{name} {case} {key}: expected {expected}, found {found}"));
                }
            }
        }
    }
    println!("pyradiomics after resampling: {} of {compared} equal", compared - misses.len());
    assert!(compared >= 7 * 8, "only {compared} values were compared");
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

/// Spacing `[z, y, x]`, interpolator, and whether the image is normalised, from the few lines that say so.
fn settings(path: &Path) -> ([f64; 3], Interpolator, bool) {
    let text = std::fs::read_to_string(path).unwrap();
    let after = |key: &str| text.split(key).nth(1).unwrap();
    let mut numbers = after("resampledPixelSpacing:")
        .split('-')
        .skip(1)
        .take(3)
        .map(|n| n.split_whitespace().next().unwrap().parse::<f64>().unwrap());
    let [x, y, z] = [(); 3].map(|()| numbers.next().unwrap());
    let interpolator = after("interpolator:").split_whitespace().next().unwrap();
    ([z, y, x], Interpolator::from_pyradiomics(interpolator).unwrap(), text.contains("normalize: true"))
}
