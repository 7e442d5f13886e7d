//! A histogram with marked values.

use egui::{Align2, Color32, FontId, Stroke, pos2};
use egui_plot::{AxisHints, Bar, BarChart};

use super::axes;
use super::chart::{axis_style, base_plot, title_ui};
use crate::ui::format;
use crate::ui::theme::Tokens;

/// A value to mark with a line and a label.
pub struct Mark {
    /// Where.
    pub value: f64,
    /// What it is; the number is added.
    pub name: &'static str,
    /// Dashed, for values that were not measured on these samples.
    pub is_dashed: bool,
}

/// Counts of values in equal bins.
#[derive(Debug, PartialEq)]
struct Bins {
    low: f64,
    width: f64,
    counts: Vec<usize>,
    /// Values that are not finite.
    left_out: usize,
}

/// Sorts values into `count` bins from the least to the greatest; `None` without finite values.
fn bins(values: &[f32], count: usize) -> Option<Bins> {
    let finite = || values.iter().map(|value| f64::from(*value)).filter(|value| value.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return None;
    }
    let width = if high > low { (high - low) / count as f64 } else { low.abs().max(1e-12) * 0.1 };
    let mut counts = vec![0; count];
    let mut in_bins = 0;
    for value in finite() {
        counts[(((value - low) / width) as usize).min(count - 1)] += 1;
        in_bins += 1;
    }
    Some(Bins { low, width, counts, left_out: values.len() - in_bins })
}

/// Draws a title and the histogram in all of `ui`.
pub fn histogram_ui(
    ui: &mut egui::Ui,
    id: &'static str,
    [title, note]: [&str; 2],
    values: &[f32],
    color: Color32,
    marks: &[Mark],
) {
    title_ui(ui, title, note);
    let count = ((ui.available_width() / 9.0) as usize).clamp(8, 40);
    let Some(bins) = bins(values, count) else {
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), egui::Sense::hover());
        let font = egui::TextStyle::Small.resolve(ui.style());
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "no samples yet", font, Tokens::of(ui).weak.0);
        return;
    };
    let bars = bins.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(i, count)| {
        let center = bins.low + (i as f64 + 0.5) * bins.width;
        Bar::new(center, *count as f64).width(0.86 * bins.width).fill(color.gamma_multiply(0.75)).stroke(Stroke::NONE)
    });
    // Labels of marks stand above the bars.
    let headroom = 1.0 + 0.13 * marks.len() as f64;
    let top = headroom * bins.counts.iter().copied().max().unwrap_or(1) as f64;
    let chart = BarChart::new("", bars.collect()).allow_hover(false);
    let x = axis_style(ui, AxisHints::new_x()).formatter(|mark, _| axes::label(mark.value));
    let y = axis_style(ui, AxisHints::new_y()).formatter(|mark, _| axes::label(mark.value));
    let mut plot = base_plot(ui, id)
        .include_y(0.0)
        .include_y(top)
        .set_margin_fraction(egui::vec2(0.02, 0.02))
        .x_grid_spacer(axes::continuous_x)
        .y_grid_spacer(axes::linear_y)
        .custom_x_axes(vec![x])
        .custom_y_axes(vec![y])
        .y_axis_min_width(26.0);
    for mark in marks.iter().filter(|mark| mark.value.is_finite()) {
        plot = plot.include_x(mark.value);
    }
    let shown = plot.show(ui, |plot_ui| plot_ui.bar_chart(chart));
    marks_ui(ui, &shown.transform, marks);
    let hover = shown.response.hover_pos().map(|pos| shown.transform.value_from_position(pos).x);
    if let Some(index) = hover.map(|x| ((x - bins.low) / bins.width).floor()).filter(|index| *index >= 0.0)
        && let Some(count) = bins.counts.get(index as usize)
    {
        let start = bins.low + index * bins.width;
        shown.response.on_hover_text_at_pointer(format!(
            "{count} of {} samples from {} to {}",
            values.len() - bins.left_out,
            format::number(start),
            format::number(start + bins.width)
        ));
    }
}

fn marks_ui(ui: &egui::Ui, transform: &egui_plot::PlotTransform, marks: &[Mark]) {
    let tokens = Tokens::of(ui);
    let frame = *transform.frame();
    let painter = ui.painter().with_clip_rect(frame);
    for (row, mark) in marks.iter().filter(|mark| mark.value.is_finite()).enumerate() {
        let x = transform.position_from_point_x(mark.value);
        let color = if mark.is_dashed { tokens.marker.0 } else { tokens.text.0 };
        let ends = [pos2(x, frame.top()), pos2(x, frame.bottom())];
        if mark.is_dashed {
            painter.extend(egui::Shape::dashed_line(&ends, Stroke::new(1.2, color), 3.0, 3.0));
        } else {
            painter.line_segment(ends, Stroke::new(1.2, color));
        }
        let text = format!("{} {}", mark.name, format::number(mark.value));
        let galley = painter.layout_no_wrap(text, FontId::proportional(11.0), color);
        let top = frame.top() + row as f32 * 13.0;
        let is_at_right = x + 5.0 + galley.size().x <= frame.right();
        let left = if is_at_right { x + 5.0 } else { (x - 5.0 - galley.size().x).max(frame.left()) };
        let place = egui::Rect::from_min_size(pos2(left, top), galley.size());
        painter.rect_filled(place.expand2(egui::vec2(2.0, 0.0)), 2.0, tokens.background.0.gamma_multiply(0.85));
        painter.galley(place.min, galley, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_counted_once() {
        let values = [0.0, 1.0, 0.5, f32::NAN, 0.25, f32::INFINITY, 1.0];
        let bins = bins(&values, 4).unwrap();
        assert_eq!(bins.counts, [1, 1, 1, 2]);
        assert_eq!(bins.left_out, 2);
    }

    #[test]
    fn poor_samples_are_no_problem() {
        assert_eq!(bins(&[], 5), None);
        assert_eq!(bins(&[f32::NAN], 5), None);
        assert_eq!(bins(&[0.0; 3], 5).unwrap().counts.iter().sum::<usize>(), 3);
    }
}
