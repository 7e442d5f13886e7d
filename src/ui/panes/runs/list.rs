//! The list of the runs: colour, name, cost and state of each, hidden or shown, with a menu.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Context, EventFilter, Galley, Key, Memory, Modifiers, Popup, Rect, Response, RichText, ScrollArea, Sense,
    SetOpenCommand, Ui, pos2, vec2,
};

use super::switches::Switches;
use super::{add, menu, progress};
use crate::config::WindowPart;
use crate::protocol::RunId;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, icons, widgets};
use crate::ui::state::folder_view::ELSEWHERE;
use crate::ui::state::model::Model;
use crate::ui::state::origin::origin_words;
use crate::ui::state::run_view::{RunState, RunView};

/// Height of a row, in points.
const ROW_HEIGHT: f32 = 25.0;
/// Width of the eye and of the menu, in points.
const ICON_WIDTH: f32 = 20.0;
/// Between the name and the cost of a run, in points.
const NAME_GAP: f32 = 8.0;
/// The share of a row's room that a long name has before its cost is shortened.
const NAME_SHARE: f32 = 0.5;
/// Rows shown without scrolling, where the panel is high enough.
const MAX_ROWS: f32 = 9.5;
/// The share of the window's height that the list may take.
const MAX_SHARE: f32 = 0.26;

/// What the list keeps from frame to frame.
#[derive(Debug, Default)]
pub struct ListState {
    /// The run whose row or menu shall have the keyboard next.
    focus: Option<Focus>,
    /// The part of a row that had the keyboard last, and its run.
    keyboard: Option<(egui::Id, RunId)>,
}

/// Where the keyboard shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Row(RunId),
    /// Scrolls to the row only.
    Sight(RunId),
    Menu(RunId),
}

impl ListState {
    /// The run whose row, eye or menu has the keyboard.
    pub fn focused_run(&self, ctx: &Context) -> Option<RunId> {
        let focused = ctx.memory(Memory::focused);
        self.keyboard.filter(|(part, _)| focused == Some(*part)).map(|(_, run)| run)
    }

    /// Scrolls to the row of a run.
    pub const fn bring_to_sight(&mut self, run: RunId) {
        self.focus = Some(Focus::Sight(run));
    }

    /// The keys about runs go to the run whose row, eye or menu has the keyboard.
    fn note_keyboard(&mut self, part: &Response, run: RunId) {
        if part.has_focus() {
            self.keyboard = Some((part.id, run));
        }
    }
}

/// Draws title, switches and list.
pub fn list_ui(ui: &mut Ui, seen: Seen<'_>, state: &mut ListState, switches: &mut Switches, asks: &mut Asks) {
    let model = seen.model;
    ui.horizontal(|ui| {
        ui.label(RichText::new("Runs").text_style(theme::title_style()));
        if seen.shared.has(WindowPart::Runs) {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| add::add_run_ui(ui, seen, asks));
        }
    });
    if model.runs.is_empty() {
        widgets::small_weak_ui(ui, &model.waiting_for);
        return;
    }
    switches.ui(ui, model, asks);
    ui.add_space(3.0);
    progress::repeating_ui(ui, model, asks);
    let selected = seen.selected_run().map(|run| run.info.run);
    let by_evaluations = switches.by_evaluations();
    let laggard = progress::laggard(model, by_evaluations);
    let height = (MAX_SHARE * ui.ctx().content_rect().height()).clamp(3.5 * ROW_HEIGHT, MAX_ROWS * ROW_HEIGHT);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ScrollArea::vertical().id_salt("runs").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            if model.runs.len() as f32 * (ROW_HEIGHT + 1.0) > height {
                // Room for the scroll bar, so that it does not lie on the menus.
                ui.set_max_width(ui.available_width() - 5.0);
            }
            for (index, run) in model.runs.iter().enumerate() {
                let awaited = laggard
                    .filter(|(_, least)| progress::waits(model, run, *least, by_evaluations))
                    .and_then(|(id, _)| model.run(id));
                let (is_selected, is_hidden) = (selected == Some(run.info.run), seen.is_hidden(run.info.run));
                let row = Row { index, run, is_selected, is_hidden, awaited };
                row_ui(ui, seen, &row, state, asks);
            }
        });
    });
}

