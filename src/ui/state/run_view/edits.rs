//! Turns of knobs: as the charts mark them, and as the controls show them before the engine has confirmed them.

use std::time::{Duration, Instant};

use super::RunView;
use crate::config::KnobId;
use crate::protocol::KnobEdit;

/// Turns of one knob that follow each other faster than this are one gesture and get one marker.
const GESTURE: Duration = Duration::from_millis(1200);

/// A turn of a knob as the charts mark it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EditMark {
    /// Steps done when it began.
    pub step: u64,
    /// Gradient evaluations spent then.
    pub gradient_evaluations: u64,
    /// The knob.
    pub knob: KnobId,
    /// Value before.
    pub old: f64,
    /// Value after.
    pub new: f64,
    at: Instant,
}

impl RunView {
    /// Shows a value at once, before the engine confirms it, so that a dragged control does not jump back.
    pub fn expect_knob(&mut self, knob: KnobId, value: f64) {
        if self.knobs.set(knob, value).is_ok() {
            self.pending.insert(knob, value);
        }
    }

    /// Takes the engine's word that a knob was not turned.
    pub fn keep_knob(&mut self, knob: KnobId, value: f64) {
        self.pending.remove(&knob);
        self.edge.turn(knob, value);
        let _ = self.knobs.set(knob, value);
    }

    /// Takes the engine's word that a knob was turned.
    pub fn push_edit(&mut self, edit: KnobEdit, now: Instant) {
        self.edge.turn(edit.knob, edit.new);
        match self.pending.get(&edit.knob) {
            // An earlier value of a drag that went on: the newest is still under way.
            Some(value) if *value != edit.new => {}
            _ => {
                self.pending.remove(&edit.knob);
                // The engine has checked the value; one out of range here would only not be shown.
                let _ = self.knobs.set(edit.knob, edit.new);
            }
        }
        if let Some(last) = self.edits.last_mut()
            && last.knob == edit.knob
            && now.duration_since(last.at) < GESTURE
        {
            last.new = edit.new;
            last.at = now;
            return;
        }
        self.mark(edit, now);
    }

    /// Takes a turn of a session that was opened: of a gesture nothing is known any more.
    pub fn take_edit(&mut self, edit: KnobEdit, now: Instant) {
        self.edge.turn(edit.knob, edit.new);
        // The engine has checked the value; one out of range here would only not be shown.
        let _ = self.knobs.set(edit.knob, edit.new);
        match self.edits.last_mut() {
            Some(last) if (last.knob, last.step) == (edit.knob, edit.step) => last.new = edit.new,
            _ => self.mark(edit, now),
        }
    }

    fn mark(&mut self, KnobEdit { step, knob, old, new }: KnobEdit, at: Instant) {
        let gradient_evaluations = self.evaluations_at(step);
        self.edits.push(EditMark { step, gradient_evaluations, knob, old, new, at });
    }

    /// The newest turn of a knob.
    #[must_use]
    pub fn last_edit(&self, knob: KnobId) -> Option<&EditMark> {
        self.edits.iter().rev().find(|edit| edit.knob == knob)
    }
}
