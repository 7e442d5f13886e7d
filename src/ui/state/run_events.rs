//! What the engine says of one run, put with what is known of it.

use std::time::Instant;

use super::run_view::{RunState, RunView};
use crate::protocol::{Event, RunRows};
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
        Event::Eigen { row, .. } => run.push_eigen(row),
        Event::StreamedTrace { row, .. } => run.streamed.push_trace(row),
        Event::StreamedEigen { row, .. } => run.push_streamed_eigen(row),
        Event::LayerTrace { row, .. } => run.layers.push(row),
        Event::Followed { state, .. } => run.follow(state, now),
        Event::CheckpointsVoid { after, .. } => run.void_after(after),
        Event::Rewound { step, knobs, .. } => run.rewind(step, *knobs),
        Event::KnobTurned { edit, .. } => run.push_edit(edit, now),
        Event::KnobKept { knob, value, .. } => run.keep_knob(knob, value),
        Event::AlertNoted { alert, .. } => run.push_alert(alert),
        Event::Finished { .. } => run.state = RunState::Finished,
        Event::Diverged { step, last_good_step, .. } => run.state = RunState::Diverged { step, last_good_step },
        _ => {}
    }
}

/// Takes a part of what a run of a session did before it was opened. Each turn of a knob is a mark of its own, and comes between
/// the steps as it did: the edge of stability is reckoned with the knobs of each step.
pub fn take_past(run: &mut RunView, rows: RunRows, now: Instant) {
    let mut steps = rows.steps.as_slice();
    for edit in rows.journal {
        let (before, after) = steps.split_at(steps.partition_point(|row| row.step <= edit.step));
        run.push_steps(before);
        run.take_edit(edit, now);
        steps = after;
    }
    run.push_steps(steps);
    rows.evals.into_iter().for_each(|row| run.push_eval(row));
    rows.traces.into_iter().for_each(|row| run.traces.push(row));
    rows.streamed_traces.into_iter().for_each(|row| run.streamed.push_trace(row));
    rows.layer_traces.into_iter().for_each(|row| run.layers.push(row));
    // Both kinds of ends in the order of their steps, by which crossings of the edge are found.
    let mut streamed = rows.streamed_eigens.into_iter().peekable();
    for row in rows.eigens {
        while let Some(before) = streamed.next_if(|streamed| streamed.step <= row.step) {
            run.push_streamed_eigen(before);
        }
        run.push_eigen(row);
    }
    streamed.for_each(|row| run.push_streamed_eigen(row));
    rows.alerts.into_iter().for_each(|alert| run.push_alert(alert));
    // What came while a connection was cut is new to this window.
    run.silent_until = run.seen_until.unwrap_or_else(|| run.step());
}
