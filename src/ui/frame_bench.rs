//! What building a frame costs: the whole window with long runs, fed by a fake engine that tells something new each frame.
//!
//! Timed is what the window's thread does on the CPU until egui has the shapes of the frame: reading events, drawing all
//! panels, landscapes and charts. Tessellation and the GPU come after that and are not timed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{App, Pace};
use crate::config::{OptimizerKind, builtin_experiment};
use crate::engine::bench::Timing;
use crate::engine::{EngineEnd, link};
use crate::protocol::{
    DataPreview, EigenRow, EvalRow, Event, FileFacts, LossGrid, NoiseRow, PathPoint, RunId, RunInfo, SliceCaption,
    SliceView, StepRow, TraceRow,
};

/// Steps of each run.
const STEPS: u64 = 100_000;
/// Points a side of each slice.
const RESOLUTION: usize = 101;
/// New steps of each run in a frame: 3 000 a second and run at 60 frames a second.
const NEW_STEPS: u64 = 50;
/// Steps from one evaluation, trace or eigenvalue to the next.
const EVALUATION_STEPS: u64 = 50;
const WARM_UP_FRAMES: usize = 30;
const FRAMES: usize = 200;
const SIZE: [f32; 2] = [1440.0, 900.0];
const RUNS: [OptimizerKind; 4] = [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso, OptimizerKind::Nso];

/// Builds frames of a window with four runs of 100 000 steps and slices of 101×101 points, with 50 new steps of each run in
/// every frame, and times them.
///
/// # Errors
/// When the embedded experiment is not as it is tested to be.
pub fn time_frames() -> anyhow::Result<Timing> {
    let mut frames = Frames::trained(STEPS)?;
    for _ in 0..WARM_UP_FRAMES {
        frames.next();
    }
    let mut times: Vec<f64> = (0..FRAMES).map(|_| frames.next().0.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    let median = 0.5 * (times[(FRAMES - 1) / 2] + times[FRAMES / 2]);
    Ok(Timing { ms: median, min: times[0], runs: FRAMES })
}

fn preview() -> DataPreview {
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

struct Frames {
    ctx: egui::Context,
    app: App,
    engine: EngineEnd,
    step: u64,
}

impl Frames {
    /// A window whose runs have done so many steps.
    fn trained(steps: u64) -> anyhow::Result<Self> {
        let experiment = builtin_experiment("moons-mlp").context("the embedded experiment moons-mlp")?;
        let (link, engine) = link(Arc::new(|| {}));
        let ctx = egui::Context::default();
        let app = App::with_context(&ctx, link, experiment.clone(), Pace::default());
        let mut frames = Self { ctx, app, engine, step: 0 };
        let infos = RUNS.iter().zip(0..).map(|(optimizer, id)| {
            let knobs = experiment.knobs(*optimizer).with_context(|| format!("knobs of {}", optimizer.label()))?;
            Ok(RunInfo { run: RunId(id), optimizer: *optimizer, seed: 0, knobs, parent: None })
        });
        let runs = infos.collect::<anyhow::Result<_>>()?;
        frames.engine.outbox.push(Event::Started {
            experiment: Arc::new(experiment),
            num_parameters: 4482,
            tensors: Vec::new(),
            data: Arc::new(preview()),
            runs,
        });
        while frames.step < steps {
            frames.train(NEW_STEPS);
            frames.engine.outbox.flush();
            frames.app.read_events(&frames.ctx);
        }
        frames.slices();
        Ok(frames)
    }

    /// Builds the next frame, with new rows; returns what it took, and the frame.
    fn next(&mut self) -> (Duration, egui::FullOutput) {
        self.train(NEW_STEPS);
        self.engine.outbox.flush();
        let size = egui::Vec2::from(SIZE);
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
            time: Some(self.step as f64 / (60.0 * NEW_STEPS as f64)),
            // The pointer rests on a chart, which reads all runs there.
            events: vec![egui::Event::PointerMoved(egui::pos2(0.35 * size.x, 0.85 * size.y))],
            ..egui::RawInput::default()
        };
        let start = Instant::now();
        self.app.read_events(&self.ctx);
        let output = self.ctx.run_ui(input, |ui| self.app.draw(ui));
        let time = start.elapsed();
        (time, output)
    }

    /// Tells of new steps, evaluations, traces and eigenvalues of all runs.
    fn train(&mut self, steps: u64) {
        let from = self.step + 1;
        self.step += steps;
        for (optimizer, id) in RUNS.iter().zip(0..) {
            let run = RunId(id);
            let rows = (from..=self.step).map(|step| step_row(step, *optimizer, id)).collect();
            self.engine.outbox.push(Event::Steps { run, rows });
            if self.step.is_multiple_of(EVALUATION_STEPS) {
                evaluations(self.step, id).into_iter().for_each(|event| self.engine.outbox.push(event));
            }
        }
        self.engine.outbox.push(Event::Speed { steps_per_second: 12_000.0 });
    }

    fn slices(&self) {
        let axis: Vec<f64> = (0..RESOLUTION).map(|i| 2.0 * i as f64 / (RESOLUTION - 1) as f64 - 1.0).collect();
        for (optimizer, id) in RUNS.iter().zip(0..) {
            let loss = axis.iter().flat_map(|y| axis.iter().map(move |x| 0.01 + x * x + 0.3 * y * y)).collect();
            let path = (0..600).map(|i| PathPoint { step: i, x: 1e-3 * i as f64, y: 0.1, loss: 0.3, distance: 0.2 });
            self.engine.slots.put_grid(LossGrid {
                run: RunId(id),
                step: self.step,
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
                ascent: (*optimizer == OptimizerKind::Sam).then_some([0.3, 0.4]),
                noise_radius: (*optimizer == OptimizerKind::Nso).then_some([0.5, 0.4]),
                samples: Vec::new(),
                accuracy: None,
                position: None,
                others: Vec::new(),
                view: SliceView { resolution: RESOLUTION, ..SliceView::default() },
            });
        }
    }
}

/// A number between 0 and 1 that looks random.
fn scatter(step: u64, salt: u32) -> f64 {
    let mixed = (step ^ (u64::from(salt) << 40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

fn step_row(step: u64, optimizer: OptimizerKind, salt: u32) -> StepRow {
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

fn evaluations(step: u64, id: u32) -> [Event; 3] {
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

#[cfg(test)]
mod tests {
    use egui::Shape;

    use super::*;

    fn lengths_of_lines(shape: &Shape, lengths: &mut Vec<usize>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| lengths_of_lines(shape, lengths)),
            Shape::Path(path) => lengths.push(path.points.len()),
            _ => {}
        }
    }

    #[test]
    fn the_frame_that_is_timed_shows_all_runs() {
        let mut frames = Frames::trained(20_000).unwrap();
        let outputs: Vec<egui::FullOutput> = (0..5).map(|_| frames.next().1).collect();
        let model = frames.app.model();
        assert_eq!(model.runs.len(), RUNS.len());
        for run in &model.runs {
            assert_eq!((run.step(), run.steps.rows().len() as u64), (frames.step, frames.step));
            assert_eq!(run.slice.as_ref().unwrap().grid.x.len(), RESOLUTION);
        }
        let mut lengths = Vec::new();
        outputs[4].shapes.iter().for_each(|clipped| lengths_of_lines(&clipped.shape, &mut lengths));
        // Three charts over steps with a line of each run; the paths on the slices are short, and thinned.
        assert!(lengths.iter().filter(|length| **length > 150).count() >= 3 * RUNS.len(), "{lengths:?}");
        assert!(lengths.iter().all(|length| *length < 3_000), "{lengths:?}");
    }
}
