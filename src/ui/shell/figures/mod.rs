//! Figures of the window: a pane or all of it as PNG or SVG, and the landscapes as a short recording.

mod form;
mod job;
mod offscreen;
mod provenance;
mod recording;
mod svg;

use egui::{Color32, Context, Frame, Galley, Theme, Ui, Vec2};

pub use form::{FigureForm, Format, Target, figure_ui};
pub use job::FigureJob;
pub use recording::{Recording, Settings as RecordingSettings, Stage};

use self::job::FigureState;
use self::offscreen::{Drawn, Offscreen, Sheet};
use self::provenance::Scene;
use super::app::App;
use super::dock::Docked;
use crate::export::{Picture, picture_png};
use crate::render::Reading;
use crate::ui::contract::appearance::ThemeChoice;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::FigureSize;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::state::notices::Level;

/// Size of a pane that is not to be seen now, in points.
const DEFAULT_SIZE: Vec2 = Vec2::new(960.0, 600.0);
/// A list is drawn no higher than this, in points.
const MOST_HEIGHT: f32 = 12_000.0;
/// With so much room below it a list has ended, in points: a row that is cut off is not drawn, and lists keep some room free.
const LIST_END: f32 = 96.0;
/// Around the words below a figure, in points.
const FOOTER_MARGIN: Vec2 = Vec2::new(12.0, 5.0);

impl App {
    /// Draws a figure as the form says; when it is encoded, asks where it shall go.
    pub(super) fn save_figure(&mut self, ctx: &Context) {
        let form = self.dialogs.figure;
        let Some(state) = self.render_state.clone() else {
            let text = "Figures need the graphics device of the window, which this window does not have.";
            self.model.notices.push(Level::Error, text);
            return;
        };
        if self.figure.is_some() {
            self.model.notices.push(Level::Warning, "A figure is on its way; save the next one when it is there.");
            return;
        }
        let mut offscreen = Offscreen::new(&state);
        let sheet = self.fitted(ctx, &mut offscreen, form.target, self.sheet(ctx, form));
        let drawn = self.draw_figure(ctx, &mut offscreen, form.target, sheet);
        if drawn.scale < 0.99 * sheet.scale {
            let text = format!(
                "The figure is drawn at scale {} instead of {}: this adapter holds no larger picture.",
                format::setting(f64::from((10.0 * drawn.scale).round() / 10.0)),
                format::setting(f64::from(sheet.scale))
            );
            self.model.notices.push(Level::Warning, text);
        }
        let [width, height] = drawn.size_in_pixels();
        let told = self.begin_encoding(ctx, form, sheet.theme, &mut offscreen, drawn);
        if let Err(err) = told {
            let text = format!(
                "The figure of {width} × {height} pixels cannot be made: {}. Choose a smaller scale or pane.",
                err.trim_end_matches('.')
            );
            self.model.notices.push(Level::Error, text);
        }
    }

