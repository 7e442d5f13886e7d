//! Whose turn it is to be measured, what training waits for, and where what was measured goes.

use std::sync::Arc;
use std::time::Duration;

use super::Fleet;
use super::live::LiveRun;
use crate::config::Pace;
use crate::engine::look::{Awaited, Kind, Mark, Scene, Seen, noise_length};
use crate::engine::sink::Sink;
use crate::protocol::{Event, Waiting};

/// While runs train each has a picture about so soon after the one before, all of them together.
const PATIENCE: Duration = Duration::from_millis(800);

/// What training waits for: a measurement of one of the runs.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Wait {
    index: usize,
    awaited: Awaited,
}

impl Wait {
    pub const fn told(self) -> Waiting {
        match self.awaited {
            Awaited::Slice => Waiting::TrainingForSlice,
            Awaited::Curvature => Waiting::TrainingForCurvature,
        }
    }
}

impl Fleet {
    /// What training waits for now, where it waits for measurements at all: a run within its budget is not to outrun them.
    pub fn awaited(&self) -> Option<Wait> {
        if self.pace == Pace::Free {
            return None;
        }
        let generation = self.planes.current().generation;
        self.runs
            .iter()
            .enumerate()
            .filter(|(_, live)| live.is_active() && !live.run.budget_is_spent())
            .find_map(|(index, live)| live.look.awaited(&live.run, generation).map(|awaited| Wait { index, awaited }))
    }

    /// Whether anything is not measured yet, while runs train or rest.
    pub fn can_look(&self, trains: bool) -> bool {
        self.planes.is_solving()
            || self.runs.iter().any(|live| self.has_checkpoint(live))
            || self.runs.iter().any(|live| self.has_look_work(live, trains))
            || self.planes.is_stale(&self.runs, self.view.follow)
    }

    fn has_look_work(&self, live: &LiveRun, trains: bool) -> bool {
        live.has_weights() && (self.next_kind(live, trains, None).is_some() || live.look.is_due(self.revision))
    }

    /// Whether anything is to be measured where a run rests.
    pub(super) fn has_measures(&self, live: &LiveRun) -> bool {
        self.next_kind(live, false, None).is_some()
    }

    /// What is to be measured next of a run.
    fn next_kind(&self, live: &LiveRun, trains: bool, awaited: Option<Awaited>) -> Option<Kind> {
        let patience = self.patience(live, trains);
        live.look.next(&live.run, self.planes.current().generation, patience, awaited)
    }

    /// Within what time a run is to have its next slice; `None` where it rests.
    fn patience(&self, live: &LiveRun, trains: bool) -> Option<Duration> {
        let moving = self.runs.iter().filter(|live| live.is_active()).count() as u32;
        (trains && live.is_active()).then(|| PATIENCE / moving.max(1))
    }

    /// One unit of measurement: of what training waits for, else the runs take turns. Whether something was found.
    pub fn look_one(&mut self, trains: bool, wait: Option<Wait>, sink: &mut Sink) -> bool {
        if self.take_checkpoint(sink) {
            return true;
        }
        let plane_first = self.planes.is_waiting() || !self.plane_had_turn;
        self.plane_had_turn = self.planes.is_solving() && plane_first;
        if self.plane_had_turn {
            let problem = self.planes.advance();
            sink.warn(problem);
            return false;
        }
        let count = self.runs.len();
        let turn = (0..count).map(|i| (self.next_look + i) % count);
        let index = wait.map(|wait| wait.index);
        let index = index.or_else(|| turn.into_iter().find(|&i| self.has_look_work(&self.runs[i], trains)));
        let Some(index) = index else {
            let problem = self.planes.renew_if_stale(&self.runs, self.view.follow);
            sink.warn(problem);
            return false;
        };
        if self.runs[index].look.is_due(self.revision) {
            self.next_look = index + 1;
            self.show(index, sink);
            return false;
        }
        let found = self.measure(index, trains, wait.map(|wait| wait.awaited), sink);
        // A figure that is of an earlier step with every unit that it waits is completed first.
        self.next_look = if self.runs[index].look.is_urgent(trains) { index } else { index + 1 };
        found
    }

    /// One unit of measurement of a run. Whether something was found.
    fn measure(&mut self, index: usize, trains: bool, awaited: Option<Awaited>, sink: &mut Sink) -> bool {
        let live = &self.runs[index];
        let (run, patience) = (live.id, self.patience(live, trains));
        let Some(kind) = self.next_kind(live, trains, awaited) else { return false };
        if live.look.begins_slice(kind) {
            let problem = self.planes.begin_cycle(run, &self.runs, self.view.follow);
            sink.warn(problem);
            if self.planes.is_waiting() {
                return false;
            }
        }
        let live = &mut self.runs[index];
        let Some(seen) = live.look.advance(kind, &live.run, self.planes.current(), patience) else { return false };
        let event = match seen {
            Seen::Level { .. } => {
                self.show(index, sink);
                return true;
            }
            Seen::Trace(row) => Event::Trace { run, row },
            Seen::Eigen(row) => Event::Eigen { run, row },
            Seen::Layers(row) => Event::LayerTrace { run, row },
            Seen::StreamedTrace(row) => Event::StreamedTrace { run, row },
            Seen::StreamedEigen(row) => Event::StreamedEigen { run, row },
        };
        sink.outbox.push(event);
        true
    }

    /// Shows the newest slice of a run with all runs where they are now.
    fn show(&mut self, index: usize, sink: &mut Sink) {
        // What lies on a picture has the loss that the picture shows, also where another one is asked for by now.
        let examples = self.runs[index].look.shown_examples().unwrap_or(self.view.examples);
        let live = &mut self.runs[index];
        let (own, average) = (live.mark(true, examples), live.average.get(&live.run, examples));
        let others = self.runs.iter_mut().enumerate().filter(|(i, live)| *i != index && live.has_weights());
        let others: Vec<Mark> = others.map(|(_, live)| live.mark(false, examples)).collect();
        // Marks of a moment ago leave the picture due, so that it is right when all runs rest.
        let is_of_now = |mark: &Mark| self.runs.iter().any(|live| live.id == mark.run && live.run.steps() == mark.step);
        let are_of_now =
            others.iter().chain([&own]).all(is_of_now) && average.as_ref().is_none_or(|mark| mark.step == own.step);
        let revision = if are_of_now { self.revision } else { self.revision.wrapping_sub(1) };
        let live = &mut self.runs[index];
        let noise = noise_length(&live.run);
        let scene = Scene { path: &live.path, own: &own, others: &others, average, noise, revision };
        if let Some(grid) = live.look.picture(&scene) {
            let grid = Arc::new(grid);
            sink.outbox.recording.slice(&grid);
            sink.slots.put_grid(grid);
            sink.outbox.wake();
        }
    }
}
