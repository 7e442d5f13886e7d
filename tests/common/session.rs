//! A session with the engine through its link, for tests.
#![allow(dead_code, reason = "each program of tests uses a part of it")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use flatscape::config::{DeviceChoice, Experiment, Knobs, OptimizerKind, builtin_experiment};
use flatscape::engine::{EngineHandle, Link, LinkState, spawn};
use flatscape::protocol::{Command, EvalRow, Event, LossGrid, RunId, RunInfo, StepRow};

/// How long a test waits before it fails: longer than any measurement takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running engine with an experiment.
pub struct Session {
    pub link: Link,
    pub handle: EngineHandle,
    pub runs: Vec<RunInfo>,
    /// All events so far.
    pub log: Vec<Event>,
}

/// An embedded experiment with changes.
pub fn changed(name: &str, changes: &[&[&str]]) -> Experiment {
    let mut experiment = builtin_experiment(name).expect("embedded");
    for change in changes.concat() {
        experiment.assign(change).expect("valid");
    }
    experiment
}

/// An experiment of a moment.
pub fn tiny(changes: &[&str]) -> Experiment {
    let quick = ["look.resolution=9", "look.trace_probes=8", "look.lanczos_steps=4", "nso.k=4", "nso.sigma=0.06"];
    changed("moons-mlp", &[&quick, changes])
}

/// A network with batch norm in mini-batches with momentum, whose steps depend on all of a run's state.
pub fn stateful() -> Experiment {
    let mut experiment =
        tiny(&["batch=16", "momentum=0.9", "data.train_size=60", "data.test_size=40", "look.eval_every=4"]);
    experiment.model.layers = ["linear 6", "batchnorm", "tanh", "linear 2"].map(Into::into).to_vec();
    experiment
}

impl Session {
    pub fn start(experiment: Experiment) -> Self {
        let (link, handle) = spawn(DeviceChoice::Cpu, Arc::new(|| {})).expect("a thread starts");
        let mut session = Self { link, handle, runs: Vec::new(), log: Vec::new() };
        session.send(Command::load(experiment));
        session.runs = session.started();
        session
    }

    /// The runs of the next start.
    pub fn started(&mut self) -> Vec<RunInfo> {
        self.wait_for("Started", |event| match event {
            Event::Started { runs, .. } => Some(runs.clone()),
            _ => None,
        })
    }

    /// The runs after a reset.
    pub fn reset(&mut self) -> Vec<RunInfo> {
        self.log.clear();
        self.send(Command::Reset);
        self.started()
    }

    /// The next run that is added.
    pub fn added(&mut self) -> RunInfo {
        self.wait_for("RunAdded", |event| match event {
            Event::RunAdded(info) => Some(info.clone()),
            _ => None,
        })
    }

    /// Pauses, and waits until nothing trains.
    pub fn pause(&mut self) {
        self.send(Command::Pause);
        self.wait_for("Playing(false)", |event| (*event == Event::Playing(false)).then_some(()));
    }

    /// What was measured of a run at a step, told already or still to come.
    pub fn evaluated(&mut self, run: RunId, step: u64) -> EvalRow {
        let of = |event: &Event| match event {
            Event::Evaluated { run: id, row } if *id == run && row.step == step => Some(*row),
            _ => None,
        };
        let told = self.log.iter().find_map(of);
        told.unwrap_or_else(|| self.wait_for("Evaluated", of))
    }

    /// Waits for the exact curvature of a run that rests at a step.
    pub fn wait_for_rest(&mut self, id: RunId, step: u64) {
        let is_there = |event: &Event| matches!(event, Event::Eigen { run, row } if *run == id && row.step == step);
        if !self.log.iter().any(is_there) {
            self.wait_for("Eigen where it rests", |event| is_there(event).then_some(()));
        }
    }

    pub fn send(&self, command: Command) {
        assert!(self.link.send(command), "the engine takes commands");
    }

    /// Waits for an event; a test that waits in vain fails with what came instead.
    pub fn wait_for<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut found = None;
            let log = &mut self.log;
            let state = self.link.drain(1, |event| {
                found = pick(&event);
                log.push(event);
            });
            if let Some(found) = found {
                return found;
            }
            assert!(state == LinkState::Open && Instant::now() < deadline, "no {what} among {:#?}", self.log);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The next warning.
    pub fn warning(&mut self) -> String {
        self.wait_for("Warning", |event| match event {
            Event::Warning(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// Steps all runs `count` times, and waits until `run` stands at `step`.
    pub fn step_to(&mut self, count: usize, run: RunId, step: u64) {
        (0..count).for_each(|_| self.send(Command::Step));
        self.wait_for("the last step", |event| (last_step(event, run) == Some(step)).then_some(()));
    }

    /// All steps of a run so far.
    pub fn rows(&self, id: RunId) -> Vec<StepRow> {
        let of = |event: &Event| match event {
            Event::Steps { run, rows } if *run == id => rows.clone(),
            _ => Vec::new(),
        };
        self.log.iter().flat_map(of).collect()
    }

    /// Waits for a slice that is as wanted.
    pub fn grid(&self, run: RunId, is_wanted: impl Fn(&LossGrid) -> bool) -> Arc<LossGrid> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.link.slots.grid(run);
            if let Some(grid) = found.clone().filter(|grid| is_wanted(grid)) {
                return grid;
            }
            let seen = found.map(|grid| (grid.step, grid.view, grid.caption.clone(), grid.position));
            assert!(Instant::now() < deadline, "no such slice, the newest is {seen:#?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The knobs that one of the first runs began with.
    pub fn knobs(&self, run: RunId) -> Knobs {
        self.runs.iter().find(|info| info.run == run).expect("it runs").knobs.clone()
    }

    /// The run of an optimiser.
    pub fn run_of(&self, optimizer: OptimizerKind) -> RunId {
        self.runs.iter().find(|info| info.optimizer == optimizer).expect("all three run").run
    }

    pub fn end(self) {
        self.send(Command::Shutdown);
        self.handle.join();
    }
}

/// The newest step of a run in an event.
pub fn last_step(event: &Event, id: RunId) -> Option<u64> {
    match event {
        Event::Steps { run, rows } if *run == id => rows.last().map(|row| row.step),
        _ => None,
    }
}

/// Rows from a step on, without the time that they took.
pub fn from_step(rows: Vec<StepRow>, step: u64, count: usize) -> Vec<String> {
    let rows = rows.into_iter().filter(|row| row.step > step).take(count);
    rows.map(|row| format!("{:?}", StepRow { train_seconds: 0.0, ..row })).collect()
}
