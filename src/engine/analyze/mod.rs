//! The analysis of one row of weights: every measurement that the library has, on stated examples, into one report.
//!
//! Fast parts come first, so that an interrupted analysis has said the most. Each part is a job in units; between two units
//! the caller hears of the progress and may stop it. What was measured until then stays, with its number of probes.

mod along;
mod clock;
mod device;
mod jobs;
mod memory;
mod options;
mod parts;
mod pieces;
mod routes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::Tensor;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use self::clock::{Clock, Pace};
use self::jobs::{Ground, Job, Jobs};
use super::forecast::Forecast;
use super::units::Units;
use super::{EngineError, OpenDevice};
use crate::config::Real;
use crate::data::limit::{machine_memory, size_words};
use crate::data::{Dataset, Labels};
use crate::landscape::Plane;
use crate::model::{Compute, Network, Number, Objective, Statistics, to_host};
use crate::protocol::{DeviceReport, Progress};
use crate::report::analysis::AnalysisReport;
use crate::train::targets;

pub use jobs::{PATH_EIGENVALUES, PATH_TRACES};
pub use options::{
    AnalyzeOptions, LinePart, NoisePart, OtherWeights, Parts, PathPart, SliceDirections, SlicePart, ThirdPart, ToPart,
};
pub use pieces::{analyze_knowing, analyze_piece, is_all_in_pieces, pieces_of};

/// What an analysis tells while it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnalyzeNews<'a> {
    /// Which of two devices was taken and why, where `auto` had to choose.
    Device(&'a DeviceReport),
    /// How long it will take, before anything long begins.
    Forecast(Forecast),
    /// How far it is.
    Progress(AnalyzeProgress),
}

/// How far an analysis is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnalyzeProgress {
    /// The part, in words, such as "trace".
    pub part: &'static str,
    /// Which one of how many, from 1.
    pub index: usize,
    /// Parts in all.
    pub parts: usize,
    /// Units of this part.
    pub progress: Progress,
    /// Units of this part a second; NaN before the first one.
    pub per_second: f64,
    /// The share of the whole analysis's time that is over, from 0 to 1.
    pub share: f64,
    /// Seconds that the whole analysis has left.
    pub seconds_left: f64,
}

/// What an analysis gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The figures.
    pub report: AnalysisReport,
    /// Why another device than asked for was taken, in one sentence.
    pub notice: Option<String>,
}

/// Measures everything that `options` ask for on examples that fit the network, in their precision. `cancel` stops it after the unit under way; the report then has what was
/// measured so far.
///
/// # Errors
/// [`EngineError`] when the model is not valid, the device fails, or the directions span no plane.
///
/// # Panics
/// When weights, examples or directions do not have the model's size, which whoever reads them checks.
pub fn analyze<T: Number>(
    options: &AnalyzeOptions,
    data: &Dataset<T>,
    progress: &mut dyn FnMut(AnalyzeNews),
    cancel: &AtomicBool,
) -> Result<Analysis, EngineError> {
    analyze_knowing(options, data, Vec::new(), progress, cancel)
}

