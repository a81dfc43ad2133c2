//! Operators that only move numbers: transposes, reshapes, slices, rolls, windows. They are followed as tables of where a tensor's
//! rows lie in a value that is there already, and cost nothing until a step needs the rows in another order.

use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::{Gather, Pad, PadMode, Slice, StridedSlice, TypedConcat};
use tract_onnx::tract_core::ops::cast::Cast;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::identity::Identity;

use super::{Lowering, Value, graph};
use crate::engine::maps::Maps;
use crate::engine::simd::LANES;
use crate::engine::steps::ValueId;

/// Rows of all tables together: the largest networks have a hundredth of it, and a file must not ask for gigabytes of them.
const MOST: usize = 1 << 24;

/// In a table: a row of zeros, which padding makes.
pub(super) const ZEROS: u32 = 0;

/// A tensor whose numbers lie in a value in another order. Its *channels* are the axis along which blocks of four lie side by side;
/// a *row* is all of them at one index of the other axes.
#[derive(Debug, Clone)]
pub struct View {
    /// Where the numbers are.
    pub value: ValueId,
    /// The maps of that value.
    pub maps: Maps,
    /// The tensor's shape in the graph.
    pub shape: Vec<usize>,
    /// Its axis of channels.
    pub axis: usize,
    /// Floats between a block of channels and the next.
    pub stride: usize,
    /// One more than the float of the value where each row begins, or [`ZEROS`]; row-major over the axes but that of the channels.
    pub table: Arc<Vec<u32>>,
    /// What the numbers are still to be multiplied with.
    pub factor: f32,
}

impl View {
    /// The maps of a value, rows in their order.
    pub(super) fn natural(value: ValueId, maps: Maps) -> View {
        let table = (0..maps.positions()).map(|position| (position * LANES) as u32 + 1).collect();
        let shape = vec![1, maps.channels, maps.height, maps.width];
        View { value, maps, shape, axis: 1, stride: maps.block_len(), table: Arc::new(table), factor: 1.0 }
    }

    /// Channels of a row.
    pub(super) fn channels(&self) -> usize {
        self.shape[self.axis]
    }

    /// Axes behind that of the channels.
    pub(super) fn trailing(&self) -> usize {
        self.shape.len() - 1 - self.axis
    }

    /// Whether rows lie in the order of the value's positions.
    fn is_in_order(&self) -> bool {
        let in_order = |(position, &at): (usize, &u32)| at as usize == position * LANES + 1;
        self.table.len() == self.maps.positions() && self.table.iter().enumerate().all(in_order)
    }

    /// Whether it is all of its value, every position once, in any order: a step may then take the positions as they lie.
    pub(super) fn is_whole(&self) -> bool {
        let positions = self.maps.positions();
        let is_of_value = self.channels() == self.maps.channels && self.stride == self.maps.block_len();
        if self.factor != 1.0 || !is_of_value || self.table.len() != positions {
            return false;
        }
        let mut seen = vec![false; positions];
        self.table.iter().all(|&at| {
            let position = (at as usize).wrapping_sub(1) / LANES;
            at as usize % LANES == 1 && position < positions && !std::mem::replace(&mut seen[position], true)
        })
    }

    /// The same rows in a value of other maps with as many positions, with `channels`.
    pub(super) fn of(&self, value: ValueId, maps: Maps) -> View {
        let mut shape = self.shape.clone();
        shape[self.axis] = maps.channels;
        View { value, maps, shape, stride: maps.block_len(), factor: 1.0, ..self.clone() }
    }

    /// The tensor's numbers, row-major, from the floats of its value.
    pub(super) fn read(&self, floats: &[f32]) -> Vec<f32> {
        let behind: usize = self.shape[self.axis + 1..].iter().product();
        let channels = self.channels();
        let mut plain = Vec::with_capacity(self.table.len() * channels);
        for rows in self.table.chunks(behind) {
            for channel in 0..channels {
                plain.extend(rows.iter().map(|&at| match at {
                    ZEROS => 0.0,
                    at => floats[at as usize - 1 + channel / LANES * self.stride + channel % LANES] * self.factor,
                }));
            }
        }
        plain
    }

    /// The shape of the table with the axis of channels in it.
    fn table_shape(&self) -> Vec<usize> {
        let mut shape = self.shape.clone();
        shape[self.axis] = 1;
        shape
    }

    /// The table as a tensor that an operator can move.
    fn tensor(&self) -> TractResult<Tensor> {
        let numbers: Vec<i64> = self.table.iter().map(|&at| i64::from(at)).collect();
        Tensor::from_shape(&self.table_shape(), &numbers)
    }

    /// The table with its axes in another order: `order` names axes of the tensor, all but that of the channels.
    pub(super) fn arranged(&self, order: &[usize]) -> Vec<u32> {
        let shape = self.table_shape();
        let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
        let mut rows = vec![0];
        for &axis in order {
            rows = rows.iter().flat_map(|&row| (0..shape[axis]).map(move |i| row + i * stride(axis))).collect();
        }
        rows.into_iter().map(|row| self.table[row]).collect()
    }

