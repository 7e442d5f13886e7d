//! Reading data sets for a look, on a thread of its own, so that a slow file stalls neither training nor the window.

use std::sync::Arc;
use std::thread::Builder;

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use crate::config::{DataConfig, DataSource};
use crate::data;
use crate::protocol::DataPreview;

/// What came of it.
pub(super) type Look = Result<Arc<DataPreview>, String>;

/// At most one data set is read at a time; of those asked for meanwhile the newest is read next.
#[derive(Default)]
pub(super) struct Previews {
    reading: Option<Receiver<Look>>,
    next: Option<Box<DataConfig>>,
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
            Some(Ok(look)) => Some(look),
            Some(Err(TryRecvError::Disconnected)) => Some(Err("reading the data failed unexpectedly".to_owned())),
            None => None,
        };
        self.reading = None;
        match self.next.take().map(start) {
            Some(Ok(receiver)) => self.reading = Some(receiver),
            Some(Err(message)) => return found.or(Some(Err(message))),
            None => {}
        }
        found
    }
}

fn start(config: Box<DataConfig>) -> Result<Receiver<Look>, String> {
    let (sender, receiver) = bounded(1);
    let read = move || {
        // The engine may be gone by then.
        let _ = sender.send(look(&config));
    };
    let started = Builder::new().name("flatscape-preview".to_owned()).spawn(read);
    started.map(|_| receiver).map_err(|err| format!("cannot start a thread to read the data: {err}"))
}

fn look(config: &DataConfig) -> Look {
    let mut sizes = config.clone();
    if config.source == DataSource::File && config.train_size == 0 {
        // The file itself says how many there are.
        (sizes.train_size, sizes.test_size) = (1, 1);
    }
    sizes.validate().map_err(|err| err.to_string())?;
    data::preview(config).map(Arc::new).map_err(|err| err.to_string())
}
