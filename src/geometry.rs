//! Places on a picture and on the grids that lie over it: in one place, so that all stages mean the same by them.
//!
//! A grid of cells [height, width] covers a [`Region`] of a picture. Positions on it are counted in cells, whole numbers at
//! the centres of cells; positions on a picture are counted in pixels, whole numbers at the edges of pixels.

use serde::{Deserialize, Serialize};

/// A part of a picture, in the picture's own pixels.
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

    /// Where the point (`x`, `y`) of the picture lies on a grid of [`height`, `width`] cells over this region: (across,
    /// down) in cells; `None` outside the region.
    pub fn to_cell(self, (x, y): (f64, f64), (height, width): (usize, usize)) -> Option<(f64, f64)> {
        let (across, down) = ((x - self.x) / self.width, (y - self.y) / self.height);
        let is_inside = (0.0..1.0).contains(&across) && (0.0..1.0).contains(&down);
        is_inside.then_some((across * width as f64 - 0.5, down * height as f64 - 0.5))
    }

    /// The point of the picture at the centre of the cell (`row`, `column`) of a grid of [`height`, `width`] cells.
    pub fn centre_of_cell(self, (row, column): (usize, usize), (height, width): (usize, usize)) -> (f64, f64) {
        let along =
            |start: f64, length: f64, at: usize, cells: usize| start + (at as f64 + 0.5) / cells as f64 * length;
        (along(self.x, self.width, column, width), along(self.y, self.height, row, height))
    }
}

/// The pixel, of `pixels` along a side, at the centre of cell `cell` of `cells`.
pub fn pixel_at_centre(cell: usize, cells: usize, pixels: usize) -> usize {
    (2 * cell + 1) * pixels / (2 * cells)
}

/// The value of a grid [`height`, `width`], row-major, at a position in cells, bilinear. Outside it is that of the nearest
/// cell.
pub fn read_between(values: &[f32], (height, width): (usize, usize), (across, down): (f64, f64)) -> f32 {
    let tap = |position: f64, cells: usize| {
        let position = position.clamp(0.0, (cells - 1) as f64);
        let low = position as usize;
        Tap { low, high: (low + 1).min(cells - 1), weight: (position - low as f64) as f32 }
    };
    read(values, width, tap(down, height), tap(across, width))
}

/// Which points of two grids coincide when a map is upsampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Grid {
    /// The grids' outer edges: PyTorch's `align_corners=False`.
    HalfPixel,
    /// The centres of the corner cells: PyTorch's `align_corners=True`.
    AlignCorners,
}

/// Bilinear resampling from one grid to another, the weights worked out once.
#[derive(Debug, Clone)]
pub struct Upsampler {
    rows: Vec<Tap>,
    columns: Vec<Tap>,
    from_width: usize,
}

/// One output coordinate: `low + (high - low) * weight`.
#[derive(Debug, Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

impl Upsampler {
    /// From maps [height, width] = `from` to [height, width] = `to`.
    pub fn new(from: (usize, usize), to: (usize, usize), grid: Grid) -> Upsampler {
        Upsampler { rows: taps(from.0, to.0, grid), columns: taps(from.1, to.1, grid), from_width: from.1 }
    }

    /// Rows and columns of the target grid.
    pub fn size(&self) -> (usize, usize) {
        (self.rows.len(), self.columns.len())
    }

    /// Values of the target grid.
    pub fn len(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Whether the target grid has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The resampled `map` at one point of the target grid: what [`upsample`](Upsampler::upsample) writes there.
    pub fn value_at(&self, map: &[f32], (row, column): (usize, usize)) -> f32 {
        read(map, self.from_width, self.rows[row], self.columns[column])
    }

    /// Resamples `map`, row-major, into `out`, row-major.
    pub fn upsample(&self, map: &[f32], out: &mut [f32]) {
        let row = |y: usize| &map[y * self.from_width..][..self.from_width];
        for (out_row, tap) in out.chunks_exact_mut(self.columns.len()).zip(&self.rows) {
            let (top, bottom) = (row(tap.low), row(tap.high));
            for (value, column) in out_row.iter_mut().zip(&self.columns) {
                let upper = blend(top[column.low], top[column.high], column.weight);
                let lower = blend(bottom[column.low], bottom[column.high], column.weight);
                *value = blend(upper, lower, tap.weight);
            }
        }
    }

    /// The resampled `map`.
    pub fn upsampled(&self, map: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; self.len()];
        self.upsample(map, &mut out);
        out
    }
}

