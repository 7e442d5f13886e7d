//! Models to begin with: those of the experiments, and the built-in families.

use egui::{Role, Ui};

use super::drafts::ModelDraft;
use super::model_form::ModelForm;
use crate::config::{ModelConfig, builtin_models, zoo};
use crate::engine::{TypedModel, describe_model};
use crate::ui::kit::widgets;
use crate::ui::state::model::Model;

/// Above so many parameters a step takes seconds.
const SLOW: usize = 30_000_000;

/// The list, made when it is opened first.
#[derive(Debug, Default)]
pub struct Presets(Vec<Preset>);

/// A model to begin with.
#[derive(Debug)]
pub struct Preset {
    /// Under which heading it stands.
    heading: &'static str,
    /// Its title, with its size where that is large.
    pub label: String,
    /// A sentence; may be empty.
    pub about: String,
    /// The model.
    pub model: ModelConfig,
}

impl Preset {
    /// A model that comes with the program, by its title.
    pub fn new(title: String, model: ModelConfig) -> Self {
        let builtin = zoo().iter().find(|builtin| builtin.title == title);
        let about = builtin.map_or("", |builtin| builtin.about).to_owned();
        let heading = if builtin.is_some() { heading(&model) } else { "Of the experiments" };
        Self { heading, ..Self::named(title, about, model) }
    }

    /// Any model, with what is to be said of it.
    pub fn named(title: String, mut about: String, model: ModelConfig) -> Self {
        let parameters = describe_model(&TypedModel::from(&model)).num_parameters;
        let label = if parameters > SLOW {
            about += " Training it live is slow: a step takes seconds, a landscape minutes.";
            format!("{title} · {} million parameters", (parameters + 500_000) / 1_000_000)
        } else {
            title
        };
        Self { heading: heading(&model), label, about, model }
    }
}

/// The heading of a built-in model.
fn heading(model: &ModelConfig) -> &'static str {
    match &model.towers {
        Some(_) => "Images with texts",
        None if model.input.token_input().is_some() => "Text",
        None => "Images",
    }
}

/// Draws the list. A model that is chosen takes the place of the draft.
pub fn presets_ui(ui: &mut Ui, presets: &mut Presets, form: &mut ModelForm, model: &Model) {
    let height = widgets::list_height(ui);
    let list = egui::ComboBox::from_id_salt("model presets").selected_text("Presets").width(90.0).height(height);
    let response = list.show_ui(ui, |ui| {
        if presets.0.is_empty() {
            presets.0 = builtin_models().into_iter().map(|(title, model)| Preset::new(title, model)).collect();
        }
        let shown = form.read();
        let mut heading = "";
        for preset in &presets.0 {
            if preset.heading != heading {
                heading = preset.heading;
                widgets::small_weak_ui(ui, heading);
            }
            let row = ui.selectable_label(shown.as_ref() == Some(&preset.model), &preset.label);
            let row = if preset.about.is_empty() { row } else { row.on_hover_text(&preset.about) };
            if row.clicked() {
                form.open(ModelDraft::of(&preset.model), &model.experiment);
            }
        }
    });
    widgets::name(&response.response, Role::ComboBox, "Presets");
    response.response.on_hover_text("Models that come with Flatscape, to begin with.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_models_say_so_and_each_stands_with_its_kind() {
        let presets: Vec<Preset> =
            builtin_models().into_iter().map(|(title, model)| Preset::new(title, model)).collect();
        let find = |label: &str| presets.iter().find(|preset| preset.label == label);
        let gpt = find("GPT-2 · 124 million parameters").expect("it is offered");
        assert!(gpt.heading == "Text" && gpt.about.contains("live is slow"), "{}", gpt.about);
        for (label, heading) in [("GPT-mini", "Text"), ("CLIP-mini", "Images with texts"), ("ViT-Tiny/16", "Images")] {
            let preset = find(label).expect(label);
            assert!(preset.heading == heading && !preset.about.contains("slow"), "{label}: {}", preset.about);
        }
        let mut headings: Vec<&str> = presets.iter().map(|preset| preset.heading).collect();
        headings.dedup();
        assert_eq!(headings, ["Of the experiments", "Images", "Text", "Images with texts"]);
    }
}
