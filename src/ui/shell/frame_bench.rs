//! What building a frame costs: the whole window with long runs, fed by a fake engine that tells something new each frame.
//!
//! Timed is what the window's thread does on the CPU until egui has the shapes of the frame: reading events, drawing all
//! panels, landscapes and charts. Tessellation and the GPU come after that and are not timed.

#[cfg(test)]
mod allocations;
pub mod fake;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::app::App;
use super::wake::Pace;
use crate::config::{KnobId, OptimizerKind, builtin_experiment};
use crate::engine::bench::{FrameTimes, Timing};
use crate::engine::{EngineEnd, link};
use crate::protocol::{
    Command, Event, Examples, KnobEdit, MeasureRequest, Measurement, Origin, RunId, RunInfo, SessionState, Speed,
};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::chart_tab::ChartTab;

/// Steps of each run.
const STEPS: u64 = 100_000;
/// New steps of each run in a frame: 3 000 a second and run at 60 frames a second.
const NEW_STEPS: u64 = 50;
/// Steps from one evaluation, trace or eigenvalue to the next.
const EVALUATION_STEPS: u64 = 50;
/// Steps from one row of streamed curvature to the next.
const STREAM_STEPS: u64 = 10;
/// Frames from one new slice to the next, of one run after another.
const SLICE_FRAMES: u64 = 3;
/// Frames of a tab before it is timed: what is computed once for a tab, lines that are smoothed above all, is done then.
const WARM_UP_FRAMES: usize = 60;
const FRAMES: usize = 40;
/// Weight of the smoothed lines.
const SMOOTHING: f64 = 0.9;
const SIZE: [f32; 2] = [1440.0, 900.0];
const RUNS: [OptimizerKind; 4] = [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso, OptimizerKind::Nso];

/// Builds frames of a window with four runs of 100 000 steps and slices of 101×101 points, and times them: each tab of the
/// charts, with smoothed lines and markers. Every frame brings 50 new steps of each run, and every third a slice and noise
/// samples. In turns with them frames of a second window are timed, which also hears in each of them how its session stands.
///
/// # Errors
/// When the embedded experiment is not as it is tested to be.
pub fn time_frames() -> anyhow::Result<FrameTimes> {
    let mut windows = [Frames::trained(STEPS)?, Frames::trained(STEPS)?];
    windows[1].has_session = true;
    let mut all = [Vec::new(), Vec::new()];
    let mut tabs = Vec::new();
    for tab in ChartTab::ALL {
        windows.iter_mut().for_each(|frames| frames.app.panes.charts.open(tab));
        let mut times = [Vec::new(), Vec::new()];
        for frame in 0..WARM_UP_FRAMES + FRAMES {
            for (frames, times) in windows.iter_mut().zip(&mut times) {
                let (time, _) = frames.next();
                if frame >= WARM_UP_FRAMES {
                    times.push(time.as_secs_f64() * 1e3);
                }
            }
        }
        all.iter_mut().zip(&times).for_each(|(all, times)| all.extend_from_slice(times));
        tabs.push((tab.label(), median(&mut times[0])));
    }
    let [all, with_session] = all.map(|mut times| {
        let ms = median(&mut times);
        (Timing { ms, min: times[0], runs: times.len() }, times)
    });
    let (all, times) = all;
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    Ok(FrameTimes { all, with_session: with_session.0, mean, worst: times[times.len() - 1], tabs })
}

/// Sorts and takes the middle; there is at least one.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    0.5 * (values[(values.len() - 1) / 2] + values[values.len() / 2])
}

struct Frames {
    ctx: egui::Context,
    app: App,
    engine: EngineEnd,
    step: u64,
    frame: u64,
    /// Each frame brings how the session stands, which grows.
    has_session: bool,
}

