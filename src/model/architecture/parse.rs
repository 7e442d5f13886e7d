//! One text, such as `conv 16 3x3 same`, to one layer for the shape before it.

use crate::config::nearest;
use crate::model::Nonlinearity;
use crate::model::window::ConvWindow;

use super::layer::{Layer, Shape};

/// First words of layers, and `shortcut`, the word that parts a block.
const NAMES: [&str; 17] = [
    "linear",
    "conv",
    "relu",
    "leaky-relu",
    "tanh",
    "gelu",
    "silu",
    "sigmoid",
    "maxpool",
    "avgpool",
    "globalavgpool",
    "batchnorm",
    "layernorm",
    "groupnorm",
    "dropout",
    "flatten",
    "shortcut",
];

/// What a `conv` may have after its kernel.
const CONV_OPTIONS: [&str; 5] = ["same", "stride", "padding", "groups", "nobias"];
const CONV_FORM: &str = "expected `conv OUT KxK [same] [stride S] [padding P] [groups G] [nobias]`, such as \
                         `conv 16 3x3 same`";

/// Reads one layer. The offset of a batch norm in the buffers is left at 0.
pub(super) fn layer(text: &str, shape: Shape) -> Result<Layer, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((&name, arguments)) = words.split_first() else {
        return Err(format!("expected a layer such as `linear 32`, one of {}", NAMES.join(", ")));
    };
    let bare = |layer: Layer| no_arguments(name, arguments).map(|()| layer);
    match name {
        "linear" => linear(arguments, shape),
        "conv" => conv(arguments, shape),
        "relu" => bare(Layer::Pointwise(Nonlinearity::Relu)),
        "leaky-relu" => leaky_relu(arguments),
        "tanh" => bare(Layer::Pointwise(Nonlinearity::Tanh)),
        "gelu" => bare(Layer::Pointwise(Nonlinearity::Gelu)),
        "silu" => bare(Layer::Pointwise(Nonlinearity::Silu)),
        "sigmoid" => bare(Layer::Pointwise(Nonlinearity::Sigmoid)),
        "maxpool" => pool(name, arguments, shape).map(Layer::MaxPool),
        "avgpool" => pool(name, arguments, shape).map(Layer::AveragePool),
        "globalavgpool" => maps(shape).and_then(|_| bare(Layer::GlobalAveragePool)),
        "batchnorm" => bare(Layer::BatchNorm { shape, offset: 0 }),
        "layernorm" => bare(Layer::LayerNorm(shape)),
        "groupnorm" => group_norm(arguments, shape),
        "dropout" => dropout(arguments, shape),
        "flatten" => bare(Layer::Flatten(shape.len())),
        "shortcut" => Err("`shortcut` stands only inside of a block, which is a list in the list of layers".to_owned()),
        _ => Err(format!("unknown layer `{name}`; {}", nearest(name, NAMES))),
    }
}

fn linear(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let (outputs, bias) = match arguments {
        [outputs] => (outputs, true),
        [outputs, "nobias"] => (outputs, false),
        _ => return Err("expected `linear OUT` or `linear OUT nobias`, such as `linear 32`".to_owned()),
    };
    let outputs = positive(outputs, "the number of outputs")?;
    match shape {
        Shape::Features(inputs) => Ok(Layer::Linear { inputs, outputs, bias }),
        Shape::Maps(_) => Err(format!("it takes features but gets {shape}; put `flatten` before it")),
    }
}

/// What stands after the kernel of a `conv`.
#[derive(Default)]
struct ConvOptions {
    same: bool,
    no_bias: bool,
    stride: Option<usize>,
    padding: Option<usize>,
    groups: Option<usize>,
}

