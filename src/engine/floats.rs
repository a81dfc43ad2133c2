//! Floats that start at a cache line, so that no register straddles two.

/// Floats in a line.
const LINE: usize = 16;

#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line([f32; LINE]);

/// A buffer of floats.
pub struct Floats {
    lines: Vec<Line>,
    len: usize,
}

impl Floats {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Floats {
        Floats { lines: vec![Line([0.0; LINE]); len.div_ceil(LINE)], len }
    }

    /// Nothing yet, with room for `len`.
    pub fn with_capacity(len: usize) -> Floats {
        Floats { lines: Vec::with_capacity(len.div_ceil(LINE)), len: 0 }
    }

    /// Appends one.
    pub fn push(&mut self, value: f32) {
        if self.len.is_multiple_of(LINE) {
            self.lines.push(Line([0.0; LINE]));
        }
        self.lines[self.len / LINE].0[self.len % LINE] = value;
        self.len += 1;
    }

    /// Number of floats.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The first float.
    pub fn as_ptr(&self) -> *const f32 {
        self.lines.as_ptr().cast()
    }

    /// The first float, to be written.
    pub fn as_mut_ptr(&mut self) -> *mut f32 {
        self.lines.as_mut_ptr().cast()
    }

    /// All of them, to be written.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: the lines have at least `len` floats, side by side.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), self.len) }
    }
}
