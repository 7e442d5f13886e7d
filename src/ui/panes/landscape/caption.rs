//! What a picture says of itself: the plane and its extent, and remarks about what is not as usual.

use egui::{Rect, RichText, Role, Sense, Ui, UiBuilder, vec2};

use super::difference::centres;
use super::magnified::Magnified;
use super::shown::Landscape;
use super::slice_marks::average;
use super::state::LandscapeView;
use super::text::{box_at, box_galley, box_size, small};
use crate::protocol::{AveragePoint, LivePlane, LossGrid};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::plots::slice_frame::Window;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Where a caption can stand.
#[derive(Debug, Clone, Copy)]
pub struct CaptionPlace {
    /// The picture, in whose upper left corner it stands where there is no room beside it.
    pub picture: Rect,
    /// Room beside the picture.
    pub beside: Option<Rect>,
}

/// Caption and remarks of a picture that shows this part of the plane.
pub fn tags_ui(
    ui: &mut Ui,
    place: CaptionPlace,
    landscape: Landscape<'_>,
    grid: &LossGrid,
    window: &Window,
    view: &LandscapeView,
) {
    let extent = view.units.extent(&grid.caption, window);
    let remarks = all_remarks(landscape, grid, window, view);
    match place.beside {
        Some(room) => beside_ui(ui, room, landscape, grid, extent, remarks),
        None => boxes_ui(ui, place.picture, landscape, grid, extent, remarks),
    }
}

fn all_remarks(landscape: Landscape<'_>, grid: &LossGrid, window: &Window, view: &LandscapeView) -> Vec<Remark> {
    let picture = view.pictures.get(&landscape.id);
    if let Some((minus, picture)) = picture.and_then(|picture| Some((picture.minus.as_deref()?, picture))) {
        return difference_remarks(grid, minus, picture.difference.as_deref().unwrap_or_default());
    }
    let mut texts = remarks(landscape.run, grid, view.playback.shown_step());
    if landscape.minus.is_none() {
        let newest = view.pictures.values().map(|picture| picture.grid.generation).max();
        if newest.is_some_and(|newest| newest != grid.generation) {
            texts.push(("on an earlier plane than the others".to_owned(), None));
        }
        texts.extend(Magnified::new(grid, window.half).words(landscape.run, grid, view.overlays));
        texts.extend(average(grid).filter(|_| view.overlays.average).map(average_remark));
    }
    texts
}

/// What the diamond is.
fn average_remark(average: &AveragePoint) -> Remark {
    (format!("diamond: {}", average.of.words()), Some(Term::TrueLoss))
}

/// In whole words beside the picture, which stays free.
fn beside_ui(ui: &mut Ui, room: Rect, landscape: Landscape<'_>, grid: &LossGrid, extent: String, remarks: Vec<Remark>) {
    let words = plane_words(landscape.model, grid);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(room).id_salt("caption beside"));
    ui.set_clip_rect(room.intersect(ui.clip_rect()));
    let weak = Tokens::of(&ui).weak.0;
    let height = |text: &str| {
        let galley = ui.painter().layout(text.to_owned(), small(), weak, room.width());
        galley.size().y + ui.spacing().item_spacing.y
    };
    let mut lines = vec![(words.clone(), None), (extent, Some(Term::Slice))];
    lines.extend(remarks);
    let heights: Vec<f32> = lines.iter().map(|(text, _)| height(text)).collect();
    let count = fitting(&heights, height("…"), room.height());
    let left = lines.split_off(count);
    if !left.is_empty() {
        lines.push((more_words(left.len()), None));
    }
    for (index, (text, term)) in lines.into_iter().enumerate() {
        let label = egui::Label::new(RichText::new(&text).font(small()).color(weak)).wrap().selectable(false);
        let response = ui.add(label);
        let is_told_here = index == 0 || (term.is_none() && text == more_words(left.len()));
        let response = if is_told_here {
            response.on_hover_ui(|ui| caption_help_ui(ui, landscape, grid, &words, &left))
        } else {
            response
        };
        if let Some(term) = term.or((index == 0).then_some(Term::Slice)) {
            help::term(response, term);
        }
    }
}

/// How many lines of these heights there is room for; where not all of them, with one more line of height `more`.
fn fitting(heights: &[f32], more: f32, room: f32) -> usize {
    if heights.iter().sum::<f32>() <= room {
        return heights.len();
    }
    let mut used = more;
    let fits = |height: &&f32| {
        used += **height;
        used <= room
    };
    heights.iter().take_while(fits).count()
}

