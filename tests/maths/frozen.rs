//! Networks some of whose tensors stay as they are: every figure is the part of the whole network's that is trained.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Tensor;
use flatscape::curvature::DenseHessian;
use flatscape::model::{Architecture, Compute, Network, Objective, Purpose, Targets, gaussian, to_host};

use crate::common::{
    Failures, LayerCase, NetworkCase, TokenCase, layer_cases, network_cases, norm, rows, shifted, token_cases,
};

/// A network with its weights, and the loss of any network of its layers on its examples.
struct Case {
    name: String,
    network: Network,
    w: Vec<f64>,
    objective: Box<dyn Fn(Network) -> Objective>,
}

impl Case {
    fn of_chain(case: NetworkCase) -> Self {
        let point = case.point();
        let (network, w) = (point.network, point.w);
        let objective = Box::new(move |network| {
            Objective::new(Arc::new(network), &case.x, Targets::Classes(&case.y), Compute::cpu_f64())
        });
        Self { name: point.name, network, w, objective }
    }

    fn of_layers(case: LayerCase) -> Self {
        let (name, network, w) = (case.name.clone(), case.network(), case.w.clone());
        let objective = Box::new(move |network| {
            let compute = Compute::cpu_f64();
            let statistics = case.statistics(&compute);
            let targets = Targets::Classes(&case.y);
            Objective::new(Arc::new(network), &case.x, targets, compute).with_statistics(statistics)
        });
        Self { name, network, w, objective }
    }

    /// In pieces where that is asked for.
    fn of_tokens(case: &TokenCase, most: Option<usize>) -> Self {
        let (network, examples) = (case.network(), case.examples());
        let objective = Box::new(move |network| match most {
            Some(most) => examples.in_pieces(network, &Compute::cpu_f64(), most),
            None => examples.objective(network, &Compute::cpu_f64()),
        });
        let pieces = most.map_or_else(String::new, |most| format!(" in pieces of {most}"));
        Self { name: format!("{}{pieces}", case.name), network, w: case.w.clone(), objective }
    }
}

/// Every network of the references; two towers also where they do not fit one pass.
fn cases() -> Vec<Case> {
    let tokens = token_cases();
    let towers = tokens.iter().find(|case| case.name == "two-towers").expect("it is among them");
    let mut cases: Vec<Case> = network_cases().into_iter().map(Case::of_chain).collect();
    cases.extend(layer_cases().into_iter().map(Case::of_layers));
    cases.extend(tokens.iter().map(|case| Case::of_tokens(case, None)));
    cases.push(Case::of_tokens(towers, Some(2)));
    cases
}

/// Several ways to freeze some tensors and leave some, by the names of the frozen ones.
fn ways(architecture: &Architecture) -> Vec<(&'static str, Vec<String>)> {
    let all: Vec<&str> = architecture.parameters.iter().map(|tensor| tensor.name.as_str()).collect();
    let last = all.len() - 1;
    let those = |is_frozen: &dyn Fn(usize, &str) -> bool| -> Vec<String> {
        let frozen = all.iter().enumerate().filter(|&(place, name)| is_frozen(place, name));
        frozen.map(|(_, name)| (*name).to_owned()).collect()
    };
    let ways = vec![
        ("all but the last", those(&|place, _| place != last)),
        ("all but the first", those(&|place, _| place != 0)),
        ("the first half", those(&|place, _| place < all.len() / 2)),
        ("the second half", those(&|place, _| place >= all.len().div_ceil(2))),
        ("every second", those(&|place, _| place % 2 == 1)),
        ("weights", those(&|_, name| name.ends_with("weight"))),
        ("biases", those(&|_, name| !name.ends_with("weight"))),
        ("the images' tower", those(&|_, name| name.starts_with("image."))),
        ("both towers", those(&|_, name| name.starts_with("image.") || name.starts_with("text."))),
    ];
    ways.into_iter().filter(|(_, frozen)| (1..all.len()).contains(&frozen.len())).collect()
}

/// What an objective says of rows of weights and of directions, each row a member.
fn figures(
    objective: &Objective,
    weights: &[Vec<f64>],
    directions: &[Vec<f64>],
) -> BTreeMap<&'static str, (Vec<f64>, bool)> {
    let compute = Compute::cpu_f64();
    let tensor = |of: &[Vec<f64>]| -> Tensor<2> { rows(of, &compute) };
    let (at, one, along) = (tensor(weights), tensor(&weights[..1]), tensor(directions));
    let (loss, gradient) = objective.gradients(at.clone());
    let [value, right] = objective.outcomes(at.clone());
    let product = objective.hessian_product(at.clone(), along.clone());
    let groups = directions.len();
    // Whether it is a row of numbers of each member's tensors.
    BTreeMap::from([
        ("losses", (to_host(objective.losses(at)), false)),
        ("loss of gradients", (to_host(loss), false)),
        ("gradients", (to_host(gradient), true)),
        ("loss of outcomes", (to_host(value), false)),
        ("right answers", (to_host(right), false)),
        ("loss of Hv", (to_host(product.loss), false)),
        ("slopes", (to_host(product.slope), false)),
        ("Hv", (to_host(product.product), true)),
        ("vHv", (to_host(objective.curvature_sums(one.clone(), along.clone(), groups)), false)),
        ("vHv in one group", (to_host(objective.curvature_sums(one.clone(), along.clone(), 1)), false)),
        ("curvatures of examples", (to_host(objective.example_curvatures(&one, &along)), false)),
    ])
}

