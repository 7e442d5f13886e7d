//! The wire between the engine thread and one consumer: a bounded queue each way, and latest-wins slots.
//!
//! A consumer never waits: [`Link::send`] refuses when the queue is full, [`Link::drain`] takes what is there. The
//! engine never waits either: what does not fit into the event queue stays in its [`Outbox`] until there is room. There rows of
//! the same run merge, of states the newest stays, and what gathers beyond a limit is thinned as the window would thin it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::Mutex;

use crate::protocol::{Command, Event, LossGrid, NoiseSnapshot, Prediction, RunId, StepRow};

const QUEUE_LENGTH: usize = 1024;
/// Rows of one run that wait at most; beyond it every second one goes.
const MOST_ROWS: usize = 1 << 17;
/// Measurements that wait at most, of all runs together; beyond it every second one goes.
const MOST_MEASUREMENTS: usize = 1 << 13;

/// Wakes the consumer: it has something to read. It may be called often and from the engine thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The newest big results of each run. Reading one never waits for the engine's computations.
#[derive(Debug, Default)]
pub struct Slots {
    grids: Mutex<BTreeMap<RunId, Arc<LossGrid>>>,
    noise: Mutex<BTreeMap<RunId, Arc<NoiseSnapshot>>>,
    prediction: Mutex<Option<Arc<Prediction>>>,
    rest_until: Mutex<Option<Instant>>,
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

    /// Asks the engine to leave the processor alone for so long: somebody waits for a picture that is drawn on it.
    pub fn ask_rest(&self, time: Duration) {
        *self.rest_until.lock() = Some(Instant::now() + time);
    }

