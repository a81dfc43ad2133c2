//! Whole runs against independent numbers (`tests/reference` makes them), and bad input. One binary, a module a theme.

mod bad_models;
mod bad_pictures;
#[cfg(feature = "cli")]
mod batch;
#[cfg(feature = "cli")]
mod chance;
mod chelsea;
mod command_line;
mod cover;
mod exports;
mod fixtures;
mod fuzz;
#[cfg(feature = "cli")]
mod hostile;
mod inspect;
mod measures;
mod methods;
mod networks;
mod operators;
mod resampling;
mod rivals;
mod squeezenet;
mod tiny;
mod vit_cx;
