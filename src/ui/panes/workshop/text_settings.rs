//! What the examples of a file are, and how its text is read: the settings of data that may be text.

use std::path::Path;

use egui::{ComboBox, Role, Ui};

use super::asked::Asked;
use super::data_form::DataForm;
use super::setting_ui;
use crate::config::{DataSource, ExampleKind};
use crate::protocol::DataPreview;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::kit::{path, widgets};

/// What the setting names when bytes are meant.
const BYTES: &str = "bytes";

/// What the examples are: as they were read, or as the user says.
pub fn kind_of(form: &DataForm, look: Option<&DataPreview>) -> ExampleKind {
    match (form.config.examples, look) {
        (ExampleKind::Auto, Some(look)) if look.text.is_none() => ExampleKind::Numbers,
        (ExampleKind::Auto, Some(look)) if Asked::by(look) == Asked::Pairs => ExampleKind::Pairs,
        (ExampleKind::Auto, Some(_)) => ExampleKind::Text,
        // What cannot be read is text all the same where a setting of text is chosen: the field says what is wrong with it.
        (ExampleKind::Auto, None) if form.config.tokenizer.is_some() || form.config.text_column.is_some() => {
            ExampleKind::Text
        }
        (said, _) => said,
    }
}

/// What the examples of the file are, where they may be several things.
pub fn examples_ui(ui: &mut Ui, form: &mut DataForm, look: Option<&DataPreview>) {
    let shown = kind_of(form, look);
    let has_columns = form.columns.is_table || !form.columns.names.is_empty();
    let is_plain = form.config.path.as_deref().is_some_and(|path| has_end(path, &["txt"]));
    if !(has_columns || is_plain || has_arrays(form) || shown == ExampleKind::Text || shown == ExampleKind::Pairs) {
        return;
    }
    let help = "What an example is. At first as it looks: numbers where all columns beside the label are numbers, text where the \
                only one, or the one called text, holds words; images with their texts are pairs.";
    setting_ui(ui, "Examples", help, None, |ui| {
        let all = ui.scope(|ui| {
            // Tables of text have no images.
            let pairs = (!form.columns.is_table).then_some((ExampleKind::Pairs, "pairs"));
            let others = [(ExampleKind::Text, "text"), (ExampleKind::Numbers, "numbers or images")];
            for (kind, label) in pairs.into_iter().chain(others) {
                if widgets::segment_ui(ui, shown == kind, label).clicked() && shown != kind {
                    form.config.examples = kind;
                    if kind == ExampleKind::Numbers {
                        (form.config.text_column, form.config.tokenizer) = (None, None);
                    }
                }
            }
        });
        (all.response, Role::RadioGroup)
    });
}

/// How text is read: its column, and what turns it into tokens.
pub fn text_ui(ui: &mut Ui, form: &mut DataForm, look: Option<&DataPreview>, asks: &mut Asks) {
    if form.config.source != DataSource::File || !matches!(kind_of(form, look), ExampleKind::Text | ExampleKind::Pairs)
    {
        return;
    }
    column_ui(ui, form);
    tokenizer_ui(ui, form, asks);
}

/// In which column of a table the text stands.
fn column_ui(ui: &mut Ui, form: &mut DataForm) {
    let (names, has_header) = (&form.columns.names, form.columns.has_header);
    if names.is_empty() {
        return;
    }
    let words = |name: &str| if has_header { name.to_owned() } else { format!("column {name}") };
    let shown = form.config.text_column.as_deref().map_or_else(|| "by its name".to_owned(), words);
    let help = "The column that is read as text. At first the only one beside the label, or the one called text, sentence, \
                review, content or caption.";
    setting_ui(ui, "Text column", help, None, |ui| {
        let list = ComboBox::from_id_salt("text column").selected_text(&shown).width(84.0).truncate();
        let response = list.show_ui(ui, |ui| {
            for name in names {
                let text = words(name);
                if ui.selectable_label(text == shown, text).clicked() {
                    form.config.text_column = Some(name.clone());
                }
            }
        });
        (response.response, Role::ComboBox)
    });
}

/// What turns text into tokens.
fn tokenizer_ui(ui: &mut Ui, form: &mut DataForm, asks: &mut Asks) {
    let has_arrays = has_arrays(form);
    let tokenizer = &mut form.config.tokenizer;
    let is_bytes = tokenizer.as_deref() == Some(Path::new(BYTES)) || tokenizer.is_none() && !has_arrays;
    let is_file = tokenizer.is_some() && !is_bytes;
    let help = "What turns text into tokens: the 256 bytes of UTF-8, or the tokenizer.json of a model, or a folder with its \
                vocab.json and merges.txt. The model's vocabulary must hold all of them.";
    setting_ui(ui, "Tokenizer", help, None, |ui| {
        let all = ui.scope(|ui| {
            if widgets::segment_ui(ui, is_file, "file…").on_hover_text("Asks for the file or the folder.").clicked() {
                asks.push(Ask::ChooseTokenizer);
            }
            if widgets::segment_ui(ui, is_bytes, BYTES).clicked() && !is_bytes {
                *tokenizer = has_arrays.then(|| BYTES.into());
            }
            if has_arrays && widgets::segment_ui(ui, tokenizer.is_none(), "none").clicked() {
                *tokenizer = None;
            }
        });
        (all.response, Role::RadioGroup)
    });
    if let Some(file) = form.config.tokenizer.as_ref().filter(|_| is_file) {
        let problem = form.tokenizer_problem();
        let name = format!("tokenizer {}", path::name(file));
        widgets::small_weak_ui(ui, name).on_hover_text(file.display().to_string());
        if let Some(problem) = problem {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
    }
}

/// Whether the file has arrays of any kind, by its name.
pub fn has_arrays(form: &DataForm) -> bool {
    form.config.path.as_deref().is_some_and(|path| has_end(path, &["npz", "safetensors"]))
}

fn has_end(path: &Path, ends: &[&str]) -> bool {
    let end = path.extension().unwrap_or_default();
    ends.iter().any(|known| end.eq_ignore_ascii_case(known))
}
