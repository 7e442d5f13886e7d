//! The plane that all live slices are cut along: the same two vectors for all runs, renewed where they follow the runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Normalization;
use crate::curvature::Lanczos;
use crate::engine::look::CutPlane;
use crate::landscape::{Plane, Span, SpanCenter, filter_normalised_plane};
use crate::model::{Objective, to_host};
use crate::protocol::{LivePlane, RunId};
use crate::train::Task;

use super::live::LiveRun;

/// Hessian-vector products for the two eigenvectors, at most.
const PRODUCTS: usize = 60;
/// Residual of the eigenvectors, as a share of the largest eigenvalue.
const TOLERANCE: f64 = 1e-3;
/// Vectors that cost much are as old as this before they are sought again.
const AGE: Duration = Duration::from_secs(2);

/// The plane, and how it is kept up to date.
pub(super) struct LivePlanes {
    wanted: LivePlane,
    current: Arc<CutPlane>,
    /// Whether the plane is the wanted one.
    is_had: bool,
    /// Runs and steps that the newest attempt was made from.
    made_from: Vec<(RunId, u64)>,
    made: Instant,
    /// Runs that have begun a slice on the plane.
    users: BTreeSet<RunId>,
    /// It was told that the wanted plane cannot be had.
    is_told: bool,
    solve: Option<Solve>,
    /// Where the next solve begins.
    warm_start: Option<Vec<f64>>,
}

/// The search for eigenvectors.
struct Solve {
    lanczos: Lanczos,
    objective: Objective,
}

impl LivePlanes {
    /// The filter-normalised random plane of an experiment.
    pub fn new(task: &Task) -> Self {
        let seed = task.experiment.look.seed;
        let plane = filter_normalised_plane(task.network.architecture(), &task.initial, seed);
        Self {
            wanted: LivePlane::Random { seed, normalization: Normalization::Filter },
            current: Arc::new(CutPlane { plane, generation: 0 }),
            is_had: true,
            made_from: Vec::new(),
            made: Instant::now(),
            users: BTreeSet::new(),
            is_told: false,
            solve: None,
            warm_start: None,
        }
    }

    /// The planes of a session that was opened come after those that it has slices of.
    pub fn begin_after(&mut self, generation: u64) {
        let plane = self.current.plane.clone();
        self.current = Arc::new(CutPlane { plane, generation: generation + 1 });
    }

    pub const fn current(&self) -> &Arc<CutPlane> {
        &self.current
    }

    pub const fn wanted(&self) -> LivePlane {
        self.wanted
    }

    /// Asks for a plane; says why it cannot be had.
    pub fn ask(&mut self, wanted: LivePlane, task: &Task, runs: &[LiveRun]) -> Option<String> {
        if wanted == self.wanted {
            return None;
        }
        self.wanted = wanted;
        self.is_had = false;
        self.is_told = false;
        self.solve = None;
        self.warm_start = None;
        if let LivePlane::Random { seed, normalization } = wanted {
            let made = random(task, seed, normalization);
            return self.take(made);
        }
        self.renew(runs)
    }

    /// Gives up the search for eigenvectors until the runs have moved on.
    pub fn stop(&mut self) {
        self.solve = None;
    }

    /// Whether eigenvectors are sought.
    pub const fn is_solving(&self) -> bool {
        self.solve.is_some()
    }

    /// Whether slices wait for a first plane of the wanted kind.
    pub const fn is_waiting(&self) -> bool {
        self.solve.is_some() && !self.is_had
    }

    /// Whether the runs have moved on since the plane was made, and it is time to make it anew.
    pub fn is_stale(&self, runs: &[LiveRun], follows: bool) -> bool {
        let is_old = match self.wanted {
            LivePlane::Random { .. } => return false,
            LivePlane::Minima(_) => true,
            LivePlane::Eigenvectors(_) | LivePlane::PathPca(_) => self.made.elapsed() >= AGE,
        };
        is_old && (follows || !self.is_had) && self.solve.is_none() && self.sources(runs) != self.made_from
    }

    /// A run begins a cycle. Where it has used the plane already and the runs have moved on, the plane is made anew.
    pub fn begin_cycle(&mut self, run: RunId, runs: &[LiveRun], follows: bool) -> Option<String> {
        let is_new_user = self.users.insert(run);
        if is_new_user && self.is_had { None } else { self.renew_if_stale(runs, follows) }
    }

    /// Makes the plane anew where the runs have moved on; says why it cannot be had.
    pub fn renew_if_stale(&mut self, runs: &[LiveRun], follows: bool) -> Option<String> {
        if self.is_stale(runs, follows) { self.renew(runs) } else { None }
    }

