//! Elementary functions in f32 as branch-free code that compilers vectorise.
//!
//! Most follow the classic Cephes scheme: range reduction by powers of two and short polynomials with fused
//! multiplications; tanh is a rational function. The tests in `pointwise` compare them with f64 library functions.

use super::affine_cpu::Number;

pub(super) const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Runs a loop compiled for the best instruction set that the processor has.
#[inline(always)]
pub fn vectorised(body: impl FnOnce()) {
    struct Body<F>(F);
    impl<F: FnOnce()> pulp::WithSimd for Body<F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _: S) {
            (self.0)();
        }
    }
    pulp::Arch::new().dispatch(Body(body));
}

/// eˣ for x ≤ 0 or moderate x: 2ⁿ·e^r with |r| ≤ ln 2 / 2, the second factor by a polynomial of degree 7.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // ln 2 in two parts, so that the reduced argument keeps all its digits.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5·2²³ rounds to a whole number and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let e = near_0(r) + 1.0;
    // The clamp keeps the exponent within that of normal numbers, so adding n to it multiplies by 2ⁿ.
    f32::from_bits(e.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// eˣ − 1 of |x| ≤ ln 2 / 2.
#[inline(always)]
fn near_0(x: f32) -> f32 {
    let p = polynomial(x, [0.5, 1.666_666_5e-1, 4.166_579_6e-2, 8.333_452e-3, 1.398_2e-3, 1.987_569_1e-4]);
    p.mul_add(x * x, x)
}

/// eˣ − 1 for x ≤ 0, with all digits near 0.
#[inline(always)]
pub(super) fn exp_m1(x: f32) -> f32 {
    let (near, far) = (near_0(x), exp(x) - 1.0);
    let y = if x.abs() < 0.34 { near } else { far };
    if x.is_nan() { x } else { y }
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e⁻|ˣ|). What 1 + e rounds away is put back to first order.
#[inline(always)]
pub(super) fn softplus(x: f32) -> f32 {
    let e = exp(-x.abs());
    let sum = 1.0 + e;
    let rounded = e - (sum - 1.0);
    let y = x.max(0.0) + (ln(sum) + rounded / sum);
    if x.is_nan() { x } else { y }
}

/// ln x of a positive normal number: the exponent's part plus a polynomial around 1 (Cephes). NaN and ∞ stay.
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Bits of √½: what is above it in units of 2²³ is the exponent, and the rest lies in [√½, √2).
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let shifted = x.to_bits().wrapping_sub(ROOT_HALF);
    let exponent = (shifted as i32) >> 23;
    let m = f32::from_bits((shifted & 0x007f_ffff) + ROOT_HALF) - 1.0;
    let z = m * m;
    let p = polynomial(
        m,
        [
            3.333_333e-1,
            -2.499_999_4e-1,
            2.000_071_5e-1,
            -1.666_805_8e-1,
            1.424_932_3e-1,
            -1.242_014_1e-1,
            1.167_699_9e-1,
            -1.151_461e-1,
            7.037_683_6e-2,
        ],
    );
    let e = exponent as f32;
    let y = (m * z).mul_add(p, e * LN_2_LOW) - 0.5 * z;
    let y = e.mul_add(LN_2_HIGH, m + y);
    if x < f32::INFINITY { y } else { x }
}

/// c₀ + c₁x + c₂x² + …
#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum.mul_add(x, coefficient);
    }
    sum
}

/// x·P(x²)/Q(x²) with P and Q of degree 4, the best in relative error up to where tanh rounds to 1: at most 6 units in the last
/// place off (tested), with one division and no exponential.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    const P: [f32; 5] = [1.0, 1.338_333_2e-1, 3.498_224_4e-3, 2.064_849_9e-5, 1.340_199_1e-8];
    const Q: [f32; 5] = [1.0, 4.671_665_3e-1, 2.588_727_4e-2, 3.289_773_7e-4, 7.797_463_8e-7];
    // Comparisons of a clamp leave NaN as it is.
    let x = x.clamp(-9.01, 9.01);
    let z = x * x;
    (x * polynomial(z, P) / polynomial(z, Q)).clamp(-1.0, 1.0)
}

/// By e⁻|ˣ|, which neither overflows nor loses digits on either side.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    let large = 1.0 / (1.0 + e);
    let y = if x < 0.0 { e * large } else { large };
    if x.is_nan() { x } else { y }
}

#[inline(always)]
pub(super) fn normal_pdf(x: f32) -> f32 {
    let y = INV_SQRT_TAU as f32 * exp(-0.5 * x * x);
    if x.is_nan() { x } else { y }
}

/// Φ(x) = erfc(−x/√2)/2 by the Chebyshev fit of erfc in t = 1/(1 + z/2) (Numerical Recipes, relative error 1.2e-7).
#[inline(always)]
pub(super) fn normal_cdf(x: f32) -> f32 {
    const FIT: [f32; 10] = [
        -1.265_512_2,
        1.000_023_7,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_08,
        -1.135_204,
        1.488_515_9,
        -0.822_152_26,
        0.170_872_77,
    ];
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / 0.5_f32.mul_add(z, 1.0);
    let p = polynomial(t, FIT);
    let tail = 0.5 * t * exp(p - z * z);
    let y = if x < 0.0 { tail } else { 1.0 - tail };
    if x.is_nan() { x } else { y }
}

impl Number for f32 {
    #[inline(always)]
    fn tanh(self) -> Self {
        tanh(self)
    }
}

impl Number for f64 {
    #[inline(always)]
    fn tanh(self) -> Self {
        Self::tanh(self)
    }
}
