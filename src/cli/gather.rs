//! `flatscape gather`: the files of a plan whose units are done.

mod watch;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use rayon::iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

use super::GatherArgs;
use super::analyze::pieces::ready_of;
use super::compare::rerun::{asked_for, rerun_of};
use super::compare::{device, names};
use super::plan::program;
use super::print::print;
use super::table::{self, Tables, align};
use super::work::origin;
use crate::config::{DeviceChoice, Experiment, StudyKind};
use crate::engine::{CompareOptions, Done, is_all_in_pieces};
use crate::export::{
    ANALYSIS_FILES, OutputDir, comparison_title, end_table, sweep_csv, write_comparison, written_words,
};
use crate::report::pieces::PieceFound;
use crate::report::results::{CompareResult, RunResult};
use crate::sweep::analysis::AnalysisPlan;
use crate::sweep::comparison::{ComparisonPlan, Point};
use crate::sweep::engines::quoted;
use crate::sweep::folder::{Origin, Stored, SweepFolder};
use crate::sweep::gather::{comparison, device_of, read_all};
use crate::sweep::grid::folder_names;
use crate::sweep::plan::{Plan, Work};

/// The file with the ends of all runs of a grid.
const SWEEP_FILE: &str = "sweep.csv";

/// Runs the command.
pub fn run(args: &GatherArgs) -> Result<()> {
    let (folder, plan) = SweepFolder::open(&args.folder)?;
    let plan = Arc::new(plan);
    let out = args.out.as_deref().unwrap_or(&args.folder);
    if args.watch {
        check_place(args, &plan, out)?;
        watch::until_done(&folder, &plan)?;
    }
    match &plan.work {
        Work::Comparison(compared) => {
            let points = gathered(args, &folder, &plan, compared)?;
            if is_plain(compared) {
                points.iter().try_for_each(|point| write_one(args, compared, point, out))
            } else {
                write_grid(args, compared, &points, out)
            }
        }
        Work::Analysis(analysis) => write_analysis(args, &folder, &plan, analysis),
    }
}

/// Whether there is no grid.
fn is_plain(compared: &ComparisonPlan) -> bool {
    compared.points.iter().all(|point| point.set.is_empty())
}

/// Finds files that would be in the way before anybody waits for units; of a grid the one with all its ends.
fn check_place(args: &GatherArgs, plan: &Plan, out: &Path) -> Result<()> {
    let free = match &plan.work {
        Work::Comparison(compared) if is_plain(compared) => {
            let result = comparison(&[], &[], "");
            prepare(args, compared, &Gathered { experiment: compared.experiment_at(0)?, result }, out)?
        }
        Work::Comparison(_) => OutputDir::prepare(out, &[SWEEP_FILE], args.force).context("gather")?,
        Work::Analysis(_) => OutputDir::prepare(out, &ANALYSIS_FILES, args.force).context("gather")?,
    };
    free.discard();
    Ok(())
}

/// How units that have no result are done.
fn work_words(args: &GatherArgs) -> String {
    format!("{} work {}", quoted(&program()), quoted(&args.folder.to_string_lossy()))
}

/// Puts the pieces of an analysis together, measures what is in none of them, and writes it.
fn write_analysis(args: &GatherArgs, folder: &SweepFolder, plan: &Plan, analysis: &AnalysisPlan) -> Result<()> {
    let pieces: Vec<Stored<PieceFound>> = read_all(folder, plan, &work_words(args))?;
    device_of(pieces.iter().map(|piece| &piece.origin), args.mixed)?;
    let (origins, found): (Vec<Origin>, Vec<PieceFound>) =
        pieces.into_iter().map(|piece| (piece.origin, piece.found)).unzip();
    let out = args.out.as_ref().unwrap_or(&args.folder);
    // What is read is found from the folder of the plan.
    let out = std::path::absolute(out).unwrap_or_else(|_| out.clone());
    let dir = OutputDir::prepare(&out, &ANALYSIS_FILES, args.force).context("gather")?;
    let mut ready = ready_of(analysis, &plan.folder, DeviceChoice::Cpu)?;
    let is_whole = is_all_in_pieces(&ready.options.parts);
    if !is_whole {
        ready.options.device = device(&plan.device)?;
    }
    let mut whole = ready.analyze(found, &AtomicBool::new(false))?;
    let own = (!is_whole).then(|| origin(whole.report.device.clone()));
    whole.report.device = device_of(origins.iter().chain(&own), args.mixed)?;
    ready.write(whole, &dir)
}

/// A comparison of the grid.
struct Gathered {
    experiment: Experiment,
    result: CompareResult,
}

