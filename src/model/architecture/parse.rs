//! One text, such as `conv 16 3x3 same`, to one layer for the shape before it.

use crate::config::nearest;
use crate::model::Nonlinearity;
use crate::model::window::{ConvWindow, Divisor, PoolWindow};

use super::layer::{Layer, NormSettings, Shape};
use super::options::{Options, Takes, no_arguments, pair, positive};
use super::tokens::token_layer;

/// First words of layers, and `shortcut`, the word that parts a block.
const NAMES: [&str; 30] = [
    "linear",
    "conv",
    "relu",
    "leaky-relu",
    "tanh",
    "gelu",
    "silu",
    "sigmoid",
    "softplus",
    "elu",
    "hardswish",
    "maxpool",
    "avgpool",
    "globalavgpool",
    "batchnorm",
    "layernorm",
    "groupnorm",
    "dropout",
    "embedding",
    "position",
    "class-token",
    "patches",
    "attention",
    "mean-token",
    "first-token",
    "last-token",
    "l2norm",
    "gram",
    "flatten",
    "shortcut",
];

const CONV: Takes = Takes {
    numbers: &["stride", "padding", "dilation", "groups"],
    flags: &["same", "nobias"],
    form: "expected `conv OUT KxK [same] [stride S] [padding P] [dilation D] [groups G] [nobias]`, such as \
           `conv 16 3x3 same`",
};
const MAX_POOL: Takes = Takes {
    numbers: &["stride", "padding", "dilation"],
    flags: &["ceil"],
    form: "expected `maxpool K` and after it [stride S] [padding P] [dilation D] [ceil], such as `maxpool 2`",
};
const AVERAGE_POOL: Takes = Takes {
    numbers: &["stride", "padding", "divisor"],
    flags: &["ceil", "excludepad"],
    form: "expected `avgpool K` and after it [stride S] [padding P] [ceil] [excludepad] [divisor N], such as `avgpool 2`",
};
const BATCH_NORM: Takes = Takes {
    numbers: &["eps", "momentum"],
    flags: &["noaffine"],
    form: "expected `batchnorm [eps E] [momentum M] [noaffine]`, such as `batchnorm eps 0.001`",
};
const LAYER_NORM: Takes = Takes {
    numbers: &["eps"],
    flags: &["nobias", "noaffine"],
    form: "expected `layernorm [eps E] [nobias] [noaffine]`, such as `layernorm eps 1e-6`",
};
const GROUP_NORM: Takes = Takes {
    numbers: &["eps"],
    flags: &["noaffine"],
    form: "expected `groupnorm G` and after it [eps E] [noaffine], such as `groupnorm 4`",
};

/// Reads one layer. The offset of a batch norm in the buffers is left at 0.
pub(super) fn layer(text: &str, shape: Shape) -> Result<Layer, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((&name, arguments)) = words.split_first() else {
        return Err(format!("expected a layer such as `linear 32`, one of {}", NAMES.join(", ")));
    };
    if let Some(layer) = token_layer(name, arguments, shape) {
        return layer;
    }
    if let Shape::Text { .. } = shape
        && NAMES.contains(&name)
    {
        return Err(format!("it gets {shape}; put `embedding D` before it"));
    }
    let bare = |layer: Layer| no_arguments(name, arguments).map(|()| layer);
    match name {
        "linear" => linear(arguments, shape),
        "conv" => conv(arguments, shape),
        "relu" => bare(Layer::Pointwise(Nonlinearity::Relu)),
        "leaky-relu" => leaky_relu(arguments),
        "tanh" => bare(Layer::Pointwise(Nonlinearity::Tanh)),
        "gelu" => gelu(arguments),
        "silu" => bare(Layer::Pointwise(Nonlinearity::Silu)),
        "sigmoid" => bare(Layer::Pointwise(Nonlinearity::Sigmoid)),
        "softplus" => bare(Layer::Pointwise(Nonlinearity::Softplus)),
        "elu" => elu(arguments),
        "hardswish" => bare(Layer::Pointwise(Nonlinearity::Hardswish)),
        "maxpool" => max_pool(arguments, shape),
        "avgpool" => average_pool(arguments, shape),
        "globalavgpool" => maps(shape).and_then(|_| bare(Layer::GlobalAveragePool)),
        "batchnorm" => batch_norm(arguments, shape),
        "layernorm" => {
            let norm = NormSettings::read(&Options::read(arguments, &LAYER_NORM)?)?;
            Ok(Layer::LayerNorm { shape, norm })
        }
        "groupnorm" => group_norm(arguments, shape),
        "dropout" => dropout(arguments, shape),
        "l2norm" => match shape {
            Shape::Features(_) | Shape::Tokens(_) => bare(Layer::UnitLength),
            _ => Err(format!("it takes features or tokens but gets {shape}; put `flatten` before it")),
        },
        "gram" => gram(arguments, shape),
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
        Shape::Features(inputs) | Shape::Tokens([_, inputs]) => Ok(Layer::Linear { inputs, outputs, bias }),
        _ => Err(format!("it takes features but gets {shape}; put `flatten` before it")),
    }
}

