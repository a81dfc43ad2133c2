//! Clusters as masks, with noise where they hide, and as what is summed.

use std::sync::Arc;

use crate::chance::Chance;
use crate::geometry::{Grid, Upsampler, range};
use crate::methods::{Subject, Summands};
use crate::model::spec::InputSpec;
use crate::passes::{Masked, Masks};
use crate::preprocess::Input;

use super::clusters::Clusters;

/// Noise of a seed: its standard deviation, in units of the normalised tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    pub deviation: f32,
    pub seed: u64,
}

impl Noise {
    /// The noise [3, height, width] of a cluster: the same on every machine.
    fn of(self, cluster: usize, len: usize) -> Vec<f32> {
        let mut chance = Chance::new(self.seed, cluster as u64);
        (0..len).map(|_| self.deviation * chance.normal()).collect()
    }
}

/// Two passes a cluster: `0..clusters` are the picture under each mask with noise where it hides, as many again the whole picture
/// with the same noise.
pub struct ClusterMasks {
    clusters: Arc<Clusters>,
    upsampler: Upsampler,
    noise: Noise,
    order: Vec<usize>,
}

impl ClusterMasks {
    /// Those of the subject's layer.
    pub fn new(subject: &Subject, clusters: Arc<Clusters>, noise: Noise) -> ClusterMasks {
        let maps = subject.maps();
        let upsampler = Upsampler::new((maps.height, maps.width), subject.input.size(), Grid::HalfPixel);
        let count = clusters.count();
        // What a mask is set against comes first: then a mask that has its score has its weight.
        let order = (0..count).flat_map(|cluster| [count + cluster, cluster]).collect();
        ClusterMasks { clusters, upsampler, noise, order }
    }
}

impl Masks for ClusterMasks {
    fn count(&self) -> usize {
        self.order.len()
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn write(&self, mask: usize, out: &mut [f32]) {
        if mask < self.clusters.count() {
            write_mask(self.clusters.sum(mask), &self.upsampler, out);
        } else {
            out.fill(1.0);
        }
    }

    fn tensor(&self, mask: usize, input: &Input, _: &InputSpec) -> Vec<f32> {
        let (cluster, hides) = (mask % self.clusters.count(), mask < self.clusters.count());
        let mut values = vec![0.0; input.positions()];
        write_mask(self.clusters.sum(cluster), &self.upsampler, &mut values);
        let noise = self.noise.of(cluster, input.tensor.len());
        let pixels = input.tensor.iter().zip(&noise).zip(values.iter().cycle());
        pixels.map(|((pixel, noise), mask)| if hides { pixel * mask } else { *pixel } + noise * (1.0 - mask)).collect()
    }

    fn masked(&self) -> Masked {
        Masked::NormalisedTensor
    }
}

/// A cluster's sum, upsampled and scaled to [0, 1]; zeros if it is constant.
fn write_mask(sum: &[f32], upsampler: &Upsampler, out: &mut [f32]) {
    upsampler.upsample(sum, out);
    let (low, factor) = scale(out);
    out.iter_mut().for_each(|value| *value = (*value - low) * factor);
}

/// What becomes zero, and what the rest is multiplied by to reach one.
fn scale(values: &[f32]) -> (f32, f32) {
    let (low, high) = range(values);
    (low, if high > low { 1.0 / (high - low) } else { 0.0 })
}

/// The masks of clusters as summands; those of the whole picture with noise are none.
pub struct ClusterSummands {
    clusters: Arc<Clusters>,
    upsampler: Upsampler,
    /// Of each cluster's mask.
    scales: Vec<(f32, f32)>,
}

impl ClusterSummands {
    /// Those of the subject's layer, for a map of `size`.
    pub fn new(subject: &Subject, clusters: Arc<Clusters>, size: (usize, usize)) -> ClusterSummands {
        let maps = subject.maps();
        let upsampler = Upsampler::new((maps.height, maps.width), size, Grid::HalfPixel);
        let scales = (0..clusters.count()).map(|cluster| scale(&upsampler.upsampled(clusters.sum(cluster)))).collect();
        ClusterSummands { clusters, upsampler, scales }
    }
}

impl Summands for ClusterSummands {
    fn size(&self) -> (usize, usize) {
        self.upsampler.size()
    }

    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
        let Some((low, factor)) = self.scales.get(summand) else { return };
        let upsampled = self.upsampler.upsampled(self.clusters.sum(summand));
        for (sum, value) in sums.iter_mut().zip(upsampled) {
            *sum += weight * f64::from((value - low) * factor);
        }
    }

    fn value_at(&self, summand: usize, pixel: (usize, usize)) -> f32 {
        let Some((low, factor)) = self.scales.get(summand) else { return 0.0 };
        (self.upsampler.value_at(self.clusters.sum(summand), pixel) - low) * factor
    }

    fn are_averaged(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_normal_and_its_own_for_every_seed_and_cluster() {
        let noise = |seed, cluster| Noise { deviation: 0.1, seed }.of(cluster, 100_000);
        let values = noise(1, 0);
        let mean = values.iter().sum::<f32>() / 1e5;
        let variance = values.iter().map(|value| value * value).sum::<f32>() / 1e5;
        assert!(mean.abs() < 1e-3 && (variance.sqrt() - 0.1).abs() < 1e-3, "{mean} {variance}");
        assert_eq!(values, noise(1, 0));
        assert!(values != noise(1, 1) && values != noise(2, 0));
    }
}
