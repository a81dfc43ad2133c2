//! Fifth stage: any stack of masks becomes scores, one forward pass a mask.
//!
//! What the masks are is a matter of the method: activation maps, windows that slide over the picture. The passes are done
//! some at a time, in parallel, and their scores do not depend on how many threads there are.

use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::error::{Error, Result};
use crate::model::spec::{InputSpec, OutputKind};
use crate::model::{Network, Tail};
use crate::preprocess::{Input, normalisation_table, source_channel};

/// How long a step should take: short enough for a Cancel to be answered at once, long enough to keep all threads busy.
const STEP: Duration = Duration::from_millis(200);

/// The most passes that one thread does in a step: through the whole network, and from a layer on.
const MAX_PASSES_A_STEP: (usize, usize) = (16, 512);

/// Passes before which their own pace says less than that of the passes before.
const PASSES_FOR_A_PACE: usize = 16;

/// What a mask is multiplied with, and so what shows where it is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Masked {
    /// The normalised tensor: where the mask is zero, the network sees its mean colour.
    NormalisedTensor,
    /// The pixels 0..255 at input size, rounded to 8 bits again: where the mask is zero, the network sees black.
    Pixels,
}

impl Masked {
    /// What shows where a mask is zero.
    pub fn fill(self) -> Fill {
        match self {
            Masked::NormalisedTensor => Fill::Mean,
            Masked::Pixels => Fill::Black,
        }
    }

    /// What has to be masked for that to show.
    pub fn that_fades_to(fill: Fill) -> Masked {
        match fill {
            Fill::Mean => Masked::NormalisedTensor,
            Fill::Black => Masked::Pixels,
        }
    }
}

/// What shows where a mask is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// The colour that the network's preprocessing subtracts.
    Mean,
    /// Black.
    Black,
}

/// A stack of masks [height, width] in [0, 1] at input size, made one at a time: they are never all in memory.
pub trait Masks: Send + Sync {
    /// Masks, those that get no pass among them.
    fn count(&self) -> usize;

    /// The masks that get a pass, in the order in which they get it.
    fn order(&self) -> &[usize];

    /// Writes one of them; all ones where it is not the picture that is masked.
    fn write(&self, mask: usize, out: &mut [f32]) {
        let _ = mask;
        out.fill(1.0);
    }

    /// What they are multiplied with.
    fn masked(&self) -> Masked {
        Masked::NormalisedTensor
    }

    /// The tensor that a pass begins with, for a mask: the input [3, height, width], the picture under it; or, where
    /// [`tail`](Masks::tail) says so, the layer's maps [channels, height, width] under it.
    fn tensor(&self, mask: usize, input: &Input, spec: &InputSpec) -> Vec<f32> {
        let mut values = vec![0.0; input.positions()];
        self.write(mask, &mut values);
        masked_tensor(input, &values, self.masked(), spec)
    }

    /// What the passes go through if it is not the whole network: masks are then of a layer's maps.
    fn tail(&self) -> Option<&Arc<Tail>> {
        None
    }

    /// Smallest and largest value at input size of what a mask was scaled from.
    fn range(&self, mask: usize) -> (f32, f32) {
        let _ = mask;
        (0.0, 1.0)
    }
}

/// How far the passes have come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Passes done.
    pub done: usize,
    /// Passes to do in all.
    pub total: usize,
    /// Milliseconds that they have taken so far.
    pub elapsed_ms: f64,
    /// Milliseconds that the rest will take at the same pace; of the first passes at that of the network's passes before, and absent
    /// if there were none.
    pub eta_ms: Option<f64>,
}

/// The logits of the masked pictures, for every class: another target needs no new inference.
#[derive(Debug, Clone)]
pub struct ScoreMatrix {
    classes: usize,
    output: OutputKind,
    /// [masks, classes]; rows of masks without a pass are zero.
    logits: Vec<f32>,
    scored: Vec<bool>,
}

impl ScoreMatrix {
    /// No scores yet for `masks` masks; `output` says what a logit means.
    pub fn new(masks: usize, classes: usize, output: OutputKind) -> ScoreMatrix {
        ScoreMatrix { classes, output, logits: vec![0.0; masks * classes], scored: vec![false; masks] }
    }

