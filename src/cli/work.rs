//! `flatscape work`: units of a plan, one after the other, each kept as it ends.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use serde::Serialize;

use super::analyze::Ready;
use super::analyze::pieces::{measure, ready_of};
use super::compare::{device, show_news, whole};
use super::error::{BadInput, line_of, say};
use super::print::print;
use super::progress::Progress;
use super::{WorkArgs, memory};
use crate::config::{DeviceChoice, OptimizerKind, StudyKind};
use crate::engine::{CompareNews, CompareOptions, Done, compare_run, processor_of};
use crate::number::significant;
use crate::report::pieces::{Piece, PieceFound};
use crate::report::results::RunResult;
use crate::sweep::analysis::AnalysisPlan;
use crate::sweep::claim::{BEAT, Claim, Claimed, PATIENCE, Watched, worker_name};
use crate::sweep::comparison::ComparisonPlan;
use crate::sweep::folder::{Origin, Stored, SweepFolder};
use crate::sweep::index::{counted, counter_words, listed};
use crate::sweep::plan::{Plan, Work};
use crate::sweep::unit::{Unit, UnitKind};

const MAX_THREADS: u64 = 4096;
const MAX_STRIDE: u64 = 1_000_000;
/// A worker that waits for others looks so often.
const POLL: Duration = Duration::from_secs(1);

/// Runs the command.
pub fn run(args: &WorkArgs) -> Result<()> {
    memory::limit(args.max_memory.as_deref())?;
    // A plan of an analysis has this process work in its own folder.
    let path = std::path::absolute(&args.folder).unwrap_or_else(|_| args.folder.clone());
    let (folder, plan) = SweepFolder::open(&path)?;
    let device = device(args.device.as_deref().unwrap_or(&plan.device))?;
    if let Some(threads) = threads(args)? {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("`--threads`")?;
    }
    if plan.version != env!("CARGO_PKG_VERSION") {
        let (made, own) = (&plan.version, env!("CARGO_PKG_VERSION"));
        say(&format!(
            "the plan was made by version {made} and this is {own}: results of both are not gathered together"
        ));
    }
    let worker = Worker { folder, plan, device, name: worker_name(), force: args.force, ready: OnceCell::new() };
    if args.all { worker.do_all() } else { worker.do_some(&chosen(args, worker.plan.units.len())?) }
}

/// Cores that the worker takes, where that is not all it may use: HyperQueue does not bind a task to its cores unless it is asked
/// to, but says how many they are.
fn threads(args: &WorkArgs) -> Result<Option<usize>> {
    if let Some(threads) = &args.threads {
        return Ok(Some(whole("--threads", threads, MAX_THREADS)? as usize));
    }
    let told = std::env::var("HQ_TASK_ID").and_then(|_| std::env::var("OMP_NUM_THREADS")).ok();
    Ok(told.and_then(|threads| threads.trim().parse().ok()).filter(|threads| *threads > 0))
}

/// The units that the arguments or the environment name.
fn chosen(args: &WorkArgs, num_units: usize) -> Result<Vec<usize>> {
    if let Some(text) = &args.unit {
        return Ok(listed(text, num_units)?);
    }
    let stride = args.stride.as_deref().map(|text| whole("--stride", text, MAX_STRIDE)).transpose()?;
    let found = counted(&|name| std::env::var(name).ok(), num_units, stride.map(|stride| stride as usize))?;
    found.ok_or_else(|| {
        let counters = counter_words();
        BadInput(format!("no unit is named, expected --unit, --all, or a task that is counted by one of {counters}"))
            .into()
    })
}

/// A process that does units.
struct Worker {
    folder: SweepFolder,
    plan: Plan,
    device: DeviceChoice,
    name: String,
    /// Whether units that have a result are done again.
    force: bool,
    /// What the pieces of an analysis are of, once it is read.
    ready: OnceCell<Ready>,
}

impl Worker {
    /// Does units by their numbers, whoever else is at them: what counts tasks starts one again only where it is lost.
    fn do_some(&self, units: &[usize]) -> Result<()> {
        for unit in units.iter().map(|unit| &self.plan.units[*unit]) {
            if self.folder.is_done(&unit.id) && !self.force {
                self.tell(unit, "has a result")?;
                continue;
            }
            let _claim = Claim::take_over(&self.folder.claim_path(&unit.id), &self.name, BEAT);
            self.unit(unit)?;
        }
        Ok(())
    }

