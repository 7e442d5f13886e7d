//! Charts of what a measurement on request found, and the button that asks for it; the bounds of all runs.

use egui::{RichText, UiBuilder};

use super::export::{self, Exports};
use super::memory::ChartMemory;
use super::save::{Out, Table};
use super::{Charts, cells};
use crate::protocol::{Examples, JobEnd, MeasureRequest, Measurement, RunId};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::plots::chart::curves;
use crate::ui::state::job::{JobState, JobView};
use crate::ui::state::model::{EngineHealth, Model};
use crate::ui::state::run_view::RunView;

/// Figures that are written above a chart at most.
const MAX_FACTS: usize = 6;

/// Figures of a bound above the charts of bounds: the bounds, and α with its check.
const BOUND_FACTS: usize = 4;

/// A measurement that a tab shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// The density of eigenvalues.
    Density,
    /// The trace from noise over σ.
    SigmaSweep,
    /// The terms of the PAC-Bayes bound.
    Bound,
}

impl Measured {
    const fn is(self, what: &Measurement) -> bool {
        matches!(
            (self, what),
            (Self::Density, Measurement::Density { .. })
                | (Self::SigmaSweep, Measurement::SigmaSweep { .. })
                | (Self::Bound, Measurement::Bound { .. })
        )
    }

    const fn term(self) -> Term {
        match self {
            Self::Density => Term::Density,
            Self::SigmaSweep => Term::SigmaSweep,
            Self::Bound => Term::Bound,
        }
    }

    /// What is asked for by default.
    fn request(self, run: &RunView) -> MeasureRequest {
        let menu = Measurement::menu(run.knobs.sigma, run.knobs.rho);
        let what = menu.into_iter().find(|what| self.is(what)).expect("the menu has one of each");
        MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 0 }
    }

    /// The newest measurement of a run.
    #[must_use]
    pub fn newest<'a>(self, model: &'a Model, run: &RunView) -> Option<&'a JobView> {
        model.jobs.iter().find(|job| job.run == run.info.run && self.is(&job.request.what))
    }
}

/// Draws the newest measurement of the selected run, or offers to ask for it, in all of `ui`.
pub fn measured_ui(
    ui: &mut egui::Ui,
    model: &Model,
    (memory, out): (&mut ChartMemory, &mut Out<'_>),
    what: Measured,
    selected: Option<RunId>,
) {
    let Some(run) = selected.and_then(|id| model.run(id)).or_else(|| model.runs.last()) else {
        widgets::small_weak_ui(ui, &model.waiting_for);
        return;
    };
    let job = what.newest(model, run);
    let Some(job) = job else {
        let request = what.request(run);
        let text = format!("{} It has not been measured for this run.", request.what.about());
        egui::ScrollArea::vertical().id_salt("not measured").show(ui, |ui| {
            help::term(widgets::small_weak_ui(ui, text), what.term());
            ask_ui(ui, model, out.asks, what, run);
        });
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let mut about = format!("{}, step {}", job.name(&model.runs), format::grouped(job.step));
        if !job.objective.is_empty() {
            about += &format!(" · {} · seed {}", job.objective, job.request.seed);
        }
        widgets::small_weak_ui(ui, about);
        if matches!(job.state, JobState::Ended(_)) {
            ask_ui(ui, model, out.asks, what, run);
        }
    });
    match &job.state {
        JobState::Waiting(progress) => {
            let (done, total) = (format::grouped(progress.done), format::grouped(progress.total));
            widgets::small_weak_ui(ui, format!("Measuring: {done} of {total}"));
        }
        JobState::Ended(JobEnd::Failed(reason)) => {
            ui.colored_label(Tokens::of(ui).error.0, format!("It cannot be measured: {reason}."));
        }
        JobState::Ended(JobEnd::Cancelled) => {
            widgets::small_weak_ui(ui, "Cancelled. What it had found by then:");
        }
        JobState::Ended(JobEnd::Complete) => {}
    }
    // What stands in charts of its own need not be listed too.
    let is_drawn = !job.findings.charts.is_empty();
    let has_bounds = what == Measured::Bound && !run.bounds.rows().is_empty();
    facts_ui(
        ui,
        job,
        if is_drawn {
            MAX_FACTS
        } else if has_bounds {
            BOUND_FACTS
        } else {
            usize::MAX
        },
    );
    charts_ui(ui, model, (memory, out), (run, job), what.term());
}

