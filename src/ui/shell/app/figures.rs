//! A pane or all of the window as a picture: drawn again beside the window, and encoded on a thread.

use egui::{Context, Frame, Theme, Ui, Vec2};

use super::App;
use crate::export::{Picture, printed_png};
use crate::render::Reading;
use crate::ui::contract::appearance::ThemeChoice;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::FigureSize;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::format;
use crate::ui::kit::theme::Tokens;
use crate::ui::shell::dock::Docked;
use crate::ui::shell::figures::column::Column;
use crate::ui::shell::figures::form::{FigureForm, Format, Target};
use crate::ui::shell::figures::job::{FigureJob, FigureState, Making};
use crate::ui::shell::figures::offscreen::{Drawn, Offscreen, Sheet};
use crate::ui::shell::figures::provenance::{self, Scene};
use crate::ui::shell::figures::{footer, svg};
use crate::ui::state::notices::Level;

/// Size of a pane that is not to be seen now, in points.
const DEFAULT_SIZE: Vec2 = Vec2::new(960.0, 600.0);
/// A list is drawn no higher than this, in points.
const MOST_HEIGHT: f32 = 12_000.0;
/// With so much room below it a list has ended, in points: a row that is cut off is not drawn, and lists keep some room free.
const LIST_END: f32 = 96.0;

impl App {
    /// Draws a figure as the form says; when it is encoded, asks where it shall go.
    pub(super) fn save_figure(&mut self, ctx: &Context) {
        let form = self.dialogs.figure;
        let Some(state) = self.render_state.clone() else {
            let text = "Figures need the graphics device of the window, which this window does not have.";
            self.model.notices.push(Level::Error, text);
            return;
        };
        if self.is_making() {
            return;
        }
        let mut offscreen = Offscreen::new(&state);
        let mut sheet = self.fitted(ctx, &mut offscreen, form.target, self.sheet(ctx, form));
        if let Some(column) = sheet.column {
            sheet.scale = column.scale(sheet.size.x, ctx.zoom_factor());
        }
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
        let told = self.begin_encoding(ctx, form, &sheet, &mut offscreen, drawn);
        if let Err(err) = told {
            let text = format!(
                "The figure of {width} × {height} pixels cannot be made: {}. Choose a smaller scale or pane.",
                err.trim_end_matches('.')
            );
            self.model.notices.push(Level::Error, text);
        }
    }

    /// Whether a figure or a report is on its way, which is told.
    pub(super) fn is_making(&mut self) -> bool {
        let Some(job) = &self.figure else { return false };
        let text = format!("A {} is on its way; save the next one when it is there.", job.making.noun());
        self.model.notices.push(Level::Warning, text);
        true
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        Seen { model: &self.model, shared: &self.shared }
    }

