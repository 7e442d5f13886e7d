//! The numbers beside panels and colour bar.

use super::scale::LogScale;
use crate::export::figure::drawing::{Align, Area, Label};
use crate::export::figure::ink::FAINT_INK;
use crate::export::figure::round::{round_places, step_of};
use crate::number::tick;
use crate::protocol::SliceGrid;

/// Ticks at round places of each axis, and their words.
pub fn axes(area: Area, grid: &SliceGrid) -> (Vec<Area>, Vec<Label>) {
    let (mut ticks, mut labels) = (Vec::new(), Vec::new());
    let [across, upwards] = [round_places(&grid.x), round_places(&grid.y)];
    let label = |text, at, align| Label { text, at, size: 15.0, color: FAINT_INK, align };
    let step = step_of(&across);
    for (share, value) in across {
        let x = area.left + (share * (area.width - 1) as f64).round() as usize;
        ticks.push(Area { left: x, top: area.top + area.height, width: 1, height: 6 });
        labels.push(label(tick(value, step), (x as i32, (area.top + area.height + 16) as i32), Align::Center));
    }
    let step = step_of(&upwards);
    for (share, value) in upwards {
        let y = area.top + ((1.0 - share) * (area.height - 1) as f64).round() as usize;
        ticks.push(Area { left: area.left - 6, top: y, width: 6, height: 1 });
        labels.push(label(tick(value, step), (area.left as i32 - 10, y as i32), Align::Right));
    }
    let title = |text: &str, at, align| Label { text: text.to_owned(), at, size: 16.0, color: FAINT_INK, align };
    let (middle_x, middle_y) = ((area.left + area.width / 2) as i32, (area.top + area.height / 2) as i32);
    labels.push(title("direction 1", (middle_x, (area.top + area.height + 38) as i32), Align::Center));
    labels.push(title("direction 2", (area.left as i32 - 58, middle_y), Align::Upwards));
    (ticks, labels)
}

/// Where a log₁₀ of a loss stands on the colour bar, in pixels.
pub fn bar_row(area: Area, scale: &LogScale, log: f64) -> f64 {
    area.top as f64 + (1.0 - scale.share(log)) * (area.height - 1) as f64
}

/// Ticks of the colour bar and their words.
pub fn bar_ticks(area: Area, scale: &LogScale) -> (Vec<Area>, Vec<Label>) {
    let right = area.left + area.width;
    let (mut ticks, mut labels) = (Vec::new(), Vec::new());
    for (log, text) in scale.ticks() {
        let y = bar_row(area, scale, log).round() as usize;
        ticks.push(Area { left: right, top: y, width: 6, height: 1 });
        let at = ((right + 11) as i32, y as i32);
        labels.push(Label { text: text.replace('-', "−"), at, size: 15.0, color: FAINT_INK, align: Align::Left });
    }
    let at = ((right + 68) as i32, (area.top + area.height / 2) as i32);
    let text = "loss, log scale".to_owned();
    labels.push(Label { text, at, size: 16.0, color: FAINT_INK, align: Align::Upwards });
    (ticks, labels)
}