    /// Number of masks, scored or not.
    pub fn masks(&self) -> usize {
        self.scored.len()
    }

    /// What its logits mean.
    pub fn output(&self) -> OutputKind {
        self.output
    }

    /// The logits `[classes]` of the picture under `mask`, if there is such a mask and its pass was done.
    pub fn row(&self, mask: usize) -> Option<&[f32]> {
        self.scored.get(mask).is_some_and(|&scored| scored).then(|| &self.logits[mask * self.classes..][..self.classes])
    }

    /// Keeps the logits of the picture under `mask`.
    pub fn set_row(&mut self, mask: usize, logits: &[f32]) {
        self.logits[mask * self.classes..][..self.classes].copy_from_slice(logits);
        self.scored[mask] = true;
    }
}

/// No masks, for methods that need no passes.
#[derive(Debug, Clone, Copy)]
pub struct NoMasks;

impl Masks for NoMasks {
    fn count(&self) -> usize {
        0
    }

    fn order(&self) -> &[usize] {
        &[]
    }
}

/// The passes of one picture under a stack of masks, done some at a time.
pub struct Passes {
    masks: Box<dyn Masks>,
    done: usize,
    matrix: ScoreMatrix,
    elapsed: Duration,
    /// What a pass should take on one thread, by those of the network before.
    expected: Option<Duration>,
    /// Of one thread.
    passes_a_step: usize,
}

impl Passes {
    /// Plans a pass of `network` for each of the masks that get one.
    pub fn new(masks: Box<dyn Masks>, network: &Network) -> Passes {
        let matrix = ScoreMatrix::new(masks.count(), network.classes(), network.output());
        let share = masks.tail().map_or(1.0, |tail| tail.share());
        let expected = network.pace().of_a_pass().map(|pace| pace.mul_f64(share));
        Passes { masks, done: 0, matrix, elapsed: Duration::ZERO, expected, passes_a_step: 1 }
    }

    /// The masks.
    pub fn masks(&self) -> &dyn Masks {
        &*self.masks
    }

    /// The masks whose pass is done, in the order in which it was.
    pub fn scored(&self) -> &[usize] {
        &self.masks.order()[..self.done]
    }

    /// The scores so far.
    pub fn matrix(&self) -> &ScoreMatrix {
        &self.matrix
    }

    /// How far they have come.
    pub fn progress(&self) -> Progress {
        let (done, total) = (self.done, self.masks.order().len());
        let elapsed_ms = self.elapsed.as_secs_f64() * 1000.0;
        let expected = || {
            let a_pass = self.expected?.as_secs_f64() * 1000.0 / rayon::current_num_threads() as f64;
            Some(a_pass * (total - done) as f64)
        };
        let measured = || (done > 0).then(|| elapsed_ms / done as f64 * (total - done) as f64);
        let eta_ms = if done < PASSES_FOR_A_PACE { expected().or_else(measured) } else { measured() };
        Progress { done, total, elapsed_ms, eta_ms }
    }

    /// Whether every pass is done.
    pub fn is_complete(&self) -> bool {
        self.done == self.masks.order().len()
    }

    /// Does the next passes, about 200 ms of them, on all threads of the current rayon pool.
    ///
    /// # Errors
    /// As [`advance`](Passes::advance).
    pub fn step(&mut self, network: &Network, input: &Input) -> Result<Progress> {
        let started = Instant::now();
        self.advance(network, input, self.passes_a_step * rayon::current_num_threads())?;
        let elapsed = started.elapsed();
        self.elapsed += elapsed;
        let a_pass = elapsed.as_secs_f64() / self.passes_a_step as f64;
        let most = if self.masks.tail().is_some() { MAX_PASSES_A_STEP.1 } else { MAX_PASSES_A_STEP.0 };
        let passes = ((STEP.as_secs_f64() / a_pass.max(1e-6)) as usize).clamp(1, most);
        // Whole groups of passes that share the reading of the weights.
        self.passes_a_step =
            if passes > Network::TOGETHER { passes / Network::TOGETHER * Network::TOGETHER } else { passes };
        Ok(self.progress())
    }

