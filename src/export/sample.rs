//! A made-up comparison for the tests of the exports: anisotropic bowls, one seed with slices and one without.

use std::collections::BTreeMap;

use super::{SliceFigure, comparison_figures};
use crate::config::{Experiment, KnobId, KnobValue, OptimizerKind, builtin_experiment};
use crate::protocol::{EigenRow, EvalRow, LossGrid, Outcome, PathPoint, RunId, SliceCaption, SliceView, TraceRow};
use crate::report::results::{AtOnce, CompareResult, CurveRow, RunResult};
use crate::report::tuning::Try;

/// The slices of [`comparison`] as figures; the first has masked cells.
pub fn figures() -> Vec<SliceFigure> {
    let (experiment, result) = comparison();
    comparison_figures(&experiment, &result)
}

/// Writes a file into the folder that FLATSCAPE_KEEP_FIGURE names, to be looked at.
pub fn keep(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("FLATSCAPE_KEEP_FIGURE") {
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

/// Size and text chunks of a PNG.
pub fn png_text(bytes: &[u8]) -> ((u32, u32), BTreeMap<String, String>) {
    let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let info = reader.info();
    let latin = info.uncompressed_latin1_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.text.clone()));
    let utf8 = info.utf8_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.get_text().unwrap()));
    ((info.width, info.height), latin.chain(utf8).collect())
}

/// Three optimisers, two seeds.
pub fn comparison() -> (Experiment, CompareResult) {
    let experiment = builtin_experiment("moons-mlp").unwrap();
    let all = [(OptimizerKind::Sgd, 1, 8.5), (OptimizerKind::Sam, 2, 2.5), (OptimizerKind::Nso, 8, 1.7)];
    let runs = all
        .into_iter()
        .flat_map(|(optimizer, cost, sharpness)| [0, 1].map(|seed| run(optimizer, seed, cost, sharpness)));
    let (device, runs) = ("CPU (Flex), 2 threads".to_owned(), runs.collect());
    let at_once = AtOnce { runs: 1, cores: 2 };
    (experiment, CompareResult { device, notice: None, at_once, runs, tuning: Vec::new() })
}

/// Two tries of SGD, of which the second diverged, and one of NSO that is not picked.
pub fn tries() -> Vec<Try> {
    let number = |id, value| (id, KnobValue::Number(value));
    let sgd = |rate| vec![number(KnobId::LearningRate, rate), (KnobId::Nesterov, KnobValue::Switch(true))];
    let tried = |optimizer, values, loss, accuracy| Try {
        optimizer,
        values,
        validation: Outcome { loss, accuracy },
        gradient_evaluations: 7200,
        diverged_at: None,
        is_picked: false,
    };
    vec![
        Try { is_picked: true, ..tried(OptimizerKind::Sgd, sgd(0.05), 0.25, 0.9) },
        Try { diverged_at: Some(7), ..tried(OptimizerKind::Sgd, sgd(0.1), f64::NAN, f64::NAN) },
        tried(OptimizerKind::Nso, vec![number(KnobId::Sigma, 0.01)], 0.5, 0.8),
    ]
}

fn run(optimizer: OptimizerKind, seed: u64, cost: u64, sharpness: f64) -> RunResult {
    let steps = 7200 / cost;
    let trace = TraceRow {
        step: steps,
        gradient_evaluations: 7200,
        train_loss: 0.033,
        mean: sharpness + 0.2 * seed as f64,
        stderr: 0.15 * sharpness,
        probes: 64,
    };
    let eigen = EigenRow {
        step: steps,
        gradient_evaluations: 7200,
        train_loss: 0.033,
        lambda_max: 0.8 * sharpness,
        lambda_min: -0.04,
        residual_max: 1e-4,
        residual_min: 2e-4,
        products: 20,
    };
    RunResult {
        optimizer,
        seed,
        steps,
        gradient_evaluations: 7200,
        kept_step: None,
        train_loss: 0.033,
        test_loss: 0.09,
        train_accuracy: 0.99,
        test_accuracy: 0.965 + 0.003 * seed as f64,
        validation: None,
        average: None,
        trace,
        eigen,
        scores: BTreeMap::new(),
        wall_seconds: 2.5,
        diverged_at: None,
        curves: (0..5).map(|i| curve_row(i * steps / 4, cost, trace)).collect(),
        grid: (seed == 0).then(|| grid(optimizer, steps, sharpness)),
        weights: None,
        found: None,
    }
}

fn curve_row(step: u64, cost: u64, trace: TraceRow) -> CurveRow {
    let loss = 0.7 / (1.0 + step as f64 / 40.0);
    let eval = EvalRow {
        step,
        gradient_evaluations: step * cost,
        train_loss: loss,
        train_accuracy: 0.9,
        test_loss: loss * 1.2,
        test_accuracy: 0.88,
        weight_norm: 7.0,
        validation: None,
        average: None,
    };
    CurveRow {
        step,
        gradient_evaluations: step * cost,
        eval,
        batch_loss: loss,
        perturbed_loss: loss * 1.1,
        learning_rate: 0.05,
        trace: (step > 0).then_some(trace),
        noise_trace: None,
        lambda_max: None,
        lambda_min: None,
    }
}

fn grid(optimizer: OptimizerKind, step: u64, sharpness: f64) -> LossGrid {
    let axis: Vec<f64> = (0..33).map(|i| 2.0 * (f64::from(i) / 16.0 - 1.0)).collect();
    let bowl = |x: f64, y: f64| {
        let (along, across) = (0.9 * x - 0.4 * y, 0.4 * x + 0.9 * y);
        let loss = 0.033 + 0.02 * sharpness.sqrt() * along.powi(2) + 0.09 * sharpness * across.powi(2)
            - 0.02 * (along * 1.3).sin() * across;
        if optimizer == OptimizerKind::Sgd && x + y > 3.4 { f64::NAN } else { loss.max(0.02) }
    };
    let loss: Vec<f64> = axis.iter().flat_map(|&y| axis.iter().map(move |&x| bowl(x, y))).collect();
    let path = (0..=60).map(|i| 1.0 - f64::from(i) / 60.0).map(|t| PathPoint {
        step: ((1.0 - t) * step as f64) as u64,
        x: -1.7 * t + 0.1 * (20.0 * t).sin() * t,
        y: 2.4 * t * t,
        loss: 0.033 + 0.6 * t * t,
        distance: 1.4 * t,
    });
    LossGrid {
        samples: Vec::new(),
        average: None,
        accuracy: None,
        position: None,
        others: Vec::new(),
        view: SliceView::default(),
        generation: 0,
        run: RunId(optimizer as u32),
        step,
        masked: loss.iter().filter(|loss| loss.is_nan()).count(),
        loss,
        x: axis.clone(),
        y: axis,
        center_loss: 0.033,
        path: path.collect(),
        caption: SliceCaption {
            objective: "cross-entropy, mean over 300 training examples".to_owned(),
            directions: "random plane, filter-normalised to the initial weights".to_owned(),
            seed: Some(0),
            angle_degrees: 89.2,
            norms: [6.91, 6.91],
        },
        ascent: optimizer.spec().has_ascent.then_some([0.5, 0.4]),
        noise_radius: optimizer.spec().has_noise.then_some([0.3, 0.3]),
    }
}
