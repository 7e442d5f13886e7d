//! How a lesson begins: what it opens, and whether that is there already.

use crate::config::{Experiment, Lesson, LessonLayout, WindowPart};
use crate::protocol::Origin;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::{Layout, Pane};
use crate::ui::contract::seen::Seen;
use crate::ui::state::model::Model;
use crate::ui::state::restart::Restart;
use crate::ui::state::run_view::RunView;

/// Opens what a lesson is about: its experiment where that is not there as it begins, its layout, and its controls alone where it
/// begins with them, or where a class had only those of another lesson.
pub fn begin(lesson: &Lesson, seen: Seen<'_>, asks: &mut Asks) {
    if !is_at_its_start(seen.model, &lesson.experiment) {
        // Its first step may say when to play: a short run would be at its end before somebody has read that.
        let waits = lesson.controls.has(WindowPart::Play);
        asks.push(Ask::Restart(Box::new(Restart { waits, ..Restart::plain(lesson.experiment.clone()) })));
    }
    if let Some(layout) = lesson.layout {
        asks.run(UiCommand::Layout(layout_of(layout)));
    }
    if lesson.controls.only || seen.shared.only.is_some() {
        asks.push(Ask::Only(Some(lesson.controls.clone())));
    }
    // Not every layout has the guide.
    asks.push(Ask::Show(Pane::Guide));
}

/// Whether an experiment is there with the runs and knobs that it begins with, and nothing has been trained yet.
fn is_at_its_start(model: &Model, experiment: &Experiment) -> bool {
    let is_new = |run: &RunView| {
        let knobs = experiment.knobs(run.info.optimizer);
        run.step() == 0
            && run.edits.is_empty()
            && run.info.origin == Origin::Initial
            && knobs.is_ok_and(|knobs| knobs == run.knobs)
    };
    let is_as_many = model.runs.is_empty() || model.runs.len() == experiment.optimizers.len();
    *model.experiment == *experiment && !model.is_loading() && is_as_many && model.runs.iter().all(is_new)
}

const fn layout_of(layout: LessonLayout) -> Layout {
    match layout {
        LessonLayout::Explore => Layout::Explore,
        LessonLayout::Compare => Layout::Compare,
        LessonLayout::Teach => Layout::Teach,
    }
}
