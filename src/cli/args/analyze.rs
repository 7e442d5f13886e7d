//! What `flatscape analyze` takes.

use std::path::PathBuf;

use clap::Args;

pub(super) const ANALYZE_ABOUT: &str = "\
Measure one trained model on its data.

MODEL.toml has `input = [features]`, `[channels, height, width]` or `{ tokens = T, vocabulary = V }`, `loss = \"cross-entropy\"`, \
`\"mse\"`, `\"token-cross-entropy\"` (targets at every token) or `\"contrastive\"` (two towers), and `layers = \
[\"linear 32\", \"relu\", …]`. The weights are those of a PyTorch nn.Sequential with the same modules: \
`safetensors.torch.save_file(model.state_dict(), …)`, `torch.save(…)` of it or of a checkpoint, or an NPZ file with the same \
names; of a checkpoint nothing is run. The data may be safetensors or \
NPZ (arrays x and y), CSV, IDX (MNIST), CIFAR, a folder of images by class, or a tar or zip archive of such files.

Without an option it reports parameters, loss, accuracy and the norm of the gradient. The folder gets report.json, and \
with --slice also slice.png, slice.svg, slice.npz and slice.vti; with --path these too, on the plane in which the \
checkpoints move most, and path.csv, path.png and path.npz; with --to line.png and line.npz. Ctrl-C writes what was measured so far. \
Progress goes to stderr: first about how long it will take, then how far it is, how fast, and how long is left.";

/// Arguments of `flatscape analyze`.
#[derive(Debug, Args)]
#[command(after_help = ANALYZE_EXAMPLES)]
pub struct AnalyzeArgs {
    /// The model file: input, loss and layers; or a built-in model by its name (see `flatscape models`)
    #[arg(value_name = "MODEL.toml|NAME")]
    pub model: PathBuf,

    /// Its weights: safetensors, NPZ, a checkpoint of PyTorch (.pt, .pth, .ckpt, .bin), or an index of shards or its folder
    #[arg(long, value_name = "FILE")]
    pub weights: PathBuf,

    /// Where the weights are in their file, such as state_dict or ema.module; found where it is not given
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub weights_key: Option<String>,

    /// The data: safetensors, NPZ, CSV, JSON lines, Parquet, IDX, CIFAR, a folder of images by class, or an archive of such files
    #[arg(long, value_name = "FILE|DIR")]
    pub data: PathBuf,

