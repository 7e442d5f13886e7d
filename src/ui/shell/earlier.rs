//! Sessions of before: found beside the window's first frames, and offered in one line that leaves the landscapes alone.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::Builder;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, bounded};
use egui::{Button, Context, RichText, Role, Ui};

use crate::config::Experiment;
use crate::session::store::{Session, StoreError};
use crate::session::unnamed;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{icons, widgets};
use crate::ui::state::earlier::EarlierSession;

/// Sessions that are offered at most.
const MOST_OFFERED: usize = 6;

/// The search for sessions of before, on a thread of its own.
#[derive(Debug)]
pub struct Search(Receiver<Vec<EarlierSession>>);

impl Search {
    /// Looks through the folder of sessions without a name, and at those that have one.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn start(ctx: &Context, folder: PathBuf, named: Vec<PathBuf>) -> io::Result<Self> {
        let (sender, found) = bounded(1);
        let ctx = ctx.clone();
        Builder::new().name("flatscape-earlier".to_owned()).spawn(move || {
            // The window may be gone by then.
            let _ = sender.try_send(find(&folder, named));
            ctx.request_repaint();
        })?;
        Ok(Self(found))
    }

    /// What was found, once it is known.
    pub fn poll(&self) -> Option<Vec<EarlierSession>> {
        self.0.try_recv().ok()
    }
}

fn find(folder: &Path, named: Vec<PathBuf>) -> Vec<EarlierSession> {
    let written = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    let named = named.into_iter().filter_map(|path| Some((written(&path)?, path)));
    // A folder that cannot be read offers nothing.
    let unnamed = unnamed::list(folder).unwrap_or_default().into_iter().map(|one| (one.written, one.path));
    let mut all: Vec<(SystemTime, PathBuf)> = named.chain(unnamed).collect();
    all.sort_by(|a, b| b.cmp(a));
    // One that cannot be read is not offered; opening it says why.
    let looked = all.into_iter().filter_map(|(written, path)| look_at(&path, written).ok().flatten());
    looked.take(MOST_OFFERED).collect()
}

fn look_at(path: &Path, written: SystemTime) -> Result<Option<EarlierSession>, StoreError> {
    let session = Session::open(path)?;
    let Some(title) = session.experiment()?.and_then(|kept| Experiment::from_toml(&kept.toml).ok()) else {
        return Ok(None);
    };
    let mut step = 0;
    let mut num_runs = 0;
    for run in session.runs()?.into_iter().filter(|run| run.removed.is_none()) {
        num_runs += 1;
        step = step.max(session.last_step(run.info.run)?);
    }
    let title = title.title;
    Ok((num_runs > 0).then(|| EarlierSession { path: path.to_owned(), title, num_runs, step, written }))
}

/// The line that offers them. True when it is to be closed.
pub fn earlier_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) -> bool {
    let now = SystemTime::now();
    let Some((newest, others)) = seen.shared.earlier.split_first() else { return false };
    let mut is_closed = false;
    ui.horizontal(|ui| {
        if ui.button("Go on where you were").on_hover_text(newest.path.display().to_string()).clicked() {
            asks.push(Ask::OpenSession(newest.path.clone()));
            is_closed = true;
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let cross = ui.add(Button::new(icons::X).frame_when_inactive(false));
            widgets::name(&cross, Role::Button, "Close the offer");
            is_closed |= cross.on_hover_text("The menu has it too.").clicked();
            if !others.is_empty() {
                ui.menu_button("Earlier ones", |ui| is_closed |= others_ui(ui, others, now, asks));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let words = RichText::new(newest.words(now)).color(Tokens::of(ui).weak.0);
                ui.add(egui::Label::new(words).truncate());
            });
        });
    });
    is_closed
}

/// The list of those before the newest. True when one was chosen.
fn others_ui(ui: &mut Ui, others: &[EarlierSession], now: SystemTime, asks: &mut Asks) -> bool {
    let mut is_chosen = false;
    for session in others {
        if ui.button(session.words(now)).on_hover_text(session.path.display().to_string()).clicked() {
            asks.push(Ask::OpenSession(session.path.clone()));
            is_chosen = true;
            ui.close();
        }
    }
    is_chosen
}
