//! A line of the results: a picture that was explained, or why it was not.

use scorecam::error::{Error, Result};
use scorecam::explain::Record;
use serde::{Deserialize, Serialize};

/// Whether there is a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Explained,
    Failed,
}

/// Where a map is: in which archive, under which name; or its .npy file itself, in base64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MapPlace {
    Archive { file: String, name: String },
    Here { npy: String },
}

/// A picture that was done with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    pub id: &'a str,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<MapPlace>,
    /// Checksum of the picture's file in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<&'a str>,
    #[serde(flatten)]
    pub record: Option<&'a Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure<'a>>,
}

/// Why a picture could not be explained.
#[derive(Serialize)]
pub struct Failure<'a> {
    kind: &'static str,
    code: &'a str,
    message: &'a str,
    hint: &'a str,
}

impl<'a> From<&'a Error> for Failure<'a> {
    fn from(error: &'a Error) -> Failure<'a> {
        Failure { kind: error.kind.as_str(), code: error.code, message: &error.message, hint: &error.hint }
    }
}

impl Line<'_> {
    /// Its text, with the end of the line.
    pub fn text(&self) -> Result<String> {
        let text =
            serde_json::to_string(self).map_err(|cause| Error::internal("writing a line of the results", cause))?;
        Ok(text + "\n")
    }
}

/// What has to be read of an earlier line to go on.
#[derive(Debug, Deserialize)]
pub struct Earlier {
    pub id: String,
    pub status: Status,
    #[serde(default)]
    pub map: Option<MapPlace>,
}
