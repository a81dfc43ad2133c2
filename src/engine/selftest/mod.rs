//! The kernels checked and measured where they run: by the page, the benchmark and the tests, and by nobody else.

pub mod check;
pub mod measure;
