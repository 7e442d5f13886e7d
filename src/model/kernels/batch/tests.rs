//! Each operation against compositions of Burn's own in 64 bits.

use burn::backend::DType;
use burn::tensor::{Device, Tensor, TensorData};

use super::{BatchNorm, JetOperand};

const EPSILON: f64 = 1e-3;

/// Members narrower and wider than a buffer, in one block and in several.
const SHAPES: [[usize; 3]; 6] = [[1, 40, 1], [2, 300, 5], [2, 4096, 12], [1, 301, 70], [3, 1040, 16], [2, 130, 128]];

fn tensor_of(seed: usize, shape: [usize; 3]) -> Tensor<3> {
    let number = |i: usize| {
        let mixed = (i * 7919 + seed * 104_729) as u64 ^ 0x5851_f42d;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / f64::from(1 << 23) - 0.8
    };
    let values: Vec<f64> = (0..shape.iter().product::<usize>()).map(number).collect();
    Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
}

fn host(x: Tensor<3>) -> Vec<f64> {
    x.into_data().try_to_vec::<f64>().expect("f64")
}

fn assert_close(what: &str, own: Tensor<3>, composed: Tensor<3>) {
    assert_eq!(own.dims(), composed.dims(), "{what}");
    let (own, composed) = (host(own), host(composed));
    let scale = composed.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    let worst = own.iter().zip(&composed).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-11 * scale, "{what}: {worst}");
}

/// Given means and variances, or none.
fn given(is_given: bool, channels: usize) -> Option<Tensor<3>> {
    let variance = || tensor_of(31, [1, 1, channels]) * 0.5 + 0.75;
    is_given.then(|| Tensor::cat(vec![tensor_of(30, [1, 1, channels]), variance()], 0))
}

/// x less its mean, and s.
fn parts(x: &Tensor<3>, given: &Option<Tensor<3>>) -> [Tensor<3>; 2] {
    let scale = |variance: Tensor<3>| (variance + EPSILON).sqrt().recip();
    if let Some(given) = given {
        let variance = given.clone().slice_dim(0, 1..2);
        return [x.clone() - given.clone().slice_dim(0, 0..1), scale(variance) + x.zeros_like()];
    }
    let centred = x.clone() - x.clone().mean_dim(1);
    [centred.clone(), scale((centred.clone() * centred).mean_dim(1)) + x.zeros_like()]
}

/// 1 where z is above 0, or everywhere without relu.
fn passing(z: &Tensor<3>, is_relu: bool) -> Tensor<3> {
    let z = z.clone().without_autodiff();
    if is_relu { z.greater_elem(0.0).float().cast(DType::F64) } else { z.ones_like() }
}

/// μ, z and μ·(γ·ẏ + γ̇·y + β̇ + ṙ) of x, ẋ, γ, β, γ̇, β̇, r, ṙ, by its definition.
fn composed(operands: &[Tensor<3>; 8], given: &Option<Tensor<3>>, is_relu: bool) -> [Tensor<3>; 3] {
    let [x, first, scale, shift, dscale, dshift, addend, daddend] = operands.clone();
    let [centred, s] = parts(&x, given);
    let y = centred.clone() * s.clone();
    let dy = if given.is_some() {
        first * s
    } else {
        let a = first.clone() - first.mean_dim(1);
        (a.clone() - y.clone() * (y.clone() * a).mean_dim(1)) * s
    };
    let z = y.clone() * scale.clone() + shift + addend;
    let first = dy * scale + y * dscale + dshift + daddend;
    let passing = passing(&z, is_relu);
    [passing.clone(), z * passing.clone(), first * passing]
}

fn operands(shape: [usize; 3]) -> [Tensor<3>; 8] {
    let channels = [shape[0], 1, shape[2]];
    let shapes = [shape, shape, channels, channels, channels, channels, shape, shape];
    std::array::from_fn(|i| tensor_of(i + 1, shapes[i]))
}

fn cases() -> impl Iterator<Item = ([usize; 3], bool, bool)> {
    let options = [(false, false), (false, true), (true, false), (true, true)];
    SHAPES.into_iter().flat_map(move |shape| options.map(|(is_given, is_relu)| (shape, is_given, is_relu)))
}

