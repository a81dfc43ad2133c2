//! The order in which a map names the pixels.

use crate::chance::Chance;

/// All pixels, the most relevant first. Equal values are in an order drawn by `chance`: in that of their
/// rows a map of zeros would name the picture's top first, and look better or worse for it.
pub fn ranking(values: &[f32], mut chance: Chance) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    chance.shuffle(&mut order);
    order.sort_by(|&a, &b| values[b as usize].total_cmp(&values[a as usize]));
    order
}

#[cfg(test)]
mod tests {
    use super::ranking;
    use crate::chance::Chance;

    #[test]
    fn the_largest_come_first_and_ties_are_broken_by_chance() {
        assert_eq!(ranking(&[0.5, 2.0, -1.0], Chance::new(3, 0)), [1, 0, 2]);
        let zeros = vec![0.0; 1000];
        let order = ranking(&zeros, Chance::new(1, 0));
        assert_eq!(order, ranking(&zeros, Chance::new(1, 0)));
        assert_ne!(order, ranking(&zeros, Chance::new(2, 0)));
        let mean_of_first_half = order[..500].iter().map(|&at| f64::from(at)).sum::<f64>() / 500.0;
        assert!((mean_of_first_half - 499.5).abs() < 40.0, "{mean_of_first_half}");
    }
}
