//! What is said of each command: label, group, shortcut and help. One file because it is one table, a row for each command.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::UiCommand;
use crate::config::{OptimizerKind, Pace, builtin_experiments, builtin_lessons};
use crate::ui::contract::appearance::{Motion, TextSize, ThemeChoice};
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::contract::pane::{Layout, Pane, Resize, Side};
use crate::ui::contract::plane::PlaneKind;

/// The menus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Files and figures.
    File,
    /// Training and runs.
    Run,
    /// Landscapes and charts.
    Landscape,
    /// Panes and where they stand.
    Panes,
    /// Layouts, theme and text.
    View,
    /// Help.
    Help,
}

impl Group {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 6] = [Self::File, Self::Run, Self::Landscape, Self::Panes, Self::View, Self::Help];

    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Run => "Run",
            Self::Landscape => "Landscape",
            Self::Panes => "Panes",
            Self::View => "View",
            Self::Help => "Help",
        }
    }
}

/// What is said of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Its menu.
    pub group: Group,
    /// Its name in menus and in the palette.
    pub label: String,
    /// One sentence.
    pub help: &'static str,
    /// Its keys.
    pub shortcut: Option<KeyboardShortcut>,
}

const fn keys(modifiers: Modifiers, key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(modifiers, key))
}

impl UiCommand {
    /// All commands, in the order in which menus and palette list them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::OpenFile, Self::OpenSession, Self::GoOn, Self::Reconnect];
        all.extend((0..builtin_experiments().len()).map(Self::Experiment));
        all.extend([
            Self::SaveSession,
            Self::SaveExperiment,
            Self::LessonFromWindow,
            Self::ShowLink,
            Self::SaveReport,
            Self::SaveWeights,
            Self::SaveWindow,
            Self::SaveLandscapes,
            Self::SaveTable,
            Self::CopyTable,
            Self::Record,
            Self::Quit,
        ]);
        all.extend([Self::PlayPause, Self::Step, Self::Reset]);
        all.extend(Pace::ALL.iter().copied().map(Self::Pace));
        all.extend(OptimizerKind::ALL.map(Self::AddRun));
        all.extend([
            Self::DuplicateRun,
            Self::SweepKnob(None),
            Self::BranchHere,
            Self::BranchFromStep,
            Self::StartAtAverage,
            Self::StartAtBest,
            Self::Rewind,
            Self::FineTune,
            Self::RenameRun,
            Self::HideRun,
            Self::RemoveRun,
        ]);
        all.extend([Self::NextRun, Self::PreviousRun, Self::Undo, Self::Redo]);
        all.extend([Self::Contour, Self::Surface, Self::ResetView, Self::CameraTop, Self::CameraFront, Self::Follow]);
        all.extend([Self::LogScale, Self::ShowAccuracy, Self::TestExamples, Self::AxisUnits, Self::Difference]);
        all.extend([Self::PlayPast, Self::BackToLive, Self::LookAtAverage]);
        all.extend(PlaneKind::ALL.map(Self::Plane));
        all.push(Self::FitCharts);
        all.extend(Pane::ALL.map(Self::Pane));
        all.extend(ChartTab::ALL.map(|tab| Self::Pane(Pane::Chart(tab))));
        all.extend([Self::NextTab, Self::PreviousTab, Self::NextGroup, Self::PreviousGroup]);
        all.extend(Resize::ALL.map(Self::ResizePane));
        all.extend(Side::ALL.map(Self::MovePane));
        all.extend(Layout::ALL.map(Self::Layout));
        all.push(Self::ResetLayout);
        all.extend(ThemeChoice::ALL.map(Self::Theme));
        all.extend(TextSize::ALL.map(Self::TextSize));
        all.extend([Self::LargerText, Self::SmallerText]);
        all.extend(Motion::ALL.map(Self::Motion));
        all.extend((0..builtin_lessons().len()).map(Self::Lesson));
        all.extend([Self::NextLessonStep, Self::PreviousLessonStep, Self::OnlyLesson]);
        all.extend([Self::Palette, Self::Shortcuts, Self::Tour, Self::About]);
        all
    }

    /// What is said of it.
    #[must_use]
    pub fn spec(self) -> Spec {
        let (group, label, help) = self.words();
        Spec { group, label, help, shortcut: self.shortcut() }
    }

    #[expect(clippy::too_many_lines, reason = "one table, a row for each command")]
    fn words(self) -> (Group, String, &'static str) {
        use Group::{File, Help, Landscape, Panes, Run, View};
        let (group, label, help) = match self {
            Self::OpenFile => (
                File,
                "Open a file…",
                "A session, an experiment, a lesson, a model, weights, a folder of checkpoints, data, or a link.",
            ),
            Self::Experiment(index) => {
                let title = builtin_experiments().get(index).map_or_else(String::new, |one| one.title.clone());
                return (File, format!("Open {title}"), "An experiment that comes with Flatscape.");
            }
            Self::GoOn => {
                (File, "Go on where you were", "Opens the newest session of before, as it was when it ended.")
            }
            Self::OpenSession => (
                File,
                "Open session…",
                "Runs, charts, slices and panes stand as they did, and Play goes on from there.",
            ),
            Self::Reconnect => (
                File,
                "Connect again",
                "Tries at once to reach the engine on the other machine, which goes on meanwhile.",
            ),
            Self::SaveSession => (
                File,
                "Save session as…",
                "All that the runs have done, in one file that goes on being written and can be opened again.",
            ),
            Self::SaveExperiment => (
                File,
                "Save experiment…",
                "With the knobs as they are now, for the window and for `flatscape compare`.",
            ),
            Self::LessonFromWindow => (
                File,
                "Lesson from this window…",
                "A file that opens this experiment with its knobs and this layout, for you to put words to.",
            ),
            Self::ShowLink => (
                File,
                "Link to this experiment…",
                "The experiment and its knobs as a short text and as a code for a camera, for a class to open.",
            ),
            Self::SaveReport => (
                File,
                "Save a report…",
                "One page to send: tables, charts to hover, landscapes to turn, and the experiment. It opens anywhere, offline.",
            ),
            Self::SaveWeights => {
                (File, "Save weights…", "Those of the selected run, as safetensors with PyTorch's names.")
            }
            Self::SaveWindow => (File, "Save the window as a picture…", "PNG at scale 1 to 4, with its provenance."),
            Self::SaveLandscapes => (File, "Save the landscapes…", "PNG or SVG, with their provenance."),
            Self::SaveTable => {
                (File, "Save the table of the runs…", "As CSV; the pane of the comparison saves Markdown too.")
            }
            Self::CopyTable => (File, "Copy the table of the runs", "As Markdown."),
            Self::Record => (File, "Record the landscapes…", "A short animated picture."),
            Self::Quit => (File, "Quit", "Closes the window. The session can be opened again."),
            Self::PlayPause => (Run, "Play or pause", "Trains all runs, or stops. Measurements go on."),
            Self::Step => (Run, "Step", "One step of every run, while paused."),
            Self::Reset => (
                Run,
                "Reset",
                "Starts all runs again at step 0, from the weights they began with, with the knobs as they are now.",
            ),
            Self::Pace(Pace::Free) => {
                (Run, "Train freely", "Training does not wait for measurements: they are of the steps that they catch.")
            }
            Self::Pace(Pace::KeepUp) => (
                Run,
                "Keep up with the measurements",
                "Runs with a budget wait where they would outrun the slice and the points of the curvature's curves.",
            ),
            Self::AddRun(optimizer) => {
                return (Run, format!("Add a run of {}", optimizer.label()), optimizer.spec().about);
            }
            Self::DuplicateRun => {
                (Run, "Duplicate the run", "The selected run once more from its start, with its knobs as they are now.")
            }
            Self::SweepKnob(_) => (
                Run,
                "Sweep a knob…",
                "A run for each of some values of one knob of the selected run, side by side in one picture.",
            ),
            Self::BranchHere => {
                (Run, "Branch here", "A new run that goes on where the selected one is now, to try other knobs.")
            }
            Self::BranchFromStep => (
                Run,
                "Branch from a step…",
                "A new run that goes on from an earlier step of the selected one, with other knobs.",
            ),
            Self::StartAtAverage => (
                Run,
                "New run at the average",
                "A new run at step 0 from the average of the selected one's weights, with its knobs and momentum 0.",
            ),
            Self::StartAtBest => (
                Run,
                "New run at the best validation loss",
                "A new run at step 0 from the selected one's weights of least validation loss, with its knobs and momentum 0.",
            ),
            Self::Rewind => (Run, "Rewind…", "Takes the selected run back to an earlier step."),
            Self::FineTune => (
                Run,
                "Fine-tune from the run…",
                "Keeps the selected run's weights in a file, for the next model or data to start from.",
            ),
            Self::RenameRun => (Run, "Rename the run…", "Gives the selected run another name and colour."),
            Self::HideRun => (Run, "Hide or show the run", "A hidden run trains on but is not drawn."),
            Self::RemoveRun => (Run, "Remove the run", "Ends the selected run. Undo brings it back."),
            Self::NextRun => (Run, "Select the next run", "Its knobs are shown."),
            Self::PreviousRun => (Run, "Select the run before", "Its knobs are shown."),
            Self::Undo => {
                (Run, "Undo", "Turns the last knob back from the next step on, or brings a removed run back.")
            }
            Self::Redo => (Run, "Redo", "Does again what was taken back."),
            Self::Contour => (Landscape, "Contour", "Landscapes as contours."),
            Self::Surface => (Landscape, "3D surface", "Landscapes as surfaces."),
            Self::ResetView => (Landscape, "Reset the view", "Range and camera as they were at first."),
            Self::CameraTop => (Landscape, "Camera from above", "For surfaces."),
            Self::CameraFront => (Landscape, "Camera from the front", "For surfaces."),
            Self::Follow => {
                (Landscape, "Follow the run or stay", "Whether the centre of the slices moves with the runs.")
            }
            Self::LogScale => (Landscape, "Log or linear loss", "Equal ratios or equal differences of the loss."),
            Self::ShowAccuracy => (Landscape, "Loss or accuracy", "What is drawn over the plane."),
            Self::TestExamples => (Landscape, "Train or test examples", "Which examples the slices are measured on."),
            Self::AxisUnits => {
                (Landscape, "Axes in directions or distance", "Distance is coordinate times norm of the direction.")
            }
            Self::Difference => (Landscape, "Difference of two runs", "One run's slice minus another's, or all runs."),
            Self::PlayPast => (Landscape, "Play the past", "Plays the slices that came so far, or stops."),
            Self::BackToLive => (Landscape, "Back to live", "The newest slices instead of those of the past."),
            Self::LookAtAverage => (
                Landscape,
                "Look at the average",
                "A new run at the average of the selected run's weights. It rests there: training pauses.",
            ),
            Self::FitCharts => (Landscape, "Fit the charts", "Shows all steps again."),
            Self::Plane(kind) => return (Landscape, format!("Plane: {}", kind.label()), kind.help()),
            Self::Pane(Pane::Chart(tab)) => {
                let help = "A tab of the charts as a pane of its own, beside the others.";
                return (Panes, format!("Chart {} as a pane", tab.label()), help);
            }
            Self::Pane(pane) => return (Panes, format!("{} pane", pane.title()), pane.help()),
            Self::NextTab => (Panes, "Next tab", "Of the group of panes that has the keyboard or was last pressed."),
            Self::PreviousTab => {
                (Panes, "Tab before", "Of the group of panes that has the keyboard or was last pressed.")
            }
            Self::NextGroup => (Panes, "Go to the next group of panes", "Gives its tab the keyboard."),
            Self::PreviousGroup => (Panes, "Go to the group of panes before", "Gives its tab the keyboard."),
            Self::ResizePane(change) => {
                let help = "The pane that has the keyboard or was last pressed, at the cost of its neighbour.";
                return (Panes, format!("Make the pane {}", change.label()), help);
            }
            Self::MovePane(side) => {
                let help = "The pane that has the keyboard or was last pressed joins the group there, or gets a place of its own.";
                return (Panes, format!("Move the pane {}", side.label()), help);
            }
            Self::Layout(layout) => return (View, format!("Layout {}", layout.label()), layout.help()),
            Self::ResetLayout => (View, "Reset the layout", "Panes where they were at first."),
            Self::Theme(theme) => return (View, format!("{} theme", theme.label()), theme.help()),
            Self::TextSize(size) => return (View, format!("{} text", size.label()), size.help()),
            Self::Motion(motion) => (View, motion.label(), motion.help()),
            Self::LargerText => (View, "Larger text", "The next of three sizes."),
            Self::SmallerText => (View, "Smaller text", "The next of three sizes."),
            Self::Lesson(index) => {
                let title = builtin_lessons().get(index).map_or("", |lesson| lesson.title.as_str());
                return (Help, format!("Lesson: {title}"), "A lesson that comes with Flatscape, in the guide.");
            }
            Self::NextLessonStep => (Help, "Next step of the lesson", "Turns the page in the guide."),
            Self::PreviousLessonStep => (Help, "Step of the lesson before", "Turns the page back in the guide."),
            Self::OnlyLesson => (
                Help,
                "Only the lesson's controls",
                "Takes away all controls that the lesson does not name, or brings them back.",
            ),
            Self::Palette => (Help, "Find a command…", "Everything that can be done, by name."),
            Self::Shortcuts => (Help, "Keyboard shortcuts", "All of them in one list."),
            Self::Tour => (Help, "Tour", "Six steps through the window."),
            Self::About => (Help, "About Flatscape", "Versions, device and licences."),
        };
        (group, label.to_owned(), help)
    }

    fn shortcut(self) -> Option<KeyboardShortcut> {
        const NONE: Modifiers = Modifiers::NONE;
        const COMMAND: Modifiers = Modifiers::COMMAND;
        const SHIFT: Modifiers = Modifiers::SHIFT;
        match self {
            Self::PlayPause => keys(NONE, Key::Space),
            Self::Step => keys(NONE, Key::S),
            Self::Reset => keys(NONE, Key::R),
            Self::BranchHere => keys(NONE, Key::B),
            Self::BranchFromStep => keys(SHIFT, Key::B),
            Self::Rewind => keys(NONE, Key::W),
            Self::DuplicateRun => keys(NONE, Key::D),
            Self::RenameRun => keys(NONE, Key::F2),
            Self::HideRun => keys(NONE, Key::H),
            Self::RemoveRun => keys(NONE, Key::Delete),
            Self::NextRun => keys(NONE, Key::CloseBracket),
            Self::PreviousRun => keys(NONE, Key::OpenBracket),
            Self::Undo => keys(COMMAND, Key::Z),
            Self::Redo => keys(COMMAND.plus(SHIFT), Key::Z),
            Self::OpenFile => keys(COMMAND, Key::O),
            Self::OpenSession => keys(COMMAND.plus(SHIFT), Key::O),
            Self::SaveLandscapes => keys(COMMAND, Key::S),
            Self::SaveWindow => keys(COMMAND.plus(SHIFT), Key::S),
            Self::Contour => keys(NONE, Key::Num2),
            Self::Surface => keys(NONE, Key::Num3),
            Self::ResetView => keys(NONE, Key::Home),
            Self::CameraTop => keys(NONE, Key::Num7),
            Self::CameraFront => keys(NONE, Key::Num1),
            Self::Follow => keys(NONE, Key::L),
            Self::FitCharts => keys(NONE, Key::F),
            Self::Pane(Pane::Measure) => keys(NONE, Key::M),
            Self::Pane(Pane::Compare) => keys(NONE, Key::C),
            Self::Pane(Pane::Guide) => keys(NONE, Key::F1),
            Self::Pane(Pane::Notices) => keys(NONE, Key::N),
            Self::NextLessonStep => keys(NONE, Key::PageDown),
            Self::PreviousLessonStep => keys(NONE, Key::PageUp),
            Self::NextTab => keys(Modifiers::CTRL, Key::Tab),
            Self::PreviousTab => keys(Modifiers::CTRL.plus(SHIFT), Key::Tab),
            Self::NextGroup => keys(NONE, Key::F6),
            Self::PreviousGroup => keys(SHIFT, Key::F6),
            Self::TextSize(TextSize::Normal) => keys(COMMAND, Key::Num0),
            Self::Layout(Layout::Explore) => keys(COMMAND, Key::Num1),
            Self::Layout(Layout::Compare) => keys(COMMAND, Key::Num2),
            Self::Layout(Layout::Teach) => keys(COMMAND, Key::Num3),
            Self::LargerText => keys(COMMAND, Key::Plus),
            Self::SmallerText => keys(COMMAND, Key::Minus),
            Self::Palette => keys(COMMAND, Key::K),
            Self::Shortcuts => keys(NONE, Key::Questionmark),
            Self::Quit => keys(COMMAND, Key::Q),
            _ => None,
        }
    }

    /// All its keys: those that are listed, and what a hand finds beside them.
    pub fn all_keys(self) -> impl Iterator<Item = KeyboardShortcut> {
        let other = match self {
            // The plus stands above the equals sign; nobody looks for Shift.
            Self::LargerText => keys(Modifiers::COMMAND, Key::Equals),
            // Many layouts have brackets with AltGr only.
            Self::NextRun => keys(Modifiers::COMMAND, Key::PageDown),
            Self::PreviousRun => keys(Modifiers::COMMAND, Key::PageUp),
            _ => None,
        };
        self.shortcut().into_iter().chain(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_their_keys() {
        let all = UiCommand::all();
        for (index, command) in all.iter().enumerate() {
            for keys in command.all_keys() {
                for other in &all[index + 1..] {
                    assert!(other.all_keys().all(|others| others != keys), "{command:?} and {other:?}");
                }
            }
        }
    }

    #[test]
    fn every_command_has_words_of_its_own() {
        let all = UiCommand::all();
        for (index, command) in all.iter().enumerate() {
            let spec = command.spec();
            assert!(!spec.label.is_empty() && spec.help.ends_with('.'), "{command:?}");
            assert!(!all[index + 1..].contains(command), "{command:?} twice");
            assert!(all[index + 1..].iter().all(|other| other.spec().label != spec.label), "{command:?}");
        }
    }
}
