//! `flatscape compare`: everything that can be wrong is found before training, then it trains, writes and prints.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};

use super::error::{BadInput, say};
use super::print::print;
use super::progress::Progress;
use super::{CompareArgs, memory, table};
use crate::config::{ConfigError, DeviceChoice, Experiment, OptimizerKind, builtin_experiment};
use crate::engine::{CompareNews, CompareOptions, compare};
use crate::export::{FILE_NAMES, OutputDir, write_comparison};
use crate::model::Architecture;

const MAX_SEEDS: u64 = 10_000;
const MAX_CURVATURE: u64 = 10_000;

/// Runs the command.
pub fn run(args: &CompareArgs) -> Result<()> {
    memory::limit(args.max_memory.as_deref())?;
    let options = options(args)?;
    for note in notes(args, &options.optimizers) {
        say(&note);
    }
    // The last of the checks: it is the first that leaves something behind.
    let dir = OutputDir::prepare(&args.out, &FILE_NAMES, args.force).context("`--out`")?;
    train_and_write(&options, dir)
}

/// Compares the optimisers of an experiment as it is, one seed each.
pub fn run_default(experiment: Experiment, device: DeviceChoice, dir: OutputDir) -> Result<()> {
    let optimizers = experiment.optimizers.keys().copied().collect();
    let curvature = Some(CompareOptions::DEFAULT_CURVATURE);
    train_and_write(&CompareOptions { experiment, optimizers, seeds: 1, device, curvature }, dir)
}

fn train_and_write(options: &CompareOptions, dir: OutputDir) -> Result<()> {
    let mut progress = Progress::new();
    let mut show = |news: CompareNews| match news {
        CompareNews::Notes(notes) => notes.iter().for_each(|note| say(note)),
        CompareNews::Forecast(forecast) => progress.foretell(&forecast, "; --quick leaves it out"),
        CompareNews::Progress(now) => progress.show_run(&now),
    };
    let compared = compare(options, &mut show, &AtomicBool::new(false));
    progress.finish();
    let result = match compared {
        Ok(result) => result,
        Err(err) => {
            dir.discard();
            return Err(err.into());
        }
    };
    if let Some(notice) = &result.notice {
        say(notice);
    }
    // Exports count as failures even where the folder is at fault: it could be written to before training.
    let written = write_comparison(&dir, &options.experiment, &result).map_err(|err| anyhow::anyhow!("{err}"))?;
    let files = format!("Wrote {} to {}", written.join(", "), dir.path().display());
    print(&format!("{}\n{files}", table::render(&options.experiment, options.seeds, &result)))
}

/// Reads `--device`.
pub fn device(text: &str) -> Result<DeviceChoice> {
    DeviceChoice::parse(text).context("`--device`")
}

fn options(args: &CompareArgs) -> Result<CompareOptions> {
    let mut experiment = load(&args.experiment)?;
    let device = device(&args.device)?;
    let seeds = whole("--seeds", &args.seeds, MAX_SEEDS)?;
    let curvature = if args.quick { None } else { curvature(&args.curvature)? };
    for assignment in &args.set {
        let is_budget = assignment.split('=').next().is_some_and(|key| key.trim() == "budget");
        if is_budget && args.budget.is_some() {
            return Err(
                BadInput(format!("`--set {assignment}` and `--budget` set the same, expected one of them")).into()
            );
        }
        experiment.assign(assignment).with_context(|| format!("`--set {assignment}`"))?;
    }
    if let Some(budget) = &args.budget {
        experiment.budget = whole("--budget", budget, 1_000_000_000_000)?;
    }
    let optimizers = match &args.optimizers {
        Some(list) => parse_optimizers(list).context("`--optimizers`")?,
        None => experiment.optimizers.keys().copied().collect(),
    };
    experiment.validate()?;
    check_budget(&experiment, &optimizers)?;
    if experiment.seed.checked_add(seeds).is_none() {
        return Err(BadInput(format!("`seed` is {}, expected one with room for {seeds} more", experiment.seed)).into());
    }
    Ok(CompareOptions { experiment, optimizers, seeds, device, curvature })
}

