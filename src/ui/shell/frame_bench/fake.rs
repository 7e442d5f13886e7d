//! What a fake engine tells a window: rows that look like those of runs, slices, noise samples and measurements.
//!
//! `flatscape bench ui` feeds a window with it, and so do the tests of the window, which say otherwise where they read a figure.

use crate::config::OptimizerKind;
use crate::protocol::{
    AveragePoint, Averaged, Curve, DataPreview, EigenRow, Estimate, EvalRow, Event, ExampleLabel, ExampleRow, Fact,
    FileFacts, Findings, FoundBound, FoundChart, JobEnd, JobId, LayerTraceRow, LossGrid, NoiseRow, NoiseSnapshot,
    PathPoint, RunId, SliceCaption, SliceView, StepRow, StreamedEigenRow, StreamedTraceRow, TraceRow,
};

/// Points a side of each slice of the benchmark.
pub(super) const RESOLUTION: usize = 101;
/// Points of each path of the benchmark.
const PATH: usize = 600;
/// Names of the parameter tensors.
pub(super) const TENSORS: [&str; 6] = ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"];
/// Noise samples of a snapshot.
const SAMPLES: usize = 512;

/// A number between 0 and 1 that looks random.
fn scatter(step: u64, salt: u32) -> f64 {
    let mixed = (step ^ (u64::from(salt) << 40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

/// A step of two gradient evaluations without noise.
#[must_use]
pub fn step_row(step: u64, batch_loss: f64) -> StepRow {
    StepRow {
        step,
        gradient_evaluations: 2 * step,
        train_seconds: 1e-3 * step as f64,
        batch_loss,
        perturbed_loss: 1.2 * batch_loss,
        gradient_norm: 0.1,
        learning_rate: 0.05,
        noise: None,
    }
}

/// The noise of a step of NSO.
#[must_use]
pub const fn noise_row() -> NoiseRow {
    NoiseRow { sigma: 0.06, base_sigma: 0.06, k: 4, even_mean: 0.004, odd_square: 0.01, gap_mean: 0.004 }
}

/// A step of a run of the benchmark, whose loss falls and scatters.
pub(super) fn noisy_step(step: u64, optimizer: OptimizerKind, salt: u32) -> StepRow {
    let loss = (1.0 + 10.0 * scatter(step, salt)) / (step as f64).sqrt();
    let noise = NoiseRow { even_mean: 0.01 * scatter(step, salt + 9), ..noise_row() };
    StepRow { noise: optimizer.spec().has_noise.then_some(noise), ..step_row(step, loss) }
}

/// What is measured of a run at a step.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The step, of two gradient evaluations each.
    pub step: u64,
    /// Mean loss over the training examples.
    pub train_loss: f64,
    /// Mean loss over the test examples.
    pub test_loss: f64,
    /// Accuracy on the test examples, 0 to 1.
    pub test_accuracy: f64,
    /// The Hessian's trace.
    pub trace: f64,
    /// Its standard error.
    pub stderr: f64,
    /// The least and the greatest eigenvalue.
    pub ends: [f64; 2],
}

impl Measured {
    /// What a run may have at that loss and trace.
    #[must_use]
    pub fn at(step: u64, train_loss: f64, trace: f64) -> Self {
        let (test_loss, ends) = (1.3 * train_loss, [-0.2, 0.4 * trace]);
        Self { step, train_loss, test_loss, test_accuracy: 0.95, trace, stderr: 1.3, ends }
    }

    /// The rows of losses, trace and eigenvalues.
    #[must_use]
    pub fn events(self, run: RunId) -> [Event; 3] {
        let Self { step, train_loss, test_loss, test_accuracy, trace: mean, stderr, ends } = self;
        let gradient_evaluations = 2 * step;
        let (train_accuracy, weight_norm) = (0.97, 9.0);
        let eval = EvalRow {
            step,
            gradient_evaluations,
            train_loss,
            train_accuracy,
            test_loss,
            test_accuracy,
            weight_norm,
            validation: None,
            average: None,
        };
        let trace = TraceRow { step, gradient_evaluations, train_loss, mean, stderr, probes: 64 };
        let [lambda_min, lambda_max] = ends;
        let (residual_max, residual_min, products) = (1e-4, 1e-3, 20);
        let eigen = EigenRow {
            step,
            gradient_evaluations,
            train_loss,
            lambda_max,
            lambda_min,
            residual_max,
            residual_min,
            products,
        };
        [Event::Evaluated { run, row: eval }, Event::Trace { run, row: trace }, Event::Eigen { run, row: eigen }]
    }
}

/// What is measured of a run of the benchmark at a step.
pub(super) fn evaluations(step: u64, id: u32) -> [Event; 3] {
    let train_loss = (1.0 + scatter(step, id)) / (step as f64).sqrt();
    Measured::at(step, train_loss, 10.0 + 5.0 * scatter(step, id + 5)).events(RunId(id))
}

/// What is streamed of a run's curvature at a step: the trace from 34 probes of its last 24 steps, and the ends of the spectrum.
#[must_use]
pub fn streamed(run: RunId, step: u64, [mean, stderr]: [f64; 2], [lambda_min, lambda_max]: [f64; 2]) -> [Event; 2] {
    let gradient_evaluations = 2 * step;
    let first_step = step.saturating_sub(24);
    let trace = StreamedTraceRow { step, gradient_evaluations, first_step, probes: 34, mean, stderr };
    let (residual_max, residual_min, products, examples) = (1e-2, 1e-1, 3, 300);
    let eigen = StreamedEigenRow {
        step,
        gradient_evaluations,
        examples,
        lambda_max,
        lambda_min,
        residual_max,
        residual_min,
        products,
    };
    [Event::StreamedTrace { run, row: trace }, Event::StreamedEigen { run, row: eigen }]
}

/// The same of a run of the benchmark.
pub(super) fn stream(step: u64, id: u32) -> [Event; 2] {
    let trace = 10.0 + 5.0 * scatter(step, id + 6);
    streamed(RunId(id), step, [trace, 2.0], [-0.2, 0.4 * trace])
}

/// Traces of the tensors at a step.
pub(super) fn layer_traces(step: u64, id: u32) -> Event {
    let layers = (0..TENSORS.len() as u32)
        .map(|tensor| Estimate { mean: 1.0 + scatter(step, id + 20 + tensor), stderr: 0.1, samples: 8 })
        .collect();
    Event::LayerTrace { run: RunId(id), row: LayerTraceRow { step, gradient_evaluations: 2 * step, layers } }
}

/// A look into data: two moons, of 300 examples the first 30 and of the test the first 10.
#[must_use]
pub fn preview() -> DataPreview {
    DataPreview {
        source: "two moons".to_owned(),
        shape: vec![2],
        num_train: 300,
        num_test: 1000,
        classes: ["0", "1"].map(str::to_owned).to_vec(),
        class_counts: vec![150, 150],
        rows: (0..40)
            .map(|i| ExampleRow {
                x: vec![(i as f32 * 0.3).cos() + 0.5 * (i % 2) as f32, (i as f32 * 0.3).sin()],
                label: ExampleLabel::Class(i % 2),
                is_test: i >= 30,
            })
            .collect(),
        file: FileFacts::default(),
        text: None,
    }
}

/// The samples of the last steps.
pub(super) fn noise(step: u64, id: u32) -> NoiseSnapshot {
    let samples = |salt: u32| (0..SAMPLES as u64).map(|i| scatter(step + i, salt) as f32).collect::<Vec<_>>();
    let trace = Estimate { mean: 12.0, stderr: 0.8, samples: SAMPLES };
    NoiseSnapshot {
        run: RunId(id),
        step,
        num_steps: 128,
        sigma: 0.06,
        gaps: samples(id + 1),
        odd: samples(id + 2),
        even: samples(id + 3),
        variance_removed: 0.9,
        trace,
        layer_traces: TENSORS.iter().map(|name| ((*name).to_owned(), trace)).collect(),
        weight_sizes: vec![0.1; TENSORS.len()],
    }
}

/// A slice of a run of the benchmark.
pub(super) fn fine_slice(step: u64, optimizer: OptimizerKind, id: u32) -> LossGrid {
    let slice = slice(RunId(id), optimizer, step, [RESOLUTION, PATH]);
    let point = PathPoint { step, x: 0.6, y: 0.4, loss: 0.2, distance: 0.3 };
    let average = Some(AveragePoint { of: Averaged::Epochs(24), point });
    LossGrid { view: SliceView { resolution: RESOLUTION, ..slice.view }, average, ..slice }
}

/// A slice of a run with so many points a side, and a path of so many: the bowl 0.05 + x² + 0.3·y² to ±2, in which the run went
/// to the right at y = 0.5.
#[must_use]
pub fn slice(run: RunId, optimizer: OptimizerKind, step: u64, [side, path]: [usize; 2]) -> LossGrid {
    let axis: Vec<f64> = (0..side).map(|i| 4.0 * i as f64 / (side - 1).max(1) as f64 - 2.0).collect();
    let loss = axis.iter().flat_map(|y| axis.iter().map(move |x| 0.05 + x * x + 0.3 * y * y)).collect();
    let point = |i: usize| {
        let x = 0.9 * i as f64 / path as f64 - 1.0;
        PathPoint { step: i as u64, x, y: 0.5, loss: 0.3, distance: 0.2 }
    };
    LossGrid {
        run,
        step,
        x: axis.clone(),
        y: axis,
        loss,
        masked: 0,
        center_loss: 0.05,
        path: (0..path).map(point).collect(),
        caption: SliceCaption {
            objective: "cross-entropy, mean over 300 training examples".to_owned(),
            directions: "random plane, filter-normalised to the initial weights".to_owned(),
            seed: Some(0),
            angle_degrees: 90.1,
            norms: [5.0, 5.1],
        },
        ascent: optimizer.spec().has_ascent.then_some([0.3, 0.4]),
        noise_radius: optimizer.spec().has_noise.then_some([0.5, 0.4]),
        samples: Vec::new(),
        average: None,
        accuracy: None,
        position: None,
        others: Vec::new(),
        generation: 0,
        view: SliceView { range: 2.0, ..SliceView::default() },
    }
}

/// What a measurement found, whichever it was: the terms of a bound, and a chart of two curves.
pub(super) fn measured(job: JobId, step: u64) -> Event {
    let [bound, alpha, distance, num_examples] = FoundBound::NAMES;
    let curve = |name: &str, scale: f64| Curve {
        name: name.to_owned(),
        points: (1..=200).map(|i| [0.01 * f64::from(i), scale / f64::from(i)]).collect(),
        errors: vec![0.01; 200],
    };
    let chart = FoundChart {
        title: "Trace".to_owned(),
        x_label: "σ".to_owned(),
        log_x: true,
        log_y: true,
        curves: vec![curve("noise pairs", 9.0), curve("Hutchinson", 8.0)],
    };
    let facts = vec![
        Fact::exact(bound, 0.4, ""),
        Fact::with_error(alpha, 30.0, 2.0, "32 probes"),
        Fact::exact(distance, 4.0, ""),
        Fact::exact(num_examples, 300.0, "examples"),
    ];
    let findings = Box::new(Findings { facts, charts: vec![chart], ..Findings::default() });
    Event::Measured { job, step, objective: "cross-entropy".to_owned(), end: JobEnd::Complete, findings }
}
