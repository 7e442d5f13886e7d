//! What charts share from frame to frame.

use std::collections::BTreeSet;

use super::curves::CurvesMemory;
use super::lines::LineCache;
use super::navigation::{Views, Zooms};
use crate::protocol::RunId;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// What charts share from frame to frame.
#[derive(Debug, Default)]
pub struct ChartMemory {
    /// The points of lines.
    pub cache: LineCache,
    /// Logarithmic vertical axes.
    pub is_log: bool,
    /// Weight of the past in smoothed lines; 0 for none.
    pub smoothing: f64,
    /// Runs that no chart shows.
    pub hidden: BTreeSet<RunId>,
    /// The parts of axes that are seen.
    pub zooms: Zooms,
    /// The same of charts with curves, and which of these are hidden.
    pub curves: CurvesMemory,
    /// Where the pointer is on the linked axis, as of this frame and the last.
    hover: [Option<f64>; 2],
    frame: u64,
}

impl ChartMemory {
    /// Begins a frame; called again in the same frame it does nothing. True when another frame has to finish what this one
    /// cannot.
    pub fn begin_frame(&mut self, frame: u64) -> bool {
        if self.frame == frame {
            return false;
        }
        self.frame = frame;
        self.hover = [None, self.hover[0]];
        self.cache.begin_frame()
    }

    /// Sees everything again.
    pub fn fit(&mut self) {
        self.zooms.fit();
        self.curves.zooms.fit();
    }

    /// Fits the vertical axes: what they count changed.
    pub fn fit_y(&mut self) {
        self.zooms.fit_others(Views::linked("").x);
    }

    /// The runs that charts show.
    pub fn shown<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a RunView> {
        model.runs.iter().filter(|run| !self.hidden.contains(&run.info.run))
    }

    /// Where the pointer is on the linked axis.
    #[must_use]
    pub const fn shared_hover(&self) -> Option<f64> {
        self.hover[1]
    }

    /// Tells the other charts where the pointer is.
    pub const fn share_hover(&mut self, x: f64) {
        self.hover[0] = Some(x);
    }
}
