//! Looks an ONNX file over before tract does: what is wrong with a file is said in a sentence that helps, and nothing
//! that could make the loader panic or ask for unbounded memory gets through.

use std::collections::HashSet;

use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto};

use crate::error::Result;

use super::limits::{MOST_AXES, MOST_NODES};
use super::refusal::Refusal;
use super::trace::{Layout, dimensions, free_inputs, picture_layout};

/// Sides of an input that are taken for a picture's.
const MAX_SIDE: i64 = 4096;

/// A weight of more values than this does not fit into the memory of a tab.
const MAX_VALUES: i64 = 1 << 29;

/// Refuses what cannot be explained: damaged, incomplete, quantised, or no image classifier.
///
/// # Errors
/// [`ErrorKind::Model`](crate::error::ErrorKind) with what was found, what was expected and what to do.
pub(super) fn check(proto: &ModelProto, refuse: &Refusal) -> Result<()> {
    let Some(graph) = proto.graph.as_ref().filter(|graph| !graph.node.is_empty()) else {
        return Err(refuse.damaged("it holds no graph"));
    };
    check_opset(proto, refuse)?;
    if graph.node.len() > MOST_NODES {
        return Err(refuse.too_many_operators(graph.node.len(), MOST_NODES));
    }
    check_weights(graph, refuse)?;
    check_operators(graph, refuse)?;
    check_input(graph, refuse)?;
    check_wiring(graph, refuse)
}

/// ONNX's own operators are of one of these sets; tract takes any number for the latest.
fn check_opset(proto: &ModelProto, refuse: &Refusal) -> Result<()> {
    const KNOWN: std::ops::RangeInclusive<i64> = 1..=30;
    let own = proto.opset_import.iter().filter(|set| set.domain.is_empty() || set.domain == "ai.onnx");
    match own.map(|set| set.version).find(|version| !KNOWN.contains(version)) {
        Some(version) => Err(refuse.unknown_opset(version)),
        None => Ok(()),
    }
}

fn check_weights(graph: &GraphProto, refuse: &Refusal) -> Result<()> {
    let external: Vec<_> = graph.initializer.iter().filter(|weight| is_external(weight)).collect();
    if let Some(first) = external.first() {
        let location = first.external_data.iter().find(|entry| entry.key == "location");
        let file = location.map_or("another file", |entry| entry.value.as_str());
        return Err(refuse.external(external.len(), file));
    }
    for weight in &graph.initializer {
        if weight.dims.len() > MOST_AXES {
            return Err(refuse.too_many_weight_axes(weight.dims.len(), MOST_AXES));
        }
        if weight.dims.iter().any(|&dim| dim < 0) {
            return Err(refuse.damaged(format!("the weight \"{}\" has the shape {:?}", weight.name, weight.dims)));
        }
        let values = weight.dims.iter().try_fold(1_i64, |product, &dim| product.checked_mul(dim));
        let Some(values) = values.filter(|&values| values <= MAX_VALUES) else {
            return Err(refuse.damaged(format!("the weight \"{}\" claims the shape {:?}", weight.name, weight.dims)));
        };
        if let Some((found, expected)) = float_bytes(weight, values).filter(|(found, expected)| found != expected) {
            let name = &weight.name;
            return Err(
                refuse.damaged(format!("the weight \"{name}\" has {found} bytes where its shape needs {expected}"))
            );
        }
        if !DataType::try_from(weight.data_type).is_ok_and(is_plain_number) {
            let (name, kind) = (&weight.name, weight.data_type);
            return Err(refuse.damaged(format!("the weight \"{name}\" is of type {kind}, no plain number")));
        }
        if has_nan(weight) {
            return Err(refuse.not_finite(&weight.name));
        }
    }
    Ok(())
}

fn is_external(weight: &TensorProto) -> bool {
    weight.data_location == Some(DataLocation::External as i32)
}

/// The types that weights and constants of image classifiers have.
fn is_plain_number(kind: DataType) -> bool {
    use DataType::{Bool, Double, Float, Float16, Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64};
    matches!(kind, Float | Float16 | Double | Bool | Int8 | Int16 | Int32 | Int64 | Uint8 | Uint16 | Uint32 | Uint64)
}

/// Bytes that a float weight has, and that its shape needs.
fn float_bytes(weight: &TensorProto, values: i64) -> Option<(i64, i64)> {
    match DataType::try_from(weight.data_type) {
        Ok(DataType::Float) if weight.raw_data.is_empty() => Some((4 * weight.float_data.len() as i64, 4 * values)),
        Ok(DataType::Float) => Some((weight.raw_data.len() as i64, 4 * values)),
        Ok(DataType::Float16) if !weight.raw_data.is_empty() => Some((weight.raw_data.len() as i64, 2 * values)),
        _ => None,
    }
}

fn has_nan(weight: &TensorProto) -> bool {
    weight.data_type == DataType::Float as i32
        && (weight.float_data.iter().any(|value| value.is_nan())
            || weight.raw_data.chunks_exact(4).any(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_nan()))
}

