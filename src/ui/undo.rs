//! Turns of knobs that can be taken back.

use std::time::{Duration, Instant};

use crate::config::KnobId;
use crate::protocol::RunId;

/// Turns of one knob that follow each other faster than this are one gesture.
const GESTURE: Duration = Duration::from_millis(1200);
/// Turns kept at most.
const MAX_TURNS: usize = 200;

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

/// Turns that can be taken back, and those that were.
#[derive(Debug, Default)]
pub struct Undo {
    done: Vec<Turn>,
    undone: Vec<Turn>,
    last: Option<Instant>,
}

impl Undo {
    /// Takes a turn that the user made.
    pub fn push(&mut self, turn: Turn, now: Instant) {
        self.undone.clear();
        let is_same_gesture = self.last.is_some_and(|last| now.duration_since(last) < GESTURE);
        self.last = Some(now);
        if let Some(last) = self.done.last_mut().filter(|last| (last.run, last.knob) == (turn.run, turn.knob))
            && is_same_gesture
        {
            last.new = turn.new;
            return;
        }
        if self.done.len() == MAX_TURNS {
            self.done.remove(0);
        }
        self.done.push(turn);
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

    /// The turn to take back: its knob goes to `old`.
    pub fn undo(&mut self) -> Option<Turn> {
        let turn = self.done.pop()?;
        self.undone.push(turn);
        self.last = None;
        Some(turn)
    }

    /// The turn to make again: its knob goes to `new`.
    pub fn redo(&mut self) -> Option<Turn> {
        let turn = self.undone.pop()?;
        self.done.push(turn);
        self.last = None;
        Some(turn)
    }

    /// Forgets turns of runs that are gone.
    pub fn retain(&mut self, is_there: impl Fn(RunId) -> bool) {
        self.done.retain(|turn| is_there(turn.run));
        self.undone.retain(|turn| is_there(turn.run));
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
        assert_eq!(undo.undo(), Some(turn(0.3, 0.5)));
        assert_eq!(undo.undo(), Some(turn(0.1, 0.3)));
        assert_eq!(undo.undo(), None);
        assert_eq!(undo.redo(), Some(turn(0.1, 0.3)));
        undo.push(turn(0.3, 0.4), start + Duration::from_secs(9));
        assert!(!undo.can_redo());
        undo.retain(|run| run != RunId(1));
        assert!(!undo.can_undo());
    }
}
