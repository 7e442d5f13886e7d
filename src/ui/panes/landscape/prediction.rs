//! The card with what the network at a place says: loss, accuracy, the decision surface or the examples.

mod texts;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Color32, Context, Id, Mesh, Pos2, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};

use super::axes::coordinate;
use super::foot::gradient;
use super::places::Asked;
use super::state::LandscapeView;
use crate::protocol::{Command, DataPreview, ExampleLabel, ExampleRow, Predicted, Prediction};
use crate::render::ColorMap;
use crate::ui::contract::ask::Asks;
use crate::ui::kit::theme::{self, ON_LANDSCAPE, Tokens};
use crate::ui::kit::{class_mark, format, widgets};
use crate::ui::state::model::Model;

/// Between two questions while the card follows the pointer.
const INTERVAL: Duration = Duration::from_millis(100);
const CARD_WIDTH: f32 = 250.0;
/// Examples shown at most.
const MOST_EXAMPLES: usize = 24;
/// Pixels of a picture along a side; larger pictures are shown with fewer.
const MOST_PIXELS: usize = 24;

/// Asks what the network at a place says, and opens the card.
pub fn ask(asked: Asked, view: &mut LandscapeView, asks: &mut Asks) {
    let card = &mut view.prediction;
    card.is_open = true;
    card.asked = Some(asked);
    card.asked_at = Some(Instant::now());
    let Asked { run, place, slice } = asked;
    asks.send(Command::Predict { run, place, slice });
}

/// Asks for the place under the pointer, at most ten times a second, while the card follows it.
pub fn follow_pointer(ui: &Ui, asked: Asked, view: &mut LandscapeView, asks: &mut Asks) {
    let card = &view.prediction;
    let is_wanted = card.is_open && card.is_live && view.playback.shown_step().is_none();
    if !is_wanted || card.asked == Some(asked) || view.menu.is_some() {
        return;
    }
    let age = card.asked_at.map_or(INTERVAL, |at| at.elapsed());
    if age >= INTERVAL {
        ask(asked, view, asks);
    } else {
        ui.ctx().request_repaint_after(INTERVAL - age);
    }
}

/// Draws the card if it is open.
pub fn card_ui(ctx: &Context, model: &Model, area: Rect, view: &mut LandscapeView) {
    let Some(Asked { run, place, .. }) = view.prediction.asked.filter(|_| view.prediction.is_open) else {
        return;
    };
    let mut is_open = true;
    egui::Window::new("What the network says")
        .id(Id::unique("prediction"))
        .open(&mut is_open)
        .resizable(false)
        .collapsible(false)
        .default_pos(first_place(ctx, area))
        .default_width(CARD_WIDTH)
        .show(ctx, |ui| {
            ui.set_width(CARD_WIDTH);
            let answer = model.prediction.as_ref().filter(|answer| answer.run == run);
            match answer {
                Some(answer) => answer_ui(ui, model, answer, place),
                None => {
                    widgets::small_weak_ui(ui, "Asking the network…");
                }
            }
            ui.add_space(2.0);
            ui.checkbox(&mut view.prediction.is_live, "Follow the pointer")
                .on_hover_text("Asks at most ten times a second while the pointer is over a landscape.");
        });
    if !is_open {
        view.prediction.is_open = false;
    }
}

/// Where the card opens: on the side where the user did not just ask, so that it does not hide the place.
fn first_place(ctx: &Context, area: Rect) -> Pos2 {
    let is_left = ctx.pointer_latest_pos().is_some_and(|pos| pos.x < area.center().x);
    let left = if is_left { (area.right() - CARD_WIDTH - 32.0).max(area.left()) } else { area.left() + 12.0 };
    pos2(left, area.top() + 60.0)
}

fn answer_ui(ui: &mut Ui, model: &Model, answer: &Arc<Prediction>, asked: [f64; 2]) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        if let Some(run) = model.run(answer.run) {
            widgets::dot_ui(ui, run.color(tokens));
            ui.label(run.name());
        }
        let [x, y] = answer.place.map(coordinate);
        let step = format::grouped(answer.step);
        widgets::small_weak_ui(ui, format!("x {x}, y {y}, slice of step {step}"));
    });
    let accuracy = if answer.accuracy.is_nan() {
        String::new()
    } else {
        format!(" · accuracy {}", format::percent(answer.accuracy))
    };
    let late = if answer.place == asked { "" } else { " …" };
    ui.label(format!("loss {}{accuracy}{late}", format::number(answer.loss)));
    match (&answer.what, &model.data) {
        (Predicted::Surface { x, y, class, confidence }, data) => {
            surface_ui(ui, Grid { x, y, class, confidence }, data.as_deref());
        }
        (Predicted::Examples { class, confidence }, Some(data)) => examples_ui(ui, data, class, confidence),
        (Predicted::Texts { said, written }, Some(data)) => {
            texts::texts_ui(ui, data, said);
            texts::written_ui(ui, written);
        }
        (Predicted::Pairs(pairs), Some(data)) => texts::pairs_ui(ui, data, pairs),
        (Predicted::Examples { .. } | Predicted::Texts { .. } | Predicted::Pairs(_), None) => {
            widgets::small_weak_ui(ui, "The examples are not known yet.");
        }
    }
}

