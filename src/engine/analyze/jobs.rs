//! The measurements of an analysis, made before any of them begins: the first units of each say how long all will take, and
//! belong to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use burn::tensor::Tensor;

use super::along::{Along, Around, Ends, Losses, Probes, Station};
use super::clock::Planned;
use super::{AnalyzeOptions, NoisePart, PathPart, SliceDirections};
use crate::curvature::{
    Bound, DenseHessian, Density, Lanczos, LayerTraces, Sharpness, SharpnessKind, SubsetCheck, TraceEstimate, held_for,
};
use crate::engine::forecast::Cost;
use crate::engine::units::Units;
use crate::landscape::{LineJob, Plane, SliceJob, symmetric_axis};
use crate::model::Objective;
use crate::noise::{NoiseStatistics, SigmaSweep};
use crate::protocol::Progress;
use crate::report::analysis::EigenReport;

/// Names of the parts of a path that take longest.
pub const PATH_TRACES: &str = "traces along the path";
/// The other one.
pub const PATH_EIGENVALUES: &str = "eigenvalues along the path";

/// Probes of a trace that a part needs and nobody asked for.
const DEFAULT_PROBES: usize = 64;
/// Probes of the density, and products of each.
pub(super) const DENSITY_PROBES: usize = 8;
pub(super) const DENSITY_STEPS: usize = 64;
/// Points of a line.
const LINE_POINTS: usize = 51;
/// Examples of a batch of the bound's second α.
const BOUND_BATCH: usize = 32;
/// Products of the λmax on a second subset.
pub(super) const SUBSET_PRODUCTS: usize = 40;
/// Pairs of each σ of a sweep, and the σ: three a decade from 1e-4 to 1.
const SWEEP_PAIRS: usize = 64;
const SWEEP_SIGMAS: std::ops::RangeInclusive<i32> = -12..=0;

/// First units are done for so long at most, beyond the one that is under way then, or for a share of what they have
/// foretold so far: what takes minutes is worth being foretold as a whole.
const TRY_FOR: Duration = Duration::from_secs(3);
const TRY_SHARE: f64 = 0.5;
/// A first unit that took longer says enough; after a shorter one, the second tells what comes without costs that come once.
const PATIENCE: Duration = Duration::from_millis(400);

/// A measurement with the name of its part.
#[derive(Debug)]
pub(super) struct Job<T> {
    pub part: &'static str,
    pub units: T,
}

impl<T> Job<T> {
    /// The same part with a measurement made of this one.
    pub fn map(self, change: impl FnOnce(T) -> T) -> Self {
        Self { units: change(self.units), ..self }
    }
}

/// Trace and λmax on the examples and on as many others.
#[derive(Debug)]
pub(super) struct SecondSubset {
    pub check: SubsetCheck,
    /// The loss on the others.
    pub objective: Objective,
}

impl Units for SecondSubset {
    fn advance(&mut self, objective: &Objective) -> bool {
        self.check.advance([objective, &self.objective])
    }

    fn progress(&self) -> Progress {
        self.check.progress()
    }
}

/// Where all measurements stand.
pub(super) struct Ground<'a> {
    pub weights: Tensor<2>,
    pub objective: &'a Objective,
    /// That of the slice.
    pub plane: Option<&'a Plane>,
    pub is_classification: bool,
}

/// What was asked for and is not measured yet, in the order in which it will be.
#[derive(Debug)]
pub(super) struct Jobs {
    pub path_losses: Option<Job<Along<Losses>>>,
    /// The line to other weights.
    pub to: Option<Job<LineJob>>,
    pub sharpness: Option<Job<Sharpness>>,
    pub trace: Option<Job<TraceEstimate>>,
    pub noise: Option<Job<NoiseStatistics>>,
    pub layers: Option<Job<LayerTraces>>,
    pub eigenvalues: Option<Job<Lanczos>>,
    pub bound: Option<Job<Bound>>,
    pub lines: Option<Job<LineJob>>,
    /// The trace that the sweep is held against, where nobody asked for one.
    pub sweep_trace: Option<Job<TraceEstimate>>,
    pub sweep: Option<Job<SigmaSweep>>,
    pub second_subset: Option<Job<SecondSubset>>,
    pub path_traces: Option<Job<Along<TraceEstimate>>>,
    pub path_ends: Option<Job<Along<Ends>>>,
    pub slice: Option<Job<SliceJob>>,
    pub density: Option<Job<Density>>,
    pub dense: Option<Job<DenseHessian>>,
    /// Loss, accuracy and norm of the gradient, where a piece has found them.
    pub known_basics: Option<(f64, Option<f64>, f64)>,
    /// The eigenvalues, where a piece has found them.
    pub known_eigenvalues: Option<EigenReport>,
}

