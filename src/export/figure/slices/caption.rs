//! The words of the figure: the caption, and the provenance in the file.

use super::scale::{FLOOR_SHARE, LogScale};
use crate::export::{SOFTWARE, SliceFigure};
use crate::number::{count, significant};
use crate::protocol::{AveragePoint, SliceGrid};

/// The caption, a few sentences, each of which may be wrapped.
pub fn sentences(figures: &[SliceFigure], scale: &LogScale, origin: &str) -> Vec<String> {
    let mut sentences = vec![weights_sentence(figures)];
    sentences.extend(per_panel(figures, |figure| format!("Objective: {}.", figure.caption.objective)));
    sentences.extend(per_panel(figures, plane_sentence));
    sentences.push(drawing_sentence(figures, scale));
    sentences.extend(center_sentence(figures));
    sentences.push(format!("{origin}{SOFTWARE}"));
    sentences
}

/// All that must be said of one slice beside its numbers: step, seed, objective, normalisation, range, and the cells that are left out.
#[must_use]
pub fn plane_words(figure: &SliceFigure) -> String {
    let masked = match figure.grid.masked() {
        0 => String::new(),
        masked => format!(" {masked} points whose loss is NaN or infinite are left out."),
    };
    let weights = weights_sentence(std::slice::from_ref(figure));
    format!("{weights} Objective: {}. {}{masked}", figure.caption.objective, plane_sentence(figure))
}

fn weights_sentence(figures: &[SliceFigure]) -> String {
    let one = |figure: &SliceFigure| {
        let step = figure.step.map_or_else(String::new, |step| format!(" at step {}", count(step)));
        let origin = if figure.origin.is_empty() { String::new() } else { format!(" ({})", figure.origin) };
        format!("{}{step}{origin}", figure.name)
    };
    let steps: Vec<String> = figures.iter().map(one).collect();
    let mut seeds: Vec<String> = figures.iter().filter_map(|figure| figure.seed).map(|seed| seed.to_string()).collect();
    seeds.dedup();
    let seed = match seeds.len() {
        0 => String::new(),
        1 => format!("; seed {}", seeds[0]),
        _ => format!("; seeds {}", seeds.join(", ")),
    };
    format!("Loss around the weights of {}{seed}.", steps.join(", "))
}

