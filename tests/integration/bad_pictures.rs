//! Files that are no pictures, or pictures that cannot be explained, and the sentence each gets.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use scorecam::error::ErrorKind;
use scorecam::image::decode;

use crate::fixtures::read;

fn encoded(picture: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn gradient() -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 4) as u8, (y * 5) as u8, (x * y) as u8]))
}

#[test]
fn each_bad_file_gets_a_sentence_that_says_what_is_wrong_and_what_to_do() {
    let jpeg = encoded(gradient(), ImageFormat::Jpeg);
    let png = encoded(gradient(), ImageFormat::Png);
    let mut damaged = png.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0xAA);
    let one = encoded(RgbImage::new(1, 1), ImageFormat::Png);
    let cases: [(&str, Vec<u8>, &str); 10] = [
        ("an empty file", vec![], "The picture file is empty (0 bytes)."),
        (
            "text",
            b"Dear diary,\n".to_vec(),
            "This file is not a picture that can be read: its content is not PNG, JPEG, WebP, GIF, BMP or TIFF, whatever its name says.",
        ),
        (
            "an SVG",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "The file is an SVG drawing, which is no picture made of pixels.",
        ),
        (
            "a truncated JPEG",
            jpeg[..jpeg.len() * 2 / 3].to_vec(),
            "The JPEG file is cut off: it ends before its last pixel.",
        ),
        ("a JPEG that ends in its header", jpeg[..40].to_vec(), "The JPEG file is "),
        ("a truncated PNG", png[..png.len() / 2].to_vec(), "The PNG file is cut off: it ends before its last pixel."),
        ("a damaged PNG", damaged, "The PNG file is damaged ("),
        (
            "one pixel",
            one,
            "The picture is 1 by 1 pixels; at least 8 by 8 are needed to ask where in it the evidence lies.",
        ),
        (
            "a strip of millions of lines",
            encoded(RgbImage::new(8, 1_000_000), ImageFormat::Png),
            "The picture is 8 by 1000000 pixels; a side may have at most 65535.",
        ),
        (
            "a decompression bomb",
            read("tests/fixtures/bomb.png"),
            "The picture says it is 60000 by 60000 pixels, 3600 megapixels; at most 100 can be opened.",
        ),
    ];
    for (what, bytes, message) in cases {
        let error = decode(&bytes).expect_err(what);
        assert_eq!(error.kind, ErrorKind::Image, "{what}");
        assert!(error.message.starts_with(message), "{what}: {}", error.message);
        assert!(error.hint.ends_with('.'), "{what} has no advice");
    }
}

/// `jpeg` with another number of lines in its header.
fn with_lines(mut jpeg: Vec<u8>, lines: u16) -> Vec<u8> {
    let frame = jpeg.windows(2).position(|pair| matches!(pair, [0xFF, 0xC0..=0xC2])).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&lines.to_be_bytes());
    jpeg
}

#[test]
fn a_jpeg_that_claims_more_lines_than_it_has_is_refused() {
    let files =
        [("baseline", encoded(gradient(), ImageFormat::Jpeg)), ("progressive", read("tests/fixtures/progressive.jpg"))];
    for (what, jpeg) in files {
        assert!(decode(&jpeg).is_ok(), "{what}");
        for lines in [100, 1_048, 10_048, 65_500] {
            let error =
                decode(&with_lines(jpeg.clone(), lines)).err().unwrap_or_else(|| panic!("{what}, {lines} lines"));
            assert!(error.message.contains(&format!("says it has {lines} lines")), "{what}: {error}");
        }
    }
}

#[test]
fn a_bmp_whose_first_row_is_the_top_one_is_read() {
    let picture = gradient();
    let mut bmp = encoded(picture.clone(), ImageFormat::Bmp);
    let pixels = u32::from_le_bytes(*bmp[10..].first_chunk().unwrap()) as usize;
    let row = picture.width() as usize * 3;
    let turned: Vec<u8> = bmp[pixels..].chunks_exact(row).rev().flatten().copied().collect();
    bmp[pixels..].copy_from_slice(&turned);
    bmp[22..26].copy_from_slice(&(-48_i32).to_le_bytes());
    assert_eq!(decode(&bmp).unwrap().pixels, picture);
}

#[test]
fn of_an_animation_the_first_frame_is_taken_and_said_so() {
    let picture = decode(&read("tests/fixtures/animated.gif")).unwrap();
    assert!(picture.animated);
    // The first frame is red, the second blue.
    assert_eq!(picture.pixels.get_pixel(20, 20).0, [255, 0, 0]);
}

#[test]
fn exif_orientation_is_applied() {
    // 32 x 16, red on the left and blue on the right, to be shown turned by 90 degrees clockwise: red is on top.
    let picture = decode(&read("tests/fixtures/rotated.jpg")).unwrap();
    assert_eq!(picture.pixels.dimensions(), (16, 32));
    let [top, bottom] = [4, 28].map(|y| picture.pixels.get_pixel(8, y).0);
    assert!(top[0] > 200 && top[2] < 60, "{top:?}");
    assert!(bottom[2] > 200 && bottom[0] < 60, "{bottom:?}");
}
