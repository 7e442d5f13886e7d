//! Tokens, attention and two towers in all three arithmetics against PyTorch.

use flatscape::config::ModelConfig;
use flatscape::curvature::DenseHessian;
use flatscape::model::{Compute, Network, to_host};

use crate::common::{
    AtPoint, Failures, Figures, check_token_case, norm, rows, shifted, token_case, token_cases, unit_rows,
};

#[test]
fn reference_figures_in_64_bits() {
    let mut failures = Failures::new();
    for case in token_cases() {
        check_token_case(&case, &Compute::cpu_f64(), 1e-9, &mut failures);
    }
    failures.finish();
}

#[test]
fn reference_figures_in_32_bits() {
    let mut failures = Failures::new();
    for case in token_cases() {
        check_token_case(&case, &Compute::cpu(), 1e-4, &mut failures);
    }
    failures.finish();
}

#[test]
fn tensors_have_pytorchs_names_and_shapes() {
    let mut failures = Failures::new();
    for case in token_cases() {
        let network = case.network();
        let found: Vec<_> = network.architecture().parameters.iter().map(|p| (&p.name, &p.shape)).collect();
        let expected: Vec<_> = case.tensors.iter().map(|t| (&t.name, &t.shape)).collect();
        failures.holds(&case.name, found == expected, &format!("{found:?}, expected {expected:?}"));
        failures.holds(&case.name, network.num_parameters() == case.parameters, "number of parameters");
    }
    failures.finish();
}

#[test]
fn a_tied_tensor_is_one_parameter_under_its_first_name() {
    let case = token_case("transformer");
    let network = case.network();
    let all: Vec<_> = network.architecture().parameters.iter().collect();
    assert_eq!((all[0].name.as_str(), all[0].also.as_slice()), ("0.weight", &["7.weight".to_owned()][..]));
    assert!(all[1..].iter().all(|parameter| parameter.also.is_empty() && parameter.name != "7.weight"));

    // Two tensors with the same numbers have the same loss, and the one's gradient is the sum of both.
    let compute = Compute::cpu_f64();
    let mut config = case.config();
    config.tied.clear();
    let apart = Network::new(&config).expect("the layers fit each other");
    let table = network.architecture().parameters[0].range();
    assert_eq!(apart.num_parameters(), network.num_parameters() + table.len());
    let last = apart.architecture().parameters.last().expect("it has parameters").range();
    let both = |row: &[f64]| -> Vec<f64> { row.iter().chain(&row[table.clone()]).copied().collect() };
    let found = Figures::of(&case.objective(&compute), &case.w, &case.v);
    let untied = Figures::of(&case.examples().objective(apart, &compute), &both(&case.w), &both(&case.v));
    let mut failures = Failures::new();
    let summed = untied.0.into_iter().map(|(name, mut values, scale)| {
        if values.len() > last.start {
            let (kept, copy) = values.split_at_mut(last.start);
            kept[table.clone()].iter_mut().zip(copy).for_each(|(kept, copy)| *kept += *copy);
            values.truncate(last.start);
        }
        (name, values, scale)
    });
    found.compare("tied", &Figures(summed.collect()), 1e-12, &mut failures);
    failures.finish();
}

#[test]
fn the_dense_hessian_has_pytorchs_trace_and_eigenvalues() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in token_cases() {
        let Some(eigenvalues) = &case.eigenvalues else { continue };
        let objective = case.objective(&compute);
        let mut hessian = DenseHessian::new(case.weights(&compute)).expect("small");
        while !hessian.advance(&objective) {}
        let found = hessian.result().expect("complete");
        let radius = eigenvalues.iter().fold(0.0, |radius: f64, value| radius.max(value.abs()));
        let each = found.eigenvalues.iter().zip(eigenvalues).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        let scale = eigenvalues.iter().map(|value| value.abs()).sum();
        failures.distance(&format!("{} trace", case.name), &[found.trace], &[case.trace], 1e-8, scale);
        failures.holds(&case.name, found.eigenvalues.len() == case.parameters, "number of eigenvalues");
        failures.holds(
            &case.name,
            each <= 1e-8 * radius,
            &format!("an eigenvalue is off by {each:.2e} of {radius:.2e}"),
        );
        failures.holds(&case.name, found.asymmetry < 1e-12, &format!("asymmetry {:.2e}", found.asymmetry));
    }
    failures.finish();
}

