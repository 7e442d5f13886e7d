//! The arguments of `flatscape plan`, `work` and `gather`.

use std::path::PathBuf;

use clap::Args;

use super::compare::ComparedArgs;

pub(super) const PLAN_ABOUT: &str = "\
Plan a comparison, or one at each point of a grid, as units for many machines.

A unit is a run: a method and a seed at a point of the grid. The folder gets plan.json and units.sbatch, and the lines that \
HyperQueue, Slurm, GNU parallel and MPI are started with go to stdout. Nothing is trained yet: `flatscape work` does units, on \
any machine that sees the folder, and `flatscape gather` makes the files of the comparison.

Runs that a point of the grid does not change are done once: with `--grid nso.sigma=0.01,0.02` SGD is trained once for both.";

pub(super) const WORK_ABOUT: &str = "\
Do units of a plan.

Which ones: those of --unit; all that nobody is at, with --all; or the one that a task of HyperQueue (HQ_TASK_ID), GNU parallel \
(PARALLEL_SEQ) or a Slurm array (SLURM_ARRAY_TASK_ID) counts; of processes of MPI (OMPI_COMM_WORLD_RANK, PMI_RANK) each does \
every so many-th unit.

A result is written beside its place and moved there, and a unit that has one is not done again. So a unit may be started twice, \
and a worker that was killed is started again.";

pub(super) const GATHER_ABOUT: &str = "\
Make the files of a plan whose units are done: those of `flatscape compare`.

On the CPU they are those of one process to the last byte, but for seconds. With a grid each point has a folder of its own, \
named by its settings, and sweep.csv has the ends of all runs. Where units have no result yet it says which, and what does them; with \
--watch it waits for them, and says what lands, what fails and who is at what. Ctrl+C leaves it; the workers go on.";

const PLAN_EXAMPLES: &str = "\
Examples:
  flatscape plan digits-mlp --seeds 32 --out sweep
  flatscape plan digits-mlp --grid nso.sigma=0.01,0.02,0.05 --grid budget=2000,4000 --seeds 8 --out sweep
  hq submit --array 0-95 flatscape work sweep
  flatscape gather sweep --watch";

/// Arguments of `flatscape plan`.
#[derive(Debug, Args)]
#[command(after_help = PLAN_EXAMPLES)]
pub struct PlanArgs {
    /// What is compared.
    #[command(flatten)]
    pub compared: ComparedArgs,

    /// A setting with several values, as --set takes it: `nso.sigma=0.01,0.02`. May be given many times: there is a comparison
    /// for each combination
    #[arg(long, value_name = "KEY=V,V,…", allow_hyphen_values = true)]
    pub grid: Vec<String>,

    /// Folder of the plan and its results, on a disk that all machines see; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Replace the plan in that folder. Results of units that both have stay
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `flatscape work`.
#[derive(Debug, Args)]
pub struct WorkArgs {
    /// The folder of the plan
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Units by their numbers, such as 3 or 3,5,7-9
    #[arg(long, value_name = "LIST", conflicts_with = "all", allow_hyphen_values = true)]
    pub unit: Option<String>,

    /// All units that have no result, as long as there are some; workers that do this in one folder share them
    #[arg(long)]
    pub all: bool,

    /// A task does each N-th unit from its number on, where an array has fewer tasks than the plan has units
    #[arg(long, value_name = "N", conflicts_with_all = ["unit", "all"], allow_hyphen_values = true)]
    pub stride: Option<String>,

    /// Do units again that have a result
    #[arg(long, conflicts_with = "all")]
    pub force: bool,

    /// Cores that this worker takes [default: all that it may use; in a task of HyperQueue as many as that has]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,

    /// Where to compute [default: what the plan says]
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", allow_hyphen_values = true)]
    pub device: Option<String>,

    /// Memory that one file of data or weights may take, such as 512M or 2G [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    pub max_memory: Option<String>,
}

/// Arguments of `flatscape gather`.
#[derive(Debug, Args)]
pub struct GatherArgs {
    /// The folder of the plan
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,

    /// Folder for the files [default: that of the plan]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Watch the units until all have results, and gather them then
    #[arg(long)]
    pub watch: bool,

    /// Take results of different devices or versions of the program together; the files say so
    #[arg(long)]
    pub mixed: bool,

    /// Overwrite files that were gathered before
    #[arg(long)]
    pub force: bool,
}