/// Opens the device, makes the measurements that `options` ask for, and has `work` do what it wants of them.
fn with_analyzer<T: Number, R>(
    options: &AnalyzeOptions,
    data: &Dataset<T>,
    progress: &mut dyn FnMut(AnalyzeNews),
    cancel: &AtomicBool,
    work: impl FnOnce(&mut Analyzer<'_>) -> R,
) -> Result<(Analysis, R), EngineError> {
    let network = Arc::new(Network::new(&options.model)?);
    assert_eq!(options.weights.len(), network.num_parameters(), "one weight a parameter");
    let (first, second) = subsets(options, data);
    let (OpenDevice { compute, name: device, notice }, report) = device::open(options, &network, &first)?;
    if let Some(report) = &report {
        progress(AnalyzeNews::Device(report));
    }
    let objective = |examples: &Dataset<T>| objective_of(options, &network, examples, &compute);
    let plane = options.parts.slice.as_ref().map(|part| parts::plane(options, part, &network)).transpose()?;
    let lines = options.parts.lines.map(|part| parts::line_directions(options, part, &network)).transpose()?;
    let is_classification = !matches!(data.y, Labels::Values { .. });
    let to = options.parts.to.as_ref();
    let to = to.map(|part| parts::line_to(options, part, is_classification, &compute)).transpose()?;
    let report = empty_report(options, &network, &first, device);
    let weights = compute.tensor_f64(options.weights.clone(), [1, options.weights.len()]);
    let own = objective(&first);
    let needed = memory::needed(options, &own);
    let there = machine_memory().unwrap_or(u64::MAX);
    if needed > there {
        let [needed, there] = [needed, there].map(size_words);
        let less = "fewer eigenvalues or no density take less, and so does a smaller network";
        return Err(EngineError::TooLarge { needed, there, less });
    }
    let ground = Ground { weights: weights.clone(), objective: &own, plane: plane.as_deref(), is_classification };
    let jobs = Jobs::new(options, &ground, (lines, to), second.as_ref().map(objective));
    let mut analyzer = Analyzer {
        options,
        weights,
        objective: own,
        gradient: Vec::new(),
        needed,
        plane,
        jobs,
        clock: Clock::default(),
        report,
        progress,
        cancel,
        is_classification,
        index: 0,
        failure: None,
    };
    // Only the objective's copy is needed from here on.
    drop((first, second));
    let found = work(&mut analyzer);
    if let Some(failure) = analyzer.failure {
        return Err(failure);
    }
    Ok((Analysis { report: analyzer.report, notice }, found))
}

/// The loss on some examples.
fn objective_of<T: Number>(
    options: &AnalyzeOptions,
    network: &Arc<Network>,
    examples: &Dataset<T>,
    compute: &Compute,
) -> Objective {
    Objective::new(Arc::clone(network), &examples.x, targets(&examples.y), compute.clone())
        .with_statistics(statistics(options.buffers.as_ref(), compute))
        .with_weight_decay(options.weight_decay)
}

/// Batch norm's running statistics as constants, or those of the examples where there are none.
fn statistics(buffers: Option<&Vec<f64>>, compute: &Compute) -> Statistics {
    match buffers {
        Some(buffers) if !buffers.is_empty() => {
            Statistics::Frozen(compute.tensor_f64(buffers.clone(), [1, buffers.len()]))
        }
        _ => Statistics::Batch,
    }
}

/// The examples of the objective, and as many others for the second look at the curvature.
fn subsets<T: Real>(options: &AnalyzeOptions, data: &Dataset<T>) -> (Dataset<T>, Option<Dataset<T>>) {
    let Some(n) = options.examples else { return (data.clone(), None) };
    let mut order: Vec<u32> = (0..data.len() as u32).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(options.seed));
    let n = n.min(order.len());
    let end = (2 * n).min(order.len());
    let second = (options.parts.second_subset && end > n).then(|| data.select(&order[n..end]));
    (data.select(&order[..n]), second)
}

