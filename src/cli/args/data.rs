//! What `flatscape data` takes.

use std::path::PathBuf;

use clap::Args;

pub(super) const DATA_ABOUT: &str = "\
Write a data set as arrays, for PyTorch and NumPy.

The folder gets train, test and, where there are some, validation, each with `x` and `y`: inputs of 32 bits in the model's \
shape, classes and tokens as whole numbers of 64 bits. They are the examples that runs are trained and measured on, resized and \
normalised as the settings say, before augmentation; of label noise only the training labels have any. classes.txt has the names \
of the classes, one a line, and data.toml the settings. Two makes give equal arrays.";

/// Arguments of `flatscape data`.
#[derive(Debug, Args)]
#[command(after_help = DATA_EXAMPLES)]
pub struct DataArgs {
    /// An experiment by its name or file, whose data are written; or a source that comes with the program: digits, moons,
    /// spirals, circles, blobs, sums, chains, scenes, glyphs, shapes, textures, lesions, handwriting, counts, matrix-sensing
    #[arg(value_name = "SOURCE|EXPERIMENT")]
    pub name: String,

    /// Folder for the files; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// What kind of files
    #[arg(long, value_name = "npz|safetensors", default_value = "npz", allow_hyphen_values = true)]
    pub format: String,

    /// Change a setting of the data, such as data.train_size=1000, data.seed=1 or data.noise=0.2. May be given many times
    #[arg(long = "set", value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,

    /// Overwrite files of an earlier call in that folder
    #[arg(long)]
    pub force: bool,
}

const DATA_EXAMPLES: &str = "\
Examples:
  flatscape data resnet8-shapes --out shapes
  flatscape data digits --format safetensors --out digits
  flatscape data lesions --set data.train_size=2000 --set data.validation_size=500 --out lesions

In Python: f = numpy.load(\"shapes/train.npz\"); x, y = torch.tensor(f[\"x\"]), torch.tensor(f[\"y\"])";
