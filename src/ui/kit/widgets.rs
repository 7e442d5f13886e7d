//! Small parts that several panels use.

use std::time::{Duration, Instant};

use egui::{Button, Color32, Response, RichText, Role, Sense, Ui, WidgetInfo};

use super::format;
use super::theme::{Tokens, has_motion};

/// A tab: its name, raised when it is open.
pub fn tab_ui(ui: &mut Ui, is_open: bool, label: &str) -> Response {
    let tokens = Tokens::of(ui);
    let text = RichText::new(label).color(if is_open { tokens.text.0 } else { tokens.weak.0 });
    ui.add(Button::selectable(is_open, text))
}

/// One of several choices that stand side by side.
pub fn segment_ui(ui: &mut Ui, is_chosen: bool, label: &str) -> Response {
    let tokens = Tokens::of(ui);
    let (fill, color) =
        if is_chosen { (tokens.hovered.0, tokens.text.0) } else { (tokens.background.0, tokens.weak.0) };
    ui.add(Button::new(RichText::new(label).color(color)).fill(fill).selected(is_chosen))
}

/// A filled dot in the colour of a run.
pub fn dot_ui(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(10.0, ui.spacing().interact_size.y), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.5, color);
}

/// Something that turns while one waits for what `label` says; it stands still where motion is reduced.
pub fn spinner_ui(ui: &mut Ui, label: &str) {
    let response = if has_motion(ui) { ui.spinner() } else { ui.label("…") };
    name(&response, Role::ProgressIndicator, label);
}

/// Gives a widget that shows no words of its own a name for screen readers and tests.
pub fn name(response: &Response, kind: Role, label: &str) {
    response.widget_info(|| WidgetInfo::labeled(kind, response.enabled(), label));
}

/// A window at rest is drawn no more often than this.
const REST: Duration = Duration::from_secs(10);

/// How long ago something was. Where nothing else is drawn meanwhile, it is drawn again when that is another word, and not
/// too often: several ages change at several times.
pub fn ago(ui: &Ui, when: Instant) -> String {
    let age = Instant::now().saturating_duration_since(when);
    ui.ctx().request_repaint_after(format::next_ago(age).max(REST));
    format::ago(age)
}

/// The height that a list has which opens at the next widget: above or below it, wherever there is more room.
pub fn list_height(ui: &Ui) -> f32 {
    const AROUND: f32 = 24.0;
    let window = ui.ctx().content_rect();
    let top = ui.cursor().top();
    let below = window.bottom() - top - ui.spacing().interact_size.y;
    (below.max(top - window.top()) - AROUND).max(ui.spacing().combo_height)
}

/// Text of the second rank, in small letters.
pub fn small_weak_ui(ui: &mut Ui, text: impl Into<String>) -> Response {
    let color = Tokens::of(ui).weak.0;
    ui.label(RichText::new(text).small().color(color))
}
