//! Ticks: round numbers on linear axes, decades and their parts on logarithmic ones, with the digits that their distance asks
//! for.

use std::cell::Cell;

use egui_plot::{GridInput, GridMark};

use crate::number::tick;

/// Distance that ticks keep at least, in points.
const X_TICK_DISTANCE: f64 = 58.0;
const Y_TICK_DISTANCE: f64 = 26.0;
/// egui_plot gives the value of this many points as `base_step_size`.
const BASE_POINTS: f64 = 8.0;
/// Width of a letter of a label, and the gap between two labels, in points.
const LETTER: f64 = 6.0;
const LABEL_GAP: f64 = 10.0;
const MAX_MARKS: usize = 64;

/// How values stand on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Evenly, and they are whole: steps and evaluations. There is nothing below 0.
    Whole,
    /// Evenly.
    Even,
    /// Evenly, shares of 0 to 1 that are written as percent.
    Percent,
    /// By their logarithms to the base of ten.
    Logarithmic,
}

/// The ticks of one axis of a plot. They are placed first and labelled then, by the same step.
#[derive(Debug)]
pub struct Ticks {
    spacing: Spacing,
    distance: f64,
    /// Room at the end that belongs to the axis's name, in points.
    name_width: f64,
    /// From one tick to the next, as of the last placing; 0 where each tick has one digit.
    step: Cell<f64>,
    /// Beyond this the name stands.
    end: Cell<f64>,
}

impl Ticks {
    /// Those of a horizontal axis whose name takes `name_width` points at its end.
    #[must_use]
    pub fn x(spacing: Spacing, name_width: f32) -> Self {
        Self { name_width: f64::from(name_width), ..Self::new(spacing, X_TICK_DISTANCE) }
    }

    /// Those of a vertical axis.
    #[must_use]
    pub const fn y(spacing: Spacing) -> Self {
        Self::new(spacing, Y_TICK_DISTANCE)
    }

    const fn new(spacing: Spacing, distance: f64) -> Self {
        Self { spacing, distance, name_width: 0.0, step: Cell::new(0.0), end: Cell::new(f64::INFINITY) }
    }

    /// Where they stand.
    #[must_use]
    pub fn marks(&self, input: GridInput) -> Vec<GridMark> {
        let per_point = input.base_step_size / BASE_POINTS;
        let (low, high) = input.bounds;
        if !(low.is_finite() && high.is_finite() && high > low && per_point > 0.0) {
            return Vec::new();
        }
        self.end.set(if self.name_width > 0.0 { high - self.name_width * per_point } else { f64::INFINITY });
        if self.spacing == Spacing::Logarithmic {
            return self.log_marks((low, high), per_point);
        }
        let mut step = round_up(per_point * self.distance);
        if self.spacing == Spacing::Whole {
            step = step.max(1.0);
        }
        // Long numbers stand further apart.
        while self.distance == X_TICK_DISTANCE && width(low, high, step) > step / per_point {
            step = round_up(1.5 * step);
        }
        self.step.set(step);
        linear_marks((low, high), step)
    }

    /// What stands beside one.
    #[must_use]
    pub fn label(&self, mark: GridMark) -> String {
        let (value, step) = (mark.value, self.step.get());
        if value > self.end.get() || (self.spacing == Spacing::Whole && value < 0.0) {
            return String::new();
        }
        match self.spacing {
            Spacing::Whole | Spacing::Even => tick(value, step),
            Spacing::Percent => format!("{}\u{a0}%", tick(100.0 * value, 100.0 * step)),
            Spacing::Logarithmic => {
                let value = 10_f64.powf(value);
                tick(value, if step > 0.0 { step } else { value })
            }
        }
    }

