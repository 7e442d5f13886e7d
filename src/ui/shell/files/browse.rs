//! The system's dialog for files, which runs beside the window.
//!
//! A dialog that gives no path was closed by the user, or there was none: no portal and no program for it, or one that fails,
//! at once or after a while. The system says the same of all of these. But a dialog that is shown takes the keyboard away from
//! the window, so where the window had it all the while, nobody has seen one.

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
    /// The window was without the keyboard meanwhile.
    was_away: bool,
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
    /// It closed by itself, or never opened, as far as can be told.
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
        Ok(Self { answer, since: Instant::now(), was_away: false })
    }

    /// What came of it so far; to be asked at every frame.
    #[must_use]
    pub fn poll(&mut self, ctx: &Context) -> Chosen {
        self.was_away |= !ctx.input(|input| input.focused);
        match self.answer.try_recv() {
            Ok(Some(path)) => Chosen::Path(path),
            Err(TryRecvError::Empty) => Chosen::Waiting,
            Ok(None) if self.was_away && self.since.elapsed() > AT_ONCE => Chosen::Closed,
            Ok(None) | Err(TryRecvError::Disconnected) => Chosen::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a dialog that gave this so long after it was asked for, in a window with or without the keyboard.
    fn chosen(answer: Option<Option<PathBuf>>, after: Duration, has_keyboard: bool) -> Chosen {
        let (sender, receiver) = bounded(1);
        let mut browsing = Browsing { answer: receiver, since: Instant::now(), was_away: false };
        let ctx = Context::default();
        let poll = |focused: bool, browsing: &mut Browsing| {
            let mut chosen = Chosen::Waiting;
            let input = egui::RawInput { focused, ..egui::RawInput::default() };
            let _ = ctx.run_ui(input, |ui| chosen = browsing.poll(ui.ctx()));
            chosen
        };
        assert_eq!(poll(has_keyboard, &mut browsing), Chosen::Waiting);
        browsing.since = browsing.since.checked_sub(after).expect("the clock runs for that long");
        match answer {
            Some(path) => sender.send(path).expect("it is awaited"),
            None => drop(sender),
        }
        // The keyboard comes back before the answer does.
        poll(true, &mut browsing)
    }

    #[test]
    fn a_dialog_that_nobody_saw_is_not_taken_for_one_that_was_closed() {
        let [soon, later] = [Duration::from_millis(100), Duration::from_millis(1100)];
        let path = PathBuf::from("/tmp/a.csv");
        assert_eq!(chosen(Some(Some(path.clone())), later, false), Chosen::Path(path));
        assert_eq!(chosen(Some(None), later, false), Chosen::Closed);
        assert_eq!(chosen(Some(None), later, true), Chosen::Absent);
        assert_eq!(chosen(Some(None), soon, false), Chosen::Absent);
        assert_eq!(chosen(None, later, false), Chosen::Absent);
    }
}
