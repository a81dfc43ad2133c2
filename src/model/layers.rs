//! Which tensors of a graph are activation maps.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use tract_onnx::prelude::{DatumType, OutletId, TractResult, TypedModel, TypedNode};
use tract_onnx::tract_core::ops::Downsample;
use tract_onnx::tract_core::ops::array::{Gather, Slice, StridedSlice};
use tract_onnx::tract_core::ops::change_axes::AxisOp;

use crate::engine::Tap;
use crate::error::{Error, Result, shown};

use super::Network;
use super::positions::{Grid, Positions};
use super::spec::ModelSpec;
use super::trace::Layout;

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
/// one position, whose rows and columns are those of the picture; or a transformer's tokens [1, tokens, channels], those that stand
/// for a place put into rows and columns.
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
    /// Where its positions are, if it has tokens.
    #[serde(skip)]
    pub(super) grid: Option<Grid>,
    /// In the graph.
    #[serde(skip)]
    pub(super) outlet: OutletId,
    /// In the program, if it makes it on its way.
    #[serde(skip)]
    pub(super) tap: Option<Tap>,
    /// Whether it is more than another layer picked from, averaged over or rearranged.
    #[serde(skip)]
    is_computed: bool,
}

impl Layer {
    /// Whether its maps are a transformer's tokens put into rows and columns.
    pub fn is_tokens(&self) -> bool {
        self.grid.is_some()
    }
}

/// Where the picture's positions are in a network that has no maps of it.
pub(super) enum Hidden {
    /// In the rows of a matrix of this shape.
    Tokens(Vec<usize>),
    /// In no tensor.
    Nowhere,
}

/// All activation maps on the way from the input to `logits`, in an order in which they can be computed.
///
/// A tensor counts if the file names it, the logits depend on it and it is a map of the picture (see [`Positions`]).
/// `operators` are those that make the file's tensors. If none counts, the error says what was found instead.
pub(super) fn discover(
    graph: &TypedModel,
    logits: OutletId,
    layout: Layout,
    operators: &HashMap<String, String>,
) -> TractResult<std::result::Result<Vec<Layer>, Hidden>> {
    let order = graph.eval_order()?;
    let positions = Positions::follow(graph, &order, layout)?;
    let mut leads_to_logits = HashSet::from([logits.node]);
    for &node in order.iter().rev() {
        if leads_to_logits.contains(&node) {
            leads_to_logits.extend(graph.node(node).inputs.iter().map(|inlet| inlet.node));
        }
    }
    let input = graph.input_outlets()?[0];
    let on_the_way = order.iter().filter(|&&node| node != input.node && leads_to_logits.contains(&node));
    let outlets =
        on_the_way.flat_map(|&node| (0..graph.node(node).outputs.len()).map(move |slot| OutletId::new(node, slot)));
    let bottlenecks = bottlenecks(graph, &order, &positions);
    // Channels of the tokens that are taken; what attention makes queries, keys and values of together is wider.
    let mut width = usize::MAX;
    let mut layers = Vec::new();
    let mut tokens = None;
    let mut only_linear = true;
    for outlet in outlets.filter(|&outlet| positions.depends_on_picture(outlet)) {
        if let Some(mut layer) = layer_at(graph, outlet, &positions, operators)? {
            let origin = before_rearranging(graph, outlet);
            // What attention made of windows becomes maps again by being put together.
            let put_together = origin != outlet && !layers.iter().any(|layer: &Layer| layer.outlet == origin);
            let has_a_say = layer.grid.is_none() || bottlenecks.contains(&outlet) && layer.channels <= width;
            layer.is_computed = has_a_say && (put_together || !SUMMARIES.contains(&layer.operator.as_str()));
            if layer.is_computed {
                width = if layer.grid.is_some() { layer.channels } else { usize::MAX };
            }
            only_linear &= positions.is_linear(outlet);
            layers.push(layer);
        } else if positions.are_tokens(outlet) {
            tokens = Some(graph.outlet_fact(outlet)?.shape.as_concrete().unwrap_or_default());
        }
    }
    Ok(match tokens {
        // Patches that are cut out and weighed, and tokens from there on: nothing was recognised in the maps.
        Some(shape) if only_linear => Err(Hidden::Tokens(shape.to_vec())),
        None if layers.is_empty() => Err(Hidden::Nowhere),
        _ => Ok(layers),
    })
}

