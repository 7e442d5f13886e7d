//! What of a model is set: its inputs and its loss, the texts of its layers, and what is tied.

use egui::{Button, Margin, RichText, Role, TextEdit, Ui};

use super::drafts::{ChainDraft, ModelDraft};
use super::editor::{Layers, layers_ui};
use super::setting_ui;
use crate::config::LossKind;
use crate::engine::{ModelDescription, ModelPlace};
use crate::ui::kit::help::Term;
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::{theme, widgets};

/// Width of a field that takes a line, and of a list beside it.
const FIELD: f32 = 132.0;

const LAYERS_HELP: &str = "A layer a line, such as linear 32, conv 16 3x3 same, relu, maxpool 3 stride 2 padding 1, batchnorm eps 0.001, dropout 0.1, flatten; \
     over tokens embedding 32, position, class-token, patches 4 32, attention 4 causal, mean-token, first-token, last-token, l2norm. \
     Layers between [ and ] on lines of their own are a residual block; the word shortcut in it begins its other branch. \
     # begins a comment.";

const INPUT_HELP: &str = "One example: features, channels×height×width, or tokens and the size of their vocabulary, such as 24 tokens of 14.";

const TIES_HELP: &str = "Tensors that are one parameter, a tie a line: 0.weight = 7.weight. It counts once, under its first name. \
     Names are those of the weights file.";

/// What a chain of layers is called.
struct ChainWords {
    title: &'static str,
    input: &'static str,
    input_hint: &'static str,
    /// The text, and a row of it.
    names: [&'static str; 2],
    hint: &'static str,
}

const CHAIN: ChainWords = ChainWords {
    title: "Layers",
    input: "Input shape",
    input_hint: "1×8×8, 24 tokens of 14",
    names: ["Layers", "Layer in row"],
    hint: "linear 32\ntanh\nlinear 2",
};

const TOWERS: [ChainWords; 2] = [
    ChainWords {
        title: "Image tower",
        input: "Image input",
        input_hint: "1×8×8",
        names: ["Layers of the image tower", "Image tower, row"],
        hint: "conv 8 3x3 same\nrelu\nglobalavgpool\nflatten\nlinear 16",
    },
    ChainWords {
        title: "Text tower",
        input: "Text input",
        input_hint: "24 tokens of 14",
        names: ["Layers of the text tower", "Text tower, row"],
        hint: "embedding 16\nmean-token\nlinear 16",
    },
];

/// Draws everything of a model that can be typed.
pub fn settings_ui(ui: &mut Ui, draft: &mut ModelDraft, described: &ModelDescription) {
    let has_towers = draft.text_tower.is_some();
    if !has_towers {
        input_ui(ui, &mut draft.chain, &CHAIN);
    }
    loss_ui(ui, draft);
    for (place, chain) in draft.chains_mut().enumerate() {
        ui.push_id(("chain", place), |ui| {
            ui.add_space(6.0);
            let words = if has_towers { &TOWERS[place.min(1)] } else { &CHAIN };
            ui.horizontal(|ui| {
                ui.label(RichText::new(words.title).text_style(theme::title_style())).on_hover_text(LAYERS_HELP);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    widgets::small_weak_ui(ui, "shape · parameters");
                });
            });
            if has_towers {
                input_ui(ui, chain, words);
            }
            chain_ui(ui, &mut chain.text, words, described, place);
        });
    }
    ties_ui(ui, draft);
    problem_ui(ui, described, &ModelPlace::Ties);
    names_ui(ui, draft);
}

fn chain_ui(ui: &mut Ui, text: &mut String, words: &ChainWords, described: &ModelDescription, place: usize) {
    let Some(chain) = described.chains.get(place) else { return };
    let problem = described.problem.as_ref();
    let span = problem.and_then(|problem| problem.span_in(place));
    let layers = Layers { names: words.names, hint: words.hint, described: chain, problem: problem.zip(span.as_ref()) };
    layers_ui(ui, text, layers);
    ui.add_space(4.0);
    problem_ui(ui, described, &ModelPlace::Chain(place));
}

/// What is wrong there and at no layer.
fn problem_ui(ui: &mut Ui, described: &ModelDescription, place: &ModelPlace) {
    if let Some(problem) = described.problem.as_ref().filter(|problem| problem.place == *place) {
        ui.colored_label(ui.visuals().error_fg_color, &problem.message);
    }
}

