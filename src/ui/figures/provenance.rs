//! What a figure says of itself: in words below it, and in the file.

use crate::ui::format;
use crate::ui::model::Model;
use crate::ui::run_view::RunView;

/// Keywords and texts of a figure, as PNG has them.
#[must_use]
pub fn provenance(model: &Model, title: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Title", title.to_owned()),
        ("Description", sentences(model).join("\n")),
        ("Software", format!("Flatscape {}", env!("CARGO_PKG_VERSION"))),
        ("Experiment", model.experiment.to_toml()),
    ]
}

/// The words below a figure: what ran, and what the landscapes are slices of.
#[must_use]
pub fn sentences(model: &Model) -> Vec<String> {
    let mut lines = vec![format!(
        "{} · {} parameters · Flatscape {}",
        model.experiment.title,
        format::grouped(model.num_parameters as u64),
        env!("CARGO_PKG_VERSION")
    )];
    let runs: Vec<String> = model.runs.iter().map(run_words).collect();
    if !runs.is_empty() {
        lines.push(runs.join(" · "));
    }
    if let Some(slice) = model.runs.iter().find_map(|run| run.slice.as_ref()) {
        let caption = &slice.grid.caption;
        let range = slice.grid.x.last().copied().unwrap_or(0.0);
        let seed = caption.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
        lines.push(format!(
            "Slices: {}, {}{seed}, ±{}, norms {} and {}",
            caption.objective,
            caption.directions,
            format::setting(range),
            format::number(caption.norms[0]),
            format::number(caption.norms[1])
        ));
    }
    lines
}

fn run_words(run: &RunView) -> String {
    let slice = run.slice.as_ref().map_or_else(String::new, |slice| {
        let step = slice.grid.step;
        if step == run.step() { String::new() } else { format!(", slice of step {}", format::grouped(step)) }
    });
    format!(
        "{} ({}, seed {}) step {}{slice}",
        run.name(),
        run.knob_summary(),
        run.info.seed,
        format::grouped(run.step())
    )
}
