//! Events that wait to be taken, in order and bounded: rows of the same run merge, of states the newest stays, and what gathers
//! beyond a limit is thinned as the window would thin it.

use std::collections::VecDeque;

use crate::protocol::{Event, RunId, StepRow};

/// Rows of one run that wait at most; beyond it every second one goes.
const MOST_ROWS: usize = 1 << 17;
/// Measurements that wait at most, of all runs together; beyond it every second one goes.
pub(super) const MOST_MEASUREMENTS: usize = 1 << 13;

/// Events that wait.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    waiting: VecDeque<Event>,
    /// How many were left when measurements among them were thinned last, since when something has waited.
    left: usize,
}

impl Backlog {
    /// Adds an event behind the others.
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
            Event::Speed(_) => self.waiting.retain(|waiting| !matches!(waiting, Event::Speed(_))),
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
        // Much of what was left may be answers to commands, which stay: they are not looked through again for each that follows.
        if self.waiting.len() > MOST_MEASUREMENTS.max(2 * self.left) {
            self.thin();
            self.left = self.waiting.len();
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
                Event::Evaluated { .. }
                    | Event::Trace { .. }
                    | Event::Eigen { .. }
                    | Event::StreamedTrace { .. }
                    | Event::StreamedEigen { .. }
                    | Event::LayerTrace { .. }
                    | Event::AlertNoted { .. }
            );
            index += usize::from(is_measurement);
            !is_measurement || index % 2 == 1
        });
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Events that wait.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes the oldest.
    pub fn pop(&mut self) -> Option<Event> {
        let oldest = self.waiting.pop_front();
        if self.waiting.is_empty() {
            self.left = 0;
        }
        oldest
    }

    /// Puts back what could not be handed over.
    pub fn put_back(&mut self, event: Event) {
        self.waiting.push_front(event);
    }
}

/// A step of a run, for tests.
#[cfg(test)]
pub(super) fn step_event(run: u32, step: u64) -> Event {
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

#[cfg(test)]
mod tests {
    use super::step_event as step;
    use super::*;
    use crate::config::KnobId;
    use crate::protocol::KnobEdit;

    #[test]
    fn rows_do_not_pass_what_has_to_find_the_run_as_it_was() {
        let mut backlog = Backlog::default();
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
            backlog.push(event);
        }
        let rows = |event: &Event| match event {
            Event::Steps { run, rows } => Some((run.0, rows.len())),
            _ => None,
        };
        let found: Vec<_> = backlog.waiting.iter().map(rows).collect();
        assert_eq!(found, [Some((1, 1)), Some((2, 2)), None, Some((1, 1)), None, Some((2, 1))]);
    }

    #[test]
    fn more_rows_than_a_window_keeps_are_thinned_and_the_newest_stays() {
        let mut backlog = Backlog::default();
        let last = 3 * MOST_ROWS as u64;
        (1..=last).for_each(|at| backlog.push(step(1, at)));
        let Some(Event::Steps { rows, .. }) = backlog.waiting.back() else { panic!("rows wait") };
        assert!(rows.len() <= MOST_ROWS && rows.last().is_some_and(|row| row.step == last));
        assert!(rows.windows(2).all(|pair| pair[0].step < pair[1].step));
    }
}
