//! A GPU agrees with the CPU, in 32 bits. Any adapter will do, software (lavapipe, WARP) too.
//!
//! Without an adapter the test says so and passes, unless `FLATSCAPE_REQUIRE_GPU` is set. A software adapter compiles
//! kernels slowly the first time: lavapipe takes a minute, ten seconds where Mesa has its shaders from an earlier run.

#![allow(clippy::print_stdout, reason = "a test says which adapter it took, and why it took none")]

use std::time::Instant;

use flatscape::curvature::{Lanczos, TraceEstimate};
use flatscape::landscape::{SliceJob, filter_normalised_plane};
use flatscape::model::{Compute, Purpose, gaussian, to_host};
use flatscape::optim::{Base, BaseSettings, NsoSettings, nso_gradient, sam_gradient};

use crate::common::{self, Failures, Oracle, Point, all_points, network_case, rows};
use crate::device::gpu;

/// The figures of a point with their names.
fn figures(point: &Point, compute: &Compute) -> Vec<(&'static str, Vec<f64>)> {
    let (network, batch) = (&point.network, point.batch(compute));
    let one = point.weights(compute);
    let (weights, directions) = (rows(&point.neighbours(4), compute), rows(&point.directions(4), compute));
    let mut found = Vec::new();
    let mut add = |name, values| found.push((name, values));
    add("losses", to_host(network.losses(weights.clone(), &batch)));
    add("gradients", to_host(network.gradients(weights.clone(), &batch).1));
    let product = network.hessian_product(weights, directions.clone(), &batch);
    add("slopes", to_host(product.slope));
    add("Hv", to_host(product.product));
    add("vHv", to_host(network.curvature_sums(one.clone(), directions.clone(), 4, &batch)));
    add("vHv, two groups", to_host(network.curvature_sums(one.clone(), directions, 2, &batch)));
    add("gradient of one", to_host(network.gradients(one.clone(), &batch).1));
    add("Hv of one", to_host(network.hessian_product(one, point.direction(compute), &batch).product));
    found
}

/// What runs and measurements make of a point.
fn measurements(point: &Point, compute: &Compute) -> Vec<(&'static str, Vec<f64>)> {
    let (network, batch) = (&point.network, point.batch(compute));
    let (weights, d) = (point.weights(compute), point.dimension());
    let mut found = Vec::new();
    let objective = point.objective(compute);
    let (loss, accuracy) = objective.evaluate(weights.clone());
    found.push(("evaluate", vec![loss, accuracy]));
    found.push(("losses on a part", to_host(network.losses(weights.clone(), &batch.select(&[3, 0, 3, 5, 1])))));

    let mut trace = TraceEstimate::new(weights.clone(), 16, 1, 0);
    while !trace.advance(&objective) {}
    found.push(("trace", trace.values().to_vec()));
    let mut lanczos = Lanczos::new(weights.clone(), 12, None, 1);
    while !lanczos.advance(&objective) {}
    let ends = lanczos.ends().expect("all products are finite");
    found.push(("ends of the spectrum", vec![ends.largest, ends.smallest]));

    let reference: Vec<f32> = point.w.iter().map(|&w| w as f32).collect();
    let plane = filter_normalised_plane(network.architecture(), &reference, 1);
    let mut slice = SliceJob::new(weights.clone(), &plane, 1.0, 9, compute);
    while !slice.advance(&objective) {}
    found.push(("slice", slice.finest().expect("a slice ends with its finest level").loss));

    let oracle = Oracle(network, batch);
    let base = BaseSettings {
        learning_rate: 0.1,
        momentum: 0.9,
        nesterov: true,
        weight_decay: 0.01,
        ..BaseSettings::default()
    };
    let settings = NsoSettings { sigma: 0.05, lambda: 0.5, two_point: true };
    let (mut sam, mut nso) = (Base::default(), Base::default());
    let (mut with_sam, mut with_nso) = (weights.clone(), weights);
    for step in 0..2 {
        let gradient = sam_gradient(&oracle, &with_sam, 0.1);
        with_sam = sam.step(with_sam, &gradient, &base, None);
        let noise = compute.tensor(gaussian(1, Purpose::Noise, step, 3 * d), [3, d]);
        let gradient = nso_gradient(&oracle, &with_nso, noise, &settings);
        with_nso = nso.step(with_nso, &gradient, &base, None);
    }
    found.push(("weights after SAM", to_host(with_sam)));
    found.push(("weights after NSO", to_host(with_nso)));
    found
}

/// Whether losses far out of all numbers are NaN or infinite, as they are on the CPU.
fn far_out(compute: &Compute) -> Vec<bool> {
    let case = network_case("relu-mlp");
    let point = case.point();
    let weights: Vec<Vec<f64>> =
        [1e20, -1e20, f64::NAN, 1.0].iter().map(|&t| common::shifted(&point.w, t, &point.v)).collect();
    let losses = to_host(point.network.losses(rows(&weights, compute), &point.batch(compute)));
    losses.iter().map(|loss| loss.is_finite()).collect()
}

fn compare(
    point: &Point,
    figures: impl Fn(&Point, &Compute) -> Vec<(&'static str, Vec<f64>)>,
    gpu: &Compute,
    failures: &mut Failures,
) {
    let time = Instant::now();
    let on_gpu = figures(point, gpu);
    println!("{:30} {:6.2} s", point.name, time.elapsed().as_secs_f64());
    for ((figure, found), (_, expected)) in on_gpu.iter().zip(&figures(point, &Compute::cpu())) {
        failures.relative(&format!("{} {figure}", point.name), found, expected, 1e-4);
    }
}

#[test]
fn the_gpu_agrees_with_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let mut failures = Failures::new();
    for point in all_points() {
        compare(&point, figures, &gpu, &mut failures);
    }
    for name in ["tanh-mlp", "cnn-pool"] {
        compare(&network_case(name).point(), measurements, &gpu, &mut failures);
    }
    let (on_gpu, on_cpu) = (far_out(&gpu), far_out(&Compute::cpu()));
    common::check_bigrams(&gpu, &mut failures);
    failures.holds("losses far out", on_gpu == on_cpu, &format!("finite {on_gpu:?}, on the CPU {on_cpu:?}"));
    failures.finish();
}
