//! A comparison as units: a run each, of a method and a seed at a point of a grid.
//!
//! A point has a comparison of its own, with the settings of the point, and a folder of its own when all is gathered. A run
//! depends on the knobs of its own method alone, so points that differ in the knobs of another one share it: with
//! `--grid nso.sigma=…` SGD is trained once.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::canonical::id_of;
use super::error::SweepError;
use super::unit::{FORMAT, Unit, UnitKind};
use crate::config::{Experiment, OptimizerKind};

/// A comparison at each point of a grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonPlan {
    /// The experiment's file, with all that was set but the grid.
    pub experiment: String,
    /// The methods in their order.
    pub optimizers: Vec<OptimizerKind>,
    /// Number of seeds, which count up from the experiment's.
    pub seeds: u64,
    /// How often curvature is measured along each run; nowhere without.
    pub curvature: Option<u64>,
    /// Whether the weights are kept.
    pub weights: bool,
    /// The points of the grid; one that sets nothing where there is none.
    pub points: Vec<Point>,
}

/// A point of the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Its assignments.
    pub set: Vec<String>,
    /// The units of its runs, in the order of the comparison.
    pub units: Vec<usize>,
}

/// A run as a unit has it: an experiment of one method.
#[derive(Debug, Clone, PartialEq)]
pub struct OneRun {
    /// The experiment with the knobs of this method alone, its paths absolute.
    pub experiment: Experiment,
    /// The method.
    pub optimizer: OptimizerKind,
    /// The seed.
    pub seed: u64,
}

impl ComparisonPlan {
    /// The units of the plan in their order, which are entered at their points. `folder` is where relative paths are from.
    ///
    /// # Errors
    /// [`SweepError`] where the settings of a point do not fit together.
    pub fn make_units(&mut self, folder: &Path) -> Result<Vec<Unit>, SweepError> {
        let mut units = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for place in 0..self.points.len() {
            let experiment = self.experiment_at(place)?;
            let mut own = Vec::new();
            for &optimizer in &self.optimizers {
                let of_method = of_method(&experiment, optimizer, folder);
                let text = of_method.to_toml();
                for seed in seeds(&experiment, self.seeds)? {
                    let id = self.id(&text, optimizer, seed);
                    let i = *places.entry(id.clone()).or_insert(units.len());
                    if i == units.len() {
                        units.push(Unit { i, id, kind: UnitKind::Run { point: place, optimizer, seed } });
                    }
                    own.push(i);
                }
            }
            self.points[place].units = own;
        }
        Ok(units)
    }

    /// The experiment at a point, as it was written: its paths are from where the plan was made.
    ///
    /// # Errors
    /// [`SweepError::Config`] where a setting is not valid; that of the plan's own file is not expected.
    pub fn experiment_at(&self, point: usize) -> Result<Experiment, SweepError> {
        let mut experiment = Experiment::from_toml(&self.experiment)?;
        let set = self.points.get(point).map_or(&[][..], |point| &point.set);
        for assignment in set {
            experiment.assign(assignment).map_err(|err| SweepError::Asked(format!("`--grid {assignment}`: {err}")))?;
        }
        Ok(experiment)
    }

    /// The run of a unit.
    ///
    /// # Errors
    /// As [`Self::experiment_at`].
    pub fn run(
        &self,
        (point, optimizer, seed): (usize, OptimizerKind, u64),
        folder: &Path,
    ) -> Result<OneRun, SweepError> {
        let experiment = of_method(&self.experiment_at(point)?, optimizer, folder);
        Ok(OneRun { experiment, optimizer, seed })
    }

    fn id(&self, experiment: &str, optimizer: OptimizerKind, seed: u64) -> String {
        id_of(&json!({
            "format": FORMAT,
            "kind": "run",
            "experiment": experiment,
            "optimizer": optimizer,
            "seed": seed,
            "curvature": self.curvature,
            "weights": self.weights,
        }))
    }
}

