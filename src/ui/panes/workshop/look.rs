//! A look at data: points in the plane, pictures with labels, or a table; the classes and their counts.

use std::borrow::Cow;
use std::sync::Arc;

use egui::{Align, Layout, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::augmented::{Augmented, Augmenting};
use super::labels::label_words;
use super::pictures::{Pictures, image_shape};
use super::scatter::{Scatter, coordinates};
use super::texts::texts_ui;
use crate::config::DataConfig;
use crate::engine::shape_words;
use crate::protocol::{DataPreview, ExampleLabel};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{class_mark, format, widgets};

/// Classes that are listed at most.
const MOST_CLASSES: usize = 20;
/// Rows and columns of the table.
const TABLE: [usize; 2] = [10, 6];
/// A class this many times smaller than the largest is called small.
const UNBALANCED: usize = 3;
/// Above this, numbers are called large.
const LARGE: f32 = 50.0;

/// Characters of a column's name and of a note that are shown; all of it when it is pointed at.
const MOST_NAME: usize = 14;
const MOST_NOTE: usize = 160;

/// What the looks of different kinds keep.
#[derive(Debug, Default)]
pub struct Looks {
    /// Examples as pictures.
    pub pictures: Pictures,
    /// The same as a step sees them.
    pub augmented: Augmented,
    /// Examples as points.
    pub scatter: Scatter,
}

/// What is looked at, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The data as they are chosen.
    pub config: &'a DataConfig,
    /// Whether the look is into just these.
    pub is_current: bool,
    /// The run whose steps the pictures can be shown of.
    pub run: Option<Augmenting<'a>>,
}

/// Draws everything that is known of the data.
pub fn look_ui(ui: &mut Ui, data: &Arc<DataPreview>, sight: Sight<'_>, looks: &mut Looks) {
    let source = sight.config.source;
    ui.label(RichText::new(&data.source).text_style(theme::title_style()));
    let count = |number: usize| format::grouped(number as u64);
    let what = match &data.text {
        None => shape_words(&data.shape),
        Some(text) if data.shape.len() > 1 => {
            format!("{} with text of {} tokens", shape_words(&data.shape), text.tokens)
        }
        Some(text) => format!("{} tokens", text.tokens),
    };
    let [train, test] = [data.num_train, data.num_test].map(count);
    let numbers = match sight.config.validation_size {
        validation if validation > 0 && sight.is_current => {
            format!("{train} training, {} validation and {test} test examples", count(validation))
        }
        _ => format!("{train} training and {test} test examples"),
    };
    widgets::small_weak_ui(ui, format!("{numbers} of {what}"));
    for note in &data.file.notes {
        let note = sentence(note);
        let shown = shortened(&note, MOST_NOTE);
        let response = widgets::small_weak_ui(ui, shown.as_ref());
        if shown != note {
            response.on_hover_text(note);
        }
    }
    for note in notes(data) {
        ui.colored_label(ui.visuals().warn_fg_color, RichText::new(note).small());
    }
    ui.add_space(4.0);
    if let Some(text) = &data.text {
        texts_ui(ui, data, text);
    } else if coordinates(data, 0).is_some() {
        looks.scatter.ui(ui, data);
    } else if image_shape(data, source).is_some() {
        if !looks.augmented.ui(ui, data, sight.config, sight.run) {
            looks.pictures.ui(ui, data, source);
        }
        looks.augmented.switch_ui(ui, sight.run);
    } else {
        table_ui(ui, data);
    }
    ui.add_space(6.0);
    classes_ui(ui, data);
}

/// What the user should know of the data, one sentence each.
fn notes(data: &DataPreview) -> Vec<String> {
    let mut notes = Vec::new();
    let classes = || data.class_counts.iter().enumerate();
    if let (Some((small, few)), Some((_, most))) =
        (classes().min_by_key(|class| class.1), classes().max_by_key(|class| class.1))
        && few.saturating_mul(UNBALANCED) < *most
    {
        let name = data.classes.get(small).map_or_else(|| small.to_string(), Clone::clone);
        notes.push(format!(
            "The classes are unbalanced: {name} has {} training {}, the largest {}. Read the accuracy with that in mind.",
            format::grouped(*few as u64), if *few == 1 { "example" } else { "examples" },
            format::grouped(*most as u64)
        ));
    }
    let values = || data.rows.iter().flat_map(|row| &row.x);
    if values().any(|value| !value.is_finite()) {
        notes.push("Some values are NaN or infinite, so losses on them are too: expected finite numbers.".to_owned());
    }
    let largest = values().filter(|value| value.is_finite()).fold(0.0_f32, |most, value| most.max(value.abs()));
    if largest > LARGE {
        notes.push(format!(
            "Values reach {}: networks train best with values near 1, and nothing is rescaled here.",
            format::number(f64::from(largest))
        ));
    }
    let labels = data.rows.iter().filter_map(|row| match &row.label {
        ExampleLabel::Values(of) => Some(of),
        ExampleLabel::Class(_) | ExampleLabel::Tokens(_) | ExampleLabel::Pair => None,
    });
    let largest = labels.flatten().fold(0.0_f32, |most, value| most.max(value.abs()));
    if largest > LARGE {
        notes.push(format!(
            "Labels reach {}, so the squared error is huge at first and runs diverge: write them in a larger unit.",
            format::number(f64::from(largest))
        ));
    }
    notes
}

/// A capital first and a full stop last.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// A text that is not longer than so many characters.
fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", text[..end].trim_end())),
        None => Cow::Borrowed(text),
    }
}

/// A value as it stands in its file: whole numbers without a fraction.
fn value_words(value: f32) -> String {
    if value.fract() == 0.0 && value.abs() < 1e6 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", format::grouped(value.abs() as u64));
    }
    format::number(f64::from(value))
}