fn check_operators(graph: &GraphProto, refuse: &Refusal) -> Result<()> {
    const QUANTISED: [&str; 8] = [
        "QuantizeLinear",
        "DequantizeLinear",
        "DynamicQuantizeLinear",
        "QLinearConv",
        "QLinearMatMul",
        "QLinearAdd",
        "ConvInteger",
        "MatMulInteger",
    ];
    const WITHOUT_INPUT: [&str; 3] = ["Constant", "RandomNormal", "RandomUniform"];
    let known = &tract_onnx::onnx().op_register.0;
    for node in &graph.node {
        let output = node.output.first().map_or("", String::as_str);
        if QUANTISED.contains(&node.op_type.as_str()) {
            return Err(refuse.quantised(&node.op_type));
        }
        if node.attribute.iter().any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty()) {
            return Err(refuse.control_flow(&node.op_type));
        }
        if !known.contains_key(&node.op_type) {
            return Err(refuse.unknown_operator(&node.op_type, output));
        }
        if node.input.iter().all(String::is_empty) && !WITHOUT_INPUT.contains(&node.op_type.as_str()) {
            return Err(refuse.damaged(format!("the {} that makes \"{output}\" has no input", node.op_type)));
        }
        check_window(node, output, refuse)?;
    }
    Ok(())
}

/// The attributes of convolutions and pools that sizes are divided by or multiplied with.
fn check_window(node: &NodeProto, output: &str, refuse: &Refusal) -> Result<()> {
    let mut axes = None;
    for attribute in &node.attribute {
        let name = attribute.name.as_str();
        let (smallest, values_an_axis) = match name {
            "kernel_shape" | "strides" | "dilations" => (1, 1),
            "pads" if node.op_type != "Pad" => (0, 2),
            "group" => (1, 0),
            _ => continue,
        };
        let values = if name == "group" { std::slice::from_ref(&attribute.i) } else { &attribute.ints };
        let in_range = values.iter().all(|value| (smallest..=MAX_SIDE).contains(value));
        let fits =
            values_an_axis == 0 || values.len() == values_an_axis * *axes.get_or_insert(values.len() / values_an_axis);
        if !in_range || !fits {
            return Err(refuse.damaged(format!("the {} that makes \"{output}\" has {name} {values:?}", node.op_type)));
        }
    }
    Ok(())
}

fn check_input(graph: &GraphProto, refuse: &Refusal) -> Result<()> {
    let inputs = free_inputs(graph);
    let [input] = inputs[..] else {
        let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
        return Err(refuse.not_a_classifier(format!("{} inputs ({})", inputs.len(), names.join(", "))));
    };
    let name = &input.name;
    let Some(Value::TensorType(tensor)) = input.r#type.as_ref().and_then(|kind| kind.value.as_ref()) else {
        return Err(refuse.not_a_classifier(format!("an input \"{name}\" without a tensor type")));
    };
    if tensor.elem_type != DataType::Float as i32 {
        let found = DataType::try_from(tensor.elem_type).map_or("unknown numbers".into(), |kind| format!("{kind:?}"));
        return Err(refuse.not_a_classifier(format!("an input \"{name}\" of {found} instead of Float")));
    }
    let Some(dims) = dimensions(input) else { return Ok(()) };
    let shown: Vec<_> = dims.iter().map(|dim| dim.map_or("?".into(), |value| value.to_string())).collect();
    let found = format!("an input \"{name}\" of shape [{}]", shown.join(", "));
    let [batch, second, third, fourth] = dims[..] else { return Err(refuse.not_a_classifier(found)) };
    if batch.is_some_and(|batch| batch > 1) {
        return Err(refuse.fixed_batch(&found));
    }
    let (channels, height, width) = match picture_layout(&dims) {
        Layout::ChannelsFirst => (second, third, fourth),
        Layout::ChannelsLast => (fourth, second, third),
    };
    let is_picture = channels.is_none_or(|channels| channels == 3);
    if is_picture && [height, width].iter().flatten().all(|side| (1..=MAX_SIDE).contains(side)) {
        return Ok(());
    }
    Err(refuse.not_a_classifier(found))
}

/// Every tensor that is read must be made before it: by the input, the weights or an earlier node.
fn check_wiring(graph: &GraphProto, refuse: &Refusal) -> Result<()> {
    let mut made: HashSet<&str> = free_inputs(graph).iter().map(|input| input.name.as_str()).collect();
    made.extend(graph.initializer.iter().map(|weight| weight.name.as_str()));
    made.extend(graph.sparse_initializer.iter().filter_map(|w| w.values.as_ref()).map(|values| values.name.as_str()));
    let outputs = || graph.node.iter().flat_map(|node| node.output.iter().map(String::as_str));
    let ever_made: HashSet<&str> = outputs().collect();
    for node in &graph.node {
        for input in node.input.iter().map(String::as_str).filter(|input| !input.is_empty()) {
            if made.contains(input) {
                continue;
            }
            let reader = node.output.first().map_or(node.name.as_str(), String::as_str);
            return Err(if ever_made.contains(input) {
                refuse.cyclic(reader, input)
            } else {
                refuse.missing(reader, input)
            });
        }
        for output in node.output.iter().map(String::as_str).filter(|output| !output.is_empty()) {
            if !made.insert(output) {
                return Err(refuse.damaged(format!("the tensor \"{output}\" is made twice")));
            }
        }
    }
    let Some(output) = graph.output.first() else {
        return Err(refuse.not_a_classifier("no output"));
    };
    if !graph.output.iter().all(|output| made.contains(output.name.as_str())) {
        return Err(refuse.missing("the graph's output", &output.name));
    }
    Ok(())
}
