//! Slices: every cell is the loss at its own coordinates, whatever the level, the sign or the size of the numbers.

use flatscape::config::{LossKind, Normalization};
use flatscape::landscape::{
    Plane, SliceJob, SliceLevel, SliceSet, filter_normalised_plane, normalize, objective_words, symmetric_axis,
};
use flatscape::model::{Compute, Statistics, to_host};
use flatscape::protocol::{Progress, SliceGrid};
use serde::Deserialize;

use crate::common::{self, Failures, Point, network_case, random_point, shifted};

/// `landscape.json`; the keys are explained in `tests/reference/README.md`.
#[derive(Deserialize)]
struct Reference {
    slices: Vec<SliceCase>,
}

#[derive(Deserialize)]
struct SliceCase {
    name: String,
    directions: [Vec<f64>; 2],
    x: Vec<f64>,
    y: Vec<f64>,
    grids: Vec<GridCase>,
}

#[derive(Deserialize)]
struct GridCase {
    normalization: Normalization,
    norms: Vec<f64>,
    loss: Vec<f64>,
    accuracy: Vec<f64>,
}

fn reference() -> Vec<SliceCase> {
    let text = include_str!("../reference/landscape.json");
    serde_json::from_str::<Reference>(text).expect("landscape.json has the keys of its README").slices
}

fn plane(point: &Point) -> Plane {
    let reference: Vec<f32> = point.w.iter().map(|&w| w as f32).collect();
    filter_normalised_plane(point.network.architecture(), &reference, 3)
}

/// All levels of a job, coarsest first.
fn levels_of(point: &Point, mut job: SliceJob, compute: &Compute) -> Vec<SliceLevel> {
    let objective = point.objective(compute);
    let mut levels = Vec::new();
    loop {
        let is_complete = job.advance(&objective);
        levels.extend(job.take_level());
        if is_complete {
            return levels;
        }
    }
}

/// All levels of a square slice, coarsest first.
fn levels(point: &Point, plane: &Plane, range: f64, resolution: usize, compute: &Compute) -> Vec<SliceLevel> {
    levels_of(point, SliceJob::new(point.weights(compute), plane, range, resolution, compute), compute)
}

fn finest(point: &Point, plane: &Plane, range: f64, resolution: usize, compute: &Compute) -> SliceGrid {
    levels(point, plane, range, resolution, compute).pop().expect("a slice ends with its finest level").grid
}

fn on_axes(point: &Point, plane: &Plane, x: &[f64], y: &[f64], compute: &Compute) -> SliceGrid {
    let job = SliceJob::on_axes(point.weights(compute), plane, [x.to_vec(), y.to_vec()], compute).with_accuracy();
    levels_of(point, job, compute).pop().expect("a slice ends with its finest level").grid
}

/// The loss at w + a·x + b·y, each on its own.
fn loss_at(point: &Point, plane: &Plane, a: f64, b: f64, compute: &Compute) -> f64 {
    let weights = shifted(&shifted(&point.w, a, plane.x()), b, plane.y());
    to_host(point.network.losses(common::rows(&[weights], compute), &point.batch(compute)))[0]
}

fn cells(grid: &SliceGrid) -> Vec<(f64, f64)> {
    grid.y.iter().flat_map(|&b| grid.x.iter().map(move |&a| (a, b))).collect()
}

fn reversed(values: &[f64]) -> Vec<f64> {
    values.iter().rev().copied().collect()
}

