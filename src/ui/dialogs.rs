//! Windows over the window: shortcuts and About, each closed by Escape.

use egui::{Align2, Context, Key, Modifiers, RichText, ScrollArea, Ui};

use super::commands;
use super::figures;
use super::model::Model;
use super::view::View;

/// A window over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    /// The list of shortcuts.
    Shortcuts,
    /// Versions, device and licences.
    About,
    /// A figure or a recording.
    Figure,
}

impl Dialog {
    const fn title(self) -> &'static str {
        match self {
            Self::Shortcuts => "Keyboard shortcuts",
            Self::About => "About Flatscape",
            Self::Figure => "Save a figure",
        }
    }
}

/// Draws the dialog that is open.
pub fn dialogs_ui(ctx: &Context, model: &Model, view: &mut View) {
    let Some(dialog) = view.dialog else { return };
    let mut is_open = !ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let screen = ctx.content_rect().size();
    let size = egui::vec2((0.92 * screen.x).min(820.0), (0.85 * screen.y).min(620.0));
    egui::Window::new(dialog.title())
        .open(&mut is_open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, [0.0, 0.0])
        .max_size(size)
        .show(ctx, |ui| {
            ScrollArea::vertical().show(ui, |ui| match dialog {
                Dialog::Shortcuts => commands::sheet_ui(ui),
                Dialog::About => about_ui(ui, model),
                Dialog::Figure => figures::figure_ui(ui, view),
            });
        });
    if !is_open {
        view.dialog = None;
    }
}

fn about_ui(ui: &mut Ui, model: &Model) {
    ui.label(RichText::new(format!("Flatscape {}", env!("CARGO_PKG_VERSION"))).strong());
    ui.label(format!("Device: {}", model.device.as_deref().unwrap_or("starting")));
}
