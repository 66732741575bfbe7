//! How good a prediction is, how sure one can be of that, and what could have gone wrong.
//!
//! Plain functions on slices of scores and labels first, adapters to the seams of `dlr-core` second. Nothing here learns
//! from data that a model is later scored on: thresholds and recalibration take [`dlr_core::TrainScores`].
//!
//! | Feature | Meaning |
//! |---|---|
//! | `conformance` | recomputes published and oracle values from a folder of reference files |

// The examples of the README are tests.
#[doc = include_str!("../README.md")]
#[cfg(doctest)]
pub struct Readme;

mod auc;
mod audit;
mod bootstrap;
mod calibration;
mod check;
mod conformal;
#[cfg(feature = "conformance")]
pub mod conformance;
mod confusion;
mod contingency;
mod decision;
mod distribution;
mod fairness;
mod guideline;
mod interval;
mod linear_algebra;
mod logit;
mod metric;
mod multiple;
mod novelty;
mod precision_recall;
mod quantile;
mod rank;
mod reclassification;
mod repeated;
mod roc;
mod scores;
mod subgroup;
mod threshold;

pub use auc::{AucTest, Delong, IntervalKind, auc, delong, delong_paired, delong_unpaired, hanley_mcneil_variance};
pub use audit::{
    Audit, Status, audit_centre_and_label, audit_centre_confounding, audit_centre_from_features, audit_duplicates,
    audit_equal_images, audit_events_per_feature, audit_external_drop, audit_maps_of_random_weights,
    audit_maps_outside_body, audit_patient_labels, audit_permuted_labels, audit_post_baseline, audit_restates_volume,
    audit_too_good, audit_volume_baseline,
};
pub use bootstrap::{
    Bootstrap, Resampler, bca_interval, bootstrap, bootstrap_auc, bootstrap_auc_by, percentile_interval, resampled_auc,
};
pub use calibration::{
    CalibrationBin, CalibrationCurve, CalibrationLine, HosmerLemeshow, Isotonic, Platt, brier, calibration_bins,
    calibration_curve, calibration_line, expected_calibration_error, hosmer_lemeshow, log_loss, lowess,
};
pub use conformal::{Conformal, ConformalSet, Coverage, conformal_quantile, coverage};
pub use confusion::{Confusion, f1_all_positive};
pub use contingency::{Independence, independence};
pub use decision::{DecisionCurve, decision_curve, decision_curve_with_bands, decision_thresholds};
pub use fairness::{FairnessGaps, FairnessGroup, fairness_gaps, fairness_gaps_of_calls};
pub use guideline::{CLEAR, Fact, FilledItem, Guideline, Item, ItemStatus, METRICS, TRIPOD_AI, fact_keys};
pub use interval::{Interval, clopper_pearson, wilson};
pub use logit::{log_odds, probability};
pub use metric::{metric, metric_at, metric_names};
pub use multiple::{McNemar, holm, mcnemar};
pub use novelty::{FrozenNovelty, Novelty, NoveltyScore};
pub use precision_recall::{PrecisionRecall, average_precision, precision_recall};
pub use reclassification::{Reclassification, reclassification};
pub use repeated::{RepeatScore, RepeatedScores, by_patient, mean_held_out, mean_out_of_fold, summarise_repeats};
pub use roc::{RocBand, RocCurve, roc_band, roc_curve};
pub use scores::{Scores, evaluate};
pub use subgroup::{
    InteractionTest, SubgroupAnalysis, SubgroupComparison, SubgroupLevel, SubgroupParams, adjust_by_holm,
    clinical_levels, cut_levels, detectable_difference, interaction_test, subgroup_analysis,
};
pub use threshold::{fixed_cut, target_sensitivity, youden};
