//! The lines of a shard as a Parquet table: a row a picture, a column each for what is one number or one text.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::Result as Parquet;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use scorecam::error::{Error, Result};
use serde_json::Value;

use crate::files::unwritable;

/// A column's name, its type, and where it is found in a line.
struct Column {
    name: String,
    kind: Kind,
    path: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Number,
    Truth,
}

impl Kind {
    fn schema(self) -> (&'static str, &'static str) {
        match self {
            Kind::Text => ("BYTE_ARRAY", " (UTF8)"),
            Kind::Integer => ("INT64", ""),
            Kind::Number => ("DOUBLE", ""),
            Kind::Truth => ("BOOLEAN", ""),
        }
    }
}

const COLUMNS: [(&str, Kind, &str); 23] = [
    ("id", Kind::Text, "/id"),
    ("status", Kind::Text, "/status"),
    ("image", Kind::Text, "/image"),
    ("sha256", Kind::Text, "/sha256"),
    ("class", Kind::Integer, "/class"),
    ("label", Kind::Text, "/label"),
    ("probability", Kind::Number, "/probability"),
    ("expected_name", Kind::Text, "/expectedName"),
    ("expected", Kind::Integer, "/expected/index"),
    ("expected_label", Kind::Text, "/expected/label"),
    ("expected_probability", Kind::Number, "/expected/probability"),
    ("is_correct", Kind::Truth, "/isCorrect"),
    ("method", Kind::Text, "/method"),
    ("layer", Kind::Text, "/layer"),
    ("target_kind", Kind::Text, "/target/kind"),
    ("target_class", Kind::Integer, "/target/index"),
    ("target_score", Kind::Number, "/target/score"),
    ("no_positive_evidence", Kind::Truth, "/diagnostics/noPositiveEvidence"),
    ("partial", Kind::Truth, "/diagnostics/partial"),
    ("score_ms", Kind::Number, "/timings/scoreMs"),
    ("map_file", Kind::Text, "/map/file"),
    ("map_name", Kind::Text, "/map/name"),
    ("error", Kind::Text, "/error/message"),
];

/// Writes the table beside the file of `lines`, under the same name with another ending.
pub fn write(lines: &Path) -> Result<()> {
    let path = lines.with_extension("parquet");
    let text = fs::read_to_string(lines).map_err(|cause| unwritable(lines, &cause))?;
    let rows: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let new = path.with_extension("parquet.new");
    let file = File::create(&new).map_err(|cause| unwritable(&new, &cause))?;
    write_rows(file, &rows).map_err(|cause| Error::internal("writing the table", cause))?;
    fs::rename(&new, &path).map_err(|cause| unwritable(&path, &cause))
}

fn write_rows(file: File, rows: &[Value]) -> Parquet<()> {
    let fixed = COLUMNS.iter().map(|&(name, kind, path)| Column { name: name.into(), kind, path: path.into() });
    let names: BTreeSet<&String> =
        rows.iter().filter_map(|row| row["measures"].as_object()).flat_map(|measures| measures.keys()).collect();
    let measured = names.iter().map(|name| Column {
        name: name.replace('-', "_"),
        kind: Kind::Number,
        path: format!("/measures/{name}"),
    });
    let columns: Vec<Column> = fixed.chain(measured).collect();
    let fields = columns.iter().map(|Column { name, kind, .. }| {
        let (physical, logical) = kind.schema();
        format!("optional {physical} {name}{logical};")
    });
    let schema = parse_message_type(&format!("message pictures {{ {} }}", fields.collect::<String>()))?;
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::default())?;
    let mut group = writer.next_row_group()?;
    for column in &columns {
        let values: Vec<Option<&Value>> =
            rows.iter().map(|row| row.pointer(&column.path).filter(|value| !value.is_null())).collect();
        write_column(&mut group, column.kind, &values)?;
    }
    group.close()?;
    writer.close().map(|_| ())
}

fn write_column(group: &mut SerializedRowGroupWriter<File>, kind: Kind, values: &[Option<&Value>]) -> Parquet<()> {
    // A value that is there is on level 1.
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let there = || values.iter().flatten();
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    match kind {
        Kind::Text => {
            let texts: Vec<ByteArray> = there().map(|value| value.as_str().unwrap_or_default().into()).collect();
            column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None)?;
        }
        Kind::Integer => {
            let numbers: Vec<i64> = there().map(|value| value.as_i64().unwrap_or_default()).collect();
            column.typed::<Int64Type>().write_batch(&numbers, Some(&levels), None)?;
        }
        Kind::Number => {
            let numbers: Vec<f64> = there().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect();
            column.typed::<DoubleType>().write_batch(&numbers, Some(&levels), None)?;
        }
        Kind::Truth => {
            let truths: Vec<bool> = there().map(|value| value.as_bool().unwrap_or_default()).collect();
            column.typed::<BoolType>().write_batch(&truths, Some(&levels), None)?;
        }
    }
    column.close()
}
