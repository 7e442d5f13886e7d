//! The built-in models that take the data, at their own sizes where these fit, each to be put into the Model pane.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::Ui;

use super::Workshop;
use super::asked::Asked;
use super::drafts::ModelDraft;
use super::fit::{fits, is_exact};
use super::pictures::image_shape;
use super::presets::Preset;
use super::small::small;
use crate::config::{BuiltinModel, DataConfig, InputSize, LayerText, ModelConfig, ModelInput, ModelSizes, zoo};
use crate::protocol::DataPreview;
use crate::ui::kit::widgets;
use crate::ui::state::model::Model;

/// The newest list, and for what it was made.
#[derive(Debug)]
pub struct KnownTakers {
    data: Arc<DataPreview>,
    config: DataConfig,
    takers: Vec<Preset>,
}

/// Draws the list. A model that is chosen takes the place of the draft.
pub fn takers_ui(ui: &mut Ui, workshop: &mut Workshop, data: &Arc<DataPreview>, model: &Model) {
    let config = &workshop.data.config;
    let is_known = |known: &&KnownTakers| Arc::ptr_eq(&known.data, data) && known.config == *config;
    if workshop.takers.as_ref().filter(is_known).is_none() {
        let takers = takers(data, config);
        workshop.takers = Some(KnownTakers { data: data.clone(), config: config.clone(), takers });
    }
    let Some(KnownTakers { takers, .. }) = workshop.takers.as_ref().filter(|known| !known.takers.is_empty()) else {
        return;
    };
    let shown = workshop.model.read();
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(3.0, 3.0);
        widgets::small_weak_ui(ui, "Models that take these data").on_hover_text("Puts one into the Model pane.");
        for taker in takers {
            let response = widgets::segment_ui(ui, shown.as_ref() == Some(&taker.model), &taker.label);
            if response.on_hover_text(&taker.about).clicked() {
                chosen = Some(ModelDraft::of(&taker.model));
            }
        }
    });
    if let Some(draft) = chosen {
        workshop.model.open(draft, &model.experiment);
    }
}

/// The models: a small one, then the built-in ones. None where only the small one takes the data.
fn takers(data: &DataPreview, config: &DataConfig) -> Vec<Preset> {
    // What a file holds is known here, so two towers are for pairs alone.
    let is_kind = |model: &ModelConfig| model.towers.is_some() == (Asked::by(data) == Asked::Pairs);
    let fits = |model: &ModelConfig| is_kind(model) && fits(model, data, config);
    let built = zoo().iter().filter_map(|builtin| {
        let mut models = sizes(builtin, data, config).into_iter().filter_map(|sizes| builtin.build(&sizes).ok());
        let model = models.find(fits);
        Some(match model {
            Some(model) => Preset::new(builtin.title.to_owned(), model),
            None => {
                let model = with_head(builtin, data).filter(fits)?;
                let about = format!("{} Its last layer says what these data ask for.", builtin.about);
                Preset::named(format!("{} with another head", builtin.title), about, model)
            }
        })
    });
    let built: Vec<Preset> = built.collect();
    let small = small(data);
    if built.is_empty() || !fits(&small) {
        return built;
    }
    let about = "A few layers, which train in seconds.".to_owned();
    std::iter::once(Preset::named("Small".to_owned(), about, small)).chain(built).collect()
}

/// Sizes to try: the model's own, then those of the data.
fn sizes(builtin: &BuiltinModel, data: &DataPreview, config: &DataConfig) -> Vec<ModelSizes> {
    let asked = Asked::by(data);
    let own = ModelSizes::default();
    let image = image_shape(data, config.source).map(InputSize::Image);
    let all = match (&data.text, asked) {
        (Some(text), Asked::Pairs) => {
            let enough = ModelSizes { classes: Some(text.vocabulary), ..own };
            vec![own, ModelSizes { input: image, ..own }, ModelSizes { input: image, ..enough }]
        }
        (Some(text), Asked::Tokens(vocabulary)) => {
            let input = Some(InputSize::Tokens(text.tokens));
            vec![own, ModelSizes { input, ..own }, ModelSizes { input, classes: Some(vocabulary), ..own }]
        }
        (Some(_), _) => Vec::new(),
        (None, _) => {
            let classes = asked.outputs();
            vec![ModelSizes { classes, ..own }, ModelSizes { classes, input: image, ..own }]
        }
    };
    // Tokens in arrays are padded and never cut.
    let holds = |model: &ModelConfig| !is_exact(config) || holds(model, data);
    all.into_iter().filter(|sizes| builtin.build(sizes).is_ok_and(|model| holds(&model))).collect()
}

/// Whether a model has places for all tokens of an example.
fn holds(model: &ModelConfig, data: &DataPreview) -> bool {
    let tokens = data.text.as_ref().map_or(0, |text| text.tokens);
    model.inputs().iter().filter_map(|input| input.token_input()).all(|input| input.tokens >= tokens)
}

