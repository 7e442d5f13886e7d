//! The landscapes as a short recording.

use egui::{Context, Role, Window};

use super::App;
use crate::ui::contract::pane::Pane;
use crate::ui::kit::widgets;
use crate::ui::shell::figures::form::{FigureForm, Target};
use crate::ui::shell::figures::offscreen::Offscreen;
use crate::ui::shell::figures::recording::{MOST_PIXELS, Recording, Stage};
use crate::ui::shell::figures::{footer, provenance};
use crate::ui::state::notices::Level;

impl App {
    /// Begins to record the landscapes, or ends the recording that is under way.
    pub(super) fn toggle_recording(&mut self, ctx: &Context) {
        if let Some(mut recording) = self.recording.take() {
            let target = Target::Pane(Pane::Landscapes);
            let title = &self.model.experiment.title;
            recording.end(self.words(target, |scene| provenance::provenance(scene, title)));
            self.recording = Some(recording);
            return;
        }
        let Some(state) = self.render_state.clone() else {
            self.model.notices.push(Level::Error, "A recording needs the graphics device of the window.");
            return;
        };
        let form = FigureForm { scale: 1, ..FigureForm::default() };
        let mut offscreen = Offscreen::new(&state);
        let mut sheet = self.fitted(ctx, &mut offscreen, form.target, self.sheet(ctx, form));
        // Steps have more digits at the end.
        let font = footer::font(ctx);
        let spare = ctx.fonts_mut(|fonts| fonts.row_height(&font));
        (sheet.footer, sheet.size.y) = (sheet.footer + spare, sheet.size.y + spare);
        let pixels = sheet.size.x * sheet.size.y * ctx.zoom_factor().powi(2);
        sheet.scale = (MOST_PIXELS / pixels.max(1.0)).sqrt().min(1.0);
        let beginning = self.words(form.target, provenance::full_sentences).join("\n");
        match Recording::new(self.dialogs.recording, &state, sheet, beginning) {
            Ok(recording) => self.recording = Some(recording),
            Err(err) => self.model.notices.push(Level::Error, format!("Nothing is recorded: {err}.")),
        }
    }

    /// Draws the next frame of a recording, shows how far it is, and asks where the file shall go.
    pub(super) fn record(&mut self, ctx: &Context) {
        let Some(mut recording) = self.recording.take() else { return };
        if let Some((offscreen, sheet)) = recording.due() {
            let mut drawn = self.draw_figure(ctx, offscreen, Target::Pane(Pane::Landscapes), sheet);
            let shapes = std::mem::take(&mut drawn.shapes);
            match offscreen.begin(shapes, &drawn) {
                Ok(reading) => recording.push(reading),
                Err(err) => {
                    self.model.notices.push(Level::Error, format!("The recording was given up: {err}."));
                    return;
                }
            }
        }
        ctx.request_repaint_after(std::time::Duration::from_millis(60));
        let (words, share) = match recording.stage() {
            Stage::Gathering(share) => ("Recording the landscapes", share),
            Stage::Encoding => ("Writing the picture", 1.0),
            Stage::Done(Ok(bytes)) => {
                let extension = recording.settings().animation.extension();
                let suggested = format!("{}-recording.{extension}", self.model.experiment.name);
                self.files.ask_where_to_save(&suggested, bytes);
                return;
            }
            Stage::Done(Err(err)) => {
                self.model.notices.push(Level::Error, format!("The recording cannot be written: {err}."));
                return;
            }
        };
        let (mut is_cancelled, mut is_ended) = (false, recording.is_over());
        Window::new("Recording")
            .title_bar(false)
            .resizable(false)
            .anchor(egui::Align2::CENTER_BOTTOM, [0.0, -40.0])
            .show(ctx, |ui| {
                ui.label(words);
                let bar = ui.add(egui::ProgressBar::new(share).desired_width(260.0).show_percentage());
                widgets::name(&bar, Role::ProgressIndicator, words);
                ui.horizontal(|ui| {
                    is_ended |= words.starts_with("Recording") && ui.button("End now").clicked();
                    is_cancelled = ui.button("Cancel").clicked();
                });
            });
        if is_cancelled {
            return;
        }
        self.recording = Some(recording);
        if is_ended {
            self.toggle_recording(ctx);
        }
    }
}
