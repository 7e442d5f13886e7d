//! Ticks: round numbers on linear axes, decades and their parts on logarithmic ones.

use egui_plot::{GridInput, GridMark};

use crate::ui::format;

/// Distance that ticks keep at least, in points.
const X_TICK_DISTANCE: f64 = 58.0;
const Y_TICK_DISTANCE: f64 = 26.0;
/// egui_plot gives the value of this many points as `base_step_size`.
const BASE_POINTS: f64 = 8.0;
const MAX_MARKS: usize = 64;

/// Round numbers along the horizontal axis.
pub fn linear_x(input: GridInput) -> Vec<GridMark> {
    let step = round_up(input.base_step_size / BASE_POINTS * X_TICK_DISTANCE);
    // Steps and evaluations are whole.
    linear_marks(input.bounds, step.max(1.0))
}

/// Round numbers along the horizontal axis where values need not be whole.
pub fn continuous_x(input: GridInput) -> Vec<GridMark> {
    linear_marks(input.bounds, round_up(input.base_step_size / BASE_POINTS * X_TICK_DISTANCE))
}

/// Round numbers along the vertical axis.
pub fn linear_y(input: GridInput) -> Vec<GridMark> {
    linear_marks(input.bounds, round_up(input.base_step_size / BASE_POINTS * Y_TICK_DISTANCE))
}

/// Decades, or parts of them where few are seen, along an axis of logarithms.
pub fn logarithmic_y(input: GridInput) -> Vec<GridMark> {
    log_marks(input, Y_TICK_DISTANCE)
}

/// As [`logarithmic_y`] for the horizontal axis.
pub fn logarithmic_x(input: GridInput) -> Vec<GridMark> {
    log_marks(input, X_TICK_DISTANCE)
}

/// The label of a tick on an axis of logarithms.
#[must_use]
pub fn log_label(mark: GridMark) -> String {
    label(10_f64.powf(mark.value))
}

/// The label of a tick.
#[must_use]
pub fn label(value: f64) -> String {
    // Sums of steps end next to the round number.
    let rounded = if value == 0.0 { 0.0 } else { round_to(value, 4) };
    if rounded.abs() >= 1e5 {
        return format!("{}k", format::setting(rounded / 1000.0));
    }
    if rounded.abs() >= 1000.0 && rounded.fract() == 0.0 {
        return format::grouped(rounded as u64);
    }
    format::setting(rounded).replace('-', "−")
}

fn round_to(value: f64, digits: i32) -> f64 {
    let power = 10_f64.powi(digits - 1 - value.abs().log10().floor() as i32);
    (value * power).round() / power
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

fn log_marks(input: GridInput, distance: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite() && high > low) {
        return Vec::new();
    }
    let ticks = (high - low) / (input.base_step_size / BASE_POINTS * distance).max(1e-12);
    let decades = high - low;
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
    let all: &[&[f64]] = &[&[1.0, 2.0, 3.0, 4.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
    for mantissas in all {
        let widest = decades * mantissas.len() as f64;
        if widest <= ticks && decades > 0.4 {
            return each_decade(mantissas);
        }
    }
    if decades > 0.4 {
        let stride = (decades / ticks.max(1.0)).ceil().max(1.0);
        return linear_marks(input.bounds, stride);
    }
    // Less than half a decade: round numbers of the value itself.
    let (start, end) = (10_f64.powf(low), 10_f64.powf(high));
    let step = round_up((end - start) / ticks.max(1.0));
    linear_marks((start, end), step).into_iter().map(|m| mark(m.value.log10())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, height: f64) -> Vec<String> {
        let base_step_size = (high - low) / height * BASE_POINTS;
        logarithmic_y(GridInput { bounds: (low, high), base_step_size }).into_iter().map(log_label).collect()
    }

    #[test]
    fn log_ticks_are_decades_and_their_parts() {
        assert_eq!(labels(-2.1, 1.1, 200.0), ["0.01", "0.03", "0.1", "0.3", "1", "3", "10"]);
        assert_eq!(labels(-6.2, 2.2, 120.0), ["1e−6", "0.0001", "0.01", "1", "100"]);
        assert_eq!(labels(0.30, 0.45, 120.0), ["2", "2.2", "2.4", "2.6", "2.8"]);
        assert!(labels(f64::NAN, 1.0, 100.0).is_empty());
        assert!(labels(1.0, 1.0, 100.0).is_empty());
    }

    #[test]
    fn linear_ticks_are_round() {
        let input = GridInput { bounds: (-20.0, 930.0), base_step_size: 950.0 / 240.0 * BASE_POINTS };
        let values: Vec<f64> = linear_x(input).into_iter().map(|mark| mark.value).collect();
        assert_eq!(values, [0.0, 500.0]);
        assert_eq!(label(7200.0), "7\u{a0}200");
        assert_eq!(label(0.30000000000000004), "0.3");
        assert_eq!(label(250_000.0), "250k");
    }
}
