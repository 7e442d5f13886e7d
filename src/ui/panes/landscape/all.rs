//! All landscapes: in rows that scroll where there are many, with the foot below them and the card over them.

use std::ops::Range;

use egui::{Pos2, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::foot::{FOOT_HEIGHT, foot_ui};
use super::layout::Arrangement;
use super::shown::{Landscape, shown};
use super::single::landscape_ui;
use super::state::LandscapeView;
use super::{menu, prediction, states};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::figure::is_figure;
use crate::ui::state::model::EngineHealth;

/// The height at which all landscapes are seen in this width, without scrolling; no less than `height`.
#[must_use]
pub fn whole_height(seen: Seen<'_>, view: &LandscapeView, width: f32, height: f32) -> f32 {
    let room = vec2(width, (height - FOOT_HEIGHT).max(1.0));
    height.max(Arrangement::new(shown(seen, view.difference).len(), room).height() + FOOT_HEIGHT)
}

/// Draws all landscapes, or what the engine is doing before there is one.
pub fn landscapes_ui(ui: &mut Ui, seen: Seen<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    let model = seen.model;
    // A figure shows what there is to see, not what there is to do.
    if !is_figure(ui) {
        states::trouble_ui(ui, model, asks);
    }
    let rect = ui.available_rect_before_wrap();
    if model.runs.is_empty() {
        if model.health == EngineHealth::Fine {
            states::placeholder_ui(ui, rect, &model.waiting_for, &model.experiment.about, None);
        }
        return;
    }
    let cursor = view.cursor;
    view.cursor = [None, cursor[0]];
    view.is_dragged &= ui.input(|input| input.pointer.any_down());
    menu::menu_ui(ui, seen, view, asks);
    let foot = Rect::from_min_max(pos2(rect.left(), (rect.bottom() - FOOT_HEIGHT).max(rect.top())), rect.max);
    foot_ui(ui, foot, view);
    let room = Rect::from_min_max(rect.min, pos2(rect.right(), foot.top()));
    rows_ui(ui, room, seen, view, asks);
    states::loading_ui(ui, room, model);
    prediction::card_ui(ui.ctx(), model, room, view);
    if is_figure(ui) {
        // A figure is drawn between two frames of the window and has no pointer of its own.
        view.cursor = cursor;
    }
    ui.advance_cursor_after_rect(rect);
}

fn rows_ui(ui: &mut Ui, room: Rect, seen: Seen<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    let all = shown(seen, view.difference);
    if all.is_empty() {
        let (title, about) = ("All runs are hidden", "They train on. Show one to see its landscape.");
        if states::placeholder_ui(ui, room, title, about, Some("Show all runs")) {
            asks.push(Ask::ShowAll);
        }
        return;
    }
    let arrangement = Arrangement::new(all.len(), room.size());
    if arrangement.height() <= room.height() + 0.5 {
        let visible = arrangement.visible(0.0, room.height());
        Rows { origin: room.min, arrangement, visible }.ui(ui, &all, view, asks);
        return;
    }
    let mut ui = ui.new_child(UiBuilder::new().max_rect(room).id_salt("panes"));
    let arrangement = Arrangement::new(all.len(), room.size() - vec2(10.0, 0.0));
    ScrollArea::vertical().auto_shrink(false).show_viewport(&mut ui, |ui, viewport| {
        let origin = ui.max_rect().min;
        ui.set_height(arrangement.height());
        let visible = arrangement.visible(viewport.top(), viewport.bottom());
        Rows { origin, arrangement, visible }.ui(ui, &all, view, asks);
    });
}

/// Where the landscapes stand, and which of them are seen.
struct Rows {
    origin: Pos2,
    arrangement: Arrangement,
    visible: Range<usize>,
}

impl Rows {
    fn ui(self, ui: &mut Ui, all: &[Landscape<'_>], view: &mut LandscapeView, asks: &mut Asks) {
        for index in self.visible {
            let rect = self.arrangement.place(index).translate(self.origin.to_vec2());
            let landscape = all[index];
            let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("pane", landscape.id)));
            ui.set_clip_rect(rect.intersect(ui.clip_rect()));
            landscape_ui(&mut ui, landscape, view, asks);
        }
    }
}
