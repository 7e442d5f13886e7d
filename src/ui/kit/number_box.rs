//! The one box in which numbers are typed or dragged, and the one slider. Whatever is typed goes by the rule of
//! [`typed`](super::typed).
//!
//! A text that is refused stays in its box with a red frame and a sentence, so that it can be mended; the value stays as it
//! was until a text is understood. An empty text, and one that was not changed, keep the value too.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use egui::emath::Numeric;
use egui::{DragValue, Key, Modifiers, Response, Slider, Stroke, StrokeKind, Tooltip, Ui, Widget};

use super::figure::is_figure;
use super::format;
use super::theme::Tokens;
use super::typed::{self, Takes};

/// Widest that a sentence below a box grows, in points.
const SENTENCE: f32 = 300.0;

/// A value as text.
type Words<'a> = Box<dyn Fn(f64) -> String + 'a>;

/// A box for a number. It takes effect on Enter, or when the keyboard leaves it.
pub struct NumberBox<'a> {
    drag: DragValue<'a>,
    value: f64,
    takes: Takes,
    /// How much larger the number in the box is than the value.
    factor: f64,
    words: Words<'a>,
    /// What may stand behind the number.
    units: Vec<&'a str>,
    /// Words that are a value.
    named: Vec<(&'a str, f64)>,
}

impl<'a> NumberBox<'a> {
    /// A box for a value: for whole numbers where its type has no others.
    pub fn new<N: Numeric>(value: &'a mut N) -> Self {
        let takes = if N::INTEGRAL { Takes::Whole } else { Takes::Real };
        let words: Words<'a> = match takes {
            Takes::Whole => Box::new(|value| format!("{value:.0}")),
            Takes::Real => Box::new(format::setting),
        };
        Self {
            value: value.to_f64(),
            drag: DragValue::new(value).update_while_editing(false),
            takes,
            factor: 1.0,
            words,
            units: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Whole numbers only.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { takes: Takes::Whole, ..self }
    }

    /// What is typed or dragged stays within these.
    #[must_use]
    pub fn range<N: Numeric>(self, range: RangeInclusive<N>) -> Self {
        Self { drag: self.drag.range(range), ..self }
    }

    /// How much a point of dragging changes the value.
    #[must_use]
    pub fn speed(self, speed: impl Into<f64>) -> Self {
        Self { drag: self.drag.speed(speed), ..self }
    }

    /// How a value is told. What it says besides the number must be among the units, or a named value.
    #[must_use]
    pub fn told(self, words: impl Fn(f64) -> String + 'a) -> Self {
        Self { words: Box::new(words), ..self }
    }

    /// Something that may stand behind the number, and is told behind it if the words say it.
    #[must_use]
    pub fn unit(mut self, unit: &'a str) -> Self {
        self.units.push(unit);
        self
    }

    /// A word that can be typed for a value; there may be several.
    #[must_use]
    pub fn named(mut self, word: &'a str, value: f64) -> Self {
        self.named.push((word, value));
        self
    }

    /// A share of 0 to 1 in percent.
    #[must_use]
    pub fn percent(self) -> Self {
        let share = Self { factor: 100.0, ..self };
        share.unit("%").told(|share| format!("{:.0} %", 100.0 * share))
    }
}

/// A text that was not understood.
#[derive(Debug, Clone)]
struct Refused {
    text: String,
    sentence: String,
    /// The value that stayed: where another one has come since, the text is forgotten.
    value: f64,
}

/// The pass in which a text was given up by Escape. For two more passes egui would take it for one that was left.
#[derive(Debug, Clone, Copy)]
struct GivenUp(u64);

/// What became of a text.
enum Typed {
    Kept,
    Refused(Refused),
}

impl Widget for NumberBox<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let Self { drag, value, takes, factor, words, units, named } = self;
        let id = ui.next_auto_id();
        let before = ui.data(|data| data.get_temp::<Refused>(id)).filter(|refused| refused.value == value);
        let told = words(value);
        let now = ui.ctx().cumulative_pass_nr();
        let was_given_up = ui.data(|data| data.get_temp::<GivenUp>(id)).is_some_and(|GivenUp(pass)| now <= pass + 2);
        let typed = RefCell::new(None);
        let formatted = |value: f64, _: RangeInclusive<usize>| match &before {
            Some(refused) if refused.value == value => refused.text.clone(),
            _ => words(value),
        };
        let parsed = |text: &str| {
            let text = text.trim();
            if was_given_up || text.is_empty() || text == told {
                typed.replace(Some(Typed::Kept));
                return None;
            }
            if let Some((_, value)) = named.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)) {
                typed.replace(Some(Typed::Kept));
                return Some(*value);
            }
            match typed::number(without_unit(text, &units), takes) {
                Ok(number) => {
                    typed.replace(Some(Typed::Kept));
                    Some(number / factor)
                }
                Err(sentence) => {
                    typed.replace(Some(Typed::Refused(Refused { text: text.to_owned(), sentence, value })));
                    None
                }
            }
        };
        let response = ui.add(drag.custom_formatter(formatted).custom_parser(parsed));
        let is_given_up = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
        if is_given_up {
            ui.data_mut(|data| data.insert_temp(id, GivenUp(now)));
        }
        let refused = match typed.into_inner() {
            Some(Typed::Refused(refused)) => {
                keep_keyboard(ui, &response);
                Some(refused)
            }
            Some(Typed::Kept) => None,
            None => before.filter(|_| !is_given_up && !response.changed()),
        };
        match refused {
            Some(refused) => {
                refusal_ui(ui, &response, &refused.sentence);
                ui.data_mut(|data| data.insert_temp(id, refused));
            }
            None => ui.data_mut(|data| data.remove::<Refused>(id)),
        }
        response
    }
}

/// After Enter the text is to be mended, and Enter is not meant for anything else.
fn keep_keyboard(ui: &Ui, response: &Response) {
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)) {
        response.request_focus();
    }
}

fn refusal_ui(ui: &Ui, response: &Response, sentence: &str) {
    let error = Tokens::of(ui).error.0;
    let corners = ui.visuals().widgets.inactive.corner_radius;
    ui.painter().rect_stroke(response.rect, corners, Stroke::new(1.5, error), StrokeKind::Inside);
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_invalid(egui::accesskit::Invalid::True));
    if is_figure(ui) || !ui.is_rect_visible(response.rect) {
        return;
    }
    let tooltip = Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), response.id, response.rect);
    tooltip.show(|ui| {
        ui.set_max_width(SENTENCE);
        ui.colored_label(error, sentence);
    });
}

/// A text without a unit that may stand at its end.
fn without_unit<'t>(text: &'t str, units: &[&str]) -> &'t str {
    let mut found = units.iter().filter(|unit| !unit.is_empty()).filter_map(|unit| text.strip_suffix(unit));
    found.next().map_or(text, str::trim_end)
}

/// A slider. Numbers are typed into a [`NumberBox`] beside it.
pub fn slider<N: Numeric>(value: &mut N, range: RangeInclusive<N>) -> Slider<'_> {
    Slider::new(value, range).show_value(false)
}