fn gram(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [columns] = arguments else { return Err("expected `gram R`, such as `gram 20`".to_owned()) };
    let columns = positive(columns, "the number of columns")?;
    match shape {
        Shape::Features(features) if features.isqrt().pow(2) == features => {
            Ok(Layer::Gram { side: features.isqrt(), columns })
        }
        _ => Err(format!("it takes the features of a square matrix, such as 400 for 20×20, but gets {shape}")),
    }
}

fn conv(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [outputs, kernel, options @ ..] = arguments else { return Err(CONV.form.to_owned()) };
    let outputs = positive(outputs, "the number of channels")?;
    let (height, width) =
        kernel.split_once('x').ok_or_else(|| format!("kernel `{kernel}`, expected a size such as 3x3"))?;
    let kernel = [positive(height, "the kernel's height")?, positive(width, "the kernel's width")?];
    let options = Options::read(options, &CONV)?;
    let stride = options.pair("stride", "the stride", 1)?.unwrap_or([1; 2]);
    let dilation = options.pair("dilation", "the dilation", 1)?.unwrap_or([1; 2]);
    let groups = options.text("groups").map_or(Ok(1), |text| positive(text, "the number of groups"))?;
    let [inputs, image_height, image_width] = maps(shape)?;
    let padding = conv_padding(&options, kernel, stride, dilation)?;
    let window = ConvWindow { stride, padding, dilation, groups };
    let [reach_down, reach_right] = window.reach(kernel);
    if reach_down > image_height + 2 * padding[0] || reach_right > image_width + 2 * padding[1] {
        let dilated = if dilation == [1; 2] { String::new() } else { format!(" ({reach_down}x{reach_right} dilated)") };
        return Err(format!(
            "the {}x{} kernel{dilated} is larger than its {image_height}×{image_width} image",
            kernel[0], kernel[1]
        ));
    }
    if !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        return Err(format!("{groups} groups, expected a divisor of its {inputs} input and {outputs} output channels"));
    }
    Ok(Layer::Conv { inputs, outputs, kernel, window, bias: !options.has("nobias") })
}

/// The padding of a `conv`; `same` is the one that keeps the size.
fn conv_padding(
    options: &Options<'_>,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
) -> Result<[usize; 2], String> {
    let padding = options.pair("padding", "the padding", 0)?;
    if !options.has("same") {
        return Ok(padding.unwrap_or([0; 2]));
    }
    let both = [0, 1].map(|d| dilation[d] * (kernel[d] - 1));
    let half = both.map(|both| both / 2);
    if both.iter().any(|both| !both.is_multiple_of(2)) {
        Err(format!("`same` needs a kernel of odd size, not {}x{}", kernel[0], kernel[1]))
    } else if padding.is_some() {
        Err("`same` and `padding` exclude each other".to_owned())
    } else if stride != [1; 2] {
        let half = if half[0] == half[1] { half[0].to_string() } else { format!("{}x{}", half[0], half[1]) };
        Err(format!("`same` needs stride 1; with another write `padding {half}`"))
    } else {
        Ok(half)
    }
}

fn leaky_relu(arguments: &[&str]) -> Result<Layer, String> {
    let slope = match arguments {
        [] => 0.01,
        [slope] => constant(slope, "the slope below 0")?,
        _ => return Err("expected `leaky-relu` or `leaky-relu SLOPE`, such as `leaky-relu 0.01`".to_owned()),
    };
    Ok(Layer::Pointwise(Nonlinearity::LeakyRelu(slope)))
}

fn elu(arguments: &[&str]) -> Result<Layer, String> {
    let alpha = match arguments {
        [] => 1.0,
        [alpha] => constant(alpha, "alpha")?,
        _ => return Err("expected `elu` or `elu ALPHA`, such as `elu 1`".to_owned()),
    };
    Ok(Layer::Pointwise(Nonlinearity::Elu(alpha)))
}

/// A number of a nonlinearity.
fn constant(text: &str, what: &str) -> Result<f64, String> {
    const MOST: f64 = 1e6;
    let number = text.parse().ok().filter(|number: &f64| number.abs() <= MOST);
    number.ok_or_else(|| format!("{what} is `{text}`, expected a number from −{MOST} to {MOST}"))
}

fn gelu(arguments: &[&str]) -> Result<Layer, String> {
    match arguments {
        [] | ["none"] => Ok(Layer::Pointwise(Nonlinearity::Gelu)),
        ["tanh"] => Ok(Layer::Pointwise(Nonlinearity::GeluTanh)),
        _ => Err("expected `gelu`, the exact form, or `gelu tanh`, PyTorch's approximation".to_owned()),
    }
}

