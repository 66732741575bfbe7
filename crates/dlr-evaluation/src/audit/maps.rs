//! Does a model look where there is no patient? Letters burnt into an image, padding and the air of a scanner can go
//! with the label, and no table of features shows it.

use super::{Audit, Status};

/// Mean share of the hottest voxels outside the body, relative to the share of the image that is outside, from which on
/// we warn.
const LIMIT: f64 = 0.5;

/// Are the maps of the cases hottest outside the body? `shares` are the parts of each map's hottest voxels that lie
/// there, `volumes` the parts of each image that do. A map without a positive voxel (NaN) is passed over.
///
/// The value is the mean share over the mean volume: 1 for maps that know no patient. Warns from 0.5; the question does
/// not arise without a map.
///
/// # Panics
/// Where the three are not of one length.
///
/// ```
/// use dlr_evaluation::{Status, audit_maps_outside_body};
/// let cases = ["a", "b"].map(String::from);
/// let audit = audit_maps_outside_body(&cases, &[0.02, 0.04], &[0.5, 0.5]);
/// assert_eq!((audit.status, audit.value), (Status::Pass, 0.06));
/// assert_eq!(audit_maps_outside_body(&cases, &[0.4, 0.3], &[0.5, 0.5]).status, Status::Warn);
/// ```
pub fn audit_maps_outside_body(cases: &[String], shares: &[f64], volumes: &[f64]) -> Audit {
    const NAME: &str = "maps-outside-body";
    assert!(cases.len() == shares.len() && cases.len() == volumes.len(), "one share and volume for each case");
    let known: Vec<usize> = (0..cases.len()).filter(|i| shares[*i].is_finite() && volumes[*i] > 0.0).collect();
    if known.is_empty() {
        let sentence = "no map has a positive voxel in an image that shows more than the body".into();
        return Audit::new(NAME, Status::NotApplicable, f64::NAN, sentence);
    }
    let mean = |of: &[f64]| known.iter().map(|i| of[*i]).sum::<f64>() / known.len() as f64;
    let (share, volume) = (mean(shares), mean(volumes));
    let value = share / volume;
    let status = if value >= LIMIT { Status::Warn } else { Status::Pass };
    let sentence = format!(
        "of the hottest thousandth of the maps of {} cases, {:.1} % lies outside the body, which is {:.1} % of the image: \
         {value:.2} of what maps would have there that know no patient (warned from {LIMIT})",
        known.len(),
        100.0 * share,
        100.0 * volume,
    );
    let mut most: Vec<usize> = known.into_iter().filter(|i| shares[*i] >= LIMIT * volumes[*i]).collect();
    most.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
    let details = match status {
        Status::Warn => most.iter().map(|i| format!("{}: {:.0} %", cases[*i], 100.0 * shares[*i])).collect(),
        _ => Vec::new(),
    };
    Audit::new(NAME, status, value, sentence).with(details)
}

/// Share of the trained network's enrichment above chance that random weights may reach before we warn.
const OF_CHANCE: f64 = 0.5;

/// Does a network of random weights look at the same places? `trained` and `random` are enrichments in the same region
/// (1 is chance) of the maps of one model, with the network's own weights and with random ones (Adebayo and others,
/// 2018, ask that maps depend on the weights).
///
/// The value is the part of the enrichment above chance that random weights give too; warns from 0.5. The question does
/// not arise where the trained maps are not above chance, or there are no random ones. One draw of weights is one draw:
/// a pass is no proof.
///
/// ```
/// use dlr_evaluation::{Status, audit_maps_of_random_weights};
/// assert_eq!(audit_maps_of_random_weights("tumour", 3.0, 2.5).value, 0.75);
/// assert_eq!(audit_maps_of_random_weights("tumour", 3.0, 0.8).status, Status::Pass);
/// assert_eq!(audit_maps_of_random_weights("tumour", 0.9, 2.0).status, Status::NotApplicable);
/// ```
pub fn audit_maps_of_random_weights(region: &str, trained: f64, random: f64) -> Audit {
    const NAME: &str = "maps-of-random-weights";
    if !(trained > 1.0 && random.is_finite()) {
        let sentence = format!("in {region} the maps are not above chance, or none were made with random weights");
        return Audit::new(NAME, Status::NotApplicable, f64::NAN, sentence);
    }
    let value = (random - 1.0).max(0.0) / (trained - 1.0);
    let status = if value >= OF_CHANCE { Status::Warn } else { Status::Pass };
    let sentence = format!(
        "in {region} the maps are {trained:.2} times chance, with random weights {random:.2} times: {value:.2} of what is \
         above chance (warned from {OF_CHANCE})"
    );
    Audit::new(NAME, status, value, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_without_a_positive_voxel_are_passed_over_and_the_worst_cases_come_first() {
        let cases = ["a", "b", "c"].map(String::from);
        let audit = audit_maps_outside_body(&cases, &[0.3, f64::NAN, 0.45], &[0.5, 0.5, 0.5]);
        assert_eq!(audit.status, Status::Warn);
        assert!((audit.value - 0.75).abs() < 1e-12);
        assert_eq!(audit.details, ["c: 45 %", "a: 30 %"]);
        assert!(!audit.advice().is_empty());
        for none in [[f64::NAN; 3], [0.0; 3]] {
            let volumes = if none[0].is_nan() { [0.5; 3] } else { [0.0; 3] };
            assert_eq!(audit_maps_outside_body(&cases, &none, &volumes).status, Status::NotApplicable);
        }
    }
}
