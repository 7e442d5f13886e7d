//! `flatscape plan`: everything that can be wrong is found here, so that no worker has to find it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::PlanArgs;
use super::compare::{check_budget, compared, notes};
use super::error::say;
use super::print::print;
use crate::config::DeviceChoice;
use crate::engine::EngineError;
use crate::session::whole::write_beside;
use crate::sweep::comparison::{ComparisonPlan, Point};
use crate::sweep::engines::{SCRIPT_FILE, Started};
use crate::sweep::folder::{PLAN_FILE, SweepFolder};
use crate::sweep::grid;
use crate::sweep::plan::{Plan, Work};
use crate::sweep::unit::{FORMAT, Unit};
use crate::train::Prepared;

/// Runs the command.
pub fn run(args: &PlanArgs) -> Result<()> {
    // The GPU of that number is one of the machines' that do the work.
    let device = DeviceChoice::parse(&args.compared.device).context("`--device`")?;
    let options = compared(&args.compared, device)?;
    let points = grid::points(&args.grid)?;
    notes(&args.compared.set, &[], &options.optimizers).iter().for_each(|note| say(note));
    let mut plan = ComparisonPlan {
        experiment: options.experiment.to_toml(),
        optimizers: options.optimizers,
        seeds: options.seeds,
        curvature: options.curvature,
        weights: args.compared.weights,
        points: points.into_iter().map(|set| Point { set, units: Vec::new() }).collect(),
    };
    let here = here()?;
    for point in 0..plan.points.len() {
        let experiment = plan.experiment_at(point)?;
        check_budget(&experiment, &plan.optimizers)?;
        // The data of the first point are those of all, unless the grid is one of data.
        if point == 0 {
            Prepared::new(Arc::new(experiment)).map_err(EngineError::from)?;
        }
    }
    let units = plan.make_units(&here)?;
    write(&args.out, args.force, (Work::Comparison(plan), units), (here, device))
}

/// The working folder, which relative paths are from.
pub fn here() -> Result<PathBuf> {
    std::env::current_dir().context("the working folder")
}

/// Writes a plan with the script, and says how it is done.
pub fn write(
    out: &Path,
    force: bool,
    (work, units): (Work, Vec<Unit>),
    (folder, device): (PathBuf, DeviceChoice),
) -> Result<()> {
    let num_units = units.len();
    let (version, with_gpu, device) = (env!("CARGO_PKG_VERSION").to_owned(), device.is_gpu(), device.to_string());
    let plan = Plan { format: FORMAT, version, folder, device, work, units };
    let made = SweepFolder::create(out, &plan, force).context("`--out`")?;
    // Tasks may begin in another folder than this one.
    let path = std::path::absolute(made.path()).unwrap_or_else(|_| made.path().to_owned());
    let (program, path) = (program(), path.to_string_lossy().into_owned());
    let started = Started { program: &program, folder: &path, units: num_units, with_gpu };
    let script = made.path().join(SCRIPT_FILE);
    write_beside(&script, &started.script()).with_context(|| format!("cannot write {}", script.display()))?;
    let plural = if num_units == 1 { "" } else { "s" };
    let mut lines = vec![format!("Planned {num_units} unit{plural} in {}", made.path().join(PLAN_FILE).display())];
    lines.extend(started.lines().into_iter().map(|(name, line)| format!("  {name:<13} {line}")));
    print(&lines.join("\n"))
}

/// This program as another shell can call it: by its name where that is found, by its place otherwise.
pub fn program() -> String {
    const NAME: &str = "flatscape";
    let Ok(own) = std::env::current_exe() else { return NAME.to_owned() };
    let found = std::env::var_os("PATH").and_then(|folders| {
        let places = std::env::split_paths(&folders).map(|folder| folder.join(NAME));
        places.into_iter().find(|place| place.is_file())
    });
    let is_own = found.is_some_and(|found| found.canonicalize().ok() == own.canonicalize().ok());
    if is_own { NAME.to_owned() } else { own.to_string_lossy().into_owned() }
}
