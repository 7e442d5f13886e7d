//! Measurements at one checkpoint of a path after the other, each read when its turn comes: no two are held at once.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use burn::tensor::Tensor;

use super::{AnalyzeOptions, PathPart, statistics};
use crate::config::Precision;
use crate::curvature::{Lanczos, SpectrumEnds, TraceEstimate};
use crate::engine::units::Units;
use crate::landscape::Plane;
use crate::model::Objective;
use crate::protocol::{Estimate, Progress};
use crate::session::weights::{Reading, WeightsError, read_state, read_weights};

/// Products of a solve for both ends at most, how many it is expected to take, and how often it looks whether it has them.
pub(super) const MOST_PRODUCTS: usize = 120;
const USUAL_PRODUCTS: usize = 40;
const LOOK_EVERY: u64 = 10;
/// Residuals of both ends, as a share of the larger eigenvalue, at which a solve ends: the eigenvalue is much closer.
const RESIDUAL: f64 = 1e-3;

/// What is measured at each checkpoint.
pub(super) trait Station: Sized + Debug {
    /// What is the same at all of them.
    type Setting: Debug;
    /// What is found at one.
    type Found: Debug;

    /// Begins at these weights; `before` is what the one before has found.
    fn begin(
        setting: &Self::Setting,
        weights: Vec<f64>,
        objective: &Objective,
        before: Option<&mut Self::Found>,
    ) -> Self;

    /// One unit; true when it is complete.
    fn advance(&mut self, objective: &Objective) -> bool;

    /// Units done.
    fn done(&self) -> u64;

    /// Units that a checkpoint is expected to take.
    fn expected(setting: &Self::Setting, parameters: usize) -> u64;

    /// What was found.
    fn found(self) -> Self::Found;
}

/// A measurement along a path, on its way.
#[derive(Debug)]
pub(super) struct Along<S: Station> {
    files: Vec<PathBuf>,
    /// The key under which they hold their weights, where it was given.
    key: Option<String>,
    /// What is computed with.
    precision: Precision,
    /// What they call the parameters.
    names: BTreeMap<String, String>,
    /// Whether each checkpoint has its own running statistics.
    is_frozen: bool,
    setting: S::Setting,
    /// Units of each.
    each: u64,
    /// The checkpoint under way, with its objective.
    here: Option<(Objective, S)>,
    found: Vec<S::Found>,
    failure: Option<WeightsError>,
}

impl<S: Station> Along<S> {
    /// Begins before the first checkpoint of `path`, which are there and fit the model of `options`.
    pub fn new(options: &AnalyzeOptions, path: &PathPart, setting: S::Setting) -> Self {
        Self {
            each: S::expected(&setting, options.weights.len()).max(1),
            files: path.files.clone(),
            key: path.key.clone(),
            precision: path.precision,
            names: options.model.names.clone(),
            is_frozen: options.buffers.is_some(),
            setting,
            here: None,
            found: Vec::new(),
            failure: None,
        }
    }

    /// What was found so far.
    ///
    /// # Errors
    /// Where a checkpoint could not be read any more.
    pub fn outcome(self) -> Result<Vec<S::Found>, WeightsError> {
        self.failure.map_or(Ok(self.found), Err)
    }

    fn read(&mut self, objective: &Objective) -> Result<(Objective, S), WeightsError> {
        let path = &self.files[self.found.len()];
        let architecture = objective.network().architecture();
        let reading = Reading {
            names: Some(&self.names),
            key: self.key.as_deref(),
            precision: self.precision,
            ..Reading::from(architecture)
        };
        let (weights, own) = if self.is_frozen {
            let state = read_state(path, reading)?.value;
            let statistics = statistics(Some(&state.buffers), objective.compute());
            (state.weights, objective.clone().with_statistics(statistics))
        } else {
            (read_weights(path, reading)?.value, objective.clone())
        };
        let station = S::begin(&self.setting, weights, &own, self.found.last_mut());
        Ok((own, station))
    }
}

impl<S: Station> Units for Along<S> {
    fn advance(&mut self, objective: &Objective) -> bool {
        if self.failure.is_some() || self.found.len() == self.files.len() {
            return true;
        }
        let here = self.here.take().map_or_else(|| self.read(objective), Ok);
        let (own, mut station) = match here {
            Ok(here) => here,
            Err(failure) => {
                self.failure = Some(failure);
                return true;
            }
        };
        if station.advance(&own) {
            self.found.push(station.found());
        } else {
            self.here = Some((own, station));
        }
        self.found.len() == self.files.len()
    }

