//! The charts, in tabs or each in a pane of its own.

mod axes;
mod bar;
mod chart;
mod contents;
mod curves;
mod export;
mod histogram;
mod layers;
mod legend;
mod lines;
mod markers;
mod measured;
mod memory;
mod navigation;
mod noise;
mod paint;
mod plot;
mod points;
mod quantity;
mod readings;
mod save;
mod settings;
mod smoothing;
mod speed;
mod tab;
mod title;

use egui::{Rect, UiBuilder, pos2, vec2};
use egui_plot::PlotPoint;

pub use self::curves::curves_ui;
pub use self::save::Maker;
pub use self::settings::ChartSettings;

use self::contents::EQUAL_LOSS;
use self::layers::LayerStack;
use self::measured::{Measured, measured_ui};
use self::memory::ChartMemory;
use self::quantity::XAxis;
use crate::protocol::RunId;
use crate::ui::contract::view::View;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::help;
use crate::ui::kit::help::Term;
use crate::ui::kit::theme::Tokens;
use crate::ui::state::model::Model;

const GAP: f32 = 14.0;
/// A chart is at least so wide where it can be, in points.
const LEAST_WIDTH: f32 = 210.0;
/// And at least so high.
const LEAST_HEIGHT: f32 = 110.0;
/// Lower than this, a tab has no room for the legend.
const LEGEND_FROM_HEIGHT: f32 = 130.0;
/// Room for all tabs, for the controls beside them, and for those that are left where the others stand in a menu.
const TABS_WIDTH: f32 = 850.0;
const BAR_WIDTH: f32 = 460.0;
const SHORT_BAR_WIDTH: f32 = 145.0;

/// All charts, and what they share.
#[derive(Debug)]
pub struct Charts {
    tab: ChartTab,
    x_axis: XAxis,
    memory: ChartMemory,
    layers: LayerStack,
    speed_points: Vec<PlotPoint>,
    generation: u64,
    num_runs: usize,
}

impl Default for Charts {
    fn default() -> Self {
        let mut memory = ChartMemory::default();
        memory.is_log = true;
        Self {
            tab: ChartTab::default(),
            x_axis: XAxis::default(),
            memory,
            layers: LayerStack::default(),
            speed_points: Vec::new(),
            generation: 0,
            num_runs: 0,
        }
    }
}

impl Charts {
    /// Draws the tabs, the controls, and the charts of the tab that is open.
    pub fn ui(&mut self, ui: &mut egui::Ui, model: &Model, view: &mut View, selected: Option<RunId>) {
        // The panel keeps the height that the user gave it, whatever the charts allocate.
        ui.expand_to_include_rect(ui.max_rect());
        if is_figure(ui) {
            ui.label(self.tab.label());
        } else {
            self.controls_row_ui(ui, model);
        }
        ui.add_space(2.0);
        self.tab_ui(ui, model, view, self.tab, selected);
    }