/// The report before anything is measured.
fn empty_report<T: Real>(
    options: &AnalyzeOptions,
    network: &Network,
    examples: &Dataset<T>,
    device: String,
) -> AnalysisReport {
    let loss = network.loss_label();
    let has_norms = network.architecture().num_buffers() > 0;
    let statistics = has_norms.then_some(if options.buffers.is_some() { "frozen" } else { "batch" });
    let chosen = match options.examples {
        Some(_) => format!("{} examples drawn with seed {}", examples.len(), options.seed),
        None => format!("{} examples", examples.len()),
    };
    let decay = options.weight_decay;
    let penalty = if decay == 0.0 { String::new() } else { format!(", plus {decay}/2·‖w‖²") };
    AnalysisReport {
        parameters: network.num_parameters(),
        loss: f64::NAN,
        accuracy: None,
        gradient_norm: f64::NAN,
        trace: None,
        layer_traces: None,
        eigenvalues: None,
        dense: None,
        hvp: None,
        sharpness: None,
        noise: None,
        slice: None,
        path: None,
        line: None,
        plane: None,
        more: serde_json::Map::new(),
        objective: format!("{loss}, mean over {chosen}{penalty}{}", statistics.map_or("", norm_words)),
        statistics,
        examples: examples.len(),
        weight_decay: decay,
        weight_norm: norm(&options.weights),
        precision: T::PRECISION.key(),
        device,
        seed: options.seed,
        weights_notes: Vec::new(),
        interrupted: false,
        not_finite: 0,
        figure: None,
    }
}

fn norm_words(statistics: &str) -> &'static str {
    if statistics == "frozen" {
        ", batch norm by its running statistics"
    } else {
        ", batch norm by the statistics of the examples"
    }
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// An analysis on its way.
struct Analyzer<'a> {
    options: &'a AnalyzeOptions,
    weights: Tensor<2>,
    objective: Objective,
    /// ∇L(w), on the host, where a part needs it.
    gradient: Vec<f64>,
    /// Bytes of memory that it takes at most, about.
    needed: u64,
    /// That of the slice.
    plane: Option<Arc<Plane>>,
    jobs: Jobs,
    clock: Clock,
    report: AnalysisReport,
    progress: &'a mut dyn FnMut(AnalyzeNews),
    cancel: &'a AtomicBool,
    is_classification: bool,
    /// Parts begun.
    index: usize,
    /// What ends it without a report.
    failure: Option<EngineError>,
}

impl Analyzer<'_> {
    fn is_stopped(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    fn tell(&mut self, part: &'static str, progress: Progress) {
        let parts = self.options.parts.count();
        let Pace { per_second, share, seconds_left } = self.clock.look(part, progress);
        let now = AnalyzeProgress { part, index: self.index, parts, progress, per_second, share, seconds_left };
        (self.progress)(AnalyzeNews::Progress(now));
    }

    /// Does the first units of all measurements and tells how long the rest will take.
    fn forecast(&mut self) {
        let planned = self.jobs.first_units(&self.objective, self.cancel);
        let bytes = Some(self.needed);
        (self.progress)(AnalyzeNews::Forecast(Forecast { bytes, ..planned.forecast() }));
        self.clock.expect(planned);
    }

    /// Does a job to its end, or until the user stops it.
    fn run<T: Units>(&mut self, job: Job<T>) -> T {
        let Job { part, mut units } = job;
        self.index += 1;
        self.tell(part, units.progress());
        while !self.is_stopped() {
            let is_complete = units.advance(&self.objective);
            self.tell(part, units.progress());
            if is_complete {
                return units;
            }
        }
        self.report.interrupted = true;
        units
    }

    /// Loss, accuracy and gradient: the part that every analysis has.
    fn basics(&mut self) {
        self.index += 1;
        if let Some(known) = self.jobs.known_basics.take() {
            (self.report.loss, self.report.accuracy, self.report.gradient_norm) = known;
            return;
        }
        let total = 2;
        self.tell("loss and gradient", Progress { done: 0, total });
        let (loss, accuracy) = self.objective.evaluate(self.weights.clone());
        self.report.loss = loss;
        self.report.accuracy = self.is_classification.then_some(accuracy);
        self.tell("loss and gradient", Progress { done: 1, total });
        if self.is_stopped() {
            self.report.interrupted = true;
            return;
        }
        let gradient = to_host(self.objective.gradients(self.weights.clone()).1);
        self.report.gradient_norm = norm(&gradient);
        if self.options.parts.hvp.is_some() {
            self.gradient = gradient;
        }
        self.tell("loss and gradient", Progress { done: total, total });
    }
}
