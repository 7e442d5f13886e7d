//! What slices were cut from. A click is older than what is shown by then, so that earlier slices are kept for a while.

use std::collections::VecDeque;
use std::sync::Arc;

use burn::tensor::Tensor;

use crate::model::Objective;
use crate::protocol::SliceTag;

use super::point::{CutPlane, Point};

/// Earlier slices of a run at least and at most.
const KEPT: [usize; 2] = [2, 64];
/// What their weights may need, in numbers.
const KEPT_NUMBERS: usize = 1 << 21;

/// Weights, plane and objective of a slice: what the coordinates on it mean.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Cut {
    pub center: Arc<Point>,
    pub plane: Arc<CutPlane>,
    pub objective: Objective,
}

impl Cut {
    pub fn tag(&self) -> SliceTag {
        SliceTag { step: self.center.run.steps(), generation: self.plane.generation }
    }

    /// The weights `[1, D]` at a place.
    pub fn weights(&self, place: [f64; 2]) -> Tensor<2> {
        let Point { run, host } = self.center.as_ref();
        run.task().compute.tensor_f64(self.plane.plane.point(host, place), [1, host.len()])
    }
}

/// Those of the earlier slices of a run, newest first.
#[derive(Debug)]
pub(super) struct Cuts(VecDeque<Cut>);

impl Cuts {
    pub const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Keeps one more; the oldest go.
    pub fn keep(&mut self, cut: Cut) {
        let [least, most] = KEPT;
        let most = (KEPT_NUMBERS / cut.center.host.len().max(1)).clamp(least, most);
        self.0.truncate(most - 1);
        self.0.push_front(cut);
    }

    pub fn find(&self, tag: SliceTag) -> Option<&Cut> {
        self.0.iter().find(|cut| cut.tag() == tag)
    }
}
