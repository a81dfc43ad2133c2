//! What a step of a program is, and the memory it works in.

pub mod arrange;
pub mod attention;
pub mod convolution;
pub mod depthwise;
pub mod elementwise;
pub mod fallback;
pub mod function;
pub mod layer_normalization;
pub mod linear;
pub mod normalization;
pub mod pair;
pub mod patches;
pub mod pick;
pub mod pool;
pub mod tile;
pub mod winograd;

use std::ops::Range;

use tract_onnx::prelude::TractResult;

/// Names a value: the activation maps or the vector that a step makes.
pub type ValueId = usize;

/// Where a value lies.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Floats from the start of the memory.
    pub offset: usize,
    /// Floats between the value of an image and that of the next; 0 where images take turns.
    pub image_stride: usize,
}

/// The memory of one thread: every value at its place, and scratch for the step that runs.
pub struct Memory<'a> {
    pub base: *mut f32,
    pub places: &'a [Place],
    pub scratch: *mut f32,
    /// Floats of the values, behind which the scratch begins.
    pub len: usize,
}

impl Memory<'_> {
    /// Where the value of an image starts.
    pub fn at(&self, value: ValueId, image: usize) -> *mut f32 {
        let Place { offset, image_stride } = self.places[value];
        debug_assert!(
            offset + image * image_stride <= self.len,
            "value {value} of image {image} lies behind the memory"
        );
        // SAFETY: the planner keeps all images of all values within the memory.
        unsafe { self.base.add(offset + image * image_stride) }
    }
}

/// One operator of a program, with its weights packed.
pub trait Step: Send + Sync {
    /// The values that it reads.
    fn reads(&self) -> Vec<ValueId>;

    /// The value that it writes, the whole of it.
    fn writes(&self) -> ValueId;

    /// What it is, for a table of steps.
    fn kind(&self) -> &'static str;

    /// Multiply-adds of an image by the definition of the operator, however it is computed.
    fn macs(&self) -> u64 {
        0
    }

    /// Floats of scratch that it needs for `images` images.
    fn scratch(&self, images: usize) -> usize {
        let _ = images;
        0
    }

    /// Computes the value of `images`.
    ///
    /// # Safety
    /// `memory` must be as the planner laid it out for this program, with the scratch that was asked for, and used by
    /// this thread alone.
    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()>;
}
