//! What an ONNX file says of its tensors: which operator makes each, and on which axis its channels lie.

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

/// What makes a tensor, and its layout if it is of rank 4.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub operator: String,
    pub layout: Layout,
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

/// Every tensor that a node makes, by its name. The nodes of `graph` are in the order in which they run.
pub(super) fn trace(graph: &GraphProto) -> HashMap<String, Trace> {
    let mut layouts: HashMap<&str, Layout> = HashMap::new();
    for input in free_inputs(graph) {
        layouts.insert(&input.name, picture_layout(&dimensions(input).unwrap_or_default()));
    }
    let mut traces = HashMap::new();
    for node in &graph.node {
        let source = node.input.iter().find_map(|input| layouts.get(input.as_str()).copied());
        let layout = layout_after(node, source.unwrap_or(Layout::ChannelsFirst));
        for output in &node.output {
            if source.is_some() {
                layouts.insert(output, layout);
            }
            traces.insert(output.clone(), Trace { operator: node.op_type.clone(), layout });
        }
    }
    traces
}

/// The layout of what `node` makes of a tensor of layout `source`.
fn layout_after(node: &NodeProto, source: Layout) -> Layout {
    match node.op_type.as_str() {
        // ONNX defines these for channels first only.
        "Conv"
        | "ConvTranspose"
        | "BatchNormalization"
        | "InstanceNormalization"
        | "LRN"
        | "MaxPool"
        | "AveragePool"
        | "LpPool"
        | "GlobalAveragePool"
        | "GlobalMaxPool" => Layout::ChannelsFirst,
        "Transpose" => {
            let permutation = node.attribute.iter().find(|attribute| attribute.name == "perm");
            match (source, permutation.map(|attribute| attribute.ints.as_slice())) {
                (Layout::ChannelsFirst, Some([0, 2, 3, 1])) => Layout::ChannelsLast,
                (Layout::ChannelsLast, Some([0, 3, 1, 2])) => Layout::ChannelsFirst,
                _ => source,
            }
        }
        _ => source,
    }
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
