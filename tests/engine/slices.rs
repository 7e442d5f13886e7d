//! What live slices show: their planes, examples, centres and what is drawn on them, and predictions at their places.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flatscape::config::{DataSource, KnobId, LossKind, ModelConfig, Normalization, OptimizerKind};
use flatscape::protocol::{
    Command, DataPreview, Event, ExampleLabel, Examples, LivePlane, LossGrid, Predicted, Prediction, RunId, SliceTag,
    SliceView,
};

use crate::session::{Session, changed, last_step, tiny};

fn view(plane: LivePlane) -> SliceView {
    SliceView { resolution: 9, plane, ..SliceView::default() }
}

fn three(session: &Session) -> [RunId; 3] {
    [0, 1, 2].map(|i: usize| session.runs[i].run)
}

/// Slices of all three runs at a step, on a plane.
fn grids(session: &Session, step: u64, plane: LivePlane) -> [Arc<LossGrid>; 3] {
    three(session).map(|run| {
        let fits = |grid: &LossGrid| {
            grid.view.plane == plane && grid.step == step && grid.others.iter().all(|(_, at)| at.step == step)
        };
        session.grid(run, |grid| fits(grid) && grid.x.len() == 9)
    })
}

fn data(session: &Session) -> Arc<DataPreview> {
    let started = session.log.iter().find_map(|event| match event {
        Event::Started { data, .. } => Some(Arc::clone(data)),
        _ => None,
    });
    started.expect("it has started")
}

#[test]
fn the_plane_through_three_runs_holds_all_of_them() {
    let mut session = Session::start(tiny(&[]));
    let ids = three(&session);
    let plane = LivePlane::Minima(ids);
    session.send(Command::SetSlice(view(plane)));
    assert!(session.warning().contains("the three points lie on one line"), "all start at the same weights");
    session.step_to(6, ids[2], 6);
    let mut first = None;
    for (run, grid) in ids.iter().zip(grids(&session, 6, plane)) {
        assert!(grid.caption.directions.starts_with("plane through SGD, SAM and NSO"), "{}", grid.caption.directions);
        first.get_or_insert(grid.generation);
        assert_eq!(Some(grid.generation), first, "all slices lie in one plane");
        let [x, y] = grid.caption.norms;
        assert!((x - y).abs() < 1e-9 * x && (grid.caption.angle_degrees - 90.0).abs() < 1e-6);
        assert_eq!(grid.others.len(), 2);
        for (other, place) in &grid.others {
            assert!(other != run && place.distance < 1e-4 * x, "{place:?} on a plane of norm {x}");
            assert!(place.x.hypot(place.y) > 0.01);
        }
        let own = grid.position.expect("it stands somewhere");
        assert!(own.x.hypot(own.y) < 1e-6 && own.step == 6 && (own.loss - grid.center_loss).abs() < 1e-6);
    }
    session.step_to(1, ids[2], 7);
    // The runs have moved on, and so does the plane: slices that the old one still had at this step are cut again.
    for run in ids {
        session.grid(run, |grid| grid.view.plane == plane && grid.step == 7 && Some(grid.generation) > first);
    }
    let warnings = session.log.iter().filter(|event| matches!(event, Event::Warning(_))).count();
    assert_eq!(warnings, 1, "it is told once");
    session.send(Command::RemoveRun(ids[0]));
    assert!(session.warning().contains("gone"));
    session.end();
}

#[test]
fn random_planes_are_scaled_as_asked_and_the_same_for_all() {
    let session = Session::start(tiny(&[]));
    for normalization in [Normalization::None, Normalization::Layer, Normalization::Model] {
        let plane = LivePlane::Random { seed: 5, normalization };
        session.send(Command::SetSlice(view(plane)));
        let grids = grids(&session, 0, plane);
        assert!(grids.iter().all(|grid| grid.caption == grids[0].caption && grid.caption.seed == Some(5)));
        assert!(grids[0].caption.directions.contains(normalization.label()), "{}", grids[0].caption.directions);
        // All stand at the same weights, so the slices are the same.
        assert!(grids.iter().all(|grid| grid.loss == grids[0].loss));
    }
    session.end();
}

