//! A pane that shows its slice from above: pan by drag, the range at the wheel, a double click goes back. Both axes have
//! one scale.

use std::sync::Arc;

use egui::{Align2, EventFilter, Key, Modifiers, Rect, Response, Sense, Ui, vec2};

use super::axes::axes_ui;
use super::caption::{CaptionPlace, tags_ui};
use super::overlay;
use super::overlay::box_text;
use super::pane::Pane;
use super::picture::Picture;
use super::reading;
use super::reading::nearest_mark;
use super::state::Cursor;
use super::state::{Asked, MenuPlace};
use super::{prediction, terms};
use crate::protocol::SliceView;
use crate::render::ContourStyle;
use crate::ui::contract::view::View;
use crate::ui::kit::theme::{CROSSHAIR, PATH, Tokens};
use crate::ui::kit::widgets;
use crate::ui::plots::contour_view;
use crate::ui::plots::slice_frame::{ContourPlace, SliceFrame};

/// Ratio of two half-widths one notch of the wheel apart.
pub const ZOOM_STEP: f64 = 1.25;
/// What a touch pad scrolls for the same.
const POINTS_A_NOTCH: f32 = 50.0;
/// A key moves the picture by this share.
const KEY_SHARE: f64 = 0.1;

/// Draws the contour of a pane.
pub fn contour_ui(ui: &mut Ui, pane_rect: Rect, pane: Pane<'_>, view: &mut View) {
    let ContourPlace { picture: rect, has_axes, caption } = ContourPlace::new(pane_rect);
    let response = picture_response(ui, rect, &pane);
    let Some(grid) = view.landscape.pictures.get(&pane.id).map(|picture| Arc::clone(&picture.grid)) else { return };
    let frame = match &view.landscape.window {
        Some(window) => SliceFrame::within(rect, window),
        None => SliceFrame::new(rect, &grid),
    };
    move_ui(ui, &frame, &response, pane, view);
    let frame = match &view.landscape.window {
        Some(window) => SliceFrame::within(rect, window),
        None => frame,
    };
    let style = if pane.minus.is_some() { view.landscape.difference_style } else { view.landscape.style };
    let Some(style) = style else { return };
    let is_dragged = view.landscape.is_dragged;
    let shown = view.landscape.overlays;
    let Some(picture) = view.landscape.pictures.get_mut(&pane.id) else { return };
    fill_ui(ui, &frame, pane.index, picture, &style, shown.labels && !is_dragged);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if pane.minus.is_none() {
        overlay::marks_ui(&painter, &frame, pane.model, pane.run, &grid, shown);
    }
    if has_axes {
        axes_ui(ui, &frame, view.landscape.units.factors(&grid.caption));
    }
    tags_ui(ui, CaptionPlace { picture: rect, beside: caption }, pane, &grid, &frame.window(), view);
    cursor_ui(ui, &frame, &response, pane, view);
    click_ui(ui, &frame, &response, pane, view);
    focus_ring(ui, rect, &response);
    response.on_hover_cursor(egui::CursorIcon::Crosshair);
}

/// The picture as a widget: it takes clicks, drags and the focus.
pub fn picture_response(ui: &mut Ui, rect: Rect, pane: &Pane<'_>) -> Response {
    let response = ui.allocate_rect(rect, Sense::click_and_drag());
    widgets::name(&response, egui::Role::Image, &pane.label());
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    }
    response
}

/// Shows which pane the keys go to.
pub fn focus_ring(ui: &Ui, rect: Rect, response: &Response) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(2.0, Tokens::of(ui).accent.0);
        ui.painter().rect_stroke(rect, 6.0, stroke, egui::StrokeKind::Inside);
    }
}

/// What the keys ask of a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Keys {
    /// Arrows: to the right and downwards.
    pub steps: [f32; 2],
    /// The same with Shift.
    pub shifted: [f32; 2],
    /// Into the picture.
    pub nearer: f32,
    /// All as it was at first. A command does the same while no picture has the focus.
    pub is_reset: bool,
}

