//! The system's dialog for files, which runs beside the window.

use std::path::{Path, PathBuf};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

/// Nobody reads a dialog and closes it in less: there was none.
const AT_ONCE: Duration = Duration::from_millis(400);

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A file that is there, of one of these kinds: a name and the ends of file names.
    File(&'a [(&'a str, &'a [&'a str])]),
    /// A folder that is there.
    Folder,
    /// A place for a file.
    Place,
}

/// A dialog that is open.
#[derive(Debug)]
pub struct Browsing {
    answer: Receiver<Option<PathBuf>>,
    since: Instant,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Nothing yet.
    Waiting,
    /// A path.
    Path(PathBuf),
    /// It was closed.
    Closed,
    /// It closed by itself, or never opened.
    Absent,
}

impl Browsing {
    /// Opens a dialog at the folder of `path`.
    ///
    /// # Errors
    /// When no thread can be had to wait for it.
    pub fn open(ctx: &Context, path: &Path, wanted: Wanted<'_>) -> std::io::Result<Self> {
        let mut dialog = rfd::AsyncFileDialog::new();
        let folder = if path.is_dir() { Some(path) } else { path.parent().filter(|folder| folder.is_dir()) };
        if let Some(folder) = folder {
            dialog = dialog.set_directory(folder);
        }
        if let (Wanted::Place, Some(name)) = (wanted, path.file_name()) {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
        if let Wanted::File(kinds) = wanted {
            for (name, ends) in kinds {
                dialog = dialog.add_filter(*name, ends);
            }
        }
        let (sender, answer) = bounded(1);
        let ctx = ctx.clone();
        let wait = move |path: Option<rfd::FileHandle>| {
            // The question may have been closed meanwhile.
            let _ = sender.send(path.map(|handle| handle.path().to_path_buf()));
            ctx.request_repaint();
        };
        // Some systems want the dialog made on this thread and waited for on another.
        let builder = Builder::new().name("flatscape-dialog".to_owned());
        match wanted {
            Wanted::File(_) => {
                let chosen = dialog.pick_file();
                builder.spawn(move || wait(pollster::block_on(chosen)))?;
            }
            Wanted::Folder => {
                let chosen = dialog.pick_folder();
                builder.spawn(move || wait(pollster::block_on(chosen)))?;
            }
            Wanted::Place => {
                let chosen = dialog.save_file();
                builder.spawn(move || wait(pollster::block_on(chosen)))?;
            }
        }
        Ok(Self { answer, since: Instant::now() })
    }

    /// What came of it so far.
    #[must_use]
    pub fn poll(&self) -> Chosen {
        match self.answer.try_recv() {
            Ok(Some(path)) => Chosen::Path(path),
            Err(TryRecvError::Empty) => Chosen::Waiting,
            Ok(None) if self.since.elapsed() > AT_ONCE => Chosen::Closed,
            Ok(None) | Err(TryRecvError::Disconnected) => Chosen::Absent,
        }
    }
}
