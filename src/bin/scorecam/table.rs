//! Tables of what was measured: printed, and as files.

use std::fs;
use std::path::Path;

use scorecam::error::{Error, Result};
use scorecam::metrics::judge::{Row, Verdict};
use scorecam::metrics::measure::{Better, Number};
use scorecam::metrics::stability::Steadiness;
use serde_json::{Map, Value};

use crate::curves::{Line, draw};
use crate::files::unwritable;

/// What a table does not prove.
pub const CAUTION: &str = "No single number tells whether a map is right, and a few pictures prove nothing: a picture with pixels removed is one that the network has never seen.";

/// A cell of the table.
pub struct Measured {
    pub map: String,
    pub is_baseline: bool,
    pub measure: String,
    pub value: Option<f64>,
    pub better: Better,
}

/// What was measured by passes.
pub fn of_verdict(verdict: &Verdict) -> Vec<Measured> {
    let of_row = |row: &Row| {
        let cell = |Number { name, value, better }: &Number| Measured {
            map: row.name.clone(),
            is_baseline: row.is_baseline,
            measure: name.clone(),
            value: *value,
            better: *better,
        };
        row.reading.numbers.iter().map(cell).collect::<Vec<_>>()
    };
    verdict.rows.iter().flat_map(of_row).collect()
}

/// What was measured by explaining again.
pub fn of_steadiness(map: &str, found: &Steadiness) -> Vec<Measured> {
    let cell = |Number { name: measure, value, better }: Number| Measured {
        map: map.to_owned(),
        is_baseline: false,
        measure,
        value,
        better,
    };
    found.numbers().map(cell).into()
}

/// A row a number, a column a map.
pub fn print(rows: &[Measured]) {
    print_cells(rows, |cells, map| {
        let value = cells.iter().find(|cell| cell.map == map).and_then(|cell| cell.value);
        value.map_or("-".to_owned(), |value| format!("{value:.4}"))
    });
}

/// The same of several pictures: means, and of maps that are not chance on how many pictures none was better.
pub fn print_means(pictures: &[Vec<Measured>]) {
    let all: Vec<&Measured> = pictures.iter().flatten().collect();
    let first = pictures.iter().max_by_key(|rows| rows.len()).map_or(&[][..], |rows| rows);
    print_cells(first, |cells, map| {
        let measure = &cells[0].measure;
        let of_map: Vec<&&Measured> = all.iter().filter(|cell| cell.measure == *measure && cell.map == map).collect();
        let values: Vec<f64> = of_map.iter().filter_map(|cell| cell.value).collect();
        if values.is_empty() {
            return "-".to_owned();
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        if of_map[0].is_baseline || of_map[0].better == Better::Neither {
            return format!("{mean:.3}");
        }
        let wins = pictures.iter().filter(|rows| is_best(rows, measure, map)).count();
        format!("{mean:.3} ({wins})")
    });
}

fn is_best(rows: &[Measured], measure: &str, map: &str) -> bool {
    let rivals = || rows.iter().filter(|cell| cell.measure == measure && !cell.is_baseline);
    let Some(own) = rivals().find(|cell| cell.map == map) else { return false };
    let signed = |cell: &Measured| cell.value.map(|v| if cell.better == Better::Lower { -v } else { v });
    signed(own).is_some_and(|own| rivals().filter_map(signed).all(|other| other <= own))
}

fn print_cells(rows: &[Measured], cell: impl Fn(&[&Measured], &str) -> String) {
    let maps = distinct(rows.iter().map(|cell| cell.map.as_str()));
    let measures = distinct(rows.iter().map(|cell| cell.measure.as_str()));
    let width = maps.iter().map(|map| map.len()).max().unwrap_or(0).max(10) + 2;
    print!("{:<36}", "");
    maps.iter().for_each(|map| print!("{map:>width$}"));
    println!();
    for measure in measures {
        let cells: Vec<&Measured> = rows.iter().filter(|cell| cell.measure == measure).collect();
        let arrow = match cells[0].better {
            Better::Higher => " (higher)",
            Better::Lower => " (lower)",
            Better::Neither => "",
        };
        print!("{:<36}", format!("{measure}{arrow}"));
        maps.iter().for_each(|map| print!("{:>width$}", cell(&cells, map)));
        println!();
    }
}

/// Each once, in the order of its first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// `measures.csv`, `measures.json` and an SVG for each kind of curve.
pub fn write(out: &Path, rows: &[Measured], verdict: Option<&Verdict>, steady: &[(String, Steadiness)]) -> Result<()> {
    let internal = |cause: &dyn std::fmt::Display| Error::internal("writing the table", cause.to_string());
    fs::create_dir_all(out).map_err(|cause| unwritable(out, &cause))?;
    let file = out.join("measures.csv");
    let mut csv = csv::Writer::from_path(&file).map_err(|cause| internal(&cause))?;
    csv.write_record(["map", "measure", "value", "better"]).map_err(|cause| internal(&cause))?;
    for Measured { map, measure, value, better, .. } in rows {
        let better = match better {
            Better::Higher => "higher",
            Better::Lower => "lower",
            Better::Neither => "",
        };
        let value = value.map_or(String::new(), |value| value.to_string());
        csv.write_record([map, measure, &value, better]).map_err(|cause| internal(&cause))?;
    }
    csv.flush().map_err(|cause| unwritable(&file, &cause))?;
    let steady: Map<String, Value> =
        steady.iter().map(|(name, found)| (name.clone(), serde_json::to_value(found).unwrap_or_default())).collect();
    let all = serde_json::json!({ "verdict": verdict, "stability": steady });
    let file = out.join("measures.json");
    let text = serde_json::to_string_pretty(&all).map_err(|cause| internal(&cause))?;
    fs::write(&file, text).map_err(|cause| unwritable(&file, &cause))?;
    let Some(verdict) = verdict else { return Ok(()) };
    let curves = verdict.rows.iter().flat_map(|row| &row.reading.curves);
    let names = distinct(curves.map(|curve| curve.name.as_str()));
    for name in names {
        let line = |row: &Row| {
            let curve = row.reading.curves.iter().find(|curve| curve.name == name)?;
            let points = curve.x.iter().copied().zip(curve.y.iter().copied()).collect();
            Some(Line { name: row.name.clone(), is_baseline: row.is_baseline, points })
        };
        let lines: Vec<Line> = verdict.rows.iter().filter_map(line).collect();
        draw(&out.join(format!("{name}.svg")), name, &lines)?;
    }
    Ok(())
}
