//! A picture as a widget, flat or in space: what pointer, wheel and keys ask of it, and the reading in its corner.

use egui::{Align2, EventFilter, Key, Modifiers, Pos2, Rect, Response, Sense, Ui, Vec2, vec2};

use super::shown::Landscape;
use super::text::{box_at, box_galley, box_size};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;

/// What a touch pad scrolls for a notch of the wheel.
const POINTS_A_NOTCH: f32 = 50.0;

/// The picture as a widget: it takes clicks, drags and the focus.
pub fn picture_response(ui: &mut Ui, rect: Rect, landscape: &Landscape<'_>) -> Response {
    let response = ui.allocate_rect(rect, Sense::click_and_drag());
    widgets::name(&response, egui::Role::Image, &landscape.label());
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    }
    response
}

/// Shows which picture the keys go to.
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

/// Keys of the focused picture, and of the one under the pointer while nothing has the focus.
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

/// Notches of the wheel over a picture; a list that it stands in does not scroll then.
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

/// Where a reading can stand.
#[derive(Debug, Clone, Copy)]
pub struct ReadingPlace {
    /// The picture, in whose lower right corner it stands while it leaves most of it free.
    pub picture: Rect,
    /// All that the landscape has for its picture, with what is free beside it.
    pub room: Rect,
    /// The place that is read, which it does not cover.
    pub pointer: Option<Pos2>,
}

/// The share of the picture's height that a reading on it may cover.
const READING_SHARE: f32 = 0.3;
/// From the rim of the picture, in points.
const READING_MARGIN: f32 = 8.0;

impl ReadingPlace {
    /// Where words of this size stand.
    fn of(&self, size: Vec2) -> Rect {
        let Self { picture, room, pointer } = *self;
        let fits = size.x + 2.0 * READING_MARGIN <= picture.width()
            && size.y <= READING_SHARE * picture.height()
            && picture.bottom() <= room.bottom();
        let corner = if fits { picture.max - Vec2::splat(READING_MARGIN) } else { room.max };
        let below = Align2::RIGHT_BOTTOM.anchor_size(corner, size);
        match pointer.filter(|pos| below.expand(READING_MARGIN).contains(*pos)) {
            // Above the pointer where there is room, else below it.
            Some(pos) if pos.y - READING_MARGIN - size.y >= room.top() => {
                below.translate(vec2(0.0, pos.y - READING_MARGIN - below.bottom()))
            }
            _ => below,
        }
    }
}

/// The reading, whole: in the lower right corner of the picture, or of the room around a small one.
pub fn reading_ui(ui: &Ui, place: ReadingPlace, landscape: Landscape<'_>, text: &str) {
    let painter = ui.painter();
    let galley = box_galley(painter, text, place.room.width());
    let rect = place.of(box_size(&galley));
    box_at(painter, rect, galley);
    let id = ui.scope_id().with(("reading", landscape.index));
    let response = ui.interact(rect, id, Sense::empty());
    widgets::name(&response, egui::Role::Label, text);
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    #[test]
    fn a_reading_leaves_a_small_picture_free_and_does_not_cover_the_pointer() {
        let room = Rect::from_min_size(pos2(0.0, 0.0), vec2(263.0, 180.0));
        let small = Rect::from_min_size(pos2(80.0, 0.0), vec2(138.0, 138.0));
        let at = |picture: Rect, pointer: Option<Pos2>, size: Vec2| ReadingPlace { picture, room, pointer }.of(size);
        let wide = vec2(200.0, 36.0);
        let placed = at(small, None, wide);
        assert!(room.contains_rect(placed) && placed.max == room.max, "{placed}");
        assert_eq!(at(room, None, wide).max, room.max - Vec2::splat(READING_MARGIN));
        let pointer = pos2(200.0, 160.0);
        let moved = at(room, Some(pointer), wide);
        assert!(!moved.contains(pointer) && room.contains_rect(moved), "{moved}");
    }
}