const MEMBERS: u64 = 4;

/// Holds one way to freeze against the whole network, whose weights and directions do not move what is frozen.
fn check(case: &Case, way: &str, frozen: &[String], failures: &mut Failures) {
    let whole = case.network.architecture();
    let network = case.network.clone().with_frozen(frozen).expect("some tensors are left");
    let parted = network.architecture().clone();
    let trained = |row: &[f64]| parted.parted(whole, row)[0].clone();
    let [_, held] = parted.parted(whole, &case.w);
    let network = network.holding(&held, &Compute::cpu_f64());

    let mut moves = vec![0.0; case.w.len()];
    for tensor in whole.parameters.iter().filter(|tensor| !frozen.contains(&tensor.name)) {
        moves[tensor.range()].fill(1.0);
    }
    let random = |index| gaussian(12, Purpose::Directions, index, case.w.len()).into_iter().map(f64::from);
    let direction = |index| random(index).zip(&moves).map(|(x, moves)| x * moves).collect::<Vec<f64>>();
    let directions: Vec<Vec<f64>> = (0..MEMBERS).map(direction).collect();
    let weights: Vec<Vec<f64>> =
        (0..MEMBERS).map(|index| shifted(&case.w, 0.05, &direction(MEMBERS + index))).collect();
    let part = |rows: &[Vec<f64>]| rows.iter().map(|row| trained(row)).collect::<Vec<_>>();

    let expected = figures(&(case.objective)(case.network.clone()), &weights, &directions);
    let found = figures(&(case.objective)(network), &part(&weights), &part(&directions));
    for (figure, (expected, is_row)) in expected {
        // On the scale of the whole figure: what is trained may have hardly any part in it.
        let scale = norm(&expected).max(1e-3);
        let expected = if is_row { expected.chunks(case.w.len()).flat_map(trained).collect() } else { expected };
        let what = format!("{}, {way} frozen, {figure}", case.name);
        failures.distance(&what, &found[figure].0, &expected, 1e-10, scale);
    }
}

#[test]
fn figures_are_those_of_the_whole_network_where_it_is_trained() {
    let mut failures = Failures::new();
    let mut num_ways = 0;
    for case in cases() {
        for (way, frozen) in ways(case.network.architecture()) {
            check(&case, way, &frozen, &mut failures);
            num_ways += 1;
        }
    }
    assert!(num_ways > 300, "{num_ways} ways");
    failures.finish();
}

/// The matrix of all second derivatives, row-major.
fn hessian(objective: &Objective, w: &[f64]) -> Vec<f64> {
    let mut dense = DenseHessian::new(rows(&[w.to_vec()], &Compute::cpu_f64())).expect("it is small");
    while !dense.advance(objective) {}
    dense.result().expect("it is complete").hessian.clone()
}

#[test]
fn the_hessian_is_a_block_of_the_whole_one() {
    let mut failures = Failures::new();
    let names = ["tanh-mlp", "cnn-pool", "batchnorm-features-batch", "attention-1"];
    let cases: Vec<Case> = cases().into_iter().filter(|case| names.contains(&case.name.as_str())).collect();
    assert_eq!(cases.len(), names.len());
    for case in cases {
        let whole = case.network.architecture();
        let frozen: Vec<String> = whole.parameters.iter().step_by(2).map(|tensor| tensor.name.clone()).collect();
        let network = case.network.clone().with_frozen(&frozen).expect("some tensors are left");
        let parted = network.architecture().clone();
        let [trained, held] = parted.parted(whole, &case.w);
        let found = hessian(&(case.objective)(network.holding(&held, &Compute::cpu_f64())), &trained);
        let all = hessian(&(case.objective)(case.network.clone()), &case.w);
        let places: Vec<usize> = (0..case.w.len()).collect();
        let [places, _] = parted.parted(whole, &places);
        let block = |&row: &usize| places.iter().map(|column| all[row * case.w.len() + column]).collect::<Vec<f64>>();
        let expected: Vec<f64> = places.iter().flat_map(block).collect();
        failures.distance(&case.name, &found, &expected, 1e-11, norm(&all));
    }
    failures.finish();
}

#[test]
fn a_tied_tensor_is_frozen_in_both_places() {
    let mut failures = Failures::new();
    let tokens = token_cases();
    let tied = tokens.iter().find(|case| case.name == "transformer").expect("its table is tied");
    let case = Case::of_tokens(tied, None);
    // Under its second name; the first is what `check` masks the whole network by.
    let under = |name: &str| {
        let network = case.network.clone().with_frozen(&[name.to_owned()]).expect("others are left");
        network.architecture().clone()
    };
    assert_eq!(under("7.weight"), under("0.weight"));
    assert_eq!(under("7.weight").frozen[0].also, ["7.weight"]);
    check(&case, "the table", &["0.weight".to_owned()], &mut failures);
    failures.finish();
}
