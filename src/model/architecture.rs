//! Architecture text: one short text a layer, shapes inferred, parameters named as in a PyTorch `nn.Sequential`.

use crate::config::{ConfigError, ModelConfig, nearest};

use super::Nonlinearity;
use super::products::ConvWindow;

/// A layer with its shapes known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// `linear OUT`: y = x·Wᵀ + b.
    Linear {
        /// Input features.
        inputs: usize,
        /// Output features.
        outputs: usize,
    },
    /// `conv OUT KxK [same]`: cross-correlation with stride 1, as in PyTorch.
    Conv {
        /// Input channels.
        inputs: usize,
        /// Output channels.
        outputs: usize,
        /// Kernel height and width.
        kernel: [usize; 2],
        /// Stride, padding and groups.
        window: ConvWindow,
    },
    /// `relu`, `tanh`, `gelu`.
    Pointwise(Nonlinearity),
    /// `maxpool K`: greatest of each K×K window, stride K, incomplete windows left out.
    MaxPool(usize),
    /// `flatten`: maps to features, so many of each example.
    Flatten(usize),
}

/// The shape of one example between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A vector.
    Features(usize),
    /// Channels, height and width.
    Maps([usize; 3]),
}

impl Shape {
    /// Numbers in one example.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Features(features) => features,
            Self::Maps(dims) => dims.iter().product(),
        }
    }

    /// Whether an example has no numbers.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Features(features) => write!(f, "{features} features"),
            Self::Maps([channels, height, width]) => write!(f, "{channels}×{height}×{width}"),
        }
    }
}

/// A trainable tensor and its place in the flat vector of all parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// PyTorch's name, such as `0.weight`.
    pub name: String,
    /// Shape: weight of linear `[out, in]`, of conv `[out, in, kh, kw]`, bias `[out]`.
    pub shape: Vec<usize>,
    /// Where it begins in the flat vector.
    pub offset: usize,
    /// Inputs of one output, from which PyTorch's default initialisation takes its bound.
    pub fan_in: usize,
}

impl Parameter {
    /// Numbers in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no numbers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in the flat vector.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }

    /// Numbers in one output row (one filter or neuron); 1 for a bias.
    #[must_use]
    pub fn row_len(&self) -> usize {
        self.shape[1..].iter().product()
    }
}

/// A chain of layers with all shapes known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// Shape of one example.
    pub input: Shape,
    /// The layers in order.
    pub layers: Vec<Layer>,
    /// All trainable tensors, in the order of a PyTorch state dict.
    pub parameters: Vec<Parameter>,
    /// Classes or outputs.
    pub outputs: usize,
    /// The most numbers that one example has after any one layer, summed over all layers: what a tape keeps.
    pub activations: usize,
}

const LAYER_NAMES: [&str; 7] = ["linear", "conv", "relu", "tanh", "gelu", "maxpool", "flatten"];

impl Architecture {
    /// Reads the texts and infers all shapes.
    ///
    /// # Errors
    /// [`ConfigError::Layer`] with position, text, what was found and what was expected.
    pub fn new(config: &ModelConfig) -> Result<Self, ConfigError> {
        let input = input_shape(&config.input)?;
        let mut architecture =
            Self { input, layers: Vec::new(), parameters: Vec::new(), outputs: 0, activations: input.len() };
        let mut shape = input;
        for (index, text) in config.layers.iter().enumerate() {
            let layer = parse_layer(text, shape).map_err(|message| ConfigError::Layer {
                index: index + 1,
                text: text.clone(),
                message,
            })?;
            shape = layer.output(shape);
            architecture.push_parameters(index, &layer);
            architecture.activations += shape.len();
            architecture.layers.push(layer);
        }
        let Shape::Features(outputs) = shape else {
            return Err(ConfigError::OutOfRange {
                name: "model.layers".to_owned(),
                value: format!("a chain that ends with {shape}"),
                expected: "a chain that ends with features: add `flatten` and `linear OUT`".to_owned(),
            });
        };
        if architecture.parameters.is_empty() {
            return Err(ConfigError::OutOfRange {
                name: "model.layers".to_owned(),
                value: "a chain without weights".to_owned(),
                expected: "at least one `linear` or `conv`".to_owned(),
            });
        }
        architecture.outputs = outputs;
        Ok(architecture)
    }

    /// Numbers in all trainable tensors.
    #[must_use]
    pub fn num_parameters(&self) -> usize {
        self.parameters.iter().map(Parameter::len).sum()
    }

    fn push_parameters(&mut self, index: usize, layer: &Layer) {
        let (weight, outputs) = match layer {
            Layer::Linear { inputs, outputs } => (vec![*outputs, *inputs], *outputs),
            Layer::Conv { inputs, outputs, kernel, .. } => (vec![*outputs, *inputs, kernel[0], kernel[1]], *outputs),
            Layer::Pointwise(_) | Layer::MaxPool(_) | Layer::Flatten(_) => return,
        };
        let fan_in = weight[1..].iter().product();
        for (kind, shape) in [("weight", weight), ("bias", vec![outputs])] {
            let offset = self.num_parameters();
            self.parameters.push(Parameter { name: format!("{index}.{kind}"), shape, offset, fan_in });
        }
    }
}

impl Layer {
    /// The shape after this layer; `input` is the shape it was made for.
    fn output(&self, input: Shape) -> Shape {
        match (self, input) {
            (Self::Linear { outputs, .. }, _) => Shape::Features(*outputs),
            (Self::Conv { outputs, kernel, window, .. }, Shape::Maps([_, height, width])) => {
                let [height, width] = window.output([height, width], *kernel);
                Shape::Maps([*outputs, height, width])
            }
            (Self::MaxPool(size), Shape::Maps([channels, height, width])) => {
                Shape::Maps([channels, height / size, width / size])
            }
            (Self::Flatten(features), _) => Shape::Features(*features),
            (Self::Conv { .. } | Self::MaxPool(_) | Self::Pointwise(_), shape) => shape,
        }
    }
}

