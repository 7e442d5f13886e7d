//! What the window keeps about runs follows them: through resets, removals and new runs.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use crate::protocol::RunId;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;
use crate::ui::state::shared::Shared;
use crate::ui::state::undo::Change;

/// What is to be done once a run is gone.
#[derive(Debug)]
struct Farewell {
    /// What is said.
    text: String,
    /// It was removed before, and brought back.
    is_redone: bool,
}

/// The runs as of the last look.
#[derive(Debug, Default)]
pub struct Follower {
    known: Vec<RunId>,
    /// The generation of the model then.
    generation: u64,
    /// What is to be said once these runs are gone.
    farewells: BTreeMap<RunId, Farewell>,
}

impl Follower {
    /// Says `text` when a run that was asked to go is gone.
    pub fn expect_removal(&mut self, run: RunId, text: String) {
        self.farewells.insert(run, Farewell { text, is_redone: false });
    }

    /// The same for one that was removed before, and brought back.
    pub fn expect_removal_again(&mut self, run: RunId, text: String) {
        self.farewells.insert(run, Farewell { text, is_redone: true });
    }

    /// Follows what has happened to the runs since the last look. Costs nothing where nothing has.
    fn follow(&mut self, model: &mut Model, shared: &mut Shared) {
        let is_same = self.generation == model.generation && ids(model).eq(self.known.iter().copied());
        if is_same {
            return;
        }
        let now: Vec<RunId> = ids(model).collect();
        if self.generation == model.generation {
            self.follow_changes(model, shared, &now);
        } else {
            self.follow_start(model, shared, &now);
        }
        follow_arrivals(model, shared);
        self.known = now;
        self.generation = model.generation;
    }

    /// Runs came or went one by one.
    fn follow_changes(&mut self, model: &mut Model, shared: &mut Shared, now: &[RunId]) {
        let selected = shared.selected.and_then(|index| self.known.get(index));
        shared.selected = selected.and_then(|id| now.iter().position(|other| other == id));
        let is_new = |id: &RunId| !self.known.contains(id) && !model.arrived.iter().any(|(arrived, _)| arrived == id);
        if let Some(place) = now.iter().rposition(is_new) {
            shared.selected = Some(place);
        }
        // Removed runs can come back, with what is kept of them.
        let is_kept = |id| now.contains(&id) || model.removed.iter().any(|run| run.info.run == id);
        keep(shared, |id| is_kept(id).then_some(id));
        for gone in self.known.iter().filter(|id| !now.contains(id)) {
            if let Some(farewell) = self.farewells.remove(gone) {
                if !farewell.is_redone {
                    shared.undo.push_change(Change::Removal(*gone));
                }
                model.notices.push(Level::Info, farewell.text);
            }
        }
    }

    /// All runs are new: those of a reset take the place of the old ones.
    fn follow_start(&mut self, model: &Model, shared: &mut Shared, now: &[RunId]) {
        let is_reset = model.generation == self.generation + 1 && self.known.len() == now.len();
        keep(shared, |id| {
            let place = self.known.iter().position(|other| *other == id).filter(|_| is_reset)?;
            now.get(place).copied()
        });
        if !is_reset && !now.is_empty() {
            shared.selected = None;
        }
        self.farewells.clear();
    }
}

impl App {
    /// Has selection, hidden runs and undo follow the runs.
    pub(super) fn follow_runs(&mut self) {
        self.follower.follow(&mut self.model, &mut self.shared);
    }
}

fn ids(model: &Model) -> impl Iterator<Item = RunId> {
    model.runs.iter().map(|run| run.info.run)
}

/// Runs that another experiment has taken over are hidden and selected as they were.
fn follow_arrivals(model: &mut Model, shared: &mut Shared) {
    for (id, kept) in std::mem::take(&mut model.arrived) {
        if kept.is_hidden {
            shared.hidden.insert(id);
        }
        if kept.is_selected {
            shared.selected = model.runs.iter().position(|run| run.info.run == id);
        }
    }
}

fn keep(shared: &mut Shared, new_id: impl Fn(RunId) -> Option<RunId>) {
    shared.hidden = shared.hidden.iter().filter_map(|id| new_id(*id)).collect::<BTreeSet<_>>();
    shared.undo.follow(new_id);
}
