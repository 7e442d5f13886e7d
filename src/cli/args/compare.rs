//! The arguments of `flatscape compare`.

use std::path::PathBuf;

use clap::Args;

/// The experiment that opens first and that is compared when none is named.
pub const DEFAULT_EXPERIMENT: &str = "moons-mlp";

pub(super) const COMPARE_ABOUT: &str = "\
Train with each method to the same number of gradient evaluations, and compare the ends.

All methods start from the same weights, see the data in the same order and may spend the same number of gradient \
evaluations: a step of SGD costs 1, of SAM 2, of NSO 2k.

The tables go to stdout. Progress goes to stderr: first about how long it will take, then how far it is, how fast, and \
how long is left. The folder gets summary.json (the end of each run), curves.csv (each \
run over its steps), landscape.png (the slices of the first seed) and report.html (one page to send: \
tables, charts to hover, surfaces to turn, the experiment); with --tune also tuning.csv, with --weights a folder of weights. \
session.flatscape is written from the beginning: a comparison that was stopped goes on with --resume.";

/// What is compared, for each command that trains.
#[derive(Debug, Args)]
pub struct ComparedArgs {
    /// Name of an experiment (see `flatscape experiments`) or path of a .toml file
    #[arg(value_name = "EXPERIMENT", default_value = DEFAULT_EXPERIMENT)]
    pub experiment: String,

    /// Methods to compare, separated by commas, such as sgd,sam,nso; those that the experiment does not list have the
    /// values of their authors and the experiment's common ones. All of the experiment's if left out
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub optimizers: Option<String>,

    /// Number of seeds for each optimizer; the table shows the mean and its standard error over them
    #[arg(long, value_name = "S", default_value = "1", allow_hyphen_values = true)]
    pub seeds: String,

    /// Gradient evaluations that each run may spend. The experiment's own if left out
    #[arg(long, value_name = "G", allow_hyphen_values = true)]
    pub budget: Option<String>,

    /// How often trace and eigenvalues are measured: N times along the way and at the end, at the end alone, or not at
    /// all. Reading the curvature at equal training loss takes measurements along the way
    #[arg(long, value_name = "none|end|N", default_value = "16", allow_hyphen_values = true)]
    pub curvature: String,

    /// Leave the curvature out, as `--curvature none` does: mostly the greater part of the time
    #[arg(long, conflicts_with = "curvature")]
    pub quick: bool,

    /// Change a setting: `learning_rate=0.1` for all, `nso.sigma=0.02` for one, `data.label_noise=0.2`,
    /// `look.range=2`, `seed=1`. May be given many times
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,

    /// Write the final weights of each run, and their average where it keeps one, into the folder `weights`: safetensors
    /// that `analyze` and `start.weights` of an experiment take
    #[arg(long)]
    pub weights: bool,

    /// Where to compute: auto times a step and a slice on the CPU and on the first hardware GPU, takes the faster and says
    /// both rates; gpu takes any adapter, a software one too, gpu:N the hardware GPU of that number; cpu needs none
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,
}

/// Arguments of `flatscape compare`.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArgs {
    /// What is compared.
    #[command(flatten)]
    pub compared: ComparedArgs,

    /// Try values before the runs and compare those that do best on validation data: `nso.sigma=0.01,0.02` for one
    /// method, `learning_rate=0.05,0.1` for all that read it. May be given many times: a method then tries all
    /// combinations, each for the whole budget with the first seed. Takes `data.validation_size` above 0
    #[arg(long, value_name = "KEY=V,V,…", allow_hyphen_values = true)]
    pub tune: Vec<String>,

    /// Which tables are printed: the figures at the end, those at equal training loss, or both where there are both
    #[arg(long, value_name = "end|equal-loss|both", default_value = "both", allow_hyphen_values = true)]
    pub table: String,

    /// Runs that are trained at once on the CPU, which share its cores; no figure depends on it, but the seconds do. On a GPU
    /// one comes after the other [default: whatever is done first, as a few steps tell; at most as many as there are cores]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub jobs: Option<String>,

    /// Memory that one file of data or weights may take, such as 512M or 2G [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    pub max_memory: Option<String>,

    /// Folder for the results; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Go on with a comparison of the same settings that was stopped in that folder: what has ended is taken, what was half done
    /// goes on where it was, and the figures are those of one that was never stopped
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,

    /// Overwrite the results of an earlier comparison in that folder. Other files in it are never touched
    #[arg(long)]
    pub force: bool,
}

/// The methods stand here as their table has them (`OptimizerKind::spec`): the build reads these arguments without the crate,
/// and a test of `cli::compare` compares the two.
const COMPARE_EXAMPLES: &str = "\
Examples:
  flatscape compare --out moons
  flatscape compare digits-mlp --seeds 4 --out digits
  flatscape compare digits-mlp --optimizers sgd,nso --set nso.sigma=0.02 --out narrow
  flatscape compare digits-cnn --seeds 3 --quick --out losses
  flatscape compare digits-mlp --set data.label_noise=0.2 --seeds 2 --out noisy
  flatscape compare digits-mlp --set data.validation_size=200 --tune learning_rate=0.05,0.1 --seeds 5 --out tuned
  flatscape compare my-experiment.toml --budget 1200 --device cpu --out mine
  flatscape compare my-experiment.toml --budget 1200 --device cpu --out mine --resume

Methods:
  sgd   The gradient itself.
  wp    The mean gradient at k weights with noise at +U alone, which leaves the
        first-order term in.
  sam   The gradient a step of length ρ uphill (Foret et al. 2021).
  usam  SAM whose step uphill is ρ times the gradient, so that it shrinks where the
        loss is flat.
  asam  SAM in units of the weights, so that rescaled layers are treated alike (Kwon
        et al. 2021).
  rsam  SAM whose step uphill begins at random weights near its own (Liu et al. 2022).
  bsam  SAM as variational inference: a precision for each weight scales noise, ascent
        and step (Möllenhoff & Khan 2023).
  nso   The mean gradient at k pairs of weights with noise at +U and −U, which cancels
        the first-order term (Zhang, Li, Ju 2024).";