#[test]
fn slices_are_those_of_jax_with_every_normalisation() {
    let mut failures = Failures::new();
    for case in reference() {
        let point = network_case(&case.name).point();
        let architecture = point.network.architecture();
        for expected in &case.grids {
            let what = |part: &str| format!("{} {} {part}", case.name, expected.normalization.key());
            let [x, y] = case.directions.clone();
            let plane = Plane::from_vectors(x, y, "given")
                .and_then(|plane| plane.normalized(architecture, &point.w, expected.normalization, "the weights"))
                .expect("two directions with a length");
            failures.relative(&what("norms"), &plane.norms(), &expected.norms, 1e-13);
            for (bits, compute, tolerance) in [(64, Compute::cpu_f64(), 1e-12), (32, Compute::cpu(), 2e-6)] {
                let grid = on_axes(&point, &plane, &case.x, &case.y, &compute);
                for (cell, (found, expected)) in grid.loss.iter().zip(&expected.loss).enumerate() {
                    failures.relative(&what(&format!("{bits} bits, cell {cell}")), &[*found], &[*expected], tolerance);
                }
                let accuracy = grid.accuracy.expect("it was asked for");
                failures.relative(&what("accuracy"), &accuracy, &expected.accuracy, 1e-7);
            }
        }
    }
    failures.finish();
}

#[test]
fn each_cell_is_the_loss_at_its_coordinates_and_the_centre_the_loss_itself() {
    let mut failures = Failures::new();
    for name in ["tanh-mlp", "cnn-pool", "cnn-pool-floor-mse"] {
        let point = network_case(name).point();
        let plane = plane(&point);
        for (bits, compute, tolerance) in [(32, Compute::cpu(), 2e-6), (64, Compute::cpu_f64(), 1e-12)] {
            let grid = finest(&point, &plane, 1.5, 11, &compute);
            for (cell, (a, b)) in cells(&grid).into_iter().enumerate() {
                let expected = loss_at(&point, &plane, a, b, &compute);
                let what = format!("{name} in {bits} bits, cell {cell}");
                failures.relative(&what, &[grid.loss[cell]], &[expected], tolerance);
            }
            let own = to_host(point.network.losses(point.weights(&compute), &point.batch(&compute)))[0];
            let what = format!("{name} in {bits} bits, centre");
            failures.relative(&what, &[grid.loss[60]], &[own], if bits == 64 { 1e-15 } else { 1e-7 });
            failures.holds(&what, grid.center() == Some(grid.loss[60]), "centre() is another cell");
            failures.holds(&what, grid.x[5] == 0.0 && grid.x[0] == -1.5 && grid.x[10] == 1.5, "axis");
        }
    }
    failures.finish();
}

#[test]
fn axes_may_differ_in_range_and_number_of_points() {
    let mut failures = Failures::new();
    let compute = Compute::cpu_f64();
    let point = network_case("gelu-mlp").point();
    let plane = plane(&point);
    for (columns, rows) in [(1, 1), (1, 5), (6, 1), (7, 3), (4, 10), (17, 33), (50, 2)] {
        let (x, y) = (symmetric_axis(1.3, columns), symmetric_axis(0.4, rows));
        let grid = on_axes(&point, &plane, &x, &y, &compute);
        failures.holds("shape", grid.x == x && grid.y == y, "other axes");
        let expected: Vec<f64> =
            cells(&grid).into_iter().map(|(a, b)| loss_at(&point, &plane, a, b, &compute)).collect();
        failures.relative(&format!("{columns} × {rows}"), &grid.loss, &expected, 1e-13);
        let has_center = columns % 2 == 1 && rows % 2 == 1;
        failures.holds(&format!("{columns} × {rows}"), grid.center().is_some() == has_center, "centre");
    }
    failures.finish();
}

