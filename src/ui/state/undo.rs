//! What can be taken back: turns of knobs, runs that were removed, presets that were deleted.

use std::time::{Duration, Instant};

use super::model::Model;
use super::preset::Preset;
use super::run_view::RunView;
use super::words;
use crate::config::KnobId;
use crate::protocol::RunId;

/// Turns of one knob that follow each other faster than this are one gesture.
const GESTURE: Duration = Duration::from_millis(1200);
/// Changes kept at most.
const MAX_CHANGES: usize = 200;

/// One turn of a knob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// The run.
    pub run: RunId,
    /// The knob.
    pub knob: KnobId,
    /// Value before.
    pub old: f64,
    /// Value after.
    pub new: f64,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Knobs that were turned together.
    Turns(Vec<Turn>),
    /// A run that was removed.
    Removal(RunId),
    /// A preset that was deleted, with its place among all.
    PresetGone(usize, Box<Preset>),
}

impl Change {
    /// What was done, in a few words.
    #[must_use]
    pub fn words(&self, model: &Model) -> String {
        let name = |id: RunId| {
            let removed = || model.removed.iter().find(|run| run.info.run == id);
            model.run(id).or_else(removed).map_or("a run that is gone", RunView::name)
        };
        match self {
            Self::Turns(turns) => match turns.as_slice() {
                [Turn { run, knob, old, new }] => format!(
                    "{} of {}, {} → {}",
                    words::symbol(*knob),
                    name(*run),
                    words::knob_value(*knob, *old),
                    words::knob_value(*knob, *new)
                ),
                [first, others @ ..] if others.iter().all(|turn| turn.run == first.run) => {
                    format!("{} knobs of {}", turns.len(), name(first.run))
                }
                [first, others @ ..] if others.iter().all(|turn| turn.knob == first.knob) => {
                    format!("{} of {} runs", words::symbol(first.knob), turns.len())
                }
                _ => format!("{} knobs", turns.len()),
            },
            Self::Removal(run) => format!("removing {}", name(*run)),
            Self::PresetGone(_, preset) => format!("deleting the preset {}", preset.name),
        }
    }
}

/// Changes that can be taken back, and those that were.
#[derive(Debug, Default)]
pub struct Undo {
    done: Vec<Change>,
    undone: Vec<Change>,
    last: Option<Instant>,
}

impl Undo {
    /// Takes a turn that the user made.
    pub fn push(&mut self, turn: Turn, now: Instant) {
        let is_same_gesture = self.last.is_some_and(|last| now.duration_since(last) < GESTURE);
        if is_same_gesture
            && let Some(Change::Turns(turns)) = self.done.last_mut()
            && let [last] = turns.as_mut_slice()
            && (last.run, last.knob) == (turn.run, turn.knob)
        {
            self.undone.clear();
            last.new = turn.new;
            if last.new == last.old {
                // There and back: nothing was done, and what comes next is a gesture of its own.
                self.done.pop();
                self.last = None;
                return;
            }
        } else {
            self.push_change(Change::Turns(vec![turn]));
        }
        self.last = Some(now);
    }

    /// Takes something that the user did, to be taken back as a whole.
    pub fn push_change(&mut self, change: Change) {
        if matches!(&change, Change::Turns(turns) if turns.is_empty()) {
            return;
        }
        self.undone.clear();
        self.last = None;
        if self.done.len() == MAX_CHANGES {
            self.done.remove(0);
        }
        self.done.push(change);
    }

    /// What would be taken back.
    #[must_use]
    pub fn to_undo(&self) -> Option<&Change> {
        self.done.last()
    }

    /// What would be made again.
    #[must_use]
    pub fn to_redo(&self) -> Option<&Change> {
        self.undone.last()
    }

    /// The last change has been taken back.
    pub fn step_back(&mut self) {
        self.undone.extend(self.done.pop());
        self.last = None;
    }

    /// It has been made again.
    pub fn step_forward(&mut self) {
        self.done.extend(self.undone.pop());
        self.last = None;
    }

    /// Follows runs to their new ids, and forgets what was done to runs that are gone.
    pub fn follow(&mut self, new_id: impl Fn(RunId) -> Option<RunId>) {
        let follow = |id: &mut RunId| {
            new_id(*id).is_some_and(|new| {
                *id = new;
                true
            })
        };
        for changes in [&mut self.done, &mut self.undone] {
            changes.retain_mut(|change| match change {
                Change::Turns(turns) => {
                    turns.retain_mut(|turn| follow(&mut turn.run));
                    !turns.is_empty()
                }
                Change::Removal(run) => follow(run),
                Change::PresetGone(..) => true,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(old: f64, new: f64) -> Turn {
        Turn { run: RunId(1), knob: KnobId::Sigma, old, new }
    }

    fn undone(undo: &mut Undo) -> Option<Change> {
        let change = undo.to_undo().cloned();
        undo.step_back();
        change
    }

    fn one(old: f64, new: f64) -> Option<Change> {
        Some(Change::Turns(vec![turn(old, new)]))
    }

    #[test]
    fn a_drag_is_one_turn() {
        let mut undo = Undo::default();
        let start = Instant::now();
        undo.push(turn(0.1, 0.2), start);
        undo.push(turn(0.2, 0.3), start + Duration::from_millis(100));
        undo.push(turn(0.3, 0.5), start + Duration::from_secs(5));
        assert_eq!(undone(&mut undo), one(0.3, 0.5));
        assert_eq!(undone(&mut undo), one(0.1, 0.3));
        assert_eq!(undone(&mut undo), None);
        assert_eq!(undo.to_redo().cloned(), one(0.1, 0.3));
        undo.step_forward();
        undo.push(turn(0.3, 0.4), start + Duration::from_secs(9));
        assert_eq!(undo.to_redo(), None);
        undo.follow(|run| (run != RunId(1)).then_some(run));
        assert_eq!(undo.to_undo(), None);
    }

    #[test]
    fn there_and_back_is_nothing() {
        let mut undo = Undo::default();
        let start = Instant::now();
        undo.push(turn(0.1, 0.2), start);
        undo.push(turn(0.2, 0.9), start + Duration::from_secs(5));
        undo.push(turn(0.9, 0.2), start + Duration::from_secs(6));
        assert_eq!(undo.to_undo().cloned(), one(0.1, 0.2));
        undo.push(turn(0.2, 0.4), start + Duration::from_millis(6100));
        assert_eq!(undone(&mut undo), one(0.2, 0.4));
    }

    #[test]
    fn what_was_turned_together_is_taken_back_together() {
        let mut undo = Undo::default();
        let other = Turn { run: RunId(2), ..turn(0.4, 0.2) };
        undo.push_change(Change::Turns(vec![turn(0.1, 0.2), other]));
        undo.push_change(Change::Turns(Vec::new()));
        assert_eq!(undone(&mut undo), Some(Change::Turns(vec![turn(0.1, 0.2), other])));
        undo.follow(|run| (run == RunId(2)).then_some(RunId(7)));
        assert_eq!(undo.to_redo(), Some(&Change::Turns(vec![Turn { run: RunId(7), ..other }])));
    }

    #[test]
    fn removals_are_forgotten_with_their_runs() {
        let mut undo = Undo::default();
        undo.push_change(Change::Removal(RunId(1)));
        undo.push_change(Change::Removal(RunId(2)));
        undo.follow(|run| (run == RunId(1)).then_some(run));
        assert_eq!(undo.to_undo(), Some(&Change::Removal(RunId(1))));
    }
}