fn input_ui(ui: &mut Ui, chain: &mut ChainDraft, words: &ChainWords) {
    setting_ui(ui, words.input, INPUT_HELP, None, |ui| {
        let edit = TextEdit::singleline(&mut chain.input).desired_width(FIELD).hint_text(words.input_hint);
        (ui.add(edit), Role::TextInput)
    });
}

fn loss_ui(ui: &mut Ui, draft: &mut ModelDraft) {
    setting_ui(ui, "Loss", "What training makes small, mean over the examples.", Some(Term::Loss), |ui| {
        let list = egui::ComboBox::from_id_salt("model loss").selected_text(draft.loss.label()).width(FIELD).truncate();
        let response = list.show_ui(ui, |ui| {
            for loss in [LossKind::CrossEntropy, LossKind::Mse, LossKind::TokenCrossEntropy, LossKind::Contrastive] {
                let why_not = why_not(loss, draft);
                let row = ui.add_enabled(why_not.is_none(), Button::selectable(draft.loss == loss, loss.label()));
                if row.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
                    draft.loss = loss;
                }
            }
        });
        (response.response, Role::ComboBox)
    });
    if draft.loss == LossKind::CrossEntropy {
        setting_ui(
            ui,
            "Label smoothing",
            "ε as in PyTorch: the target is (1−ε)·one-hot + ε/classes.",
            None,
            |ui| (ui.add(NumberBox::new(&mut draft.label_smoothing).range(0.0..=0.99).speed(0.002)), Role::SpinButton),
        );
    }
}

/// Why a model cannot have a loss, in one sentence.
fn why_not(loss: LossKind, draft: &ModelDraft) -> Option<&'static str> {
    let (has_towers, takes_text) = (draft.text_tower.is_some(), draft.takes_text());
    match loss {
        LossKind::Contrastive if !has_towers => {
            Some("It compares two towers, of images and of texts: choose CLIP-mini among the presets.")
        }
        LossKind::CrossEntropy | LossKind::Mse | LossKind::TokenCrossEntropy if has_towers => {
            Some("Two towers give nothing but features to compare, which the contrastive loss does.")
        }
        LossKind::TokenCrossEntropy if !takes_text => {
            Some("It asks for an answer at each token: take an input such as 24 tokens of 14.")
        }
        _ => None,
    }
}

/// Ties of networks over tokens, and of others that have some.
fn ties_ui(ui: &mut Ui, draft: &mut ModelDraft) {
    if !draft.takes_text() && draft.tied.trim().is_empty() {
        return;
    }
    ui.add_space(2.0);
    ui.label(RichText::new("Tied parameters").text_style(theme::title_style())).on_hover_text(TIES_HELP);
    let edit = TextEdit::multiline(&mut draft.tied)
        .code_editor()
        .lock_focus(false)
        .margin(Margin::symmetric(8, 6))
        .desired_rows(1)
        .desired_width(f32::INFINITY)
        .hint_text("0.weight = 7.weight");
    widgets::name(&ui.add(edit), Role::MultilineTextInput, "Tied parameters");
    ui.add_space(4.0);
}

fn names_ui(ui: &mut Ui, draft: &ModelDraft) {
    let count = draft.names.len();
    if count > 0 {
        let noun = if count == 1 { "name" } else { "names" };
        let help = "A weights file may call the parameters as that checkpoint does. The names stay as they are while layers are \
                    edited; they stand in the model file.";
        let words = format!("Named as a published checkpoint: {count} {noun}");
        widgets::small_weak_ui(ui, words).on_hover_text(help);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_model;

    #[test]
    fn each_loss_is_offered_where_it_makes_sense() {
        use LossKind::{Contrastive, CrossEntropy, Mse, TokenCrossEntropy};
        let offered = |words: &str| {
            let draft = ModelDraft::of(&builtin_model(words).unwrap());
            let all = [CrossEntropy, Mse, TokenCrossEntropy, Contrastive];
            all.into_iter().filter(|&loss| why_not(loss, &draft).is_none()).collect::<Vec<_>>()
        };
        assert_eq!(offered("resnet8"), [CrossEntropy, Mse]);
        assert_eq!(offered("gpt-mini"), [CrossEntropy, Mse, TokenCrossEntropy]);
        assert_eq!(offered("clip-mini"), [Contrastive]);
    }
}
