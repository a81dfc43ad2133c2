//! Bytes that stay in JavaScript's memory while they are read.

use js_sys::Uint8Array;
use prost::bytes::Buf;

/// How much is copied over at once.
const PIECE: u32 = 1 << 20;

/// Reads a `Uint8Array` front to back through a window: a network's file of half a gigabyte never lies in wasm memory as
/// a whole, which does not shrink again.
pub struct JsBytes {
    source: Uint8Array,
    /// Where in `source` the next window starts.
    next: u32,
    window: Vec<u8>,
    /// How much of the window was read.
    read: usize,
}

impl JsBytes {
    /// From the first byte of `source` on.
    pub fn new(source: Uint8Array) -> JsBytes {
        let mut bytes = JsBytes { source, next: 0, window: Vec::new(), read: 0 };
        bytes.refill();
        bytes
    }

    fn refill(&mut self) {
        let end = self.source.length().min(self.next.saturating_add(PIECE));
        self.window = self.source.subarray(self.next, end).to_vec();
        self.next = end;
        self.read = 0;
    }
}

impl Buf for JsBytes {
    fn remaining(&self) -> usize {
        self.window.len() - self.read + (self.source.length() - self.next) as usize
    }

    fn chunk(&self) -> &[u8] {
        &self.window[self.read..]
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.remaining(), "advancing past the end of the file");
        while count > 0 {
            let step = count.min(self.window.len() - self.read);
            self.read += step;
            count -= step;
            if self.read == self.window.len() {
                self.refill();
            }
        }
    }
}
