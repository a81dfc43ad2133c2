//! Rows of views put into a new value, where a step needs them in its order.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::ops::array::TypedConcat;

use super::views::{View, ZEROS};
use super::{Lowering, Value};
use crate::engine::maps::Maps;
use crate::engine::simd::LANES;
use crate::engine::steps::ValueId;
use crate::engine::steps::arrange::{Arrange, Rows, To};
use crate::engine::steps::convolution::padded_to_blocks;

impl Lowering<'_> {
    /// The tensor at `outlet` as all of a value, whose positions a step may take as they lie.
    pub(super) fn whole(&mut self, outlet: OutletId) -> TractResult<Option<View>> {
        let Some(view) = self.view(outlet) else { return Ok(None) };
        if view.is_whole() {
            return Ok(Some(view));
        }
        let Some(maps) = maps_of(&view) else { return Ok(None) };
        let table = View::natural(0, maps).table;
        let whole = View { maps, stride: maps.block_len(), table, factor: 1.0, ..view.clone() };
        Ok(Some(self.arranged_as(outlet, &view, whole)))
    }

    /// The tensor at `outlet` with its rows where those of `frame`, a whole value, are.
    pub(super) fn aligned(&mut self, outlet: OutletId, frame: &View) -> Option<ValueId> {
        let view = self.view(outlet).filter(|view| view.shape == frame.shape && view.axis == frame.axis)?;
        if is_aligned(&view, frame) {
            return Some(view.value);
        }
        Some(self.arranged_as(outlet, &view, frame.clone()).value)
    }

    /// Copies the rows of `view`, the tensor at `outlet`, into a new value as `whole` says. Whoever reads the tensor later finds it there.
    fn arranged_as(&mut self, outlet: OutletId, view: &View, whole: View) -> View {
        let output = self.value_of(whole.maps);
        let whole = View { value: output, ..whole };
        let moves = moves(view, &whole);
        let has_gaps = moves.len() < whole.maps.positions() || !whole.maps.is_dense();
        self.steps.push(Box::new(Arrange {
            parts: vec![rows(view, moves)],
            constants: Vec::new(),
            to: To::Blocks(whole.stride),
            has_gaps,
            output: (output, whole.maps),
        }));
        self.views.remove(&outlet);
        if !self.of.contains_key(&outlet) {
            self.define(outlet, whole.clone());
        }
        whole
    }

    /// The tensor at `outlet` with `axis` as its channels, in a new value if they are others so far.
    pub(super) fn with_channels(&mut self, outlet: OutletId, axis: usize) -> Option<View> {
        let view = self.view(outlet)?;
        if view.axis == axis {
            return Some(view);
        }
        let shape = &view.shape;
        let positions: usize = (0..shape.len()).filter(|&other| other != axis).map(|other| shape[other]).product();
        let maps = Maps::checked(shape[axis], 1, positions)?;
        u32::try_from(maps.len()).ok()?;
        // Floats from one index of an axis to the next in the new value.
        let stride = |of: usize| {
            (of + 1..shape.len()).filter(|&other| other != axis).map(|other| shape[other]).product::<usize>() * LANES
        };
        let place = |of: usize, index: usize| match of == axis {
            true => index / LANES * maps.block_len() + index % LANES,
            false => index * stride(of),
        };
        let mut places = vec![0];
        for (of, &dim) in shape.iter().enumerate().filter(|&(of, _)| of != view.axis) {
            places = places.iter().flat_map(|&at| (0..dim).map(move |i| at + place(of, i))).collect();
        }
        let moves = view.table.iter().zip(places).filter(|&(&from, _)| from != ZEROS);
        let moves: Vec<(u32, u32)> = moves.map(|(&from, to)| (from - 1, to as u32)).collect();
        let output = self.value_of(maps);
        let has_gaps = moves.len() * view.channels() < maps.len();
        let (parts, to) = (vec![rows(&view, moves)], To::Floats(stride(view.axis)));
        self.steps.push(Box::new(Arrange { parts, constants: Vec::new(), to, has_gaps, output: (output, maps) }));
        Some(View { shape: shape.clone(), axis, ..View::natural(output, maps) })
    }

    /// A new value that is no tensor of the graph by itself.
    pub(super) fn value_of(&mut self, maps: Maps) -> ValueId {
        let shape = vec![1, maps.channels, maps.height, maps.width];
        self.values.push(Value { maps, shape, parent: None });
        self.values.len() - 1
    }

    /// Makes a value in the graph's order of the tensor at `outlet` if it only lies in another value so far.
    pub(super) fn settle(&mut self, outlet: OutletId) -> TractResult<()> {
        self.pick(outlet)?;
        if self.of.contains_key(&outlet) {
            return Ok(());
        }
        let Some(view) = self.views.get(&outlet).cloned() else { return Ok(()) };
        let output = self.new_value(outlet)?;
        let maps = self.values[output].maps;
        let len = u32::try_from(maps.len()).with_context(|| "a tensor is larger than the tables of rows reach")?;
        let is_maps = matches!(view.shape[..], [1, _, _, _]);
        // Floats from one index of an axis to the next in the new value; along its channels they are not the same everywhere.
        let stride = |axis: usize| view.shape[axis + 1..].iter().product::<usize>();
        let place = |axis: usize, index: usize| match axis {
            0 if is_maps => 0,
            1 if is_maps => index / LANES * maps.block_len() + index % LANES,
            2 if is_maps => index * maps.width * LANES,
            3 if is_maps => index * LANES,
            _ => index * stride(axis),
        };
        let mut places = vec![0];
        for (axis, &dim) in view.shape.iter().enumerate().filter(|&(axis, _)| axis != view.axis) {
            places = places.iter().flat_map(|&at| (0..dim).map(move |i| at + place(axis, i))).collect();
        }
        let to = match is_maps {
            true if view.axis == 1 => To::Blocks(maps.block_len()),
            _ => To::Floats(place(view.axis, 1)),
        };
        let moves = view.table.iter().zip(places).filter(|&(&from, _)| from != ZEROS);
        let moves: Vec<(u32, u32)> = moves.map(|(&from, to)| (from - 1, to as u32)).collect();
        let has_gaps = moves.len() * view.channels() < len as usize;
        let parts = vec![rows(&view, moves)];
        self.steps.push(Box::new(Arrange { parts, constants: Vec::new(), to, has_gaps, output: (output, maps) }));
        Ok(())
    }

    /// Concatenation of rows or channels of views, and of constants: tokens put in front, neighbours put together.
    pub(super) fn joined(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(op) = node.op_as::<TypedConcat>() else { return Ok(false) };
        let outlet = OutletId::from(node.id);
        let shape = self.graph.shape(outlet)?;
        // Maps side by side are joined without a copy elsewhere.
        if !node.inputs.iter().any(|input| self.views.contains_key(input) && !self.of.contains_key(input)) {
            return Ok(false);
        }
        let views: Vec<Option<View>> = node.inputs.iter().map(|&input| self.view(input)).collect();
        let Some(axis) = views.iter().flatten().map(|view| view.axis).next() else { return Ok(false) };
        let is_of_blocks = |view: &View| op.axis != axis || view.channels().is_multiple_of(LANES);
        if !views.iter().flatten().all(|view| view.axis == axis && is_of_blocks(view)) {
            return Ok(false);
        }
        let mut made = View { shape, axis, ..views.iter().flatten().next().expect("one was found").clone() };
        let Some(maps) = maps_of(&made) else { return Ok(false) };
        let output = self.value_of(maps);
        made = View { value: output, table: View::natural(0, maps).table, ..View::natural(output, maps) }.with(&made);
        let (mut parts, mut constants, mut before) = (Vec::new(), Vec::new(), 0);
        for (&input, view) in node.inputs.iter().zip(&views) {
            let part = self.graph.shape(input)?;
            let place = made.part(op.axis, before, part[op.axis]);
            before += part[op.axis];
            match (view, self.graph.floats(input)) {
                (Some(view), _) => parts.push(rows(view, moves(view, &place))),
                (None, Some(values)) if op.axis != axis => {
                    let rows = constant_rows(&values, &part, axis);
                    constants.extend(place.table.iter().map(|&at| at - 1).zip(rows));
                }
                _ => {
                    self.values.pop();
                    return Ok(false);
                }
            }
        }
        let written: usize = parts.iter().map(|rows| rows.moves.len() * rows.channels.div_ceil(LANES)).sum();
        let has_gaps = written < maps.len() / LANES;
        self.steps.push(Box::new(Arrange {
            parts,
            constants,
            to: To::Blocks(maps.block_len()),
            has_gaps,
            output: (output, maps),
        }));
        self.define(outlet, made);
        Ok(true)
    }
}

