//! Own models: typed layer by layer, trained, saved.

use egui::accesskit::Role;
use egui::{Key, Modifiers};

use flatscape::config::{KnobId, LossKind, ModelConfig, OptimizerKind, builtin_model};
use flatscape::protocol::{Command, Event, KnobEdit, RunId, RunStart};

use crate::canned::experiment;
use crate::canned::info;
use crate::fixture::{TALL, WIDE, Window, sized};

#[test]
fn a_layer_that_is_typed_gets_its_shape_and_parameters() {
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    window.expect("This model runs now.");
    window.expect("Layer in row 1: 32 features · 96");
    window.layers("linear 8\n[\n  tanh\n  linear 8\n]\nlinear 2");
    window.expect("Layer in row 1: 8 features · 24");
    window.expect("Layer in row 5: 8 features · 72");
    window.expect("114 parameters, 2 outputs");
    window.expect("All runs restart from step 0");
    window.type_into(Role::TextInput, "Input shape", "3");
    window.expect("Layer in row 1: 8 features · 32");
    window.expect("The model takes 3 features, the data have 2 features");
}

#[test]
fn what_is_wrong_stands_at_its_line_and_does_not_train() {
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    window.layers("linear 8\nthan\nlinear 2");
    window.expect("Layer in row 2: Unknown layer `than`; did you mean `tanh`?");
    window.expect("The marked line must be corrected");
    window.chord(Modifiers::COMMAND, Key::Enter);
    window.click("Train this");
    assert_eq!(window.loaded(), None);
    window.layers("linear 3\nflatten");
    window.expect("3 outputs");
    window.layers(" ");
    window.expect("There is no layer");
    window.click("Back to what runs");
    window.expect("This model runs now.");
}

#[test]
fn train_this_loads_the_experiment_with_the_model() {
    for by_keys in [false, true] {
        let mut window = sized(WIDE).started();
        window.open_pane("Model");
        window.layers("linear 8\ngelu\nlinear 2");
        if by_keys {
            window.chord(Modifiers::COMMAND, Key::Enter);
        } else {
            window.click("Train this");
        }
        let loaded = window.loaded().expect("a new experiment");
        assert_eq!(loaded.model, ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 8", "gelu", "linear 2"]));
        assert_eq!((loaded.data, loaded.optimizers), (experiment().data, experiment().optimizers));
        assert_eq!(loaded.title, "Two moons, own model");
    }
}

#[test]
fn text_is_taken_back_by_its_own_keys() {
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    window.layers("linear 5\nlinear 2");
    window.expect("Layer in row 1: 5 features");
    window.chord(Modifiers::COMMAND, Key::Z);
    window.harness.run_steps(3);
    window.expect("Layer in row 1: 32 features");
}

/// The runs that another experiment was asked for with: those that it has by itself, and those beside.
fn asked_runs(window: &mut Window) -> (Vec<OptimizerKind>, Vec<(OptimizerKind, RunStart)>) {
    let commands = window.commands();
    let [Command::Load { experiment, more }, Command::Play] = &commands[..] else { panic!("{commands:?}") };
    let more = more.iter().map(|run| (run.optimizer, run.start.clone()));
    (experiment.optimizers.keys().copied().collect(), more.collect())
}

#[test]
fn all_runs_go_over_to_an_own_model_and_the_pane_says_which_end() {
    let mut window = sized(WIDE).started();
    let joins = |run, optimizer, parent| Event::RunAdded(info(run, optimizer, parent));
    window.tell([Event::RunRemoved(RunId(2))]);
    window.tell([joins(4, OptimizerKind::Nso, None)]);
    window.tell([Event::KnobTurned {
        run: RunId(4),
        edit: KnobEdit { step: 0, knob: KnobId::Sigma, old: 0.11, new: 0.4 },
    }]);
    window.open_pane("Model");
    window.layers("linear 8\ngelu\nlinear 2");
    window.expect("All runs restart from step 0; their knobs, names and colours stay.");
    window.tell([joins(5, OptimizerKind::Sgd, Some((RunId(1), 30)))]);
    window.expect("3 of 4 runs restart from step 0");
    window.expect("SGD 2 ends, because it began at a step of another run");
    window.commands();
    window.click("Train this");
    let (own, beside) = asked_runs(&mut window);
    assert_eq!(own, [OptimizerKind::Sgd, OptimizerKind::Nso], "SAM was removed and does not come back");
    assert_eq!(beside, [(OptimizerKind::Nso, RunStart::Initial)]);
}

#[test]
fn a_broken_draft_is_not_saved_and_comments_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    window.layers("linear 8\n[\ntanh\nlinear 2");
    window.click("Save as a model file…");
    assert!(!window.has(Role::TextInput, "Path"), "the button is disabled");
    let text = "# a start\nlinear 8  # wide\ntanh\nlinear 2";
    window.layers(text);
    window.click("Save as a model file…");
    let path = dir.path().join("mine.toml");
    window.type_into(Role::TextInput, "Path", &path.display().to_string());
    window.press(Key::Enter);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("# a start") && written.contains("\"linear 8\", # wide"), "{written}");
    window.layers("linear 5\nlinear 2");
    window.drop_files(&[path]);
    window.expect("Layer in row 2: 8 features");
    window.click("Bring back the draft");
    window.expect("Layer in row 1: 5 features");
    window.click("Back to what runs");
    window.click("Bring back the draft");
    window.expect("Layer in row 1: 5 features");
}

