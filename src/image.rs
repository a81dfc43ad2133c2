//! First stage: the bytes of a file become an RGB picture.
//!
//! PNG, JPEG, WebP, GIF, BMP and TIFF are told apart by their first bytes, never by a file name. EXIF orientation is applied,
//! transparency is laid over white, 16-bit and greyscale pictures become 8-bit RGB, of an animation the first frame is
//! taken. Colours of another profile than sRGB, which the networks were trained with, are converted to it ([`colours`]).
//! Of other formats the error says what they are, so that a browser that reads them can be asked.

use std::io::Cursor;

use ::image::codecs::{gif::GifDecoder, webp::WebPDecoder};
use ::image::{AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use ::image::{RgbaImage, guess_format, imageops};

pub use ::image::RgbImage;

use crate::error::{Error, Result};

pub mod colours;
mod foreign;

use colours::Colours;

/// Pictures of more pixels than this are refused before a pixel is decoded: they would need more memory than a tab has.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Pictures with a longer side are refused: JPEG has no longer ones, and fitting a strip of millions of lines takes
/// gigabytes.
pub const MAX_SIDE: u32 = 65_535;

/// Pictures with a shorter side are refused: there is no "where" in a few pixels.
pub const MIN_SIDE: u32 = 8;

/// Decoders may allocate this many bytes, enough for [`MAX_PIXELS`] of 16-bit RGBA.
const MAX_DECODER_BYTES: u64 = 8 * MAX_PIXELS + (64 << 20);

const FORMATS: &str = "PNG, JPEG, WebP, GIF, BMP or TIFF";

/// A decoded picture.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Upright, opaque, 8 bits a channel.
    pub pixels: RgbImage,
    /// Whether the file was an animation, of which this is the first frame.
    pub animated: bool,
    /// What became of its colours.
    pub colours: Colours,
}

/// Decodes the bytes of a picture file.
///
/// # Errors
/// [`ErrorKind::Image`](crate::error::ErrorKind) if the bytes are empty, of no known format, damaged or cut off, or if the picture has a side
/// below [`MIN_SIDE`] or more than [`MAX_PIXELS`] pixels. The error `picture-foreign-format` has the name of a format that a browser may know.
pub fn decode(bytes: &[u8]) -> Result<Picture> {
    if bytes.is_empty() {
        return Err(Error::new("picture-empty", &[]));
    }
    let format = guess_format(bytes).ok().filter(|format| {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        matches!(format, Png | Jpeg | WebP | Gif | Bmp | Tiff)
    });
    let Some(format) = format else {
        return Err(unknown(bytes));
    };
    let name = format_name(format);
    // From the header alone: where addresses have 32 bits, decoders refuse a size like 60,000 x 60,000 without naming it.
    if let Some((width, height)) = claimed_size(bytes, format) {
        check_size(width, height)?;
    }

    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|cause| unreadable(name, &cause))?;
    let (width, height) = decoder.dimensions();
    check_size(u64::from(width), u64::from(height))?;
    let orientation = decoder.orientation().map_err(|cause| unreadable(name, &cause))?;
    // A profile that cannot be read is none; the picture can.
    let profile = decoder.icc_profile().ok().flatten();
    let end = if format == ImageFormat::Jpeg { Some(jpeg_end(bytes).ok_or_else(|| cut_off(name))?) } else { None };

    let decoded = DynamicImage::from_decoder(decoder).map_err(|cause| unreadable(name, &cause))?;
    if let Some(end) = end {
        check_lines(bytes, end, &decoded)?;
    }
    let (mut decoded, colours) = colours::to_srgb(decoded, profile.as_deref());
    decoded.apply_orientation(orientation);
    Ok(Picture { pixels: over_white(decoded), animated: is_animated(bytes, format), colours })
}

/// The picture of the pixels [height, width, 4] of a canvas: red, green, blue and alpha, not premultiplied.
///
/// # Errors
/// [`ErrorKind::Image`](crate::error::ErrorKind) as of [`decode`], or if there are not as many bytes as the size says.
pub fn from_rgba(rgba: &[u8], width: u32, height: u32) -> Result<Picture> {
    check_size(u64::from(width), u64::from(height))?;
    let Some(pixels) = RgbaImage::from_raw(width, height, rgba.to_vec()) else {
        return Err(Error::new("picture-bytes", &[("bytes", &rgba.len()), ("width", &width), ("height", &height)]));
    };
    Ok(Picture { pixels: over_white(pixels.into()), animated: false, colours: Colours::Srgb })
}

