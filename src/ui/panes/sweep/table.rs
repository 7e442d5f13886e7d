//! The table of the units. Only rows that are seen are laid out, so that ten thousand cost what a screenful costs.

use std::sync::Arc;

use egui::{Align, Button, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo};
use egui_extras::{TableBuilder, TableRow};

use super::columns::Column;
use super::opened::{Look, Opened};
use super::units::{Kind, Row};
use crate::sweep::plan::Plan;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{icons, widgets};

const ROW_HEIGHT: f32 = 23.0;
/// Between columns, in points.
const GAP: f32 = 8.0;
/// Room for a scroll bar, in points.
const SCROLL_BAR: f32 = 8.0;

/// Draws the table in all of `ui`.
pub fn table_ui(ui: &mut Ui, opened: &mut Opened, plan: &Arc<Plan>) {
    let order = opened.order();
    let height = (ui.available_height() - SCROLL_BAR).max(4.0 * ROW_HEIGHT);
    let rows = Rows { plan, rows: opened.units.rows(), order: &order };
    ScrollArea::horizontal().id_salt("units").max_height(height + SCROLL_BAR).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        rows.ui(ui, &mut opened.look, height);
    });
}

/// What the table shows.
struct Rows<'a> {
    plan: &'a Plan,
    rows: &'a [Row],
    /// Units from top to bottom.
    order: &'a [usize],
}

impl Rows<'_> {
    fn ui(&self, ui: &mut Ui, look: &mut Look, height: f32) {
        let columns = Column::of(self.plan);
        let mut table = TableBuilder::new(ui)
            .id_salt("units")
            // Cells are clicked; the Tab key would stop at each of them.
            .sense(Sense::CLICK)
            .max_scroll_height(height)
            .min_scrolled_height(0.0)
            .auto_shrink([true, true])
            .cell_layout(Layout::left_to_right(Align::Center));
        for column in columns {
            table = table.column(egui_extras::Column::exact(column.width()).clip(true));
        }
        table
            .header(ROW_HEIGHT, |mut header| {
                for &column in columns {
                    header.col(|ui| header_ui(ui, column, look));
                }
            })
            .body(|body| {
                body.rows(ROW_HEIGHT, self.order.len(), |mut row| {
                    let unit = self.order[row.index()];
                    row.set_selected(look.selected == Some(unit));
                    if self.row_ui(&mut row, columns, unit) || row.response().clicked() {
                        look.selected = Some(unit);
                    }
                });
            });
    }

    /// Draws the cells. True when the unit was chosen by its number.
    fn row_ui(&self, row: &mut TableRow<'_, '_>, columns: &[Column], unit: usize) -> bool {
        let (mut is_chosen, of) = (false, &self.rows[unit]);
        for &column in columns {
            row.col(|ui| {
                let text = column.text(self.plan, unit, of);
                let tokens = Tokens::of(ui);
                if column == Column::Unit {
                    let number = Button::new(RichText::new(&text).color(tokens.text.0)).frame_when_inactive(false);
                    let response = aligned_ui(ui, column, |ui| ui.add(number));
                    widgets::name(&response, Role::Button, &format!("Select unit {unit}"));
                    is_chosen = response.clicked();
                    return;
                }
                let color = match (column, Kind::of(&of.standing)) {
                    (Column::State | Column::Note, Kind::Failed) => tokens.error.0,
                    (Column::State, Kind::Stopped) => tokens.warning.0,
                    (Column::State, Kind::Running) => tokens.accent.0,
                    (Column::State | Column::Note, _) => tokens.weak.0,
                    _ => tokens.text.0,
                };
                // Labels let clicks through to their row.
                aligned_ui(ui, column, |ui| {
                    ui.add(Label::new(RichText::new(&text).color(color)).selectable(false).truncate())
                })
                .on_hover_text(&text);
            });
        }
        is_chosen
    }
}

/// A title that sorts by its column; once more, the other way.
fn header_ui(ui: &mut Ui, column: Column, look: &mut Look) {
    let is_sorted = look.sort == column;
    let tokens = Tokens::of(ui);
    let (caret, order) = match (is_sorted, look.is_descending) {
        (false, _) => ("", "not sorted"),
        (true, false) => (icons::CARET_UP, "sorted ascending"),
        (true, true) => (icons::CARET_DOWN, "sorted descending"),
    };
    let color = if is_sorted { tokens.text.0 } else { tokens.weak.0 };
    let title = RichText::new(format!("{}{caret}", column.label())).small().color(color);
    let response = aligned_ui(ui, column, |ui| {
        ui.spacing_mut().button_padding.x = 0.0;
        ui.add(Button::new(title).frame_when_inactive(false))
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}, {order}", column.label())));
    if response.clicked() {
        look.is_descending = is_sorted && !look.is_descending;
        look.sort = column;
    }
    response.on_hover_text(format!("{} Click to sort.", column.help()));
}

fn aligned_ui(ui: &mut Ui, column: Column, add: impl FnOnce(&mut Ui) -> egui::Response) -> egui::Response {
    let layout =
        if column.is_words() { Layout::left_to_right(Align::Center) } else { Layout::right_to_left(Align::Center) };
    ui.with_layout(layout, add).inner
}
