//! Losses, gradients and curvature against JAX and PyTorch, against central differences and against themselves.

use burn::tensor::Tensor;
use flatscape::config::LossKind;
use flatscape::model::{Batch, Compute, Targets, to_host};

use crate::common::{
    AtPoint, Failures, NetworkCase, Point, all_points, dot, network_cases, norm, random_point_of, random_points, rows,
    shifted, unit_rows,
};

/// Every figure of a reference case. Scalars that are sums over parameters are compared on the scale of their terms in
/// 32 bits, where their cancellation costs digits, and on their own scale in 64.
fn check_reference(case: &NetworkCase, compute: &Compute, tolerance: f64, failures: &mut Failures) {
    let point = case.point();
    let (network, batch) = (&point.network, point.batch(compute));
    let (weights, direction) = (point.weights(compute), point.direction(compute));
    let mut check = |figure: &str, found: &[f64], expected: &[f64]| {
        failures.relative(&format!("{} {figure}", case.name), found, expected, tolerance);
    };
    check("losses", &to_host(network.losses(weights.clone(), &batch)), &[case.loss_value]);
    let (loss, gradient) = network.gradients(weights.clone(), &batch);
    check("loss of gradients", &to_host(loss), &[case.loss_value]);
    check("gradient", &to_host(gradient), &case.gradient);
    let product = network.hessian_product(weights.clone(), direction.clone(), &batch);
    check("loss of Hv", &to_host(product.loss), &[case.loss_value]);
    check("slope", &to_host(product.slope), &[case.gv]);
    check("Hv", &to_host(product.product), &case.hv);
    check("vHv", &to_host(network.curvature_sums(weights.clone(), direction, 1, &batch)), &[case.vhv]);
    let population = &case.per_population;
    check("population of 3", &to_host(network.losses(rows(&population.ws, compute), &batch)), &population.losses);
    let (loss, accuracy) = point.objective(compute).evaluate(weights);
    check("loss of evaluate", &[loss], &[case.loss_value]);
    check("accuracy", &[accuracy], &[accuracy_of(case)]);
}

/// Share of examples whose greatest logit is their class.
fn accuracy_of(case: &NetworkCase) -> f64 {
    let classes = case.logits.len() / case.y.len();
    let right = case.logits.chunks(classes).zip(&case.y).filter(|(logits, class)| {
        let best = (0..classes).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
        best == Some(**class as usize)
    });
    right.count() as f64 / case.y.len() as f64
}

#[test]
fn reference_figures_in_64_bits() {
    let mut failures = Failures::new();
    for case in network_cases() {
        check_reference(&case, &Compute::cpu_f64(), 1e-8, &mut failures);
    }
    failures.finish();
}

#[test]
fn reference_figures_in_32_bits() {
    let mut failures = Failures::new();
    for case in network_cases() {
        check_reference(&case, &Compute::cpu(), 1e-4, &mut failures);
    }
    failures.finish();
}

#[test]
fn parameters_have_pytorchs_names_and_shapes() {
    let mut failures = Failures::new();
    for case in network_cases() {
        let network = case.point().network;
        let found: Vec<_> = network.architecture().parameters.iter().map(|p| (&p.name, &p.shape)).collect();
        let expected: Vec<_> = case.tensors.iter().map(|t| (&t.name, &t.shape)).collect();
        failures.holds(&case.name, found == expected, &format!("{found:?}, expected {expected:?}"));
        failures.holds(&case.name, network.num_parameters() == case.parameters, "number of parameters");
    }
    failures.finish();
}

#[test]
fn the_trace_over_unit_vectors_is_exact_however_they_are_grouped() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in network_cases() {
        let point = case.point();
        let (d, batch) = (point.dimension(), point.batch(&compute));
        let sums = |count: usize, groups: usize| {
            let directions = rows(&unit_rows(d, 0..count), &compute);
            to_host(point.network.curvature_sums(point.weights(&compute), directions, groups, &batch))
        };
        let diagonal = sums(d, d);
        for (tensor, parameter) in case.tensors.iter().zip(&point.network.architecture().parameters) {
            let share: f64 = diagonal[parameter.range()].iter().sum();
            let what = format!("{} trace of {}", case.name, tensor.name);
            failures.distance(&what, &[share], &[tensor.trace], 1e-8, case.trace.abs());
        }
        // Zero rows fill the last group.
        let padded = d.next_multiple_of(4);
        for (count, groups) in [(d, d), (d, 1), (padded, 4), (padded, padded / 2), (padded, padded / 4)] {
            let found = sums(count, groups);
            let expected: Vec<f64> =
                (0..groups).map(|g| diagonal.iter().skip(g * count / groups).take(count / groups).sum()).collect();
            let what = format!("{} {count} directions in {groups} groups", case.name);
            failures.relative(&what, &found, &expected, 1e-10);
            failures.relative(&format!("{what}, total"), &[found.iter().sum()], &[case.trace], 1e-8);
        }
    }
    failures.finish();
}