fn table_ui(ui: &mut Ui, data: &DataPreview) {
    let [rows, columns] = TABLE;
    let width = data.rows.first().map_or(0, |row| row.x.len());
    let shown = width.min(columns);
    egui::ScrollArea::horizontal().id_salt("table of examples").show(ui, |ui| {
        egui::Grid::new("first examples").striped(true).spacing([12.0, 2.0]).show(ui, |ui| {
            let head = |ui: &mut Ui, name: &str| {
                let text = shortened(name, MOST_NAME);
                let response = widgets::small_weak_ui(ui, text.as_ref());
                if text != name {
                    response.on_hover_text(name);
                }
            };
            head(ui, if data.file.label.is_empty() { "label" } else { &data.file.label });
            for column in 0..shown {
                match data.file.columns.get(column) {
                    Some(name) => head(ui, name),
                    None => head(ui, &format!("x{}", column + 1)),
                }
            }
            ui.end_row();
            for row in data.rows.iter().take(rows) {
                ui.label(RichText::new(label_words(data, row)).small());
                for value in &row.x[..shown.min(row.x.len())] {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.label(RichText::new(value_words(*value)).small().monospace());
                    });
                }
                ui.end_row();
            }
        });
    });
    let examples = data.rows.len().min(rows);
    widgets::small_weak_ui(
        ui,
        format!(
            "The first {examples} of {} training examples, {shown} of {width} features",
            format::grouped(data.num_train as u64)
        ),
    );
}

/// A bar for each class.
fn classes_ui(ui: &mut Ui, data: &DataPreview) {
    let without_classes = match data.rows.first().map(|row| &row.label) {
        Some(ExampleLabel::Tokens(_)) => Some("The labels are tokens: at each token, what is to be said there."),
        Some(ExampleLabel::Pair) => Some("There are no labels: each image belongs with its text."),
        _ => data.classes.is_empty().then_some("The labels are numbers, for a regression."),
    };
    if let Some(words) = without_classes {
        widgets::small_weak_ui(ui, words);
        return;
    }
    let count = data.classes.len();
    let noun = if count == 1 { "class" } else { "classes" };
    ui.label(RichText::new(format!("{count} {noun}")).text_style(theme::title_style()));
    widgets::small_weak_ui(ui, "training examples of each");
    let most = data.class_counts.iter().copied().max().unwrap_or(1).max(1);
    for (class, count) in data.class_counts.iter().enumerate().take(MOST_CLASSES) {
        let name = data.classes.get(class).map_or("", String::as_str);
        class_ui(ui, class, name, *count, *count as f32 / most as f32);
    }
    if data.classes.len() > MOST_CLASSES {
        widgets::small_weak_ui(ui, format!("and {} more", data.classes.len() - MOST_CLASSES));
    }
}

fn class_ui(ui: &mut Ui, class: usize, name: &str, count: usize, share: f32) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 17.0), Sense::hover());
    let count = format::grouped(count as u64);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Class {name}: {count} training examples")));
    let font = egui::TextStyle::Small.resolve(ui.style());
    let painter = ui.painter().with_clip_rect(rect);
    let place = pos2(rect.left() + 5.0, rect.center().y);
    class_mark::point(&painter, class, place, 4.0, tokens.class(class), Stroke::NONE);
    let names = Rect::from_min_max(rect.min, pos2(rect.left() + 0.4 * rect.width(), rect.bottom()));
    let place = pos2(rect.left() + 14.0, rect.center().y);
    painter.with_clip_rect(names).text(place, egui::Align2::LEFT_CENTER, name, font.clone(), tokens.text.0);
    let left = names.right() + 4.0;
    let full = (rect.right() - 50.0 - left).max(1.0);
    let bar = Rect::from_min_size(pos2(left, rect.center().y - 4.0), vec2(share * full, 8.0));
    painter.rect_filled(bar, 2.0, tokens.class(class));
    painter.text(pos2(rect.right(), rect.center().y), egui::Align2::RIGHT_CENTER, count, font, tokens.weak.0);
    response.on_hover_text(name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ExampleRow;
    use crate::protocol::FileFacts;

    #[test]
    fn what_is_odd_about_data_is_said() {
        let row = |x: f32| ExampleRow { x: vec![x], label: ExampleLabel::Class(0), is_test: false };
        let mut data = DataPreview {
            source: String::new(),
            shape: vec![1],
            num_train: 100,
            num_test: 10,
            classes: ["cat", "dog"].map(str::to_owned).to_vec(),
            class_counts: vec![40, 60],
            rows: vec![row(1.0), row(-2.0)],
            file: FileFacts::default(),
            text: None,
        };
        assert!(notes(&data).is_empty());
        data.class_counts = vec![10, 90];
        assert!(notes(&data)[0].contains("cat has 10 training examples, the largest 90"));
        data.rows.push(row(-1234.0));
        assert!(
            notes(&data)[1].contains("Values reach 1\u{a0}234") || notes(&data)[1].contains("1234"),
            "{:?}",
            notes(&data)
        );
        data.rows.push(row(f32::NAN));
        assert!(notes(&data)[1].contains("NaN or infinite"));
        let price = ExampleLabel::Values(vec![-9e5]);
        (data.class_counts, data.rows) = (Vec::new(), vec![ExampleRow { x: vec![1.0], label: price, is_test: false }]);
        assert!(notes(&data)[0].starts_with("Labels reach 9"), "{:?}", notes(&data));
        assert_eq!([3.0, -12.0, 0.25].map(value_words), ["3", "\u{2212}12", "0.250"]);
        data.rows.clear();
        assert!(notes(&data).is_empty());
    }
}
