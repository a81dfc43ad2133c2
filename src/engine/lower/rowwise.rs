//! Operators that take the rows of a tensor one by one, wherever they lie: tokens' fully connected layers, functions, factors and
//! summands by channel, sums of two tensors. Their results lie as what they read.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::nn::Reduce;

use super::graph::Effect;
use super::products::{Ending, Taken};
use super::views::View;
use super::{Lowering, functions, graph};
use crate::engine::maps::Maps;
use crate::engine::simd::LANES;
use crate::engine::steps::convolution::{Convolution, Direct, Wiring};
use crate::engine::steps::function::Binary;
use crate::engine::steps::pair::Pair;

impl Lowering<'_> {
    /// Lowers `node` if it works on rows; operators on maps in their own order are left to what is made for them.
    pub(super) fn rowwise(&mut self, node: &TypedNode) -> TractResult<bool> {
        if node.op_is::<EinSum>() || node.op_is::<Reduce>() {
            for &input in &node.inputs {
                self.pick(input)?;
            }
        }
        if let Some(op) = node.op_as::<EinSum>() {
            return Ok(self.token_linear(node, op)? || self.attention(node, op)?);
        }
        if let Some(op) = node.op_as::<Reduce>() {
            return Ok(self.layer_normalization(node, op)? || self.global_sum(node, op)?);
        }
        if !node.inputs.iter().any(|input| self.views.contains_key(input) && !self.of.contains_key(input)) {
            return Ok(false);
        }
        if node.op_is::<TypedBinOp>() {
            Ok(self.rows_and_constant(node)? || self.pair_of_rows(node)?)
        } else if node.op_is::<ElementWiseOp>() {
            self.function_of_rows(node)
        } else {
            Ok(false)
        }
    }

    /// A function of one tensor that several others read, or that nothing before it could take along.
    fn function_of_rows(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(view) = self.view(node.inputs[0]) else { return Ok(false) };
        let Some(function) = functions::of_node(node, view.channels()) else { return Ok(false) };
        let Some(view) = self.whole(node.inputs[0])? else { return Ok(false) };
        let ending = Ending { function: Some(function), ..Ending::none(node.id.into(), view.channels()) };
        self.elementwise_rows(view, ending, None);
        Ok(true)
    }

    /// Factors and summands that do not depend on the picture, by channel or for each number.
    fn rows_and_constant(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(&from) = node.inputs.iter().find(|&&input| self.graph.constant(input).is_none()) else {
            return Ok(false);
        };
        let Some(effect) = self.graph.effect(node, from) else { return Ok(false) };
        let Some(view) = self.view(from) else { return Ok(false) };
        let Some(frame) = self.whole(from)? else { return Ok(false) };
        let start = Ending { frame: Some(frame.clone()), ..Ending::none(from, view.channels()) };
        let mut ending = start;
        if self.take(node, &mut ending, Taken::Sums).is_some() {
            ending.outlet = node.id.into();
            let ending = self.continued(ending, Taken::Sums);
            self.elementwise_rows(frame, ending, None);
            return Ok(true);
        }
        let (constant, sign) = match &effect {
            Effect::Plus(constant) => (constant, 1.0),
            Effect::Minus(constant) => (constant, -1.0),
            _ => return Ok(false),
        };
        if self.graph.shape(node.id.into())? != frame.shape {
            return Ok(false);
        }
        let Some(values) = constant.spread(&frame.shape) else { return Ok(false) };
        let mut pattern = vec![0.0; frame.maps.len()];
        let rows = super::rows::constant_rows(&values, &frame.shape, frame.axis);
        for (&at, row) in frame.table.iter().zip(rows) {
            for (block, values) in row.chunks_exact(LANES).enumerate() {
                let to = &mut pattern[at as usize - 1 + block * frame.stride..][..LANES];
                to.iter_mut().zip(values).for_each(|(to, value)| *to = value * sign);
            }
        }
        let ending = self.ending_of(node.id.into(), frame.clone(), Taken::Clamps);
        self.elementwise_rows(frame, ending, Some(pattern));
        Ok(true)
    }

    fn elementwise_rows(&mut self, view: View, ending: Ending, pattern: Option<Vec<f32>>) {
        let output = self.value_of(view.maps);
        self.fuse(&ending);
        let outlet = ending.outlet;
        self.steps.push(Box::new(super::others::elementwise(view.value, output, view.maps, ending, pattern)));
        self.define(outlet, view.of(output, view.maps));
    }

    /// An operator of two tensors of one shape, both of which depend on the picture.
    fn pair_of_rows(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(operator) = graph::binary(node) else { return Ok(false) };
        let [left, right] = node.inputs[..] else { return Ok(false) };
        let shape = self.graph.shape(node.id.into())?;
        let (Some(a), Some(b)) = (self.view(left), self.view(right)) else { return Ok(false) };
        if a.shape != shape || b.shape != shape || a.axis != b.axis {
            return Ok(false);
        }
        // Channels that only fill up a block are 0, and 0 by 0 is no number.
        if operator == Binary::Divide && !a.channels().is_multiple_of(LANES) {
            return Ok(false);
        }
        // In the order of the one that need not be moved for it.
        let swapped = !a.is_whole() && b.is_whole();
        let (first, second) = if swapped { (right, left) } else { (left, right) };
        let Some(frame) = self.whole(first)? else { return Ok(false) };
        let Some(second) = self.aligned(second, &frame) else { return Ok(false) };
        let ending = self.ending_of(node.id.into(), frame.clone(), Taken::Clamps);
        let output = self.value_of(frame.maps);
        self.fuse(&ending);
        let Ending { clamp, function, outlet, .. } = ending;
        let (first, second) = ((frame.value, frame.maps), (second, frame.maps));
        self.steps.push(Box::new(Pair { first, second, output, operator, swapped, clamp, function }));
        self.define(outlet, frame.of(output, frame.maps));
        Ok(true)
    }

    /// A fully connected layer of every token, or of every position of channels-last maps: a convolution of 1 x 1.
    fn token_linear(&mut self, node: &TypedNode, op: &EinSum) -> TractResult<bool> {
        let Some(at) = (0..node.inputs.len()).find(|&at| self.graph.constant(node.inputs[at]).is_some()) else {
            return Ok(false);
        };
        let (Some(&input), Some(weights)) = (node.inputs.get(1 - at.min(1)), self.graph.constant(node.inputs[at]))
        else {
            return Ok(false);
        };
        let (letters, made) = letters(op);
        let (of_input, of_weights) = (&letters[1 - at], &letters[at]);
        let Some(product) = Product::of(of_input, of_weights, &made, weights.shape()) else { return Ok(false) };
        // What one vector alone goes through is bound by its weights: there is a step for that.
        let is_of_rows = self.view(input).is_some_and(|view| view.table.len() > 1);
        if !is_of_rows {
            return Ok(false);
        }
        let Some(view) = self.with_channels(input, product.axis) else { return Ok(false) };
        let view = match view.is_whole() {
            true => view,
            false => match self.whole(input)? {
                Some(view) => view,
                None => return Ok(false),
            },
        };
        let Some(maps) = Maps::checked(product.outputs, view.maps.height, view.maps.width) else { return Ok(false) };
        let frame = view.of(usize::MAX, maps);
        let ending = self.ending_of(node.id.into(), frame, Taken::Sums);
        let tensor = weights.cast_to::<f32>()?;
        let plain = tensor.view();
        let plain = plain.as_slice::<f32>()?;
        let mut weights = Vec::with_capacity(plain.len());
        for (output, scale) in ending.scale.iter().enumerate() {
            weights.extend((0..product.inputs).map(|from| plain[product.at(from, output)] * scale));
        }
        let output = self.value_of(maps);
        let convolution = Convolution {
            input: view.maps,
            output: maps,
            weights,
            bias: ending.shift.clone(),
            kernel: (1, 1),
            stride: (1, 1),
            dilation: (1, 1),
            padding: (0, 0),
            groups: 1,
            clamp: ending.clamp,
            function: ending.function.clone(),
        };
        let wiring = Wiring { input: view.value, added: ending.added, output };
        let Some(step) = Direct::new(&convolution, wiring) else {
            self.values.pop();
            return Ok(false);
        };
        self.fuse(&ending);
        self.steps.push(Box::new(step));
        self.define(ending.outlet, view.of(output, maps));
        Ok(true)
    }
}

