//! What a file is that the user opens or drops: small files are read, of others only the beginning. A link stands for what it leads
//! to.

mod lesson;

use std::path::Path;

use self::lesson::{lesson, linked};
use super::describe::sentence;
use crate::config::{DataSource, Experiment, Lesson, ModelConfig};
use crate::data::{self, DataFormat, arrays};
use crate::model::Architecture;
use crate::session::checkpoints::list_checkpoints;
use crate::session::store::is_session;
use crate::session::unnamed;
use crate::sweep::folder::SweepFolder;

pub use self::lesson::link_in;

/// Texts up to this size are read at once.
const MOST_TEXT: u64 = 1 << 20;

/// What every wrong kind of file is told.
const EXPECTED: &str = "expected an experiment or a model (.toml), a lesson (.md), a session (.flatscape), the folder of a sweep, weights (.safetensors, .pt) or data (CSV, JSON lines, NPZ, safetensors, Parquet, \
                        IDX, CIFAR, a folder of images by class or an archive of such files)";

/// What a file is.
#[derive(Debug, Clone, PartialEq)]
pub enum FileKind {
    /// A session.
    Session,
    /// A valid experiment, its paths resolved.
    Experiment(Box<Experiment>),
    /// A valid lesson, the paths of its experiment resolved.
    Lesson(Box<Lesson>),
    /// A model; its layers may be wrong, which is shown where they are edited.
    Model(Box<ModelConfig>),
    /// A data set.
    Data,
    /// A state dict with tensors of these names.
    Weights(Vec<String>),
    /// A folder of checkpoints, with the experiment or the model that lies in it.
    Checkpoints(Option<Box<FileKind>>),
    /// The folder of a sweep.
    Sweep,
}

/// Where a folder of checkpoints says what they are checkpoints of.
const SETTINGS: [&str; 2] = ["experiment.toml", "model.toml"];

/// Finds out what lies at `path`.
///
/// # Errors
/// One sentence: what it is and what was expected.
pub fn recognise(path: &Path) -> Result<FileKind, String> {
    if let Some(link) = link_in(path) {
        return linked(link);
    }
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let meta = std::fs::metadata(path).map_err(|err| format!("{name} cannot be read: {err}."))?;
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
    if meta.is_file() && is_session(path) {
        return Ok(FileKind::Session);
    }
    if extension == unnamed::EXTENSION && meta.is_file() {
        return Err(format!("{name} is named like a session but is none, {EXPECTED}."));
    }
    if meta.is_file() && meta.len() == 0 {
        return Err(format!("{name} is empty, {EXPECTED}."));
    }
    if extension == "toml" && meta.is_file() {
        return if meta.len() > MOST_TEXT {
            Err(format!("{name} has {} bytes, expected an experiment or a model of at most {MOST_TEXT}.", meta.len()))
        } else {
            settings(path, &name)
        };
    }
    if extension == "md" && meta.is_file() {
        return lesson(path, &name, meta.len());
    }
    if meta.is_dir() && SweepFolder::is_there(path) {
        return Ok(FileKind::Sweep);
    }
    if let Some(names) = arrays::weights_names(path).map_err(|err| sentence(&err.to_string()))? {
        return Ok(FileKind::Weights(names));
    }
    let format = match data::recognise(path) {
        Err(err) if meta.is_dir() => match checkpoints(path)? {
            Some(kind) => return Ok(kind),
            None => Err(err),
        },
        format => format,
    };
    let format = format.map_err(|err| match err {
        data::ImportError::In { problem: data::Problem::Unknown { found }, .. } => {
            format!("{name} seems to be {found}, {EXPECTED}.")
        }
        data::ImportError::In { problem: data::Problem::Foreign { what, way }, .. } => {
            let way = if way.is_empty() { String::new() } else { format!("; {way}") };
            format!("{name} is {what}, {EXPECTED}{way}.")
        }
        other => sentence(&other.to_string()),
    })?;
    match format {
        DataFormat::Arrays => named_arrays(path, &name),
        DataFormat::Csv if !matches!(extension.as_str(), "csv" | "tsv" | "txt" | "dat" | "data" | "") => {
            Err(format!("{name} is text of a kind that is not opened, {EXPECTED}."))
        }
        _ => Ok(FileKind::Data),
    }
}

/// As [`recognise`], where checkpoints may still come into a folder that has nothing in it.
///
/// # Errors
/// One sentence: what it is and what was expected.
pub fn recognise_or_wait(path: &Path) -> Result<FileKind, String> {
    recognise(path).or_else(|problem| {
        let is_empty = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        if is_empty { Ok(FileKind::Checkpoints(None)) } else { Err(problem) }
    })
}

