//! The parts that go beyond one row of weights: along a path, on the line to other weights, at three of them.

use super::along::{Along, Place, Station};
use super::jobs::Job;
use super::{Analyzer, OtherWeights, norm, statistics};
use crate::curvature::SpectrumEnds;
use crate::landscape::barrier;
use crate::protocol::Progress;
use crate::report::routes::{BarrierReport, LineReport, PathReport, PathTrace, PlaneReport};

/// Whose statistics count where each set of weights stands for itself.
const OF_EACH: [&str; 2] = ["each has its own running statistics", "those of the examples at each"];
/// The same between two sets of weights.
const OF_LINE: [&str; 2] =
    ["the running statistics of the weights at t = 0 everywhere on the line", "those of the examples at each point"];

impl Analyzer<'_> {
    /// Does a measurement along the path; `None` where a checkpoint could not be read any more.
    fn run_along<S: Station>(&mut self, job: Job<Along<S>>) -> Option<Vec<S::Found>> {
        let outcome = self.run(job).outcome();
        outcome.map_err(|failure| self.failure = Some(failure.into())).ok()
    }

    /// One of two texts, frozen statistics first, where there is batch norm.
    fn by_statistics(&self, [frozen, batch]: [&'static str; 2]) -> Option<&'static str> {
        self.report.statistics.map(|found| if found == "frozen" { frozen } else { batch })
    }

    pub(super) fn path_losses(&mut self) {
        let (Some(part), Some(job)) = (&self.options.parts.path, self.jobs.path_losses.take()) else { return };
        let Some(places) = self.run_along(job) else { return };
        let of = |figure: fn(&Place) -> f64| places.iter().map(figure).collect::<Vec<f64>>();
        self.report.path = Some(PathReport {
            files: part.files.iter().map(|file| file.display().to_string()).collect(),
            steps: part.steps.clone(),
            loss: of(|place| place.loss),
            accuracy: self.is_classification.then(|| of(|place| place.accuracy)),
            explained: part.explained,
            coordinates: places.iter().map(|place| place.at).collect(),
            distances: of(|place| place.distance),
            residual: part.residual,
            trace: None,
            lambda_max: None,
            lambda_min: None,
            lambda_residuals: None,
            statistics: self.by_statistics(OF_EACH),
        });
    }

    pub(super) fn path_traces(&mut self) {
        let Some(job) = self.jobs.path_traces.take() else { return };
        let Some(traces) = self.run_along(job) else { return };
        let probes = self.options.parts.path.as_ref().and_then(|path| path.probes).unwrap_or_default();
        if let Some(path) = &mut self.report.path {
            path.trace = Some(PathTrace {
                mean: traces.iter().map(|trace| trace.mean).collect(),
                stderr: traces.iter().map(|trace| trace.stderr).collect(),
                probes,
            });
        }
    }

    pub(super) fn path_ends(&mut self) {
        let Some(job) = self.jobs.path_ends.take() else { return };
        let Some(ends) = self.run_along(job) else { return };
        let of = |figure: fn(&SpectrumEnds) -> f64| {
            // Where a product was not finite there is no eigenvalue.
            Some(ends.iter().map(|found| found.as_ref().map_or(f64::NAN, figure)).collect())
        };
        if let Some(path) = &mut self.report.path {
            path.lambda_max = of(|ends| ends.largest);
            path.lambda_min = of(|ends| ends.smallest);
            path.lambda_residuals = of(|ends| ends.largest_residual.max(ends.smallest_residual));
        }
    }

    /// Loss and accuracy of other weights, by their own running statistics.
    fn outcome_of(&self, other: &OtherWeights) -> (f64, f64) {
        let compute = self.objective.compute();
        let own = self.objective.clone().with_statistics(statistics(other.buffers.as_ref(), compute));
        own.evaluate(compute.tensor_f64(other.weights.clone(), [1, other.weights.len()]))
    }

    pub(super) fn line(&mut self) {
        let (Some(part), Some(job)) = (&self.options.parts.to, self.jobs.to.take()) else { return };
        let curves = self.run(job).curves();
        let masked = curves.masked();
        // A line that was stopped has no barrier yet.
        let Some(loss) = curves.loss.into_iter().next() else { return };
        let found = barrier(&curves.coordinates, &loss);
        let way: Vec<f64> = part.to.weights.iter().zip(&self.options.weights).map(|(to, from)| to - from).collect();
        self.report.line = Some(LineReport {
            from: part.from.clone(),
            to: part.to.name.clone(),
            distance: norm(&way),
            barrier: BarrierReport { height: found.height, at: found.at },
            t: curves.coordinates,
            loss,
            accuracy: curves.accuracy.filter(|_| self.is_classification).and_then(|rows| rows.into_iter().next()),
            masked,
            end_losses: [self.report.loss, self.outcome_of(&part.to).0],
            statistics: self.by_statistics(OF_LINE),
        });
    }

    pub(super) fn three(&mut self) {
        let parts = &self.options.parts;
        let (Some(to), Some(third)) = (&parts.to, &parts.third) else { return };
        self.index += 1;
        let mut outcomes = vec![(self.report.loss, self.report.accuracy.unwrap_or(f64::NAN))];
        for (done, other) in [&to.to, &third.other].into_iter().enumerate() {
            self.tell("three sets of weights", Progress { done: done as u64, total: 2 });
            outcomes.push(self.outcome_of(other));
        }
        self.tell("three sets of weights", Progress { done: 2, total: 2 });
        self.report.plane = Some(PlaneReport {
            files: [to.from.clone(), to.to.name.clone(), third.other.name.clone()],
            points: third.places,
            loss: outcomes.iter().map(|outcome| outcome.0).collect(),
            accuracy: self.is_classification.then(|| outcomes.iter().map(|outcome| outcome.1).collect()),
            statistics: self.by_statistics(OF_EACH),
        });
    }
}
