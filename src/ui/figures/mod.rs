//! Figures of the window: a pane or all of it as PNG or SVG, and the landscapes as a short recording.

mod form;
mod offscreen;
mod provenance;
mod recording;
mod svg;

use egui::{Context, Frame, Margin, RichText, Theme, Ui, Vec2};

pub use form::{FigureForm, Format, Target, figure_ui};
pub use recording::{Recording, Settings as RecordingSettings, Stage};

use self::offscreen::{Drawn, Offscreen, Sheet};
use super::app::App;
use super::dock::{Docked, Pane};
use super::notices::Level;
use super::preferences::ThemeChoice;
use super::theme::Tokens;
use super::view::Action;
use super::widgets;
use crate::session::export::picture_png;

/// Size of a pane that is not to be seen now, in points.
const DEFAULT_SIZE: Vec2 = Vec2::new(960.0, 600.0);

impl App {
    /// Draws a figure as the form says and asks where it shall go.
    pub(super) fn save_figure(&mut self, ctx: &Context) {
        let form = self.view.figures;
        let Some(state) = self.render_state.clone() else {
            let text = "Figures need the graphics device of the window, which this window does not have.";
            self.model.notices.push(Level::Error, text);
            return;
        };
        let mut offscreen = Offscreen::new(&state);
        let sheet = self.sheet(ctx, form);
        let drawn = self.draw_figure(ctx, &mut offscreen, form.target, sheet);
        match self.encode_figure(form, sheet.theme, &mut offscreen, drawn) {
            Ok(bytes) => {
                let suggested =
                    format!("{}-{}.{}", self.model.experiment.name, form.target.key(), form.format.extension());
                self.view.act(Action::SaveFile { suggested, bytes });
            }
            Err(err) => self.model.notices.push(Level::Error, format!("The figure cannot be made: {err}.")),
        }
    }

    fn sheet(&self, ctx: &Context, form: FigureForm) -> Sheet {
        let size = match form.target {
            Target::Window => ctx.content_rect().size(),
            Target::Pane(pane) => self.dock.size_of(pane).unwrap_or(DEFAULT_SIZE),
        };
        let theme = match form.theme {
            ThemeChoice::System => ctx.theme(),
            ThemeChoice::Dark => Theme::Dark,
            ThemeChoice::Light => Theme::Light,
        };
        Sheet { size, scale: form.scale as f32, theme }
    }

    fn draw_figure(&mut self, ctx: &Context, offscreen: &mut Offscreen, target: Target, mut sheet: Sheet) -> Drawn {
        let actions = std::mem::take(&mut self.view.actions);
        let words = provenance::sentences(&self.model);
        sheet.size.y += footer_height(&words);
        let size = sheet.size;
        let drawn = offscreen.draw(ctx, sheet, |ui| {
            ui.painter().rect_filled(ui.max_rect(), 0.0, Tokens::of(ui).background.0);
            egui::Panel::bottom("provenance")
                .exact_size(footer_height(&words))
                .frame(Frame::new().fill(Tokens::of(ui).panel.0).inner_margin(Margin::symmetric(12, 4)))
                .show_separator_line(false)
                .show(ui, |ui| footer_ui(ui, &words));
            match target {
                Target::Window => self.panels(ui),
                Target::Pane(pane) => self.pane_figure_ui(ui, pane),
            }
        });
        // Nothing was pressed there.
        self.view.actions = actions;
        Drawn { size, ..drawn }
    }

    fn pane_figure_ui(&mut self, ui: &mut Ui, pane: Pane) {
        let (model, view) = (&self.model, &mut self.view);
        let mut docked = Docked { model, view, charts: &mut self.charts, is_edited: false };
        egui::CentralPanel::default().frame(Frame::new()).show(ui, |ui| docked.figure_ui(ui, pane));
    }