#[test]
fn levels_nest_and_none_comes_twice() {
    let point = network_case("tanh-mlp").point();
    let compute = Compute::cpu();
    let levels = levels(&point, &plane(&point), 1.0, 33, &compute);
    let sides: Vec<usize> = levels.iter().map(|level| level.grid.x.len()).collect();
    assert_eq!(sides, [5, 9, 17, 33], "levels from coarse to fine");
    let (finest, coarse) = levels.split_last().expect("four levels");
    assert!(finest.finest && coarse.iter().all(|level| !level.finest));
    for SliceLevel { grid, .. } in coarse {
        let n = grid.x.len();
        let stride = 32 / (n - 1);
        for (cell, &loss) in grid.loss.iter().enumerate() {
            let (i, j) = (cell % n * stride, cell / n * stride);
            assert_eq!(loss, finest.grid.loss[j * 33 + i], "cell {cell} of level {n}x{n}");
            assert_eq!(grid.x[cell % n], finest.grid.x[i], "column {} of level {n}x{n}", cell % n);
        }
    }
    // Axes of different lengths have levels too, where both can be thinned.
    let (x, y) = (symmetric_axis(1.0, 17), symmetric_axis(1.0, 9));
    let job = SliceJob::on_axes(point.weights(&compute), &plane(&point), [x, y], &compute);
    let sides: Vec<[usize; 2]> =
        levels_of(&point, job, &compute).iter().map(|level| [level.grid.x.len(), level.grid.y.len()]).collect();
    assert_eq!(sides, [[9, 5], [17, 9]]);
}

#[test]
fn a_job_that_is_stopped_keeps_its_finest_complete_level() {
    let compute = Compute::cpu();
    let point = network_case("tanh-mlp").point();
    let objective = point.objective(&compute);
    let mut job = SliceJob::new(point.weights(&compute), &plane(&point), 1.0, 33, &compute);
    assert_eq!(job.finest(), None, "nothing is computed");
    assert_eq!(job.progress(), Progress { done: 0, total: 1089 });
    let mut done = 0;
    while job.finest().is_none_or(|grid| grid.x.len() < 9) {
        assert!(!job.advance(&objective));
        assert!(job.progress().done > done, "every unit computes something");
        done = job.progress().done;
    }
    assert!(done < 200, "the coarse levels come first, not after {done} cells");
    let grid = job.finest().expect("a level is complete");
    assert_eq!((grid.x.len(), grid.masked()), (9, 0), "cells that are not computed yet are not shown");
}

#[test]
fn turning_directions_or_ranges_round_mirrors_the_slice() {
    let mut failures = Failures::new();
    for (name, compute, tolerance) in [
        ("gelu-mlp", Compute::cpu(), 1e-7),
        ("gelu-mlp", Compute::cpu_f64(), 1e-15),
        ("cnn-valid-same", Compute::cpu_f64(), 1e-15),
    ] {
        let point = network_case(name).point();
        let plane = plane(&point);
        let there = finest(&point, &plane, 1.0, 13, &compute);
        failures.holds(name, there.loss[0] != there.loss[168], "the slice is symmetric, which proves nothing");
        let negative = |v: &[f64]| v.iter().map(|x| -x).collect::<Vec<f64>>();
        let flip = |x: bool, y: bool| {
            let turned = |flip: bool, v: &[f64]| if flip { negative(v) } else { v.to_vec() };
            Plane::from_vectors(turned(x, plane.x()), turned(y, plane.y()), "turned").expect("directions")
        };
        let both = finest(&point, &flip(true, true), 1.0, 13, &compute);
        failures.relative(&format!("{name} both directions"), &reversed(&both.loss), &there.loss, tolerance);
        let first = finest(&point, &flip(true, false), 1.0, 13, &compute);
        let mirrored: Vec<f64> = first.rows().flat_map(reversed).collect();
        failures.relative(&format!("{name} first direction"), &mirrored, &there.loss, tolerance);
        let backwards = finest(&point, &plane, -1.0, 13, &compute);
        failures.holds(name, backwards.x == reversed(&there.x), "axis");
        failures.relative(&format!("{name} range"), &reversed(&backwards.loss), &there.loss, tolerance);
        // Exchanging the directions exchanges rows and columns.
        let exchanged = Plane::from_vectors(plane.y().to_vec(), plane.x().to_vec(), "exchanged").expect("directions");
        let exchanged = finest(&point, &exchanged, 1.0, 13, &compute);
        let transposed: Vec<f64> = (0..169).map(|cell| exchanged.loss[cell % 13 * 13 + cell / 13]).collect();
        failures.relative(&format!("{name} exchanged"), &transposed, &there.loss, tolerance.max(1e-14));
    }
    failures.finish();
}