/// The comparisons of all points.
fn gathered(args: &GatherArgs, folder: &SweepFolder, plan: &Plan, compared: &ComparisonPlan) -> Result<Vec<Gathered>> {
    let runs: Vec<Stored<RunResult>> = read_all(folder, plan, &work_words(args))?;
    let device = device_of(runs.iter().map(|run| &run.origin), args.mixed)?;
    let of = |(place, point): (usize, &Point)| -> Result<Gathered> {
        let result = comparison(&point.units, &runs, &device);
        Ok(Gathered { experiment: compared.experiment_at(place)?, result })
    };
    compared.points.iter().enumerate().map(of).collect()
}

/// The comparison of a point, as it would be asked for.
fn options(compared: &ComparisonPlan, point: &Gathered) -> CompareOptions {
    CompareOptions {
        experiment: point.experiment.clone(),
        optimizers: compared.optimizers.clone(),
        seeds: compared.seeds,
        device: DeviceChoice::Cpu,
        curvature: compared.curvature,
        tuning: Vec::new(),
        weights: compared.weights,
        kind: StudyKind::Comparison,
        jobs: None,
        done: Done::default(),
    }
}

/// Makes the folder of a comparison, where its files are not there yet.
fn prepare(args: &GatherArgs, compared: &ComparisonPlan, point: &Gathered, path: &Path) -> Result<OutputDir> {
    let names = names(&options(compared, point));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    OutputDir::prepare(path, &names, args.force).with_context(|| if args.out.is_some() { "`--out`" } else { "gather" })
}

/// Writes the files of a comparison; their names.
fn write_point(dir: &OutputDir, compared: &ComparisonPlan, point: &Gathered) -> Result<Vec<String>> {
    let rerun = rerun_of(asked_for(&options(compared, point)));
    write_comparison(dir, &point.experiment, &point.result, &rerun).map_err(|err| anyhow::anyhow!("{err}"))
}

fn write_one(args: &GatherArgs, compared: &ComparisonPlan, point: &Gathered, out: &Path) -> Result<()> {
    let dir = prepare(args, compared, point, out)?;
    let written = written_words(&write_point(&dir, compared, point)?);
    let files = format!("Wrote {written} to {}", dir.path().display());
    print(&format!("{}\n{files}", table::render(&point.experiment, &point.result, Tables::Both)))
}

/// Writes a folder for each point, and the ends of all runs.
fn write_grid(args: &GatherArgs, compared: &ComparisonPlan, points: &[Gathered], out: &Path) -> Result<()> {
    let sets: Vec<&[String]> = compared.points.iter().map(|point| &point.set[..]).collect();
    let names = folder_names(&sets);
    let own = OutputDir::prepare(out, &[SWEEP_FILE], args.force).context("gather")?;
    let prepare = |(point, name): (&Gathered, &String)| prepare(args, compared, point, &out.join(name));
    let dirs = points.iter().zip(&names).map(prepare).collect::<Result<Vec<_>>>()?;
    // Each has pictures and a page, so all cores are of use; what they write does not depend on that.
    points.par_iter().zip(&dirs).try_for_each(|(point, dir)| write_point(dir, compared, point).map(drop))?;
    let split =
        |assignment: &'_ String| assignment.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    let sets: Vec<Vec<(String, String)>> = sets.iter().map(|set| set.iter().filter_map(split).collect()).collect();
    let keys: Vec<&str> = sets.iter().take(1).flatten().map(|(key, _)| key.as_str()).collect();
    let rows: Vec<(Vec<&str>, &CompareResult)> = sets
        .iter()
        .zip(points)
        .map(|(set, point)| (set.iter().map(|(_, value)| value.as_str()).collect(), &point.result))
        .collect();
    own.write_all(&[(SWEEP_FILE, sweep_csv(&keys, &rows)?.into_bytes())])?;
    let (count, place) = (points.len(), own.path().display());
    print(&format!(
        "{}\n\nWrote {SWEEP_FILE} and the files of {count} comparisons to {place}",
        grid_table(&names, points)
    ))
}

/// The ends of all methods at all points.
fn grid_table(names: &[String], points: &[Gathered]) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (name, point) in names.iter().zip(points) {
        let table = end_table(&point.result).rows;
        let skipped = usize::from(!rows.is_empty());
        rows.extend(table.into_iter().enumerate().skip(skipped).map(|(place, row)| {
            let first = if place == 0 { String::new() } else { format!("{name}  ") + &row[0] };
            [vec![first], row[1..].to_vec()].concat()
        }));
    }
    let title = points.first().map(|point| comparison_title(&point.experiment, &point.result)).unwrap_or_default();
    [title, String::new()].into_iter().chain(align(&rows)).collect::<Vec<_>>().join("\n")
}