impl Jobs {
    /// Everything that `options` ask for. `lines` are directions, `to` the line to other weights, `second` is the loss on
    /// other examples.
    pub fn new(
        options: &AnalyzeOptions,
        ground: &Ground<'_>,
        (lines, to): (Option<Vec<Vec<f64>>>, Option<LineJob>),
        second: Option<Objective>,
    ) -> Self {
        let (parts, seed, objective) = (&options.parts, options.seed, ground.objective);
        let (compute, dimension) = (objective.compute(), objective.num_parameters());
        let weights = || ground.weights.clone();
        let probes = parts.trace_probes.unwrap_or(DEFAULT_PROBES);
        let trace = || TraceEstimate::new(weights(), probes, seed, 0);
        let noise = |NoisePart { sigma, pairs, distribution }| {
            NoiseStatistics::new(weights(), sigma, pairs, distribution, seed)
        };
        let bound = |initial: &Vec<f64>| {
            let initial = compute.tensor_f64(initial.clone(), [1, initial.len()]);
            Bound::new(weights(), initial, probes, BOUND_BATCH, seed)
        };
        let subsets = |objective| SecondSubset {
            check: SubsetCheck::new(&ground.weights, probes, SUBSET_PRODUCTS.min(dimension), seed),
            objective,
        };
        let density = || Density::new(weights(), DENSITY_PROBES, DENSITY_STEPS.min(dimension), seed);
        // The command line has refused networks that are too large.
        let dense = parts.dense.then(|| DenseHessian::new(weights()).ok()).flatten();
        let needs_trace = parts.sweep.is_some() && parts.trace_probes.is_none();
        Self {
            path_losses: job("losses along the path", path_losses(options)),
            to: job("line to the other weights", to),
            sharpness: job("sharpness", parts.rho.map(|rho| Sharpness::new(weights(), rho, SharpnessKind::Sam))),
            trace: job("trace", parts.trace_probes.map(|_| trace())),
            noise: job("noise", parts.noise.map(noise)),
            layers: job("trace of each layer", parts.trace_probes.map(|_| LayerTraces::new(weights(), probes, seed))),
            eigenvalues: job("eigenvalues", parts.eigenvalues.map(|k| lanczos(weights(), objective, k, seed))),
            bound: job("bound", parts.initial.as_ref().map(bound)),
            lines: job("lines", lines.map(|directions| line_job(options, ground, &directions))),
            sweep_trace: job("trace for the sweep", needs_trace.then(trace)),
            sweep: job("sweep of σ", sweep(options, ground)),
            second_subset: job("second subset", second.map(subsets)),
            path_traces: job(PATH_TRACES, path_traces(options)),
            path_ends: job(PATH_EIGENVALUES, path_ends(options)),
            slice: job("slice", slice(options, ground)),
            density: job("density of the spectrum", parts.density.then(density)),
            dense: job("dense Hessian", dense),
            known_basics: None,
            known_eigenvalues: None,
        }
    }