/// Shrinks a picture so that its longer side is at most `longest` pixels; smaller pictures stay as they are.
pub fn fit_within(pixels: &RgbImage, longest: u32) -> RgbImage {
    let (width, height) = pixels.dimensions();
    if width.max(height) <= longest {
        return pixels.clone();
    }
    let scale = f64::from(longest) / f64::from(width.max(height));
    let shrink = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    imageops::thumbnail(pixels, shrink(width), shrink(height))
}

/// Why a file that is none of [`FORMATS`] cannot be read. One that the browser may decode is refused here if it is too large.
fn unknown(bytes: &[u8]) -> Error {
    let Some(format) = foreign::name(bytes) else {
        return Error::new("picture-unknown-format", &[("formats", &FORMATS)]);
    };
    let size = imagesize::blob_size(bytes).ok().map(|size| check_size(size.width as u64, size.height as u64));
    match size {
        Some(Err(too_large)) => too_large,
        _ => format.error(FORMATS),
    }
}

fn check_size(width: u64, height: u64) -> Result<()> {
    let pixels = width.saturating_mul(height);
    if pixels > MAX_PIXELS {
        let (megapixels, most) = (pixels / 1_000_000, MAX_PIXELS / 1_000_000);
        return Err(Error::new(
            "picture-too-many-pixels",
            &[("width", &width), ("height", &height), ("megapixels", &megapixels), ("most", &most)],
        ));
    }
    if width.max(height) > u64::from(MAX_SIDE) {
        return Err(Error::new(
            "picture-side-too-long",
            &[("width", &width), ("height", &height), ("most", &MAX_SIDE)],
        ));
    }
    if width.min(height) < u64::from(MIN_SIDE) {
        return Err(Error::new("picture-too-small", &[("width", &width), ("height", &height), ("least", &MIN_SIDE)]));
    }
    Ok(())
}

/// Width and height as the header has them.
fn claimed_size(bytes: &[u8], format: ImageFormat) -> Option<(u64, u64)> {
    if format != ImageFormat::Bmp {
        let size = imagesize::blob_size(bytes).ok()?;
        return Some((size.width as u64, size.height as u64));
    }
    /// Of a BMP, behind its file header and the length of the next one; that is 12 bytes long in the oldest kind.
    const SIZE_AT: usize = 18;
    const OLDEST: [u8; 4] = [12, 0, 0, 0];
    let number = |at: usize| Some(i32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    if bytes.get(SIZE_AT - 4..)?.starts_with(&OLDEST) {
        let both = number(SIZE_AT)? as u32;
        return Some((u64::from(both & 0xffff), u64::from(both >> 16)));
    }
    // A negative height means that the first row is the top one.
    Some((u64::from(number(SIZE_AT)?.unsigned_abs()), u64::from(number(SIZE_AT + 4)?.unsigned_abs())))
}

/// Lays a picture over white and drops its alpha channel. 16 bits are rounded to 8.
fn over_white(decoded: DynamicImage) -> RgbImage {
    if !decoded.color().has_alpha() {
        return decoded.into_rgb8();
    }
    let rgba = decoded.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, alpha] = rgba.get_pixel(x, y).0;
        let blend = |channel: u8| {
            let alpha = u32::from(alpha);
            ((u32::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        ::image::Rgb([blend(r), blend(g), blend(b)])
    })
}

/// Where the pixel data of a JPEG ends, at its end-of-image marker; `None` if it has none (a thumbnail inside may). The
/// decoder fills what is missing with grey, which would be explained as if it were part of the picture.
fn jpeg_end(bytes: &[u8]) -> Option<usize> {
    const FILL: u8 = 0xFF;
    const START_OF_SCAN: u8 = 0xDA;
    const END_OF_IMAGE: u8 = 0xD9;
    let mut at = 2; // behind the start-of-image marker
    let mut in_scan = false;
    loop {
        let rest = bytes.get(at..)?;
        match rest {
            [FILL, END_OF_IMAGE, ..] if in_scan => return Some(at),
            // Stuffed zeros and restarts belong to the pixel data.
            [FILL, 0 | 0xD0..=0xD7, ..] if in_scan => at += 2,
            [FILL, FILL, ..] => at += 1,
            [FILL, marker, high, low, ..] => {
                in_scan = *marker == START_OF_SCAN;
                at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
            }
            [_, ..] if in_scan => at += 1,
            _ => return None,
        }
    }
}

/// Refuses a JPEG whose pixel data ends before the last of the lines that its header claims. If it is whole, what is put
/// behind it changes nothing.
fn check_lines(bytes: &[u8], end: usize, decoded: &DynamicImage) -> Result<()> {
    /// Neither zeros nor a marker.
    const OTHER: [u8; 8] = [0x5A, 0xC3, 0x91, 0x7E, 0x2D, 0xB8, 0x66, 0xE4];
    let more = OTHER.repeat(256);
    let longer = [&bytes[..end], &more, &bytes[end..]].concat();
    let again = ImageReader::with_format(Cursor::new(longer.as_slice()), ImageFormat::Jpeg).into_decoder();
    let again = again.and_then(DynamicImage::from_decoder);
    if again.is_ok_and(|again| again.as_bytes() == decoded.as_bytes()) {
        return Ok(());
    }
    Err(Error::new("picture-lines-missing", &[("lines", &decoded.height())]))
}

fn is_animated(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        ImageFormat::Gif => {
            GifDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.into_frames().take(2).count() == 2)
        }
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.has_animation()),
        _ => false,
    }
}