fn input_shape(input: &[usize]) -> Result<Shape, ConfigError> {
    match *input {
        [features] if features > 0 => Ok(Shape::Features(features)),
        [channels, height, width] if channels * height * width > 0 => Ok(Shape::Maps([channels, height, width])),
        _ => Err(ConfigError::OutOfRange {
            name: "model.input".to_owned(),
            value: format!("{input:?}"),
            expected: "[features] or [channels, height, width], all above 0".to_owned(),
        }),
    }
}

fn parse_layer(text: &str, shape: Shape) -> Result<Layer, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((&name, arguments)) = words.split_first() else {
        return Err(format!("expected a layer such as `linear 32`, one of {}", LAYER_NAMES.join(", ")));
    };
    if let Some(nonlinearity) = Nonlinearity::ALL.into_iter().find(|f| f.key() == name) {
        return no_arguments(name, arguments).map(|()| Layer::Pointwise(nonlinearity));
    }
    match name {
        "linear" => parse_linear(arguments, shape),
        "conv" => parse_conv(arguments, shape),
        "maxpool" => parse_max_pool(arguments, shape),
        "flatten" => no_arguments(name, arguments).map(|()| Layer::Flatten(shape.len())),
        _ => Err(format!("unknown layer `{name}`; {}", nearest(name, LAYER_NAMES))),
    }
}

fn parse_linear(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [outputs] = arguments else {
        return Err("expected `linear OUT`, such as `linear 32`".to_owned());
    };
    let outputs = positive(outputs, "the number of outputs")?;
    match shape {
        Shape::Features(inputs) => Ok(Layer::Linear { inputs, outputs }),
        Shape::Maps(_) => Err(format!("it takes features but gets {shape}; put `flatten` before it")),
    }
}

fn parse_conv(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let (outputs, kernel, same) = match arguments {
        [outputs, kernel] => (outputs, kernel, false),
        [outputs, kernel, "same"] => (outputs, kernel, true),
        _ => return Err("expected `conv OUT KxK` or `conv OUT KxK same`, such as `conv 16 3x3 same`".to_owned()),
    };
    let outputs = positive(outputs, "the number of channels")?;
    let (height, width) =
        kernel.split_once('x').ok_or_else(|| format!("kernel `{kernel}`, expected a size such as 3x3"))?;
    let kernel = [positive(height, "the kernel's height")?, positive(width, "the kernel's width")?];
    let Shape::Maps([inputs, image_height, image_width]) = shape else {
        return Err(format!("it takes channels×height×width but gets {shape}"));
    };
    if same && kernel.iter().any(|size| size.is_multiple_of(2)) {
        return Err(format!("`same` needs a kernel of odd size, not {}x{}", kernel[0], kernel[1]));
    }
    let padding = if same { [kernel[0] / 2, kernel[1] / 2] } else { [0, 0] };
    if kernel[0] > image_height + 2 * padding[0] || kernel[1] > image_width + 2 * padding[1] {
        return Err(format!(
            "the {}x{} kernel is larger than its {image_height}×{image_width} image",
            kernel[0], kernel[1]
        ));
    }
    Ok(Layer::Conv { inputs, outputs, kernel, window: ConvWindow { stride: [1, 1], padding, groups: 1 } })
}

fn parse_max_pool(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [size] = arguments else {
        return Err("expected `maxpool K`, such as `maxpool 2`".to_owned());
    };
    let size = positive(size, "the window")?;
    match shape {
        Shape::Maps([_, height, width]) if size <= height && size <= width => Ok(Layer::MaxPool(size)),
        Shape::Maps([_, height, width]) => {
            Err(format!("the window of {size} is larger than its {height}×{width} image"))
        }
        Shape::Features(_) => Err(format!("it takes channels×height×width but gets {shape}")),
    }
}

fn no_arguments(name: &str, arguments: &[&str]) -> Result<(), String> {
    if arguments.is_empty() { Ok(()) } else { Err(format!("`{name}` takes nothing after it")) }
}

fn positive(text: &str, what: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=1 << 20).contains(&number) => Ok(number),
        _ => Err(format!("{what} is `{text}`, expected a whole number from 1 to {}", 1 << 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LossKind;

    fn read(input: &[usize], layers: &[&str]) -> Result<Architecture, ConfigError> {
        Architecture::new(&ModelConfig {
            input: input.to_vec(),
            loss: LossKind::CrossEntropy,
            layers: layers.iter().map(|&text| text.to_owned()).collect(),
        })
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
    }

    #[test]
    fn each_wrong_layer_is_named_with_what_was_expected() {
        let cases: [(&[usize], &[&str], &str); 9] = [
            (&[2], &["linaer 3"], "did you mean `linear`"),
            (&[2], &["linear"], "expected `linear OUT`"),
            (&[2], &["linear 0"], "whole number from 1"),
            (&[1, 8, 8], &["linear 3"], "put `flatten` before it"),
            (&[2], &["conv 3 3x3"], "but gets 2 features"),
            (&[1, 2, 2], &["conv 3 3x3"], "larger than its 2×2 image"),
            (&[1, 8, 8], &["conv 3 2x2 same"], "odd size"),
            (&[1, 2, 2], &["maxpool 3"], "larger than its 2×2 image"),
            (&[1, 8, 8], &["conv 3 3x3"], "ends with 3×6×6"),
        ];
        for (input, layers, expected) in cases {
            let message = read(input, layers).unwrap_err().to_string();
            assert!(message.contains(expected), "{layers:?}: {message}");
        }
    }
}
