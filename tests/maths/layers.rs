//! Every layer in all three arithmetics against PyTorch.

use flatscape::config::ModelConfig;
use flatscape::model::{Compute, Network, Purpose, Targets, gaussian, initial_weights, to_host};

use crate::common::{AtPoint, Failures, check_layer_case, dot, flat, layer_cases, rows, shifted, unit_rows};

#[test]
fn reference_figures_in_64_bits() {
    let mut failures = Failures::new();
    for case in layer_cases() {
        check_layer_case(&case, &Compute::cpu_f64(), 1e-10, &mut failures);
    }
    failures.finish();
}

#[test]
fn reference_figures_in_32_bits() {
    let mut failures = Failures::new();
    for case in layer_cases() {
        check_layer_case(&case, &Compute::cpu(), 1e-4, &mut failures);
    }
    failures.finish();
}

#[test]
fn tensors_and_buffers_have_pytorchs_names_and_shapes() {
    let mut failures = Failures::new();
    for case in layer_cases() {
        let network = case.network();
        let architecture = network.architecture();
        let found: Vec<_> = architecture.parameters.iter().map(|p| (&p.name, &p.shape)).collect();
        let expected: Vec<_> = case.tensors.iter().map(|t| (&t.name, &t.shape)).collect();
        failures.holds(&case.name, found == expected, &format!("{found:?}, expected {expected:?}"));
        failures.holds(&case.name, network.num_parameters() == case.parameters, "number of parameters");
        let found: Vec<_> = architecture.buffers.iter().map(|p| (&p.name, p.len())).collect();
        let expected: Vec<_> = case.buffers.iter().flatten().map(|b| (&b.name, b.values.len())).collect();
        failures.holds(&case.name, found == expected, &format!("{found:?}, expected {expected:?}"));
    }
    failures.finish();
}

#[test]
fn the_trace_over_unit_vectors_is_exact_however_they_are_grouped() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in layer_cases() {
        let Some(trace) = case.trace else { continue };
        let network = case.network();
        let batch = case.batch(&network, &compute);
        let d = case.w.len();
        let padded = d.next_multiple_of(4);
        let sums = |count: usize, groups: usize| {
            let directions = rows(&unit_rows(d, 0..count), &compute);
            to_host(network.curvature_sums(case.weights(&compute), directions, groups, &batch))
        };
        let diagonal = sums(d, d);
        let scale = diagonal.iter().map(|x| x.abs()).sum::<f64>();
        for (tensor, parameter) in case.tensors.iter().zip(&network.architecture().parameters) {
            let share: f64 = diagonal[parameter.range()].iter().sum();
            let expected = tensor.trace.expect("a case with a trace has those of its tensors");
            failures.distance(&format!("{} {}", case.name, tensor.name), &[share], &[expected], 1e-10, scale);
        }
        for (count, groups) in [(d, 1), (padded, 4), (padded, padded / 2), (padded, padded / 4)] {
            let found = sums(count, groups);
            let expected: Vec<f64> =
                (0..groups).map(|g| diagonal.iter().skip(g * count / groups).take(count / groups).sum()).collect();
            let what = format!("{} {count} directions in {groups} groups", case.name);
            failures.distance(&what, &found, &expected, 1e-11, scale);
            failures.distance(&format!("{what}, total"), &[found.iter().sum()], &[trace], 1e-10, scale);
        }
    }
    failures.finish();
}

#[test]
fn a_population_is_the_same_as_its_members_one_by_one() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in layer_cases() {
        let network = case.network();
        // Masks too: members of a population share them.
        let batch = network.with_dropout(case.batch(&network, &compute), 3, 1, &compute);
        let directions = case.directions(3);
        let members: Vec<Vec<f64>> = directions.iter().map(|d| shifted(&case.w, 0.1, d)).collect();
        let point = AtPoint { name: &case.name, network: &network, batch: &batch, w: &case.w };
        point.check_population(&members, &directions, &mut failures);
    }
    failures.finish();
}

