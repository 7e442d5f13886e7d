//! Turns of knobs that can be taken back.

use std::time::{Duration, Instant};

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

/// Changes that can be taken back, and those that were. A change is one turn, or several that were made together.
#[derive(Debug, Default)]
pub struct Undo {
    done: Vec<Vec<Turn>>,
    undone: Vec<Vec<Turn>>,
    last: Option<Instant>,
}

impl Undo {
    /// Takes a turn that the user made.
    pub fn push(&mut self, turn: Turn, now: Instant) {
        let is_same_gesture = self.last.is_some_and(|last| now.duration_since(last) < GESTURE);
        if is_same_gesture
            && let Some([last]) = self.done.last_mut().map(Vec::as_mut_slice)
            && (last.run, last.knob) == (turn.run, turn.knob)
        {
            self.undone.clear();
            last.new = turn.new;
        } else {
            self.push_group(vec![turn]);
        }
        self.last = Some(now);
    }

    /// Takes turns that the user made together, to be taken back together.
    pub fn push_group(&mut self, turns: Vec<Turn>) {
        if turns.is_empty() {
            return;
        }
        self.undone.clear();
        self.last = None;
        if self.done.len() == MAX_CHANGES {
            self.done.remove(0);
        }
        self.done.push(turns);
    }

    /// Whether there is anything to take back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether there is anything to make again.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// The turns to take back, in this order: each knob goes to `old`.
    pub fn undo(&mut self) -> Vec<Turn> {
        let Some(turns) = self.done.pop() else { return Vec::new() };
        self.undone.push(turns.clone());
        self.last = None;
        turns.into_iter().rev().collect()
    }

    /// The turns to make again: each knob goes to `new`.
    pub fn redo(&mut self) -> Vec<Turn> {
        let Some(turns) = self.undone.pop() else { return Vec::new() };
        self.done.push(turns.clone());
        self.last = None;
        turns
    }

    /// Follows runs to their new ids, and forgets turns of runs that are gone.
    pub fn follow(&mut self, new_id: impl Fn(RunId) -> Option<RunId>) {
        for changes in [&mut self.done, &mut self.undone] {
            for turns in changes.iter_mut() {
                turns.retain_mut(|turn| {
                    new_id(turn.run).is_some_and(|run| {
                        turn.run = run;
                        true
                    })
                });
            }
            changes.retain(|turns| !turns.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(old: f64, new: f64) -> Turn {
        Turn { run: RunId(1), knob: KnobId::Sigma, old, new }
    }

    #[test]
    fn a_drag_is_one_turn() {
        let mut undo = Undo::default();
        let start = Instant::now();
        undo.push(turn(0.1, 0.2), start);
        undo.push(turn(0.2, 0.3), start + Duration::from_millis(100));
        undo.push(turn(0.3, 0.5), start + Duration::from_secs(5));
        assert_eq!(undo.undo(), [turn(0.3, 0.5)]);
        assert_eq!(undo.undo(), [turn(0.1, 0.3)]);
        assert_eq!(undo.undo(), []);
        assert_eq!(undo.redo(), [turn(0.1, 0.3)]);
        undo.push(turn(0.3, 0.4), start + Duration::from_secs(9));
        assert!(!undo.can_redo());
        undo.follow(|run| (run != RunId(1)).then_some(run));
        assert!(!undo.can_undo());
    }

    #[test]
    fn what_was_turned_together_is_taken_back_together() {
        let mut undo = Undo::default();
        let other = Turn { run: RunId(2), ..turn(0.4, 0.2) };
        undo.push_group(vec![turn(0.1, 0.2), other]);
        undo.push_group(Vec::new());
        assert_eq!(undo.undo(), [other, turn(0.1, 0.2)]);
        undo.follow(|run| (run == RunId(2)).then_some(RunId(7)));
        assert_eq!(undo.redo(), [Turn { run: RunId(7), ..other }]);
    }
}
