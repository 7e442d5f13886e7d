//! What a figure says of itself: in words below it, and in the file. Everything is read off what is drawn.

use super::form::Target;
use crate::protocol::RunId;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::format;
use crate::ui::shell::panes::Panes;
use crate::ui::state::course::course;

/// Turns of knobs that the words below a figure list of each run; the file has all.
const MOST_EDITS: usize = 4;

/// What a figure is of.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What it shows.
    pub target: Target,
    /// The panes that are to be seen on it.
    pub shown: &'a [Pane],
    /// What they see.
    pub seen: Seen<'a>,
    /// The panes.
    pub panes: &'a Panes,
}

/// Keywords and texts of a figure, as PNG has them.
#[must_use]
pub fn provenance(scene: Scene<'_>, title: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Title", title.to_owned()),
        ("Description", full_sentences(scene).join("\n")),
        ("Software", format!("Flatscape {}", env!("CARGO_PKG_VERSION"))),
        ("Experiment", scene.seen.model.experiment.to_toml()),
    ]
}

/// The words below a figure: what ran, and what the landscapes are slices of.
#[must_use]
pub fn sentences(scene: Scene<'_>) -> Vec<String> {
    lines(scene, MOST_EDITS)
}

/// The same with every turn of a knob.
#[must_use]
pub fn full_sentences(scene: Scene<'_>) -> Vec<String> {
    lines(scene, usize::MAX)
}

fn lines(scene: Scene<'_>, most_edits: usize) -> Vec<String> {
    let model = scene.seen.model;
    let mut lines = vec![format!(
        "{} · {} parameters · Flatscape {}",
        model.experiment.title,
        format::grouped(model.num_parameters as u64),
        env!("CARGO_PKG_VERSION")
    )];
    let shown = shown_runs(scene);
    let runs = model.runs.iter().filter(|run| shown.contains(&run.info.run));
    let runs: Vec<String> = runs.map(|run| course(model, run, most_edits)).collect();
    if !runs.is_empty() {
        lines.push(runs.join(" · "));
    }
    for pane in scene.shown {
        lines.extend(scene.panes.of(*pane).account(scene.seen));
    }
    lines
}

/// The runs that the figure shows: hidden ones stand in lists alone.
fn shown_runs(scene: Scene<'_>) -> Vec<RunId> {
    match scene.target {
        Target::Window => scene.seen.model.runs.iter().map(|run| run.info.run).collect(),
        Target::Pane(pane) => scene.panes.of(pane).shown_runs(pane, scene.seen),
    }
}