/// What a network says over the plane of two features: classes with their confidence, or values.
struct Grid<'a> {
    x: &'a [f32],
    y: &'a [f32],
    /// Empty where there are values.
    class: &'a [u16],
    /// The confidence in the class, or the value.
    confidence: &'a [f32],
}

impl Grid<'_> {
    fn is_regression(&self) -> bool {
        self.class.is_empty()
    }

    fn is_whole(&self) -> bool {
        let cells = self.x.len() * self.y.len();
        let has_classes = self.is_regression() || self.class.len() == cells;
        self.x.len() >= 2 && self.y.len() >= 2 && has_classes && self.confidence.len() == cells
    }
}

/// Colours of values, from the least to the greatest.
#[derive(Clone, Copy)]
struct ValueScale([f32; 2]);

impl ValueScale {
    const MAP: ColorMap = ColorMap::Viridis;

    /// Holds all values of the surface; those of the examples may lie beyond and have the colours of the ends.
    fn new(values: &[f32]) -> Self {
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let [low, high] = finite.fold([f32::MAX, f32::MIN], |[low, high], value| [low.min(value), high.max(value)]);
        if low > high { Self([0.0, 1.0]) } else { Self([low, high]) }
    }

    fn color(self, value: f32) -> Color32 {
        let Self([low, high]) = self;
        // Where all values are one, they are in the middle.
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        theme::map_color(Self::MAP.at(share))
    }
}

fn surface_ui(ui: &mut Ui, grid: Grid<'_>, data: Option<&DataPreview>) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(CARD_WIDTH, 0.8 * CARD_WIDTH), Sense::hover());
    let what = if grid.is_regression() { "Predicted values" } else { "Decision surface" };
    widgets::name(&response, egui::Role::Image, what);
    if !grid.is_whole() {
        widgets::small_weak_ui(ui, "The answer contradicts itself: its cells do not match its axes.");
        return;
    }
    let at = |value: f32, axis: &[f32]| (value - axis[0]) / (axis[axis.len() - 1] - axis[0]);
    let screen = |x: f32, y: f32| {
        pos2(rect.left() + at(x, grid.x) * rect.width(), rect.bottom() - at(y, grid.y) * rect.height())
    };
    let scale = ValueScale::new(grid.confidence);
    let color = |cell: usize| {
        let value = grid.confidence[cell];
        match grid.class.get(cell) {
            None if value.is_finite() => scale.color(value),
            None => tokens.panel.0,
            Some(class) => {
                let strength = if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
                // Half confidence is none for two classes.
                tokens.class(usize::from(*class)).gamma_multiply((1.6 * strength - 0.7).clamp(0.06, 0.9))
            }
        }
    };
    let (columns, rows) = (grid.x.len(), grid.y.len());
    let half = vec2(0.5 * rect.width() / (columns - 1) as f32, 0.5 * rect.height() / (rows - 1) as f32);
    let mut mesh = Mesh::default();
    for cell in 0..grid.confidence.len() {
        let middle = screen(grid.x[cell % columns], grid.y[cell / columns]);
        mesh.add_colored_rect(Rect::from_center_size(middle, 2.0 * half).intersect(rect), color(cell));
    }
    ui.painter().rect_filled(rect, 4.0, tokens.background.0);
    ui.painter().add(mesh);
    let Some(data) = data.filter(|data| data.shape == [2]) else { return };
    points_ui(ui, rect, scale, data, screen);
    if grid.is_regression() {
        values_ui(ui, scale);
    } else {
        classes_ui(ui, tokens, data);
    }
}

fn points_ui(ui: &Ui, rect: Rect, scale: ValueScale, data: &DataPreview, screen: impl Fn(f32, f32) -> Pos2) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    for row in data.rows.iter().filter(|row| !row.is_test && row.x.len() == 2) {
        // Values have one shape.
        let (class, color, outline) = match &row.label {
            ExampleLabel::Class(class) => (*class, tokens.class(*class), tokens.background.0),
            ExampleLabel::Values(values) => match values.first() {
                Some(value) => (0, scale.color(*value), ON_LANDSCAPE),
                None => continue,
            },
            ExampleLabel::Tokens(_) | ExampleLabel::Pair => continue,
        };
        let pos = screen(row.x[0], row.x[1]);
        if pos.x.is_finite() && pos.y.is_finite() {
            class_mark::point(&painter, class, pos, 2.6, color, Stroke::new(0.8, outline));
        }
    }
}

/// The colours of values with the numbers at their ends.
fn values_ui(ui: &mut Ui, scale: ValueScale) {
    let ValueScale([low, high]) = scale;
    let (rect, response) = ui.allocate_exact_size(vec2(CARD_WIDTH, 8.0), Sense::hover());
    gradient(ui, rect, ValueScale::MAP);
    let [low, high] = [low, high].map(|value| format::number(f64::from(value)));
    widgets::name(&response, egui::Role::Image, &format!("Colours of values from {low} to {high}"));
    ui.horizontal(|ui| {
        widgets::small_weak_ui(ui, low);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| widgets::small_weak_ui(ui, high));
    });
    widgets::small_weak_ui(ui, "Coloured by the first predicted value; dots by that of the example.");
}

