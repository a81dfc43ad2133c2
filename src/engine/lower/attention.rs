//! Attention: the product of queries and keys, what is added to it, softmax and the product with values, found in a graph and done by
//! one step.

use std::collections::HashMap;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::nn::{Softmax, SoftmaxKind};

use super::Lowering;
use super::graph::Effect;
use super::rowwise::letters;
use super::views::{View, ZEROS, is_identity};
use crate::engine::maps::Maps;
use crate::engine::simd::LANES;
use crate::engine::steps::attention::{Attention, Matrix, Pattern};

/// An attention whose queries and keys are there; its values may come later in the graph.
pub(super) struct Begun {
    queries: Matrix,
    keys: Matrix,
    /// Products of queries and keys are multiplied with this, and then this is added.
    scale: f32,
    added: Option<Vec<f32>>,
    /// Rows of each, and how many products there are.
    counts: (usize, usize),
    batch: usize,
    /// The tensor that softmax makes, [batch..., queries, keys].
    weights: OutletId,
    /// How the queries lie, and their axes but the channels in the order of the product's.
    frame: View,
    rows: Vec<u32>,
}

/// The part of a graph from a product to the weights of attention.
struct Chain {
    scale: f32,
    added: Option<Vec<f32>>,
    /// The tensor of weights, and the product that reads it.
    weights: OutletId,
    reader: usize,
    taken: Vec<usize>,
}

