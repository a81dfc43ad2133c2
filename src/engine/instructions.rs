//! Which instructions the kernels may use: found out when the program starts, since one binary runs on many machines.

use std::sync::OnceLock;

/// Sets of instructions, each of which holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// Four floats at once: what every machine of a kind has, and WebAssembly.
    Base,
    /// AVX2 and fused multiply-adds: eight floats.
    Avx2,
    /// AVX-512: sixteen floats.
    Avx512,
}

impl Instructions {
    /// How many blocks of output channels a tile may compute, the most first.
    pub fn widths(self) -> &'static [usize] {
        match self {
            Instructions::Base => &[2, 1],
            Instructions::Avx2 | Instructions::Avx512 => &[4, 2, 1],
        }
    }

    /// The most that this machine has.
    fn of_machine() -> Instructions {
        #[cfg(all(target_arch = "x86_64", not(portable_kernels)))]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return if is_x86_feature_detected!("avx512f") { Instructions::Avx512 } else { Instructions::Avx2 };
        }
        Instructions::Base
    }
}

/// Those in use, the same from the first call on: the most that the machine has, or fewer by the environment variable
/// `SCORECAM_INSTRUCTIONS`, `base` or `avx2`, to compare them.
pub fn instructions() -> Instructions {
    static FOUND: OnceLock<Instructions> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let wanted = match std::env::var("SCORECAM_INSTRUCTIONS").as_deref() {
            Ok("base") => Instructions::Base,
            Ok("avx2") => Instructions::Avx2,
            _ => Instructions::Avx512,
        };
        Instructions::of_machine().min(wanted)
    })
}
