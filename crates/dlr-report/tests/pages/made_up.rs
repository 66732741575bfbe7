//! A made-up report: numbers from a generator, curves computed from them by the plainest code. Nobody was examined.

use crate::maps::cam;
use dlr_report::Report;
use dlr_report::data::*;

/// A multiplicative generator; good enough for pictures, the same on every machine.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Uniform in [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }

    /// About normal: the sum of twelve uniforms.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// How much of everything.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) n_train: usize,
    pub(crate) n_external: usize,
    pub(crate) n_features: usize,
    pub(crate) n_permutations: usize,
    pub(crate) side: usize,
    pub(crate) n_maps: usize,
}

/// As many as a study has.
pub(crate) const STUDY: Size =
    Size { n_train: 129, n_external: 74, n_features: 24, n_permutations: 50, side: 96, n_maps: 3 };
/// Few enough to read the page as text.
pub(crate) const SMALL: Size =
    Size { n_train: 12, n_external: 8, n_features: 4, n_permutations: 6, side: 8, n_maps: 1 };

/// A report in which every section is filled.
pub(crate) fn made_up(size: Size) -> Report {
    let mut noise = Noise::new(11);
    let mut models = Vec::new();
    let mut baselines = Vec::new();
    for (setting, n) in [(Setting::TrainCv, size.n_train), (Setting::External, size.n_external)] {
        let truth: Vec<bool> = (0..n).map(|i| i % 5 < 3).collect();
        for (name, label, pull) in
            [("intra", "Intratumoral", 0.7), ("combined", "Combined", 1.2), ("dlr", "DLR (stacked)", 1.7)]
        {
            models.push(result(name, label, setting, &truth, pull, &mut noise));
        }
        baselines.push(result("volume", "Volume only", setting, &truth, 0.4, &mut noise));
        baselines.push(result("random", "DLR, random weights", setting, &truth, 1.0, &mut noise));
    }
    let auc_of = |name: &str| models.iter().find(|m: &&ModelResult| m.name == name).map_or(f64::NAN, |m| m.auc.value);
    Report {
        title: "High grade in soft-tissue sarcoma (made-up numbers)".into(),
        question: Question {
            asked: vec![
                "Do features of the tumour's surroundings and of a frozen 3D network tell high from low grade better than features of the tumour alone?".into(),
            ],
            positive: "high grade".into(),
            negative: "low grade".into(),
            primary_model: "dlr".into(),
            protocol: vec![
                "Five folds by patient, stratified, repeated ten times.".into(),
                "Scaling, filters, RFE, LASSO and the threshold are fitted inside each training fold.".into(),
            ],
        },
        cohort: cohort(size),
        cohort_table: Some(table_one()),
        comparisons: [("combined", "intra"), ("dlr", "combined"), ("dlr", "volume")]
            .into_iter()
            .zip([0.21, 0.0004, 0.03])
            .map(|((first, second), p)| Comparison {
                first: first.into(),
                second: second.into(),
                setting: Setting::External,
                difference: Interval { value: 0.05, low: -0.02, high: 0.12, method: "DeLong".into() },
                p,
                p_adjusted: (p * 3.0).min(1.0),
                method: "DeLong, Holm".into(),
                nri_legacy: 0.31,
                idi_legacy: 0.04,
            })
            .collect(),
        permutations: vec![Permutation {
            model: "dlr".into(),
            observed: auc_of("dlr"),
            permuted: (0..size.n_permutations).map(|_| 0.5 + 0.06 * noise.normal()).collect(),
            p: 1.0 / (size.n_permutations as f64 + 1.0),
        }],
        optimism: vec![Optimism {
            model: "dlr".into(),
            n_samples: 200,
            apparent: 0.93,
            optimism: 0.11,
            corrected: 0.82,
            out_of_bag: 0.74,
            auc_632_plus: 0.78,
        }],
        learning_curves: ["intra", "dlr"].map(|m| learning(m, size.n_train)).to_vec(),
        subgroups: subgroups(&mut noise),
        subgroup_tests: subgroup_tests(),
        fairness: fairness(),
        nomograms: vec![nomogram()],
        selections: ["intra", "dlr"].map(|m| selection(m, size.n_features, &mut noise)).to_vec(),
        lasso_paths: vec![lasso(size.n_features, &mut noise)],
        rfe_curves: vec![rfe(&mut noise)],
        correlation: Some(correlation(size.n_features, &mut noise)),
        shap: vec![shap("dlr", size, &mut noise)],
        cam: Some(cam(size, &mut noise)),
        audits: audits(),
        guidelines: vec![Guideline {
            name: "CLEAR".into(),
            items: vec![
                GuidelineItem {
                    number: "27".into(),
                    item: "Resampling".into(),
                    answer: "1 mm isotropic, linear".into(),
                    section: "Resolved configuration".into(),
                },
                GuidelineItem { number: "2".into(), item: "Structured summary".into(), ..GuidelineItem::default() },
            ],
        }],
        configuration: "[cohort]\nsource = \"phantom\"\nseed = 2026\n\n[[roi]]\nname = \"peri\"\nmask = \"ring(mass, 0, 10)\"\n".into(),
        provenance: provenance(),
        models,
        baselines,
        ..Report::default()
    }
}

