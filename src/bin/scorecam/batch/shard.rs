//! A part of the pictures, for one of several machines.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::files::sha256;

/// Part `number` of `count`, counted from 1. Which part a picture is in depends on its id alone: pictures that are added later move no other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    pub number: u32,
    pub count: u32,
}

impl Shard {
    /// "I/N", I from 1 to N.
    pub fn read(text: &str) -> Result<Shard, String> {
        let numbers =
            text.split_once('/').and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((number, count)) if (1..=count).contains(&number) => Ok(Shard { number, count }),
            _ => Err("expected I/N with I from 1 to N, as in 2/8".into()),
        }
    }

    /// Whether a picture is in it.
    pub fn has(self, id: &str) -> bool {
        let digest = Sha256::digest(id);
        let number = digest.iter().take(8).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        number % u64::from(self.count) == u64::from(self.number) - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.number, self.count)
    }
}

/// A short name for what an id stands for, which every file system and every archive takes.
pub fn short_name(id: &str) -> String {
    let mut name = sha256(id.as_bytes());
    name.truncate(20);
    name
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn every_picture_is_in_one_shard_and_shards_are_of_like_size() {
        let mut counts = [0; 4];
        for picture in 0..4000 {
            let id = format!("cats/{picture}.jpg");
            let within: Vec<u32> = (1..=4).filter(|&number| Shard { number, count: 4 }.has(&id)).collect();
            assert_eq!(within.len(), 1);
            counts[within[0] as usize - 1] += 1;
        }
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
        assert_eq!(Shard::read("2/8"), Ok(Shard { number: 2, count: 8 }));
        for wrong in ["0/8", "9/8", "2", "a/b", "1/0"] {
            assert!(Shard::read(wrong).is_err(), "{wrong}");
        }
    }
}
