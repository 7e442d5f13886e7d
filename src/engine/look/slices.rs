//! The slices of one run, coarse first. While it moves on, each is of its newest weights and comes soon, if need be of a part of
//! the examples; when it rests, one of all examples is refined to the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::protocol::{Examples, LossGrid, SliceTag, SliceView};
use crate::train::Run;

use super::cuts::{Cut, Cuts};
use super::grid::{Scene, Shown};
use super::point::{CutPlane, Point};
use super::slice::{Slice, SliceCost};

/// A finest slice that was shown longer ago than this gives way to coarser ones of newer weights.
const STALE: Duration = Duration::from_secs(1);
/// And one whose step the run has left so long ago.
const BEHIND: Duration = Duration::from_millis(400);
/// A level of a slice has about so many times the cells of the one before, so it takes as much longer.
const GROWTH: u32 = 4;
/// Where nothing else is asked for, the first picture of a run comes about so soon.
const FIRST: Duration = Duration::from_millis(800);

/// The slices of one run.
pub(super) struct Slices {
    view: SliceView,
    /// Pictures are wanted soon: someone looks on.
    pub is_live: bool,
    work: Option<Box<Slice>>,
    /// The centre of slices that do not follow the run.
    anchor: Option<Arc<Point>>,
    /// The newest picture.
    shown: Option<Shown>,
    /// What earlier pictures were cut from.
    earlier: Cuts,
    /// Step of the centre and generation of the plane of the newest slice of the present view, and of the newest that is of all
    /// examples and went as far as it was to go.
    glanced: Option<(u64, u64)>,
    sliced: Option<(u64, u64)>,
    /// When a finest slice of the present view was shown: while it is fresh, coarser ones would be a step back.
    shown_finest: Option<Instant>,
    costs: SliceCost,
}

impl Slices {
    pub const fn new(view: SliceView) -> Self {
        Self {
            view,
            is_live: false,
            work: None,
            anchor: None,
            shown: None,
            earlier: Cuts::new(),
            glanced: None,
            sliced: None,
            shown_finest: None,
            costs: SliceCost::new(),
        }
    }

    /// Asks for other slices; a slice under way for the old view is dropped.
    pub fn set_view(&mut self, view: SliceView, run: &Run) {
        let before = std::mem::replace(&mut self.view, view);
        if view == before {
            return;
        }
        self.work = None;
        self.glanced = None;
        if view.follow {
            self.anchor = None;
        } else if before.follow {
            let shown = self.shown.as_ref().map(|shown| Arc::clone(&shown.cut.center));
            self.anchor = Some(shown.unwrap_or_else(|| Point::of(run)));
        }
        let same_picture = SliceView { follow: before.follow, ..view } == before;
        match &mut self.shown {
            // The picture stays, and says that it does.
            Some(shown) if same_picture => {
                shown.set_view(view);
                self.sliced = shown.is_finest.then(|| (shown.cut.tag().step, shown.cut.tag().generation));
            }
            _ => {
                self.sliced = None;
                self.shown_finest = None;
            }
        }
    }

    /// Drops what is under way and what counts as measured, but not the picture.
    pub fn restart(&mut self) {
        self.work = None;
        self.glanced = None;
        self.sliced = None;
    }

    /// The examples of the newest picture.
    pub fn shown_examples(&self) -> Option<Examples> {
        self.shown.as_ref().map(Shown::examples)
    }

    /// What a slice was cut from.
    pub fn cut(&self, tag: SliceTag) -> Result<&Cut, String> {
        let shown = self.shown.as_ref().ok_or_else(|| "that run has no slice yet".to_owned())?;
        let newest = Some(&shown.cut).filter(|cut| cut.tag() == tag);
        newest.or_else(|| self.earlier.find(tag)).ok_or_else(|| {
            format!("the slice of step {} is not kept any more; choose a place on the newest one", tag.step)
        })
    }

    /// Shows a level of a slice, and keeps what the one before was cut from.
    fn show(&mut self, shown: Shown) {
        let tag = shown.cut.tag();
        if let Some(old) = self.shown.replace(shown)
            && old.cut.tag() != tag
        {
            self.earlier.keep(old.cut);
        }
    }

