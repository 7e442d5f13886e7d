//! The arguments, as clap reads them. Values that name something are checked by the commands, so that every message
//! can say where the name stood and which one is nearest.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The experiment that opens first and that is compared when none is named.
pub const DEFAULT_EXPERIMENT: &str = "moons-mlp";

/// Explore loss landscapes: train small networks with SGD, SAM and NSO and watch the landscape, its curvature and the
/// noise, live.
///
/// Without a command it opens the window. Without a display it says so and compares the optimizers of the default
/// experiment instead.
#[derive(Debug, Parser)]
#[command(name = "flatscape", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Where the window computes: auto takes a hardware GPU if there is one, else the CPU; gpu takes any adapter, a
    /// software one too; cpu needs none
    #[arg(long, value_name = "auto|gpu|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,

    /// What to do; nothing opens the window.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  flatscape                                            open the window
  flatscape --device cpu                               … computing on the CPU
  flatscape compare --out moons                        compare SGD, SAM and NSO on two moons
  flatscape compare digits-mlp --seeds 4 --out digits  … on digits, with four seeds
  flatscape analyze model.toml --weights w.safetensors --data d.safetensors --trace-probes 64 --slice 51 --out report
                                                       measure a network that PyTorch trained
  flatscape experiments                                what can be compared
  flatscape devices                                    what it can run on

Errors are one line on stderr. Exit codes: 0 done, 1 failed, 2 the input is wrong.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train with each optimizer to the same number of gradient evaluations, and compare the ends
    #[command(long_about = COMPARE_ABOUT)]
    Compare(CompareArgs),
    /// Time named pieces of work on a device
    #[command(long_about = BENCH_ABOUT)]
    Bench(BenchArgs),
    /// Measure one trained model on its data: trace, eigenvalues, noise, sharpness, a slice, …
    #[command(long_about = ANALYZE_ABOUT)]
    Analyze(Box<AnalyzeArgs>),
    /// List the experiments that come with the program
    Experiments(ListArgs),
    /// List the devices that it can run on, and which one it takes by itself
    Devices(ListArgs),
}

const COMPARE_ABOUT: &str = "\
Train with each optimizer to the same number of gradient evaluations, and compare the ends.

All optimizers start from the same weights, see the data in the same order and may spend the same number of gradient \
evaluations: a step of SGD costs 1, of SAM 2, of NSO 2k.

The table goes to stdout and progress to stderr. The folder gets summary.json (the end of each run), curves.csv (each \
run over its steps) and landscape.png (the slices of the first seed).";

/// Arguments of `flatscape compare`.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArgs {
    /// Name of an experiment (see `flatscape experiments`) or path of a .toml file
    #[arg(value_name = "EXPERIMENT", default_value = DEFAULT_EXPERIMENT)]
    pub experiment: String,

    /// Optimizers to compare, separated by commas: sgd, sam, nso. All of the experiment's if left out
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub optimizers: Option<String>,

    /// Number of seeds for each optimizer; the table shows the mean and its standard error over them
    #[arg(long, value_name = "S", default_value = "1", allow_hyphen_values = true)]
    pub seeds: String,

    /// Gradient evaluations that each run may spend. The experiment's own if left out
    #[arg(long, value_name = "G", allow_hyphen_values = true)]
    pub budget: Option<String>,

    /// Change a setting: `learning_rate=0.1` for all, `nso.sigma=0.02` for one, `data.label_noise=0.2`,
    /// `look.range=2`, `seed=1`. May be given many times
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,

    /// Where to compute: auto takes a hardware GPU if there is one, else the CPU; gpu takes any adapter, a software
    /// one too; cpu needs none
    #[arg(long, value_name = "auto|gpu|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,

    /// Memory that one file of data or weights may take, such as 512M or 2G [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    pub max_memory: Option<String>,

    /// Folder for the results; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Overwrite the results of an earlier comparison in that folder. Other files in it are never touched
    #[arg(long)]
    pub force: bool,
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  flatscape compare --out moons
  flatscape compare digits-mlp --seeds 4 --out digits
  flatscape compare digits-mlp --optimizers sgd,nso --set nso.sigma=0.02 --out narrow
  flatscape compare digits-mlp --set data.label_noise=0.2 --seeds 2 --out noisy
  flatscape compare my-experiment.toml --budget 1200 --device cpu --out mine";

const BENCH_ABOUT: &str = "\
Time named pieces of work on a device.

