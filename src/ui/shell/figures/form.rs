//! What a figure shall show, and how.

use egui::Ui;

use super::column::Column;
use super::recording;
use crate::export::Animation;
use crate::ui::contract::appearance::ThemeChoice;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::widgets;

/// What a figure shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The whole window.
    Window,
    /// One pane.
    Pane(Pane),
}

impl Target {
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Window => "Window",
            Self::Pane(pane) => pane.title(),
        }
    }

    /// Its name in files.
    #[must_use]
    pub fn key(self) -> String {
        self.label().to_lowercase().replace(' ', "-")
    }
}

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Pixels.
    #[default]
    Png,
    /// Lines and text.
    Svg,
}

impl Format {
    /// Ending of its files.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }
}

/// What a figure shall show, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureForm {
    /// What it shows.
    pub target: Target,
    /// Kind of file.
    pub format: Format,
    /// Pixels for each pixel of the window, 1 to 4.
    pub scale: u32,
    /// Theme; that of the system means the one that is shown.
    pub theme: ThemeChoice,
    /// What of a journal's page it is for, with a size and colours of its own; `None` for the screen.
    pub column: Option<Column>,
}

impl Default for FigureForm {
    fn default() -> Self {
        let (target, format) = (Target::Pane(Pane::Landscapes), Format::Png);
        Self { target, format, scale: 2, theme: ThemeChoice::System, column: None }
    }
}

/// Draws the form of figures and recordings. In a new one the button that saves has the keyboard. True when it is done.
pub fn figure_ui(
    ui: &mut Ui,
    (form, recording): (&mut FigureForm, &mut recording::Settings),
    asks: &mut Asks,
    is_new: bool,
) -> bool {
    settings_ui(ui, form);
    widgets::small_weak_ui(
        ui,
        match form.column {
            None => "What ran, its steps, seeds and settings stand below the figure and in the file itself.",
            Some(_) => {
                "White ground, letters of 8 pt, 600 pixels an inch; iso-lines are lines in an SVG. What ran, its steps, seeds and \
                 settings stand in the file itself."
            }
        },
    );
    let save = ui.button("Save the figure…");
    if is_new {
        save.request_focus();
    }
    let nothing_focused = ui.memory(|memory| memory.focused().is_none());
    let enter = nothing_focused && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Enter));
    let is_saved = save.clicked() || enter;
    if is_saved {
        asks.push(Ask::SaveFigure);
    }
    ui.separator();
    is_saved | recording_ui(ui, recording, asks)
}

/// What it shows, and how.
fn settings_ui(ui: &mut Ui, form: &mut FigureForm) {
    egui::Grid::new("figure").num_columns(2).spacing([14.0, 8.0]).show(ui, |ui| {
        ui.label("Shows");
        let combo = egui::ComboBox::from_id_salt("figure target").selected_text(form.target.label()).height(420.0);
        let response = combo.show_ui(ui, |ui| {
            let charts = ChartTab::ALL.map(Pane::Chart);
            let panes = Pane::ALL.into_iter().chain(charts).map(Target::Pane);
            for target in std::iter::once(Target::Window).chain(panes) {
                ui.selectable_value(&mut form.target, target, target.label());
            }
        });
        widgets::name(&response.response, egui::Role::ComboBox, "What the figure shows");
        ui.end_row();
        ui.label("File");
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (format, label) in [(Format::Png, "PNG"), (Format::Svg, "SVG")] {
                if widgets::segment_ui(ui, form.format == format, label).clicked() {
                    form.format = format;
                }
            }
        });
        ui.end_row();
        ui.label("For");
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let columns = Column::ALL.map(|column| (Some(column), column.label()));
            for (column, label) in [(None, "The screen")].into_iter().chain(columns) {
                let help = "The widths of Springer's journals, which fit Nature's as well.";
                let response = widgets::segment_ui(ui, form.column == column, label);
                let response = if column.is_some() { response.on_hover_text(help) } else { response };
                if response.clicked() {
                    form.column = column;
                }
            }
        });
        ui.end_row();
        if form.column.is_none() {
            screen_ui(ui, form);
        }
    });
}

/// Rows of figures for the screen.
fn screen_ui(ui: &mut Ui, form: &mut FigureForm) {
    ui.label("Scale");
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for scale in 1..=4 {
            if widgets::segment_ui(ui, form.scale == scale, &format!("{scale}×")).clicked() {
                form.scale = scale;
            }
        }
    });
    ui.end_row();
    ui.label("Theme");
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for theme in ThemeChoice::ALL {
            let label = if theme == ThemeChoice::System { "As shown" } else { theme.label() };
            if widgets::segment_ui(ui, form.theme == theme, label).clicked() {
                form.theme = theme;
            }
        }
    });
    ui.end_row();
}

/// True when the recording begins.
fn recording_ui(ui: &mut Ui, settings: &mut recording::Settings, asks: &mut Asks) -> bool {
    ui.label("Recording of the landscapes");
    ui.horizontal(|ui| {
        let value =
            NumberBox::new(&mut settings.seconds).range(1..=20).unit("s").told(|seconds| format!("{seconds:.0} s"));
        let response = ui.add(value);
        widgets::name(&response, egui::Role::SpinButton, "Seconds to record");
        ui.spacing_mut().item_spacing.x = 2.0;
        for animation in Animation::ALL {
            let (label, help) = match animation {
                Animation::Gif => ("GIF", "256 colours a frame; shown everywhere."),
                Animation::Apng => ("Animated PNG", "All colours, larger files."),
            };
            if widgets::segment_ui(ui, settings.animation == animation, label).on_hover_text(help).clicked() {
                settings.animation = animation;
            }
        }
    });
    widgets::small_weak_ui(ui, format!("{} frames a second, while the runs go on.", recording::RATE));
    let is_begun = ui.button("Record").clicked();
    if is_begun {
        asks.run(UiCommand::Record);
    }
    is_begun
}