/// A run in the list.
struct Row<'a> {
    index: usize,
    run: &'a RunView,
    is_selected: bool,
    is_hidden: bool,
    /// The run that it waits for, to be compared at equal cost.
    awaited: Option<&'a RunView>,
}

fn row_ui(ui: &mut Ui, seen: Seen<'_>, row: &Row<'_>, state: &mut ListState, asks: &mut Asks) {
    let &Row { run, is_selected, awaited, .. } = row;
    let id = run.info.run;
    let (rect, space) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
    let has_menu = seen.shared.has(WindowPart::Runs);
    let name_rect = if has_menu { rect.with_max_x(rect.right() - 2.0 * ICON_WIDTH - 2.0) } else { rect };
    let response = ui.interact(name_rect, ui.scope_id().with(("run", id)), Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::Role::Button, true, is_selected, format!("Run {}", run.name()))
    });
    let is_active = is_selected || response.has_focus() || space.contains_pointer();
    if is_active {
        let fill = if is_selected { Tokens::of(ui).hovered.0 } else { Tokens::of(ui).raised.0 };
        ui.painter().rect_filled(rect, 5.0, fill);
    }
    if response.has_focus() {
        let stroke = ui.visuals().widgets.hovered.bg_stroke;
        ui.painter().rect_stroke(name_rect, 5.0, stroke, egui::StrokeKind::Inside);
    }
    let cost = words_ui(ui, name_rect, row);
    let cost = ui.interact(cost, ui.scope_id().with(("cost", id)), Sense::hover());
    match folder_words(ui, run) {
        Some([words, ..]) => {
            widgets::name(&cost, egui::Role::Label, &words);
            cost.on_hover_text(words);
        }
        None => _ = help::term(cost, Term::GradientEvaluation),
    }
    take_focus(&response, id, state);
    keyboard(ui, seen.model, &response, row.index, state, asks);
    if response.clicked() {
        asks.push(Ask::Select(Some(row.index)));
    }
    let wants_menu = response.secondary_clicked() || (response.has_focus() && asks_for_menu(ui));
    state.note_keyboard(&response, id);
    response.on_hover_ui(|ui| hover_ui(ui, seen.model, run, awaited));
    if !has_menu {
        return;
    }
    let icon_rect = |place: f32| {
        let left = rect.right() - place * ICON_WIDTH;
        Rect::from_min_max(pos2(left, rect.top()), pos2(left + ICON_WIDTH, rect.bottom()))
    };
    eye_ui(ui, icon_rect(2.0), row, is_active, state, asks);
    let dots = dots_ui(ui, icon_rect(1.0), run, is_active);
    popup_ui(ui, seen, run, &dots, wants_menu, state, asks);
}

fn take_focus(row: &Response, id: RunId, state: &mut ListState) {
    if state.focus == Some(Focus::Row(id)) {
        state.focus = None;
        row.request_focus();
        row.scroll_to_me(None);
    } else if state.focus == Some(Focus::Sight(id)) {
        state.focus = None;
        row.scroll_to_me(None);
    }
}

/// Arrows, Home and End go through a list that has the keyboard.
fn keyboard(ui: &Ui, model: &Model, row: &Response, index: usize, state: &mut ListState, asks: &mut Asks) {
    if !row.has_focus() {
        return;
    }
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(row.id, filter));
    let last = model.runs.len() - 1;
    let target = ui.input_mut(|input| {
        let keys = [
            (Key::ArrowUp, index.saturating_sub(1)),
            (Key::ArrowDown, (index + 1).min(last)),
            (Key::Home, 0),
            (Key::End, last),
        ];
        keys.into_iter().find(|(key, _)| input.consume_key(Modifiers::NONE, *key)).map(|(_, target)| target)
    });
    if let Some(target) = target.filter(|target| *target != index) {
        asks.push(Ask::Select(Some(target)));
        state.focus = Some(Focus::Row(model.runs[target].info.run));
        ui.ctx().request_repaint();
    }
}

fn asks_for_menu(ui: &Ui) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Menu) || input.consume_key(Modifiers::SHIFT, Key::F10))
}

