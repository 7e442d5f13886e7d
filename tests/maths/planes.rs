//! Planes through minima and along paths, lines between weights, and suggested ranges.

use flatscape::config::{LossKind, Normalization};
use flatscape::landscape::{
    Checkpoint, LineJob, Path, Plane, PlaneError, RangeSearch, SliceJob, Span, SpanCenter, linear_axis,
    random_direction, suggest_range, symmetric_axis,
};
use flatscape::model::{Compute, Purpose, gaussian, to_host};
use flatscape::protocol::Examples;
use serde::Deserialize;

use crate::common::{self, Failures, network_case, random_point, shifted};

#[derive(Deserialize)]
struct Reference {
    path: PathCase,
}

#[derive(Deserialize)]
struct PathCase {
    weights: Vec<Vec<f64>>,
    explained: Vec<f64>,
    coordinates: Vec<Vec<f64>>,
    distances: Vec<f64>,
    residual: f64,
}

fn path_of(weights: &[Vec<f64>]) -> Path {
    let mut path = Path::default();
    for (step, row) in (0..).zip(weights) {
        let weights = row.iter().map(|&w| w as f32).collect();
        let loss = 1.0 / (step + 1) as f64;
        path.offer(|| Checkpoint { step, train_loss: loss, test_loss: 2.0 * loss, weights });
    }
    path
}

#[test]
fn principal_directions_of_a_path_are_those_of_numpy() {
    let text = include_str!("../reference/landscape.json");
    let case = serde_json::from_str::<Reference>(text).expect("landscape.json has the keys of its README").path;
    let path = path_of(&case.weights);
    // They are exact in 32 bits, but for the last digit of what is read from decimals.
    let center = case.weights.last().expect("the path has an end").iter();
    let center: &[f64] = &center.map(|&w| f64::from(w as f32)).collect::<Vec<f64>>();
    let pca = path.pca(center, 3).expect("the path spans a plane");
    let mut failures = Failures::new();
    failures.relative("explained", &pca.explained[..2], &case.explained[..2], 1e-13);
    // The third explains a twenty-thousandth: the Gram matrix has it to the square root of the precision.
    failures.relative("explained by the third", &pca.explained[2..], &case.explained[2..], 1e-10);
    failures.relative("residual", &[pca.residual], &[case.residual], 1e-10);
    for (i, a) in pca.directions.iter().enumerate() {
        for (j, b) in pca.directions.iter().enumerate() {
            let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            let unit = if i == j { 1.0 } else { 0.0 };
            failures.holds("orthonormal", (product - unit).abs() < 1e-13, &format!("⟨{i}, {j}⟩ = {product}"));
        }
    }
    let plane = pca.plane().expect("directions of length 1");
    let points = path.project(&plane, center, Examples::Train);
    failures.holds("points", points.len() == case.weights.len(), "the end is a point of the path too");
    for (index, (point, expected)) in points.iter().zip(&case.coordinates).enumerate() {
        failures.distance(&format!("point {index}"), &[point.x, point.y], &expected[..2], 1e-12, 10.0);
        failures.distance(&format!("distance {index}"), &[point.distance], &case.distances[index..=index], 1e-12, 1.0);
        failures.holds("loss", point.loss == 1.0 / (index + 1) as f64, "a point has its own loss, not the plane's");
    }
    let end = points[points.len() - 1];
    failures.holds("end", end.x == 0.0 && end.y == 0.0 && end.distance == 0.0, "the plane goes through the end");
    let words = plane.words();
    failures.holds("words", words.contains("88.6 %") && words.contains("11.3 %"), words);
    failures.holds(
        "words",
        words.contains("all 15 checkpoints") && words.contains("distance from the plane 0."),
        words,
    );
    failures.finish();
}

#[test]
fn a_path_in_a_plane_is_explained_wholly() {
    // D beyond one block of columns, numbers exact in 32 bits.
    let d = 9000;
    let [a, b] = [0, 1].map(|index| gaussian(1, Purpose::Directions, index, d));
    let whole = |v: &[f32]| v.iter().map(|&x| f64::from((64.0 * x).round())).collect::<Vec<f64>>();
    let (a, b) = (whole(&a), whole(&b));
    let weights: Vec<Vec<f64>> = [(4.0, 1.0), (3.0, -2.0), (2.0, 5.0), (1.0, 1.0), (0.0, 0.0)]
        .map(|(s, t)| shifted(&shifted(&vec![0.0; d], s, &a), t, &b))
        .to_vec();
    let pca = path_of(&weights).pca(&weights[4], 4).expect("the path spans a plane");
    assert_eq!(pca.directions.len(), 2, "there is no third direction");
    assert_eq!(pca.checkpoints, 4);
    assert!((pca.explained.iter().sum::<f64>() - 1.0).abs() < 1e-13, "{:?}", pca.explained);
    let length = weights[0].iter().map(|w| w * w).sum::<f64>().sqrt();
    assert!(pca.residual < 1e-6 * length, "{}", pca.residual);
    let points = path_of(&weights).project(&pca.plane().expect("directions"), &weights[4], Examples::Train);
    for (point, weights) in points.iter().zip(&weights) {
        let length = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
        assert!((point.x.hypot(point.y) - length).abs() < 1e-9 * length.max(1.0), "distances are kept");
        assert!(point.distance < 1e-9 * length.max(1.0), "{}", point.distance);
    }
}

