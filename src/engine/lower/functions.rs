//! Parts of a graph that are a function of one tensor, float by float: activation functions, in whatever operators an exporter
//! wrote them.

use std::collections::HashMap;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math::{Abs, Erf, Exp, Neg, Recip, Rsqrt, Sqrt, Square, Tanh};
use tract_onnx::tract_core::ops::nn::{HardSwish, Sigmoid};

use super::Lowering;
use super::graph::{Graph, binary};
use crate::engine::simd::LANES;
use crate::engine::steps::function::{Function, Instruction, LONGEST, Operand, Unary};

/// A function that a part of the graph computes.
pub(super) struct Part {
    pub function: Function,
    /// Its last tensor.
    pub outlet: OutletId,
    /// The nodes that it takes.
    pub taken: Vec<usize>,
}

impl Lowering<'_> {
    /// The largest part of the graph that is a function of the tensor at `outlet`, which has `channels`, and through which all that
    /// reads the tensor goes: nothing else needs it then.
    pub(super) fn function(&self, outlet: OutletId, channels: usize) -> Option<Part> {
        let found = followers(&self.graph, outlet);
        let part = (0..found.len()).rev().find_map(|last| closed(&self.graph, outlet, &found, last))?;
        // Channels that only fill up a block are 0 and must not become infinite: 0 times that is no number.
        (channels.is_multiple_of(LANES) || part.function.at_zero().is_finite()).then_some(part)
    }
}

/// Nodes that are functions of the tensor at `outlet` and of nothing else, in an order in which they can run.
fn followers(graph: &Graph, outlet: OutletId) -> Vec<(usize, Instruction)> {
    let Ok(shape) = graph.shape(outlet) else { return Vec::new() };
    let mut operands = HashMap::from([(outlet, Operand::Argument)]);
    let mut found: Vec<(usize, Instruction)> = Vec::new();
    let mut queue = vec![outlet];
    while let Some(from) = queue.pop() {
        for &reader in graph.readers(from).unwrap_or_default() {
            let made = OutletId::from(reader);
            let node = graph.model.node(reader);
            if operands.contains_key(&made) || found.len() == LONGEST || !graph.shape(made).is_ok_and(|to| to == shape)
            {
                continue;
            }
            let operand =
                |input: &OutletId| operands.get(input).copied().or_else(|| graph.scalar(*input).map(Operand::Constant));
            // One that waits for another input is seen again when that is there.
            let Some(inputs) = node.inputs.iter().map(operand).collect::<Option<Vec<_>>>() else { continue };
            let instruction = match inputs[..] {
                [a] => unary(node).map(|op| Instruction::Unary(op, a)),
                [a, b] => binary(node).map(|op| Instruction::Binary(op, a, b)),
                _ => None,
            };
            let Some(instruction) = instruction else { continue };
            operands.insert(made, Operand::Result(found.len()));
            found.push((reader, instruction));
            queue.push(made);
        }
    }
    found
}

/// The part that ends at number `last` of `found`, if nobody outside of it reads what it makes on the way, nor `outlet`.
fn closed(graph: &Graph, outlet: OutletId, found: &[(usize, Instruction)], last: usize) -> Option<Part> {
    let mut is_needed = vec![false; found.len()];
    is_needed[last] = true;
    // What an instruction reads was made before it, so one way back finds all.
    for at in (0..=last).rev() {
        if is_needed[at] {
            mark(&found[at].1, &mut is_needed);
        }
    }
    let number = |node: usize| found.iter().position(|(id, _)| *id == node);
    let is_inside = |node: &usize| number(*node).is_some_and(|at| is_needed[at]);
    let stays_inside = |outlet: OutletId| graph.readers(outlet).is_some_and(|readers| readers.iter().all(is_inside));
    let taken: Vec<usize> = (0..=last).filter(|&at| is_needed[at]).collect();
    let inner = taken.iter().filter(|&&at| at != last).map(|&at| OutletId::from(found[at].0));
    if !inner.chain([outlet]).all(stays_inside) {
        return None;
    }
    let renumbered = |operand: Operand| match operand {
        Operand::Result(at) => Operand::Result(taken.iter().position(|&other| other == at).unwrap_or(usize::MAX)),
        other => other,
    };
    let instructions = taken.iter().map(|&at| match found[at].1 {
        Instruction::Unary(op, a) => Instruction::Unary(op, renumbered(a)),
        Instruction::Binary(op, a, b) => Instruction::Binary(op, renumbered(a), renumbered(b)),
    });
    let function = Function::new(instructions.collect())?;
    let taken = taken.iter().map(|&at| found[at].0).collect();
    Some(Part { function, outlet: found[last].0.into(), taken })
}

/// Marks the results that an instruction reads.
fn mark(instruction: &Instruction, is_needed: &mut [bool]) {
    let operands = match *instruction {
        Instruction::Unary(_, a) => [a, a],
        Instruction::Binary(_, a, b) => [a, b],
    };
    for operand in operands {
        if let Operand::Result(at) = operand {
            is_needed[at] = true;
        }
    }
}

/// The function of a node by itself, over `channels`.
pub(super) fn of_node(node: &TypedNode, channels: usize) -> Option<Function> {
    let function = Function::new(vec![Instruction::Unary(unary(node)?, Operand::Argument)])?;
    (channels.is_multiple_of(LANES) || function.at_zero().is_finite()).then_some(function)
}

fn unary(node: &TypedNode) -> Option<Unary> {
    let op = &node.op_as::<ElementWiseOp>()?.0;
    Some(if op.is::<Sigmoid>() {
        Unary::Sigmoid
    } else if op.is::<HardSwish>() {
        Unary::HardSwish
    } else if op.is::<Tanh>() {
        Unary::Tanh
    } else if op.is::<Erf>() {
        Unary::Erf
    } else if op.is::<Exp>() {
        Unary::Exp
    } else if op.is::<Sqrt>() {
        Unary::Sqrt
    } else if op.is::<Rsqrt>() {
        Unary::ReciprocalSqrt
    } else if op.is::<Recip>() {
        Unary::Reciprocal
    } else if op.is::<Square>() {
        Unary::Square
    } else if op.is::<Abs>() {
        Unary::Abs
    } else if op.is::<Neg>() {
        Unary::Negative
    } else {
        return None;
    })
}
