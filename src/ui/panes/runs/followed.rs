//! A run that is trained elsewhere has no knobs: in their place stands what is known of its folder, and which checkpoint is
//! looked at.

use egui::{Button, ComboBox, RichText, Role, ScrollArea, Ui};

use crate::protocol::{Command, EvalRow, FOLDER_INTERVAL};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{format, icons, theme, widgets};
use crate::ui::state::folder_view::{ELSEWHERE, FolderView};
use crate::ui::state::run_view::RunView;

/// What it is that the user cannot do here, and what there is instead.
const ABOUT: &str = "It has no knobs here, and Play, Step and Rewind leave it alone. A branch from one of its checkpoints is an \
                     ordinary run.";

/// Draws the section of a followed run.
pub fn section_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, folder: &FolderView, asks: &mut Asks) {
    let title = RichText::new(format!("Checkpoints of {}", run.name())).text_style(theme::title_style());
    ui.add(egui::Label::new(title).truncate());
    let age = folder.written.map(|written| widgets::ago(ui, written));
    let [words, ..] = folder.words(age.as_deref());
    let path = folder.folder.display().to_string();
    widgets::small_weak_ui(ui, format!("{}.", capital(&words))).on_hover_text(path);
    if let Some(newest) = &folder.state.newest {
        let text =
            format!("The newest is {}. The folder is looked at every {} s.", newest.name, FOLDER_INTERVAL.as_secs());
        widgets::small_weak_ui(ui, text);
    }
    if folder.state.num_gone > 0 {
        let gone = format::grouped(folder.state.num_gone as u64);
        widgets::small_weak_ui(ui, format!("The files of {gone} are gone; their figures stay."));
    }
    widgets::small_weak_ui(ui, ELSEWHERE).on_hover_text(ABOUT);
    ui.add_space(3.0);
    if folder.state.at.is_none() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.label("Look at");
        choice_ui(ui, run, folder, asks);
    });
    let why_not = UiCommand::BranchHere.why_not_of(seen, run);
    let response = ui.add_enabled(why_not.is_none(), Button::new(format!("{}  Branch from here", icons::GIT_BRANCH)));
    widgets::name(&response, Role::Button, "Branch from this checkpoint");
    if response.clicked() {
        asks.push(Ask::Select(seen.model.runs.iter().position(|other| other.info.run == run.info.run)));
        asks.run(UiCommand::BranchHere);
    }
    let help = "A new run of ours that starts at the weights of the checkpoint that is looked at, at step 0 and with momentum 0.";
    response.on_hover_text(help).on_disabled_hover_text(why_not.unwrap_or_default());
}

/// The list of the checkpoints.
fn choice_ui(ui: &mut Ui, run: &RunView, folder: &FolderView, asks: &mut Asks) {
    let noun = folder.noun();
    let (at, stays) = (folder.state.at.unwrap_or(0), folder.state.stays);
    let shown = if stays { format!("{noun} {}", format::grouped(at)) } else { "the newest".to_owned() };
    let look = |step: Option<u64>| Ask::Send(Command::LookAt { run: run.info.run, step });
    let combo = ComboBox::from_id_salt("checkpoint").selected_text(shown).width(120.0);
    let response = combo.show_ui(ui, |ui| {
        if ui.selectable_label(!stays, "the newest").on_hover_text("Goes on with each that comes.").clicked() && stays {
            asks.push(look(None));
        }
        let rows = run.evals.rows();
        let height = ui.text_style_height(&egui::TextStyle::Button);
        ScrollArea::vertical().max_height(240.0).show_rows(ui, height, rows.len(), |ui, shown| {
            for row in rows.iter().rev().skip(shown.start).take(shown.len()) {
                let is_here = stays && row.step == at;
                if ui.selectable_label(is_here, row_words(noun, row)).clicked() && !is_here {
                    asks.push(look(Some(row.step)));
                }
            }
        });
    });
    widgets::name(&response.response, Role::ComboBox, "Checkpoint that is looked at");
    let help = "Slice, trace and eigenvalues are those of this checkpoint.";
    response.response.on_hover_text(help);
}

fn row_words(noun: &str, row: &EvalRow) -> String {
    format!("{noun} {}, loss {}", format::grouped(row.step), format::number(row.train_loss))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