    /// Does all units that have no result and that no other worker is at, until there is none.
    fn do_all(&self) -> Result<()> {
        let mut open: VecDeque<&Unit> = self.plan.units.iter().collect();
        let (mut watched, mut is_told) = (Watched::default(), false);
        // Units in a row that others are at.
        let mut taken = 0;
        while let Some(unit) = open.pop_front() {
            if self.folder.is_done(&unit.id) {
                continue;
            }
            let path = self.folder.claim_path(&unit.id);
            let claim = match Claim::take(&path, &self.name, BEAT) {
                Claimed::Ours(claim) => claim,
                Claimed::Others(text) if watched.is_abandoned(&unit.id, &text, Instant::now(), PATIENCE) => {
                    say(&format!("unit {}: its worker is gone, so it is done here", unit.i));
                    Claim::take_over(&path, &self.name, BEAT)
                }
                Claimed::Others(_) => {
                    open.push_back(unit);
                    taken += 1;
                    if taken >= open.len() {
                        if !std::mem::replace(&mut is_told, true) {
                            say(&format!("waiting for {} units that other workers are at", open.len()));
                        }
                        std::thread::sleep(POLL);
                        taken = 0;
                    }
                    continue;
                }
            };
            taken = 0;
            // Its worker may have ended between the look at its result and that at its claim.
            if !self.folder.is_done(&unit.id) {
                self.unit(unit)?;
            }
            drop(claim);
        }
        let units = self.plan.units.len();
        print(&format!("All {units} units have results"))
    }

    /// Does one unit and keeps its result, or says beside it why there is none.
    fn unit(&self, unit: &Unit) -> Result<()> {
        let begun = Instant::now();
        self.folder.forget_failure(&unit.id);
        if let Err(err) = self.result_of(unit) {
            self.folder.note_failure(&unit.id, &line_of(&err));
            return Err(err.context(format!("unit {} ({})", unit.i, self.plan.words(unit))));
        }
        self.tell(unit, &format!("done in {} s", significant(begun.elapsed().as_secs_f64(), 3)))
    }

    /// Does one unit and keeps its result.
    fn result_of(&self, unit: &Unit) -> Result<()> {
        match (&unit.kind, &self.plan.work) {
            (&UnitKind::Run { point, optimizer, seed }, Work::Comparison(comparison)) => {
                self.run_of(comparison, (point, optimizer, seed)).and_then(|found| self.keep(unit, found))
            }
            (&UnitKind::Piece(piece), Work::Analysis(analysis)) => {
                self.piece_of(analysis, piece).and_then(|found| self.keep(unit, found))
            }
            _ => Err(BadInput("the unit is not one of what is planned".to_owned()).into()),
        }
    }

    /// Keeps what a unit found on a device.
    fn keep<T: Serialize>(&self, unit: &Unit, (device, found): (String, T)) -> Result<()> {
        Ok(self.folder.write(&Stored { unit: unit.id.clone(), origin: origin(device), found })?)
    }

    /// Measures a piece; what it is of is read once.
    fn piece_of(&self, analysis: &AnalysisPlan, piece: Piece) -> Result<(String, PieceFound)> {
        let ready = match self.ready.get() {
            Some(ready) => ready,
            None => {
                let read = ready_of(analysis, &self.plan.folder, self.device)?;
                read.lines.iter().for_each(|line| say(line));
                self.ready.get_or_init(|| read)
            }
        };
        let (found, whole) = measure(ready, piece)?;
        whole.notice.iter().for_each(|notice| say(notice));
        Ok((whole.report.device, found))
    }

    /// Trains and measures a run.
    fn run_of(&self, comparison: &ComparisonPlan, run: (usize, OptimizerKind, u64)) -> Result<(String, RunResult)> {
        let one = comparison.run(run, &self.plan.folder)?;
        let options = CompareOptions {
            optimizers: vec![one.optimizer],
            experiment: one.experiment,
            seeds: comparison.seeds,
            device: self.device,
            curvature: comparison.curvature,
            tuning: Vec::new(),
            weights: comparison.weights,
            kind: StudyKind::Comparison,
            jobs: Some(1),
            done: Done::default(),
        };
        let mut progress = Progress::new();
        let mut show = |news: CompareNews| show_news(&mut progress, news, "");
        let result = compare_run(&options, (one.optimizer, one.seed), &mut show, &AtomicBool::new(false));
        progress.finish();
        let mut result = result?;
        result.notice.iter().for_each(|notice| say(notice));
        let found = result.runs.pop().ok_or_else(|| anyhow!("the plan has no such run"))?;
        Ok((result.device, found))
    }

    fn tell(&self, unit: &Unit, what: &str) -> Result<()> {
        print(&format!("Unit {} of {}, {}: {what}", unit.i, self.plan.units.len(), self.plan.words(unit)))
    }
}

/// What makes a result: this program on that device.
pub fn origin(device: String) -> Origin {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Origin { version, processor: processor_of(&device), device }
}
