//! Chance that is the same on every machine: a generator for each thing that is drawn, so that it does not matter which thread draws it.

use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// A source of random numbers.
pub struct Chance(Pcg64);

impl Chance {
    /// That of thing number `number` under a visitor's `seed`. Both are mixed well: neighbours have nothing in common.
    pub fn new(seed: u64, number: u64) -> Chance {
        Chance(Pcg64::seed_from_u64(seed << 32 | number))
    }

    /// Evenly from [0, 1), with the 53 bits that a float64 has there.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly from the whole numbers below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.unit() * end as f64) as usize).min(end - 1)
    }

    /// Puts `items` in an order all of which are equally probable.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// From a normal distribution of mean 0 and deviation 1.
    pub fn normal(&mut self) -> f32 {
        StandardNormal.sample(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn every_order_is_as_probable_as_another_and_the_same_seed_gives_the_same() {
        let mut counts = std::collections::BTreeMap::new();
        for number in 0..6000 {
            let mut items = [1, 2, 3];
            Chance::new(4, number).shuffle(&mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        assert!(counts.len() == 6 && counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
        assert_eq!(Chance::new(1, 2).unit(), Chance::new(1, 2).unit());
        assert_ne!(Chance::new(1, 2).unit(), Chance::new(2, 1).unit());
    }
}