    /// Does the next `count` passes, in parallel on the current thread pool. A pass is computed by one thread alone, so
    /// its result does not depend on how many there are.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if the network answers with numbers that are not finite; the passes of
    /// this call are lost then, those before are kept.
    pub fn advance(&mut self, network: &Network, input: &Input, count: usize) -> Result<()> {
        let end = (self.done + count).min(self.masks.order().len());
        let started = Instant::now();
        let next = &self.masks.order()[self.done..end];
        // All threads get as many, in equal parts of those that may go together.
        let a_thread = next.len().div_ceil(rayon::current_num_threads()).max(1);
        let together = a_thread.div_ceil(a_thread.div_ceil(Network::TOGETHER));
        let tail = self.masks.tail();
        let masked = |&mask: &usize| self.masks.tensor(mask, input, &network.spec().input);
        let passes = next.par_chunks(together).with_max_len(1).map(|masks| {
            let masked: Vec<Vec<f32>> = masks.iter().map(masked).collect();
            let tensors: Vec<&[f32]> = masked.iter().map(Vec::as_slice).collect();
            let logits = match tail {
                Some(tail) => tail.logits_of(&tensors),
                None => network.logits_of(&tensors),
            }?;
            logits.into_iter().map(finite).collect::<Result<Vec<_>>>()
        });
        let rows: Vec<Vec<f32>> = passes.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        if tail.is_none() {
            network.pace().learn(a_thread, started.elapsed());
        }
        for (&mask, row) in next.iter().zip(&rows) {
            self.matrix.set_row(mask, row);
        }
        self.done = end;
        Ok(())
    }
}

/// All numbers below `count`, those far apart soon after each other, so that the map settles everywhere at once.
pub fn spread(count: usize) -> Vec<usize> {
    let bits = count.next_power_of_two().trailing_zeros();
    let reversed = |i: usize| if bits == 0 { 0 } else { i.reverse_bits() >> (usize::BITS - bits) };
    (0..count.next_power_of_two()).map(reversed).filter(|&i| i < count).collect()
}

/// Passes logits on if they are finite.
///
/// # Errors
/// [`ErrorKind::Model`](crate::error::ErrorKind) if they are not.
pub fn finite(logits: Vec<f32>) -> Result<Vec<f32>> {
    if logits.iter().all(|logit| logit.is_finite()) {
        return Ok(logits);
    }
    Err(Error::new("network-scores-not-finite", &[]))
}

/// A tensor [3, height, width] times a mask [height, width]: where that is zero, the mean colour shows.
pub fn faded(tensor: &[f32], mask: &[f32]) -> Vec<f32> {
    let planes = tensor.chunks_exact(mask.len());
    planes.flat_map(|plane| plane.iter().zip(mask).map(|(value, weight)| value * weight)).collect()
}

/// The input tensor [3, height, width] under a mask [height, width].
pub fn masked_tensor(input: &Input, mask: &[f32], masked: Masked, spec: &InputSpec) -> Vec<f32> {
    match masked {
        Masked::NormalisedTensor => faded(&input.tensor, mask),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Region;
    use crate::image::RgbImage;
    use crate::model::spec::{ChannelOrder, Range};
    use crate::preprocess::normalise;

    fn caffe() -> InputSpec {
        InputSpec {
            width: 2,
            height: 1,
            order: ChannelOrder::Bgr,
            range: Range::Bytes,
            mean: [100.0; 3],
            std: [1.0; 3],
            ..InputSpec::default()
        }
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
    fn the_order_is_spread_and_complete() {
        assert_eq!(spread(5), [0, 4, 2, 1, 3]);
        assert_eq!(spread(1), [0]);
        let mut sorted = spread(169);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..169).collect::<Vec<_>>());
    }

    #[test]
    fn a_mask_without_a_pass_has_no_scores() {
        let mut matrix = ScoreMatrix::new(2, 3, OutputKind::Logits);
        matrix.set_row(1, &[1.0, 2.0, 3.0]);
        assert_eq!((matrix.row(0), matrix.row(1), matrix.row(2)), (None, Some(&[1.0, 2.0, 3.0][..]), None));
    }
}