fn cohort(size: Size) -> CohortFlow {
    let group = |role: &str, center: &str, n: usize| CohortGroup {
        role: role.into(),
        center: center.into(),
        n_positive: n * 3 / 5,
        n_negative: n - n * 3 / 5,
    };
    let left_out = |reason: &str, n: usize| ExclusionCount {
        reason: reason.into(),
        cases: (0..n).map(|i| format!("STS_{:03}", 900 + i)).collect(),
    };
    let first = size.n_train * 2 / 5;
    CohortFlow {
        n_enrolled: size.n_train + size.n_external + 5,
        n_patients: size.n_train + size.n_external + 5,
        exclusions: vec![left_out("no grade in the clinical table", 3), left_out("E0104: empty tumour mask", 2)],
        groups: vec![
            group("train", "Montreal", first),
            group("train", "Hospital A", size.n_train - first),
            group("external", "Hospital B", size.n_external),
        ],
        notes: vec![CaseNote {
            case: "STS_009".into(),
            notes: vec!["31 % of `peri`, from 0 to 10 mm around `mass`, lies beyond the edge of the image".into()],
        }],
    }
}

fn table_one() -> CohortTable {
    let row = |variable: &str, level: &str, cells: [&str; 2], p: f64, test: &str| CohortTableRow {
        variable: variable.into(),
        level: level.into(),
        cells: cells.map(String::from).to_vec(),
        p,
        test: test.into(),
    };
    CohortTable {
        groups: vec!["Training (n = 129)".into(), "External (n = 74)".into()],
        rows: vec![
            row("Age (years)", "median (IQR)", ["58 (46 to 68)", "61 (50 to 70)"], 0.21, "Mann-Whitney U"),
            row("Sex", "female", ["60 (47%)", "31 (42%)"], 0.52, "chi-squared"),
            row("Sex", "male", ["69 (53%)", "43 (58%)"], f64::NAN, ""),
            row("Volume (cm3)", "median (IQR)", ["147 (60 to 420)", "198 (71 to 510)"], 0.0007, "Mann-Whitney U"),
        ],
        notes: vec!["IQR: interquartile range.".into()],
    }
}

