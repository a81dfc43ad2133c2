//! Colours of a picture with a profile become those of sRGB, as a browser shows them.

use ::image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, ProfileText, TransformOptions};
use serde::Serialize;

/// Levels of 255 by which a profile's colours may differ from sRGB's and still be taken for those: rounding, and the
/// versions of sRGB that cameras write.
const SAME: u8 = 2;

/// What became of a picture's colours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Colours {
    /// They are sRGB's, or the file says nothing of them.
    Srgb,
    /// They were those of `profile` and were converted to sRGB.
    Converted {
        /// The profile's name.
        profile: String,
    },
    /// They are those of `profile`, which could not be converted: they are taken as if they were sRGB's.
    Kept {
        /// The profile's name.
        profile: String,
    },
}

/// Converts a picture whose file has an ICC profile to sRGB, 8 bits a channel. Pictures of sRGB's own colours keep their bytes.
pub(super) fn to_srgb(decoded: DynamicImage, profile: Option<&[u8]>) -> (DynamicImage, Colours) {
    let Some(profile) = profile.and_then(|bytes| ColorProfile::new_from_slice(bytes).ok()) else {
        return (decoded, Colours::Srgb);
    };
    let name = name(&profile);
    let kept = Colours::Kept { profile: name.clone() };
    // Of greys a profile says how light they are; what a decoder made RGB of CMYK is not the profile's any more.
    if profile.color_space != DataColorSpace::Rgb || !decoded.color().has_color() {
        let colours = if decoded.color().has_color() { kept } else { Colours::Srgb };
        return (decoded, colours);
    }
    let converted = |layout, from: &[u8]| -> Option<Vec<u8>> {
        let srgb = ColorProfile::new_srgb();
        let transform = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()).ok()?;
        let mut to = vec![0; from.len()];
        transform.transform(from, &mut to).ok()?;
        Some(to)
    };
    let probe = probe();
    match converted(Layout::Rgb, &probe) {
        None => return (decoded, kept),
        Some(seen) if seen.iter().zip(&probe).all(|(a, b)| a.abs_diff(*b) <= SAME) => return (decoded, Colours::Srgb),
        Some(_) => {}
    }
    let (width, height) = (decoded.width(), decoded.height());
    let made = if decoded.color().has_alpha() {
        let rgba = decoded.to_rgba8();
        let bytes = converted(Layout::Rgba, rgba.as_raw());
        bytes.and_then(|bytes| ::image::RgbaImage::from_raw(width, height, bytes)).map(DynamicImage::from)
    } else {
        let rgb = decoded.to_rgb8();
        let bytes = converted(Layout::Rgb, rgb.as_raw());
        bytes.and_then(|bytes| ::image::RgbImage::from_raw(width, height, bytes)).map(DynamicImage::from)
    };
    match made {
        Some(made) => (made, Colours::Converted { profile: name }),
        None => (decoded, kept),
    }
}

/// Five levels of each channel, all combinations.
fn probe() -> Vec<u8> {
    const LEVELS: [u8; 5] = [0, 64, 128, 192, 255];
    let pairs = LEVELS.iter().flat_map(|r| LEVELS.iter().map(move |g| (r, g)));
    pairs.flat_map(|(r, g)| LEVELS.iter().flat_map(move |b| [*r, *g, *b])).collect()
}

/// What the profile is called: its English name, or the first one.
fn name(profile: &ColorProfile) -> String {
    let text = match &profile.description {
        Some(ProfileText::PlainString(text)) => text.clone(),
        Some(ProfileText::Localizable(names)) => {
            let english = names.iter().find(|name| name.language == "en");
            english.or(names.first()).map_or_else(String::new, |name| name.value.clone())
        }
        Some(ProfileText::Description(description)) => description.ascii_string.clone(),
        None => String::new(),
    };
    let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\0');
    if text.is_empty() { "ICC".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::{Rgb, RgbImage, Rgba, RgbaImage};

    fn encoded(profile: &ColorProfile) -> Vec<u8> {
        profile.encode().unwrap()
    }

    #[test]
    fn display_p3_becomes_srgb() {
        let red = RgbImage::from_pixel(8, 8, Rgb([200, 100, 50]));
        let profile = encoded(&ColorProfile::new_display_p3());
        let (picture, colours) = to_srgb(red.into(), Some(&profile));
        // By the matrices and the curve of CSS Color 4: 214.9, 92.6, 31.0.
        assert_eq!(picture.to_rgb8().get_pixel(3, 3).0, [215, 93, 31]);
        assert!(matches!(colours, Colours::Converted { .. }), "{colours:?}");
    }

    #[test]
    fn alpha_is_no_colour() {
        let red = RgbaImage::from_pixel(8, 8, Rgba([200, 100, 50, 77]));
        let (picture, _) = to_srgb(red.into(), Some(&encoded(&ColorProfile::new_display_p3())));
        assert_eq!(picture.to_rgba8().get_pixel(3, 3).0[3], 77);
    }

    #[test]
    fn srgb_keeps_its_bytes() {
        let picture = RgbImage::from_fn(16, 16, |x, y| Rgb([(x * 16) as u8, (y * 16) as u8, (x * y) as u8]));
        let (same, colours) = to_srgb(picture.clone().into(), Some(&encoded(&ColorProfile::new_srgb())));
        assert_eq!((same.to_rgb8(), colours), (picture, Colours::Srgb));
    }

    #[test]
    fn a_profile_that_cannot_be_read_is_none() {
        let picture = RgbImage::from_pixel(8, 8, Rgb([1, 2, 3]));
        let (same, colours) = to_srgb(picture.clone().into(), Some(b"no profile"));
        assert_eq!((same.to_rgb8(), colours), (picture, Colours::Srgb));
    }
}
