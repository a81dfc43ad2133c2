//! Rows of values in another place: what is left of windows, rolls, tokens put in front and transposes where a step needs its input
//! as maps.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Rows of one value: all channels of some positions.
pub struct Rows {
    /// Read.
    pub value: ValueId,
    /// Its maps.
    pub maps: Maps,
    /// Channels of a row.
    pub channels: usize,
    /// Floats between a block of a row and the next, there.
    pub stride: usize,
    /// What they are multiplied with.
    pub factor: f32,
    /// The float where a row begins, there and in the output.
    pub moves: Vec<(u32, u32)>,
}

/// Where the channels of a row lie in the output.
#[derive(Debug, Clone, Copy)]
pub enum To {
    /// In blocks of four, this many floats apart.
    Blocks(usize),
    /// One by one, this many floats apart.
    Floats(usize),
}

/// Copies rows into a new value.
pub struct Arrange {
    /// What is copied.
    pub parts: Vec<Rows>,
    /// Rows that do not depend on the picture, in whole blocks, and where they begin in the output.
    pub constants: Vec<(u32, Vec<f32>)>,
    /// Where their channels go.
    pub to: To,
    /// Whether the output has floats that no row writes, which are zero then.
    pub has_gaps: bool,
    /// Written.
    pub output: (ValueId, Maps),
}

impl Step for Arrange {
    fn reads(&self) -> Vec<ValueId> {
        self.parts.iter().map(|rows| rows.value).collect()
    }

    fn writes(&self) -> ValueId {
        self.output.0
    }

    fn kind(&self) -> &'static str {
        "rows moved"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        for image in images {
            let to = memory.at(self.output.0, image);
            let len = self.output.1.len();
            if self.has_gaps {
                // SAFETY: the output is as long as its maps.
                unsafe { std::ptr::write_bytes(to, 0, len) };
            }
            for rows in &self.parts {
                let from = memory.at(rows.value, image).cast_const();
                let factor = F32x4::splat(rows.factor);
                for &(row, place) in &rows.moves {
                    // SAFETY: lowering made the rows of places within the maps of both.
                    unsafe {
                        let (from, to) = (from.add(row as usize), to.add(place as usize));
                        match self.to {
                            To::Blocks(stride) => {
                                let blocks = rows.channels.div_ceil(LANES);
                                debug_assert!(row as usize + (blocks - 1) * rows.stride + LANES <= rows.maps.len());
                                debug_assert!(place as usize + (blocks - 1) * stride + LANES <= len);
                                for block in 0..blocks {
                                    let value = F32x4::load(from.add(block * rows.stride)).mul(factor);
                                    value.store(to.add(block * stride));
                                }
                            }
                            To::Floats(stride) => {
                                debug_assert!(place as usize + (rows.channels - 1) * stride < len);
                                for channel in 0..rows.channels {
                                    let at = channel / LANES * rows.stride + channel % LANES;
                                    *to.add(channel * stride) = *from.add(at) * rows.factor;
                                }
                            }
                        }
                    }
                }
            }
            for (place, constant) in &self.constants {
                let To::Blocks(stride) = self.to else { unreachable!("constants are put into blocks") };
                for (block, values) in constant.chunks_exact(LANES).enumerate() {
                    debug_assert!(*place as usize + block * stride + LANES <= len);
                    // SAFETY: as above.
                    unsafe { F32x4::load(values.as_ptr()).store(to.add(*place as usize + block * stride)) };
                }
            }
        }
        Ok(())
    }
}
