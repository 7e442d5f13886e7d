//! The files that an experiment names, as they were when they were read: a run that is repeated or gone on with never sees other
//! examples or other weights without a word.
//!
//! Sizes and times are taken before the files are read, the SHA-256 of their bytes when a session begins to be written, which may
//! be later. What has changed in between has no sum that is true, and counts as changed.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::store::{Recorder, Session, StoreError};
use crate::config::{Experiment, bundled_weights};
use crate::data::arrays::ArrayFile;
use crate::data::{Tokenizer, data_files};
use crate::number::count;

/// Under this key a session has what is kept of them.
pub const FILES_KEY: &str = "files";
/// Bytes that are read at a time.
const PART: usize = 1 << 20;

/// A setting of an experiment that names files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileSetting {
    /// The data.
    #[serde(rename = "data.path")]
    Data,
    /// What turns their text into tokens.
    #[serde(rename = "data.tokenizer")]
    Tokenizer,
    /// The weights that all runs start from.
    #[serde(rename = "start.weights")]
    Weights,
}

impl FileSetting {
    /// The files that are read of what it names, in their order.
    fn files(self, path: &Path) -> Vec<PathBuf> {
        match self {
            Self::Data => data_files(path),
            Self::Tokenizer => Tokenizer::files(path),
            Self::Weights => ArrayFile::files_of_weights(path),
        }
    }
}

/// The files that an experiment names, as they lie there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedFiles(Vec<Named>);

/// What one setting names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    setting: FileSetting,
    path: PathBuf,
    files: Vec<Lying>,
}

/// A file without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lying {
    path: PathBuf,
    bytes: u64,
    written: Option<SystemTime>,
}

/// What a session keeps of the files that a setting named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFiles {
    /// The setting.
    pub setting: FileSetting,
    /// What it named, as the experiment has it.
    pub path: PathBuf,
    /// How many files that are.
    pub files: usize,
    /// Their bytes, all together.
    pub bytes: u64,
    /// The SHA-256 of the file, in hexadecimal digits; of several that of the lines which `sha256sum` prints of them. `None` where
    /// they have changed since they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// How it stands in a session.
#[derive(Debug, Default, Serialize, Deserialize)]
struct FilesText {
    files: Vec<KeptFiles>,
}

impl NamedFiles {
    /// Those of an experiment. What cannot be looked at is left out: whoever reads it says why.
    #[must_use]
    pub fn of(experiment: &Experiment) -> Self {
        let (data, start) = (&experiment.data, experiment.start.as_ref());
        let weights = start.map(|start| &start.weights).filter(|path| bundled_weights(path).is_none());
        let named = [
            (FileSetting::Data, data.path.as_ref()),
            (FileSetting::Tokenizer, data.tokenizer.as_ref()),
            (FileSetting::Weights, weights),
        ];
        let look = |(setting, path): (FileSetting, Option<&PathBuf>)| Named::look(setting, path?).ok();
        Self(named.into_iter().filter_map(look).filter(|named| !named.files.is_empty()).collect())
    }

    /// Keeps what they are in a session. This reads all of them.
    pub fn keep(&self, recorder: &Recorder) {
        if !self.0.is_empty() {
            let text = FilesText { files: self.0.iter().map(Named::kept).collect() };
            // A path that is no text could not have been read from an experiment.
            recorder.keep(FILES_KEY, toml::to_string(&text).ok());
        }
    }
}

impl Named {
    fn look(setting: FileSetting, path: &Path) -> io::Result<Self> {
        let files = setting.files(path).into_iter().map(Lying::look).collect::<io::Result<_>>()?;
        Ok(Self { setting, path: path.to_owned(), files })
    }

    fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn kept(&self) -> KeptFiles {
        let sum = self.sum().ok();
        let is_as_read = Self::look(self.setting, &self.path).is_ok_and(|now| now == *self);
        KeptFiles {
            setting: self.setting,
            path: self.path.clone(),
            files: self.files.len(),
            bytes: self.bytes(),
            sha256: sum.filter(|_| is_as_read),
        }
    }

    /// The SHA-256 of the file, or of a list of several.
    fn sum(&self) -> io::Result<String> {
        if let [file] = self.files.as_slice() {
            return sum_of(&file.path);
        }
        let mut list = String::new();
        for file in &self.files {
            let name = file.path.strip_prefix(&self.path).ok().or_else(|| file.path.file_name().map(Path::new));
            list += &format!("{}  {}\n", sum_of(&file.path)?, name.unwrap_or(&file.path).display());
        }
        Ok(hexadecimal(&Sha256::digest(list.as_bytes())))
    }
}

impl Lying {
    fn look(path: PathBuf) -> io::Result<Self> {
        let meta = fs::metadata(&path)?;
        // Reading a pipe waits for somebody to write to it.
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no file"));
        }
        Ok(Self { path, bytes: meta.len(), written: meta.modified().ok() })
    }
}

