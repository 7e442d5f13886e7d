//! The charts, in tabs or each in a pane of its own.

mod bar;
mod chart;
mod contents;
mod export;
mod histogram;
mod layers;
mod legend;
mod lines;
mod markers;
mod measured;
mod memory;
mod noise;
mod points;
mod quantity;
mod save;
mod settings;
mod smoothing;
mod speed;
mod tab;

use std::collections::HashSet;

use egui::{Context, Rect, ScrollArea, Sense, Ui, UiBuilder, Vec2, pos2, vec2};
use egui_plot::PlotPoint;

pub use self::settings::ChartSettings;

use self::contents::EQUAL_LOSS;
use self::layers::LayerStack;
use self::measured::{Measured, measured_ui};
use self::memory::ChartMemory;
use self::quantity::XAxis;
use self::save::{Maker, Out};
use crate::protocol::RunId;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::{Done, FigureSize, PaneUi};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::plots::chart::paint::Pen;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

const GAP: f32 = 14.0;
/// A chart is at least so wide where it can be, in points.
const LEAST_WIDTH: f32 = 210.0;
/// And at least so high.
const LEAST_HEIGHT: f32 = 110.0;
/// Where a tab has less room, its charts scroll: none is narrower and lower than this, in points.
const NARROWEST: f32 = 110.0;
const LOWEST: f32 = 96.0;
/// The name of a tab above its charts in a figure, and the legend, in points.
const TITLE_HEIGHT: f32 = 48.0;
/// Room for a scroll bar, in points.
const SCROLL_BAR: f32 = 8.0;
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
    /// Blocks of the list of tensors that are shown with their tensors, by the first of these.
    open_blocks: HashSet<usize>,
    speed_points: Vec<PlotPoint>,
    /// Files that are being made.
    maker: Maker,
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
            open_blocks: HashSet::new(),
            speed_points: Vec::new(),
            maker: Maker::default(),
            generation: 0,
            num_runs: 0,
        }
    }
}

impl PaneUi for Charts {
    fn ui(&mut self, pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        match pane {
            Pane::Chart(tab) => self.tab_ui(ui, seen, asks, tab),
            _ => self.all_ui(ui, seen, asks),
        }
    }

    fn bar_ui(&mut self, pane: Pane, ui: &mut Ui, seen: Seen<'_>, _asks: &mut Asks) {
        if let Pane::Chart(tab) = pane {
            self.controls_ui(ui, seen.model, tab);
        }
    }

    fn command(&mut self, command: UiCommand, _ctx: &Context, _seen: Seen<'_>, _asks: &mut Asks) -> Done {
        if command != UiCommand::FitCharts {
            return Done::NotMine;
        }
        self.fit();
        Done::Yes
    }

    fn after_events(&mut self, ctx: &Context, _seen: Seen<'_>, asks: &mut Asks) {
        if let Some(ask) = self.maker.poll(ctx) {
            asks.push(ask);
        }
    }

    fn figure_size(&self, pane: Pane, room: Vec2, _seen: Seen<'_>) -> FigureSize {
        let (tab, above) = match pane {
            Pane::Chart(tab) => (tab, 0.0),
            _ => (self.tab, TITLE_HEIGHT),
        };
        FigureSize::Fixed(vec2(room.x, room.y.max(least_height(tab, room.x) + above)))
    }

    fn shown_runs(&self, _pane: Pane, seen: Seen<'_>) -> Vec<RunId> {
        seen.model.runs.iter().map(|run| run.info.run).filter(|run| !seen.is_hidden(*run)).collect()
    }
}

impl Charts {
    /// Opens a tab.
    pub const fn open(&mut self, tab: ChartTab) {
        self.tab = tab;
    }

    /// Draws the tabs, the controls, and the charts of the tab that is open.
    fn all_ui(&mut self, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        // The panel keeps the height that the user gave it, whatever the charts allocate.
        ui.expand_to_include_rect(ui.max_rect());
        if is_figure(ui) {
            ui.label(self.tab.label());
        } else {
            self.controls_row_ui(ui, seen.model);
        }
        ui.add_space(2.0);
        self.tab_ui(ui, seen, asks, self.tab);
    }

