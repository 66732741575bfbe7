//! Grad-CAM of the deep block, for a linear model on pooled features: where in the image its share of the logit arises.
//!
//! A frozen backbone has no grading head, so the map must be defined. For a logit that is linear in pooled features,
//! `sum_j w_j f_j` (weights in raw units, that is after any scaling was folded in), the gradient at the last map has a
//! closed form and needs no backward pass. The signed map of a stage is gradient times activation, summed over channels:
//!
//! - mean over the whole image: `M(x) = sum_c w_c A_c(x)`, which is Grad-CAM and CAM at once (their channel weight is
//!   the mean gradient `w_c / V`, up to the positive factor `V`);
//! - mean over a region: the same, weighted by the region;
//! - standard deviation: `w_c A_c(x) (A_c(x) - mean) / sd`. Plain Grad-CAM averages this gradient over positions, which
//!   is always 0, so it would show nothing for such a feature; the position-wise form is exact.
//!
//! Both pools are homogeneous of degree one, so **the mean of a signed map over its positions is the stage's
//! contribution to the logit**: nothing is lost and nothing is invented. The usual map is its positive part. Only the
//! deep block is explained; print its share of the logit beside every map. Trees and kernels have no such form.

use crate::extractor::DeepExtractor;
use crate::{RegionWeights, StageMap};
use dlr_core::{Case, Code, Error, LinearForm, Result, Volume};

/// Where one stage of the network moves the logit of one case.
#[derive(Debug, Clone)]
pub struct CamMap {
    /// `stem`, `layer1` ..., or several joined by `+`.
    pub stage: String,
    /// Signed map on the grid of the case's image: above 0 towards the positive class.
    ///
    /// In units of the logit: its mean over the stage's positions is [`CamMap::contribution`].
    pub signed: Volume,
    /// `sum of weight * feature` over the features of the stage: its part of the logit.
    pub contribution: f64,
}

impl CamMap {
    /// The usual map: negative values become 0.
    pub fn positive(&self) -> Volume {
        let voxels = self.signed.to_f64().mapv(|v| v.max(0.0) as f32);
        Volume::new(*self.signed.geometry(), voxels).expect("the same grid as the signed map")
    }
}

/// The maps of all stages added up: the whole deep block in one map.
///
/// # Errors
/// [`Code::Parameter`] for no map, [`Code::GridMismatch`] for maps of different images.
pub fn combine(maps: &[CamMap]) -> Result<CamMap> {
    let [first, rest @ ..] = maps else {
        return Err(Error::new(Code::Parameter, "there is no map to combine").expected("at least one"));
    };
    let mut sum = first.signed.to_f64();
    for map in rest {
        first.signed.geometry().must_match(map.signed.geometry(), "map")?;
        sum += &map.signed.to_f64();
    }
    Ok(CamMap {
        stage: maps.iter().map(|m| m.stage.as_str()).collect::<Vec<_>>().join("+"),
        signed: Volume::new(*first.signed.geometry(), sum.mapv(|v| v as f32))?,
        contribution: maps.iter().map(|m| m.contribution).sum(),
    })
}

impl DeepExtractor {
    /// The maps of one case for a linear form in raw feature units: one per stage that the form uses, in order.
    ///
    /// Columns of other extractors (radiomics, another network's tag) are left out; weights of 0 are not looked at.
    ///
    /// # Errors
    /// [`Code::TableMismatch`] for a weight of this network on a feature that this extractor does not give;
    /// otherwise what extracting from the case refuses.
    pub fn cam(&self, case: &Case, form: &LinearForm) -> Result<Vec<CamMap>> {
        self.maps(case, form).map_err(|error| error.for_case(&case.id))
    }

    fn maps(&self, case: &Case, form: &LinearForm) -> Result<Vec<CamMap>> {
        let weights = self.weights(form)?;
        let (input, stages) = self.run(case)?;
        let regions = self.regions(case, &input)?;
        let mut maps = Vec::new();
        for (stage, map) in stages.iter().enumerate() {
            let mut signed = vec![0.0; map.n_positions()];
            let mut contribution = 0.0;
            let mut is_used = false;
            for (group, weights) in self.groups.iter().zip(&weights).filter(|(g, _)| g.stage == stage) {
                if weights.iter().all(|w| *w == 0.0) {
                    continue;
                }
                let region =
                    RegionWeights::new(&regions[group.region.map_or(0, |r| r + 1)], self.config().input.grid, map);
                // An undefined feature has no place in the image.
                if region.is_empty() {
                    continue;
                }
                is_used = true;
                for (channel, weight) in weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
                    contribution += weight * group.pool.value(map.channel(channel), &region);
                    let gradient = group.pool.gradient(map.channel(channel), &region);
                    add(&mut signed, *weight, &gradient, map, channel);
                }
            }
            if is_used {
                let signed = input.grid.spread(&signed, map.shape, map.stride)?;
                maps.push(CamMap { stage: map.stage.clone(), signed, contribution });
            }
        }
        Ok(maps)
    }

    /// Weight of every channel of every group.
    fn weights(&self, form: &LinearForm) -> Result<Vec<Vec<f64>>> {
        let mut weights: Vec<Vec<f64>> = self.groups.iter().map(|g| vec![0.0; g.names.len()]).collect();
        for (name, weight) in &form.weights {
            if name.roi() != "deep" || name.image_type() != self.config().tag {
                continue;
            }
            let place = self.groups.iter().zip(&mut weights).find_map(|(group, weights)| {
                let channel = group.names.iter().position(|n| n == name)?;
                Some(&mut weights[channel])
            });
            *place.ok_or_else(|| {
                Error::new(Code::TableMismatch, format!("this network gives no feature `{name}`"))
                    .hint("explain with the extractor that the model was fitted on")
            })? += weight;
        }
        Ok(weights)
    }
}

/// Adds `n * weight * gradient * activation`; the factor n makes the mean, not the sum, the contribution.
fn add(signed: &mut [f64], weight: f64, gradient: &[f64], map: &StageMap, channel: usize) {
    let scale = weight * map.n_positions() as f64;
    for ((s, g), a) in signed.iter_mut().zip(gradient).zip(map.channel(channel)) {
        *s += scale * g * f64::from(*a);
    }
}