#[test]
fn values_and_their_gradients_are_those_of_the_composition() {
    for (shape, is_given, is_relu) in cases() {
        let what = format!("{shape:?} {is_given} {is_relu}");
        let given = given(is_given, shape[2]);
        let weights = tensor_of(20, shape);
        let run = |is_own: bool| {
            let leaves = operands(shape).map(|a| a.autodiff().require_grad());
            let [x, _, scale, shift, _, _, addend, _] = leaves.clone();
            let z = if is_own {
                let norm = BatchNorm { epsilon: EPSILON, given: given.clone(), is_relu };
                norm.value(x, [Some(scale), Some(shift)], Some(addend))
            } else {
                let [_, z, _] = composed(&leaves, &given, is_relu);
                z
            };
            let grads = (z.clone() * weights.clone()).sum().backward();
            let [x, _, scale, shift, _, _, addend, _] = leaves;
            let gradients = [x, scale, shift, addend].map(|leaf| leaf.grad(&grads).expect("tracked"));
            (z.inner(), gradients)
        };
        let ((own, own_gradients), (z, gradients)) = (run(true), run(false));
        assert_close(&what, own, z);
        for (i, (own, composed)) in own_gradients.into_iter().zip(gradients).enumerate() {
            assert_close(&format!("{what} gradient {i}"), own, composed);
        }
    }
}

#[test]
fn duals_and_their_gradients_are_those_of_the_composition() {
    for (shape, is_given, is_relu) in cases() {
        let what = format!("{shape:?} {is_given} {is_relu}");
        let given = given(is_given, shape[2]);
        let weights = [tensor_of(20, shape), tensor_of(21, shape)];
        let run = |is_own: bool| {
            let leaves = operands(shape).map(|a| a.autodiff().require_grad());
            let [x, first, scale, shift, dscale, dshift, addend, daddend] = leaves.clone();
            let both = if is_own {
                let norm = BatchNorm { epsilon: EPSILON, given: given.clone(), is_relu };
                let pairs = [[Some(scale), Some(shift)], [Some(dscale), Some(dshift)]];
                let [pair, dpair] = pairs;
                norm.dual([x, first], pair, dpair, Some([addend, daddend]))
            } else {
                let [_, z, first] = composed(&leaves, &given, is_relu);
                [z, first]
            };
            let [z, first] = both.clone();
            let [by_z, by_first] = weights.clone();
            let grads = (z * by_z + first * by_first).sum().backward();
            (both.map(Tensor::inner), leaves.map(|leaf| leaf.grad(&grads).expect("tracked")))
        };
        let ((own, own_gradients), (both, gradients)) = (run(true), run(false));
        for (own, composed) in own.into_iter().zip(both) {
            assert_close(&what, own, composed);
        }
        for (i, (own, composed)) in own_gradients.into_iter().zip(gradients).enumerate() {
            assert_close(&format!("{what} gradient {i}"), own, composed);
        }
    }
}

/// Where only one of a dual's results is used, the other adds nothing.
#[test]
fn a_result_that_nothing_uses_has_no_gradient() {
    let shape = [2, 300, 5];
    for used in 0..2 {
        let run = |is_own: bool| {
            let leaves = operands(shape).map(|a| a.autodiff().require_grad());
            let [x, first, ..] = leaves.clone();
            let both = if is_own {
                let norm = BatchNorm { epsilon: EPSILON, given: None, is_relu: true };
                norm.dual([x, first], [None, None], [None, None], None)
            } else {
                let [x, first, ..] = leaves.clone();
                let zeros = x.zeros_like();
                let ones = x.ones_like();
                let all = [x, first, ones, zeros.clone(), zeros.clone(), zeros.clone(), zeros.clone(), zeros];
                let [_, z, first] = composed(&all, &None, true);
                [z, first]
            };
            let grads = (both[used].clone() * tensor_of(22, shape)).sum().backward();
            let zero = || tensor_of(1, shape).zeros_like();
            [&leaves[0], &leaves[1]].map(|leaf| leaf.grad(&grads).unwrap_or_else(zero))
        };
        for (i, (own, composed)) in run(true).into_iter().zip(run(false)).enumerate() {
            assert_close(&format!("{used} {i}"), own, composed);
        }
    }
}

