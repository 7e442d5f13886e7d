//! The table itself.

use egui::{Align, Button, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo};
use egui_extras::{TableBuilder, TableRow};

use super::columns::Column;
use super::state::TableState;
use super::{bar, notes, text};
use crate::protocol::RunId;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::dated::at_step;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, help, icons, widgets};
use crate::ui::panes::runs::reading::{Reading, Readings, RowStep};
use crate::ui::state::model::Model;
use crate::ui::state::origin::origin_words;
use crate::ui::state::run_view::RunView;

/// Between columns, in points.
const GAP: f32 = 6.0;
/// What the table does not give to columns, in points.
const MARGIN: f32 = 12.0;
const ROW_HEIGHT: f32 = 25.0;
/// Room for a scroll bar, in points.
const SCROLL_BAR: f32 = 8.0;
/// With less height than this, in points, all of the pane scrolls.
const LEAST_HEIGHT: f32 = 190.0;
/// Columns become wider in steps of this, in points.
const WIDTH_STEP: f32 = 16.0;
/// The width of a letter, in points, where text is not laid out.
const LETTER: f32 = 7.0;

/// Draws the table of all runs.
pub fn compare_ui(ui: &mut Ui, seen: Seen<'_>, table: &mut TableState, asks: &mut Asks) {
    let model = seen.model;
    if model.runs.is_empty() {
        widgets::small_weak_ui(ui, &model.waiting_for);
        return;
    }
    let mut readings = std::mem::take(&mut table.readings);
    readings.update(model, table.at_equal_loss);
    if ui.available_height() < LEAST_HEIGHT && !is_figure(ui) {
        // In a low pane all of it scrolls, not the rows alone.
        ScrollArea::vertical().id_salt("low").auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - SCROLL_BAR);
            let rows = (readings.runs.len() + 1) as f32 * (ROW_HEIGHT + ui.spacing().item_spacing.y);
            whole_ui(ui, seen, (table, &readings), Some(rows + SCROLL_BAR), asks);
        });
    } else {
        whole_ui(ui, seen, (table, &readings), None, asks);
    }
    table.readings = readings;
}

/// Bar, caption, rows and note; the rows in this height, or in what there is.
fn whole_ui(
    ui: &mut Ui,
    seen: Seen<'_>,
    (table, readings): (&mut TableState, &Readings),
    height: Option<f32>,
    asks: &mut Asks,
) {
    let (model, at_equal_loss) = (seen.model, table.at_equal_loss);
    if !is_figure(ui) {
        bar::bar_ui(ui, model, table, asks);
    }
    if at_equal_loss {
        widgets::small_weak_ui(ui, notes::caption(readings));
    }
    if Column::shown(readings).into_iter().any(Column::is_of_average) {
        widgets::small_weak_ui(ui, notes::OF_AVERAGE);
    }
    ui.add_space(2.0);
    let note = notes::not_comparable(model, at_equal_loss).map(|note| {
        let color = Tokens::of(ui).warning.0;
        RichText::new(format!("{} {note}", icons::WARNING)).small().color(color)
    });
    let note_height = note.as_ref().map_or(0.0, |note| {
        let font = egui::TextStyle::Small.resolve(ui.style());
        let galley = ui.painter().layout(note.text().to_owned(), font, Tokens::of(ui).text.0, ui.available_width());
        galley.size().y + 10.0
    });
    // In a height that was given all rows have room: the rows themselves do not scroll.
    let scrolls = height.is_none();
    let height = height.unwrap_or_else(|| (ui.available_height() - note_height).max(3.0 * ROW_HEIGHT));
    ui.scope(|ui| {
        // The bar is seen before the pointer is on it: it says that the table goes on.
        ui.spacing_mut().scroll.dormant_handle_opacity = 0.5;
        ScrollArea::horizontal().id_salt("compare").max_height(height).show(ui, |ui| {
            table_ui(ui, seen, (table, readings), scrolls.then_some(height - SCROLL_BAR), asks);
        });
    });
    if let Some(note) = note {
        ui.label(note);
    }
}

/// A column as wide as its figures need: none of them is ever shortened.
#[derive(Clone, Copy)]
struct Sized {
    column: Column,
    width: f32,
}

