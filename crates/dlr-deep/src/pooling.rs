//! From maps to numbers: weighted mean and standard deviation of a channel over a region, and their gradients.
//!
//! A region reaches a stage as [`RegionWeights`]: how much of the neighbourhood of each position belongs to it. With
//! the whole image on a grid that it fills, all weights are 1, and the mean is plain global average pooling. Sums run in
//! 64 bit in array order, so they are the same bits on every run.

use crate::StageMap;
use serde::{Deserialize, Serialize};

/// What is taken of a channel over a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Weighted mean.
    Mean,
    /// Weighted standard deviation (divided by the sum of weights).
    Sd,
}

impl Pool {
    /// The word in a feature name: `mean`, `sd`.
    pub fn as_str(self) -> &'static str {
        match self {
            Pool::Mean => "mean",
            Pool::Sd => "sd",
        }
    }

    /// The value over one channel; NaN where the region is empty.
    pub fn value(self, channel: &[f32], region: &RegionWeights) -> f64 {
        let mean = region.average(channel, f64::from);
        match self {
            Pool::Mean => mean,
            Pool::Sd => region.average(channel, |a| (f64::from(a) - mean).powi(2)).sqrt(),
        }
    }

    /// How the value changes with the activation at each position.
    ///
    /// Mean: `w / W`. Standard deviation: `w (a - mean) / (W sd)`, and 0 where the channel is constant over the region.
    /// Both pools are homogeneous of degree one, so the sum of gradient times activation is the value itself.
    pub fn gradient(self, channel: &[f32], region: &RegionWeights) -> Vec<f64> {
        let weights = region.weights.iter();
        match self {
            Pool::Mean => weights.map(|w| w / region.total).collect(),
            Pool::Sd => {
                let mean = region.average(channel, f64::from);
                let sd = self.value(channel, region);
                if sd == 0.0 {
                    return vec![0.0; channel.len()];
                }
                weights.zip(channel).map(|(w, a)| w * (f64::from(*a) - mean) / (region.total * sd)).collect()
            }
        }
    }
}

/// Weights of the positions of one stage for one region, each from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionWeights {
    weights: Vec<f64>,
    total: f64,
}

impl RegionWeights {
    /// The share of each position's neighbourhood that lies in the region.
    ///
    /// `inside` says it for every voxel of the network's input, `[z, y, x]` of `input_shape`. A voxel belongs to the
    /// nearest position of the stage.
    pub fn new(inside: &[bool], input_shape: [usize; 3], map: &StageMap) -> Self {
        let cell = |a: usize| -> Vec<usize> {
            let (stride, n) = (map.stride[a], map.shape[a]);
            (0..input_shape[a]).map(|i| ((i + stride / 2) / stride).min(n - 1)).collect()
        };
        let (zs, ys, xs) = (cell(0), cell(1), cell(2));
        let mut counts = vec![(0_u32, 0_u32); map.n_positions()];
        let mut voxels = inside.iter();
        for z in &zs {
            for y in &ys {
                let row = (z * map.shape[1] + y) * map.shape[2];
                for (x, voxel) in xs.iter().zip(voxels.by_ref()) {
                    let (n_in, n_all) = &mut counts[row + x];
                    *n_in += u32::from(*voxel);
                    *n_all += 1;
                }
            }
        }
        let weights: Vec<f64> =
            counts.iter().map(|(n_in, n_all)| f64::from(*n_in) / f64::from((*n_all).max(1))).collect();
        let total = weights.iter().sum();
        RegionWeights { weights, total }
    }

    /// Whether no part of the region reaches the stage.
    pub fn is_empty(&self) -> bool {
        self.total == 0.0
    }

    fn average(&self, channel: &[f32], f: impl Fn(f32) -> f64) -> f64 {
        let sum: f64 = self.weights.iter().zip(channel).map(|(w, a)| w * f(*a)).sum();
        sum / self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(shape: [usize; 3], stride: usize, values: Vec<f32>) -> StageMap {
        StageMap { stage: "layer1".into(), channels: 1, shape, stride: [stride; 3], values }
    }

    #[test]
    fn the_whole_image_gives_plain_mean_and_sd() {
        let values: Vec<f32> = (0..8).map(|v| v as f32).collect();
        let map = map([2, 2, 2], 4, values);
        let region = RegionWeights::new(&[true; 512], [8; 3], &map);
        assert_eq!(Pool::Mean.value(map.channel(0), &region), 3.5);
        assert_eq!(Pool::Sd.value(map.channel(0), &region), 5.25f64.sqrt());
    }

    #[test]
    fn a_region_weighs_by_its_share_of_each_neighbourhood() {
        let map = map([1, 1, 3], 2, vec![1.0, 2.0, 4.0]);
        // Voxels 0 | 1 2 | 3 4 5 belong to positions 0, 1, 2; the region is voxels 2, 3 and 4.
        let inside = [false, false, true, true, true, false];
        let region = RegionWeights::new(&inside, [1, 1, 6], &map);
        assert_eq!(region.weights, [0.0, 0.5, 2.0 / 3.0]);
        let expected = (0.5 * 2.0 + 2.0 / 3.0 * 4.0) / (0.5 + 2.0 / 3.0);
        assert!((Pool::Mean.value(map.channel(0), &region) - expected).abs() < 1e-15);
    }

    #[test]
    fn an_empty_region_has_no_value_and_a_flat_channel_no_slope() {
        let map = map([1, 1, 2], 2, vec![3.0, 3.0]);
        let empty = RegionWeights::new(&[false; 4], [1, 1, 4], &map);
        assert!(empty.is_empty() && Pool::Mean.value(map.channel(0), &empty).is_nan());
        let all = RegionWeights::new(&[true; 4], [1, 1, 4], &map);
        assert_eq!(Pool::Sd.gradient(map.channel(0), &all), [0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn gradients_are_those_of_finite_differences(
            values in proptest::collection::vec(0.0f32..4.0, 27),
            inside in proptest::collection::vec(any::<bool>(), 216),
        ) {
            let map = map([3, 3, 3], 2, values);
            let region = RegionWeights::new(&inside, [6; 3], &map);
            prop_assume!(!region.is_empty() && Pool::Sd.value(map.channel(0), &region) > 0.1);
            for pool in [Pool::Mean, Pool::Sd] {
                let gradient = pool.gradient(map.channel(0), &region);
                for (o, slope) in gradient.iter().enumerate() {
                    let moved = |step: f32| {
                        let mut channel = map.values.clone();
                        channel[o] += step;
                        // The step that 32 bit leaves, not the one that was asked for.
                        (pool.value(&channel, &region), f64::from(channel[o]))
                    };
                    let ((up, at_up), (down, at_down)) = (moved(0.01), moved(-0.01));
                    prop_assert!(((up - down) / (at_up - at_down) - slope).abs() < 1e-3 * slope.abs().max(0.1));
                }
                let product: f64 = gradient.iter().zip(&map.values).map(|(g, a)| g * f64::from(*a)).sum();
                prop_assert!((product - pool.value(map.channel(0), &region)).abs() < 1e-9);
            }
        }
    }
}
