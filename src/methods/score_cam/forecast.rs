//! A first guess of scores that are still to come, by those that are there: maps that lie alike have scores alike.
//!
//! A Gaussian process over the scaled maps: with `m` the maps scaled to [0, 1] and averaged over at most 14 by 14 cells, the covariance of two scores is
//! `exp(-|m - m'|^2 / D) + (m - mean)(m' - mean) / T`, `D` the median squared distance and `T` the mean square of the known ones, and every known score has
//! a noise of 0.1 on that scale. Only previews are made with it: of a complete explanation nothing is guessed.

use rayon::prelude::*;

use crate::geometry::range;
use crate::linear::{Cholesky, dot};
use crate::model::Activations;

const NOISE: f64 = 0.1;
/// Sides of what maps are averaged to.
const SIDE: usize = 14;
/// Known scores beyond which a guess is no better, and takes longer.
const MOST_KNOWN: usize = 192;
/// Fewer say nothing.
const LEAST_KNOWN: usize = 4;

/// `scores` by channel with a guess for each of `waiting`, by those that are known; nothing if too few are.
pub fn forecast(maps: &Activations, scores: &[Option<f64>], waiting: &[usize]) -> Option<Vec<Option<f64>>> {
    let known: Vec<usize> = (0..scores.len()).filter(|&channel| scores[channel].is_some()).collect();
    if known.len() < LEAST_KNOWN || waiting.is_empty() {
        return None;
    }
    // Spread over all of them: those that came first vary most.
    let count = known.len().min(MOST_KNOWN);
    let basis: Vec<usize> = (0..count).map(|at| known[at * known.len() / count]).collect();
    let places: Vec<Vec<f64>> = basis.iter().map(|&channel| lie(maps, channel)).collect();
    let values: Vec<f64> = basis.iter().filter_map(|&channel| scores[channel]).collect();
    let cells = places[0].len();
    let centre: Vec<f64> =
        (0..cells).map(|cell| places.iter().map(|place| place[cell]).sum::<f64>() / count as f64).collect();
    let centred = |place: &[f64]| place.iter().zip(&centre).map(|(a, b)| a - b).collect::<Vec<f64>>();
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let mut distances: Vec<f64> =
        (1..count).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| apart(&places[i], &places[j])).collect();
    distances.sort_by(f64::total_cmp);
    let median = distances[distances.len() / 2].max(f64::MIN_POSITIVE);
    let moved: Vec<Vec<f64>> = places.iter().map(|place| centred(place)).collect();
    let square = (moved.iter().map(|place| dot(place, place)).sum::<f64>() / count as f64).max(f64::MIN_POSITIVE);
    let alike = |a: (&[f64], &[f64]), b: (&[f64], &[f64])| (-apart(a.0, b.0) / median).exp() + dot(a.1, b.1) / square;
    let known = |i: usize| (&places[i][..], &moved[i][..]);
    let mut covariance = vec![0.0; count * count];
    for (row, line) in covariance.chunks_exact_mut(count).enumerate() {
        line.iter_mut().enumerate().for_each(|(column, value)| *value = alike(known(row), known(column)));
        line[row] += NOISE;
    }
    let system = Cholesky::of(covariance, count);
    let mean = values.iter().sum::<f64>() / count as f64;
    let factors = system.solved(values.iter().map(|value| value - mean).collect());
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    let guess = |&channel: &usize| {
        let place = lie(maps, channel);
        let moved = centred(&place);
        let guess: f64 = factors.iter().enumerate().map(|(i, factor)| factor * alike((&place, &moved), known(i))).sum();
        // No score is beyond those that are known.
        (channel, (mean + guess).clamp(low, high))
    };
    let mut all = scores.to_vec();
    for (channel, guess) in waiting.par_iter().map(guess).collect::<Vec<_>>() {
        all[channel] = Some(guess);
    }
    Some(all)
}

/// Where a map lies: scaled to [0, 1], averaged over cells.
fn lie(maps: &Activations, channel: usize) -> Vec<f64> {
    let map = maps.channel(channel);
    let (low, high) = range(map);
    let factor = if high > low { 1.0 / f64::from(high - low) } else { 0.0 };
    let (rows, columns) = (maps.height.min(SIDE), maps.width.min(SIDE));
    let mean = |cell: usize| {
        let part = |at: usize, cells: usize, side: usize| at * side / cells..(at + 1) * side / cells;
        let (down, across) = (part(cell / columns, rows, maps.height), part(cell % columns, columns, maps.width));
        let count = down.len() * across.len();
        let sum: f64 =
            down.flat_map(|row| map[row * maps.width..][across.clone()].iter().map(|&v| f64::from(v - low))).sum();
        sum * factor / count as f64
    };
    (0..rows * columns).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_that_lie_alike_are_given_scores_alike() {
        // A hill that wanders; the score is higher the farther right it is.
        let (channels, height, width) = (24, 6, 6);
        let top = |channel: usize| (channel % 6, channel / 4);
        let hill = |channel: usize, cell: usize| {
            let (column, row) = top(channel);
            let distance = (cell % 6).abs_diff(column).pow(2) + (cell / 6).abs_diff(row).pow(2);
            (-(distance as f32) / 4.0).exp()
        };
        let values = (0..channels * 36).map(|at| hill(at / 36, at % 36)).collect();
        let maps = Activations { values, channels, height, width };
        let score = |channel: usize| top(channel).0 as f64 * 0.1;
        let scores: Vec<Option<f64>> = (0..channels).map(|c| (c % 2 == 0 || c > 17).then(|| score(c))).collect();
        let waiting: Vec<usize> = (0..channels).filter(|&c| scores[c].is_none()).collect();
        let all = forecast(&maps, &scores, &waiting).unwrap();
        let mean = scores.iter().flatten().sum::<f64>() / scores.iter().flatten().count() as f64;
        let error = |guess: &dyn Fn(usize) -> f64| waiting.iter().map(|&c| (guess(c) - score(c)).powi(2)).sum::<f64>();
        assert!(error(&|c| all[c].unwrap()) < 0.2 * error(&|_| mean), "{all:?}");
        let deviation = (error(&|c| all[c].unwrap()) / waiting.len() as f64).sqrt();
        assert!(deviation > 0.0 && deviation < 0.2, "{deviation}");
        assert!((0..channels).all(|c| scores[c].is_none_or(|known| all[c] == Some(known))));
        assert!(forecast(&maps, &[Some(0.5), None], &[1]).is_none(), "one score says nothing of the next");
    }
}
