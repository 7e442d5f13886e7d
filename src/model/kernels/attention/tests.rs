//! Attention against the composition of Burn's operations, against closed forms and against differences.

use burn::tensor::{Device, TensorData};

use super::*;
use crate::model::arithmetic::{Arithmetic, Dual, DualTensor, Jet, JetTensor, Series, Value, composed};
use crate::model::groups::Groups;

/// Numbers between −1 and 1 that look random.
fn tensor_of<const D: usize>(seed: u64, shape: [usize; D]) -> Tensor<D> {
    let mut state = seed.wrapping_mul(7919).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    };
    let values: Vec<f64> = (0..shape.iter().product::<usize>()).map(|_| next()).collect();
    on_cpu(values, shape)
}

fn on_cpu<const D: usize>(values: Vec<f64>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

fn assert_close<const D: usize>(what: &str, a: Tensor<D>, b: Tensor<D>, most: f64) {
    assert_eq!(a.dims(), b.dims(), "{what}");
    let worst = host(a).into_iter().zip(host(b)).map(|(a, b)| (a - b).abs());
    // Not by `max`, which passes over NaN.
    let worst = worst.fold(0.0, |worst, error| if error <= worst { worst } else { error });
    assert!(worst <= most, "{what}: {worst}");
}

#[derive(Debug, Clone, Copy)]
struct Case {
    examples: usize,
    tokens: usize,
    width: usize,
    settings: AttentionSettings,
    is_padded: bool,
}

impl Case {
    fn qkv(&self, seed: u64, population: usize) -> Tensor<4> {
        tensor_of(seed, [population, self.examples, self.tokens, 3 * self.width]) * 2.0
    }

    /// Where there is padding, the first example has no tokens at all, the second one lacks its first and its last token, and
    /// the others their last two.
    fn padding(&self) -> Option<Tensor<2>> {
        let last = self.tokens - 1;
        let is_token = |example: usize, token: usize| match example {
            0 => false,
            1 => token != 0 && token != last,
            _ => token + 2 <= last,
        };
        let places = (0..self.examples).flat_map(|example| (0..self.tokens).map(move |token| (example, token)));
        let values = places.map(|(example, token)| if is_token(example, token) { 1.0 } else { 0.0 }).collect();
        self.is_padded.then(|| on_cpu(values, [self.examples, self.tokens]))
    }
}

/// One token, some, and more than a block of queries; widths that fill vectors and that do not.
fn cases() -> Vec<Case> {
    let sizes = [(2, 1, 4, 2), (3, 5, 6, 2), (2, 70, 16, 1), (3, 33, 15, 3), (2, 130, 4, 1)];
    let each = |(examples, tokens, width, heads)| {
        [(false, false), (true, false), (false, true), (true, true)].map(|(causal, is_padded)| Case {
            examples,
            tokens,
            width,
            settings: AttentionSettings { heads, causal },
            is_padded,
        })
    };
    sizes.into_iter().flat_map(each).collect()
}

/// A function's value and its gradients by queries, keys and values and by their derivatives, with an uneven gradient coming in.
fn with_gradients(case: Case, of: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>) -> (Tensor<4>, [Option<Tensor<4>>; 2]) {
    let [qkv, first] = [1, 2].map(|seed| case.qkv(seed, 2).autodiff().require_grad());
    let value = of(qkv.clone(), first.clone());
    let weights = tensor_of(3, value.dims());
    let grads = (value.clone() * weights).sum().backward();
    (value.inner(), [qkv.grad(&grads), first.grad(&grads)])
}

#[test]
fn values_and_gradients_agree_with_the_composition() {
    for case in cases() {
        let padding = case.padding();
        let padding = padding.as_ref();
        let own = with_gradients(case, |qkv, _| attention(qkv, padding, case.settings));
        let expected = with_gradients(case, |qkv, _| composed(Series::constant(qkv), padding, case.settings).value);
        assert_close(&format!("value, {case:?}"), own.0, expected.0, 1e-12);
        let [gradient, expected] = [own.1, expected.1].map(|[by_qkv, _]| by_qkv.expect("tracked"));
        assert_close(&format!("gradient, {case:?}"), gradient, expected, 1e-12);
    }
}

#[test]
fn slopes_and_their_gradients_agree_with_the_composition() {
    for case in cases() {
        let padding = case.padding();
        let padding = padding.as_ref();
        let own = with_gradients(case, |qkv, first| attention_slope(qkv, first, padding, case.settings));
        let expected = with_gradients(case, |value, first| {
            let dual = Series { value, first: Some(first), second: None, groups: None };
            composed(dual, padding, case.settings).first.expect("it changes along the line")
        });
        assert_close(&format!("slope, {case:?}"), own.0, expected.0, 1e-12);
        for (name, (own, expected)) in ["qkv", "first"].into_iter().zip(own.1.into_iter().zip(expected.1)) {
            let (own, expected) = (own.expect("tracked"), expected.expect("tracked"));
            assert_close(&format!("slope by {name}, {case:?}"), own, expected, 1e-11);
        }
    }
}

/// A part of the slope's gradient is wanted where only one of its operands is tracked.
#[test]
fn what_is_not_tracked_needs_no_gradient() {
    let case = cases()[7];
    let padding = case.padding();
    let of = |qkv, first| attention_slope(qkv, first, padding.as_ref(), case.settings);
    let (_, both) = with_gradients(case, of);
    let [_, by_first] = with_gradients(case, |qkv, first| of(qkv.without_autodiff(), first)).1;
    let [by_qkv, _] = with_gradients(case, |qkv, first| of(qkv, first.without_autodiff())).1;
    for (one, both) in [by_qkv, by_first].into_iter().zip(both) {
        assert_close("one of two gradients", one.expect("tracked"), both.expect("tracked"), 1e-14);
    }
}

#[test]
fn curvatures_agree_with_the_composition() {
    for case in cases() {
        let padding = case.padding();
        let padding = padding.as_ref();
        for (groups, has_second) in [(2, true), (2, false), (4, true), (1, true)] {
            let (value, first) = (case.qkv(1, 1), case.qkv(2, 4));
            let second = has_second.then(|| case.qkv(3, groups));
            let jet = (first.clone(), second.clone(), groups);
            let [own_first, own_second] = attention_curved(value.clone(), jet, padding, case.settings);
            let jet = Series { value, first: Some(first), second, groups: Some(Groups { directions: 4, groups }) };
            let expected = composed(jet, padding, case.settings);
            let [first, second] =
                [expected.first, expected.second].map(|part| part.expect("it changes along the line"));
            assert_close(&format!("first, {groups} groups, {case:?}"), own_first, first, 1e-12);
            assert_close(&format!("second, {groups} groups, {case:?}"), own_second, second, 1e-10);
        }
    }
}

/// The three arithmetics come to the same operations.
#[test]
fn the_arithmetics_agree_with_the_composition() {
    let case = cases()[7];
    let padding = case.padding();
    let padding = padding.as_ref();
    let [value, first, second] = [(1, 1), (2, 4), (3, 2)].map(|(seed, population)| case.qkv(seed, population));
    let groups = Groups { directions: 4, groups: 2 };
    let jet = Series { value, first: Some(first), second: Some(second), groups: Some(groups) };
    let expected = composed(jet.clone(), padding, case.settings);
    let Series { value, first, second, .. } = jet;
    let found = Jet::attention(JetTensor { value: value.clone(), first, second, groups }, padding, case.settings);
    assert_close("a jet's value", found.value, expected.value.clone(), 1e-12);
    assert_close("a jet's first", found.first.expect("first"), expected.first.expect("first"), 1e-12);
    assert_close("a jet's second", found.second.expect("second"), expected.second.expect("second"), 1e-11);
    assert_close("a value", Value::attention(value.clone(), padding, case.settings), expected.value, 1e-12);

    let first = case.qkv(2, 1);
    let dual = Series { value, first: Some(first), second: None, groups: None };
    let expected = composed(dual.clone(), padding, case.settings);
    let found = Dual::attention(DualTensor { value: dual.value, first: dual.first }, padding, case.settings);
    assert_close("a dual's value", found.value, expected.value, 1e-12);
    assert_close("a dual's first", found.first.expect("first"), expected.first.expect("first"), 1e-12);
}

/// Along the parabola x + ẋ·h + ẍ·h²/2, for attention and for the composition.
#[test]
fn derivatives_are_those_of_differences() {
    let step = 1e-4;
    for case in cases().into_iter().skip(4).take(4) {
        let padding = case.padding();
        let padding = padding.as_ref();
        let [value, first, second] = [1, 2, 3].map(|seed| case.qkv(seed, 1));
        let at = |h: f64| {
            let x = value.clone() + first.clone() * h + second.clone() * (0.5 * h * h);
            attention(x, padding, case.settings)
        };
        let slope = (at(step) - at(-step)) * (0.5 / step);
        let curvature = (at(step) - at(0.0) * 2.0 + at(-step)) * (step * step).recip();
        let own_slope = attention_slope(value.clone(), first.clone(), padding, case.settings);
        assert_close(&format!("slope, {case:?}"), own_slope, slope.clone(), 1e-6);
        let [own_first, own_second] =
            attention_curved(value.clone(), (first.clone(), Some(second.clone()), 1), padding, case.settings);
        assert_close(&format!("first, {case:?}"), own_first, slope.clone(), 1e-6);
        assert_close(&format!("second, {case:?}"), own_second, curvature.clone(), 1e-5);
        let groups = Some(Groups { directions: 1, groups: 1 });
        let jet = Series { value: value.clone(), first: Some(first.clone()), second: Some(second.clone()), groups };
        let jet = composed(jet, padding, case.settings);
        assert_close(&format!("composed slope, {case:?}"), jet.first.expect("first"), slope, 1e-6);
        assert_close(&format!("composed curvature, {case:?}"), jet.second.expect("second"), curvature, 1e-5);
    }
}

/// Two tokens of width 1 with keys 0 and 1: a query q gives the second one the share σ(q).
#[test]
fn two_tokens_share_by_the_logistic_function() {
    let two = 2.0_f64.ln();
    // Queries 0 and ln 2, keys 0 and 1, values 3 and 6.
    let qkv = on_cpu(vec![0.0, 0.0, 3.0, two, 1.0, 6.0], [1, 1, 2, 3]);
    let of = |causal, padding: Option<Vec<f64>>| {
        let padding = padding.map(|padding| on_cpu(padding, [1, 2]));
        attention(qkv.clone(), padding.as_ref(), AttentionSettings { heads: 1, causal })
    };
    let expect = |found, values: [f64; 2]| assert_close("shares", found, on_cpu(values.to_vec(), [1, 1, 2, 1]), 1e-14);
    expect(of(false, None), [4.5, 5.0]);
    expect(of(true, None), [3.0, 5.0]);
    expect(of(false, Some(vec![1.0, 0.0])), [3.0, 3.0]);
    expect(of(true, Some(vec![0.0, 1.0])), [0.0, 6.0]);
    expect(of(false, Some(vec![0.0, 0.0])), [0.0, 0.0]);
}

/// 32 bits, at scores of some tens too, whose exponentials would not fit.
#[test]
fn single_precision_agrees_with_double() {
    for case in cases() {
        let padding = case.padding();
        let padding = padding.as_ref();
        for scale in [1.0, 30.0] {
            let qkv = case.qkv(1, 2) * scale;
            let single = attention(qkv.clone().cast(DType::F32), padding, case.settings).cast(DType::F64);
            let double = attention(qkv.clone().cast(DType::F32).cast(DType::F64), padding, case.settings);
            assert_close(&format!("{scale}, {case:?}"), single, double, 5e-6 * scale * scale * scale);
        }
    }
}

/// A number that is none stays visible, where it is and only there.
#[test]
fn nan_stays_nan() {
    for dtype in [DType::F32, DType::F64] {
        let mut values = host(tensor_of(1, [1, 2, 3, 12]));
        values[0] = f64::NAN;
        let qkv = on_cpu(values, [1, 2, 3, 12]).cast(dtype);
        let out = host(attention(qkv, None, AttentionSettings { heads: 2, causal: false }));
        // The first query of the first head of the first example.
        let is_nan: Vec<usize> = (0..out.len()).filter(|&i| out[i].is_nan()).collect();
        assert_eq!(is_nan, [0, 1]);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let case = cases()[15];
    let all = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let padding = case.padding();
            let own = with_gradients(case, |qkv, first| attention_slope(qkv, first, padding.as_ref(), case.settings));
            let gradients = own.1.into_iter().flat_map(|gradient| host(gradient.expect("tracked")));
            gradients.chain(host(own.0)).collect::<Vec<f64>>()
        })
    };
    assert_eq!(all(1), all(3));
}
