//! Second stage: a picture becomes a network's input tensor.

use serde::{Deserialize, Serialize};

use crate::image::RgbImage;
use crate::model::spec::{ChannelOrder, InputSpec, Range, Resize};
use crate::resize::resize;

/// The part of the picture that the network sees, in the picture's pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Region {
    /// The same part of the picture after it was scaled by `factor`.
    pub fn scaled(self, factor: f64) -> Region {
        let Region { x, y, width, height } = self;
        Region { x: x * factor, y: y * factor, width: width * factor, height: height * factor }
    }
}

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

/// Fits `picture` to the input size, as [`resize`] does, and normalises it.
pub fn prepare(picture: &RgbImage, spec: &InputSpec) -> Input {
    let region = region(picture.dimensions(), spec);
    let pixels = resize(picture, region, spec.width, spec.height);
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
        let input = prepare(&tall, &square);
        assert_eq!(input.region, Region { x: 0.0, y: 20.0, width: 20.0, height: 20.0 });
        // The filter reaches over the crop's edge, as it does where a resized picture is cropped: inside all is 90.
        assert!(input.tensor[10..90].iter().all(|&value| value == 90.0));
    }
}
