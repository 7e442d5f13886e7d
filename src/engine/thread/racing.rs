//! A race of two devices beside the work of the engine: the GPU's kernels are compiled on a thread of its own, which touches no
//! tensor of the engine; then steps and slices are timed in units of the engine, while nothing else computes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use crate::config::Experiment;
use crate::engine::devices::headless::{in_two, made};
use crate::engine::devices::race::{Made, Race};
use crate::engine::devices::trial;
use crate::engine::panic_message;
use crate::model::Compute;
use crate::protocol::Timed;
use crate::train::Prepared;

/// Between two units of it the engine looks at commands.
const UNIT: Duration = Duration::from_millis(20);

/// What warms up comes back with the data, which are read once for all.
type Warmed = Result<Arc<Prepared>, String>;

/// A race on its way, or none.
#[derive(Default)]
pub(super) struct Racing {
    state: State,
    /// The last thread that compiles; the next begins when it has ended, so that there is one at a time.
    compiling: Option<JoinHandle<()>>,
}

/// A race that is over.
pub(super) struct Raced {
    pub experiment: Arc<Experiment>,
    /// What was found of CPU and GPU.
    pub found: [Timed; 2],
}

#[derive(Default)]
enum State {
    #[default]
    None,
    Wanted(Arc<Experiment>, Compute),
    Compiling(Arc<Experiment>, Compute, Receiver<Warmed>),
    Timing(Arc<Experiment>, Box<Race>),
}

impl Racing {
    /// Begins a race on an experiment in place of any other.
    pub fn begin(&mut self, experiment: Experiment, gpu: Compute) {
        self.state = State::Wanted(Arc::new(experiment), gpu);
    }

    /// Ends it without a result.
    pub fn stop(&mut self) {
        self.state = State::None;
    }

    /// Whether it waits for the GPU's kernels.
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Wanted(..) | State::Compiling(..))
    }

    /// Whether its next unit can be done.
    pub const fn is_timing(&self) -> bool {
        matches!(self.state, State::Timing(..))
    }

    /// Goes on to the next part where that can begin; the end where the GPU fails before it is timed.
    pub fn poll(&mut self) -> Option<Raced> {
        match std::mem::take(&mut self.state) {
            State::Wanted(experiment, gpu) if self.compiling.as_ref().is_none_or(JoinHandle::is_finished) => {
                self.compile(experiment, gpu);
            }
            State::Compiling(experiment, gpu, ready) => match ready.try_recv() {
                Ok(Ok(prepared)) => self.state = State::Timing(experiment, Box::new(race(&prepared, &gpu))),
                Ok(Err(reason)) => return Some(Raced { experiment, found: gpu_failed(reason) }),
                Err(TryRecvError::Empty) => self.state = State::Compiling(experiment, gpu, ready),
                Err(TryRecvError::Disconnected) => {
                    let found = gpu_failed("compiling its kernels failed unexpectedly".to_owned());
                    return Some(Raced { experiment, found });
                }
            },
            state => self.state = state,
        }
        None
    }

    fn compile(&mut self, experiment: Arc<Experiment>, gpu: Compute) {
        let (teller, ready) = bounded(1);
        let (work, device) = (Arc::clone(&experiment), gpu.clone());
        let compile = move || {
            // Nobody listens any more where another experiment was loaded.
            let _ = teller.send(warm_up(work, &device));
        };
        // Without a thread the sender is dropped at once, which `poll` tells.
        self.compiling = Builder::new().name("flatscape-warm-up".to_owned()).spawn(compile).ok();
        self.state = State::Compiling(experiment, gpu, ready);
    }

    /// One unit of timing; what was found at its end.
    pub fn advance(&mut self) -> Option<Raced> {
        let State::Timing(experiment, mut race) = std::mem::take(&mut self.state) else { return None };
        let began = Instant::now();
        while race.advance(&mut || began.elapsed()) {
            if began.elapsed() >= UNIT {
                self.state = State::Timing(experiment, race);
                return None;
            }
        }
        Some(Raced { experiment, found: in_two(race.found()) })
    }
}

/// Has the GPU compile what a step and a chunk of a slice need.
fn warm_up(experiment: Arc<Experiment>, gpu: &Compute) -> Warmed {
    let warm_up = || -> Warmed {
        let prepared = Arc::new(Prepared::new(experiment).map_err(|err| err.to_string())?);
        let mut contender = training(&prepared, gpu)?;
        contender.step()?;
        contender.chunk()?;
        Ok(prepared)
    };
    catch_unwind(AssertUnwindSafe(warm_up)).unwrap_or_else(|panic| Err(panic_message(panic.as_ref())))
}

fn race(prepared: &Prepared, gpu: &Compute) -> Race {
    let cpu = Compute::cpu();
    let made = |compute| made(|| training(prepared, compute));
    // What is compiled already is looked up once more, which counts nowhere either.
    Race::new([(made(&cpu), false), (made(gpu), true)])
}

fn training(prepared: &Prepared, compute: &Compute) -> Made {
    let methods = trial::methods_of(prepared.experiment());
    let method = trial::costliest(&methods).ok_or("there is no method to time")?;
    trial::training(prepared, method, compute)
}

fn gpu_failed(reason: String) -> [Timed; 2] {
    [Timed::Not, Timed::Failed(reason)]
}
