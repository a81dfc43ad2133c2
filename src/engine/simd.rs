//! Four floats in one register, the same source for every target.
//!
//! In WebAssembly built with relaxed SIMD `madd` is a fused multiply-add; elsewhere it multiplies and adds, which differs
//! in the last bit. `--cfg portable_kernels` builds the plain arrays of other targets on x86-64 too, to be watched by an address
//! sanitizer.

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32 as arch;
#[cfg(all(target_arch = "x86_64", not(portable_kernels)))]
use core::arch::x86_64 as arch;

#[cfg(target_arch = "wasm32")]
type Register = arch::v128;
#[cfg(all(target_arch = "x86_64", not(portable_kernels)))]
type Register = arch::__m128;
#[cfg(not(any(target_arch = "wasm32", all(target_arch = "x86_64", not(portable_kernels)))))]
type Register = [f32; 4];

/// Number of floats in a register.
pub const LANES: usize = 4;

/// What is added to the exponent of a float32 in memory, and the bits of its mantissa.
const EXPONENT_BIAS: i32 = 127;
#[cfg(target_arch = "wasm32")]
const MANTISSA_BITS: u32 = 23;
#[cfg(not(target_arch = "wasm32"))]
const MANTISSA_BITS: i32 = 23;

/// Four floats.
#[derive(Clone, Copy)]
pub struct F32x4(Register);

#[cfg(target_arch = "wasm32")]
impl F32x4 {
    #[inline(always)]
    pub fn splat(value: f32) -> F32x4 {
        F32x4(arch::f32x4_splat(value))
    }

    /// # Safety
    /// Four floats at `from` must be readable.
    #[inline(always)]
    pub unsafe fn load(from: *const f32) -> F32x4 {
        // SAFETY: the caller's promise; loads need no alignment.
        F32x4(unsafe { arch::v128_load(from.cast()) })
    }

