//! Second stage: a picture becomes a network's input tensor.

use crate::geometry::Region;
use crate::image::RgbImage;
use crate::model::spec::{ChannelOrder, InputSpec, Range, Resize};
use crate::resize::{Cut, Resample, resize};

/// A picture as a network takes it.
#[derive(Debug, Clone)]
pub struct Input {
    /// The pixels at input size, 0..255.
    pub pixels: RgbImage,
    /// The normalised tensor [3, height, width], channels in the network's order.
    pub tensor: Vec<f32>,
    /// The part of the picture that `pixels` shows.
    pub region: Region,
}

impl Input {
    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        (self.pixels.height() as usize, self.pixels.width() as usize)
    }

    /// Pixels, and so values of a mask.
    pub fn positions(&self) -> usize {
        self.size().0 * self.size().1
    }
}

/// Fits `picture` to the input size, as [`resize`] does, and normalises it. `resample` is what is resampled with where
/// `spec` leaves it open.
pub fn prepare(picture: &RgbImage, spec: &InputSpec, resample: Option<Resample>) -> Input {
    let filter = spec.resample.or(resample).unwrap_or_default();
    let (region, pixels) = match cut(picture.dimensions(), spec) {
        Some((region, cut)) => {
            let (width, height) = picture.dimensions();
            let whole = Region { x: 0.0, y: 0.0, width: f64::from(width), height: f64::from(height) };
            (region, resize(picture, whole, cut, filter))
        }
        None => {
            let region = region(picture.dimensions(), spec);
            (region, resize(picture, region, Cut::all((spec.width, spec.height)), filter))
        }
    };
    let tensor = normalise(pixels.as_raw(), spec);
    Input { pixels, tensor, region }
}

/// Pixels [height, width, 3] of 0..255 in RGB become the tensor [3, height, width] of `spec`.
pub fn normalise(pixels: &[u8], spec: &InputSpec) -> Vec<f32> {
    let plane = pixels.len() / 3;
    let mut tensor = vec![0.0; pixels.len()];
    for (channel, out) in tensor.chunks_exact_mut(plane.max(1)).enumerate() {
        let table = normalisation_table(channel, spec);
        let source = source_channel(channel, spec.order);
        for (value, pixel) in out.iter_mut().zip(pixels.chunks_exact(3)) {
            *value = table[usize::from(pixel[source])];
        }
    }
    tensor
}

/// The picture [height, width] that the tensor [3, height, width] of `spec` is made from, rounded to 8 bits.
pub fn denormalise(tensor: &[f32], spec: &InputSpec) -> RgbImage {
    let plane = spec.width * spec.height;
    let unit = match spec.range {
        Range::Unit => 255.0,
        Range::Bytes => 1.0,
    };
    RgbImage::from_fn(spec.width as u32, spec.height as u32, |x, y| {
        let at = y as usize * spec.width + x as usize;
        let mut pixel = [0; 3];
        for channel in 0..3 {
            let value = (tensor[channel * plane + at] * spec.std[channel] + spec.mean[channel]) * unit;
            pixel[source_channel(channel, spec.order)] = value.round().clamp(0.0, 255.0) as u8;
        }
        image::Rgb(pixel)
    })
}

/// The tensor's value for each of a pixel's 256, in the tensor's channel `channel`.
pub fn normalisation_table(channel: usize, spec: &InputSpec) -> [f32; 256] {
    let (mean, std) = (spec.mean[channel], spec.std[channel]);
    std::array::from_fn(|value| {
        let value = value as f32;
        let ranged = match spec.range {
            Range::Unit => value / 255.0,
            Range::Bytes => value,
        };
        (ranged - mean) / std
    })
}

/// Which of red (0), green (1) and blue (2) the tensor's channel `channel` takes.
pub fn source_channel(channel: usize, order: ChannelOrder) -> usize {
    match order {
        ChannelOrder::Rgb => channel,
        ChannelOrder::Bgr => 2 - channel,
    }
}

fn region((width, height): (u32, u32), spec: &InputSpec) -> Region {
    let (width, height) = (f64::from(width), f64::from(height));
    match spec.resize {
        Resize::Stretch => Region { x: 0.0, y: 0.0, width, height },
        Resize::Crop => {
            let aspect = spec.width as f64 / spec.height as f64;
            let crop_width = width.min(height * aspect);
            let crop_height = height.min(width / aspect);
            Region {
                x: (width - crop_width) / 2.0,
                y: (height - crop_height) / 2.0,
                width: crop_width,
                height: crop_height,
            }
        }
    }
}

