//! [`Plan`]: who takes part, and what is random about each before any image is made.

use crate::{
    config::PhantomConfig,
    latent::{Latent, Latents},
    normal,
    render::{self, Rendered},
    scanner::{self, Scanner},
    streams::{Part, Stuff, of_case, of_plan},
    subject::{AGE_HIGH, AGE_LOW, AGE_SD, Site, Subject},
    variant::Variant,
};
use dlr_core::{Code, Error, Result, Rng, Role, derive_seed};
use rayon::prelude::*;

/// How much larger tumours of the trunk are, in units of the size latent.
const TRUNK_OFFSET: f64 = 0.4;
/// The study's shares of high grade: 80 of 129, and 45 of 74.
const USUAL_SHARE: [f64; 2] = [80.0 / 129.0, 45.0 / 74.0];
/// Share of cases in which no reader drew the oedema, as in TCIA.
const WITHOUT_OEDEMA_CONTOUR: f64 = 0.37;

/// A cohort before its images: training cases first, in an order that says nothing of their labels.
#[derive(Debug, Clone)]
pub struct Plan {
    config: PhantomConfig,
    subjects: Vec<Subject>,
}

impl Plan {
    /// Draws labels, latents, scanners and the clinical table.
    ///
    /// # Errors
    /// [`Code::Parameter`] for a cohort that cannot be drawn.
    pub fn new(config: &PhantomConfig) -> Result<Plan> {
        config.validate()?;
        let mut subjects = part(config, Role::Train, 0);
        subjects.extend(part(config, Role::External, config.n_train));
        duplicate(config, &mut subjects);
        if let Some(change) = config.change {
            subjects = subjects.iter().map(|subject| change.of(subject)).collect();
        }
        Ok(Plan { config: config.clone(), subjects })
    }

    /// What was asked for.
    pub fn config(&self) -> &PhantomConfig {
        &self.config
    }

    /// The examinations, in order.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// The examinations of one role alone, each as it was drawn.
    #[must_use]
    pub fn only(mut self, role: Role) -> Plan {
        self.subjects.retain(|subject| subject.role == role);
        self
    }

    /// One examination.
    ///
    /// # Errors
    /// [`Code::UnknownName`].
    pub fn subject(&self, id: &str) -> Result<&Subject> {
        self.subjects
            .iter()
            .find(|subject| subject.id == id)
            .ok_or_else(|| Error::new(Code::UnknownName, "the phantom has no such case").for_case(id))
    }

    /// The image, the readers' masks and the truth of one examination. Of the plan only the grid is used, so a subject
    /// changed by [`Change::of`](crate::Change::of) gives the counterfactual image: all else is the same, down to the noise.
    ///
    /// # Errors
    /// Those of making a grid.
    pub fn render(&self, subject: &Subject) -> Result<Rendered> {
        render::render(subject, self.config.grid)
    }

    /// Renders every examination, several at a time, and gives what `then` makes of each, in order.
    ///
    /// # Errors
    /// That of the first examination that failed.
    pub fn render_all<T: Send>(&self, then: impl Fn(&Subject, Rendered) -> Result<T> + Sync) -> Result<Vec<T>> {
        let one = |subject: &Subject| then(subject, self.render(subject)?).map_err(|error| error.for_case(&subject.id));
        self.subjects.par_iter().map(one).collect()
    }
}

/// The patients of one role.
fn part(config: &PhantomConfig, role: Role, first: usize) -> Vec<Subject> {
    let (n, r) = match role {
        Role::Train => (config.n_train, 0),
        Role::External => (config.n_external, 1),
    };
    if n == 0 {
        return Vec::new();
    }
    let stream = |part: Part| of_plan(derive_seed(config.seed, r as u64 + 1), part);
    let (variant, deltas) = (config.variant, config.variant.deltas());
    let classes = deal(&mut stream(Part::Residuals), n, config.n_high(n, USUAL_SHARE[r]));
    let residuals = residuals(derive_seed(config.seed, 11 + r as u64), &classes);
    let scanners = scanners(&mut stream(Part::Scanners), variant, role, &classes);
    let marks = marks(&mut stream(Part::Scanners), variant, role, &classes);
    let (mut clinic, mut errors) = (stream(Part::Clinic), stream(Part::Errors));
    let offsets = variant.has_clinical_offsets();
    (0..n)
        .map(|i| {
            let is_high = classes[i];
            let site = draw_site(&mut clinic, is_high && offsets);
            let mean_age = match (offsets, is_high) {
                (true, true) => AGE_HIGH,
                (true, false) => AGE_LOW,
                (false, _) => (AGE_HIGH + AGE_LOW) / 2.0,
            };
            let age = normal::draw(&mut clinic, mean_age, AGE_SD).clamp(16.0, 90.0).round();
            let (is_female, is_superficial) = (clinic.uniform() < 0.5, clinic.uniform() < 0.2);
            let is_missed = errors.uniform() < config.label_errors && role == Role::Train;
            let trunk_offset = if offsets { TRUNK_OFFSET } else { 0.0 };
            let side = if is_high { 0.5 } else { -0.5 };
            let mut latents = Latents(Latent::ALL.map(|l| side * deltas.get(l) + residuals[l as usize][i]));
            if site == Site::Trunk {
                latents = latents.shifted(Latent::Size, trunk_offset);
            }
            let (number, id) = ((first + i) as u64, format!("PH_{:03}", first + i + 1));
            let patient_seed = derive_seed(derive_seed(config.seed, Part::Patients as u64), number);
            let scan_seed = derive_seed(derive_seed(config.seed, Part::Scans as u64), number);
            Subject {
                patient: id.clone(),
                id,
                role,
                scanner: scanners[i],
                is_high,
                label: is_high && !is_missed,
                latents,
                deltas,
                site,
                age,
                is_female,
                is_superficial,
                has_mark: marks[i],
                has_oedema_contour: has_contour(patient_seed),
                trunk_offset,
                base_offset: 0.0,
                ae_offset: 0.0,
                has_clinical_signal: offsets,
                patient_seed,
                scan_seed,
            }
        })
        .collect()
}

