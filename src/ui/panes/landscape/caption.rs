//! What a picture says of itself: the plane and its extent, and remarks about what is not as usual.

use egui::{Rect, RichText, Role, Sense, Ui, UiBuilder, pos2};

use super::difference::centres;
use super::magnified::Magnified;
use super::shown::Landscape;
use super::slice_marks::average;
use super::state::LandscapeView;
use super::text::small;
use crate::protocol::{AveragePoint, LivePlane, LossGrid};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::plots::slice_frame::{CAPTION_LINE, CaptionRoom, Window};
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// Caption and remarks of a picture that shows this part of the plane.
pub fn tags_ui(
    ui: &mut Ui,
    room: CaptionRoom,
    landscape: Landscape<'_>,
    grid: &LossGrid,
    window: &Window,
    view: &LandscapeView,
) {
    let extent = view.units.extent(&grid.caption, window);
    let remarks = all_remarks(landscape, grid, window, view);
    match room {
        CaptionRoom::Beside(room) => beside_ui(ui, room, landscape, grid, extent, remarks),
        CaptionRoom::Above(room) => above_ui(ui, room, landscape, grid, &extent, remarks),
        CaptionRoom::Nowhere => {}
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

/// Between two parts of a caption that stand in one line, in points.
const PART_GAP: f32 = 12.0;

/// In lines above the picture, as much as there is room for; the rest is told where one points.
fn above_ui(ui: &Ui, room: Rect, landscape: Landscape<'_>, grid: &LossGrid, extent: &str, remarks: Vec<Remark>) {
    let painter = ui.painter().with_clip_rect(room.intersect(ui.clip_rect()));
    let weak = Tokens::of(ui).weak.0;
    let words = plane_words(landscape.model, grid);
    let width = |text: &str| painter.layout_no_wrap(text.to_owned(), small(), weak).size().x;
    let lines = Lines { width: room.width(), count: (room.height() / CAPTION_LINE).round() as usize };
    let captions: Vec<String> = captions(&words, extent).collect();
    let Parts { parts, num_remarks } = lines.choose(&captions, &remarks, width);
    let left = &remarks[num_remarks..];
    let Some(places) = lines.places(parts.iter().map(|(text, _)| width(text))) else { return };
    // Directly above the picture.
    let num_lines = places.last().map_or(0, |place| place.0 + 1);
    let top = room.bottom() - num_lines as f32 * CAPTION_LINE;
    for (index, ((text, term), (line, x))) in parts.into_iter().zip(places).enumerate() {
        let galley = painter.layout_no_wrap(text.clone(), small(), weak);
        let place = Rect::from_min_size(pos2(room.left() + x, top + line as f32 * CAPTION_LINE), galley.size());
        painter.galley(place.min, galley, weak);
        let response = ui.interact(place, ui.scope_id().with(("remark", index)), Sense::hover());
        widgets::name(&response, Role::Label, &text);
        let response = if index == 0 || index > num_remarks {
            response.on_hover_ui(|ui| caption_help_ui(ui, landscape, grid, &words, left))
        } else {
            response
        };
        if let Some(term) = term {
            help::term(response, term);
        }
    }
}

/// The lines that a caption has.
#[derive(Debug, Clone, Copy)]
struct Lines {
    width: f32,
    count: usize,
}

/// What stands in the lines: the caption, remarks, and how many more there are.
struct Parts {
    parts: Vec<Remark>,
    num_remarks: usize,
}

impl Lines {
    /// Where parts of these widths stand: the line of each, and how far it is from the line's beginning. `None` if there is no room.
    fn places(self, widths: impl Iterator<Item = f32>) -> Option<Vec<(usize, f32)>> {
        let (mut line, mut left) = (0, 0.0);
        let mut place = |width: f32| {
            if left > 0.0 && left + width > self.width {
                (line, left) = (line + 1, 0.0);
            }
            let place = (line, left);
            left += width + PART_GAP;
            (line < self.count && width <= self.width).then_some(place)
        };
        widths.map(&mut place).collect()
    }

    /// The longest caption beside which all remarks have room; where there is none, the shortest one with as many as have.
    fn choose(self, captions: &[String], remarks: &[Remark], width: impl Fn(&str) -> f32) -> Parts {
        let parts = |caption: &String, num_remarks: usize| {
            let caption = (caption.clone(), Some(Term::Slice));
            let mut parts: Vec<Remark> =
                std::iter::once(caption).chain(remarks[..num_remarks].iter().cloned()).collect();
            if num_remarks < remarks.len() {
                parts.push((more_words(remarks.len() - num_remarks), None));
            }
            Parts { parts, num_remarks }
        };
        let fits = |Parts { parts, .. }: &Parts| self.places(parts.iter().map(|(text, _)| width(text))).is_some();
        let whole = captions.iter().map(|caption| parts(caption, remarks.len()));
        let short = captions.iter().rev().take(2).rev();
        let folded = short.flat_map(|caption| (0..remarks.len()).rev().map(move |count| parts(caption, count)));
        let last = || Parts { parts: vec![(more_words(1 + remarks.len()), Some(Term::Slice))], num_remarks: 0 };
        whole.chain(folded).find(fits).unwrap_or_else(last)
    }
}

/// What plane it is and its extent, shorter and shorter, and the extent alone.
fn captions(words: &str, extent: &str) -> impl Iterator<Item = String> {
    let both = shorter_and_shorter(words).map(move |words| format!("{words} · {extent}"));
    both.chain(std::iter::once(extent.to_owned()))
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

/// Lines below the caption of a difference, what must not be missed first: the steps of both slices, cells that cannot be told,
/// and where the slices are centred.
fn difference_remarks(a: &LossGrid, b: &LossGrid, values: &[f64]) -> Vec<Remark> {
    let (step_a, step_b) = (format::grouped(a.step), format::grouped(b.step));
    let mut texts = vec![(format!("A − B, steps {step_a} and {step_b}"), None)];
    let masked = values.iter().filter(|value| !value.is_finite()).count();
    if masked > 0 {
        texts.push((masked_words(masked, values.len()), Some(Term::Masked)));
    }
    texts.push((centres(a, b).to_owned(), None));
    texts
}

fn masked_words(masked: usize, all: usize) -> String {
    format!("{masked} of {all} cells are not finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_above_a_picture_says_what_there_is_room_for() {
        let words = "random plane, filter-normalised";
        let captions: Vec<String> = captions(words, "±2").collect();
        assert_eq!(captions, ["random plane, filter-normalised · ±2", "random plane · ±2", "±2"]);
        let remarks = [("past: step 300", None), ("3 of 81 cells are not finite", None)];
        let remarks = remarks.map(|(text, term)| (text.to_owned(), term));
        // A letter is a point wide.
        let told = |width: f32, count: usize| {
            let parts = Lines { width, count }.choose(&captions, &remarks, |text| text.chars().count() as f32);
            parts.parts.into_iter().map(|(text, _)| text).collect::<Vec<_>>()
        };
        let all = |caption: usize| vec![captions[caption].clone(), remarks[0].0.clone(), remarks[1].0.clone()];
        assert_eq!((told(200.0, 1), told(40.0, 3), told(46.0, 2)), (all(0), all(0), all(1)));
        assert_eq!(told(64.0, 1), ["random plane · ±2", "past: step 300", "1 more …"]);
        assert_eq!(told(60.0, 1), ["random plane · ±2", "2 more …"]);
        assert_eq!(told(22.0, 1), ["±2", "2 more …"]);
        assert_eq!(told(9.0, 1), ["3 more …"]);
    }

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
