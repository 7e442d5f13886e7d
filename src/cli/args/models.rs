//! What `flatscape models` takes.

use clap::Args;

pub(super) const MODELS_ABOUT: &str = "\
List the built-in models, or print one as a model file.

The file has a table [names] where a library publishes checkpoints: what is called there how. With it, `flatscape analyze` \
takes a state dict of torchvision, timm, transformers or open_clip as it is. `analyze` takes a name in place of a model file, \
with sizes in quotes as \"resnet18 --classes 10\".";

/// Arguments of `flatscape models`.
#[derive(Debug, Args)]
#[command(after_help = MODELS_EXAMPLES)]
pub struct ModelsArgs {
    /// The model that is printed. All are listed if left out
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Write a JSON array, for scripts
    #[arg(long, conflicts_with = "name")]
    pub json: bool,

    /// Classes; of a language model, its vocabulary
    #[arg(long, value_name = "K", allow_hyphen_values = true, requires = "name")]
    pub classes: Option<String>,

    /// Shape of an image, or the number of tokens
    #[arg(long, value_name = "C,H,W|T", allow_hyphen_values = true, requires = "name")]
    pub input: Option<String>,

    /// Channels of a ResNet's first stage, or numbers of a token
    #[arg(long, value_name = "D", allow_hyphen_values = true, requires = "name")]
    pub width: Option<String>,

    /// Blocks of a transformer
    #[arg(long, value_name = "N", allow_hyphen_values = true, requires = "name")]
    pub depth: Option<String>,

    /// Heads of each attention, a divisor of the width [default: as wide as the model's own]
    #[arg(long, value_name = "H", allow_hyphen_values = true, requires = "name")]
    pub heads: Option<String>,
}

const MODELS_EXAMPLES: &str = "\
Examples:
  flatscape models
  flatscape models resnet18 --classes 10 --input 3,64,64 > mine.toml
  flatscape models gpt-mini --input 24 --classes 14 > sums.toml
  flatscape analyze resnet18 --weights resnet18.pth --data images.safetensors --trace-probes 8 --out report";
