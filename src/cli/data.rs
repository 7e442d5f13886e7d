//! `flatscape data`: a data set as files of arrays.

use anyhow::{Context as _, Result};

use super::args::DataArgs;
use super::compare::load_experiment;
use super::error::BadInput;
use super::print::print;
use crate::config::{ConfigError, DataConfig, DataSource, Experiment, ModelConfig, builtin_experiments, nearest};
use crate::data::{FileKind, Source, Split, Wanted, load, written, written_file};
use crate::export::OutputDir;
use crate::model::Architecture;

/// The names of the classes.
const CLASSES: &str = "classes.txt";
/// The settings.
const SETTINGS: &str = "data.toml";

/// Runs the command.
pub fn run(args: &DataArgs) -> Result<()> {
    let kind = FileKind::ALL.into_iter().find(|kind| kind.key() == args.format.trim()).ok_or_else(|| {
        BadInput(format!("`--format` is `{}`, expected {}", args.format, FileKind::ALL.map(FileKind::key).join(" or ")))
    })?;
    let (data, model) = chosen(&args.name, &args.set)?;
    let split = examples(&data, model.as_ref())?;
    let settings = toml::to_string_pretty(&data).context(SETTINGS)?;
    let mut files = vec![(SETTINGS.to_owned(), settings.into_bytes())];
    if !split.class_names.is_empty() {
        files.push((CLASSES.to_owned(), (split.class_names.join("\n") + "\n").into_bytes()));
    }
    let mut lines = Vec::new();
    let parts = [("train", Some(&split.train)), ("test", Some(&split.test)), ("validation", split.validation.as_ref())];
    for (name, part) in parts.into_iter().filter_map(|(name, part)| Some((name, part?))) {
        let arrays = written(part, split.text.as_ref());
        let name = format!("{name}.{}", kind.key());
        let words: Vec<String> = arrays.iter().map(crate::data::Written::words).collect();
        lines.push(format!("{name}: {}", words.join(", ")));
        files.push((name.clone(), written_file(&arrays, kind).with_context(|| format!("cannot write {name}"))?));
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let dir = OutputDir::prepare(&args.out, &names, args.force).context("`--out`")?;
    dir.write_all(&files)?;
    print(&format!("{}\nWrote {} to {}", lines.join("\n"), names.join(", "), dir.path().display()))
}

/// The data that are meant, with the model that they are for where that is known.
fn chosen(name: &str, set: &[String]) -> Result<(DataConfig, Option<ModelConfig>)> {
    let experiments = builtin_experiments();
    let is_experiment = experiments.iter().any(|experiment| experiment.name == name);
    let source = DataSource::ALL.into_iter().find(|source| source.key() == name && !is_experiment);
    let looks_like_name = !name.contains(['.', '/', '\\']);
    if looks_like_name && !is_experiment && source.is_none() {
        let names = experiments.iter().map(|experiment| experiment.name.as_str());
        return Err(ConfigError::UnknownName {
            kind: "experiment or data source",
            name: name.to_owned(),
            nearest: nearest(name, names.chain(DataSource::ALL.map(DataSource::key))),
        }
        .into());
    }
    let mut experiment = match source {
        // Any experiment can carry the data while they are set.
        Some(source) => Experiment { data: DataConfig::of(source), ..load_experiment("moons-mlp")? },
        None => load_experiment(name)?,
    };
    for assignment in set {
        if !assignment.trim_start().starts_with("data.") {
            let expected = "a setting of the data, such as data.train_size=1000";
            return Err(BadInput(format!("`--set {assignment}` changes no data, expected {expected}")).into());
        }
        experiment.assign(assignment).with_context(|| format!("`--set {assignment}`"))?;
    }
    Ok((experiment.data, source.is_none().then_some(experiment.model)))
}

/// The examples in the shape of the model that they are for, or in their own.
fn examples(data: &DataConfig, model: Option<&ModelConfig>) -> Result<Split> {
    let Some(model) = model else { return Ok(Source::read(data, &Wanted::ANY)?.split(data)?) };
    let outputs = Architecture::new(model)?.outputs;
    Ok(load(data, &Wanted::by(model, &model.example_shape(), outputs))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_source() {
        use clap::CommandFactory as _;
        let mut program = crate::cli::Cli::command();
        let help = program.find_subcommand_mut("data").unwrap().render_long_help().to_string();
        let words: Vec<&str> = help.split(|letter: char| letter.is_whitespace() || letter == ',').collect();
        for source in DataSource::ALL {
            assert!(words.contains(&source.key()), "{}", source.key());
        }
    }

    #[test]
    fn experiments_have_the_shape_of_their_model_and_sources_their_own() {
        let shape = |name: &str, set: &[&str]| {
            let set: Vec<String> = set.iter().map(|text| (*text).to_owned()).collect();
            let (data, model) = chosen(name, &set).unwrap();
            examples(&data, model.as_ref()).unwrap().train.shape
        };
        assert_eq!(shape("resnet8-digits", &[]), [1, 16, 16]);
        assert_eq!(shape("digits", &[]), [64]);
        assert_eq!(shape("digits", &["data.resize=12"]), [1, 12, 12]);
        for source in DataSource::ALL {
            assert!(!shape(source.key(), &["data.train_size=40", "data.test_size=20"]).is_empty());
        }
    }

    #[test]
    fn what_is_wrong_is_one_sentence() {
        for (name, set, words) in [
            ("shaps", None, "unknown experiment or data source `shaps`; did you mean `shapes`?"),
            ("file", None, "unknown experiment or data source `file`"),
            ("none.toml", None, "none.toml"),
            ("shapes", Some("learning_rate=0.1"), "changes no data, expected a setting of the data"),
            ("shapes", Some("data.train_size=0"), "`--set data.train_size=0`"),
        ] {
            let set: Vec<String> = set.map(str::to_owned).into_iter().collect();
            let message = format!("{:#}", chosen(name, &set).unwrap_err());
            assert!(message.contains(words) && !message.contains('\n'), "{name}: {message}");
        }
    }
}
