//! The parts of an analysis, fast ones first.

use serde::Serialize;
use serde_json::{Value, json};

use super::{AnalyzeOptions, Analyzer, LinePart, NoisePart, SlicePart};
use crate::curvature::{
    Bound, DenseHessian, Density, Lanczos, LayerTraces, RitzPair, Sharpness, SharpnessKind, SubsetCheck, TraceEstimate,
};
use crate::landscape::{LineJob, Plane, PlaneError, SliceJob, random_direction, symmetric_axis};
use crate::model::{Network, to_host};
use crate::noise::{NoiseStatistics, SigmaSweep};
use crate::protocol::{Estimate, Progress, SliceGrid};
use crate::report::analysis::{
    DenseReport, EigenReport, HvpReport, LayerTraceReport, NoiseReport, SharpnessSection, SliceReport,
};

/// Probes of a trace that a part needs and nobody asked for.
const DEFAULT_PROBES: usize = 64;
/// Numbers that the basis of a Lanczos solve may hold: 1 GiB in 64 bits.
const BASIS_BUDGET: usize = 1 << 27;
/// Residuals of one unit of work.
const RESIDUALS_PER_UNIT: usize = 4;
/// Probes of the density, and products of each.
const DENSITY_PROBES: usize = 8;
const DENSITY_STEPS: usize = 64;
/// Points of the density's curve.
const DENSITY_POINTS: usize = 401;
/// Points of a line.
const LINE_POINTS: usize = 51;
/// Examples of a batch of the bound's second α.
const BOUND_BATCH: usize = 32;
/// Products of the λmax on a second subset.
const SUBSET_PRODUCTS: usize = 40;
/// Pairs of each σ of a sweep, and the σ: three a decade from 1e-4 to 1.
const SWEEP_PAIRS: usize = 64;
const SWEEP_SIGMAS: std::ops::RangeInclusive<i32> = -12..=0;

