//! What of a data set can be set: what its labels are, how many examples, noise and seed.

use egui::{ComboBox, Role, Ui};

use super::asked::Asked;
use super::data_form::DataForm;
use super::data_scale::scale_ui;
use super::data_sizes::sizes_ui;
use super::setting_ui;
use super::text_settings::{examples_ui, has_arrays, text_ui};
use crate::config::{DataConfig, DataSource, LabelKind, MOST_HELD_OUT, Operation};
use crate::engine::Columns;
use crate::protocol::DataPreview;
use crate::ui::contract::ask::Asks;
use crate::ui::kit::help::Term;
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::widgets;

/// Examples of the digits.
const DIGITS: usize = 1797;
/// Questions of four digits.
const CHAINS: usize = 10_000;

/// Draws the settings.
pub fn settings_ui(ui: &mut Ui, form: &mut DataForm, look: Option<&DataPreview>, asks: &mut Asks) {
    if form.config.source == DataSource::File {
        ui.vertical(|ui| {
            examples_ui(ui, form, look);
            text_ui(ui, form, look, asks);
            labels_ui(ui, form, look);
        });
    }
    let available = match form.config.source {
        DataSource::Digits => Some(DIGITS),
        DataSource::Chains => Some(CHAINS),
        _ => form.available.or_else(|| look.map(|look| look.file.examples).filter(|&examples| examples > 0)),
    };
    let config = &mut form.config;
    ui.vertical(|ui| {
        made_ui(ui, config);
        sizes_ui(ui, config, &mut form.keep, available);
        scale_ui(ui, config, &mut form.scale, look);
        // Numbers have no other class.
        let has_classes = look.is_none_or(|look| !look.classes.is_empty());
        if has_classes && !config.source.is_text() {
            label_noise_ui(ui, config);
        }
        row_ui(
            ui,
            "Seed",
            "Of what is drawn, the split and the label noise.",
            Some(Term::Seed),
            NumberBox::new(&mut config.seed).speed(0.1),
        );
    });
}

/// What data that come with the program are made of.
fn made_ui(ui: &mut Ui, config: &mut DataConfig) {
    let noise = match config.source {
        DataSource::Digits | DataSource::File | DataSource::Sums | DataSource::Chains => None,
        DataSource::Glyphs
        | DataSource::Shapes
        | DataSource::Textures
        | DataSource::Lesions
        | DataSource::Handwriting
        | DataSource::Counts
        | DataSource::Scenes => Some(("Noise of the pixels", "Standard deviation of what is added to each pixel.")),
        DataSource::MatrixSensing => {
            Some(("Noise of the measurements", "Standard deviation of what is added to each measurement."))
        }
        _ => Some((
            "Noise of the points",
            "Standard deviation of the points around their curve, in the unit of the axes.",
        )),
    };
    if let Some((label, help)) = noise {
        let number = NumberBox::new(&mut config.noise).range(0.0..=10.0).speed(0.004);
        row_ui(ui, label, help, None, number);
    }
    classes_ui(ui, config);
    if config.source == DataSource::MatrixSensing {
        let number = NumberBox::new(&mut config.rank).range(1..=100).speed(0.05);
        row_ui(ui, "Rank", "Of the matrix that is measured.", None, number);
    }
    if config.source == DataSource::Scenes {
        let help = "Pairs of a shape and a colour that no training scene has, of 24; half of the test scenes have one.";
        row_ui(
            ui,
            "Held-out pairs",
            help,
            None,
            NumberBox::new(&mut config.held_out).range(0..=MOST_HELD_OUT).speed(0.05),
        );
    }
    if config.source == DataSource::Chains {
        chains_ui(ui, config);
    }
}

/// What chains are worked out by, and whether that is shown.
fn chains_ui(ui: &mut Ui, config: &mut DataConfig) {
    let help = "Whether each digit is added to what those before it make, or taken off, modulo 10.";
    let operations = Operation::ALL.map(|operation| (operation, operation.key()));
    choice_ui(ui, "Operation", help, &mut config.operation, &operations);
    let help = "What the model is to write after each question.";
    choice_ui(ui, "Completion", help, &mut config.steps, &[(true, "steps and answer"), (false, "answer alone")]);
}