    /// The newest picture as it is now.
    pub fn picture(&mut self, scene: &Scene) -> Option<LossGrid> {
        self.shown.as_mut().map(|shown| shown.picture(scene))
    }

    /// Whether what moves on the newest picture is to be renewed.
    pub fn is_due(&self, revision: u64) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.is_due(revision))
    }

    pub const fn has_picture(&self) -> bool {
        self.shown.is_some()
    }

    /// The run leaves a step.
    pub fn leave(&mut self, step: u64) {
        if let Some(slice) = self.work.as_mut().filter(|slice| slice.center.run.steps() == step) {
            slice.left.get_or_insert_with(Instant::now);
        }
        if let Some(shown) = &mut self.shown {
            shown.leave(step);
        }
    }

    /// How long ago the run left what its picture shows; `None` without a picture, or where pictures stay behind on purpose.
    pub fn behind(&self) -> Option<Duration> {
        self.shown.as_ref().filter(|_| self.view.follow).map(Shown::behind)
    }

    pub const fn is_idle(&self) -> bool {
        self.work.is_none()
    }

    /// Whether a slice under way has shown nothing yet, so that it is to go on without others in between.
    pub fn is_urgent(&self) -> bool {
        self.work.as_ref().is_some_and(|slice| slice.job.finest().is_none())
    }

    /// Whether there is anything to slice that is not sliced yet, for a run that moves or rests.
    pub fn needs(&self, run: &Run, generation: u64, moves: bool) -> bool {
        if self.work.is_some() {
            return true;
        }
        let center = if self.view.follow { Some(run.steps()) } else { self.anchor.as_ref().map(|at| at.run.steps()) };
        let place = center.map(|step| (step, generation));
        let had = if moves && self.view.follow { self.glanced } else { self.sliced };
        center.is_none() || had != place
    }

    /// One unit; whether it completed a level that is shown, and whether that is the finest. A run that moves has its slice within
    /// `patience`.
    pub fn advance(&mut self, run: &Run, plane: &Arc<CutPlane>, patience: Option<Duration>) -> Option<bool> {
        let Some(mut slice) = self.work.take() else {
            self.begin(run, plane, patience);
            return None;
        };
        if patience.is_some_and(|patience| self.takes_too_long(&slice, patience)) {
            return None;
        }
        self.costs.advance(&mut slice);
        let level = slice.job.take_level();
        let is_behind = self.view.follow && run.steps() != slice.center.run.steps();
        let ends_here = match patience {
            // What is finer would come too late; at rest a part of the examples is not refined.
            Some(patience) => is_behind && slice.begun.elapsed() * GROWTH > patience,
            None => slice.is_cut || (is_behind && slice.begun.elapsed() > FIRST),
        };
        let is_over = slice.job.is_complete() || (level.is_some() && ends_here);
        if is_over {
            self.glanced = Some(slice.place());
            if !slice.is_cut {
                self.sliced = Some(slice.place());
            }
        }
        let is_fresh = self.shown_finest.is_some_and(|shown| shown.elapsed() < STALE)
            && self.shown.as_ref().is_some_and(|shown| shown.behind() < BEHIND);
        let level = level.filter(|level| (level.finest && !slice.is_cut) || !is_fresh);
        let found = level.map(|level| {
            let shown = Shown::of(&slice, &level, self.view);
            let is_finest = shown.is_finest;
            self.show(shown);
            if is_finest {
                self.shown_finest = Some(Instant::now());
            }
            is_finest
        });
        if !is_over {
            self.work = Some(slice);
        }
        found
    }

    /// Whether a slice that was begun while the run rested is too slow for one that moves.
    fn takes_too_long(&self, slice: &Slice, patience: Duration) -> bool {
        let all = slice.objective.num_examples();
        self.view.follow
            && !slice.is_cut
            && slice.objective.falls_apart()
            && self.costs.examples(slice.job.first_cells(), all, patience) < all
    }

    fn begin(&mut self, run: &Run, plane: &Arc<CutPlane>, patience: Option<Duration>) {
        let moves = patience.filter(|_| self.view.follow);
        let first = Some(FIRST).filter(|_| self.is_live && self.shown.is_none());
        let center = if self.view.follow {
            Point::of(run)
        } else {
            Arc::clone(self.anchor.get_or_insert_with(|| Point::of(run)))
        };
        self.work = Some(Box::new(Slice::new(center, plane, self.view, moves.or(first), &mut self.costs)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{OptimizerKind, builtin_experiment};
    use crate::landscape::filter_normalised_plane;
    use crate::model::{Compute, to_host};
    use crate::train::Task;

    /// Slices of a run that has begun, and their plane.
    fn begun() -> (Slices, Run, Arc<CutPlane>) {
        let experiment = builtin_experiment("moons-mlp").unwrap();
        let knobs = experiment.knobs(OptimizerKind::Sgd).unwrap();
        let task = Arc::new(Task::new(Arc::new(experiment), 0, Compute::cpu()).unwrap());
        let plane = filter_normalised_plane(task.network.architecture(), &task.initial, 0);
        let view = SliceView { resolution: 9, ..SliceView::default() };
        (Slices::new(view), Run::new(task, OptimizerKind::Sgd, knobs), Arc::new(CutPlane { plane, generation: 0 }))
    }

    /// Units until nothing is left to do; the levels that were shown.
    fn all(slices: &mut Slices, run: &Run, plane: &Arc<CutPlane>, patience: Option<Duration>) -> Vec<bool> {
        let mut shown = Vec::new();
        while slices.needs(run, plane.generation, patience.is_some()) {
            shown.extend(slices.advance(run, plane, patience));
        }
        shown
    }

    fn words(slices: &Slices) -> (String, usize) {
        let shown = slices.shown.as_ref().unwrap();
        (shown.caption.objective.clone(), shown.cut.objective.num_examples())
    }

    #[test]
    fn a_run_that_moves_has_a_coarse_slice_of_a_part_of_the_examples_and_says_so() {
        let (mut slices, mut run, plane) = begun();
        let none = Duration::from_nanos(1);
        // It moves on while the slice is made.
        slices.advance(&run, &plane, Some(none));
        slices.leave(run.steps());
        run.step().unwrap();
        let first = std::iter::from_fn(|| Some(slices.advance(&run, &plane, Some(none)))).flatten().next();
        assert_eq!(first, Some(false));
        assert!(slices.is_idle(), "what is finer would come too late");
        let (words, examples) = words(&slices);
        assert_eq!(examples, 32);
        assert!(words.contains("mean over 32 training examples, the first of 300 while it trains"), "{words}");
        let (part, whole) = (&slices.shown.as_ref().unwrap().cut, run.measured());
        let loss =
            |objective: &crate::model::Objective| to_host(objective.losses(part.center.run.weights().clone()))[0];
        let told = [&part.objective, &whole].map(|objective| format!("{:.3}", loss(objective)));
        assert!(told.iter().all(|loss| words.contains(loss.as_str())), "{words}, expected {told:?}");
        assert!(slices.behind().is_some_and(|behind| behind > Duration::ZERO));
    }

    #[test]
    fn at_rest_the_slice_is_of_all_examples_and_goes_to_the_end() {
        let (mut slices, run, plane) = begun();
        let none = Duration::from_nanos(1);
        let moving = all(&mut slices, &run, &plane, Some(none));
        assert!(!moving.is_empty() && moving.iter().all(|finest| !finest), "{moving:?}");
        let resting = all(&mut slices, &run, &plane, None);
        assert_eq!(resting.last(), Some(&true));
        let (words, examples) = words(&slices);
        assert!(examples == 300 && words.ends_with("mean over 300 training examples"), "{words}");
        assert_eq!(slices.behind(), Some(Duration::ZERO));
    }

    #[test]
    fn who_looks_on_has_a_first_picture_soon_and_who_does_not_has_the_whole_at_once() {
        let (mut slices, run, plane) = begun();
        let shown = all(&mut slices, &run, &plane, None);
        assert_eq!(shown.last(), Some(&true));
        let (mut slices, ..) = begun();
        slices.is_live = true;
        assert_eq!(all(&mut slices, &run, &plane, None).last(), Some(&true));
    }
}
