//! The arguments, as clap reads them. Values that name something are checked by the commands, so that every message
//! can say where the name stood and which one is nearest.
//!
//! The build reads this file too, for the man pages (`build.rs`): it names nothing of the crate.

mod analyze;
pub(super) mod compare;
mod models;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};

use analyze::ANALYZE_ABOUT;
pub use analyze::AnalyzeArgs;
use compare::COMPARE_ABOUT;
pub use compare::CompareArgs;
use models::MODELS_ABOUT;
pub use models::ModelsArgs;

/// Explore loss landscapes: train small networks with SGD, SAM and NSO and watch the landscape, its curvature and the
/// noise, live.
///
/// Without a command it opens the window, with the files that are named: an experiment, a model, weights, a folder of
/// checkpoints, data.
///
/// Without a display it says so and compares the optimizers of the experiment, or of the default one, instead; whatever
/// else was to be opened is told in one line, and if nothing was compared the exit code is 1.
#[derive(Debug, Parser)]
#[command(name = "flatscape", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What the window opens: an experiment or a model (.toml), weights, data, a folder of images by class; one of each
    /// kind, so that a model, its weights and its data can be opened together
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<OsString>,

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
  flatscape mine.toml                                  … with an experiment or a model of your own
  flatscape model.toml weights.npz data.csv            … with a model, its weights and its data
  flatscape compare --out moons                        compare SGD, SAM and NSO on two moons
  flatscape compare digits-mlp --seeds 4 --out digits  … on digits, with four seeds
  flatscape analyze model.toml --weights w.safetensors --data d.safetensors --trace-probes 64 --slice 51 --out report
                                                       measure a network that PyTorch trained
  flatscape experiments                                what can be compared
  flatscape models                                     what can be analyzed by its name
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
    /// List the built-in models, or print one as a model file
    #[command(long_about = MODELS_ABOUT)]
    Models(ModelsArgs),
    /// List the devices that it can run on, and which one it takes by itself
    Devices(ListArgs),
    /// Print the completions of a shell, to be kept where that looks for them
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print a man page, or write all of them into a folder
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
}

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  flatscape completions bash > ~/.local/share/bash-completion/completions/flatscape
  flatscape completions zsh > ~/.zfunc/_flatscape     (with ~/.zfunc in fpath)
  flatscape completions fish > ~/.config/fish/completions/flatscape.fish";

/// Arguments of `flatscape completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    pub shell: String,
}

const MAN_EXAMPLES: &str = "\
Examples:
  flatscape man compare | man -l -
  flatscape man --out ~/.local/share/man/man1";

/// Arguments of `flatscape man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command whose page is printed. That of the program if left out
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub command: Option<String>,

    /// Write all pages into this folder; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Overwrite pages that are in that folder
    #[arg(long, requires = "out")]
    pub force: bool,
}

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

/// Arguments of the commands that list something.
#[derive(Debug, Clone, Copy, Args)]
pub struct ListArgs {
    /// Write a JSON array, for scripts
    #[arg(long)]
    pub json: bool,
}
