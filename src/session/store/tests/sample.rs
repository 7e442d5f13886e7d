//! A session made up of one of each thing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::config::{KnobId, KnobValue, Knobs, OptimizerKind, builtin_experiment};
use crate::protocol::{
    AlertRow, AverageRow, DataPreview, EigenRow, Estimate, EvalRow, Event, Examples, Fact, Findings, FoundRow,
    FoundSlice, FoundTable, JobEnd, JobId, KnobEdit, LayerTraceRow, LossGrid, MeasureRequest, Measurement, NoiseRow,
    Origin, Outcome, PathPoint, RunId, RunInfo, SliceCaption, SliceGrid, SliceView, StepRow, StreamedEigenRow,
    StreamedTraceRow, Thumbnail, TraceRow,
};
use crate::report::tuning::Try;
use crate::session::store::{Checkpoint, Measured, PathWeights, Provenance, Recorder, Writer};

pub fn provenance() -> Provenance {
    Provenance {
        version: "0.3.0".to_owned(),
        device: "CPU (Flex), 2 threads".to_owned(),
        processor: "a processor".to_owned(),
        created: UNIX_EPOCH + Duration::from_secs(1_764_428_400),
        writer: Writer::Window,
    }
}

pub fn info(run: u32, origin: Origin) -> RunInfo {
    let optimizer = [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso][run as usize % 3];
    let knobs = Knobs { learning_rate: 0.1 + 0.2, ..Knobs::of(optimizer) };
    RunInfo { run: RunId(run), optimizer, seed: 3, knobs, origin }
}

pub fn started(runs: u32) -> Event {
    Event::Started {
        experiment: Arc::new(builtin_experiment("moons-mlp").unwrap()),
        num_parameters: 6,
        tensors: vec!["0.weight".to_owned(), "0.bias".to_owned()],
        data: Arc::new(DataPreview::default()),
        runs: (0..runs).map(|run| info(run, Origin::Initial)).collect(),
    }
}

/// Figures that a careless way through text or SQL would change.
pub fn figure(step: u64) -> f64 {
    [0.1 + 0.2, -0.0, f64::INFINITY, f64::NAN, 5e-324, 1.0, -1e300][step as usize % 7]
}

pub fn step(step: u64) -> StepRow {
    let noise = NoiseRow {
        sigma: 0.01,
        base_sigma: figure(step),
        k: 2,
        even_mean: f64::NAN,
        odd_square: figure(step + 1),
        gap_mean: 1.0 / 3.0,
    };
    StepRow {
        step,
        gradient_evaluations: 2 * step,
        train_seconds: step as f64 / 3.0,
        batch_loss: figure(step),
        perturbed_loss: figure(step + 2),
        gradient_norm: figure(step + 3),
        learning_rate: 0.1,
        noise: step.is_multiple_of(2).then_some(noise),
    }
}

pub fn steps(run: u32, range: std::ops::RangeInclusive<u64>) -> Event {
    Event::Steps { run: RunId(run), rows: range.map(step).collect() }
}

pub fn eval(step: u64) -> EvalRow {
    let outcome = |n| Outcome { loss: figure(step + n), accuracy: f64::NAN };
    let average = AverageRow {
        train: outcome(1),
        validation: step.is_multiple_of(2).then(|| outcome(2)),
        test: outcome(3),
        averaged: step,
    };
    EvalRow {
        step,
        gradient_evaluations: step,
        train_loss: figure(step),
        train_accuracy: 1.0,
        test_loss: 2.0,
        test_accuracy: f64::NAN,
        weight_norm: 1e-300,
        validation: step.is_multiple_of(3).then(|| outcome(4)),
        average: step.is_multiple_of(5).then_some(average),
    }
}

/// One row of each kind of curvature at a step.
pub fn curvature(run: u32, step: u64) -> [Event; 5] {
    let run = RunId(run);
    let [a, b] = [figure(step), figure(step + 1)];
    let gradient_evaluations = step;
    let layer = Estimate { mean: a, stderr: b, samples: 4 };
    [
        Event::Trace {
            run,
            row: TraceRow { step, gradient_evaluations, train_loss: a, mean: b, stderr: 0.5, probes: 8 },
        },
        Event::Eigen {
            run,
            row: EigenRow {
                step,
                gradient_evaluations,
                train_loss: a,
                lambda_max: b,
                lambda_min: -0.0,
                residual_max: 0.0,
                residual_min: 1e-9,
                products: 20,
            },
        },
        Event::StreamedTrace {
            run,
            row: StreamedTraceRow { step, gradient_evaluations, first_step: step / 2, probes: 7, mean: a, stderr: b },
        },
        Event::StreamedEigen {
            run,
            row: StreamedEigenRow {
                step,
                gradient_evaluations,
                examples: 300,
                lambda_max: a,
                lambda_min: b,
                residual_max: 0.1,
                residual_min: 0.2,
                products: 3,
            },
        },
        Event::LayerTrace { run, row: LayerTraceRow { step, gradient_evaluations, layers: vec![layer, layer] } },
    ]
}