#[test]
fn a_path_without_an_extent_has_no_plane() {
    let still = path_of(&vec![vec![1.0, 2.0, 3.0]; 5]);
    let error = still.pca(&[1.0, 2.0, 3.0], 2).expect_err("it stands still");
    assert_eq!(error, PlaneError::PathTooShort { found: 0 });
    let straight = path_of(&[vec![3.0, 0.0], vec![2.0, 0.0], vec![0.0, 0.0]]);
    let error = straight.pca(&[0.0, 0.0], 2).expect_err("it is a line").to_string();
    assert!(error.contains("the path has 2 checkpoints away from its end, expected"), "{error}");
}

#[test]
fn three_minima_have_their_losses_at_their_places() {
    let compute = Compute::cpu_f64();
    let mut failures = Failures::new();
    for name in ["tanh-mlp", "cnn-valid-same"] {
        let point = network_case(name).point();
        let objective = point.objective(&compute);
        let minima = point.neighbours(3);
        for center in [SpanCenter::Mean, SpanCenter::First] {
            let span =
                Span::through([&minima[0], &minima[1], &minima[2]], center, "three neighbours").expect("a plane");
            // Axes that meet the places exactly.
            let sorted = |axis: usize| {
                let mut values: Vec<f64> = span.points.iter().map(|place| place[axis]).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let axes = [sorted(0), sorted(1)];
            let weights = common::rows(std::slice::from_ref(&span.center), &compute);
            let mut job = SliceJob::on_axes(weights, &span.plane, axes.clone(), &compute);
            while !job.advance(&objective) {}
            let grid = job.finest().expect("it is complete");
            for (minimum, [a, b]) in minima.iter().zip(span.points) {
                let index = |axis: usize, value: f64| axes[axis].iter().position(|v| *v == value).expect("on the axis");
                let found = grid.loss[index(1, b) * 3 + index(0, a)];
                let own = to_host(objective.losses(common::rows(std::slice::from_ref(minimum), &compute)))[0];
                failures.relative(&format!("{name} {center:?}"), &[found], &[own], 1e-12);
            }
        }
    }
    failures.finish();
}

#[test]
fn the_line_between_two_weights_meets_both_and_goes_beyond() {
    let compute = Compute::cpu_f64();
    let point = network_case("gelu-mlp").point();
    let objective = point.objective(&compute);
    let ends = point.neighbours(2);
    let shares = linear_axis(-0.5, 1.5, 101);
    let mut job = LineJob::between(&ends[0], &ends[1], shares.clone(), &compute).expect("a line").with_accuracy();
    assert!(job.curves().loss.is_empty(), "nothing is computed");
    let mut done = 0;
    while !job.advance(&objective) {
        assert!(job.progress().done > done);
        done = job.progress().done;
    }
    let curves = job.curves();
    let (loss, accuracy) = (&curves.loss[0], &curves.accuracy.as_ref().expect("it was asked for")[0]);
    let way: Vec<f64> = ends[1].iter().zip(&ends[0]).map(|(b, a)| b - a).collect();
    let mut failures = Failures::new();
    for (index, &share) in shares.iter().enumerate() {
        let weights = common::rows(&[shifted(&ends[0], share, &way)], &compute);
        let (own_loss, own_accuracy) = objective.evaluate(weights);
        failures.relative(&format!("loss at {share}"), &loss[index..=index], &[own_loss], 1e-12);
        failures.holds(&format!("accuracy at {share}"), accuracy[index] == own_accuracy, "another share");
    }
    for (index, end) in [(25, &ends[0]), (75, &ends[1])] {
        let own = to_host(objective.losses(common::rows(std::slice::from_ref(end), &compute)))[0];
        failures.relative("an end", &loss[index..=index], &[own], 1e-12);
    }
    failures.finish();
    let same = LineJob::between(&ends[0], &ends[0], shares, &compute).expect_err("no way").to_string();
    assert_eq!(same, "the way between the two vectors of weights is zero, expected a vector with a length");
}

#[test]
fn lines_along_several_directions_have_a_mean_and_a_spread() {
    let compute = Compute::cpu_f64();
    let point = network_case("tanh-mlp").point();
    let objective = point.objective(&compute);
    let architecture = point.network.architecture();
    let directions: Vec<Vec<f64>> =
        (0..5).map(|index| random_direction(architecture, &point.w, Normalization::Filter, 4, index)).collect();
    let axis = symmetric_axis(1.0, 21);
    let mut job = LineJob::along(point.weights(&compute), &directions, axis.clone(), &compute).expect("directions");
    while !job.advance(&objective) {}
    let curves = job.curves();
    assert_eq!((curves.loss.len(), curves.masked()), (5, 0));
    assert!(curves.accuracy.is_none());
    let mut failures = Failures::new();
    for (direction, row) in directions.iter().zip(&curves.loss) {
        let weights: Vec<Vec<f64>> = axis.iter().map(|&t| shifted(&point.w, t, direction)).collect();
        let expected = to_host(objective.losses(common::rows(&weights, &compute)));
        failures.relative("along a direction", row, &expected, 1e-13);
    }
    for (index, spread) in curves.loss_spread().iter().enumerate() {
        let values: Vec<f64> = curves.loss.iter().map(|row| row[index]).collect();
        let mean = values.iter().sum::<f64>() / 5.0;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4.0).sqrt();
        failures.relative("mean", &[spread.mean], &[mean], 1e-14);
        failures.distance("sd", &[spread.sd], &[sd], 1e-14, mean);
        failures.holds("ends", values.iter().all(|v| (spread.min..=spread.max).contains(v)), "outside");
    }
    // All directions go through the same weights.
    let center = curves.loss_spread()[10];
    failures.holds("centre", center.sd < 1e-15 && center.max - center.min < 1e-15, &format!("{center:?}"));
    failures.finish();
}

