//! Score-CAM: which parts of a picture made an image classifier decide as it did.
//!
//! For a picture `X`, a class `c` and a layer with `K` activation maps `A_k`, each map is upsampled to the size of the
//! input and scaled to [0, 1]. It then serves as a soft mask `H_k`; the score of `c` for the masked picture is the map's
//! weight:
//!
//! ```text
//! L = ReLU( sum over k of  weight_k * A_k ),    weight_k = score_c(H_k * X)
//! ```
//!
//! No gradient is used, so any network that can be run can be explained; it costs a forward pass for each map. The
//! method is that of Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks"
//! (CVPR Workshops 2020, arXiv 1910.01279). Its implementations differ in what they mask, score, subtract and sum: see
//! [`recipe`](methods::score_cam::recipe).
//!
//! # Stages
//! Data flows one way, a module a stage. Besides its data a stage needs descriptions, which have modules of their own:
//! [`model::spec`] says how pictures become a network's input, [`target`] which number is made of all scores.
//!
//! 1. [`image`]: bytes of a file become an RGB picture
//! 2. [`preprocess`]: picture becomes input tensor, with Pillow's [`resize`]
//! 3. [`model`]: input tensor becomes activations and logits, by the operators of [`engine`]
//! 4. [`methods`]: say which masks are wanted, what their scores weigh, what is summed
//! 5. [`passes`]: masks become scores
//! 6. [`heatmap`]: a weighted [`mod@sum`] becomes a heatmap
//! 7. [`render`]: heatmap becomes colours over the picture
//!
//! [`explain`] composes them, [`metrics`] say more of a map in numbers, [`geometry`] is where all of them have their places
//! from.

// A thread that finds no memory can tell the page so; the compiler for WebAssembly is told to allow it in build.sh.
#![cfg_attr(target_family = "wasm", feature(alloc_error_hook))]

mod chance;
pub mod engine;
pub mod error;
pub mod explain;
pub mod geometry;
pub mod heatmap;
pub mod image;
mod linear;
pub mod methods;
pub mod metrics;
pub mod model;
pub mod passes;
pub mod preprocess;
pub mod render;
pub mod resize;
pub mod sum;
pub mod target;

#[cfg(target_family = "wasm")]
mod wasm;