impl KeptFiles {
    /// Those of a session; none where its experiment names none, or an earlier release began it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(session: &Session) -> Result<Vec<Self>, StoreError> {
        let text = session.text(FILES_KEY)?;
        Ok(text.and_then(|text| toml::from_str::<FilesText>(&text).ok()).map(|text| text.files).unwrap_or_default())
    }

    /// In what they are not what they were, in words such as "the file moons.csv is not what it was when the session began (25 bytes
    /// then, 31 now)"; `None` where they are.
    #[must_use]
    pub fn change(&self) -> Option<String> {
        let how = self.how()?;
        let path = self.path.display();
        Some(match self.files {
            1 => format!("the file {path} is not what it was when the session began ({how})"),
            _ => format!("the files of {path} are not what they were when the session began ({how})"),
        })
    }

    fn how(&self) -> Option<String> {
        let now = match Named::look(self.setting, &self.path) {
            Ok(now) => now,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Some("nothing is there now".to_owned()),
            Err(err) => return Some(format!("what is there now cannot be read: {err}")),
        };
        if now.files.len() != self.files {
            return Some(format!("{} then, {} now", count(self.files as u64), count(now.files.len() as u64)));
        }
        if now.bytes() != self.bytes {
            return Some(format!("{} bytes then, {} now", count(self.bytes), count(now.bytes())));
        }
        let Some(kept) = &self.sha256 else { return Some("changed after the first look at it".to_owned()) };
        match now.sum() {
            Ok(sum) => (sum != *kept).then(|| "as many bytes, but not the same".to_owned()),
            Err(err) => Some(format!("what is there now cannot be read: {err}")),
        }
    }
}

/// The first change of several, see [`KeptFiles::change`].
#[must_use]
pub fn first_change(kept: &[KeptFiles]) -> Option<String> {
    kept.iter().find_map(KeptFiles::change)
}

fn sum_of(path: &Path) -> io::Result<String> {
    let (mut file, mut sum, mut part) = (File::open(path)?, Sha256::new(), vec![0; PART]);
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(hexadecimal(&sum.finalize())),
            Ok(length) => sum.update(&part[..length]),
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DataSource, StartConfig, builtin_experiment};

    fn kept(experiment: &Experiment) -> Vec<KeptFiles> {
        NamedFiles::of(experiment).0.iter().map(Named::kept).collect()
    }

    #[test]
    fn a_file_is_known_by_its_bytes_and_each_change_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("data.csv"), "x,y\n1,0\n2,1\n").unwrap();
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        assert_eq!(kept(&experiment), [], "what comes with the program is no file");
        experiment.data.source = DataSource::File;
        experiment.data.path = Some(at("data.csv"));
        experiment.start = Some(StartConfig { weights: "resnet8-glyphs".into(), ..StartConfig::default() });
        experiment.data.tokenizer = Some("bytes".into());
        let found = kept(&experiment);
        // What `sha256sum` prints.
        let sum = "f102f9ff55c510db51f750b158671b390256184889f49f2d8ed9609f36ba38f0";
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].files, found[0].bytes, found[0].setting), (1, 12, FileSetting::Data));
        assert_eq!(found[0].sha256.as_deref(), Some(sum));
        assert_eq!(first_change(&found), None);
        let text = toml::to_string(&FilesText { files: found.clone() }).unwrap();
        assert!(text.contains("setting = \"data.path\""), "{text}");
        assert_eq!(toml::from_str::<FilesText>(&text).unwrap().files, found);
        let changed = |content: &str| {
            fs::write(at("data.csv"), content).unwrap();
            first_change(&found).unwrap()
        };
        let place = at("data.csv").display().to_string();
        let words = |how: &str| format!("the file {place} is not what it was when the session began ({how})");
        assert_eq!(changed("x,y\n1,0\n2,1\n3,1\n"), words("12 bytes then, 16 now"));
        assert_eq!(changed("x,y\n1,0\n2,0\n"), words("as many bytes, but not the same"));
        fs::remove_file(at("data.csv")).unwrap();
        assert_eq!(first_change(&found), Some(words("nothing is there now")));
    }

    #[test]
    fn of_a_folder_the_files_that_are_read_count_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/data/png");
        for class in ["cat", "dog"] {
            fs::create_dir(folder.path().join(class)).unwrap();
            for entry in fs::read_dir(root.join(class)).unwrap().map(Result::unwrap) {
                fs::copy(entry.path(), folder.path().join(class).join(entry.file_name())).unwrap();
            }
        }
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.data.source = DataSource::File;
        experiment.data.path = Some(folder.path().to_owned());
        let found = kept(&experiment);
        assert!(found[0].files > 1 && found[0].sha256.is_some(), "{found:?}");
        fs::write(folder.path().join("session.flatscape"), "written beside them").unwrap();
        assert_eq!(first_change(&found), None);
        fs::copy(folder.path().join("cat/0.png"), folder.path().join("cat/another.png")).unwrap();
        let told = first_change(&found).unwrap();
        assert!(told.starts_with("the files of ") && told.contains(&format!("{} then", found[0].files)), "{told}");
    }

    #[test]
    fn what_changes_between_reading_and_writing_has_no_sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.csv");
        fs::write(&path, "x,y\n1,0\n").unwrap();
        let read = Named::look(FileSetting::Data, &path).unwrap();
        fs::write(&path, "x,y\n1,0\n2,1\n").unwrap();
        let kept = read.kept();
        assert_eq!((kept.bytes, kept.sha256.as_deref()), (8, None));
        assert!(kept.change().is_some());
    }
}
