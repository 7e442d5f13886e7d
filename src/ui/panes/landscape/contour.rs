//! A landscape that shows its slice from above: pan by drag, the range at the wheel, a double click goes back. Both axes have
//! one scale.

use std::sync::Arc;

use egui::{Align2, Key, Rect, Response, Ui, vec2};

use super::axes::axes_ui;
use super::caption::tags_ui;
use super::picture::Picture;
use super::places::{Asked, Cursor, MenuPlace};
use super::pointing::{ReadingPlace, focus_ring, keys, picture_response, reading_ui, wheel};
use super::reading::{nearest_mark, reading};
use super::shown::Landscape;
use super::state::LandscapeView;
use super::text::{line_text, small};
use super::{overlay, prediction, terms};
use crate::protocol::SliceView;
use crate::render::ContourStyle;
use crate::ui::contract::ask::Asks;
use crate::ui::kit::figure::is_on_paper;
use crate::ui::kit::theme::{CROSSHAIR, PATH, Tokens};
use crate::ui::plots::contour_view;
use crate::ui::plots::slice_frame::{ContourPlace, SliceFrame};

/// Ratio of two half-widths one notch of the wheel apart.
const ZOOM_STEP: f64 = 1.25;
/// A key moves the picture by this share.
const KEY_SHARE: f64 = 0.1;

/// Draws the contour of a landscape.
pub fn contour_ui(ui: &mut Ui, room: Rect, landscape: Landscape<'_>, view: &mut LandscapeView, asks: &mut Asks) {
    let ContourPlace { picture: rect, has_axes, caption } = ContourPlace::new(room);
    let response = picture_response(ui, rect, &landscape);
    let Some(grid) = view.pictures.get(&landscape.id).map(|picture| Arc::clone(&picture.grid)) else { return };
    let frame = match &view.window {
        Some(window) => SliceFrame::within(rect, window),
        None => SliceFrame::new(rect, &grid),
    };
    move_ui(ui, &frame, &response, landscape, view, asks);
    let frame = match &view.window {
        Some(window) => SliceFrame::within(rect, window),
        None => frame,
    };
    let style = if landscape.minus.is_some() { view.difference_style } else { view.style };
    let Some(style) = style else { return };
    let is_dragged = view.is_dragged;
    let shown = view.overlays;
    let Some(picture) = view.pictures.get_mut(&landscape.id) else { return };
    fill_ui(ui, &frame, landscape.index, picture, &style, shown.labels && !is_dragged);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    if landscape.minus.is_none() {
        overlay::marks_ui(&painter, &frame, landscape.model, landscape.run, &grid, shown);
    }
    if has_axes {
        axes_ui(ui, &frame, view.units.factors(&grid.caption));
    }
    tags_ui(ui, caption, landscape, &grid, &frame.window(), view);
    cursor_ui(ui, (&frame, room), &response, landscape, view, asks);
    click_ui(ui, &frame, &response, landscape, view);
    focus_ring(ui, rect, &response);
    response.on_hover_cursor(egui::CursorIcon::Crosshair);
}

