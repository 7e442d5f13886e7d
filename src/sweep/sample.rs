//! Made-up plans, for tests.

use std::path::Path;

use super::comparison::{ComparisonPlan, Point};
use super::grid;
use super::plan::{Plan, Work};
use super::unit::FORMAT;
use crate::config::{OptimizerKind, builtin_experiment};

/// A comparison of SGD at each point of a grid, with so many seeds.
pub fn plan(grid: &[&str], seeds: u64) -> Plan {
    let axes: Vec<String> = grid.iter().map(|axis| (*axis).to_owned()).collect();
    let points = grid::points(&axes).unwrap().into_iter().map(|set| Point { set, units: Vec::new() });
    let mut comparison = ComparisonPlan {
        experiment: builtin_experiment("moons-mlp").unwrap().to_toml(),
        optimizers: vec![OptimizerKind::Sgd],
        seeds,
        curvature: Some(0),
        weights: false,
        points: points.collect(),
    };
    let units = comparison.make_units(Path::new("/work")).unwrap();
    Plan {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        folder: "/work".into(),
        device: "cpu".to_owned(),
        work: Work::Comparison(comparison),
        units,
    }
}