fn plane_sentence(figure: &SliceFigure) -> String {
    let SliceGrid { x, y, .. } = &figure.grid;
    let caption = &figure.caption;
    let ends = |axis: &[f64]| format!("{} to {}", rounded(axis[0]), rounded(axis[axis.len() - 1]));
    let seed = caption.seed.map_or_else(String::new, |seed| format!("seed of the directions {seed}, "));
    format!(
        "{}; {seed}norms {} and {}, angle {}°; {} along direction 1, {} along direction 2, {} × {} points.",
        capitalized(&caption.directions),
        significant(caption.norms[0], 3),
        significant(caption.norms[1], 3),
        significant(caption.angle_degrees, 3),
        ends(x),
        ends(y),
        x.len(),
        y.len()
    )
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn drawing_sentence(figures: &[SliceFigure], scale: &LogScale) -> String {
    let panels = if figures.len() > 1 { "One colour scale for all panels: the" } else { "Colours: the" };
    let mut text = format!(
        "{panels} logarithm of the loss from {} to {}{}, interpolated between points; iso-lines at round losses{}.",
        significant(scale.ends()[0], 3),
        significant(scale.ends()[1], 3),
        floor_words(scale),
        line_words(scale)
    );
    let points = figures.iter().flat_map(|figure| &figure.path);
    let farthest = points.clone().map(|point| point.distance).fold(f64::NAN, f64::max);
    if points.clone().next().is_some() {
        text += &format!(
            " Line: the path of the weights, projected; dots in the colour of their true loss, the farthest {} away \
             from the plane.",
            significant(farthest, 3)
        );
    }
    if figures.iter().any(|figure| !figure.marks.is_empty()) {
        text += " Rings: named weights; their middle has the colour of their true loss.";
    }
    if figures.iter().any(|figure| figure.ascent.is_some()) {
        text += " Arrow: the last ascent step, projected, where it is long enough to be seen.";
    }
    if figures.iter().any(|figure| figure.noise_radius.is_some()) {
        text += " Dashes: the noise radius σ√d along each direction.";
    }
    text += &average_words(figures);
    let masked = figures.iter().map(|figure| (figure, figure.grid.masked())).filter(|(_, masked)| *masked > 0);
    let masked: Vec<String> = masked.map(|(figure, masked)| format!("{masked} in {}", figure.name)).collect();
    if !masked.is_empty() {
        text += &format!(" Hatched: points whose loss is NaN or infinite ({}).", masked.join(", "));
    }
    text
}

/// What the diamonds are; empty where there is none.
fn average_words(figures: &[SliceFigure]) -> String {
    let one = |figure: &SliceFigure| {
        let AveragePoint { of, point } = figure.average?;
        let whose = if figures.len() > 1 { format!("{}: ", figure.name) } else { String::new() };
        let (loss, distance) = (significant(point.loss, 3), significant(point.distance, 3));
        Some(format!("{whose}{}, true loss {loss}, {distance} away from the plane", of.words()))
    };
    let known: Vec<String> = figures.iter().filter_map(one).collect();
    if known.is_empty() {
        String::new()
    } else {
        format!(" Diamond: an average of the weights ({}).", known.join("; "))
    }
}

/// The first losses that have an iso-line.
fn line_words(scale: &LogScale) -> String {
    let first = scale.levels().iter().take(3).map(|log| trimmed(significant(10_f64.powf(*log), 3)));
    match &first.collect::<Vec<_>>()[..] {
        [] => String::new(),
        some => format!(", {}, …", some.join(", ")),
    }
}

fn floor_words(scale: &LogScale) -> String {
    if !scale.floored {
        return String::new();
    }
    format!(
        ", where losses below {}, {} of their range, count as that",
        significant(scale.floor, 3),
        significant(FLOOR_SHARE, 1)
    )
}

/// What is known at the centres: normalised directions hide the norm of the weights, a plane may miss the curvature.
fn center_sentence(figures: &[SliceFigure]) -> Option<String> {
    let one = |figure: &SliceFigure| {
        let norm = figure.weight_norm.map(|norm| format!("norm of the weights {}", significant(norm, 4)));
        let ends = figure
            .eigenvalues
            .map(|[low, high]| format!("eigenvalues of the Hessian from {} to {}", rounded(low), rounded(high)));
        let known: Vec<String> = norm.into_iter().chain(ends).collect();
        (!known.is_empty()).then(|| known.join(", "))
    };
    let known: Vec<(&str, String)> =
        figures.iter().filter_map(|figure| Some((figure.name.as_str(), one(figure)?))).collect();
    let text = match &known[..] {
        [] => return None,
        [(_, only)] if figures.len() == 1 => format!("At the centre: {only}."),
        several => {
            let each: Vec<String> = several.iter().map(|(name, text)| format!("{name} {text}")).collect();
            format!("At the centres: {}.", each.join("; "))
        }
    };
    let has_ends = figures.iter().any(|figure| figure.eigenvalues.is_some());
    Some(if has_ends { format!("{text} A plane may miss the directions of both.") } else { text })
}

/// One sentence where all panels say the same, else one for each.
fn per_panel(figures: &[SliceFigure], say: impl Fn(&SliceFigure) -> String) -> Vec<String> {
    let all: Vec<String> = figures.iter().map(say).collect();
    match all.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => vec![first.clone()],
        _ => figures.iter().zip(all).map(|(figure, text)| format!("{}: {text}", figure.name)).collect(),
    }
}

/// Three digits of a number in a sentence.
fn rounded(value: f64) -> String {
    trimmed(significant(value, 3))
}

/// A number without zeros at its end, and with a true minus sign.
pub fn trimmed(text: String) -> String {
    let text = if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    text.replace('-', "−")
}
