//! A question over the window: its frame, and what Enter and Escape do.

use egui::{Button, Context, Id, Key, Modal, Modifiers, Popup, Response, RichText, Ui};

use super::theme::{self, Tokens};

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What it is for shall be done.
    Confirmed,
    /// Nothing shall be done.
    Cancelled,
}

/// Draws the frame of a question over everything else, which takes no keys and clicks meanwhile. Whether it was given up with
/// Escape, and what `add` gave.
pub fn frame_ui<T>(ctx: &Context, id: Id, title: &str, width: f32, add: impl FnOnce(&mut Ui) -> T) -> (bool, T) {
    let width = (0.9 * ctx.content_rect().width()).min(width);
    let frame = egui::Frame::popup(&ctx.style_of(ctx.theme())).inner_margin(14);
    let modal = Modal::new(id).frame(frame).show(ctx, |ui| {
        ui.set_width(width);
        ui.label(RichText::new(title).text_style(theme::title_style()).strong());
        ui.add_space(4.0);
        add(ui)
    });
    // A click beside it is no answer: what waits to be saved would be lost.
    let has_keys = modal.is_top_modal && !modal.any_popup_open;
    (has_keys && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)), modal.inner)
}

/// Gives the keyboard back to what had it before a question, once no question lies over it.
pub fn give_focus_back(ctx: &Context, to: Option<Id>) {
    if to.is_some() {
        ctx.data_mut(|data| data.insert_temp(focus_key(), to));
        ctx.request_repaint();
    }
}

/// Does what [`give_focus_back`] was asked for, when it can be done.
pub fn follow_focus(ctx: &Context) {
    let Some(Some(to)) = ctx.data(|data| data.get_temp::<Option<Id>>(focus_key())) else { return };
    if ctx.memory(|memory| memory.top_modal_layer().is_some()) {
        ctx.request_repaint();
        return;
    }
    ctx.data_mut(|data| data.insert_temp(focus_key(), None::<Id>));
    ctx.memory_mut(|memory| memory.request_focus(to));
}

fn focus_key() -> Id {
    Id::unique("keyboard before the question")
}

/// Whether Enter was pressed, and none of the buttons has the keyboard, which take it for themselves.
pub fn is_entered(ui: &Ui, buttons: &[Response]) -> bool {
    let is_pressed = ui.input(|input| input.key_pressed(Key::Enter));
    is_pressed && !buttons.iter().any(Response::has_focus) && !Popup::is_any_open(ui.ctx())
}

/// A button with the answer that the question is for.
pub fn main_button_ui(ui: &mut Ui, is_enabled: bool, label: &str) -> Response {
    let tokens = Tokens::of(ui);
    let text = RichText::new(label);
    let button =
        if is_enabled { Button::new(text.color(tokens.on_accent.0)).fill(tokens.accent.0) } else { Button::new(text) };
    ui.add_enabled(is_enabled, button)
}

/// Gives the keyboard back to what had it before a dialog opened.
pub fn return_focus(ctx: &Context, before: Option<Id>) {
    ctx.memory_mut(|memory| match (before, memory.focused()) {
        (Some(before), _) => memory.request_focus(before),
        (None, Some(focused)) => memory.surrender_focus(focused),
        (None, None) => {}
    });
}
