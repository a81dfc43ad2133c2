//! What each operator does to the places of its inputs.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::axes::AxesMapping;
use tract_onnx::tract_core::internal::DimLike;
use tract_onnx::tract_core::ops::Downsample;
use tract_onnx::tract_core::ops::array::{Gather, MultiBroadcastTo, Pad, Slice, StridedSlice, TypedConcat};
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cast::Cast;
use tract_onnx::tract_core::ops::change_axes::{AxisOp, InOut};
use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::identity::Identity;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};
use tract_onnx_opl::lrn::Lrn;

use super::super::places::Table;
use super::{Tables, Walk, shape};

impl Walk<'_> {
    /// The tables of an input; none for what does not depend on the picture.
    fn of(&self, outlet: OutletId) -> Tables {
        self.tables.get(&outlet).cloned().unwrap_or_else(|| Some(Vec::new()))
    }

    /// The tables of what `node` makes.
    pub(super) fn after(&self, node: &TypedNode) -> Vec<Tables> {
        let to = shape(self.graph, node.id.into());
        let one = |tables: Tables| vec![tables; node.outputs.len()];
        let Some(&input) = node.inputs.first() else { return one(None) };
        let from = shape(self.graph, input);
        let each = |map: &dyn Fn(&Table) -> Option<Table>| {
            let tables = self.of(input)?;
            tables.iter().map(map).filter(|table| table.as_ref().is_none_or(|table| !table.axes.is_empty())).collect()
        };
        if let Some(op) = node.op_as::<TypedConcat>() {
            return one(self.joined(node, op.axis));
        }
        // Operators whose first input is the picture's and whose others say what becomes of it.
        if !self.found.depends_on_picture(input) {
            return self.by_mapping(node);
        }
        if let Some(op) = node.op_as::<AxisOp>() {
            return one(each(&|table| rearranged(table, &from, op)));
        }
        // They do not say that they leave every position where it is.
        if node.op_is::<Lrn>() || node.op.name() == "Dropout" {
            return one(self.of(input));
        }
        let spec = node.op_as::<Conv>().map(|op| &op.pool_spec);
        let spec = spec.or_else(|| node.op_as::<MaxPool>().map(|op| &op.pool_spec));
        if let Some(spec) = spec.or_else(|| node.op_as::<SumPool>().map(|op| &op.pool_spec)) {
            return one(self.windowed(input, &from, spec, node.op_is::<Conv>()));
        }
        if let Some(op) = node.op_as::<Deconv>() {
            return one(each(&|table| spread(table, &from, &to, &op.pool_spec)));
        }
        if let Some(op) = node.op_as::<Slice>() {
            let Some((start, end)) = op.start.to_usize().ok().zip(op.end.to_usize().ok()) else { return one(None) };
            return one(each(&|table| table.picked(op.axis, &mut (start..end).map(Some))));
        }
        if let Some(op) = node.op_as::<StridedSlice>() {
            return one(each(&|table| self.strided(node, table, (&from, &to), op)));
        }
        if let Some(op) = node.op_as::<Downsample>() {
            let len = to.get(op.axis).copied().unwrap_or(0);
            let ahead = |i: usize| usize::try_from(op.modulo as isize + i as isize * op.stride).ok();
            let back = |i: usize| from.get(op.axis)?.checked_sub(1 + i * op.stride.unsigned_abs());
            let index = |i: usize| if op.stride < 0 { back(i) } else { ahead(i) };
            return one(each(&|table| table.picked(op.axis, &mut (0..len).map(index))));
        }
        if let Some(op) = node.op_as::<Gather>() {
            return one(each(&|table| self.gathered(node, table, op.axis)));
        }
        if let Some(op) = node.op_as::<Pad>() {
            let pad = |table: Table, (axis, &(before, after)): (usize, &(usize, usize))| {
                let len = from.get(axis)? + before + after;
                table.resampled(axis, len, |i| i - before as f32)
            };
            return one(each(&|table| op.pads.iter().enumerate().try_fold(table.clone(), pad)));
        }
        if let Some(op) = node.op_as::<Reduce>() {
            return one(each(&|table| Some(op.axes.iter().fold(table.clone(), |table, &axis| table.averaged(axis)))));
        }
        if ["Resize", "NearestUpsample"].contains(&&*node.op.name()) && to.len() == from.len() {
            let scale = |table: Table, (axis, (&from, &to)): (usize, (&usize, &usize))| {
                let ratio = from as f32 / to as f32;
                table.resampled(axis, to, |i| (i + 0.5) * ratio - 0.5)
            };
            return one(each(&|table| from.iter().zip(&to).enumerate().try_fold(table.clone(), scale)));
        }
        self.by_mapping(node)
    }

    /// Operators that say themselves which axis of an input becomes which of the output.
    fn by_mapping(&self, node: &TypedNode) -> Vec<Tables> {
        let facts: Vec<&TypedFact> =
            node.inputs.iter().filter_map(|&input| self.graph.outlet_fact(input).ok()).collect();
        let outputs: Vec<&TypedFact> = node.outputs.iter().map(|output| &output.fact).collect();
        let mapping: Option<AxesMapping> = node.op.axes_mapping(&facts, &outputs).ok();
        let made = |slot: usize| {
            let (mapping, to) = (mapping.as_ref()?, shape(self.graph, OutletId::new(node.id, slot)));
            let mut tables: Vec<Table> = Vec::new();
            let mut connected = false;
            for (at, &input) in
                node.inputs.iter().enumerate().filter(|(_, input)| self.found.depends_on_picture(**input))
            {
                let from = shape(self.graph, input);
                let becomes = |axis: usize| {
                    let mapped = mapping.axis((InOut::In(at), axis)).ok()?;
                    let axis_out = *mapped.outputs.get(slot)?.first()?;
                    (to.get(axis_out) == from.get(axis)).then_some(axis_out)
                };
                connected |= (0..from.len()).any(|axis| becomes(axis).is_some());
                // A table over an axis that is summed over is lost: its elements are mixed.
                let kept = self.of(input)?.into_iter().filter_map(|table| table.renamed(&becomes));
                tables = kept.fold(tables, with);
            }
            connected.then_some(tables)
        };
        (0..node.outputs.len()).map(made).collect()
    }

    /// What is joined along `axis`; what does not depend on the picture has no places.
    fn joined(&self, node: &TypedNode, axis: usize) -> Tables {
        let mut parts = Vec::new();
        for &input in &node.inputs {
            let mut tables = self.of(input)?;
            if tables.len() > 1 {
                return None;
            }
            parts.push((tables.pop(), shape(self.graph, input)));
        }
        Table::joined(&parts, axis).map(|table| table.into_iter().collect())
    }

    /// What windows make: each stands for the place of its centre.
    fn windowed(&self, input: OutletId, from: &[usize], spec: &PoolSpec, sums_channels: bool) -> Tables {
        let dims = spec.data_format.shape(from).ok()?;
        let padding = spec.computed_padding(dims.hw_dims());
        let mut made = Vec::new();
        for table in self.of(input)? {
            if sums_channels && table.axes.contains(&dims.c_axis()) {
                continue;
            }
            let mut table = table;
            for (side, padding) in padding.iter().enumerate() {
                let (stride, reach) = (spec.stride(side), (spec.kernel_shape[side] - 1) * spec.dilation(side));
                let centre = reach as f32 / 2.0 - padding.pad_before as f32;
                table = table.resampled(dims.h_axis() + side, padding.convoluted, |i| i * stride as f32 + centre)?;
            }
            made.push(table);
        }
        made.retain(|table| !table.axes.is_empty());
        Some(made)
    }

    /// A slice whose ends come as tensors.
    fn strided(
        &self,
        node: &TypedNode,
        table: &Table,
        (from, to): (&[usize], &[usize]),
        op: &StridedSlice,
    ) -> Option<Table> {
        let numbers = |input: usize| constant(self.graph, *node.inputs.get(input)?);
        if op.shrink_axis_mask != 0 {
            return None;
        }
        let begins = numbers(1)?;
        let all = || Some((0..begins.len() as i64).collect());
        let cut = op.optional_axes_input.map_or_else(all, numbers)?;
        let steps = op.optional_steps_input.map_or_else(|| Some(vec![1; begins.len()]), numbers)?;
        let mut table = table.clone();
        for ((&axis, &begin), &step) in cut.iter().zip(&begins).zip(&steps) {
            let axis = usize::try_from(if axis < 0 { axis + from.len() as i64 } else { axis }).ok()?;
            let len = *from.get(axis)? as i64;
            let first = if begin < 0 { begin.saturating_add(len).max(0) } else { begin.min(len - i64::from(step < 0)) };
            let index = |i: usize| usize::try_from(first + i as i64 * step).ok();
            table = table.picked(axis, &mut (0..*to.get(axis)?).map(index))?;
        }
        Some(table)
    }

    fn gathered(&self, node: &TypedNode, table: &Table, axis: usize) -> Option<Table> {
        let indices = *node.inputs.get(1)?;
        match shape(self.graph, indices).len() {
            0 if table.axes.contains(&axis) => {
                let index = *constant(self.graph, indices)?.first()?;
                let one = table.picked(axis, &mut std::iter::once(usize::try_from(index).ok()))?;
                one.renamed(&|other| Some(other - usize::from(other > axis)))
            }
            0 => table.renamed(&|other| Some(other - usize::from(other > axis))),
            1 => match table.len(axis) {
                None => Some(table.clone()),
                Some(len) => {
                    let indices = constant(self.graph, indices)?;
                    let index = |&index: &i64| usize::try_from(if index < 0 { index + len as i64 } else { index }).ok();
                    table.picked(axis, &mut indices.iter().map(index))
                }
            },
            _ => None,
        }
    }
}