impl Frames {
    /// A window whose runs have done so many steps, with some measurements.
    fn trained(steps: u64) -> anyhow::Result<Self> {
        let experiment = builtin_experiment("moons-mlp").context("the embedded experiment moons-mlp")?;
        let (link, engine) = link(Arc::new(|| {}));
        let ctx = egui::Context::default();
        let mut app = App::with_context(&ctx, link, experiment.clone(), Pace::default());
        app.panes.charts.smooth(SMOOTHING);
        let mut frames = Self { ctx, app, engine, step: 0, frame: 0, has_session: false };
        let infos = RUNS.iter().zip(0..).map(|(optimizer, id)| {
            let knobs = experiment.knobs(*optimizer).with_context(|| format!("knobs of {}", optimizer.label()))?;
            Ok(RunInfo { run: RunId(id), optimizer: *optimizer, seed: 0, knobs, origin: Origin::Initial })
        });
        let runs = infos.collect::<anyhow::Result<_>>()?;
        frames.engine.outbox.push(Event::Started {
            experiment: Arc::new(experiment),
            num_parameters: 4482,
            tensors: fake::TENSORS.map(str::to_owned).to_vec(),
            data: Arc::new(fake::preview()),
            runs,
        });
        while frames.step < steps {
            frames.train(NEW_STEPS);
            if frames.step.is_multiple_of(steps / 5) {
                frames.turn_knobs();
            }
            frames.engine.outbox.flush();
            frames.app.read_events(&frames.ctx);
        }
        for (optimizer, id) in RUNS.iter().zip(0..) {
            frames.engine.slots.put_grid(fake::fine_slice(frames.step, *optimizer, id));
        }
        frames.measure();
        Ok(frames)
    }

    /// Builds the next frame, with new rows; returns what it took, and the frame.
    fn next(&mut self) -> (Duration, egui::FullOutput) {
        self.tell();
        let input = self.input();
        let start = Instant::now();
        self.app.read_events(&self.ctx);
        let output = self.ctx.run_ui(input, |ui| self.app.draw(ui));
        let time = start.elapsed();
        (time, output)
    }

    /// What a frame brings.
    fn tell(&mut self) {
        self.frame += 1;
        self.train(NEW_STEPS);
        if self.has_session {
            let path = Some(PathBuf::from("/sessions/session-1.flatscape"));
            let state = SessionState { path, bytes: 1000 * self.step, ..SessionState::default() };
            self.engine.outbox.push(Event::Session(Box::new(state)));
        }
        if self.frame.is_multiple_of(SLICE_FRAMES) {
            let id = (self.frame / SLICE_FRAMES) as usize % RUNS.len();
            self.engine.slots.put_grid(fake::fine_slice(self.step, RUNS[id], id as u32));
            if RUNS[id] == OptimizerKind::Nso {
                self.engine.slots.put_noise(fake::noise(self.step, id as u32));
            }
        }
        self.engine.outbox.flush();
    }

