//! How activation maps lie in memory: four channels side by side.

use super::simd::LANES;

/// Maps [channels, height, width], stored as [channels / 4, height, width, 4]; channels that do not fill the last block
/// are zero.
///
/// Four channels of a position are one register, so every kernel works on whole registers whatever the width, the stride
/// or the padding, and reads its neighbours in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maps {
    /// Number of maps.
    pub channels: usize,
    /// Rows of a map.
    pub height: usize,
    /// Columns of a map.
    pub width: usize,
}

impl Maps {
    /// Maps whose floats can be counted and addressed; `None` for larger ones: in WebAssembly addresses have 32 bits, and
    /// a length that wraps would lead a kernel out of its buffer.
    pub fn checked(channels: usize, height: usize, width: usize) -> Option<Maps> {
        /// What `block_len` may add to a block.
        const SLACK: usize = 16;
        let block = height.checked_mul(width)?.checked_mul(LANES)?.checked_add(SLACK)?;
        let floats = channels.div_ceil(LANES).checked_mul(block)?;
        (floats <= isize::MAX as usize / size_of::<f32>()).then_some(Maps { channels, height, width })
    }

    /// Blocks of four channels.
    pub fn blocks(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    /// Positions of a map.
    pub fn positions(&self) -> usize {
        self.height * self.width
    }

    /// Floats between a block and the next. Blocks of large maps are kept from starting a whole number of pages apart: the
    /// same position of all blocks would fall into the same few lines of the first-level cache.
    pub fn block_len(&self) -> usize {
        const LINE: usize = 16;
        const PAGE: usize = 1024;
        let len = self.positions() * LANES;
        if len >= PAGE && len % PAGE < LINE { len + LINE } else { len }
    }

    /// Whether there is nothing between a block and the next.
    pub fn is_dense(&self) -> bool {
        self.block_len() == self.positions() * LANES
    }

    /// Floats in all.
    pub fn len(&self) -> usize {
        self.blocks() * self.block_len()
    }

    /// From row-major [channels, height, width].
    pub fn pack(&self, plain: &[f32], blocked: &mut [f32]) {
        let positions = self.positions();
        for (block, out) in blocked.chunks_exact_mut(self.block_len()).enumerate() {
            let out = &mut out[..positions * LANES];
            for lane in 0..LANES {
                let channel = block * LANES + lane;
                let out = out[lane..].iter_mut().step_by(LANES);
                match plain.get(channel * positions..(channel + 1) * positions) {
                    Some(source) => out.zip(source).for_each(|(to, from)| *to = *from),
                    None => out.for_each(|to| *to = 0.0),
                }
            }
        }
    }

    /// To row-major [channels, height, width].
    pub fn unpack(&self, blocked: &[f32], plain: &mut [f32]) {
        for (channel, out) in plain.chunks_exact_mut(self.positions()).enumerate() {
            let source = &blocked[channel / LANES * self.block_len()..][..self.block_len()];
            let source = source[channel % LANES..].iter().step_by(LANES);
            out.iter_mut().zip(source).for_each(|(to, from)| *to = *from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Maps;

    #[test]
    fn packing_puts_four_channels_side_by_side_and_fills_up_with_zeros() {
        let maps = Maps { channels: 5, height: 1, width: 2 };
        let plain: Vec<f32> = (1..=10).map(|value| value as f32).collect();
        let mut blocked = vec![-1.0; maps.len()];
        maps.pack(&plain, &mut blocked);
        assert_eq!(blocked, [1.0, 3.0, 5.0, 7.0, 2.0, 4.0, 6.0, 8.0, 9.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0]);
        let mut back = vec![0.0; 10];
        maps.unpack(&blocked, &mut back);
        assert_eq!(back, plain);
    }

    #[test]
    fn maps_that_no_address_reaches_are_refused() {
        assert!(Maps::checked(1000, 224, 224).is_some());
        assert!(Maps::checked(8, 1 << 31, 1 << 31).is_none());
        assert!(Maps::checked(usize::MAX, 2, 2).is_none());
    }
}
