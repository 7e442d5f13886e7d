//! Each nonlinearity at a number: f, f' and f''. Whatever of the three is not asked for is not computed, once it is inlined.

use super::real::Real;
use crate::model::nonlinearity::{CUBE, Nonlinearity, ROOT_2_OVER_PI};

/// What is done with a nonlinearity, compiled for each of them.
pub(super) trait Visit<T> {
    fn visit(self, f: impl Fn(T) -> [T; 3] + Copy);
}

/// Calls `visit` with the formula of `f`.
#[inline(always)]
pub(super) fn with<T: Real>(f: Nonlinearity, visit: impl Visit<T>) {
    match f {
        Nonlinearity::Relu => visit.visit(relu),
        Nonlinearity::LeakyRelu(below) => {
            let below = T::of(below);
            visit.visit(move |x| leaky_relu(x, below));
        }
        Nonlinearity::Tanh => visit.visit(tanh),
        Nonlinearity::Gelu => visit.visit(gelu),
        Nonlinearity::GeluTanh => visit.visit(gelu_tanh),
        Nonlinearity::Silu => visit.visit(silu),
        Nonlinearity::Sigmoid => visit.visit(sigmoid),
        Nonlinearity::Softplus => visit.visit(softplus),
        Nonlinearity::Elu(alpha) => {
            let alpha = T::of(alpha);
            visit.visit(move |x| elu(x, alpha));
        }
        Nonlinearity::Hardswish => visit.visit(hardswish),
    }
}

/// Written so that NaN stays NaN, as all of them.
#[inline(always)]
fn relu<T: Real>(x: T) -> [T; 3] {
    let (zero, one) = (T::of(0.0), T::of(1.0));
    [if x <= zero { zero } else { x }, if x > zero { one } else { zero }, zero]
}

#[inline(always)]
fn leaky_relu<T: Real>(x: T, below: T) -> [T; 3] {
    let slope = if x > T::of(0.0) { T::of(1.0) } else { below };
    [x * slope, slope, T::of(0.0)]
}

#[inline(always)]
fn tanh<T: Real>(x: T) -> [T; 3] {
    let y = x.tanh();
    let slope = T::of(1.0) - y * y;
    [y, slope, T::of(-2.0) * y * slope]
}

/// Φ' = φ, φ' = −x·φ.
#[inline(always)]
fn gelu<T: Real>(x: T) -> [T; 3] {
    let (cdf, pdf) = (x.normal_cdf(), x.normal_pdf());
    // Far out φ is 0, and nothing overflows.
    let near = x.within(T::of(40.0));
    [x * cdf, cdf + near * pdf, pdf * (T::of(2.0) - near * near)]
}

/// With t = tanh u and s = 1 − t²: f' = (1 + t)/2 + x·s·u'/2, f'' = s·u' + x·s·(u'' − 2t·u'²)/2. (1 + t)/2 = σ(2u) and s =
/// 4·σ(2u)·σ(−2u), which keep their digits far below 0.
#[inline(always)]
fn gelu_tanh<T: Real>(x: T) -> [T; 3] {
    let (one, two, half, root) = (T::of(1.0), T::of(2.0), T::of(0.5), T::of(ROOT_2_OVER_PI));
    // Far out s is 0, and nothing overflows.
    let near = x.within(T::of(40.0));
    let square = near * near;
    let u = near * (square * T::of(CUBE) + one) * root;
    let share = (two * u).sigmoid();
    let (t, s) = (two * share - one, T::of(4.0) * share * (T::of(-2.0) * u).sigmoid());
    let slope = (square * T::of(3.0 * CUBE) + one) * root;
    let rise = s * slope;
    let bend = s * near * T::of(6.0 * CUBE * ROOT_2_OVER_PI) - two * t * rise * slope;
    [x * share, share + near * rise * half, rise + near * bend * half]
}

/// (x·σ)'' = 2σ' + x·σ''.
#[inline(always)]
fn silu<T: Real>(x: T) -> [T; 3] {
    let [y, slope, bend] = sigmoid(x);
    [x * y, y + x * slope, T::of(2.0) * slope + x * bend]
}

/// σ' = σ·(1 − σ), σ'' = σ'·(1 − 2σ).
#[inline(always)]
fn sigmoid<T: Real>(x: T) -> [T; 3] {
    let (one, y) = (T::of(1.0), x.sigmoid());
    let slope = y * (one - y);
    [y, slope, slope * (one - T::of(2.0) * y)]
}

#[inline(always)]
fn softplus<T: Real>(x: T) -> [T; 3] {
    let [slope, bend, _] = sigmoid(x);
    [x.softplus(), slope, bend]
}

#[inline(always)]
fn elu<T: Real>(x: T, alpha: T) -> [T; 3] {
    let (zero, one) = (T::of(0.0), T::of(1.0));
    let (below, slope) = (alpha * x.exp_m1(), alpha * x.exp());
    [if x > zero { x } else { below }, if x > zero { one } else { slope }, if x < zero { slope } else { zero }]
}

#[inline(always)]
fn hardswish<T: Real>(x: T) -> [T; 3] {
    let (zero, one, three) = (T::of(0.0), T::of(1.0), T::of(3.0));
    let low = T::of(-3.0);
    let (value, slope) = (x * (x + three) * T::of(1.0 / 6.0), x * T::of(1.0 / 3.0) + T::of(0.5));
    let is_below = x <= low;
    let is_between = x < three;
    let above = |inside: T, outside: T| if is_between { inside } else { outside };
    [
        if is_below { zero } else { above(value, x) },
        if is_below { zero } else { above(slope, one) },
        if is_below { zero } else { above(T::of(1.0 / 3.0), zero) },
    ]
}
