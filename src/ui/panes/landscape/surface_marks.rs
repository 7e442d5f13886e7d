//! What lies on a surface: the path at the height of its true losses, the noise radius, the ascent step, samples, the average,
//! other runs.

use egui::{Color32, Theme};

use super::choices::Overlays;
use super::magnified::Magnified;
use super::slice_marks::{average, drawn_path, is_minus, is_two_point, noise_ring, position};
use crate::protocol::{LossGrid, PathPoint, RunId};
use crate::render::{LossScale, MarkKind, ScaledGrid, SurfaceMark, drape};
use crate::ui::kit::theme::{ON_LANDSCAPE, PATH, Tokens, channels};
use crate::ui::plots::slice_frame::ends;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// The height of a point's true loss; `None` where heights are no losses.
#[must_use]
pub fn value_of(scale: LossScale, point: &PathPoint) -> Option<f32> {
    matches!(scale, LossScale::Log10 | LossScale::Linear).then(|| scale.scaled(point.loss as f32))
}

/// What the marks of a slice depend on besides the slice.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkKey {
    shown: Option<Overlays>,
    is_two_point: bool,
    colors: Vec<(RunId, Color32)>,
}

impl MarkKey {
    /// Of a run's slice; nothing lies on a difference.
    #[must_use]
    pub fn new(model: &Model, run: &RunView, shown: Option<Overlays>) -> Self {
        let tokens = Tokens::for_theme(Theme::Dark);
        let colors = model.runs.iter().map(|run| (run.info.run, run.color(tokens))).collect();
        Self { shown, is_two_point: is_two_point(run), colors }
    }
}

struct Place<'a> {
    grid: &'a LossGrid,
    scaled: &'a ScaledGrid,
}

impl Place<'_> {
    fn shares(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        let share = |value: f64, [low, high]: [f64; 2]| ((value - low) / (high - low)) as f32;
        [share(x, ends(&self.grid.x)), share(y, ends(&self.grid.y))]
    }

    fn on_surface(&self, places: impl Iterator<Item = [f64; 2]>) -> Vec<[f32; 3]> {
        let shares: Vec<[f32; 2]> = places.map(|place| self.shares(place)).collect();
        drape(self.scaled, &shares)
    }

    /// At the height of the true loss, or on the surface where heights are no losses.
    fn at_loss<'a>(&self, points: impl Iterator<Item = &'a PathPoint>) -> Vec<[f32; 3]> {
        let points: Vec<&PathPoint> = points.collect();
        let mut draped = self.on_surface(points.iter().map(|point| [point.x, point.y]));
        for (place, point) in draped.iter_mut().zip(points) {
            if let Some(value) = value_of(self.scaled.scale(), point) {
                place[2] = value;
            }
        }
        draped
    }
}

