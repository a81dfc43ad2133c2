//! What a file gives away of how a picture becomes its input. A guess, to be shown and corrected: files do not say it.

use serde::Serialize;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto};

use crate::resize::Resample;

use super::spec::{InputSpec, Preset, Resize};
use super::trace::{Layout, dimensions, free_inputs, picture_layout};

/// What a guess rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clue {
    /// The graph leaves the input's size open.
    SizeOpen,
    /// The graph takes [batch, height, width, channels].
    ChannelsLast,
    /// The graph starts by scaling or shifting its input, so it takes pixels as they are.
    NormalisesItself,
    /// It was converted from Caffe, whose networks take BGR less the mean colour.
    Caffe,
    /// It comes from TensorFlow, most of whose networks take pixels in [-1, 1].
    TensorFlow,
    /// MATLAB exported it, whose `imresize` is bicubic.
    Matlab,
    /// Its metadata say how pictures are resampled or cropped, in timm's words.
    Metadata,
    /// Nothing points elsewhere, so it is taken to have been trained as torchvision's networks are.
    Nothing,
}

/// A guess of the preprocessing, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Guess {
    /// From pixels to the input tensor.
    pub input: InputSpec,
    /// Why.
    pub clues: Vec<Clue>,
}

/// Guesses how `proto` wants its pictures, by this order: what its first operators do, what converted it, its layout.
pub(super) fn guess(proto: &ModelProto) -> Guess {
    let mut input = InputSpec::default();
    let mut clues = Vec::new();
    let Some(graph) = &proto.graph else { return Guess { input, clues } };
    let inputs = free_inputs(graph);
    let Some(picture) = inputs.first() else { return Guess { input, clues } };

    let dims = dimensions(picture).unwrap_or_default();
    let layout = picture_layout(&dims);
    let side = |axis: usize| dims.get(axis).copied().flatten().and_then(|side| usize::try_from(side).ok());
    let first = if layout == Layout::ChannelsLast { 1 } else { 2 };
    match (side(first), side(first + 1)) {
        (Some(height), Some(width)) => (input.height, input.width) = (height, width),
        _ => clues.push(Clue::SizeOpen),
    }
    if layout == Layout::ChannelsLast {
        clues.push(Clue::ChannelsLast);
    }

    let (clue, preset) = if let Some(preset) = leading_normalisation(graph, &picture.name) {
        (Clue::NormalisesItself, preset)
    } else if proto.producer_name.to_lowercase().contains("caffe") {
        (Clue::Caffe, Preset::CAFFE)
    } else if layout == Layout::ChannelsLast || proto.producer_name.to_lowercase().contains("tf2onnx") {
        (Clue::TensorFlow, Preset::SYMMETRIC)
    } else {
        (Clue::Nothing, Preset::TORCHVISION)
    };
    clues.push(clue);
    input = preset.applied_to(input);
    if proto.producer_name.to_lowercase().contains("matlab") {
        input.resample = Some(Resample::Bicubic);
        clues.push(Clue::Matlab);
    }
    if stated(proto, &mut input) {
        clues.push(Clue::Metadata);
    }
    Guess { input, clues }
}

/// Takes over what the file's metadata say by the names that timm has for it: `interpolation` and `crop_pct`. Whether they say
/// something.
fn stated(proto: &ModelProto, input: &mut InputSpec) -> bool {
    let property = |name: &str| proto.metadata_props.iter().find(|entry| entry.key == name).map(|entry| &*entry.value);
    let resample = match property("interpolation").map(str::to_lowercase).as_deref() {
        Some("nearest") => Some(Resample::Nearest),
        Some("bilinear") => Some(Resample::Bilinear),
        Some("bicubic") => Some(Resample::Bicubic),
        Some("lanczos") => Some(Resample::Lanczos),
        _ => None,
    };
    let crop = property("crop_pct").and_then(|crop| crop.parse().ok());
    let crop = crop.filter(|&crop| InputSpec { crop, ..input.clone() }.check().is_ok());
    if let Some(crop) = crop {
        (input.crop, input.resize) = (crop, Resize::Crop);
    }
    input.resample = resample.or(input.resample);
    resample.is_some() || crop.is_some()
}