impl Analyzer<'_> {
    /// Measures everything that was asked for, until the end or until the user stops it.
    pub(super) fn measure(&mut self) {
        self.basics();
        let steps: [fn(&mut Self); 13] = [
            Self::hvp,
            Self::sharpness,
            Self::trace,
            Self::noise,
            Self::layer_traces,
            Self::eigenvalues,
            Self::bound,
            Self::lines,
            Self::sweep,
            Self::second_subset,
            Self::slice,
            Self::density,
            Self::dense,
        ];
        for step in steps {
            if self.is_stopped() {
                self.report.interrupted = true;
            }
            if self.report.interrupted {
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
        let mut job = Sharpness::new(self.weights.clone(), rho, SharpnessKind::Sam);
        self.run("sharpness", &mut job);
        self.report.sharpness =
            job.result().map(|found| SharpnessSection { rho, sam_loss: found.sam_loss, increase: found.sharpness });
    }

    fn trace(&mut self) {
        let Some(probes) = self.options.parts.trace_probes else { return };
        self.report.trace = self.estimate_trace("trace", probes).map(Into::into);
    }

    fn estimate_trace(&mut self, part: &'static str, probes: usize) -> Option<Estimate> {
        let mut job = TraceEstimate::new(self.weights.clone(), probes, self.options.seed, 0);
        self.run(part, &mut job);
        Some(job.estimate()).filter(|estimate| estimate.samples > 0)
    }

    /// The trace of the report, or one that is measured for `part`.
    fn known_trace(&mut self, part: &'static str) -> Option<Estimate> {
        match self.report.trace {
            Some(trace) => Some(Estimate { mean: trace.mean, stderr: trace.stderr, samples: trace.probes }),
            None => self.estimate_trace(part, DEFAULT_PROBES),
        }
    }

    fn noise(&mut self) {
        let Some(NoisePart { sigma, pairs, distribution }) = self.options.parts.noise else { return };
        let mut job = NoiseStatistics::new(self.weights.clone(), sigma, pairs, distribution, self.options.seed);
        self.run("noise", &mut job);
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
            "relative_noise": found.relative_noise.iter().map(|tensor| (tensor.name.clone(), json!(tensor.ratio)))
                .collect::<serde_json::Map<_, _>>(),
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
        let Some(probes) = self.options.parts.trace_probes else { return };
        let mut job = LayerTraces::new(self.weights.clone(), probes, self.options.seed);
        self.run("trace of each layer", &mut job);
        self.report.layer_traces = Some(LayerTraceReport(job.result()));
    }

    fn eigenvalues(&mut self) {
        let Some(k) = self.options.parts.eigenvalues else { return };
        let dimension = self.objective.num_parameters();
        let compute = self.objective.compute();
        // Products in 32 bits are good to about 1e-6 of the largest eigenvalue.
        let tolerance = (100.0 * compute.epsilon()).max(1e-10);
        let most = (BASIS_BUDGET / dimension.max(1)).max(2 * k + 10).min(dimension).min(100 + 50 * k);
        let mut job = Lanczos::for_pairs(self.weights.clone(), k, tolerance, most, self.options.seed);
        self.run("eigenvalues", &mut job);
        let found = job.spectrum(k, true);
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
        let Some(initial) = &self.options.parts.initial else { return };
        let initial = self.objective.compute().tensor_f64(initial.clone(), [1, initial.len()]);
        let probes = self.options.parts.trace_probes.unwrap_or(DEFAULT_PROBES);
        let mut job = Bound::new(self.weights.clone(), initial, probes, BOUND_BATCH, self.options.seed);
        self.run("bound", &mut job);
        if let Some(found) = job.result() {
            let mut value = json!(found);
            // C = 1: the theorem's constant depends on the bound of the loss and is the user's.
            value["by_examples"] = json!(found.by_examples(1.0));
            value["by_batches"] = json!(found.by_batches(1.0));
            self.put("bound", value);
        }
    }

    fn lines(&mut self) {
        let (Some(LinePart { range, normalization, .. }), Some(directions)) =
            (self.options.parts.lines, self.lines.take())
        else {
            return;
        };
        let axis = symmetric_axis(range, LINE_POINTS);
        let mut job = LineJob::along(self.weights.clone(), &directions, axis, self.objective.compute())
            .expect("the directions were checked before anything was measured");
        self.run("lines", &mut job);
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
        let Some(distribution) = self.options.parts.sweep else { return };
        let Some(trace) = self.known_trace("trace for the sweep") else { return };
        if self.report.interrupted {
            return;
        }
        let mut sigmas: Vec<f64> = SWEEP_SIGMAS.map(|third| 10_f64.powf(f64::from(third) / 3.0)).collect();
        let own = self.options.parts.noise;
        sigmas.extend(own.map(|noise| noise.sigma));
        let pairs = own.map_or(SWEEP_PAIRS, |noise| noise.pairs);
        let mut job = SigmaSweep::new(self.weights.clone(), &sigmas, pairs, distribution, self.options.seed);
        self.run("sweep of σ", &mut job);
        if let Some(found) = job.report(trace) {
            self.put("sweep", &found);
        }
    }

    fn second_subset(&mut self) {
        let Some(second) = self.second.take() else { return };
        let probes = self.options.parts.trace_probes.unwrap_or(DEFAULT_PROBES);
        let products = SUBSET_PRODUCTS.min(self.objective.num_parameters());
        let mut job = SubsetCheck::new(&self.weights, probes, products, self.options.seed);
        self.index += 1;
        loop {
            if self.is_stopped() {
                self.report.interrupted = true;
                break;
            }
            let is_complete = job.advance([&self.objective, &second]);
            self.tell("second subset", job.progress());
            if is_complete {
                break;
            }
        }
        let found = job.result();
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
        let compute = self.objective.compute();
        let axis = symmetric_axis(part.range, part.points);
        let mut job = SliceJob::on_axes(self.weights.clone(), &plane, [axis.clone(), axis], compute);
        if self.is_classification {
            job = job.with_accuracy();
        }
        self.run("slice", &mut job);
        if let Some(grid) = job.finest() {
            self.report.slice = Some(slice_report(part, &plane, &grid));
            self.report.figure = Some((grid, plane.caption(self.report.objective.clone())));
        }
    }

    fn density(&mut self) {
        if !self.options.parts.density {
            return;
        }
        let steps = DENSITY_STEPS.min(self.objective.num_parameters());
        let mut job = Density::new(self.weights.clone(), DENSITY_PROBES, steps, self.options.seed);
        self.run("density of the spectrum", &mut job);
        let found = job.result();
        let mut value = json!(found);
        value["curve"] = json!(found.curve(DENSITY_POINTS, None));
        self.put("density", value);
    }

    fn dense(&mut self) {
        // The command line has refused networks that are too large.
        let Some(Ok(mut job)) = self.options.parts.dense.then(|| DenseHessian::new(self.weights.clone())) else {
            return;
        };
        self.run("dense Hessian", &mut job);
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
pub(super) fn plane(options: &AnalyzeOptions, part: &SlicePart, network: &Network) -> Result<Plane, PlaneError> {
    let (architecture, weights, normalization) = (network.architecture(), &options.weights, part.normalization);
    let plane = match &part.directions {
        None => Plane::random(architecture, weights, normalization, options.seed, "the weights")?,
        Some([x, y]) => {
            let plane = Plane::from_vectors(x.clone(), y.clone(), "directions from a file")?;
            plane.normalized(architecture, weights, normalization, "the weights")?
        }
    };
    if part.orthogonal { plane.orthogonalised() } else { Ok(plane) }
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
