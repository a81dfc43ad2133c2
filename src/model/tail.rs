//! The part of a network behind a layer: from changed activations to logits, and gradients of these by the activations.

use std::collections::HashSet;
use std::sync::Arc;

use tract_onnx::prelude::*;

use crate::engine::{NoWayBack, Program, Purpose, Tap, Tape};
use crate::error::{Error, Result, shown};
use crate::geometry::range;

use super::forward::Activations;
use super::layers::Layer;
use super::spec::OutputKind;
use super::trace::Layout;
use super::{Network, Runner};

/// What is behind a layer, for one picture: where another way leads around the layer, as in a residual block, what comes that way
/// stays as the picture had it.
pub struct Tail {
    network: Arc<Network>,
    layer: Layer,
    /// The layer's tensor for the picture, as the graph has it.
    tensor: Vec<f32>,
    shape: Vec<usize>,
    /// From the layer to the logits.
    graph: TypedModel,
    runner: TailRunner,
}

/// What a method needs of the network behind its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Nothing.
    Nothing,
    /// Scores of changed maps.
    Scores,
    /// Gradients by the maps.
    Gradients,
}

enum TailRunner {
    /// The network's own program, from where it has made the layer.
    Shared(Tap),
    /// One of the tail's own.
    Own(Runner),
}

impl Network {
    /// What is behind `layer` for an input tensor [3, height, width].
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if an operator fails.
    pub fn tail(self: &Arc<Network>, layer: &Layer, input: &[f32]) -> Result<Tail> {
        self.guarded(|| {
            let tensor = self.layer_values(layer, input)?;
            let fact = self.graph.outlet_fact(layer.outlet)?;
            let shape = fact.shape.as_concrete().unwrap_or_default().to_vec();
            let graph = self.behind(layer, input)?;
            let runner = match (self.shared_tap(layer)?, &self.runner) {
                (Some(tap), _) => TailRunner::Shared(tap),
                (None, Runner::Own(_)) => {
                    TailRunner::Own(Runner::of(Program::compile(&graph, Purpose::Often).ok(), &graph)?)
                }
                (None, Runner::Tract(_)) => TailRunner::Own(Runner::of(None, &graph)?),
            };
            Ok(Tail { network: Arc::clone(self), layer: layer.clone(), tensor, shape, graph, runner })
        })
    }

    /// Where the network's own program can begin in its middle, so that a tail of `layer` needs none of its own: the logits depend on
    /// the picture through the layer alone.
    fn shared_tap(&self, layer: &Layer) -> TractResult<Option<Tap>> {
        Ok(match (&self.runner, &layer.tap) {
            (Runner::Own(_), Some(tap)) if tap.starts() && self.edges_behind(layer)?.beside.is_empty() => {
                Some(tap.clone())
            }
            _ => None,
        })
    }

    /// Whether a tail of `layer` shares the network's program.
    pub(super) fn shares_tail(&self, layer: &Layer) -> bool {
        self.shared_tap(layer).is_ok_and(|tap| tap.is_some())
    }

    /// What leads into the part of the graph behind `layer`.
    fn edges_behind(&self, layer: &Layer) -> TractResult<Edges> {
        let graph = &self.graph;
        let order = graph.eval_order()?;
        let reach = |from: HashSet<OutletId>| {
            let mut reached = HashSet::new();
            for &id in &order {
                let reads = |input: &OutletId| from.contains(input) || reached.contains(&input.node);
                if graph.node(id).inputs.iter().any(reads) {
                    reached.insert(id);
                }
            }
            reached
        };
        let behind = reach(HashSet::from([layer.outlet]));
        let of_picture = reach(graph.input_outlets()?.iter().copied().collect());
        let (mut beside, mut edges) = (Vec::new(), Vec::new());
        for &id in order.iter().filter(|id| behind.contains(id)) {
            for (slot, &from) in graph.node(id).inputs.iter().enumerate() {
                let is_beside = !behind.contains(&from.node) && of_picture.contains(&from.node);
                if from == layer.outlet || is_beside {
                    edges.push((from, InletId::new(id, slot)));
                    if from != layer.outlet && !beside.contains(&from) {
                        beside.push(from);
                    }
                }
            }
        }
        Ok(Edges { edges, beside })
    }