fn classes_ui(ui: &mut Ui, tokens: &Tokens, data: &DataPreview) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (class, name) in data.classes.iter().enumerate().take(10) {
            class_mark::point_ui(ui, class, tokens.class(class));
            widgets::small_weak_ui(ui, format!("class {name}"));
            ui.add_space(4.0);
        }
    });
    widgets::small_weak_ui(ui, "Coloured by the predicted class, the stronger the surer.");
}

fn examples_ui(ui: &mut Ui, data: &DataPreview, class: &[u16], confidence: &[f32]) {
    let is_picture = matches!(data.shape[..], [_, height, width] if height > 1 && width > 1);
    let count = data.rows.len().min(confidence.len()).min(MOST_EXAMPLES);
    let is_regression = class.is_empty();
    if is_picture && !is_regression {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            for (index, row) in data.rows.iter().take(count).enumerate() {
                picture_ui(ui, data, row, usize::from(class.get(index).copied().unwrap_or(0)), confidence[index]);
            }
        });
        widgets::small_weak_ui(ui, "Predicted class below each, the true one behind it where they differ.");
        return;
    }
    egui::Grid::new("predictions").num_columns(3).striped(true).show(ui, |ui| {
        let last = if is_regression { "predicted" } else { "sure" };
        for title in ["example", "true", if is_regression { last } else { "predicted" }] {
            ui.label(RichText::new(title).small());
        }
        ui.end_row();
        for (index, row) in data.rows.iter().take(count.min(10)).enumerate() {
            widgets::small_weak_ui(ui, format!("{}{}", index + 1, if row.is_test { " (test)" } else { "" }));
            ui.label(label_words(data, &row.label));
            match class.get(index) {
                Some(class) => {
                    let name = class_name(data, usize::from(*class));
                    ui.label(format!("{name} ({})", format::percent(f64::from(confidence[index]))))
                }
                None => ui.label(format::number(f64::from(confidence[index]))),
            };
            ui.end_row();
        }
    });
}

fn class_name(data: &DataPreview, class: usize) -> String {
    data.classes.get(class).cloned().unwrap_or_else(|| class.to_string())
}

fn label_words(data: &DataPreview, label: &ExampleLabel) -> String {
    match label {
        ExampleLabel::Class(class) => class_name(data, *class),
        ExampleLabel::Values(values) => {
            let words: Vec<String> = values.iter().take(3).map(|value| format::number(f64::from(*value))).collect();
            words.join(", ")
        }
        ExampleLabel::Tokens(text) => text.clone(),
        ExampleLabel::Pair => String::new(),
    }
}

/// A picture with its predicted class, and the true one where that is another.
fn picture_ui(ui: &mut Ui, data: &DataPreview, row: &ExampleRow, class: usize, confidence: f32) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(36.0, 50.0), Sense::hover());
    let image = Rect::from_min_size(rect.min, vec2(36.0, 36.0));
    pixels_ui(ui, image, &data.shape, &row.x);
    let (truth, name) = (label_words(data, &row.label), class_name(data, class));
    let is_right = truth == name;
    let (text, color) =
        if is_right { (name.clone(), tokens.weak.0) } else { (format!("{name} ({truth})"), tokens.error.0) };
    let place = image.center_bottom() + vec2(0.0, 1.0);
    let font = egui::FontId::proportional(11.0);
    ui.painter().with_clip_rect(rect).text(place, egui::Align2::CENTER_TOP, text, font, color);
    let sure = format::percent(f64::from(confidence));
    let words = format!("predicted {name} ({sure}), true {truth}");
    widgets::name(&response, egui::Role::Image, &words);
    response.on_hover_text(words);
}

/// The pixels of an example, from its least value to its greatest.
fn pixels_ui(ui: &Ui, rect: Rect, shape: &[usize], values: &[f32]) {
    let &[channels, height, width] = shape else { return };
    if values.len() != channels * height * width || values.is_empty() {
        return;
    }
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite.fold((f32::MAX, f32::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let span = (high - low).max(1e-6);
    let (rows, columns) = (height.min(MOST_PIXELS), width.min(MOST_PIXELS));
    let mut mesh = Mesh::default();
    let cell = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
    for row in 0..rows {
        for column in 0..columns {
            let at = (row * height / rows) * width + column * width / columns;
            let shade = |channel: usize| {
                let value = values[channel.min(channels - 1) * height * width + at];
                if value.is_finite() { (255.0 * (value - low) / span) as u8 } else { 0 }
            };
            let color =
                if channels >= 3 { [shade(0), shade(1), shade(2), 255] } else { [shade(0), shade(0), shade(0), 255] };
            let corner = rect.min + vec2(column as f32 * cell.x, row as f32 * cell.y);
            mesh.add_colored_rect(Rect::from_min_size(corner, cell), theme::map_color(color));
        }
    }
    ui.painter().add(mesh);
}
