//! Slices: every cell is the loss at its own coordinates, whatever the level, the sign or the size of the numbers.

mod common;

use common::{Failures, Point, network_case, random_point, shifted};
use flatscape::config::LossKind;
use flatscape::landscape::{Plane, SliceJob, SliceLevel, filter_normalised_plane};
use flatscape::model::{Compute, to_host};

fn plane(point: &Point) -> Plane {
    let reference: Vec<f32> = point.w.iter().map(|&w| w as f32).collect();
    filter_normalised_plane(point.network.architecture(), &reference, 3)
}

/// All levels of a slice, coarsest first.
fn levels(point: &Point, plane: &Plane, range: f64, resolution: usize, compute: &Compute) -> Vec<SliceLevel> {
    let objective = point.objective(compute);
    let mut job = SliceJob::new(point.weights(compute), plane, range, resolution, compute);
    let mut levels = Vec::new();
    while !job.is_complete() {
        levels.extend(job.advance(&objective));
    }
    levels
}

fn finest(point: &Point, plane: &Plane, range: f64, resolution: usize, compute: &Compute) -> SliceLevel {
    levels(point, plane, range, resolution, compute).pop().expect("a slice ends with its finest level")
}

/// The loss at w + a·x + b·y, each on its own.
fn loss_at(point: &Point, plane: &Plane, a: f64, b: f64, compute: &Compute) -> f64 {
    let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let weights = shifted(&shifted(&point.w, a, &wide(&plane.x)), b, &wide(&plane.y));
    to_host(point.network.losses(common::rows(&[weights], compute), &point.batch(compute)))[0]
}

fn wide(loss: &[f32]) -> Vec<f64> {
    loss.iter().map(|&x| f64::from(x)).collect()
}

#[test]
fn each_cell_is_the_loss_at_its_coordinates_and_the_centre_the_loss_itself() {
    let mut failures = Failures::new();
    for name in ["tanh-mlp", "cnn-pool", "cnn-pool-floor-mse"] {
        let point = network_case(name).point();
        let plane = plane(&point);
        for (bits, compute) in [(32, Compute::cpu()), (64, Compute::cpu_f64())] {
            let level = finest(&point, &plane, 1.5, 11, &compute);
            let cells = level.axis.iter().flat_map(|&b| level.axis.iter().map(move |&a| (a, b)));
            let expected: Vec<f64> = cells.map(|(a, b)| loss_at(&point, &plane, a, b, &compute)).collect();
            for (cell, (&found, expected)) in level.loss.iter().zip(expected).enumerate() {
                let what = format!("{name} in {bits} bits, cell {cell}");
                failures.relative(&what, &[f64::from(found)], &[expected], 2e-6);
            }
            let own = to_host(point.network.losses(point.weights(&compute), &point.batch(&compute)))[0];
            let what = format!("{name} in {bits} bits, centre");
            failures.relative(&what, &[f64::from(level.loss[60])], &[own], 1e-7);
            failures.holds(&what, level.axis[5] == 0.0 && level.axis[0] == -1.5 && level.axis[10] == 1.5, "axis");
        }
    }
    failures.finish();
}

#[test]
fn levels_nest() {
    let point = network_case("tanh-mlp").point();
    let levels = levels(&point, &plane(&point), 1.0, 33, &Compute::cpu());
    let sides: Vec<usize> = levels.iter().map(|level| level.axis.len()).collect();
    assert_eq!(sides, [5, 9, 17, 33], "levels from coarse to fine");
    let (finest, coarse) = levels.split_last().expect("four levels");
    assert!(finest.finest && coarse.iter().all(|level| !level.finest));
    for level in coarse {
        let n = level.axis.len();
        let stride = 32 / (n - 1);
        for (cell, &loss) in level.loss.iter().enumerate() {
            let (i, j) = (cell % n * stride, cell / n * stride);
            assert_eq!(loss, finest.loss[j * 33 + i], "cell {cell} of level {n}x{n}");
            assert_eq!(level.axis[cell % n], finest.axis[i], "column {} of level {n}x{n}", cell % n);
        }
    }
}

#[test]
fn turning_both_directions_round_mirrors_the_slice() {
    let mut failures = Failures::new();
    for (name, compute) in [("gelu-mlp", Compute::cpu()), ("cnn-valid-same", Compute::cpu_f64())] {
        let point = network_case(name).point();
        let plane = plane(&point);
        let negative = |v: &[f32]| v.iter().map(|x| -x).collect();
        let round = Plane { x: negative(&plane.x), y: negative(&plane.y), seed: plane.seed };
        let there = finest(&point, &plane, 1.0, 13, &compute);
        let back = finest(&point, &round, 1.0, 13, &compute);
        let mirrored: Vec<f32> = back.loss.into_iter().rev().collect();
        failures.relative(name, &wide(&mirrored), &wide(&there.loss), 1e-7);
        failures.holds(name, there.loss[0] != there.loss[168], "the slice is symmetric, which proves nothing");
    }
    failures.finish();
}

#[test]
fn cells_without_a_number_stay_without_one() {
    let layers = ["linear 6", "relu", "linear 5", "relu", "linear 3"];
    let compute = Compute::cpu();
    let mut failures = Failures::new();
    for loss in [LossKind::CrossEntropy, LossKind::Mse] {
        let point = random_point("far out", &[2], loss, &layers, 4);
        let plane = plane(&point);
        let level = finest(&point, &plane, 1e20, 9, &compute);
        let infinite = level.loss.iter().filter(|loss| !loss.is_finite()).count();
        failures.holds(&format!("{loss:?}"), infinite >= 8, &format!("only {infinite} cells without a number"));
        failures.holds(&format!("{loss:?}"), level.loss[40].is_finite(), "the centre has no number");
        for (cell, &found) in level.loss.iter().enumerate() {
            let (a, b) = (level.axis[cell % 9], level.axis[cell / 9]);
            let expected = loss_at(&point, &plane, a, b, &compute) as f32;
            let same = found == expected
                || found.is_nan() && expected.is_nan()
                || ((found - expected) / expected).abs() < 1e-4;
            failures.holds(&format!("{loss:?} cell {cell}"), same, &format!("{found}, expected {expected}"));
        }
    }
    failures.finish();
}