    /// The graph from `layer` to the logits; what comes past the layer is a constant of this picture.
    fn behind(&self, layer: &Layer, input: &[f32]) -> TractResult<TypedModel> {
        let mut graph = self.graph.clone();
        let Edges { edges, beside } = self.edges_behind(layer)?;
        let mut stands_for = Vec::new();
        if !beside.is_empty() {
            let plan = graph.clone().with_output_outlets(&beside)?.into_optimized()?.into_runnable()?;
            for (&outlet, value) in beside.iter().zip(plan.run(tvec!(self.input_tensor(input)?))?) {
                let name = format!("beside {} {}", outlet.node, outlet.slot);
                stands_for.push((outlet, graph.add_const(name, value.into_arc_tensor())?));
            }
        }
        let fact = graph.outlet_fact(layer.outlet)?.without_value();
        let source = graph.add_source("layer", fact)?;
        stands_for.push((layer.outlet, source));
        for (from, inlet) in edges {
            let stand_in = stands_for.iter().find(|(outlet, _)| *outlet == from).map(|(_, stand_in)| *stand_in);
            graph.add_edge(stand_in.unwrap_or(from), inlet)?;
        }
        graph.set_input_outlets(&[source])?;
        graph.compact()?;
        Ok(graph)
    }
}

/// Edges from the layer, or from beside it, to what is behind it, and what they come from beside it.
struct Edges {
    edges: Vec<(OutletId, InletId)>,
    beside: Vec<OutletId>,
}

impl Tail {
    /// The layer's maps [channels, height, width] for the picture.
    pub fn activations(&self) -> Activations {
        let Layer { channels, height, width, .. } = self.layer;
        Activations { values: self.layer.maps_of(self.tensor.clone()), channels, height, width }
    }

    /// What a run of it takes of a whole pass, by multiply-adds: in (0, 1], and 1 where that is not known.
    pub fn share(&self) -> f64 {
        let macs = match (&self.runner, &self.network.runner) {
            (TailRunner::Shared(tap), Runner::Own(program)) => Some(program.macs_from(tap)),
            (TailRunner::Own(Runner::Own(program)), _) => Some(program.macs()),
            _ => None,
        };
        let share = |(some, all): (u64, u64)| (some as f64 / all.max(1) as f64).clamp(f64::MIN_POSITIVE, 1.0);
        macs.zip(self.network.multiply_adds()).map_or(1.0, share)
    }

    /// The logits for up to [`TOGETHER`](Network::TOGETHER) variants of the maps [channels, height, width], on the calling
    /// thread. Tokens that stand for no place, a class token say, stay as they are.
    ///
    /// # Errors
    /// As [`Network::logits_of`].
    pub fn logits_of(&self, variants: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        let tensors: Vec<Vec<f32>> = variants.iter().map(|maps| self.layer.put(maps, &self.tensor)).collect();
        let tensors: Vec<&[f32]> = tensors.iter().map(Vec::as_slice).collect();
        let mut logits = self.network.guarded(|| match (&self.runner, &self.network.runner) {
            (TailRunner::Shared(tap), Runner::Own(program)) => program.run_from(tap, &tensors),
            (TailRunner::Shared(_), Runner::Tract(_)) => unreachable!("only a program is shared"),
            (TailRunner::Own(Runner::Own(program)), _) => program.run(&tensors),
            (TailRunner::Own(Runner::Tract(plan)), _) => {
                let run = |tensor: &&[f32]| {
                    let output = plan.run(tvec!(Tensor::from_shape(&self.shape, tensor)?.into()))?;
                    Ok(output[0].view().as_slice::<f32>()?.to_vec())
                };
                tensors.iter().map(run).collect()
            }
        })?;
        self.network.as_logits(&mut logits);
        Ok(logits)
    }

