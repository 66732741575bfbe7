//! A saliency map against masks whose meaning is known, and against the model itself.
//!
//! A share of attention inside a region means little without the share of the volume that the region has, so both stand in
//! every record. Maps are plain arrays; where they come from is not known here.

use dlr_core::{Code, Error, Result};
use ndarray::ArrayView3;
use serde::Serialize;

/// How much of a map lies in a region, beside chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Localisation {
    /// Share of the positive part of the map inside the region.
    pub score: f64,
    /// Share of the body's volume inside the region: what a map without information would score.
    pub volume_share: f64,
    /// `(score - volume_share) / (1 - volume_share)`: 0 chance, 1 all inside. NaN where the region is the body.
    pub kappa: f64,
    /// `score / volume_share`: 1 chance. NaN where the region is empty.
    pub enrichment: f64,
}

/// Scores a map against a region within the body (PROTOCOL 5.6).
///
/// `region` holds memberships from 0 to 1, so that a mask can be blurred by the kernel of a coarse map first. Negative
/// values of the map count as 0. NaN scores where the map has nothing positive in the body.
///
/// # Errors
/// `E0102` for other shapes, `E0105` for a value of the map that is not finite inside the body or a membership outside
/// 0 to 1, `E0104` for an empty body.
pub fn localisation(
    map: ArrayView3<'_, f64>,
    body: ArrayView3<'_, bool>,
    region: ArrayView3<'_, f64>,
) -> Result<Localisation> {
    if map.dim() != body.dim() || map.dim() != region.dim() {
        return Err(Error::new(Code::Shape, "map, body and region must have one shape")
            .expected(format!("{:?}", map.dim()))
            .found(format!("{:?} and {:?}", body.dim(), region.dim())));
    }
    let (mut attention, mut attention_inside, mut volume, mut volume_inside) = (0.0, 0.0, 0usize, 0.0);
    for ((value, inside_body), membership) in map.iter().zip(&body).zip(&region) {
        if !inside_body {
            continue;
        }
        if !value.is_finite() || !(0.0..=1.0).contains(membership) {
            return Err(Error::new(Code::NotFinite, "a map must be finite and a membership lie in 0 to 1")
                .found(format!("{value} and {membership}")));
        }
        volume += 1;
        volume_inside += membership;
        attention += value.max(0.0);
        attention_inside += value.max(0.0) * membership;
    }
    if volume == 0 {
        return Err(Error::new(Code::EmptyMask, "the body mask is empty"));
    }
    let (score, volume_share) = (attention_inside / attention, volume_inside / volume as f64);
    let defined = |ok: bool, value: f64| if ok { value } else { f64::NAN };
    Ok(Localisation {
        score,
        volume_share,
        kappa: defined(volume_share < 1.0, (score - volume_share) / (1.0 - volume_share)),
        enrichment: defined(volume_share > 0.0, score / volume_share),
    })
}

/// Output of a model as voxels are revealed (insertion) or hidden (deletion) in the order of a map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RevealCurves {
    /// Share of the voxels revealed, or hidden, at each step, from 0 to 1.
    pub share: Vec<f64>,
    /// Output with that share revealed.
    pub insertion: Vec<f64>,
    /// Output with that share hidden.
    pub deletion: Vec<f64>,
    /// Area under the insertion curve: high is good.
    pub insertion_auc: f64,
    /// Area under the deletion curve: low is good.
    pub deletion_auc: f64,
}

