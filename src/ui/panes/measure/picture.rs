//! A slice in a card, with the paths that lie on it and a reading under the pointer.

use std::collections::BTreeMap;

use egui::{Role, Sense, Stroke, Ui, vec2};

use crate::protocol::{FoundSlice, JobId, PathPoint, RunId};
use crate::ui::kit::theme::{ON_LANDSCAPE, PATH_SHADE, Tokens};
use crate::ui::kit::{format, widgets};
use crate::ui::plots::contour_view;
use crate::ui::plots::scaled::SharedScale;
use crate::ui::plots::slice_frame::SliceFrame;
use crate::ui::state::job::JobView;
use crate::ui::state::run_view::{self, RunView};

/// Panes of the live view come first.
const FIRST_PANE: u32 = 1 << 16;
/// Slices of one job that have a pane of their own.
const PANES_A_JOB: u32 = 16;

/// The slices of all measurements, on colour scales that are found once.
#[derive(Debug, Default)]
pub struct Pictures(BTreeMap<JobId, SharedScale>);

impl Pictures {
    /// Forgets the measurements that were removed.
    pub fn keep(&mut self, jobs: &[JobView]) {
        self.0.retain(|id, _| jobs.iter().any(|job| job.id == *id));
    }

    /// Draws slice `index` of a job.
    pub fn slice_ui(&mut self, ui: &mut Ui, runs: &[RunView], job: &JobView, index: usize) {
        let slice = &job.findings.slices[index];
        let scaled = self.0.entry(job.id).or_insert_with(|| {
            let slices = job.findings.slices.iter();
            SharedScale::new(slices.map(|slice| (slice.grid.loss.as_slice(), slice.grid.x.len())))
        });
        let (Some(grid), Some(style)) = (scaled.grids.get(index).and_then(Option::as_ref), scaled.style) else {
            widgets::small_weak_ui(ui, "All cells of this slice are NaN or infinite.");
            return;
        };
        let width = ui.available_width();
        let (rect, response) = ui.allocate_exact_size(vec2(width, width * aspect(slice)), Sense::hover());
        widgets::name(&response, Role::Image, &format!("Slice of {}", job.name(runs)));
        let pane = FIRST_PANE + job.id.0 * PANES_A_JOB + index as u32 % PANES_A_JOB;
        ui.painter().add(contour_view::shape(ui.ctx(), rect, pane, grid, style));
        let frame = SliceFrame::over(rect, &slice.grid.x, &slice.grid.y);
        for (run, path) in &slice.paths {
            path_ui(ui, &frame, runs, job, *run, path);
        }
        if let Some(pos) = response.hover_pos() {
            response.on_hover_text_at_pointer(reading(slice, frame.place(pos)));
        }
        let range = slice.grid.x.last().copied().unwrap_or(0.0);
        let caption = &slice.caption;
        widgets::small_weak_ui(
            ui,
            format!(
                "{}{} · to {} · angle {:.1}° · {}×{} points · {}",
                caption.directions,
                caption.seed.map(|seed| format!(", seed {seed}")).unwrap_or_default(),
                format::setting(range),
                caption.angle_degrees,
                slice.grid.x.len(),
                slice.grid.y.len(),
                SharedScale::words(&style),
            ),
        );
    }
}

/// Height over width with the same scale of absolute distance on both axes, within what a card has room for.
fn aspect(slice: &FoundSlice) -> f32 {
    let extent =
        |axis: &[f64], norm: f64| axis.last().zip(axis.first()).map_or(0.0, |(last, first)| (last - first) * norm);
    let [norm_x, norm_y] = slice.caption.norms;
    let aspect = (extent(&slice.grid.y, norm_y) / extent(&slice.grid.x, norm_x)) as f32;
    if aspect.is_finite() { aspect.clamp(0.5, 1.2) } else { 1.0 }
}

fn path_ui(ui: &Ui, frame: &SliceFrame, runs: &[RunView], job: &JobView, run: RunId, path: &[PathPoint]) {
    let tokens = Tokens::for_theme(egui::Theme::Dark);
    let color = run_view::find(runs, run).map_or_else(|| job.color(runs, tokens), |view| view.color(tokens));
    let painter = ui.painter().with_clip_rect(frame.rect().intersect(ui.clip_rect()));
    let points: Vec<egui::Pos2> = path.iter().map(|point| frame.screen([point.x, point.y])).collect();
    if let Some(&last) = points.last() {
        painter.add(egui::Shape::line(points.clone(), Stroke::new(3.0, PATH_SHADE)));
        painter.add(egui::Shape::line(points, Stroke::new(1.6, color)));
        painter.circle(last, 4.0, color, Stroke::new(1.0, ON_LANDSCAPE));
    }
}

/// The cell under the pointer.
fn reading(slice: &FoundSlice, [x, y]: [f64; 2]) -> String {
    let nearest = |axis: &[f64], at: f64| {
        let distance = |i: &usize| (axis[*i] - at).abs();
        (0..axis.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    };
    let (i, j) = (nearest(&slice.grid.x, x), nearest(&slice.grid.y, y));
    let cell = j * slice.grid.x.len() + i;
    let mut text = format!("({}, {})", format::number(slice.grid.x[i]), format::number(slice.grid.y[j]));
    match slice.grid.loss.get(cell) {
        Some(loss) if loss.is_finite() => text += &format!("\nloss {}", format::number(*loss)),
        _ => text += "\nloss not finite",
    }
    if let Some(accuracy) = slice.grid.accuracy.as_ref().and_then(|accuracy| accuracy.get(cell)) {
        text += &format!("\naccuracy {}", format::percent(*accuracy));
    }
    text
}
