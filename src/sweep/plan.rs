//! A plan: what is to be done, and the units that it falls into, in the order in which they are gathered.
//!
//! `plan.json` is written once and never changed; each worker reads it. All machines have to find the files that it names under
//! the same paths.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::analysis::AnalysisPlan;
use super::comparison::ComparisonPlan;
use super::error::SweepError;
use super::unit::{FORMAT, Unit, UnitKind};
use crate::config::Experiment;

/// A plan as its file has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: u32,
    /// The program that made it.
    pub version: String,
    /// The working folder in which it was made: relative paths are from there.
    pub folder: PathBuf,
    /// The device that workers take unless they are told otherwise, as on the command line.
    pub device: String,
    /// What is to be done.
    pub work: Work,
    /// The units, each at the place of its number.
    pub units: Vec<Unit>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Runs of a comparison, or of one at each point of a grid.
    Comparison(ComparisonPlan),
    /// Pieces of an analysis.
    Analysis(AnalysisPlan),
}

impl Plan {
    /// Reads `plan.json`.
    ///
    /// # Errors
    /// Why the text is none, in words.
    pub fn from_json(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(|err| err.to_string())?;
        if head.format != FORMAT {
            return Err(format!("it has format {} and this program reads {FORMAT}", head.format));
        }
        let plan: Self = serde_json::from_str(text).map_err(|err| err.to_string())?;
        let is_in_order = plan.units.iter().enumerate().all(|(place, unit)| unit.i == place);
        if is_in_order { Ok(plan) } else { Err("its units are not in the order of their numbers".to_owned()) }
    }

    /// The text of `plan.json`: a line for each unit, so that a number is easily found.
    ///
    /// # Errors
    /// [`SweepError::Asked`] where a path is not Unicode.
    pub fn to_json(&self) -> Result<String, SweepError> {
        let whole = |err| SweepError::Asked(format!("the plan cannot be written ({err}), expected paths in Unicode"));
        let head = serde_json::to_value(Self { units: Vec::new(), ..self.clone() }).map_err(whole)?;
        let mut text = "{\n".to_owned();
        for (key, value) in head.as_object().into_iter().flatten().filter(|(key, _)| *key != "units") {
            text += &format!("  {}: {value},\n", serde_json::Value::from(key.as_str()));
        }
        let units = self.units.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>().map_err(whole)?;
        Ok(text + "  \"units\": [\n    " + &units.join(",\n    ") + "\n  ]\n}\n")
    }

    /// The experiment that is compared, at the first point of a grid, with its paths absolute; `None` for an analysis.
    #[must_use]
    pub fn experiment(&self) -> Option<Experiment> {
        let Work::Comparison(comparison) = &self.work else { return None };
        let mut experiment = comparison.experiment_at(0).ok()?;
        experiment.optimizers.retain(|kind, _| comparison.optimizers.contains(kind));
        for kind in &comparison.optimizers {
            experiment.optimizers.entry(*kind).or_default();
        }
        experiment.resolve_paths(&self.folder);
        Some(experiment)
    }

    /// What a unit is, in words.
    #[must_use]
    pub fn words(&self, unit: &Unit) -> String {
        match (&unit.kind, &self.work) {
            (UnitKind::Run { point, optimizer, seed }, Work::Comparison(comparison)) => {
                let set = comparison.points.get(*point).map(|point| point.set.join(", ")).unwrap_or_default();
                let at = if set.is_empty() { set } else { format!(", {set}") };
                format!("{}, seed {seed}{at}", optimizer.label())
            }
            (UnitKind::Run { optimizer, seed, .. }, _) => format!("{}, seed {seed}", optimizer.label()),
            (UnitKind::Piece(piece), _) => piece.words(),
        }
    }
}
