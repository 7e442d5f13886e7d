//! Residual networks for images (He et al. 2016, arXiv 1512.03385): torchvision's for photographs, with its names, and the small
//! ones of the paper's section 4.2.

use super::chain::{Chain, affine, module};
use super::sizes::{ModelSizes, wrong};
use crate::config::{ConfigError, LossKind, ModelConfig};

/// The parts of a batch norm that a state dict holds.
const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// One of torchvision's.
#[derive(Debug, Clone, Copy)]
pub struct Torchvision {
    /// Blocks of each stage.
    pub stages: [usize; 4],
    /// Whether a block is three convolutions, the middle one narrow. The stride is that of the 3×3 convolution (version 1.5).
    pub bottleneck: bool,
}

impl Torchvision {
    /// The model of these sizes.
    pub fn build(self, sizes: &ModelSizes) -> Result<ModelConfig, ConfigError> {
        let input = image(sizes, [3, 224, 224], 5)?;
        let width = sizes.width.unwrap_or(64);
        let mut chain = Chain::default();
        norm_after(&mut chain, &format!("conv {width} 7x7 stride 2 padding 3 nobias"), "conv1", "bn1");
        chain.plain("relu");
        chain.plain("maxpool 3 stride 2 padding 1");
        let mut channels = width;
        for (stage, blocks) in self.stages.into_iter().enumerate() {
            let narrow = width << stage;
            for block in 0..blocks {
                let block = Block {
                    names: format!("layer{}.{block}.", stage + 1),
                    inputs: channels,
                    narrow,
                    stride: if stage > 0 && block == 0 { 2 } else { 1 },
                    bottleneck: self.bottleneck,
                };
                channels = block.add(&mut chain);
            }
        }
        head(&mut chain, sizes.classes.unwrap_or(1000));
        Ok(model(input, chain))
    }
}

/// The paper's network for small images, of three stages; no library publishes weights of it.
pub fn small(blocks: usize, sizes: &ModelSizes) -> Result<ModelConfig, ConfigError> {
    let input = image(sizes, [3, 32, 32], 2)?;
    let width = sizes.width.unwrap_or(16);
    let mut chain = Chain::default();
    norm_after(&mut chain, &format!("conv {width} 3x3 same nobias"), "", "");
    chain.plain("relu");
    let mut channels = width;
    for stage in 0..3 {
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let block =
                Block { names: String::new(), inputs: channels, narrow: width << stage, stride, bottleneck: false };
            channels = block.add(&mut chain);
        }
    }
    head(&mut chain, sizes.classes.unwrap_or(10));
    let mut model = model(input, chain);
    model.names.clear();
    Ok(model)
}

struct Block {
    /// Before the names of its modules.
    names: String,
    /// Channels before it.
    inputs: usize,
    /// Channels of its 3×3 convolutions.
    narrow: usize,
    stride: usize,
    bottleneck: bool,
}

impl Block {
    /// Adds it with the relu after it, and says how many channels it ends with.
    fn add(&self, chain: &mut Chain) -> usize {
        let Self { names, inputs, narrow, stride, bottleneck } = self;
        let outputs = if *bottleneck { 4 * narrow } else { *narrow };
        let small = |stride: usize| match stride {
            1 => format!("conv {narrow} 3x3 same nobias"),
            _ => format!("conv {narrow} 3x3 stride {stride} padding 1 nobias"),
        };
        let convs = if *bottleneck {
            vec![format!("conv {narrow} 1x1 nobias"), small(*stride), format!("conv {outputs} 1x1 nobias")]
        } else {
            vec![small(*stride), small(1)]
        };
        let mut body = Chain::default();
        for (place, conv) in convs.iter().enumerate() {
            let place = place + 1;
            norm_after(&mut body, conv, &format!("{names}conv{place}"), &format!("{names}bn{place}"));
            if place < convs.len() {
                body.plain("relu");
            }
        }
        let mut shortcut = Chain::default();
        if *stride != 1 || *inputs != outputs {
            let stride = if *stride == 1 { String::new() } else { format!(" stride {stride}") };
            let conv = format!("conv {outputs} 1x1{stride} nobias");
            norm_after(&mut shortcut, &conv, &format!("{names}downsample.0"), &format!("{names}downsample.1"));
        }
        chain.block(body, shortcut);
        chain.plain("relu");
        outputs
    }
}

