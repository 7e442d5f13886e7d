//! What a lecturer takes from the window: a lesson that opens what it shows, and a link for the class.

use super::App;
use super::save::present_experiment;
use crate::config::{Control, Experiment, LessonLayout, WindowPart, lesson_text, link_of};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Layout;
use crate::ui::kit::format::file_stem;
use crate::ui::shell::dialogs::Dialog;
use crate::ui::shell::link_form::LinkForm;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;

/// Parts that a lesson leaves to a class where nobody says which.
const PARTS: [WindowPart; 3] = [WindowPart::Play, WindowPart::Step, WindowPart::Reset];

impl App {
    /// Does what a command says that takes the experiment with its knobs: as a file, a lesson or a link.
    pub(super) fn hand_out(&mut self, command: UiCommand) {
        match command {
            UiCommand::ShowLink => self.show_link(),
            UiCommand::LessonFromWindow => self.save_lesson(),
            _ => self.save_experiment(),
        }
    }

    /// Asks where a lesson shall be saved that opens what the window shows.
    fn save_lesson(&mut self) {
        match present_experiment(&self.model, &self.shared) {
            Ok((experiment, _)) => {
                let controls = controls(&self.model, &experiment);
                let title = format!("A lesson with {}", self.model.experiment.title);
                let text = lesson_text(&title, &experiment, lesson_layout(self.dock.layout), &controls);
                let suggested = format!("{}-lesson.md", file_stem(&self.model.experiment.title));
                self.files.ask_where_to_save(&suggested, text.into_bytes());
            }
            Err(problem) => {
                self.model.notices.push(Level::Warning, format!("No lesson can be made of this. {problem}"));
            }
        }
    }

    /// Shows the link to the experiment with its knobs.
    fn show_link(&mut self) {
        match present_experiment(&self.model, &self.shared).and_then(|(experiment, _)| link_of(&experiment)) {
            Ok(link) => {
                self.dialogs.link = LinkForm::new(link);
                self.dialogs.open = Some(Dialog::Link);
            }
            Err(problem) => self.model.notices.push(Level::Warning, problem),
        }
    }
}

const fn lesson_layout(layout: Layout) -> LessonLayout {
    match layout {
        Layout::Explore => LessonLayout::Explore,
        Layout::Compare => LessonLayout::Compare,
        Layout::Teach => LessonLayout::Teach,
    }
}

/// What a class is left: to play, and the knobs that were turned in this window.
fn controls(model: &Model, experiment: &Experiment) -> Vec<Control> {
    let mut controls = PARTS.map(Control::Part).to_vec();
    for edit in model.runs.iter().flat_map(|run| run.edits.iter().map(move |edit| (run.info.optimizer, edit.knob))) {
        let control = Control::Knob(Some(edit.0), edit.1);
        if experiment.optimizers.contains_key(&edit.0) && !controls.contains(&control) {
            controls.push(control);
        }
    }
    controls
}
