//! The kernels against the definition, by loops.

use super::backward::Gradients;
use super::*;

/// Numbers between −½ and ½ that look random.
fn numbers(len: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(7919).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
    };
    (0..len).map(|_| next()).collect()
}

/// The definition, by loops.
fn naive(sizes: &Sizes, (x, px): (&[f64], usize), (weight, pw): (&[f64], usize)) -> Vec<f64> {
    let [out_height, out_width] = sizes.output();
    let (own, each) = (sizes.own_channels(), sizes.own_outputs());
    let mut out = Vec::new();
    for member in 0..px.max(pw) {
        let (xm, wm) = (member.min(px - 1), member.min(pw - 1));
        for place in 0..sizes.examples * out_height * out_width * sizes.outputs {
            let (pixel, o) = (place / sizes.outputs, place % sizes.outputs);
            let (n, y, x_out) = (pixel / (out_height * out_width), pixel / out_width % out_height, pixel % out_width);
            let mut sum = 0.0;
            for tap in 0..sizes.kernel[0] * sizes.kernel[1] {
                let (ky, kx) = (tap / sizes.kernel[1], tap % sizes.kernel[1]);
                let row = (y * sizes.stride[0] + ky).wrapping_sub(sizes.padding[0]);
                let column = (x_out * sizes.stride[1] + kx).wrapping_sub(sizes.padding[1]);
                if row >= sizes.input[0] || column >= sizes.input[1] {
                    continue;
                }
                let pixel = ((xm * sizes.examples + n) * sizes.input[0] + row) * sizes.input[1] + column;
                for c in 0..own {
                    let w = ((wm * sizes.outputs + o) * own + c) * sizes.kernel[0] * sizes.kernel[1] + tap;
                    sum += x[pixel * sizes.channels + o / each * own + c] * weight[w];
                }
            }
            out.push(sum);
        }
    }
    out
}

/// Ordinary, strided, grouped, depthwise, flat, even and wide kernels; sizes that do not fill vectors or blocks.
fn cases() -> impl Iterator<Item = Sizes> {
    [
        ([3, 5, 7, 4, 6, 3, 3], 1, 1, 1),
        ([3, 5, 7, 4, 6, 3, 3], 2, 1, 1),
        ([2, 8, 8, 6, 20, 3, 3], 2, 1, 2),
        ([3, 6, 5, 3, 37, 1, 1], 1, 0, 1),
        ([4, 1, 50, 7, 5, 1, 1], 1, 0, 1),
        ([2, 7, 7, 8, 8, 5, 3], 3, 2, 4),
        ([2, 4, 4, 2, 2, 1, 1], 2, 0, 1),
        ([2, 6, 6, 4, 18, 2, 2], 2, 0, 1),
        ([2, 5, 5, 9, 9, 3, 3], 1, 3, 9),
    ]
    .into_iter()
    .map(|([examples, height, width, channels, outputs, kh, kw], stride, padding, groups)| Sizes {
        examples,
        input: [height, width],
        channels,
        outputs,
        kernel: [kh, kw],
        stride: [stride; 2],
        padding: [padding; 2],
        groups,
    })
}

const POPULATIONS: [(usize, usize); 4] = [(1, 1), (1, 3), (3, 1), (3, 3)];

fn plain<T: Number>(operands: Operands<'_, T>) -> [Term<'_, T>; 1] {
    [Term { operands, each: 1, scale: T::ONE }]
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

#[test]
fn products_are_those_of_the_definition() {
    for sizes in cases() {
        for (px, pw) in POPULATIONS {
            let (x, w) = (numbers(px * sizes.inputs(), 1), numbers(pw * sizes.weights(), 2));
            let operands = Operands { x: (&x, px), weight: (&w, pw) };
            let found = forward(&sizes, px.max(pw), &plain(operands), None, Activation::Identity);
            assert!(close(&found, &naive(&sizes, (&x, px), (&w, pw))), "{sizes:?} {px} {pw}");
            let [x, w] = [&x, &w].map(|values| values.iter().map(|&value| value as f32).collect::<Vec<f32>>());
            let operands = Operands { x: (&x, px), weight: (&w, pw) };
            let single = forward(&sizes, px.max(pw), &plain(operands), None, Activation::Identity);
            let worst = single.iter().zip(&found).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-5, "{sizes:?} {px} {pw}: {worst} in f32");
        }
    }
}

