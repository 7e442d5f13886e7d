//! A slice on request: directions that have to be found first, then a range, then the points.

use burn::tensor::Tensor;

use crate::curvature::Lanczos;
use crate::engine::units::Units;
use crate::landscape::{Bumps, Path, Plane, RangeSearch, SliceJob, Span, SpanCenter, bumps, symmetric_axis};
use crate::model::{Compute, Objective};
use crate::protocol::{Examples, Fact, Findings, FoundSlice, PlaneChoice, Progress, RunId};

use super::request::{Neighbour, Request, at_least, positive};
use super::{Begun, Work};

/// Random directions of a small network may be far from orthogonal: from so many degrees on they are made so.
const SKEW_DEGREES: f64 = 2.0;
/// Hessian-vector products for the two eigenvectors of a plane.
const EIGENVECTOR_PRODUCTS: usize = 60;
/// Residual of those eigenvectors, as a share of the largest eigenvalue.
const EIGENVECTOR_TOLERANCE: f64 = 1e-3;
/// What a plane through minima shows beyond them, as a share of their extent.
const MARGIN: f64 = 0.35;
/// Half-width of a slice where no range is within the search's ceiling.
const FALLBACK_RANGE: f64 = 1.0;

pub(super) fn slice(request: &Request<'_>, choice: PlaneChoice, range: Option<f64>, resolution: usize) -> Begun {
    let resolution = at_least("the number of points a side", resolution, 1)?;
    let range = range.map(|range| positive("the range", range)).transpose()?;
    let center = request.center();
    let mut slice = SliceWork {
        range,
        resolution,
        weights: request.weights.clone(),
        words: request.words.to_owned(),
        examples: request.examples,
        compute: request.objective.compute().clone(),
        runs: request.runs.iter().map(|run| (run.run, run.path.clone())).collect(),
        center,
        facts: Vec::new(),
        plane: None,
        stage: Stage::Done,
        job: None,
    };
    match choice {
        PlaneChoice::Random(normalization) => {
            let plane =
                Plane::random(request.architecture(), &slice.center, normalization, request.seed, "the weights");
            let plane = plane.map_err(|err| err.to_string())?;
            let is_skew = (plane.angle_degrees() - 90.0).abs() > SKEW_DEGREES;
            let plane = if is_skew { plane.orthogonalised().map_err(|err| err.to_string())? } else { plane };
            slice.look_along(plane);
        }
        PlaneChoice::Path => {
            let pca = request.runs[0].path.pca(&slice.center, 2).map_err(|err| err.to_string())?;
            for (index, share) in pca.explained.iter().take(2).enumerate() {
                let about = format!("of the path's squared distances, {}", pca.thinning);
                slice.facts.push(Fact::exact(format!("explained by direction {}", index + 1), *share, about));
            }
            slice.facts.push(Fact::exact("distance of the path", pca.residual, "root mean square, from the plane"));
            // Coordinates are distances, so the path itself tells how far to look.
            slice.range = range.or_else(|| path_extent(&pca.plane().ok()?, &request.runs[0], &slice.center));
            slice.look_along(pca.plane().map_err(|err| err.to_string())?);
        }
        PlaneChoice::Eigenvectors => {
            let lanczos = Lanczos::for_pairs(
                request.weights.clone(),
                2,
                EIGENVECTOR_TOLERANCE,
                EIGENVECTOR_PRODUCTS,
                request.seed,
            );
            slice.stage = Stage::Eigenvectors(Box::new(lanczos));
        }
        PlaneChoice::Minima => slice.through_minima(request)?,
    }
    Ok(Box::new(slice))
}

/// The largest coordinate of a run's path, with a margin.
fn path_extent(plane: &Plane, run: &Neighbour, center: &[f64]) -> Option<f64> {
    let points = run.path.project(plane, center, Examples::Train);
    let extent = points.iter().map(|point| point.x.abs().max(point.y.abs())).fold(0.0, f64::max);
    (extent > 0.0).then_some(1.15 * extent)
}

/// A slice: directions that have to be found first, then a range, then the points.
struct SliceWork {
    weights: Tensor<2>,
    /// The weights at (0, 0).
    center: Vec<f64>,
    range: Option<f64>,
    resolution: usize,
    words: String,
    examples: Examples,
    compute: Compute,
    runs: Vec<(RunId, Path)>,
    facts: Vec<Fact>,
    plane: Option<Plane>,
    stage: Stage,
    job: Option<SliceJob>,
}

enum Stage {
    Eigenvectors(Box<Lanczos>),
    Range(Box<RangeSearch>),
    Points,
    /// Nothing to do: the directions could not be found.
    Done,
}

impl SliceWork {
    /// Goes on with a plane: to the points where the range is known, else to the search for it.
    fn look_along(&mut self, plane: Plane) {
        match self.range {
            Some(range) => self.job = Some(self.points(&plane, range)),
            None => {
                let search = RangeSearch::new(
                    self.weights.clone(),
                    &plane,
                    RangeSearch::FACTOR,
                    RangeSearch::FLOOR,
                    &self.compute,
                );
                self.stage = Stage::Range(Box::new(search));
            }
        }
        self.plane = Some(plane);
        if self.job.is_some() {
            self.stage = Stage::Points;
        }
    }