fn result(name: &str, label: &str, setting: Setting, truth: &[bool], pull: f64, noise: &mut Noise) -> ModelResult {
    let logit: Vec<f64> =
        truth.iter().map(|t| if *t { 0.4 + pull } else { 0.4 } - pull / 2.0 + noise.normal()).collect();
    let score: Vec<f64> = logit.iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect();
    let n = truth.len() as f64;
    let n_positive = truth.iter().filter(|t| **t).count();
    let mut cuts = score.clone();
    cuts.sort_by(|a, b| b.total_cmp(a));
    let at = |cut: f64| {
        let called =
            |is_positive: bool| score.iter().zip(truth).filter(|(s, t)| **s >= cut && **t == is_positive).count();
        (called(true), called(false))
    };
    let roc: Vec<RocPoint> = std::iter::once(f64::INFINITY)
        .chain(cuts.iter().copied())
        .map(|threshold| {
            let (tp, fp) = at(threshold);
            RocPoint { fpr: fp as f64 / (n - n_positive as f64), tpr: tp as f64 / n_positive as f64, threshold }
        })
        .collect();
    let area: f64 = roc.windows(2).map(|w| (w[1].fpr - w[0].fpr) * (w[1].tpr + w[0].tpr) / 2.0).sum();
    let (tp, fp) = at(0.5);
    let (fn_, tn) = (n_positive - tp, truth.len() - n_positive - fp);
    let about = |value: f64, half: f64, method: &str| Interval {
        value,
        low: (value - half).max(0.0),
        high: (value + half).min(1.0),
        method: method.into(),
    };
    let half = 0.9 / n.sqrt();
    let band = (0..=20).map(|i| {
        let x = f64::from(i) / 20.0;
        let y = roc.iter().filter(|p| p.fpr <= x).map(|p| p.tpr).fold(0.0, f64::max);
        BandPoint { x, low: (y - half).max(0.0), high: (y + half).min(1.0) }
    });
    let risk = |t: f64| {
        let (tp, fp) = at(t);
        tp as f64 / n - fp as f64 / n * t / (1.0 - t)
    };
    let thresholds: Vec<f64> = (1..95).map(|i| f64::from(i) / 100.0).collect();
    let prevalence = n_positive as f64 / n;
    ModelResult {
        name: name.into(),
        label: label.into(),
        description: format!("{label} features"),
        setting,
        n_cases: truth.len(),
        n_positive,
        roc_band: band.collect(),
        auc: about(area, half, "DeLong"),
        auc_by_repeat: if setting == Setting::TrainCv {
            (0..10).map(|_| area + 0.015 * noise.normal()).collect()
        } else {
            Vec::new()
        },
        f1: about(2.0 * tp as f64 / (2 * tp + fp + fn_) as f64, 0.07, "bootstrap, 2000"),
        prevalence,
        all_positive_f1: 2.0 * prevalence / (1.0 + prevalence),
        sensitivity: about(tp as f64 / n_positive as f64, 0.09, "Wilson"),
        specificity: about(tn as f64 / (fp + tn) as f64, 0.1, "Wilson"),
        ppv: about(tp as f64 / (tp + fp) as f64, 0.1, "Wilson"),
        brier: Interval { value: 0.21, ..Interval::default() },
        average_precision: about(area + 0.05, half, "bootstrap, 2000"),
        threshold: ThresholdUsed { value: 0.5, rule: "Youden on out-of-fold training scores".into() },
        confusion: Some(Confusion { true_positive: tp, false_positive: fp, false_negative: fn_, true_negative: tn }),
        precision_recall: roc
            .iter()
            .skip(1)
            .map(|p| {
                let (tp, fp) = at(p.threshold);
                CurvePoint { x: p.tpr, y: tp as f64 / (tp + fp) as f64 }
            })
            .collect(),
        calibration: Some(Calibration {
            bins: (0..5)
                .map(|i| {
                    let x = 0.1 + 0.2 * f64::from(i);
                    CalibrationBin {
                        predicted: x,
                        observed: about(x + 0.05 * noise.normal(), 0.15, "Wilson"),
                        n_cases: truth.len() / 5,
                    }
                })
                .collect(),
            curve: (1..20).map(|i| CurvePoint { x: f64::from(i) / 20.0, y: (f64::from(i) / 20.0).powf(0.8) }).collect(),
            band: Vec::new(),
            slope: Interval { value: 0.84, low: 0.5, high: 1.2, method: "Wald".into() },
            intercept: Interval { value: -0.11, low: -0.5, high: 0.3, method: "Wald".into() },
            ece: 0.06,
            ici: 0.05,
            hosmer_lemeshow_p: 0.31,
            recalibrated: vec![Recalibration {
                method: "platt".into(),
                slope: 0.98,
                intercept: 0.02,
                brier: 0.2,
                ici: 0.03,
            }],
        }),
        decision: Some(DecisionCurve {
            model: thresholds.iter().map(|t| CurvePoint { x: *t, y: risk(*t) }).collect(),
            band: Vec::new(),
            all: thresholds
                .iter()
                .map(|t| CurvePoint { x: *t, y: prevalence - (1.0 - prevalence) * t / (1.0 - t) })
                .collect(),
        }),
        roc,
        ..ModelResult::default()
    }
}

fn learning(model: &str, n_train: usize) -> LearningCurve {
    let point = |share: f64| LearningPoint {
        share,
        n_patients: 0.8 * share * n_train as f64,
        auc: if model == "dlr" { 0.82 } else { 0.74 } - 0.1 * (1.0 - share).powi(2),
        sd: 0.02 / share.sqrt(),
    };
    LearningCurve { model: model.into(), points: [0.25, 0.5, 0.75, 1.0].map(point).to_vec() }
}

