//! What waits to be written. Rows of the same run merge, of what is replaced the newest stays, and what gathers while nothing
//! can be written is thinned as the file would thin it, so that it stays bounded; how much went is counted.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::protocol::{Event, LossGrid, RunId, StepRow};
use crate::report::results::RunResult;
use crate::report::tuning::Try;

use super::content::{Checkpoint, Measured, PathWeights};

/// Rows of one run that wait at most; beyond it every second one goes.
const MOST_ROWS: usize = 1 << 17;
/// Measurements that wait at most, of all runs together; beyond it every second one goes.
const MOST_MEASUREMENTS: usize = 1 << 13;
/// Slices of a run that wait at most.
const MOST_SLICES: usize = 4;
/// Checkpoints of a run that wait at most, beside those at which it starts: as many as have so many bytes, but two in any case.
const MOST_CHECKPOINTS: usize = 24;
const CHECKPOINT_BYTES: usize = 64 << 20;
/// Points of a run's path that wait at most.
const MOST_POINTS: usize = 32;

/// Something to be kept.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all entries are events")]
pub(super) enum Entry {
    Event(Event),
    Slice(Arc<LossGrid>),
    Checkpoint(Box<Checkpoint>),
    Path(RunId, PathWeights),
    Measured(Box<Measured>),
    Result(Box<RunResult>),
    Try(Box<Try>),
    Text(String, Option<String>),
}

impl Entry {
    /// What it is, for the beginning of a sentence.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Event(_) => "what the engine told",
            Self::Slice(_) => "a slice",
            Self::Checkpoint(_) => "a checkpoint",
            Self::Path(..) => "a point of a path",
            Self::Measured(_) => "a measurement",
            Self::Result(_) => "a result",
            Self::Try(_) => "a try",
            Self::Text(..) => "a text",
        }
    }

    /// Whether it belongs to the session whatever runs there are.
    const fn outlives_runs(&self) -> bool {
        matches!(self, Self::Result(_) | Self::Try(_) | Self::Text(..) | Self::Event(Event::Device { .. }))
    }

    /// Whether the file can do without it where there are many.
    const fn is_measurement(&self) -> bool {
        matches!(
            self,
            Self::Event(
                Event::Evaluated { .. }
                    | Event::Trace { .. }
                    | Event::Eigen { .. }
                    | Event::StreamedTrace { .. }
                    | Event::StreamedEigen { .. }
                    | Event::LayerTrace { .. }
                    | Event::AlertNoted { .. }
            )
        )
    }

    /// Whether an event belongs into the file; all others are of the moment.
    pub const fn is_kept(event: &Event) -> bool {
        matches!(
            event,
            Event::Device { .. }
                | Event::Started { .. }
                | Event::RunAdded(_)
                | Event::RunRemoved(_)
                | Event::RunRestored { .. }
                | Event::Rewound { .. }
                | Event::CheckpointsVoid { .. }
                | Event::Steps { .. }
                | Event::Evaluated { .. }
                | Event::Trace { .. }
                | Event::Eigen { .. }
                | Event::StreamedTrace { .. }
                | Event::StreamedEigen { .. }
                | Event::LayerTrace { .. }
                | Event::KnobTurned { .. }
                | Event::AlertNoted { .. }
                | Event::Finished { .. }
                | Event::Diverged { .. }
        )
    }
}

/// Entries in the order in which they were told.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    /// Entries among them that [`Entry::is_measurement`].
    num_measurements: usize,
    /// Rows, slices and checkpoints that were thinned out.
    pub num_thinned: u64,
}

