//! The arguments of `flatscape reproduce` and `flatscape claims`.

use std::path::PathBuf;

use clap::Args;

pub(super) const REPRODUCE_ABOUT: &str = "\
Hold the paper's claims against runs at the size of a laptop.

Each claim belongs to a study: an experiment, its methods and seeds. A claim holds where every difference that it claims is over \
2 combined standard errors over training seeds, does not hold where one is as far the other way round, and is undecided \
otherwise. Claims of noise, of the bound and of pairs have rules of their own, which stand with them. `flatscape claims` lists all.

The table goes to stdout, progress to stderr. The folder gets claims.json, claims.csv, claims.md and report.html, and for each \
study a folder as `compare` writes it, with a session in which its runs are kept: the same command goes on where it was stopped.";

/// Arguments of `flatscape reproduce`.
#[derive(Debug, Args)]
#[command(after_help = REPRODUCE_EXAMPLES)]
pub struct ReproduceArgs {
    /// Claims or studies by their names (see `flatscape claims`); all if left out
    #[arg(value_name = "CLAIM")]
    pub claims: Vec<String>,

    /// Fewer seeds, shorter runs, no tuning: a few minutes in all, and more that stays undecided
    #[arg(long)]
    pub quick: bool,

    /// Training seeds of each method. Those of the studies if left out
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    pub seeds: Option<String>,

    /// The first training seed; the others count up from it
    #[arg(long, value_name = "N", default_value = "0", allow_hyphen_values = true)]
    pub first_seed: String,

    /// Where to compute: auto takes a hardware GPU if there is one, else the CPU; gpu takes any adapter, a software
    /// one too; cpu needs none
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", default_value = "auto", allow_hyphen_values = true)]
    pub device: String,

    /// Folder for the results; it is made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Overwrite the results of an earlier reproduction in that folder, and drop kept runs of other settings
    #[arg(long)]
    pub force: bool,
}

const REPRODUCE_EXAMPLES: &str = "\
Examples:
  flatscape reproduce --quick --out quick
  flatscape reproduce --out claims
  flatscape reproduce matrix-sensing --seeds 10 --out sensing
  flatscape reproduce digits-trace --first-seed 100 --out again";