#[test]
fn the_trace_over_unit_vectors_is_exact_however_they_are_grouped() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in token_cases() {
        let objective = case.objective(&compute);
        let d = case.w.len();
        // As many directions at once as a unit of work takes.
        let chunk = objective.chunk_size().min(64);
        let sums = |groups: fn(usize) -> usize| -> Vec<f64> {
            let starts = (0..d).step_by(chunk);
            let part = |start: usize| {
                // Rows beyond the last parameter are zeros.
                let directions = rows(&unit_rows(d, start..start + chunk), &compute);
                to_host(objective.curvature_sums(case.weights(&compute), directions, groups(chunk)))
            };
            starts.flat_map(part).collect()
        };
        let diagonal = sums(|chunk| chunk);
        let scale = diagonal.iter().map(|x| x.abs()).sum::<f64>();
        for (tensor, parameter) in case.tensors.iter().zip(&objective.network().architecture().parameters) {
            let share: f64 = diagonal[parameter.range()].iter().sum();
            failures.distance(&format!("{} {}", case.name, tensor.name), &[share], &[tensor.trace], 1e-9, scale);
        }
        let total: f64 = sums(|_| 1).iter().sum();
        failures.distance(&format!("{} in one group", case.name), &[total], &[case.trace], 1e-9, scale);
    }
    failures.finish();
}

#[test]
fn a_population_is_the_same_as_its_members_one_by_one() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in token_cases() {
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
    for case in token_cases() {
        let network = case.network();
        // With dropout's masks, which the reference does not have.
        let batch = network.with_dropout(case.batch(&network, &compute), 5, 2, &compute);
        let point = AtPoint { name: &case.name, network: &network, batch: &batch, w: &case.w };
        point.check_symmetry(&case.directions(4), &mut failures);
    }
    failures.finish();
}

#[test]
fn each_example_alone_has_the_loss_that_pytorch_gives_it() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in token_cases() {
        let Some(losses) = &case.example_losses else { continue };
        let alone = |i: usize| {
            to_host(case.examples().select(&[i]).objective(case.network(), &compute).losses(case.weights(&compute)))[0]
        };
        let found: Vec<f64> = (0..case.n).map(alone).collect();
        failures.relative(&case.name, &found, losses, 1e-9);
        // Their curvatures have the mean of all.
        let curvatures =
            to_host(case.objective(&compute).example_curvatures(&case.weights(&compute), &case.direction(&compute)));
        let mean = curvatures.iter().sum::<f64>() / case.n as f64;
        failures.holds(&case.name, curvatures.len() == case.n, "one curvature an example");
        failures.distance(
            &format!("{} curvatures", case.name),
            &[mean],
            &[case.vhv],
            1e-9,
            norm(&case.hv) * norm(&case.v),
        );
    }
    failures.finish();
}

#[test]
fn the_scale_of_similarities_is_held_in_its_range_wherever_it_stands() {
    let compute = Compute::cpu_f64();
    let case = token_case("two-towers");
    let held = |network: &Network, row: &[f64]| to_host(network.held(rows(&[row.to_vec()], &compute)));
    let network = case.network();
    let last = case.w.len() - 1;
    for (given, kept) in [(9.0, 100.0_f64.ln()), (-1.0, 0.0), (2.0, 2.0)] {
        let mut row = case.w.clone();
        row[last] = given;
        let found = held(&network, &row);
        assert!((found[last] - kept).abs() < 1e-14 && found[..last] == row[..last], "{given} became {}", found[last]);
    }
    // Tied to a bias it stands before the end.
    let text = "loss = 'contrastive'\ntied = [['image.1.bias', 'logit_scale']]\n\
                [towers.image]\ninput = [1, 2, 2]\nlayers = ['flatten', 'linear 1']\n\
                [towers.text]\ninput = { tokens = 2, vocabulary = 3 }\nlayers = ['embedding 1', 'mean-token']\n";
    let network = Network::new(&ModelConfig::from_toml(text).expect("it is a model file")).expect("its layers fit");
    assert_eq!(network.num_parameters(), 4 + 1 + 3);
    let found = held(&network, &[9.0; 8]);
    assert!((found[4] - 100.0_f64.ln()).abs() < 1e-14, "{found:?}");
    assert!(found.iter().enumerate().all(|(i, &x)| i == 4 || x == 9.0), "{found:?}");
}
