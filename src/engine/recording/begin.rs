//! What may wait for the disk: files that are made and closed, on threads of their own.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Builder;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::session::files::NamedFiles;
use crate::session::store::{Provenance, Recorder, StoreError};
use crate::session::unnamed;

use super::early::Early;

/// A file that is being made.
#[derive(Debug)]
pub(super) struct Beginning {
    answer: Receiver<Result<Recorder, StoreError>>,
    /// How many older sessions went for it, which is known some time after it is there.
    pruned: Option<Receiver<usize>>,
}

impl Beginning {
    /// Makes a file in the place of what lies there.
    pub fn named(path: PathBuf, provenance: Provenance, files: Arc<NamedFiles>) -> io::Result<Self> {
        let (sender, answer) = bounded(1);
        Builder::new().name("flatscape-session".to_owned()).spawn(move || {
            let made = unnamed::remove(&path).and_then(|()| Recorder::create(&path, &provenance));
            hand_over(&sender, made, &files);
        })?;
        Ok(Self { answer, pruned: None })
    }

    /// Makes a file for a session without a name, and room for it in its folder.
    pub fn unnamed(folder: PathBuf, provenance: Provenance, files: Arc<NamedFiles>) -> io::Result<Self> {
        let (sender, answer) = bounded(1);
        let (tell, pruned) = bounded(1);
        Builder::new().name("flatscape-session".to_owned()).spawn(move || {
            let made = Recorder::create(&unnamed::free_place(&folder, SystemTime::now()), &provenance);
            let is_made = made.is_ok();
            hand_over(&sender, made, &files);
            if is_made {
                // What cannot be looked at now is looked at with the next session.
                let _ = tell.try_send(unnamed::prune(&folder).unwrap_or(0));
            }
        })?;
        Ok(Self { answer, pruned: Some(pruned) })
    }

    /// Gives the file what has waited for it, once it is there, and closes it.
    pub fn finish(self, early: Box<Early>) -> io::Result<()> {
        let end = move || {
            if let Ok(Ok(recorder)) = self.answer.recv() {
                early.hand_over(&recorder);
            }
        };
        Builder::new().name("flatscape-session-end".to_owned()).spawn(end).map(drop)
    }

    /// The file, or why there is none, once that is known.
    pub fn poll(&self) -> Option<Result<Recorder, StoreError>> {
        self.answer.try_recv().ok()
    }

    /// Where it will be told how many older sessions went for it.
    pub fn pruned(self) -> Option<Receiver<usize>> {
        self.pruned
    }
}

/// Gives the engine its file, and then keeps in it what the experiment's files are, which may take as long as to read them.
fn hand_over(sender: &Sender<Result<Recorder, StoreError>>, made: Result<Recorder, StoreError>, files: &NamedFiles) {
    let recorder = made.as_ref().ok().cloned();
    // The engine may have gone on to another session; the recorder then goes, and closes its file.
    let _ = sender.try_send(made);
    if let Some(recorder) = recorder {
        files.keep(&recorder);
    }
}

/// Writes what is left and closes a file; the answer comes when that is done.
pub(super) fn finish(recorder: Recorder) -> io::Result<Receiver<()>> {
    let (sender, done) = bounded(1);
    Builder::new().name("flatscape-session-end".to_owned()).spawn(move || {
        // What could not be written has been told as a problem.
        let _ = recorder.flush();
        drop(recorder);
        let _ = sender.try_send(());
    })?;
    Ok(done)
}
