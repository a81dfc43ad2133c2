//! What one should know before trusting a map.

use serde::Serialize;

use crate::heatmap::Heatmap;

/// From here on the weights are so even that the map is nearly the plain sum of all maps: their deviation is below a third
/// of their mean.
const EVEN: f32 = 0.9;

/// Below this the other classes together are more probable or, behind a sigmoid, that it is not this class.
const CONFIDENT: f32 = 0.5;

/// Below this a class is as good as absent: its map shows where next to nothing comes from.
const ABSENT: f32 = 0.01;

/// What one should know before trusting a map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostics {
    /// Masks: channels of the layer, or windows.
    pub channels: usize,
    /// Masks whose pass is done.
    pub scored_channels: usize,
    /// Channels left out because their map is constant.
    pub skipped_channels: usize,
    /// Whether masks are still to be scored: the map is a preview.
    pub partial: bool,
    /// Whether the weighted sum has no positive part that varies: the map is empty and says nothing.
    pub no_positive_evidence: bool,
    /// Smallest value of the weighted sum: below zero, something speaks against the target.
    pub low: f32,
    /// Largest value of the weighted sum: not above zero, nothing speaks for it.
    pub high: f32,
    /// How even the weights `w` of the `n` scored channels are: (sum |w|)^2 / (n sum w^2), which is Kish's effective number
    /// of channels over `n`. 1 if all weigh the same, 1/n if one decides alone, 0 if all are zero.
    pub evenness: f32,
    /// Whether the weights are nearly even: the map then shows where the layer is active rather than what speaks for the class.
    pub near_uniform_weights: bool,
    /// Whether the weights are those of a transformer's tokens as maps: there Score-CAM is known to be weak.
    pub tokens_as_maps: bool,
    /// Whether the network finds the class less probable than all others together or, where each class is scored by
    /// itself, less probable than not.
    pub low_confidence: bool,
    /// Whether the network finds the class less than one per cent probable: the map is stretched to the full scale all the
    /// same, and looks like any other.
    pub improbable: bool,
}

/// What a map was made of.
pub(super) struct Facts<'a> {
    /// By mask; zero for those without a pass.
    pub weights: &'a [f32],
    /// Masks, those that get no pass among them.
    pub masks: usize,
    /// Masks whose pass is done.
    pub scored: usize,
    /// Masks that get a pass.
    pub total: usize,
    /// Whether passes are still to be done.
    pub partial: bool,
    /// Smallest and largest value of the weighted sum.
    pub range: (f32, f32),
    /// Whether the weights are those of activation maps.
    pub weighs_maps: bool,
    /// Whether the layer's maps are a transformer's tokens.
    pub are_tokens: bool,
}

impl Diagnostics {
    /// For the map that `facts` led to; `probability` is that of the target for the picture as it is.
    pub(super) fn of(facts: &Facts, heatmap: &Heatmap, probability: f32) -> Diagnostics {
        let evenness = evenness(facts.weights, facts.scored);
        Diagnostics {
            channels: facts.masks,
            scored_channels: facts.scored,
            skipped_channels: facts.masks - facts.total,
            partial: facts.partial,
            no_positive_evidence: !heatmap.has_positive_evidence,
            low: facts.range.0,
            high: facts.range.1,
            evenness,
            near_uniform_weights: facts.weighs_maps && facts.scored > 1 && evenness > EVEN,
            tokens_as_maps: facts.weighs_maps && facts.are_tokens,
            low_confidence: probability < CONFIDENT,
            improbable: probability < ABSENT,
        }
    }
}

/// See [`Diagnostics::evenness`]; `weights` of channels without a pass are zero.
fn evenness(weights: &[f32], scored: usize) -> f32 {
    let sum: f64 = weights.iter().map(|&weight| f64::from(weight).abs()).sum();
    let squares: f64 = weights.iter().map(|&weight| f64::from(weight).powi(2)).sum();
    if squares > 0.0 { (sum * sum / (scored as f64 * squares)) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::evenness;

    #[test]
    fn evenness_is_one_for_equal_weights_and_falls_as_few_decide() {
        let cases: [(&[f32], usize, f32); 5] = [
            (&[0.2, 0.2, 0.0, 0.2], 3, 1.0), // the third has no pass
            (&[-0.3, 0.3], 2, 1.0),
            (&[1.0, 0.0, 0.0, 0.0], 4, 0.25),
            (&[3.0, 1.0], 2, 0.8),
            (&[0.0, 0.0], 2, 0.0),
        ];
        for (weights, scored, expected) in cases {
            assert!((evenness(weights, scored) - expected).abs() < 1e-6, "{weights:?}");
        }
    }
}
