//! A picture as a widget, flat or in space: what pointer, wheel and keys ask of it, and the reading in its corner.

use egui::{Align2, EventFilter, Key, Modifiers, Rect, Response, Sense, Ui, vec2};

use super::shown::Landscape;
use super::text::box_text;
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

/// The reading in the lower right corner.
pub fn reading_ui(ui: &Ui, rect: Rect, landscape: Landscape<'_>, text: &str) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let place = box_text(&painter, rect.right_bottom() + vec2(-8.0, -8.0), Align2::RIGHT_BOTTOM, text);
    let id = ui.scope_id().with(("reading", landscape.index));
    let response = ui.interact(place, id, Sense::empty());
    widgets::name(&response, egui::Role::Label, text);
}
