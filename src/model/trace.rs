//! What an ONNX file says of its tensors: which operator makes each, and on which axis the channels of its input lie.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::tensor_shape_proto::dimension::Value as Dimension;
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, NodeProto, ValueInfoProto};

/// Where the channels of a picture or of activation maps lie among the axes of a tensor of rank 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// [batch, channels, height, width], ONNX's own.
    ChannelsFirst,
    /// [batch, height, width, channels], as TensorFlow has it.
    ChannelsLast,
}

/// The graph's inputs that are not weights.
pub(super) fn free_inputs(graph: &GraphProto) -> Vec<&ValueInfoProto> {
    let weights: HashSet<_> = graph.initializer.iter().map(|weight| weight.name.as_str()).collect();
    graph.input.iter().filter(|input| !weights.contains(input.name.as_str())).collect()
}

/// The dimensions of an input; `None` where the file leaves one open, or all of them.
pub(super) fn dimensions(input: &ValueInfoProto) -> Option<Vec<Option<i64>>> {
    let Some(Value::TensorType(tensor)) = input.r#type.as_ref()?.value.as_ref() else { return None };
    let dimensions = tensor.shape.as_ref()?.dim.iter().map(|dim| match dim.value {
        Some(Dimension::DimValue(value)) => Some(value),
        _ => None,
    });
    Some(dimensions.collect())
}

/// The layout of a picture of these dimensions: channels are last only where the last axis has three and the second one
/// has another number.
pub(super) fn picture_layout(dimensions: &[Option<i64>]) -> Layout {
    match *dimensions {
        [_, second, _, Some(3)] if second != Some(3) => Layout::ChannelsLast,
        _ => Layout::ChannelsFirst,
    }
}

/// The operator that makes each tensor, by the tensor's name.
pub(super) fn operators(graph: &GraphProto) -> HashMap<String, String> {
    let made =
        |node: &NodeProto| node.output.iter().map(|output| (output.clone(), node.op_type.clone())).collect::<Vec<_>>();
    graph.node.iter().flat_map(made).collect()
}

#[cfg(test)]
mod tests {
    use super::{Layout, picture_layout};

    #[test]
    fn channels_are_last_only_where_three_of_them_are() {
        let layout = |dims: [i64; 4]| picture_layout(&dims.map(|dim| (dim > 0).then_some(dim)));
        assert_eq!(layout([1, 224, 224, 3]), Layout::ChannelsLast);
        assert_eq!(layout([0, 0, 0, 3]), Layout::ChannelsLast);
        assert_eq!(layout([1, 3, 224, 224]), Layout::ChannelsFirst);
        assert_eq!(layout([1, 3, 3, 3]), Layout::ChannelsFirst);
        assert_eq!(layout([0, 0, 0, 0]), Layout::ChannelsFirst);
    }
}
