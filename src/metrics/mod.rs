//! What numbers can say of a map: how it settled, how like another it is, and whether the network depends on what it marks.
//!
//! [`judge`] measures any maps of one picture, by passes: a measure says which changed pictures it wants and reads their scores. To add
//! one, write a file here with a type that implements [`Measure`](measure::Measure), and name it in [`measure::ALL`].

pub mod baselines;
pub mod compare;
pub mod convergence;
mod deletion_insertion;
mod drop;
mod energy;
pub mod fills;
pub mod impute;
pub mod judge;
pub mod measure;
pub mod randomisation;
mod ranking;
mod road;
mod series;
pub mod stability;