    /// Runs the tail for the picture's own activations and keeps what gradients need.
    ///
    /// # Errors
    /// As [`Network::logits_of`].
    pub fn gradients(&self) -> Result<Gradients> {
        let tensor = |values: &[f32]| Tensor::from_shape(&self.shape, values);
        let tape = self.network.guarded(|| Tape::record(self.graph.clone(), tensor(&self.tensor)?))?;
        Ok(Gradients { network: Arc::clone(&self.network), layer: self.layer.clone(), tape })
    }
}

/// Gradients by the activations of a layer for one picture: one way back a target.
pub struct Gradients {
    network: Arc<Network>,
    layer: Layer,
    tape: Tape,
}

impl Gradients {
    /// The gradient [channels, height, width], by the layer's maps, of a number whose gradient by the logits is `by_logits`
    /// `[classes]`, for a picture whose logits are `logits`.
    ///
    /// # Errors
    /// [`ErrorKind::Layer`](crate::error::ErrorKind) if an operator behind the layer has no gradient here, which the error names.
    pub fn by_maps(&self, by_logits: &[f32], logits: &[f32]) -> Result<Vec<f32>> {
        // The graph's own output are probabilities then, whose logarithm the logits are.
        let of_output = |(by, logit): (&f32, &f32)| match self.network.output {
            OutputKind::Probabilities => by / logit.exp().max(f32::MIN_POSITIVE),
            _ => *by,
        };
        self.by_output(&by_logits.iter().zip(logits).map(of_output).collect::<Vec<f32>>())
    }

    /// As [`by_maps`](Gradients::by_maps), by the graph's own output.
    fn by_output(&self, factors: &[f32]) -> Result<Vec<f32>> {
        match self.network.guarded(|| self.tape.gradient(factors))? {
            Ok(gradient) => Ok(self.layer.maps_of(gradient)),
            Err(NoWayBack { node, operator }) => {
                let (layer, node) = (shown(&self.layer.name), shown(&node));
                Err(Error::new("gradient-operator", &[("layer", &layer), ("operator", &operator), ("node", &node)]))
            }
        }
    }

    /// Whether the logits are sums of the maps' means by fixed weights, as behind an average over all places and a fully connected
    /// layer: then no gradient depends on the picture, and none on the place.
    pub fn are_of_means(&self) -> bool {
        /// Parts of the golden ratio: no two classes have the same factor, and none is zero.
        const RATIO: f32 = 0.618_034;
        let factors: Vec<f32> = (1..=self.network.classes).map(|class| (class as f32 * RATIO).fract()).collect();
        let places = self.layer.height * self.layer.width;
        let is_even = |map: &[f32]| {
            let (low, high) = range(map);
            high - low <= 1e-5 * high.abs().max(low.abs())
        };
        self.tape.is_linear() && self.by_output(&factors).is_ok_and(|maps| maps.chunks_exact(places).all(is_even))
    }
}

impl Layer {
    /// The layer's tensor, as the graph has it, as maps [channels, height, width].
    pub(super) fn maps_of(&self, tensor: Vec<f32>) -> Vec<f32> {
        let channels_first = match self.layout {
            Layout::ChannelsFirst => tensor,
            Layout::ChannelsLast => super::forward::transposed(&tensor, self.channels),
        };
        let Some(grid) = &self.grid else { return channels_first };
        let channels = channels_first.chunks_exact(grid.count);
        channels.flat_map(|channel| grid.tokens.iter().map(|&token| channel[token])).collect()
    }

    /// `tensor`, as the graph has it, with `maps` [channels, height, width] in their places.
    fn put(&self, maps: &[f32], tensor: &[f32]) -> Vec<f32> {
        let positions = self.height * self.width;
        let places = self.grid.as_ref().map_or(positions, |grid| grid.count);
        let mut tensor = tensor.to_vec();
        for (channel, map) in maps.chunks_exact(positions).enumerate() {
            for (position, &value) in map.iter().enumerate() {
                let place = self.grid.as_ref().map_or(position, |grid| grid.tokens[position]);
                let at = match self.layout {
                    Layout::ChannelsFirst => channel * places + place,
                    Layout::ChannelsLast => place * self.channels + channel,
                };
                tensor[at] = value;
            }
        }
        tensor
    }
}
