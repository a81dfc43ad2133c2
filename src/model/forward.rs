//! Runs a network: one pass for the activations of a layer, many for the scores of masked pictures.

use tract_onnx::prelude::*;

use crate::error::{Error, Result};

use super::Network;
use super::layers::Layer;
use super::load::input_shape;
use super::spec::OutputKind;
use super::trace::Layout;

/// The activation maps of one layer for one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Activations {
    /// Values [channels, height, width].
    pub values: Vec<f32>,
    /// Number of maps.
    pub channels: usize,
    /// Rows of a map.
    pub height: usize,
    /// Columns of a map.
    pub width: usize,
}

impl Activations {
    /// The map [height, width] of `channel`.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let plane = self.height * self.width;
        &self.values[channel * plane..][..plane]
    }
}

impl Network {
    /// The logits `[classes]` of an input tensor [3, height, width]: one forward pass on the calling thread.
    ///
    /// A network whose output are probabilities that cannot be taken apart answers with their logarithm, which is a logit up
    /// to a constant.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::error::ErrorKind) if the tensor has another size than the network's input, or an
    /// operator fails.
    pub fn logits(&self, input: &[f32]) -> Result<Vec<f32>> {
        let failed = |cause: TractError| Error::internal("the forward pass", format!("{cause:#}"));
        let output = self.plan.run(tvec!(self.input_tensor(input).map_err(failed)?)).map_err(failed)?;
        let scores = output[0].view();
        let scores = scores.as_slice::<f32>().map_err(failed)?;
        Ok(match self.output {
            OutputKind::Logits | OutputKind::Sigmoid => scores.to_vec(),
            OutputKind::Probabilities => scores.iter().map(|p| p.max(f32::MIN_POSITIVE).ln()).collect(),
        })
    }

    /// The activations of `layer` for an input tensor [3, height, width]: one forward pass up to that layer.
    ///
    /// # Errors
    /// As [`logits`](Network::logits).
    pub fn activations(&self, layer: &Layer, input: &[f32]) -> Result<Activations> {
        let run = || -> TractResult<Vec<f32>> {
            let plan = self.graph.clone().with_output_outlets(&[layer.outlet])?.into_decluttered()?.into_runnable()?;
            let output = plan.run(tvec!(self.input_tensor(input)?))?;
            let values = output[0].view().as_slice::<f32>()?.to_vec();
            Ok(match layer.layout {
                Layout::ChannelsFirst => values,
                Layout::ChannelsLast => transposed(&values, layer.channels),
            })
        };
        let values = run().map_err(|cause| Error::internal("the pass to the layer", format!("{cause:#}")))?;
        Ok(Activations { values, channels: layer.channels, height: layer.height, width: layer.width })
    }

    /// `input` [3, height, width] as the graph takes it.
    fn input_tensor(&self, input: &[f32]) -> TractResult<TValue> {
        let shape = input_shape(&self.spec, self.layout);
        Ok(match self.layout {
            Layout::ChannelsFirst => Tensor::from_shape(&shape, input)?,
            Layout::ChannelsLast => Tensor::from_shape(&shape, &transposed(input, input.len() / 3))?,
        }
        .into())
    }
}

/// A matrix of `columns` columns, its rows become columns.
fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| values.iter().skip(column).step_by(columns).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::transposed;

    #[test]
    fn rows_become_columns() {
        assert_eq!(transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