/// Moves the window at once; slices of the range that it needs are asked for at the wheel, and after a drag.
fn move_ui(
    ui: &Ui,
    frame: &SliceFrame,
    response: &Response,
    landscape: Landscape<'_>,
    view: &mut LandscapeView,
    asks: &mut Asks,
) {
    let old = frame.window();
    let keys = keys(ui, response);
    if response.double_clicked() || keys.is_reset {
        view.reset_window(landscape.model.experiment.look.range, asks);
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
        view.is_dragged = true;
    }
    let is_moved = window != old;
    if is_moved {
        view.window = Some(window);
    }
    if (is_moved && !view.is_dragged) || response.drag_stopped() {
        let asked = view.slice;
        let range = view.window.unwrap_or(old).needed_range();
        // What is there suffices while the window stays inside and does not show a small part only.
        let suffices = notches == 0.0 && range <= asked.range * (1.0 + 1e-9);
        // Slices of the past are what they are; for those of now it is asked when they are shown again.
        if !suffices && view.playback.shown_step().is_none() {
            view.fit = None;
            view.ask_slice(SliceView { range, ..asked }, asks);
        }
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
        let galley = painter.layout("not computed there".to_owned(), small(), tokens.weak.0, rect.width() - 8.0);
        let place = Align2::CENTER_BOTTOM.anchor_size(rect.center_bottom() - vec2(0.0, 8.0), galley.size());
        painter.galley(place.min, galley, tokens.weak.0);
    }
    let Some((place, crop)) = part else { return };
    let Some(grid) = picture.part(&crop) else { return };
    let is_paper = is_on_paper(ui);
    let drawn = if is_paper { ContourStyle { line_width_px: 0.0, ..*style } } else { *style };
    painter.add(contour_view::shape(ui.ctx(), place, index, &grid, drawn));
    if is_paper {
        overlay::iso_lines_ui(&painter, place, style, &grid);
    }
    if has_labels {
        let levels = style.levels();
        let texts = levels.iter().map(|level| line_text(style, *level, &levels).chars().count());
        let longest = texts.max().unwrap_or(0).max(4);
        let labels = picture.labels(&grid, style, place.size(), vec2(6.0 * longest as f32, 12.0));
        overlay::labels_ui(&painter, place, style, &labels);
    }
}

/// The place at which all landscapes are read: under the pointer, or in the middle of the focused one.
fn cursor_ui(
    ui: &Ui,
    (frame, room): (&SliceFrame, Rect),
    response: &Response,
    landscape: Landscape<'_>,
    view: &mut LandscapeView,
    asks: &mut Asks,
) {
    let run = landscape.run.info.run;
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
    let Some(picture) = view.pictures.get(&landscape.id) else { return };
    let mark = (cursor.run == run && landscape.minus.is_none())
        .then(|| nearest_mark(&picture.grid, view.overlays, pos, |point| Some(frame.screen([point.x, point.y]))));
    let mark = mark.flatten();
    if landscape.minus.is_none() && pointer == Some(pos) {
        let shown = view.overlays;
        let about = terms::Lines { grid: &picture.grid, shown, half: frame.window().half };
        terms::terms_ui(ui, pos, mark.is_some(), about, |place| Some(frame.screen(place)));
    }
    let text = match mark {
        Some(mark) => mark.reading(landscape.model, &picture.grid),
        None => reading(picture, cursor.place, view.units),
    };
    reading_ui(
        ui,
        ReadingPlace { picture: rect, room: room.intersect(ui.clip_rect()), pointer: Some(pos) },
        landscape,
        &text,
    );
    if pointer.is_some() {
        let asked = Asked { run, place: cursor.place, slice: picture.grid.tag() };
        prediction::follow_pointer(ui, asked, view, asks);
    }
}

/// Opens the menu where the user clicked, or in the middle for a key.
fn click_ui(ui: &Ui, frame: &SliceFrame, response: &Response, landscape: Landscape<'_>, view: &mut LandscapeView) {
    let is_asked = (response.clicked() || response.secondary_clicked()) && !response.double_clicked();
    if !is_asked || landscape.minus.is_some() {
        return;
    }
    let pointer = response.interact_pointer_pos().filter(|pos| frame.rect().contains(*pos));
    let is_key = ui.input(|input| input.key_pressed(Key::Enter) || input.key_pressed(Key::Space));
    let Some(slice) = view.pictures.get(&landscape.id).map(|picture| picture.grid.tag()) else { return };
    let pos = pointer.filter(|_| !is_key).unwrap_or_else(|| frame.screen(frame.window().center));
    let at = Asked { run: landscape.run.info.run, place: frame.place(pos), slice };
    view.menu = Some(MenuPlace { at, pos, by_key: pointer.is_none() || is_key });
}
