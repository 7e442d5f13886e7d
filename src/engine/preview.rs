//! Reading data sets for a look, on a thread of its own, so that a slow file stalls neither training nor the window.
//!
//! What was read last from a file is kept for the next look: another seed or size splits it anew without reading.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Builder;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use crate::config::{DataConfig, DataSource, ExampleKind, LabelKind};
use crate::data::{Source, Wanted};
use crate::protocol::DataPreview;

/// Larger files are read again for each look rather than kept, in bytes of their examples.
const MOST_KEPT: usize = 512 << 20;

/// What came of it.
pub(super) type Look = Result<Arc<DataPreview>, String>;

/// At most one data set is read at a time; of those asked for meanwhile the newest is read next.
#[derive(Default)]
pub(super) struct Previews {
    reading: Option<Receiver<(Look, Option<Kept>)>>,
    next: Option<Box<DataConfig>>,
    kept: Option<Kept>,
}

/// A file that was read, and what the answer depends on besides the split.
#[derive(Clone)]
struct Kept {
    key: Key,
    source: Arc<Source>,
}

/// The file as it was, and how its labels were read.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    path: PathBuf,
    labels: LabelKind,
    label_column: Option<String>,
    header: Option<bool>,
    tokenizer: Option<PathBuf>,
    examples: ExampleKind,
    text_column: Option<String>,
    resize: Option<usize>,
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Key {
    /// `None` for what is not kept: data that come with the program, files that are opened just now, and folders, whose
    /// content can change without a trace.
    fn of(config: &DataConfig) -> Option<Self> {
        let path = config.path.clone().filter(|_| config.train_size > 0)?;
        let meta = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let (labels, label_column, header) = (config.labels, config.label_column.clone(), config.header);
        let (tokenizer, resize) = (config.tokenizer.clone(), config.resize);
        let (examples, text_column) = (config.examples, config.text_column.clone());
        let (bytes, changed) = (meta.len(), meta.modified().ok());
        Some(Self { path, labels, label_column, header, tokenizer, examples, text_column, resize, bytes, changed })
    }
}

impl Previews {
    /// Asks for a look.
    pub fn ask(&mut self, config: Box<DataConfig>) {
        self.next = Some(config);
    }

    /// Whether something is read or waits.
    pub const fn is_busy(&self) -> bool {
        self.reading.is_some() || self.next.is_some()
    }

    /// What has been read since the last call, without waiting; starts with the next data set.
    pub fn poll(&mut self) -> Option<Look> {
        let found = match self.reading.as_ref().map(Receiver::try_recv) {
            Some(Err(TryRecvError::Empty)) => return None,
            Some(Ok((look, kept))) => {
                self.kept = kept;
                Some(look)
            }
            Some(Err(TryRecvError::Disconnected)) => Some(Err("reading the data failed unexpectedly".to_owned())),
            None => None,
        };
        self.reading = None;
        match self.next.take().map(|config| start(config, self.kept.clone())) {
            Some(Ok(receiver)) => self.reading = Some(receiver),
            Some(Err(message)) => return found.or(Some(Err(message))),
            None => {}
        }
        found
    }
}

fn start(config: Box<DataConfig>, kept: Option<Kept>) -> Result<Receiver<(Look, Option<Kept>)>, String> {
    let (sender, receiver) = bounded(1);
    let read = move || {
        let mut kept = kept;
        let look = look(&config, &mut kept);
        // The engine may be gone by then.
        let _ = sender.send((look, kept));
    };
    let started = Builder::new().name("flatscape-preview".to_owned()).spawn(read);
    started.map(|_| receiver).map_err(|err| format!("cannot start a thread to read the data: {err}"))
}

fn look(config: &DataConfig, kept: &mut Option<Kept>) -> Look {
    let mut sizes = config.clone();
    if config.source == DataSource::File && config.train_size == 0 {
        // The file itself says how many there are.
        (sizes.train_size, sizes.test_size) = (1, 1);
    }
    sizes.validate().map_err(|err| err.to_string())?;
    let key = Key::of(config);
    let known = kept.take().filter(|kept| key.as_ref() == Some(&kept.key));
    let source = match known {
        Some(known) => known.source,
        None => Arc::new(Source::read(config, &Wanted::ANY).map_err(|err| err.to_string())?),
    };
    *kept = Key::of(&sizes)
        .filter(|_| config.source == DataSource::File && source.bytes() <= MOST_KEPT)
        .map(|key| Kept { key, source: source.clone() });
    source.preview(config).map(Arc::new).map_err(|err| err.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn a_file_is_read_again_only_when_it_must_be() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("points.csv");
        let rows: Vec<String> = (0..50).map(|i| format!("{i},{},{}", i * i, i % 2)).collect();
        std::fs::write(&path, rows.join("\n")).unwrap();
        let moons = builtin_experiment("moons-mlp").unwrap().data;
        let file = DataConfig { source: DataSource::File, path: Some(path.clone()), ..moons };
        let first = DataConfig { train_size: 0, test_size: 0, ..file.clone() };
        let mut kept = None;
        look(&first, &mut kept).unwrap();
        let source = |kept: &Option<Kept>| kept.as_ref().map(|kept| Arc::as_ptr(&kept.source));
        let read = source(&kept);
        assert!(read.is_some());
        for (seed, label_noise) in [(1, 0.0), (2, 0.3)] {
            let other = DataConfig { train_size: 30, test_size: 20, seed, label_noise, ..file.clone() };
            assert_eq!(look(&other, &mut kept).unwrap().num_train, 30);
            assert_eq!(source(&kept), read, "only split anew");
        }
        let numbers = DataConfig { train_size: 30, test_size: 20, labels: LabelKind::Numbers, ..file.clone() };
        assert!(look(&numbers, &mut kept).unwrap().classes.is_empty());
        std::fs::write(&path, "1,2,0\n3,4,1\n").unwrap();
        let changed = DataConfig { train_size: 1, test_size: 1, labels: LabelKind::Numbers, ..file };
        assert_eq!(look(&changed, &mut kept).unwrap().file.examples, 2);
        std::fs::remove_file(&path).unwrap();
        assert!(look(&changed, &mut kept).is_err() && kept.is_none());
    }
}
