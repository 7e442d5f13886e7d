//! How far a run is and how it came there, in words for what is saved: its knobs now would mislead where they were turned.

use super::model::Model;
use super::origin::origin_words;
use super::run_view::{Best, Crossing, EditMark, RunView};
use super::words;
use crate::protocol::{Averaged, Origin};
use crate::ui::kit::format;

/// A run's name, its knobs now, its seed and step, what it continues, and the last turns of its knobs.
#[must_use]
pub fn course(model: &Model, run: &RunView, most_turns: usize) -> String {
    let (name, knobs, seed, step) = (run.name(), run.knob_summary(), run.info.seed, format::grouped(run.step()));
    let noun = run.step_noun();
    let mut words = vec![match run.is_followed() {
        true => format!("{name} ({knobs}) {noun} {step}"),
        false => format!("{name} ({knobs}, seed {seed}) {noun} {step}"),
    }];
    if run.info.origin != Origin::Initial {
        words.push(origin_words(model, run));
    }
    words.extend(average(run).map(|average| format!("with its {}", average.words())));
    words.extend(run.best_validation().map(|Best { step, loss }| {
        format!("least validation loss {} at {noun} {}", format::number(loss), format::grouped(step))
    }));
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

/// What the average of its weights is, where it keeps one.
fn average(run: &RunView) -> Option<Averaged> {
    let row = run.evals.last()?.average?;
    Averaged::new(run.knobs.average, run.knobs.average_beta, row.averaged)
}

/// A turn of a knob in words: σ 0.05 → 0.11.
#[must_use]
pub fn change(edit: &EditMark) -> String {
    format!(
        "{} {} → {}",
        words::symbol(edit.knob),
        words::knob_value(edit.knob, edit.old),
        words::knob_value(edit.knob, edit.new)
    )
}

/// A passage of the edge of stability in words, without its full stop; `name` is the run's.
#[must_use]
pub fn passage(name: &str, crossing: &Crossing) -> String {
    let of = match crossing.streamed {
        Some(examples) => format!("streamed, of the first {} examples", format::grouped(examples as u64)),
        None => "of the measured subset".to_owned(),
    };
    format!(
        "{name}: λmax {} ({of}) is beyond the edge of stability {} at step {}",
        format::number(crossing.lambda_max),
        format::number(crossing.edge),
        format::grouped(crossing.step)
    )
}
