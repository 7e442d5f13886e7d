//! A look at the average of a run's weights: a run of its own that rests there.

use crate::config::AverageKind;
use crate::protocol::{Command, RunStart};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::state::notices::Level;
use crate::ui::state::run_view::RunView;

/// Why there is no average of a run to look at, in a sentence.
#[must_use]
pub fn why_not(run: &RunView) -> Option<&'static str> {
    let has_average = run.evals.last().is_some_and(|row| row.average.is_some());
    match run.knobs.average {
        _ if run.is_followed() => Some("The run is trained elsewhere, and no average of its weights is known."),
        _ if has_average => None,
        AverageKind::None => {
            Some("The run keeps no average of its weights. The knob “Average of weights” switches one on.")
        }
        AverageKind::Swa | AverageKind::Ema => Some("The average of the run’s weights has not begun yet."),
    }
}

/// Adds a run at the average of another one's weights, with its method and knobs. It rests at step 0: what trains is paused.
pub fn look(run: &RunView, seen: Seen<'_>, asks: &mut Asks) {
    if seen.model.is_playing {
        asks.run(UiCommand::PlayPause);
        asks.say(Level::Info, "Paused, so that the run at the average rests where it is.".to_owned());
    }
    asks.send(Command::AddRun {
        optimizer: run.info.optimizer,
        knobs: Box::new(run.knobs.clone()),
        start: RunStart::Average(run.info.run),
    });
}
