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

/// Ordinary, strided, grouped, depthwise, flat, even and wide kernels; sizes that do not fill vectors or blocks; few outputs.
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
        ([35, 1, 1, 1100, 1, 1, 1], 1, 0, 1),
        ([3, 1, 1, 64, 1, 1, 1], 1, 0, 1),
        ([2, 5, 4, 20, 2, 1, 1], 2, 0, 1),
        ([4, 1, 33, 37, 3, 1, 1], 1, 0, 1),
        ([2, 4, 3, 150, 4, 1, 1], 1, 1, 1),
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

/// To 1e-12 of the greatest number: sums of a thousand products are rounded as the processor's vectors order them.
fn close(a: &[f64], b: &[f64]) -> bool {
    let greatest = b.iter().fold(1.0, |greatest: f64, b| greatest.max(b.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12 * greatest)
}

#[test]
fn products_are_those_of_the_definition() {
    for sizes in cases() {
        for (px, pw) in POPULATIONS {
            let (x, w) = (numbers(px * sizes.inputs(), 1), numbers(pw * sizes.weights(), 2));
            let operands = Operands { x: (&x, px), weight: (&w, pw) };
            let found = forward(&sizes, px.max(pw), operands, None, Activation::Identity);
            assert!(close(&found, &naive(&sizes, (&x, px), (&w, pw))), "{sizes:?} {px} {pw}");
            let [x, w] = [&x, &w].map(|values| values.iter().map(|&value| value as f32).collect::<Vec<f32>>());
            let operands = Operands { x: (&x, px), weight: (&w, pw) };
            let single = forward(&sizes, px.max(pw), operands, None, Activation::Identity);
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
            let alone = backward(&sizes, operands, upstream, Wanted { x: false, weight: true, bias: None });
            assert!(alone.x.is_none() && alone.weight.is_some_and(|alone| close(&alone, &gw)), "{sizes:?} {px} {pw}");
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
fn bias_and_activation_are_part_of_it() {
    for sizes in cases() {
        let members = 3;
        let (x, w) = (numbers(members * sizes.inputs(), 1), numbers(sizes.weights(), 2));
        let bias = numbers(members * sizes.outputs, 4);
        let operands = Operands { x: (&x, members), weight: (&w, 1) };
        let found = forward(&sizes, members, operands, Some((&bias, members)), Activation::Tanh);
        let plain = naive(&sizes, (&x, members), (&w, 1));
        let len = plain.len() / members;
        let bias_at = |i: usize| bias[i / len * sizes.outputs + i % sizes.outputs];
        let wanted: Vec<f64> = plain.iter().enumerate().map(|(i, sum)| (sum + bias_at(i)).tanh()).collect();
        assert!(close(&found, &wanted), "{sizes:?}");
    }
}

const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::Tanh];

/// act, act' and act'' of z.
fn series(activation: Activation, z: f64) -> [f64; 3] {
    match activation {
        Activation::Identity => [z, 1.0, 0.0],
        Activation::Relu if z > 0.0 => [z, 1.0, 0.0],
        Activation::Relu => [0.0; 3],
        Activation::Tanh => {
            let y = z.tanh();
            [y, 1.0 - y * y, -2.0 * y * (1.0 - y * y)]
        }
    }
}

/// With each of them in turn and where x does not change along the line.
#[test]
fn duals_are_those_of_the_definition() {
    for sizes in cases() {
        for (activation, has_first) in ACTIVATIONS.into_iter().zip([true, false, true]) {
            let (px, p) = (if has_first { 3 } else { 1 }, 3);
            let (x, dx) = (numbers(px * sizes.inputs(), 1), numbers(px * sizes.inputs(), 2));
            let (w, dw) = (numbers(p * sizes.weights(), 3), numbers(p * sizes.weights(), 4));
            let (b, db) = (numbers(p * sizes.outputs, 5), numbers(p * sizes.outputs, 6));
            let operands = DualOperands {
                x: (&x, px),
                first: has_first.then_some((&dx[..], px)),
                weight: (&w, p),
                dweight: (&dw, p),
                bias: Some((&b, p)),
                dbias: Some((&db, p)),
            };
            let [y, dy] = dual(&sizes, p, operands, activation);
            let z = naive(&sizes, (&x, px), (&w, p));
            let by_weight = naive(&sizes, (&x, px), (&dw, p));
            let by_input = if has_first { naive(&sizes, (&dx, px), (&w, p)) } else { vec![0.0; z.len()] };
            let len = z.len() / p;
            let place = |i: usize| i / len * sizes.outputs + i % sizes.outputs;
            let both: Vec<[f64; 2]> = (0..z.len())
                .map(|i| {
                    let [value, slope, _] = series(activation, z[i] + b[place(i)]);
                    [value, slope * (by_weight[i] + by_input[i] + db[place(i)])]
                })
                .collect();
            assert!(close(&y, &both.iter().map(|both| both[0]).collect::<Vec<f64>>()), "{sizes:?} {activation:?}");
            assert!(close(&dy, &both.iter().map(|both| both[1]).collect::<Vec<f64>>()), "{sizes:?} {activation:?}");
        }
    }
}

/// Along any direction of all operands the gradients are what the results change by, by differences of fourth order; tanh only, as
/// relu has kinks. Operands that all members share have the sum of their gradients.
#[test]
fn gradients_of_duals_are_those_of_the_results() {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for sizes in cases() {
        for (p, shared) in [(1, false), (3, false), (3, true)] {
            let own = if shared { 1 } else { p };
            let lengths = [
                own * sizes.inputs(),
                own * sizes.inputs(),
                p * sizes.weights(),
                p * sizes.weights(),
                p * sizes.outputs,
                p * sizes.outputs,
            ];
            let populations = [own, own, p, p, p, p];
            let at: [Vec<f64>; 6] = std::array::from_fn(|i| numbers(lengths[i], i as u64));
            let results = |all: &[Vec<f64>; 6]| dual(&sizes, p, of(all, populations), Activation::Tanh);
            let outputs = results(&at);
            let upstream: [Vec<f64>; 2] = std::array::from_fn(|i| numbers(outputs[0].len(), 20 + i as u64));
            let found = dual_backward(
                &sizes,
                p,
                of(&at, populations),
                DualUpstream {
                    gradients: upstream.each_ref().map(|all| Some(&all[..])),
                    outputs: outputs.each_ref().map(Vec::as_slice),
                    activation: Activation::Tanh,
                },
                [true; 6],
            );
            for (i, found) in found.iter().enumerate() {
                let direction = numbers(lengths[i], 40 + i as u64);
                let moved = |t: f64| {
                    let mut all = at.clone();
                    all[i].iter_mut().zip(&direction).for_each(|(a, d)| *a += t * d);
                    let [y, dy] = results(&all);
                    dot(&y, &upstream[0]) + dot(&dy, &upstream[1])
                };
                let h = 1e-3;
                let slope = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
                let found = dot(found.as_ref().expect("wanted"), &direction);
                assert!((slope - found).abs() < 1e-7 * slope.abs().max(1.0), "{i} of {sizes:?} {p}: {found} {slope}");
            }
        }
    }
}

fn of(all: &[Vec<f64>; 6], populations: [usize; 6]) -> DualOperands<'_, f64> {
    let [x, first, weight, dweight, bias, dbias] = std::array::from_fn(|i| (&all[i][..], populations[i]));
    DualOperands { x, first: Some(first), weight, dweight, bias: Some(bias), dbias: Some(dbias) }
}

#[test]
fn gradients_pass_where_relu_does_and_what_is_not_there_adds_nothing() {
    let sizes = cases().next().expect("there are cases");
    let at: [Vec<f64>; 6] = [
        numbers(sizes.inputs(), 1),
        numbers(sizes.inputs(), 2),
        numbers(sizes.weights(), 3),
        numbers(sizes.weights(), 4),
        numbers(sizes.outputs, 5),
        numbers(sizes.outputs, 6),
    ];
    let outputs = dual(&sizes, 1, of(&at, [1; 6]), Activation::Relu);
    let run = |gradients: [Option<&[f64]>; 2], activation| {
        let upstream = DualUpstream { gradients, outputs: outputs.each_ref().map(Vec::as_slice), activation };
        dual_backward(&sizes, 1, of(&at, [1; 6]), upstream, [true; 6]).map(|all| all.expect("wanted"))
    };
    let g = [numbers(outputs[0].len(), 7), numbers(outputs[0].len(), 8)];
    let passed = g.each_ref().map(|g| {
        let all = g.iter().zip(&outputs[0]);
        all.map(|(g, &y)| if y > 0.0 { *g } else { 0.0 }).collect::<Vec<f64>>()
    });
    let found = run([Some(&g[0]), Some(&g[1])], Activation::Relu);
    let plain = run([Some(&passed[0]), Some(&passed[1])], Activation::Identity);
    assert!(found.iter().zip(&plain).all(|(found, plain)| close(found, plain)));
    let zeros = vec![0.0; g[0].len()];
    let without = run([None, Some(&g[1])], Activation::Relu);
    let with_zeros = run([Some(&zeros), Some(&g[1])], Activation::Relu);
    assert_eq!(without, with_zeros);
}

#[test]
fn jets_are_those_of_the_definition() {
    let (directions, groups) = (6, 3);
    for sizes in cases() {
        for (activation, (has_first, has_second)) in
            ACTIVATIONS.into_iter().zip([(true, true), (true, false), (true, true)]).chain([
                (Activation::Tanh, (false, false)),
                (Activation::Relu, (false, false)),
                (Activation::Relu, (false, true)),
            ])
        {
            let all = |population: usize, seed: u64| numbers(population * sizes.inputs(), seed);
            let (x, dx, ddx) = (all(1, 1), all(directions, 2), all(groups, 3));
            let (w, dw) = (numbers(sizes.weights(), 4), numbers(directions * sizes.weights(), 5));
            let (b, db) = (numbers(sizes.outputs, 6), numbers(directions * sizes.outputs, 7));
            let operands = JetOperands {
                x: &x,
                first: has_first.then_some(&dx[..]),
                second: has_second.then_some(&ddx[..]),
                weight: &w,
                dweight: &dw,
                bias: Some(&b),
                dbias: Some(&db),
                directions,
                groups,
            };
            let [y, dy, ddy] = jet(&sizes, operands, activation);
            let z = naive(&sizes, (&x, 1), (&w, 1));
            let by_weight = naive(&sizes, (&x, 1), (&dw, directions));
            let (by_input, mixed) = if has_first {
                (naive(&sizes, (&dx, directions), (&w, 1)), naive(&sizes, (&dx, directions), (&dw, directions)))
            } else {
                let zeros = vec![0.0; by_weight.len()];
                (zeros.clone(), zeros)
            };
            let curved = if has_second { naive(&sizes, (&ddx, groups), (&w, 1)) } else { vec![0.0; groups * z.len()] };
            let what = format!("{sizes:?} {activation:?} {has_first} {has_second}");
            let len = z.len();
            let at = |i: usize| series(activation, z[i] + b[i % sizes.outputs]);
            let first = |r: usize, i: usize| {
                by_weight[r * len + i] + by_input[r * len + i] + db[r * sizes.outputs + i % sizes.outputs]
            };
            assert!(close(&y, &(0..len).map(|i| at(i)[0]).collect::<Vec<f64>>()), "{what}");
            let firsts = (0..directions * len).map(|i| at(i % len)[1] * first(i / len, i % len));
            assert!(close(&dy, &firsts.collect::<Vec<f64>>()), "{what}");
            let seconds = (0..groups * len).map(|i| {
                let ([_, slope, bend], members) = (at(i % len), i / len * 2..i / len * 2 + 2);
                let mixed: f64 = members.clone().map(|r| 2.0 * mixed[r * len + i % len]).sum();
                let squares: f64 = members.map(|r| first(r, i % len).powi(2)).sum();
                slope * (curved[i] + mixed) + bend * squares
            });
            let seconds: Vec<f64> = seconds.collect();
            if ddy.is_empty() {
                assert!(seconds.iter().all(|second| *second == 0.0), "{what}");
            } else {
                assert!(close(&ddy, &seconds), "{what}");
            }
        }
    }
}

#[test]
fn the_slope_of_an_activation_is_part_of_the_gradient() {
    let sizes = cases().next().expect("there are cases");
    let (x, w) = (numbers(sizes.inputs(), 1), numbers(sizes.weights(), 2));
    let operands = Operands { x: (&x, 1), weight: (&w, 1) };
    for activation in [Activation::Relu, Activation::Tanh] {
        let y = forward(&sizes, 1, operands, None, activation);
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