    fn progress(&self) -> Progress {
        let here = self.here.as_ref().map_or(0, |(_, station)| station.done().min(self.each - 1));
        Progress { done: self.found.len() as u64 * self.each + here, total: self.files.len() as u64 * self.each }
    }
}

/// The loss of a checkpoint, and where it lies.
#[derive(Debug)]
pub(super) struct Losses {
    weights: Tensor<2>,
    found: Place,
}

/// Around what the path is told.
#[derive(Debug)]
pub(super) struct Around {
    pub plane: Arc<Plane>,
    /// The weights at (0, 0).
    pub center: Vec<f64>,
}

/// A checkpoint on the plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub at: [f64; 2],
    pub distance: f64,
    pub loss: f64,
    pub accuracy: f64,
}

impl Station for Losses {
    type Setting = Around;
    type Found = Place;

    fn begin(around: &Around, weights: Vec<f64>, objective: &Objective, _: Option<&mut Place>) -> Self {
        let offset: Vec<f64> = weights.iter().zip(&around.center).map(|(w, c)| w - c).collect();
        let (at, distance) = around.plane.project(&offset);
        let shape = [1, weights.len()];
        let weights = objective.compute().tensor_f64(weights, shape);
        Self { weights, found: Place { at, distance, loss: f64::NAN, accuracy: f64::NAN } }
    }

    fn advance(&mut self, objective: &Objective) -> bool {
        (self.found.loss, self.found.accuracy) = objective.evaluate(self.weights.clone());
        true
    }

    fn done(&self) -> u64 {
        0
    }

    fn expected(_: &Around, _: usize) -> u64 {
        1
    }

    fn found(self) -> Place {
        self.found
    }
}

/// Probes and seed of the traces; all checkpoints have the same probes.
#[derive(Debug)]
pub(super) struct Probes {
    pub count: usize,
    pub seed: u64,
}

impl Station for TraceEstimate {
    type Setting = Probes;
    type Found = Estimate;

    fn begin(probes: &Probes, weights: Vec<f64>, objective: &Objective, _: Option<&mut Estimate>) -> Self {
        let shape = [1, weights.len()];
        Self::new(objective.compute().tensor_f64(weights, shape), probes.count, probes.seed, 0)
    }

    fn advance(&mut self, objective: &Objective) -> bool {
        Self::advance(self, objective)
    }

    fn done(&self) -> u64 {
        self.progress().done
    }

    fn expected(probes: &Probes, _: usize) -> u64 {
        probes.count as u64
    }

    fn found(self) -> Estimate {
        self.estimate()
    }
}

/// Both ends of the spectrum at a checkpoint.
#[derive(Debug)]
pub(super) struct Ends(Lanczos);

impl Station for Ends {
    type Setting = u64;
    type Found = Option<SpectrumEnds>;

    fn begin(seed: &u64, weights: Vec<f64>, objective: &Objective, before: Option<&mut Self::Found>) -> Self {
        // The vectors of one checkpoint are where the next solve begins, and of no use after that.
        let warm = before.and_then(Option::as_mut).map(|ends| std::mem::take(&mut ends.warm_start));
        let shape = [1, weights.len()];
        let most = MOST_PRODUCTS.min(weights.len());
        let weights = objective.compute().tensor_f64(weights, shape);
        Self(Lanczos::new(weights, most, warm.as_deref(), *seed))
    }

    fn advance(&mut self, objective: &Objective) -> bool {
        if self.0.advance(objective) {
            return true;
        }
        let products = self.0.progress().done;
        let is_settled = |ends: SpectrumEnds| {
            let size = ends.largest.abs().max(ends.smallest.abs());
            ends.largest_residual.max(ends.smallest_residual) <= RESIDUAL * size
        };
        products.is_multiple_of(LOOK_EVERY) && self.0.ends().is_some_and(is_settled)
    }

    fn done(&self) -> u64 {
        self.0.progress().done
    }

    fn expected(_: &u64, parameters: usize) -> u64 {
        USUAL_PRODUCTS.min(parameters) as u64
    }

    fn found(self) -> Option<SpectrumEnds> {
        self.0.ends()
    }
}