/// Insertion and deletion curves (Petsiuk et al. 2018) of a flat map, highest values first, ties in array order.
///
/// `output` gives the model's output for a mask of the voxels that are shown; what stands in the others' place (blur,
/// mean) is the caller's choice and belongs into the report.
///
/// # Errors
/// `E0401` for no step, `E0105` for a NaN in the map, `E0603` for an empty map; those of `output`.
pub fn insertion_deletion(
    map: &[f64],
    n_steps: usize,
    mut output: impl FnMut(&[bool]) -> Result<f64>,
) -> Result<RevealCurves> {
    if n_steps == 0 {
        return Err(Error::new(Code::Parameter, "parameter `n_steps` is 0, but must be at least 1"));
    }
    if map.is_empty() {
        return Err(Error::new(Code::Evaluation, "there is no voxel to reveal"));
    }
    if map.iter().any(|v| v.is_nan()) {
        return Err(Error::new(Code::NotFinite, "the map holds NaN"));
    }
    let mut order: Vec<usize> = (0..map.len()).collect();
    order.sort_by(|a, b| map[*b].partial_cmp(&map[*a]).unwrap_or(std::cmp::Ordering::Equal));
    let mut curves =
        RevealCurves { share: vec![], insertion: vec![], deletion: vec![], insertion_auc: 0.0, deletion_auc: 0.0 };
    let (mut shown, mut kept) = (vec![false; map.len()], vec![true; map.len()]);
    let mut done = 0;
    for step in 0..=n_steps {
        let upto = map.len() * step / n_steps;
        for position in &order[done..upto] {
            shown[*position] = true;
            kept[*position] = false;
        }
        done = upto;
        curves.share.push(upto as f64 / map.len() as f64);
        curves.insertion.push(output(&shown)?);
        curves.deletion.push(output(&kept)?);
    }
    curves.insertion_auc = area(&curves.share, &curves.insertion);
    curves.deletion_auc = area(&curves.share, &curves.deletion);
    Ok(curves)
}

fn area(x: &[f64], y: &[f64]) -> f64 {
    x.windows(2).zip(y.windows(2)).map(|(x, y)| (x[1] - x[0]) * f64::midpoint(y[0], y[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, array};

    #[test]
    fn a_flat_map_is_chance_and_a_focused_one_is_not() {
        let body = Array3::from_elem((2, 5, 5), true);
        let region = Array3::from_shape_fn((2, 5, 5), |(_, y, _)| f64::from(u8::from(y == 0)));
        let flat = Array3::from_elem((2, 5, 5), 3.0);
        let l = localisation(flat.view(), body.view(), region.view()).unwrap();
        assert!((l.score - 0.2).abs() < 1e-15 && l.kappa.abs() < 1e-15 && (l.enrichment - 1.0).abs() < 1e-15);
        let focused = region.mapv(|v| v * 2.0 - 1.0);
        let l = localisation(focused.view(), body.view(), region.view()).unwrap();
        assert_eq!((l.score, l.kappa, l.enrichment), (1.0, 1.0, 5.0));
        let nothing = Array3::from_elem((2, 5, 5), -1.0);
        assert!(localisation(nothing.view(), body.view(), region.view()).unwrap().kappa.is_nan());
        let nobody = Array3::from_elem((2, 5, 5), false);
        assert_eq!(localisation(flat.view(), nobody.view(), region.view()).unwrap_err().code(), Code::EmptyMask);
        let small = array![[[1.0]]];
        assert_eq!(localisation(small.view(), body.view(), region.view()).unwrap_err().code(), Code::Shape);
    }

    #[test]
    fn a_true_map_inserts_fast_and_deletes_fast() {
        // The output is the shown part of the first three of ten voxels.
        let output = |shown: &[bool]| Ok(shown[..3].iter().filter(|s| **s).count() as f64 / 3.0);
        let good: Vec<f64> = (0..10).map(|i| f64::from(10 - i)).collect();
        let bad: Vec<f64> = good.iter().map(|v| -v).collect();
        let (good, bad) =
            (insertion_deletion(&good, 10, output).unwrap(), insertion_deletion(&bad, 10, output).unwrap());
        assert!(good.insertion_auc > 0.8 && good.deletion_auc < 0.2, "{good:?}");
        assert!(bad.insertion_auc < 0.2 && bad.deletion_auc > 0.8);
        assert_eq!((good.insertion[0], good.insertion[10], good.deletion[10]), (0.0, 1.0, 0.0));
    }
}
