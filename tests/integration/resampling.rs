//! Pictures are resampled and cropped to the bytes that Pillow and torchvision make.

use scorecam::model::spec::{InputSpec, Resize};
use scorecam::preprocess::prepare;
use scorecam::resize::Resample;
use serde::Deserialize;

use crate::fixtures::{picture, read};

#[derive(Debug, Deserialize)]
struct Case {
    resample: Resample,
    width: usize,
    height: usize,
    resize: Resize,
    crop: f64,
    crc32: u32,
}

#[test]
fn every_filter_and_crop_gives_the_bytes_of_the_references() {
    let cases: Vec<Case> = serde_json::from_slice(&read("tests/fixtures/resampled.json")).unwrap();
    assert_eq!(cases.len(), 4 * (4 + 3));
    let picture = picture("www/samples/chelsea.png");
    for case in cases {
        let Case { resample, width, height, resize, crop, crc32 } = case;
        let spec = InputSpec { width, height, resize, crop, resample: Some(resample), ..InputSpec::default() };
        let pixels = prepare(&picture, &spec, None).pixels;
        assert_eq!(crc32fast::hash(pixels.as_raw()), crc32, "{case:?}");
    }
}

#[test]
fn a_recipe_s_own_filter_counts_where_the_input_leaves_it_open() {
    let picture = picture("www/samples/chelsea.png");
    let spec = InputSpec::default();
    let pixels = |spec: &InputSpec, resample| prepare(&picture, spec, resample).pixels;
    let bicubic = pixels(&spec, Some(Resample::Bicubic));
    assert_ne!(bicubic, pixels(&spec, None));
    let said = InputSpec { resample: Some(Resample::Bilinear), ..spec.clone() };
    assert_eq!(pixels(&said, Some(Resample::Bicubic)), pixels(&spec, None));
}