    fn log_marks(&self, bounds: (f64, f64), per_point: f64) -> Vec<GridMark> {
        let (low, high) = bounds;
        let decades = high - low;
        let ticks = decades / (per_point * self.distance).max(1e-12);
        let mark = |value| GridMark { value, step_size: decades };
        let each_decade = |mantissas: &[f64]| -> Vec<GridMark> {
            let first = low.floor() as i64;
            (first..=high.ceil() as i64)
                .flat_map(|decade| mantissas.iter().map(move |mantissa| decade as f64 + mantissa.log10()))
                .filter(|value| (low..=high).contains(value))
                .take(MAX_MARKS)
                .map(mark)
                .collect()
        };
        self.step.set(0.0);
        let all: &[&[f64]] = &[&[1.0, 2.0, 3.0, 4.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
        for mantissas in all {
            let widest = decades * mantissas.len() as f64;
            if widest <= ticks && decades > 0.4 {
                return each_decade(mantissas);
            }
        }
        if decades > 0.4 {
            return linear_marks(bounds, (decades / ticks.max(1.0)).ceil().max(1.0));
        }
        // Less than half a decade: round numbers of the value itself.
        let (start, end) = (10_f64.powf(low), 10_f64.powf(high));
        let step = round_up((end - start) / ticks.max(1.0));
        self.step.set(step);
        linear_marks((start, end), step).into_iter().map(|m| mark(m.value.log10())).collect()
    }
}

/// Width of the longer label at the ends, in points.
fn width(low: f64, high: f64, step: f64) -> f64 {
    let round = |value: f64| (value / step).round() * step;
    let letters = |value: f64| tick(round(value), step).chars().count() as f64;
    letters(low).max(letters(high)) * LETTER + LABEL_GAP
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_up(step: f64) -> f64 {
    if !(step.is_finite() && step > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|round| *round >= step).unwrap_or(step)
}

fn linear_marks((low, high): (f64, f64), step: f64) -> Vec<GridMark> {
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first + 1.0).max(0.0).min(MAX_MARKS as f64) as usize;
    (0..count)
        .map(|i| (first + i as f64) * step)
        .map(|value| GridMark { value: if value.abs() < 1e-9 * step { 0.0 } else { value }, step_size: high - low })
        .collect()
}

/// A value in the unit of its axis; NaN where a logarithm cannot take it.
#[must_use]
pub fn on_axis(value: f64, is_log: bool) -> f64 {
    if !is_log {
        return value;
    }
    if value > 0.0 { value.log10() } else { f64::NAN }
}

/// The range of values with a margin, at least `least_half` of its centre to each side; `None` without values. NaN is none.
pub fn widened(values: impl Iterator<Item = f64>, least_half: impl Fn(f64) -> f64) -> Option<[f64; 2]> {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| [low.min(y), high.max(y)]);
    let center = 0.5 * (low + high);
    let half = (0.56 * (high - low)).max(least_half(center));
    (low <= high && half.is_finite()).then_some([center - half, center + half])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &Ticks, (low, high): (f64, f64), points: f64) -> Vec<String> {
        let base_step_size = (high - low) / points * BASE_POINTS;
        let marks = ticks.marks(GridInput { bounds: (low, high), base_step_size });
        marks.into_iter().map(|mark| ticks.label(mark)).collect()
    }

    #[test]
    fn log_ticks_are_decades_and_their_parts() {
        let labels = |low, high, height| labels(&Ticks::y(Spacing::Logarithmic), (low, high), height);
        assert_eq!(labels(-2.1, 1.1, 200.0), ["0.01", "0.03", "0.1", "0.3", "1", "3", "10"]);
        assert_eq!(labels(-6.2, 2.2, 120.0), ["10⁻⁶", "0.0001", "0.01", "1", "100"]);
        assert_eq!(labels(0.30, 0.45, 120.0), ["2", "2.2", "2.4", "2.6", "2.8"]);
        assert_eq!(labels(4.0, 4.001, 80.0), ["10\u{a0}000", "10\u{a0}010", "10\u{a0}020"], "a part of a percent");
        assert!(labels(f64::NAN, 1.0, 100.0).is_empty());
        assert!(labels(1.0, 1.0, 100.0).is_empty());
    }

    #[test]
    fn linear_ticks_are_round() {
        let x = |bounds, points| labels(&Ticks::x(Spacing::Whole, 0.0), bounds, points);
        assert_eq!(x((-20.0, 930.0), 240.0), ["0", "500"]);
        assert_eq!(x((-300_000.0, 930_000.0), 300.0), ["0", "500\u{a0}000"]);
        let y = |bounds, points| labels(&Ticks::y(Spacing::Even), bounds, points);
        assert_eq!(y((-1_600.0, 700.0), 90.0), ["−1\u{a0}000", "0"]);
        assert_eq!(y((-260_000.0, 10_000.0), 90.0), ["−200\u{a0}000", "−100\u{a0}000", "0"]);
        assert_eq!(y((0.0, 1.1e9), 90.0), ["0", "5×10⁸", "10⁹"]);
        assert_eq!(
            labels(&Ticks::y(Spacing::Percent), (0.951, 0.961), 140.0),
            ["95.2\u{a0}%", "95.4\u{a0}%", "95.6\u{a0}%", "95.8\u{a0}%", "96\u{a0}%"]
        );
    }

    #[test]
    fn zoomed_ticks_keep_their_digits_and_their_distance() {
        let x = |bounds, points| labels(&Ticks::x(Spacing::Whole, 0.0), bounds, points);
        assert_eq!(x((12_344.2, 12_348.9), 300.0), ["12\u{a0}345", "12\u{a0}346", "12\u{a0}347", "12\u{a0}348"]);
        let long = x((12_345_670.0, 12_345_710.0), 300.0);
        assert!(long.len() <= 5 && long.iter().all(|label| label.chars().count() == 10), "{long:?}");
    }

    #[test]
    fn the_name_of_the_axis_has_its_end_for_itself() {
        let shown = labels(&Ticks::x(Spacing::Whole, 60.0), (0.0, 103.0), 300.0);
        assert_eq!(shown, ["0", "20", "40", "60", "80", ""]);
    }
}