    /// One float into all lanes.
    ///
    /// # Safety
    /// `from` must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(from: *const f32) -> F32x4 {
        // SAFETY: the caller's promise.
        F32x4(unsafe { arch::v128_load32_splat(from.cast()) })
    }

    /// # Safety
    /// Four floats at `to` must be writable.
    #[inline(always)]
    pub unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { arch::v128_store(to.cast(), self.0) }
    }

    /// `self * factor + sum`
    #[inline(always)]
    pub fn madd(self, factor: F32x4, sum: F32x4) -> F32x4 {
        #[cfg(target_feature = "relaxed-simd")]
        return F32x4(arch::f32x4_relaxed_madd(self.0, factor.0, sum.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        F32x4(arch::f32x4_add(arch::f32x4_mul(self.0, factor.0), sum.0))
    }

    #[inline(always)]
    pub fn add(self, other: F32x4) -> F32x4 {
        F32x4(arch::f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    pub fn sub(self, other: F32x4) -> F32x4 {
        F32x4(arch::f32x4_sub(self.0, other.0))
    }

    #[inline(always)]
    pub fn mul(self, other: F32x4) -> F32x4 {
        F32x4(arch::f32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    pub fn div(self, other: F32x4) -> F32x4 {
        F32x4(arch::f32x4_div(self.0, other.0))
    }

    #[inline(always)]
    pub fn sqrt(self) -> F32x4 {
        F32x4(arch::f32x4_sqrt(self.0))
    }

    /// 2 to the power of whole numbers from -126 to 127; of others nothing is promised.
    #[inline(always)]
    pub fn power_of_two(self) -> F32x4 {
        let exponent = arch::i32x4_add(arch::i32x4_trunc_sat_f32x4(self.0), arch::i32x4_splat(EXPONENT_BIAS));
        F32x4(arch::i32x4_shl(exponent, MANTISSA_BITS))
    }

    /// The larger of the two; a NaN in `self` stays.
    #[inline(always)]
    pub fn max(self, other: F32x4) -> F32x4 {
        F32x4(arch::f32x4_pmax(self.0, other.0))
    }

    /// The smaller of the two; a NaN in `self` stays.
    #[inline(always)]
    pub fn min(self, other: F32x4) -> F32x4 {
        F32x4(arch::f32x4_pmin(self.0, other.0))
    }
}

// SAFETY of the arithmetic: SSE is part of every x86-64, so its intrinsics need no detection.
#[cfg(all(target_arch = "x86_64", not(portable_kernels)))]
impl F32x4 {
    #[inline(always)]
    pub fn splat(value: f32) -> F32x4 {
        F32x4(unsafe { arch::_mm_set1_ps(value) })
    }

    /// # Safety
    /// Four floats at `from` must be readable.
    #[inline(always)]
    pub unsafe fn load(from: *const f32) -> F32x4 {
        // SAFETY: the caller's promise; loads need no alignment.
        F32x4(unsafe { arch::_mm_loadu_ps(from) })
    }

    /// One float into all lanes.
    ///
    /// # Safety
    /// `from` must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(from: *const f32) -> F32x4 {
        // SAFETY: the caller's promise.
        F32x4(unsafe { arch::_mm_load1_ps(from) })
    }

    /// # Safety
    /// Four floats at `to` must be writable.
    #[inline(always)]
    pub unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { arch::_mm_storeu_ps(to, self.0) }
    }

    /// `self * factor + sum`
    #[inline(always)]
    pub fn madd(self, factor: F32x4, sum: F32x4) -> F32x4 {
        self.mul(factor).add(sum)
    }

    #[inline(always)]
    pub fn add(self, other: F32x4) -> F32x4 {
        F32x4(unsafe { arch::_mm_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    pub fn sub(self, other: F32x4) -> F32x4 {
        F32x4(unsafe { arch::_mm_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    pub fn mul(self, other: F32x4) -> F32x4 {
        F32x4(unsafe { arch::_mm_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    pub fn div(self, other: F32x4) -> F32x4 {
        F32x4(unsafe { arch::_mm_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    pub fn sqrt(self) -> F32x4 {
        F32x4(unsafe { arch::_mm_sqrt_ps(self.0) })
    }

    /// 2 to the power of whole numbers from -126 to 127; of others nothing is promised.
    #[inline(always)]
    pub fn power_of_two(self) -> F32x4 {
        F32x4(unsafe {
            let exponent = arch::_mm_add_epi32(arch::_mm_cvtps_epi32(self.0), arch::_mm_set1_epi32(EXPONENT_BIAS));
            arch::_mm_castsi128_ps(arch::_mm_slli_epi32::<MANTISSA_BITS>(exponent))
        })
    }

    /// The larger of the two; a NaN in `self` stays.
    #[inline(always)]
    pub fn max(self, other: F32x4) -> F32x4 {
        F32x4(unsafe { arch::_mm_max_ps(other.0, self.0) })
    }

    /// The smaller of the two; a NaN in `self` stays.
    #[inline(always)]
    pub fn min(self, other: F32x4) -> F32x4 {
        F32x4(unsafe { arch::_mm_min_ps(other.0, self.0) })
    }
}

#[cfg(not(any(target_arch = "wasm32", all(target_arch = "x86_64", not(portable_kernels)))))]
impl F32x4 {
    #[inline(always)]
    pub fn splat(value: f32) -> F32x4 {
        F32x4([value; LANES])
    }

    /// # Safety
    /// Four floats at `from` must be readable.
    #[inline(always)]
    pub unsafe fn load(from: *const f32) -> F32x4 {
        // SAFETY: the caller's promise.
        F32x4(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }

    /// One float into all lanes.
    ///
    /// # Safety
    /// `from` must be readable.
    #[inline(always)]
    pub unsafe fn load_splat(from: *const f32) -> F32x4 {
        // SAFETY: the caller's promise.
        F32x4::splat(unsafe { from.read() })
    }

    /// # Safety
    /// Four floats at `to` must be writable.
    #[inline(always)]
    pub unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }

    /// `self * factor + sum`
    #[inline(always)]
    pub fn madd(self, factor: F32x4, sum: F32x4) -> F32x4 {
        self.mul(factor).add(sum)
    }

    #[inline(always)]
    pub fn add(self, other: F32x4) -> F32x4 {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    pub fn sub(self, other: F32x4) -> F32x4 {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    pub fn mul(self, other: F32x4) -> F32x4 {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    pub fn div(self, other: F32x4) -> F32x4 {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    pub fn sqrt(self) -> F32x4 {
        F32x4(self.0.map(f32::sqrt))
    }

    /// 2 to the power of whole numbers from -126 to 127; of others nothing is promised.
    #[inline(always)]
    pub fn power_of_two(self) -> F32x4 {
        F32x4(self.0.map(|power| f32::from_bits(((power as i32).wrapping_add(EXPONENT_BIAS) as u32) << MANTISSA_BITS)))
    }

    /// The larger of the two; a NaN in `self` stays.
    #[inline(always)]
    pub fn max(self, other: F32x4) -> F32x4 {
        self.zip(other, |a, b| if a < b { b } else { a })
    }

    /// The smaller of the two; a NaN in `self` stays.
    #[inline(always)]
    pub fn min(self, other: F32x4) -> F32x4 {
        self.zip(other, |a, b| if b < a { b } else { a })
    }

    #[inline(always)]
    fn zip(self, other: F32x4, f: impl Fn(f32, f32) -> f32) -> F32x4 {
        F32x4(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}
