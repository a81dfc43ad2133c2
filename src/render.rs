//! Last stage: a heatmap becomes colours, laid over the picture.

use std::io::Cursor;

use ::image::{DynamicImage, ImageFormat, Rgb};

use crate::error::{Error, Result, shown};
use crate::geometry::{Region, read_between};
use crate::heatmap::{Heatmap, Signed};
use crate::image::RgbImage;

/// 256 colours for the values 0 to 1.
pub type ColourTable = [[u8; 3]; 256];

/// A way to show a value in [0, 1] as a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourMap {
    /// Blue, cyan, yellow, red: MATLAB's `jet`, as in the article. Bright bands where nothing special is.
    Jet,
    /// As jet, with even steps.
    Turbo,
    /// Purple to yellow, as even for the colour-blind.
    Viridis,
    /// Black over red to pale yellow.
    Inferno,
    /// Black to white.
    Greys,
}

impl ColourMap {
    /// Every colour map, the default first.
    pub const ALL: [ColourMap; 5] =
        [ColourMap::Jet, ColourMap::Turbo, ColourMap::Viridis, ColourMap::Inferno, ColourMap::Greys];

    /// The name that what speaks for and against is asked for by, instead of a colour map.
    pub const DIVERGING: &str = "diverging";

    /// The name it is asked for by.
    pub const fn name(self) -> &'static str {
        match self {
            ColourMap::Jet => "jet",
            ColourMap::Turbo => "turbo",
            ColourMap::Viridis => "viridis",
            ColourMap::Inferno => "inferno",
            ColourMap::Greys => "greys",
        }
    }

    /// The colour map called `name`.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if there is none.
    pub fn find(name: &str) -> Result<ColourMap> {
        ColourMap::ALL.into_iter().find(|map| map.name() == name).ok_or_else(|| {
            let names = ColourMap::ALL.map(ColourMap::name).join(", ");
            Error::new("colour-map-unknown", &[("name", &shown(name)), ("names", &names)])
        })
    }

    /// Its colours for the values 0, 1/255, ... 1.
    pub fn table(self) -> ColourTable {
        let sampled = |gradient: colorous::Gradient| std::array::from_fn(|i| gradient.eval_rational(i, 256).as_array());
        match self {
            ColourMap::Jet => std::array::from_fn(|i| jet(i as f32 / 255.0)),
            ColourMap::Turbo => sampled(colorous::TURBO),
            ColourMap::Viridis => sampled(colorous::VIRIDIS),
            ColourMap::Inferno => sampled(colorous::INFERNO),
            ColourMap::Greys => std::array::from_fn(|i| [i as u8; 3]),
        }
    }
}

/// MATLAB's `jet`: each channel a trapezium of slope 4 around its quarter.
fn jet(value: f32) -> [u8; 3] {
    [0.75, 0.5, 0.25].map(|centre| ((1.5 - (4.0 * (value - centre)).abs()).clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// Colours for values in [-1, 1], for 0, 1/255, ... 1 of the way: blue below zero, red above, pale grey between. ColorBrewer's RdBu
/// turned round, the even one of its kind.
pub fn diverging_table() -> ColourTable {
    std::array::from_fn(|i| colorous::RED_BLUE.eval_rational(255 - i, 256).as_array())
}

/// Lays `heatmap` over `picture`: `opacity` of its colour, the rest of the picture's. `region` is the part of the picture
/// that the heatmap covers, in the picture's pixels; outside it the picture stays as it is.
pub fn overlay(picture: &RgbImage, heatmap: &Heatmap, region: Region, colour_map: ColourMap, opacity: f32) -> RgbImage {
    let size = (heatmap.height, heatmap.width);
    lay_over(picture, (&heatmap.values, size), region, &colour_map.table(), opacity)
}

/// Lays what speaks for a target (red) and against it (blue) over `picture`, as [`overlay`] does; full colour is what lies
/// farthest from zero. Below it is a bar of the colours, from the negative of that to the positive.
pub fn diverging_overlay(picture: &RgbImage, signed: &Signed, region: Region, opacity: f32) -> RgbImage {
    /// Of the picture's height.
    const BAR: u32 = 24;
    let table = diverging_table();
    let strongest = signed.low.abs().max(signed.high.abs());
    let unit = if strongest > 0.0 { 0.5 / strongest } else { 0.0 };
    let values: Vec<f32> = signed.values.iter().map(|&value| 0.5 + value * unit).collect();
    let laid = lay_over(picture, (&values, (signed.height, signed.width)), region, &table, opacity);
    let (width, height) = laid.dimensions();
    let bar = (height / BAR).max(4);
    RgbImage::from_fn(width, height + 2 * bar, |x, y| match y {
        y if y < height => *laid.get_pixel(x, y),
        y if y < height + bar => Rgb([255; 3]),
        _ => Rgb(table[(x * 255 / (width - 1).max(1)) as usize]),
    })
}

/// Lays values in [0, 1] of [height, width] = `size`, coloured by `table`, over `picture`.
fn lay_over(
    picture: &RgbImage,
    (values, size): (&[f32], (usize, usize)),
    region: Region,
    table: &ColourTable,
    opacity: f32,
) -> RgbImage {
    let opacity = opacity.clamp(0.0, 1.0);
    let mut result = picture.clone();
    for (x, y, pixel) in result.enumerate_pixels_mut() {
        let Some(cell) = region.to_cell((f64::from(x) + 0.5, f64::from(y) + 0.5), size) else { continue };
        let colour = table[(read_between(values, size, cell) * 255.0).round() as usize];
        let Rgb(below) = *pixel;
        *pixel = Rgb(std::array::from_fn(|i| {
            (f32::from(colour[i]) * opacity + f32::from(below[i]) * (1.0 - opacity)).round() as u8
        }));
    }
    result
}

/// The bytes of a PNG file of `picture`.
///
/// # Errors
/// None that a picture of sensible size can cause.
pub fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone())
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|cause| Error::internal("writing the PNG", cause))?;
    Ok(bytes.into_inner())
}

