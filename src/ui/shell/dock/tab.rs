//! The tab of a docked pane: its title, and a cross where it can be closed.

use egui::{
    Color32, CornerRadius, Id, PointerButton, Rect, Response, Role, Sense, Stroke, StrokeKind, TextStyle, Ui,
    WidgetInfo, vec2,
};
use egui_tiles::TabState;

use crate::ui::kit::theme::Tokens;
use crate::ui::kit::widgets;

/// Beside the title, in points.
const MARGIN: f32 = 10.0;
/// Width of the cross with the room around it, in points.
const CROSS: f32 = 20.0;

/// The width of a tab, in points.
pub fn width(ui: &Ui, title: &str, is_closable: bool) -> f32 {
    let font = TextStyle::Button.resolve(ui.style());
    let words = ui.painter().layout_no_wrap(title.to_owned(), font, Tokens::of(ui).text.0);
    MARGIN + words.size().x + if is_closable { CROSS } else { MARGIN }
}

/// Draws a tab. Also whether it is to be closed.
pub fn tab_ui(ui: &mut Ui, id: Id, title: &str, state: &TabState) -> (Response, bool) {
    let tokens = Tokens::of(ui);
    let color = if state.active { tokens.text.0 } else { tokens.weak.0 };
    let font = TextStyle::Button.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(title.to_owned(), font, color);
    let (_, rect) = ui.allocate_space(vec2(width(ui, title, state.closable), ui.available_height()));
    let response = ui.interact(rect, id, Sense::click_and_drag()).on_hover_cursor(egui::CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), state.active, title));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if !ui.is_rect_visible(rect) || state.is_being_dragged {
        return (response, false);
    }
    let fill = match state.active {
        true => tokens.raised.0,
        false if response.hovered() => tokens.hovered.0,
        false => Color32::TRANSPARENT,
    };
    let corners = CornerRadius { nw: 5, ne: 5, sw: 0, se: 0 };
    ui.painter().rect_filled(rect.shrink2(vec2(0.5, 0.0)), corners, fill);
    if response.has_focus() {
        let stroke = Stroke::new(1.5, tokens.link.0);
        ui.painter().rect_stroke(rect.shrink(1.5), corners, stroke, StrokeKind::Inside);
    }
    let place = egui::pos2(rect.left() + MARGIN, rect.center().y - 0.5 * galley.size().y);
    ui.painter().galley(place, galley, color);
    let is_crossed = state.closable && cross_ui(ui, id, rect, title);
    let is_closed = is_crossed || (state.closable && response.clicked_by(PointerButton::Middle));
    (response, is_closed)
}

fn cross_ui(ui: &Ui, id: Id, tab: Rect, title: &str) -> bool {
    let rect = Rect::from_center_size(egui::pos2(tab.right() - 0.5 * CROSS, tab.center().y), vec2(16.0, 16.0));
    let response = ui.interact(rect, id.with("close"), Sense::click());
    widgets::name(&response, Role::Button, &format!("Close {title}"));
    let tokens = Tokens::of(ui);
    let is_marked = response.hovered() || response.has_focus();
    if is_marked {
        ui.painter().rect_filled(rect, 4, tokens.outline.0);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 4, Stroke::new(1.5, tokens.link.0), StrokeKind::Outside);
    }
    let stroke = Stroke::new(1.2, if is_marked { tokens.text.0 } else { tokens.weak.0 });
    let lines = rect.shrink(4.5);
    ui.painter().line_segment([lines.left_top(), lines.right_bottom()], stroke);
    ui.painter().line_segment([lines.right_top(), lines.left_bottom()], stroke);
    response.clicked()
}