    /// The tensor in another shape, its numbers in the same order; `None` where channels would not stay blocks.
    fn reshaped(&self, to: &[usize]) -> Option<View> {
        let behind = |shape: &[usize], axis: usize| shape[axis + 1..].iter().product::<usize>();
        let (channels, after) = (self.channels(), behind(&self.shape, self.axis));
        let fits = |&axis: &usize| {
            let (made, is_same) = (to[axis], behind(to, axis) == after);
            let is_split = made > 0 && channels.is_multiple_of(made) && made.is_multiple_of(LANES);
            let is_joined = made.is_multiple_of(channels) && channels.is_multiple_of(LANES);
            is_same && (made == channels || is_split || is_joined)
        };
        let axis = (0..to.len()).filter(fits).max_by_key(|&axis| (to[axis] == channels, to[axis]))?;
        let (made, block_stride) = (to[axis], self.stride as u32);
        let mut table = Vec::new();
        if made <= channels {
            let (parts, blocks) = (channels / made, (made / LANES) as u32);
            let part = |row: &[u32], part: u32| -> Vec<u32> {
                let moved = |&at: &u32| if at == ZEROS { ZEROS } else { at + part * blocks * block_stride };
                row.iter().map(moved).collect()
            };
            for row in self.table.chunks(after) {
                (0..parts as u32).for_each(|at| table.extend(part(row, at)));
            }
        } else {
            let (parts, blocks) = (made / channels, (channels / LANES) as u32);
            for rows in self.table.chunks(parts * after) {
                let first = rows.get(..after)?;
                table.extend(first);
                for (part, row) in rows.chunks(after).enumerate() {
                    let follows = |(&first, &at): (&u32, &u32)| {
                        first != ZEROS && at == first + part as u32 * blocks * block_stride
                            || first == at && first == ZEROS
                    };
                    if row.len() != after || !first.iter().zip(row).all(follows) {
                        return None;
                    }
                }
            }
        }
        Some(View { shape: to.to_vec(), axis, table: Arc::new(table), ..self.clone() })
    }
}