/// A crop fraction: the picture is resized as a whole, to more than the input's size, and its centre is cut out. The part of
/// the picture that is seen, and the cut; `None` where there is no crop fraction.
///
/// "Resize 256, crop 224" is the fraction 0.875: sizes are those of torchvision's `Resize` and `CenterCrop` and of timm's
/// `crop_pct`, which rounds the larger size down.
fn cut((width, height): (u32, u32), spec: &InputSpec) -> Option<(Region, Cut)> {
    /// A fraction that was typed with four digits still means the whole number that it was made of.
    const SLACK: f64 = 0.02;
    if spec.crop >= 1.0 {
        return None;
    }
    let larger = |side: usize| ((side as f64 / spec.crop + SLACK) as usize).max(side);
    let (larger_width, larger_height) = (larger(spec.width), larger(spec.height));
    let (width, height) = (width as usize, height as usize);
    let whole = match spec.resize {
        Resize::Stretch => (larger_width, larger_height),
        // The side that is short for the input's shape gets its size, the other one follows, rounded down.
        Resize::Crop if width * larger_height >= height * larger_width => {
            (larger_height * width / height, larger_height)
        }
        Resize::Crop => (larger_width, larger_width * height / width),
    };
    let start = |whole: usize, part: usize| ((whole - part) as f64 / 2.0).round_ties_even() as usize;
    let start = (start(whole.0, spec.width), start(whole.1, spec.height));
    let (across, down) = (width as f64 / whole.0 as f64, height as f64 / whole.1 as f64);
    let region = Region {
        x: start.0 as f64 * across,
        y: start.1 as f64 * down,
        width: spec.width as f64 * across,
        height: spec.height as f64 * down,
    };
    Some((region, Cut { whole, start, size: (spec.width, spec.height) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::RgbImage;
    use ::image::Rgb;

    fn spec(width: usize, height: usize) -> InputSpec {
        InputSpec {
            width,
            height,
            resize: Resize::Stretch,
            resample: None,
            crop: 1.0,
            order: ChannelOrder::Rgb,
            range: Range::Bytes,
            mean: [0.0; 3],
            std: [1.0; 3],
        }
    }

    #[test]
    fn range_mean_std_and_order_are_applied_in_the_tensors_channel_order() {
        let mut caffe = spec(1, 1);
        caffe.order = ChannelOrder::Bgr;
        caffe.mean = [104.0, 117.0, 123.0];
        assert_eq!(normalise(&[123, 117, 204], &caffe), [100.0, 0.0, 0.0]);

        let mut unit = spec(1, 1);
        unit.range = Range::Unit;
        unit.mean = [0.5; 3];
        unit.std = [0.5; 3];
        assert_eq!(normalise(&[0, 255, 51], &unit), [-1.0, 1.0, -0.6]);
    }

    #[test]
    fn a_crop_is_the_largest_centred_part() {
        let mut square = spec(10, 10);
        square.resize = Resize::Crop;
        let tall = RgbImage::from_fn(20, 60, |_, y| Rgb([if (20..40).contains(&y) { 90 } else { 0 }; 3]));
        let input = prepare(&tall, &square, None);
        assert_eq!(input.region, Region { x: 0.0, y: 20.0, width: 20.0, height: 20.0 });
        // The filter reaches over the crop's edge, as it does where a resized picture is cropped: inside all is 90.
        assert!(input.tensor[10..90].iter().all(|&value| value == 90.0));
    }

    #[test]
    fn a_crop_fraction_is_torchvisions_resize_and_centre_crop() {
        let mut square = spec(224, 224);
        (square.resize, square.crop) = (Resize::Crop, 0.875);
        // Resize(256): 451 x 300 becomes int(256 * 451 / 300) = 384 by 256; the crop begins at round(160 / 2), round(32 / 2).
        let cut = cut((451, 300), &square).unwrap();
        assert_eq!(cut.1, Cut { whole: (384, 256), start: (80, 16), size: (224, 224) });
        assert!((cut.0.x - 80.0 * 451.0 / 384.0).abs() < 1e-9 && (cut.0.height - 262.5).abs() < 1e-9);
        // "Resize 232, crop 224" by a fraction of four digits.
        square.crop = 0.9655;
        assert_eq!(super::cut((300, 451), &square).unwrap().1.whole, (232, 348));
        square.crop = 0.97; // 230.9
        assert_eq!(super::cut((300, 451), &square).unwrap().1.whole.0, 230);
    }
}
