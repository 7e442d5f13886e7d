//! What the window keeps about runs follows them: through resets, removals and new runs.

use std::collections::BTreeSet;

use super::Focus;
use crate::protocol::RunId;
use crate::ui::contract::view::View;
use crate::ui::shell::app::App;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;
use crate::ui::state::undo::Change;

impl App {
    /// Follows what has happened to the runs since the last look. Costs nothing where nothing has.
    pub(in crate::ui) fn follow_runs(&mut self) {
        let (model, view) = (&mut self.model, &mut self.view);
        let state = &view.runs;
        let is_same = state.generation == model.generation && ids(model).eq(state.known.iter().copied());
        if is_same {
            return;
        }
        let known = std::mem::take(&mut view.runs.known);
        let now: Vec<RunId> = ids(model).collect();
        if view.runs.generation == model.generation {
            follow_changes(model, view, &known, &now);
        } else {
            follow_start(model, view, &known, &now);
        }
        follow_arrivals(model, view);
        view.runs.known = now;
        view.runs.generation = model.generation;
        if view.runs.dialog.as_ref().is_some_and(|dialog| dialog.run().is_some_and(|run| model.run(run).is_none())) {
            view.runs.dialog = None;
        }
    }
}

fn ids(model: &Model) -> impl Iterator<Item = RunId> {
    model.runs.iter().map(|run| run.info.run)
}

/// Runs came or went one by one.
fn follow_changes(model: &mut Model, view: &mut View, known: &[RunId], now: &[RunId]) {
    let selected = view.shared.selected.and_then(|index| known.get(index));
    view.shared.selected = selected.and_then(|id| now.iter().position(|other| other == id));
    let is_new = |id: &RunId| !known.contains(id) && !model.arrived.iter().any(|(arrived, _)| arrived == id);
    if let Some(place) = now.iter().rposition(is_new) {
        view.shared.selected = Some(place);
        view.runs.focus = Some(Focus::Sight(now[place]));
    }
    // Removed runs can come back, with what is kept of them.
    let is_kept = |id| now.contains(&id) || model.removed.iter().any(|run| run.info.run == id);
    keep(view, |id| is_kept(id).then_some(id));
    for gone in known.iter().filter(|id| !now.contains(id)) {
        if let Some(farewell) = view.runs.farewells.remove(gone) {
            if !farewell.is_redone {
                view.shared.undo.push_change(Change::Removal(*gone));
            }
            model.notices.push(Level::Info, farewell.text);
        }
    }
}

/// Runs that another experiment has taken over are hidden and selected as they were.
fn follow_arrivals(model: &mut Model, view: &mut View) {
    for (id, kept) in std::mem::take(&mut model.arrived) {
        if kept.is_hidden {
            view.shared.hidden.insert(id);
        }
        if kept.is_selected {
            view.shared.selected = model.runs.iter().position(|run| run.info.run == id);
        }
    }
}

/// All runs are new: those of a reset take the place of the old ones.
fn follow_start(model: &Model, view: &mut View, known: &[RunId], now: &[RunId]) {
    let is_reset = model.generation == view.runs.generation + 1 && known.len() == now.len();
    keep(view, |id| {
        let place = known.iter().position(|other| *other == id).filter(|_| is_reset)?;
        now.get(place).copied()
    });
    if !is_reset && !now.is_empty() {
        view.shared.selected = None;
    }
    view.runs.started_with = view.runs.pairing;
    view.runs.farewells.clear();
}

fn keep(view: &mut View, new_id: impl Fn(RunId) -> Option<RunId>) {
    view.shared.hidden = view.shared.hidden.iter().filter_map(|id| new_id(*id)).collect::<BTreeSet<_>>();
    view.shared.undo.follow(new_id);
}
