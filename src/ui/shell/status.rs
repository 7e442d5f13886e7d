//! Bottom line: device, speed, cost, the step of the slice, the newest notice. What there is no room for is left out, the
//! least important first.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Galley, Label, Layout, RichText, Role, TextStyle, Ui};

use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;

/// Between two items, in points.
const GAP: f32 = 16.0;
/// Room that the newest notice gets before the least important items, in points.
const NOTICE_WIDTH: f32 = 260.0;
/// The device's name gets this share of the line at most.
const DEVICE_SHARE: f32 = 0.4;

/// Something that the line says.
struct Item {
    /// The figure, which stands out.
    figure: String,
    /// What it is; before the figure where it ends with a space.
    words: &'static str,
    /// The least goes last.
    rank: u8,
    term: Option<(&'static str, Term)>,
}

impl Item {
    fn new(figure: String, words: &'static str, rank: u8) -> Self {
        Self { figure, words, rank, term: None }
    }

    fn explained(self, salt: &'static str, term: Term) -> Self {
        Self { term: Some((salt, term)), ..self }
    }

    fn galley(&self, ui: &Ui) -> Arc<Galley> {
        let tokens = Tokens::of(ui);
        let font = TextStyle::Small.resolve(ui.style());
        let mut job = LayoutJob::default();
        let mut add = |text: &str, color| job.append(text, 0.0, TextFormat::simple(font.clone(), color));
        if self.words.ends_with(' ') {
            add(self.words, tokens.weak.0);
            add(&self.figure, tokens.text.0);
        } else {
            add(&self.figure, tokens.text.0);
            add(self.words, tokens.weak.0);
        }
        ui.painter().layout_job(job)
    }

    fn ui(&self, ui: &mut Ui, galley: Arc<Galley>) {
        let response = ui.label(galley);
        if let Some((salt, term)) = self.term {
            help::term_of_changing(ui, &response, salt, term);
        }
    }
}

/// Draws the line.
pub fn status_ui(ui: &mut Ui, frames_per_second: f64, seen: Seen<'_>, asks: &mut Asks) {
    let model = seen.model;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        let width = ui.available_width();
        let device = model.device.as_deref().unwrap_or("starting the device…");
        let font = TextStyle::Small.resolve(ui.style());
        let device_width = ui.painter().layout_no_wrap(device.to_owned(), font, Tokens::of(ui).text.0).size().x;
        let device_width = device_width.min(DEVICE_SHARE * width);
        let notice = if model.notices.last().is_some() { NOTICE_WIDTH.min(0.35 * width) } else { 0.0 };
        let mut shown: Vec<_> =
            items(seen, frames_per_second).into_iter().map(|item| (item.galley(ui), item)).collect();
        let room = width - device_width - notice;
        while shown.iter().map(|(galley, _)| galley.size().x + GAP).sum::<f32>() > room {
            let Some(least) = (0..shown.len()).max_by_key(|index| shown[*index].1.rank) else { break };
            shown.remove(least);
        }
        ui.scope(|ui| {
            ui.set_max_width(device_width + 1.0);
            ui.add(Label::new(RichText::new(device).small()).truncate()).on_hover_text(device);
        });
        for (galley, item) in shown {
            item.ui(ui, galley);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            shortcuts_ui(ui, asks);
            notice_ui(ui, model, asks);
        });
    });
}

fn items(seen: Seen<'_>, frames_per_second: f64) -> Vec<Item> {
    let model = seen.model;
    let speed = match model.is_playing {
        true => Item::new(format::number(model.steps_per_second), " steps/s", 0),
        false => Item::new("paused".to_owned(), "", 0),
    };
    let mut items = vec![speed];
    if model.num_parameters > 0 {
        items.push(Item::new(format::grouped(model.num_parameters as u64), " parameters", 3));
    }
    if let Some(run) = seen.selected_run() {
        if let Some(folder) = &run.followed {
            items.push(Item::new(format::grouped(folder.state.num_read as u64), " checkpoints read", 1));
        } else {
            let cost = format::grouped(run.gradient_evaluations());
            let item = Item::new(cost, " gradient evaluations", 1);
            items.push(item.explained("cost", Term::GradientEvaluation));
        }
        if let Some(slice) = &run.slice {
            let words = if run.step_noun() == "step" { "slice of step " } else { "slice of checkpoint " };
            let item = Item::new(format::grouped(slice.grid.step), words, 2);
            items.push(item.explained("slice", Term::Slice));
        }
    }
    if frames_per_second > 0.0 {
        items.push(Item::new(format!("{frames_per_second:.0}"), " fps", 4));
    }
    items
}

/// Where all keys are listed.
fn shortcuts_ui(ui: &mut Ui, asks: &mut Asks) {
    if ui.available_width() < 90.0 {
        return;
    }
    let words = format!("{} shortcuts", shortcut_words(ui.ctx(), UiCommand::Shortcuts));
    let text = RichText::new(words).small().color(Tokens::of(ui).weak.0);
    let button = egui::Button::new(text).frame_when_inactive(false);
    if ui.add(button).on_hover_text(UiCommand::Shortcuts.spec().help).clicked() {
        asks.run(UiCommand::Shortcuts);
    }
}

fn notice_ui(ui: &mut Ui, model: &Model, asks: &mut Asks) {
    let Some(notice) = model.notices.last().filter(|_| ui.available_width() > 60.0) else { return };
    let tokens = Tokens::of(ui);
    let color = match notice.level {
        Level::Quiet | Level::Info => tokens.weak.0,
        Level::Warning => tokens.warning.0,
        Level::Error => tokens.error.0,
    };
    let text = RichText::new(&notice.text).small().color(color);
    let label = Label::new(text).truncate().sense(egui::Sense::click());
    let response = ui.add(label).on_hover_text(&notice.text);
    widgets::name(&response, Role::Button, &notice.text);
    if response.clicked() {
        asks.push(Ask::Show(Pane::Notices));
    }
}