impl Lowering<'_> {
    /// How the tensor at `outlet` lies in a value, if it has one.
    pub(super) fn view(&self, outlet: OutletId) -> Option<View> {
        if let Some(view) = self.views.get(&outlet) {
            return Some(view.clone());
        }
        let &value = self.of.get(&outlet)?;
        let Value { maps, shape, .. } = &self.values[value];
        u32::try_from(maps.len()).ok()?;
        if **shape == [1, maps.channels, maps.height, maps.width] {
            return Some(View::natural(value, *maps));
        }
        // Numbers in their order, the last axis of which is whole blocks.
        let (&channels, rows) = shape.split_last()?;
        let rows: usize = rows.iter().product();
        let is_plain = maps.positions() == 1 && channels.is_multiple_of(LANES) && channels > 0;
        let table = Arc::new((0..rows).map(|row| (row * channels) as u32 + 1).collect());
        let (shape, axis) = (shape.clone(), shape.len() - 1);
        is_plain.then_some(View { value, maps: *maps, shape, axis, stride: LANES, table, factor: 1.0 })
    }

    /// The tensor at `outlet` lies like this. Where that is the order of a value of its own, it is that value too.
    pub(super) fn define(&mut self, outlet: OutletId, view: View) {
        let is_first = view.shape[..view.axis].iter().all(|&dim| dim == 1);
        if view.is_whole() && is_first && view.is_in_order() {
            let part = Value { maps: view.maps, shape: view.shape.clone(), parent: Some((view.value, 0)) };
            self.values.push(part);
            self.of.insert(outlet, self.values.len() - 1);
        }
        self.views.insert(outlet, view);
    }

    /// Follows `node` if it only moves the numbers of a tensor.
    pub(super) fn viewed(&mut self, node: &TypedNode) -> TractResult<bool> {
        let outlet = OutletId::from(node.id);
        let Some(view) = self.view_of(node)? else { return Ok(false) };
        let made = self.graph.shape(outlet)?;
        if view.shape != made || view.table.is_empty() || self.rows + view.table.len() > MOST {
            return Ok(false);
        }
        self.rows += view.table.len();
        self.define(outlet, view);
        Ok(true)
    }

    fn view_of(&self, node: &TypedNode) -> TractResult<Option<View>> {
        let Some(&input) = node.inputs.iter().find(|&&input| self.graph.constant(input).is_none()) else {
            return Ok(None);
        };
        let made = self.graph.shape(node.id.into())?;
        let Some(view) = self.view(input) else { return Ok(None) };
        if is_identity(node) {
            return Ok(Some(view));
        }
        if let Some(factor) = self.factor(node, input) {
            // Of a tensor that is a value by itself, a step multiplies; of a part of one, who reads it.
            let is_part = !self.of.contains_key(&input) && !view.is_whole();
            return Ok(is_part.then_some(View { factor: view.factor * factor, ..view }));
        }
        if let Some(start) = self.sliced_from(node, view.axis, view.channels()) {
            let fits = start.is_multiple_of(LANES) && made.get(view.axis).is_some_and(|dim| dim.is_multiple_of(LANES));
            let is_sliced = |(axis, (a, b)): (usize, (&usize, &usize))| axis == view.axis || a == b;
            if !fits || made.len() != view.shape.len() || !made.iter().zip(&view.shape).enumerate().all(is_sliced) {
                return Ok(None);
            }
            let before = (start / LANES * view.stride) as u32;
            let moved = |&at: &u32| if at == ZEROS { ZEROS } else { at + before };
            let table = Arc::new(view.table.iter().map(moved).collect());
            return Ok(Some(View { shape: made, table, ..view }));
        }
        let axis = match node.op_as::<AxisOp>() {
            Some(AxisOp::Reshape(..)) => return Ok(view.reshaped(&made)),
            Some(&AxisOp::Add(at)) => view.axis + usize::from(at <= view.axis),
            Some(&AxisOp::Rm(at)) if at != view.axis => view.axis - usize::from(at < view.axis),
            Some(&AxisOp::Move(from, to)) => {
                let mut order: Vec<usize> = (0..view.shape.len()).collect();
                let axis = order.remove(from);
                order.insert(to, axis);
                order.iter().position(|&axis| axis == view.axis).unwrap_or(usize::MAX)
            }
            Some(_) => return Ok(None),
            None if node.op_as::<Slice>().is_some_and(|op| op.axis != view.axis) => view.axis,
            None if node.op_as::<StridedSlice>().is_some_and(|op| op.shrink_axis_mask == 0) => view.axis,
            None if node.op_as::<TypedConcat>().is_some_and(|op| op.axis != view.axis) => {
                let is_beside = |&other: &OutletId| {
                    self.view(other).is_some_and(|other| {
                        (other.value, other.axis, other.stride) == (view.value, view.axis, view.stride)
                            && (other.channels(), other.factor) == (view.channels(), view.factor)
                    })
                };
                if !node.inputs.iter().all(is_beside) {
                    return Ok(None);
                }
                view.axis
            }
            None => match (node.op_as::<Gather>(), node.op_as::<Pad>()) {
                (Some(op), _) if op.axis != view.axis && node.inputs[0] == input => {
                    let Some(indices) = self.graph.constant(node.inputs[1]) else { return Ok(None) };
                    if op.axis < view.axis { view.axis + indices.rank() - 1 } else { view.axis }
                }
                (_, Some(op)) => return Ok(padded(&view, op, made)),
                _ => return Ok(None),
            },
        };
        let inputs: Option<TVec<TValue>> = node
            .inputs
            .iter()
            .map(|&input| match self.graph.constant(input) {
                Some(constant) => Some(constant.into_tvalue()),
                None => Some(self.view(input)?.tensor().ok()?.into_tvalue()),
            })
            .collect();
        let Some(moved) = inputs.and_then(|inputs| node.op.eval_out_of_plan(inputs).ok().flatten()) else {
            return Ok(None);
        };
        let moved = &moved[0];
        let mut expected = made.clone();
        let Some(dim) = expected.get_mut(axis).filter(|dim| **dim == view.channels()) else { return Ok(None) };
        *dim = 1;
        if moved.shape() != expected || moved.datum_type() != i64::datum_type() {
            return Ok(None);
        }
        let table = moved.view().as_slice::<i64>()?.iter().map(|&at| at as u32).collect();
        Ok(Some(View { shape: made, axis, table: Arc::new(table), ..view }))
    }

    /// What `node` multiplies all of the tensor at `input` with.
    fn factor(&self, node: &TypedNode, input: OutletId) -> Option<f32> {
        match self.graph.effect(node, input)? {
            graph::Effect::Times(constant) => constant.scalar(),
            graph::Effect::Over(constant) => constant.scalar().map(|divisor| 1.0 / divisor),
            _ => None,
        }
        .filter(|_| self.graph.shape(node.id.into()).ok() == self.graph.shape(input).ok())
    }
}

/// Whether a node hands on what it reads.
pub fn is_identity(node: &TypedNode) -> bool {
    let is_cast = node.op_as::<Cast>().is_some_and(|op| op.to == f32::datum_type());
    is_cast || node.op_is::<Identity>() || node.op.name() == "Dropout"
}

/// With rows of zeros around it.
fn padded(view: &View, op: &Pad, made: Vec<usize>) -> Option<View> {
    let PadMode::Constant(value) = &op.mode else { return None };
    if value.cast_to_scalar::<f32>().ok()? != 0.0 || op.pads.get(view.axis) != Some(&(0, 0)) {
        return None;
    }
    let mut to = made.clone();
    to[view.axis] = 1;
    let mut table = vec![ZEROS; to.iter().product()];
    for (from, &at) in view.table.iter().enumerate() {
        let (mut rest, mut row, mut stride) = (from, 0, 1);
        for (axis, &dim) in view.table_shape().iter().enumerate().rev() {
            row += (rest % dim + op.pads[axis].0) * stride;
            rest /= dim;
            stride *= to[axis];
        }
        table[row] = at;
    }
    Some(View { shape: made, table: Arc::new(table), ..view.clone() })
}
