//! What a fake engine tells the window.

use std::sync::Arc;

use flatscape::config::{Experiment, OptimizerKind, builtin_experiment};
use flatscape::protocol::{
    DataPreview, EigenRow, Estimate, EvalRow, Event, ExampleLabel, ExampleRow, FileFacts, LossGrid, NoiseRow,
    NoiseSnapshot, Origin, PathPoint, RunId, RunInfo, SliceCaption, SliceView, StepRow, TraceRow,
};

/// The runs of the fake engine.
pub const RUNS: [(RunId, OptimizerKind); 3] =
    [(RunId(1), OptimizerKind::Sgd), (RunId(2), OptimizerKind::Sam), (RunId(3), OptimizerKind::Nso)];
/// The run of NSO.
pub const NSO: RunId = RunId(3);

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
        data: Arc::new(preview()),
        runs,
    }
}

pub fn rows(run: RunId, optimizer: OptimizerKind) -> Vec<Event> {
    let noise = (optimizer == OptimizerKind::Nso).then_some(NoiseRow {
        sigma: 0.06,
        base_sigma: 0.06,
        k: 4,
        even_mean: 0.004,
        odd_square: 0.01,
        gap_mean: 0.004,
    });
    let step = |step: u64| StepRow {
        step,
        gradient_evaluations: 2 * step,
        train_seconds: 0.1,
        batch_loss: 1.0 / step as f64,
        perturbed_loss: 1.1 / step as f64,
        gradient_norm: 0.1,
        learning_rate: 0.05,
        noise,
    };
    let mut events = vec![Event::Steps { run, rows: (1..=100).map(step).collect() }];
    for step in [50, 100] {
        let train_loss = 1.0 / step as f64;
        let gradient_evaluations = 2 * step;
        events.push(Event::Evaluated {
            run,
            row: EvalRow {
                step,
                gradient_evaluations,
                train_loss,
                train_accuracy: 0.97,
                test_loss: 0.1,
                test_accuracy: 0.9637,
                weight_norm: 9.0,
            },
        });
        let trace = TraceRow { step, gradient_evaluations, train_loss, mean: 8.51, stderr: 1.3, probes: 64 };
        events.push(Event::Trace { run, row: trace });
        let (lambda_max, lambda_min) = (7.1, -0.2);
        let (residual_max, residual_min, products) = (1e-4, 1e-3, 20);
        let row = EigenRow {
            step,
            gradient_evaluations,
            train_loss,
            lambda_max,
            lambda_min,
            residual_max,
            residual_min,
            products,
        };
        events.push(Event::Eigen { run, row });
    }
    events
}

pub fn grid(run: RunId, optimizer: OptimizerKind, side: usize) -> LossGrid {
    let axis: Vec<f64> = (0..side).map(|i| 4.0 * i as f64 / (side - 1).max(1) as f64 - 2.0).collect();
    let loss = axis.iter().flat_map(|y| axis.iter().map(move |x| 0.05 + x * x + 0.3 * y * y)).collect();
    LossGrid {
        samples: Vec::new(),
        accuracy: None,
        position: None,
        others: Vec::new(),
        view: SliceView { range: 2.0, ..SliceView::default() },
        generation: 0,
        run,
        step: 98,
        loss,
        masked: 0,
        center_loss: 0.05,
        path: (0..90)
            .map(|i| PathPoint { step: i, x: 0.01 * i as f64 - 1.0, y: 0.5, loss: 0.3, distance: 0.2 })
            .collect(),
        caption: SliceCaption {
            objective: "cross-entropy, mean over 300 training examples".to_owned(),
            directions: "random plane, filter-normalised to the initial weights".to_owned(),
            seed: Some(0),
            angle_degrees: 90.1,
            norms: [5.0, 5.1],
        },
        ascent: (optimizer == OptimizerKind::Sam).then_some([0.3, 0.4]),
        noise_radius: (optimizer == OptimizerKind::Nso).then_some([0.5, 0.4]),
        x: axis.clone(),
        y: axis,
    }
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

/// A look into two points of two moons.
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
    }
}
