//! Any operator that has no step of ours: tract's own, one image at a time.

use std::ops::Range;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;

use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;

/// What such a step is called in a table of steps.
pub const FALLBACK: &str = "tract's operator";

/// An input of a tract operator.
pub enum Input {
    /// A value, and its shape in the graph.
    Value(ValueId, Maps, Vec<usize>),
    /// A tensor that does not depend on the picture.
    Constant(Arc<Tensor>),
}

/// A tract operator between conversions to and from its row-major tensors.
pub struct Fallback {
    /// The operator.
    pub op: Box<dyn TypedOp>,
    /// In the order in which it takes them.
    pub inputs: Vec<Input>,
    /// Written.
    pub output: (ValueId, Maps),
}

impl Step for Fallback {
    fn reads(&self) -> Vec<ValueId> {
        let values = self.inputs.iter().filter_map(|input| match input {
            Input::Value(value, ..) => Some(*value),
            Input::Constant(_) => None,
        });
        values.collect()
    }

    fn writes(&self) -> ValueId {
        self.output.0
    }

    fn kind(&self) -> &'static str {
        FALLBACK
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        for image in images {
            let inputs = self.inputs.iter().map(|input| {
                Ok(match input {
                    Input::Constant(tensor) => tensor.clone().into_tvalue(),
                    Input::Value(value, maps, shape) => {
                        // SAFETY: the value is where the planner put it.
                        let blocked = unsafe { std::slice::from_raw_parts(memory.at(*value, image), maps.len()) };
                        let mut plain = vec![0.0; maps.channels * maps.positions()];
                        maps.unpack(blocked, &mut plain);
                        Tensor::from_shape(shape, &plain)?.into_tvalue()
                    }
                })
            });
            let inputs: TVec<TValue> = inputs.collect::<TractResult<_>>()?;
            let outputs =
                self.op.eval_out_of_plan(inputs)?.with_context(|| format!("{} needs a plan", self.op.name()))?;
            // SAFETY: as above; no other value shares its place while it is alive.
            let blocked =
                unsafe { std::slice::from_raw_parts_mut(memory.at(self.output.0, image), self.output.1.len()) };
            self.output.1.pack(outputs[0].view().as_slice::<f32>()?, blocked);
        }
        Ok(())
    }
}
