//! Floats that start at a cache line, so that no register straddles two.

/// Floats in a line.
const LINE: usize = 16;

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line([f32; LINE]);

/// A buffer of floats.
pub struct Floats {
    lines: Vec<Line>,
}

impl Floats {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Floats {
        Floats { lines: vec![Line([0.0; LINE]); len.div_ceil(LINE)] }
    }

    /// The first float.
    pub fn as_ptr(&self) -> *const f32 {
        self.lines.as_ptr().cast()
    }

    /// The first float, to be written.
    pub fn as_mut_ptr(&mut self) -> *mut f32 {
        self.lines.as_mut_ptr().cast()
    }
}

impl From<Vec<f32>> for Floats {
    fn from(values: Vec<f32>) -> Floats {
        let mut floats = Floats::zeros(values.len());
        for (line, values) in floats.lines.iter_mut().zip(values.chunks(LINE)) {
            line.0[..values.len()].copy_from_slice(values);
        }
        floats
    }
}