/// A quantity at many rows, in chunks.
fn in_chunks(points: &[Vec<f64>], compute: &Compute, f: impl Fn(Tensor<2>) -> Vec<f64>) -> Vec<f64> {
    points.chunks(64).flat_map(|chunk| f(rows(chunk, compute))).collect()
}

/// (f(h) − f(−h))/2h, where `values` holds those at h first.
fn central(values: &[f64], h: f64) -> Vec<f64> {
    let (plus, minus) = values.split_at(values.len() / 2);
    plus.iter().zip(minus).map(|(plus, minus)| (plus - minus) / (2.0 * h)).collect()
}

/// Steps of 1e-5 a weight and 1e-6 a unit of `v`: truncation and rounding both stay below 1e-8, and no unit comes to its
/// kink, from which the nearest is 1e-4 away.
fn check_differences(point: &Point, failures: &mut Failures) {
    let compute = Compute::cpu_f64();
    let (network, batch) = (&point.network, point.batch(&compute));
    let (weights, direction) = (point.weights(&compute), point.direction(&compute));
    let (_, gradient) = network.gradients(weights.clone(), &batch);
    let product = network.hessian_product(weights.clone(), direction.clone(), &batch);
    let (gradient, slope, hv) = (to_host(gradient), to_host(product.slope), to_host(product.product));
    let curvature = to_host(network.curvature_sums(weights, direction, 1, &batch));
    let mut check = |figure: &str, found: &[f64], expected: &[f64], scale: f64| {
        failures.distance(&format!("{} {figure}", point.name), found, expected, 1e-6, scale);
    };

    let h = 1e-5;
    let axes = unit_rows(point.dimension(), 0..point.dimension());
    let around: Vec<Vec<f64>> =
        [h, -h].iter().flat_map(|&h| axes.iter().map(move |axis| shifted(&point.w, h, axis))).collect();
    let losses = in_chunks(&around, &compute, |rows| to_host(network.losses(rows, &batch)));
    check("gradient", &gradient, &central(&losses, h), norm(&gradient));

    let h = 1e-6;
    let ends = [shifted(&point.w, h, &point.v), shifted(&point.w, -h, &point.v)];
    let gradients = in_chunks(&ends, &compute, |rows| to_host(network.gradients(rows, &batch).1));
    let difference = central(&gradients, h);
    check("Hv", &hv, &difference, norm(&hv));
    check("vHv by jets", &curvature, &[dot(&difference, &point.v)], curvature[0].abs());
    let losses = in_chunks(&ends, &compute, |rows| to_host(network.losses(rows, &batch)));
    check("slope", &slope, &central(&losses, h), norm(&gradient) * norm(&point.v));
    let slopes = in_chunks(&ends, &compute, |rows| {
        let directions = rows.zeros_like() + point.direction(&compute);
        to_host(network.hessian_product(rows, directions, &batch).slope)
    });
    check("vHv from slopes", &curvature, &central(&slopes, h), curvature[0].abs());
}

#[test]
fn derivatives_are_the_limits_of_central_differences() {
    let mut failures = Failures::new();
    for point in all_points() {
        check_differences(&point, &mut failures);
    }
    failures.finish();
}

