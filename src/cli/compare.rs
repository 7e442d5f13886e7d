//! `flatscape compare`: everything that can be wrong is found before training, then it trains, writes and prints.

pub(super) mod going_on;
pub(super) mod rerun;
pub(super) mod tune;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};

use super::error::{BadInput, say, tell};
use super::print::print;
use super::progress::Progress;
use super::table::{self, Tables};
use super::{CompareArgs, ComparedArgs, device_words, memory};
use crate::config::{ConfigError, DeviceChoice, Experiment, OptimizerKind, StudyKind, builtin_experiment};
use crate::engine::{
    CompareNews, CompareOptions, Done, FileKind, Keeping, SESSION_FILE, There, check_number, compare_keeping, link_in,
    recognise,
};
use crate::export::{FILE_NAMES, OutputDir, TUNING_FILE, weights_name, write_comparison, written_words};
use crate::model::Architecture;
use crate::report::tuning::{tries_words, with_picked};
use crate::session::store::Writer;
use going_on::Wish;

const MAX_SEEDS: u64 = 10_000;
const MAX_CURVATURE: u64 = 10_000;
const MAX_JOBS: u64 = 1024;

/// Runs the command.
pub fn run(args: &CompareArgs) -> Result<()> {
    memory::limit(args.max_memory.as_deref())?;
    let options = options(args)?;
    let tables = tables(&args.table, options.curvature)?;
    for note in notes(&args.compared.set, &args.tune, &options.optimizers) {
        say(&note);
    }
    let wish = match (args.resume, args.force) {
        (true, _) => Wish::Resume,
        (false, true) => Wish::Force,
        (false, false) => Wish::New,
    };
    let keeping = going_on::keeping(&args.out, wish, &options)?;
    // The last of the checks: it is the first that leaves something behind.
    let names = names(&options);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let dir = OutputDir::prepare(&args.out, &names, wish != Wish::New).context("`--out`")?;
    train_and_write(&options, tables, dir, &keeping)
}

/// Compares the optimisers of an experiment as it is, one seed each.
pub fn run_default(experiment: Experiment, device: DeviceChoice, dir: OutputDir) -> Result<()> {
    let optimizers = experiment.optimizers.keys().copied().collect();
    let curvature = Some(CompareOptions::DEFAULT_CURVATURE);
    let (tuning, jobs) = (Vec::new(), None);
    let options = CompareOptions {
        experiment,
        optimizers,
        seeds: 1,
        device,
        curvature,
        tuning,
        weights: false,
        kind: StudyKind::Comparison,
        jobs,
        done: Done::default(),
    };
    let asked = rerun::asked_for(&options);
    let path = dir.path().join(SESSION_FILE);
    let keeping = Keeping { path, writer: Writer::Compare, there: There::None, pause: Keeping::PAUSE, asked };
    train_and_write(&options, Tables::Both, dir, &keeping)
}

/// The files that will be written.
pub fn names(options: &CompareOptions) -> Vec<String> {
    let mut names: Vec<String> = FILE_NAMES.into_iter().chain([SESSION_FILE]).map(str::to_owned).collect();
    names.extend((!options.tuning.is_empty()).then(|| TUNING_FILE.to_owned()));
    if options.weights {
        let seeds = || options.experiment.seed..options.experiment.seed + options.seeds;
        let each = options.optimizers.iter().flat_map(|kind| seeds().map(move |seed| (*kind, seed)));
        names.extend(each.flat_map(|(kind, seed)| [false, true].map(|average| weights_name(kind, seed, average))));
    }
    names
}

