//! Files that commands name, where the engine is on another machine. What lies here is sent, and takes its path there; what is
//! nothing here is taken for a path there, and so is what says that it is one. Folders are not sent, nor sessions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::frame::MOST_BYTES;
use super::message::SentFile;
use crate::config::{DataConfig, Experiment, bundled_weights, there};
use crate::protocol::{Command, NewRun, RunStart};

/// A file is sent in one message, with its name.
const MOST_FILE: u64 = (MOST_BYTES - (1 << 20)) as u64;

/// Files that an engine has been sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// Where they are there, by where they are here, as long as they stay as they are.
    places: BTreeMap<(PathBuf, u64, Option<SystemTime>), PathBuf>,
}

impl Sent {
    /// Has a command name files as they are found where the engine is, which keeps what it is sent in the folder `received`;
    /// `send` is given what it does not have yet.
    ///
    /// # Errors
    /// One sentence: why a file cannot be had there.
    pub fn translate(
        &mut self,
        command: &mut Command,
        host: &str,
        received: Option<&Path>,
        mut send: impl FnMut(SentFile) -> Result<(), String>,
    ) -> Result<(), String> {
        match command {
            Command::SaveSession(_) => {
                return Err(format!(
                    "the session is kept on {host}, where the engine is, and cannot be saved here: `flatscape --host` with \
                     `--attach` goes on with it"
                ));
            }
            Command::OpenSession(path) if there(path).is_none() && path.exists() => {
                return Err(format!(
                    "a session is opened where its engine is: copy {} to {host}, and open `there:` with its path there, or start \
                     the window with `--attach` and that path",
                    path.display()
                ));
            }
            _ => {}
        }
        for path in paths(command) {
            if let Some(place) = there(path).map(Path::to_owned) {
                *path = place;
            } else if let Some(there) = self.place(path, host, received, &mut send)? {
                *path = there;
            }
        }
        Ok(())
    }

    /// The place of a file there; `None` for what is nothing here.
    fn place(
        &mut self,
        path: &Path,
        host: &str,
        received: Option<&Path>,
        send: &mut impl FnMut(SentFile) -> Result<(), String>,
    ) -> Result<Option<PathBuf>, String> {
        let shown = path.display();
        let Ok(meta) = fs::metadata(path) else { return Ok(None) };
        if !meta.is_file() {
            return Err(format!("{shown} is a folder on this machine, and only files are sent to {host}"));
        }
        if meta.len() > MOST_FILE {
            let most = MOST_FILE >> 20;
            return Err(format!("{shown} has more than {most} MiB, which is what is sent to {host} at most"));
        }
        let key = (path.to_owned(), meta.len(), meta.modified().ok());
        if let Some(there) = self.places.get(&key) {
            return Ok(Some(there.clone()));
        }
        let folder = received.ok_or_else(|| format!("{host} has no folder for files that are sent to it"))?;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| format!("the name of {shown} is no text, so it is not sent to {host}"))?;
        let bytes = fs::read(path).map_err(|err| format!("{shown} cannot be read: {err}"))?;
        let file = SentFile { digest: digest(&bytes), name: name.to_owned(), bytes };
        // Folders there are named as on the systems that engines run on, whatever this one is.
        let there = PathBuf::from(format!("{}/{}/{}", folder.display(), file.digest, file.name));
        send(file)?;
        self.places.insert(key, there.clone());
        Ok(Some(there))
    }
}

/// The files and folders that a command names.
fn paths(command: &mut Command) -> Vec<&mut PathBuf> {
    match command {
        Command::Load { experiment, more: runs } | Command::LoadOnly { experiment, runs } => {
            let starts = runs.iter_mut().filter_map(|NewRun { start, .. }| of_start(start));
            of_experiment(experiment).into_iter().chain(starts).collect()
        }
        Command::Follow { experiment, folder } => of_experiment(experiment).into_iter().chain([folder]).collect(),
        Command::Preview(config) => of_data(config),
        Command::AddRun { start, .. } => of_start(start).into_iter().collect(),
        Command::OpenSession(path) => vec![path],
        _ => Vec::new(),
    }
}

fn of_experiment(experiment: &mut Experiment) -> Vec<&mut PathBuf> {
    let start = experiment.start.as_mut().map(|start| &mut start.weights);
    let start = start.filter(|weights| bundled_weights(weights).is_none());
    of_data(&mut experiment.data).into_iter().chain(start).collect()
}

fn of_data(config: &mut DataConfig) -> Vec<&mut PathBuf> {
    // `bytes` is a word and no file.
    let tokenizer = config.tokenizer.as_mut().filter(|path| path.as_os_str() != "bytes");
    config.path.as_mut().into_iter().chain(tokenizer).collect()
}

fn of_start(start: &mut RunStart) -> Option<&mut PathBuf> {
    match start {
        RunStart::File(file) => Some(&mut file.path),
        RunStart::Folder(folder) => Some(folder),
        RunStart::Done(done) => Some(&mut done.weights.path),
        _ => None,
    }
}

