//! Formats that are told but not read here.

use crate::error::Error;

/// A format by its name.
pub(super) struct Foreign {
    pub name: &'static str,
    /// Whether it is a picture made of pixels, which some browsers decode.
    pixels: bool,
}

impl Foreign {
    /// Why it is not read; `formats` are those that are.
    pub fn error(&self, formats: &str) -> Error {
        if self.pixels {
            Error::new("picture-foreign-format", &[("format", &self.name)])
        } else {
            Error::new("picture-not-pixels", &[("format", &self.name), ("formats", &formats)])
        }
    }
}

/// What a file is by its first bytes, if it is known and none of those that are read here.
pub(super) fn name(bytes: &[u8]) -> Option<Foreign> {
    let pixels = |name| Some(Foreign { name, pixels: true });
    let other = |name| Some(Foreign { name, pixels: false });
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.first_chunk::<4>()? {
            b"avif" | b"avis" => pixels("AVIF"),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => pixels("HEIC"),
            b"mif1" | b"msf1" => pixels(if mentions(brand, b"avif") { "AVIF" } else { "HEIF" }),
            b"crx " => pixels("CR3"),
            _ => other("a video"),
        },
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] => pixels("JPEG XL"),
        [0, 0, 0, 0x0C, b'j', b'P', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => pixels("JPEG 2000"),
        [b'8', b'B', b'P', b'S', ..] => pixels("Photoshop (PSD)"),
        [0, 0, 1, 0, ..] => pixels("ICO"),
        [b'q', b'o', b'i', b'f', ..] => pixels("QOI"),
        [b'P', b'1'..=b'7', b' ' | b'\n' | b'\r' | b'\t' | b'#', ..] => pixels("PNM"),
        [0x76, 0x2F, 0x31, 0x01, ..] => pixels("OpenEXR"),
        [b'D', b'I', b'C', b'M', ..] => pixels("DICOM"),
        [b'S', b'I', b'M', b'P', b'L', b'E', ..] => pixels("FITS"),
        [b'%', b'P', b'D', b'F', ..] => other("a PDF"),
        [b'%', b'!', ..] => other("PostScript"),
        _ if bytes.get(128..132) == Some(b"DICM") => pixels("DICOM"),
        _ if is_svg(bytes) => other("an SVG drawing"),
        _ => None,
    }
}

/// Whether one of the brands that a file names behind its first one is `brand`.
fn mentions(brands: &[u8], brand: &[u8; 4]) -> bool {
    brands.iter().take(64).collect::<Vec<_>>().windows(4).any(|four| four.iter().copied().eq(brand.iter()))
}

/// Whether it is XML whose first element is svg: behind its declaration there may be comments.
fn is_svg(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    start.starts_with('<') && start.contains("<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let cases: [(&[u8], &str, &str); 7] = [
            (b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF", "picture-foreign-format"),
            (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiaf", "AVIF", "picture-foreign-format"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC", "picture-foreign-format"),
            (b"\xFF\x0A\x00\x00", "JPEG XL", "picture-foreign-format"),
            (b"\0\0\0\x20ftypisom\0\0\0\0", "a video", "picture-not-pixels"),
            (b"%PDF-1.7", "a PDF", "picture-not-pixels"),
            (b"<?xml version='1.0'?>\n<!-- made by hand --><svg/>", "an SVG drawing", "picture-not-pixels"),
        ];
        for (bytes, expected, code) in cases {
            let found = name(bytes).unwrap();
            assert_eq!((found.name, found.error("PNG").code), (expected, code));
        }
        assert!(name(b"Dear diary,\n").is_none());
    }
}