    /// How long the engine is to rest from now on.
    #[must_use]
    pub fn rest_left(&self) -> Option<Duration> {
        let left = (*self.rest_until.lock())?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
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
    /// Queues an event. What waits for a consumer that sleeps is merged and thinned, so that it stays bounded.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Steps { run, rows } => {
                let Some(waiting) = self.rows_of(run) else {
                    self.waiting.push_back(Event::Steps { run, rows });
                    return;
                };
                waiting.extend_from_slice(&rows);
                if waiting.len() > MOST_ROWS {
                    // The newest stays, since the consumer tells by it where the run is.
                    let newest = waiting.len() - 1;
                    let mut index = 0;
                    waiting.retain(|_| {
                        index += 1;
                        index % 2 == 1 || index > newest
                    });
                }
                return;
            }
            Event::Speed { .. } => self.waiting.retain(|waiting| !matches!(waiting, Event::Speed { .. })),
            Event::WarmingUp(_) => self.waiting.retain(|waiting| !matches!(waiting, Event::WarmingUp(_))),
            Event::Measuring { job: new, .. } => {
                self.waiting.retain(|waiting| !matches!(waiting, Event::Measuring { job, .. } if *job == new));
            }
            _ => {}
        }
        self.waiting.push_back(event);
        if self.waiting.len() > MOST_MEASUREMENTS {
            self.thin();
        }
    }

    /// Rows of a run that wait and may be continued: nothing has come after them that has to find them as they are.
    fn rows_of(&mut self, id: RunId) -> Option<&mut Vec<StepRow>> {
        for event in self.waiting.iter_mut().rev() {
            match event {
                Event::Steps { run, rows } if *run == id => return Some(rows),
                Event::Started { .. } | Event::RunAdded(_) | Event::RunRemoved(_) => return None,
                Event::Rewound { run, .. }
                | Event::KnobTurned { run, .. }
                | Event::Finished { run }
                | Event::Diverged { run, .. }
                    if *run == id =>
                {
                    return None;
                }
                _ => {}
            }
        }
        None
    }

    /// Drops every second measurement that waits.
    fn thin(&mut self) {
        let mut index = 0;
        self.waiting.retain(|event| {
            let is_measurement = matches!(
                event,
                Event::Evaluated { .. } | Event::Trace { .. } | Event::Eigen { .. } | Event::LayerTrace { .. }
            );
            index += usize::from(is_measurement);
            !is_measurement || index % 2 == 1
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KnobId;
    use crate::protocol::{EvalRow, KnobEdit};

    fn step(run: u32, step: u64) -> Event {
        let row = StepRow {
            step,
            gradient_evaluations: step,
            train_seconds: 0.0,
            batch_loss: 1.0,
            perturbed_loss: 1.0,
            gradient_norm: 1.0,
            learning_rate: 0.1,
            noise: None,
        };
        Event::Steps { run: RunId(run), rows: vec![row] }
    }

    fn evaluated(run: u32, step: u64) -> Event {
        let row = EvalRow {
            step,
            gradient_evaluations: step,
            train_loss: 1.0,
            train_accuracy: 1.0,
            test_loss: 1.0,
            test_accuracy: 1.0,
            weight_norm: 1.0,
        };
        Event::Evaluated { run: RunId(run), row }
    }

    #[test]
    fn a_rest_that_is_asked_for_ends_by_itself() {
        let slots = Slots::default();
        assert_eq!(slots.rest_left(), None);
        slots.ask_rest(Duration::from_secs(60));
        assert!(slots.rest_left().is_some_and(|left| left > Duration::from_secs(50)));
        slots.ask_rest(Duration::from_millis(5));
        std::thread::sleep(Duration::from_millis(10));
        assert_eq!(slots.rest_left(), None);
    }

    #[test]
    fn a_consumer_that_sleeps_costs_a_bounded_number_of_events_and_no_row_is_lost() {
        let (link, mut end) = link(Arc::new(|| {}));
        for at in 1..=20_000 {
            for run in 1..=3 {
                end.outbox.push(step(run, at));
                if at % 10 == 0 {
                    end.outbox.push(evaluated(run, at));
                }
            }
            end.outbox.push(Event::Speed { steps_per_second: at as f64 });
            end.outbox.push(Event::WarmingUp(format!("repeating {at} more steps")));
            assert!(end.outbox.flush());
        }
        assert!(end.outbox.waiting.len() <= MOST_MEASUREMENTS, "{} events wait", end.outbox.waiting.len());
        let mut seen = [0; 3];
        let mut speed = 0.0;
        loop {
            let mut count = 0;
            link.drain(QUEUE_LENGTH, |event| {
                count += 1;
                match event {
                    Event::Steps { run, rows } => {
                        for row in rows {
                            let last = &mut seen[run.0 as usize - 1];
                            assert_eq!(row.step, *last + 1);
                            *last = row.step;
                        }
                    }
                    Event::Speed { steps_per_second } => speed = steps_per_second,
                    _ => {}
                }
            });
            assert!(end.outbox.flush());
            if count == 0 && end.outbox.waiting.is_empty() {
                break;
            }
        }
        assert_eq!((seen, speed), ([20_000; 3], 20_000.0));
    }

    #[test]
    fn rows_do_not_pass_what_has_to_find_the_run_as_it_was() {
        let (_link, mut end) = link(Arc::new(|| {}));
        let edit = KnobEdit { step: 1, knob: KnobId::Sigma, old: 0.1, new: 0.2 };
        for event in [
            step(1, 1),
            step(2, 1),
            Event::KnobTurned { run: RunId(1), edit },
            step(1, 2),
            step(2, 2),
            Event::RunRemoved(RunId(3)),
            step(2, 3),
        ] {
            end.outbox.push(event);
        }
        let rows = |event: &Event| match event {
            Event::Steps { run, rows } => Some((run.0, rows.len())),
            _ => None,
        };
        let found: Vec<_> = end.outbox.waiting.iter().map(rows).collect();
        assert_eq!(found, [Some((1, 1)), Some((2, 2)), None, Some((1, 1)), None, Some((2, 1))]);
    }

    #[test]
    fn more_rows_than_a_window_keeps_are_thinned_and_the_newest_stays() {
        let (_link, mut end) = link(Arc::new(|| {}));
        let last = 3 * MOST_ROWS as u64;
        (1..=last).for_each(|at| end.outbox.push(step(1, at)));
        let Some(Event::Steps { rows, .. }) = end.outbox.waiting.back() else { panic!("rows wait") };
        assert!(rows.len() <= MOST_ROWS && rows.last().is_some_and(|row| row.step == last));
        assert!(rows.windows(2).all(|pair| pair[0].step < pair[1].step));
    }
}