#[test]
fn lines_far_out_are_masked_and_counted() {
    let compute = Compute::cpu();
    let point = random_point("far out", &[2], LossKind::Mse, &["linear 6", "relu", "linear 5", "relu", "linear 3"], 4);
    let objective = point.objective(&compute);
    let directions = point.directions(3);
    let mut job =
        LineJob::along(point.weights(&compute), &directions, vec![-1e20, 0.0, 1e20], &compute).expect("directions");
    while !job.advance(&objective) {}
    let curves = job.curves();
    let counted = curves.loss_spread().iter().map(|spread| spread.masked).sum::<usize>();
    assert!(curves.masked() > 0 && counted == curves.masked(), "{curves:?}");
    assert_eq!(curves.loss_spread()[1].masked, 0);
    let error = LineJob::along(point.weights(&compute), &[vec![f64::NAN; 3]], vec![0.0], &compute).expect_err("NaN");
    assert!(error.to_string().starts_with("direction 1 has 3 numbers, expected"), "{error}");
    assert!(LineJob::along(point.weights(&compute), &[], vec![0.0], &compute).is_err());
}

#[test]
fn the_suggested_range_is_the_largest_within_the_ceiling() {
    let compute = Compute::cpu_f64();
    let mut failures = Failures::new();
    for (name, normalization) in
        [("tanh-mlp", Normalization::Filter), ("tanh-mlp-mse", Normalization::None), ("cnn-pool", Normalization::Model)]
    {
        let point = network_case(name).point();
        let objective = point.objective(&compute);
        let plane =
            Plane::random(point.network.architecture(), &point.w, normalization, 1, "the weights").expect("a plane");
        let own = to_host(objective.losses(point.weights(&compute)))[0];
        let mut search = RangeSearch::new(point.weights(&compute), &plane, 3.0, 0.01, &compute);
        while !search.advance(&objective) {}
        let found = search.suggestion().expect("the loss grows slowly at first");
        failures.relative(name, &[found.ceiling], &[3.0 * own], 1e-15);
        failures.holds(name, found.evaluations <= RangeSearch::MAX_EVALUATIONS, "over its budget");
        failures.holds(name, search.progress().done == search.progress().total, "progress");
        let highest = |range: f64| {
            let sides = [[range, 0.0], [-range, 0.0], [0.0, range], [0.0, -range]];
            let rows: Vec<Vec<f64>> = sides.iter().map(|&side| plane.point(&point.w, side)).collect();
            to_host(objective.losses(common::rows(&rows, &compute))).into_iter().fold(0.0, f64::max)
        };
        failures.holds(name, !found.is_open, "the loss does grow beyond the ceiling");
        failures.holds(name, highest(found.range) <= found.ceiling, &format!("{found:?} is beyond"));
        // Bisection stops within 2.2 %, rounding down to two digits takes 10 % at most.
        let farther = highest(1.13 * found.range);
        failures.holds(name, farther > found.ceiling, &format!("{found:?} could be farther: {farther}"));
        let again = suggest_range(&objective, &point.weights(&compute), &plane);
        failures.holds(name, again == suggest_range(&objective, &point.weights(&compute), &plane), "chance");
    }
    failures.finish();
}

#[test]
fn a_flat_plane_leaves_the_range_open() {
    // To add the same number to all logits changes no softmax.
    let compute = Compute::cpu_f64();
    let point = network_case("linear").point();
    let objective = point.objective(&compute);
    let weight = &point.network.architecture().parameters[0];
    let bias = point.network.architecture().parameters[1].range();
    let direction = |range: std::ops::Range<usize>, step: usize| -> Vec<f64> {
        (0..point.dimension())
            .map(|i| if range.contains(&i) && (i - range.start).is_multiple_of(step) { 1.0 } else { 0.0 })
            .collect()
    };
    let (x, y) = (direction(bias, 1), direction(weight.range(), weight.row_len()));
    let plane = Plane::from_vectors(x, y, "flat").expect("directions");
    let found = suggest_range(&objective, &point.weights(&compute), &plane).expect("it never grows");
    assert!(found.is_open, "{found:?}");
}
