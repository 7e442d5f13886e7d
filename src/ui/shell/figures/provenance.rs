//! What a figure says of itself: in words below it, and in the file. Everything is read off what is drawn.

use super::Target;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::view::View;
use crate::ui::kit::format;
use crate::ui::panes::landscape;
use crate::ui::state::course;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Turns of knobs that the words below a figure list of each run; the file has all.
const MOST_EDITS: usize = 4;

/// What a figure is of.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What it shows.
    pub target: Target,
    /// Landscapes are among it.
    pub has_landscapes: bool,
    /// The engine's state.
    pub model: &'a Model,
    /// The user's.
    pub view: &'a View,
}

/// Keywords and texts of a figure, as PNG has them.
#[must_use]
pub fn provenance(scene: Scene<'_>, title: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Title", title.to_owned()),
        ("Description", full_sentences(scene).join("\n")),
        ("Software", format!("Flatscape {}", env!("CARGO_PKG_VERSION"))),
        ("Experiment", scene.model.experiment.to_toml()),
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
    let Scene { model, view, .. } = scene;
    let mut lines = vec![format!(
        "{} · {} parameters · Flatscape {}",
        model.experiment.title,
        format::grouped(model.num_parameters as u64),
        env!("CARGO_PKG_VERSION")
    )];
    let runs: Vec<String> = runs(scene).map(|run| course(model, run, most_edits)).collect();
    if !runs.is_empty() {
        lines.push(runs.join(" · "));
    }
    if scene.has_landscapes {
        lines.extend(landscape::account(model, view));
    }
    lines
}

/// The runs that the figure shows: hidden ones stand in lists alone.
fn runs<'a>(scene: Scene<'a>) -> impl Iterator<Item = &'a RunView> {
    let Scene { target, model, view, .. } = scene;
    let shown = (target == Target::Pane(Pane::Landscapes)).then(|| landscape::shown_runs(model, view));
    let is_shown = move |run: &&RunView| match (target, &shown) {
        (_, Some(shown)) => shown.contains(&run.info.run),
        (Target::Pane(Pane::Charts | Pane::Chart(_)), None) => !view.is_hidden(run.info.run),
        _ => true,
    };
    model.runs.iter().filter(is_shown)
}
