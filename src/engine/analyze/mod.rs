//! The analysis of one row of weights: every measurement that the library has, on stated examples, into one report.
//!
//! Fast parts come first, so that an interrupted analysis has said the most. Each part is a job in units; between two units
//! the caller hears of the progress and may stop it. What was measured until then stays, with its number of probes.

mod clock;
mod jobs;
mod parts;

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
use super::{EngineError, open_device};
use crate::config::{DeviceChoice, ModelConfig, NoiseDistribution, Normalization, Precision, Real};
use crate::data::{Dataset, Labels};
use crate::landscape::Plane;
use crate::model::{Compute, Network, Number, Objective, Statistics, to_host};
use crate::protocol::Progress;
use crate::report::analysis::AnalysisReport;
use crate::train::targets;

/// What is to be analysed.
#[derive(Debug, Clone)]
pub struct AnalyzeOptions {
    /// The network and its loss.
    pub model: ModelConfig,
    /// One row of weights, in the order of the network's parameters.
    pub weights: Vec<f64>,
    /// Batch norm's running statistics, in the order of the network's buffers; `None` takes those of the examples
    /// themselves, through which derivatives go. Without batch norm it makes no difference.
    pub buffers: Option<Vec<f64>>,
    /// The objective's examples: so many first ones of a seeded shuffle; `None` takes all in their order.
    pub examples: Option<usize>,
    /// c of an added c/2·‖w‖².
    pub weight_decay: f64,
    /// The measurements.
    pub parts: Parts,
    /// Seed of the subset, probes, noise and directions.
    pub seed: u64,
    /// The device asked for; 64 bits are for the CPU only.
    pub device: DeviceChoice,
}

/// The measurements beside loss, accuracy and gradient.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Probes of the trace, and of the trace of each tensor.
    pub trace_probes: Option<usize>,
    /// How many eigenvalues at either end.
    pub eigenvalues: Option<usize>,
    /// The whole Hessian.
    pub dense: bool,
    /// The density of the spectrum.
    pub density: bool,
    /// Noise pairs of one σ.
    pub noise: Option<NoisePart>,
    /// A vector to multiply the Hessian with.
    pub hvp: Option<Vec<f64>>,
    /// ρ of SAM's ascent step.
    pub rho: Option<f64>,
    /// A slice.
    pub slice: Option<SlicePart>,
    /// How many random lines through the weights.
    pub lines: Option<LinePart>,
    /// Initial weights, for the terms of the bound.
    pub initial: Option<Vec<f64>>,
    /// Even parts at many σ, with noise of this distribution.
    pub sweep: Option<NoiseDistribution>,
    /// Trace and λmax once more on as many other examples.
    pub second_subset: bool,
}

/// Noise pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisePart {
    /// σ, above 0.
    pub sigma: f64,
    /// Pairs, at least 1.
    pub pairs: usize,
    /// Distribution of the noise.
    pub distribution: NoiseDistribution,
}

/// A slice.
#[derive(Debug, Clone, PartialEq)]
pub struct SlicePart {
    /// Points a side, at least 2.
    pub points: usize,
    /// Half-width along both directions, in units of the directions.
    pub range: f64,
    /// How the directions are scaled.
    pub normalization: Normalization,
    /// Given directions; random ones without.
    pub directions: Option<[Vec<f64>; 2]>,
    /// Whether the second direction is made orthogonal to the first, after normalising.
    pub orthogonal: bool,
}

/// Lines along random directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinePart {
    /// How many.
    pub count: usize,
    /// Half-width, in units of the directions.
    pub range: f64,
    /// How the directions are scaled.
    pub normalization: Normalization,
}

/// What an analysis tells while it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AnalyzeNews {
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
    let network = Arc::new(Network::new(&options.model)?);
    assert_eq!(options.weights.len(), network.num_parameters(), "one weight a parameter");
    let (compute, device, notice) = open::<T>(options.device)?;
    let (first, second) = subsets(options, data);
    let statistics = match &options.buffers {
        Some(buffers) if !buffers.is_empty() => {
            Statistics::Frozen(compute.tensor_f64(buffers.clone(), [1, buffers.len()]))
        }
        _ => Statistics::Batch,
    };
    let objective = |examples: &Dataset<T>| {
        Objective::new(Arc::clone(&network), &examples.x, targets(&examples.y), compute.clone())
            .with_statistics(statistics.clone())
            .with_weight_decay(options.weight_decay)
    };
    let plane = options.parts.slice.as_ref().map(|part| parts::plane(options, part, &network)).transpose()?;
    let lines = options.parts.lines.map(|part| parts::line_directions(options, part, &network)).transpose()?;
    let report = empty_report(options, &network, &first, device);
    let is_classification = !matches!(data.y, Labels::Values { .. });
    let weights = compute.tensor_f64(options.weights.clone(), [1, options.weights.len()]);
    let own = objective(&first);
    let ground = Ground { weights: weights.clone(), objective: &own, plane: plane.as_ref(), is_classification };
    let jobs = Jobs::new(options, &ground, lines, second.as_ref().map(objective));
    let mut analyzer = Analyzer {
        options,
        weights,
        objective: own,
        gradient: Vec::new(),
        plane,
        jobs,
        clock: Clock::default(),
        report,
        progress,
        cancel,
        is_classification,
        index: 0,
    };
    // Only the objective's copy is needed from here on.
    drop((first, second));
    analyzer.measure();
    Ok(Analysis { report: analyzer.report, notice })
}

fn open<T: Real>(choice: DeviceChoice) -> Result<(Compute, String, Option<String>), EngineError> {
    let choice = if T::PRECISION == Precision::F64 { DeviceChoice::Cpu } else { choice };
    let device = open_device(choice).map_err(EngineError::Device)?;
    let compute = if T::PRECISION == Precision::F64 { Compute::cpu_f64() } else { device.compute };
    Ok((compute, device.name, device.notice))
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
    /// ∇L(w), on the host.
    gradient: Vec<f64>,
    /// That of the slice.
    plane: Option<Plane>,
    jobs: Jobs,
    clock: Clock,
    report: AnalysisReport,
    progress: &'a mut dyn FnMut(AnalyzeNews),
    cancel: &'a AtomicBool,
    is_classification: bool,
    /// Parts begun.
    index: usize,
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
        (self.progress)(AnalyzeNews::Forecast(planned.forecast()));
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
        self.gradient = to_host(self.objective.gradients(self.weights.clone()).1);
        self.report.gradient_norm = norm(&self.gradient);
        self.tell("loss and gradient", Progress { done: total, total });
    }
}

impl Parts {
    /// Parts that the progress counts, loss and gradient among them.
    fn count(&self) -> usize {
        let asked = [
            self.hvp.is_some(),
            self.rho.is_some(),
            self.noise.is_some(),
            self.trace_probes.is_some(),
            self.trace_probes.is_some(),
            self.eigenvalues.is_some(),
            self.lines.is_some(),
            self.sweep.is_some() && self.trace_probes.is_none(),
            self.sweep.is_some(),
            self.initial.is_some(),
            self.second_subset,
            self.slice.is_some(),
            self.dense,
            self.density,
        ];
        1 + asked.into_iter().filter(|asked| *asked).count()
    }
}
