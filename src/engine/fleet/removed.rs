//! Runs that go and may come back. A removed run is kept as it stands, the last few of them, so that a slip costs nothing.

use crate::engine::sink::Sink;
use crate::protocol::{Event, MOST_RUNS, REMOVED_RUNS_KEPT, RunId};

use super::Fleet;
use super::starts::too_many;

impl Fleet {
    /// Puts a run aside. The last one stays.
    pub fn remove_run(&mut self, id: RunId, sink: &mut Sink) {
        let Some(index) = self.runs.iter().position(|live| live.id == id) else { return };
        if self.runs.len() == 1 {
            sink.outbox.push(Event::Warning("the last run stays; add another one first".to_owned()));
            return;
        }
        self.stay(id, sink);
        let live = self.runs.remove(index);
        self.removed.push_back((index, live));
        if self.removed.len() > REMOVED_RUNS_KEPT {
            self.removed.pop_front();
        }
        self.prediction = self.prediction.filter(|(run, ..)| *run != id);
        self.revision += 1;
        sink.slots.remove(id);
        sink.outbox.push(Event::RunRemoved(id));
    }

    /// Brings a removed run back to its place; a warning says why not.
    pub fn restore_run(&mut self, id: RunId, sink: &mut Sink) {
        if let Err(reason) = self.try_restore(id, sink) {
            sink.outbox.push(Event::Warning(format!("no run came back: {reason}")));
        }
    }

    fn try_restore(&mut self, id: RunId, sink: &mut Sink) -> Result<(), String> {
        if self.num_runs() >= MOST_RUNS {
            return Err(too_many());
        }
        let kept = self.removed.iter().position(|(_, live)| live.id == id).and_then(|at| self.removed.remove(at));
        let (place, mut live) = kept.ok_or("it was removed too long ago, or the runs were reset since")?;
        live.come_back(self.view, self.settings.layer_traces);
        let place = place.min(self.runs.len());
        self.runs.insert(place, live);
        self.revision += 1;
        sink.outbox.push(Event::RunRestored { run: id, place });
        Ok(())
    }
}