impl Lowering<'_> {
    /// A product of two tensors that depend on the picture, if it is the first or the second one of an attention.
    pub(super) fn attention(&mut self, node: &TypedNode, op: &EinSum) -> TractResult<bool> {
        match self.begun.remove(&node.id) {
            Some(begun) => self.attended(node, op, begun),
            None => self.begin_attention(node, op),
        }
    }

    fn begin_attention(&mut self, node: &TypedNode, op: &EinSum) -> TractResult<bool> {
        let [left, right] = node.inputs[..] else { return Ok(false) };
        let (of, made) = letters(op);
        let Some(axes) = Axes::of(&of[0], &of[1], &made) else { return Ok(false) };
        let shape = self.graph.shape(node.id.into())?;
        let [batch @ .., queries, keys] = &shape[..] else { return Ok(false) };
        let (batch, counts) = (batch.iter().product::<usize>(), (*queries, *keys));
        let Some(Chain { scale, added, weights, reader, taken }) = self.chain(node, counts) else { return Ok(false) };
        if self.view(left).is_none() || self.view(right).is_none() || shape.contains(&0) {
            return Ok(false);
        }
        let place = |letters: &[char], letter: char| letters.iter().position(|&other| other == letter);
        let (Some(of_left), Some(of_right)) = (place(&of[0], axes.summed), place(&of[1], axes.summed)) else {
            return Ok(false);
        };
        let Some(frame) = self.with_channels(left, of_left) else { return Ok(false) };
        let Some(right) = self.with_channels(right, of_right) else { return Ok(false) };
        let order = |letters: &[char], row: char| -> Option<Vec<usize>> {
            axes.batch.iter().chain([&row]).map(|&letter| place(letters, letter)).collect()
        };
        let (Some(of_left), Some(of_right)) = (order(&of[0], axes.rows), order(&of[1], axes.columns)) else {
            return Ok(false);
        };
        let (rows, columns) = (frame.arranged(&of_left), right.arranged(&of_right));
        if (rows.len(), columns.len()) != (batch * counts.0, batch * counts.1) {
            return Ok(false);
        }
        let scale = scale * frame.factor * right.factor;
        let (queries, keys) = (matrix(&frame, rows.clone()), matrix(&right, columns));
        self.fused.extend(taken);
        self.begun.insert(reader, Begun { queries, keys, scale, added, counts, batch, weights, frame, rows });
        Ok(true)
    }

    /// What follows a product of queries and keys, up to the product with values.
    fn chain(&self, product: &TypedNode, counts: (usize, usize)) -> Option<Chain> {
        let (mut at, mut scale, mut added) = (OutletId::from(product.id), 1.0, None::<Vec<f32>>);
        let (mut taken, mut weights) = (Vec::new(), None);
        loop {
            let node = self.graph.only_reader(at)?;
            if let (Some(op), Some(weights)) = (node.op_as::<EinSum>(), weights) {
                let (of, made) = letters(op);
                let [left, right] = node.inputs[..] else { return None };
                // The values' axes can be found, and are whole blocks.
                let is_left = left == weights;
                let (of_weights, of_values) = if is_left { (&of[0], &of[1]) } else { (&of[1], &of[0]) };
                let values = self.graph.shape(if is_left { right } else { left }).ok()?;
                let axes = Axes::of(of_weights, of_values, &made)?;
                let place = of_values.iter().position(|&letter| letter == axes.columns)?;
                let is_last = of_weights.last() == Some(&axes.summed) && of_weights[of_weights.len() - 2] == axes.rows;
                let fits = is_last && left != right && values[place].is_multiple_of(LANES);
                return fits.then_some(Chain { scale, added, weights, reader: node.id, taken });
            }
            let shape = self.graph.shape(node.id.into()).ok()?;
            if shape.len() < 2 || shape[shape.len() - 2..] != [counts.0, counts.1] {
                return None;
            }
            if let Some(op) = node.op_as::<Softmax>() {
                let is_over_keys = *op.axes == [shape.len() - 1] && op.quant_output_dt.is_none();
                if weights.is_some() || !is_over_keys || op.kind != SoftmaxKind::Softmax {
                    return None;
                }
                weights = Some(node.id.into());
            } else if is_identity(node) || self.is_reshape(node) {
                weights = weights.map(|_| node.id.into());
            } else if weights.is_none() {
                match self.graph.effect(node, at)? {
                    Effect::Times(constant) => scaled(&mut scale, &mut added, constant.scalar()?),
                    Effect::Over(constant) => scaled(&mut scale, &mut added, 1.0 / constant.scalar()?),
                    Effect::Plus(constant) => sum(&mut added, constant.spread(&shape)?, 1.0),
                    Effect::Minus(constant) => sum(&mut added, constant.spread(&shape)?, -1.0),
                    _ => return None,
                }
            } else {
                return None;
            }
            taken.push(node.id);
            at = node.id.into();
        }
    }

    /// Whether numbers stay in their order.
    fn is_reshape(&self, node: &TypedNode) -> bool {
        node.op_as::<AxisOp>().is_some_and(|op| !matches!(op, AxisOp::Move(from, to) if from != to))
    }

    fn attended(&mut self, node: &TypedNode, op: &EinSum, begun: Begun) -> TractResult<bool> {
        let Begun { queries, keys, scale, added, counts, batch, weights, frame, rows } = begun;
        let (of, made) = letters(op);
        let is_left = node.inputs[0] == weights;
        let (of_weights, of_values) = if is_left { (&of[0], &of[1]) } else { (&of[1], &of[0]) };
        let place = |letters: &[char], letter: char| letters.iter().position(|&other| other == letter);
        let values = node.inputs[usize::from(is_left)];
        self.pick(values)?;
        if self.view(values).is_none() {
            self.settle(values)?;
        }
        // `chain` saw to the axes.
        let found = Axes::of(of_weights, of_values, &made).and_then(|axes| {
            let values = self.with_channels(values, place(of_values, axes.columns)?)?;
            let order: Option<Vec<usize>> = axes
                .batch_of(of_weights)
                .iter()
                .chain([&axes.summed])
                .map(|&letter| place(of_values, letter))
                .collect();
            let table = values.arranged(&order?);
            (table.len() == batch * counts.1).then_some((axes, values, table))
        });
        let Some((axes, values, table)) = found else {
            tract_onnx::tract_core::internal::bail!("the values of an attention have unexpected axes")
        };
        let channels = values.channels();
        let (maps, places) = spot(&frame, &rows, channels);
        let output = self.value_of(maps);
        let shape = self.graph.shape(node.id.into())?;
        // The rows of the output in the order of its own axes.
        let before = axes.batch_of(of_weights);
        let axis_of = |letter: char| before.iter().position(|&other| other == letter).unwrap_or(before.len());
        let mut plain: Vec<usize> = vec![0; before.len() + 2];
        for (letter, &dim) in made.iter().zip(&shape) {
            let at = if *letter == axes.columns { before.len() + 1 } else { axis_of(*letter) };
            plain[at] = dim;
        }
        let order: Vec<usize> =
            made.iter().filter(|&&letter| letter != axes.columns).map(|&letter| axis_of(letter)).collect();
        let axis = before.len() + 1;
        let view = View {
            value: output,
            maps,
            shape: plain,
            axis,
            stride: maps.block_len(),
            table: places.clone().into(),
            factor: 1.0,
        };
        let table_of_output = view.arranged(&order);
        let axis = place(&made, axes.columns).unwrap_or(0);
        let view = View { shape, axis, table: table_of_output.into(), ..view };
        self.steps.push(Box::new(Attention::new(
            (queries, keys, matrix(&values, table)),
            (batch, counts.0, counts.1),
            (scale, values.factor),
            added.map(|added| pattern(&added, batch)),
            (output, maps, places),
        )));
        self.define(node.id.into(), view);
        Ok(true)
    }
}

