//! Fifth stage: the scores of the masked pictures, one forward pass a channel.

use rayon::prelude::*;

use crate::error::{Error, ErrorKind, Result};
use crate::mask::{Upsampler, is_skipped, mask};
use crate::model::spec::{InputSpec, OutputKind};
use crate::model::{Activations, Network};
use crate::preprocess::{Input, normalisation_table, source_channel};
use crate::recipe::{MaskRule, Masked};

/// The logits of the masked pictures, for every class: another class or recipe of the same [`MaskRule`] needs no new
/// inference.
#[derive(Debug, Clone)]
pub struct ScoreMatrix {
    classes: usize,
    output: OutputKind,
    /// [channels, classes]; rows of channels without scores are zero.
    logits: Vec<f32>,
    scored: Vec<bool>,
}

impl ScoreMatrix {
    /// No scores yet for `channels` channels; `output` says what a logit means.
    pub fn new(channels: usize, classes: usize, output: OutputKind) -> ScoreMatrix {
        ScoreMatrix { classes, output, logits: vec![0.0; channels * classes], scored: vec![false; channels] }
    }

    /// Number of channels, scored or not.
    pub fn channels(&self) -> usize {
        self.scored.len()
    }

    /// What its logits mean.
    pub fn output(&self) -> OutputKind {
        self.output
    }

    /// The logits `[classes]` of the picture masked by `channel`, if that pass was done.
    pub fn row(&self, channel: usize) -> Option<&[f32]> {
        self.scored[channel].then(|| &self.logits[channel * self.classes..][..self.classes])
    }

    /// Keeps the logits of the picture masked by `channel`.
    pub fn set_row(&mut self, channel: usize, logits: &[f32]) {
        self.logits[channel * self.classes..][..self.classes].copy_from_slice(logits);
        self.scored[channel] = true;
    }
}

/// The probabilities of logits: softmax over the classes, or each by itself for [`OutputKind::Sigmoid`].
pub fn probabilities(logits: &[f32], output: OutputKind) -> Vec<f32> {
    if output == OutputKind::Sigmoid {
        return logits.iter().map(|&logit| (1.0 / (1.0 + (-f64::from(logit)).exp())) as f32).collect();
    }
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.iter().map(|e| (e / sum) as f32).collect()
}

/// The masked passes of one picture and layer, done some at a time.
#[derive(Debug)]
pub struct Scoring {
    rule: MaskRule,
    upsampler: Upsampler,
    /// Channels to score, those that vary most in space first: they shape the map, so it settles early.
    order: Vec<usize>,
    done: usize,
    matrix: ScoreMatrix,
}

impl Scoring {
    /// Plans the passes of `network` for `activations`: one a channel, less those that `rule` skips.
    pub fn new(activations: &Activations, network: &Network, rule: MaskRule) -> Scoring {
        let spec = &network.spec().input;
        let order = order(activations, &rule);
        let upsampler = Upsampler::new((activations.height, activations.width), (spec.height, spec.width), rule.grid);
        let matrix = ScoreMatrix::new(activations.channels, network.classes(), network.output());
        Scoring { rule, upsampler, order, done: 0, matrix }
    }

    /// How the masked inputs are made.
    pub fn rule(&self) -> &MaskRule {
        &self.rule
    }

    /// The channels that have or get a pass, in its order: those that vary most in space first.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Passes done.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Passes to do in all.
    pub fn total(&self) -> usize {
        self.order.len()
    }

    /// The scores so far.
    pub fn matrix(&self) -> &ScoreMatrix {
        &self.matrix
    }

