//! Model files with the comments of what was typed.

use super::drafts::ModelDraft;
use crate::config::{LayerText, ModelConfig, TypedLayers, model_text};

/// Where the layers of a model's chains stand in its file.
const TOWERS: [&str; 2] = ["[towers.image]", "[towers.text]"];
/// How a list of layers begins in a file that is written here, and how it ends.
const LIST: [&str; 2] = ["layers = [\n", "\n]\n"];

/// The file of a model whose layers were typed as `texts`, one for each chain. Comments stay where the layers can be
/// written with them.
#[must_use]
pub fn write<'t>(model: &ModelConfig, texts: impl IntoIterator<Item = &'t str>) -> String {
    let plain = model_text(model, "");
    let mut file = String::new();
    let mut rest = plain.as_str();
    for text in texts {
        let Some((start, layers)) = rest.split_once(LIST[0]) else { break };
        let Some((layers, after)) = layers.split_once(LIST[1]) else { break };
        file += &format!("{start}{}", LIST[0]);
        if text.contains('#') {
            file += &commented(text);
        } else {
            file += &format!("{layers}\n");
        }
        file += "]\n";
        rest = after;
    }
    file += rest;
    let is_same = ModelConfig::from_toml(&file).is_ok_and(|read| read == *model);
    if is_same { file } else { plain }
}

/// The lines of a list of layers, as they are typed.
fn commented(text: &str) -> String {
    let mut file = String::new();
    let mut depth = 1_usize;
    for line in text.lines() {
        let (layers, comment) = line.split_at(line.find('#').unwrap_or(line.len()));
        let mut parts = Vec::new();
        let mut indent = depth;
        for (place, part) in pieces(layers).into_iter().enumerate() {
            match part {
                "[" => depth += 1,
                "]" => {
                    depth = depth.saturating_sub(1);
                    indent = if place == 0 { depth } else { indent };
                }
                _ => {}
            }
            parts.push(match part {
                "[" => "[".to_owned(),
                "]" => "],".to_owned(),
                layer => format!("{},", toml::Value::String(layer.to_owned())),
            });
        }
        if !comment.is_empty() {
            parts.push(comment.trim_end().to_owned());
        }
        file += format!("{}{}", "    ".repeat(indent), parts.join(" ")).trim_end();
        file.push('\n');
    }
    file
}

/// A model as it is edited, with the comments among its layers in `file`.
#[must_use]
pub fn draft(file: &str, model: &ModelConfig) -> ModelDraft {
    let mut draft = ModelDraft::of(model);
    let layers = match &model.towers {
        None => vec![(file, &model.layers)],
        Some(towers) => {
            let part = |head: &str| file.split_once(head).map_or("", |(_, part)| part);
            vec![(part(TOWERS[0]), &towers.image.layers), (part(TOWERS[1]), &towers.text.layers)]
        }
    };
    for (chain, (part, layers)) in draft.chains_mut().zip(layers) {
        chain.text = layers_text(part, layers);
    }
    draft
}

/// Brackets and layers of a line, in order.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, separator) in line.match_indices(['[', ']', ',']).chain([(line.len(), "")]) {
        let layer = line[from..at].trim_matches(is_around);
        if !layer.is_empty() {
            pieces.push(layer);
        }
        if matches!(separator, "[" | "]") {
            pieces.push(separator);
        }
        from = at + separator.len();
    }
    pieces
}

/// What may stand around a layer.
fn is_around(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'')
}

/// The layers of a model file as they are edited, with the comments among them.
fn layers_text(file: &str, layers: &[LayerText]) -> String {
    let commented = commented_layers(file).filter(|text| {
        text.contains('#') && TypedLayers::parse(text).is_ok_and(|typed| typed.layers.as_slice() == layers)
    });
    commented.unwrap_or_else(|| TypedLayers::text(layers))
}