/// What a folder is where checkpoints lie in it, or are to come: it says of which model.
fn checkpoints(folder: &Path) -> Result<Option<FileKind>, String> {
    let file = SETTINGS.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    let is_data = |path: &Path| arrays::array_names(path).is_ok_and(|names| data::holds_examples(&names));
    let listed = list_checkpoints(folder).unwrap_or_default();
    if file.is_none() && listed.files.iter().all(|file| is_data(&file.path)) {
        return Ok(None);
    }
    let settings = file.map(|path| settings(&path, &path.display().to_string())).transpose()?;
    Ok(Some(FileKind::Checkpoints(settings.map(Box::new))))
}

/// An experiment or a model, told apart by their keys.
fn settings(path: &Path, name: &str) -> Result<FileKind, String> {
    let text = std::fs::read_to_string(path).map_err(|err| format!("{name} cannot be read: {err}."))?;
    let wrong = |what: &str, err: &dyn std::fmt::Display| {
        format!("{name} is no valid {what}: {}", sentence_end(&err.to_string()))
    };
    let table: toml::Table =
        toml::from_str(&text).map_err(|err| wrong("TOML file", &err.message().replace('\n', " ")))?;
    let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
    if has(&["optimizers", "data", "model", "budget"]) {
        let mut experiment = Experiment::from_toml(&text).map_err(|err| wrong("experiment", &err))?;
        experiment.resolve_paths(path.parent().unwrap_or(Path::new("")));
        Architecture::new(&experiment.model).map_err(|err| wrong("experiment", &err))?;
        if let (DataSource::File, Some(path)) = (experiment.data.source, &experiment.data.path) {
            let unusable = |err: data::ImportError| {
                format!("the data of {name} cannot be used: {}", sentence_end(&err.to_string()))
            };
            data::recognise(path).map_err(unusable)?;
        }
        return Ok(FileKind::Experiment(Box::new(experiment)));
    }
    if has(&["layers", "input", "loss"]) {
        let model = ModelConfig::from_toml(&text).map_err(|err| wrong("model", &err))?;
        return Ok(FileKind::Model(Box::new(model)));
    }
    Err(format!(
        "{name} has neither the keys of an experiment nor of a model, expected `data`, `model` and `optimizers`, or `input`, \
         `loss` and `layers`."
    ))
}