#[test]
fn the_two_ways_to_curvature_agree() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for point in all_points() {
        let (d, batch) = (point.dimension(), point.batch(&compute));
        let weights = point.weights(&compute);
        let axes = rows(&unit_rows(d, 0..d), &compute);
        let hessian = to_host(point.network.hessian_product(weights.clone().repeat_dim(0, d), axes, &batch).product);
        let transposed: Vec<f64> = (0..d * d).map(|i| hessian[i % d * d + i / d]).collect();
        failures.relative(&format!("{} symmetry", point.name), &hessian, &transposed, 1e-12);
        let directions = point.directions(6);
        let expected: Vec<f64> = directions
            .iter()
            .map(|v| hessian.chunks(d).zip(v).map(|(row, factor)| factor * dot(row, v)).sum())
            .collect();
        for groups in [6, 3, 2, 1] {
            let sums = point.network.curvature_sums(weights.clone(), rows(&directions, &compute), groups, &batch);
            let expected: Vec<f64> = expected.chunks(6 / groups).map(|group| group.iter().sum()).collect();
            failures.relative(&format!("{} {groups} groups", point.name), &to_host(sums), &expected, 1e-11);
        }
    }
    failures.finish();
}

#[test]
fn a_population_is_the_same_as_its_members_one_by_one() {
    let mut failures = Failures::new();
    for point in all_points() {
        let batch = point.batch(&Compute::cpu_f64());
        let at = AtPoint { name: &point.name, network: &point.network, batch: &batch, w: &point.w };
        at.check_population(&point.neighbours(5), &point.directions(5), &mut failures);
    }
    failures.finish();
}

#[test]
fn selected_examples_are_the_examples_themselves() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for point in random_points() {
        let each = point.x.len() / point.y.len();
        let indices = [4_u32, 0, 4, 7];
        let x: Vec<f32> = indices.iter().flat_map(|&i| point.x[i as usize * each..][..each].to_vec()).collect();
        let y: Vec<u32> = indices.iter().map(|&i| point.y[i as usize]).collect();
        let gradient = |batch: &Batch| to_host(point.network.gradients(point.weights(&compute), batch).1);
        let selected = gradient(&point.batch(&compute).select(&indices));
        let direct = gradient(&point.network.batch(&x, Targets::Classes(&y), &compute));
        failures.relative(&point.name, &selected, &direct, 1e-14);
    }
    failures.finish();
}

/// The networks of the benchmarks: large enough that products and activations are cut over the cores.
fn large_points() -> [Point; 2] {
    let mlp = ["linear 64", "tanh", "linear 64", "gelu", "linear 2"];
    let cnn = ["conv 16 3x3 same", "relu", "conv 32 3x3 same", "relu", "maxpool 2", "flatten", "linear 10"];
    [
        random_point_of("large mlp", &[2], LossKind::CrossEntropy, &mlp, 1024, 1),
        random_point_of("large cnn", &[1, 8, 8], LossKind::CrossEntropy, &cnn, 64, 2),
    ]
}

/// Loss, gradient, Hv and vHv over all examples.
fn over(point: &Point, batch: &Batch, compute: &Compute) -> [Vec<f64>; 4] {
    let (weights, direction) = (point.weights(compute), point.direction(compute));
    let (loss, gradient) = point.network.gradients(weights.clone(), batch);
    let product = point.network.hessian_product(weights.clone(), direction.clone(), batch).product;
    let curvature = point.network.curvature_sums(weights, direction, 1, batch);
    [to_host(loss), to_host(gradient), to_host(product), to_host(curvature)]
}

#[test]
fn a_large_batch_is_the_mean_of_its_parts() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for point in large_points() {
        let all = point.batch(&compute);
        let whole = over(&point, &all, &compute);
        let mut mean = whole.clone().map(|values| vec![0.0; values.len()]);
        // Parts of odd sizes, which are not cut.
        let indices: Vec<u32> = (0..all.len() as u32).collect();
        for part in indices.chunks(31) {
            let share = part.len() as f64 / indices.len() as f64;
            for (mean, part) in mean.iter_mut().zip(over(&point, &all.select(part), &compute)) {
                *mean = shifted(mean, share, &part);
            }
        }
        let in_32_bits = over(&point, &point.batch(&Compute::cpu()), &Compute::cpu());
        let figures = ["loss", "gradient", "Hv", "vHv"].into_iter().zip(&whole).zip(&mean).zip(&in_32_bits);
        for (((figure, whole), mean), in_32_bits) in figures {
            failures.relative(&format!("{} {figure}", point.name), whole, mean, 1e-11);
            failures.relative(&format!("{} {figure} in 32 bits", point.name), in_32_bits, whole, 1e-4);
        }
    }
    failures.finish();
}
