//! Operators that only pick or reorder channels: slices, splits, concatenations, and the shuffle of reshape, transpose and
//! reshape. They are followed as lists of channels and cost nothing until another operator reads them, and then one copy.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::DimLike;
use tract_onnx::tract_core::ops::array::{Slice, StridedSlice, TypedConcat};
use tract_onnx::tract_core::ops::change_axes::AxisOp;

use super::Lowering;
use crate::engine::maps::Maps;
use crate::engine::steps::pick::{Channel, Pick};

/// Channels of all lists together: no network shuffles as many, and a file must not ask for gigabytes of them.
const MOST: usize = 1 << 20;

impl Lowering<'_> {
    /// Follows `node` if it picks or reorders channels of tensors [1, channels..., height, width].
    pub(super) fn channels(&mut self, node: &TypedNode) -> TractResult<bool> {
        // A slice of nothing is left to tract.
        let Some(picked) = self.picked_by(node).filter(|picked| !picked.is_empty()) else { return Ok(false) };
        if self.listed + picked.len() > MOST {
            return Ok(false);
        }
        self.listed += picked.len();
        self.picked.insert(node.id.into(), picked);
        Ok(true)
    }

    /// Makes a value of the tensor at `outlet` if it is a list of channels so far.
    pub(super) fn pick(&mut self, outlet: OutletId) -> TractResult<()> {
        if self.of.contains_key(&outlet) {
            return Ok(());
        }
        let Some(channels) = self.picked.get(&outlet).cloned() else { return Ok(()) };
        let output = self.new_value(outlet)?;
        // Channels on several axes lie as on one: by rows that is the same order.
        let maps = Maps { channels: channels.len(), ..channels[0].maps };
        self.values[output].maps = maps;
        self.steps.push(Box::new(Pick { channels, output: (output, maps) }));
        Ok(())
    }

    fn picked_by(&self, node: &TypedNode) -> Option<Vec<Channel>> {
        let made = self.graph.shape(node.id.into()).ok()?;
        let input = *node.inputs.first()?;
        if let Some(op) = node.op_as::<TypedConcat>() {
            // Whole blocks beside each other are joined without a copy, unless they are only lists themselves.
            let parts: Option<Vec<Vec<Channel>>> = node.inputs.iter().map(|&input| self.list(input)).collect();
            return parts.filter(|_| op.axis == 1 && made.len() == 4).map(|parts| parts.concat());
        }
        let (from, channels) = (self.graph.shape(input).ok()?, self.list(input)?);
        // Rows and columns stay what they are.
        if made.len() < 4 || made[0] != 1 || made[made.len() - 2..] != from[from.len() - 2..] {
            return None;
        }
        let axes = &from[1..from.len() - 2];
        if let Some(op) = node.op_as::<AxisOp>() {
            return match *op {
                AxisOp::Reshape(..) => {
                    (made.iter().product::<usize>() == from.iter().product::<usize>()).then_some(channels)
                }
                AxisOp::Move(at, to) if at.min(to) >= 1 && at.max(to) <= axes.len() => {
                    Some(moved(&channels, axes, at - 1, to - 1))
                }
                _ => None,
            };
        }
        let start = self.sliced_from(node, 1, from[1])?;
        (made.len() == 4 && from.len() == 4).then_some(())?;
        channels.get(start..start + made[1]).map(<[Channel]>::to_vec)
    }

    /// The channels of a tensor [1, channels..., height, width], if they are known.
    fn list(&self, outlet: OutletId) -> Option<Vec<Channel>> {
        if let Some(picked) = self.picked.get(&outlet) {
            return Some(picked.clone());
        }
        let (value, maps) = self.maps(outlet)?;
        Some((0..maps.channels).map(|channel| Channel { value, maps, channel }).collect())
    }

    /// Where a slice along `axis` alone, of every one of `count` there, begins.
    pub(super) fn sliced_from(&self, node: &TypedNode, axis: usize, count: usize) -> Option<usize> {
        if let Some(op) = node.op_as::<Slice>() {
            return op.start.to_usize().ok().filter(|_| op.axis == axis);
        }
        let op = node.op_as::<StridedSlice>()?;
        let rank = self.graph.shape(node.inputs[0]).ok()?.len() as i64;
        let numbers = |input: usize| -> Option<Vec<i64>> {
            let tensor = self.graph.constant(*node.inputs.get(input)?)?;
            Some(tensor.cast_to::<i64>().ok()?.view().as_slice::<i64>().ok()?.to_vec())
        };
        let is_one =
            |input: Option<usize>, expected: i64| input.map_or(Some(false), |at| Some(numbers(at)? == [expected]));
        let axis = axis as i64;
        let along_axis = is_one(op.optional_axes_input, axis)? || is_one(op.optional_axes_input, axis - rank)?;
        // Without axes, it is along the first ones.
        let along_axis = along_axis && (op.optional_axes_input.is_some() || axis == 0);
        let by_ones = op.optional_steps_input.is_none() || is_one(op.optional_steps_input, 1)?;
        let [start] = numbers(1)?[..] else { return None };
        let start = if start < 0 { start + count as i64 } else { start };
        if !along_axis || !by_ones || (op.begin_mask, op.shrink_axis_mask) != (0, 0) {
            return None;
        }
        usize::try_from(start).ok().filter(|&start| start <= count)
    }
}

/// A row-major list over `axes` with one of them moved to another place.
fn moved(channels: &[Channel], axes: &[usize], at: usize, to: usize) -> Vec<Channel> {
    let mut order: Vec<usize> = (0..axes.len()).collect();
    let axis = order.remove(at);
    order.insert(to, axis);
    let stride = |axis: usize| axes[axis + 1..].iter().product::<usize>();
    let mut offsets = vec![0];
    for &axis in &order {
        offsets = offsets.iter().flat_map(|&offset| (0..axes[axis]).map(move |i| offset + i * stride(axis))).collect();
    }
    offsets.into_iter().map(|offset| channels[offset]).collect()
}