Figures: sgd_step, sam_step and nso_step with 1, 4 and 16 pairs; a slice of 51x51 points; a trace from 64 probes; 20 \
Hessian-vector products; and ui_frame, a frame of the window with four runs of 100 000 steps. Each is warmed up, then run \
several times; the median and the least time count. docs/benchmarks.md has them beside PyTorch and JAX.";

/// Arguments of `flatscape bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to time: mlp, cnn, resnet, ui. All if left out
    #[arg(value_name = "WORK")]
    pub works: Vec<String>,

    /// Which figure, such as `sgd_step` or `trace_64`. May be given many times; all if left out
    #[arg(long = "figure", value_name = "NAME", allow_hyphen_values = true)]
    pub figures: Vec<String>,

    /// Write one JSON object a line: work, figure, device, median and least time in ms, number of runs
    #[arg(long)]
    pub json: bool,

    /// Where to compute: auto takes a hardware GPU if there is one, else the CPU; gpu takes any adapter, a software
    /// one too; cpu needs none
    #[arg(long, value_name = "auto|gpu|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,
}

const ANALYZE_ABOUT: &str = "\
Measure one trained model on its data.

MODEL.toml has `input = [features]` or `[channels, height, width]`, `loss = \"cross-entropy\"` or `\"mse\"`, and `layers = \
[\"linear 32\", \"relu\", …]`. The weights are those of a PyTorch nn.Sequential with the same modules: \
`safetensors.torch.save_file(model.state_dict(), …)`, or an NPZ file with the same names. The data may be safetensors or \
NPZ (arrays x and y), CSV, IDX (MNIST), CIFAR binary, or a folder of images by class.

Without an option it reports parameters, loss, accuracy and the norm of the gradient. The folder gets report.json, and \
with --slice also slice.png, slice.svg, slice.npz and slice.vti. Ctrl-C writes what was measured so far.";

/// Arguments of `flatscape analyze`.
#[derive(Debug, Args)]
#[command(after_help = ANALYZE_EXAMPLES)]
pub struct AnalyzeArgs {
    /// The model file: input, loss and layers
    #[arg(value_name = "MODEL.toml")]
    pub model: PathBuf,

    /// Its weights, safetensors or NPZ
    #[arg(long, value_name = "FILE")]
    pub weights: PathBuf,

    /// The data: safetensors, NPZ, CSV, IDX, CIFAR binary, or a folder of images by class
    #[arg(long, value_name = "FILE|DIR")]
    pub data: PathBuf,

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

    /// Slice of N×N points through the weights; with an odd N the weights themselves are one of them
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = SLICE)]
    pub slice: Option<String>,

    /// Loss along N random directions
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = SLICE)]
    pub lines: Option<String>,

    /// Half-width of slice and lines, in units of their directions [default: 1]
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

    /// Memory that one file of data or weights may take, such as 512M or 2G [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, help_heading = COMPUTE)]
    pub max_memory: Option<String>,

    /// Bits of the numbers: f32, or f64 on the CPU
    #[arg(long, value_name = "f32|f64", default_value = "f32", allow_hyphen_values = true, help_heading = COMPUTE)]
    pub precision: String,

    /// Seed of the subset, probes, noise and directions
    #[arg(long, value_name = "S", default_value = "0", allow_hyphen_values = true, help_heading = COMPUTE)]
    pub seed: String,

    /// Where to compute: auto takes a hardware GPU if there is one, else the CPU; gpu takes any adapter, a software
    /// one too; cpu needs none
    #[arg(
        long,
        value_name = "auto|gpu|cpu",
        default_value = "auto",
        allow_hyphen_values = true,
        help_heading = COMPUTE
    )]
    pub device: String,
}

const OBJECTIVE: &str = "The objective";
const MEASURE: &str = "What to measure";
const SLICE: &str = "Slices and lines";
const COMPUTE: &str = "How to compute";

const ANALYZE_EXAMPLES: &str = "\
Examples:
  flatscape analyze model.toml --weights w.safetensors --data d.safetensors --out report
  flatscape analyze model.toml --weights w.npz --data train.csv --trace-probes 128 --eigenvalues 5 --out report
  flatscape analyze model.toml --weights w.safetensors --data train-images-idx3-ubyte.gz --examples 4096 --slice 51
      --normalize filter --out report
  flatscape analyze model.toml --weights w.safetensors --data d.safetensors --sigma 0.02 --pairs 200 --sweep --out report";

/// Arguments of the commands that list something.
#[derive(Debug, Clone, Copy, Args)]
pub struct ListArgs {
    /// Write a JSON array, for scripts
    #[arg(long)]
    pub json: bool,
}
