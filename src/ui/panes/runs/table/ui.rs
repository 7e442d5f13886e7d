//! The table itself.

use egui::{Align, Button, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo};
use egui_extras::{TableBuilder, TableRow};

use super::columns::Column;
use super::reading::{Figure, Reading, Readings};
use super::state::TableState;
use super::{bar, notes, text};
use crate::protocol::RunId;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, help, icons, widgets};
use crate::ui::state::model::Model;
use crate::ui::state::origin::origin_words;
use crate::ui::state::run_view::RunView;

/// Between columns, in points.
const GAP: f32 = 6.0;
/// What the table does not give to columns, in points.
const MARGIN: f32 = 12.0;
const ROW_HEIGHT: f32 = 25.0;

/// Draws the table of all runs.
pub fn compare_ui(ui: &mut Ui, seen: Seen<'_>, table: &mut TableState, asks: &mut Asks) {
    let model = seen.model;
    if model.runs.is_empty() {
        widgets::small_weak_ui(ui, &model.waiting_for);
        return;
    }
    let at_equal_loss = table.at_equal_loss;
    let mut readings = std::mem::take(&mut table.readings);
    readings.update(model, at_equal_loss);
    if !is_figure(ui) {
        bar::bar_ui(ui, model, table, asks);
    }
    if at_equal_loss {
        widgets::small_weak_ui(ui, notes::caption(&readings));
    }
    ui.add_space(2.0);
    let note = notes::not_comparable(model, at_equal_loss);
    let note_height = if note.is_some() { 2.0 * ui.text_style_height(&egui::TextStyle::Small) + 10.0 } else { 0.0 };
    let height = (ui.available_height() - note_height).max(3.0 * ROW_HEIGHT);
    ui.scope(|ui| {
        // The bar is seen before the pointer is on it: it says that the table goes on.
        ui.spacing_mut().scroll.dormant_handle_opacity = 0.5;
        ScrollArea::horizontal().id_salt("compare").max_height(height).show(ui, |ui| {
            table_ui(ui, seen, table, &readings, height - 8.0, asks);
        });
    });
    if let Some(note) = note {
        let color = Tokens::of(ui).warning.0;
        ui.label(RichText::new(format!("{} {note}", icons::WARNING)).small().color(color));
    }
    table.readings = readings;
}

/// The columns that fit: where all of them do not, a run's tooltip says its optimiser and start.
fn columns(width: f32) -> Vec<Column> {
    let least: f32 = Column::ALL.iter().map(|column| column.width() + GAP).sum();
    let is_seen = |column: &Column| least + MARGIN <= width || !matches!(column, Column::Optimizer | Column::Start);
    Column::ALL.into_iter().filter(is_seen).collect()
}

/// The width at which no column is left out or scrolled away, in points.
#[must_use]
pub fn table_width() -> f32 {
    Column::ALL.iter().map(|column| column.width() + GAP).sum::<f32>() + MARGIN
}

fn table_ui(ui: &mut Ui, seen: Seen<'_>, state: &mut TableState, readings: &Readings, height: f32, asks: &mut Asks) {
    let width = ui.clip_rect().width();
    let columns = columns(width);
    let others: f32 = columns.iter().skip(1).map(|column| column.width() + GAP).sum();
    let first = (width - others - MARGIN).clamp(Column::Run.width(), 220.0);
    let rows = text::sorted(seen.model, state, readings);
    let selected = seen.selected_run().map(|run| run.info.run);
    ui.spacing_mut().item_spacing.x = GAP;
    let mut table = TableBuilder::new(ui)
        .id_salt("compare")
        // Cells are clicked; the Tab key would stop at each of them.
        .sense(Sense::CLICK)
        .max_scroll_height(height)
        .auto_shrink([true, true])
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(egui_extras::Column::exact(first).clip(true));
    for column in columns.iter().skip(1) {
        table = table.column(egui_extras::Column::exact(column.width()).clip(true));
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
            let figure = column.figure(reading);
            let color =
                if figure.is_some() || column.is_words() { Tokens::of(ui).text.0 } else { Tokens::of(ui).weak.0 };
            let hover = hover(table, column, figure, &text);
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

fn hover(table: &TableState, column: Column, figure: Option<Figure>, text: &str) -> String {
    match figure {
        None if column.is_words() => text.to_owned(),
        None if column == Column::Bound && !table.at_equal_loss => {
            "Not measured yet: use “Measure the bound of all”.".to_owned()
        }
        None if column == Column::Bound => "It is measured at the end only.".to_owned(),
        None if table.at_equal_loss => "The run has no such figure around this loss.".to_owned(),
        None => "Not measured yet.".to_owned(),
        Some(figure) if table.at_equal_loss => {
            format!("{text}, interpolated at about step {}.", format::grouped(figure.step))
        }
        Some(figure) => format!("{text}, at step {}.", format::grouped(figure.step)),
    }
}

fn aligned_ui(ui: &mut Ui, column: Column, add: impl FnOnce(&mut Ui) -> egui::Response) -> egui::Response {
    let layout =
        if column.is_words() { Layout::left_to_right(Align::Center) } else { Layout::right_to_left(Align::Center) };
    ui.with_layout(layout, add).inner
}
