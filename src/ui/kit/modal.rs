//! Small windows that ask one thing. Enter does what they are for, Escape closes them.

use egui::{Button, Context, Frame, Id, Key, Popup, Response, RichText, Ui};

use super::theme::{self, Tokens};

/// How a window was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What it is for shall be done.
    Confirmed,
    /// The second thing that it offers.
    Other,
    /// Nothing.
    Cancelled,
}

/// What stands around the form of a window.
#[derive(Debug, Clone, Copy)]
pub struct Modal<'a> {
    /// Its title.
    pub title: &'a str,
    /// The button that does what it is for.
    pub confirm: &'a str,
    /// The button of the second thing that it offers.
    pub other: Option<&'a str>,
    /// What it does cannot be taken back: the way out has the keyboard at first.
    pub is_final: bool,
}

/// What the form of a window says.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// A part has the keyboard that takes Enter for itself.
    pub takes_enter: bool,
    /// What it asks for is complete.
    pub can_confirm: bool,
}

impl Modal<'_> {
    /// Draws the window with its form, which is told whether it is drawn for the first time. `None` while it goes on.
    pub fn ui(self, ctx: &Context, id: Id, form_ui: impl FnOnce(&mut Ui, bool) -> Form) -> Option<Answer> {
        let is_new = ctx.read_response(id).is_none() && !Popup::is_any_open(ctx);
        let width = (0.9 * ctx.content_rect().width()).min(350.0);
        let frame = Frame::popup(&ctx.style_of(ctx.theme())).inner_margin(14);
        let shown = egui::Modal::new(id).frame(frame).show(ctx, |ui| {
            ui.set_width(width);
            ui.label(RichText::new(self.title).text_style(theme::title_style()).strong());
            ui.add_space(4.0);
            let form = egui::ScrollArea::vertical()
                .max_height((0.7 * ui.ctx().content_rect().height()).max(60.0))
                .show(ui, |ui| form_ui(ui, is_new))
                .inner;
            ui.add_space(6.0);
            self.buttons_ui(ui, form, is_new)
        });
        if shown.should_close() { Some(Answer::Cancelled) } else { shown.inner }
    }

    fn buttons_ui(self, ui: &mut Ui, form: Form, is_new: bool) -> Option<Answer> {
        let Form { takes_enter, can_confirm } = form;
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
                let confirm = button(self.confirm, can_confirm && !self.is_final);
                let mut shown: Vec<Response> = Vec::new();
                let mut answer = None;
                let mut add = |ui: &mut Ui, button: Button<'_>, is_enabled: bool, given: Answer| {
                    let response = ui.add_enabled(is_enabled, button);
                    if response.clicked() {
                        answer = Some(given);
                    }
                    if is_new && self.is_final && given == Answer::Cancelled {
                        response.request_focus();
                    }
                    shown.push(response);
                };
                add(ui, confirm, can_confirm, Answer::Confirmed);
                if let Some(label) = self.other {
                    add(ui, Button::new(label), true, Answer::Other);
                }
                add(ui, button("Cancel", self.is_final), true, Answer::Cancelled);
                (shown, answer)
            })
            .inner;
        let on_button = takes_enter || responses.iter().any(Response::has_focus);
        let enter = ui.input(|input| input.key_pressed(Key::Enter));
        if answer.is_none() && enter && can_confirm && !self.is_final && !on_button && !is_popup_open {
            answer = Some(Answer::Confirmed);
        }
        answer
    }
}
