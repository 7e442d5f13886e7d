//! What the engine says of one run, put with what is known of it.

use std::time::Instant;

use super::run_view::{RunState, RunView};
use crate::protocol::Event;
use crate::ui::kit::format;

/// What is said of a run that has diverged, and what can be done.
#[must_use]
pub fn divergence(run: &RunView, event: &Event) -> Option<String> {
    let Event::Diverged { step, last_good_step, .. } = event else { return None };
    let (name, step, last) = (run.name(), format::grouped(*step), format::grouped(*last_good_step));
    let method = run.info.optimizer.spec();
    let noise = if method.has_noise {
        " or σ"
    } else if method.has_ascent {
        " or ρ"
    } else {
        ""
    };
    Some(format!(
        "{name} diverged at step {step}: its loss or a weight is not finite. It stands at step {last}, the last good one. \
         Lower its learning rate{noise}, then rewind it, or branch from an earlier step."
    ))
}

/// Takes what the engine says of a run.
pub fn take(run: &mut RunView, event: Event, now: Instant) {
    match event {
        Event::Steps { rows, .. } => {
            run.push_steps(&rows);
            // It was at the end of its schedule; another one lets it go on.
            if run.state == RunState::Finished {
                run.state = RunState::Training;
            }
        }
        // A branch that rests where it began is evaluated at the last step of its parent's rows.
        Event::Evaluated { row, .. } if run.evals.last().is_some_and(|last| last.step == row.step) => {}
        Event::Evaluated { row, .. } => run.push_eval(row),
        // A followed run may look at an earlier checkpoint.
        Event::Trace { row, .. } if run.is_followed() => run.traces.insert(row),
        Event::Eigen { row, .. } if run.is_followed() => run.eigens.insert(row),
        Event::LayerTrace { row, .. } if run.is_followed() => run.layers.insert(row),
        Event::Trace { row, .. } => run.traces.push(row),
        Event::Eigen { row, .. } => run.eigens.push(row),
        Event::LayerTrace { row, .. } => run.layers.push(row),
        Event::Followed { state, .. } => run.follow(state, now),
        Event::CheckpointsVoid { after, .. } => run.void_after(after),
        Event::Rewound { step, knobs, .. } => run.rewind(step, *knobs),
        Event::KnobTurned { edit, .. } => run.push_edit(edit, now),
        Event::KnobKept { knob, value, .. } => run.keep_knob(knob, value),
        Event::Finished { .. } => run.state = RunState::Finished,
        Event::Diverged { step, last_good_step, .. } => run.state = RunState::Diverged { step, last_good_step },
        _ => {}
    }
}