impl Charts {
    /// The tab of the bound: what the newest measurement of the selected run found, and the bounds of all runs so far.
    pub(super) fn bound_ui(&mut self, ui: &mut egui::Ui, model: &Model, selected: Option<RunId>, asks: &mut Asks) {
        let right = ui.max_rect().right();
        let charts = self.charts(model, ChartTab::Bound);
        let (memory, out) = (&mut self.memory, &mut Out { maker: &mut self.maker, asks });
        measured_ui(ui, model, (memory, out), Measured::Bound, selected);
        let is_fine = model.health == EngineHealth::Fine && !model.runs.is_empty();
        ui.horizontal_wrapped(|ui| {
            let button = ui.add_enabled(is_fine, egui::Button::new("Measure all runs").small());
            if button.on_hover_text("Each run at the step where it stands, one after another.").clicked() {
                for run in &model.runs {
                    let request = Box::new(Measured::Bound.request(run));
                    out.asks.push(Ask::Measure { run: run.info.run, request });
                }
            }
            let newest = model.runs.iter().filter_map(|run| run.bounds.last());
            if let Some(newest) = newest.max_by_key(|row| row.step) {
                let (n, constant) = (format::grouped(newest.num_examples as u64), format::setting(newest.constant));
                let text = format!("C·√(α r²/n) at each step that was measured, n {n}, C {constant} in the newest");
                help::term(widgets::small_weak_ui(ui, text), Term::Bound);
            }
        });
        if model.runs.iter().all(|run| run.bounds.rows().is_empty()) {
            return;
        }
        // A long line of figures above may have been wider.
        let places = cells(ui.available_rect_before_wrap().with_max_x(right), charts.len());
        for (chart, place) in charts.iter().zip(places) {
            let mut ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt(chart.id));
            chart.ui(&mut ui, model, memory, out);
        }
    }
}

fn ask_ui(ui: &mut egui::Ui, model: &Model, asks: &mut Asks, what: Measured, run: &RunView) {
    let button = ui.add_enabled(model.health == EngineHealth::Fine, egui::Button::new("Measure now").small());
    let button = button.on_hover_text("On the training examples, with the usual budget; Measure has all settings.");
    if button.clicked() {
        asks.push(Ask::Measure { run: run.info.run, request: Box::new(what.request(run)) });
    }
}

/// The figures that were found, as many as there is room for.
fn facts_ui(ui: &mut egui::Ui, job: &JobView, most: usize) {
    let weak = Tokens::of(ui).weak.0;
    let facts = &job.findings.facts;
    if facts.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for fact in facts.iter().take(most) {
            let error = fact.error.map(|error| format!(" ± {}", format::error(error))).unwrap_or_default();
            let value = if fact.value.is_nan() { "–".to_owned() } else { format::number(fact.value) };
            let name = RichText::new(&fact.name).small().color(weak);
            let name = match Term::of_figure(&fact.name) {
                Some(term) => help::term_label(ui, name, term),
                None => ui.label(name),
            };
            name.on_hover_text(&fact.about);
            ui.label(RichText::new(format!("{value}{error}")).small()).on_hover_text(&fact.about);
            ui.add_space(6.0);
        }
    });
}

fn charts_ui(
    ui: &mut egui::Ui,
    model: &Model,
    (memory, out): (&mut ChartMemory, &mut Out<'_>),
    (run, job): (&RunView, &JobView),
    term: Term,
) {
    let charts = &job.findings.charts;
    if charts.is_empty() {
        return;
    }
    let places = cells(ui.available_rect_before_wrap(), charts.len());
    for (index, (chart, place)) in charts.iter().zip(places).enumerate() {
        let mut ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("found", job.id, index)));
        let provenance = || {
            let mut provenance = export::provenance(model, &[run]);
            let (name, step) = (job.name(&model.runs), format::grouped(job.step));
            provenance.insert(1, format!("{name}, step {step}: {}, seed {}.", job.objective, job.request.seed));
            provenance
        };
        curves::curves_with_menu_ui(
            &mut ui,
            ("tab", job.id, index),
            (chart, term),
            &mut memory.curves,
            |ui, memory| {
                let figure = |is_dark| curves::figure(chart, memory, provenance(), is_dark);
                let csv = || Table::of(curves::csv(chart));
                export::menu_ui(ui, &chart.title, out, Exports { figure, csv, stride: 1 });
            },
        );
    }
}