/// ⟨g, x ∗ w⟩ is linear in x and in w, so its gradients are exact in any direction.
#[test]
fn gradients_are_those_of_a_bilinear_form() {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for sizes in cases() {
        for (px, pw) in POPULATIONS {
            let population = px.max(pw);
            let (x, w) = (numbers(px * sizes.inputs(), 1), numbers(pw * sizes.weights(), 2));
            let pixels = sizes.examples * sizes.output().iter().product::<usize>();
            let g = numbers(population * pixels * sizes.outputs, 3);
            let upstream = Upstream { gradient: &g, output: None, activation: Activation::Identity };
            let wanted = Wanted { x: true, weight: true, bias: Some(population) };
            let operands = Operands { x: (&x, px), weight: (&w, pw) };
            let Gradients { x: Some(gx), weight: Some(gw), bias: Some(gb) } =
                backward(&sizes, operands, upstream, wanted)
            else {
                panic!("all three were wanted")
            };
            assert_eq!((gx.len(), gw.len()), (x.len(), w.len()));
            for seed in 10..13 {
                let (dx, dw) = (numbers(x.len(), seed), numbers(w.len(), seed + 10));
                let by_x = dot(&naive(&sizes, (&dx, px), (&w, pw)), &g);
                assert!((by_x - dot(&dx, &gx)).abs() < 1e-10, "x of {sizes:?} {px} {pw}");
                let by_w = dot(&naive(&sizes, (&x, px), (&dw, pw)), &g);
                assert!((by_w - dot(&dw, &gw)).abs() < 1e-10, "w of {sizes:?} {px} {pw}");
            }
            let own = g.len() / population;
            let sums: Vec<f64> = (0..population * sizes.outputs)
                .map(|i| (i / sizes.outputs, i % sizes.outputs))
                .map(|(m, o)| g[m * own..(m + 1) * own].iter().skip(o).step_by(sizes.outputs).sum())
                .collect();
            assert!(close(&gb, &sums), "bias of {sizes:?} {px} {pw}");
        }
    }
}

#[test]
fn bias_activation_sums_and_scales_are_part_of_it() {
    for sizes in cases() {
        let (r, groups) = (6, 3);
        let (x, w) = (numbers(r * sizes.inputs(), 1), numbers(r * sizes.weights(), 2));
        let (shared, bias) = (numbers(sizes.weights(), 3), numbers(groups * sizes.outputs, 4));
        let terms = [
            Term {
                operands: Operands { x: (&x[..groups * sizes.inputs()], groups), weight: (&shared, 1) },
                each: 1,
                scale: 1.0,
            },
            Term { operands: Operands { x: (&x, r), weight: (&w, r) }, each: r / groups, scale: 2.0 },
        ];
        let found = forward(&sizes, groups, &terms, Some((&bias, groups)), Activation::Tanh);
        let curved = naive(&sizes, (&x[..groups * sizes.inputs()], groups), (&shared, 1));
        let mixed = naive(&sizes, (&x, r), (&w, r));
        let len = curved.len() / groups;
        let wanted: Vec<f64> = (0..curved.len())
            .map(|i| {
                let (group, place) = (i / len, i % len);
                let sum: f64 = (2 * group..2 * group + 2).map(|m| mixed[m * len + place]).sum();
                (curved[i] + 2.0 * sum + bias[group * sizes.outputs + place % sizes.outputs]).tanh()
            })
            .collect();
        assert!(close(&found, &wanted), "{sizes:?}");
    }
}

#[test]
fn the_slope_of_an_activation_is_part_of_the_gradient() {
    let sizes = cases().next().expect("there are cases");
    let (x, w) = (numbers(sizes.inputs(), 1), numbers(sizes.weights(), 2));
    let operands = Operands { x: (&x, 1), weight: (&w, 1) };
    for activation in [Activation::Relu, Activation::Tanh] {
        let y = forward(&sizes, 1, &plain(operands), None, activation);
        let g = numbers(y.len(), 3);
        let slope = |y: f64| match activation {
            Activation::Tanh => 1.0 - y * y,
            _ => f64::from(u8::from(y > 0.0)),
        };
        let sloped: Vec<f64> = g.iter().zip(&y).map(|(g, &y)| g * slope(y)).collect();
        let wanted = Wanted { x: true, weight: true, bias: None };
        let of = |gradient, output, activation| {
            backward(&sizes, operands, Upstream { gradient, output, activation }, wanted)
        };
        let found = of(&g, Some(&y), activation);
        let plain = of(&sloped, None, Activation::Identity);
        assert!(close(&found.x.expect("wanted"), &plain.x.expect("wanted")), "{activation:?}");
        assert!(close(&found.weight.expect("wanted"), &plain.weight.expect("wanted")), "{activation:?}");
    }
}