fn read(values: &[f32], width: usize, vertical: Tap, horizontal: Tap) -> f32 {
    let along = |y: usize| {
        let row = &values[y * width..][..width];
        blend(row[horizontal.low], row[horizontal.high], horizontal.weight)
    };
    blend(along(vertical.low), along(vertical.high), vertical.weight)
}

fn blend(low: f32, high: f32, weight: f32) -> f32 {
    low + (high - low) * weight
}

/// PyTorch's `interpolate(mode="bilinear")`, one axis, without antialiasing.
fn taps(from: usize, to: usize, grid: Grid) -> Vec<Tap> {
    let last = from - 1;
    let scale = match grid {
        Grid::HalfPixel => from as f64 / to as f64,
        Grid::AlignCorners if to > 1 => last as f64 / (to - 1) as f64,
        Grid::AlignCorners => 0.0,
    };
    (0..to)
        .map(|position| {
            let source = match grid {
                Grid::HalfPixel => (scale * (position as f64 + 0.5) - 0.5).max(0.0),
                Grid::AlignCorners => scale * position as f64,
            };
            let low = (source as usize).min(last);
            Tap { low, high: (low + 1).min(last), weight: (source - low as f64) as f32 }
        })
        .collect()
}

/// Smallest and largest of `values`; infinity and minus infinity if there are none.
pub fn range<'a>(values: impl IntoIterator<Item = &'a f32>) -> (f32, f32) {
    let start = (f32::INFINITY, f32::NEG_INFINITY);
    values.into_iter().fold(start, |(low, high), &value| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upsampled(map: &[f32], from: (usize, usize), to: (usize, usize), grid: Grid) -> Vec<f32> {
        Upsampler::new(from, to, grid).upsampled(map)
    }

    #[test]
    fn half_pixel_upsampling_keeps_the_border_and_blends_between_centres() {
        assert_eq!(upsampled(&[0.0, 4.0], (1, 2), (1, 4), Grid::HalfPixel), [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(upsampled(&[0.0, 4.0], (2, 1), (4, 1), Grid::HalfPixel), [0.0, 1.0, 3.0, 4.0]);
    }

    #[test]
    fn aligned_corners_are_the_map_s_own_corners() {
        assert_eq!(upsampled(&[0.0, 6.0], (1, 2), (1, 4), Grid::AlignCorners), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(
            upsampled(&[0.0, 2.0, 4.0, 6.0], (2, 2), (3, 3), Grid::AlignCorners),
            [0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0]
        );
    }

    #[test]
    fn one_point_is_read_as_the_whole_grid_is() {
        let map = [0.0, 1.0, 5.0, 3.0, -2.0, 7.0];
        let upsampler = Upsampler::new((2, 3), (5, 4), Grid::HalfPixel);
        let whole = upsampler.upsampled(&map);
        for (i, value) in whole.iter().enumerate() {
            assert_eq!(upsampler.value_at(&map, (i / 4, i % 4)), *value);
        }
    }

    #[test]
    fn a_grid_is_read_between_its_cells_and_beyond_its_edges() {
        let read = |across, down| read_between(&[0.0, 2.0, 4.0, 6.0], (2, 2), (across, down));
        assert_eq!((read(0.5, 0.5), read(1.0, 0.25), read(-3.0, 9.0)), (3.0, 3.0, 4.0));
    }

    #[test]
    fn a_point_of_the_picture_and_the_cell_over_it_lead_to_each_other() {
        let region = Region { x: 10.0, y: 0.0, width: 20.0, height: 8.0 };
        let point = region.centre_of_cell((1, 3), (2, 5));
        assert_eq!(point, (24.0, 6.0));
        assert_eq!(region.to_cell(point, (2, 5)), Some((3.0, 1.0)));
        assert_eq!(region.to_cell((9.9, 1.0), (2, 5)), None);
        assert_eq!(region.to_cell((30.0, 1.0), (2, 5)), None);
    }
}