/// Keys of the focused pane, and of the one under the pointer while nothing has the focus.
pub fn keys(ui: &Ui, response: &Response) -> Keys {
    let (has_focus, nothing_focused) = (response.has_focus(), ui.memory(|memory| memory.focused().is_none()));
    if !(has_focus || (response.hovered() && nothing_focused)) {
        return Keys::default();
    }
    ui.input(|input| {
        let pressed = |key: Key| f32::from(u8::from(input.key_pressed(key)));
        let arrows =
            [pressed(Key::ArrowRight) - pressed(Key::ArrowLeft), pressed(Key::ArrowDown) - pressed(Key::ArrowUp)];
        match input.modifiers {
            Modifiers::NONE => Keys {
                steps: arrows,
                nearer: pressed(Key::Plus) + pressed(Key::Equals) - pressed(Key::Minus),
                is_reset: has_focus && input.key_pressed(Key::Home),
                ..Keys::default()
            },
            Modifiers::SHIFT => Keys { shifted: arrows, ..Keys::default() },
            _ => Keys::default(),
        }
    })
}

/// Notches of the wheel over a pane; a list that the pane stands in does not scroll then.
pub fn wheel(ui: &Ui, response: &Response) -> f32 {
    if !response.hovered() {
        return 0.0;
    }
    let notches = ui.input(|input| {
        let wheel = |event: &egui::Event| match event {
            egui::Event::MouseWheel { modifiers, .. } if modifiers.any() => None,
            egui::Event::MouseWheel { unit: egui::MouseWheelUnit::Point, delta, .. } => Some(delta.y / POINTS_A_NOTCH),
            egui::Event::MouseWheel { delta, .. } => Some(delta.y.clamp(-1.0, 1.0)),
            _ => None,
        };
        input.events.iter().filter_map(wheel).sum()
    });
    ui.input_mut(|input| input.smooth_scroll_delta = egui::Vec2::ZERO);
    notches
}

/// Moves the window at once; slices of the range that it needs are asked for at the wheel, and after a drag.
fn move_ui(ui: &Ui, frame: &SliceFrame, response: &Response, pane: Pane<'_>, view: &mut View) {
    let old = frame.window();
    let keys = keys(ui, response);
    if response.double_clicked() || keys.is_reset {
        reset_window(view, pane.model.experiment.look.range);
        return;
    }
    let notches = wheel(ui, response);
    let mut window = old;
    // The wheel keeps the place under the pointer, keys the middle.
    if notches != 0.0 {
        let place = response.hover_pos().map_or(old.center, |pos| frame.place(pos));
        window = window.widened_about(ZOOM_STEP.powf(-f64::from(notches)), place);
    }
    if keys.nearer != 0.0 {
        window = window.widened(ZOOM_STEP.powf(-f64::from(keys.nearer)));
    }
    let notches = notches + keys.nearer;
    let [right, down] = [0, 1].map(|axis| keys.steps[axis] + keys.shifted[axis]);
    if right != 0.0 || down != 0.0 {
        window = window.moved([-KEY_SHARE * f64::from(right), -KEY_SHARE * f64::from(down)]);
    }
    if response.dragged_by(egui::PointerButton::Primary) {
        window = window.moved(frame.shares(response.drag_delta()));
        view.landscape.is_dragged = true;
    }
    let is_moved = window != old;
    if is_moved {
        view.landscape.window = Some(window);
    }
    if (is_moved && !view.landscape.is_dragged) || response.drag_stopped() {
        let asked = view.landscape.slice;
        let range = view.landscape.window.unwrap_or(old).needed_range();
        // What is there suffices while the window stays inside and does not show a small part only.
        let suffices = notches == 0.0 && range <= asked.range * (1.0 + 1e-9);
        // Slices of the past are what they are; for those of now it is asked when they are shown again.
        if !suffices && view.landscape.playback.shown_step().is_none() {
            view.landscape.fit = None;
            view.ask_slice(SliceView { range, ..asked });
        }
    }
}

/// All of the slices in the range that the plane was given, or else the experiment's.
pub fn reset_window(view: &mut View, range: f64) {
    let range = view.landscape.home.unwrap_or(range);
    if view.landscape.slice.range == range {
        view.landscape.window = None;
    } else {
        view.ask_range(range);
    }
}

