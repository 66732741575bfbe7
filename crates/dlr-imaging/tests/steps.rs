//! Every step keeps the contract of its seam, names the case it fails on, and does what its function does.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::conformance::{check_image_learner_on, check_image_step_on, sample_case};
use dlr_core::{Case, Code, ImageStep};
use dlr_imaging::bias::N4Params;
use dlr_imaging::frame;
use dlr_imaging::regions::{PerturbParams, RegionExpression};
use dlr_imaging::resample::{Interpolator, MaskRule, Store};
use dlr_imaging::steps::{
    Body, GridRule, Masks, MinMax, N4, Nyul, Pad, Percentile, Perturb, Resample, Resize, Ring, Tissue, ZScore,
};

fn ring(to_mm: f64) -> Ring {
    Ring {
        name: "peri".into(),
        around: "mass".into(),
        from_mm: 0.0,
        to_mm,
        within: Some("body".into()),
        minus: Vec::new(),
    }
}

fn with_body() -> Case {
    Body::default().apply(sample_case()).unwrap()
}

#[test]
fn every_step_keeps_the_contract() {
    let corner = Resample {
        grid: GridRule::Corner,
        interpolator: Interpolator::Linear,
        masks: MaskRule::Nearest,
        store: Store::Rounded,
        ..Resample::to_spacing([1.5, 1.5, 0.0])
    };
    let few = N4Params { shrink: 2, iterations: vec![5, 5], ..N4Params::default() };
    let expression = RegionExpression::parse("ring(mass, 0, 3) & body").unwrap();
    let steps: Vec<Box<dyn ImageStep>> = vec![
        Box::new(Resample::to_spacing([1.0; 3])),
        Box::new(corner),
        Box::new(ZScore::default()),
        Box::new(ZScore { within: Some("body".into()), ..ZScore::default() }),
        Box::new(MinMax::default()),
        Box::new(Percentile::default()),
        Box::new(Tissue::default()),
        Box::new(N4 { params: few, ..N4::default() }),
        Box::new(Body::default()),
        Box::new(ring(5.0)),
        Box::new(Masks { name: "peri".into(), expression }),
        Box::new(redrawn(1)),
        Box::new(Resize { shape: [10, 20, 30], how: frame::Resize::Trilinear }),
        Box::new(Resize { shape: [10, 20, 30], how: frame::Resize::ZoomNearest }),
        Box::new(Pad { shape: [24, 16, 28], around: Some("mass".into()), fill: -1.0 }),
    ];
    for step in steps {
        check_image_step_on(step.as_ref(), &with_body()).unwrap();
    }
}

fn redrawn(seed: u64) -> Perturb {
    Perturb { name: "mass".into(), of: "mass".into(), params: PerturbParams::default(), seed }
}

#[test]
fn the_step_that_learns_keeps_its_contract() {
    check_image_learner_on(&Nyul::default(), &with_body(), 3).unwrap();
    check_image_learner_on(&Nyul { within: None, ..Nyul::default() }, &sample_case(), 3).unwrap();
}

#[test]
fn another_seed_and_another_case_are_another_reader() {
    let mask =
        |step: &Perturb, id: &str| step.apply(Case { id: id.into(), ..sample_case() }).unwrap().masks["mass"].clone();
    assert_eq!(mask(&redrawn(1), "a"), mask(&redrawn(1), "a"));
    assert_ne!(mask(&redrawn(1), "a"), mask(&redrawn(2), "a"));
    assert_ne!(mask(&redrawn(1), "a"), mask(&redrawn(1), "b"));
}

#[test]
fn padding_puts_the_mass_in_the_middle() {
    let padded = Pad { shape: [24, 16, 28], around: Some("mass".into()), fill: -1.0 }.apply(sample_case()).unwrap();
    let region = padded.masks["mass"].bounding_box().unwrap();
    assert_eq!([0, 1, 2].map(|a| (region.start[a] + region.end[a]) / 2), [12, 8, 14]);
    assert_eq!(padded.image.get([0, 0, 0]), -1.0);
}

#[test]
fn errors_name_the_case_and_what_is_missing() {
    let error = ring(5.0).apply(sample_case()).unwrap_err();
    assert_eq!((error.code(), error.case()), (Code::MissingMask, Some("sample")));
    let error = ring(0.5).apply(with_body()).unwrap_err();
    assert_eq!((error.code(), error.case()), (Code::EmptyMask, Some("sample")), "no voxel within half a millimetre");
    let error = Resample::to_spacing([-1.0, 1.0, 1.0]).apply(sample_case()).unwrap_err();
    assert_eq!((error.code(), error.case()), (Code::Parameter, Some("sample")));
}

#[test]
fn rings_and_expressions_agree() {
    let case = with_body();
    let by_ring = ring(4.0).apply(case.clone()).unwrap();
    let expression = RegionExpression::parse("ring(mass, 0, 4) & body").unwrap();
    let by_text = Masks { name: "peri".into(), expression }.apply(case).unwrap();
    assert_eq!(by_ring.masks["peri"], by_text.masks["peri"]);
}

/// A ring named as the tumour leaves no tumour; whoever reads the case is told.
#[test]
fn a_mask_that_is_replaced_is_noted() {
    let note = |step: &dyn ImageStep| step.apply(with_body()).unwrap().notes.join("; ");
    let lost = "mask `mass` was there and is replaced by that of the step";
    assert!(note(&Ring { name: "mass".into(), ..ring(5.0) }).contains(&format!("{lost} `ring`")));
    let expression = RegionExpression::parse("fill(mass)").unwrap();
    assert!(note(&Masks { name: "mass".into(), expression }).contains(&format!("{lost} `masks`")));
    assert!(note(&Body::default()).contains("mask `body` was there"));
    assert!(note(&ring(5.0)).contains("mask `peri` was there"), "the sample has one");
    assert!(!note(&Ring { name: "shell".into(), ..ring(5.0) }).contains("was there"));
    // What `perturb` is for.
    assert!(!note(&redrawn(1)).contains("was there"));
}