    /// What the labels are: auto takes what the model does
    #[arg(
        long,
        value_name = "auto|classes|numbers",
        default_value = "auto",
        allow_hyphen_values = true,
        help_heading = DATA
    )]
    pub labels: String,

    /// The column of a table that is the label: its name, or its number from 1 [default: y, label or class, else the last]
    #[arg(long, value_name = "NAME|N", allow_hyphen_values = true, help_heading = DATA)]
    pub label_column: Option<String>,

    /// Whether a table's first line names its columns; auto goes by its look
    #[arg(
        long,
        value_name = "auto|true|false",
        default_value = "auto",
        allow_hyphen_values = true,
        help_heading = DATA
    )]
    pub header: String,

    /// What turns text into tokens: bytes, a tokenizer.json, or a folder with vocab.json and merges.txt [default: bytes]
    #[arg(long, value_name = "bytes|FILE|DIR", help_heading = DATA)]
    pub tokenizer: Option<PathBuf>,

    /// Folder for the results; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Overwrite the results of an earlier analysis in that folder. Other files in it are never touched
    #[arg(long)]
    pub force: bool,

    /// Take N examples, the first ones of a shuffle by the seed. All if left out
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = OBJECTIVE)]
    pub examples: Option<String>,

    /// Add C/2·‖w‖² to the loss, which adds C to every eigenvalue
    #[arg(long, value_name = "C", default_value = "0", allow_hyphen_values = true, help_heading = OBJECTIVE)]
    pub weight_decay: String,

    /// Batch norm's means and variances: frozen takes the running ones of the weights file, batch those of the examples
    #[arg(
        long,
        value_name = "frozen|batch",
        default_value = "frozen",
        allow_hyphen_values = true,
        help_heading = OBJECTIVE
    )]
    pub statistics: String,

    /// Trace of the Hessian and of each layer's block from N random probes (Hutchinson), with standard errors
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = MEASURE)]
    pub trace_probes: Option<String>,

    /// The K largest and K smallest eigenvalues (Lanczos), with residuals
    #[arg(long, value_name = "K", allow_hyphen_values = true, help_heading = MEASURE)]
    pub eigenvalues: Option<String>,

    /// The whole Hessian's trace and eigenvalues, for at most 2 000 parameters
    #[arg(long, help_heading = MEASURE)]
    pub dense: bool,

    /// Density of the spectrum (stochastic Lanczos quadrature)
    #[arg(long, help_heading = MEASURE)]
    pub density: bool,

    /// Noise pairs w ± U of standard deviation S: odd and even parts, and the trace that they say
    #[arg(long, value_name = "S", allow_hyphen_values = true, help_heading = MEASURE)]
    pub sigma: Option<String>,

    /// Number of noise pairs [default: 64]
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = MEASURE)]
    pub pairs: Option<String>,

    /// Distribution of the noise
    #[arg(
        long,
        value_name = "gaussian|uniform|laplace|rademacher",
        default_value = "gaussian",
        allow_hyphen_values = true,
        help_heading = MEASURE
    )]
    pub distribution: String,

    /// Even parts at σ from 1e-4 to 1, beside σ²/2·trace: over which radius second order holds
    #[arg(long, help_heading = MEASURE)]
    pub sweep: bool,

    /// The Hessian times a vector, a tensor for each parameter
    #[arg(long, value_name = "FILE", help_heading = MEASURE)]
    pub hvp: Option<PathBuf>,

    /// Loss at SAM's ascent step of length R
    #[arg(long, value_name = "R", allow_hyphen_values = true, help_heading = MEASURE)]
    pub rho: Option<String>,

    /// Terms of the generalisation bound, with r the distance from these initial weights
    #[arg(long, value_name = "FILE", help_heading = MEASURE)]
    pub initial: Option<PathBuf>,

    /// Trace and largest eigenvalue once more on as many other examples; needs --examples
    #[arg(long, help_heading = MEASURE)]
    pub second_subset: bool,

    /// Slice of N×N points through the weights; with an odd N the weights themselves are one of them [default with --path and
    /// --third: 25]
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = SLICE)]
    pub slice: Option<String>,

    /// Loss along N random directions
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = SLICE)]
    pub lines: Option<String>,

    /// Half-width of slice and lines, in units of their directions [default: 1; what a path or three need]
    #[arg(long, value_name = "R", allow_hyphen_values = true, help_heading = SLICE)]
    pub range: Option<String>,

    /// How directions are scaled to the weights [default: filter; none for directions from a file]
    #[arg(long, value_name = "none|filter|layer|model", allow_hyphen_values = true, help_heading = SLICE)]
    pub normalize: Option<String>,

    /// Make the slice's second direction orthogonal to the first, after normalising; small networks may need it
    #[arg(long, help_heading = SLICE)]
    pub orthogonal: bool,

    /// The slice's directions: tensors x.NAME and y.NAME for every parameter NAME. Random ones if left out
    #[arg(long, value_name = "FILE", help_heading = SLICE)]
    pub directions: Option<PathBuf>,

    /// Checkpoints of the training that ends at --weights, oldest first, or one folder of them (step_2 before step_10): their
    /// plane (PCA), the loss, accuracy, trace, λmax and λmin of each, and the slice on that plane. They are read one at a time
    #[arg(long, value_name = "FILE|DIR", num_args = 1.., help_heading = ROUTES)]
    pub path: Vec<PathBuf>,

    /// Whether --path measures trace and eigenvalues at every checkpoint, which takes longest [default: all]
    #[arg(long, value_name = "all|none", allow_hyphen_values = true, help_heading = ROUTES)]
    pub curvature: Option<String>,

    /// Other weights: the loss along the straight line to them, and the height of the barrier between both
    #[arg(long, value_name = "FILE", help_heading = ROUTES)]
    pub to: Option<PathBuf>,

    /// Third weights: the slice is on the plane through --weights, --to and these
    #[arg(long, value_name = "FILE", help_heading = ROUTES)]
    pub third: Option<PathBuf>,

    /// Points of the line, both ends among them [default: 51]
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = ROUTES)]
    pub line_points: Option<String>,

    /// Memory that one file of data or weights may take, and the checkpoints of --path together, such as 512M or 2G [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, help_heading = COMPUTE)]
    pub max_memory: Option<String>,

    /// Bits of the numbers: f32, or f64 on the CPU
    #[arg(long, value_name = "f32|f64", default_value = "f32", allow_hyphen_values = true, help_heading = COMPUTE)]
    pub precision: String,

    /// Seed of the subset, probes, noise and directions
    #[arg(long, value_name = "S", default_value = "0", allow_hyphen_values = true, help_heading = COMPUTE)]
    pub seed: String,

    /// Do not measure it, but plan it in pieces for other machines: each part that falls apart (trace, slice, density) in about
    /// N. The folder gets a plan as `flatscape plan` makes one, for `flatscape work` and `flatscape gather`
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = COMPUTE)]
    pub pieces: Option<String>,

    /// Where to compute: auto times a gradient and a slice on the CPU and on the first hardware GPU, takes the faster and
    /// says both rates; gpu takes any adapter, a software one too, gpu:N the hardware GPU of that number; cpu needs none
    #[arg(
        long,
        value_name = "auto|gpu|gpu:N|cpu",
        default_value = "auto",
        allow_hyphen_values = true,
        help_heading = COMPUTE
    )]
    pub device: String,
}

const DATA: &str = "How the data are read";
const OBJECTIVE: &str = "The objective";
const MEASURE: &str = "What to measure";
const SLICE: &str = "Slices and lines";
const ROUTES: &str = "Several checkpoints";
const COMPUTE: &str = "How to compute";

const ANALYZE_EXAMPLES: &str = "\
Examples:
  flatscape analyze model.toml --weights w.safetensors --data d.safetensors --out report
  flatscape analyze resnet18 --weights resnet18.safetensors --data images.safetensors --eigenvalues 1 --out report
  flatscape analyze model.toml --weights w.npz --data train.csv --trace-probes 128 --eigenvalues 5 --out report
  flatscape analyze model.toml --weights w.safetensors --data train-images-idx3-ubyte.gz --examples 4096 --slice 51
      --normalize filter --out report
  flatscape analyze model.toml --weights w.safetensors --data d.safetensors --sigma 0.02 --pairs 200 --sweep --out report
  flatscape analyze model.toml --weights run/step_900.safetensors --path run --data d.safetensors --out report
  flatscape analyze model.toml --weights a.safetensors --to b.safetensors --data d.safetensors --out report
  flatscape analyze resnet18 --weights r.safetensors --data d.safetensors --trace-probes 512 --pieces 8 --out sweep";
