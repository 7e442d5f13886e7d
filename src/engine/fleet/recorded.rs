//! What a session's file is given of the runs: states that they can go on from, and points of their paths.

use std::sync::Arc;
use std::time::Instant;

use crate::engine::recording::Recording;
use crate::engine::sink::Sink;
use crate::protocol::{AlertRow, Event, RunId};
use crate::session::files::NamedFiles;
use crate::session::store::PathWeights;

use super::Fleet;
use super::live::LiveRun;

impl Fleet {
    /// The files that its experiment names.
    pub fn files(&self) -> Arc<NamedFiles> {
        Arc::clone(&self.task.files)
    }

    /// Tells of the runs as they are now, for a file that has not heard of them.
    pub fn begin_record(&self, recording: &mut Recording) {
        recording.tell(&self.started(self.runs.iter().map(LiveRun::info).collect()));
    }

    /// Keeps what an alert of the consumer's said of a run. One of a step that the run went back before, or of a run of an earlier
    /// experiment, is void.
    pub fn note_alert(&self, id: RunId, alert: AlertRow, sink: &mut Sink) {
        let is_known = |live: &&LiveRun| live.followed.is_some() || alert.step <= live.run.steps();
        if self.find(id).ok().filter(is_known).is_some() {
            sink.outbox.push(Event::AlertNoted { run: id, alert });
        }
    }

    /// Gives the states of the runs that have moved since the last ones.
    pub fn record(&mut self, recording: &mut Recording) {
        let begun = Instant::now();
        self.runs.iter_mut().filter(|live| live.followed.is_none()).for_each(|live| live.record(recording));
        recording.states_made(begun.elapsed());
    }
}

impl LiveRun {
    fn record(&mut self, recording: &mut Recording) {
        let (has_start, mut last) = self.recorded;
        let step = self.run.steps();
        if !has_start && let Some(start) = self.history.last_start(&self.run) {
            last = Some(start.steps());
            recording.checkpoint(start.host_copy().to_checkpoint(self.id, true));
        }
        if last != Some(step) {
            let checkpoint = match self.copy.as_ref().filter(|copy| copy.step == step) {
                Some(copy) => copy.to_checkpoint(self.id, false),
                None => self.run.host_copy().to_checkpoint(self.id, false),
            };
            recording.checkpoint(checkpoint);
        }
        self.recorded = (true, Some(step));
    }

    /// Gives the newest point of its path, before which one in so many was kept.
    pub fn record_point(&self, stride: u64, sink: &mut Sink) {
        let Some(point) = self.path.checkpoints().last() else { return };
        sink.outbox.recording.point(self.id, || PathWeights {
            step: point.step,
            train_loss: point.train_loss,
            test_loss: point.test_loss,
            stride,
            weights: point.weights.clone(),
        });
    }
}