fn label_noise_ui(ui: &mut Ui, config: &mut DataConfig) {
    let help = "Share of the training labels that are replaced by another class.";
    let percent = NumberBox::new(&mut config.label_noise).range(0.0..=1.0).speed(0.002).percent();
    row_ui(ui, "Label noise", help, Some(Term::LabelNoise), percent);
}

fn classes_ui(ui: &mut Ui, config: &mut DataConfig) {
    let (most, help) = match config.source {
        DataSource::Spirals | DataSource::Blobs => (10, "2 to 10."),
        DataSource::Glyphs => (62, "2 to 62 digits and letters."),
        _ => return,
    };
    row_ui(ui, "Classes", help, None, NumberBox::new(&mut config.classes).range(2..=most).speed(0.05));
}

fn row_ui(ui: &mut Ui, label: &str, about: &str, term: Option<Term>, value: NumberBox<'_>) {
    setting_ui(ui, label, about, term, |ui| (ui.add(value), Role::SpinButton));
}

/// A choice of few.
fn choice_ui<T: Copy + PartialEq>(ui: &mut Ui, label: &str, help: &str, chosen: &mut T, all: &[(T, &str)]) {
    setting_ui(ui, label, help, None, |ui| {
        let group = ui.scope(|ui| {
            for &(one, name) in all {
                if widgets::segment_ui(ui, *chosen == one, name).clicked() {
                    *chosen = one;
                }
            }
        });
        (group.response, Role::RadioGroup)
    });
}

/// What the labels of a file are, and in which column they stand.
fn labels_ui(ui: &mut Ui, form: &mut DataForm, look: Option<&DataPreview>) {
    let has_labels = look.is_none_or(|look| matches!(Asked::by(look), Asked::Class(_) | Asked::Values(_)));
    // Other files have pictures, and pictures have classes.
    let has_columns = form.columns.is_table || !form.columns.names.is_empty();
    if has_labels && (has_columns || has_arrays(form)) {
        let as_read = look.map(|look| if look.classes.is_empty() { LabelKind::Numbers } else { LabelKind::Classes });
        let shown = if form.config.labels.is_auto() { as_read } else { Some(form.config.labels) };
        let help = "Classes are told apart, numbers are predicted: a regression, by the mean squared error.";
        setting_ui(ui, "Labels", help, None, |ui| {
            let both = ui.scope(|ui| {
                for (kind, label) in [(LabelKind::Numbers, "numbers"), (LabelKind::Classes, "classes")] {
                    if widgets::segment_ui(ui, shown == Some(kind), label).clicked() {
                        form.config.labels = kind;
                    }
                }
            });
            (both.response, Role::RadioGroup)
        });
    }
    if form.columns.is_table {
        header_ui(ui, form);
    }
    let Columns { names, has_header, label, .. } = &form.columns;
    if names.is_empty() {
        return;
    }
    let words = |name: &str| if *has_header { name.to_owned() } else { format!("column {name}") };
    let usual = label.and_then(|column| names.get(column)).map(String::as_str);
    let shown = form.config.label_column.as_deref().or(usual).map_or_else(|| "choose".to_owned(), words);
    let help = "The column that is to be learned; all others are features. At first the one called y, label or class, else the \
                last one.";
    setting_ui(ui, "Label column", help, None, |ui| {
        let list = ComboBox::from_id_salt("label column").selected_text(&shown).width(84.0).truncate();
        let response = list.show_ui(ui, |ui| {
            for name in names {
                let text = words(name);
                if ui.selectable_label(text == shown, text).clicked() {
                    form.config.label_column = Some(name.clone());
                }
            }
        });
        (response.response, Role::ComboBox)
    });
}

/// Whether the first line of a table names its columns.
fn header_ui(ui: &mut Ui, form: &mut DataForm) {
    let help = "Whether the first line names the columns. Auto goes by its look, and a note says how it was taken.";
    setting_ui(ui, "Header", help, None, |ui| {
        let all = ui.scope(|ui| {
            for (header, label) in [(None, "auto"), (Some(true), "yes"), (Some(false), "no")] {
                let is_chosen = form.config.header == header;
                if widgets::segment_ui(ui, is_chosen, label).clicked() && !is_chosen {
                    form.set_header(header);
                }
            }
        });
        (all.response, Role::RadioGroup)
    });
}
