//! Model files with the comments of what was typed.

use crate::config::{LayerText, ModelConfig, TypedLayers};

/// The file of a model whose layers were typed as `text`. Comments stay where the layers can be written with them.
///
/// # Errors
/// When the model has no TOML form, in one sentence.
pub fn write(model: &ModelConfig, text: &str) -> Result<String, String> {
    let plain = toml::to_string_pretty(model).map_err(|err| format!("The model cannot be written as TOML: {err}."))?;
    let is_commented = text.contains('#');
    let Some(head) = plain.split("layers = ").next().filter(|_| is_commented) else { return Ok(plain) };
    let mut file = format!("{head}layers = [\n");
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
    file += "]\n";
    let is_same = ModelConfig::from_toml(&file).is_ok_and(|read| read == *model);
    Ok(if is_same { file } else { plain })
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
#[must_use]
pub fn layers_text(file: &str, layers: &[LayerText]) -> String {
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
    use crate::config::{LossKind, builtin_models};

    fn model(text: &str) -> ModelConfig {
        let layers = TypedLayers::parse(text).unwrap().layers;
        ModelConfig { label_smoothing: 0.1, ..ModelConfig::new(&[1, 8, 8], LossKind::CrossEntropy, layers) }
    }

    #[test]
    fn comments_survive_the_way_to_a_file_and_back() {
        let text = "# a small one\nconv 4 3x3 same  # \"first\", [not] a block\n\n[\n  batchnorm\n  relu  # in it\n  [gelu]\n]\nflatten\nlinear 3\n# the end";
        let model = model(text);
        let file = write(&model, text).unwrap();
        assert!(file.contains("    \"conv 4 3x3 same\", # \"first\", [not] a block\n"), "{file}");
        assert!(file.contains("label_smoothing = 0.1\n"), "{file}");
        assert_eq!(ModelConfig::from_toml(&file).unwrap(), model);
        assert_eq!(layers_text(&file, &model.layers), text);
    }

    #[test]
    fn other_files_read_as_before() {
        for (_, preset) in builtin_models() {
            let text = TypedLayers::text(&preset.layers);
            let file = write(&preset, &text).unwrap();
            assert_eq!(ModelConfig::from_toml(&file).unwrap(), preset);
            assert_eq!(layers_text(&file, &preset.layers), text);
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
}
