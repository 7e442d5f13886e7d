//! Which part of the window a command belongs to: while only a lesson's controls are there, the commands of other parts are not.

use super::UiCommand;
use crate::config::WindowPart;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;

impl UiCommand {
    /// Whether it is there now.
    #[must_use]
    pub fn is_there(self, seen: Seen<'_>) -> bool {
        self.part().is_none_or(|part| seen.shared.has(part))
    }

    /// The part of the window whose it is; `None` for what is always there.
    #[expect(clippy::too_many_lines, reason = "one table, an arm for each part")]
    const fn part(self) -> Option<WindowPart> {
        Some(match self {
            Self::PlayPause => WindowPart::Play,
            Self::Step => WindowPart::Step,
            Self::Reset => WindowPart::Reset,
            Self::Pace(_) => WindowPart::Pace,
            Self::Rewind => WindowPart::Rewind,
            Self::BranchHere | Self::BranchFromStep => WindowPart::Branch,
            Self::AddRun(_)
            | Self::DuplicateRun
            | Self::SweepKnob(_)
            | Self::StartAtAverage
            | Self::StartAtBest
            | Self::FineTune
            | Self::RenameRun
            | Self::HideRun
            | Self::RemoveRun
            | Self::LookAtAverage => WindowPart::Runs,
            Self::Experiment(_) => WindowPart::Experiments,
            Self::OpenFile
            | Self::GoOn
            | Self::OpenSession
            | Self::SaveSession
            | Self::SaveExperiment
            | Self::SaveReport
            | Self::SaveWeights
            | Self::SaveWindow
            | Self::SaveLandscapes
            | Self::SaveTable
            | Self::CopyTable
            | Self::Record
            | Self::LessonFromWindow
            | Self::ShowLink => WindowPart::Files,
            Self::Contour
            | Self::Surface
            | Self::ResetView
            | Self::CameraTop
            | Self::CameraFront
            | Self::Plane(_)
            | Self::Follow
            | Self::LogScale
            | Self::ShowAccuracy
            | Self::TestExamples
            | Self::AxisUnits
            | Self::Difference
            | Self::PlayPast
            | Self::BackToLive => WindowPart::Landscape,
            Self::Pane(pane) => return Self::part_of(pane),
            Self::ResizePane(_) | Self::MovePane(_) | Self::Layout(_) | Self::ResetLayout => WindowPart::Panes,
            Self::NextRun
            | Self::PreviousRun
            | Self::Undo
            | Self::Reconnect
            | Self::Redo
            | Self::FitCharts
            | Self::NextTab
            | Self::PreviousTab
            | Self::NextGroup
            | Self::PreviousGroup
            | Self::Theme(_)
            | Self::TextSize(_)
            | Self::Motion(_)
            | Self::LargerText
            | Self::SmallerText
            | Self::Lesson(_)
            | Self::NextLessonStep
            | Self::PreviousLessonStep
            | Self::OnlyLesson
            | Self::Palette
            | Self::Shortcuts
            | Self::Tour
            | Self::About
            | Self::Quit => return None,
        })
    }

    /// The part whose a pane is; `None` for one that is always there.
    #[must_use]
    pub const fn part_of(pane: Pane) -> Option<WindowPart> {
        match pane {
            Pane::Model => Some(WindowPart::Model),
            Pane::Data => Some(WindowPart::Data),
            Pane::Measure => Some(WindowPart::Measure),
            Pane::KnobSweep => Some(WindowPart::Runs),
            Pane::Sweep => Some(WindowPart::Files),
            Pane::Runs
            | Pane::Landscapes
            | Pane::Charts
            | Pane::Chart(_)
            | Pane::Compare
            | Pane::Guide
            | Pane::Notices => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Control, LessonControls, builtin_experiment};
    use crate::ui::state::model::Model;
    use crate::ui::state::shared::Shared;

    #[test]
    fn a_lesson_leaves_its_own_commands_and_what_every_window_needs() {
        let model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let mut shared = Shared::default();
        let there = |shared: &Shared, command: UiCommand| command.is_there(Seen { model: &model, shared });
        assert!(UiCommand::all().into_iter().all(|command| there(&shared, command)));
        let shown = vec![Control::Part(WindowPart::Play), Control::Part(WindowPart::Measure)];
        shared.only = Some(LessonControls { shown, ..LessonControls::default() });
        for command in [UiCommand::PlayPause, UiCommand::Pane(Pane::Measure), UiCommand::OnlyLesson, UiCommand::Quit] {
            assert!(there(&shared, command), "{command:?}");
        }
        for command in [UiCommand::Reset, UiCommand::Pane(Pane::Model), UiCommand::OpenFile, UiCommand::Surface] {
            assert!(!there(&shared, command), "{command:?}");
        }
    }
}