    fn seen(&self) -> Seen<'_> {
        Seen { model: &self.model, shared: &self.shared }
    }

    /// What stands below a figure and in its file.
    fn words<T>(&self, target: Target, of: impl FnOnce(Scene<'_>) -> T) -> T {
        let shown = match target {
            Target::Window => Pane::ALL.into_iter().filter(|pane| self.dock.shows(*pane)).collect(),
            Target::Pane(pane) => vec![pane],
        };
        of(Scene { target, shown: &shown, seen: self.seen(), panes: &self.panes })
    }

    /// The sheet of a figure, without the words below it.
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
        Sheet { size, scale: form.scale as f32, theme, footer: 0.0 }
    }

    /// A sheet on which all of a pane is to be seen, with room for the words below it.
    fn fitted(&mut self, ctx: &Context, offscreen: &mut Offscreen, target: Target, mut sheet: Sheet) -> Sheet {
        if let Target::Pane(pane) = target {
            let size = self.panes.of(pane).figure_size(pane, sheet.size, self.seen());
            match size {
                FigureSize::Fixed(size) => sheet.size = size,
                FigureSize::Grows(size) => {
                    sheet.size = size;
                    self.grow(ctx, offscreen, target, &mut sheet);
                }
            }
        }
        sheet.footer = footer_height(ctx, &self.words(target, provenance::sentences), sheet.size.x);
        sheet.size.y += sheet.footer;
        sheet
    }

    /// Makes a sheet so high that a list ends on it.
    fn grow(&mut self, ctx: &Context, offscreen: &mut Offscreen, target: Target, sheet: &mut Sheet) {
        let first = sheet.size.y;
        loop {
            let lowest = self.draw_figure(ctx, offscreen, target, *sheet).lowest_text();
            if lowest + LIST_END <= sheet.size.y || sheet.size.y >= MOST_HEIGHT {
                sheet.size.y = (lowest + LIST_END).clamp(first, first.max(MOST_HEIGHT));
                return;
            }
            sheet.size.y *= 2.0;
        }
    }

    fn draw_figure(&mut self, ctx: &Context, offscreen: &mut Offscreen, target: Target, sheet: Sheet) -> Drawn {
        let asks = std::mem::take(&mut self.asks);
        let words = if sheet.footer > 0.0 { self.words(target, provenance::sentences) } else { Vec::new() };
        let drawn = offscreen.draw(ctx, sheet, |ui| {
            ui.painter().rect_filled(ui.max_rect(), 0.0, Tokens::of(ui).background.0);
            if sheet.footer > 0.0 {
                egui::Panel::bottom("provenance")
                    .exact_size(sheet.footer)
                    .frame(Frame::new().fill(Tokens::of(ui).panel.0))
                    .show_separator_line(false)
                    .show(ui, |ui| footer_ui(ui, &words));
            }
            match target {
                Target::Window => self.panels(ui),
                Target::Pane(pane) => self.pane_figure_ui(ui, pane),
            }
        });
        // Nothing was pressed there.
        self.asks = asks;
        drawn
    }

    fn pane_figure_ui(&mut self, ui: &mut Ui, pane: Pane) {
        let seen = Seen { model: &self.model, shared: &self.shared };
        let (panes, asks, tour) = (&mut self.panes, &mut self.asks, &mut self.tour);
        let mut docked = Docked { seen, panes, asks, tour, is_edited: false };
        egui::CentralPanel::default().frame(Frame::new()).show(ui, |ui| docked.figure_ui(ui, pane));
    }

    /// Has the device draw the pixels, and a thread wait for them and make the file.
    fn begin_encoding(
        &mut self,
        ctx: &Context,
        form: FigureForm,
        theme: Theme,
        offscreen: &mut Offscreen,
        mut drawn: Drawn,
    ) -> Result<(), String> {
        let title = format!("{}, {}", self.model.experiment.title, form.target.label());
        let ground = svg::ground(drawn.size, Tokens::for_theme(theme).background.0);
        let mut shapes = std::mem::take(&mut drawn.shapes);
        shapes.insert(0, ground);
        let suggested = format!("{}-{}.{}", self.model.experiment.name, form.target.key(), form.format.extension());
        let job = match form.format {
            Format::Png => {
                let reading = offscreen.begin(shapes, &drawn)?;
                let provenance = self.words(form.target, |scene| provenance::provenance(scene, &title));
                let make = move || picture_png(&picture(reading)?, &provenance).map_err(|err| err.to_string());
                FigureJob::start(ctx, suggested, make)
            }
            Format::Svg => {
                let pictures: Vec<_> = shapes.iter().filter(|shape| svg::is_pixels(&shape.shape)).cloned().collect();
                let reading = if pictures.is_empty() { None } else { Some(offscreen.begin(pictures, &drawn)?) };
                let words = self.words(form.target, provenance::full_sentences).join("\n");
                let description = format!("{words}\n\n{}", self.model.experiment.to_toml());
                let size = drawn.size;
                let make = move || {
                    let pixels = reading.map(picture).transpose()?;
                    Ok(svg::Writer::new(size, pixels.as_ref()).finish(&shapes, &title, &description).into_bytes())
                };
                FigureJob::start(ctx, suggested, make)
            }
        };
        self.figure = Some(job.map_err(|err| format!("no thread can be started: {err}"))?);
        Ok(())
    }

    /// Looks after a figure and a recording that are under way.
    pub(super) fn make_figures(&mut self, ctx: &Context) {
        if let Some(job) = self.figure.take() {
            match job.ui(ctx) {
                FigureState::Underway => self.figure = Some(job),
                FigureState::Cancelled => {}
                FigureState::Done(Ok(bytes)) => self.files.ask_where_to_save(&job.suggested, bytes),
                FigureState::Done(Err(err)) => {
                    let text =
                        format!("The figure cannot be made: {}. Choose a smaller scale.", err.trim_end_matches('.'));
                    self.model.notices.push(Level::Error, text);
                }
            }
        }
        self.record(ctx);
    }

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
        let font = small(ctx);
        let spare = ctx.fonts_mut(|fonts| fonts.row_height(&font));
        (sheet.footer, sheet.size.y) = (sheet.footer + spare, sheet.size.y + spare);
        let pixels = sheet.size.x * sheet.size.y * ctx.zoom_factor().powi(2);
        sheet.scale = (recording::MOST_PIXELS / pixels.max(1.0)).sqrt().min(1.0);
        let beginning = self.words(form.target, provenance::full_sentences).join("\n");
        match Recording::new(self.dialogs.recording, &state, sheet, beginning) {
            Ok(recording) => self.recording = Some(recording),
            Err(err) => self.model.notices.push(Level::Error, format!("Nothing is recorded: {err}.")),
        }
    }

    /// Draws the next frame of a recording, shows how far it is, and asks where the file shall go.
    fn record(&mut self, ctx: &Context) {
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
        egui::Window::new("Recording")
            .title_bar(false)
            .resizable(false)
            .anchor(egui::Align2::CENTER_BOTTOM, [0.0, -40.0])
            .show(ctx, |ui| {
                ui.label(words);
                let bar = ui.add(egui::ProgressBar::new(share).desired_width(260.0).show_percentage());
                widgets::name(&bar, egui::Role::ProgressIndicator, words);
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

/// The pixels of a figure, when the device has drawn them.
fn picture(reading: Reading) -> Result<Picture, String> {
    let pixels = reading.wait().map_err(|err| err.to_string())?;
    let [width, height] = pixels.size;
    Ok(Picture { width, height, rgba: pixels.rgba })
}

fn small(ctx: &Context) -> egui::FontId {
    egui::TextStyle::Small.resolve(&ctx.global_style())
}

/// The words below a figure, in as many rows as they need.
fn footer_galleys(ctx: &Context, words: &[String], width: f32, color: Color32) -> Vec<std::sync::Arc<Galley>> {
    let font = small(ctx);
    let width = width - 2.0 * FOOTER_MARGIN.x;
    let galley = |line: &String| ctx.fonts_mut(|fonts| fonts.layout(line.clone(), font.clone(), color, width));
    words.iter().map(galley).collect()
}

fn footer_height(ctx: &Context, words: &[String], width: f32) -> f32 {
    let galleys = footer_galleys(ctx, words, width, Color32::PLACEHOLDER);
    galleys.iter().map(|galley| galley.size().y.ceil() + 1.0).sum::<f32>() + 2.0 * FOOTER_MARGIN.y
}

fn footer_ui(ui: &Ui, words: &[String]) {
    let color = Tokens::of(ui).weak.0;
    let mut place = ui.max_rect().min + FOOTER_MARGIN;
    for galley in footer_galleys(ui.ctx(), words, ui.max_rect().width(), color) {
        let height = galley.size().y.ceil() + 1.0;
        ui.painter().galley(place, galley, color);
        place.y += height;
    }
}
