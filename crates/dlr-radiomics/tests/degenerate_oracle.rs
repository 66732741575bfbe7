//! Regions on which features have little to say, times every family, under both profiles: never a panic, never an
//! unexplained number. Where pyradiomics itself has an answer it is the answer; see
//! `data-fixtures/pyradiomics/degenerate/make_degenerate.py`, whose regions and images are repeated here.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use dlr_core::{FeatureVector, Mask, Volume};
use dlr_radiomics::docs::definition_of;
use dlr_radiomics::ibsi::{Aggregation, Bins, IbsiExtractor, IbsiParams, IvhBins};
use dlr_radiomics::pyradiomics::{Params, Selection, Setting, pyradiomics_name};
use dlr_radiomics::{Extractor, Family, Profile};
use ndarray::Array3;
use serde_json::{Map, Value};

const SHAPE: (usize, usize, usize) = (6, 7, 8);
const SPACING_MM: [f64; 3] = [2.0, 1.5, 1.0];

type Box3 = [[usize; 2]; 3];

/// Boxes `[z, y, x]` of which each region is the union.
const REGIONS: [(&str, &[Box3]); 18] = [
    ("one_voxel", &[[[2, 3], [3, 4], [3, 4]]]),
    ("one_voxel_in_the_corner", &[[[0, 1], [0, 1], [0, 1]]]),
    ("two_voxels_touching", &[[[2, 3], [3, 4], [3, 5]]]),
    ("two_voxels_diagonal", &[[[2, 3], [3, 4], [3, 4]], [[3, 4], [4, 5], [4, 5]]]),
    ("two_voxels_apart", &[[[0, 1], [0, 1], [0, 1]], [[5, 6], [6, 7], [7, 8]]]),
    ("three_voxels", &[[[2, 3], [3, 4], [3, 5]], [[3, 4], [3, 4], [3, 4]]]),
    ("five_voxels", &[[[2, 3], [3, 4], [3, 5]], [[3, 4], [3, 5], [3, 4]], [[4, 5], [4, 5], [3, 4]]]),
    ("a_row", &[[[2, 3], [3, 4], [1, 7]]]),
    ("one_slice", &[[[2, 3], [1, 6], [2, 7]]]),
    ("one_sagittal_slice", &[[[1, 5], [1, 6], [4, 5]]]),
    ("edge_z0", &[[[0, 2], [2, 5], [2, 6]]]),
    ("edge_z1", &[[[4, 6], [2, 5], [2, 6]]]),
    ("edge_y0", &[[[2, 4], [0, 3], [2, 6]]]),
    ("edge_y1", &[[[2, 4], [4, 7], [2, 6]]]),
    ("edge_x0", &[[[2, 4], [2, 5], [0, 3]]]),
    ("edge_x1", &[[[2, 4], [2, 5], [5, 8]]]),
    ("whole_image", &[[[0, 6], [0, 7], [0, 8]]]),
    ("disconnected", &[[[0, 2], [0, 3], [0, 3]], [[4, 6], [4, 7], [5, 8]]]),
];

const IMAGES: [&str; 3] = ["texture", "flat", "two_levels"];

fn image(name: &str) -> Volume {
    let value = |(z, y, x): (usize, usize, usize)| match name {
        "texture" => ((z * 31 + y * 17 + x * 53) % 200) as f32,
        "flat" => 100.0,
        _ => (x % 2 * 30) as f32,
    };
    Volume::from_array(Array3::from_shape_fn(SHAPE, value), SPACING_MM).unwrap()
}

fn mask(boxes: &[Box3]) -> Mask {
    let within = |at: [usize; 3], b: &Box3| (0..3).all(|a| (b[a][0]..b[a][1]).contains(&at[a]));
    let voxels = Array3::from_shape_fn(SHAPE, |(z, y, x)| boxes.iter().any(|b| within([z, y, x], b)));
    Mask::from_array(voxels, SPACING_MM).unwrap()
}

fn is_one_slice(boxes: &[Box3]) -> bool {
    boxes.iter().all(|b| b[0] == boxes[0][0]) && boxes[0][0][1] - boxes[0][0][0] == 1
}

fn pyradiomics(image: &Volume, boxes: &[Box3], is_flat: bool) -> FeatureVector {
    let mut params = Params::with(&[("force2D", Setting::Bool(is_flat))]).unwrap();
    if is_flat && is_one_slice(boxes) {
        params.selections.insert(1, Selection::all(Family::Shape2d));
    }
    Extractor::new(params).unwrap().extract(image, &mask(boxes)).unwrap()
}

/// Every value is a number, or NaN with a code and a sentence that says when the feature is undefined.
fn is_explained(features: &FeatureVector, what: &str, problems: &mut Vec<String>) {
    for (name, value) in features.iter() {
        match features.undefined().get(name) {
            None if value.is_finite() => {}
            None => problems.push(format!("{what}: {name} is {value} without a reason")),
            Some(_) if value.is_finite() => problems.push(format!("{what}: {name} is {value} and undefined")),
            Some(reason) if !reason.reason.contains("NaN") => {
                problems.push(format!("{what}: {name} is NaN, but its definition says `{}`", reason.reason));
            }
            Some(_) => {}
        }
    }
}

