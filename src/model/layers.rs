//! Which tensors of a graph are activation maps.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use tract_onnx::prelude::{DatumType, OutletId, TractResult, TypedModel};

use crate::engine::Tap;
use crate::error::{Error, ErrorKind, Result};

use super::Network;
use super::spec::ModelSpec;
use super::trace::{Layout, Trace};

/// Operators that pick, average or rearrange what was computed before them.
const SUMMARIES: [&str; 14] = [
    "AveragePool",
    "Cast",
    "Dropout",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Identity",
    "LpPool",
    "MaxPool",
    "Pad",
    "ReduceMean",
    "Reshape",
    "Resize",
    "Slice",
    "Transpose",
];

/// A tensor [1, channels, height, width] or [1, height, width, channels] between the input and the scores, with more than
/// one position.
#[derive(Debug, Clone, Serialize)]
pub struct Layer {
    /// Its name in the ONNX file.
    pub name: String,
    /// Number of activation maps.
    pub channels: usize,
    /// Rows of a map.
    pub height: usize,
    /// Columns of a map.
    pub width: usize,
    /// The ONNX operator that makes it.
    pub operator: String,
    #[serde(skip)]
    pub(super) layout: Layout,
    /// In the graph up to the layers.
    #[serde(skip)]
    pub(super) outlet: OutletId,
    /// In the program, if it makes it on its way.
    #[serde(skip)]
    pub(super) tap: Option<Tap>,
}

/// All activation maps on the way from the input to `logits`, in an order in which they can be computed.
///
/// A tensor counts if the file names it, it depends on the input and the logits depend on it.
pub(super) fn discover(
    graph: &TypedModel,
    logits: OutletId,
    traces: &HashMap<String, Trace>,
) -> TractResult<Vec<Layer>> {
    let input = graph.input_outlets()?[0];
    let mut depends_on_input = HashSet::from([input.node]);
    let order = graph.eval_order()?;
    for &node in &order {
        if graph.node(node).inputs.iter().any(|inlet| depends_on_input.contains(&inlet.node)) {
            depends_on_input.insert(node);
        }
    }
    let mut leads_to_logits = HashSet::from([logits.node]);
    for &node in order.iter().rev() {
        if leads_to_logits.contains(&node) {
            leads_to_logits.extend(graph.node(node).inputs.iter().map(|inlet| inlet.node));
        }
    }

    let mut layers = Vec::new();
    for &node in &order {
        if node == input.node || !depends_on_input.contains(&node) || !leads_to_logits.contains(&node) {
            continue;
        }
        for slot in 0..graph.node(node).outputs.len() {
            let outlet = OutletId::new(node, slot);
            if let Some(layer) = layer_at(graph, outlet, traces)? {
                layers.push(layer);
            }
        }
    }
    Ok(layers)
}

fn layer_at(graph: &TypedModel, outlet: OutletId, traces: &HashMap<String, Trace>) -> TractResult<Option<Layer>> {
    let fact = graph.outlet_fact(outlet)?;
    let (Some(name), Some(&[1, a, b, c])) = (graph.outlet_label(outlet), fact.shape.as_concrete()) else {
        return Ok(None);
    };
    let Some(Trace { operator, layout }) = traces.get(name).cloned() else { return Ok(None) };
    let (channels, height, width) = match layout {
        Layout::ChannelsFirst => (a, b, c),
        Layout::ChannelsLast => (c, a, b),
    };
    if height * width <= 1 || fact.datum_type != DatumType::F32 {
        return Ok(None);
    }
    Ok(Some(Layer { name: name.to_owned(), channels, height, width, operator, layout, outlet, tap: None }))
}

/// The last layer that is computed rather than picked from or averaged over the one before: what a network knows
/// before it collapses space, after its activation function. `layers` must not be empty.
pub(super) fn last_computed(layers: &[Layer]) -> usize {
    let computed = layers.iter().rposition(|layer| !SUMMARIES.contains(&layer.operator.as_str()));
    computed.unwrap_or(layers.len() - 1)
}

/// Where the layer called `name` is, by its name in the file or else one of the aliases of `spec`.
///
/// # Errors
/// [`ErrorKind::Layer`] if there is none; the hint lists the nearest names.
pub(super) fn position(name: &str, layers: &[Layer], spec: &ModelSpec) -> Result<usize> {
    let by_alias = || {
        let alias = spec.aliases.iter().find(|alias| alias.name == name)?;
        layers.iter().rposition(|layer| alias.operators.contains(&layer.operator))
    };
    layers.iter().position(|layer| layer.name == name).or_else(by_alias).ok_or_else(|| {
        let names = layers.iter().map(|layer| layer.name.as_str());
        let aliases = spec.aliases.iter().map(|alias| alias.name.as_str());
        Error::new(
            ErrorKind::Layer,
            format!("{} has no layer called \"{name}\" that can be explained.", spec.title),
            format!("The nearest names are: {}.", nearest(name, aliases.chain(names)).join(", ")),
        )
    })
}

impl Network {
    /// The layer called `name`, by its name in the file or an alias of the catalogue, or the default layer.
    ///
    /// # Errors
    /// [`ErrorKind::Layer`] if there is none; the hint lists the nearest names.
    pub fn layer(&self, name: Option<&str>) -> Result<&Layer> {
        let Some(name) = name else { return Ok(self.default_layer()) };
        Ok(&self.layers[position(name, &self.layers, &self.spec)?])
    }
}

/// The five names with the smallest edit distance to `name`.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut names: Vec<_> = names.collect();
    names.sort_by_key(|candidate| edit_distance(&wanted, &candidate.to_lowercase()));
    names.truncate(5);
    names
}

/// Levenshtein distance: the least number of characters to insert, delete or replace.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::edit_distance;

    #[test]
    fn edit_distance_counts_insertions_deletions_and_replacements() {
        for (from, to, distance) in [("", "abc", 3), ("conv5", "conv5", 0), ("kitten", "sitting", 3), ("ab", "", 2)] {
            assert_eq!(edit_distance(from, to), distance, "{from} -> {to}");
        }
    }
}