#[test]
fn a_transformer_is_typed_with_its_tokens_and_its_tie() {
    let mut window = sized(TALL).started();
    window.open_pane("Model");
    assert!(!window.has(Role::MultilineTextInput, "Tied parameters"), "a chain of features has none");
    window.type_into(Role::TextInput, "Input shape", "24 tokens of 14");
    window.layers("embedding 32\nposition\n[\n  layernorm\n  attention 4 causal\n]\nlinear 14 nobias");
    window.expect("These layers are a chain that ends with 24 tokens of width 14");
    window.click_on(Role::ComboBox, "Loss");
    assert!(window.is_disabled(Role::Button, "contrastive loss"), "there is one tower");
    window.click("cross-entropy of tokens");
    window.expect("Layer in row 1: 24 tokens of width 32 · 448");
    window.expect("14 outputs");
    window.expect("The model takes text, the data have 2 features: choose other data.");
    window.type_into(Role::MultilineTextInput, "Tied parameters", "0.weight = 3.wieght");
    window.expect("Unknown tensor in `model.tied` `3.wieght`");
    window.type_into(Role::MultilineTextInput, "Tied parameters", "0.weight = 3.weight");
    // 32·14 once, the positions, the norm, and the attention.
    window.expect("5\u{a0}504 parameters, 14 outputs");
}

#[test]
fn losses_that_make_no_sense_are_not_offered() {
    let mut window = sized(WIDE).started();
    window.open_pane("Model");
    window.click_on(Role::ComboBox, "Loss");
    for (loss, is_offered) in
        [("mean squared error", true), ("cross-entropy of tokens", false), ("contrastive loss", false)]
    {
        assert_eq!(window.is_disabled(Role::Button, loss), !is_offered, "{loss}");
    }
}

#[test]
fn two_towers_are_chosen_edited_saved_and_opened() {
    let dir = tempfile::tempdir().unwrap();
    let mut window = sized([1440.0, 4000.0]).started();
    window.open_pane("Model");
    window.click_on(Role::ComboBox, "Presets");
    window.expect("GPT-2 · 124 million parameters");
    window.scroll_and_click("CLIP-mini");
    window.expect("Image tower, row 1: 16 tokens of width 64");
    window.expect("Text tower, row 1: 32 tokens of width 64");
    window.expect("64 features to compare");
    window.expect("Named as a published checkpoint: ");
    window.expect("The model compares images with texts, and the data are not both");
    assert!(!window.has(Role::MultilineTextInput, "Layers"));
    let text = "embedding 64 # the table\nmean-token\nlinear 64 nobias";
    window.type_into(Role::MultilineTextInput, "Layers of the text tower", text);
    window.expect("Text tower, row 3: 64 features");
    window.type_into(Role::TextInput, "Text input", "8 tokens of 99");
    window.expect("Text tower, row 1: 8 tokens of width 64");
    window.click("Save as a model file…");
    let path = dir.path().join("towers.toml");
    window.answer(&path);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("\"embedding 64\", # the table"), "{written}");
    let model = ModelConfig::from_toml(&written).unwrap();
    let towers = model.towers.expect("two towers");
    let mini = builtin_model("clip-mini").unwrap();
    assert_eq!((towers.image, model.names), (mini.towers.unwrap().image, mini.names));
    assert_eq!((towers.text.input.shape(), towers.text.layers.len()), (vec![8], 3));
    window.click("Back to what runs");
    window.expect("This model runs now.");
    window.drop_files(&[path]);
    window.expect("Text tower, row 1: 8 tokens of width 64");
    window.type_into(Role::MultilineTextInput, "Layers of the text tower", "embedding 64\nmean-tokn");
    window.expect("Text tower, row 2: Unknown layer `mean-tokn`; did you mean `mean-token`?");
    window.expect("Image tower, row 1: 16 tokens of width 64");
}
