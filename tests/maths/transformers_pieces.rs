//! An objective of tokens or of two towers is the same however its examples are cut, though its mean is over targets that
//! examples have more or fewer of, or over pairs that are compared with all others.

use flatscape::model::{Compute, Objective, Targets, to_host};

use crate::common::{Examples, Failures, TokenCase, Wanted, rows, shifted, token_case, token_cases};

/// Every figure of an objective for several rows of weights at once.
fn figures(objective: &Objective, case: &TokenCase) -> Vec<(&'static str, Vec<f64>)> {
    let compute = objective.compute();
    let directions = case.directions(4);
    let members: Vec<Vec<f64>> = directions.iter().map(|d| shifted(&case.w, 0.05, d)).collect();
    let (weights, directions) = (rows(&members, compute), rows(&directions, compute));
    let one = case.weights(compute);
    let (loss, gradient) = objective.gradients(weights.clone());
    let [value, right] = objective.outcomes(weights.clone());
    let product = objective.hessian_product(weights.clone(), directions.clone());
    vec![
        ("losses", to_host(objective.losses(weights))),
        ("loss of gradients", to_host(loss)),
        ("gradients", to_host(gradient)),
        ("loss of outcomes", to_host(value)),
        ("right answers", to_host(right)),
        ("loss of Hv", to_host(product.loss)),
        ("slopes", to_host(product.slope)),
        ("Hv", to_host(product.product)),
        ("vHv", to_host(objective.curvature_sums(one.clone(), directions.clone(), 4))),
        ("vHv, two groups", to_host(objective.curvature_sums(one.clone(), directions.clone(), 2))),
        ("curvatures of examples", to_host(objective.example_curvatures(&one, &directions))),
        ("accuracy", vec![objective.evaluate(one).1]),
    ]
}

#[test]
fn pieces_have_the_figures_of_the_whole() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for case in token_cases() {
        let whole = figures(&case.objective(&compute), &case);
        for most in [1, 2, 4] {
            let objective = case.examples().in_pieces(case.network(), &compute, most);
            assert_eq!(objective.pieces().len(), case.n.div_ceil(most), "{}", case.name);
            for ((figure, found), (_, expected)) in figures(&objective, &case).iter().zip(&whole) {
                failures.relative(&format!("{} in pieces of {most}, {figure}", case.name), found, expected, 1e-12);
            }
        }
    }
    failures.finish();
}

#[test]
fn the_mean_is_over_the_targets_that_count_of_all_examples() {
    let case = token_case("transformer");
    let compute = Compute::cpu_f64();
    let counts = |targets: &[i32]| targets.iter().filter(|&&target| target != -100).count();
    let of_example: Vec<usize> =
        case.y.as_deref().expect("it has targets").chunks(case.x.len() / case.n).map(counts).collect();
    assert!(of_example.contains(&0) && of_example.iter().any(|&count| count != of_example[0]), "{of_example:?}");
    let total: usize = of_example.iter().sum();
    let alone = |i: usize| {
        let objective = case.examples().select(&[i]).objective(case.network(), &compute);
        assert_eq!(objective.num_targets(), of_example[i]);
        to_host(objective.losses(case.weights(&compute)))[0]
    };
    // An example without targets has the loss 0.
    let sum: f64 = of_example.iter().enumerate().map(|(i, &count)| count as f64 * alone(i)).sum();
    assert_eq!(case.objective(&compute).num_targets(), total);
    assert!((sum / total as f64 / case.loss_value - 1.0).abs() < 1e-12, "{sum} over {total}, {}", case.loss_value);
}

/// So many texts with lengths and targets of their own, or pairs.
fn many(case: &TokenCase, n: usize) -> Examples {
    let few = case.examples();
    let indices: Vec<usize> = (0..n).map(|i| (i * i + i / 3) % few.n).collect();
    let mut examples = few.select(&indices);
    let each = examples.x.len() / n;
    for (i, row) in examples.x.chunks_mut(each).enumerate() {
        // Texts that differ: another token for each; images are shifted a little.
        row.iter_mut().filter(|x| **x >= 0.0 && x.fract() == 0.0).for_each(|token| *token = (*token + i as f32) % 7.0);
        row.iter_mut().filter(|x| x.fract() != 0.0).for_each(|pixel| *pixel += (i % 13) as f32 / 64.0);
    }
    if let Wanted::Tokens(targets) = &mut examples.wanted {
        for (i, target) in targets.iter_mut().enumerate().filter(|(_, target)| **target >= 0) {
            *target = if i % 4 == 0 { -100 } else { (*target + i as i32) % 8 };
        }
    }
    examples
}

#[test]
fn many_examples_that_are_cut_over_the_cores_are_those_of_one_pass() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    for (name, n) in [("transformer", 300), ("text-classifier", 300), ("vit", 200), ("two-towers", 60)] {
        let case = token_case(name);
        let examples = many(&case, n);
        let found = figures(&examples.objective(case.network(), &compute), &case);
        // Pieces that are too small to be cut again.
        let expected = figures(&examples.in_pieces(case.network(), &compute, 7), &case);
        for ((figure, found), (_, expected)) in found.iter().zip(&expected) {
            failures.relative(&format!("{n} examples of {name}, {figure}"), found, expected, 1e-11);
        }
        let network = case.network();
        let batch = examples.batch(&network, &compute);
        let once = to_host(network.hessian_product(case.weights(&compute), case.direction(&compute), &batch).product);
        let objective = examples.objective(network, &compute);
        let cut = to_host(objective.hessian_product(case.weights(&compute), case.direction(&compute)).product);
        failures.relative(&format!("{n} examples of {name}, Hv in one pass"), &cut, &once, 1e-11);
    }
    failures.finish();
}

#[test]
fn an_objective_knows_its_examples_and_its_targets() {
    let compute = Compute::cpu_f64();
    let towers = token_case("two-towers");
    let objective = towers.objective(&compute);
    assert_eq!((objective.num_examples(), objective.num_targets()), (towers.n, towers.n));
    let network = towers.network();
    assert_eq!(network.num_examples::<f32>(Targets::Pairs(4)), 4);
    let ids = vec![-100; 12];
    assert_eq!(token_case("transformer").network().num_examples::<f32>(Targets::Tokens(&ids)), 2);
}