/// What stands between the outermost brackets of `layers`, a line each as it is edited.
fn commented_layers(file: &str) -> Option<String> {
    let starts = file.match_indices("layers").filter(|(at, _)| *at == 0 || file[..*at].ends_with('\n'));
    let list = starts.filter_map(|(at, key)| file[at + key.len()..].trim_start().strip_prefix('=')).next()?;
    let list = list.trim_start().strip_prefix('[')?;
    let mut lines = Vec::new();
    let mut depth = 0_usize;
    for line in list.lines() {
        let (layers, comment) = line.split_at(line.find('#').unwrap_or(line.len()));
        let mut parts: Vec<&str> = Vec::new();
        let indent = if layers.trim_start().starts_with(']') { depth.saturating_sub(1) } else { depth };
        let mut is_end = false;
        for part in pieces(layers) {
            match part {
                "[" => depth += 1,
                "]" if depth == 0 => {
                    is_end = true;
                    break;
                }
                "]" => depth -= 1,
                _ => {}
            }
            parts.push(part);
        }
        let joined = parts.join(", ").replace("[, ", "[").replace(", ]", "]");
        let gap = if joined.is_empty() || comment.is_empty() { "" } else { "  " };
        let comment = if is_end { "" } else { comment.trim_end() };
        lines.push(format!("{}{joined}{gap}{comment}", "  ".repeat(indent)).trim_end().to_owned());
        if is_end {
            break;
        }
    }
    let blank = |line: &String| line.trim().is_empty();
    let first = lines.iter().position(|line| !blank(line))?;
    let last = lines.iter().rposition(|line| !blank(line))?;
    Some(lines[first..=last].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, builtin_model, builtin_models};

    fn model(text: &str) -> ModelConfig {
        let layers = TypedLayers::parse(text).unwrap().layers;
        ModelConfig { label_smoothing: 0.1, ..ModelConfig::new(&[1, 8, 8], LossKind::CrossEntropy, layers) }
    }

    #[test]
    fn comments_survive_the_way_to_a_file_and_back() {
        let text = "# a small one\nconv 4 3x3 same  # \"first\", [not] a block\n\n[\n  batchnorm\n  relu  # in it\n  [gelu]\n]\nflatten\nlinear 3\n# the end";
        let model = model(text);
        let file = write(&model, [text]);
        assert!(file.contains("    \"conv 4 3x3 same\", # \"first\", [not] a block\n"), "{file}");
        assert!(file.contains("label_smoothing = 0.1\n"), "{file}");
        assert_eq!(ModelConfig::from_toml(&file).unwrap(), model);
        assert_eq!(layers_text(&file, &model.layers), text);
    }

    #[test]
    fn other_files_read_as_before() {
        for (_, preset) in builtin_models() {
            let typed = ModelDraft::of(&preset);
            let file = write(&preset, typed.chains().map(|chain| chain.text.as_str()));
            assert_eq!(ModelConfig::from_toml(&file).unwrap(), preset);
            assert_eq!(draft(&file, &preset), typed);
        }
        let one_line = "input = [2]\nloss = \"mse\"\nlayers = [\"linear 3\", [\"tanh\"], \"linear 2\"] # ends\n";
        let read = ModelConfig::from_toml(one_line).unwrap();
        assert_eq!(layers_text(one_line, &read.layers), "linear 3\n[\n  tanh\n]\nlinear 2");
        for file in
            ["", "layers", "layers = ", "layers = [", "# layers = [\n", "layers = [ # é", "layers = [é, \"] # ]"]
        {
            let _ = layers_text(file, &read.layers);
        }
    }

    #[test]
    fn towers_ties_and_names_stay_with_the_comments() {
        for words in ["clip-mini --depth 1", "gpt-mini --depth 1"] {
            let model = builtin_model(words).unwrap();
            let mut typed = ModelDraft::of(&model);
            for (place, chain) in typed.chains_mut().enumerate() {
                chain.text = format!("# chain {place}\n{}  # the end", chain.text);
            }
            let file = write(&model, typed.chains().map(|chain| chain.text.as_str()));
            assert!(file.contains("    # chain 0\n") && file.contains(", # the end\n"), "{file}");
            assert_eq!(ModelConfig::from_toml(&file).unwrap(), model, "{file}");
            assert_eq!(draft(&file, &model), typed, "{file}");
        }
    }
}
