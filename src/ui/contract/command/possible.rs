//! Whether a command can be done now, and if not, why.

use super::UiCommand;
use crate::config::AverageKind;
use crate::ui::contract::seen::Seen;
use crate::ui::state::folder_view::ELSEWHERE;
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::run_view::RunView;

impl UiCommand {
    /// Whether it can be done now.
    #[must_use]
    pub fn is_enabled(self, seen: Seen<'_>) -> bool {
        self.why_not(seen).is_none()
    }

    /// Why it cannot be done now, in a sentence or two; `None` when it can, as far as all panes see it. A pane may know a
    /// reason of its own, see [`PaneUi::why_not`](crate::ui::contract::pane_ui::PaneUi::why_not).
    #[must_use]
    pub fn why_not(self, seen: Seen<'_>) -> Option<String> {
        let of_run = seen.selected_run().and_then(|run| self.why_not_followed(run));
        let now = || self.why_not_now(seen).map(str::to_owned);
        of_run.or_else(now).or_else(|| self.why_not_kept(seen, seen.selected_run()?).map(str::to_owned))
    }

    /// The same of a command about runs, where it is done to another one than the selected.
    #[must_use]
    pub fn why_not_of(self, seen: Seen<'_>, run: &RunView) -> Option<String> {
        let now = || self.why_not_now(seen).map(str::to_owned);
        self.why_not_followed(run).or_else(now).or_else(|| self.why_not_kept(seen, run).map(str::to_owned))
    }

    /// Why it cannot be done to a run that is trained elsewhere.
    fn why_not_followed(self, run: &RunView) -> Option<String> {
        let folder = run.followed.as_ref()?;
        let is_empty = folder.state.at.is_none();
        match self {
            Self::Rewind => Some(format!("{ELSEWHERE} Choose a checkpoint of it at the left instead.")),
            Self::SweepKnob(_) => Some(format!("{ELSEWHERE} It has no knobs here.")),
            Self::DuplicateRun | Self::StartAtAverage | Self::StartAtBest => {
                Some(format!("{ELSEWHERE} Branch from a checkpoint of it instead."))
            }
            Self::BranchHere | Self::BranchFromStep | Self::SaveWeights | Self::FineTune if is_empty => {
                Some(format!("No checkpoint of {} has been read yet.", folder.name()))
            }
            _ => None,
        }
    }

