//! The parts of an analysis, fast ones first.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::jobs::{Job, SecondSubset};
use super::{AnalyzeOptions, Analyzer, LinePart, NoisePart, SliceDirections, SlicePart, ToPart};
use crate::curvature::{RitzPair, TraceEstimate};
use crate::landscape::{LineJob, Plane, PlaneError, linear_axis, random_direction};
use crate::model::{Compute, Network, to_host};
use crate::protocol::{Estimate, Progress, SliceGrid};
use crate::report::analysis::{
    DenseReport, EigenReport, HvpReport, LayerTraceReport, NoiseReport, SharpnessSection, SliceReport,
};

/// Residuals of one unit of work.
const RESIDUALS_PER_UNIT: usize = 4;
/// What a caption adds where weights beside those at the centre are drawn.
const OWN_STATISTICS: &str = ", those of the centre everywhere; dots and rings by their own";
/// Points of the density's curve.
const DENSITY_POINTS: usize = 401;

impl Analyzer<'_> {
    /// Measures everything that was asked for, until the end or until the user stops it.
    pub(super) fn measure(&mut self) {
        self.basics();
        self.forecast();
        let steps: [fn(&mut Self); 18] = [
            Self::hvp,
            Self::path_losses,
            Self::line,
            Self::three,
            Self::sharpness,
            Self::trace,
            Self::noise,
            Self::layer_traces,
            Self::eigenvalues,
            Self::bound,
            Self::lines,
            Self::sweep,
            Self::second_subset,
            Self::path_traces,
            Self::path_ends,
            Self::slice,
            Self::density,
            Self::dense,
        ];
        for step in steps {
            if self.is_stopped() {
                self.report.interrupted = true;
            }
            if self.report.interrupted || self.failure.is_some() {
                break;
            }
            step(self);
        }
    }

    fn hvp(&mut self) {
        let Some(vector) = &self.options.parts.hvp else { return };
        self.index += 1;
        self.tell("Hessian times the vector", Progress { done: 0, total: 1 });
        let direction = self.objective.compute().tensor_f64(vector.clone(), [1, vector.len()]);
        let product = to_host(self.objective.hessian_product(self.weights.clone(), direction).product);
        let dot = |a: &[f64]| a.iter().zip(vector).map(|(a, b)| a * b).sum();
        self.report.hvp =
            Some(HvpReport { vhv: dot(&product), hv_norm: super::norm(&product), gv: dot(&self.gradient) });
        self.tell("Hessian times the vector", Progress { done: 1, total: 1 });
    }

    fn sharpness(&mut self) {
        let Some(rho) = self.options.parts.rho else { return };
        let Some(job) = self.jobs.sharpness.take() else { return };
        let job = self.run(job);
        self.report.sharpness =
            job.result().map(|found| SharpnessSection { rho, sam_loss: found.sam_loss, increase: found.sharpness });
    }

    fn trace(&mut self) {
        let Some(job) = self.jobs.trace.take() else { return };
        self.report.trace = self.estimate_trace(job).map(Into::into);
    }

    fn estimate_trace(&mut self, job: Job<TraceEstimate>) -> Option<Estimate> {
        let job = self.run(job);
        Some(job.estimate()).filter(|estimate| estimate.samples > 0)
    }

    /// The trace of the report, or the one that is measured for the sweep alone.
    fn known_trace(&mut self) -> Option<Estimate> {
        match (self.report.trace, self.jobs.sweep_trace.take()) {
            (Some(trace), _) => Some(Estimate { mean: trace.mean, stderr: trace.stderr, samples: trace.probes }),
            (None, job) => self.estimate_trace(job?),
        }
    }

    fn noise(&mut self) {
        let (Some(NoisePart { sigma, .. }), Some(job)) = (self.options.parts.noise, self.jobs.noise.take()) else {
            return;
        };
        let job = self.run(job);
        let trace = self.report.trace.map(|t| Estimate { mean: t.mean, stderr: t.stderr, samples: t.probes });
        let Some(found) = job.report(trace) else { return };
        let Value::Object(mut more) = json!({
            "distribution": found.distribution,
            "diverged": found.diverged,
            "odd_mean": found.odd.mean.mean,
            "even_stderr": found.even.mean.stderr,
            "even_var": found.even.variance,
            "gap_mean": found.gaps.mean.mean,
            "gap_var": found.gaps.variance,
            "variance_removed": found.variance_removed,
            "gradient_trace": pair(found.gradient_trace),
            "trace_rounding": found.rounding,
            "predicted_even_mean": found.predicted.map(pair),
            "values": {"gap": found.gaps.values, "odd": found.odd.values, "even": found.even.values},
            // A tensor that is zero has no size to measure the noise by.
            "relative_noise": found.relative_noise.iter().filter(|tensor| tensor.norm > 0.0)
                .map(|tensor| (tensor.name.clone(), json!(tensor.ratio))).collect::<serde_json::Map<_, _>>(),
        }) else {
            unreachable!("the literal is an object")
        };
        more.retain(|_, value| !value.is_null());
        self.report.noise = Some(NoiseReport {
            sigma,
            pairs: found.pairs,
            odd_var: found.odd.variance,
            even_mean: found.even.mean.mean,
            trace: found.trace.mean,
            trace_stderr: found.trace.stderr,
            more,
        });
    }

    fn layer_traces(&mut self) {
        let Some(job) = self.jobs.layers.take() else { return };
        let job = self.run(job);
        self.report.layer_traces = Some(LayerTraceReport(job.result()));
    }

    pub(super) fn eigenvalues(&mut self) {
        if let Some(known) = self.jobs.known_eigenvalues.take() {
            self.report.eigenvalues = Some(known);
            return;
        }
        let (Some(k), Some(job)) = (self.options.parts.eigenvalues, self.jobs.eigenvalues.take()) else { return };
        let job = self.run(job);
        let found = job.spectrum(k, true);
        // Of a large network the basis is most of the memory, and from here on its vectors are enough.
        drop(job);
        let pairs: Vec<&RitzPair> = found.largest.iter().chain(&found.smallest).collect();
        let residuals = self.residuals(&pairs);
        self.report.eigenvalues = Some(EigenReport {
            largest: found.largest.iter().map(|pair| pair.value).collect(),
            smallest: found.smallest.iter().map(|pair| pair.value).collect(),
            residuals,
            products: found.products,
            converged: found.converged,
        });
    }

    /// ‖Hv − λv‖ of each pair from a further product: what Lanczos says of it leaves out the rounding of the products. Where
    /// the user has stopped the analysis, what Lanczos says.
    fn residuals(&mut self, pairs: &[&RitzPair]) -> Vec<f64> {
        let mut residuals: Vec<f64> = pairs.iter().map(|pair| pair.residual).collect();
        let unit = RESIDUALS_PER_UNIT.min(self.objective.chunk_size());
        let total = pairs.len() as u64;
        for (start, chunk) in (0..pairs.len()).step_by(unit).zip(pairs.chunks(unit)) {
            self.tell("residuals of the eigenvalues", Progress { done: start as u64, total });
            if self.is_stopped() {
                self.report.interrupted = true;
                break;
            }
            let vectors: Vec<&Vec<f64>> = chunk.iter().filter_map(|pair| pair.vector.as_ref()).collect();
            let rows = vectors.iter().flat_map(|vector| vector.iter().copied()).collect();
            let dimension = self.objective.num_parameters();
            let directions = self.objective.compute().tensor_f64(rows, [vectors.len(), dimension]);
            let weights = self.weights.clone().repeat_dim(0, vectors.len());
            let products = to_host(self.objective.hessian_product(weights, directions).product);
            for (index, (pair, product)) in chunk.iter().zip(products.chunks(dimension)).enumerate() {
                let rest = product.iter().zip(vectors[index]).map(|(hv, v)| hv - pair.value * v);
                residuals[start + index] = super::norm(&rest.collect::<Vec<_>>());
            }
        }
        residuals
    }

    fn bound(&mut self) {
        let Some(job) = self.jobs.bound.take() else { return };
        let job = self.run(job);
        if let Some(found) = job.result() {
            let mut value = json!(found);
            // C = 1: the theorem's constant depends on the bound of the loss and is the user's.
            // A negative α gives no bound.
            let bounds = [("by_examples", found.by_examples(1.0)), ("by_batches", found.by_batches(1.0))];
            bounds.into_iter().for_each(|(key, bound)| bound.into_iter().for_each(|bound| value[key] = json!(bound)));
            self.put("bound", value);
        }
    }

    fn lines(&mut self) {
        let (Some(LinePart { normalization, .. }), Some(job)) = (self.options.parts.lines, self.jobs.lines.take())
        else {
            return;
        };
        let job = self.run(job);
        let curves = job.curves();
        let spread = curves.loss_spread();
        let of = |figure: fn(&crate::landscape::Spread) -> f64| spread.iter().map(figure).collect::<Vec<f64>>();
        let value = json!({
            "coordinates": curves.coordinates,
            "loss": curves.loss,
            "mean": of(|at| at.mean),
            "min": of(|at| at.min),
            "max": of(|at| at.max),
            "sd": of(|at| at.sd),
            "masked": curves.masked(),
            "normalization": normalization.key(),
        });
        self.put("lines", value);
    }

    fn sweep(&mut self) {
        let Some(job) = self.jobs.sweep.take() else { return };
        let Some(trace) = self.known_trace() else { return };
        if self.report.interrupted {
            return;
        }
        let job = self.run(job);
        if let Some(found) = job.report(trace) {
            self.put("sweep", &found);
        }
    }

    fn second_subset(&mut self) {
        let Some(job) = self.jobs.second_subset.take() else { return };
        let SecondSubset { check, objective: second } = self.run(job);
        let found = check.result();
        let value = json!({
            "examples": second.num_examples(),
            "trace": found.traces.map(pair),
            "trace_difference": pair(found.trace_difference),
            "lambda_max": found.lambda_max,
            "lambda_max_difference": found.lambda_max_difference,
        });
        self.put("second_subset", value);
    }

    fn slice(&mut self) {
        let (Some(part), Some(plane)) = (&self.options.parts.slice, self.plane.take()) else { return };
        let Some(job) = self.jobs.slice.take() else { return };
        let job = self.run(job);
        if let Some(grid) = job.finest() {
            self.report.slice = Some(slice_report(part, &plane, &grid));
            let is_frozen = self.report.statistics == Some("frozen");
            let has_others = matches!(part.directions, SliceDirections::Plane(..));
            let own = if is_frozen && has_others { OWN_STATISTICS } else { "" };
            let objective = format!("{}{own}", self.report.objective);
            self.report.figure = Some((grid, plane.caption(objective)));
        }
    }

    fn density(&mut self) {
        let Some(job) = self.jobs.density.take() else { return };
        let job = self.run(job);
        let found = job.result();
        let mut value = json!(found);
        value["curve"] = json!(found.curve(DENSITY_POINTS, None));
        self.put("density", value);
    }

    fn dense(&mut self) {
        let Some(job) = self.jobs.dense.take() else { return };
        let job = self.run(job);
        self.report.dense = job.result().map(|found| DenseReport {
            trace: found.trace,
            eigenvalues: found.eigenvalues.clone(),
            frobenius: found.frobenius,
        });
    }

    fn put(&mut self, key: &str, value: impl Serialize) {
        self.report.more.insert(key.to_owned(), json!(value));
    }
}