    fn renew(&mut self, runs: &[LiveRun]) -> Option<String> {
        self.made_from = self.sources(runs);
        self.made = Instant::now();
        let find = |id: RunId| match runs.iter().find(|live| live.id == id) {
            Some(live) if live.has_weights() => Ok(live),
            Some(_) => Err("no checkpoint of its run has been read yet".to_owned()),
            None => Err("a run of it is gone".to_owned()),
        };
        let made = match self.wanted {
            LivePlane::Random { .. } => return None,
            LivePlane::Minima(ids) => minima(ids.map(find)),
            LivePlane::PathPca(id) => find(id).and_then(path_plane),
            LivePlane::Eigenvectors(id) => match find(id) {
                Ok(live) => {
                    self.solve = Some(self.begin_solve(live));
                    return None;
                }
                Err(reason) => Err(reason),
            },
        };
        self.take(made)
    }

    fn begin_solve(&self, live: &LiveRun) -> Solve {
        let warm = self.warm_start.as_deref();
        let seed = live.run.task().experiment.look.seed;
        let weights = live.run.weights().clone();
        let lanczos = Lanczos::for_pairs_near(weights, 2, TOLERANCE, PRODUCTS, warm, seed);
        Solve { lanczos, objective: live.run.measured() }
    }

    /// One product of the search for eigenvectors; says why there are none.
    pub fn advance(&mut self) -> Option<String> {
        let solve = self.solve.as_mut()?;
        if !solve.lanczos.advance(&solve.objective) {
            return None;
        }
        let solve = self.solve.take()?;
        let made = self.eigenplane(&solve.lanczos);
        self.made = Instant::now();
        self.take(made)
    }

    fn eigenplane(&mut self, lanczos: &Lanczos) -> Result<Plane, String> {
        let mut vectors = lanczos.spectrum(2, true).largest.into_iter().filter_map(|pair| pair.vector);
        let (x, y) =
            vectors.next().zip(vectors.next()).ok_or("the Hessian has no two eigenvectors that could be found")?;
        // An eigenvector has no sign of its own: it keeps the one that it was shown with.
        let old = &self.current.plane;
        let (x, y) = if self.is_had { (towards(x, old.x()), towards(y, old.y())) } else { (x, y) };
        self.warm_start = Some(x.iter().zip(&y).map(|(x, y)| x + y).collect());
        let words = "eigenvectors of the two largest eigenvalues, of length 1, the same vectors for all runs";
        Plane::from_vectors(x, y, words).map_err(|err| err.to_string())
    }

    fn take(&mut self, made: Result<Plane, String>) -> Option<String> {
        match made {
            Ok(plane) => {
                self.current = Arc::new(CutPlane { plane, generation: self.current.generation + 1 });
                self.users.clear();
                self.is_had = true;
                self.is_told = false;
                None
            }
            Err(reason) if !std::mem::replace(&mut self.is_told, true) => {
                Some(format!("the slices stay on their plane: {reason}"))
            }
            Err(_) => None,
        }
    }

    /// The runs that the wanted plane is made from, with their steps.
    fn sources(&self, runs: &[LiveRun]) -> Vec<(RunId, u64)> {
        let ids = match self.wanted {
            LivePlane::Random { .. } => Vec::new(),
            LivePlane::Minima(ids) => ids.to_vec(),
            LivePlane::Eigenvectors(id) | LivePlane::PathPca(id) => vec![id],
        };
        let sources = runs.iter().filter(|live| ids.contains(&live.id) && live.has_weights());
        sources.map(|live| (live.id, live.run.steps())).collect()
    }
}

fn random(task: &Task, seed: u64, normalization: Normalization) -> Result<Plane, String> {
    let initial: Vec<f64> = task.initial.iter().copied().map(f64::from).collect();
    let words = "the initial weights, the same vectors for all runs";
    Plane::random(task.network.architecture(), &initial, normalization, seed, words).map_err(|err| err.to_string())
}

fn minima(runs: [Result<&LiveRun, String>; 3]) -> Result<Plane, String> {
    let [a, b, c] = runs;
    let runs = [a?, b?, c?];
    let weights = runs.map(|live| to_host(live.run.weights().clone()));
    let [a, b, c] = runs.map(|live| live.run.optimizer().label());
    let words = format!("{a}, {b} and {c} as they are, orthogonal, the same vectors for all runs");
    let span = Span::through([&weights[0], &weights[1], &weights[2]], SpanCenter::Mean, &words);
    span.map(|span| span.plane).map_err(|err| err.to_string())
}

fn path_plane(live: &LiveRun) -> Result<Plane, String> {
    let center = to_host(live.run.weights().clone());
    live.path.pca(&center, 2).and_then(|pca| pca.plane()).map_err(|err| err.to_string())
}

/// A vector or its negative, whichever is nearer to another one.
fn towards(vector: Vec<f64>, other: &[f64]) -> Vec<f64> {
    let product: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
    if product < 0.0 { vector.into_iter().map(|value| -value).collect() } else { vector }
}
