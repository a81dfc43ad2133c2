//! The order in which a map names the pixels.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// All pixels, the most relevant first. Equal values are in an order drawn by chance, always the same for one `seed`: in that of their
/// rows a map of zeros would name the picture's top first, and look better or worse for it.
pub fn ranking(values: &[f32], seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    let mut generator = Pcg64::seed_from_u64(seed);
    for last in (1..order.len()).rev() {
        // Numbers of 64 bits: that some places are more probable by a part in 2^40 does not matter.
        order.swap(last, (generator.next_u64() % (last as u64 + 1)) as usize);
    }
    order.sort_by(|&a, &b| values[b as usize].total_cmp(&values[a as usize]));
    order
}

#[cfg(test)]
mod tests {
    use super::ranking;

    #[test]
    fn the_largest_come_first_and_ties_are_broken_by_chance() {
        assert_eq!(ranking(&[0.5, 2.0, -1.0], 3), [1, 0, 2]);
        let zeros = vec![0.0; 1000];
        let order = ranking(&zeros, 1);
        assert_eq!(order, ranking(&zeros, 1));
        assert_ne!(order, ranking(&zeros, 2));
        let mean_of_first_half = order[..500].iter().map(|&at| f64::from(at)).sum::<f64>() / 500.0;
        assert!((mean_of_first_half - 499.5).abs() < 40.0, "{mean_of_first_half}");
    }
}
