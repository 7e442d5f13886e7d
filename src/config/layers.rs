//! The layers of a model as people type them: one a line, a residual block between `[` and `]`.
//!
//! The list of a model file reads as well: commas part layers as new lines do, quotes are passed over, and `#` begins a
//! comment.

use std::ops::Range;

use super::LayerText;

/// Layers with the places where they stand in their text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedLayers {
    /// The layers.
    pub layers: Vec<LayerText>,
    /// Where each stands, blocks and what is in them too, in the order of the text's ends.
    pub places: Vec<LayerPlace>,
}

/// Where a layer stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerPlace {
    /// Its position from 1, such as `3`, or `4.2` for the second layer of the block at 4.
    pub position: String,
    /// Its bytes; of a block, those from `[` to `]`.
    pub span: Range<usize>,
}

/// A bracket without its other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BracketError {
    /// Where it stands.
    pub span: Range<usize>,
    /// What is wrong and what was expected.
    pub message: &'static str,
}

/// A list that is still open.
struct Open {
    layers: Vec<LayerText>,
    start: usize,
}

impl TypedLayers {
    /// Reads a text.
    ///
    /// # Errors
    /// [`BracketError`] for a bracket without its other.
    pub fn parse(text: &str) -> Result<Self, BracketError> {
        let mut reader = Reader { open: vec![Open { layers: Vec::new(), start: 0 }], places: Vec::new() };
        let mut from = 0;
        let mut is_comment = false;
        for (at, character) in text.char_indices().chain([(text.len(), '\n')]) {
            if is_comment && character != '\n' {
                continue;
            }
            is_comment = character == '#';
            if matches!(character, '\n' | ',' | '[' | ']' | '#') {
                // After a comment nothing is left over.
                if from <= at {
                    reader.layer(text, from..at);
                }
                reader.bracket(character, at)?;
                from = if is_comment {
                    text[at..].find('\n').map_or(text.len() + 1, |length| at + length)
                } else {
                    at + 1
                };
            }
        }
        reader.finish()
    }

    /// The text of layers, one a line, blocks indented.
    #[must_use]
    pub fn text(layers: &[LayerText]) -> String {
        let mut text = String::new();
        write_lines(&mut text, layers, 0);
        text
    }
}

fn write_lines(text: &mut String, layers: &[LayerText], depth: usize) {
    for layer in layers {
        if !text.is_empty() {
            text.push('\n');
        }
        let indent = "  ".repeat(depth);
        match layer {
            LayerText::Text(layer) => *text += &format!("{indent}{layer}"),
            LayerText::Block(layers) => {
                *text += &format!("{indent}[");
                write_lines(text, layers, depth + 1);
                *text += &format!("\n{indent}]");
            }
        }
    }
}

struct Reader {
    open: Vec<Open>,
    places: Vec<LayerPlace>,
}

impl Reader {
    /// The position of the layer that comes next.
    fn position(&self) -> String {
        let numbers: Vec<String> = self.open.iter().map(|list| (list.layers.len() + 1).to_string()).collect();
        numbers.join(".")
    }

    fn push(&mut self, layer: LayerText, position: String, span: Range<usize>) {
        if let Some(list) = self.open.last_mut() {
            list.layers.push(layer);
        }
        self.places.push(LayerPlace { position, span });
    }

    /// Takes what stands between two separators.
    fn layer(&mut self, text: &str, span: Range<usize>) {
        let is_space = |character: char| character.is_whitespace() || matches!(character, '"' | '\'');
        let part = &text[span.clone()];
        let start = span.start + part.len() - part.trim_start_matches(is_space).len();
        let layer = part.trim_matches(is_space);
        if !layer.is_empty() {
            let position = self.position();
            self.push(LayerText::Text(layer.to_owned()), position, start..start + layer.len());
        }
    }

    fn bracket(&mut self, character: char, at: usize) -> Result<(), BracketError> {
        if character == '[' {
            self.open.push(Open { layers: Vec::new(), start: at });
        } else if character == ']' {
            let message = "this `]` closes no block, expected a `[` before it";
            let lone = BracketError { span: at..at + 1, message };
            if self.open.len() == 1 {
                return Err(lone);
            }
            let Some(block) = self.open.pop() else { return Err(lone) };
            let position = self.position();
            self.push(LayerText::Block(block.layers), position, block.start..at + 1);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<TypedLayers, BracketError> {
        let last = self.open.pop();
        match last {
            Some(list) if self.open.is_empty() => Ok(TypedLayers { layers: list.layers, places: self.places }),
            Some(Open { start, .. }) => {
                let message = "this block is not closed, expected a `]` after its last layer";
                Err(BracketError { span: start..start + 1, message })
            }
            None => Ok(TypedLayers::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<(String, &str)> {
        let typed = TypedLayers::parse(text).unwrap();
        typed.places.into_iter().map(|place| (place.position, &text[place.span])).collect()
    }

    #[test]
    fn lines_are_layers_and_blocks_stand_in_brackets() {
        let text =
            "conv 4 3x3 same\n\n  relu # sharp, [not] a block\n[\n  tanh\n  [gelu]\n  shortcut\n  silu\n]\nlinear 2";
        let layers = TypedLayers::parse(text).unwrap().layers;
        let list: Vec<String> = layers.iter().map(ToString::to_string).collect();
        assert_eq!(list, ["conv 4 3x3 same", "relu", "[tanh, [gelu], shortcut, silu]", "linear 2"]);
        let found = places(text);
        assert_eq!(found[1], ("2".to_owned(), "relu"));
        assert_eq!(found[2], ("3.1".to_owned(), "tanh"));
        assert_eq!(found[3], ("3.2.1".to_owned(), "gelu"));
        assert_eq!(found[4], ("3.2".to_owned(), "[gelu]"));
        assert_eq!(found[5], ("3.3".to_owned(), "shortcut"));
        assert!(found[7].0 == "3" && found[7].1.starts_with("[\n") && found[7].1.ends_with(']'));
        assert_eq!(TypedLayers::parse(&TypedLayers::text(&layers)).unwrap().layers, layers);
    }

    #[test]
    fn the_list_of_a_model_file_reads_as_well() {
        let typed = TypedLayers::parse("\"linear 3\", \"tanh\",\n['relu', \"tanh\"], # then\n\"linear 2\",").unwrap();
        let list: Vec<String> = typed.layers.iter().map(ToString::to_string).collect();
        assert_eq!(list, ["linear 3", "tanh", "[relu, tanh]", "linear 2"]);
    }

    #[test]
    fn brackets_without_their_other_are_named_with_their_place() {
        let lone = TypedLayers::parse("tanh\n]").unwrap_err();
        assert!(lone.span == (5..6) && lone.message.contains("expected a `[`"), "{lone:?}");
        let open = TypedLayers::parse("tanh\n[\nrelu\n[tanh]").unwrap_err();
        assert!(open.span == (5..6) && open.message.contains("expected a `]`"), "{open:?}");
        for text in ["", "\n,,\n", "#", "# é\n#", "é", "[", "[]", "]]"] {
            let _ = TypedLayers::parse(text);
        }
        assert_eq!(TypedLayers::parse("# only\n, \n").unwrap(), TypedLayers::default());
    }
}