/// `n` places, `n_true` of them true, in random order.
fn deal(rng: &mut Rng, n: usize, n_true: usize) -> Vec<bool> {
    let mut places: Vec<bool> = (0..n).map(|i| i < n_true).collect();
    rng.shuffle(&mut places);
    places
}

/// Exact shares within each class: true for a `share[class]` of its members.
fn deal_by_class(rng: &mut Rng, classes: &[bool], share: [f64; 2]) -> Vec<bool> {
    let mut out = vec![false; classes.len()];
    for class in [false, true] {
        let members: Vec<usize> = (0..classes.len()).filter(|i| classes[*i] == class).collect();
        let n_true = (share[usize::from(class)] * members.len() as f64).round() as usize;
        for (member, is_true) in members.iter().zip(deal(rng, members.len(), n_true)) {
            out[*member] = is_true;
        }
    }
    out
}

/// Residuals of every latent, stratified within each class.
fn residuals(seed: u64, classes: &[bool]) -> Vec<Vec<f64>> {
    Latent::ALL
        .iter()
        .map(|latent| {
            let mut out = vec![0.0; classes.len()];
            for class in [false, true] {
                let members: Vec<usize> = (0..classes.len()).filter(|i| classes[*i] == class).collect();
                let mut rng = Rng::stream(derive_seed(seed, *latent as u64), u64::from(class));
                for (member, residual) in members.iter().zip(normal::stratified(&mut rng, members.len())) {
                    out[*member] = residual;
                }
            }
            out
        })
        .collect()
}

fn scanners(rng: &mut Rng, variant: Variant, role: Role, classes: &[bool]) -> Vec<Scanner> {
    if role == Role::External {
        return vec![scanner::C; classes.len()];
    }
    let (a, b) = match variant {
        Variant::ScannerTrap => (scanner::A_CLEAN, scanner::B_POOR),
        _ => (scanner::A, scanner::B),
    };
    deal_by_class(rng, classes, variant.share_of_scanner_a()).into_iter().map(|is_a| if is_a { a } else { b }).collect()
}

fn marks(rng: &mut Rng, variant: Variant, role: Role, classes: &[bool]) -> Vec<bool> {
    let mut rng = Rng::stream(rng.next_u64(), 1);
    match (variant.share_of_marks(), role) {
        (None, _) => vec![false; classes.len()],
        (Some((train, _)), Role::Train) => deal_by_class(&mut rng, classes, train),
        (Some((_, outside)), Role::External) => deal_by_class(&mut rng, classes, [outside; 2]),
    }
}

fn draw_site(rng: &mut Rng, is_high: bool) -> Site {
    let mut left = rng.uniform();
    for site in Site::ALL {
        left -= site.probability(is_high);
        if left < 0.0 {
            return site;
        }
    }
    Site::Trunk
}

fn has_contour(patient_seed: u64) -> bool {
    of_case(patient_seed, Stuff::Contour).uniform() >= WITHOUT_OEDEMA_CONTOUR
}