impl Queue {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Forgets what waits, which is written.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.num_measurements = 0;
    }

    /// Takes all that waits in another queue.
    pub fn take(&mut self, other: &mut Self) {
        self.num_thinned += std::mem::take(&mut other.num_thinned);
        other.num_measurements = 0;
        if self.is_empty() {
            self.num_measurements = other.entries.iter().filter(|entry| entry.is_measurement()).count();
            std::mem::swap(&mut self.entries, &mut other.entries);
        } else {
            other.entries.drain(..).for_each(|entry| self.push(entry));
        }
    }

    /// Takes an entry.
    pub fn push(&mut self, entry: Entry) {
        let entry = match entry {
            Entry::Event(Event::Steps { run, rows }) => return self.push_steps(run, rows),
            Entry::Event(Event::Started { .. }) => {
                self.entries.retain(Entry::outlives_runs);
                self.num_measurements = 0;
                entry
            }
            Entry::Text(ref key, _) => {
                self.entries.retain(|waiting| !matches!(waiting, Entry::Text(other, _) if other == key));
                entry
            }
            entry => entry,
        };
        self.num_measurements += usize::from(entry.is_measurement());
        self.entries.push_back(entry);
        self.bound();
    }

    fn push_steps(&mut self, run: RunId, rows: Vec<StepRow>) {
        let Some(waiting) = self.rows_of(run) else {
            self.entries.push_back(Entry::Event(Event::Steps { run, rows }));
            return;
        };
        waiting.extend_from_slice(&rows);
        if waiting.len() > MOST_ROWS {
            let before = waiting.len();
            halve(waiting);
            let gone = (before - waiting.len()) as u64;
            self.num_thinned += gone;
        }
    }

    /// Rows of a run that wait and may be continued: nothing has come after them that has to find them as they are.
    fn rows_of(&mut self, id: RunId) -> Option<&mut Vec<StepRow>> {
        for entry in self.entries.iter_mut().rev() {
            let Entry::Event(event) = entry else { continue };
            match event {
                Event::Steps { run, rows } if *run == id => return Some(rows),
                Event::Started { .. } | Event::RunAdded(_) | Event::RunRemoved(_) => return None,
                Event::Rewound { run, .. } | Event::CheckpointsVoid { run, .. } if *run == id => return None,
                _ => {}
            }
        }
        None
    }

    /// Thins what has become too many by the entry that came last.
    fn bound(&mut self) {
        let Some(last) = self.entries.back() else { return };
        match last {
            Entry::Slice(grid) => {
                let id = grid.run;
                self.thin(MOST_SLICES, move |entry| matches!(entry, Entry::Slice(grid) if grid.run == id));
            }
            Entry::Checkpoint(new) if !new.is_start => {
                let id = new.run;
                let is_one =
                    move |entry: &Entry| matches!(entry, Entry::Checkpoint(one) if one.run == id && !one.is_start);
                let bytes: usize = new.arrays.iter().map(|(_, values)| 4 * values.len()).sum();
                self.thin((CHECKPOINT_BYTES / bytes.max(1)).clamp(2, MOST_CHECKPOINTS), is_one);
            }
            Entry::Path(run, _) => {
                let id = *run;
                self.thin(MOST_POINTS, move |entry| matches!(entry, Entry::Path(run, _) if *run == id));
            }
            entry if entry.is_measurement() && self.num_measurements > MOST_MEASUREMENTS => {
                self.thin(MOST_MEASUREMENTS, Entry::is_measurement);
                self.num_measurements = self.entries.iter().filter(|entry| entry.is_measurement()).count();
            }
            _ => {}
        }
    }

    /// Where more than `most` entries are of a sort, every second one of them goes, but not the last.
    fn thin(&mut self, most: usize, is_of_sort: impl Fn(&Entry) -> bool) {
        let count = self.entries.iter().filter(|entry| is_of_sort(entry)).count();
        if count <= most {
            return;
        }
        let mut index = 0;
        self.entries.retain(|entry| {
            let is_one = is_of_sort(entry);
            index += usize::from(is_one);
            !is_one || index % 2 == 1 || index == count
        });
        let left = self.entries.iter().filter(|entry| is_of_sort(entry)).count();
        self.num_thinned += (count - left) as u64;
    }
}

/// Drops every second row but the last.
fn halve(rows: &mut Vec<StepRow>) {
    let last = rows.len();
    let mut index = 0;
    rows.retain(|_| {
        index += 1;
        index % 2 == 1 || index == last
    });
}