    /// What stands below a figure and in its file.
    pub(super) fn words<T>(&self, target: Target, of: impl FnOnce(Scene<'_>) -> T) -> T {
        let shown = match target {
            Target::Window => Pane::ALL.into_iter().filter(|pane| self.dock.shows(*pane)).collect(),
            Target::Pane(pane) => vec![pane],
        };
        of(Scene { target, shown: &shown, seen: self.seen(), panes: &self.panes })
    }

    /// The sheet of a figure, without the words below it.
    pub(super) fn sheet(&self, ctx: &Context, form: FigureForm) -> Sheet {
        let size = match (form.target, form.column) {
            (Target::Window, _) => ctx.content_rect().size(),
            (Target::Pane(_), Some(column)) => column.room(),
            (Target::Pane(pane), None) => self.dock.size_of(pane).unwrap_or(DEFAULT_SIZE),
        };
        let theme = match form.theme {
            _ if form.column.is_some() => Theme::Light,
            ThemeChoice::System => ctx.theme(),
            ThemeChoice::Dark => Theme::Dark,
            ThemeChoice::Light => Theme::Light,
        };
        Sheet { size, scale: form.scale as f32, theme, footer: 0.0, column: form.column }
    }

    /// A sheet on which all of a pane is to be seen, with room for the words below it.
    pub(super) fn fitted(
        &mut self,
        ctx: &Context,
        offscreen: &mut Offscreen,
        target: Target,
        mut sheet: Sheet,
    ) -> Sheet {
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
        if sheet.column.is_some() {
            // A paper has its words around the figure, and the file has them too.
            return sheet;
        }
        sheet.footer = footer::height(ctx, &self.words(target, provenance::sentences), sheet.size.x);
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

    pub(super) fn draw_figure(
        &mut self,
        ctx: &Context,
        offscreen: &mut Offscreen,
        target: Target,
        sheet: Sheet,
    ) -> Drawn {
        let asks = std::mem::take(&mut self.asks);
        let words = if sheet.footer > 0.0 { self.words(target, provenance::sentences) } else { Vec::new() };
        let drawn = offscreen.draw(ctx, sheet, |ui| {
            ui.painter().rect_filled(ui.max_rect(), 0.0, Tokens::of(ui).background.0);
            if sheet.footer > 0.0 {
                egui::Panel::bottom("provenance")
                    .exact_size(sheet.footer)
                    .frame(Frame::new().fill(Tokens::of(ui).panel.0))
                    .show_separator_line(false)
                    .show(ui, |ui| footer::footer_ui(ui, &words));
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
        sheet: &Sheet,
        offscreen: &mut Offscreen,
        mut drawn: Drawn,
    ) -> Result<(), String> {
        let title = format!("{}, {}", self.model.experiment.title, form.target.label());
        let ground = svg::ground(drawn.size, sheet.tokens().background.0);
        let mut shapes = std::mem::take(&mut drawn.shapes);
        shapes.insert(0, ground);
        let suggested = format!("{}-{}.{}", self.model.experiment.name, form.target.key(), form.format.extension());
        let job = match form.format {
            Format::Png => {
                let reading = offscreen.begin(shapes, &drawn)?;
                let provenance = self.words(form.target, |scene| provenance::provenance(scene, &title));
                let column = sheet.column;
                let make = move || {
                    let picture = picture(reading)?;
                    let dots = column.map(|column| column.dots_per_metre(picture.width));
                    printed_png(&picture, &provenance, dots).map_err(|err| err.to_string())
                };
                FigureJob::start(ctx, Making::Figure, suggested, make)
            }
            Format::Svg => {
                let pictures: Vec<_> = shapes.iter().filter(|shape| svg::is_pixels(&shape.shape)).cloned().collect();
                let reading = if pictures.is_empty() { None } else { Some(offscreen.begin(pictures, &drawn)?) };
                let words = self.words(form.target, provenance::full_sentences).join("\n");
                let description = format!("{words}\n\n{}", self.model.experiment.to_toml());
                let (size, width_mm) = (drawn.size, sheet.column.map(Column::width_mm));
                let make = move || {
                    let pixels = reading.map(picture).transpose()?;
                    let writer = svg::Writer::new(size, pixels.as_ref()).in_mm(width_mm);
                    Ok(writer.finish(&shapes, &title, &description).into_bytes())
                };
                FigureJob::start(ctx, Making::Figure, suggested, make)
            }
        };
        self.figure = Some(job.map_err(|err| format!("no thread can be started: {err}"))?);
        Ok(())
    }

    /// Looks after a figure or report and a recording that are under way.
    pub(super) fn make_figures(&mut self, ctx: &Context) {
        if let Some(job) = self.figure.take() {
            match job.ui(ctx) {
                FigureState::Underway => self.figure = Some(job),
                FigureState::Cancelled => {}
                FigureState::Done(Ok(bytes)) => self.files.ask_where_to_save(&job.suggested, bytes),
                FigureState::Done(Err(err)) => {
                    let advice = match job.making {
                        Making::Figure => " Choose a smaller scale.",
                        Making::Report => "",
                    };
                    let (noun, err) = (job.making.noun(), err.trim_end_matches('.'));
                    let text = format!("The {noun} cannot be made: {err}.{advice}");
                    self.model.notices.push(Level::Error, text);
                }
            }
        }
        self.record(ctx);
    }
}

/// The pixels of a figure, when the device has drawn them.
fn picture(reading: Reading) -> Result<Picture, String> {
    let pixels = reading.wait().map_err(|err| err.to_string())?;
    let [width, height] = pixels.size;
    Ok(Picture { width, height, rgba: pixels.rgba })
}
