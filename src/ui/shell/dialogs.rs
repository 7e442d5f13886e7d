//! Dialogs over the window: shortcuts, About, figures and links. The first control has the keyboard, Escape closes, and the
//! keyboard goes back to where it was.

use egui::{Button, Context, Frame, Id, Key, Modal, Modifiers, RichText, Role, ScrollArea, Ui, vec2};

use super::about::about_ui;
use super::figures::form::{FigureForm, figure_ui};
use super::figures::recording::Settings as RecordingSettings;
use super::link_form::{LinkForm, link_ui};
use super::sheet::sheet_ui;
use crate::ui::contract::ask::Asks;
use crate::ui::kit::questions::return_focus;
use crate::ui::kit::{icons, theme, widgets};
use crate::ui::state::model::Model;

/// A page of a long dialog is this part of its height.
const PAGE: f32 = 0.85;

/// A dialog over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    /// The list of shortcuts.
    Shortcuts,
    /// Versions, device and licences.
    About,
    /// A figure or a recording.
    Figure,
    /// The link to the experiment.
    Link,
}

impl Dialog {
    const fn title(self) -> &'static str {
        match self {
            Self::Shortcuts => "Keyboard shortcuts",
            Self::About => "About Flatscape",
            Self::Figure => "Save a figure",
            Self::Link => "Link to this experiment",
        }
    }

    /// In points, where the window has room for it.
    const fn width(self) -> f32 {
        match self {
            Self::Shortcuts => 840.0,
            Self::About => 600.0,
            Self::Figure | Self::Link => 400.0,
        }
    }
}

/// The dialog of the last frame.
#[derive(Debug, Clone, Copy)]
struct Shown {
    dialog: Dialog,
    /// What had the keyboard before it opened.
    before: Option<Id>,
}

/// The dialog that is open, and what it edits.
#[derive(Debug, Default)]
pub struct Dialogs {
    /// The dialog that is open.
    pub open: Option<Dialog>,
    /// What a figure shall show.
    pub figure: FigureForm,
    /// What a recording shall be.
    pub recording: RecordingSettings,
    /// The link that is shown.
    pub link: LinkForm,
    /// The window's graphics adapter, as About names it.
    pub adapter: Option<String>,
}

/// Draws the dialog that is open.
pub fn dialogs_ui(ctx: &Context, dialogs: &mut Dialogs, model: &Model, asks: &mut Asks) {
    let key = Id::unique("the dialog of the last frame");
    let last = ctx.data(|data| data.get_temp::<Shown>(key));
    let Some(dialog) = dialogs.open else {
        if let Some(last) = last {
            ctx.data_mut(|data| data.remove::<Shown>(key));
            return_focus(ctx, last.before);
        }
        return;
    };
    let is_new = last.is_none_or(|last| last.dialog != dialog);
    let before = last.map_or_else(|| ctx.memory(egui::Memory::focused), |last| last.before);
    ctx.data_mut(|data| data.insert_temp(key, Shown { dialog, before }));
    let screen = ctx.content_rect().size();
    let size = vec2((0.92 * screen.x - 32.0).min(dialog.width()), (0.85 * screen.y - 60.0).clamp(60.0, 640.0));
    let frame = Frame::popup(&ctx.style_of(ctx.theme())).inner_margin(14);
    let modal = Modal::new(Id::unique(dialog.title())).frame(frame).show(ctx, |ui| {
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
            node.set_role(Role::Dialog);
            node.set_label(dialog.title());
        });
        ui.set_width(size.x);
        let mut is_closed = title_ui(ui, dialog, is_new);
        ScrollArea::vertical().max_height(size.y).min_scrolled_height(size.y).show(ui, |ui| {
            turn_pages(ui, size.y);
            match dialog {
                Dialog::Shortcuts => sheet_ui(ui),
                Dialog::About => about_ui(ui, model, dialogs.adapter.as_deref(), asks),
                Dialog::Link => is_closed |= link_ui(ui, &dialogs.link, is_new),
                Dialog::Figure => {
                    let Dialogs { figure, recording, .. } = dialogs;
                    is_closed |= figure_ui(ui, (figure, recording), asks, is_new);
                }
            }
        });
        is_closed
    });
    if modal.should_close() || modal.inner {
        dialogs.open = None;
    }
}

/// Title and cross. True when it is to be closed.
fn title_ui(ui: &mut Ui, dialog: Dialog, is_new: bool) -> bool {
    let is_closed = ui.horizontal(|ui| {
        ui.label(RichText::new(dialog.title()).text_style(theme::title_style()).strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let cross = ui.add(Button::new(icons::X).frame_when_inactive(false)).on_hover_text("Escape");
            widgets::name(&cross, Role::Button, &format!("Close {}", dialog.title()));
            // The first control of these is the one that saves or copies.
            if is_new && !matches!(dialog, Dialog::Figure | Dialog::Link) {
                cross.request_focus();
            }
            cross.clicked()
        })
        .inner
    });
    ui.add_space(4.0);
    is_closed.inner
}

fn turn_pages(ui: &Ui, height: f32) {
    let pages = ui.input_mut(|input| {
        let mut presses = |key| input.count_and_consume_key(Modifiers::NONE, key) as f32;
        presses(Key::PageUp) - presses(Key::PageDown)
    });
    if pages != 0.0 {
        ui.scroll_with_delta(vec2(0.0, PAGE * height * pages));
    }
}
