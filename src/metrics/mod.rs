//! What can be said of a finished map in numbers.

pub mod compare;
pub mod convergence;
