//! Events on their way out, to the consumer and to what is recorded.

use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};

use crate::engine::backlog::Backlog;
use crate::engine::recording::Recording;
use crate::protocol::Event;

/// Wakes the consumer: it has something to read. It may be called often and from the engine thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Events on their way out, kept in order while the consumer's queue is full.
pub struct Outbox {
    events: Sender<Event>,
    waiting: Backlog,
    wake: Wake,
    /// What the session's file is told beside the consumer.
    pub(in crate::engine) recording: Recording,
}

impl Outbox {
    pub(super) fn new(events: Sender<Event>, wake: Wake) -> Self {
        Self { events, waiting: Backlog::default(), wake, recording: Recording::default() }
    }

    /// Queues an event. What waits for a consumer that sleeps is merged and thinned, so that it stays bounded.
    pub fn push(&mut self, event: Event) {
        self.recording.tell(&event);
        self.waiting.push(event);
    }

    /// Queues an event that the session's file has already.
    pub(in crate::engine) fn repeat(&mut self, event: Event) {
        self.waiting.push(event);
    }

    /// Another consumer has come: what waits for the one before is not for it, and it is told so.
    pub(in crate::engine) fn begin_again(&mut self) {
        self.waiting = Backlog::default();
        self.waiting.push(Event::ToldAgain);
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
        while let Some(event) = self.waiting.pop() {
            match self.events.try_send(event) {
                Ok(()) => sent = true,
                Err(TrySendError::Full(event)) => {
                    self.waiting.put_back(event);
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
    use crate::engine::backlog::{MOST_MEASUREMENTS, step_event as step};
    use crate::engine::link::{QUEUE_LENGTH, link};
    use crate::protocol::{EvalRow, RunId, Speed};

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
            end.outbox.push(Event::Speed(Speed { steps_per_second: at as f64, ..Speed::default() }));
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
                    Event::Speed(told) => speed = told.steps_per_second,
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
}