/// Keeps a file that was sent.
///
/// # Errors
/// One sentence: why it is not there.
pub fn keep(received: &Path, file: &SentFile) -> Result<(), String> {
    let SentFile { digest: named, name, bytes } = file;
    let mut parts = Path::new(name).components();
    let is_name = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    if !is_name || *named != digest(bytes) {
        return Err(format!("the file {name:?} did not come as it was sent"));
    }
    let folder = received.join(named);
    let place = folder.join(name);
    if place.is_file() {
        return Ok(());
    }
    let write = || {
        fs::create_dir_all(&folder)?;
        let mut beside = tempfile::NamedTempFile::new_in(&folder)?;
        std::io::Write::write_all(&mut beside, bytes)?;
        beside.persist(&place).map_err(|err| err.error)
    };
    write().map(drop).map_err(|err| format!("{} cannot be written: {err}", place.display()))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn what_lies_here_is_sent_once_and_what_does_not_is_a_path_there() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = here.path().join("d.csv");
        fs::write(&path, "x,y\n1,0\n").unwrap();
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.data.path = Some(path);
        experiment.data.tokenizer = Some("bytes".into());
        let mut sent = Sent::default();
        let mut files = Vec::new();
        for _ in 0..2 {
            let mut command = Command::load(experiment.clone());
            let send = |file| {
                files.push(file);
                Ok(())
            };
            sent.translate(&mut command, "gpu", Some(there.path()), send).unwrap();
            let Command::Load { experiment: told, .. } = command else { panic!("it is the same command") };
            let place = told.data.path.unwrap();
            assert!(place.starts_with(there.path()) && place.ends_with("d.csv"), "{place:?}");
            assert_eq!(told.data.tokenizer.as_deref(), Some(Path::new("bytes")));
            files.iter().for_each(|file| keep(there.path(), file).unwrap());
            assert_eq!(fs::read_to_string(place).unwrap(), "x,y\n1,0\n");
        }
        assert_eq!(files.len(), 1, "the second time it is there");
        let nowhere = PathBuf::from("/scratch/not-on-this-machine.csv");
        let mut command = Command::AddRun {
            optimizer: crate::config::OptimizerKind::Sgd,
            knobs: Box::default(),
            start: RunStart::File(nowhere.clone().into()),
        };
        sent.translate(&mut command, "gpu", None, |_| panic!("nothing is sent")).unwrap();
        assert!(matches!(command, Command::AddRun { start: RunStart::File(file), .. } if file.path == nowhere));
    }

    #[test]
    fn what_is_said_to_be_there_is_neither_looked_at_nor_sent() {
        use crate::config::OptimizerKind;
        use crate::protocol::{DoneRun, RunPast, RunRows};

        // It lies here too, at the very path.
        let here = tempfile::tempdir().unwrap();
        let path = here.path().join("a");
        fs::write(&path, "x,y\n1,0\n").unwrap();
        let there = PathBuf::from(format!("there:{}", path.display()));
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.data.path = Some(there.clone());
        experiment.data.tokenizer = Some(there.clone());
        experiment.start =
            Some(crate::config::StartConfig { weights: there.clone(), ..crate::config::StartConfig::default() });
        let add = |start| Command::AddRun { optimizer: OptimizerKind::Sgd, knobs: Box::default(), start };
        let past = RunPast { rows: RunRows::default(), slices: Vec::new() };
        let done = DoneRun { seed: 0, step: 0, gradient_evaluations: 0, weights: there.clone().into(), past };
        let data = experiment.data.clone();
        for mut command in [
            Command::load(experiment.clone()),
            Command::Follow { experiment: Box::new(experiment), folder: there.clone() },
            Command::Preview(Box::new(data)),
            add(RunStart::File(there.clone().into())),
            add(RunStart::Folder(there.clone())),
            add(RunStart::Done(Box::new(done))),
            Command::OpenSession(there.clone()),
        ] {
            assert!(!paths(&mut command).is_empty(), "{command:?}");
            Sent::default().translate(&mut command, "gpu", None, |_| panic!("nothing is sent")).unwrap();
            for found in paths(&mut command) {
                assert_eq!(*found, path);
            }
        }
    }

    #[test]
    fn what_cannot_be_sent_is_one_sentence() {
        let here = tempfile::tempdir().unwrap();
        let refusal =
            |mut command| Sent::default().translate(&mut command, "gpu", Some(here.path()), |_| Ok(())).unwrap_err();
        let start = RunStart::Folder(here.path().to_owned());
        let add = Command::AddRun { optimizer: crate::config::OptimizerKind::Sgd, knobs: Box::default(), start };
        for (command, words) in [
            (add, "is a folder on this machine"),
            (Command::OpenSession(here.path().to_owned()), "copy "),
            (Command::SaveSession("/a.flatscape".into()), "is kept on gpu"),
        ] {
            let why = refusal(command);
            assert!(why.contains(words) && why.lines().count() == 1, "{why}");
        }
    }

    #[test]
    fn files_with_other_names_or_contents_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, digest: String| SentFile { digest, name: name.to_owned(), bytes: b"a".to_vec() };
        for name in ["../a", "/etc/a", "a/b", "..", ""] {
            assert!(keep(folder.path(), &file(name, digest(b"a"))).is_err(), "{name}");
        }
        assert!(keep(folder.path(), &file("a", "..".to_owned())).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
