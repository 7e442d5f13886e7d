//! Whether a command can be done now, and if not, why.

use super::UiCommand;
use crate::ui::model::{EngineHealth, Model};
use crate::ui::view::View;

impl UiCommand {
    /// Whether it can be done now.
    #[must_use]
    pub fn is_enabled(self, model: &Model, view: &View) -> bool {
        self.why_not(model, view).is_none()
    }

    /// Why it cannot be done now, in a sentence or two; `None` when it can.
    #[must_use]
    pub fn why_not(self, model: &Model, view: &View) -> Option<String> {
        let reason = match self {
            Self::Step => engine_and_run(model, view)
                .err()
                .or_else(|| model.is_playing.then_some("The runs are playing: pause them first.")),
            // After a failure the runs go on from their last good step.
            Self::PlayPause => engine(model).or_else(|| run(model, view).err()),
            Self::AddRun(_)
            | Self::DuplicateRun
            | Self::BranchHere
            | Self::BranchFromStep
            | Self::SaveWeights
            | Self::Rewind => engine_and_run(model, view).err(),
            Self::Reset | Self::Experiment(_) => engine(model),
            Self::RenameRun | Self::HideRun | Self::SaveTable | Self::CopyTable | Self::SaveExperiment => {
                run(model, view).err()
            }
            Self::SaveLandscapes | Self::Record => {
                let has_slice = model.runs.iter().any(|run| run.slice.is_some());
                (!has_slice).then_some("There is no landscape yet: the first slice is still to come.")
            }
            Self::Plane(kind) => kind.plane(model, view).err(),
            Self::ShowAccuracy => run(model, view)
                .err()
                .or_else(|| (!model.has_classes()).then_some("The labels are numbers, which have no accuracy.")),
            Self::PlayPast => (!view.landscape.playback.can_play()).then_some("There are no slices of the past yet."),
            Self::BackToLive => {
                view.landscape.playback.shown_step().is_none().then_some("The newest slices are shown already.")
            }
            Self::RemoveRun => engine_and_run(model, view).err().or_else(|| only_run(model)),
            Self::NextRun | Self::PreviousRun | Self::Difference => only_run(model),
            Self::Undo => view.undo.to_undo().is_none().then_some("Nothing was changed that can be taken back."),
            Self::Redo => view.undo.to_redo().is_none().then_some("Nothing was taken back."),
            _ => None,
        };
        reason.map(str::to_owned)
    }
}

fn run(model: &Model, view: &View) -> Result<(), &'static str> {
    view.selected_run(model).map(|_| ()).ok_or("There is no run yet.")
}

fn engine(model: &Model) -> Option<&'static str> {
    (model.health == EngineHealth::Gone).then_some("The engine has stopped. Start Flatscape again.")
}

fn engine_and_run(model: &Model, view: &View) -> Result<(), &'static str> {
    if let Some(reason) = engine(model) {
        return Err(reason);
    }
    if matches!(model.health, EngineHealth::Failed(_)) {
        return Err("The engine has failed: let the runs go on, or reset them.");
    }
    run(model, view)
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
    use crate::config::builtin_experiment;

    #[test]
    fn every_command_that_cannot_be_done_says_why_in_whole_sentences() {
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let view = View::default();
        for health in [EngineHealth::Fine, EngineHealth::Failed("a reason".to_owned()), EngineHealth::Gone] {
            model.health = health;
            let mut num_refused = 0;
            for command in UiCommand::all() {
                let why = command.why_not(&model, &view);
                assert_eq!(command.is_enabled(&model, &view), why.is_none());
                num_refused += usize::from(why.is_some());
                assert!(why.is_none_or(|why| why.len() > 10 && why.ends_with('.')), "{command:?}");
            }
            assert!(num_refused > 10);
        }
    }
}
