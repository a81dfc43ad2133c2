//! The window of a convolution or pool.

use tract_onnx::tract_core::ops::cnn::PoolSpec;
use tract_onnx::tract_core::ops::nn::DataFormat;

use crate::engine::maps::Maps;

/// The window of a convolution or pool over maps.
pub struct Window {
    pub kernel: (usize, usize),
    pub stride: (usize, usize),
    pub dilation: (usize, usize),
    /// Rows above and columns to the left.
    pub padding: (usize, usize),
    /// Rows below and columns to the right.
    pub padding_after: (usize, usize),
    /// Rows and columns of the result.
    pub output: (usize, usize),
}

impl Window {
    pub fn new(spec: &PoolSpec, maps: Maps) -> Option<Window> {
        let (&[height, width], DataFormat::NCHW) = (&spec.kernel_shape[..], spec.data_format) else { return None };
        let pair = |values: &[usize]| (values[0], values[1]);
        let computed = spec.computed_padding(&[maps.height, maps.width]);
        if computed.iter().any(|side| side.convoluted == 0) {
            return None;
        }
        Some(Window {
            kernel: (height, width),
            stride: pair(&spec.strides()),
            dilation: pair(&spec.dilations()),
            padding: (computed[0].pad_before, computed[1].pad_before),
            padding_after: (computed[0].pad_after, computed[1].pad_after),
            output: (computed[0].convoluted, computed[1].convoluted),
        })
    }

    /// Whether every window lies in the maps and the padding around them, which is not so where ceilings lead further.
    pub fn is_inside_padding(&self, maps: Maps) -> bool {
        let reaches = |output: usize, stride: usize, kernel: usize| (output - 1) * stride + kernel;
        reaches(self.output.0, self.stride.0, self.kernel.0) <= maps.height + self.padding.0 + self.padding_after.0
            && reaches(self.output.1, self.stride.1, self.kernel.1)
                <= maps.width + self.padding.1 + self.padding_after.1
    }
}