/// `table` beside the others, unless one of them tells the same.
fn with(mut tables: Vec<Table>, table: Table) -> Vec<Table> {
    if !tables.iter().any(|other| other.agrees(&table)) {
        tables.push(table);
    }
    tables
}

/// Whether a linear function of the picture goes through `node` as one; `dependent` of its inputs depend on the picture.
pub(super) fn keeps_linear(node: &TypedNode, dependent: usize) -> bool {
    if let Some(op) = node.op_as::<TypedBinOp>() {
        return match op.0.name() {
            "Add" | "Sub" => true,
            "Mul" | "Div" => dependent == 1,
            _ => false,
        };
    }
    if let Some(op) = node.op_as::<Reduce>() {
        return op.reducer == Reducer::Sum;
    }
    node.op_is::<AxisOp>()
        || node.op_is::<Slice>()
        || node.op_is::<TypedConcat>()
        || node.op_is::<Pad>()
        || node.op_is::<Downsample>()
        || node.op_is::<Gather>()
        || node.op_is::<MultiBroadcastTo>()
        || node.op_is::<Identity>()
        || node.op_is::<Cast>()
        || node.op_is::<SumPool>()
        || (node.op_is::<Conv>() || node.op_is::<Deconv>() || node.op_is::<EinSum>()) && dependent == 1
}

