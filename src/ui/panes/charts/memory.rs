//! What charts share from frame to frame.

use std::collections::BTreeSet;

use egui::Ui;
use egui_plot::PlotTransform;

use super::lines::LineCache;
use crate::protocol::RunId;
use crate::ui::plots::chart::curves::CurvesMemory;
use crate::ui::plots::chart::navigation::{Views, Zooms};
use crate::ui::plots::chart::paint::Pen;
use crate::ui::plots::chart::plot::vertical;
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
    /// Runs that no chart shows, as the window has them in this frame.
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

    /// What a line over the course of a run is drawn with: another pen where it is smoothed.
    pub fn pen_of(&self, pen: Pen) -> Pen {
        if self.smoothing > 0.0 { pen.smoothed() } else { pen }
    }

    /// The runs that charts show.
    pub fn shown<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a RunView> {
        model.runs.iter().filter(|run| !self.hidden.contains(&run.info.run))
    }

    /// Draws the line of all charts that share the axis, and tells the others where the pointer is, if it is here.
    pub fn hover_line(&mut self, ui: &Ui, transform: &PlotTransform, here: Option<f64>) {
        if here.is_some() {
            self.hover[0] = here;
        }
        if let Some(x) = here.or(self.hover[1]) {
            vertical(ui, transform, x);
        }
    }
}