/// Dot, name and cost or state. Returns where the cost stands.
fn words_ui(ui: &Ui, rect: Rect, row: &Row<'_>) -> Rect {
    let &Row { run, is_hidden, awaited, .. } = row;
    let tokens = Tokens::of(ui);
    let center = rect.center().y;
    let dot = pos2(rect.left() + 11.0, center);
    mark(ui, dot, row);
    let body = egui::TextStyle::Body.resolve(ui.style());
    let name_color = if is_hidden { tokens.weak.0 } else { tokens.text.0 };
    let left = rect.left() + 24.0;
    let whole = ui.painter().layout_no_wrap(run.name().to_owned(), body.clone(), name_color).size().x;
    let room = rect.right() - 4.0 - left - NAME_GAP;
    let cost = cost_galley(ui, run, awaited, room - whole.min(NAME_SHARE * room));
    let cost_rect = {
        let corner = pos2(rect.right() - 4.0 - cost.size().x, center - 0.5 * cost.size().y);
        Rect::from_min_size(corner, cost.size())
    };
    ui.painter().galley(cost_rect.min, cost, tokens.weak.0);
    let mut job = LayoutJob::simple_singleline(run.name().to_owned(), body, name_color);
    job.wrap = TextWrapping::truncate_at_width((cost_rect.left() - NAME_GAP - left).max(0.0));
    let name = ui.fonts_mut(|fonts| fonts.layout_job(job));
    ui.painter().galley(pos2(left, center - 0.5 * name.size().y), name, name_color);
    cost_rect
}

/// The mark of a run in its colour: a dot, and a diamond for one that is trained elsewhere; hollow for one that is hidden.
fn mark(ui: &Ui, at: egui::Pos2, row: &Row<'_>) {
    let color = row.run.color(Tokens::of(ui));
    let (fill, stroke) = match row.is_hidden {
        true => (egui::Color32::TRANSPARENT, egui::Stroke::new(1.5, color)),
        false => (color, egui::Stroke::NONE),
    };
    let radius = if row.is_hidden { 4.0 } else { 4.5 };
    if row.run.is_followed() {
        let reach = radius + 1.0;
        let corners = [vec2(0.0, -reach), vec2(reach, 0.0), vec2(0.0, reach), vec2(-reach, 0.0)];
        let corners = corners.map(|corner| at + corner).to_vec();
        ui.painter().add(egui::Shape::convex_polygon(corners, fill, stroke));
    } else {
        ui.painter().circle(at, radius, fill, stroke);
    }
}

/// How the folder of a run stands, where it follows one: the longest words first.
fn folder_words(ui: &Ui, run: &RunView) -> Option<[String; 3]> {
    let folder = run.followed.as_ref()?;
    let age = folder.written.map(|written| widgets::ago(ui, written));
    Some(folder.words(age.as_deref()))
}

/// Cost or state, as much of it as has `room`; a run that diverged says so in any case.
fn cost_galley(ui: &Ui, run: &RunView, awaited: Option<&RunView>, room: f32) -> Arc<Galley> {
    let tokens = Tokens::of(ui);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let galley = |text: String, color| ui.painter().layout_no_wrap(text, small.clone(), color);
    if let Some(words) = folder_words(ui, run) {
        let fitting = words.into_iter().map(|text| galley(text, tokens.weak.0)).find(|galley| galley.size().x <= room);
        return fitting.unwrap_or_else(|| galley(String::new(), tokens.weak.0));
    }
    let grads = format::grouped(run.gradient_evaluations());
    let texts = match (run.state, awaited) {
        (RunState::Diverged { .. }, _) => return galley("diverged".to_owned(), tokens.error.0),
        (RunState::Finished, _) => [format!("{grads}, done"), "done".to_owned()],
        (RunState::Training, Some(other)) => [format!("waits for {}", other.name()), "waits".to_owned()],
        (RunState::Training, None) => [format!("{grads} grads"), grads],
    };
    let fitting = texts.into_iter().map(|text| galley(text, tokens.weak.0)).find(|galley| galley.size().x <= room);
    fitting.unwrap_or_else(|| galley(String::new(), tokens.weak.0))
}