/// Adds a convolution and its batch norm.
fn norm_after(chain: &mut Chain, conv: &str, conv_name: &str, norm_name: &str) {
    chain.named(conv, module(conv_name, &["weight"]));
    chain.named("batchnorm", module(norm_name, &NORM));
}

fn head(chain: &mut Chain, classes: usize) {
    chain.plain("globalavgpool");
    chain.plain("flatten");
    chain.named(&format!("linear {classes}"), affine("fc"));
}

fn model(input: [usize; 3], chain: Chain) -> ModelConfig {
    let (layers, names) = chain.finish("");
    ModelConfig { names, ..ModelConfig::new(&input, LossKind::CrossEntropy, layers) }
}

/// The shape of an image that is halved so many times, and whose last halving finds more than one pixel.
fn image(sizes: &ModelSizes, own: [usize; 3], halvings: u32) -> Result<[usize; 3], ConfigError> {
    let shape = sizes.image(own)?;
    let least = (1 << (halvings - 1)) + 1;
    if shape[1].min(shape[2]) < least {
        let [channels, height, width] = shape;
        let expected = format!("sides of at least {least}, since it halves the image {halvings} times");
        return Err(wrong("--input", format_args!("{channels},{height},{width}"), &expected));
    }
    Ok(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_ones_are_those_of_the_files() {
        let files = [
            (1, include_str!("../../../assets/models/resnet8.toml")),
            (2, include_str!("../../../assets/models/resnet14.toml")),
            (3, include_str!("../../../assets/models/resnet20.toml")),
        ];
        for (blocks, file) in files {
            let built = small(blocks, &ModelSizes::default()).unwrap();
            assert_eq!(built, ModelConfig::from_toml(file).unwrap(), "{blocks} blocks a stage");
        }
    }

    #[test]
    fn blocks_have_torchvisions_names() {
        let resnet18 = Torchvision { stages: [2; 4], bottleneck: false }.build(&ModelSizes::default()).unwrap();
        let cases = [
            ("0.weight", "conv1.weight"),
            ("1.running_var", "bn1.running_var"),
            ("4.0.weight", "layer1.0.conv1.weight"),
            ("6.4.bias", "layer1.1.bn2.bias"),
            ("8.6.weight", "layer2.0.downsample.0.weight"),
            ("8.7.running_mean", "layer2.0.downsample.1.running_mean"),
            ("22.weight", "fc.weight"),
        ];
        for (ours, theirs) in cases {
            assert_eq!(resnet18.names.get(ours).map(String::as_str), Some(theirs), "{ours}");
        }
        let resnet50 = Torchvision { stages: [3, 4, 6, 3], bottleneck: true }.build(&ModelSizes::default()).unwrap();
        assert_eq!(resnet50.names["4.9.weight"], "layer1.0.downsample.0.weight");
        assert_eq!(
            resnet50.layers[10].to_string(),
            "[conv 128 1x1 nobias, batchnorm, relu, conv 128 3x3 stride 2 padding 1 nobias, batchnorm, relu, conv 512 1x1 \
             nobias, batchnorm, shortcut, conv 512 1x1 stride 2 nobias, batchnorm]"
        );
        let tiny = ModelSizes { input: Some(crate::config::InputSize::Image([3, 16, 64])), ..ModelSizes::default() };
        let message = small(1, &tiny).map(|_| String::new()).unwrap_or_else(|err| err.to_string());
        assert_eq!(message, "", "two halvings leave 4×16");
        let message = Torchvision { stages: [2; 4], bottleneck: false }.build(&tiny).unwrap_err().to_string();
        assert!(message.contains("`--input` is 3,16,64, expected sides of at least 17"), "{message}");
    }
}