    /// The tabs, and the controls of all charts at their right.
    fn controls_row_ui(&mut self, ui: &mut egui::Ui, model: &Model) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let has_room = ui.available_width() > TABS_WIDTH + BAR_WIDTH;
            let bar_width = if has_room { BAR_WIDTH } else { SHORT_BAR_WIDTH };
            tab::tabs_ui(ui, &mut self.tab, ui.available_width() - bar_width);
            self.bar_ui(ui, model, self.tab);
        });
    }

    /// Draws one tab in all of `ui`, without tabs and controls.
    pub fn tab_ui(
        &mut self,
        ui: &mut egui::Ui,
        model: &Model,
        view: &mut View,
        tab: ChartTab,
        selected: Option<RunId>,
    ) {
        if let Some(action) = view.maker.poll(ui.ctx()) {
            view.asks.push(action);
        }
        // One set of hidden runs for the whole window.
        self.memory.hidden.clone_from(&view.shared.hidden);
        self.begin_frame(ui, model);
        ui.push_id(tab.key(), |ui| {
            let has_runs = !matches!(tab, ChartTab::LayerTrace | ChartTab::Speed | ChartTab::SigmaSweep);
            if has_runs && model.runs.len() > 1 && ui.available_height() > LEGEND_FROM_HEIGHT {
                self.legend_ui(ui, model);
            }
            match tab {
                ChartTab::LayerTrace => self.layers_ui(ui, model, view, selected),
                ChartTab::Noise => self.noise_tab_ui(ui, model, selected, view),
                ChartTab::SigmaSweep => {
                    measured_ui(ui, model, (&mut self.memory.curves, view), Measured::SigmaSweep, selected);
                }
                ChartTab::Bound => self.bound_ui(ui, model, view, selected),
                ChartTab::Speed => self.speed_ui(ui, model, view),
                _ => self.lines_ui(ui, model, view, tab, selected),
            }
        });
        view.shared.hidden.clone_from(&self.memory.hidden);
    }

    /// Opens a tab.
    pub const fn open(&mut self, tab: ChartTab) {
        self.tab = tab;
    }

    /// Whether no chart shows a run.
    #[must_use]
    pub fn is_hidden(&self, run: RunId) -> bool {
        self.memory.hidden.contains(&run)
    }

    /// Hides a run in all charts, or shows it again.
    pub fn toggle_hidden(&mut self, run: RunId) {
        if !self.memory.hidden.remove(&run) {
            self.memory.hidden.insert(run);
        }
    }

    /// Shows all steps again in all charts.
    pub fn fit(&mut self) {
        self.memory.fit();
    }

    fn begin_frame(&mut self, ui: &egui::Ui, model: &Model) {
        if self.memory.begin_frame(ui.ctx().cumulative_frame_nr()) {
            ui.ctx().request_repaint();
        }
        if self.generation != model.generation {
            self.generation = model.generation;
            self.memory.cache.clear();
            self.memory.fit();
        }
        if self.num_runs != model.runs.len() {
            self.num_runs = model.runs.len();
            let is_there = |run: RunId| model.run(run).is_some();
            self.memory.cache.keep_runs(is_there);
            self.memory.hidden.retain(|run| is_there(*run));
        }
    }

    fn lines_ui(&mut self, ui: &mut egui::Ui, model: &Model, view: &mut View, tab: ChartTab, selected: Option<RunId>) {
        if tab == ChartTab::AgainstLoss {
            let label = ui.label(egui::RichText::new(EQUAL_LOSS).small().color(Tokens::of(ui).weak.0));
            help::term(label, Term::EqualLoss);
        }
        let charts = self.charts(model, tab);
        let noise_run = noise::run_to_show(model, selected).filter(|run| !self.is_hidden(run.info.run));
        let has_more = match tab {
            ChartTab::Overview => noise_run.is_some(),
            ChartTab::Spectrum => true,
            _ => false,
        };
        let places = cells(ui.available_rect_before_wrap(), charts.len() + usize::from(has_more));
        let child = |ui: &mut egui::Ui, id: &str, place: Rect| {
            let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(id));
            // The last number of an axis stands a little beyond its end.
            child.set_clip_rect(place.expand2(vec2(GAP - 4.0, 4.0)).intersect(ui.clip_rect()));
            child
        };
        for (chart, place) in charts.iter().zip(&places) {
            chart.ui(&mut child(ui, chart.id, *place), model, &mut self.memory, view);
        }
        let Some(place) = places.last().filter(|_| has_more) else { return };
        let mut child = child(ui, "more", *place);
        match (tab, noise_run) {
            (ChartTab::Overview, Some(run)) => noise::gaps_ui(&mut child, model, run, view),
            _ => measured_ui(&mut child, model, (&mut self.memory.curves, view), Measured::Density, selected),
        }
    }
}

/// Equal cells with gaps between them: side by side, and in rows where the rectangle is narrow and high.
fn cells(rect: Rect, count: usize) -> Vec<Rect> {
    let count = count.max(1);
    let fitting = (((rect.width() + GAP) / (LEAST_WIDTH + GAP)) as usize).clamp(1, count);
    let is_high_enough = |columns: usize| {
        let rows = count.div_ceil(columns) as f32;
        rect.height() >= rows * LEAST_HEIGHT + (rows - 1.0) * GAP
    };
    let num_columns = (fitting..=count).find(|columns| is_high_enough(*columns)).unwrap_or(count);
    let num_rows = count.div_ceil(num_columns);
    let size = |whole: f32, parts: usize| ((whole - GAP * (parts - 1) as f32) / parts as f32).max(1.0);
    let cell = vec2(size(rect.width(), num_columns), size(rect.height(), num_rows));
    (0..count)
        .map(|i| {
            let (column, row) = ((i % num_columns) as f32, (i / num_columns) as f32);
            let corner = pos2(rect.left() + column * (cell.x + GAP), rect.top() + row * (cell.y + GAP));
            Rect::from_min_size(corner, cell)
        })
        .collect()
}