/// A language model that says one thing of each text, by its last token; `None` for other models or data.
fn with_head(builtin: &BuiltinModel, data: &DataPreview) -> Option<ModelConfig> {
    let (text, asked) = (data.text.as_ref()?, Asked::by(data));
    let (Asked::Class(outputs) | Asked::Values(outputs)) = asked else { return None };
    let own = ModelSizes::default();
    let long = ModelSizes { input: Some(InputSize::Tokens(text.tokens)), ..own };
    let wide = ModelSizes { classes: Some(text.vocabulary), ..long };
    let mut models = [own, long, wide].into_iter().filter_map(|sizes| builtin.build(&sizes).ok());
    let model = models.find(|model| {
        let knows = |input: &ModelInput| input.token_input().is_some_and(|input| input.vocabulary >= text.vocabulary);
        model.towers.is_none() && knows(&model.input) && holds(model, data)
    })?;
    let (_, body) = model.layers.split_last()?;
    let head = [LayerText::from("last-token"), LayerText::Text(format!("linear {outputs}"))];
    let layers = body.iter().cloned().chain(head);
    let names = body_names(&model);
    Some(ModelConfig { names, ..ModelConfig::of(model.input.clone(), asked.usual_loss(), layers) })
}

/// The names of a checkpoint but for those of the last layer.
fn body_names(model: &ModelConfig) -> BTreeMap<String, String> {
    let last = format!("{}.", model.layers.len().saturating_sub(1));
    let mut names = model.names.clone();
    names.retain(|ours, _| !ours.starts_with(&last));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DataSource, LossKind, builtin_experiment};
    use crate::protocol::{ExampleLabel, ExampleRow, TextLook};

    fn look(shape: &[usize], label: ExampleLabel, classes: usize, text: Option<TextLook>) -> DataPreview {
        let x = if text.is_some() { Vec::new() } else { vec![0.0; shape.iter().product()] };
        DataPreview {
            shape: shape.to_vec(),
            num_train: 8,
            num_test: 2,
            classes: (0..classes).map(|class| class.to_string()).collect(),
            class_counts: vec![4; classes],
            rows: vec![ExampleRow { x, label, is_test: false }],
            text,
            ..DataPreview::default()
        }
    }

    fn text(tokens: usize, vocabulary: usize) -> Option<TextLook> {
        Some(TextLook { tokens, vocabulary, rows: vec!["a text".to_owned()], ..TextLook::default() })
    }

    fn names(data: &DataPreview, file: &str) -> Vec<String> {
        let moons = builtin_experiment("moons-mlp").unwrap().data;
        let config = DataConfig { source: DataSource::File, path: Some(file.into()), ..moons };
        let takers = takers(data, &config);
        for taker in &takers {
            taker.model.validate().unwrap();
            assert!(fits(&taker.model, data, &config), "{}", taker.label);
        }
        takers.into_iter().map(|taker| taker.label).collect()
    }

    #[test]
    fn each_kind_of_data_is_offered_the_models_of_its_kind() {
        let next = look(&[64], ExampleLabel::Tokens("b".to_owned()), 0, text(64, 256));
        assert_eq!(names(&next, "a.txt"), ["Small", "GPT-2 · 124 million parameters", "GPT-mini"]);
        let reviews = look(&[40], ExampleLabel::Class(0), 3, text(40, 256));
        let found = names(&reviews, "a.csv");
        assert!(found.contains(&"GPT-mini with another head".to_owned()) && found[0] == "Small", "{found:?}");
        let pairs = look(&[3, 32, 32], ExampleLabel::Pair, 0, text(20, 256));
        let found = names(&pairs, "a.npz");
        assert!(found.contains(&"CLIP-mini".to_owned()) && !found.iter().any(|name| name.contains("GPT")), "{found:?}");
        let images = look(&[3, 32, 32], ExampleLabel::Class(0), 10, None);
        let found = names(&images, "a.npz");
        assert!(found.starts_with(&["Small".to_owned(), "ResNet-8".to_owned()]), "{found:?}");
        assert!(names(&look(&[2], ExampleLabel::Class(0), 2, None), "a.csv").is_empty(), "nothing but a small one");
    }

    #[test]
    fn tokens_in_arrays_are_never_longer_than_the_model() {
        let long = look(&[100], ExampleLabel::Tokens("b".to_owned()), 0, text(100, 300));
        let moons = builtin_experiment("moons-mlp").unwrap().data;
        let config = DataConfig { source: DataSource::File, path: Some("a.npz".into()), ..moons };
        for taker in takers(&long, &config) {
            let input = taker.model.input.token_input().unwrap();
            assert!(input.tokens >= 100 && input.vocabulary >= 300, "{}: {input:?}", taker.label);
            assert_eq!(taker.model.loss, LossKind::TokenCrossEntropy);
        }
        assert!(names(&long, "a.npz").contains(&"GPT-mini".to_owned()));
    }
}
