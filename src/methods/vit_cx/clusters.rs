//! Activation maps that look alike become one mask.

use kodama::{Method, linkage};
use rayon::prelude::*;

use crate::geometry::{Grid, Upsampler, range};
use crate::model::Activations;

/// Clusters of similar maps.
///
/// The maps of a layer, upsampled to the input and each scaled to [0, 1], are joined by complete linkage of their cosine
/// distances, as long as two clusters are nearer than a bound. Constant maps are in none.
pub struct Clusters {
    /// For each cluster the sum [height, width] of its scaled maps, at layer size.
    sums: Vec<Vec<f32>>,
}

impl Clusters {
    /// Those of `maps` for an input of `size` [height, width]; none is wider than `distance`, in [0, 1]. It takes as many products
    /// as there are pairs of channels, each as long as a map is at layer size: upsampling is linear, so that the cosines of
    /// upsampled maps are had without upsampling any.
    pub fn of(maps: &Activations, size: (usize, usize), distance: f64) -> Clusters {
        let shape = (maps.height, maps.width);
        let upsampler = Upsampler::new(shape, size, Grid::HalfPixel);
        let scaled: Vec<Vec<f32>> =
            (0..maps.channels).into_par_iter().filter_map(|k| scaled(maps.channel(k), &upsampler)).collect();
        let labels = labels(distances(&scaled, shape, size), scaled.len(), distance);
        let count = labels.iter().max().map_or(0, |last| last + 1);
        let mut sums = vec![vec![0.0; maps.height * maps.width]; count];
        for (map, &label) in scaled.iter().zip(&labels) {
            sums[label].iter_mut().zip(map).for_each(|(sum, value)| *sum += value);
        }
        Clusters { sums }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.sums.len()
    }

    /// The sum [height, width] of a cluster's scaled maps, at layer size.
    pub fn sum(&self, cluster: usize) -> &[f32] {
        &self.sums[cluster]
    }
}

/// A map so that it spans [0, 1] once it is upsampled; none if it is constant.
fn scaled(map: &[f32], upsampler: &Upsampler) -> Option<Vec<f32>> {
    let (low, high) = range(&upsampler.upsampled(map));
    // Which NaN never is.
    let varies = high > low;
    varies.then(|| map.iter().map(|value| (value - low) / (high - low)).collect())
}

/// The cosine distances of upsampled maps, pair by pair: (0, 1), (0, 2), ..., (1, 2), ...
fn distances(maps: &[Vec<f32>], (height, width): (usize, usize), size: (usize, usize)) -> Vec<f64> {
    let (rows, columns) = (products_along(height, size.0), products_along(width, size.1));
    // <U a, U b> = a' (U'U b), where U'U is that of the rows times that of the columns.
    let spread = |map: &Vec<f32>| -> Vec<f64> {
        let across = |y: usize, x: usize| -> f64 {
            (0..width).map(|from| columns[x * width + from] * f64::from(map[y * width + from])).sum()
        };
        let across: Vec<f64> = (0..height * width).map(|at| across(at / width, at % width)).collect();
        let down = |at: usize| -> f64 {
            (0..height).map(|from| rows[at / width * height + from] * across[from * width + at % width]).sum()
        };
        (0..height * width).map(down).collect()
    };
    let spread: Vec<Vec<f64>> = maps.par_iter().map(spread).collect();
    let product = |a: &[f32], b: &[f64]| -> f64 { a.iter().zip(b).map(|(&a, b)| f64::from(a) * b).sum() };
    let lengths: Vec<f64> = maps.iter().zip(&spread).map(|(map, spread)| product(map, spread).sqrt()).collect();
    let of_row = |first: usize| -> Vec<f64> {
        let cosine = |second: usize| product(&maps[first], &spread[second]) / (lengths[first] * lengths[second]);
        (first + 1..maps.len()).map(|second| 1.0 - cosine(second)).collect()
    };
    (0..maps.len()).into_par_iter().flat_map_iter(of_row).collect()
}