/// Of a region of equal intensities, every 0 is one that the feature's definition announces.
fn zeros_are_announced(profile: Profile, features: &FeatureVector, problems: &mut Vec<String>) {
    for (name, value) in features.iter().filter(|(_, value)| *value == 0.0) {
        let said = definition_of(profile, name).unwrap().degenerate;
        if !said.split([';', ',']).any(|part| part.trim_start().starts_with("0 ")) {
            problems.push(format!("{name} of a flat region is {value}, but its definition says `{said}`"));
        }
    }
}

#[test]
fn pyradiomics_answers_are_ours() {
    let file = data_fixtures::path("pyradiomics/degenerate/degenerate.json");
    let expected: Map<String, Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut problems = Vec::new();
    let mut n_compared = 0;
    for (setting, is_flat) in [("3d", false), ("2d", true)] {
        for image_name in IMAGES {
            let image = image(image_name);
            for (region, boxes) in REGIONS {
                let what = format!("{setting} {image_name} {region}");
                let found = pyradiomics(&image, boxes, is_flat);
                is_explained(&found, &what, &mut problems);
                if image_name == "flat" {
                    zeros_are_announced(Profile::Pyradiomics, &found, &mut problems);
                }
                let expected = expected[&what].as_object().unwrap();
                if expected.contains_key("error") {
                    // pyradiomics refuses one voxel, and nothing else of this list.
                    assert!(region.starts_with("one_voxel"), "{what}");
                    continue;
                }
                assert_eq!(expected.len(), found.len(), "{what}");
                for (name, value) in found.iter() {
                    let name = pyradiomics_name(name);
                    let expected = match &expected[&name] {
                        Value::String(text) => text.parse().unwrap(),
                        number => number.as_f64().unwrap(),
                    };
                    n_compared += 1;
                    // Rounding of sums that ought to cancel is not a value.
                    let slack = 1e-9 * f64::max(1.0, expected.abs());
                    // The root of what rounding left of 0: pyradiomics prints it, we have 0.
                    let is_rounding = value == 0.0 && expected.abs() < 1e-6;
                    let same = is_rounding
                        || if expected.is_finite() { (value - expected).abs() <= slack } else { value.is_nan() };
                    if !same {
                        problems.push(format!("{what}: {name} is {value}, pyradiomics has {expected}"));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} of {n_compared}:\n{}", problems.len(), problems.join("\n"));
    assert!(n_compared > 10_000);
}

#[test]
fn the_reference_manual_leaves_values_or_reasons() {
    let mut problems = Vec::new();
    for bins in [Bins::FixedNumber { n_bins: 8 }, Bins::FixedSize { bin_width: 25.0 }] {
        for ivh_bins in [IvhBins::AsIs, IvhBins::FixedNumber { n_bins: 1000 }, IvhBins::FixedSize { bin_width: 2.5 }] {
            let params = IbsiParams {
                aggregations: Aggregation::ALL.into(),
                beyond_consensus: true,
                ivh_bins,
                ..IbsiParams::new(bins)
            };
            let extractor = IbsiExtractor::new(params).unwrap();
            for image_name in IMAGES {
                let image = image(image_name);
                for (region, boxes) in REGIONS {
                    let what = format!("ibsi {bins:?} {ivh_bins:?} {image_name} {region}");
                    let found = extractor.extract(&image, &mask(boxes), "roi", "original").unwrap();
                    is_explained(&found, &what, &mut problems);
                    if image_name == "flat" {
                        zeros_are_announced(Profile::Ibsi, &found, &mut problems);
                    }
                }
            }
        }
    }
    problems.sort();
    problems.dedup();
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), problems.join("\n"));
}

/// Both profiles measure the same region: what has one definition has one value, degenerate or not.
#[test]
fn both_profiles_agree_where_they_mean_the_same() {
    let pairs = [
        ("shape_VoxelVolume", "shape_VoxelVolume"),
        ("firstorder_Mean", "firstorder_Mean"),
        ("firstorder_Variance", "firstorder_Variance"),
        ("firstorder_Range", "firstorder_Range"),
    ];
    let extractor = IbsiExtractor::new(IbsiParams::new(Bins::FixedNumber { n_bins: 8 })).unwrap();
    for image_name in IMAGES {
        let image = image(image_name);
        for (region, boxes) in REGIONS {
            let ibsi = extractor.extract(&image, &mask(boxes), "roi", "original").unwrap();
            let ours = pyradiomics(&image, boxes, false);
            for (a, b) in pairs {
                let [a, b] = [(&ours, a), (&ibsi, b)].map(|(f, name)| f.get(&format!("roi_original_{name}")));
                let (Some(a), Some(b)) = (a, b) else { panic!("{region}: a feature is missing") };
                assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{image_name} {region}: {a} and {b}");
            }
        }
    }
}