#[test]
fn cells_without_a_number_stay_without_one_and_are_counted() {
    let layers = ["linear 6", "relu", "linear 5", "relu", "linear 3"];
    let compute = Compute::cpu();
    let mut failures = Failures::new();
    for loss in [LossKind::CrossEntropy, LossKind::Mse] {
        let point = random_point("far out", &[2], loss, &layers, 4);
        let plane = plane(&point);
        let grid = finest(&point, &plane, 1e20, 9, &compute);
        let infinite = grid.loss.iter().filter(|loss| !loss.is_finite()).count();
        failures.holds(&format!("{loss:?}"), infinite >= 8, &format!("only {infinite} cells without a number"));
        failures.holds(&format!("{loss:?}"), grid.masked() == infinite, "masked cells are counted");
        failures.holds(&format!("{loss:?}"), grid.loss[40].is_finite(), "the centre has no number");
        let [low, high] = SliceGrid::shared_limits([&grid]).expect("the centre has a number");
        failures.holds(&format!("{loss:?}"), low.is_finite() && high.is_finite(), "limits without a number");
        for (cell, (a, b)) in cells(&grid).into_iter().enumerate() {
            let (found, expected) = (grid.loss[cell], loss_at(&point, &plane, a, b, &compute));
            let same = found == expected
                || found.is_nan() && expected.is_nan()
                || ((found - expected) / expected).abs() < 1e-4;
            failures.holds(&format!("{loss:?} cell {cell}"), same, &format!("{found}, expected {expected}"));
        }
    }
    failures.finish();
}

#[test]
fn several_planes_are_cut_one_after_another_on_one_scale() {
    let compute = Compute::cpu_f64();
    let point = network_case("tanh-mlp").point();
    let architecture = point.network.architecture();
    let planes = Plane::random_for_seeds(architecture, &point.w, Normalization::Filter, 5..8, "the weights")
        .expect("the weights have a norm");
    let objective = point.objective(&compute);
    let mut set = SliceSet::on_planes(&point.weights(&compute), &planes, 1.0, 9, &compute);
    let mut counts = vec![0];
    while !set.advance(&objective) {
        counts.push(set.complete().len());
    }
    assert!(counts.is_sorted() && counts.contains(&1) && counts.contains(&2), "{counts:?}");
    assert_eq!(set.progress(), Progress { done: 243, total: 243 });
    let grids = set.complete();
    for (plane, grid) in planes.iter().zip(&grids) {
        assert_eq!(*grid, finest(&point, plane, 1.0, 9, &compute));
        assert_eq!(grid.loss[40], grids[0].loss[40], "all planes go through the same weights");
    }
    assert_ne!(grids[0].loss, grids[1].loss);
    let [low, high] = SliceGrid::shared_limits(&grids).expect("losses are finite");
    let all: Vec<f64> = grids.iter().flat_map(|grid| grid.loss.clone()).collect();
    assert!(all.iter().all(|loss| (low..=high).contains(loss)) && all.contains(&low) && all.contains(&high));
}

#[test]
fn the_same_slice_on_other_examples_is_another_objective() {
    // A slice of few examples is not the slice of all: the job takes whichever objective it is given, and the caption
    // says which it was.
    let compute = Compute::cpu_f64();
    let point = random_point("nine examples", &[3], LossKind::CrossEntropy, &["linear 6", "tanh", "linear 3"], 2);
    let plane = plane(&point);
    let mut half = random_point("nine examples", &[3], LossKind::CrossEntropy, &["linear 6", "tanh", "linear 3"], 2);
    half.x.truncate(12);
    half.y.truncate(4);
    let (all, some) = (finest(&point, &plane, 1.0, 5, &compute), finest(&half, &plane, 1.0, 5, &compute));
    assert_ne!(all.loss, some.loss);
    for (cell, (a, b)) in cells(&some).into_iter().enumerate() {
        let expected = loss_at(&half, &plane, a, b, &compute);
        assert!((some.loss[cell] - expected).abs() < 1e-13 * expected);
    }
    let caption =
        plane.caption(format!("cross-entropy, mean over {} examples", half.objective(&compute).num_examples()));
    assert!(caption.objective.contains("4 examples"), "{caption:?}");
    assert!(caption.directions.contains("filter-normalised to the initial weights") && caption.seed == Some(3));
}

