//! Shape inference that measures what it makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tract_onnx::prelude::InferenceModel;
use tract_onnx::tract_hir::internal::*;

use crate::error::shown_bytes;

use super::{Limits, MOST_AXES, SHARE_OF_CONSTANTS, bytes_of};

/// Infers the shapes of `model` and refuses it before a tensor that is too large is made: tract evaluates what is
/// constant while it infers.
///
/// # Errors
/// If shapes do not fit together, or exceed the limits.
pub(in super::super) fn infer_within(model: &mut InferenceModel, limits: Limits) -> TractResult<()> {
    let made = Arc::new(Mutex::new(HashMap::new()));
    for node in &mut model.nodes {
        let op = std::mem::replace(&mut node.op, Box::new(tract_onnx::tract_hir::ops::dummy::Dummy::new()));
        node.op = Box::new(Guarded { op, node: node.id, memory: limits.memory, made: made.clone() });
    }
    let inferred = model.analyse(false);
    for node in &mut model.nodes {
        let op = node.op_as::<Guarded>().map(|guarded| guarded.op.clone());
        node.op = op.unwrap_or_else(|| node.op.clone());
    }
    inferred.map(|_| ())
}

/// An operator whose outputs are measured before they are made.
#[derive(Debug, Clone)]
struct Guarded {
    op: Box<dyn InferenceOp>,
    node: usize,
    memory: u64,
    /// Bytes of the constants that each node has made.
    made: Arc<Mutex<HashMap<usize, u64>>>,
}

impl PartialEq for Guarded {
    fn eq(&self, other: &Guarded) -> bool {
        self.node == other.node
    }
}

impl Eq for Guarded {}

impl Op for Guarded {
    fn name(&self) -> StaticName {
        self.op.name()
    }

    not_a_typed_op!();
}

impl EvalOp for Guarded {
    not_out_of_plan!();
}

impl InferenceOp for Guarded {
    fn infer(
        &mut self,
        inputs: TVec<&InferenceFact>,
        outputs: TVec<&InferenceFact>,
        observed: TVec<&InferenceFact>,
    ) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
        // The values of the last input are the sizes of the output's axes.
        let sizes = inputs.last().filter(|_| self.takes_shape()).and_then(|fact| fact.value.concretize());
        if let Some(axes) = sizes.map(|sizes| sizes.len()).filter(|&axes| axes > MOST_AXES) {
            bail!("{} makes a tensor of {axes} axes; at most {MOST_AXES} can be computed", self.name());
        }
        let inferred = self.op.infer_facts(inputs.clone(), outputs.clone(), observed.clone())?;
        let is_constant = !inferred.0.is_empty() && inferred.0.iter().all(|fact| fact.value.is_concrete());
        let mut bytes = 0_u64;
        for fact in &inferred.1 {
            bytes = bytes.saturating_add(self.check(&fact.shape, fact.datum_type.concretize())?);
        }
        if is_constant {
            let mut made = self.made.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            made.insert(self.node, bytes);
            let all: u64 = made.values().fold(0, |all, bytes| all.saturating_add(*bytes));
            if all > self.memory / SHARE_OF_CONSTANTS {
                bail!("its constants need {} of memory", shown_bytes(all));
            }
        }
        self.op.infer(inputs, outputs, observed)
    }

    fn infer_facts(
        &mut self,
        inputs: TVec<&InferenceFact>,
        outputs: TVec<&InferenceFact>,
        observed: TVec<&InferenceFact>,
    ) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
        self.op.infer_facts(inputs, outputs, observed)
    }

    fn observe_outlets(&self, model: &InferenceModel, node: &InferenceNode) -> TractResult<Vec<OutletId>> {
        self.op.observe_outlets(model, node)
    }

    fn nboutputs(&self) -> TractResult<usize> {
        self.op.nboutputs()
    }

    fn as_op(&self) -> &dyn Op {
        self
    }

    fn as_op_mut(&mut self) -> &mut dyn Op {
        self
    }
}

impl Guarded {
    /// Whether the last input says what shape the output has.
    fn takes_shape(&self) -> bool {
        ["Reshape", "Expand", "MultiBroadcastTo", "Tile", "ConstantOfShape"]
            .iter()
            .any(|name| self.name().contains(name))
    }

    /// Bytes of an output of this shape, as far as it is known.
    fn check(&self, shape: &ShapeFactoid, kind: Option<DatumType>) -> TractResult<u64> {
        let dims: Vec<Option<i64>> =
            shape.dims().map(|dim| dim.concretize().and_then(|dim| dim.to_i64().ok())).collect();
        let bytes = bytes_of(dims.iter().map(|dim| dim.unwrap_or(1)), kind.unwrap_or(DatumType::F32));
        let fits = bytes.is_some_and(|bytes| bytes <= self.memory / SHARE_OF_CONSTANTS);
        if fits && dims.len() <= MOST_AXES {
            return Ok(bytes.unwrap_or(0));
        }
        let dims: Vec<_> =
            dims.iter().take(MOST_AXES).map(|dim| dim.map_or("?".into(), |dim| dim.to_string())).collect();
        let needs = bytes.map_or("more memory than any machine has".into(), shown_bytes);
        bail!("{} makes a tensor of shape [{}], which needs {needs}", self.name(), dims.join(", "))
    }
}
