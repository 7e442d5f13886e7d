//! The landscapes: one pane a run as contour or surface, what lies on them, their past, and their difference.
//!
//! [`collect`] takes new slices once a frame; [`landscapes_ui`] draws the panes, [`bar_ui`] the controls in their tab bar.
//! What the user wants to see stands in [`LandscapeView`]; what the engine must compute goes out as one `SetSlice`.

mod account;
mod axes;
mod bar;
mod caption;
mod command;
mod contour;
mod difference;
mod figures;
mod foot;
mod layout;
mod magnified;
mod menu;
mod overlay;
mod pane;
mod picture;
mod playback;
mod prediction;
mod range;
mod reading;
mod scale;
mod settings;
mod slice_history;
mod state;
mod states;
mod surface;
mod surface_marks;
mod terms;

use egui::{Color32, Rect, ScrollArea, Ui, UiBuilder, pos2};

pub use account::{account, shown_runs};
pub use bar::bar_ui;
pub use state::{Cursor, LandscapeSettings, LandscapeView};

use crate::protocol::RunId;
use crate::ui::contract::ask::Ask;
use crate::ui::contract::view::View;
use crate::ui::kit::theme::Tokens;
use crate::ui::shell::figures as window_figures;
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::run_view::RunView;
use foot::FOOT_HEIGHT;
use layout::Arrangement;
use pane::Pane;
use picture::PictureId;

/// The pane of the difference; those of runs count from 0.
const DIFFERENCE_PANE: u32 = 1 << 15;

/// The name of a run.
#[must_use]
pub fn run_name(run: &RunView) -> &str {
    run.name()
}

/// The colour of a run.
#[must_use]
pub fn run_color(run: &RunView, tokens: &Tokens) -> Color32 {
    run.color(tokens)
}

/// Takes new slices and finds the colour scale; once a frame, whichever panes are open.
pub fn collect(model: &Model, view: &mut View) {
    if let Some(command) = view.landscape.follow(model) {
        view.asks.push(Ask::Send(command));
    }
    if let Some(command) = view.landscape.fit_range(model) {
        view.asks.push(Ask::Send(command));
    }
    let View { landscape, shared, .. } = view;
    landscape.refresh(model);
    landscape.set_style(model, |run| shared.is_hidden(run));
    view.catch_up();
}

/// The height at which all panes are seen in this width, without scrolling; no less than `height`.
#[must_use]
pub fn whole_height(model: &Model, view: &View, width: f32, height: f32) -> f32 {
    let room = egui::vec2(width, (height - FOOT_HEIGHT).max(1.0));
    height.max(Arrangement::new(panes(model, view).len(), room).height() + FOOT_HEIGHT)
}

/// Draws all panes, or what the engine is doing before there is one.
pub fn landscapes_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    // A figure shows what there is to see, not what there is to do.
    if !window_figures::is_figure(ui) {
        states::trouble_ui(ui, model, view);
    }
    let rect = ui.available_rect_before_wrap();
    if model.runs.is_empty() {
        if model.health == EngineHealth::Fine {
            states::placeholder_ui(ui, rect, &model.waiting_for, &model.experiment.about, None);
        }
        return;
    }
    view.cursor = [None, view.cursor[0]];
    view.landscape.is_dragged &= ui.input(|input| input.pointer.any_down());
    menu::menu_ui(ui, model, view);
    let foot = Rect::from_min_max(pos2(rect.left(), (rect.bottom() - FOOT_HEIGHT).max(rect.top())), rect.max);
    foot::foot_ui(ui, foot, view);
    let room = Rect::from_min_max(rect.min, pos2(rect.right(), foot.top()));
    panes_ui(ui, room, model, view);
    states::loading_ui(ui, room, model);
    prediction::card_ui(ui.ctx(), model, room, view);
    ui.advance_cursor_after_rect(rect);
}

fn panes_ui(ui: &mut Ui, room: Rect, model: &Model, view: &mut View) {
    let panes = panes(model, view);
    if panes.is_empty() {
        let (title, about) = ("All runs are hidden", "They train on. Show one to see its landscape.");
        if states::placeholder_ui(ui, room, title, about, Some("Show all runs")) {
            view.shared.hidden.clear();
        }
        return;
    }
    let arrangement = Arrangement::new(panes.len(), room.size());
    if arrangement.height() <= room.height() + 0.5 {
        draw(ui, room.min, &panes, arrangement.visible(0.0, room.height()), arrangement, view);
        return;
    }
    let mut ui = ui.new_child(UiBuilder::new().max_rect(room).id_salt("panes"));
    let arrangement = Arrangement::new(panes.len(), room.size() - egui::vec2(10.0, 0.0));
    ScrollArea::vertical().auto_shrink(false).show_viewport(&mut ui, |ui, viewport| {
        let origin = ui.max_rect().min;
        ui.set_height(arrangement.height());
        let visible = arrangement.visible(viewport.top(), viewport.bottom());
        draw(ui, origin, &panes, visible, arrangement, view);
    });
}

/// The panes that are shown, in order.
fn panes<'a>(model: &'a Model, view: &View) -> Vec<Pane<'a>> {
    let of_run = |(index, run): (usize, &'a RunView)| Pane {
        index: index as u32,
        id: PictureId::Run(run.info.run),
        run,
        minus: None,
        model,
    };
    let find = |id: RunId| model.runs.iter().enumerate().find(|(_, run)| run.info.run == id);
    if let Some(chosen) = view.landscape.difference
        && let (Some(a), Some(b)) = (find(chosen.a), find(chosen.b))
    {
        let difference = Pane { index: DIFFERENCE_PANE, id: PictureId::Difference, run: a.1, minus: Some(b.1), model };
        return vec![of_run(a), of_run(b), difference];
    }
    model.runs.iter().enumerate().filter(|(_, run)| !view.is_hidden(run.info.run)).map(of_run).collect()
}

fn draw(
    ui: &mut Ui,
    origin: egui::Pos2,
    panes: &[Pane<'_>],
    visible: std::ops::Range<usize>,
    arrangement: Arrangement,
    view: &mut View,
) {
    for index in visible {
        let cell = arrangement.pane(index).translate(origin.to_vec2());
        let pane = panes[index];
        let mut ui = ui.new_child(UiBuilder::new().max_rect(cell).id_salt(("pane", pane.id)));
        ui.set_clip_rect(cell.intersect(ui.clip_rect()));
        pane::pane_ui(&mut ui, pane, view);
    }
}