    /// The tabs, and the controls of all charts at their right.
    fn controls_row_ui(&mut self, ui: &mut Ui, model: &Model) {
        if ui.available_width() < tab::least_width(ui, self.tab) + SHORT_BAR_WIDTH {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                tab::tabs_ui(ui, &mut self.tab, ui.available_width());
            });
            ui.horizontal(|ui| self.controls_ui(ui, model, self.tab));
            return;
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let has_room = ui.available_width() > TABS_WIDTH + BAR_WIDTH;
            let bar_width = if has_room { BAR_WIDTH } else { SHORT_BAR_WIDTH };
            tab::tabs_ui(ui, &mut self.tab, ui.available_width() - bar_width);
            self.controls_ui(ui, model, self.tab);
        });
    }

    /// Draws one tab in all of `ui`, without tabs and controls; it scrolls where there is no room for its charts.
    fn tab_ui(&mut self, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, tab: ChartTab) {
        let least = least_height(tab, ui.available_width());
        if ui.available_height() >= least || is_figure(ui) {
            return self.body_ui(ui, seen, asks, tab);
        }
        ScrollArea::vertical().id_salt(("low", tab)).auto_shrink(false).show(ui, |ui| {
            let size = vec2(ui.available_width() - SCROLL_BAR, least);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            self.body_ui(&mut ui.new_child(UiBuilder::new().max_rect(rect).id_salt("body")), seen, asks, tab);
        });
    }

    fn body_ui(&mut self, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, tab: ChartTab) {
        let model = seen.model;
        let selected = seen.shared.selected_run(model);
        // One set of hidden runs for the whole window.
        self.memory.hidden.clone_from(&seen.shared.hidden);
        self.begin_frame(ui, model);
        ui.push_id(tab.key(), |ui| {
            let has_runs = !matches!(tab, ChartTab::LayerTrace | ChartTab::Speed | ChartTab::SigmaSweep);
            let stream = self.has_streams(model, tab).then(|| self.memory.pen_of(Pen::Thin));
            let has_many = has_runs && model.runs.len() > 1;
            if (has_many || stream.is_some()) && ui.available_height() > LEGEND_FROM_HEIGHT {
                legend::legend_ui(ui, seen, stream, asks);
            }
            match tab {
                ChartTab::LayerTrace => self.layers_ui(ui, model, selected, asks),
                ChartTab::Noise => self.noise_tab_ui(ui, model, selected, asks),
                ChartTab::SigmaSweep => {
                    let out = &mut Out { maker: &mut self.maker, asks };
                    measured_ui(ui, model, (&mut self.memory, out), Measured::SigmaSweep, selected);
                }
                ChartTab::Bound => self.bound_ui(ui, model, selected, asks),
                ChartTab::Speed => self.speed_ui(ui, model, asks),
                _ => self.lines_ui(ui, model, tab, selected, asks),
            }
        });
    }

    /// Shows all steps again in all charts.
    fn fit(&mut self) {
        self.memory.fit();
    }

    fn begin_frame(&mut self, ui: &Ui, model: &Model) {
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
            self.memory.cache.keep_runs(|run| model.run(run).is_some());
        }
    }

    fn lines_ui(&mut self, ui: &mut Ui, model: &Model, tab: ChartTab, selected: Option<RunId>, asks: &mut Asks) {
        if tab == ChartTab::AgainstLoss {
            let label = ui.label(egui::RichText::new(EQUAL_LOSS).small().color(Tokens::of(ui).weak.0));
            help::term(label, Term::EqualLoss);
        }
        let charts = self.charts(model, tab);
        let is_shown = |run: &&RunView| !self.memory.hidden.contains(&run.info.run);
        let noise_run = noise::run_to_show(model, selected).filter(is_shown);
        let has_more = match tab {
            ChartTab::Overview => noise_run.is_some(),
            ChartTab::Spectrum => true,
            _ => false,
        };
        let places = cells(ui.available_rect_before_wrap(), charts.len() + usize::from(has_more));
        let child = |ui: &mut Ui, id: &str, place: Rect| {
            let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(id));
            // The last number of an axis stands a little beyond its end.
            child.set_clip_rect(place.expand2(vec2(GAP - 4.0, 4.0)).intersect(ui.clip_rect()));
            child
        };
        let out = &mut Out { maker: &mut self.maker, asks };
        // What is scrolled away is not drawn.
        for (chart, place) in charts.iter().zip(&places) {
            if ui.is_rect_visible(*place) {
                chart.ui(&mut child(ui, chart.id, *place), model, &mut self.memory, out);
            }
        }
        let Some(place) = places.last().filter(|place| has_more && ui.is_rect_visible(**place)) else { return };
        let mut child = child(ui, "more", *place);
        match (tab, noise_run) {
            (ChartTab::Overview, Some(run)) => noise::gaps_ui(&mut child, model, run, out),
            _ => measured_ui(&mut child, model, (&mut self.memory, out), Measured::Density, selected),
        }
    }
}

/// The height that the charts of a tab need in this width, with what stands above them.
fn least_height(tab: ChartTab, width: f32) -> f32 {
    let (count, above) = match tab {
        ChartTab::Overview | ChartTab::Spectrum => (4, 0.0),
        ChartTab::LossAndAccuracy => (3, 0.0),
        ChartTab::Trace => (2, 0.0),
        ChartTab::Noise => (5, 40.0),
        ChartTab::AgainstLoss => (2, 40.0),
        ChartTab::Bound => (3, 120.0),
        ChartTab::SigmaSweep => (1, 80.0),
        _ => (1, 0.0),
    };
    let columns = (((width + GAP) / (NARROWEST + GAP)) as usize).clamp(1, count);
    let rows = count.div_ceil(columns) as f32;
    above + rows * (LOWEST + GAP)
}

/// Equal cells with gaps between them: side by side, and in rows where the rectangle is narrow and high.
fn cells(rect: Rect, count: usize) -> Vec<Rect> {
    let count = count.max(1);
    let fitting = (((rect.width() + GAP) / (LEAST_WIDTH + GAP)) as usize).clamp(1, count);
    let is_high_enough = |columns: usize| {
        let rows = count.div_ceil(columns) as f32;
        rect.height() >= rows * LEAST_HEIGHT + (rows - 1.0) * GAP
    };
    let most = (((rect.width() + GAP) / (NARROWEST + GAP)) as usize).clamp(fitting, count);
    let num_columns = (fitting..=most).find(|columns| is_high_enough(*columns)).unwrap_or(most);
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
