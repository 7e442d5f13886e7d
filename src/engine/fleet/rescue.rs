//! Runs that outlive their device: each is copied to the host now and then, and goes on from its last copy elsewhere.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::look::Look;
use crate::engine::sink::Sink;
use crate::model::Compute;
use crate::protocol::{Event, RunId};
use crate::train::{HostCopy, Task, TaskError};

use super::Fleet;
use super::live::LiveRun;

/// Time between two copies: what a lost device costs at most.
const COPY_INTERVAL: Duration = Duration::from_secs(2);

/// Why runs go on elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Their device is lost.
    Lost,
    /// The user has asked for another one.
    Asked,
}

impl Fleet {
    /// Whether any run has trained, or stands where a checkpoint was read, or was removed after that.
    pub fn has_begun(&self) -> bool {
        let has_begun = |live: &LiveRun| live.run.steps() > 0 || (live.followed.is_some() && live.has_weights());
        self.has_errand() || !self.removed.is_empty() || self.runs.iter().any(has_begun)
    }

    /// Copies all runs to the host as they stand now, removed ones too.
    pub fn copy_now(&mut self) {
        let removed = self.removed.iter_mut().map(|(_, live)| live);
        self.runs.iter_mut().chain(removed).for_each(|live| live.copy = Some(live.run.host_copy()));
        self.copied = Some(Instant::now());
    }

    /// Copies runs to the host that are new, or have moved since their last copy a while ago.
    pub fn keep_copies(&mut self) {
        let is_time = self.copied.is_none_or(|copied| copied.elapsed() >= COPY_INTERVAL);
        let is_due = |live: &LiveRun| live.copy.as_ref().is_none_or(|copy| is_time && copy.step != live.run.steps());
        for live in self.runs.iter_mut().filter(|live| is_due(live)) {
            live.copy = Some(live.run.host_copy());
        }
        if is_time {
            self.copied = Some(Instant::now());
        }
    }

    /// The same runs on another device, each where its last copy stood and with the knobs that it had then; those without a
    /// copy are left out. Nothing is read from the old device.
    ///
    /// # Errors
    /// When the examples can no longer be had.
    pub fn moved(&self, compute: Compute) -> Result<Self, TaskError> {
        let task = Arc::new(Task::new(Arc::clone(&self.task.experiment), self.task.seed, compute)?);
        let mut fleet = Self {
            view: self.view,
            started_with: self.started_with,
            pace: self.pace,
            revision: self.revision + 1,
            ..Self::without_runs(task, self.settings, &self.ids)
        };
        for (live, copy) in self.runs.iter().filter_map(|live| Some((live, live.copy.as_ref()?))) {
            let moved = fleet.moved_run(live, copy);
            fleet.runs.push(moved);
        }
        for (place, live) in &self.removed {
            if let Some(copy) = &live.copy {
                let moved = fleet.moved_run(live, copy);
                fleet.removed.push_back((*place, moved));
            }
        }
        Ok(fleet)
    }

    fn moved_run(&self, live: &LiveRun, copy: &HostCopy) -> LiveRun {
        let seed = live.run.task().seed;
        let is_common = seed == self.task.seed;
        let task = if is_common { Arc::clone(&self.task) } else { Arc::new(self.task.with_seed(seed)) };
        if let Some(folder) = live.folder() {
            let mut again = self.following(folder, live.run.knobs().clone());
            again.id = live.id;
            return again;
        }
        let look = Look::new(self.view, self.settings.layer_traces).live();
        let moved = LiveRun::new(live.id, live.run.moved(copy, task), look, live.origin.clone());
        moved.continuing(live, copy.clone())
    }

    /// The ids of all runs.
    pub fn ids(&self) -> impl Iterator<Item = RunId> {
        self.runs.iter().map(|live| live.id)
    }

    /// Whether there is any run.
    pub fn has_runs(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Tells where the runs of `old` are now, gives them the knobs that they had last, and says what was lost.
    pub fn announce_move(&mut self, old: &Self, why: Move, sink: &mut Sink) {
        let mut most_lost = 0;
        self.void_followed(sink);
        for live in self.runs.iter_mut().filter(|live| live.followed.is_none()) {
            let (run, step) = (live.id, live.run.steps());
            sink.slots.remove_noise(run);
            sink.outbox.push(Event::Rewound { run, step, knobs: Box::new(live.run.knobs().clone()) });
            let Some(before) = old.runs.iter().find(|before| before.id == run) else { continue };
            most_lost = most_lost.max(before.run.steps() - step);
            for edit in live.run.take_knobs(before.run.knobs()) {
                sink.outbox.push(Event::KnobTurned { run, edit });
            }
            live.arrive(sink);
        }
        let gone: Vec<_> = old.runs.iter().map(|live| live.id).filter(|id| self.find(*id).is_err()).collect();
        for run in &gone {
            sink.slots.remove(*run);
            sink.outbox.push(Event::RunRemoved(*run));
        }
        let steps = match most_lost {
            0 => "no step is lost".to_owned(),
            1 => "at most 1 step of each is computed again".to_owned(),
            most => format!("at most {most} steps of each are computed again"),
        };
        let without = match gone.len() {
            0 => String::new(),
            1 => "; 1 run that had just begun is gone".to_owned(),
            count => format!("; {count} runs that had just begun are gone"),
        };
        sink.outbox.push(match why {
            Move::Lost => Event::Warning(format!(
                "the device of the runs was lost; they go on from copies in memory, {steps}{without}, and they cannot be \
                 rewound further back"
            )),
            Move::Asked => Event::Note(
                "The runs go on on the other device from the steps at which they stand, and cannot be rewound further back."
                    .to_owned(),
            ),
        });
        // The examples were read again.
        let is_other = self.task.files != old.task.files;
        sink.warn(is_other.then(|| {
            "files of the experiment have changed since it was loaded: the runs do not go on bit for bit".to_owned()
        }));
        let problem = self.planes.ask(self.view.plane, &self.task, &self.runs);
        sink.warn(problem);
    }
}