/// What the graph's own normalisation expects, if it starts with one.
///
/// Constants tell: dividing by some 255 or subtracting more than one means bytes, else the input is in [0, 1].
fn leading_normalisation(graph: &GraphProto, input: &str) -> Option<Preset> {
    let mut tensor = input;
    loop {
        let mut readers = graph.node.iter().filter(|node| node.input.iter().any(|name| name == tensor));
        let (Some(node), None) = (readers.next(), readers.next()) else { return None };
        match node.op_type.as_str() {
            "Transpose" | "Identity" | "Cast" => tensor = node.output.first()?,
            "Sub" | "Add" | "Mul" | "Div" | "BatchNormalization" => return Some(preset_before(graph, node, tensor)),
            _ => return None,
        }
    }
}

fn preset_before(graph: &GraphProto, node: &NodeProto, tensor: &str) -> Preset {
    // Of a batch normalisation the mean is what is subtracted.
    let name = match node.op_type.as_str() {
        "BatchNormalization" => node.input.get(3),
        _ => node.input.iter().find(|name| *name != tensor),
    };
    let largest = name
        .and_then(|name| constant(graph, name))
        .map(|values| values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs())));
    let takes_bytes = largest.is_some_and(|value| match node.op_type.as_str() {
        "Mul" => value < 0.1,
        "Div" => value > 10.0,
        _ => value > 2.0,
    });
    if takes_bytes { Preset::BYTES } else { Preset::UNIT }
}

/// The float values of a weight, or of what a Constant makes.
fn constant(graph: &GraphProto, name: &str) -> Option<Vec<f32>> {
    let weight = graph.initializer.iter().find(|weight| weight.name == name);
    let made = || {
        let node =
            graph.node.iter().find(|node| node.op_type == "Constant" && node.output.iter().any(|o| o == name))?;
        node.attribute.iter().find_map(|attribute| attribute.t.as_ref())
    };
    let tensor: &TensorProto = weight.or_else(made)?;
    if tensor.data_type != DataType::Float as i32 {
        return None;
    }
    if tensor.raw_data.is_empty() {
        return Some(tensor.float_data.clone());
    }
    Some(tensor.raw_data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::StringStringEntryProto;

    use super::*;

    fn guessed(producer: &str, metadata: &[(&str, &str)]) -> Guess {
        let entry = |&(key, value): &(&str, &str)| StringStringEntryProto { key: key.into(), value: value.into() };
        let input = tract_onnx::pb::ValueInfoProto { name: "picture".into(), ..Default::default() };
        let graph = GraphProto { input: vec![input], ..Default::default() };
        guess(&ModelProto {
            producer_name: producer.into(),
            metadata_props: metadata.iter().map(entry).collect(),
            graph: Some(graph),
            ..Default::default()
        })
    }

    #[test]
    fn matlab_resamples_bicubically_and_metadata_say_more() {
        let nothing = guessed("pytorch", &[]);
        assert_eq!((nothing.input.resample, nothing.input.crop), (None, 1.0));
        let matlab = guessed("MATLAB Deep Learning Toolbox Converter for ONNX Model Format", &[]);
        assert_eq!(matlab.input.resample, Some(Resample::Bicubic));
        assert!(matlab.clues.contains(&Clue::Matlab));
        let timm = guessed("pytorch", &[("interpolation", "bicubic"), ("crop_pct", "0.875")]);
        assert_eq!((timm.input.resample, timm.input.crop), (Some(Resample::Bicubic), 0.875));
        assert_eq!((timm.input.resize, timm.clues.last()), (Resize::Crop, Some(&Clue::Metadata)));
        // What is no share of a picture is not taken over.
        let senseless = guessed("pytorch", &[("crop_pct", "87.5"), ("interpolation", "random")]);
        assert_eq!((senseless.input, senseless.clues), (nothing.input, nothing.clues));
    }
}
