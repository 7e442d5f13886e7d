//! A small window that asks for something: Enter does what it is for, Escape and a click beside it close it.

use egui::{Button, Context, Frame, Id, Key, Modal, Popup, Response, RichText, ScrollArea, Ui};

use super::theme::{self, Tokens};

/// The answers that are offered.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    /// What the button says that does what the dialog is for.
    pub confirm: &'a str,
    /// What the button says that does something else instead.
    pub other: Option<&'a str>,
    /// What it does cannot be taken back: the way out has the keyboard at first, and Enter does nothing.
    pub is_final: bool,
}

/// How what is asked for stands.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// All is there that is needed.
    pub can_confirm: bool,
    /// A part has the keyboard that takes Enter for itself.
    pub takes_enter: bool,
}

/// How a dialog was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What it is for shall be done.
    Confirmed,
    /// The second thing that it offers.
    Other,
    /// Nothing shall be done.
    Cancelled,
}

/// Draws a dialog. `form_ui` draws what it asks for, and is told whether the dialog has just opened.
pub fn dialog_ui(
    ctx: &Context,
    id: Id,
    title: &str,
    answers: Answers<'_>,
    form_ui: impl FnOnce(&mut Ui, bool) -> Form,
) -> Option<Answer> {
    let is_new = ctx.read_response(id).is_none() && !Popup::is_any_open(ctx);
    let width = (0.9 * ctx.content_rect().width()).min(350.0);
    let frame = Frame::popup(&ctx.style_of(ctx.theme())).inner_margin(14);
    let modal = Modal::new(id).frame(frame).show(ctx, |ui| {
        ui.set_width(width);
        ui.label(RichText::new(title).text_style(theme::title_style()).strong());
        ui.add_space(4.0);
        let form = ScrollArea::vertical()
            .max_height((0.7 * ui.ctx().content_rect().height()).max(60.0))
            .show(ui, |ui| form_ui(ui, is_new))
            .inner;
        ui.add_space(6.0);
        answers_ui(ui, answers, form, is_new)
    });
    if modal.should_close() { Some(Answer::Cancelled) } else { modal.inner }
}

fn answers_ui(ui: &mut Ui, answers: Answers<'_>, form: Form, is_new: bool) -> Option<Answer> {
    let Answers { confirm, other, is_final } = answers;
    let Form { can_confirm, takes_enter } = form;
    let is_popup_open = Popup::is_any_open(ui.ctx());
    let (responses, mut answer) = ui
        .horizontal(|ui| {
            let tokens = Tokens::of(ui);
            // The button that Enter means is the coloured one.
            let button = |label: &str, is_default: bool| {
                if is_default {
                    Button::new(RichText::new(label).color(tokens.on_accent.0)).fill(tokens.accent.0)
                } else {
                    Button::new(label).fill(tokens.raised.0)
                }
            };
            let mut shown: Vec<Response> = Vec::new();
            let mut answer = None;
            let mut add = |ui: &mut Ui, button: Button<'_>, is_enabled: bool, given: Answer| {
                let response = ui.add_enabled(is_enabled, button);
                if response.clicked() {
                    answer = Some(given);
                }
                if is_new && is_final && given == Answer::Cancelled {
                    response.request_focus();
                }
                shown.push(response);
            };
            add(ui, button(confirm, can_confirm && !is_final), can_confirm, Answer::Confirmed);
            if let Some(label) = other {
                add(ui, Button::new(label), true, Answer::Other);
            }
            add(ui, button("Cancel", is_final), true, Answer::Cancelled);
            (shown, answer)
        })
        .inner;
    let on_button = takes_enter || responses.iter().any(Response::has_focus);
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    if answer.is_none() && enter && can_confirm && !is_final && !on_button && !is_popup_open {
        answer = Some(Answer::Confirmed);
    }
    answer
}