fn train_and_write(options: &CompareOptions, tables: Tables, dir: OutputDir, keeping: &Keeping) -> Result<()> {
    let mut progress = Progress::new();
    let mut tries =
        (!options.tuning.is_empty()).then(|| tries_words(&tune::counts(&options.tuning, &options.optimizers)));
    let mut show = |news: CompareNews| {
        // Told with the time that they take: whatever can be refused was refused by then.
        if matches!(news, CompareNews::Forecast(_)) {
            tries.take().iter().for_each(|words| tell(words));
        }
        show_news(&mut progress, news, "; --quick leaves it out");
    };
    let compared = compare_keeping(options, Some(keeping), &mut show, &AtomicBool::new(false));
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
    let experiment = with_picked(&options.experiment, &result.tuning);
    let written = write_comparison(&dir, &experiment, &result, &rerun::kept_rerun(keeping))
        .map_err(|err| anyhow::anyhow!("{err}"))?;
    let files = format!("Wrote {}, {SESSION_FILE} to {}", written_words(&written), dir.path().display());
    going_on::end(keeping, written);
    print(&format!("{}\n{files}", table::render(&experiment, &result, tables)))
}

/// Shows what a comparison tells. `way_out` says how to leave out its curvature.
pub fn show_news(progress: &mut Progress, news: CompareNews, way_out: &str) {
    match news {
        CompareNews::Notes(notes) => notes.iter().for_each(|note| say(note)),
        CompareNews::Forecast(forecast) => {
            let is_curvature = forecast.part.is_some_and(|(name, _)| name == "curvature");
            progress.foretell(&forecast, if is_curvature { way_out } else { "" });
        }
        CompareNews::AtOnce(at_once) => at_once.words().iter().for_each(|words| progress.say(words)),
        CompareNews::Device(report) => tell(&device_words::line(report)),
        CompareNews::GoingOn(there) => tell(&going_on_words(there)),
        CompareNews::Unkept(problem) => progress.say(&format!("the session is behind: {problem}")),
        CompareNews::Ended(_) => {}
        CompareNews::Progress(now) => progress.show_run(&now),
        CompareNews::Tried(one, number) => progress.say(&tune::tried_words(one, number)),
        CompareNews::Tuned(tries) => progress.say(&tune::tuned_words(tries)),
    }
}

/// What a comparison goes on with: runs and tries that have ended, and what was half done.
fn going_on_words([runs, tries, halves]: [usize; 3]) -> String {
    let of = |number: usize, one: &str, many: &str| {
        (number > 0).then(|| format!("{number} {}", if number == 1 { one } else { many }))
    };
    let ended: Vec<String> = [of(runs, "run", "runs"), of(tries, "try", "tries")].into_iter().flatten().collect();
    let ended = match &ended[..] {
        [] => "nothing that has ended".to_owned(),
        ended => format!("{} that {} ended", ended.join(" and "), if runs + tries == 1 { "has" } else { "have" }),
    };
    let half = if halves > 0 { format!(", and {halves} half done") } else { String::new() };
    format!("going on with {ended}{half}")
}

/// Reads `--device`, for this machine: a GPU that is named has to be there.
pub fn device(text: &str) -> Result<DeviceChoice> {
    let choice = DeviceChoice::parse(text).context("`--device`")?;
    check_number(choice).map_err(BadInput)?;
    Ok(choice)
}

fn options(args: &CompareArgs) -> Result<CompareOptions> {
    let jobs = args.jobs.as_ref().map(|jobs| whole("--jobs", jobs, MAX_JOBS)).transpose()?.map(|jobs| jobs as usize);
    let options = compared(&args.compared, device(&args.compared.device)?)?;
    let tuning = tune::grids(&args.tune, &options.experiment, &options.optimizers)?;
    Ok(CompareOptions { tuning, jobs, ..options })
}

/// What the arguments say of what is compared, checked as far as it can be without the data.
pub fn compared(args: &ComparedArgs, device: DeviceChoice) -> Result<CompareOptions> {
    let mut experiment = load_experiment(&args.experiment)?;
    let seeds = whole("--seeds", &args.seeds, MAX_SEEDS)?;
    let curvature = if args.quick { None } else { curvature(&args.curvature)? };
    let optimizers = match &args.optimizers {
        Some(list) => parse_optimizers(list).context("`--optimizers`")?,
        // Before anything is set: a setting of a method does not make it one that is compared.
        None => experiment.optimizers.keys().copied().collect(),
    };
    set(&mut experiment, args)?;
    check_budget(&experiment, &optimizers)?;
    if experiment.seed.checked_add(seeds).is_none() {
        return Err(BadInput(format!("`seed` is {}, expected one with room for {seeds} more", experiment.seed)).into());
    }
    Ok(CompareOptions {
        experiment,
        optimizers,
        seeds,
        device,
        curvature,
        tuning: Vec::new(),
        weights: args.weights,
        kind: StudyKind::Comparison,
        jobs: None,
        done: Done::default(),
    })
}

