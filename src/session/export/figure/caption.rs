//! The words of the figure: headings of the panels, the caption, and the provenance in the file.

use super::layout::Panel;
use super::scale::LogScale;
use super::tick;
use crate::config::{Experiment, OptimizerKind};
use crate::protocol::LossGrid;
use crate::session::export::number::{count, significant, with_error};
use crate::session::results::{CompareResult, RunResult};

/// The three lines over a panel: name and knobs, how well it does, how curved it is.
pub fn headings(experiment: &Experiment, panel: &Panel) -> [String; 3] {
    let run = panel.run;
    let end = if run.diverged_at.is_some() { ", diverged" } else { "" };
    [
        format!("{}  {}{end}", run.optimizer.label(), knobs_text(experiment, run.optimizer)),
        format!(
            "test accuracy {} %   train loss {}",
            significant(100.0 * run.test_accuracy, 3),
            significant(run.train_loss, 3)
        ),
        format!(
            "trace {}   λmax {}",
            with_error(run.trace.mean, run.trace.stderr),
            significant(run.eigen.lambda_max, 3)
        )
        .replace('-', "−"),
    ]
}

fn knobs_text(experiment: &Experiment, optimizer: OptimizerKind) -> String {
    // The engine has checked the knobs: a run of bad ones does not exist.
    let Ok(knobs) = experiment.knobs(optimizer) else { return String::new() };
    match optimizer {
        OptimizerKind::Sgd => format!("learning rate {}", knobs.learning_rate),
        OptimizerKind::Sam => format!("ρ {}", knobs.rho),
        OptimizerKind::Nso => {
            let points = if knobs.two_point { "" } else { ", one-point" };
            format!("σ {}, k {}{points}", knobs.sigma, knobs.k)
        }
    }
}

/// The caption, a few sentences, each of which may be wrapped.
pub fn sentences(experiment: &Experiment, result: &CompareResult, panels: &[Panel], scale: &LogScale) -> Vec<String> {
    let mut sentences = vec![weights_sentence(panels)];
    sentences.extend(per_panel(panels, |grid| format!("Objective: {}, without weight decay.", grid.caption.objective)));
    sentences.extend(per_panel(panels, plane_sentence));
    sentences.push(drawing_sentence(panels, scale));
    sentences.push(format!("{} · {} · Flatscape {}", experiment.name, result.device, env!("CARGO_PKG_VERSION")));
    sentences
}

fn weights_sentence(panels: &[Panel]) -> String {
    let one = |run: &RunResult| {
        let end = run.diverged_at.map_or_else(String::new, |at| format!(", diverged at step {}", count(at)));
        format!(
            "{} at step {} ({} gradient evaluations{end})",
            run.optimizer.label(),
            count(run.steps),
            count(run.gradient_evaluations)
        )
    };
    let steps: Vec<String> = panels.iter().map(|panel| one(panel.run)).collect();
    let seed = panels.first().map_or(0, |panel| panel.run.seed);
    format!("Loss around the weights of {}; seed {seed}.", steps.join(", "))
}

fn plane_sentence(grid: &LossGrid) -> String {
    let caption = &grid.caption;
    let ends = |axis: &[f64]| format!("{} to {}", tick(axis[0]), tick(axis[axis.len() - 1]));
    format!(
        "{}; seed of the directions {}, norms {} and {}, angle {}°; {} along direction 1, {} along direction 2, \
         {} × {} points.",
        capitalized(&caption.directions),
        caption.seed.unwrap_or(0),
        significant(caption.norms[0], 3),
        significant(caption.norms[1], 3),
        significant(caption.angle_degrees, 3),
        ends(&grid.x),
        ends(&grid.y),
        grid.x.len(),
        grid.y.len()
    )
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn drawing_sentence(panels: &[Panel], scale: &LogScale) -> String {
    let mut text = format!(
        "One colour scale for all panels, interpolated between points; each iso-line is {} times the one below it.",
        significant(scale.level_factor(), 3)
    );
    let points = panels.iter().flat_map(|panel| &panel.grid.path);
    let farthest = points.clone().map(|point| point.distance).fold(f64::NAN, f64::max);
    if points.clone().next().is_some() {
        text += &format!(
            " Line: the path of the weights, projected; dots in the colour of their true loss, the farthest {} away \
             from the plane.",
            significant(farthest, 3)
        );
    }
    if panels.iter().any(|panel| panel.grid.ascent.is_some()) {
        text += " Arrow: SAM's last ascent step, projected, where it is long enough to be seen.";
    }
    if panels.iter().any(|panel| panel.grid.noise_radius.is_some()) {
        text += " Dashes: the noise radius σ√d along each direction.";
    }
    if scale.floored {
        text += &format!(" Losses at or below 0 are drawn as {}.", significant(scale.floor, 3));
    }
    let masked: Vec<String> = panels
        .iter()
        .map(|panel| (panel, panel.grid.loss.iter().filter(|loss| !loss.is_finite()).count()))
        .filter(|(_, masked)| *masked > 0)
        .map(|(panel, masked)| format!("{masked} in {}", panel.run.optimizer.label()))
        .collect();
    if !masked.is_empty() {
        text += &format!(" Hatched: points whose loss is NaN or infinite ({}).", masked.join(", "));
    }
    text
}

/// One sentence where all panels say the same, else one for each.
fn per_panel(panels: &[Panel], say: impl Fn(&LossGrid) -> String) -> Vec<String> {
    let all: Vec<String> = panels.iter().map(|panel| say(panel.grid)).collect();
    match all.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => vec![first.clone()],
        _ => {
            let named = panels.iter().zip(all);
            named.map(|(panel, text)| format!("{}: {text}", panel.run.optimizer.label())).collect()
        }
    }
}

/// The text chunks of the file.
pub fn provenance(experiment: &Experiment, result: &CompareResult, caption: &[String]) -> Vec<(&'static str, String)> {
    vec![
        ("Title", experiment.title.clone()),
        ("Software", concat!("Flatscape ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("Description", caption.join("\n")),
        ("Device", result.device.clone()),
        ("Experiment", experiment.to_toml()),
    ]
}
