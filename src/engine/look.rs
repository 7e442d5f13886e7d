//! The live measurements of one run, in units that keep the engine responsive.
//!
//! Three kinds share the time: slices; the stream, which has curvature from a few passes at the weights as they are; and exact
//! points with all their probes and products. Each copies the weights that it measures, so that a figure belongs to one step
//! however long it takes. While a run trains all three go on side by side. Where it rests there is no stream: the slice is
//! refined to the end, then the exact point follows. What is measured at a step already is not measured again.

mod average;
mod cuts;
mod exact;
mod grid;
mod point;
mod rows;
mod shares;
mod slice;
mod slices;
mod stream;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::protocol::{Examples, LossGrid, SliceTag, SliceView};
use crate::train::Run;

pub(super) use average::{AverageMark, LastAverage};
pub(super) use cuts::Cut;
use exact::Exact;
pub(super) use grid::{Mark, Scene, noise_length};
pub(super) use point::CutPlane;
pub(super) use rows::{Seen, eigen_row, trace_row};
pub(super) use shares::Kind;
use shares::Shares;
use slices::Slices;
use stream::Stream;

/// A picture that is further behind than this is waited for where training waits at all.
const LATE: Duration = Duration::from_secs(1);

/// What training waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    Slice,
    Curvature,
}

/// The measurements of one run.
pub(super) struct Look {
    slices: Slices,
    exact: Exact,
    /// Made with the seed of the run's experiment when it is needed.
    stream: Option<Box<Stream>>,
    shares: Shares,
}

impl Look {
    pub const fn new(view: SliceView, layer_traces: bool) -> Self {
        Self { slices: Slices::new(view), exact: Exact::new(layer_traces), stream: None, shares: Shares::new() }
    }

    /// The same for somebody who looks on: the first picture comes soon, if need be on a part of the examples.
    pub const fn live(mut self) -> Self {
        self.slices.is_live = true;
        self
    }

    /// Asks for other slices; a slice under way for the old view is dropped.
    pub fn set_view(&mut self, view: SliceView, run: &Run) {
        self.slices.set_view(view, run);
    }

    /// Whether exact points also have the traces of the tensors.
    pub fn set_layer_traces(&mut self, on: bool) {
        self.exact.set_layer_traces(on);
    }

    /// Drops what is under way and what counts as measured, but not the picture.
    pub fn restart(&mut self) {
        self.slices.restart();
        self.exact.restart();
        if let Some(stream) = &mut self.stream {
            stream.restart();
        }
    }

    /// A knob was turned: the run goes on another way.
    pub fn turn(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.turn();
        }
    }

    /// The run leaves a step.
    pub fn leave(&mut self, step: u64) {
        self.slices.leave(step);
    }

    /// The examples of the newest picture.
    pub fn shown_examples(&self) -> Option<Examples> {
        self.slices.shown_examples()
    }

    /// What a slice was cut from.
    ///
    /// # Errors
    /// Why it is not known, in words.
    pub fn cut(&self, tag: SliceTag) -> Result<&Cut, String> {
        self.slices.cut(tag)
    }

    /// The newest picture as it is now.
    pub fn picture(&mut self, scene: &Scene) -> Option<LossGrid> {
        self.slices.picture(scene)
    }

    /// Whether what moves on the newest picture is to be renewed.
    pub fn is_due(&self, revision: u64) -> bool {
        self.slices.is_due(revision)
    }

    /// Whether a unit of this kind begins a slice.
    pub fn begins_slice(&self, kind: Kind) -> bool {
        kind == Kind::Slice && self.slices.is_idle()
    }

    /// Whether what is under way is to go on before another run has its turn, for a run that moves or rests.
    pub fn is_urgent(&self, moves: bool) -> bool {
        self.slices.is_urgent() || (moves && self.stream.as_ref().is_some_and(|stream| stream.is_urgent()))
    }

    /// What training waits for where it waits for its measurements. Only what can be measured is waited for.
    pub fn awaited(&self, run: &Run, generation: u64) -> Option<Awaited> {
        if self.exact.is_awaited(run) && self.exact.needs(run, true) {
            return Some(Awaited::Curvature);
        }
        let is_late = match self.slices.behind() {
            Some(behind) => behind > LATE,
            None => !self.slices.has_picture(),
        };
        (is_late && self.slices.needs(run, generation, true)).then_some(Awaited::Slice)
    }

    /// What the next unit is of; `None` where nothing is to be measured. A run that moves has a slice within `patience`.
    pub fn next(
        &self,
        run: &Run,
        generation: u64,
        patience: Option<Duration>,
        awaited: Option<Awaited>,
    ) -> Option<Kind> {
        let moves = patience.is_some();
        let can = |kind: Kind| self.can(kind, run, generation, moves);
        let wanted = match awaited {
            Some(Awaited::Slice) => Some(Kind::Slice),
            Some(Awaited::Curvature) => Some(Kind::Exact),
            None => None,
        };
        if let Some(kind) = wanted.filter(|kind| can(*kind)) {
            return Some(kind);
        }
        if !moves {
            return [Kind::Slice, Kind::Exact].into_iter().find(|kind| can(*kind));
        }
        let begun = self.stream.as_ref().is_some_and(|stream| stream.has_begun());
        let streams = self.stream.as_ref().is_some_and(|stream| stream.is_urgent());
        let first =
            [(Kind::Slice, self.slices.is_urgent() || !self.slices.has_picture()), (Kind::Stream, streams || !begun)];
        let first = first.into_iter().find(|(kind, is_first)| *is_first && can(*kind));
        first.map(|(kind, _)| kind).or_else(|| self.shares.next(can))
    }

    /// Whether there is anything of a kind to be measured.
    fn can(&self, kind: Kind, run: &Run, generation: u64, moves: bool) -> bool {
        match kind {
            Kind::Slice => self.slices.needs(run, generation, moves),
            Kind::Stream => moves && self.stream.as_ref().is_none_or(|stream| stream.needs(run)),
            Kind::Exact => self.exact.needs(run, moves),
        }
    }

    /// One unit of a kind that [`Self::next`] named.
    pub fn advance(
        &mut self,
        kind: Kind,
        run: &Run,
        plane: &Arc<CutPlane>,
        patience: Option<Duration>,
    ) -> Option<Seen> {
        let begun = Instant::now();
        let seen = match kind {
            Kind::Slice => self.slices.advance(run, plane, patience).map(|finest| Seen::Level { finest }),
            Kind::Stream => {
                let stream = self.stream.get_or_insert_with(|| Box::new(Stream::new(run.task().experiment.look.seed)));
                if let Some(vectors) = self.exact.vectors.take() {
                    stream.go_on_from(vectors);
                }
                stream.advance(run)
            }
            Kind::Exact => self.exact.advance(run),
        };
        if patience.is_some() {
            let mut shares = self.shares;
            shares.spend(kind, begun.elapsed(), |kind| self.can(kind, run, plane.generation, true));
            self.shares = shares;
        }
        seen
    }

    /// One unit of a run that rests.
    pub fn advance_at_rest(&mut self, run: &Run, plane: &Arc<CutPlane>) -> Option<Seen> {
        let kind = self.next(run, plane.generation, None, None)?;
        self.advance(kind, run, plane, None)
    }
}