fn hover_ui(ui: &mut Ui, model: &Model, run: &RunView, awaited: Option<&RunView>) {
    ui.label(RichText::new(format!("{}, {}", run.name(), run.knob_summary())).strong());
    if let Some([words, ..]) = folder_words(ui, run) {
        ui.label(format!("{words}."));
        ui.label(format!("{ELSEWHERE} Click to choose the checkpoint that is looked at."));
        return;
    }
    let (grads, steps) = (format::grouped(run.gradient_evaluations()), format::grouped(run.step()));
    ui.label(format!("{grads} gradient evaluations in {steps} steps, {}.", origin_words(model, run)));
    match run.state {
        RunState::Diverged { step, last_good_step } => {
            let (step, last) = (format::grouped(step), format::grouped(last_good_step));
            ui.label(format!(
                "Step {step} gave a number that is not finite. The run stands at step {last}; rewind it and turn its knobs."
            ));
        }
        RunState::Finished => {
            ui.label("Its budget is spent, and its schedule ends there. With constant schedules it goes on.");
        }
        RunState::Training => {}
    }
    if let Some(other) = awaited {
        let text = format!("It waits until {} has caught up: runs are kept at equal cost.", other.name());
        ui.label(text);
    }
    ui.label("Click to see its knobs.");
}

fn eye_ui(ui: &Ui, rect: Rect, row: &Row<'_>, is_active: bool, state: &mut ListState, asks: &mut Asks) {
    let &Row { run, is_hidden, .. } = row;
    let id = run.info.run;
    let response = ui.interact(rect, ui.scope_id().with(("eye", id)), Sense::click());
    let (icon, verb) = if is_hidden { (icons::EYE_SLASH, "Show") } else { (icons::EYE, "Hide") };
    widgets::name(&response, egui::Role::Button, &format!("{verb} {}", run.name()));
    icon_text(ui, &response, icon, is_active || is_hidden);
    state.note_keyboard(&response, id);
    if response.clicked() {
        asks.push(Ask::Hide { run: id, is_hidden: !is_hidden });
    }
    let what = if run.is_followed() { "It is followed" } else { "It trains" };
    response.on_hover_text(format!("{verb} it in landscapes and charts. {what} on."));
}

fn dots_ui(ui: &Ui, rect: Rect, run: &RunView, is_active: bool) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(("dots", run.info.run)), Sense::click());
    widgets::name(&response, egui::Role::Button, &format!("More for {}", run.name()));
    icon_text(ui, &response, icons::DOTS_THREE, is_active);
    response
}

/// The menu at the dots of a run, which opens by a click, or where the row asks for it.
fn popup_ui(
    ui: &Ui,
    seen: Seen<'_>,
    run: &RunView,
    dots: &Response,
    wants_menu: bool,
    state: &mut ListState,
    asks: &mut Asks,
) {
    let id = run.info.run;
    state.note_keyboard(dots, id);
    let was_open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(dots));
    let mut popup = Popup::menu(dots).accessible_name(format!("Menu of {}", run.name()));
    if wants_menu {
        popup = popup.open_memory(SetOpenCommand::Bool(true));
    }
    // Keys go to the first line once the menu is there.
    let by_keyboard = !ui.input(|input| input.pointer.any_click());
    if !was_open && (wants_menu || dots.clicked()) && by_keyboard {
        state.focus = Some(Focus::Menu(id));
    }
    popup.show(|ui| {
        let takes_focus = was_open && state.focus == Some(Focus::Menu(id));
        if takes_focus {
            state.focus = None;
        }
        menu::run_menu_ui(ui, seen, run, takes_focus, asks);
    });
}

fn icon_text(ui: &Ui, response: &Response, icon: &str, is_active: bool) {
    let tokens = Tokens::of(ui);
    let is_near = response.hovered() || response.has_focus();
    if !is_active && !is_near {
        return;
    }
    let color = if is_near { tokens.text.0 } else { tokens.weak.0 };
    let font = egui::FontId::proportional(15.0);
    ui.painter().text(response.rect.center(), Align2::CENTER_CENTER, icon, font, color);
    if response.has_focus() {
        let stroke = ui.visuals().widgets.hovered.bg_stroke;
        ui.painter().rect_stroke(response.rect.shrink(2.0), 4.0, stroke, egui::StrokeKind::Inside);
    }
}