fn max_pool(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let (window, _) = pool(arguments, &MAX_POOL, shape)?;
    Ok(Layer::MaxPool(window))
}

fn average_pool(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let (window, options) = pool(arguments, &AVERAGE_POOL, shape)?;
    let fixed = options.text("divisor").map(|text| positive(text, "the divisor")).transpose()?;
    let divisor = match (fixed, options.has("excludepad")) {
        (Some(_), true) => return Err("`divisor` and `excludepad` exclude each other".to_owned()),
        (Some(number), false) => Divisor::Fixed(number),
        (None, true) => Divisor::Inside,
        (None, false) => Divisor::Padded,
    };
    Ok(Layer::AveragePool(window, divisor))
}

/// The windows of a pooling, and the options after its size.
fn pool<'a>(arguments: &[&'a str], takes: &Takes, shape: Shape) -> Result<(PoolWindow, Options<'a>), String> {
    let [size, options @ ..] = arguments else { return Err(takes.form.to_owned()) };
    let size = pair(size, "the window", 1)?;
    let options = Options::read(options, takes)?;
    let window = PoolWindow {
        size,
        stride: options.pair("stride", "the stride", 1)?.unwrap_or(size),
        padding: options.pair("padding", "the padding", 0)?.unwrap_or([0; 2]),
        dilation: options.pair("dilation", "the dilation", 1)?.unwrap_or([1; 2]),
        ceil: options.has("ceil"),
    };
    let [_, height, width] = maps(shape)?;
    let words = if size[0] == size[1] { size[0].to_string() } else { format!("{}x{}", size[0], size[1]) };
    for d in 0..2 {
        let most = window.reach()[d] / 2;
        if window.padding[d] > most {
            return Err(format!("the padding is {}, expected at most {most}, half of the window", window.padding[d]));
        }
    }
    if window.output([height, width]).contains(&0) {
        return Err(format!("the window of {words} is larger than its {height}×{width} image"));
    }
    if window.has_empty_windows([height, width]) {
        return Err(format!(
            "some windows of {words} see no pixel of the {height}×{width} image; make the padding smaller"
        ));
    }
    Ok((window, options))
}

impl NormSettings {
    fn read(options: &Options<'_>) -> Result<Self, String> {
        let has_scale = !options.has("noaffine");
        Ok(Self {
            epsilon: options.number("eps", "the epsilon", 1e3)?.unwrap_or(1e-5),
            has_scale,
            has_shift: has_scale && !options.has("nobias"),
        })
    }
}

fn batch_norm(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let options = Options::read(arguments, &BATCH_NORM)?;
    if options.text("momentum").is_some_and(|text| text.eq_ignore_ascii_case("none")) {
        return Err(
            "the momentum is `none`, expected a number from 0 to 1: PyTorch's `None`, the mean over all batches, is \
                    not offered"
                .to_owned(),
        );
    }
    let momentum = options.number("momentum", "the momentum", 1.0)?.unwrap_or(0.1);
    no_tokens(shape)?;
    Ok(Layer::BatchNorm { shape, offset: 0, norm: NormSettings::read(&options)?, momentum })
}

fn group_norm(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [groups, options @ ..] = arguments else { return Err(GROUP_NORM.form.to_owned()) };
    let groups = positive(groups, "the number of groups")?;
    let norm = NormSettings::read(&Options::read(options, &GROUP_NORM)?)?;
    no_tokens(shape)?;
    let channels = shape.channels();
    if !channels.is_multiple_of(groups) {
        return Err(format!("{groups} groups, expected a divisor of its {channels} channels"));
    }
    Ok(Layer::GroupNorm { groups, shape, norm })
}

fn dropout(arguments: &[&str], shape: Shape) -> Result<Layer, String> {
    let [rate] = arguments else {
        return Err("expected `dropout P`, such as `dropout 0.1`".to_owned());
    };
    match rate.parse() {
        Ok(rate) if (0.0..1.0).contains(&rate) => Ok(Layer::Dropout { rate, shape }),
        _ => Err(format!("the share of zeros is `{rate}`, expected a number from 0 to below 1")),
    }
}

fn maps(shape: Shape) -> Result<[usize; 3], String> {
    match shape {
        Shape::Maps(dims) => Ok(dims),
        _ => Err(format!("it takes channels×height×width but gets {shape}")),
    }
}

/// Norms over batches or groups are for features and maps.
fn no_tokens(shape: Shape) -> Result<(), String> {
    match shape {
        Shape::Tokens(_) => Err(format!("it takes features or maps but gets {shape}; tokens have `layernorm`")),
        _ => Ok(()),
    }
}