#[test]
fn normalised_slices_of_a_rescaled_relu_network_are_the_same() {
    // Twice the weights of one layer and half of the next: the same function. Filter normalisation does not see the
    // difference (Li et al. 2018), absolute directions do, so that captions print the norm.
    let compute = Compute::cpu_f64();
    let layers = ["linear 6", "relu", "linear 3"];
    let point = random_point("relu", &[4], LossKind::CrossEntropy, &layers, 8);
    let mut rescaled = random_point("relu, rescaled", &[4], LossKind::CrossEntropy, &layers, 8);
    for parameter in &point.network.architecture().parameters {
        let factor = match parameter.name.as_str() {
            "2.weight" => 0.5,
            "2.bias" => 1.0,
            _ => 2.0,
        };
        rescaled.w[parameter.range()].iter_mut().for_each(|w| *w *= factor);
    }
    let raw = plane(&point);
    let grid = |point: &Point, normalization| {
        let mut directions = [raw.x().to_vec(), raw.y().to_vec()];
        for direction in &mut directions {
            normalize(point.network.architecture(), &point.w, normalization, direction);
        }
        let [x, y] = directions;
        finest(point, &Plane::from_vectors(x, y, "").expect("directions"), 1.0, 7, &compute).loss
    };
    let mut failures = Failures::new();
    failures.relative("filter", &grid(&rescaled, Normalization::Filter), &grid(&point, Normalization::Filter), 1e-13);
    let (one, other) = (grid(&point, Normalization::None), grid(&rescaled, Normalization::None));
    let difference: f64 = one.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    failures.holds("absolute", difference > 1e-3, &format!("they differ by {difference} only"));
    failures.finish();
}

#[test]
fn the_words_say_which_statistics_batch_norm_has_and_what_is_added_to_the_loss() {
    let compute = Compute::cpu_f64();
    let layers = ["linear 5", "batchnorm", "tanh", "linear 3"];
    let point = random_point("batch norm", &[3], LossKind::CrossEntropy, &layers, 6);
    let batch = point.objective(&compute);
    let architecture = point.network.architecture();
    let buffers = compute.tensor(architecture.initial_buffers(), [1, architecture.num_buffers()]);
    let frozen = point.objective(&compute).with_statistics(Statistics::Frozen(buffers));
    let words = objective_words(&batch, "examples");
    assert_eq!(
        words,
        "cross-entropy, mean over 9 examples, batch norm with the statistics of the examples at each point"
    );
    let words = objective_words(&frozen, "test examples");
    assert!(
        words.ends_with("9 test examples, batch norm with the running statistics of the centre everywhere"),
        "{words}"
    );
    let decayed =
        objective_words(&network_case("tanh-mlp").point().objective(&compute).with_weight_decay(0.01), "examples");
    assert!(decayed.ends_with("examples, plus 0.01/2 times the squared norm of the weights"), "{decayed}");
    // They are two pictures, and neither moves the parameters of the norm (1-D tensors).
    let plane = plane(&point);
    let slice = |objective: &flatscape::model::Objective| {
        let mut job = SliceJob::new(point.weights(&compute), &plane, 1.0, 5, &compute);
        while !job.advance(objective) {}
        job.finest().expect("it is complete").loss
    };
    assert_ne!(slice(&batch), slice(&frozen));
    for parameter in architecture.parameters.iter().filter(|parameter| parameter.shape.len() < 2) {
        assert!(plane.x()[parameter.range()].iter().all(|&d| d == 0.0), "{}", parameter.name);
    }
}