/// The picture where it belongs in the window; beside it, what is not computed yet.
fn fill_ui(ui: &Ui, frame: &SliceFrame, index: u32, picture: &mut Picture, style: &ContourStyle, has_labels: bool) {
    let rect = frame.rect();
    let part = frame.part(&picture.grid.x, &picture.grid.y);
    let is_filled = part.is_some_and(|(part, _)| part.expand(1.0).contains_rect(rect));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if !is_filled {
        let tokens = Tokens::of(ui);
        painter.rect_filled(rect, 6.0, tokens.panel.0);
        let place = rect.center_bottom() - vec2(0.0, 8.0);
        painter.text(place, Align2::CENTER_BOTTOM, "not computed there", overlay::small(), tokens.weak.0);
    }
    let Some((place, crop)) = part else { return };
    let Some(grid) = picture.part(&crop) else { return };
    painter.add(contour_view::shape(ui.ctx(), place, index, &grid, *style));
    if has_labels {
        let levels = style.levels();
        let texts = levels.iter().map(|level| overlay::line_text(style, *level, &levels).chars().count());
        let longest = texts.max().unwrap_or(0).max(4);
        let labels = picture.labels(&grid, style, place.size(), vec2(6.0 * longest as f32, 12.0));
        overlay::labels_ui(&painter, place, style, &labels);
    }
}

/// The place at which all panes are read: under the pointer, or in the middle of the focused pane.
fn cursor_ui(ui: &Ui, frame: &SliceFrame, response: &Response, pane: Pane<'_>, view: &mut View) {
    let run = pane.run.info.run;
    let pointer = response.hover_pos();
    if let Some(pos) = pointer {
        view.cursor[0] = Some(Cursor { run, place: frame.place(pos) });
    } else if response.has_focus() && view.cursor[1].is_none_or(|cursor| cursor.run == run) {
        view.cursor[0] = Some(Cursor { run, place: frame.window().center });
    }
    let Some(cursor) = view.cursor[0].filter(|cursor| cursor.run == run).or(view.cursor[1]) else { return };
    let pos = frame.screen(cursor.place);
    let rect = frame.rect();
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if !rect.contains(pos) {
        return;
    }
    let stroke = egui::Stroke::new(1.0, CROSSHAIR);
    painter.hline(rect.x_range(), pos.y, stroke);
    painter.vline(pos.x, rect.y_range(), stroke);
    if pointer.is_none() && response.has_focus() {
        painter.circle_stroke(pos, 6.0, egui::Stroke::new(1.5, PATH));
    }
    let Some(picture) = view.landscape.pictures.get(&pane.id) else { return };
    let mark = (cursor.run == run && pane.minus.is_none()).then(|| {
        nearest_mark(&picture.grid, view.landscape.overlays, pos, |point| Some(frame.screen([point.x, point.y])))
    });
    let mark = mark.flatten();
    if pane.minus.is_none() && pointer == Some(pos) {
        let shown = view.landscape.overlays;
        let about = terms::Lines { grid: &picture.grid, shown, half: frame.window().half };
        terms::terms_ui(ui, pos, mark.is_some(), about, |place| Some(frame.screen(place)));
    }
    let text = match mark {
        Some(mark) => mark.reading(pane.model, &picture.grid),
        None => reading::reading(picture, cursor.place, view.landscape.units),
    };
    reading_ui(ui, rect, pane, &text);
    if pointer.is_some() {
        let asked = Asked { run, place: cursor.place, slice: picture.grid.tag() };
        prediction::follow_pointer(ui, asked, view);
    }
}

/// The reading in the lower right corner.
pub fn reading_ui(ui: &Ui, rect: Rect, pane: Pane<'_>, text: &str) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let place = box_text(&painter, rect.right_bottom() + vec2(-8.0, -8.0), Align2::RIGHT_BOTTOM, text);
    let id = ui.scope_id().with(("reading", pane.index));
    let response = ui.interact(place, id, Sense::empty());
    widgets::name(&response, egui::Role::Label, text);
}

/// Opens the menu where the user clicked, or in the middle for a key.
fn click_ui(ui: &Ui, frame: &SliceFrame, response: &Response, pane: Pane<'_>, view: &mut View) {
    let is_asked = (response.clicked() || response.secondary_clicked()) && !response.double_clicked();
    if !is_asked || pane.minus.is_some() {
        return;
    }
    let pointer = response.interact_pointer_pos().filter(|pos| frame.rect().contains(*pos));
    let is_key = ui.input(|input| input.key_pressed(Key::Enter) || input.key_pressed(Key::Space));
    let Some(slice) = view.landscape.pictures.get(&pane.id).map(|picture| picture.grid.tag()) else { return };
    let pos = pointer.filter(|_| !is_key).unwrap_or_else(|| frame.screen(frame.window().center));
    let at = Asked { run: pane.run.info.run, place: frame.place(pos), slice };
    view.landscape.menu = Some(MenuPlace { at, pos, by_key: pointer.is_none() || is_key });
}
