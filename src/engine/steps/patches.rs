//! Patches of maps as channels: a convolution whose stride has no kernel becomes a product of them with its weights.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::convolution::Convolution;
use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// What each window of a convolution sees, [taps, input blocks, 4] channels at the window's position.
pub struct Patches {
    input: (ValueId, Maps),
    output: (ValueId, Maps),
    kernel: (usize, usize),
    stride: (usize, usize),
    dilation: (usize, usize),
    padding: (usize, usize),
}

impl Patches {
    /// The maps that the windows of a convolution become; `None` where no address reaches as far.
    pub fn maps(convolution: &Convolution) -> Option<Maps> {
        let taps = convolution.kernel.0.checked_mul(convolution.kernel.1)?;
        let channels = taps.checked_mul(convolution.input.blocks() * LANES)?;
        Maps::checked(channels, convolution.output.height, convolution.output.width)
    }

    /// The windows of `convolution`, which has one group.
    pub fn new(convolution: &Convolution, input: ValueId, output: (ValueId, Maps)) -> Patches {
        let Convolution { kernel, stride, dilation, padding, .. } = *convolution;
        Patches { input: (input, convolution.input), output, kernel, stride, dilation, padding }
    }

    /// The product that makes of them what `convolution` makes of its input.
    pub fn product(convolution: &Convolution, patches: Maps) -> Convolution {
        let (inputs, taps) = (convolution.input.channels, convolution.kernel.0 * convolution.kernel.1);
        let channels = convolution.input.blocks() * LANES;
        let mut weights = vec![0.0; convolution.output.channels * patches.channels];
        for (filter, to) in
            convolution.weights.chunks_exact(inputs * taps).zip(weights.chunks_exact_mut(taps * channels))
        {
            for (at, &weight) in filter.iter().enumerate() {
                to[at % taps * channels + at / taps] = weight;
            }
        }
        Convolution {
            input: patches,
            weights,
            kernel: (1, 1),
            stride: (1, 1),
            dilation: (1, 1),
            padding: (0, 0),
            ..convolution.clone()
        }
    }
}

impl Step for Patches {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.input.0]
    }

    fn writes(&self) -> ValueId {
        self.output.0
    }

    fn kind(&self) -> &'static str {
        "patches"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let ((input, from), (output, to)) = (self.input, self.output);
        // The row or column of the input under a tap of a window, if it is not padding.
        let under = |window: usize, stride: usize, tap: usize, dilation: usize, padding: usize, len: usize| {
            (window * stride + tap * dilation).checked_sub(padding).filter(|&at| at < len)
        };
        for image in images {
            let (source, target) = (memory.at(input, image).cast_const(), memory.at(output, image));
            for tap in 0..self.kernel.0 * self.kernel.1 {
                let (down, right) = (tap / self.kernel.1, tap % self.kernel.1);
                for block in 0..from.blocks() {
                    for row in 0..to.height {
                        let y = under(row, self.stride.0, down, self.dilation.0, self.padding.0, from.height);
                        for column in 0..to.width {
                            let x = under(column, self.stride.1, right, self.dilation.1, self.padding.1, from.width);
                            // SAFETY: both positions lie in the maps of their values.
                            unsafe {
                                let value = match (y, x) {
                                    (Some(y), Some(x)) => {
                                        F32x4::load(source.add(block * from.block_len() + (y * from.width + x) * LANES))
                                    }
                                    _ => F32x4::splat(0.0),
                                };
                                let place =
                                    (tap * from.blocks() + block) * to.block_len() + (row * to.width + column) * LANES;
                                debug_assert!(place + LANES <= to.len());
                                value.store(target.add(place));
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