/// Says that so many lines stand in the tooltip.
fn more_words(count: usize) -> String {
    format!("{count} more …")
}

/// Boxes cover no more of the height of a picture than this; what has no room is folded into the first of them.
const MOST_COVERED: f32 = 0.34;
/// A picture with a shorter side than this has its boxes nearer to its corner, in points.
const SMALL: f32 = 200.0;

/// In boxes on the picture.
fn boxes_ui(ui: &Ui, rect: Rect, landscape: Landscape<'_>, grid: &LossGrid, extent: String, remarks: Vec<Remark>) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let (margin, gap) = if rect.size().min_elem() < SMALL { (4.0, 2.0) } else { (8.0, 4.0) };
    let corner = rect.min + vec2(margin, margin);
    let width = rect.width() - 2.0 * margin;
    let layout = |text: &str| box_galley(&painter, text, width);
    let height = |text: &str| box_size(&layout(text)).y + gap;
    let words = plane_words(landscape.model, grid);
    let caption = Caption { words: &words, extent: &extent };
    let fits = |text: &String| layout(text).rows.len() == 1;
    let (text, is_extent_left) = caption.text("", fits);
    let mut lines: Vec<Remark> = is_extent_left.then(|| (extent.clone(), Some(Term::Slice))).into_iter().collect();
    lines.extend(remarks);
    let room = MOST_COVERED * rect.height() - margin - height(&text);
    let heights: Vec<f32> = lines.iter().map(|(text, _)| height(text)).collect();
    // What is folded is told by the first box, which takes no line of its own.
    let count = fitting(&heights, 0.0, room);
    let left = lines.split_off(count);
    let text = if left.is_empty() { text } else { caption.text(&format!(" · {}", more_words(left.len())), fits).0 };
    let mut place = corner;
    for (index, (text, term)) in [(text, Some(Term::Slice))].into_iter().chain(lines).enumerate() {
        let galley = layout(&text);
        let tag = Rect::from_min_size(place, box_size(&galley));
        box_at(&painter, tag, galley);
        place.y = tag.bottom() + gap;
        let response = ui.interact(tag, ui.scope_id().with(("remark", index)), Sense::hover());
        widgets::name(&response, Role::Label, &text);
        let response = if index == 0 {
            response.on_hover_ui(|ui| caption_help_ui(ui, landscape, grid, &words, &left))
        } else {
            response
        };
        if let Some(term) = term {
            help::term(response, term);
        }
    }
}

/// The words of a plane, then without what they refer to, then without details: never a sentence that is cut so that it
/// says something else.
fn shorter_and_shorter(words: &str) -> impl Iterator<Item = &str> {
    // The names of the runs that a plane goes through have commas between them.
    let ends: &[&str] = if words.starts_with("plane through") {
        &[", orthogonal", ", the same", " as they are"]
    } else {
        &[", the same", " to ", ",", " (", " around", " of the two"]
    };
    let mut lengths: Vec<usize> = ends.iter().filter_map(|end| words.find(end)).collect();
    lengths.push(words.len());
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.into_iter().map(|length| &words[..length])
}

/// What plane this is, and its extent.
struct Caption<'a> {
    words: &'a str,
    extent: &'a str,
}

impl Caption<'_> {
    /// As much of both as fits, with `end` after it, and whether the extent is left out.
    fn text(&self, end: &str, fits: impl Fn(&String) -> bool) -> (String, bool) {
        let Self { words, extent } = self;
        let both = shorter_and_shorter(words).map(|words| format!("{words} · {extent}{end}")).find(&fits);
        let is_extent_left = both.is_none() && end.is_empty();
        let alone = || shorter_and_shorter(words).map(|words| format!("{words}{end}")).find(&fits);
        match both.or_else(|| if end.is_empty() { alone() } else { None }) {
            Some(text) => (text, is_extent_left),
            None => (format!("{extent}{end}"), false),
        }
    }
}

/// What the plane is. The engine knows runs by their optimizers alone; here they have their names.
fn plane_words(model: &Model, grid: &LossGrid) -> String {
    let directions = &grid.caption.directions;
    let LivePlane::Minima(runs) = grid.view.plane else { return directions.clone() };
    let Some((_, rest)) = directions.strip_prefix("plane through ").and_then(|words| words.split_once(" as they are"))
    else {
        return directions.clone();
    };
    let [a, b, c] = runs.map(|run| model.run(run).map_or("a run that is gone", RunView::name));
    format!("plane through {a}, {b} and {c} as they are{rest}")
}