fn subgroups(noise: &mut Noise) -> Vec<Subgroup> {
    let levels = [
        ("age", "below 60 years", 0.61),
        ("age", "60 years and above", 0.61),
        ("sex", "female", 0.33),
        ("sex", "male", 0.33),
        ("site", "limb", 0.8),
        ("site", "trunk", 0.8),
    ];
    levels
        .into_iter()
        .map(|(variable, level, p)| {
            let value = 0.78 + 0.05 * noise.normal();
            Subgroup {
                model: "dlr".into(),
                setting: Setting::External,
                variable: variable.into(),
                level: level.into(),
                n_cases: 37,
                n_positive: 22,
                auc: Interval { value, low: value - 0.14, high: (value + 0.12).min(1.0), method: "DeLong".into() },
                refused: String::new(),
                p,
                detectable_difference: 0.16,
            }
        })
        .chain([Subgroup {
            model: "dlr".into(),
            setting: Setting::External,
            variable: "site".into(),
            level: "head and neck".into(),
            n_cases: 3,
            n_positive: 2,
            refused: "2 positive and 1 negative cases; 10 of each are needed".into(),
            ..Subgroup::default()
        }])
        .collect()
}

fn subgroup_tests() -> Vec<SubgroupTest> {
    vec![SubgroupTest {
        model: "dlr".into(),
        setting: Setting::External,
        variable: "sex".into(),
        first: "female".into(),
        second: "male".into(),
        difference: Interval { value: 0.04, low: -0.12, high: 0.2, method: "DeLong".into() },
        p: 0.61,
        p_adjusted: 1.0,
        detectable_difference: 0.16,
    }]
}

fn fairness() -> Vec<Fairness> {
    vec![Fairness {
        model: "dlr".into(),
        setting: Setting::External,
        variable: "sex".into(),
        called_positive_gap: 0.1,
        sensitivity_gap: 0.08,
        false_positive_rate_gap: 0.12,
        mean_excess_gap: 0.03,
    }]
}

/// Two features: the first raises the risk, the second lowers it.
fn nomogram() -> Nomogram {
    let axis = |(name, group): (String, &str), points: [f64; 3]| NomogramAxis {
        name,
        group: group.into(),
        value: vec![-1.5, 0.0, 2.25],
        points: points.to_vec(),
    };
    let [first, second] = names(2).try_into().expect("two were asked for");
    Nomogram {
        model: "dlr".into(),
        axes: vec![axis(first, [0.0, 40.0, 100.0]), axis(second, [60.0, 36.0, 0.0])],
        intercept: -2.5,
        per_point: 0.04,
    }
}

/// Names as the pipeline makes them.
pub(crate) fn names(n: usize) -> Vec<(String, &'static str)> {
    let stems = [
        ("intra", "original_glcm_Contrast"),
        ("peri", "wavelet-LLH_firstorder_Mean"),
        ("deep", "resnet18_layer2_mean"),
        ("intra", "log-sigma-2-0-mm-3D_glszm_SmallAreaLowGreyLevelEmphasis"),
        ("peri", "original_gldm_DependenceEntropy"),
        ("clinical", "age"),
    ];
    (0..n)
        .map(|i| {
            let (group, stem) = stems[i % stems.len()];
            (format!("{group}_{stem}_{i:04}"), group)
        })
        .collect()
}

fn selection(model: &str, n: usize, noise: &mut Noise) -> Selection {
    let feature = |(i, (name, group)): (usize, (String, &str))| SelectedFeature {
        name,
        group: group.into(),
        n_selected: (50.0 / (1.0 + i as f64 * 0.2)) as usize,
        weight: noise.normal(),
    };
    Selection {
        model: model.into(),
        n_fits: 50,
        n_candidates: 2446,
        features: names(n + 4).into_iter().enumerate().map(feature).collect(),
        steps: vec![
            "variance above 0: 2446 to 2440".into(),
            "|r| below 0.95: 2440 to 611".into(),
            "RFE: 50".into(),
            "LASSO: 14".into(),
        ],
        n_rounds: 120,
        n_close: 3,
        last_rounds: [(52, 1.004), (51, 1.21), (50, 1.035)]
            .into_iter()
            .zip(names(n + 7).into_iter().skip(n + 4))
            .map(|((n_left, margin_ratio), (name, _))| EliminationRound { n_left, removed: vec![name], margin_ratio })
            .collect(),
        frozen: vec![("intra".into(), 5), ("peri".into(), 6), ("deep".into(), 3)],
    }
}