    /// Why there are no weights of a run that it could start from.
    fn why_not_kept(self, seen: Seen<'_>, run: &RunView) -> Option<&'static str> {
        let rows = run.evals.rows();
        match self {
            Self::StartAtAverage if run.evals.last().is_some_and(|row| row.average.is_some()) => None,
            Self::StartAtAverage if run.knobs.average == AverageKind::None => {
                Some("It keeps no average of its weights: choose swa or ema among its knobs.")
            }
            Self::StartAtAverage => Some("Its average has not begun yet."),
            Self::StartAtBest if rows.iter().any(|row| row.validation.is_some()) => None,
            Self::StartAtBest if seen.model.experiment.data.validation_size == 0 => {
                Some("There are no validation examples: set some aside in the Data pane.")
            }
            Self::StartAtBest => Some("Its validation loss has not been measured yet."),
            _ => None,
        }
    }

    fn why_not_now(self, seen: Seen<'_>) -> Option<&'static str> {
        match self {
            Self::Step => engine_and_run(seen)
                .err()
                .or_else(|| only_followed(seen.model))
                .or_else(|| seen.model.is_playing.then_some("The runs are playing: pause them first.")),
            // After a failure the runs go on from their last good step.
            Self::PlayPause => engine(seen.model).or_else(|| run(seen).err()).or_else(|| only_followed(seen.model)),
            Self::AddRun(_)
            | Self::DuplicateRun
            | Self::SweepKnob(_)
            | Self::BranchHere
            | Self::BranchFromStep
            | Self::StartAtAverage
            | Self::StartAtBest
            | Self::SaveWeights
            | Self::LookAtAverage
            | Self::FineTune
            | Self::Rewind => engine_and_run(seen).err(),
            Self::Reset | Self::Pace(_) | Self::Experiment(_) => engine(seen.model),
            Self::SaveSession => engine(seen.model).or_else(|| run(seen).err()).or_else(|| {
                let is_elsewhere = seen.model.line.is_some();
                is_elsewhere.then_some(
                    "The session is kept where the engine is; `flatscape --host` with `--attach` goes on with it.",
                )
            }),
            Self::Reconnect => match &seen.model.line {
                None => Some("The engine is in this program."),
                Some(line) => line.problem.is_none().then_some("The connection to the engine is there."),
            },
            Self::OpenSession => engine(seen.model),
            Self::GoOn => engine(seen.model)
                .or_else(|| seen.shared.earlier.is_empty().then_some("There is no session of before.")),
            Self::RenameRun
            | Self::HideRun
            | Self::SaveTable
            | Self::CopyTable
            | Self::SaveExperiment
            | Self::LessonFromWindow
            | Self::ShowLink
            | Self::SaveReport => run(seen).err(),
            Self::SaveLandscapes | Self::Record => {
                let has_slice = seen.model.runs.iter().any(|run| run.slice.is_some());
                (!has_slice).then_some("There is no landscape yet: the first slice is still to come.")
            }
            Self::ShowAccuracy => run(seen)
                .err()
                .or_else(|| (!seen.model.has_classes()).then_some("The labels are numbers, which have no accuracy.")),
            Self::RemoveRun => engine_and_run(seen).err().or_else(|| only_run(seen.model)),
            Self::NextRun | Self::PreviousRun | Self::Difference => only_run(seen.model),
            Self::Undo => seen.shared.undo.to_undo().is_none().then_some("Nothing was changed that can be taken back."),
            Self::Redo => seen.shared.undo.to_redo().is_none().then_some("Nothing was taken back."),
            _ => None,
        }
    }
}

fn run(seen: Seen<'_>) -> Result<(), &'static str> {
    seen.selected_run().map(|_| ()).ok_or("There is no run yet.")
}

fn engine(model: &Model) -> Option<&'static str> {
    if model.line.as_ref().is_some_and(|line| line.problem.is_some()) {
        return Some("There is no connection to the engine. It is tried again.");
    }
    (model.health == EngineHealth::Gone).then_some("The engine has stopped. Start Flatscape again.")
}

fn engine_and_run(seen: Seen<'_>) -> Result<(), &'static str> {
    if let Some(reason) = engine(seen.model) {
        return Err(reason);
    }
    if matches!(seen.model.health, EngineHealth::Failed(_)) {
        return Err("The engine has failed: let the runs go on, or reset them.");
    }
    run(seen)
}

fn only_followed(model: &Model) -> Option<&'static str> {
    model.runs.iter().all(RunView::is_followed).then_some(match model.runs.len() {
        1 => ELSEWHERE,
        _ => "These runs are trained elsewhere.",
    })
}

fn only_run(model: &Model) -> Option<&'static str> {
    match model.runs.len() {
        0 => Some("There is no run yet."),
        1 => Some("There is only one run."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{OptimizerKind, builtin_experiment};
    use crate::protocol::{Origin, RunId, RunInfo};
    use crate::ui::state::model::Model;
    use crate::ui::state::shared::Shared;

    #[test]
    fn what_a_run_does_not_keep_is_said() {
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let knobs = model.experiment.knobs(OptimizerKind::Sgd).expect("valid");
        let info = RunInfo { run: RunId(1), optimizer: OptimizerKind::Sgd, seed: 0, knobs, origin: Origin::Initial };
        model.runs.push(RunView::new(info));
        let shared = Shared::default();
        let why = |model: &Model, command: UiCommand| {
            let run = model.run(RunId(1)).expect("there");
            command.why_not_of(Seen { model, shared: &shared }, run).expect("it cannot be done")
        };
        assert!(why(&model, UiCommand::StartAtAverage).contains("choose swa or ema"));
        assert!(why(&model, UiCommand::StartAtBest).contains("no validation examples"));
        model.runs[0].knobs.average = AverageKind::Ema;
        assert_eq!(why(&model, UiCommand::StartAtAverage), "Its average has not begun yet.");
    }

    #[test]
    fn every_command_that_cannot_be_done_says_why_in_whole_sentences() {
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let shared = Shared::default();
        for health in [EngineHealth::Fine, EngineHealth::Failed("a reason".to_owned()), EngineHealth::Gone] {
            model.health = health;
            let mut num_refused = 0;
            for command in UiCommand::all() {
                let why = command.why_not(Seen { model: &model, shared: &shared });
                assert_eq!(command.is_enabled(Seen { model: &model, shared: &shared }), why.is_none());
                num_refused += usize::from(why.is_some());
                assert!(why.is_none_or(|why| why.len() > 10 && why.ends_with('.')), "{command:?}");
            }
            assert!(num_refused > 10);
        }
    }
}