/// The columns that fit: where all of them do not, a run's tooltip says its optimiser and start.
fn columns(ui: &Ui, model: &Model, readings: &Readings, rows: &[(&RunView, &Reading)], room: f32) -> Vec<Sized> {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let color = Tokens::of(ui).text.0;
    let width = |text: String| ui.painter().layout_no_wrap(text, font.clone(), color).size().x;
    let needed = |column: Column| {
        let cells = rows.iter().map(|(run, reading)| width(column.text(model, run, reading)));
        // In steps, so that a digit more or less does not move all columns.
        (cells.fold(0.0, f32::max) / WIDTH_STEP).ceil() * WIDTH_STEP
    };
    let sized = |column: Column| {
        let width = if column.is_words() { column.width() } else { column.width().max(needed(column)) };
        Sized { column, width }
    };
    let mut all: Vec<Sized> = Column::shown(readings).into_iter().map(sized).collect();
    if all.iter().map(|sized| sized.width + GAP).sum::<f32>() + MARGIN > room {
        all.retain(|sized| !matches!(sized.column, Column::Optimizer | Column::Start));
    }
    all
}

/// The width at which no column is left out or scrolled away, in points, judged by the letters of its cells.
#[must_use]
pub fn table_width(model: &Model, table: &TableState) -> f32 {
    let readings = Readings::of(model, table.at_equal_loss);
    let rows = text::sorted(model, table, &readings);
    let needed = |column: Column| {
        let letters = rows.iter().map(|(run, reading)| column.text(model, run, reading).chars().count());
        if column.is_words() { 0.0 } else { LETTER * letters.max().unwrap_or(0) as f32 + WIDTH_STEP }
    };
    Column::shown(&readings).iter().map(|column| column.width().max(needed(*column)) + GAP).sum::<f32>() + MARGIN
}

/// The rows below their titles; with a height they scroll within it.
fn table_ui(
    ui: &mut Ui,
    seen: Seen<'_>,
    (state, readings): (&mut TableState, &Readings),
    height: Option<f32>,
    asks: &mut Asks,
) {
    let width = ui.clip_rect().width();
    let rows = text::sorted(seen.model, state, readings);
    let sized = columns(ui, seen.model, readings, &rows, width);
    let others: f32 = sized.iter().skip(1).map(|sized| sized.width + GAP).sum();
    let first = (width - others - MARGIN).clamp(Column::Run.width(), 220.0);
    let columns: Vec<Column> = sized.iter().map(|sized| sized.column).collect();
    let selected = seen.selected_run().map(|run| run.info.run);
    ui.spacing_mut().item_spacing.x = GAP;
    let mut table = TableBuilder::new(ui)
        .id_salt("compare")
        // Cells are clicked; the Tab key would stop at each of them.
        .sense(Sense::CLICK)
        .vscroll(height.is_some())
        .max_scroll_height(height.unwrap_or(f32::INFINITY))
        .auto_shrink([true, true])
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(egui_extras::Column::exact(first).clip(true));
    for sized in sized.iter().skip(1) {
        table = table.column(egui_extras::Column::exact(sized.width).clip(true));
    }
    let mut chosen = None;
    table
        .header(ROW_HEIGHT, |mut header| {
            for &column in &columns {
                header.col(|ui| header_ui(ui, column, state));
            }
        })
        .body(|body| {
            body.rows(ROW_HEIGHT, rows.len(), |mut row| {
                let (run, reading) = rows[row.index()];
                row.set_selected(selected == Some(run.info.run));
                if row_ui(&mut row, &columns, seen, state, (run, reading)) || row.response().clicked() {
                    chosen = Some(run.info.run);
                }
            });
        });
    if let Some(run) = chosen {
        asks.push(Ask::Select(place(seen.model, run)));
    }
}

fn place(model: &Model, run: RunId) -> Option<usize> {
    model.runs.iter().position(|other| other.info.run == run)
}

