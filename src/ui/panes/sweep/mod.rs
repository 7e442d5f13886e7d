//! A sweep's folder as it fills: which units are done, running and failed, their figures, and the means of the runs that have
//! landed. Any run that is done opens as a run of the window.

mod columns;
mod means;
mod opened;
mod table;
mod units;

use std::path::{Path, PathBuf};

use egui::{Context, ProgressBar, RichText, ScrollArea, Ui};

use self::means::Quantity;
use self::opened::Opened;
use self::units::Kind;
use crate::engine::FileKind;
use crate::sweep::plan::{Plan, Work};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::{Done, PaneUi};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::help::Term;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{format, icons, path, widgets};
use crate::ui::plots::chart::curves::curves_ui;

/// With less height than this, in points, all of the pane scrolls.
const LEAST_HEIGHT: f32 = 420.0;
/// The height of the chart at least, in points, and its share of the pane.
const CHART_HEIGHT: f32 = 150.0;
const CHART_SHARE: f32 = 0.36;
/// Room for a scroll bar, in points.
const SCROLL_BAR: f32 = 8.0;

/// The pane of a sweep.
#[derive(Debug, Default)]
pub struct Sweep {
    opened: Option<Box<Opened>>,
    /// A folder that was opened and is not followed yet.
    wanted: Option<PathBuf>,
}

impl Sweep {
    /// Whether a sweep is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.opened.is_some() || self.wanted.is_some()
    }
}

impl PaneUi for Sweep {
    fn ui(&mut self, _pane: Pane, ui: &mut Ui, _seen: Seen<'_>, asks: &mut Asks) {
        let Some(opened) = &mut self.opened else {
            empty_ui(ui, asks);
            return;
        };
        let room = ui.available_size();
        if room.y >= LEAST_HEIGHT || is_figure(ui) {
            opened_ui(ui, opened, asks);
            return;
        }
        ScrollArea::vertical().id_salt("low sweep").auto_shrink(false).show(ui, |ui| {
            ui.set_max_size(egui::vec2(room.x - SCROLL_BAR, LEAST_HEIGHT));
            opened_ui(ui, opened, asks);
        });
    }

    fn after_events(&mut self, ctx: &Context, _seen: Seen<'_>, asks: &mut Asks) {
        if let Some(path) = self.wanted.take() {
            self.opened = Some(Box::new(Opened::new(&path, ctx)));
        }
        if let Some(opened) = &mut self.opened {
            opened.take_news(ctx, asks);
        }
    }

    fn take_file(&mut self, path: &Path, kind: &FileKind, _seen: Seen<'_>, asks: &mut Asks) -> Done {
        if *kind != FileKind::Sweep {
            return Done::NotMine;
        }
        // The working folder may change.
        self.wanted = Some(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        asks.push(Ask::Show(Pane::Sweep));
        Done::Yes
    }
}

fn empty_ui(ui: &mut Ui, asks: &mut Asks) {
    let text = "No sweep is open. `flatscape plan … --out S` makes the folder of one: drop it on the window, or open it by its path.";
    widgets::small_weak_ui(ui, text);
    if !is_figure(ui) && ui.button("Open a file…").clicked() {
        asks.run(UiCommand::OpenFile);
    }
}

fn opened_ui(ui: &mut Ui, opened: &mut Opened, asks: &mut Asks) {
    let height = ui.available_height();
    ui.label(RichText::new(format!("Sweep {}", path::name(&opened.path))).text_style(theme::title_style()))
        .on_hover_text(opened.path.display().to_string());
    if let Some(problem) = &opened.problem {
        let color = Tokens::of(ui).warning.0;
        ui.colored_label(color, format!("{} {problem}", icons::WARNING));
    }
    let Some(plan) = opened.plan.clone() else {
        if opened.problem.is_none() {
            widgets::small_weak_ui(ui, "Reading the plan…");
        }
        return;
    };
    progress_ui(ui, opened);
    kinds_ui(ui, opened);
    selected_ui(ui, opened, &plan, asks);
    chart_ui(ui, opened, &plan, (CHART_SHARE * height).max(CHART_HEIGHT));
    ui.add_space(4.0);
    table::table_ui(ui, opened, &plan);
}

/// How many units are done.
fn progress_ui(ui: &mut Ui, opened: &Opened) {
    let (done, all) = (opened.units.count(Kind::Done), opened.units.rows().len());
    let left = match opened.left {
        0 => String::new(),
        left => format!(", {} results still to be read", format::grouped(left as u64)),
    };
    let text = format!("{} of {} units are done{left}", format::grouped(done as u64), format::grouped(all as u64));
    let bar = ProgressBar::new(done as f32 / all.max(1) as f32).desired_height(4.0);
    widgets::small_weak_ui(ui, text);
    ui.add(bar);
}

/// How many units stand how; a click shows those alone.
fn kinds_ui(ui: &mut Ui, opened: &mut Opened) {
    ui.horizontal_wrapped(|ui| {
        if widgets::segment_ui(ui, opened.look.kind.is_none(), "All").clicked() {
            opened.look.kind = None;
        }
        for kind in Kind::ALL {
            let is_chosen = opened.look.kind == Some(kind);
            let count = opened.units.count(kind);
            if count == 0 && !is_chosen {
                continue;
            }
            let label = format!("{} {}", format::grouped(count as u64), kind.label());
            let response = widgets::segment_ui(ui, is_chosen, &label).on_hover_text(kind.help());
            if response.clicked() {
                opened.look.kind = (!is_chosen).then_some(kind);
            }
        }
    });
}

/// The unit that was chosen, and what can be done with it.
fn selected_ui(ui: &mut Ui, opened: &Opened, plan: &Plan, asks: &mut Asks) {
    let selected = opened.look.selected.and_then(|unit| plan.units.get(unit));
    let Some(unit) = selected else {
        widgets::small_weak_ui(ui, "Choose a unit in the table to see its curve and to open its run.");
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(format!("Unit {}, {}", format::grouped(unit.i as u64), plan.words(unit)));
        let Some(run) = opened.run(unit.i) else { return };
        if is_figure(ui) {
            return;
        }
        let (label, help) = if run.has_weights() {
            ("Open run", "The run at its end, with its curves: it can be measured, looked at and branched.")
        } else {
            let help = "Its result has no weights, so the run is trained again here from its seed: the same run on the same \
                        device. A plan with --weights keeps them.";
            ("Train again here", help)
        };
        if ui.button(label).on_hover_text(help).clicked() {
            opened.open_run(unit.i, asks);
        }
    });
}

/// The means of the runs, or the trace of the pieces.
fn chart_ui(ui: &mut Ui, opened: &mut Opened, plan: &Plan, height: f32) {
    if matches!(plan.work, Work::Comparison(_)) {
        ui.horizontal_wrapped(|ui| {
            for quantity in Quantity::ALL {
                if widgets::segment_ui(ui, opened.look.quantity == quantity, quantity.label()).clicked() {
                    opened.look.quantity = quantity;
                }
            }
        });
    }
    let term = opened.look.quantity.term();
    let term = if matches!(plan.work, Work::Analysis(_)) { Term::Trace } else { term };
    if let Some(chart) = opened.chart() {
        let size = egui::vec2(ui.available_width(), height);
        ui.allocate_ui(size, |ui| {
            ui.set_min_size(size);
            curves_ui(ui, "sweep", chart, term);
        });
    }
}