/// The axes of a product's inputs and of its result, a letter each.
pub(super) fn letters(op: &EinSum) -> (Vec<Vec<char>>, Vec<char>) {
    let (inputs, outputs) = op.axes.to_strs();
    let letters = |text: &String| text.chars().collect::<Vec<char>>();
    (inputs.iter().map(letters).collect(), outputs.first().map(letters).unwrap_or_default())
}

/// A product with a matrix of weights along one axis of a tensor.
struct Product {
    /// That axis.
    axis: usize,
    inputs: usize,
    outputs: usize,
    /// Whether the weights are [inputs, outputs].
    transposed: bool,
}

impl Product {
    fn of(input: &[char], weights: &[char], made: &[char], shape: &[usize]) -> Option<Product> {
        let summed = *input.iter().find(|letter| weights.contains(letter) && !made.contains(letter))?;
        let new = *weights.iter().find(|letter| made.contains(letter) && !input.contains(letter))?;
        let place = |letter: char| weights.iter().position(|&other| other == letter);
        let (from, to) = (place(summed)?, place(new)?);
        let is_matrix = shape.iter().enumerate().all(|(axis, &dim)| axis == from || axis == to || dim == 1);
        let axis = input.iter().position(|&letter| letter == summed)?;
        let mut expected = input.to_vec();
        expected[axis] = new;
        let (inputs, outputs, transposed) = (shape[from], shape[to], from < to);
        (is_matrix && expected == made).then_some(Product { axis, inputs, outputs, transposed })
    }

    /// The weight of an input for an output.
    fn at(&self, input: usize, output: usize) -> usize {
        if self.transposed { input * self.outputs + output } else { output * self.inputs + input }
    }
}
