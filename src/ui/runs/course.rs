//! How far a run is and how it came there, in words for what is saved: its knobs now would mislead where they were turned.

use super::origin::origin_words;
use crate::protocol::Origin;
use crate::ui::charts::change;
use crate::ui::format;
use crate::ui::model::Model;
use crate::ui::run_view::RunView;

/// A run's name, its knobs now, its seed and step, what it continues, and the last turns of its knobs.
#[must_use]
pub fn course(model: &Model, run: &RunView, most_turns: usize) -> String {
    let (name, knobs, seed, step) = (run.name(), run.knob_summary(), run.info.seed, format::grouped(run.step()));
    let mut words = vec![format!("{name} ({knobs}, seed {seed}) step {step}")];
    if run.info.origin != Origin::Initial {
        words.push(origin_words(model, run));
    }
    let left_out = run.edits.len().saturating_sub(most_turns);
    match left_out {
        0 => {}
        1 => words.push("1 earlier turn of a knob".to_owned()),
        count => words.push(format!("{count} earlier turns of knobs")),
    }
    let turns = run.edits[left_out..].iter();
    words.extend(turns.map(|edit| format!("{} at step {}", change(edit), format::grouped(edit.step))));
    words.join(", ")
}