impl View {
    /// These rows as those of the tensor of `other`.
    fn with(self, other: &View) -> View {
        View { shape: other.shape.clone(), axis: other.axis, ..self }
    }

    /// A part of it along an axis, from an index on: where the rows of a tensor that is joined to others go.
    fn part(&self, axis: usize, first: usize, count: usize) -> View {
        let mut shape = self.shape.clone();
        shape[axis] = count;
        if axis == self.axis {
            let before = (first / LANES * self.stride) as u32;
            return View {
                shape,
                table: self.table.iter().map(|&at| at + before).collect::<Vec<_>>().into(),
                ..self.clone()
            };
        }
        let behind: usize =
            (axis + 1..self.shape.len()).filter(|&at| at != self.axis).map(|at| self.shape[at]).product();
        let whole = self.shape[axis] * behind;
        let of = |rows: &[u32]| rows[first * behind..(first + count) * behind].to_vec();
        let table: Vec<u32> = self.table.chunks(whole).flat_map(of).collect();
        View { shape, table: table.into(), ..self.clone() }
    }
}

/// Whether rows lie where those of `frame` do.
pub(super) fn is_aligned(view: &View, frame: &View) -> bool {
    view.is_whole() && view.maps == frame.maps && view.axis == frame.axis && view.table == frame.table
}

