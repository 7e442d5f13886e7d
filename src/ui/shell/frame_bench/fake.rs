//! What the fake engine tells: rows that look like those of runs, slices, noise samples and measurements.

use crate::config::OptimizerKind;
use crate::protocol::{
    Curve, DataPreview, EigenRow, Estimate, EvalRow, Event, Fact, FileFacts, Findings, FoundBound, FoundChart, JobEnd,
    JobId, LayerTraceRow, LossGrid, NoiseRow, NoiseSnapshot, PathPoint, RunId, SliceCaption, SliceView, StepRow,
    TraceRow,
};

/// Points a side of each slice.
pub const RESOLUTION: usize = 101;
/// Names of the parameter tensors.
pub const TENSORS: [&str; 6] = ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"];
/// Noise samples of a snapshot.
const SAMPLES: usize = 512;

/// A number between 0 and 1 that looks random.
pub fn scatter(step: u64, salt: u32) -> f64 {
    let mixed = (step ^ (u64::from(salt) << 40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

/// A step of a run.
pub fn step_row(step: u64, optimizer: OptimizerKind, salt: u32) -> StepRow {
    let loss = (1.0 + 10.0 * scatter(step, salt)) / (step as f64).sqrt();
    StepRow {
        step,
        gradient_evaluations: 2 * step,
        train_seconds: 1e-3 * step as f64,
        batch_loss: loss,
        perturbed_loss: 1.2 * loss,
        gradient_norm: 0.1,
        learning_rate: 0.05,
        noise: (optimizer == OptimizerKind::Nso).then(|| NoiseRow {
            sigma: 0.06,
            base_sigma: 0.06,
            k: 4,
            even_mean: 0.01 * scatter(step, salt + 9),
            odd_square: 0.01,
            gap_mean: 0.004,
        }),
    }
}

/// What is measured at a step.
pub fn evaluations(step: u64, id: u32) -> [Event; 3] {
    let (run, gradient_evaluations) = (RunId(id), 2 * step);
    let train_loss = (1.0 + scatter(step, id)) / (step as f64).sqrt();
    let eval = EvalRow {
        step,
        gradient_evaluations,
        train_loss,
        train_accuracy: 0.97,
        test_loss: 1.3 * train_loss,
        test_accuracy: 0.95,
        weight_norm: 9.0,
    };
    let mean = 10.0 + 5.0 * scatter(step, id + 5);
    let trace = TraceRow { step, gradient_evaluations, train_loss, mean, stderr: 1.3, probes: 64 };
    let (lambda_max, lambda_min) = (0.4 * mean, -0.2);
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

/// Traces of the tensors at a step.
pub fn layer_traces(step: u64, id: u32) -> Event {
    let layers = (0..TENSORS.len() as u32)
        .map(|tensor| Estimate { mean: 1.0 + scatter(step, id + 20 + tensor), stderr: 0.1, samples: 8 })
        .collect();
    Event::LayerTrace { run: RunId(id), row: LayerTraceRow { step, gradient_evaluations: 2 * step, layers } }
}

/// A look into the data.
pub fn preview() -> DataPreview {
    DataPreview {
        source: "two moons".to_owned(),
        shape: vec![2],
        num_train: 300,
        num_test: 1000,
        classes: Vec::new(),
        class_counts: Vec::new(),
        rows: Vec::new(),
        file: FileFacts::default(),
    }
}

/// The samples of the last steps.
pub fn noise(step: u64, id: u32) -> NoiseSnapshot {
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

/// A slice of a run.
pub fn slice(step: u64, optimizer: OptimizerKind, id: u32) -> LossGrid {
    let axis: Vec<f64> = (0..RESOLUTION).map(|i| 2.0 * i as f64 / (RESOLUTION - 1) as f64 - 1.0).collect();
    let loss = axis.iter().flat_map(|y| axis.iter().map(move |x| 0.01 + x * x + 0.3 * y * y)).collect();
    let path = (0..600).map(|i| PathPoint { step: i, x: 1e-3 * i as f64, y: 0.1, loss: 0.3, distance: 0.2 });
    LossGrid {
        run: RunId(id),
        step,
        x: axis.clone(),
        y: axis.clone(),
        loss,
        masked: 0,
        center_loss: 0.01,
        path: path.collect(),
        caption: SliceCaption {
            objective: "cross-entropy, mean over 300 training examples".to_owned(),
            directions: "random plane, filter-normalised to the initial weights".to_owned(),
            seed: Some(0),
            angle_degrees: 90.0,
            norms: [5.0, 5.0],
        },
        ascent: (optimizer == OptimizerKind::Sam).then_some([0.3, 0.4]),
        noise_radius: (optimizer == OptimizerKind::Nso).then_some([0.5, 0.4]),
        samples: Vec::new(),
        accuracy: None,
        position: None,
        others: Vec::new(),
        generation: 0,
        view: SliceView { resolution: RESOLUTION, ..SliceView::default() },
    }
}

/// What a measurement found, whichever it was: the terms of a bound, and a chart of two curves.
pub fn measured(job: JobId, step: u64) -> Event {
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
    let findings = Box::new(Findings { facts, charts: vec![chart], slices: Vec::new() });
    Event::Measured { job, step, objective: "cross-entropy".to_owned(), end: JobEnd::Complete, findings }
}
