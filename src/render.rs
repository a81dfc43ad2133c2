//! Last stage: a heatmap becomes colours, laid over the picture.

use std::io::Cursor;

use ::image::{DynamicImage, ImageFormat, Rgb};

use crate::error::{Error, ErrorKind, Result};
use crate::heatmap::Heatmap;
use crate::image::RgbImage;
use crate::preprocess::Region;

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
    /// [`ErrorKind::Option`] if there is none.
    pub fn find(name: &str) -> Result<ColourMap> {
        ColourMap::ALL.into_iter().find(|map| map.name() == name).ok_or_else(|| {
            let names = ColourMap::ALL.map(ColourMap::name).join(", ");
            Error::new(
                ErrorKind::Option,
                format!("There is no colour map called \"{name}\"."),
                format!("There are: {names}."),
            )
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

/// Lays `heatmap` over `picture`: `opacity` of its colour, the rest of the picture's. `region` is the part of the picture
/// that the heatmap covers, in the picture's pixels; outside it the picture stays as it is.
pub fn overlay(picture: &RgbImage, heatmap: &Heatmap, region: Region, colour_map: ColourMap, opacity: f32) -> RgbImage {
    let table = colour_map.table();
    let opacity = opacity.clamp(0.0, 1.0);
    let mut result = picture.clone();
    for (x, y, pixel) in result.enumerate_pixels_mut() {
        let across = (f64::from(x) + 0.5 - region.x) / region.width;
        let down = (f64::from(y) + 0.5 - region.y) / region.height;
        if !(0.0..1.0).contains(&across) || !(0.0..1.0).contains(&down) {
            continue;
        }
        let value = heatmap.value_at(across * heatmap.width as f64 - 0.5, down * heatmap.height as f64 - 0.5);
        let colour = table[(value * 255.0).round() as usize];
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

/// The bytes of NumPy's .npy file (format 1.0) of `heatmap`: float32 [height, width].
pub fn npy(heatmap: &Heatmap) -> Vec<u8> {
    /// Magic, format version and length of the header that follows.
    const PREAMBLE: usize = 10;
    const ALIGNMENT: usize = 64;
    let mut header =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", heatmap.height, heatmap.width);
    // Padded with spaces so that the values begin at a multiple of 64 bytes; the newline ends it.
    let end = (PREAMBLE + header.len() + 1).next_multiple_of(ALIGNMENT) - PREAMBLE - 1;
    header = format!("{header:end$}\n");

    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(heatmap.values.iter().flat_map(|value| value.to_le_bytes()));
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
        let bytes = npy(&heatmap(&[0.0, 0.5, 1.0, 0.25, 0.125, 0.75], 2, 3));
        let read = ndarray::Array2::<f32>::read_npy(bytes.as_slice()).unwrap();
        assert_eq!(read, ndarray::array![[0.0, 0.5, 1.0], [0.25, 0.125, 0.75]]);
        assert_eq!((bytes.len() - 6 * 4) % 64, 0);
    }
}
