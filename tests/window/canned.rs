//! What the fake engine tells the window in these tests.
//!
//! Rows and slices are those of [`flatscape::ui::fake`], with the figures that the tests read.

use std::sync::Arc;

use flatscape::config::{Experiment, OptimizerKind, builtin_experiment};
use flatscape::protocol::{
    AverageRow, Estimate, EvalRow, Event, LossGrid, NoiseSnapshot, Origin, Outcome, RunId, RunInfo, StepRow,
};
use flatscape::ui::fake::{self, Measured};

/// The runs of the fake engine.
pub const RUNS: [(RunId, OptimizerKind); 3] =
    [(SGD, OptimizerKind::Sgd), (SAM, OptimizerKind::Sam), (NSO, OptimizerKind::Nso)];
pub const SGD: RunId = RunId(1);
pub const SAM: RunId = RunId(2);
pub const NSO: RunId = RunId(3);

/// Tabs of the charts.
pub const CHARTS: [&str; 10] = [
    "Overview",
    "Loss and accuracy",
    "Trace",
    "Trace per layer",
    "Against training loss",
    "Spectrum",
    "Noise",
    "σ sweep",
    "Bound",
    "Speed",
];

/// The experiment that the window opens with.
pub fn experiment() -> Experiment {
    builtin_experiment("moons-mlp").expect("embedded")
}

pub fn started() -> Event {
    let experiment = experiment();
    let info = |(run, optimizer): (RunId, OptimizerKind)| RunInfo {
        run,
        optimizer,
        seed: 0,
        knobs: experiment.knobs(optimizer).expect("valid"),
        origin: Origin::Initial,
    };
    let runs = RUNS.map(info).to_vec();
    Event::Started {
        experiment: Arc::new(experiment),
        num_parameters: 1218,
        tensors: ["0.weight", "0.bias"].map(str::to_owned).to_vec(),
        data: Arc::new(fake::preview()),
        runs,
    }
}

/// A hundred steps of a run, and what is measured of it after fifty and at the end.
pub fn rows(run: RunId, optimizer: OptimizerKind) -> Vec<Event> {
    let noise = (optimizer == OptimizerKind::Nso).then_some(fake::noise_row());
    let step = |step: u64| {
        let loss = 1.0 / step as f64;
        StepRow { train_seconds: 0.1, perturbed_loss: 1.1 / step as f64, noise, ..fake::step_row(step, loss) }
    };
    let steps = Event::Steps { run, rows: (1..=100).map(step).collect() };
    let measured = |step: u64| {
        let measured = Measured::at(step, 1.0 / step as f64, 8.51);
        Measured { test_loss: 0.1, test_accuracy: 0.9637, ends: [-0.2, 7.1], ..measured }.events(run)
    };
    [steps].into_iter().chain([50, 100].into_iter().flat_map(measured)).collect()
}

/// The slice of step 98, with so many points a side.
pub fn grid(run: RunId, optimizer: OptimizerKind, side: usize) -> LossGrid {
    fake::slice(run, optimizer, 98, [side, 90])
}

pub fn noise() -> NoiseSnapshot {
    let samples: Vec<f32> = (0..200).map(|i| ((i * 37) % 101) as f32 * 1e-4).collect();
    NoiseSnapshot {
        run: NSO,
        step: 100,
        num_steps: 25,
        sigma: 0.06,
        gaps: samples.clone(),
        odd: samples.clone(),
        even: samples,
        variance_removed: 0.93,
        trace: Estimate { mean: 8.4, stderr: 0.6, samples: 200 },
        layer_traces: vec![("0.weight".to_owned(), Estimate { mean: 3.0, stderr: 0.3, samples: 200 })],
        weight_sizes: vec![0.24, 0.1],
    }
}

/// A run that is added.
pub fn info(run: u32, optimizer: OptimizerKind, parent: Option<(RunId, u64)>) -> RunInfo {
    let origin = parent.map_or(Origin::Initial, |(run, step)| Origin::Branch { run, step });
    RunInfo { run: RunId(run), optimizer, seed: 0, knobs: experiment().knobs(optimizer).expect("valid"), origin }
}

/// Loss, trace and λmax of a run at some steps.
pub fn curve(run: RunId, points: &[(u64, f64, f64)]) -> Vec<Event> {
    let measured = |&(step, train_loss, trace): &(u64, f64, f64)| {
        let (test_loss, ends) = (train_loss, [0.0, trace / 2.0]);
        Measured { test_loss, ends, test_accuracy: 0.9, stderr: 0.1, ..Measured::at(step, train_loss, trace) }
            .events(run)
    };
    points.iter().flat_map(measured).collect()
}

/// The first steps of a run, each of so many gradient evaluations.
pub fn steps(run: RunId, count: u64, cost: u64) -> Event {
    let row = |step| StepRow {
        gradient_evaluations: cost * step,
        train_seconds: 0.01 * step as f64,
        perturbed_loss: 0.5,
        ..fake::step_row(step, 0.5)
    };
    Event::Steps { run, rows: (1..=count).map(row).collect() }
}

/// The same events with other evaluations.
pub fn evaluated(events: Vec<Event>, change: impl Fn(&mut EvalRow)) -> Vec<Event> {
    let changed = |event| match event {
        Event::Evaluated { run, mut row } => {
            change(&mut row);
            Event::Evaluated { run, row }
        }
        event => event,
    };
    events.into_iter().map(changed).collect()
}

/// Loss and accuracy.
pub fn outcome(loss: f64) -> Outcome {
    Outcome { loss, accuracy: 0.8765 }
}

/// An average of so many weights with that loss on the test set.
pub fn at_average(averaged: u64, test_loss: f64) -> AverageRow {
    AverageRow { train: outcome(0.9 * test_loss), validation: None, test: outcome(test_loss), averaged }
}
