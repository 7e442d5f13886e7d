//! A table of examples in a card, sorted by the column that was clicked.

use std::collections::{BTreeMap, HashMap};

use egui::{ColorImage, Grid, Image, RichText, Role, ScrollArea, TextureHandle, TextureOptions, Ui, vec2};

use crate::protocol::{FoundRow, FoundTable, JobId, Thumbnail};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, icons, widgets};
use crate::ui::state::job::JobView;

/// Rows that are shown.
const MOST_ROWS: usize = 30;
/// Height of a table at most, in points.
const HEIGHT: f32 = 260.0;
/// Points of a picture's side.
const SIDE: f32 = 28.0;

/// How a table is sorted: by a column, the greatest first or the least.
#[derive(Debug, Clone, Default)]
struct Sorting {
    column: usize,
    is_ascending: bool,
    /// Places of the rows in that order; empty while it is not known.
    order: Vec<usize>,
}

/// How all tables are sorted, and the pictures that were shown.
#[derive(Default)]
pub struct Tables {
    sorted: BTreeMap<JobId, Sorting>,
    textures: HashMap<(JobId, usize), TextureHandle>,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").field("sorted", &self.sorted).finish_non_exhaustive()
    }
}

impl Tables {
    /// Forgets the measurements that were removed.
    pub fn keep(&mut self, jobs: &[JobView]) {
        let is_there = |id: &JobId| jobs.iter().any(|job| job.id == *id);
        self.sorted.retain(|id, _| is_there(id));
        self.textures.retain(|(id, _), _| is_there(id));
    }

    /// Draws the table of a job; `classes` are the names of the classes.
    pub fn ui(&mut self, ui: &mut Ui, job: &JobView, table: &FoundTable, classes: &[String]) {
        let sorting = self.sorted.entry(job.id).or_default();
        if sorting.order.len() != table.rows.len() {
            sorting.order = order(table, sorting.column, sorting.is_ascending);
        }
        let has_pictures = table.rows.iter().any(|row| row.picture.is_some());
        let has_classes = table.rows.iter().any(|row| row.class.is_some());
        let shown: Vec<usize> = sorting.order.iter().copied().take(MOST_ROWS).collect();
        // As high where the pane ends below it: a card is scrolled as a whole.
        let area = ScrollArea::both().max_height(HEIGHT).min_scrolled_height(HEIGHT).auto_shrink([false, true]);
        area.id_salt(("table", job.id)).show(ui, |ui| {
            // Columns as narrow as they can be: the last one would not be seen.
            Grid::new(("examples", job.id)).striped(true).min_col_width(0.0).spacing([8.0, 2.0]).show(ui, |ui| {
                if has_pictures {
                    ui.label("");
                }
                widgets::small_weak_ui(ui, "example");
                if has_classes {
                    widgets::small_weak_ui(ui, "class");
                }
                header_ui(ui, table, sorting);
                ui.end_row();
                for place in shown {
                    let row = &table.rows[place];
                    if has_pictures {
                        picture_ui(ui, &mut self.textures, (job.id, row.example), row);
                    }
                    widgets::small_weak_ui(ui, format::grouped(row.example as u64 + 1));
                    if has_classes {
                        class_ui(ui, row, classes);
                    }
                    for (value, error) in row.values.iter().zip(&row.errors) {
                        let error =
                            if error.is_finite() { format!(" ± {}", format::error(*error)) } else { String::new() };
                        let value = if value.is_nan() { "–".to_owned() } else { format::number(*value) };
                        ui.label(RichText::new(format!("{value}{error}")).small());
                    }
                    ui.end_row();
                }
            });
        });
        if table.rows.len() > MOST_ROWS {
            let text = format!("The first {MOST_ROWS} of {}; Copy has all.", format::grouped(table.rows.len() as u64));
            widgets::small_weak_ui(ui, text);
        }
    }
}

fn header_ui(ui: &mut Ui, table: &FoundTable, sorting: &mut Sorting) {
    for (column, name) in table.columns.iter().enumerate() {
        let is_sorted = sorting.column == column;
        let mark = if sorting.is_ascending { icons::CARET_UP } else { icons::CARET_DOWN };
        let text = if is_sorted { format!("{name} {mark}") } else { name.clone() };
        let response = ui.small_button(text);
        widgets::name(&response, Role::Button, &format!("Sort by {name}"));
        if response.on_hover_text("Sorts by it, a second time the other way round.").clicked() {
            sorting.is_ascending = is_sorted && !sorting.is_ascending;
            sorting.column = column;
            sorting.order = order(table, column, sorting.is_ascending);
        }
    }
}

fn picture_ui(ui: &mut Ui, textures: &mut HashMap<(JobId, usize), TextureHandle>, key: (JobId, usize), row: &FoundRow) {
    let Some(picture) = &row.picture else {
        ui.label("");
        return;
    };
    let texture = textures.entry(key).or_insert_with(|| {
        ui.ctx().load_texture(format!("example {}", row.example + 1), image(picture), TextureOptions::NEAREST)
    });
    let [width, height] = texture.size().map(|side| side as f32);
    let size = vec2(width, height) * (SIDE / width.max(height).max(1.0));
    let response = ui.add(Image::from_texture((texture.id(), size)));
    widgets::name(&response, Role::Image, &format!("Example {}", row.example + 1));
}

fn image(picture: &Thumbnail) -> ColorImage {
    let height = picture.rgb.len() / (3 * picture.width.max(1));
    ColorImage::from_rgb([picture.width, height], &picture.rgb)
}

/// The class of an example, and the one that the network says where it is another.
fn class_ui(ui: &mut Ui, row: &FoundRow, classes: &[String]) {
    let name = |class: usize| classes.get(class).cloned().unwrap_or_else(|| class.to_string());
    let Some((class, said)) = row.class.zip(row.said) else {
        ui.label("");
        return;
    };
    if class == said {
        ui.label(RichText::new(name(class)).small());
    } else {
        let text = RichText::new(format!("{}, said {}", name(class), name(said))).small();
        ui.colored_label(Tokens::of(ui).error.0, text);
    }
}

/// Places of the rows by a column; rows without a number come last.
fn order(table: &FoundTable, column: usize, is_ascending: bool) -> Vec<usize> {
    let value = |place: &usize| table.rows[*place].values.get(column).copied().filter(|value| !value.is_nan());
    let mut order: Vec<usize> = (0..table.rows.len()).collect();
    order.sort_by(|a, b| match (value(a), value(b)) {
        (Some(a), Some(b)) if is_ascending => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_order_and_those_without_a_number_last() {
        let row = |example, value| FoundRow {
            example,
            class: None,
            said: None,
            values: vec![value],
            errors: vec![f64::NAN],
            picture: None,
        };
        let rows = vec![row(0, 1.0), row(1, f64::NAN), row(2, 3.0), row(3, -2.0)];
        let table = FoundTable { columns: vec!["loss".into()], rows };
        assert_eq!(order(&table, 0, false), [2, 0, 3, 1]);
        assert_eq!(order(&table, 0, true), [3, 0, 2, 1]);
        assert_eq!(order(&table, 7, true), [0, 1, 2, 3], "no such column");
    }
}
