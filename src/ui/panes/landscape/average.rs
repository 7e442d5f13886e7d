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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{AverageRow, EvalRow, Origin, Outcome, RunId, RunInfo};

    #[test]
    fn a_run_without_an_average_says_why_there_is_none() {
        let optimizer = OptimizerKind::Sgd;
        let info = RunInfo { run: RunId(0), optimizer, seed: 0, knobs: Knobs::of(optimizer), origin: Origin::Initial };
        let mut run = RunView::new(info);
        assert!(why_not(&run).unwrap().contains("keeps no average"));
        run.knobs.average = AverageKind::Swa;
        assert!(why_not(&run).unwrap().contains("has not begun yet"));
        let outcome = Outcome { loss: 1.0, accuracy: 0.5 };
        run.push_eval(EvalRow {
            step: 10,
            gradient_evaluations: 10,
            train_loss: 1.0,
            train_accuracy: 1.0,
            test_loss: 1.0,
            test_accuracy: 1.0,
            weight_norm: 1.0,
            validation: None,
            average: Some(AverageRow { train: outcome, validation: None, test: outcome, averaged: 1 }),
        });
        assert_eq!(why_not(&run), None);
    }
}