/// Tensors of tokens through which all that the answer learns of places goes: behind the last attention, where only the class token is
/// read, others have no say, and of queries, keys and values each tells a part.
fn bottlenecks(graph: &TypedModel, order: &[usize], positions: &Positions) -> HashSet<OutletId> {
    let picks = |node: &TypedNode| {
        node.op_is::<Gather>() || node.op_is::<Slice>() || node.op_is::<StridedSlice>() || node.op_is::<Downsample>()
    };
    let tokens_of = |id: usize| {
        let outlets = (0..graph.node(id).outputs.len()).map(move |slot| OutletId::new(id, slot));
        outlets.filter(|&outlet| positions.are_tokens(outlet))
    };
    // The last node, by its place in the order, that needs the places of a tensor.
    let mut last_reader: HashMap<OutletId, usize> = HashMap::new();
    for (at, &id) in order.iter().enumerate().rev() {
        let node = graph.node(id);
        let needs = match tokens_of(id).next() {
            // What is picked of tokens and has no places any more is the class token.
            None => !picks(node),
            Some(_) => tokens_of(id).any(|outlet| last_reader.contains_key(&outlet)),
        };
        if needs {
            for &input in node.inputs.iter().filter(|&&input| positions.are_tokens(input)) {
                last_reader.entry(input).or_insert(at);
            }
        }
    }
    let mut found = HashSet::new();
    let mut read_until = 0;
    for (at, &id) in order.iter().enumerate() {
        for outlet in tokens_of(id) {
            let Some(&last) = last_reader.get(&outlet) else { continue };
            if read_until <= at {
                found.insert(outlet);
            }
            read_until = read_until.max(last);
        }
    }
    found
}

fn layer_at(
    graph: &TypedModel,
    outlet: OutletId,
    positions: &Positions,
    operators: &HashMap<String, String>,
) -> TractResult<Option<Layer>> {
    let fact = graph.outlet_fact(outlet)?;
    let (Some(name), Some(shape)) = (graph.outlet_label(outlet), fact.shape.as_concrete()) else { return Ok(None) };
    let Some(operator) = operators.get(name).cloned() else { return Ok(None) };
    let grid = positions.grid(outlet).cloned();
    let (layout, [channels, height, width]) = match (positions.layout(outlet), &grid) {
        (Some(Layout::ChannelsFirst), _) => (Layout::ChannelsFirst, [shape[1], shape[2], shape[3]]),
        (Some(Layout::ChannelsLast), _) => (Layout::ChannelsLast, [shape[3], shape[1], shape[2]]),
        (None, Some(grid)) => {
            let layout = if grid.axis == 2 { Layout::ChannelsFirst } else { Layout::ChannelsLast };
            (layout, [shape.iter().product::<usize>() / grid.count, grid.sides[0], grid.sides[1]])
        }
        (None, None) => return Ok(None),
    };
    if height * width <= 1 || fact.datum_type != DatumType::F32 {
        return Ok(None);
    }
    Ok(Some(Layer {
        name: name.to_owned(),
        channels,
        height,
        width,
        operator,
        layout,
        grid,
        outlet,
        tap: None,
        is_computed: true,
    }))
}

/// The tensor whose values `outlet` has in another order or shape.
fn before_rearranging(graph: &TypedModel, mut outlet: OutletId) -> OutletId {
    while graph.node(outlet.node).op_is::<AxisOp>() {
        outlet = graph.node(outlet.node).inputs[0];
    }
    outlet
}

/// The last layer that is computed rather than picked from or averaged over the one before: what a network knows
/// before it collapses space, after its activation function. `layers` must not be empty.
pub(super) fn last_computed(layers: &[Layer]) -> usize {
    let computed = layers.iter().rposition(|layer| layer.is_computed);
    computed.unwrap_or(layers.len() - 1)
}

/// Where the layer called `name` is, by its name in the file or else one of the aliases of `spec`.
///
/// # Errors
/// [`ErrorKind::Layer`](crate::error::ErrorKind) if there is none; the hint lists the nearest names.
pub(super) fn position(name: &str, layers: &[Layer], spec: &ModelSpec) -> Result<usize> {
    let by_alias = || {
        let alias = spec.aliases.iter().find(|alias| alias.name == name)?;
        layers.iter().rposition(|layer| alias.operators.contains(&layer.operator))
    };
    layers.iter().position(|layer| layer.name == name).or_else(by_alias).ok_or_else(|| {
        let names = layers.iter().map(|layer| layer.name.as_str());
        let aliases = spec.aliases.iter().map(|alias| alias.name.as_str());
        let names = nearest(name, aliases.chain(names)).join(", ");
        Error::new("layer-unknown", &[("network", &shown(&spec.title)), ("layer", &shown(name)), ("names", &names)])
    })
}

impl Network {
    /// The layer called `name`, by its name in the file or an alias of the catalogue, or the default layer.
    ///
    /// # Errors
    /// [`ErrorKind::Layer`](crate::error::ErrorKind) if there is none; the hint lists the nearest names.
    pub fn layer(&self, name: Option<&str>) -> Result<&Layer> {
        let Some(name) = name else { return Ok(self.default_layer()) };
        Ok(&self.layers[position(name, &self.layers, &self.spec)?])
    }
}

/// The five names with the smallest edit distance to `name`.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    /// Names are compared by this many of their first characters: the work grows with the square.
    const COMPARED: usize = 80;
    let start = |name: &str| name.chars().take(COMPARED).collect::<String>().to_lowercase();
    let wanted = start(name);
    let mut names: Vec<_> = names.collect();
    names.sort_by_cached_key(|candidate| edit_distance(&wanted, &start(candidate)));
    names.truncate(5);
    names.into_iter().map(shown).collect()
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
