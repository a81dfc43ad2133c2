//! Does the map depend on what the network learned? Its weights are randomised from the answer downwards, stage by stage, and the map is made
//! anew: one that stays as it was does not show what the network knows.
//!
//! Cascading randomisation of Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, arXiv 1810.03292. The class stays the same. Likeness is
//! Spearman's rank correlation and SSIM (Wang et al., 2004: a Gaussian of deviation 1.5 over 11 places, as scikit-image has it).
//!
//! Score-CAM keeps the layer's maps as long as only what is behind them is random, so that some likeness is to be expected there: it is the maps'
//! weights that change.

use std::sync::Arc;

use serde::Serialize;

use crate::error::Result;
use crate::explain::Explanation;
use crate::heatmap::Heatmap;
use crate::methods::Method;
use crate::model::{Limits, Randomise};
use crate::passes::Progress;
use crate::target::Target;

use super::compare::spearman;
use super::series::{Begin, Series};

/// Randomising under way: a map a stage.
pub struct Cascade {
    series: Series,
    original: Heatmap,
    stages: Vec<String>,
}

/// A stage and its map.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// The first operator with weights, from the picture on, that is random.
    pub from: String,
    /// Spearman's rank correlation of its map with the original; absent if one of them is constant.
    pub correlation: Option<f32>,
    /// Structural similarity with the original, 1 for the same.
    pub ssim: f64,
    /// Its map.
    #[serde(skip)]
    pub heatmap: Heatmap,
}

impl Cascade {
    /// Plans `stages` explanations by `method` of what `explanation` explains, for `target`.
    ///
    /// # Errors
    /// As [`Explanation::view`].
    pub fn begin(
        explanation: &Explanation,
        target: &Target,
        method: &Arc<dyn Method>,
        (stages, how, seed): (usize, Randomise, u64),
        limits: Limits,
    ) -> Result<Cascade> {
        let original = explanation.view(&target.into(), method)?.heatmap();
        let network = explanation.network();
        let plan = network.stages(stages);
        let names = plan.iter().map(|stage| stage.from.clone()).collect();
        let begin = |stage: crate::model::Weights| -> Begin {
            let (network, method, input) = (Arc::clone(network), Arc::clone(method), explanation.input().clone());
            let layer = explanation.layer().map(|layer| layer.name.clone());
            Box::new(move || {
                let random = Arc::new(network.randomised(&stage, how, seed)?);
                Explanation::of_input(&random, input, layer.as_deref(), &method, limits)
            })
        };
        let series = Series::new(plan.into_iter().map(begin).collect(), target, method);
        Ok(Cascade { series, original, stages: names })
    }

    /// Does what comes next.
    ///
    /// # Errors
    /// As [`Explanation::step`].
    pub fn step(&mut self) -> Result<Progress> {
        self.series.step()?;
        Ok(self.series.progress())
    }

    /// Whether all stages are explained.
    pub fn is_complete(&self) -> bool {
        self.series.is_complete()
    }

    /// The stages so far.
    pub fn stages(&self) -> Vec<Stage> {
        let stage = |(from, heatmap): (&String, &Heatmap)| Stage {
            from: from.clone(),
            correlation: spearman(&self.original.values, &heatmap.values),
            ssim: ssim(&self.original, heatmap),
            heatmap: heatmap.clone(),
        };
        self.stages.iter().zip(self.series.maps()).map(stage).collect()
    }
}

/// The mean structural similarity of two maps of one size in [0, 1], where the window fits; 1 where it fits nowhere.
pub fn ssim(a: &Heatmap, b: &Heatmap) -> f64 {
    const DEVIATION: f64 = 1.5;
    const REACH: usize = 5;
    const C1: f64 = 0.01 * 0.01;
    const C2: f64 = 0.03 * 0.03;
    let (height, width) = (a.height, a.width);
    if height <= 2 * REACH || width <= 2 * REACH {
        return 1.0;
    }
    let weight = |at: usize| (-0.5 * ((at as f64 - REACH as f64) / DEVIATION).powi(2)).exp();
    let whole: f64 = (0..=2 * REACH).map(weight).sum();
    let kernel: Vec<f64> = (0..=2 * REACH).map(|at| weight(at) / whole).collect();
    let smooth = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let across: Vec<f64> = (0..height)
            .flat_map(|row| (0..width - 2 * REACH).map(move |column| row * width + column))
            .map(|at| kernel.iter().enumerate().map(|(tap, weight)| weight * value(at + tap)).sum())
            .collect();
        let width = width - 2 * REACH;
        (0..(height - 2 * REACH) * width)
            .map(|at| kernel.iter().enumerate().map(|(tap, weight)| weight * across[at + tap * width]).sum())
            .collect()
    };
    let (x, y) = (|at: usize| f64::from(a.values[at]), |at: usize| f64::from(b.values[at]));
    let [x1, y1] = [smooth(&x), smooth(&y)];
    let [xx, yy, xy] = [smooth(&|at| x(at) * x(at)), smooth(&|at| y(at) * y(at)), smooth(&|at| x(at) * y(at))];
    let similarity = |at: usize| {
        let (mx, my) = (x1[at], y1[at]);
        let (vx, vy, cov) = (xx[at] - mx * mx, yy[at] - my * my, xy[at] - mx * my);
        (2.0 * mx * my + C1) * (2.0 * cov + C2) / ((mx * mx + my * my + C1) * (vx + vy + C2))
    };
    (0..x1.len()).map(similarity).sum::<f64>() / x1.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structural_similarity_is_that_of_scikit_image() {
        // structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1)
        let map = |value: fn(usize) -> f32| Heatmap {
            values: (0..20 * 24).map(value).collect(),
            height: 20,
            width: 24,
            has_positive_evidence: true,
        };
        let a = map(|at| ((at * 37) % 101) as f32 / 100.0);
        let b = map(|at| ((at * 53) % 97) as f32 / 96.0);
        assert!((ssim(&a, &a) - 1.0).abs() < 1e-12);
        assert!((ssim(&a, &b) - SCIKIT_IMAGE).abs() < 1e-6, "{}", ssim(&a, &b));
    }

    const SCIKIT_IMAGE: f64 = 0.045576068;
}
