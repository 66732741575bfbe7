//! The same seed gives the same bits: again, in any order, on any number of threads; and one latent moves only its own.

#![allow(clippy::unwrap_used)]

use dlr_core::{CaseSource, Volume, conformance};
use dlr_phantom::{Cause, Change, Grid, Latent, PhantomConfig, PhantomSource, Plan, Rendered, Subject, Variant};

fn config(variant: Variant) -> PhantomConfig {
    PhantomConfig { variant, grid: Grid::Tiny, n_train: 8, n_external: 4, ..PhantomConfig::default() }
}

fn all(plan: &Plan) -> Vec<Rendered> {
    plan.render_all(|_, rendered| Ok(rendered)).unwrap()
}

#[test]
fn the_same_bits_for_any_order_and_number_of_threads() {
    for variant in Variant::ALL {
        let plan = Plan::new(&config(variant)).unwrap();
        let many = all(&plan);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| all(&plan));
        assert_eq!(many, one, "{variant}");
        let last = plan.subjects().last().unwrap();
        assert_eq!(Some(&plan.render(last).unwrap()), many.last(), "{variant}: alone");
        let other = Plan::new(&PhantomConfig { seed: 2027, ..config(variant) }).unwrap();
        assert_ne!(all(&other)[0].image, many[0].image, "{variant}: another seed");
    }
}

#[test]
fn is_a_source_of_cases() {
    let source = PhantomSource::new(&config(Variant::Main)).unwrap();
    conformance::check_source(&source).unwrap();
    let (cohort, sealed) = source.cohort().unwrap();
    assert_eq!((cohort.len(), sealed.n_cases()), (12, 4));
    let digests: std::collections::BTreeSet<_> =
        cohort.rows().iter().map(|row| source.digest(&row.id).unwrap()).collect();
    assert_eq!(digests.len(), 12);
    assert!(source.load("PH_999").is_err());
}

fn values(image: &Volume) -> Vec<f64> {
    image.to_f64().into_iter().collect()
}

fn changed(subject: &Subject, latent: Latent, by: f64) -> Subject {
    Change { cause: latent.into(), by }.of(subject)
}

#[test]
fn a_changed_cohort_is_the_same_patients_with_one_cause_changed() {
    let plain = Plan::new(&config(Variant::Main)).unwrap();
    for cause in Cause::all() {
        let change = Change { cause, by: 2.0 };
        let plan = Plan::new(&PhantomConfig { change: Some(change), ..config(Variant::Main) }).unwrap();
        let (before, after) = (&plain.subjects()[0], &plan.subjects()[0]);
        assert_eq!(*after, change.of(before));
        let (before, after) = (plain.render(before).unwrap(), plan.render(after).unwrap());
        assert_ne!(values(&before.image), values(&after.image), "{change}");
        assert_eq!(before.truth.body, after.truth.body, "{change}");
    }
}

/// Where an image changed when one latent did: only there is the latent at work.
#[test]
fn a_counterfactual_changes_its_own_region_only() {
    let plan = Plan::new(&PhantomConfig { grid: Grid::Small, ..config(Variant::Main) }).unwrap();
    for subject in &plan.subjects()[..2] {
        let before = plan.render(subject).unwrap();
        assert_eq!(before, plan.render(&changed(subject, Latent::Het, 0.0)).unwrap());
        for latent in [Latent::Het, Latent::Nec, Latent::Edh, Latent::Ext, Latent::Ctx] {
            let after = plan.render(&changed(subject, latent, 2.0)).unwrap();
            assert_eq!(before.truth.tumour, after.truth.tumour, "{latent:?} leaves the tumour where it is");
            let moved = values(&before.image).into_iter().zip(values(&after.image)).map(|(a, b)| (a - b).abs());
            let tumour = before.truth.tumour.voxels().iter().copied().collect::<Vec<_>>();
            let (mut inside, mut outside) = (0.0, 0.0);
            for (moved, is_tumour) in moved.zip(tumour) {
                if is_tumour {
                    inside += moved;
                } else {
                    outside += moved;
                }
            }
            let share = inside / (inside + outside);
            // The point spread carries a little across the border.
            match latent {
                Latent::Het | Latent::Nec => assert!(share > 0.85, "{latent:?}: {share}"),
                Latent::Ctx => assert!(share < 0.01, "{latent:?}: {share}"),
                _ => assert!(share < 0.15, "{latent:?}: {share}"),
            }
        }
        let larger = plan.render(&changed(subject, Latent::Size, 1.0)).unwrap();
        assert!(larger.truth.tumour.n_voxels() > before.truth.tumour.n_voxels());
        // The same lobulation noise: a slightly larger tumour is nearly the same shape.
        let nudged = plan.render(&changed(subject, Latent::Size, 0.05)).unwrap();
        let (a, b) = (before.truth.tumour.voxels(), nudged.truth.tumour.voxels());
        let both = a.iter().zip(b.iter()).filter(|(a, b)| **a && **b).count() as f64;
        assert!(2.0 * both / (before.truth.tumour.n_voxels() + nudged.truth.tumour.n_voxels()) as f64 > 0.9);
    }
}

#[test]
fn readers_agree_with_the_truth_as_readers_do() {
    let plan = Plan::new(&PhantomConfig { grid: Grid::Small, ..config(Variant::Main) }).unwrap();
    for (subject, case) in plan.subjects().iter().zip(all(&plan)) {
        let dice = |a: &dlr_core::Mask, b: &dlr_core::Mask| {
            let both = a.voxels().iter().zip(b.voxels()).filter(|(a, b)| **a && **b).count() as f64;
            2.0 * both / (a.n_voxels() + b.n_voxels()) as f64
        };
        assert!(dice(&case.mass, &case.truth.tumour) > 0.85, "{}", subject.id);
        assert!(dice(&case.mass, &case.mass_second) > 0.8 && case.mass != case.mass_second, "{}", subject.id);
        assert_eq!(case.edema.is_some(), subject.has_oedema_contour);
        if let Some(edema) = &case.edema {
            let covered = case.mass.voxels().iter().zip(edema.voxels()).all(|(mass, edema)| !mass | edema);
            assert!(covered && edema.n_voxels() > case.mass.n_voxels(), "{}: edema includes the tumour", subject.id);
        }
        let stored = case.image.to_f64();
        assert!(stored.iter().all(|v| *v >= 0.0 && *v <= 65535.0 && v.fract() == 0.0), "16 bit");
    }
}

#[test]
fn the_mark_stands_in_the_corner() {
    let plan = Plan::new(&PhantomConfig { n_train: 20, ..config(Variant::MarkerTrap) }).unwrap();
    for (subject, case) in plan.subjects().iter().zip(all(&plan)) {
        let stored = case.image.to_f64();
        let mean = stored.iter().zip(case.truth.corner.voxels()).filter(|(_, c)| **c).map(|(v, _)| v).sum::<f64>()
            / case.truth.corner.n_voxels() as f64;
        assert_eq!(mean > subject.scanner.gain, subject.has_mark, "{}: {mean}", subject.id);
    }
}