/// An experiment by its name, or from a file where the text looks like a path.
fn load(name: &str) -> Result<Experiment> {
    let path = Path::new(name);
    let looks_like_path = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
        || path.components().count() > 1;
    if !looks_like_path {
        return Ok(builtin_experiment(name)?);
    }
    let text = std::fs::read_to_string(path).map_err(|err| {
        BadInput(format!("cannot read the experiment ({err}), expected the path of a .toml file: {name}"))
    })?;
    let read = || -> Result<Experiment> {
        let mut experiment = Experiment::from_toml(&text)?;
        experiment.resolve_paths(path.parent().unwrap_or(Path::new("")));
        // A layer that does not fit is found here, where the file is known.
        Architecture::new(&experiment.model)?;
        Ok(experiment)
    };
    read().with_context(|| format!("in {name}"))
}

fn parse_optimizers(list: &str) -> Result<Vec<OptimizerKind>> {
    let mut optimizers = Vec::new();
    for name in list.split(',').map(str::trim) {
        if name.is_empty() {
            return Err(BadInput(format!(
                "a name is missing in `{list}`, expected names such as sgd,sam,nso, separated by commas"
            ))
            .into());
        }
        let optimizer = OptimizerKind::parse(name)?;
        if optimizers.contains(&optimizer) {
            return Err(BadInput(format!("`{name}` stands twice in `{list}`, expected each optimizer once")).into());
        }
        optimizers.push(optimizer);
    }
    Ok(optimizers)
}

/// Reads `--curvature`: how often it is measured along the way, where it is measured.
fn curvature(text: &str) -> Result<Option<u64>> {
    match text.trim() {
        "none" => Ok(None),
        "end" => Ok(Some(0)),
        text => match text.parse().ok().filter(|times| (1..=MAX_CURVATURE).contains(times)) {
            Some(times) => Ok(Some(times)),
            None => Err(BadInput(format!(
                "`--curvature` is `{text}`, expected none, end, or a whole number from 1 to {MAX_CURVATURE}"
            ))
            .into()),
        },
    }
}

/// Reads a count from 1 on.
pub fn whole(flag: &str, text: &str, max: u64) -> Result<u64> {
    text.trim()
        .parse()
        .ok()
        .filter(|value| (1..=max).contains(value))
        .ok_or_else(|| BadInput(format!("`{flag}` is `{text}`, expected a whole number from 1 to {max}")).into())
}

/// Every run must have room for one step, or there is nothing to compare.
pub fn check_budget(experiment: &Experiment, optimizers: &[OptimizerKind]) -> Result<()> {
    for &optimizer in optimizers {
        let step = experiment.knobs(optimizer)?.gradient_evaluations(optimizer);
        if experiment.budget < step {
            return Err(ConfigError::OutOfRange {
                name: "budget".to_owned(),
                value: experiment.budget.to_string(),
                expected: format!("at least {step}, the gradient evaluations of one step of {}", optimizer.label()),
            }
            .into());
        }
    }
    Ok(())
}

/// Settings that change nothing, because their optimizer is not compared.
fn notes(args: &CompareArgs, optimizers: &[OptimizerKind]) -> Vec<String> {
    let note = |assignment: &String| {
        let section = assignment.split_once('.')?.0.trim();
        let kind = OptimizerKind::parse(section).ok().filter(|kind| !optimizers.contains(kind))?;
        Some(format!("`--set {assignment}` changes nothing: {} is not compared", kind.label()))
    };
    args.set.iter().filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_optimizers_keep_their_order() {
        assert_eq!(parse_optimizers("nso, sgd").unwrap(), [OptimizerKind::Nso, OptimizerKind::Sgd]);
        for bad in ["", "sgd,", "sgd,sgd", "sgd;sam", "SGD"] {
            assert!(parse_optimizers(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_budget_has_room_for_a_step() {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.budget = 7;
        experiment.assign("nso.k=4").unwrap();
        assert!(check_budget(&experiment, &[OptimizerKind::Sgd, OptimizerKind::Sam]).is_ok());
        let err = check_budget(&experiment, &[OptimizerKind::Nso]).unwrap_err().to_string();
        assert!(err.contains("at least 8"), "{err}");
    }
}
