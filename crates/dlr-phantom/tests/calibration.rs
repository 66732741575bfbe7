//! The cohort against the calibration of the protocol (section 5.8), on the `small` grid.

#![allow(clippy::unwrap_used)]

use dlr_core::Mask;
use dlr_imaging::distance;
use dlr_phantom::{Latent, PhantomConfig, Plan, Rendered, Subject};

/// What the tests need of a case.
struct Measured {
    subject: Subject,
    /// Tumour, visible oedema, context: share of the grid.
    shares: [f64; 3],
    volume_cm3: f64,
    features: Vec<(&'static str, f64)>,
}

fn share(mask: &Mask) -> f64 {
    mask.n_voxels() as f64 / mask.geometry().n_voxels() as f64
}

fn quantile(sorted: &[f64], p: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * p).round() as usize]
}

fn moments(values: &[f64]) -> (f64, f64, f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let central = |k: i32| values.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
    let sd = central(2).sqrt();
    (mean, sd, central(3) / sd.powi(3), central(4) / sd.powi(4))
}

fn entropy(values: &[f64], mean: f64) -> f64 {
    let mut counts = [0.0; 64];
    values.iter().for_each(|v| counts[((v / mean * 16.0) as usize).min(63)] += 1.0);
    let p = counts.iter().map(|c| c / values.len() as f64).filter(|p| *p > 0.0);
    -p.map(|p| p * p.log2()).sum::<f64>()
}

/// Hand-made features of the first reader's tumour and of rings around it; none depends on the gain.
fn measure(subject: &Subject, case: Rendered) -> dlr_core::Result<Measured> {
    let to_mass = distance::to_mask(&case.mass);
    let (body, bone) = (case.truth.body.voxels(), case.truth.bone.voxels());
    let image = case.image.to_f64();
    let ring = |from: f64, to: f64| -> Vec<f64> {
        let inside = image.iter().zip(&to_mass).zip(body.iter().zip(bone.iter()));
        inside.filter(|((_, d), (b, o))| **d > from && **d <= to && **b && !**o).map(|((v, _), _)| *v).collect()
    };
    let mut tumour: Vec<f64> =
        image.iter().zip(case.mass.voxels().iter()).filter(|(_, m)| **m).map(|(v, _)| *v).collect();
    let (near, far, outer) = (ring(0.0, 10.0), ring(10.0, 20.0), ring(20.0, 42.0));
    let mut outer_sorted = outer.clone();
    outer_sorted.sort_by(f64::total_cmp);
    let outer_tail = quantile(&outer_sorted, 0.95) / quantile(&outer_sorted, 0.75);
    let (t, n, f, o) = (moments(&tumour), moments(&near), moments(&far), moments(&outer));
    let entropy = entropy(&tumour, t.0);
    tumour.sort_by(f64::total_cmp);
    let iqr = (quantile(&tumour, 0.75) - quantile(&tumour, 0.25)) / quantile(&tumour, 0.5);
    let features = vec![
        ("log volume", case.mass.volume_mm3().ln()),
        ("tumour entropy", entropy),
        ("tumour cv", t.1 / t.0),
        ("tumour iqr", iqr),
        ("tumour skewness", t.2),
        ("tumour kurtosis", t.3),
        ("near cv", n.1 / n.0),
        ("near skewness", n.2),
        ("near over far", n.0 / f.0),
        ("far over outer", f.0 / o.0),
        ("outer tail", outer_tail),
    ];
    Ok(Measured {
        shares: [&case.truth.tumour, &case.truth.visible, &case.truth.context].map(share),
        volume_cm3: case.truth.tumour.volume_mm3() / 1000.0,
        subject: subject.clone(),
        features,
    })
}

/// Training cases only: the prototype's shares are those of its training scanners (the grid of C is a third larger).
fn cohort(seed: u64, n_train: usize) -> Vec<Measured> {
    let config = PhantomConfig { seed, n_train, n_external: 0, ..PhantomConfig::default() };
    Plan::new(&config).unwrap().render_all(measure).unwrap()
}

/// Correlation within scanners, so that no scanner makes it.
fn correlation(cohort: &[Measured], latent: Latent, feature: &str) -> f64 {
    let value = |m: &Measured| m.features.iter().find(|(name, _)| *name == feature).unwrap().1;
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for scanner in ["A", "B"] {
        let group: Vec<_> = cohort.iter().filter(|m| m.subject.scanner.name == scanner).collect();
        let n = group.len() as f64;
        let mx = group.iter().map(|m| m.subject.latents.get(latent)).sum::<f64>() / n;
        let my = group.iter().map(|m| value(m)).sum::<f64>() / n;
        for m in &group {
            let (x, y) = (m.subject.latents.get(latent) - mx, value(m) - my);
            xy += x * y;
            xx += x * x;
            yy += y * y;
        }
    }
    (xy / (xx * yy).sqrt()).abs()
}

/// Volume shares, lesion size and correlations of features with latents, one table, every miss at once.
#[test]
fn one_cohort_is_as_the_protocol_measured() {
    let cohort = cohort(11, 80);
    let mean = |i: usize| cohort.iter().map(|m| m.shares[i]).sum::<f64>() / cohort.len() as f64 * 100.0;
    let mut volumes: Vec<f64> = cohort.iter().map(|m| m.volume_cm3).collect();
    volumes.sort_by(f64::total_cmp);
    let best = |latent, features: &[&str]| features.iter().map(|f| correlation(&cohort, latent, f)).fold(0.0, f64::max);
    let all: Vec<&str> = cohort[0].features.iter().map(|(name, _)| *name).collect();
    let (size, texture) = (&["log volume"], &["tumour entropy", "tumour cv"]);
    let necrosis = &["tumour iqr", "tumour kurtosis", "tumour skewness"];
    let (near, contrast) = (&["near skewness", "near cv"], &["near over far", "far over outer"]);
    // 5.8 gives one or two seeds and calls them good to 0.05; 80 cases add a standard error of 0.1 to a correlation
    // and of 0.35 % to a share. Its correlation of the context is with a skewness that our vessels blur: the tail of
    // the histogram shows the same streaks.
    let table = [
        ("share of the tumour, %", mean(0), 4.0, 5.4),
        ("share of the visible oedema, %", mean(1), 4.0, 5.4),
        ("share of the context, %", mean(2), 15.0, 18.5),
        ("median lesion, cm3", quantile(&volumes, 0.5), 140.0, 205.0),
        ("size and log volume", best(Latent::Size, size), 0.90, 1.0),
        ("het and entropy or cv", best(Latent::Het, texture), 0.45, 0.95),
        ("nec and iqr, kurtosis or skewness", best(Latent::Nec, necrosis), 0.35, 0.80),
        ("edh and skewness or cv near", best(Latent::Edh, near), 0.58, 0.90),
        ("ext and contrast of rings", best(Latent::Ext, contrast), 0.50, 0.90),
        ("ctx and tail of the outer ring", best(Latent::Ctx, &["outer tail"]), 0.50, 0.92),
        ("lob and anything", best(Latent::Lob, &all), 0.0, 0.35),
    ];
    for (name, found, low, high) in table {
        eprintln!("{name:<36} {found:8.3}  expected {low} to {high}");
    }
    let misses: Vec<_> = table.iter().filter(|(_, found, low, high)| found < low || found > high).collect();
    assert!(misses.is_empty(), "{misses:?}");
}
