//! The text of a model file: layers as people write them, names in the order of the layers.

use std::fmt::Write as _;

use crate::config::{LayerText, ModelConfig, ModelInput, TokenInput};

/// Lines do not grow longer than this, unless one text does.
const WIDEST: usize = 110;

/// The model file of `model`, with `comment` before it.
///
/// # Panics
/// Never: a loss has a TOML form.
#[must_use]
pub fn model_text(model: &ModelConfig, comment: &str) -> String {
    let mut text = String::new();
    for line in comment.lines() {
        text += format!("# {line}").trim_end();
        text.push('\n');
    }
    let key = |text: &mut String, key: &str, value: &str| *text += &format!("{key} = {value}\n");
    if model.towers.is_none() {
        key(&mut text, "input", &input(&model.input));
    }
    let loss = toml::Value::try_from(model.loss).expect("a loss is a word");
    key(&mut text, "loss", &loss.to_string());
    if model.label_smoothing != 0.0 {
        key(&mut text, "label_smoothing", &model.label_smoothing.to_string());
    }
    if !model.tied.is_empty() {
        let lists: Vec<String> = model.tied.iter().map(|names| list(names)).collect();
        key(&mut text, "tied", &format!("[{}]", lists.join(", ")));
    }
    match &model.towers {
        None => layers(&mut text, &model.layers),
        Some(towers) => {
            for (name, tower) in [("image", &towers.image), ("text", &towers.text)] {
                let _ = writeln!(text, "\n[towers.{name}]");
                key(&mut text, "input", &input(&tower.input));
                layers(&mut text, &tower.layers);
            }
        }
    }
    if !model.names.is_empty() {
        text += "\n# Ours = theirs, with ᵀ where theirs is transposed.\n[names]\n";
        let mut names: Vec<_> = model.names.iter().collect();
        names.sort_by_key(|(ours, _)| places(ours));
        for (ours, theirs) in names {
            key(&mut text, &quoted(ours), &quoted(theirs));
        }
    }
    text
}

/// The parts of a name: numbers by their size, words as a state dict has them.
fn places(name: &str) -> Vec<(Option<u64>, usize, &str)> {
    const ORDER: [&str; 7] =
        ["in_proj_weight", "in_proj_bias", "out_proj", "weight", "bias", "running_mean", "running_var"];
    let rank = |part: &str| ORDER.iter().position(|word| *word == part).unwrap_or(ORDER.len());
    name.split('.').map(|part| (part.parse().ok(), rank(part), part)).collect()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn input(input: &ModelInput) -> String {
    match input {
        ModelInput::Shape(sides) => format!("{sides:?}"),
        ModelInput::Tokens(TokenInput { tokens, vocabulary }) => {
            format!("{{ tokens = {tokens}, vocabulary = {vocabulary} }}")
        }
    }
}

fn layers(text: &mut String, layers: &[LayerText]) {
    *text += "layers = [\n";
    fill(text, layers, 1);
    *text += "]\n";
}

/// Layers side by side; a block begins a line of its own, and is one line where it fits. Only what belongs to it follows it there.
fn fill(text: &mut String, layers: &[LayerText], depth: usize) {
    let is_relu = |layer: &LayerText| matches!(layer, LayerText::Text(text) if text == "relu");
    let mut is_after_block = false;
    let indent = "    ".repeat(depth);
    let mut line = String::new();
    let flush = |text: &mut String, line: &mut String| {
        if !line.is_empty() {
            *text += &format!("{indent}{line}\n");
            line.clear();
        }
    };
    for layer in layers {
        let one = flat(layer);
        let width = |line: &str| indent.len() + line.chars().count() + one.chars().count() + 2;
        let is_shortcut = matches!(layer, LayerText::Text(text) if text == "shortcut");
        let is_block = matches!(layer, LayerText::Block(_));
        if is_shortcut || is_block || width(&line) > WIDEST || (is_after_block && !is_relu(layer)) {
            flush(text, &mut line);
        }
        is_after_block = is_block;
        match layer {
            LayerText::Block(layers) if width("") > WIDEST => {
                *text += &format!("{indent}[\n");
                fill(text, layers, depth + 1);
                line = "],".to_owned();
            }
            _ if line.is_empty() => line = format!("{one},"),
            _ => line += &format!(" {one},"),
        }
        if is_shortcut || (depth > 1 && is_relu(layer)) {
            flush(text, &mut line);
        }
    }
    flush(text, &mut line);
}

fn flat(layer: &LayerText) -> String {
    match layer {
        LayerText::Text(text) => quoted(text),
        LayerText::Block(layers) => {
            let layers: Vec<String> = layers.iter().map(flat).collect();
            format!("[{}]", layers.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelSizes, zoo};

    #[test]
    fn every_built_in_model_reads_back_from_its_text() {
        for builtin in zoo() {
            let model = builtin.build(&ModelSizes::default()).unwrap();
            let text = model_text(&model, builtin.about);
            assert!(text.starts_with("# ") && text.lines().all(|line| line.chars().count() <= WIDEST), "{text}");
            assert_eq!(ModelConfig::from_toml(&text).unwrap(), model, "{}", builtin.name);
        }
    }

    #[test]
    fn names_stand_in_the_order_of_the_layers() {
        let gpt2 = zoo().iter().find(|model| model.name == "gpt2").unwrap();
        let text = model_text(&gpt2.build(&ModelSizes::default()).unwrap(), "");
        let at = |name: &str| text.find(name).unwrap_or_else(|| panic!("{name} is missing:\n{text}"));
        assert!(at("\"2.0.weight\"") < at("\"10.0.weight\""), "{text}");
        assert!(at("tied = [[\"0.weight\", \"27.weight\"]]") < at("[names]"), "{text}");
        assert!(text.contains("input = { tokens = 1024, vocabulary = 50257 }\n"), "{text}");
        assert!(text.contains("    [\"layernorm\", \"linear 3072\", \"gelu tanh\", \"linear 768\"],\n"), "{text}");
    }
}
