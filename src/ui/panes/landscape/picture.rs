//! What of a slice is drawn: its values on the colour scale, the part that is seen, and the labels of its iso-lines.
//! Each is computed when a slice is new or the window moves, and kept.

use std::sync::Arc;

use egui::Vec2;

use super::choices::Field;
use super::difference::{difference, values};
use super::scale::Spread;
use super::surface_marks::MarkKey;
use crate::protocol::{LossGrid, RunId};
use crate::render::{
    ContourStyle, LabelPlace, LabelSpace, LossScale, ScaledGrid, SurfaceMark, iso_lines, label_places,
};
use crate::ui::plots::slice_frame::Crop;

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
    /// Where its finite values lie; `None` if it has none.
    pub spread: Option<Spread>,
    part: Option<(Crop, Arc<ScaledGrid>)>,
    labels: Option<Labels>,
    marks: Option<Marks>,
}

#[derive(Debug)]
struct Marks {
    key: MarkKey,
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
/// Why there is no accuracy on a slice of now.
pub const NO_ACCURACY: &str = "Computing the accuracy on this slice…";
/// Why there is none on one of the past.
pub const NO_PAST_ACCURACY: &str = "This slice of the past was taken without the accuracy. Later ones have it.";

fn scaled(values: &[f64], grid: &LossGrid, scale: LossScale) -> Result<Arc<ScaledGrid>, &'static str> {
    if values.is_empty() || values.len() != grid.x.len() * grid.y.len() {
        return Err(TORN);
    }
    let short: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    ScaledGrid::new(&short, grid.x.len(), scale).map(Arc::new).ok_or(TORN)
}

impl Picture {
    /// Of a slice; `absent` says why there is no accuracy on one without.
    #[must_use]
    pub fn new(grid: &Arc<LossGrid>, field: Field, scale: LossScale, absent: &'static str) -> Self {
        let values = values(grid, field).ok_or(absent);
        let scaled = values.and_then(|values| scaled(values, grid, scale));
        let spread = values.ok().and_then(Spread::of);
        let grid = Arc::clone(grid);
        Self { grid, minus: None, field, difference: None, scaled, spread, part: None, labels: None, marks: None }
    }

    /// Of the difference of two slices.
    #[must_use]
    pub fn of_difference(a: &Arc<LossGrid>, b: &Arc<LossGrid>, field: Field) -> Self {
        let found = difference(a, b, field);
        let values = found.as_ref().map_err(|reason| *reason);
        let scaled = values.and_then(|values| scaled(values, a, LossScale::Symmetric));
        let spread = found.as_ref().ok().and_then(|values| Spread::of(values));
        let (grid, minus) = (Arc::clone(a), Some(Arc::clone(b)));
        Self { grid, minus, field, difference: found.ok(), scaled, spread, part: None, labels: None, marks: None }
    }

    /// Whether it is the picture of these slices. What changed on them besides their cells is taken over: while runs train
    /// the same cells come several times a second with other marks, and pictures are not made anew for that.
    pub fn takes(
        &mut self,
        grid: &Arc<LossGrid>,
        minus: Option<&Arc<LossGrid>>,
        field: Field,
        scale: LossScale,
    ) -> bool {
        let is_known = self.scaled.as_ref().is_ok_and(|scaled| scaled.scale() == scale) && self.field == field;
        let is_same = is_known
            && same_cells(&self.grid, grid)
            && match (&self.minus, minus) {
                (Some(known), Some(minus)) => same_cells(known, minus),
                (None, None) => true,
                _ => false,
            };
        if is_same && !Arc::ptr_eq(&self.grid, grid) {
            self.grid = Arc::clone(grid);
            self.marks = None;
        }
        if is_same {
            self.minus = minus.map(Arc::clone);
        }
        is_same
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

    /// What lies on the surface, made by `make` where something of it changed.
    pub fn marks(&mut self, key: MarkKey, make: impl FnOnce() -> Vec<SurfaceMark>) -> Arc<Vec<SurfaceMark>> {
        match &self.marks {
            Some(known) if known.key == key => Arc::clone(&known.marks),
            _ => {
                let marks = Arc::new(make());
                self.marks = Some(Marks { key, marks: Arc::clone(&marks) });
                marks
            }
        }
    }

    /// Places for the labels of iso-lines in a picture of this size, in which labels need this much space.
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
        // The reading stands there.
        room.obstacles = vec![[0.35 * size.x, size.y - 44.0, size.x, size.y]];
        room.max_labels = ((size.x * size.y / 16_000.0) as usize).clamp(2, 10);
        let places: Arc<[LabelPlace]> = label_places(&lines, &room).into();
        self.labels = Some(Labels { grid: Arc::clone(part), style: *style, size, space, places: Arc::clone(&places) });
        places
    }
}

/// Whether two slices have the same numbers at the same places.
fn same_cells(a: &Arc<LossGrid>, b: &Arc<LossGrid>) -> bool {
    let same = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
    let same_accuracy = match (&a.accuracy, &b.accuracy) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    };
    Arc::ptr_eq(a, b)
        || (same_accuracy
            && a.tag() == b.tag()
            && a.caption == b.caption
            && same(&a.x, &b.x)
            && same(&a.y, &b.y)
            && same(&a.loss, &b.loss))
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

/// All of a grid with more points, between which its lines look smooth.
pub fn finer(grid: &ScaledGrid) -> Option<ScaledGrid> {
    resampled(grid, &Crop { u: [0.0, 1.0], v: [0.0, 1.0] })
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

#[cfg(test)]
mod tests {
    use super::super::sample::slice;
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
    fn the_same_cells_with_other_marks_keep_the_picture() {
        let mut slice = slice(7);
        let mut picture = Picture::new(&slice, Field::Loss, LossScale::Log10, NO_ACCURACY);
        let scaled = picture.scaled.clone().unwrap();
        Arc::make_mut(&mut slice).noise_radius = Some([0.5, 0.4]);
        let moved = Arc::new((*slice).clone());
        assert!(picture.takes(&moved, None, Field::Loss, LossScale::Log10));
        assert!(Arc::ptr_eq(&scaled, picture.scaled.as_ref().unwrap()) && Arc::ptr_eq(&picture.grid, &moved));
        let mut other = (*moved).clone();
        other.loss[3] = 9.0;
        assert!(!picture.takes(&Arc::new(other), None, Field::Loss, LossScale::Log10), "another number");
        assert!(!picture.takes(&moved, None, Field::Loss, LossScale::Linear), "another scale");
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