    /// Does the next `count` passes, in parallel on the current thread pool. A pass is computed by one thread alone, so
    /// its result does not depend on how many there are.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] if the network answers with numbers that are not finite; the passes of this call are lost
    /// then, those before are kept.
    pub fn advance(&mut self, network: &Network, input: &Input, activations: &Activations, count: usize) -> Result<()> {
        let end = (self.done + count).min(self.order.len());
        let channels = &self.order[self.done..end];
        // All threads get as many, in equal parts of those that may go together.
        let a_thread = channels.len().div_ceil(rayon::current_num_threads()).max(1);
        let together = a_thread.div_ceil(a_thread.div_ceil(Network::TOGETHER));
        let masked = |&channel: &usize| {
            let mut values = vec![0.0; self.upsampler.output_len()];
            mask(activations.channel(channel), &self.upsampler, &self.rule, &mut values);
            masked_tensor(input, &values, self.rule.masked, &network.spec().input)
        };
        let passes = channels.par_chunks(together).with_max_len(1).map(|channels| {
            let masked: Vec<Vec<f32>> = channels.iter().map(masked).collect();
            let logits = network.logits_of(&masked.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
            logits.into_iter().map(finite).collect::<Result<Vec<_>>>()
        });
        let rows: Vec<Vec<f32>> = passes.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        for (&channel, row) in channels.iter().zip(&rows) {
            self.matrix.set_row(channel, row);
        }
        self.done = end;
        Ok(())
    }
}

/// The channels that `rule` does not skip, by descending variance in space.
fn order(activations: &Activations, rule: &MaskRule) -> Vec<usize> {
    let mut order: Vec<usize> =
        (0..activations.channels).filter(|&channel| !is_skipped(activations.channel(channel), rule)).collect();
    let variances: Vec<f64> = (0..activations.channels).map(|k| variance(activations.channel(k))).collect();
    order.sort_by(|&a, &b| variances[b].total_cmp(&variances[a]));
    order
}

/// Passes logits on if they are finite.
///
/// # Errors
/// [`ErrorKind::Model`] if they are not.
pub fn finite(logits: Vec<f32>) -> Result<Vec<f32>> {
    if logits.iter().all(|logit| logit.is_finite()) {
        return Ok(logits);
    }
    Err(Error::new(
        ErrorKind::Model,
        "The network's scores are not finite numbers (NaN or infinity).",
        "Check its weights, and that mean, std and range are those it was trained with.",
    ))
}

/// The input tensor [3, height, width] under a mask [height, width].
pub fn masked_tensor(input: &Input, mask: &[f32], masked: Masked, spec: &InputSpec) -> Vec<f32> {
    match masked {
        Masked::NormalisedTensor => {
            let planes = input.tensor.chunks_exact(mask.len());
            planes.flat_map(|plane| plane.iter().zip(mask).map(|(value, weight)| value * weight)).collect()
        }
        Masked::Pixels => (0..3)
            .flat_map(|channel| {
                let table = normalisation_table(channel, spec);
                let source = source_channel(channel, spec.order);
                let pixels = input.pixels.as_raw().chunks_exact(3);
                pixels
                    .zip(mask)
                    .map(move |(pixel, weight)| table[usize::from((f32::from(pixel[source]) * weight).round() as u8)])
            })
            .collect(),
    }
}

fn variance(values: &[f32]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::RgbImage;
    use crate::model::spec::{ChannelOrder, Range, Resize};
    use crate::preprocess::{Region, normalise};
    use crate::recipe::Recipe;

    fn caffe() -> InputSpec {
        InputSpec {
            width: 2,
            height: 1,
            resize: Resize::Stretch,
            order: ChannelOrder::Bgr,
            range: Range::Bytes,
            mean: [100.0; 3],
            std: [1.0; 3],
        }
    }

    #[test]
    fn probabilities_sum_to_one_and_survive_large_logits() {
        assert_eq!(probabilities(&[1000.0, 1000.0], OutputKind::Logits), [0.5, 0.5]);
        let p = probabilities(&[0.0, 3.0_f32.ln()], OutputKind::Logits);
        assert!((p[0] - 0.25).abs() < 1e-6 && (p[1] - 0.75).abs() < 1e-6, "{p:?}");
    }

    #[test]
    fn classes_behind_a_sigmoid_have_probabilities_of_their_own() {
        let p = probabilities(&[0.0, 3.0_f32.ln(), -1000.0], OutputKind::Sigmoid);
        assert!(p[0] == 0.5 && (p[1] - 0.75).abs() < 1e-6 && p[2] == 0.0, "{p:?}");
    }

    #[test]
    fn a_masked_tensor_fades_to_the_mean_colour_and_masked_pixels_to_black() {
        let spec = caffe();
        let pixels = RgbImage::from_raw(2, 1, vec![10, 20, 31, 200, 100, 50]).unwrap();
        let tensor = normalise(pixels.as_raw(), &spec);
        let input = Input { pixels, tensor, region: Region { x: 0.0, y: 0.0, width: 2.0, height: 1.0 } };
        assert_eq!(
            masked_tensor(&input, &[0.0, 0.5], Masked::NormalisedTensor, &spec),
            [0.0, -25.0, 0.0, 0.0, 0.0, 50.0]
        );
        // Blue 31 * 0.5 = 15.5, rounded to 16; zero is black, which is -100 here.
        assert_eq!(
            masked_tensor(&input, &[0.5, 0.0], Masked::Pixels, &spec),
            [-84.0, -100.0, -90.0, -100.0, -95.0, -100.0]
        );
    }

    #[test]
    fn channels_that_vary_most_come_first_and_constant_ones_are_left_out() {
        let values = vec![0.0, 1.0, 5.0, 5.0, 0.0, 3.0];
        let activations = Activations { values, channels: 3, height: 1, width: 2 };
        assert_eq!(order(&activations, &Recipe::AUTHORS.mask), [2, 0]);
    }
}