/// The products [from, from] of the columns of the matrix that upsamples `from` cells to `to`.
fn products_along(from: usize, to: usize) -> Vec<f64> {
    let upsampler = Upsampler::new((1, from), (1, to), Grid::HalfPixel);
    let column = |cell: usize| {
        let unit: Vec<f32> = (0..from).map(|other| if other == cell { 1.0 } else { 0.0 }).collect();
        upsampler.upsampled(&unit)
    };
    let columns: Vec<Vec<f32>> = (0..from).map(column).collect();
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    columns.iter().flat_map(|a| columns.iter().map(|b| product(a, b)).collect::<Vec<f64>>()).collect()
}

/// For each of `count` things the cluster that it is in, numbered by their first member: things are joined while the farthest of
/// two clusters are nearer than `bound`.
fn labels(mut distances: Vec<f64>, count: usize, bound: f64) -> Vec<usize> {
    // What each thing, and each cluster that was made of two, has become a part of.
    let mut joined: Vec<usize> = (0..count).collect();
    if count > 1 {
        let dendrogram = linkage(&mut distances, count, Method::Complete);
        for (made, step) in (count..).zip(dendrogram.steps()) {
            joined.push(made);
            if step.dissimilarity < bound {
                joined[step.cluster1] = made;
                joined[step.cluster2] = made;
            }
        }
    }
    let root = |mut at: usize| {
        while joined[at] != at {
            at = joined[at];
        }
        at
    };
    let mut roots: Vec<usize> = Vec::new();
    (0..count)
        .map(|thing| {
            let root = root(thing);
            roots.iter().position(|&known| known == root).unwrap_or_else(|| {
                roots.push(root);
                roots.len() - 1
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_joined_while_the_farthest_of_two_clusters_are_near() {
        // On a line at 0, 5, 1, 6.5, 1.5: 1 and 1.5 first, then 0 with both at 1.5, 5 with 6.5 at 1.5, then all at 6.5.
        let at = [0.0_f64, 5.0, 1.0, 6.5, 1.5];
        let distances: Vec<f64> =
            (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b))).map(|(a, b)| (at[a] - at[b]).abs()).collect();
        let joined = |bound| labels(distances.clone(), 5, bound);
        assert_eq!(joined(0.5), [0, 1, 2, 3, 4], "a bound is not reached");
        assert_eq!(joined(0.6), [0, 1, 2, 3, 2]);
        assert_eq!(joined(1.6), [0, 1, 0, 1, 0]);
        assert_eq!(joined(7.0), [0; 5]);
        assert_eq!(labels(Vec::new(), 1, 1.0), [0]);
        assert!(labels(Vec::new(), 0, 1.0).is_empty());
    }

    #[test]
    fn distances_are_those_of_the_upsampled_maps() {
        let (shape, size) = ((2, 3), (7, 8));
        let maps = [vec![0.0, 1.0, 0.5, 0.2, 0.0, 0.9], vec![1.0, 0.3, 0.0, 0.4, 0.8, 0.1]];
        let upsampler = Upsampler::new(shape, size, Grid::HalfPixel);
        let large = maps.each_ref().map(|map| upsampler.upsampled(map));
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        let [a, b] = &large;
        let expected = 1.0 - product(a, b) / (product(a, a) * product(b, b)).sqrt();
        let found = distances(&maps, shape, size);
        assert!(found.len() == 1 && (found[0] - expected).abs() < 1e-6, "{found:?} is not {expected}");
    }

    #[test]
    fn maps_of_one_shape_are_one_cluster_whatever_their_scale_and_constant_ones_are_in_none() {
        let values = vec![0.0, 1.0, 10.0, 30.0, 5.0, 5.0, 8.0, -8.0];
        let maps = Activations { values, channels: 4, height: 1, width: 2 };
        let clusters = Clusters::of(&maps, (2, 4), 0.1);
        assert_eq!(clusters.count(), 2);
        assert_eq!((clusters.sum(0), clusters.sum(1)), (&[0.0, 2.0][..], &[1.0, 0.0][..]));
    }
}