#[test]
fn along_the_first_eigenvector_the_slice_bends_by_the_largest_eigenvalue() {
    let mut session = Session::start(tiny(&["look.lanczos_steps=30"]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(20, run, 20);
    let plane = LivePlane::Eigenvectors(run);
    session.send(Command::SetSlice(SliceView { range: 0.4, ..view(plane) }));
    let lambda = session.wait_for("Eigen", |event| match event {
        Event::Eigen { run: id, row } if *id == run && row.step == 20 => Some(row.lambda_max),
        _ => None,
    });
    let [grid, other, _] = grids(&session, 20, plane);
    assert!(grid.caption.norms.iter().all(|norm| (norm - 1.0).abs() < 1e-6), "{:?}", grid.caption.norms);
    assert_eq!(grid.caption, other.caption);
    let (row, h) = (4 * 9, 0.1);
    let bend = (grid.loss[row + 3] + grid.loss[row + 5] - 2.0 * grid.loss[row + 4]) / (h * h);
    assert!((bend - lambda).abs() < 0.1 * lambda, "bends by {bend}, the eigenvalue is {lambda}");
    session.end();
}

#[test]
fn the_plane_of_a_path_needs_a_path() {
    let mut session = Session::start(tiny(&["look.eval_every=2"]));
    let run = session.run_of(OptimizerKind::Nso);
    let plane = LivePlane::PathPca(run);
    session.send(Command::SetSlice(view(plane)));
    let message = session.warning();
    assert!(message.contains("the path has 0 checkpoints away from its end"), "{message}");
    let old = session.grid(run, |grid| grid.view.plane == plane);
    assert!(old.caption.directions.starts_with("random plane"), "{}", old.caption.directions);
    session.step_to(12, run, 12);
    let [_, _, nso] = grids(&session, 12, plane);
    let grid = session.grid(run, |grid| grid.step == 12 && grid.caption.directions.starts_with("principal"));
    let away = grid.path.iter().map(|point| point.x.abs()).fold(0.0, f64::max);
    let across = grid.path.iter().map(|point| point.distance).fold(0.0, f64::max);
    assert!(across < away, "most of the path lies in the plane: {across}, {away}");
    assert_eq!(nso.run, run);
    session.end();
}

#[test]
fn test_examples_and_accuracies_are_shown_where_they_are_asked_for() {
    let mut session = Session::start(tiny(&["look.eval_every=4"]));
    let run = session.run_of(OptimizerKind::Sam);
    session.step_to(8, run, 8);
    let row = session.evaluated(run, 8);
    let asked = SliceView { examples: Examples::Test, accuracy: true, ..view(LivePlane::default()) };
    session.send(Command::SetSlice(asked));
    let grid = session.grid(run, |grid| grid.view == asked && grid.x.len() == 9 && grid.step == 8);
    assert!(grid.caption.objective.contains("test examples"), "{}", grid.caption.objective);
    assert!((grid.center_loss - row.test_loss).abs() < 1e-6);
    let accuracy = grid.accuracy.as_ref().expect("asked for");
    assert_eq!((accuracy.len(), accuracy[40]), (81, row.test_accuracy));
    // What lies on the slice has the loss that the slice shows.
    assert!((grid.position.expect("it stands somewhere").loss - row.test_loss).abs() < 1e-6);
    let last = grid.path.iter().find(|point| point.step == 8).expect("a checkpoint");
    assert_eq!(last.loss, row.test_loss);
    for (other, place) in &grid.others {
        let theirs = session.evaluated(*other, 8);
        assert!((place.loss - theirs.test_loss).abs() < 1e-6, "{} on test, {} told", theirs.test_loss, place.loss);
    }
    session.end();
}

#[test]
fn a_slice_that_does_not_follow_keeps_its_cells_while_the_run_moves_on_it() {
    let mut session = Session::start(tiny(&["look.eval_every=2"]));
    let run = session.run_of(OptimizerKind::Nso);
    session.step_to(3, run, 3);
    let stay = SliceView { follow: false, ..view(LivePlane::default()) };
    session.send(Command::SetSlice(view(LivePlane::default())));
    let before = session.grid(run, |grid| grid.step == 3 && grid.x.len() == 9);
    session.send(Command::SetSlice(stay));
    session.step_to(7, run, 10);
    let moved = |grid: &LossGrid| {
        let others = grid.others.iter().map(|(_, place)| place);
        grid.position.iter().chain(others).all(|place| place.step == 10)
    };
    let after = session.grid(run, |grid| grid.view == stay && moved(grid));
    assert_eq!((after.step, &after.loss), (3, &before.loss));
    let at = after.position.expect("it stands somewhere");
    assert!(at.x.hypot(at.y) + at.distance > 1e-3 && after.path.iter().any(|point| point.step == 10));
    assert_eq!(after.others.len(), 2);
    let wider = SliceView { range: 2.0, ..stay };
    session.send(Command::SetSlice(wider));
    let wide = session.grid(run, |grid| grid.view == wider && grid.x.len() == 9);
    assert_eq!((wide.step, wide.x[8], wide.loss[40]), (3, 2.0, before.loss[40]));
    session.send(Command::SetSlice(SliceView { follow: true, ..wider }));
    session.grid(run, |grid| grid.step == 10 && grid.x[8] == 2.0);
    session.end();
}

#[test]
fn noise_samples_come_in_opposite_pairs() {
    let mut session = Session::start(tiny(&[]));
    let (nso, sgd) = (session.run_of(OptimizerKind::Nso), session.run_of(OptimizerKind::Sgd));
    session.step_to(2, nso, 2);
    let grid = session.grid(nso, |grid| grid.step == 2);
    assert_eq!(grid.samples.len(), 8, "k is 4");
    for pair in grid.samples.chunks(2) {
        assert!((pair[0][0] + pair[1][0]).abs() < 1e-12 && pair[0][0] != 0.0, "{pair:?}");
    }
    assert!(session.grid(sgd, |grid| grid.step == 2).samples.is_empty());
    session.end();
}

#[test]
fn the_noise_radius_follows_the_knob_while_nothing_trains() {
    let mut session = Session::start(tiny(&[]));
    let nso = session.run_of(OptimizerKind::Nso);
    session.step_to(2, nso, 2);
    let before = session.grid(nso, |grid| grid.step == 2 && grid.x.len() == 9);
    let radius = before.noise_radius.expect("it is noisy")[0];
    let sigma = session.knobs(nso).sigma;
    session.send(Command::SetKnob { run: nso, knob: KnobId::Sigma, value: 3.0 * sigma });
    let is_wider =
        |grid: &LossGrid| grid.noise_radius.is_some_and(|found| (found[0] - 3.0 * radius).abs() < 1e-6 * radius);
    let after = session.grid(nso, is_wider);
    assert_eq!((after.step, &after.loss), (2, &before.loss));
    session.end();
}

#[test]
fn a_place_is_that_of_its_slice_also_when_a_newer_one_is_there() {
    let mut session = Session::start(tiny(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(5, run, 5);
    let old = session.grid(run, |grid| grid.step == 5 && grid.x.len() == 9);
    session.step_to(30, run, 35);
    let new = session.grid(run, |grid| grid.step == 35 && grid.x.len() == 9);
    for grid in [&old, &new] {
        let place = [grid.x[6], grid.y[2]];
        session.send(Command::Predict { run, place, slice: grid.tag() });
        let told = prediction(&session, |told| told.step == grid.step);
        let cell = grid.loss[2 * 9 + 6];
        assert!((told.loss - cell).abs() < 1e-5 * cell, "{} at a cell of {cell}", told.loss);
    }
    let slice = SliceTag { step: 7, generation: 0 };
    session.send(Command::Predict { run, place: [0.0, 0.0], slice });
    assert!(session.warning().contains("the slice of step 7 is not kept any more"));
    session.end();
}

#[test]
fn a_slice_that_cannot_be_is_refused_in_a_sentence() {
    let mut session = Session::start(tiny(&[]));
    for (range, resolution, expected) in [
        (1.0, 10, "expected an odd number"),
        (1.0, 1, "expected a number from 3"),
        (f64::NAN, 9, "`look.range` is NaN"),
    ] {
        session.send(Command::SetSlice(SliceView { range, resolution, ..SliceView::default() }));
        let message = session.warning();
        assert!(message.starts_with("the slices stay as they are") && message.contains(expected), "{message}");
    }
    session.end();
}

fn prediction(session: &Session, is_wanted: impl Fn(&Prediction) -> bool) -> Arc<Prediction> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = session.link.slots.prediction().filter(|found| is_wanted(found)) {
            return found;
        }
        assert!(Instant::now() < deadline, "no prediction");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_place_is_told_over_the_plane_of_two_features_while_paused() {
    let mut session = Session::start(tiny(&[]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(30, run, 30);
    let grid = session.grid(run, |grid| grid.step == 30 && grid.x.len() == 9);
    for place in [[0.25, 0.5], [0.75, -0.5], [0.0, 0.0], [grid.x[7], grid.y[1]]] {
        session.send(Command::Predict { run, place, slice: grid.tag() });
    }
    let told = prediction(&session, |told| told.place == [grid.x[7], grid.y[1]]);
    let cell = grid.loss[9 + 7];
    assert!(told.step == 30 && (told.loss - cell).abs() < 1e-5 * cell, "{} at a cell of {cell}", told.loss);
    assert!((0.0..=1.0).contains(&told.accuracy));
    let Predicted::Surface { x, y, class, confidence } = &told.what else { panic!("moons have two features") };
    assert_eq!((x.len(), y.len(), class.len(), confidence.len()), (64, 64, 4096, 4096));
    assert!(class.iter().all(|class| *class < 2) && confidence.iter().all(|share| (0.499..=1.0).contains(share)));
    let rows = &data(&session).rows;
    let least = rows.iter().map(|row| row.x[0]).fold(f32::INFINITY, f32::min);
    let greatest = rows.iter().map(|row| row.x[0]).fold(f32::NEG_INFINITY, f32::max);
    let margin = 0.1 * (greatest - least);
    // The preview has not all rows, so the data may reach further.
    assert!(x[0] <= least - margin + 1e-5 && x[63] >= greatest + margin - 1e-5, "{x:?}, data {least} to {greatest}");

    session.send(Command::load(tiny(&[])));
    session.send(Command::Predict { run, place: [0.0, 0.0], slice: grid.tag() });
    session.wait_for("Started", |event| matches!(event, Event::Started { .. }).then_some(()));
    let next = session.wait_for("Eigen", |event| match event {
        Event::Eigen { run, .. } => Some(*run),
        _ => None,
    });
    assert!(next != run && session.link.slots.prediction().is_none(), "that run is closed");
    session.end();
}

#[test]
fn a_place_is_told_for_the_examples_of_the_preview() {
    let quick = ["data.train_size=40", "data.test_size=20", "look.resolution=5", "look.trace_probes=4"];
    let experiment = changed("digits-mlp", &[&quick, &["look.lanczos_steps=2", "look.eval_every=1000"]]);
    let mut session = Session::start(experiment);
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(12, run, 12);
    let grid = session.grid(run, |grid| grid.step == 12);
    session.send(Command::Predict { run, place: [0.0, 0.0], slice: grid.tag() });
    let told = prediction(&session, |told| told.step == 12);
    let Predicted::Examples { class, confidence } = &told.what else { panic!("digits have 64 features") };
    let rows = &data(&session).rows;
    assert_eq!((class.len(), confidence.len()), (rows.len(), 60));
    let right = rows
        .iter()
        .zip(class)
        .filter(|(row, class)| !row.is_test && row.label == ExampleLabel::Class(usize::from(**class)));
    assert!((right.count() as f64 / 40.0 - told.accuracy).abs() < 1e-9, "the rows are the measured examples");
    assert!(last_step(&session.log[session.log.len() - 1], run).is_none_or(|step| step == 12));
    session.end();
}

#[test]
fn a_place_is_told_for_pairs_by_the_three_nearest_texts() {
    let quick = ["data.train_size=40", "data.test_size=20", "batch=20", "look.subset=40", "look.resolution=3"];
    let experiment =
        changed("clip-scenes", &[&quick, &["look.trace_probes=2", "look.lanczos_steps=2", "look.eval_every=1000"]]);
    let mut session = Session::start(experiment);
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(4, run, 4);
    let grid = session.grid(run, |grid| grid.step == 4);
    session.send(Command::Predict { run, place: [0.0, 0.0], slice: grid.tag() });
    let told = prediction(&session, |told| told.step == 4);
    let Predicted::Pairs(pairs) = &told.what else { panic!("scenes have images and texts") };
    assert_eq!(pairs.len(), 24, "the first texts of the look");
    for (own, near) in pairs.iter().enumerate() {
        let places: Vec<usize> = near.nearest.iter().map(|(text, _)| usize::from(*text)).collect();
        let similarities: Vec<f32> = near.nearest.iter().map(|(_, similarity)| *similarity).collect();
        assert!(places.len() == 3 && places.iter().all(|text| *text < 24), "{near:?}");
        assert!(similarities.is_sorted_by(|a, b| a >= b) && similarities.iter().all(|x| x.abs() < 1.00001), "{near:?}");
        match places.iter().position(|&text| text == own) {
            Some(rank) => assert!((near.own - similarities[rank]).abs() < 1e-6),
            None => assert!(near.own <= similarities[2]),
        }
    }
    session.end();
}

#[test]
fn what_is_written_behind_questions_is_told_at_a_place() {
    let quick = ["data.train_size=40", "data.test_size=20", "look.resolution=3", "look.trace_probes=2"];
    let small = ["look.subset=20", "look.lanczos_steps=2", "look.eval_every=1000"];
    let mut session = Session::start(changed("gpt-mini-chains", &[&quick, &small]));
    let run = session.run_of(OptimizerKind::Sgd);
    session.step_to(1, run, 1);
    let grid = session.grid(run, |grid| grid.step == 1);
    session.send(Command::Predict { run, place: [0.0, 0.0], slice: grid.tag() });
    let told = prediction(&session, |told| told.step == 1);
    let Predicted::Texts { said, written } = &told.what else { panic!("chains are texts") };
    let look = data(&session);
    let tests = look.rows.iter().filter(|row| row.is_test).count();
    assert_eq!((said.len(), written.len(), tests), (24, 6, 20));
    let texts = &look.text.as_ref().expect("chains are texts").rows;
    for (one, text) in written.iter().zip(&texts[texts.len() - tests..]) {
        assert_eq!(*text, format!("{}{}", one.question, one.wanted), "the first of the test set");
        assert!(one.question.ends_with('=') && one.question.len() == 8 && one.written.len() <= 14, "{one:?}");
        assert!(one.written.len() == 14 || one.written.ends_with('.'), "{one:?}");
        let answer = |text: &str| text.split_once('>').map(|(_, rest)| rest.split('.').next().map(str::to_owned));
        assert_eq!(one.is_right, one.written.contains('.') && answer(&one.written) == answer(&one.wanted), "{one:?}");
    }
    session.end();
}

#[test]
fn a_regression_has_values_and_no_classes_at_a_place() {
    let file = tempfile::NamedTempFile::with_suffix(".csv").expect("a file");
    let line = |i: u32| format!("{},{},{}", f64::from(i) * 0.1, f64::from(i % 7), f64::from(i) * 0.05 - 0.3);
    let rows: Vec<String> = (0..40).map(line).collect();
    std::fs::write(file.path(), rows.join("\n")).expect("written");
    let mut experiment = tiny(&[]);
    experiment.data.source = DataSource::File;
    experiment.data.path = Some(file.path().to_owned());
    (experiment.data.train_size, experiment.data.test_size) = (30, 10);
    experiment.model = ModelConfig::new(&[2], LossKind::Mse, ["linear 5", "tanh", "linear 1"]);
    let session = Session::start(experiment);
    let look = data(&session);
    assert!(look.classes.is_empty() && look.class_counts.is_empty());
    assert!(look.rows.iter().all(|row| matches!(&row.label, ExampleLabel::Values(of) if of.len() == 1)));
    let run = session.run_of(OptimizerKind::Sam);
    session.send(Command::SetSlice(SliceView { accuracy: true, ..view(LivePlane::default()) }));
    let grid = session.grid(run, |grid| grid.view.accuracy);
    assert!(grid.accuracy.is_none(), "values have no accuracy");
    session.send(Command::Predict { run, place: [0.0, 0.0], slice: grid.tag() });
    let told = prediction(&session, |told| told.run == run);
    let Predicted::Surface { class, confidence, .. } = &told.what else { panic!("there are two features") };
    assert!(class.is_empty() && confidence.len() == 4096 && told.accuracy.is_nan() && told.loss.is_finite());
    session.end();
}