/// An experiment as a run of one method sees it.
fn of_method(experiment: &Experiment, optimizer: OptimizerKind, folder: &Path) -> Experiment {
    let mut own = experiment.clone();
    own.optimizers.entry(optimizer).or_default();
    own.optimizers.retain(|kind, _| *kind == optimizer);
    own.resolve_paths(folder);
    own
}

/// The seeds of a comparison.
fn seeds(experiment: &Experiment, count: u64) -> Result<std::ops::Range<u64>, SweepError> {
    let first = experiment.seed;
    let end = first
        .checked_add(count)
        .ok_or_else(|| SweepError::Asked(format!("`seed` is {first}, expected one with room for {count} more")))?;
    Ok(first..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;
    use crate::sweep::grid;

    fn planned(grid: &[&str], seeds: u64) -> (ComparisonPlan, Vec<Unit>) {
        let axes: Vec<String> = grid.iter().map(|axis| (*axis).to_owned()).collect();
        let points = grid::points(&axes).unwrap().into_iter().map(|set| Point { set, units: Vec::new() });
        let mut plan = ComparisonPlan {
            experiment: builtin_experiment("moons-mlp").unwrap().to_toml(),
            optimizers: vec![OptimizerKind::Sgd, OptimizerKind::Nso],
            seeds,
            curvature: Some(0),
            weights: false,
            points: points.collect(),
        };
        let units = plan.make_units(Path::new("/work")).unwrap();
        (plan, units)
    }

    #[test]
    fn runs_that_a_point_does_not_change_are_done_once() {
        let (plan, units) = planned(&["nso.sigma=0.01,0.02"], 3);
        assert_eq!(units.len(), 9, "three of SGD, and three of NSO at each point");
        assert_eq!(plan.points[0].units, [0, 1, 2, 3, 4, 5]);
        assert_eq!(plan.points[1].units, [0, 1, 2, 6, 7, 8]);
        let (plan, units) = planned(&["learning_rate=0.01,0.02"], 3);
        assert_eq!((units.len(), plan.points[1].units.len()), (12, 6), "a knob that both read");
    }

    #[test]
    fn names_are_of_the_content() {
        let (_, units) = planned(&[], 2);
        let (_, again) = planned(&["nso.sigma=0.015"], 3);
        let ids = |units: &[Unit]| units.iter().map(|unit| unit.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&units)[..2], ids(&again)[..2], "SGD knows nothing of σ, nor of how many seeds there are");
        assert!(!ids(&again).contains(&units[2].id), "NSO does");
        let mut all = ids(&[units, again].concat());
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4 + 6 - 2);
    }

    #[test]
    fn a_run_is_of_one_method_at_its_point_with_absolute_paths() {
        let (mut plan, _) = planned(&["nso.sigma=0.01,0.02"], 1);
        let mut experiment = Experiment::from_toml(&plan.experiment).unwrap();
        experiment.start = Some(crate::config::StartConfig { weights: "w.npz".into(), ..Default::default() });
        plan.experiment = experiment.to_toml();
        assert_eq!(plan.make_units(Path::new("/work")).unwrap().len(), 3);
        let run = plan.run((1, OptimizerKind::Nso, 0), Path::new("/work")).unwrap();
        assert_eq!((run.optimizer, run.seed), (OptimizerKind::Nso, 0));
        assert_eq!(run.experiment.optimizers.len(), 1);
        assert_eq!(run.experiment.knobs(OptimizerKind::Nso).unwrap().sigma, 0.02);
        assert_eq!(run.experiment.start.unwrap().weights, Path::new("/work/w.npz"));
    }

    #[test]
    fn a_setting_that_cannot_be_is_told_with_its_assignment() {
        let (mut plan, _) = planned(&[], 1);
        plan.points = vec![Point { set: vec!["nso.sigma=big".to_owned()], units: Vec::new() }];
        let message = plan.make_units(Path::new("/")).unwrap_err().to_string();
        assert!(message.contains("--grid nso.sigma=big") && message.contains("expected"), "{message}");
    }
}
