//! How much of an explanation each feature, and each group of features, carries.

use dlr_core::{Attribution, FeatureName};
use serde::Serialize;
use std::collections::BTreeMap;

/// What one feature carries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureShare {
    /// The feature.
    pub name: FeatureName,
    /// Mean of the absolute contribution over the cases, on the scale of the attribution.
    pub mean_abs: f64,
    /// Its share of the sum over all features; NaN where nothing contributes.
    pub share: f64,
    /// Correlation of value and contribution: above 0, higher values raise the prediction. NaN where one is constant.
    pub direction: f64,
}

/// What one group of features carries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupShare {
    /// The group: the ROI part of the names (`intra`, `peri`, `deep`, `clinical`).
    pub group: String,
    /// Features in it.
    pub n_features: usize,
    /// Sum of the features' mean absolute contributions.
    pub mean_abs: f64,
    /// Its share of the sum over all groups; NaN where nothing contributes.
    pub share: f64,
    /// Mean absolute contribution of the group as one: contributions of opposite sign within it cancel first.
    pub net_mean_abs: f64,
    /// Its share of the sum of the net contributions of all groups.
    pub net_share: f64,
}

/// Features by mean absolute contribution, largest first; ties by name.
pub fn feature_shares(attribution: &Attribution) -> Vec<FeatureShare> {
    let n = attribution.cases.len() as f64;
    let mean_abs: Vec<f64> =
        attribution.values.columns().into_iter().map(|c| c.iter().map(|v| v.abs()).sum::<f64>() / n).collect();
    let total: f64 = mean_abs.iter().sum();
    let mut shares: Vec<FeatureShare> = attribution
        .names
        .iter()
        .zip(&mean_abs)
        .enumerate()
        .map(|(column, (name, mean_abs))| FeatureShare {
            name: name.clone(),
            mean_abs: *mean_abs,
            share: mean_abs / total,
            direction: correlation(attribution.data.column(column), attribution.values.column(column)),
        })
        .collect();
    shares.sort_by(|a, b| b.mean_abs.total_cmp(&a.mean_abs).then_with(|| a.name.cmp(&b.name)));
    shares
}

/// Groups by the ROI part of the feature names, in alphabetical order.
pub fn group_shares(attribution: &Attribution) -> Vec<GroupShare> {
    group_shares_by(attribution, |name| name.roi().to_owned())
}

/// Groups by any key of the feature names, in alphabetical order.
pub fn group_shares_by(attribution: &Attribution, group_of: impl Fn(&FeatureName) -> String) -> Vec<GroupShare> {
    let n = attribution.cases.len() as f64;
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (column, name) in attribution.names.iter().enumerate() {
        members.entry(group_of(name)).or_default().push(column);
    }
    let mut shares: Vec<GroupShare> = members
        .into_iter()
        .map(|(group, columns)| {
            let rows = || attribution.values.outer_iter();
            let gross: f64 = rows().map(|row| columns.iter().map(|c| row[*c].abs()).sum::<f64>()).sum();
            let net: f64 = rows().map(|row| columns.iter().map(|c| row[*c]).sum::<f64>().abs()).sum();
            GroupShare {
                group,
                n_features: columns.len(),
                mean_abs: gross / n,
                share: 0.0,
                net_mean_abs: net / n,
                net_share: 0.0,
            }
        })
        .collect();
    let gross: f64 = shares.iter().map(|s| s.mean_abs).sum();
    let net: f64 = shares.iter().map(|s| s.net_mean_abs).sum();
    for share in &mut shares {
        share.share = share.mean_abs / gross;
        share.net_share = share.net_mean_abs / net;
    }
    shares
}

fn correlation(a: ndarray::ArrayView1<'_, f64>, b: ndarray::ArrayView1<'_, f64>) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.sum() / n, b.sum() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a).powi(2);
        bb += (y - mean_b).powi(2);
    }
    if aa > 0.0 && bb > 0.0 { ab / (aa * bb).sqrt() } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn shares_add_up_and_net_cancels() {
        let names = ["intra_o_f_a", "peri_o_f_b", "intra_o_f_c"].map(|n| n.parse().unwrap()).to_vec();
        let values = array![[1.0, 2.0, -1.0], [-1.0, 2.0, 1.0]];
        let data = array![[5.0, 1.0, 0.0], [3.0, 1.0, 2.0]];
        let a = Attribution { cases: vec!["p".into(), "q".into()], names, base: 0.0, values, data };
        let groups = group_shares(&a);
        assert_eq!((groups[0].group.as_str(), groups[0].share, groups[0].net_share), ("intra", 0.5, 0.0));
        assert_eq!((groups[1].n_features, groups[1].share, groups[1].net_share), (1, 0.5, 1.0));
        let features = feature_shares(&a);
        assert_eq!((features[0].name.to_string().as_str(), features[0].share), ("peri_o_f_b", 0.5));
        assert!(features[0].direction.is_nan());
        assert_eq!(features[1].direction, 1.0);
    }
}
