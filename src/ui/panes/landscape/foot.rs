//! Below the landscapes: the slider through the past on the left, the colour scale with its numbers on the right.

use std::time::Instant;

use egui::{Align, Align2, Layout, Mesh, Rect, RichText, Role, Sense, Ui, UiBuilder, pos2, vec2};

use super::scale::ticks;
use super::state::LandscapeView;
use super::text::level_text;
use crate::render::{ColorMap, ContourStyle, LossScale};
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, icons, number_box, widgets};

/// Height of the foot in points.
pub const FOOT_HEIGHT: f32 = 34.0;
/// Below this width, in points, the slider and the scale share the foot evenly.
const NARROW: f32 = 620.0;
/// A colour scale has at least this width beside its words; where it has not, they stand in its tooltip alone.
const BAR: f32 = 170.0;
/// Room of the button that goes back, and of the slider at least.
const BACK_WIDTH: f32 = 100.0;
const LEAST_SLIDER: f32 = 60.0;

/// Draws the foot.
pub fn foot_ui(ui: &mut Ui, rect: Rect, view: &mut LandscapeView) {
    let is_narrow = rect.width() < NARROW;
    let width = if is_narrow { 0.5 * rect.width() } else { (0.5 * rect.width()).min(520.0) };
    let (left, right) = rect.split_left_right_at_x(rect.right() - width);
    if let Some(style) = &view.style {
        let mut ui = ui.new_child(UiBuilder::new().max_rect(right).id_salt("legend"));
        legend_ui(&mut ui, right, style, &view.subject.words(view.field, style.scale));
    }
    let mut ui = ui.new_child(
        UiBuilder::new()
            .max_rect(left.shrink2(vec2(0.0, 4.0)))
            .layout(Layout::left_to_right(Align::Center))
            .id_salt("past"),
    );
    past_ui(&mut ui, view);
}

/// The slider through the past.
fn past_ui(ui: &mut Ui, view: &mut LandscapeView) {
    let playback = &mut view.playback;
    let now = Instant::now();
    if let Some(wait) = playback.advance(now) {
        ui.ctx().request_repaint_after(wait);
    }
    let last = playback.steps().len();
    if last < 2 || is_figure(ui) {
        return;
    }
    ui.spacing_mut().item_spacing.x = 6.0;
    let (icon, label) =
        if playback.is_playing() { (icons::PAUSE, "Pause the past") } else { (icons::PLAY, "Play the past") };
    let response = ui.button(icon);
    widgets::name(&response, Role::Button, label);
    if response.on_hover_text("Plays the slices that came so far.").clicked() {
        playback.toggle(now);
    }
    let past_words = |step: u64| format!("past: step {}", format::grouped(step));
    // The slider keeps its length while it is dragged: what stands beside it in the past has its room from the start. Where
    // there is no room for words, the button says it.
    let words = playback.shown_step().map(past_words);
    let widest = past_words(playback.steps().last().copied().unwrap_or_default());
    let font = egui::TextStyle::Small.resolve(ui.style());
    let words_width = ui.painter().layout_no_wrap(widest, font, Tokens::of(ui).text.0).size().x + 6.0;
    let room = ui.available_width() - BACK_WIDTH;
    let has_words = room >= words_width + LEAST_SLIDER;
    let slider_room = if has_words { room - words_width } else { room };
    ui.spacing_mut().slider_width = slider_room.clamp(24.0, 420.0);
    let mut index = playback.index();
    let response = ui.add(number_box::slider(&mut index, 0..=last));
    widgets::name(&response, Role::Slider, "Time of the slices");
    if response.changed() {
        playback.set_index(index);
    }
    response
        .on_hover_text("Slices of earlier steps; a long past is thinned out. Each run shows its nearest earlier one.");
    let Some(words) = words else {
        if has_words {
            widgets::small_weak_ui(ui, "live");
        }
        return;
    };
    let color = Tokens::of(ui).warning.0;
    if has_words {
        ui.label(RichText::new(&words).small().color(color));
    }
    if ui.button("Back to live").on_hover_text(words).clicked() {
        view.playback.show_newest();
    }
}

/// Draws a colour scale with its numbers; what it shows stands beside it where there is room, and in its tooltip.
pub fn legend_ui(ui: &mut Ui, rect: Rect, style: &ContourStyle, words: &[String]) {
    let tokens = Tokens::of(ui);
    let small = egui::TextStyle::Small.resolve(ui.style());
    let mut galleys =
        words.iter().map(|words| ui.painter().layout_no_wrap(words.clone(), small.clone(), tokens.text.0));
    let galley = galleys.find(|galley| galley.size().x + BAR <= rect.width());
    let words = words.first().map_or("", String::as_str);
    let words_width = galley.as_ref().map_or(0.0, |galley| galley.size().x + 14.0);
    let bar = Rect::from_min_max(
        pos2(rect.left() + words_width + 14.0, rect.top() + 6.0),
        pos2(rect.right() - 14.0, rect.top() + 14.0),
    );
    if bar.width() < 40.0 {
        return;
    }
    if let Some(galley) = galley {
        let place = pos2(rect.left() + 4.0, bar.center().y);
        ui.painter().galley(place - vec2(0.0, 0.5 * galley.size().y), galley, tokens.text.0);
    }
    let response = ui.interact(rect, ui.scope_id().with("scale"), Sense::hover());
    gradient(ui, bar, style.map);
    let found = ticks(style, ((bar.width() / 48.0) as usize).clamp(2, 7));
    let [low, high] = style.limits;
    let texts: Vec<String> =
        found.iter().map(|(_, share)| level_text(style.scale, low + share * (high - low))).collect();
    let mut free_from = f32::MIN;
    for ((_, share), text) in found.iter().zip(&texts) {
        let x = bar.left() + share * bar.width();
        let width = ui.painter().layout_no_wrap(text.clone(), small.clone(), tokens.weak.0).size().x;
        if x - 0.5 * width < free_from {
            continue;
        }
        free_from = x + 0.5 * width + 6.0;
        ui.painter().vline(x, bar.bottom()..=bar.bottom() + 3.0, egui::Stroke::new(1.0, tokens.weak.0));
        ui.painter().text(pos2(x, bar.bottom() + 3.0), Align2::CENTER_TOP, text, small.clone(), tokens.weak.0);
    }
    let label = format!("Colour scale: {words}; {}", texts.join(", "));
    widgets::name(&response, Role::Image, &label);
    let more = match style.scale {
        LossScale::Symmetric => "Red: the first run's is higher. Blue: the second's.",
        LossScale::Percent | LossScale::Linear => "What lies beyond the ends has their colours.",
        LossScale::Log10 => "Losses below 1e-12 count as 1e-12. What lies beyond the ends has their colours.",
    };
    response.on_hover_text(format!(
        "{words}. All landscapes have the same colours, and their iso-lines stand at the same round values. {more}"
    ));
}

/// The colours of a map, its low end on the left.
pub fn gradient(ui: &Ui, rect: Rect, map: ColorMap) {
    const STOPS: u32 = 32;
    let mut mesh = Mesh::default();
    for i in 0..=STOPS {
        let share = i as f32 / STOPS as f32;
        let color = theme::map_color(map.at(share));
        let x = rect.left() + share * rect.width();
        mesh.colored_vertex(pos2(x, rect.top()), color);
        mesh.colored_vertex(pos2(x, rect.bottom()), color);
        if i > 0 {
            let first = 2 * (i - 1);
            mesh.add_triangle(first, first + 1, first + 2);
            mesh.add_triangle(first + 1, first + 2, first + 3);
        }
    }
    ui.painter().add(mesh);
}
