//! Everything that can be done in the window, in one enum: menus, shortcuts and the palette are made of it.

mod keyboard;
mod layouts;
mod parts;
mod possible;
mod specs;

use super::appearance::{Motion, TextSize, ThemeChoice};
use super::pane::{Layout, Pane, Resize, Side};
use super::plane::PlaneKind;
use super::seen::Seen;
use crate::config::{KnobId, OptimizerKind, Pace};

pub use keyboard::{pressed, shortcut_words};
pub use layouts::learn as learn_layout;
pub use specs::Group;

/// Something that can be done in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UiCommand {
    /// Trains all runs, or pauses.
    PlayPause,
    /// One step of every run.
    Step,
    /// All runs again from their start.
    Reset,
    /// Runs wait for their measurements, or do not.
    Pace(Pace),
    /// A new run of an optimiser.
    AddRun(OptimizerKind),
    /// The selected run once more from the start, with its knobs as they are.
    DuplicateRun,
    /// A run for each of some values of a knob of the selected one; `None` for its first knob.
    SweepKnob(Option<KnobId>),
    /// A new run that goes on where the selected one is.
    BranchHere,
    /// A new run that goes on from an earlier step of the selected one.
    BranchFromStep,
    /// A new run that starts at the average of the selected one's weights.
    StartAtAverage,
    /// A new run that starts at the selected one's weights of least validation loss.
    StartAtBest,
    /// The selected run goes back to an earlier step.
    Rewind,
    /// The next experiment starts from the weights of the selected run.
    FineTune,
    /// The selected run gets another name.
    RenameRun,
    /// The selected run is hidden or shown.
    HideRun,
    /// The selected run is removed.
    RemoveRun,
    /// The next run is selected.
    NextRun,
    /// The run before is selected.
    PreviousRun,
    /// Takes the last change of a knob back, or brings a removed run or preset back.
    Undo,
    /// Makes it again.
    Redo,
    /// Opens one of the experiments that come with the program, by its place.
    Experiment(usize),
    /// Opens a file: an experiment, a model, weights or data.
    OpenFile,
    /// Opens the newest session of before.
    GoOn,
    /// Opens a session.
    OpenSession,
    /// Tries at once to reach an engine elsewhere.
    Reconnect,
    /// Gives the session a name.
    SaveSession,
    /// Saves the experiment with the knobs as they are.
    SaveExperiment,
    /// Saves one page with everything, to send.
    SaveReport,
    /// Saves the weights of the selected run.
    SaveWeights,
    /// Saves the window as a picture.
    SaveWindow,
    /// Saves the landscapes as a picture.
    SaveLandscapes,
    /// Saves the table of the runs.
    SaveTable,
    /// Copies the table of the runs as Markdown.
    CopyTable,
    /// Records the landscapes as an animated picture.
    Record,
    /// Landscapes as contours.
    Contour,
    /// Landscapes as surfaces.
    Surface,
    /// The landscapes' camera and range as they were at first.
    ResetView,
    /// The camera from above.
    CameraTop,
    /// The camera from the front.
    CameraFront,
    /// The plane of the slices.
    Plane(PlaneKind),
    /// The landscapes follow their runs, or stay.
    Follow,
    /// Losses on a logarithmic or on a linear scale.
    LogScale,
    /// The loss or the accuracy on the landscapes.
    ShowAccuracy,
    /// Landscapes of the training examples or of the test examples.
    TestExamples,
    /// Coordinates in units of the directions or as distances.
    AxisUnits,
    /// The difference of two runs, or all runs.
    Difference,
    /// Plays the slices of the past, or stops.
    PlayPast,
    /// The newest slices again.
    BackToLive,
    /// A run that rests at the average of the selected one's weights.
    LookAtAverage,
    /// Fits the charts.
    FitCharts,
    /// Opens a pane, or closes it when it is in front.
    Pane(Pane),
    /// The next tab of the active group of panes.
    NextTab,
    /// The tab before.
    PreviousTab,
    /// The keyboard goes to the next group of panes.
    NextGroup,
    /// The keyboard goes to the group before.
    PreviousGroup,
    /// The active pane gets more or less room.
    ResizePane(Resize),
    /// The active pane goes to another place.
    MovePane(Side),
    /// Shows a layout.
    Layout(Layout),
    /// Puts the shown layout back as it was at first.
    ResetLayout,
    /// Chooses a theme.
    Theme(ThemeChoice),
    /// Chooses a text size.
    TextSize(TextSize),
    /// Chooses how much moves by itself.
    Motion(Motion),
    /// The next larger text size.
    LargerText,
    /// The next smaller text size.
    SmallerText,
    /// Opens one of the lessons that come with the program, by its place.
    Lesson(usize),
    /// The next step of the lesson.
    NextLessonStep,
    /// The step before.
    PreviousLessonStep,
    /// Only the controls of the lesson, or all.
    OnlyLesson,
    /// Saves a lesson that opens what the window shows.
    LessonFromWindow,
    /// Shows the link to the experiment with its knobs, as a code too.
    ShowLink,
    /// Opens the palette.
    Palette,
    /// Lists the shortcuts.
    Shortcuts,
    /// The tour of the first start.
    Tour,
    /// Versions, device and licences.
    About,
    /// Closes the window.
    Quit,
}

impl UiCommand {
    /// Whether a key that is held does it again and again.
    const fn repeats(self) -> bool {
        matches!(
            self,
            Self::Step
                | Self::NextRun
                | Self::PreviousRun
                | Self::Undo
                | Self::Redo
                | Self::LargerText
                | Self::SmallerText
        )
    }

    /// Whether it is about one run: the one whose row has the keyboard, else the selected one.
    #[must_use]
    pub const fn is_about_a_run(self) -> bool {
        matches!(
            self,
            Self::DuplicateRun
                | Self::SweepKnob(_)
                | Self::BranchHere
                | Self::BranchFromStep
                | Self::StartAtAverage
                | Self::StartAtBest
                | Self::Rewind
                | Self::FineTune
                | Self::RenameRun
                | Self::HideRun
                | Self::RemoveRun
        )
    }

    /// Its name with what it would do now, where that is known.
    #[must_use]
    pub fn label_now(self, seen: Seen<'_>) -> String {
        let label = self.spec().label;
        let change = match self {
            Self::Undo => seen.shared.undo.to_undo(),
            Self::Redo => seen.shared.undo.to_redo(),
            _ => None,
        };
        if let (Self::GoOn, Some(session)) = (self, seen.shared.earlier.first()) {
            return format!("{label}: {}", session.title);
        }
        change.map_or_else(|| label.clone(), |change| format!("{label} {}", change.words(seen.model)))
    }
}
