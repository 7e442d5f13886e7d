//! Layers one after the other, blocks within blocks: shapes, names and places are found here.
//!
//! Modules are counted from 0 as PyTorch counts them: a block is one module of its list, its layers are modules of the
//! block, and so is the word `shortcut` (an `nn.Identity`). People count layers from 1, so messages do.

use std::sync::Arc;

use crate::config::{ConfigError, LayerText, ModelConfig, ModelInput, TokenInput, Towers};

use super::ends::outputs;
use super::layer::{Layer, Shape};
use super::parameter::{Role, Trainable};
use super::ties::{Tied, tied};
use super::{Architecture, Chain, Initial, LOGIT_SCALE, Parameter, parse};

/// Parameters beyond which no network of this program goes.
const MOST_NUMBERS: u128 = 1 << 28;

/// Activations of one example beyond which none goes: GPT-2's of 1 024 tokens are more than its parameters.
const MOST_ACTIVATIONS: u128 = 1 << 30;

/// Tokens of an example, and of a vocabulary, at most: 32-bit floats hold all whole numbers up to here.
const MOST_TOKENS: usize = 1 << 20;

/// The word that parts a block's body from its shortcut.
const SHORTCUT: &str = "shortcut";

impl Architecture {
    /// Reads the texts and infers all shapes.
    ///
    /// # Errors
    /// [`ConfigError::Layer`] with position, text, what was found and what was expected.
    pub fn new(config: &ModelConfig) -> Result<Self, ConfigError> {
        Self::with_outline(config, &mut Vec::new())
    }

    /// As [`Self::new`], and says of every layer what shape and how many parameters it has, up to the first that is wrong.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_outline(config: &ModelConfig, outline: &mut Vec<LayerOutline>) -> Result<Self, ConfigError> {
        let mut builder = Builder::new(outline);
        let chains = match &config.towers {
            None => vec![builder.whole(&config.layers, &config.input, &Tower::NONE)?],
            Some(Towers { image, text }) => {
                let image = builder.whole(&image.layers, &image.input, &Tower::IMAGE)?;
                let text = builder.whole(&text.layers, &text.input, &Tower::TEXT)?;
                vec![image, text]
            }
        };
        let outputs = outputs(&chains, config.loss)?;
        if builder.parameters.is_empty() {
            return Err(ConfigError::out_of_range(
                "model.layers",
                "a chain without weights".to_owned(),
                "at least one `linear` or `conv`",
            ));
        }
        if config.towers.is_some() {
            let scale = Trainable::new(LOGIT_SCALE, vec![1], Initial::LogitScale, 1);
            builder.push_parameter(LOGIT_SCALE.to_owned(), scale);
        }
        let Builder { parameters, buffers, activations, held_at_once, .. } = builder;
        let Tied { parameters, uses } = tied(parameters, &config.tied)?;
        let uses = uses.into_iter().map(Role::Trained).collect();
        let (frozen, held) = (Vec::new(), Arc::default());
        Ok(Self { chains, parameters, frozen, held, uses, buffers, outputs, activations, held_at_once })
    }
}

/// A tower's place in the names: of its settings, and of its parameters.
struct Tower {
    settings: &'static str,
    names: &'static str,
}

impl Tower {
    const NONE: Self = Self { settings: "model", names: "" };
    const IMAGE: Self = Self { settings: "model.towers.image", names: "image." };
    const TEXT: Self = Self { settings: "model.towers.text", names: "text." };
}

/// What one layer is in its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerOutline {
    /// Its position from 1, such as `3`, or `4.2` for the second layer of the block at 4.
    pub position: String,
    /// The shape after it.
    pub output: Shape,
    /// Its parameters; of a block, those of all its layers.
    pub parameters: usize,
}

/// What the layers so far have brought.
struct Builder<'a> {
    parameters: Vec<Parameter>,
    buffers: Vec<Parameter>,
    activations: usize,
    held_at_once: usize,
    parameters_so_far: usize,
    outline: &'a mut Vec<LayerOutline>,
}

/// Where a list of layers stands.
struct Place {
    /// Before the names of its modules, such as `3.`.
    names: String,
    /// Before the positions of its layers, such as `4.`.
    position: String,
    /// Modules before it in its block.
    first: usize,
}

impl<'a> Builder<'a> {
    const fn new(outline: &'a mut Vec<LayerOutline>) -> Self {
        Self {
            parameters: Vec::new(),
            buffers: Vec::new(),
            activations: 0,
            held_at_once: 0,
            parameters_so_far: 0,
            outline,
        }
    }