/// Changes the settings that the arguments name.
fn set(experiment: &mut Experiment, args: &ComparedArgs) -> Result<()> {
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
    Ok(experiment.validate()?)
}

/// Reads `--table`, which cannot ask for what is not measured.
fn tables(text: &str, curvature: Option<u64>) -> Result<Tables> {
    match text.trim() {
        "end" => Ok(Tables::End),
        "both" => Ok(Tables::Both),
        "equal-loss" if curvature.is_none_or(|times| times == 0) => Err(BadInput(
            "`--table equal-loss` takes curvature along the way, expected no `--quick`, and `--curvature` 1 or more"
                .to_owned(),
        )
        .into()),
        "equal-loss" => Ok(Tables::EqualLoss),
        text => Err(BadInput(format!("`--table` is `{text}`, expected end, equal-loss or both")).into()),
    }
}

/// An experiment by its name, or from a file where the text looks like a path.
pub fn load_experiment(name: &str) -> Result<Experiment> {
    let path = Path::new(name);
    if link_in(path).is_some() {
        return match recognise(path).map_err(|problem| BadInput(problem.trim_end_matches('.').to_owned()))? {
            FileKind::Experiment(experiment) => Ok(*experiment),
            _ => Err(BadInput(format!("the link leads to no experiment: {name}")).into()),
        };
    }
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

/// Settings that change nothing, because their optimizer is not compared, or because tuning picks the value.
pub fn notes(set: &[String], tune: &[String], optimizers: &[OptimizerKind]) -> Vec<String> {
    let key = |assignment: &str| assignment.split('=').next().unwrap_or_default().trim().to_owned();
    let note = |assignment: &String| {
        let section = assignment.split_once('.')?.0.trim();
        let kind = OptimizerKind::parse(section).ok()?;
        if !optimizers.contains(&kind) {
            return Some(format!("`--set {assignment}` changes nothing: {} is not compared", kind.label()));
        }
        let is_tuned = tune.iter().any(|tuned| key(tuned) == key(assignment));
        is_tuned.then(|| format!("`--set {assignment}` changes nothing: the value is tuned"))
    };
    set.iter().filter_map(note).collect()
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
    fn what_is_gone_on_with_is_told_in_numbers() {
        assert_eq!(going_on_words([1, 0, 0]), "going on with 1 run that has ended");
        assert_eq!(going_on_words([4, 3, 2]), "going on with 4 runs and 3 tries that have ended, and 2 half done");
        assert_eq!(going_on_words([0, 0, 1]), "going on with nothing that has ended, and 1 half done");
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

    #[test]
    fn the_help_has_the_methods_as_their_table_does() {
        use clap::CommandFactory as _;
        let program = crate::cli::Cli::command();
        let help = program.find_subcommand("compare").unwrap().get_after_help().unwrap().to_string();
        let (_, methods) = help.split_once("Methods:").unwrap();
        let table = OptimizerKind::ALL.map(|kind| format!("{} {}", kind.key(), kind.spec().about));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(methods), words(&table.join(" ")));
    }

    #[test]
    fn files_of_weights_are_named_by_method_and_seed() {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.seed = 7;
        let (optimizers, tuning) = (vec![OptimizerKind::Sgd], Vec::new());
        let options = CompareOptions {
            experiment,
            optimizers,
            seeds: 2,
            device: DeviceChoice::Cpu,
            curvature: None,
            tuning,
            weights: true,
            kind: StudyKind::Comparison,
            jobs: None,
            done: Done::default(),
        };
        let expected = [
            "weights/sgd-7.safetensors",
            "weights/sgd-7-average.safetensors",
            "weights/sgd-8.safetensors",
            "weights/sgd-8-average.safetensors",
        ];
        assert_eq!(names(&options)[FILE_NAMES.len() + 1..], expected);
    }
}
