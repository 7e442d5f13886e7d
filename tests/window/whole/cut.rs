//! Texts that are cut: read off the shapes that a frame paints, each with the rectangle that clips it.

use egui::{Event, Modifiers, Pos2, Rect, Shape, Vec2, pos2, vec2};

use crate::fixture::Window;

/// What a text may lie beyond its clip rectangle, in points: the soft edge of its letters.
const SOFT: f32 = 1.5;
/// From this alpha on nothing is read through a ground.
const OPAQUE: u8 = 200;
/// So far is scrolled to see whether what is cut can be brought to sight, in points: no multiple of the height of a row, below
/// which the next one may say the same.
const SCROLL: f32 = 47.0;

/// A text as it is painted.
#[derive(Clone, Debug)]
struct Text {
    words: String,
    bounds: Rect,
    /// What of the window it may be painted on.
    clip: Rect,
    is_shortened: bool,
    /// What was painted over it later hides a part of it.
    is_covered: bool,
}

impl Text {
    /// By how much it lies beyond its clip rectangle: to the left, above, to the right, below.
    fn beyond(&self) -> [f32; 4] {
        let (text, clip) = (self.bounds, self.clip);
        [clip.left() - text.left(), clip.top() - text.top(), text.right() - clip.right(), text.bottom() - clip.bottom()]
    }

    /// Whether any of it is to be seen.
    fn is_seen(&self) -> bool {
        self.bounds.intersect(self.clip).size().min_elem() > SOFT
    }

    fn is_cut(&self) -> bool {
        self.is_seen() && self.beyond().iter().any(|beyond| *beyond > SOFT)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.words == other.words && (self.clip.center() - other.clip.center()).length() < 1.0
    }
}

/// All texts of the last frame.
fn texts(window: &Window) -> Vec<Text> {
    let screen = window.harness.ctx.content_rect();
    let mut found = Vec::new();
    for clipped in &window.harness.output().shapes {
        collect(&clipped.shape, clipped.clip_rect.intersect(screen), &mut found);
    }
    found
}

fn collect(shape: &Shape, clip: Rect, found: &mut Vec<Text>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, found)),
        Shape::Text(text) if !text.galley.text().trim().is_empty() && text.opacity_factor > 0.0 => {
            found.push(Text {
                words: text.galley.text().to_owned(),
                bounds: shape.visual_bounding_rect(),
                clip,
                is_shortened: text.galley.elided,
                is_covered: false,
            });
        }
        Shape::Rect(rect) if rect.fill.a() >= OPAQUE => {
            let area = rect.rect.intersect(clip).shrink(SOFT);
            for text in found.iter_mut().filter(|text| text.is_seen()) {
                text.is_covered |= text.bounds.intersect(text.clip).intersect(area).size().min_elem() > SOFT;
            }
        }
        _ => {}
    }
}

/// Whether a figure with its error stands in it.
fn has_error(words: &str) -> bool {
    words.split("± ").skip(1).any(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Every text that is cut where it cannot be scrolled to, and every figure whose error was shortened away, in words.
pub fn cut_texts(window: &mut Window) -> Vec<String> {
    let all = texts(window);
    let mut found = Vec::new();
    for text in all.iter().filter(|text| text.is_seen() && text.is_shortened && has_error(&text.words)) {
        found.push(format!("`{}` is shortened", text.words));
    }
    for text in all.iter().filter(|text| text.is_covered) {
        found.push(format!("`{}` at {} is covered", text.words, text.bounds.min));
    }
    let mut scrolled: Vec<(Rect, usize, bool)> = Vec::new();
    for text in all.iter().filter(|text| text.is_cut()) {
        let beyond = text.beyond();
        for (side, name) in ["left", "top", "right", "bottom"].into_iter().enumerate() {
            if beyond[side] <= SOFT {
                continue;
            }
            let known = scrolled.iter().find(|(clip, known, _)| *known == side && *clip == text.clip);
            let scrolls = known.map_or_else(|| scrolls(window, text, side), |(.., scrolls)| *scrolls);
            scrolled.push((text.clip, side, scrolls));
            if !scrolls {
                let clip = text.clip;
                found.push(format!(
                    "`{}` at {} is cut at the {name} by {:.0}, {clip}",
                    text.words, text.bounds.min, beyond[side]
                ));
            }
        }
    }
    found
}

/// Whether the wheel brings what is cut at a side to sight.
fn scrolls(window: &mut Window, text: &Text, side: usize) -> bool {
    let seen = text.bounds.intersect(text.clip);
    let towards = [vec2(1.0, 0.0), vec2(0.0, 1.0), vec2(-1.0, 0.0), vec2(0.0, -1.0)][side];
    // Over a picture the wheel comes nearer: what stands beside it is tried first.
    let x = seen.center().x;
    let (above, below) = (pos2(x, text.clip.top() - 12.0), pos2(x, text.clip.bottom() + 12.0));
    let places = [pos2(text.clip.left() - 6.0, seen.center().y), above, below, seen.center()];
    let is_moved = places.into_iter().any(|place| {
        wheel(window, place, SCROLL * towards);
        let moved = texts(window);
        let is_there = |other: &&Text| text.is_same(other) && (other.bounds.min - text.bounds.min).length() < 1.0;
        let is_moved = !moved.iter().any(|other| is_there(&other));
        wheel(window, place, -SCROLL * towards);
        is_moved
    });
    window.harness.event(Event::PointerGone);
    window.harness.run_steps(1);
    is_moved
}

fn wheel(window: &mut Window, place: Pos2, delta: Vec2) {
    window.harness.event(Event::PointerMoved(place));
    window.harness.run_steps(1);
    window.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.harness.run_steps(3);
}