fn format_name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        _ => "BMP",
    }
}

fn cut_off(format: &str) -> Error {
    Error::new("picture-cut-off", &[("format", &format)])
}

fn unreadable(format: &str, cause: &ImageError) -> Error {
    let ends_early = matches!(cause, ImageError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof)
        || cause.to_string().contains("unexpected end of file");
    if ends_early {
        return cut_off(format);
    }
    match cause {
        ImageError::Unsupported(_) => Error::new("picture-unsupported", &[("format", &format), ("cause", cause)]),
        ImageError::Limits(_) => Error::new("picture-needs-memory", &[("format", &format), ("cause", cause)]),
        _ => Error::new("picture-damaged", &[("format", &format), ("cause", cause)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{DynamicImage, GrayImage, ImageBuffer, Luma, Rgba, RgbaImage};

    fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn transparency_is_laid_over_white() {
        let half_red = RgbaImage::from_pixel(8, 8, Rgba([200, 0, 100, 128]));
        let picture = decode(&encode(half_red, ImageFormat::Png)).unwrap();
        // 200 * 128/255 + 255 * 127/255 = 227.4; 0 + 127 = 127; 50.2 + 127 = 177.2
        assert_eq!(picture.pixels.get_pixel(3, 3).0, [227, 127, 177]);
    }

    #[test]
    fn the_pixels_of_a_canvas_are_laid_over_white_too() {
        let half_red = RgbaImage::from_pixel(8, 9, Rgba([200, 0, 100, 128]));
        let picture = from_rgba(half_red.as_raw(), 8, 9).unwrap();
        assert_eq!((picture.pixels.dimensions(), picture.pixels.get_pixel(3, 3).0), ((8, 9), [227, 127, 177]));
        assert!(from_rgba(&[0; 100], 8, 9).unwrap_err().message.contains("100 bytes are no picture of 8 by 9"));
    }

    #[test]
    fn sixteen_bit_grey_becomes_eight_bit_rgb() {
        let grey: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_pixel(9, 8, Luma([0x8080]));
        let picture = decode(&encode(grey, ImageFormat::Png)).unwrap();
        assert_eq!(picture.pixels.get_pixel(8, 7).0, [128, 128, 128]);
    }

    #[test]
    fn every_promised_format_is_read() {
        let grey = GrayImage::from_fn(16, 12, |x, y| Luma([(x * 16 + y) as u8]));
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::WebP,
            ImageFormat::Gif,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
        ] {
            let rgb = DynamicImage::from(grey.clone()).into_rgb8();
            let picture = decode(&encode(rgb, format)).unwrap();
            assert_eq!(picture.pixels.dimensions(), (16, 12), "{format:?}");
            assert!(!picture.animated, "{format:?}");
        }
    }

    #[test]
    fn a_long_picture_is_fitted_and_a_small_one_left_alone() {
        let wide = RgbImage::new(400, 100);
        assert_eq!(fit_within(&wide, 200).dimensions(), (200, 50));
        assert_eq!(fit_within(&wide, 400).dimensions(), (400, 100));
    }
}