/// Maps for the rows of a view in their order.
fn maps_of(view: &View) -> Option<Maps> {
    let dims: Vec<usize> =
        view.shape.iter().enumerate().filter(|&(axis, _)| axis != view.axis).map(|(_, &dim)| dim).collect();
    let (height, width) = match *dims {
        [1, height, width] => (height, width),
        _ => (1, dims.iter().product()),
    };
    let maps = Maps::checked(view.channels(), height, width)?;
    u32::try_from(maps.len()).ok().map(|_| maps)
}

/// From the rows of a view to those of another one.
fn moves(from: &View, to: &View) -> Vec<(u32, u32)> {
    let rows = from.table.iter().zip(to.table.iter());
    rows.filter(|&(&from, _)| from != ZEROS).map(|(from, to)| (from - 1, to - 1)).collect()
}

fn rows(view: &View, moves: Vec<(u32, u32)>) -> Rows {
    let View { value, maps, stride, factor, .. } = *view;
    Rows { value, maps, channels: view.channels(), stride, factor, moves }
}

/// The rows of a constant along an axis, each filled up to whole blocks.
pub(super) fn constant_rows(values: &[f32], shape: &[usize], axis: usize) -> Vec<Vec<f32>> {
    let behind: usize = shape[axis + 1..].iter().product();
    let channels = shape[axis];
    let rows = values.len() / channels.max(1);
    let row = |row: usize| {
        let start = row / behind * behind * channels + row % behind;
        padded_to_blocks(&(0..channels).map(|channel| values[start + channel * behind]).collect::<Vec<_>>())
    };
    (0..rows).map(row).collect()
}
