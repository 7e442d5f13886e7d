//! Each operation against compositions of Burn's own in 64 bits.

use burn::backend::DType;
use burn::tensor::{Device, Tensor, TensorData};

use super::{Cells, Norm};

const EPSILON: f64 = 1e-3;

/// Cells of members of the sizes, narrower and wider than a buffer, one task and many.
const CASES: [(Cells, [usize; 3]); 12] = [
    (Cells::Rows, [1, 7, 5]),
    (Cells::Rows, [3, 5, 70]),
    (Cells::Rows, [2, 300, 131]),
    (Cells::Rows, [2, 3, 1]),
    (Cells::Columns, [1, 40, 1]),
    (Cells::Columns, [2, 300, 5]),
    (Cells::Columns, [2, 4096, 12]),
    (Cells::Columns, [1, 301, 70]),
    (Cells::Blocks { rows: 4, channels: 3 }, [2, 12, 6]),
    (Cells::Blocks { rows: 1, channels: 2 }, [2, 5, 8]),
    (Cells::Blocks { rows: 9, channels: 40 }, [1, 18, 80]),
    (Cells::Blocks { rows: 6, channels: 3 }, [3, 6, 3]),
];

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

fn assert_close(what: &str, own: Vec<f64>, composed: Vec<f64>) {
    assert_eq!(own.len(), composed.len(), "{what}");
    let scale = composed.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    let worst = own.iter().zip(&composed).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-11 * scale, "{what}: {worst}");
}

/// The mean within each cell, at each number of it.
fn mean(x: Tensor<3>, cells: Cells) -> Tensor<3> {
    let [p, m, c] = x.dims();
    let [tall, wide] = cells.size([m, c]);
    let x = x.reshape([p, m / tall, tall, c / wide, wide]);
    (x.zeros_like() + x.mean_dim(4).mean_dim(2)).reshape([p, m, c])
}

/// y and s.
fn composed(x: Tensor<3>, cells: Cells) -> [Tensor<3>; 2] {
    let centred = x.clone() - mean(x, cells);
    let scale = (mean(centred.clone() * centred.clone(), cells) + EPSILON).sqrt().recip();
    [centred * scale.clone(), scale]
}

/// J(ẋ).
fn composed_first(x: Tensor<3>, first: Tensor<3>, cells: Cells) -> Tensor<3> {
    let [y, scale] = composed(x, cells);
    let centred = first.clone() - mean(first, cells);
    (centred.clone() - y.clone() * mean(y * centred, cells)) * scale
}

/// The value of `of` and its gradient by each of the operands, weighted.
fn with_gradients<const N: usize>(
    operands: &[Tensor<3>; N],
    of: &dyn Fn([Tensor<3>; N]) -> Tensor<3>,
) -> Vec<Vec<f64>> {
    let leaves = operands.each_ref().map(|a| a.clone().autodiff().require_grad());
    let z = of(leaves.clone());
    let grads = (z.clone() * tensor_of(9, z.dims())).sum().backward();
    let gradients = leaves.iter().map(|leaf| host(leaf.grad(&grads).expect("tracked")));
    std::iter::once(host(z.inner())).chain(gradients).collect()
}

#[test]
fn values_and_their_gradients_agree_with_the_composition() {
    for (cells, shape) in CASES {
        let channels = [shape[0], 1, shape[2]];
        let operands = [tensor_of(1, shape), tensor_of(2, channels), tensor_of(3, channels)];
        let own = with_gradients(&operands, &|[x, scale, shift]| {
            Norm::new(x, cells, EPSILON).value(Some(scale), Some(shift))
        });
        let expected = with_gradients(&operands, &|[x, scale, shift]| {
            let [y, _] = composed(x, cells);
            y * scale + shift
        });
        for (i, (own, expected)) in own.into_iter().zip(expected).enumerate() {
            assert_close(&format!("{cells:?} {shape:?} {i}"), own, expected);
        }
    }
}

#[test]
fn scale_and_shift_may_be_missing() {
    for (cells, shape) in CASES {
        let operands = [tensor_of(1, shape), tensor_of(4, shape)];
        let own = with_gradients(&operands, &|[x, first]| {
            let norm = Norm::new(x, cells, EPSILON);
            norm.value(None, None) + norm.first(first, (None, None), None)
        });
        let expected = with_gradients(&operands, &|[x, first]| {
            let [y, _] = composed(x.clone(), cells);
            y + composed_first(x, first, cells)
        });
        for (i, (own, expected)) in own.into_iter().zip(expected).enumerate() {
            assert_close(&format!("{cells:?} {shape:?} {i}"), own, expected);
        }
    }
}

