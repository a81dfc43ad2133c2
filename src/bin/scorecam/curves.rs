//! Curves of several maps as one SVG.

use std::path::Path;

use plotters::prelude::*;
use scorecam::error::{Error, Result};

/// A line: what it is of, whether it is one that knows nothing, and its points.
pub struct Line {
    pub name: String,
    pub is_baseline: bool,
    pub points: Vec<(f64, f64)>,
}

/// Colours that people without one kind of cone can tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

/// Draws `lines` over shares of the pixels; baselines are grey.
///
/// # Errors
/// [`ErrorKind::Internal`](scorecam::error::ErrorKind) if the file cannot be written.
pub fn draw(path: &Path, title: &str, lines: &[Line]) -> Result<()> {
    plot(path, title, lines).map_err(|cause| Error::internal("drawing the curves", cause))
}

fn plot(path: &Path, title: &str, lines: &[Line]) -> std::result::Result<(), Box<dyn std::error::Error>> {
    const SIZE: (u32, u32) = (720, 480);
    let values = || lines.iter().flat_map(|line| &line.points).map(|(_, y)| *y);
    let (low, high) = (values().fold(0.0, f64::min), values().fold(1e-9, f64::max));
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..1.0, low..high * 1.05)?;
    chart.configure_mesh().x_desc("share of the pixels").y_desc("score").draw()?;
    let mut colours = COLOURS.iter().cycle();
    for line in lines {
        let colour = if line.is_baseline { RGBColor(170, 170, 170) } else { *colours.next().unwrap_or(&BLACK) };
        let drawn = chart.draw_series(LineSeries::new(line.points.iter().copied(), colour.stroke_width(2)))?;
        drawn
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw()?;
    area.present()?;
    Ok(())
}