/// The plane of the slice.
pub(super) fn plane(options: &AnalyzeOptions, part: &SlicePart, network: &Network) -> Result<Arc<Plane>, PlaneError> {
    let (architecture, weights, normalization) = (network.architecture(), &options.weights, part.normalization);
    let plane = match &part.directions {
        SliceDirections::Plane(plane, _) => return Ok(Arc::clone(plane)),
        SliceDirections::Random => Plane::random(architecture, weights, normalization, options.seed, "the weights")?,
        SliceDirections::Given([x, y]) => {
            let plane = Plane::from_vectors(x.clone(), y.clone(), "directions from a file")?;
            plane.normalized(architecture, weights, normalization, "the weights")?
        }
    };
    Ok(Arc::new(if part.orthogonal { plane.orthogonalised()? } else { plane }))
}

/// The line to other weights, from 0 to 1.
pub(super) fn line_to(
    options: &AnalyzeOptions,
    part: &ToPart,
    with_accuracy: bool,
    compute: &Compute,
) -> Result<LineJob, PlaneError> {
    let shares = linear_axis(0.0, 1.0, part.points);
    let job = LineJob::between(&options.weights, &part.to.weights, shares, compute)?;
    Ok(if with_accuracy { job.with_accuracy() } else { job })
}

/// The directions of the lines; 0 and 1 are those of a random slice.
pub(super) fn line_directions(
    options: &AnalyzeOptions,
    part: LinePart,
    network: &Network,
) -> Result<Vec<Vec<f64>>, PlaneError> {
    let (architecture, weights) = (network.architecture(), &options.weights);
    let direction = |i| random_direction(architecture, weights, part.normalization, options.seed, i);
    let directions: Vec<Vec<f64>> = (0..part.count as u64).map(direction).collect();
    if directions.iter().flatten().all(|x| *x == 0.0) {
        let when = format!(" after {} normalisation, as the weights are", part.normalization.key());
        return Err(PlaneError::Zero { which: "each direction of the lines".to_owned(), when });
    }
    Ok(directions)
}

fn pair(Estimate { mean, stderr, .. }: Estimate) -> Value {
    json!({"mean": mean, "stderr": stderr})
}

fn slice_report(part: &SlicePart, plane: &Plane, grid: &SliceGrid) -> SliceReport {
    let rows = |values: &[f64]| values.chunks(grid.x.len().max(1)).map(<[f64]>::to_vec).collect::<Vec<_>>();
    SliceReport {
        x: grid.x.clone(),
        y: grid.y.clone(),
        loss: rows(&grid.loss),
        masked: grid.masked(),
        accuracy: grid.accuracy.as_deref().map(rows),
        normalization: part.normalization.key(),
        directions: plane.words().to_owned(),
        norms: plane.norms(),
        angle_degrees: plane.angle_degrees(),
    }
}