#[test]
fn first_derivatives_and_their_gradients_agree_with_the_composition() {
    for (cells, shape) in CASES {
        let channels = [shape[0], 1, shape[2]];
        let [x, first] = [tensor_of(1, shape), tensor_of(4, shape)];
        let [scale, dscale, dshift] = [2, 5, 6].map(|seed| tensor_of(seed, channels));
        let operands = [x, first, scale, dscale, dshift];
        let own = with_gradients(&operands, &|[x, first, scale, dscale, dshift]| {
            Norm::new(x, cells, EPSILON).first(first, (Some(scale), Some(dscale)), Some(dshift))
        });
        let expected = with_gradients(&operands, &|[x, first, scale, dscale, dshift]| {
            let [y, _] = composed(x.clone(), cells);
            composed_first(x, first, cells) * scale + y * dscale + dshift
        });
        for (i, (own, expected)) in own.into_iter().zip(expected).enumerate() {
            assert_close(&format!("{cells:?} {shape:?} {i}"), own, expected);
        }
    }
}

/// z̈ of a line, by the derivatives of the variance.
fn composed_second(x: &Tensor<3>, first: &Tensor<3>, scale: &Tensor<3>, dscale: &Tensor<3>, cells: Cells) -> Tensor<3> {
    let [_, s] = composed(x.clone(), cells);
    let c = x.clone() - mean(x.clone(), cells);
    let a = first.clone() - mean(first.clone(), cells);
    // v̇ = 2M(ca), v̈ = 2M(a²); s = (v + ε)^(−1/2)
    let dv = mean(c.clone() * a.clone(), cells) * 2.0;
    let ddv = mean(a.clone() * a.clone(), cells) * 2.0;
    let cube = s.clone() * s.clone() * s.clone();
    let ds = cube.clone() * dv.clone() * -0.5;
    let dds = cube.clone() * s.clone() * s.clone() * dv.clone() * dv * 0.75 - cube * ddv * 0.5;
    let bent = a * ds * 2.0 + c * dds;
    bent * scale.clone() + composed_first(x.clone(), first.clone(), cells) * dscale.clone() * 2.0
}

#[test]
fn second_derivatives_agree_with_the_composition_however_they_are_grouped() {
    for (cells, [_, m, c]) in CASES {
        let directions = 4;
        let (x, first) = (tensor_of(1, [1, m, c]), tensor_of(4, [directions, m, c]));
        let (scale, dscale) = (tensor_of(2, [1, 1, c]), tensor_of(5, [directions, 1, c]));
        let dshift = tensor_of(6, [directions, 1, c]);
        let wide = x.clone().repeat_dim(0, directions);
        let [y, _] = composed(wide.clone(), cells);
        let firsts = composed_first(wide.clone(), first.clone(), cells) * scale.clone() + y * dscale.clone();
        let bent = composed_second(&wide, &first, &scale, &dscale, cells);
        for groups in [1, 2, 4] {
            let second = tensor_of(7, [groups, m, c]);
            let norm = Norm::new(x.clone(), cells, EPSILON);
            let summed = bent.clone().reshape([groups, directions / groups, m * c]).sum_dim(1).reshape([groups, m, c]);
            let straight = composed_first(x.clone().repeat_dim(0, groups), second.clone(), cells) * scale.clone();
            let pair = || (Some(scale.clone()), Some(dscale.clone()));
            let what = format!("{cells:?} {m}x{c} {groups} groups");
            let [own, bend] = norm.both(first.clone(), None, pair(), None, groups);
            assert_close(&what, host(own), host(firsts.clone()));
            assert_close(&what, host(bend), host(summed.clone()));
            let [own, bend] = norm.both(first.clone(), Some(second), pair(), Some(dshift.clone()), groups);
            assert_close(&what, host(own), host(firsts.clone() + dshift.clone()));
            assert_close(&what, host(bend), host(summed + straight));
        }
    }
}

/// Bit for bit.
#[test]
fn nothing_depends_on_the_number_of_threads() {
    for (cells, shape) in CASES {
        let channels = [shape[0], 1, shape[2]];
        let [x, first] = [tensor_of(1, shape), tensor_of(4, shape)];
        let [scale, dscale, dshift] = [2, 5, 6].map(|seed| tensor_of(seed, channels));
        let operands = [x, first, scale, dscale, dshift].map(|a| a.cast(DType::F32));
        let all = || {
            let operands = operands.each_ref().map(|a| a.clone().autodiff().require_grad());
            let [x, first, scale, dscale, dshift] = operands.clone();
            let norm = Norm::new(x, cells, EPSILON);
            let z = norm.value(Some(scale.clone()), Some(dshift.clone()));
            let z = z + norm.first(first, (Some(scale), Some(dscale)), Some(dshift));
            let grads = (z.clone() * z).sum().backward();
            let gradients = operands.each_ref().map(|a| a.grad(&grads).expect("tracked").into_data());
            gradients.map(|data| data.try_to_vec::<f32>().expect("f32"))
        };
        let on = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool").install(all)
        };
        assert_eq!(on(1), on(3), "{cells:?} {shape:?}");
    }
}
