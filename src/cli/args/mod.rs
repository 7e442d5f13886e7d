//! The arguments, as clap reads them. Values that name something are checked by the commands, so that every message
//! can say where the name stood and which one is nearest.
//!
//! The build reads this file too, for the man pages (`build.rs`): it names nothing of the crate.

mod analyze;
pub(super) mod compare;
mod data;
mod engine;
mod lesson;
mod models;
mod reproduce;
mod session;
mod sweep;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};

use analyze::ANALYZE_ABOUT;
pub use analyze::AnalyzeArgs;
use compare::COMPARE_ABOUT;
pub use compare::CompareArgs;
use data::DATA_ABOUT;
pub use data::DataArgs;
use engine::ENGINE_ABOUT;
pub use engine::EngineArgs;
use lesson::LESSON_ABOUT;
pub use lesson::LessonArgs;
use models::MODELS_ABOUT;
pub use models::ModelsArgs;
use reproduce::REPRODUCE_ABOUT;
pub use reproduce::ReproduceArgs;
use session::{EXPORT_ABOUT, REPLAY_ABOUT, SHOW_ABOUT};
pub use session::{ExportArgs, ReplayArgs, ShowArgs};
use sweep::{GATHER_ABOUT, PLAN_ABOUT, WORK_ABOUT};
pub use sweep::{GatherArgs, PlanArgs, WorkArgs};

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
    /// What the window opens: an experiment or a model (.toml), a lesson (.md), weights, data, a folder of images by class,
    /// or a link (flatscape:…); one of each kind, so that a model, its weights and its data can be opened together
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<OsString>,

    /// Where the window computes: auto times a step and a slice of each experiment on the CPU and on the first hardware
    /// GPU and takes the faster; gpu takes any adapter, a software one too, gpu:N the hardware GPU of that number; cpu needs
    /// none
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,

    /// Compute on another machine, which has this program too: the engine is started there by `ssh HOST flatscape engine`, with
    /// --device, and goes on when the connection breaks
    #[arg(long, value_name = "HOST", value_hint = ValueHint::Hostname, allow_hyphen_values = true)]
    pub host: Option<String>,

    /// With --host: go on with this session there, by its path there
    #[arg(long, value_name = "SESSION", requires = "host", allow_hyphen_values = true)]
    pub attach: Option<String>,

    /// The same by a command of your own, whose standard input and output speak with `flatscape engine`
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString, conflicts_with_all = ["host", "device"])]
    pub engine: Option<OsString>,

    /// What to do; nothing opens the window.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  flatscape                                            open the window
  flatscape --device cpu                               … computing on the CPU
  flatscape mine.toml                                  … with an experiment or a model of your own
  flatscape lesson.md                                  … with a lesson of your own
  flatscape model.toml weights.npz data.csv            … with a model, its weights and its data
  flatscape --host gpu.example.org                     … computing on another machine
  flatscape compare --out moons                        compare SGD, SAM and NSO on two moons
  flatscape compare digits-mlp --seeds 4 --out digits  … on digits, with four seeds
  flatscape analyze model.toml --weights w.safetensors --data d.safetensors --trace-probes 64 --slice 51 --out report
                                                       measure a network that PyTorch trained
  flatscape plan digits-mlp --seeds 32 --out sweep     share a comparison among machines: plan, work, gather
  flatscape compare --out moons --resume               go on with one that was stopped
  flatscape show moons                                 what its session has
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
    /// Plan a comparison, or one at each point of a grid, as units for many machines
    #[command(long_about = PLAN_ABOUT)]
    Plan(PlanArgs),
    /// Do units of a plan
    #[command(long_about = WORK_ABOUT)]
    Work(WorkArgs),
    /// Make the files of a plan whose units are done
    #[command(long_about = GATHER_ABOUT)]
    Gather(GatherArgs),
    /// Hold the paper's claims against runs at the size of a laptop
    #[command(long_about = REPRODUCE_ABOUT)]
    Reproduce(ReproduceArgs),
    /// List the claims that can be reproduced
    Claims(ListArgs),
    /// Print a lesson, or check that what it says is seen
    #[command(long_about = LESSON_ABOUT)]
    Lesson(LessonArgs),
    /// List the lessons that come with the program
    Lessons(ListArgs),
    /// Say what is in a session file
    #[command(long_about = SHOW_ABOUT)]
    Show(ShowArgs),
    /// Repeat the runs of a session and compare every stored row and weight
    #[command(long_about = REPLAY_ABOUT)]
    Replay(ReplayArgs),
    /// Write the files of `compare` from a session
    #[command(long_about = EXPORT_ABOUT)]
    Export(ExportArgs),
    /// Serve a window on another machine, over standard input and output
    #[command(long_about = ENGINE_ABOUT)]
    Engine(EngineArgs),
    /// List the experiments that come with the program
    Experiments(ListArgs),
    /// Write a data set as arrays, for PyTorch and NumPy
    #[command(long_about = DATA_ABOUT)]
    Data(DataArgs),
    /// List the built-in models, or print one as a model file
    #[command(long_about = MODELS_ABOUT)]
    Models(ModelsArgs),
    /// List the devices that it can run on, and which it takes by itself and when
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
Hessian-vector products; session_step, a step of the live engine with a session beside one without; and ui_frame, a frame of \
the window with four runs of 100 000 steps. Each is warmed up, then run several times; the median and the least time count, \
and the share of the device's arithmetic limit, which a product of matrices measures. docs/benchmarks.md has them beside PyTorch and JAX, as --against peers takes them.";

/// Arguments of `flatscape bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to time: mlp, cnn, resnet, gpt-mini, vit, session, ui. All if left out
    #[arg(value_name = "WORK")]
    pub works: Vec<String>,

    /// Which figure, such as `sgd_step` or `trace_64`. May be given many times; all if left out
    #[arg(long = "figure", value_name = "NAME", allow_hyphen_values = true)]
    pub figures: Vec<String>,

    /// Write one JSON object a line: work, figure, device, median and least time in ms, number of runs, operations in 10⁹ and
    /// share of the limit
    #[arg(long)]
    pub json: bool,

    /// Say what each figure asks of a GPU instead of its time: kernels launched, numbers sent to it and read back
    #[arg(long, conflicts_with = "against")]
    pub counts: bool,

    /// Time PyTorch and JAX too, in turn with this program, and print how many times as long the better one takes
    #[arg(long, value_name = "peers", value_parser = ["peers"])]
    pub against: Option<String>,

    /// The Python that has torch or jax installed
    #[arg(long, value_name = "PATH", default_value = "python3", requires = "against", value_hint = ValueHint::CommandName)]
    pub python: String,

    /// How many times each is timed in turn
    #[arg(long, value_name = "N", default_value = "3", requires = "against", allow_hyphen_values = true)]
    pub rounds: String,

    /// Where to compute: auto times a step of NSO with 4 pairs and a slice of each work on the CPU and on the first hardware
    /// GPU, takes the faster and says both rates; gpu takes any adapter, a software one too, gpu:N the hardware GPU of that
    /// number; cpu needs none
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,
}

/// Arguments of the commands that list something.
#[derive(Debug, Clone, Copy, Args)]
pub struct ListArgs {
    /// Write a JSON array, for scripts
    #[arg(long)]
    pub json: bool,
}