/// The marks of a run on its slice.
#[must_use]
pub fn marks(grid: &LossGrid, scaled: &ScaledGrid, model: &Model, run: &RunView, shown: Overlays) -> Vec<SurfaceMark> {
    let place = Place { grid, scaled };
    let tokens = Tokens::for_theme(Theme::Dark);
    let own = run.color(tokens);
    let [low, high] = ends(&grid.x);
    let magnified = Magnified::new(grid, 0.5 * (high - low));
    let mut marks = Vec::new();
    let mut add = |points: Vec<[f32; 3]>, color: Color32, width_px: f32, kind: MarkKind| {
        marks.push(SurfaceMark { points, color: channels(color), width_px, kind });
    };
    if shown.path {
        let now = position(grid).copied();
        let center = PathPoint { step: grid.step, x: 0.0, y: 0.0, loss: grid.center_loss, distance: 0.0 };
        let path = place.at_loss(drawn_path(grid).chain([&now.unwrap_or(center)]));
        let start = path.first().copied();
        add(path, PATH, 1.8, MarkKind::Line);
        add(start.into_iter().collect(), PATH, 6.0, MarkKind::Dots);
    }
    if let Some(ring) = noise_ring(grid).filter(|_| shown.noise) {
        add(place.on_surface(ring.into_iter()), PATH, 1.8, MarkKind::Dashed);
    }
    // Below what starts in it.
    add(place.on_surface([[0.0, 0.0]].into_iter()), ON_LANDSCAPE, 9.0, MarkKind::Dots);
    if let Some(step) = grid.ascent.filter(|step| shown.noise && step.iter().all(|c| c.is_finite())) {
        let tip = place.shares(step.map(|c| c * magnified.ascent));
        let arrow = SurfaceMark::arrow(scaled, place.shares([0.0; 2]), tip, channels(own), 3.0);
        add(arrow.points, own, arrow.width_px, arrow.kind);
    }
    if shown.samples {
        for minus in [false, true] {
            let chosen = grid.samples.iter().enumerate().filter(|(index, _)| is_minus(run, *index) == minus);
            let places = chosen.map(|(_, sample)| sample.map(|c| c * magnified.samples));
            let color = if minus { PATH.gamma_multiply(0.6) } else { ON_LANDSCAPE };
            add(place.on_surface(places), color, 6.0, MarkKind::Dots);
        }
    }
    if shown.others {
        for (id, point) in &grid.others {
            if let Some(other) = model.run(*id) {
                add(place.at_loss([point].into_iter()), other.color(tokens), 10.0, MarkKind::Dots);
            }
        }
    }
    if let Some(now) = position(grid) {
        add(place.at_loss([now].into_iter()), own, 10.0, MarkKind::Dots);
    }
    if let Some(average) = average(grid).filter(|_| shown.average) {
        let diamond = diamond(&place.at_loss([&average.point].into_iter()));
        add(diamond.clone(), ON_LANDSCAPE, 4.6, MarkKind::Line);
        add(diamond, own, 2.4, MarkKind::Line);
    }
    marks.retain(|mark| !mark.points.is_empty());
    marks
}

/// A level diamond around a place, closed: hollow, so that it is not taken for another run.
fn diamond(middle: &[[f32; 3]]) -> Vec<[f32; 3]> {
    const REACH: f32 = 0.022;
    let [[u, v, value]] = *middle else { return Vec::new() };
    [[0.0, -REACH], [REACH, 0.0], [0.0, REACH], [-REACH, 0.0], [0.0, -REACH]]
        .map(|[x, y]| [u + x, v + y, value])
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind, builtin_experiment};
    use crate::protocol::{AveragePoint, Averaged, Origin, RunInfo};
    use crate::ui::panes::landscape::sample;

    #[test]
    fn an_average_is_a_closed_diamond_around_its_place_at_the_height_of_its_true_loss() {
        let optimizer = OptimizerKind::Sam;
        let info = RunInfo { run: RunId(0), optimizer, seed: 0, knobs: Knobs::of(optimizer), origin: Origin::Initial };
        let (run, model) = (RunView::new(info), Model::new(builtin_experiment("moons-mlp").unwrap()));
        let mut grid = std::sync::Arc::unwrap_or_clone(sample::slice(7));
        let scaled = ScaledGrid::new(&[1.0; 9], 3, LossScale::Log10).unwrap();
        let shown = Overlays { path: false, ..Overlays::default() };
        let bare = marks(&grid, &scaled, &model, &run, shown).len();
        let point = PathPoint { step: 7, x: 0.5, y: 0.0, loss: 100.0, distance: 0.1 };
        grid.average = Some(AveragePoint { of: Averaged::Epochs(3), point });
        let found = marks(&grid, &scaled, &model, &run, shown);
        assert_eq!(found.len(), bare + 2, "a light edge and the run's colour");
        let diamond = &found[bare + 1];
        assert_eq!((diamond.points.len(), diamond.points[0]), (5, diamond.points[4]), "closed");
        assert!(
            diamond.points.iter().all(|point| (point[2] - 2.0).abs() < 1e-6),
            "log₁₀ of its true loss: {:?}",
            diamond.points
        );
        let middle = |axis: usize| diamond.points[..4].iter().map(|point| point[axis]).sum::<f32>() / 4.0;
        assert!((middle(0) - 0.75).abs() < 1e-5 && (middle(1) - 0.5).abs() < 1e-5, "{:?}", diamond.points);
        let off = Overlays { average: false, ..shown };
        assert_eq!(marks(&grid, &scaled, &model, &run, off).len(), bare);
        grid.average = Some(AveragePoint { of: Averaged::Epochs(3), point: PathPoint { x: f64::NAN, ..point } });
        assert_eq!(marks(&grid, &scaled, &model, &run, shown).len(), bare);
    }
}
