//! The section of the Model pane that says what the runs start from.

use egui::{Align, Button, Checkbox, Layout, RichText, Role, TextEdit, Ui, WidgetInfo, vec2};

use super::start_form::{Found, StartForm};
use super::start_ticks::{Block, blocks, ticked};
use crate::config::ModelConfig;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::{format, icons, theme, widgets};
use crate::ui::state::start::start_words;

const PATTERNS_HELP: &str = "Names of tensors with commas between them; * stands for any letters, as in 0.*";

/// What a list of patterns is called, and what it does.
struct PatternWords {
    label: &'static str,
    name: &'static str,
    about: &'static str,
    hint: &'static str,
}

const FRESH: PatternWords = PatternWords {
    label: "Fresh",
    name: "Fresh tensors",
    about: "They begin with random weights of the seed, whatever the file has: a new head.",
    hint: "6.weight, 6.bias",
};
const FROZEN: PatternWords = PatternWords {
    label: "Frozen",
    name: "Frozen tensors",
    about: "They stay as they are, and are left out of D, noise and curvature.",
    hint: "0.*, 2.*",
};

/// Draws the section. While it is closed, one line says where the runs start.
pub fn start_ui(ui: &mut Ui, form: &mut StartForm, model: &ModelConfig, seen: Seen<'_>, asks: &mut Asks) {
    let found = form.find(model);
    let start = found.start.as_ref().ok().and_then(Option::as_ref);
    let title = match &found.start {
        Ok(_) => format!("Start from {}", start_words(start)),
        Err(_) => "Start from weights".to_owned(),
    };
    let icon = if form.is_open { icons::CARET_UP } else { icons::CARET_DOWN };
    let words = RichText::new(format!("{icon} {title}")).text_style(theme::title_style());
    // It gives way where the pane is narrow.
    let header = ui.add(Button::new(words).frame(false).truncate()).on_hover_text(&title);
    widgets::name(&header, Role::Button, &title);
    ui.ctx().accesskit_node_builder(header.id, |node| node.set_expanded(form.is_open));
    if header.clicked() {
        form.is_open = !form.is_open;
    }
    if form.is_open {
        weights_ui(ui, form, seen, asks);
        key_ui(ui, &mut form.draft.key, &found.keys);
        patterns_ui(ui, &mut form.draft.fresh, &FRESH);
        patterns_ui(ui, &mut form.draft.frozen, &FROZEN);
        found_ui(ui, form, &found);
    }
    if let (false, Err(problem)) = (form.is_open, &found.start) {
        ui.colored_label(ui.visuals().error_fg_color, problem);
    }
}

/// The file, and other ways to it.
fn weights_ui(ui: &mut Ui, form: &mut StartForm, seen: Seen<'_>, asks: &mut Asks) {
    let about = "A state dict: safetensors, NPZ or a file of torch.save. All runs start from it.";
    line_ui(ui, "Weights", about, |ui| {
        let browse = ui.button("Browse…").on_hover_text("Asks for the file.");
        widgets::name(&browse, Role::Button, "Browse for weights…");
        if browse.clicked() {
            asks.push(Ask::ChooseStart);
        }
        let edit = TextEdit::singleline(&mut form.draft.weights).hint_text("random weights of the seed");
        let edit = ui.add(edit.desired_width(ui.available_width()));
        widgets::name(&edit, Role::TextInput, "Weights file");
        edit.on_hover_text(about);
    });
    ui.horizontal_wrapped(|ui| {
        if let Some(run) = seen.selected_run() {
            let command = UiCommand::FineTune;
            let why_not = command.why_not(seen);
            let button = Button::new(format!("Start from the weights of {}", run.name()));
            let response = ui.add_enabled(why_not.is_none(), button).on_hover_text(command.spec().help);
            if response.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
                asks.run(command);
            }
        }
        let random = ui.add_enabled(!form.draft.is_empty(), Button::new("Random weights"));
        if random.on_hover_text("Starts from no file, as if nothing had been typed here.").clicked() {
            form.draft = super::drafts::StartDraft::default();
        }
    });
}

/// Under which key of the file the weights are, where several would do.
pub fn key_ui(ui: &mut Ui, key: &mut String, keys: &[String]) {
    if keys.is_empty() && key.trim().is_empty() {
        return;
    }
    let about = "A checkpoint may hold several state dicts, such as weights and their average: the one under this key is taken.";
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.add(egui::Label::new("Key").selectable(false)).on_hover_text(about);
        // One that another file or the configuration gave may not be there.
        let other = Some(&*key).filter(|key| !key.trim().is_empty() && !keys.contains(*key)).cloned();
        for offered in keys.iter().chain(&other) {
            let is_chosen = *key == *offered;
            if widgets::segment_ui(ui, is_chosen, offered).on_hover_text(about).clicked() {
                // A second click leaves the choice open again.
                *key = if is_chosen { String::new() } else { offered.clone() };
            }
        }
    });
}

