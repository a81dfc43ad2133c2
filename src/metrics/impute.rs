//! Fills holes in a picture from their edges, so that a hole is no shape of its own.

/// Weights of a pixel's neighbours beside and across a corner, which sum to one.
const BESIDE: f32 = 1.0 / 6.0;
const ACROSS: f32 = 1.0 / 12.0;

/// Where the solution is close enough: a tenth of the noise that is added to it.
const CLOSE: f32 = 1e-3;
const STEPS: usize = 2000;

/// A plane [height, width] in which every pixel of `holes` is the weighted mean of its neighbours, those beyond the edge left out: the linear
/// imputation of ROAD. Solved by conjugate gradients to a residual of 0.001 of a standard deviation.
pub fn impute(plane: &[f32], holes: &[bool], (height, width): (usize, usize)) -> Vec<f32> {
    let neighbours = |at: usize| {
        let (row, column) = ((at / width) as isize, (at % width) as isize);
        (-1..=1).flat_map(move |down| (-1..=1).map(move |across| (down, across))).filter_map(move |(down, across)| {
            let (row, column) = (row + down, column + across);
            let is_there = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
            let weight = match (down == 0, across == 0) {
                (true, true) => return None,
                (false, false) => ACROSS,
                _ => BESIDE,
            };
            is_there.then(|| (row as usize * width + column as usize, weight))
        })
    };
    // The number of each hole, and of each the neighbours that are holes.
    let unknown: Vec<usize> = (0..plane.len()).filter(|&at| holes[at]).collect();
    let mut number = vec![usize::MAX; plane.len()];
    unknown.iter().enumerate().for_each(|(i, &at)| number[at] = i);
    let mut links: Vec<[(u32, f32); 8]> = Vec::with_capacity(unknown.len());
    let (mut diagonal, mut known) = (Vec::with_capacity(unknown.len()), Vec::with_capacity(unknown.len()));
    for &at in &unknown {
        let (mut to, mut count, mut weights, mut sum) = ([(0, 0.0); 8], 0, 0.0, 0.0);
        for (neighbour, weight) in neighbours(at) {
            weights += weight;
            if holes[neighbour] {
                to[count] = (number[neighbour] as u32, weight);
                count += 1;
            } else {
                sum += weight * plane[neighbour];
            }
        }
        links.push(to);
        diagonal.push(weights);
        known.push(sum);
    }
    let product = |x: &[f32]| -> Vec<f32> {
        let row = |(i, links): (usize, &[(u32, f32); 8])| {
            diagonal[i] * x[i] - links.iter().map(|&(to, weight)| weight * x[to as usize]).sum::<f32>()
        };
        links.iter().enumerate().map(row).collect()
    };
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    let mut solution = vec![0.0_f32; unknown.len()];
    let mut residual = known;
    let mut direction = residual.clone();
    let mut length = dot(&residual, &residual);
    for _ in 0..STEPS {
        // Every hole is off by no more than this then, whatever the number of holes.
        if residual.iter().all(|value| value.abs() < CLOSE * 0.01) {
            break;
        }
        let moved = product(&direction);
        let step = (length / dot(&direction, &moved)) as f32;
        solution.iter_mut().zip(&direction).for_each(|(x, d)| *x += step * d);
        residual.iter_mut().zip(&moved).for_each(|(r, m)| *r -= step * m);
        let next = dot(&residual, &residual);
        let turn = (next / length) as f32;
        direction.iter_mut().zip(&residual).for_each(|(d, r)| *d = r + turn * *d);
        length = next;
    }
    let mut filled = plane.to_vec();
    unknown.iter().zip(solution).for_each(|(&at, value)| filled[at] = value);
    filled
}

#[cfg(test)]
mod tests {
    use super::impute;

    #[test]
    fn a_hole_in_a_slope_is_filled_with_the_slope() {
        // A plane is its own weighted mean, away from the edges.
        let slope: Vec<f32> = (0..81).map(|at| (at / 9) as f32 * 0.1 + (at % 9) as f32 * 0.05).collect();
        let holes: Vec<bool> = (0..81).map(|at| (3..6).contains(&(at / 9)) && (2..7).contains(&(at % 9))).collect();
        let mut broken = slope.clone();
        broken.iter_mut().zip(&holes).filter(|(_, hole)| **hole).for_each(|(value, _)| *value = 99.0);
        let filled = impute(&broken, &holes, (9, 9));
        assert!(filled.iter().zip(&slope).all(|(a, b)| (a - b).abs() < 1e-3), "{filled:?}");
    }

    #[test]
    fn without_a_single_pixel_left_there_is_nothing_to_fill_from() {
        assert_eq!(impute(&[5.0; 4], &[true; 4], (2, 2)), [0.0; 4]);
    }
}
