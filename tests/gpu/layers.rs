//! Every layer on a GPU against PyTorch, and the CPU where nothing but the device differs.

use flatscape::model::{Compute, to_host};

use crate::common::{Failures, TokenCase, check_layer_case, check_token_case, layer_cases, rows, shifted, token_cases};
use crate::device::gpu;

#[test]
fn reference_figures_on_a_gpu() {
    let Some(gpu) = gpu() else { return };
    let mut failures = Failures::new();
    for case in layer_cases() {
        check_layer_case(&case, &gpu, 1e-4, &mut failures);
    }
    failures.finish();
}

#[test]
fn reference_figures_of_tokens_on_a_gpu() {
    let Some(gpu) = gpu() else { return };
    let mut failures = Failures::new();
    for case in token_cases() {
        check_token_case(&case, &gpu, 1e-4, &mut failures);
    }
    failures.finish();
}

/// Losses, gradients and curvature of several rows of weights at once.
fn populations(case: &TokenCase, compute: &Compute) -> Vec<(&'static str, Vec<f64>)> {
    let objective = case.objective(compute);
    let directions = case.directions(4);
    let members: Vec<Vec<f64>> = directions.iter().map(|d| shifted(&case.w, 0.05, d)).collect();
    let (weights, directions) = (rows(&members, compute), rows(&directions, compute));
    let product = objective.hessian_product(weights.clone(), directions.clone());
    vec![
        ("losses", to_host(objective.losses(weights.clone()))),
        ("gradients", to_host(objective.gradients(weights).1)),
        ("slopes", to_host(product.slope)),
        ("Hv", to_host(product.product)),
        ("vHv", to_host(objective.curvature_sums(case.weights(compute), directions.clone(), 4))),
        ("vHv, two groups", to_host(objective.curvature_sums(case.weights(compute), directions, 2))),
    ]
}

#[test]
fn populations_over_tokens_on_a_gpu_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let (cpu, mut failures) = (Compute::cpu(), Failures::new());
    for case in token_cases() {
        for ((figure, found), (_, expected)) in populations(&case, &gpu).iter().zip(populations(&case, &cpu)) {
            failures.relative(&format!("{} {figure}", case.name), found, &expected, 1e-4);
        }
    }
    failures.finish();
}