    fn points(&self, plane: &Plane, range: f64) -> SliceJob {
        let axis = symmetric_axis(range, self.resolution);
        SliceJob::on_axes(self.weights.clone(), plane, [axis.clone(), axis], &self.compute).with_accuracy()
    }

    /// The plane through the weights of the first three runs.
    fn through_minima(&mut self, request: &Request<'_>) -> Result<(), String> {
        let mut runs: Vec<&Neighbour> = request.runs.iter().collect();
        runs.sort_by_key(|run| run.run);
        let [a, b, c, ..] = runs.as_slice() else {
            return Err(format!("a plane through minima needs three runs, there are {}", runs.len()));
        };
        let words = format!("{}, {} and {}", a.optimizer.label(), b.optimizer.label(), c.optimizer.label());
        let span = Span::through([&a.weights, &b.weights, &c.weights], SpanCenter::Mean, &words)
            .map_err(|err| err.to_string())?;
        for (run, [x, y]) in [a, b, c].into_iter().zip(span.points) {
            let name = format!("{} lies at", run.optimizer.label());
            self.facts.push(Fact::exact(format!("{name} x"), x, "in units of the directions"));
            self.facts.push(Fact::exact(format!("{name} y"), y, "in units of the directions"));
        }
        let axes = span.axes(MARGIN, [self.resolution; 2]);
        self.weights = self.compute.tensor_f64(span.center.clone(), [1, span.center.len()]);
        self.center.clone_from(&span.center);
        self.job = Some(SliceJob::on_axes(self.weights.clone(), &span.plane, axes, &self.compute).with_accuracy());
        self.plane = Some(span.plane);
        self.stage = Stage::Points;
        Ok(())
    }

    fn eigenplane(&mut self, lanczos: &Lanczos) {
        let spectrum = lanczos.spectrum(2, true);
        for pair in &spectrum.largest {
            self.facts.push(Fact::with_error("eigenvalue", pair.value, pair.residual, "± residual, Lanczos"));
        }
        let mut vectors = spectrum.largest.into_iter().filter_map(|pair| pair.vector);
        let plane = vectors.next().zip(vectors.next()).and_then(|(x, y)| {
            Plane::from_vectors(x, y, "eigenvectors of the two largest eigenvalues, of length 1").ok()
        });
        match plane {
            Some(plane) => self.look_along(plane),
            None => self.stage = Stage::Done,
        }
    }
}

impl Units for SliceWork {
    fn advance(&mut self, objective: &Objective) -> bool {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Eigenvectors(mut lanczos) => {
                if lanczos.advance(objective) {
                    self.eigenplane(&lanczos);
                } else {
                    self.stage = Stage::Eigenvectors(lanczos);
                }
                matches!(self.stage, Stage::Done)
            }
            Stage::Range(mut search) => {
                if search.advance(objective) {
                    let found = search.suggestion().map(|suggested| suggested.range);
                    let about = match found {
                        Some(_) => "the loss stays within 20 times that of the centre",
                        None => "the loss leaves 20 times that of the centre at once",
                    };
                    let range = found.unwrap_or(FALLBACK_RANGE);
                    self.facts.push(Fact::exact("range", range, about));
                    self.job = self.plane.as_ref().map(|plane| self.points(plane, range));
                    self.stage = Stage::Points;
                } else {
                    self.stage = Stage::Range(search);
                }
                false
            }
            Stage::Points => {
                self.stage = Stage::Points;
                self.job.as_mut().is_none_or(|job| job.advance(objective))
            }
            Stage::Done => true,
        }
    }

    fn progress(&self) -> Progress {
        let total = (self.resolution * self.resolution) as u64;
        self.job.as_ref().map_or(Progress { done: 0, total }, SliceJob::progress)
    }
}

impl Work for SliceWork {
    fn findings(&self) -> Findings {
        let mut found = Findings { facts: self.facts.clone(), ..Findings::default() };
        let Some((plane, grid)) = self.plane.as_ref().zip(self.job.as_ref().and_then(SliceJob::finest)) else {
            return found;
        };
        if let Some(loss) = grid.center() {
            found.facts.push(Fact::exact("loss at the centre", loss, ""));
        }
        if grid.masked() > 0 {
            found.facts.push(Fact::exact("masked cells", grid.masked() as f64, "NaN or infinite, not drawn"));
        }
        if let Some(Bumps { minima, deep, smad, range }) = bumps(&grid) {
            let about = format!("on this plane, {} cells a side", grid.x.len());
            found.facts.push(Fact::exact("local minima", minima as f64, about));
            found.facts.push(Fact::exact(
                "deep basins",
                deep as f64,
                "deeper than a hundredth of the slice's range of losses",
            ));
            found.facts.push(Fact::exact("SMAD", smad, "mean height from a minimum to the first pass out of it"));
            found.facts.push(Fact::exact("SMAD / range", smad / range, "as a share of the slice's range of losses"));
        }
        let paths =
            self.runs.iter().map(|(run, path)| (*run, path.project(plane, &self.center, self.examples))).collect();
        found.slices.push(FoundSlice { grid, caption: plane.caption(self.words.clone()), paths });
        found
    }
}
