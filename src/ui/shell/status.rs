//! Bottom line: device, speed and what waits, cost, the step of the slice, the newest notice. What there is no room for is left
//! out, the least important first.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Galley, Label, Layout, RichText, Role, TextStyle, Ui};

use super::device_menu;
use crate::protocol::{Speed, Waiting};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, path, widgets};
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;

/// Between two items, in points.
const GAP: f32 = 16.0;
/// Room that the newest notice and the button beside it get before the least important items, at most, in points.
const NOTICE_WIDTH: f32 = 340.0;
/// The button, and what keeps the two from their neighbours.
const BESIDE_NOTICE: f32 = 132.0;
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
    /// What is said of it beside, and whether it is a problem.
    remark: Option<(String, bool)>,
}

impl Item {
    fn new(figure: String, words: &'static str, rank: u8) -> Self {
        Self { figure, words, rank, term: None, remark: None }
    }

    fn explained(self, salt: &'static str, term: Term) -> Self {
        Self { term: Some((salt, term)), ..self }
    }

    fn galley(&self, ui: &Ui) -> Arc<Galley> {
        let tokens = Tokens::of(ui);
        let font = TextStyle::Small.resolve(ui.style());
        let mut job = LayoutJob::default();
        let is_problem = self.remark.as_ref().is_some_and(|(_, is_problem)| *is_problem);
        let color = if is_problem { tokens.warning.0 } else { tokens.text.0 };
        let mut add = |text: &str, color| job.append(text, 0.0, TextFormat::simple(font.clone(), color));
        if self.words.ends_with(' ') {
            add(self.words, tokens.weak.0);
            add(&self.figure, color);
        } else {
            add(&self.figure, color);
            add(self.words, tokens.weak.0);
        }
        ui.painter().layout_job(job)
    }

    fn ui(&self, ui: &mut Ui, galley: Arc<Galley>) {
        let response = ui.label(galley);
        if let Some((salt, term)) = self.term {
            help::term_of_changing(ui, &response, salt, term);
        }
        if let Some((remark, _)) = &self.remark {
            response.on_hover_text(remark);
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
        let text_width =
            |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), Tokens::of(ui).text.0).size().x;
        let device_width = text_width(device).min(DEVICE_SHARE * width);
        let notice = model.notices.last().map_or(0.0, |notice| text_width(&notice.text) + BESIDE_NOTICE);
        let notice = notice.min(NOTICE_WIDTH).min(0.35 * width);
        let mut shown: Vec<_> =
            items(seen, frames_per_second).into_iter().map(|item| (item.galley(ui), item)).collect();
        let room = width - device_width - notice;
        while shown.iter().map(|(galley, _)| galley.size().x + GAP).sum::<f32>() > room {
            let Some(least) = (0..shown.len()).max_by_key(|index| shown[*index].1.rank) else { break };
            shown.remove(least);
        }
        ui.scope(|ui| {
            ui.set_max_width(device_width + 1.0);
            device_menu::device_ui(ui, device, seen, asks);
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
    let mut items = speed(model);
    if model.num_parameters > 0 {
        items.push(Item::new(format::grouped(model.num_parameters as u64), " parameters", 5));
    }
    if let Some(run) = seen.selected_run() {
        if let Some(folder) = &run.followed {
            items.push(Item::new(format::grouped(folder.state.num_read as u64), " checkpoints read", 2));
        } else {
            let cost = format::grouped(run.gradient_evaluations());
            let item = Item::new(cost, " gradient evaluations", 2);
            items.push(item.explained("cost", Term::GradientEvaluation));
        }
        if let Some(slice) = &run.slice {
            let words = if run.step_noun() == "step" { "slice of step " } else { "slice of checkpoint " };
            let item = Item::new(format::grouped(slice.grid.step), words, 4);
            items.push(item.explained("slice", Term::Slice));
        }
    }
    items.extend(line(model));
    items.extend(session(model));
    if frames_per_second > 0.0 {
        items.push(Item::new(format!("{frames_per_second:.0}"), " fps", 6));
    }
    items
}

/// Where an engine elsewhere is, how far and how much crosses.
fn line(model: &Model) -> Option<Item> {
    let line = model.line.as_ref()?;
    let Some(problem) = &line.problem else {
        let rate = format::bytes(line.bytes_per_second.round() as u64);
        let way = line.round_trip.map_or_else(String::new, |time| format!(", {:.0} ms", 1e3 * time.as_secs_f64()));
        let remark =
            "The engine is there: the time from a question to its answer, and the bytes that cross in a second.";
        let figure = format!("{}{way}, {rate}/s", line.host);
        return Some(Item { remark: Some((remark.to_owned(), false)), ..Item::new(figure, "engine on ", 1) });
    };
    let figure = format!("no connection to {}", line.host);
    Some(Item { remark: Some((problem.clone(), true)), ..Item::new(figure, "", 0) })
}

/// Where the session is written, or that it is not.
fn session(model: &Model) -> Option<Item> {
    let state = model.session.state.as_ref()?;
    let (figure, remark) = match (&state.problem, &state.path) {
        (Some(problem), _) => ("not written".to_owned(), problem.clone()),
        (None, None) => return None,
        (None, Some(path)) => {
            let (name, bytes) = (path.display(), format::bytes(state.bytes));
            let unnamed = "“Save session as…” gives it a name; of those without one the oldest go.";
            let figure = if state.is_named { path::name(path) } else { "kept".to_owned() };
            let remark = if state.is_named { String::new() } else { format!(" {unnamed}") };
            (figure, format!("What is done here is written to {name}, {bytes} by now.{remark}"))
        }
    };
    let rank = if state.problem.is_some() { 0 } else { 3 };
    Some(Item { remark: Some((remark, state.problem.is_some())), ..Item::new(figure, "session ", rank) })
}

/// How fast it trains and measures, and which of the two waits.
fn speed(model: &Model) -> Vec<Item> {
    if !model.is_playing {
        return vec![Item::new("paused".to_owned(), "", 0)];
    }
    let Speed { steps_per_second, looks_per_second, waiting } = model.speed.now;
    let mut items = vec![Item::new(format::number(steps_per_second), " steps/s", 0)];
    if looks_per_second > 0.0 {
        let looks = if looks_per_second < 10.0 {
            format!("{looks_per_second:.1}")
        } else {
            format::grouped(looks_per_second.round() as u64)
        };
        items.push(Item::new(looks, " looks/s", 3));
    }
    let what = match waiting {
        Waiting::None => return items,
        Waiting::TrainingForSlice => "the slice",
        Waiting::TrainingForCurvature => "curvature",
    };
    items.push(Item::new(what.to_owned(), "training waits for ", 1));
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