    fn all(&mut self) -> Vec<(&'static str, &mut dyn Units)> {
        [
            units(&mut self.path_losses),
            units(&mut self.to),
            units(&mut self.sharpness),
            units(&mut self.trace),
            units(&mut self.noise),
            units(&mut self.layers),
            units(&mut self.eigenvalues),
            units(&mut self.bound),
            units(&mut self.lines),
            units(&mut self.sweep_trace),
            units(&mut self.sweep),
            units(&mut self.second_subset),
            units(&mut self.path_traces),
            units(&mut self.path_ends),
            units(&mut self.slice),
            units(&mut self.density),
            units(&mut self.dense),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Does the first unit of each, or the first two where they are short, and tells what is left by what they took.
    pub fn first_units(&mut self, objective: &Objective, cancel: &AtomicBool) -> Planned {
        let (started, mut foretold) = (Instant::now(), 0.0);
        let mut planned = Planned { parts: Vec::new(), is_complete: true };
        for (part, units) in self.all() {
            let is_long = started.elapsed() > TRY_FOR && started.elapsed().as_secs_f64() > TRY_SHARE * foretold;
            if cancel.load(Ordering::Relaxed) || is_long {
                planned.is_complete = false;
                break;
            }
            let begun = Instant::now();
            let (mut cost, is_complete) = unit(units, objective);
            if !is_complete && begun.elapsed() < PATIENCE {
                cost = unit(units, objective).0;
            }
            let left = cost.per_unit() * units.expected_left() as f64;
            foretold += left;
            planned.parts.push((part, left));
        }
        planned
    }
}

/// One unit and what it cost; true where the job is complete.
fn unit(units: &mut dyn Units, objective: &Objective) -> (Cost, bool) {
    let (begun, before) = (Instant::now(), units.progress().done);
    let is_complete = units.advance(objective);
    let mut cost = Cost::default();
    cost.add(begun.elapsed(), units.progress().done.saturating_sub(before) as f64);
    (cost, is_complete)
}

fn job<T>(part: &'static str, units: Option<T>) -> Option<Job<T>> {
    units.map(|units| Job { part, units })
}

fn units<T: Units>(job: &mut Option<Job<T>>) -> Option<(&'static str, &mut dyn Units)> {
    job.as_mut().map(|job| (job.part, &mut job.units as &mut dyn Units))
}

fn lanczos(weights: Tensor<2>, objective: &Objective, k: usize, seed: u64) -> Lanczos {
    let dimension = objective.num_parameters();
    let most = dimension.min(100 + 50 * k);
    // Products in 32 bits are good to about 1e-6 of the largest eigenvalue. Of a large network the eigenvalue is much closer
    // than its residual, and products are dear.
    let is_large = held_for(dimension, size_of::<f64>()) < most;
    let tolerance = if is_large { 1e-3 } else { (100.0 * objective.compute().epsilon()).max(1e-10) };
    Lanczos::for_pairs(weights, k, tolerance, most, seed)
}

fn line_job(options: &AnalyzeOptions, ground: &Ground<'_>, directions: &[Vec<f64>]) -> LineJob {
    let range = options.parts.lines.map_or(1.0, |lines| lines.range);
    let axis = symmetric_axis(range, LINE_POINTS);
    LineJob::along(ground.weights.clone(), directions, axis, ground.objective.compute())
        .expect("the directions were checked before anything was measured")
}

fn sweep(options: &AnalyzeOptions, ground: &Ground<'_>) -> Option<SigmaSweep> {
    let distribution = options.parts.sweep?;
    let mut sigmas: Vec<f64> = SWEEP_SIGMAS.map(|third| 10_f64.powf(f64::from(third) / 3.0)).collect();
    let own = options.parts.noise;
    sigmas.extend(own.map(|noise| noise.sigma));
    let pairs = own.map_or(SWEEP_PAIRS, |noise| noise.pairs);
    Some(SigmaSweep::new(ground.weights.clone(), &sigmas, pairs, distribution, options.seed))
}

fn slice(options: &AnalyzeOptions, ground: &Ground<'_>) -> Option<SliceJob> {
    let (part, plane) = (options.parts.slice.as_ref()?, ground.plane?);
    let axes = match &part.directions {
        SliceDirections::Plane(_, axes) => axes.clone(),
        _ => [0, 1].map(|_| symmetric_axis(part.range, part.points)),
    };
    let job = SliceJob::on_axes(ground.weights.clone(), plane, axes, ground.objective.compute());
    Some(if ground.is_classification { job.with_accuracy() } else { job })
}

/// A measurement along the path.
fn along<S: Station>(options: &AnalyzeOptions, path: &PathPart, setting: S::Setting) -> Along<S> {
    Along::new(options, path, setting)
}

fn path_losses(options: &AnalyzeOptions) -> Option<Along<Losses>> {
    let path = options.parts.path.as_ref()?;
    Some(along(options, path, Around { plane: Arc::clone(&path.plane), center: options.weights.clone() }))
}

fn path_traces(options: &AnalyzeOptions) -> Option<Along<TraceEstimate>> {
    let path = options.parts.path.as_ref()?;
    path.probes.map(|count| along(options, path, Probes { count, seed: options.seed }))
}

fn path_ends(options: &AnalyzeOptions) -> Option<Along<Ends>> {
    let path = options.parts.path.as_ref()?;
    path.probes.map(|_| along(options, path, options.seed))
}