fn patterns_ui(ui: &mut Ui, text: &mut String, words: &PatternWords) {
    let about = format!("{} {PATTERNS_HELP}.", words.about);
    line_ui(ui, words.label, &about, |ui| {
        let edit = TextEdit::singleline(text).hint_text(words.hint).desired_width(ui.available_width());
        let edit = ui.add(edit);
        widgets::name(&edit, Role::TextInput, words.name);
        edit.on_hover_text(&about);
    });
}

/// A name at the left and, over all the rest, what `add` draws from the right.
fn line_ui(ui: &mut Ui, label: &str, about: &str, add: impl FnOnce(&mut Ui)) {
    const NAME: f32 = 64.0;
    let height = ui.spacing().interact_size.y;
    ui.horizontal(|ui| {
        ui.allocate_ui_with_layout(vec2(NAME, height), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(NAME);
            ui.add(egui::Label::new(label).selectable(false)).on_hover_text(about);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), add);
    });
}

/// What the texts mean, and the tensors to tick.
fn found_ui(ui: &mut Ui, form: &mut StartForm, found: &Found) {
    if let Err(problem) = &found.start {
        ui.colored_label(ui.visuals().error_fg_color, problem);
    }
    for words in found.reading.words(&found.tensors) {
        ui.label(words);
    }
    for note in &found.notes {
        widgets::small_weak_ui(ui, format!("{note}."));
    }
    // Where the patterns cannot be read nothing is ticked by them.
    if form.draft.weights.trim().is_empty() || found.reading.fresh.len() != found.tensors.len() {
        return;
    }
    ui.add_space(2.0);
    for block in blocks(&found.tensors) {
        block_ui(ui, form, found, &block);
    }
}

/// A block, and its tensors where it is open.
fn block_ui(ui: &mut Ui, form: &mut StartForm, found: &Found, block: &Block<'_>) {
    let is_open = form.open_blocks.contains(block.name);
    let is_many = block.tensors.len() > 1;
    row_ui(ui, form, found, (block.name, &block.tensors), |ui, form| {
        if !is_many {
            return;
        }
        let icon = if is_open { icons::CARET_UP } else { icons::CARET_DOWN };
        let toggle = ui.add(Button::new(icon).small().frame(false));
        widgets::name(&toggle, Role::Button, &format!("Tensors of {}", block.name));
        if toggle.clicked() && !form.open_blocks.remove(block.name) {
            form.open_blocks.insert(block.name.to_owned());
        }
    });
    if is_many && is_open {
        for &place in &block.tensors {
            row_ui(ui, form, found, (found.tensors[place].name(), &[place]), |ui, _| ui.add_space(18.0));
        }
    }
}

/// Tensors with their boxes: a box of several that are not alike has a line.
fn row_ui(
    ui: &mut Ui,
    form: &mut StartForm,
    found: &Found,
    (name, places): (&str, &[usize]),
    before: impl FnOnce(&mut Ui, &mut StartForm),
) {
    const WIDEST: f32 = 420.0;
    let size = vec2(ui.available_width().min(WIDEST), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(size);
        let reading = &found.reading;
        tick_ui(ui, "frozen", name, (&mut form.draft.frozen, &reading.frozen), found, places);
        tick_ui(ui, "fresh", name, (&mut form.draft.fresh, &reading.fresh), found, places);
        let parameters: usize = places.iter().map(|&place| found.tensors[place].parameters()).sum();
        widgets::small_weak_ui(ui, format::grouped(parameters as u64));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            before(ui, form);
            ui.add(egui::Label::new(RichText::new(name).monospace().small()).truncate().selectable(false));
        });
    });
}

fn tick_ui(
    ui: &mut Ui,
    what: &str,
    name: &str,
    (text, flags): (&mut String, &[bool]),
    found: &Found,
    places: &[usize],
) {
    let count = places.iter().filter(|&&place| flags[place]).count();
    let mut is_on = count == places.len();
    let is_mixed = count > 0 && !is_on;
    let response = ui.add(Checkbox::new(&mut is_on, what).indeterminate(is_mixed));
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), is_on, format!("{name} {what}")));
    if response.changed() {
        let mut wanted = flags.to_vec();
        places.iter().for_each(|&place| wanted[place] = is_on);
        *text = ticked(text, &found.tensors, &wanted);
    }
}
