//! What of a slice is drawn: its values on the colour scale, the part that is seen, and the labels of its iso-lines.
//! Each is computed when a slice is new or the window moves, and kept.

use std::sync::Arc;

use egui::Vec2;

use super::difference::{Difference, difference, values};
use super::frame::Crop;
use super::state::{Field, LandscapeView, Overlays};
use crate::protocol::{LossGrid, RunId};
use crate::render::{
    ContourStyle, LabelPlace, LabelSpace, LossScale, ScaledGrid, SurfaceMark, iso_lines, label_places,
};
use crate::ui::model::Model;

/// Points along a side of a part of a slice.
const PART_POINTS: [usize; 2] = [33, 129];
/// Iso-lines for labels are traced on no more points a side than about this.
const LABEL_POINTS: usize = 64;

/// Names a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PictureId {
    /// Of a run's slice.
    Run(RunId),
    /// Of the difference.
    Difference,
}

impl PictureId {
    /// The run whose slice it is.
    #[must_use]
    pub const fn run(self) -> Option<RunId> {
        match self {
            Self::Run(run) => Some(run),
            Self::Difference => None,
        }
    }
}

/// What is drawn of one slice.
#[derive(Debug)]
pub struct Picture {
    /// The slice; of a difference, the first.
    pub grid: Arc<LossGrid>,
    /// The slice that is taken away.
    pub minus: Option<Arc<LossGrid>>,
    field: Field,
    /// Its values, for readings; of a difference only.
    pub difference: Option<Vec<f64>>,
    /// Values on the colour scale, or why there are none, in a sentence.
    pub scaled: Result<Arc<ScaledGrid>, &'static str>,
    /// Least and greatest value on the scale.
    pub extent: Option<[f32; 2]>,
    part: Option<(Crop, Arc<ScaledGrid>)>,
    labels: Option<Labels>,
    marks: Option<Marks>,
}

#[derive(Debug)]
struct Marks {
    wanted: Option<Overlays>,
    is_dark: bool,
    marks: Arc<Vec<SurfaceMark>>,
}

#[derive(Debug)]
struct Labels {
    grid: Arc<ScaledGrid>,
    style: ContourStyle,
    size: Vec2,
    space: Vec2,
    places: Arc<[LabelPlace]>,
}

const TORN: &str = "This slice cannot be drawn: its number of cells does not match its axes.";
const NO_ACCURACY: &str = "Computing the accuracy on this slice…";

fn scaled(values: Option<&[f64]>, grid: &LossGrid, scale: LossScale) -> Result<Arc<ScaledGrid>, &'static str> {
    let values = values.ok_or(NO_ACCURACY)?;
    if values.is_empty() || values.len() != grid.x.len() * grid.y.len() {
        return Err(TORN);
    }
    let short: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    ScaledGrid::new(&short, grid.x.len(), scale).map(Arc::new).ok_or(TORN)
}

impl Picture {
    fn new(grid: &Arc<LossGrid>, field: Field, scale: LossScale) -> Self {
        let scaled = scaled(values(grid, field), grid, scale);
        let extent = scaled.as_ref().ok().and_then(|scaled| scaled.extent());
        let grid = Arc::clone(grid);
        Self { grid, minus: None, field, difference: None, scaled, extent, part: None, labels: None, marks: None }
    }

    fn of_difference(a: &Arc<LossGrid>, b: &Arc<LossGrid>, field: Field) -> Self {
        let found = difference(a, b, field);
        let scaled = found.as_ref().map_err(|reason| *reason);
        let scaled = scaled.and_then(|values| scaled_difference(values, a));
        let extent = scaled.as_ref().ok().and_then(|scaled| scaled.extent());
        let (grid, minus) = (Arc::clone(a), Some(Arc::clone(b)));
        Self { grid, minus, field, difference: found.ok(), scaled, extent, part: None, labels: None, marks: None }
    }

    fn is_of(&self, grid: &Arc<LossGrid>, minus: Option<&Arc<LossGrid>>, field: Field, scale: LossScale) -> bool {
        let same_minus = match (&self.minus, minus) {
            (Some(known), Some(minus)) => Arc::ptr_eq(known, minus),
            (None, None) => true,
            _ => false,
        };
        let same_scale = self.scaled.as_ref().map_or(self.field == field, |scaled| scaled.scale() == scale);
        Arc::ptr_eq(&self.grid, grid) && same_minus && self.field == field && same_scale
    }