impl ConvOptions {
    fn read(words: &[&str]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&option) = words.next() {
            let mut number = |what: &str| {
                let value = words.next().ok_or_else(|| format!("`{option}` lacks its number; {CONV_FORM}"))?;
                if option == "padding" { up_to(value, what, 0, 1 << 10) } else { positive(value, what) }
            };
            let is_repeated = match option {
                "same" => std::mem::replace(&mut options.same, true),
                "nobias" => std::mem::replace(&mut options.no_bias, true),
                "stride" => options.stride.replace(number("the stride")?).is_some(),
                "padding" => options.padding.replace(number("the padding")?).is_some(),
                "groups" => options.groups.replace(number("the number of groups")?).is_some(),
                _ => return Err(format!("unknown option `{option}`; {}", nearest(option, CONV_OPTIONS))),
            };
            if is_repeated {
                return Err(format!("`{option}` stands twice"));
            }
        }
        Ok(options)
    }

    fn padding(&self, kernel: [usize; 2]) -> Result<[usize; 2], String> {
        if !self.same {
            return Ok([self.padding.unwrap_or(0); 2]);
        }
        let half = [kernel[0] / 2, kernel[1] / 2];
        if kernel.iter().any(|size| size.is_multiple_of(2)) {
            Err(format!("`same` needs a kernel of odd size, not {}x{}", kernel[0], kernel[1]))
        } else if self.padding.is_some() {
            Err("`same` and `padding` exclude each other".to_owned())
        } else if self.stride.is_some_and(|stride| stride > 1) {
            Err(format!("`same` needs stride 1; with another write `padding {}`", half[0]))
        } else {
            Ok(half)
        }
    }
}

fn conv(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [outputs, kernel, options @ ..] = arguments else { return Err(CONV_FORM.to_owned()) };
    let outputs = positive(outputs, "the number of channels")?;
    let (height, width) =
        kernel.split_once('x').ok_or_else(|| format!("kernel `{kernel}`, expected a size such as 3x3"))?;
    let kernel = [positive(height, "the kernel's height")?, positive(width, "the kernel's width")?];
    let options = ConvOptions::read(options)?;
    let [inputs, image_height, image_width] = maps(shape)?;
    let padding = options.padding(kernel)?;
    if kernel[0] > image_height + 2 * padding[0] || kernel[1] > image_width + 2 * padding[1] {
        return Err(format!(
            "the {}x{} kernel is larger than its {image_height}×{image_width} image",
            kernel[0], kernel[1]
        ));
    }
    let groups = options.groups.unwrap_or(1);
    if !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        return Err(format!("{groups} groups, expected a divisor of its {inputs} input and {outputs} output channels"));
    }
    let window = ConvWindow { stride: [options.stride.unwrap_or(1); 2], padding, groups };
    Ok(Layer::Conv { inputs, outputs, kernel, window, bias: !options.no_bias })
}

fn leaky_relu(arguments: &[&str]) -> Result<Layer, String> {
    let slope = match arguments {
        [] => 0.01,
        [slope] => fraction(slope, "the slope below 0")?,
        _ => return Err("expected `leaky-relu` or `leaky-relu SLOPE`, such as `leaky-relu 0.01`".to_owned()),
    };
    Ok(Layer::Pointwise(Nonlinearity::LeakyRelu(slope)))
}

fn pool(name: &str, arguments: &[&str], shape: Shape) -> Result<usize, String> {
    let [size] = arguments else {
        return Err(format!("expected `{name} K`, such as `{name} 2`"));
    };
    let size = positive(size, "the window")?;
    let [_, height, width] = maps(shape)?;
    if size > height || size > width {
        return Err(format!("the window of {size} is larger than its {height}×{width} image"));
    }
    Ok(size)
}

fn group_norm(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [groups] = arguments else {
        return Err("expected `groupnorm G`, such as `groupnorm 4`".to_owned());
    };
    let groups = positive(groups, "the number of groups")?;
    let channels = shape.channels();
    if !channels.is_multiple_of(groups) {
        return Err(format!("{groups} groups, expected a divisor of its {channels} channels"));
    }
    Ok(Layer::GroupNorm { groups, shape })
}

fn dropout(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [rate] = arguments else {
        return Err("expected `dropout P`, such as `dropout 0.1`".to_owned());
    };
    Ok(Layer::Dropout { rate: fraction(rate, "the share of zeros")?, shape })
}

fn maps(shape: Shape) -> Result<[usize; 3], String> {
    match shape {
        Shape::Maps(dims) => Ok(dims),
        Shape::Features(_) => Err(format!("it takes channels×height×width but gets {shape}")),
    }
}

fn no_arguments(name: &str, arguments: &[&str]) -> Result<(), String> {
    if arguments.is_empty() { Ok(()) } else { Err(format!("`{name}` takes nothing after it")) }
}

fn positive(text: &str, what: &str) -> Result<usize, String> {
    up_to(text, what, 1, 1 << 20)
}

fn up_to(text: &str, what: &str, least: usize, most: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("{what} is `{text}`, expected a whole number from {least} to {most}")),
    }
}

fn fraction(text: &str, what: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err(format!("{what} is `{text}`, expected a number from 0 to below 1")),
    }
}
