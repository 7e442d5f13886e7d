//! The wire between the engine thread and one consumer: a bounded queue each way, and latest-wins slots.
//!
//! A consumer never waits: [`Link::send`] refuses when the queue is full, [`Link::drain`] takes what is there. The
//! engine never waits either: what does not fit into the event queue stays in its [`Outbox`] until there is room, rows
//! of the same run merged, so a window that sleeps costs memory for its rows and nothing else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::Mutex;

use crate::protocol::{Command, Event, LossGrid, NoiseSnapshot, Prediction, RunId};

const QUEUE_LENGTH: usize = 1024;

/// Wakes the consumer: it has something to read. It may be called often and from the engine thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The newest big results of each run. Reading one never waits for the engine's computations.
#[derive(Debug, Default)]
pub struct Slots {
    grids: Mutex<BTreeMap<RunId, Arc<LossGrid>>>,
    noise: Mutex<BTreeMap<RunId, Arc<NoiseSnapshot>>>,
    prediction: Mutex<Option<Arc<Prediction>>>,
}

impl Slots {
    /// The newest slice of a run.
    #[must_use]
    pub fn grid(&self, run: RunId) -> Option<Arc<LossGrid>> {
        self.grids.lock().get(&run).cloned()
    }

    /// The newest noise samples of a run.
    #[must_use]
    pub fn noise(&self, run: RunId) -> Option<Arc<NoiseSnapshot>> {
        self.noise.lock().get(&run).cloned()
    }

    /// The newest answer to [`Command::Predict`].
    #[must_use]
    pub fn prediction(&self) -> Option<Arc<Prediction>> {
        self.prediction.lock().clone()
    }

    /// Replaces the prediction.
    pub fn put_prediction(&self, prediction: Prediction) {
        *self.prediction.lock() = Some(Arc::new(prediction));
    }

    /// Replaces the slice of its run.
    pub fn put_grid(&self, grid: LossGrid) {
        self.grids.lock().insert(grid.run, Arc::new(grid));
    }

    /// Replaces the noise samples of their run.
    pub fn put_noise(&self, noise: NoiseSnapshot) {
        self.noise.lock().insert(noise.run, Arc::new(noise));
    }

    /// Forgets a run.
    pub fn remove(&self, run: RunId) {
        self.grids.lock().remove(&run);
        self.noise.lock().remove(&run);
        let mut prediction = self.prediction.lock();
        if prediction.as_ref().is_some_and(|prediction| prediction.run == run) {
            *prediction = None;
        }
    }

    /// Forgets the noise samples of a run.
    pub fn remove_noise(&self, run: RunId) {
        self.noise.lock().remove(&run);
    }

    /// Forgets all runs.
    pub fn clear(&self) {
        self.grids.lock().clear();
        self.noise.lock().clear();
        *self.prediction.lock() = None;
    }
}

/// The consumer's end.
#[derive(Debug)]
pub struct Link {
    commands: Sender<Command>,
    events: Receiver<Event>,
    /// The newest big results.
    pub slots: Arc<Slots>,
}

/// What [`Link::drain`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// The engine lives.
    Open,
    /// The engine thread is gone: nothing more will come.
    Closed,
}

impl Link {
    /// Sends a command. False when the engine is gone or its queue is full.
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Takes at most `limit` waiting events, in order, without waiting.
    pub fn drain(&self, limit: usize, mut take: impl FnMut(Event)) -> LinkState {
        for _ in 0..limit {
            match self.events.try_recv() {
                Ok(event) => take(event),
                Err(crossbeam_channel::TryRecvError::Empty) => return LinkState::Open,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return LinkState::Closed,
            }
        }
        LinkState::Open
    }

    /// Waits for the next event; `None` when the engine is gone. For headless consumers.
    #[must_use]
    pub fn wait(&self) -> Option<Event> {
        self.events.recv().ok()
    }
}

/// The engine's end. Tests use it to play a fake engine.
pub struct EngineEnd {
    /// Commands in order.
    pub commands: Receiver<Command>,
    /// The newest big results.
    pub slots: Arc<Slots>,
    /// Events on their way out.
    pub outbox: Outbox,
}

/// Makes the two ends of a link.
#[must_use]
pub fn link(wake: Wake) -> (Link, EngineEnd) {
    let (command_sender, commands) = bounded(QUEUE_LENGTH);
    let (event_sender, events) = bounded(QUEUE_LENGTH);
    let slots = Arc::new(Slots::default());
    let outbox = Outbox { events: event_sender, waiting: VecDeque::new(), wake };
    (Link { commands: command_sender, events, slots: Arc::clone(&slots) }, EngineEnd { commands, slots, outbox })
}

/// Events on their way out, kept in order while the consumer's queue is full.
pub struct Outbox {
    events: Sender<Event>,
    waiting: VecDeque<Event>,
    wake: Wake,
}

impl Outbox {
    /// Queues an event. Rows of a run merge with rows of the same run that still wait at the end.
    pub fn push(&mut self, event: Event) {
        if let Event::Steps { run, rows } = &event
            && let Some(Event::Steps { run: last, rows: waiting }) = self.waiting.back_mut()
            && last == run
        {
            waiting.extend_from_slice(rows);
            return;
        }
        self.waiting.push_back(event);
    }

    /// Wakes the consumer: a slot holds something new.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Hands over what the consumer's queue has room for and wakes it. False when the consumer is gone.
    pub fn flush(&mut self) -> bool {
        let mut sent = false;
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => sent = true,
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    break;
                }
                Err(TrySendError::Disconnected(_)) => return false,
            }
        }
        if sent {
            (self.wake)();
        }
        true
    }
}