/// Second series of the first training patients: same patient and latents, new noise, bias and readers.
fn duplicate(config: &PhantomConfig, subjects: &mut Vec<Subject>) {
    let n = config.variant.n_duplicates().min(config.n_train);
    let seconds: Vec<Subject> = subjects[..n]
        .iter()
        .map(|first| {
            let id = format!("{}_B", first.id);
            let patient = if config.group_series { first.patient.clone() } else { id.clone() };
            Subject { id, patient, scan_seed: derive_seed(first.scan_seed, 2), ..first.clone() }
        })
        .collect();
    subjects.splice(config.n_train..config.n_train, seconds);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::LatentSet;
    use crate::oracle::{auc, bayes_auc, sample_oracle};

    fn plan(variant: Variant, seed: u64) -> Plan {
        Plan::new(&PhantomConfig { variant, seed, ..PhantomConfig::default() }).unwrap()
    }

    #[test]
    fn counts_are_exact() {
        let plan = plan(Variant::Main, 1);
        let count = |role, high| plan.subjects().iter().filter(|s| s.role == role && s.is_high == high).count();
        assert_eq!([count(Role::Train, true), count(Role::Train, false)], [80, 49]);
        assert_eq!([count(Role::External, true), count(Role::External, false)], [45, 29]);
        let a = plan.subjects().iter().filter(|s| s.scanner.name == "A").count();
        assert_eq!(a, 52, "40 % of each class");
        assert!(plan.subjects()[..129].iter().all(|s| s.role == Role::Train));
    }

    /// Single latents: the mean over cohorts of the sample AUC is `Phi(delta / sqrt 2)`.
    #[test]
    fn latents_separate_as_the_formula_says() {
        let n = 40;
        let mut sums = [0.0; 7];
        for seed in 0..n {
            let plan = plan(Variant::Main, seed);
            for (sum, latent) in sums.iter_mut().zip(Latent::ALL) {
                let (scores, labels): (Vec<_>, Vec<_>) = plan.subjects()[..129]
                    .iter()
                    .map(|s| (s.latents.get(latent) - s.site_offset(latent), s.is_high))
                    .unzip();
                *sum += auc(&scores, &labels) / n as f64;
            }
        }
        let expected = [0.677, 0.749, 0.664, 0.821, 0.726, 0.885, 0.5];
        let misses: Vec<_> = Latent::ALL
            .iter()
            .zip(sums.iter().zip(expected))
            .filter(|(_, (found, expected))| (*found - expected).abs() > 0.006)
            .collect();
        assert!(misses.is_empty(), "{misses:?}");
    }

    /// Mean and spread of the oracle on the external sample: PROTOCOL 5.1 gives 0.017, 0.018 and 0.015 at 45/29.
    #[test]
    fn the_sample_oracle_lies_near_the_formula_and_varies_little() {
        let expected_sd = [(LatentSet::Intra, 0.017), (LatentSet::Combined, 0.018), (LatentSet::All, 0.015)];
        for (set, sd) in expected_sd {
            let found: Vec<f64> =
                (0..80).map(|seed| sample_oracle(plan(Variant::Main, seed).subjects(), Role::External, set)).collect();
            let mean = found.iter().sum::<f64>() / 80.0;
            let spread = (found.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / 79.0).sqrt();
            let formula = bayes_auc(&Variant::Main.deltas(), set);
            assert!((mean - formula).abs() < 0.012, "{set:?}: mean {mean}, formula {formula}");
            assert!((spread - sd).abs() < 0.006, "{set:?}: spread {spread}, protocol {sd}");
        }
    }

    #[test]
    fn the_scanner_gives_grade_away_in_its_trap_only() {
        let share = |variant, high| {
            let plan = plan(variant, 3);
            let members: Vec<_> = plan.subjects()[..129].iter().filter(|s| s.is_high == high).cloned().collect();
            members.iter().filter(|s| s.scanner.name == "A").count() as f64 / members.len() as f64
        };
        assert!((share(Variant::ScannerTrap, true) - 0.9).abs() < 0.01);
        assert!((share(Variant::ScannerTrap, false) - 0.1).abs() < 0.01);
        assert!((share(Variant::Main, true) - share(Variant::Main, false)).abs() < 0.01);
    }

    #[test]
    fn marks_and_duplicates_stand_where_they_should() {
        let marker = plan(Variant::MarkerTrap, 3);
        let count = |train: bool, high: bool| {
            let role = if train { Role::Train } else { Role::External };
            marker.subjects().iter().filter(|s| s.role == role && s.is_high == high && s.has_mark).count()
        };
        assert_eq!([count(true, true), count(true, false)], [68, 5]);
        assert_eq!([count(false, true), count(false, false)], [23, 15], "half of 45 and of 29, rounded");

        let twice = plan(Variant::DuplicateTrap, 3);
        assert_eq!(twice.subjects().len(), 129 + 15 + 74);
        let (first, second) = (&twice.subjects()[0], twice.subject("PH_001_B").unwrap());
        assert_eq!((&first.patient, first.latents), (&second.patient, second.latents));
        assert_ne!(first.scan_seed, second.scan_seed);
    }

    #[test]
    fn nothing_goes_with_the_label_in_null() {
        let plan = plan(Variant::Null, 5);
        assert!(plan.subjects().iter().all(|s| s.llr(LatentSet::All) == 0.0 && s.llr_clinical() == 0.0));
    }

    #[test]
    fn a_case_does_not_depend_on_how_many_there_are_outside() {
        let small = PhantomConfig { n_external: 20, ..PhantomConfig::default() };
        let (small, usual) = (Plan::new(&small).unwrap(), plan(Variant::Main, 2026));
        assert_eq!(small.subjects()[..129], usual.subjects()[..129]);
    }

    #[test]
    fn refuses_cohorts_that_cannot_be() {
        let bad = [
            PhantomConfig { n_train: 3, ..PhantomConfig::default() },
            PhantomConfig { prevalence: Some(1.0), ..PhantomConfig::default() },
            PhantomConfig { label_errors: f64::NAN, ..PhantomConfig::default() },
        ];
        assert!(bad.iter().all(|config| Plan::new(config).unwrap_err().code() == Code::Parameter));
    }
}