/// The axes of a product of two tensors that depend on the picture, by their letters.
struct Axes {
    /// Both have it, the result not.
    summed: char,
    /// The left one and the result have it.
    rows: char,
    /// The right one and the result have it.
    columns: char,
    /// All three have them, in the order of the result.
    batch: Vec<char>,
}

impl Axes {
    fn of(left: &[char], right: &[char], made: &[char]) -> Option<Axes> {
        let only = |mut found: std::vec::IntoIter<char>| found.next().filter(|_| found.next().is_none());
        let pick = |from: &[char], is: &dyn Fn(&char) -> bool| -> Vec<char> {
            from.iter().copied().filter(|letter| is(letter)).collect()
        };
        let summed = only(pick(left, &|l| right.contains(l) && !made.contains(l)).into_iter())?;
        let rows = only(pick(left, &|l| !right.contains(l) && made.contains(l)).into_iter())?;
        let columns = only(pick(right, &|l| !left.contains(l) && made.contains(l)).into_iter())?;
        let batch = pick(made, &|l| left.contains(l) && right.contains(l));
        let is_all = left.len() == batch.len() + 2 && right.len() == left.len() && made.len() == left.len();
        is_all.then_some(Axes { summed, rows, columns, batch })
    }

    /// The axes of the batch in the order of `letters`.
    fn batch_of(&self, letters: &[char]) -> Vec<char> {
        letters.iter().copied().filter(|letter| self.batch.contains(letter)).collect()
    }
}

fn matrix(view: &View, rows: Vec<u32>) -> Matrix {
    Matrix { value: view.value, maps: view.maps, channels: view.channels(), stride: view.stride, rows }
}

fn scaled(scale: &mut f32, added: &mut Option<Vec<f32>>, factor: f32) {
    *scale *= factor;
    added.iter_mut().flatten().for_each(|value| *value *= factor);
}

fn sum(added: &mut Option<Vec<f32>>, values: Vec<f32>, sign: f32) {
    let added = added.get_or_insert_with(|| vec![0.0; values.len()]);
    added.iter_mut().zip(values).for_each(|(sum, value)| *sum += sign * value);
}

/// What is added to each product, without repetition: windows share it.
fn pattern(added: &[f32], batch: usize) -> Pattern {
    let (mut known, mut chunks, mut of) = (HashMap::<Vec<u32>, usize>::new(), Vec::new(), Vec::new());
    for chunk in added.chunks_exact(added.len() / batch) {
        let bits = chunk.iter().map(|value| value.to_bits()).collect();
        of.push(*known.entry(bits).or_insert_with(|| {
            chunks.push(chunk.to_vec());
            chunks.len() - 1
        }));
    }
    Pattern { chunks, of }
}

/// Maps for the results of queries that lie as `frame` says, and the float (and one) where each of `rows` begins in them: where the
/// query was, heads as blocks of channels, so that putting heads or windows together again moves nothing.
fn spot(frame: &View, rows: &[u32], channels: usize) -> (Maps, Vec<u32>) {
    let positions = frame.maps.positions();
    let split = |&at: &u32| {
        let at = (at != ZEROS).then(|| at as usize - 1)?;
        let (block, rest) = (at / frame.stride, at % frame.stride);
        (rest < positions * LANES && rest.is_multiple_of(LANES)).then_some((block, rest / LANES))
    };
    let in_place = || {
        let spots: Vec<(usize, usize)> = rows.iter().map(split).collect::<Option<_>>()?;
        let mut heads: Vec<usize> = spots.iter().map(|(block, _)| *block).collect();
        heads.sort_unstable();
        heads.dedup();
        let maps = Maps::checked(heads.len() * channels, frame.maps.height, frame.maps.width)?;
        u32::try_from(maps.len()).ok()?;
        let head = |block: usize| heads.binary_search(&block).unwrap_or_default();
        let mut seen = vec![false; heads.len() * positions];
        let is_new = |&(block, position): &(usize, usize)| {
            !std::mem::replace(&mut seen[head(block) * positions + position], true)
        };
        let is_all = rows.len() == heads.len() * positions && frame.stride == frame.maps.block_len();
        if !is_all || !spots.iter().all(is_new) {
            return None;
        }
        let place = |&(block, position): &(usize, usize)| {
            (head(block) * channels / LANES * maps.block_len() + position * LANES) as u32 + 1
        };
        Some((maps, spots.iter().map(place).collect()))
    };
    in_place().unwrap_or_else(|| {
        let maps = Maps { channels, height: 1, width: rows.len() };
        (maps, View::natural(0, maps).table.to_vec())
    })
}