    fn encode_figure(
        &self,
        form: FigureForm,
        theme: Theme,
        offscreen: &mut Offscreen,
        mut drawn: Drawn,
    ) -> Result<Vec<u8>, String> {
        let title = format!("{}, {}", self.model.experiment.title, form.target.label());
        let ground = svg::ground(drawn.size, Tokens::for_theme(theme).background.0);
        let mut shapes = std::mem::take(&mut drawn.shapes);
        shapes.insert(0, ground);
        match form.format {
            Format::Png => {
                let pixels = offscreen.pixels(shapes, &drawn)?;
                picture_png(&pixels, &provenance::provenance(&self.model, &title)).map_err(|err| err.to_string())
            }
            Format::Svg => {
                let pictures: Vec<_> = shapes.iter().filter(|shape| svg::is_pixels(&shape.shape)).cloned().collect();
                let pixels = if pictures.is_empty() { None } else { Some(offscreen.pixels(pictures, &drawn)?) };
                let words = provenance::sentences(&self.model).join("\n");
                let description = format!("{words}\n\n{}", self.model.experiment.to_toml());
                Ok(svg::Writer::new(drawn.size, pixels.as_ref()).finish(&shapes, &title, &description).into_bytes())
            }
        }
    }

    /// Begins to record the landscapes, or ends the recording that is under way.
    pub(super) fn toggle_recording(&mut self) {
        if let Some(recording) = &mut self.recording {
            let provenance = provenance::provenance(&self.model, &self.model.experiment.title);
            recording.encode(provenance);
        } else if let Some(state) = &self.render_state {
            self.recording = Some(Recording::new(self.view.recording, state));
        } else {
            self.model.notices.push(Level::Error, "A recording needs the graphics device of the window.");
        }
    }

    /// Draws the next frame of a recording, shows how far it is, and asks where the file shall go.
    pub(super) fn record(&mut self, ctx: &Context) {
        let Some(mut recording) = self.recording.take() else { return };
        if let Some(offscreen) = recording.due() {
            let sheet = Sheet { scale: 1.0, ..self.sheet(ctx, FigureForm::default()) };
            let mut drawn = self.draw_figure(ctx, offscreen, Target::Pane(Pane::Landscapes), sheet);
            let shapes = std::mem::take(&mut drawn.shapes);
            match offscreen.pixels(shapes, &drawn) {
                Ok(frame) => {
                    let provenance = provenance::provenance(&self.model, &self.model.experiment.title);
                    recording.push(frame, provenance);
                }
                Err(err) => {
                    self.model.notices.push(Level::Error, format!("The recording was given up: {err}."));
                    return;
                }
            }
        }
        ctx.request_repaint_after(std::time::Duration::from_millis(60));
        let (words, share) = match recording.stage() {
            Stage::Gathering(share) => ("Recording the landscapes", share),
            Stage::Encoding(share) => ("Writing the picture", share),
            Stage::Done(Ok(bytes)) => {
                let extension = recording.settings().animation.extension();
                let suggested = format!("{}-recording.{extension}", self.model.experiment.name);
                self.view.act(Action::SaveFile { suggested, bytes });
                return;
            }
            Stage::Done(Err(err)) => {
                self.model.notices.push(Level::Error, format!("The recording cannot be written: {err}."));
                return;
            }
        };
        let (mut is_cancelled, mut is_ended) = (false, false);
        egui::Window::new("Recording")
            .title_bar(false)
            .resizable(false)
            .anchor(egui::Align2::CENTER_BOTTOM, [0.0, -40.0])
            .show(ctx, |ui| {
                ui.label(words);
                let bar = ui.add(egui::ProgressBar::new(share).desired_width(260.0).show_percentage());
                widgets::name(&bar, egui::Role::ProgressIndicator, words);
                ui.horizontal(|ui| {
                    is_ended = words.starts_with("Recording") && ui.button("End now").clicked();
                    is_cancelled = ui.button("Cancel").clicked();
                });
            });
        if is_ended {
            recording.encode(provenance::provenance(&self.model, &self.model.experiment.title));
        }
        if !is_cancelled {
            self.recording = Some(recording);
        }
    }
}

fn footer_height(words: &[String]) -> f32 {
    15.0 * words.len() as f32 + 10.0
}

fn footer_ui(ui: &mut Ui, words: &[String]) {
    ui.spacing_mut().item_spacing.y = 0.0;
    for line in words {
        let text = RichText::new(line).small().color(Tokens::of(ui).weak.0);
        ui.add(egui::Label::new(text).truncate());
    }
}