/// The whole caption, and the lines that had no room beside it.
fn caption_help_ui(ui: &mut Ui, landscape: Landscape<'_>, grid: &LossGrid, words: &str, left: &[Remark]) {
    let caption = &grid.caption;
    ui.label(words);
    for (text, _) in left {
        ui.label(text);
    }
    ui.label(format!("Loss: {}", caption.objective));
    if let Some(seed) = caption.seed {
        ui.label(format!("Seed {seed} of the directions"));
    }
    ui.label(format!(
        "{}° between the directions, norms {} and {}: distance is coordinate times norm.",
        format::number(caption.angle_degrees),
        format::number(caption.norms[0]),
        format::number(caption.norms[1])
    ));
    ui.label(format!(
        "{} × {} points, computed at step {}, centre loss {}",
        grid.x.len(),
        grid.y.len(),
        format::grouped(grid.step),
        format::number(grid.center_loss)
    ));
    if let Some(row) = landscape.run.evals.last() {
        let step = format::grouped(row.step);
        ui.label(format!("‖w‖ is {} at step {step}", format::number(row.weight_norm)));
    }
    if grid.noise_radius.is_some() {
        ui.label("Dashed: σ√d, the length of the noise, measured along each direction.");
    }
    if !grid.samples.is_empty() {
        ui.label("Dots: the points that the last step was evaluated at, projected, full for +U, hollow for −U.");
    }
    if grid.ascent.is_some() {
        ui.label(format!("Arrow: the ascent step of {}, projected on the plane.", landscape.run.label()));
    }
    if let Some(AveragePoint { of, point }) = average(grid) {
        ui.label(format!(
            "Diamond: {} at step {}, true loss {}, {} off the plane.",
            of.words(),
            format::grouped(point.step),
            format::number(point.loss),
            format::number(point.distance)
        ));
    }
    ui.label("Scroll to see a smaller or a larger part, drag to move, double click for the range of the experiment.");
}

/// A line below the caption, with what explains it.
type Remark = (String, Option<Term>);

/// Lines below the caption about what is not as usual, such as masked cells.
fn remarks(run: &RunView, grid: &LossGrid, past: Option<u64>) -> Vec<Remark> {
    let mut texts = Vec::new();
    if past.is_some() {
        texts.push((format!("past: {} {}", run.step_noun(), format::grouped(grid.step)), None));
    }
    if !grid.view.follow && past.is_none() {
        let (slice, now) = (format::grouped(grid.step), format::grouped(run.step()));
        let at = if slice == now { String::new() } else { format!("; {} is at {now}", run.name()) };
        let text = format!("slice stays at {} {slice}{at}", run.step_noun());
        texts.push((text, Some(Term::Follow)));
    }
    if grid.masked > 0 {
        texts.push((masked_words(grid.masked, grid.loss.len()), Some(Term::Masked)));
    }
    texts
}

/// Lines below the caption of a difference: the steps of both slices, and where they are centred.
fn difference_remarks(a: &LossGrid, b: &LossGrid, values: &[f64]) -> Vec<Remark> {
    let (step_a, step_b) = (format::grouped(a.step), format::grouped(b.step));
    let mut texts = vec![(format!("A − B, steps {step_a} and {step_b}"), None), (centres(a, b).to_owned(), None)];
    let masked = values.iter().filter(|value| !value.is_finite()).count();
    if masked > 0 {
        texts.push((masked_words(masked, values.len()), Some(Term::Masked)));
    }
    texts
}

fn masked_words(masked: usize, all: usize) -> String {
    format!("{masked} of {all} cells are not finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_become_shorter_and_stay_true() {
        let texts = |words| shorter_and_shorter(words).collect::<Vec<_>>();
        let random = texts("random plane, filter-normalised to the initial weights, the same vectors for all runs");
        assert_eq!(random[1], "random plane, filter-normalised to the initial weights");
        assert_eq!(random[2..], ["random plane, filter-normalised", "random plane"]);
        let minima = texts("plane through SGD, SAM and NSO as they are, orthogonal, the same vectors for all runs");
        assert_eq!(minima.last(), Some(&"plane through SGD, SAM and NSO"));
        let path = texts("principal directions of the path around the final weights (9 checkpoints), explaining 90 %");
        assert_eq!(path.last(), Some(&"principal directions of the path"));
        assert_eq!(texts("eigenvectors of the two largest eigenvalues, of length 1").last(), Some(&"eigenvectors"));
    }
}
