//! A folder into which another program writes checkpoints, followed on a thread of its own: neither steps nor frames wait for
//! the disk.
//!
//! The thread looks every two seconds, reads one checkpoint at a time and waits until it is taken, so that a folder of many
//! costs the memory of a few.

mod files;
mod news;

use std::path::Path;
use std::thread::Builder;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use crate::model::Architecture;
use crate::protocol::FOLDER_INTERVAL;

use files::Folder;
pub(super) use news::{News, ReadCheckpoint};

/// The next look where a file was written to just now.
const SOON: Duration = Duration::from_secs(1);
/// Checkpoints that are asked for again at once at most; of more the last would be wanted alone.
const MOST_ASKED: usize = 4;

/// A folder that is followed. Dropping it ends its thread.
pub(super) struct FolderWatch {
    asks: Sender<u64>,
    news: Receiver<News>,
    is_ended: bool,
}

impl FolderWatch {
    /// Follows a folder for the checkpoints of a model. Where the system has no thread for it, that is its only news.
    pub fn start(folder: &Path, architecture: &Architecture) -> Self {
        let (asks, asked) = bounded(MOST_ASKED);
        let (teller, news) = bounded(1);
        let files = Folder::new(folder.to_owned(), architecture.clone());
        // Without a thread both ends are dropped at once, which `poll` tells.
        let _ = Builder::new().name("flatscape-folder".to_owned()).spawn(move || run(files, &asked, &teller));
        Self { asks, news, is_ended: false }
    }

    /// Asks for a checkpoint once more, by its step. False where it is not to be had now.
    pub fn ask(&self, step: u64) -> bool {
        self.asks.try_send(step).is_ok()
    }

    /// The next news, without waiting.
    pub fn poll(&mut self) -> Option<News> {
        match self.news.try_recv() {
            Ok(news) => Some(news),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) if self.is_ended => None,
            Err(TryRecvError::Disconnected) => {
                self.is_ended = true;
                let text = "The folder of checkpoints is not followed any more: reading it failed unexpectedly.";
                Some(News::Warning(text.to_owned()))
            }
        }
    }
}

/// Looks and reads until nobody listens.
fn run(mut files: Folder, asked: &Receiver<u64>, teller: &Sender<News>) {
    loop {
        let has_growing = files.look(SystemTime::now());
        while let Some(news) = files.next_news() {
            if teller.send(news).is_err() || !answer(&mut files, asked, teller) {
                return;
            }
        }
        let until = Instant::now() + if has_growing { SOON } else { FOLDER_INTERVAL };
        loop {
            match asked.recv_deadline(until) {
                Ok(step) if teller.send(files.again(step)).is_ok() => {}
                Err(RecvTimeoutError::Timeout) => break,
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Reads what was asked for again before all that is new. False where nobody listens.
fn answer(files: &mut Folder, asked: &Receiver<u64>, teller: &Sender<News>) -> bool {
    asked.try_iter().all(|step| teller.send(files.again(step)).is_ok())
}
