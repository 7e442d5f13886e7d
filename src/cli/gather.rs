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
use super::error::say;
use super::plan::program;
use super::print::print;
use super::table::{self, Tables, align};
use super::work::origin;
use crate::config::{DeviceChoice, Experiment, StudyKind};
use crate::engine::{self, CompareOptions, Done, EngineError, Keeping, SESSION_FILE, There, is_all_in_pieces};
use crate::export::{
    ANALYSIS_FILES, OutputDir, comparison_title, end_table, sweep_csv, write_comparison, written_words,
};
use crate::report::pieces::PieceFound;
use crate::report::results::{CompareResult, RunResult};
use crate::session::store::Writer;
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
            let device = DeviceChoice::parse(&plan.device)?;
            let writing = Writing { args, compared, folder: &plan.folder, device };
            if is_plain(compared) {
                points.iter().try_for_each(|point| writing.write_one(point, out))
            } else {
                writing.write_grid(&points, out)
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
            let made = origin(String::new());
            prepare(args, compared, &Gathered { experiment: compared.experiment_at(0)?, result, made }, out)?
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
    /// What made its first run.
    made: Origin,
}

/// The comparisons of all points.
fn gathered(args: &GatherArgs, folder: &SweepFolder, plan: &Plan, compared: &ComparisonPlan) -> Result<Vec<Gathered>> {
    let runs: Vec<Stored<RunResult>> = read_all(folder, plan, &work_words(args))?;
    let device = device_of(runs.iter().map(|run| &run.origin), args.mixed)?;
    let of = |(place, point): (usize, &Point)| -> Result<Gathered> {
        let result = comparison(&point.units, &runs, &device);
        let made = point.units.first().map_or_else(|| origin(String::new()), |unit| runs[*unit].origin.clone());
        Ok(Gathered { experiment: compared.experiment_at(place)?, result, made })
    };
    compared.points.iter().enumerate().map(of).collect()
}

/// The comparison of a point, as it would be asked for.
fn options(compared: &ComparisonPlan, point: &Gathered, device: DeviceChoice) -> CompareOptions {
    CompareOptions {
        experiment: point.experiment.clone(),
        optimizers: compared.optimizers.clone(),
        seeds: compared.seeds,
        device,
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
    let names = names(&options(compared, point, DeviceChoice::Auto));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    OutputDir::prepare(path, &names, args.force).with_context(|| if args.out.is_some() { "`--out`" } else { "gather" })
}

/// What all comparisons that are written have in common.
#[derive(Clone, Copy)]
struct Writing<'a> {
    args: &'a GatherArgs,
    compared: &'a ComparisonPlan,
    /// Where relative paths of the plan are from.
    folder: &'a Path,
    /// What was asked for; it may be none of this machine's.
    device: DeviceChoice,
}

impl Writing<'_> {
    /// Writes the files of a comparison, and its session last, which knows them; their names.
    fn write_point(self, dir: &OutputDir, point: &Gathered) -> Result<Vec<String>> {
        let options = options(self.compared, point, self.device);
        let asked = asked_for(&options);
        let rerun = rerun_of(asked.clone());
        let written = write_comparison(dir, &point.experiment, &point.result, &rerun);
        let mut written = written.map_err(|err| anyhow::anyhow!("{err}"))?;
        let there = if self.args.force { There::ThrowAway } else { There::None };
        let path = dir.path().join(SESSION_FILE);
        let keeping = Keeping { path, writer: Writer::Gather, there, pause: Keeping::PAUSE, asked };
        let gathered = engine::Gathered {
            options: &options,
            folder: self.folder,
            result: &point.result,
            version: &point.made.version,
            processor: point.made.processor.as_deref(),
            written: written.clone(),
        };
        match gathered.keep(&keeping) {
            Ok(()) => written.push(SESSION_FILE.to_owned()),
            // The results stand whatever became of the data since.
            Err(EngineError::Task(err)) => {
                say(&format!("no {SESSION_FILE} is written, since what the runs began with cannot be read: {err}"));
            }
            Err(err) => return Err(err.into()),
        }
        Ok(written)
    }

    fn write_one(self, point: &Gathered, out: &Path) -> Result<()> {
        let dir = prepare(self.args, self.compared, point, out)?;
        let written = written_words(&self.write_point(&dir, point)?);
        let files = format!("Wrote {written} to {}", dir.path().display());
        print(&format!("{}\n{files}", table::render(&point.experiment, &point.result, Tables::Both)))
    }

    /// Writes a folder for each point, and the ends of all runs.
    fn write_grid(self, points: &[Gathered], out: &Path) -> Result<()> {
        let sets: Vec<&[String]> = self.compared.points.iter().map(|point| &point.set[..]).collect();
        let names = folder_names(&sets);
        let own = OutputDir::prepare(out, &[SWEEP_FILE], self.args.force).context("gather")?;
        let prepare = |(point, name): (&Gathered, &String)| prepare(self.args, self.compared, point, &out.join(name));
        let dirs = points.iter().zip(&names).map(prepare).collect::<Result<Vec<_>>>()?;
        // Each has pictures and a page, so all cores are of use; what they write does not depend on that.
        points.par_iter().zip(&dirs).try_for_each(|(point, dir)| self.write_point(dir, point).map(drop))?;
        own.write_all(&[(SWEEP_FILE, sweep_text(&sets, points)?)])?;
        let (count, place) = (points.len(), own.path().display());
        print(&format!(
            "{}\n\nWrote {SWEEP_FILE} and the files of {count} comparisons to {place}",
            grid_table(&names, points)
        ))
    }
}

/// The table with the ends of all runs.
fn sweep_text(sets: &[&[String]], points: &[Gathered]) -> Result<Vec<u8>> {
    let split =
        |assignment: &'_ String| assignment.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    let sets: Vec<Vec<(String, String)>> = sets.iter().map(|set| set.iter().filter_map(split).collect()).collect();
    let keys: Vec<&str> = sets.iter().take(1).flatten().map(|(key, _)| key.as_str()).collect();
    let rows: Vec<(Vec<&str>, &CompareResult)> = sets
        .iter()
        .zip(points)
        .map(|(set, point)| (set.iter().map(|(_, value)| value.as_str()).collect(), &point.result))
        .collect();
    Ok(sweep_csv(&keys, &rows)?.into_bytes())
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