fn sentence_end(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// Data or weights, told apart by the names in the file.
fn named_arrays(path: &Path, name: &str) -> Result<FileKind, String> {
    let names = arrays::array_names(path).map_err(|err| sentence(&err.to_string()))?;
    if data::holds_examples(&names) {
        return Ok(FileKind::Data);
    }
    let has_parts = |prefix: &str| names.iter().any(|found| found.starts_with(prefix));
    if has_parts("x.") && has_parts("y.") {
        return Err(format!(
            "{name} holds two directions of a slice, which only `flatscape analyze --directions` takes; here data (arrays `x` and \
             `y`) or weights were expected."
        ));
    }
    // Parametrised tensors too, such as `0.weight_g` and `0.parametrizations.weight.original0`.
    let is_tensor = |word: &str| word.starts_with("weight") || word.starts_with("bias");
    if names.iter().any(|found| found.split('.').any(is_tensor)) {
        return Ok(FileKind::Weights(names));
    }
    let first: Vec<String> = names.iter().take(4).map(|name| format!("`{name}`")).collect();
    let found = if first.is_empty() { "no arrays".to_owned() } else { format!("the arrays {}", first.join(", ")) };
    Err(format!("{name} has {found}, expected data (`x` and `y`) or a state dict (`0.weight`, `0.bias`, …)."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;
    use crate::data::arrays::write_safetensors;

    #[test]
    fn kinds_are_told_apart_by_keys_and_first_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let kind = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            recognise(&path)
        };
        let experiment = builtin_experiment("digits-cnn").unwrap();
        assert_eq!(
            kind("e.toml", experiment.to_toml().as_bytes()),
            Ok(FileKind::Experiment(Box::new(experiment.clone())))
        );
        let model = toml::to_string(&experiment.model).unwrap();
        assert_eq!(kind("m.toml", model.as_bytes()), Ok(FileKind::Model(Box::new(experiment.model))));
        assert_eq!(kind("d.csv", b"1,2,0\n"), Ok(FileKind::Data));
        assert_eq!(kind("train-images-idx3-ubyte", &[0, 0, 8, 3, 0, 0, 0, 0]), Ok(FileKind::Data));
        let data = write_safetensors([("x", vec![1, 2], &[0.0; 2][..]), ("y", vec![1], &[0.0; 1][..])]);
        assert_eq!(kind("d.safetensors", &data), Ok(FileKind::Data));
        let weights = write_safetensors([("0.weight", vec![1, 2], &[0.0; 2][..])]);
        assert_eq!(kind("w.safetensors", &weights), Ok(FileKind::Weights(vec!["0.weight".to_owned()])));
        std::fs::create_dir(dir.path().join("cats")).unwrap();
        assert_eq!(recognise(dir.path()), Ok(FileKind::Data));
    }

    #[test]
    fn a_wrong_kind_is_told_in_one_sentence_with_what_was_expected() {
        let dir = tempfile::tempdir().unwrap();
        let directions =
            write_safetensors([("x.0.weight", vec![1], &[0.0; 1][..]), ("y.0.weight", vec![1], &[0.0; 1][..])]);
        let other = write_safetensors([("foo", vec![1], &[0.0; 1][..])]);
        let cases: [(&str, &[u8], &str); 12] = [
            ("a.png", b"\x89PNG", "a.png is a single picture, expected"),
            ("a.pt", b"PK", "a Python pickle, which is never opened because it may run code"),
            ("a.xyz", &[1, 200, 255, 0], "a.xyz seems to be bytes of an unknown kind, expected"),
            ("a.log", b"some words\n", "is text of a kind that is not opened"),
            ("empty.csv", b"", "empty.csv is empty, expected"),
            ("a.toml", b"[package]\n", "neither the keys of an experiment nor of a model"),
            ("b.toml", b"a = = 1", "b.toml is no valid TOML file"),
            (
                "c.toml",
                b"input = [2]\nlayers = []\nloss = \"hinge\"\n",
                "c.toml is no valid model: line 3: unknown variant",
            ),
            ("d.toml", b"budget = 3\n", "d.toml is no valid experiment: "),
            ("e.safetensors", &directions, "holds two directions"),
            ("f.safetensors", &other, "f.safetensors has the arrays `foo`, expected data"),
            ("g.safetensors", b"words", "expected a safetensors header"),
        ];
        for (name, bytes, expected) in cases {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let message = recognise(&path).unwrap_err();
            assert!(message.contains(expected), "{name}: {message}");
            assert!(message.ends_with('.') && !message.contains('\n'), "{message}");
        }
        let empty = dir.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        assert_eq!(recognise_or_wait(&empty), Ok(FileKind::Checkpoints(None)));
        assert!(recognise(&empty).unwrap_err().contains("A folder without sub-folders"));
        assert!(recognise(&dir.path().join("gone")).unwrap_err().contains("gone cannot be read"));
    }

    #[test]
    fn an_experiment_whose_data_are_gone_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.data.source = DataSource::File;
        experiment.data.path = Some("mine.csv".into());
        let path = dir.path().join("own.toml");
        std::fs::write(&path, experiment.to_toml()).unwrap();
        let message = recognise(&path).unwrap_err();
        assert!(
            message.starts_with("the data of own.toml cannot be used: ") && message.contains("mine.csv"),
            "{message}"
        );
        std::fs::write(dir.path().join("mine.csv"), "1,2,0\n2,1,1\n").unwrap();
        assert!(matches!(recognise(&path), Ok(FileKind::Experiment(_))));
    }

    #[test]
    fn a_folder_of_checkpoints_says_of_which_model_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let weights = write_safetensors([("0.weight", vec![1, 2], &[0.0; 2][..])]);
        let data = write_safetensors([("x", vec![1, 2], &[0.0; 2][..]), ("y", vec![1], &[0.0; 1][..])]);
        std::fs::write(dir.path().join("test.safetensors"), data).unwrap();
        assert!(recognise(dir.path()).is_err(), "data alone are no checkpoints");
        std::fs::write(dir.path().join("step_1.safetensors"), weights).unwrap();
        assert_eq!(recognise(dir.path()), Ok(FileKind::Checkpoints(None)));
        let model = builtin_experiment("moons-mlp").unwrap().model;
        std::fs::write(dir.path().join("model.toml"), toml::to_string(&model).unwrap()).unwrap();
        let kind = FileKind::Checkpoints(Some(Box::new(FileKind::Model(Box::new(model)))));
        assert_eq!(recognise(dir.path()), Ok(kind.clone()));
        std::fs::remove_file(dir.path().join("step_1.safetensors")).unwrap();
        assert_eq!(recognise(dir.path()), Ok(kind), "they are still to come");
        std::fs::write(dir.path().join("model.toml"), "a = = 1").unwrap();
        assert!(recognise(dir.path()).unwrap_err().contains("model.toml is no valid TOML file"));
    }

    #[test]
    fn a_folder_with_a_plan_is_a_sweep() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("units")).unwrap();
        assert_ne!(recognise_or_wait(dir.path()), Ok(FileKind::Sweep));
        std::fs::write(dir.path().join("plan.json"), "{}").unwrap();
        assert_eq!(recognise(dir.path()), Ok(FileKind::Sweep), "whatever the plan says is told where it is read");
        // As it is when all is gathered.
        std::fs::write(dir.path().join("summary.json"), "{}").unwrap();
        assert_eq!(recognise(dir.path()), Ok(FileKind::Sweep));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["pipe", "pipe.toml", "pipe.csv"] {
            let path = dir.path().join(name);
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.is_ok_and(|status| status.success()), "mkfifo");
            let message = recognise(&path).unwrap_err();
            assert!(message.contains("seems to be a pipe, a socket or a device, expected"), "{message}");
        }
    }
}
