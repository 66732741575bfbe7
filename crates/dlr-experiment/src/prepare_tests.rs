//! No stale feature: 500 random changes to images, masks, manifest and settings, each computed with a cache that has
//! seen everything before, and without one.

use super::*;
use crate::{ExperimentFile, progress::Quiet};
use dlr_core::{Geometry, Mask, Rng, Volume};
use ndarray::Array3;
use std::fs;

const N_CHANGES: usize = 500;
const SHAPE: [usize; 3] = [4, 7, 7];

/// What the files and settings hold; every change is one line of [`World::change`].
struct World {
    images: [Array3<f32>; 2],
    masks: [Array3<bool>; 2],
    spacing_mm: [f64; 3],
    origin_mm: [f64; 3],
    swapped: bool,
    bin_count: usize,
    spacing_to: f64,
    scale: f64,
    ring_mm: f64,
    mask_of_block: &'static str,
    weighting: bool,
}

impl World {
    fn new(rng: &mut Rng) -> Self {
        let mut image = || Array3::from_shape_simple_fn(SHAPE, || (rng.below(90) + 10) as f32);
        let images = [image(), image()];
        let ball = Array3::from_shape_fn(SHAPE, |(z, y, x)| z > 0 && z < 3 && y.abs_diff(3) + x.abs_diff(3) < 3);
        World {
            images,
            masks: [ball.clone(), ball],
            spacing_mm: [2.0, 1.0, 1.0],
            origin_mm: [0.0; 3],
            swapped: false,
            bin_count: 8,
            spacing_to: 1.0,
            scale: 100.0,
            ring_mm: 2.0,
            mask_of_block: "mass",
            weighting: false,
        }
    }

    fn change(&mut self, rng: &mut Rng) {
        let at = |rng: &mut Rng| [rng.below(SHAPE[0]), rng.below(SHAPE[1]), rng.below(SHAPE[2])];
        let case = rng.below(2);
        match rng.below(11) {
            0 | 1 => self.images[case][at(rng)] += 1.0,
            2 | 3 => self.masks[case][at(rng)] ^= true,
            4 => self.spacing_mm[rng.below(3)] = 1.0 + rng.below(4) as f64 / 4.0,
            5 => self.origin_mm[rng.below(3)] += 1.0,
            6 => self.swapped ^= true,
            7 => self.bin_count = 4 + rng.below(8),
            8 => self.spacing_to = 1.0 + rng.below(3) as f64 / 10.0,
            9 => self.scale = 50.0 + rng.below(4) as f64,
            _ => match rng.below(3) {
                0 => self.ring_mm = 2.0 + rng.below(3) as f64,
                1 => self.mask_of_block = if self.mask_of_block == "mass" { "peri" } else { "mass" },
                _ => self.weighting ^= true,
            },
        }
        // An empty region is an error of its own, not a feature.
        self.masks.iter_mut().for_each(|mask| mask[[1, 3, 3]] = true);
    }

    fn write(&self, folder: &Path) {
        let direction = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let geometry = Geometry::new(SHAPE, self.spacing_mm, self.origin_mm, direction).unwrap();
        for (i, (image, mask)) in self.images.iter().zip(&self.masks).enumerate() {
            let image = Volume::new(geometry, image.clone()).unwrap();
            dlr_io::write_volume(&folder.join(format!("{i}.nii.gz")), &image).unwrap();
            dlr_io::write_mask(&folder.join(format!("{i}_mask.nii.gz")), &Mask::new(geometry, mask.clone()).unwrap())
                .unwrap();
        }
        // The same files under the other's name: what a cache by row number would miss.
        let [a, b] = if self.swapped { [1, 0] } else { [0, 1] };
        let text = format!("ID,Image,Mask,label\na,{a}.nii.gz,{a}_mask.nii.gz,0\nb,{b}.nii.gz,{b}_mask.nii.gz,1\n");
        fs::write(folder.join("cohort.csv"), text).unwrap();
    }

    fn file(&self) -> ExperimentFile {
        let World { bin_count, spacing_to, scale, ring_mm, mask_of_block, weighting, .. } = self;
        let norm = if *weighting { ", weightingNorm = \"euclidean\"" } else { "" };
        let text = format!(
            r#"
name = "stale"
title = "t"
question = "q"
seed = 1
cohort = {{ params = {{ path = "cohort.csv" }}, positive = "p", negative = "n" }}
models = [{{ name = "m", title = "m", blocks = ["texture"], pipeline = "p" }}]
image = [
    {{ stage = "resample", spacing_mm = [{spacing_to:?}, {spacing_to:?}, {spacing_to:?}] }},
    {{ stage = "body", threshold = 5.0 }},
    {{ stage = "zscore", scale = {scale:?} }},
    {{ stage = "ring", to_mm = {ring_mm:?} }},
]
pipelines = {{ p = {{ model = {{ stage = "logistic" }} }} }}
validation = {{ splitter = {{ stage = "kfold", n_folds = 2 }} }}
[features.texture]
stage = "radiomics"
mask = "{mask_of_block}"
params = {{ setting = {{ binCount = {bin_count}{norm} }}, featureClass = {{ firstorder = "null", glcm = ["Contrast", "Idn"], shape = ["MeshVolume"] }} }}
"#
        );
        ExperimentFile::parse(&text, &[]).unwrap()
    }
}

/// Names, bits and reasons of every case, or the error that it gave.
fn outcome(file: &ExperimentFile, folder: &Path, cache: &Cache) -> String {
    let preparation = Preparation::new(file, &Registry::builtin(), folder).unwrap();
    let (cohort, _) = preparation.source().cohort().unwrap();
    let (prepared, failed) = preparation.features(Side { cohort: &cohort, fold: None }, cache, &Quiet).unwrap();
    let table = &prepared.blocks["texture"];
    let bits: Vec<u64> = table.values().iter().map(|v| v.to_bits()).collect();
    format!("{:?} {:?} {bits:?} {:?} {failed:?}", table.cases(), table.names(), prepared.undefined)
}

#[test]
fn five_hundred_random_changes_and_no_stale_feature() {
    let mut rng = Rng::new(19);
    let mut world = World::new(&mut rng);
    let folder = tempfile::tempdir().unwrap();
    let kept = Cache::new(folder.path().join("kept"));
    let mut stale = Vec::new();
    let mut distinct = std::collections::BTreeSet::new();
    for change in 0..N_CHANGES {
        world.change(&mut rng);
        world.write(folder.path());
        let file = world.file();
        let cached = outcome(&file, folder.path(), &kept);
        let fresh_folder = tempfile::tempdir().unwrap();
        if cached != outcome(&file, folder.path(), &Cache::new(fresh_folder.path())) {
            stale.push(change);
        }
        distinct.insert(cached);
    }
    assert!(stale.is_empty(), "{} of {N_CHANGES} results were stale: changes {stale:?}", stale.len());
    assert!(distinct.len() > N_CHANGES / 2, "the changes must matter: {} distinct results", distinct.len());
}
