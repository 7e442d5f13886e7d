//! What a picture says of itself: the plane and its extent, and remarks about what is not as usual.

use egui::{Align2, Painter, Rect, RichText, Role, Sense, Ui, UiBuilder, vec2};

use super::difference::centres;
use super::magnified::Magnified;
use super::shown::Landscape;
use super::state::LandscapeView;
use super::text::{box_text, small};
use crate::protocol::{LivePlane, LossGrid};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{ON_LANDSCAPE, Tokens};
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
        texts.extend(Magnified::new(grid, window.half).words(grid, view.overlays));
    }
    texts
}

/// In whole words beside the picture, which stays free.
fn beside_ui(ui: &mut Ui, room: Rect, landscape: Landscape<'_>, grid: &LossGrid, extent: String, remarks: Vec<Remark>) {
    let words = plane_words(landscape.model, grid);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(room).id_salt("caption beside"));
    ui.set_clip_rect(room.intersect(ui.clip_rect()));
    let weak = Tokens::of(&ui).weak.0;
    let label = |ui: &mut Ui, text: &str| {
        ui.add(egui::Label::new(RichText::new(text).font(small()).color(weak)).wrap().selectable(false))
    };
    let plane = label(&mut ui, &words);
    help::term(plane.on_hover_ui(|ui| caption_help_ui(ui, landscape, grid, &words)), Term::Slice);
    for (text, term) in [(extent, Some(Term::Slice))].into_iter().chain(remarks) {
        let response = label(&mut ui, &text);
        if let Some(term) = term {
            help::term(response, term);
        }
    }
}

/// In boxes on the picture.
fn boxes_ui(ui: &Ui, rect: Rect, landscape: Landscape<'_>, grid: &LossGrid, extent: String, remarks: Vec<Remark>) {
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let (mut tag, is_extent_left) = caption_ui(ui, &painter, rect, landscape, grid, &extent);
    let texts = is_extent_left.then_some((extent, Some(Term::Slice))).into_iter().chain(remarks);
    for (index, (text, term)) in texts.enumerate() {
        tag = box_text(&painter, tag.left_bottom() + vec2(0.0, 4.0), Align2::LEFT_TOP, &text);
        let response = ui.interact(tag, ui.scope_id().with(("remark", index)), Sense::hover());
        widgets::name(&response, Role::Label, &text);
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

/// The tag at the top: what plane this is and its extent; the rest of the caption when the pointer is on it. Returns where it
/// stands, and whether there was no room for the extent beside the words.
fn caption_ui(
    ui: &Ui,
    painter: &Painter,
    rect: Rect,
    landscape: Landscape<'_>,
    grid: &LossGrid,
    extent: &str,
) -> (Rect, bool) {
    let room = rect.width() - 28.0;
    let fits = |text: &String| painter.layout_no_wrap(text.clone(), small(), ON_LANDSCAPE).size().x <= room;
    let words = plane_words(landscape.model, grid);
    let both = shorter_and_shorter(&words).map(|words| format!("{words} · {extent}")).find(fits);
    let is_extent_left = both.is_none();
    let alone = || shorter_and_shorter(&words).map(str::to_owned).find(fits);
    let (text, is_extent_left) = match both.or_else(alone) {
        Some(text) => (text, is_extent_left),
        None => (extent.to_owned(), false),
    };
    let tag = box_text(painter, rect.left_top() + vec2(8.0, 8.0), Align2::LEFT_TOP, &text);
    let id = ui.scope_id().with("caption");
    let response = ui.interact(tag, id, Sense::hover());
    widgets::name(&response, Role::Label, &text);
    help::term(response.on_hover_ui(|ui| caption_help_ui(ui, landscape, grid, &words)), Term::Slice);
    (tag, is_extent_left)
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

fn caption_help_ui(ui: &mut Ui, landscape: Landscape<'_>, grid: &LossGrid, words: &str) {
    let caption = &grid.caption;
    ui.label(words);
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
        ui.label("Arrow: the ascent step of SAM, projected on the plane.");
    }
    ui.label("Scroll to see a smaller or a larger part, drag to move, double click for the range of the experiment.");
}

/// A line below the caption, with what explains it.
type Remark = (String, Option<Term>);

/// Lines below the caption about what is not as usual, such as masked cells.
fn remarks(run: &RunView, grid: &LossGrid, past: Option<u64>) -> Vec<Remark> {
    let mut texts = Vec::new();
    if past.is_some() {
        texts.push((format!("past: step {}", format::grouped(grid.step)), None));
    }
    if !grid.view.follow && past.is_none() {
        let (slice, now) = (format::grouped(grid.step), format::grouped(run.step()));
        let at = if slice == now { String::new() } else { format!("; {} is at {now}", run.name()) };
        let text = format!("slice stays at step {slice}{at}");
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
