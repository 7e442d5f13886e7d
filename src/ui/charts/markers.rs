//! Turns of knobs as dashed lines across the charts over steps.

use egui::{Align2, Rect, Shape, Stroke, pos2, vec2};
use egui_plot::PlotTransform;

use super::lines::XAxis;
use crate::ui::format;
use crate::ui::model::Model;
use crate::ui::run_view::EditMark;
use crate::ui::theme::Tokens;

/// Markers drawn at most: the newest ones.
const MAX_MARKERS: usize = 24;
const ROW_HEIGHT: f32 = 13.0;
const LABEL_ROWS: usize = 3;

/// Draws all turns of knobs, the newest labels first where there is no room for all.
pub fn paint(ui: &egui::Ui, transform: &PlotTransform, model: &Model, axis: XAxis) {
    let tokens = Tokens::of(ui);
    let frame = *transform.frame();
    let painter = ui.painter().with_clip_rect(frame);
    let font = egui::FontId::proportional(11.0);
    let mut taken: Vec<Rect> = Vec::new();
    let has_several = model.runs.len() > 1;
    let mut edits: Vec<(&'static str, &EditMark)> =
        model.runs.iter().flat_map(|run| run.edits.iter().map(move |edit| (run.label(), edit))).collect();
    edits.sort_by_key(|(_, edit)| edit.step);
    for (run, edit) in edits.into_iter().rev().take(MAX_MARKERS) {
        let place = match axis {
            XAxis::Step => edit.step,
            XAxis::GradientEvaluations => edit.gradient_evaluations,
            XAxis::TrainLoss => continue,
        };
        let x = transform.position_from_point_x(place as f64);
        if !frame.x_range().contains(x) {
            continue;
        }
        let stroke = Stroke::new(1.0, tokens.marker.0);
        painter.extend(Shape::dashed_line(&[pos2(x, frame.top()), pos2(x, frame.bottom())], stroke, 3.0, 3.0));
        let change = format!(
            "{} {} → {}",
            format::symbol(edit.knob),
            format::knob_value(edit.knob, edit.old),
            format::knob_value(edit.knob, edit.new)
        );
        // A knob that several runs have needs the run's name.
        let is_shared = has_several && edit.knob.spec().optimizers.len() > 1;
        let text = if is_shared { format!("{run} {change}") } else { change };
        let galley = painter.layout_no_wrap(text, font.clone(), tokens.marker.0);
        let is_at_right = x + 4.0 + galley.size().x <= frame.right();
        let left = if is_at_right { x + 4.0 } else { x - 4.0 - galley.size().x };
        for row in 0..LABEL_ROWS {
            let top = frame.top() + row as f32 * ROW_HEIGHT;
            let rect = Align2::LEFT_TOP.anchor_size(pos2(left, top), galley.size() + vec2(0.0, -1.0));
            if !taken.iter().any(|other| other.intersects(rect)) {
                taken.push(rect);
                painter.rect_filled(rect.expand2(vec2(2.0, 0.0)), 2.0, tokens.background.0.gamma_multiply(0.85));
                painter.galley(rect.min, galley, tokens.marker.0);
                break;
            }
        }
    }
}