    /// The part that is seen, resampled where it is not the whole grid.
    pub fn part(&mut self, crop: &Crop) -> Option<Arc<ScaledGrid>> {
        let whole = self.scaled.as_ref().ok()?;
        if crop.is_whole() {
            return Some(Arc::clone(whole));
        }
        if let Some((known, part)) = &self.part
            && known == crop
        {
            return Some(Arc::clone(part));
        }
        let part = Arc::new(resampled(whole, crop)?);
        self.part = Some((*crop, Arc::clone(&part)));
        Some(part)
    }

    /// What lies on the surface, made by `make` when other marks are wanted or the theme changed.
    pub fn marks(
        &mut self,
        wanted: Option<Overlays>,
        is_dark: bool,
        make: impl FnOnce() -> Vec<SurfaceMark>,
    ) -> Arc<Vec<SurfaceMark>> {
        match &self.marks {
            Some(known) if (known.wanted, known.is_dark) == (wanted, is_dark) => Arc::clone(&known.marks),
            _ => {
                let marks = Arc::new(make());
                self.marks = Some(Marks { wanted, is_dark, marks: Arc::clone(&marks) });
                marks
            }
        }
    }

    /// Places for the labels of iso-lines in a pane of this size, in which labels need this much space.
    pub fn labels(
        &mut self,
        part: &Arc<ScaledGrid>,
        style: &ContourStyle,
        size: Vec2,
        space: Vec2,
    ) -> Arc<[LabelPlace]> {
        if let Some(known) = &self.labels
            && Arc::ptr_eq(&known.grid, part)
            && (known.style, known.size, known.space) == (*style, size, space)
        {
            return Arc::clone(&known.places);
        }
        let lines = iso_lines(&coarse(part), &style.levels());
        let mut room = LabelSpace::new([size.x, size.y], [space.x, space.y]);
        // The caption stands above, the reading below.
        room.obstacles = vec![[0.0, 0.0, size.x, 34.0], [0.35 * size.x, size.y - 44.0, size.x, size.y]];
        room.max_labels = ((size.x * size.y / 16_000.0) as usize).clamp(2, 10);
        let places: Arc<[LabelPlace]> = label_places(&lines, &room).into();
        self.labels = Some(Labels { grid: Arc::clone(part), style: *style, size, space, places: Arc::clone(&places) });
        places
    }
}

fn scaled_difference(values: &[f64], grid: &LossGrid) -> Result<Arc<ScaledGrid>, &'static str> {
    scaled(Some(values), grid, LossScale::Symmetric)
}

/// A part of a grid, between its points as smooth as the picture of the whole is.
fn resampled(grid: &ScaledGrid, crop: &Crop) -> Option<ScaledGrid> {
    let count = |cells: usize, [from, to]: [f64; 2]| {
        let needed = (4.0 * (to - from) * cells as f64).ceil() as usize;
        needed.clamp(PART_POINTS[0], PART_POINTS[1])
    };
    let (columns, rows) = (count(grid.columns(), crop.u), count(grid.rows(), crop.v));
    let along = |index: usize, count: usize, [from, to]: [f64; 2], cells: usize| {
        let share = from + (to - from) * index as f64 / (count - 1) as f64;
        (share * (cells - 1) as f64) as f32
    };
    let loss: Vec<f32> = (0..rows * columns)
        .map(|i| {
            let x = along(i % columns, columns, crop.u, grid.columns());
            let y = along(i / columns, rows, crop.v, grid.rows());
            let value = grid.inner_at(x, y, true).or_else(|| grid.bilinear_at(x, y));
            value.map_or(f32::NAN, |value| grid.scale().loss(value))
        })
        .collect();
    ScaledGrid::new(&loss, columns, grid.scale())
}