/// The second derivative along a line is the derivative of the first one, and ẍ moves the value as ẋ does.
#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases, each held against the same figures")]
fn jets_are_derivatives_of_duals() {
    for (shape, is_given, is_relu) in cases() {
        for (groups, has_second) in [(4, true), (2, true), (2, false)] {
            let what = format!("{shape:?} {is_given} {is_relu} {groups} {has_second}");
            let shape = [1, shape[1], shape[2]];
            let of = |seed: usize, population: usize| tensor_of(seed, [population, shape[1], shape[2]]);
            let channels = |seed: usize, population: usize| tensor_of(seed, [population, 1, shape[2]]);
            let given = given(is_given, shape[2]);
            let directions = 4;
            let (x, first, second) = (of(1, 1), of(2, directions), of(3, groups));
            let (r, dr, ddr) = (of(4, 1), of(5, directions), of(6, groups));
            let (scale, dscale) = (channels(7, 1), channels(8, directions));
            let (shift, dshift) = (channels(9, 1), channels(10, directions));
            let norm = BatchNorm { epsilon: EPSILON, given: given.clone(), is_relu };
            let second_of = |a: &Tensor<3>| has_second.then(|| a.clone());
            let operand = JetOperand { value: x.clone(), first: first.clone(), second: second_of(&second) };
            let addend = JetOperand { value: r.clone(), first: dr.clone(), second: second_of(&ddr) };
            let (pair, dpair) =
                ([Some(scale.clone()), Some(shift.clone())], [Some(dscale.clone()), Some(dshift.clone())]);
            let [own, own_first, own_second] = norm.jet(operand, pair, dpair, Some(addend), groups);
            let member = |a: &Tensor<3>, i: usize| a.clone().slice_dim(0, i..i + 1);
            let none = |a: &Tensor<3>| a.zeros_like();
            for group in 0..groups {
                let mut sum = x.zeros_like();
                for i in group * directions / groups..(group + 1) * directions / groups {
                    let line = [&first, &dscale, &dshift, &dr].map(|a| member(a, i));
                    let [da, dscale, dshift, dr] = line;
                    let at_0 = [&x, &da, &scale, &shift, &dscale, &dshift, &r, &dr].map(Tensor::clone);
                    let [_, z, along] = composed(&at_0, &given, is_relu);
                    assert_close(&what, own.clone(), z);
                    assert_close(&what, member(&own_first, i), along);
                    // d/dt of ż along the line, by differences of fourth order.
                    let h = 1e-3;
                    let moved = |t: f64| {
                        let at = |a: &Tensor<3>, by: &Tensor<3>| a.clone() + by.clone() * t;
                        let all = [
                            at(&x, &da),
                            da.clone(),
                            at(&scale, &dscale),
                            at(&shift, &dshift),
                            dscale.clone(),
                            dshift.clone(),
                            at(&r, &dr),
                            dr.clone(),
                        ];
                        let [_, _, along] = composed(&all, &given, false);
                        along
                    };
                    let passing = passing(&own, is_relu);
                    let difference = (moved(h) - moved(-h)) * 8.0 - (moved(2.0 * h) - moved(-2.0 * h));
                    sum = sum + difference * (1.0 / (12.0 * h)) * passing;
                }
                if has_second {
                    let all = [
                        x.clone(),
                        member(&second, group),
                        scale.clone(),
                        shift.clone(),
                        none(&scale),
                        none(&shift),
                        r.clone(),
                        member(&ddr, group),
                    ];
                    let [_, _, straight] = composed(&all, &given, is_relu);
                    sum = sum + straight * passing(&own, is_relu);
                }
                let (found, sum) = (host(member(&own_second, group)), host(sum));
                let most = sum.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
                let worst = found.iter().zip(&sum).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(worst < 1e-8 * most, "{what}: {worst} of {most}");
            }
        }
    }
}

/// Bit for bit.
#[test]
fn nothing_depends_on_the_number_of_threads() {
    for shape in SHAPES {
        let all = || {
            let leaves = operands(shape).map(|a| a.cast(DType::F32).autodiff().require_grad());
            let [x, first, scale, shift, dscale, dshift, addend, daddend] = leaves.clone();
            let norm = BatchNorm { epsilon: EPSILON, given: None, is_relu: true };
            let pairs = ([Some(scale), Some(shift)], [Some(dscale), Some(dshift)]);
            let [z, along] = norm.dual([x, first], pairs.0, pairs.1, Some([addend, daddend]));
            let grads = (z.clone() * z + along.clone() * along).sum().backward();
            leaves.map(|leaf| leaf.grad(&grads).expect("tracked").into_data().try_to_vec::<f32>().expect("f32"))
        };
        let on = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool").install(all)
        };
        assert_eq!(on(1), on(3), "{shape:?}");
    }
}

/// In 32 bits a channel whose mean is a thousand times its spread keeps the digits that its numbers have.
#[test]
fn a_mean_far_from_0_costs_no_digits() {
    let shape = [1, 4096, 16];
    let x = (tensor_of(1, shape) + 1000.0).cast(DType::F32);
    let norm = BatchNorm { epsilon: EPSILON, given: None, is_relu: false };
    let own = norm.value(x.clone(), [None, None], None).cast(DType::F64);
    let [centred, s] = parts(&x.cast(DType::F64), &None);
    let (own, composed) = (host(own), host(centred * s));
    let worst = own.iter().zip(&composed).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    // A mean rounded to 32 bits is off by 3e-5, the spread is 0.58.
    assert!(worst < 1e-4, "{worst}");
}