pub fn slice(run: u32, step: u64) -> LossGrid {
    let path = PathPoint { step, x: 0.1 + 0.2, y: -0.0, loss: f64::NAN, distance: 1e-300 };
    LossGrid {
        run: RunId(run),
        step,
        x: vec![-1.0, 0.0, 1.0],
        y: vec![-0.5, 0.0],
        loss: vec![0.1 + 0.2, f64::NAN, f64::INFINITY, -0.0, step as f64, 5e-324],
        masked: 2,
        center_loss: 0.1,
        path: vec![path, path],
        caption: SliceCaption {
            objective: "cross-entropy, mean over 300 training examples".to_owned(),
            directions: "random plane".to_owned(),
            seed: Some(7),
            angle_degrees: 90.0,
            norms: [1.5, 2.5],
        },
        ascent: Some([0.1, 0.2]),
        noise_radius: None,
        samples: vec![[1.0, 2.0]],
        average: None,
        accuracy: step.is_multiple_of(2).then(|| vec![0.5; 6]),
        position: None,
        others: vec![(RunId(1), path)],
        view: SliceView::default(),
        generation: 1,
    }
}

pub fn checkpoint(run: u32, step: u64, is_start: bool) -> Checkpoint {
    let weights: Vec<f32> = (0..6).map(|i| step as f32 + i as f32 / 3.0).collect();
    let special = vec![f32::NAN, f32::INFINITY, -0.0, 1e-45, f32::MIN, 0.1];
    Checkpoint {
        run: RunId(run),
        step,
        is_start,
        facts: format!("step = {step}\nrate = nan\n"),
        arrays: vec![
            ("first".to_owned(), special),
            ("start".to_owned(), vec![0.5; 6]),
            ("weights".to_owned(), weights),
        ],
    }
}

pub fn path_weights(step: u64, stride: u64) -> PathWeights {
    let weights = vec![step as f32, -0.0, f32::NAN];
    PathWeights { step, train_loss: figure(step), test_loss: 0.5, stride, weights }
}

pub fn measured(job: u32) -> Measured {
    let path = vec![(RunId(0), slice(0, 3).path)];
    let grid = SliceGrid { x: vec![0.0], y: vec![0.0], loss: vec![f64::NAN], accuracy: None };
    let found = FoundSlice { grid, caption: slice(0, 1).caption, paths: path };
    Measured {
        job: JobId(job),
        run: RunId(0),
        step: 4,
        request: MeasureRequest {
            what: Measurement::Bound { probes: 32, constant: 0.1 + 0.2 },
            examples: Examples::Train,
            weight_decay: true,
            seed: 5,
        },
        objective: "cross-entropy".to_owned(),
        end: JobEnd::Failed("no reason".to_owned()),
        findings: Findings {
            facts: vec![Fact::exact("r = ‖w − w₀‖", f64::NAN, "no weights"), Fact::with_error("α", 0.1 + 0.2, 0.5, "")],
            charts: Vec::new(),
            slices: vec![found],
            tables: vec![FoundTable {
                columns: vec!["loss".to_owned()],
                rows: vec![FoundRow {
                    example: 3,
                    class: Some(1),
                    said: None,
                    values: vec![0.1 + 0.2],
                    errors: vec![f64::NAN],
                    picture: Some(Arc::new(Thumbnail { width: 1, rgb: vec![1, 2, 255] })),
                }],
            }],
        },
    }
}

pub fn tried(rate: f64) -> Try {
    Try {
        optimizer: OptimizerKind::Sgd,
        values: vec![(KnobId::LearningRate, KnobValue::Number(rate))],
        validation: Outcome { loss: f64::NAN, accuracy: 0.5 },
        gradient_evaluations: 5,
        diverged_at: Some(3),
        is_picked: false,
    }
}

pub fn edit(step: u64) -> KnobEdit {
    KnobEdit { step, knob: KnobId::LearningRate, old: 0.1 + 0.2, new: 1.0 }
}

pub fn alert(step: u64) -> AlertRow {
    AlertRow { step, rule: "λmax".to_owned(), words: format!("NSO: ‘λmax’ at step {step}"), paused: step == 10 }
}

/// A session with one of each thing but results.
pub fn write_all(recorder: &Recorder) {
    recorder.tell(&started(3));
    recorder.tell(&steps(0, 1..=20));
    recorder.tell(&steps(1, 1..=5));
    for step in [0, 10, 15, 20] {
        recorder.tell(&Event::Evaluated { run: RunId(0), row: eval(step) });
        curvature(0, step).iter().for_each(|event| recorder.tell(event));
        recorder.slice(&Arc::new(slice(0, step)));
        recorder.checkpoint(checkpoint(0, step, step == 0));
        recorder.path_weights(RunId(0), path_weights(step, 1));
    }
    recorder.tell(&Event::KnobTurned { run: RunId(0), edit: edit(7) });
    // Two rules, of which one looks at rarer rows.
    for step in [15, 10] {
        recorder.tell(&Event::AlertNoted { run: RunId(0), alert: alert(step) });
    }
    recorder.tell(&Event::Finished { run: RunId(1) });
    recorder.tell(&Event::Diverged { run: RunId(2), step: 1, last_good_step: 0 });
    recorder.measured(measured(1));
    recorder.tried(tried(0.5));
    recorder.keep("layout", Some("{\"wide\": true}".to_owned()));
}

/// A finished session in a file of its own.
pub fn written(path: &Path) {
    let recorder = Recorder::create(path, &provenance()).unwrap();
    write_all(&recorder);
    recorder.flush().unwrap();
}
