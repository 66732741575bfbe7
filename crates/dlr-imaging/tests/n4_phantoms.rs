//! N4 on limbs under a known field: what is left of it, against what SimpleITK's N4 leaves of the same voxels.
//!
//! The formulas are those of `data-fixtures/imaging/make_n4_phantoms.py`; the sum of the voxels proves that both made the
//! same ones.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Mask, Volume};
use dlr_imaging::bias::{N4Params, n4};
use ndarray::{Array3, Zip};

const SHAPE: [usize; 3] = [24, 96, 96];
const SPACING_MM: [f64; 3] = [4.0, 1.5, 1.5];

struct Row {
    name: String,
    fat: f64,
    muscle: f64,
    mass: f64,
    coil: bool,
    strength: f64,
    noise: f64,
    shrink: usize,
    voxel_sum: f64,
    cv_before: f64,
    cv_simpleitk: f64,
    iterations: String,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(data_fixtures::path("imaging/n4_phantoms.csv")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |i: usize| cells[i].parse::<f64>().unwrap();
        Row {
            name: cells[0].into(),
            fat: number(1),
            muscle: number(2),
            mass: number(3),
            coil: cells[4] == "coil",
            strength: number(5),
            noise: number(6),
            shrink: cells[7].parse().unwrap(),
            voxel_sum: number(8),
            cv_before: number(9),
            cv_simpleitk: number(10),
            iterations: cells[11].into(),
        }
    };
    text.lines().skip(1).map(row).collect()
}

/// Twelve uniforms less six, from a counter.
fn normal(index: usize, stream: u64) -> f64 {
    let uniform = |k: u64| {
        let x = (index as u64).wrapping_add((stream * 12 + k) << 40).wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    };
    (0..12).map(uniform).sum::<f64>() - 6.0
}

/// Voxels, body, and the logarithm of the field.
fn phantom(row: &Row, stream: u64) -> (Volume, Mask, Array3<f64>) {
    let unit = |i: usize, n: usize| 2.0 * i as f64 / (n as f64 - 1.0) - 1.0;
    let at = |z: usize, y: usize, x: usize| [unit(z, SHAPE[0]), unit(y, SHAPE[1]), unit(x, SHAPE[2])];
    let log_field = Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        let [z, y, x] = at(z, y, x);
        if row.coil {
            -row.strength * ((x - 0.7) * (x - 0.7) + (y + 0.4) * (y + 0.4) + 0.3 * z * z)
        } else {
            row.strength * (0.8 * x - 0.5 * y * y + 0.4 * x * y + 0.2 * z)
        }
    });
    let square = |v: f64| v * v;
    let signal = |z: f64, y: f64, x: f64| {
        let r = (x * x + y * y).sqrt();
        let mass = square((x - 0.25) / 0.3) + square((y + 0.15) / 0.25) + square(z / 0.6) <= 1.0;
        let bone = square(x + 0.3) + square(y - 0.1) <= 0.15 * 0.15;
        match () {
            () if mass => row.mass,
            () if bone => 60.0,
            () if r <= 0.75 => row.muscle,
            () if r <= 0.92 => row.fat,
            () => 0.0,
        }
    };
    let voxels = Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        let index = (z * SHAPE[1] + y) * SHAPE[2] + x;
        let [u, v, w] = at(z, y, x);
        let a = signal(u, v, w) * log_field[[z, y, x]].exp() + row.noise * normal(index, 2 * stream);
        let b = row.noise * normal(index, 2 * stream + 1);
        (a * a + b * b).sqrt().round_ties_even()
    });
    let body = Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        let [_, y, x] = at(z, y, x);
        (x * x + y * y).sqrt() <= 0.92
    });
    let volume = Volume::from_array(voxels, SPACING_MM).unwrap();
    (volume, Mask::from_array(body, SPACING_MM).unwrap(), log_field)
}

/// Coefficient of variation of `exp(log_ratio)` within the mask.
fn variation(log_ratio: &Array3<f64>, body: &Mask) -> f64 {
    let mut ratios = Vec::new();
    Zip::from(log_ratio).and(body.voxels()).for_each(|log, inside| {
        if *inside {
            ratios.push(log.exp());
        }
    });
    let n = ratios.len() as f64;
    let mean = ratios.iter().sum::<f64>() / n;
    (ratios.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt() / mean
}

#[test]
fn at_most_a_tenth_more_is_left_than_simpleitk_leaves() {
    let mut misses = Vec::new();
    for (stream, row) in rows().iter().enumerate() {
        let (image, body, log_field) = phantom(row, stream as u64);
        // The exponential may round one voxel the other way.
        let sum: f64 = image.to_f64().iter().sum();
        assert!((sum - row.voxel_sum).abs() <= 3.0, "{}: other voxels, sum {sum} for {}", row.name, row.voxel_sum);
        assert!((variation(&log_field, &body) - row.cv_before).abs() < 1e-5, "{}", row.name);
        let found = n4(&image, Some(&body), &N4Params { shrink: row.shrink, ..N4Params::default() }).unwrap();
        let left = variation(&(&log_field - &found.log_field), &body);
        println!(
            "{:12} before {:.4}, SimpleITK {:.4} ({}), ours {left:.4} ({:?})",
            row.name, row.cv_before, row.cv_simpleitk, row.iterations, found.iterations
        );
        if left > 1.1 * row.cv_simpleitk {
            misses.push(format!("{}: {left:.4} left, SimpleITK {:.4}", row.name, row.cv_simpleitk));
        }
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
