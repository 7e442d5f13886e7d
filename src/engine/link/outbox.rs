//! Events on their way out. There rows of the same run merge, of states the newest stays, and what gathers beyond a limit is
//! thinned as the window would thin it.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};

use crate::protocol::{Event, RunId, StepRow};

/// Rows of one run that wait at most; beyond it every second one goes.
const MOST_ROWS: usize = 1 << 17;
/// Measurements that wait at most, of all runs together; beyond it every second one goes.
const MOST_MEASUREMENTS: usize = 1 << 13;

/// Wakes the consumer: it has something to read. It may be called often and from the engine thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Events on their way out, kept in order while the consumer's queue is full.
pub struct Outbox {
    events: Sender<Event>,
    waiting: VecDeque<Event>,
    wake: Wake,
}

impl Outbox {
    pub(super) const fn new(events: Sender<Event>, wake: Wake) -> Self {
        Self { events, waiting: VecDeque::new(), wake }
    }

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
            Event::Followed { run: new, .. } => {
                self.waiting.retain(|waiting| !matches!(waiting, Event::Followed { run, .. } if *run == new));
            }
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
                | Event::KnobKept { run, .. }
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

    /// Whether everything has left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
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
    use crate::engine::link::{QUEUE_LENGTH, link};
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
            validation: None,
            average: None,
        };
        Event::Evaluated { run: RunId(run), row }
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
