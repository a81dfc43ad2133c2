//! Channels of one or several values in another order: what is left of slices, shuffles and concatenations that cut blocks.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// A channel of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// The value.
    pub value: ValueId,
    /// Its maps.
    pub maps: Maps,
    /// The channel in it.
    pub channel: usize,
}

/// Copies channels; all of them have the rows and columns of the output.
pub struct Pick {
    /// Read: one for each channel of the output.
    pub channels: Vec<Channel>,
    /// Written.
    pub output: (ValueId, Maps),
}

impl Pick {
    /// Whether the channels of a block are a block of their value.
    fn is_block(channels: &[Channel]) -> bool {
        let first = channels[0];
        channels.len() == LANES
            && first.channel.is_multiple_of(LANES)
            && (0..LANES).all(|lane| channels[lane] == Channel { channel: first.channel + lane, ..first })
    }
}

impl Step for Pick {
    fn reads(&self) -> Vec<ValueId> {
        let mut values: Vec<ValueId> = self.channels.iter().map(|channel| channel.value).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    fn writes(&self) -> ValueId {
        self.output.0
    }

    fn kind(&self) -> &'static str {
        "channels picked"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let (output, maps) = self.output;
        debug_assert!(self.channels.len() == maps.channels);
        for image in images {
            for (block, channels) in self.channels.chunks(LANES).enumerate() {
                // SAFETY: the values are where the planner put them; a channel lies in its block, positions are the same in all.
                unsafe {
                    let to = memory.at(output, image).add(block * maps.block_len());
                    let from = |Channel { value, maps, channel }: Channel| {
                        memory.at(value, image).add(channel / LANES * maps.block_len() + channel % LANES).cast_const()
                    };
                    if Pick::is_block(channels) {
                        let from = from(channels[0]);
                        for at in (0..maps.positions() * LANES).step_by(LANES) {
                            F32x4::load(from.add(at)).store(to.add(at));
                        }
                        continue;
                    }
                    if channels.len() < LANES {
                        std::ptr::write_bytes(to, 0, maps.positions() * LANES);
                    }
                    for (lane, &channel) in channels.iter().enumerate() {
                        let from = from(channel);
                        for at in (0..maps.positions() * LANES).step_by(LANES) {
                            *to.add(at + lane) = *from.add(at);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