/// A title that sorts by its column; once more, the other way.
fn header_ui(ui: &mut Ui, column: Column, table: &mut TableState) {
    let is_sorted = table.sort == Some(column);
    let tokens = Tokens::of(ui);
    let caret = match (is_sorted, table.is_descending) {
        (false, _) => "",
        (true, false) => icons::CARET_UP,
        (true, true) => icons::CARET_DOWN,
    };
    let color = if is_sorted { tokens.text.0 } else { tokens.weak.0 };
    let title = RichText::new(format!("{}{caret}", column.label())).small().color(color);
    let response = aligned_ui(ui, column, |ui| {
        ui.spacing_mut().button_padding.x = 0.0;
        ui.add(Button::new(title).frame_when_inactive(false))
    });
    let order = match (is_sorted, table.is_descending) {
        (false, _) => "not sorted",
        (true, false) => "sorted ascending",
        (true, true) => "sorted descending",
    };
    let label = format!("{}, {order}", column.label());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    if response.clicked() {
        table.is_descending = is_sorted && !table.is_descending;
        table.sort = Some(column);
    }
    let response = response.on_hover_text(format!("{} Click to sort.", column.help()));
    if let Some(term) = column.term() {
        help::term(response, term);
    }
}

/// Draws the cells. True when the run's name was chosen.
fn row_ui(
    row: &mut TableRow<'_, '_>,
    columns: &[Column],
    seen: Seen<'_>,
    table: &TableState,
    (run, reading): (&RunView, &Reading),
) -> bool {
    let mut is_chosen = false;
    let is_hidden = seen.is_hidden(run.info.run);
    for &column in columns {
        row.col(|ui| {
            if column == Column::Run {
                is_chosen = name_ui(ui, seen.model, run, is_hidden);
                return;
            }
            let text = column.text(seen.model, run, reading);
            let tokens = Tokens::of(ui);
            let color = match column.figure(reading) {
                Some(figure) => figure.color(Some(reading.beside(&figure)), tokens),
                None if column.is_words() => tokens.text.0,
                None => tokens.weak.0,
            };
            let hover = hover(table, column, reading, &text);
            // Labels let clicks through to their row.
            aligned_ui(ui, column, |ui| {
                ui.add(Label::new(RichText::new(text).color(color)).selectable(false).truncate())
            })
            .on_hover_text(hover);
        });
    }
    is_chosen
}

fn name_ui(ui: &mut Ui, model: &Model, run: &RunView, is_hidden: bool) -> bool {
    ui.spacing_mut().item_spacing.x = 4.0;
    let tokens = Tokens::of(ui);
    widgets::dot_ui(ui, run.color(tokens));
    let color = if is_hidden { tokens.weak.0 } else { tokens.text.0 };
    let name = Button::new(RichText::new(run.name()).color(color)).frame_when_inactive(false).truncate();
    let response = ui.add(name);
    widgets::name(&response, Role::Button, &format!("Select {}", run.name()));
    let hint = format!("{}, {}, {}.", run.label(), run.knob_summary(), origin_words(model, run));
    response.on_hover_text(hint).clicked()
}

fn hover(table: &TableState, column: Column, reading: &Reading, text: &str) -> String {
    let Some(figure) = column.newest(reading) else {
        return match column {
            _ if column.is_words() => text.to_owned(),
            Column::Bound if !table.at_equal_loss => "Not measured yet: use “Measure the bound of all”.".to_owned(),
            Column::Bound | Column::BestStep if table.at_equal_loss => "It is known at the end only.".to_owned(),
            Column::ValidationAccuracy | Column::ValidationLoss | Column::BestStep => {
                "The run has no validation examples.".to_owned()
            }
            Column::AverageAccuracy | Column::AverageLoss if !table.at_equal_loss => {
                "The run keeps no average of its weights yet.".to_owned()
            }
            _ if table.at_equal_loss => "The run has no such figure around this loss.".to_owned(),
            _ => "Not measured yet.".to_owned(),
        };
    };
    let effort = figure.value.streamed.map_or_else(String::new, |effort| format!(", {}", effort.words(figure.step)));
    let value = column.value_text(&figure.value) + &effort;
    let step = at_step(figure.step);
    match reading.at {
        RowStep::Each => format!("{value}, interpolated at about step {}.", format::grouped(figure.step)),
        RowStep::End(end) if figure.step != end => {
            format!("Not measured {}. The last is {value} {step}.", at_step(end))
        }
        RowStep::End(_) | RowStep::OnTheWay(_) => format!("{value}, {step}."),
    }
}

fn aligned_ui(ui: &mut Ui, column: Column, add: impl FnOnce(&mut Ui) -> egui::Response) -> egui::Response {
    let layout =
        if column.is_words() { Layout::left_to_right(Align::Center) } else { Layout::right_to_left(Align::Center) };
    ui.with_layout(layout, add).inner
}