    /// A chain from an example to its end.
    fn whole(&mut self, texts: &[LayerText], input: &ModelInput, tower: &Tower) -> Result<Chain, ConfigError> {
        let input = input_shape(input, tower.settings)?;
        self.activations += input.len();
        let position = tower.names.trim_end_matches('.');
        let position = if position.is_empty() { String::new() } else { format!("{position} ") };
        let place = Place { names: tower.names.to_owned(), position, first: 0 };
        let (layers, output) = self.chain(texts, input, &place)?;
        Ok(Chain { input, layers, output })
    }

    fn chain(
        &mut self,
        texts: &[LayerText],
        mut shape: Shape,
        place: &Place,
    ) -> Result<(Vec<Layer>, Shape), ConfigError> {
        let mut layers = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate().map(|(i, text)| (place.first + i, text)) {
            let position = format!("{}{}", place.position, index + 1);
            let name = format!("{}{index}", place.names);
            let parameters_before = self.parameters_so_far;
            let wrong =
                |message: String| ConfigError::Layer { position: position.clone(), text: text.to_string(), message };
            let layer = match text {
                LayerText::Text(text) => {
                    let layer = parse::layer(text, shape).map_err(wrong)?;
                    self.push_tensors(&name, layer, shape).map_err(wrong)?
                }
                LayerText::Block(texts) => {
                    let place = Place { names: format!("{name}."), position: format!("{position}."), first: 0 };
                    self.block(texts, shape, &place, wrong)?
                }
            };
            self.activations += layer.taped(shape);
            self.held_at_once = self.held_at_once.max(layer.held(shape));
            shape = layer.output(shape);
            let parameters = self.parameters_so_far - parameters_before;
            self.outline.push(LayerOutline { position: position.clone(), output: shape, parameters });
            layers.push(layer);
        }
        Ok((layers, shape))
    }

    fn block(
        &mut self,
        texts: &[LayerText],
        shape: Shape,
        place: &Place,
        wrong: impl Fn(String) -> ConfigError,
    ) -> Result<Layer, ConfigError> {
        let is_shortcut = |text: &LayerText| matches!(text, LayerText::Text(text) if text.trim() == SHORTCUT);
        let parting = texts.iter().position(is_shortcut);
        let (body, rest) = texts.split_at(parting.unwrap_or(texts.len()));
        if body.is_empty() {
            return Err(wrong("a block without a body, expected at least one layer in it".to_owned()));
        }
        let (body, after_body) = self.chain(body, shape, place)?;
        let (shortcut, after_shortcut) = match rest {
            [] => (Vec::new(), shape),
            [_] => return Err(wrong("nothing follows `shortcut`; leave it away to add x itself".to_owned())),
            [_, shortcut @ ..] if shortcut.iter().any(is_shortcut) => {
                return Err(wrong("`shortcut` stands twice, expected it at most once in a block".to_owned()));
            }
            [_, shortcut @ ..] => {
                let first = texts.len() - shortcut.len();
                let place = Place { names: place.names.clone(), position: place.position.clone(), first };
                self.chain(shortcut, shape, &place)?
            }
        };
        if after_body != after_shortcut {
            let other = if shortcut.is_empty() { "x itself" } else { "its shortcut" };
            return Err(wrong(format!(
                "the block's body ends with {after_body} but {other} has {after_shortcut}, expected the same shape"
            )));
        }
        Ok(Layer::Residual { body, shortcut })
    }

    /// Gives the tensors of a layer their names and places.
    fn push_tensors(&mut self, name: &str, mut layer: Layer, input: Shape) -> Result<Layer, String> {
        let tensors = layer.tensors();
        let sizes = tensors.iter().map(|tensor| tensor.shape.iter().map(|&side| side as u128).product::<u128>());
        let parameters = self.parameters_so_far as u128 + sizes.sum::<u128>();
        let sides = match layer.output(input) {
            Shape::Features(features) => [features, 1, 1],
            Shape::Maps(sides) => sides,
            Shape::Tokens([tokens, width]) => [tokens, width, 1],
            Shape::Text { tokens, .. } => [tokens, 1, 1],
        };
        let activations = self.activations as u128 + sides.map(|side| side as u128).iter().product::<u128>();
        for (number, what, most) in
            [(parameters, "parameters", MOST_NUMBERS), (activations, "activations of one example", MOST_ACTIVATIONS)]
        {
            if number > most {
                return Err(format!("with it the network has {number} {what}, expected at most {most}"));
            }
        }
        for tensor in tensors {
            self.push_parameter(format!("{name}.{}", tensor.kind), tensor);
        }
        if let Layer::BatchNorm { shape, offset: begin, .. } = &mut layer {
            *begin = self.buffers.last().map_or(0, |last| last.range().end);
            for (place, (kind, initial)) in
                [("running_mean", Initial::Zero), ("running_var", Initial::One)].into_iter().enumerate()
            {
                let (name, channels) = (format!("{name}.{kind}"), shape.channels());
                let offset = *begin + place * channels;
                let shape = vec![channels];
                self.buffers.push(Parameter { name, also: Vec::new(), shape, offset, fan_in: 1, initial });
            }
        }
        Ok(layer)
    }

