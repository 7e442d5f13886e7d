//! `flatscape experiments` and `flatscape devices`.

use serde::Serialize;

use super::ListArgs;
use super::print::print;
use crate::config::{DataSource, Experiment, LayerText, OptimizerKind, builtin_experiments};
use crate::engine::{DeviceInfo, list_devices};
use crate::number::count;

/// What scripts may want to know of an experiment.
#[derive(Serialize)]
struct ExperimentInfo<'a> {
    name: &'a str,
    title: &'a str,
    about: &'a str,
    data: DataSource,
    train_size: usize,
    test_size: usize,
    layers: &'a [LayerText],
    budget: u64,
    optimizers: Vec<OptimizerKind>,
}

impl<'a> ExperimentInfo<'a> {
    fn new(experiment: &'a Experiment) -> Self {
        Self {
            name: &experiment.name,
            title: &experiment.title,
            about: &experiment.about,
            data: experiment.data.source,
            train_size: experiment.data.train_size,
            test_size: experiment.data.test_size,
            layers: &experiment.model.layers,
            budget: experiment.budget,
            optimizers: experiment.optimizers.keys().copied().collect(),
        }
    }
}

/// Lists the experiments that come with the program.
pub fn experiments(args: ListArgs) -> anyhow::Result<()> {
    let all = builtin_experiments();
    if args.json {
        return json(&all.iter().map(ExperimentInfo::new).collect::<Vec<_>>());
    }
    let width = all.iter().map(|experiment| experiment.name.len()).max().unwrap_or(0);
    let lines: Vec<String> = all
        .iter()
        .map(|experiment| {
            let Experiment { name, title, about, .. } = experiment;
            format!("{name:width$}  {title}. {about} {} gradient evaluations a run.", count(experiment.budget))
        })
        .collect();
    print(&lines.join("\n"))
}

/// Lists the devices.
pub fn devices(args: ListArgs) -> anyhow::Result<()> {
    let all = list_devices();
    if args.json {
        return json(&all);
    }
    let lines: Vec<String> = all.iter().map(device_line).collect();
    print(&lines.join("\n"))
}

fn device_line(device: &DeviceInfo) -> String {
    let DeviceInfo { name, kind, device, bus, backend, taken_by_auto, reason } = device;
    let mark = if *taken_by_auto { "*" } else { " " };
    let taken = if *taken_by_auto { "taken by --device auto" } else { "not taken by --device auto" };
    let place =
        [device.as_ref().map(|device| format!(", --device {device}")), bus.as_ref().map(|bus| format!(", at {bus}"))];
    let place: String = place.into_iter().flatten().collect();
    format!("{mark} {name} ({kind}, {backend}{place}): {taken}, {reason}")
}

/// Prints a value as JSON.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}