fn lasso(n: usize, noise: &mut Noise) -> LassoPath {
    let lambda: Vec<f64> = (0..30).map(|i| 10f64.powf(-0.5 - f64::from(i) * 0.07)).collect();
    let coefficients = (0..n)
        .map(|_| {
            let (slope, start) = (noise.normal() * 0.4, noise.uniform() * 0.3);
            lambda.iter().map(|l| if *l < start { slope * (start - l) / start } else { 0.0 }).collect()
        })
        .collect();
    let cv = |shift: f64| lambda.iter().map(|l| 1.1 + (l.log10() + 1.6).powi(2) * 0.2 + shift).collect::<Vec<f64>>();
    LassoPath {
        model: "dlr".into(),
        names: names(n).into_iter().map(|n| n.0).collect(),
        coefficients,
        cv_mean: cv(0.0),
        cv_low: cv(-0.05),
        cv_high: cv(0.05),
        cv_metric: "deviance".into(),
        chosen: lambda[16],
        rule: "smallest deviance, at most 20 features".into(),
        lambda,
    }
}

fn rfe(noise: &mut Noise) -> RfeCurve {
    let n_features: Vec<usize> = (1..=40).map(|i| i * 5).collect();
    let score: Vec<f64> =
        n_features.iter().map(|n| 0.8 - (*n as f64 - 50.0).abs() / 900.0 + 0.004 * noise.normal()).collect();
    RfeCurve {
        model: "dlr".into(),
        low: score.iter().map(|s| s - 0.03).collect(),
        high: score.iter().map(|s| s + 0.03).collect(),
        n_features,
        score,
        metric: "AUC".into(),
        chosen: 50,
    }
}

fn correlation(n: usize, noise: &mut Noise) -> CorrelationMap {
    let mut values = vec![vec![1.0; n]; n];
    for (i, j) in (0..n).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let sign = if i % 4 == 1 { -1.0 } else { 1.0 };
        let like = if i % 4 == j % 4 { 0.85 * sign } else { 0.0 };
        let r = (like + 0.12 * noise.normal()).clamp(-1.0, 1.0);
        values[i][j] = r;
        values[j][i] = r;
    }
    CorrelationMap {
        method: "Spearman".into(),
        names: names(n).into_iter().map(|n| n.0).collect(),
        values,
        order: Vec::new(),
    }
}

/// SHAP of a made-up linear model.
pub(crate) fn shap(model: &str, size: Size, noise: &mut Noise) -> Shap {
    let names = names(size.n_features);
    let weights: Vec<f64> = names.iter().map(|_| noise.normal() * 0.35).collect();
    let data: Vec<Vec<f64>> = (0..size.n_train).map(|_| weights.iter().map(|_| noise.normal()).collect()).collect();
    let values = data.iter().map(|row| row.iter().zip(&weights).map(|(d, w)| d * w).collect()).collect();
    Shap {
        model: model.into(),
        method: "exact linear SHAP, out of fold".into(),
        interactions: names
            .windows(2)
            .zip(1..)
            .map(|(pair, k)| Interaction {
                first: pair[0].0.clone(),
                second: pair[1].0.clone(),
                mean_absolute: 0.08 / f64::from(k),
            })
            .collect(),
        base: 0.4,
        cases: (0..size.n_train).map(|i| format!("STS_{i:03}")).collect(),
        positive: (0..size.n_train).map(|i| i % 5 < 3).collect(),
        groups: names.iter().map(|n| n.1.into()).collect(),
        names: names.into_iter().map(|n| n.0).collect(),
        values,
        data,
        ..Shap::default()
    }
}

fn audits() -> Vec<Audit> {
    let audit = |name: &str, verdict: Verdict, finding: &str, advice: &str| Audit {
        name: name.into(),
        verdict,
        finding: finding.into(),
        advice: advice.into(),
    };
    vec![
        audit("patient in two folds", Verdict::Pass, "none of 129 patients", ""),
        audit("patient-labels", Verdict::NotApplicable, "every patient has one labelled case", ""),
        audit(
            "scanner can be read from the features",
            Verdict::Warn,
            "probe AUC 0.83",
            "compare with ComBat fitted on training cases",
        ),
        audit(
            "label goes with the center",
            Verdict::Fail,
            "Cramer's V 0.61, p < 0.001",
            "report each center on its own",
        ),
    ]
}

fn provenance() -> Provenance {
    Provenance {
        versions: vec![Version { name: "dlr".into(), version: "0.1.0".into() }],
        hashes: vec![Hash {
            name: "manifest.csv".into(),
            hash: "blake3:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0".into(),
        }],
        seeds: vec![Seed { name: "splits".into(), seed: 2026 }],
        timings: vec![Timing { stage: "radiomics".into(), seconds: 41.2, n_done: 203, n_cached: 3 }],
        openings: vec!["model blake3:1234 scored 74 external cases, once".into()],
    }
}