#[test]
fn the_hessian_is_symmetric_and_jets_agree_with_it() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in layer_cases() {
        let network = case.network();
        let batch = case.batch(&network, &compute);
        let point = AtPoint { name: &case.name, network: &network, batch: &batch, w: &case.w };
        point.check_symmetry(&case.directions(4), &mut failures);
    }
    failures.finish();
}

#[test]
fn running_statistics_follow_pytorchs() {
    let mut failures = Failures::new();
    for (bits, compute, tolerance) in [(64, Compute::cpu_f64(), 1e-12), (32, Compute::cpu(), 1e-5)] {
        for case in layer_cases() {
            let Some(running) = &case.running else { continue };
            let network = case.network();
            // Whatever statistics the batch carries: a training pass takes its own.
            let batch = case.batch(&network, &compute);
            let mut buffers = flat(case.buffers.as_ref().expect("running statistics start from buffers"));
            for (w, after) in running.ws.iter().zip(&running.after) {
                let weights = rows(std::slice::from_ref(w), &compute);
                let seen = network.batch_statistics(&weights, &batch).expect("a network with batch norm");
                buffers = to_host(network.moved_statistics(rows(&[buffers], &compute), seen));
                failures.relative(&format!("{} in {bits} bits", case.name), &buffers, &flat(after), tolerance);
            }
        }
    }
    failures.finish();
}

#[test]
fn the_resnets_have_the_parameters_of_pytorchs() {
    for (depth, parameters, tensors) in [(8, 78_042, 29), (14, 175_258, 47), (20, 272_474, 65)] {
        let path = format!("{}/assets/models/resnet{depth}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the model files come with the sources");
        let network =
            Network::new(&ModelConfig::from_toml(&text).expect("it is a model file")).expect("its layers fit");
        let architecture = network.architecture();
        assert_eq!((network.num_parameters(), architecture.parameters.len()), (parameters, tensors), "ResNet-{depth}");
        assert_eq!(architecture.outputs, 10);
        let norms = architecture.buffers.len() / 2;
        assert_eq!(norms, depth - 1 + 2, "one batch norm a convolution, those of the two shortcuts too");
    }
}

#[test]
fn a_resnet_has_finite_derivatives_that_agree_with_differences() {
    let text = include_str!("../../assets/models/resnet8.toml");
    let network = Network::new(&ModelConfig::from_toml(text).expect("it is a model file")).expect("its layers fit");
    let compute = Compute::cpu_f64();
    let x = gaussian(2, Purpose::Probes, 0, 4 * 3 * 32 * 32);
    let batch = network.batch(&x, Targets::Classes(&[0, 3, 7, 9]), &compute);
    let w: Vec<f64> = initial_weights(network.architecture(), 3).into_iter().map(f64::from).collect();
    let v: Vec<f64> = gaussian(4, Purpose::Directions, 0, w.len()).into_iter().map(f64::from).collect();
    let (weights, direction) = (rows(std::slice::from_ref(&w), &compute), rows(std::slice::from_ref(&v), &compute));
    let product = network.hessian_product(weights.clone(), direction.clone(), &batch);
    let curvature = to_host(network.curvature_sums(weights, direction, 1, &batch))[0];
    let by_product = dot(&to_host(product.product), &v);
    // Of 300 000 units so small a step carries none over its kink.
    let h = 1e-9;
    let slope = to_host(product.slope)[0];
    let ends = [shifted(&w, h, &v), shifted(&w, -h, &v)];
    let losses = to_host(network.losses(rows(&ends, &compute), &batch));
    let central = (losses[0] - losses[1]) / (2.0 * h);
    assert!((curvature / by_product - 1.0).abs() < 1e-9, "{curvature} {by_product}");
    assert!((slope / central - 1.0).abs() < 1e-4, "{slope} {central}");
}