/// The bytes of NumPy's .npy file (format 1.0) of a map: float32 [height, width].
pub fn npy(values: &[f32], (height, width): (usize, usize)) -> Vec<u8> {
    /// Magic, format version and length of the header that follows.
    const PREAMBLE: usize = 10;
    const ALIGNMENT: usize = 64;
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({height}, {width}), }}");
    // Padded with spaces so that the values begin at a multiple of 64 bytes; the newline ends it.
    let end = (PREAMBLE + header.len() + 1).next_multiple_of(ALIGNMENT) - PREAMBLE - 1;
    header = format!("{header:end$}\n");

    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray_npy::ReadNpyExt;

    fn heatmap(values: &[f32], height: usize, width: usize) -> Heatmap {
        Heatmap { values: values.to_vec(), height, width, has_positive_evidence: true }
    }

    #[test]
    fn colour_maps_begin_and_end_where_their_definitions_do() {
        let cases = [
            (ColourMap::Jet, [0, 0, 128], [128, 0, 0]),
            (ColourMap::Viridis, [68, 1, 84], [253, 231, 37]),
            (ColourMap::Inferno, [0, 0, 4], [252, 255, 164]),
            (ColourMap::Greys, [0, 0, 0], [255, 255, 255]),
        ];
        for (map, first, last) in cases {
            let table = map.table();
            let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 1);
            assert!(near(table[0], first) && near(table[255], last), "{map:?}: {:?} {:?}", table[0], table[255]);
        }
    }

    #[test]
    fn opacity_blends_colour_and_picture() {
        let picture = RgbImage::from_pixel(8, 8, Rgb([100, 100, 100]));
        let whole = Region { x: 0.0, y: 0.0, width: 8.0, height: 8.0 };
        let map = heatmap(&[1.0; 4], 2, 2);
        for (opacity, expected) in [(0.0, 100), (0.4, 162), (1.0, 255)] {
            let result = overlay(&picture, &map, whole, ColourMap::Greys, opacity);
            assert_eq!(result.get_pixel(3, 3).0, [expected; 3], "opacity {opacity}");
        }
    }

    #[test]
    fn outside_the_region_that_the_network_saw_the_picture_stays_as_it_is() {
        let picture = RgbImage::from_pixel(8, 2, Rgb([9, 9, 9]));
        let middle = Region { x: 2.0, y: 0.0, width: 4.0, height: 2.0 };
        let result = overlay(&picture, &heatmap(&[0.0, 1.0], 1, 2), middle, ColourMap::Greys, 1.0);
        let row: Vec<u8> = (0..8).map(|x| result.get_pixel(x, 0).0[0]).collect();
        assert_eq!(row, [9, 9, 0, 64, 191, 255, 9, 9]);
    }

    #[test]
    fn the_npy_file_is_read_back_by_another_library() {
        let bytes = npy(&[0.0, 0.5, 1.0, 0.25, 0.125, 0.75], (2, 3));
        let read = ndarray::Array2::<f32>::read_npy(bytes.as_slice()).unwrap();
        assert_eq!(read, ndarray::array![[0.0, 0.5, 1.0], [0.25, 0.125, 0.75]]);
        assert_eq!((bytes.len() - 6 * 4) % 64, 0);
    }

    #[test]
    fn what_speaks_against_is_blue_what_speaks_for_is_red_and_a_bar_says_so() {
        let picture = RgbImage::from_pixel(3, 24, Rgb([0, 0, 0]));
        let whole = Region { x: 0.0, y: 0.0, width: 3.0, height: 24.0 };
        let signed = Signed { values: vec![-1.0, 0.0, 2.0], low: -1.0, high: 2.0, height: 1, width: 3 };
        let laid = diverging_overlay(&picture, &signed, whole, 1.0);
        let [against, nothing, favour] = [0, 1, 2].map(|x| laid.get_pixel(x, 5).0);
        assert!(against[2] > against[0] && favour[0] > favour[2], "{against:?} {favour:?}");
        assert!(nothing.iter().all(|&value| value > 230), "{nothing:?}");
        // Four lines of white and four of colours, from as far below zero as the map goes above.
        assert_eq!(laid.dimensions(), (3, 32));
        assert_eq!((laid.get_pixel(1, 25).0, laid.get_pixel(2, 31).0), ([255; 3], favour));
    }
}