    fn input(&self) -> egui::RawInput {
        let size = egui::Vec2::from(SIZE);
        egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
            time: Some(self.step as f64 / (60.0 * NEW_STEPS as f64)),
            // The pointer rests on a chart, which reads all runs there.
            events: vec![egui::Event::PointerMoved(egui::pos2(0.35 * size.x, 0.85 * size.y))],
            ..egui::RawInput::default()
        }
    }

    /// Tells of new steps, evaluations, traces and eigenvalues of all runs, streamed and measured at single steps.
    fn train(&mut self, steps: u64) {
        let from = self.step + 1;
        self.step += steps;
        for (optimizer, id) in RUNS.iter().zip(0..) {
            let run = RunId(id);
            let rows = (from..=self.step).map(|step| fake::noisy_step(step, *optimizer, id)).collect();
            self.engine.outbox.push(Event::Steps { run, rows });
            for step in (from..=self.step).filter(|step| step.is_multiple_of(STREAM_STEPS)) {
                fake::stream(step, id).into_iter().for_each(|event| self.engine.outbox.push(event));
            }
            if self.step.is_multiple_of(EVALUATION_STEPS) {
                fake::evaluations(self.step, id).into_iter().for_each(|event| self.engine.outbox.push(event));
                self.engine.outbox.push(fake::layer_traces(self.step, id));
            }
        }
        let (steps_per_second, looks_per_second) = (12_000.0, 14.0);
        self.engine.outbox.push(Event::Speed(Speed { steps_per_second, looks_per_second, ..Speed::default() }));
    }

    fn turn_knobs(&mut self) {
        for (optimizer, id) in RUNS.iter().zip(0..) {
            let knob = if *optimizer == OptimizerKind::Nso { KnobId::Sigma } else { KnobId::LearningRate };
            let edit = KnobEdit { step: self.step, knob, old: 0.05, new: 0.06 };
            self.engine.outbox.push(Event::KnobTurned { run: RunId(id), edit });
        }
    }

    /// Asks for a density, a sweep and a bound of the last run, and answers.
    fn measure(&mut self) {
        let last = RunId(RUNS.len() as u32 - 1);
        let is_shown = |what: &Measurement| {
            matches!(what, Measurement::Density { .. } | Measurement::SigmaSweep { .. } | Measurement::Bound { .. })
        };
        for what in Measurement::menu(0.06, 0.05).into_iter().filter(is_shown) {
            let request = MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 0 };
            self.app.asks.push(Ask::Measure { run: last, request: Box::new(request) });
        }
        self.next();
        let asked: Vec<Command> = self.engine.commands.try_iter().collect();
        for command in asked {
            if let Command::Measure { job, .. } = command {
                self.engine.outbox.push(fake::measured(job, self.step));
            }
        }
    }
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
            assert_eq!(run.slice.as_ref().unwrap().grid.x.len(), fake::RESOLUTION);
            assert!(!run.edits.is_empty());
        }
        assert!(model.jobs.len() == 3 && model.jobs.iter().all(|job| !job.findings.charts.is_empty()));
        let mut lengths = Vec::new();
        outputs[4].shapes.iter().for_each(|clipped| lengths_of_lines(&clipped.shape, &mut lengths));
        // Three charts over steps with a line of each run; the paths on the slices are short, and thinned.
        assert!(lengths.iter().filter(|length| **length > 100).count() >= 3 * RUNS.len(), "{lengths:?}");
        assert!(lengths.iter().all(|length| *length < 3_000), "{lengths:?}");
    }

    /// Median of the bytes that a frame asks for, of each tab, in reading events and in drawing.
    fn bytes_of_frames(steps: u64) -> Vec<(ChartTab, [u64; 2])> {
        let mut frames = Frames::trained(steps).unwrap();
        let tabs = ChartTab::ALL.into_iter().map(|tab| {
            frames.app.panes.charts.open(tab);
            (0..40).for_each(|_| {
                frames.next();
            });
            let mut counted: Vec<[u64; 2]> = (0..13)
                .map(|_| {
                    frames.tell();
                    let input = frames.input();
                    let (read, ()) = allocations::counted(|| frames.app.read_events(&frames.ctx));
                    let (drawn, _) = allocations::counted(|| frames.ctx.run_ui(input, |ui| frames.app.draw(ui)));
                    [read, drawn]
                })
                .collect();
            // Each by itself: a list that grows now and then is read in a frame that may be the middle one in drawing.
            let middle = counted.len() / 2;
            let mut median = |part: usize| {
                counted.sort_unstable_by_key(|bytes| bytes[part]);
                counted[middle][part]
            };
            (tab, [median(0), median(1)])
        });
        tabs.collect()
    }

    #[test]
    fn no_frame_asks_for_memory_that_grows_with_the_run() {
        let (short, long) = (bytes_of_frames(5_000), bytes_of_frames(100_000));
        let mut problems = Vec::new();
        for ((tab, short), (_, long)) in short.into_iter().zip(long) {
            // A line has between one and two points for each of its blocks, whatever the number of rows.
            if (0..2).any(|part| long[part] > 2 * short[part] + 100_000) {
                problems.push(format!("{}: {short:?} bytes after 5 000 steps, {long:?} after 100 000", tab.label()));
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