    fn push_parameter(&mut self, name: String, tensor: Trainable) {
        let Trainable { shape, initial, fan_in, .. } = tensor;
        let parameter = Parameter { name, also: Vec::new(), shape, offset: self.parameters_so_far, fan_in, initial };
        self.parameters_so_far += parameter.len();
        self.parameters.push(parameter);
    }
}

fn input_shape(input: &ModelInput, settings: &str) -> Result<Shape, ConfigError> {
    let name = format!("{settings}.input");
    if let ModelInput::Tokens(TokenInput { tokens, vocabulary }) = *input {
        let is_fit = (1..=MOST_TOKENS).contains(&tokens) && (1..=MOST_TOKENS).contains(&vocabulary);
        let value = format!("{tokens} tokens of a vocabulary of {vocabulary}");
        let expected = format!("1 to {MOST_TOKENS} of both");
        return if is_fit {
            Ok(Shape::Text { tokens, vocabulary })
        } else {
            Err(ConfigError::out_of_range(&name, value, &expected))
        };
    }
    let input = input.shape();
    let len = input.iter().map(|&side| side as u128).try_fold(1_u128, u128::checked_mul);
    let is_fit = len.is_some_and(|len| (1..=MOST_NUMBERS).contains(&len));
    match input[..] {
        [features] if is_fit => Ok(Shape::Features(features)),
        [channels, height, width] if is_fit => Ok(Shape::Maps([channels, height, width])),
        _ => {
            let expected = "[features] or [channels, height, width], all above 0";
            Err(ConfigError::out_of_range(&name, format!("{input:?}"), expected))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LossKind;

    fn read(input: &[usize], layers: &[&str]) -> Result<Architecture, ConfigError> {
        Architecture::new(&ModelConfig::new(input, LossKind::CrossEntropy, layers.iter().copied()))
    }

    /// Reads a chain that may have blocks, as a model file writes it.
    fn read_list(input: &str, layers: &str) -> Result<Architecture, ConfigError> {
        let text = format!("input = {input}\nloss = \"cross-entropy\"\nlayers = {layers}");
        Architecture::new(&ModelConfig::from_toml(&text).unwrap())
    }

    #[test]
    fn names_and_shapes_are_pytorchs() {
        let architecture = read(
            &[1, 8, 8],
            &["conv 16 3x3 same", "relu", "conv 32 3x3 same", "relu", "maxpool 2", "flatten", "linear 10"],
        )
        .unwrap();
        let names: Vec<&str> = architecture.parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias", "6.weight", "6.bias"]);
        assert_eq!(architecture.parameters[2].shape, [32, 16, 3, 3]);
        assert_eq!(architecture.parameters[4].shape, [10, 512]);
        assert_eq!(architecture.num_parameters(), 9930);
        assert_eq!(architecture.num_buffers(), 0);
    }

    #[test]
    fn blocks_and_their_shortcuts_are_modules() {
        let layers = "[\"conv 4 3x3 same nobias\", \"batchnorm\", [[\"relu\", \"batchnorm\"], \"conv 6 3x3 stride 2 padding 1\", \
                      \"shortcut\", \"conv 6 1x1 stride 2 groups 2 nobias\", \"batchnorm\"], \"layernorm\", \"flatten\", \"linear 2\"]";
        let architecture = read_list("[1, 5, 5]", layers).unwrap();
        let parameters: Vec<_> = architecture.parameters.iter().map(|p| (p.name.as_str(), p.shape.clone())).collect();
        let expected: [(&str, &[usize]); 13] = [
            ("0.weight", &[4, 1, 3, 3]),
            ("1.weight", &[4]),
            ("1.bias", &[4]),
            ("2.0.1.weight", &[4]),
            ("2.0.1.bias", &[4]),
            ("2.1.weight", &[6, 4, 3, 3]),
            ("2.1.bias", &[6]),
            ("2.3.weight", &[6, 2, 1, 1]),
            ("2.4.weight", &[6]),
            ("2.4.bias", &[6]),
            ("3.weight", &[6, 3, 3]),
            ("3.bias", &[6, 3, 3]),
            ("5.weight", &[2, 54]),
        ];
        for (found, expected) in parameters.iter().zip(expected) {
            assert_eq!((found.0, found.1.as_slice()), expected);
        }
        let buffers: Vec<_> = architecture.buffers.iter().map(|p| (p.name.as_str(), p.range())).collect();
        assert_eq!(buffers[2], ("2.0.1.running_mean", 8..12));
        assert_eq!(buffers[5], ("2.4.running_var", 22..28));
        assert_eq!(architecture.initial_buffers()[20..24], [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn each_wrong_layer_is_named_with_what_was_expected() {
        let cases: [(&[usize], &[&str], &str); 36] = [
            (&[2], &["linaer 3"], "did you mean `linear`"),
            (&[2], &["linear"], "expected `linear OUT`"),
            (&[2], &["linear 0"], "whole number from 1"),
            (&[2], &["linear 3 bias"], "`linear OUT nobias`"),
            (&[1, 8, 8], &["linear 3"], "put `flatten` before it"),
            (&[2], &["conv 3 3x3"], "but gets 2 features"),
            (&[1, 8, 8], &["conv 3"], "expected `conv OUT KxK [same]"),
            (&[1, 8, 8], &["conv 3 3"], "a size such as 3x3"),
            (&[1, 2, 2], &["conv 3 3x3"], "larger than its 2×2 image"),
            (&[1, 8, 8], &["conv 3 2x2 same"], "odd size"),
            (&[1, 8, 8], &["conv 3 3x3 sane"], "did you mean `same`"),
            (&[1, 8, 8], &["conv 3 3x3 stride"], "`stride` lacks its number"),
            (&[1, 8, 8], &["conv 3 3x3 stride 0"], "the stride is `0`"),
            (&[1, 8, 8], &["conv 3 3x3 stride 2 stride 2"], "`stride` stands twice"),
            (&[1, 8, 8], &["conv 3 3x3 same stride 2"], "write `padding 1`"),
            (&[1, 8, 8], &["conv 3 3x3 same padding 1"], "exclude each other"),
            (&[1, 8, 8], &["conv 3 3x3 padding -1"], "the padding is `-1`, expected a whole number from 0"),
            (&[2, 8, 8], &["conv 3 3x3 groups 2"], "a divisor of its 2 input and 3 output channels"),
            (&[1, 2, 2], &["maxpool 3"], "larger than its 2×2 image"),
            (&[1, 2, 2], &["avgpool"], "expected `avgpool K`"),
            (&[4], &["globalavgpool"], "but gets 4 features"),
            (&[4], &["batchnorm 4"], "takes nothing after it"),
            (&[4], &["layernorm 4"], "takes nothing after it"),
            (&[4], &["groupnorm 3"], "a divisor of its 4 channels"),
            (&[4], &["groupnorm"], "expected `groupnorm G`"),
            (&[4], &["dropout 1"], "a number from 0 to below 1"),
            (&[4], &["dropout"], "expected `dropout P`"),
            (&[4], &["leaky-relu nan"], "the slope below 0 is `nan`"),
            (&[4], &["elu one"], "alpha is `one`, expected a number"),
            (&[4], &["elu 1 2"], "expected `elu` or `elu ALPHA`"),
            (&[4], &["softplus 2"], "takes nothing after it"),
            (&[4], &["hardswich"], "did you mean `hardswish`"),
            (&[4], &["shortcut"], "only inside of a block"),
            (&[1, 8, 8], &["conv 3 3x3"], "ends with 3×6×6"),
            (&[4], &["relu"], "a chain without weights"),
            (&[1 << 20], &["linear 1048576"], "expected at most 268435456"),
        ];
        for (input, layers, expected) in cases {
            let message = read(input, layers).unwrap_err().to_string();
            assert!(message.contains(expected), "{layers:?}: {message}");
        }
        assert!(read(&[usize::MAX, 2, 2], &["flatten"]).is_err());
    }

    #[test]
    fn each_wrong_block_is_named_by_its_nested_position() {
        let cases = [
            (
                "[\"linear 4\", [\"tanh\", [\"linear 3\"]]]",
                "layer 2.2 `[linear 3]`: the block's body ends with 3 features",
            ),
            ("[\"linear 4\", [\"tanh\", \"shortcut\", \"liner 3\"]]", "layer 2.3 `liner 3`: unknown layer"),
            ("[[\"linear 3\", \"shortcut\", \"linear 5\"]]", "3 features but its shortcut has 5 features"),
            ("[[]]", "layer 1 `[]`: a block without a body"),
            ("[[\"shortcut\", \"tanh\"]]", "a block without a body"),
            ("[[\"tanh\", \"shortcut\"]]", "nothing follows `shortcut`"),
            ("[[\"tanh\", \"shortcut\", \"tanh\", \"shortcut\", \"tanh\"]]", "`shortcut` stands twice"),
        ];
        for (layers, expected) in cases {
            let message = read_list("[2]", layers).unwrap_err().to_string();
            assert!(message.contains(expected), "{layers}: {message}");
        }
    }
}