/// A grid with fewer points, the ends kept, or the same.
fn coarse(grid: &Arc<ScaledGrid>) -> Arc<ScaledGrid> {
    let step = |count: usize| {
        let last = count.saturating_sub(1);
        (2..=last)
            .take_while(|step| last / step >= LABEL_POINTS / 2)
            .filter(|step| last.is_multiple_of(*step))
            .last()
            .unwrap_or(1)
    };
    if grid.columns().max(grid.rows()) <= LABEL_POINTS {
        return Arc::clone(grid);
    }
    let (across, up) = (step(grid.columns()), step(grid.rows()));
    let rows = grid.values().chunks(grid.columns()).step_by(up);
    let values: Vec<f32> = rows
        .flat_map(|row| row.iter().step_by(across))
        .map(|value| if *value < ScaledGrid::MASKED { grid.scale().loss(*value) } else { f32::NAN })
        .collect();
    let columns = (grid.columns() - 1) / across + 1;
    ScaledGrid::new(&values, columns, grid.scale()).map_or_else(|| Arc::clone(grid), Arc::new)
}

impl LandscapeView {
    /// Takes new slices: into the past, and on the colour scale. Called once a frame, whichever panes are open.
    pub(super) fn refresh(&mut self, model: &Model) {
        let newest = model.runs.iter().map(|run| (run.info.run, run.slice.as_ref().map(|slice| &slice.grid)));
        self.playback.collect(newest);
        let (field, scale) = (self.field, self.scale());
        let is_past = self.playback.shown_step().is_some();
        for run in &model.runs {
            let id = run.info.run;
            let newest = run.slice.as_ref().map(|slice| &slice.grid);
            let shown = if is_past { self.playback.shown_slice(id) } else { newest };
            let key = PictureId::Run(id);
            match shown {
                None => {
                    self.pictures.remove(&key);
                }
                Some(grid) if self.pictures.get(&key).is_none_or(|known| !known.is_of(grid, None, field, scale)) => {
                    self.pictures.insert(key, Picture::new(grid, field, scale));
                }
                Some(_) => {}
            }
        }
        self.refresh_difference();
    }

    fn refresh_difference(&mut self) {
        let pair = self.difference.and_then(|Difference { a, b }| {
            let grid = |run| self.pictures.get(&PictureId::Run(run)).map(|picture| Arc::clone(&picture.grid));
            Some((grid(a)?, grid(b)?))
        });
        let Some((a, b)) = pair else {
            self.pictures.remove(&PictureId::Difference);
            return;
        };
        let known = self.pictures.get(&PictureId::Difference);
        if known.is_none_or(|known| !known.is_of(&a, Some(&b), self.field, LossScale::Symmetric)) {
            let picture = Picture::of_difference(&a, &b, self.field);
            self.pictures.insert(PictureId::Difference, picture);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(side: usize) -> Arc<ScaledGrid> {
        let values: Vec<f32> = (0..side * side).map(|i| (i % side) as f32 + 10.0 * (i / side) as f32).collect();
        Arc::new(ScaledGrid::new(&values, side, LossScale::Linear).unwrap())
    }

    #[test]
    fn a_part_has_the_values_of_the_whole() {
        let whole = ramp(21);
        let part = resampled(&whole, &Crop { u: [0.25, 0.75], v: [0.0, 0.5] }).unwrap();
        let (columns, rows) = (part.columns(), part.rows());
        let at = |i: usize, j: usize| part.values()[j * columns + i];
        for (i, j, expected) in
            [(0, 0, 5.0), (columns - 1, 0, 15.0), (0, rows - 1, 105.0), (columns - 1, rows - 1, 115.0)]
        {
            assert!((at(i, j) - expected).abs() < 1e-3, "{i} {j}: {}", at(i, j));
        }
    }

    #[test]
    fn masked_cells_stay_masked_in_a_part() {
        let mut values = vec![1.0_f32; 81];
        values[40] = f32::NAN;
        let whole = ScaledGrid::new(&values, 9, LossScale::Linear).unwrap();
        let part = resampled(&whole, &Crop { u: [0.4, 0.6], v: [0.4, 0.6] }).unwrap();
        let masked = part.values().iter().filter(|value| **value >= ScaledGrid::MASKED).count();
        assert!(masked > 0 && masked < part.values().len(), "{masked}");
    }

    #[test]
    fn labels_of_large_grids_are_traced_on_fewer_points() {
        let large = ramp(201);
        let small = coarse(&large);
        assert!(small.columns() <= LABEL_POINTS && small.columns() == small.rows(), "{}", small.columns());
        assert_eq!(small.extent(), large.extent());
        assert!(Arc::ptr_eq(&coarse(&ramp(33)), &coarse(&ramp(33))) || coarse(&ramp(33)).columns() == 33);
    }
}