fn rearranged(table: &Table, from: &[usize], op: &AxisOp) -> Option<Table> {
    match op {
        AxisOp::Add(at) => table.renamed(&|axis| Some(axis + usize::from(axis >= *at))),
        AxisOp::Rm(at) => table.renamed(&|axis| Some(axis - usize::from(axis > *at))),
        AxisOp::Move(at, to) => table.renamed(&|axis| {
            Some(match axis {
                axis if axis == *at => *to,
                axis if axis > *at && axis <= *to => axis - 1,
                axis if axis < *at && axis >= *to => axis + 1,
                axis => axis,
            })
        }),
        AxisOp::Reshape(at, before, after) => {
            let end = at.checked_add(before.len()).filter(|&end| end <= from.len())?;
            let after: Option<Vec<usize>> = after.iter().map(|dim| dim.to_usize().ok()).collect();
            table.regrouped(*at, &from[*at..end], &after?)
        }
    }
}

/// What a transposed convolution makes.
fn spread(table: &Table, from: &[usize], to: &[usize], spec: &PoolSpec) -> Option<Table> {
    let dims = spec.data_format.shape(from).ok()?;
    let mut table = table.clone();
    for side in 0..spec.kernel_shape.len() {
        let axis = dims.h_axis() + side;
        let (stride, reach) = (spec.stride(side) as f32, ((spec.kernel_shape[side] - 1) * spec.dilation(side)) as f32);
        let cut = ((from[axis] as f32 - 1.0) * stride + reach + 1.0 - *to.get(axis)? as f32) / 2.0;
        table = table.resampled(axis, to[axis], |i| (i + cut - reach / 2.0) / stride)?;
    }
    Some(table)
}

/// The whole numbers of a constant.
fn constant(graph: &TypedModel, outlet: OutletId) -> Option<Vec<i64>> {
    let tensor = graph.outlet_fact(outlet).ok()?.konst.clone()?;
    Some(tensor.cast_to::<i64>().ok()?.view().as_slice::<i64>().ok()?.to_vec())
}
