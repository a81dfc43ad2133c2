//! The one translator from JavaScript's options to strict Rust.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::error::Result;
use crate::methods::{Method, find};
use crate::target::Wish;

/// What JavaScript may ask for; every call reads the part that concerns it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Options {
    pub layer: Option<String>,
    pub target: Wish,
    method: Option<String>,
    /// Of the method.
    options: Value,
    pub colour_map: Option<String>,
    pub opacity: Option<f32>,
}

impl Options {
    /// The method that is asked for.
    pub fn method(&self) -> Result<Arc<dyn Method>> {
        find(self.method.as_deref(), self.options.clone())
    }

    /// Names the view that is asked for: the same options, the same name.
    pub fn view_name(&self) -> String {
        format!("{:?} {:?} {}", self.target, self.method, self.options)
    }
}
