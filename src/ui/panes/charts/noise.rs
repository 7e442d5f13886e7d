//! What the noise samples of a run look like, and the trace that pairs of them give.

use egui::{RichText, UiBuilder};

use super::histogram::{Histogram, Mark};
use super::save::Out;
use super::{Charts, cells};
use crate::protocol::{NoiseSnapshot, RunId};
use crate::ui::contract::ask::Asks;
use crate::ui::kit::dated::Dated;
use crate::ui::kit::format;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::plots::chart::title::Title;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

const RELATIVE_NOISE: &str =
    "Noise relative to the weights of the tensor, σ√d/‖w‖ with its d weights, at the step of the samples.";

/// The selected run if it has noise samples, else the first that has.
pub fn run_to_show(model: &Model, selected: Option<RunId>) -> Option<&RunView> {
    let has_noise = |run: &&RunView| run.info.optimizer.spec().has_noise;
    selected.and_then(|id| model.run(id)).filter(has_noise).or_else(|| model.runs.iter().find(has_noise))
}

/// The histogram of one-point gaps.
pub fn gaps_ui(ui: &mut egui::Ui, model: &Model, run: &RunView, out: &mut Out<'_>) {
    let (text, term) = ("Noise samples", Some(Term::OnePoint));
    let Some(noise) = &run.noise else {
        let title = Title { text, note: "", term };
        Histogram { id: "gaps", title, run, values: &[], marks: &[] }.ui(ui, model, out);
        return;
    };
    let mut marks = vec![mean_mark(&noise.gaps)];
    if let Some(trace) = run.newest_trace(u64::MAX) {
        let value = 0.5 * noise.sigma * noise.sigma * trace.mean;
        let name = if trace.is_streamed { "σ²/2·Tr, streamed" } else { "σ²/2·Tr" };
        let name = Dated::new(name, trace.step).beside(Some(noise.step), |name| (*name).to_owned());
        marks.push(Mark { value, name: name.into(), is_dashed: true });
    }
    let note = format!("L(w+U) − L(w), {} samples to step {}", noise.gaps.len(), format::grouped(noise.step));
    let title = Title { text, note: &note, term };
    Histogram { id: "gaps", title, run, values: &noise.gaps, marks: &marks }.ui(ui, model, out);
}

impl Charts {
    /// The tab: the running trace, gaps, odd and even parts, and the trace of each parameter tensor.
    pub(super) fn noise_tab_ui(&mut self, ui: &mut egui::Ui, model: &Model, selected: Option<RunId>, asks: &mut Asks) {
        let weak = Tokens::of(ui).weak.0;
        let Some(run) = run_to_show(model, selected) else {
            ui.colored_label(weak, "No run here is of NSO or WP, which take their gradients at weights with noise.");
            return;
        };
        let Some(noise) = &run.noise else {
            let text =
                if model.is_playing { "The first noise samples come with the first steps." } else { "No steps yet." };
            ui.colored_label(weak, text);
            return;
        };
        let text = format!("{}. {}", run.name(), summary(noise));
        let summary = ui.label(RichText::new(text).small().color(weak));
        help::term_of_changing(ui, &summary, "summary", Term::VarianceRemoved);
        let places = cells(ui.available_rect_before_wrap(), 5);
        let mut cell = |index: usize| ui.new_child(UiBuilder::new().max_rect(places[index]).id_salt(("noise", index)));
        let trace = self.running_trace(run);
        let out = &mut Out { maker: &mut self.maker, asks };
        trace.ui(&mut cell(0), model, &mut self.memory, out);
        gaps_ui(&mut cell(1), model, run, out);
        let parts = [
            ("odd", "Odd part", "(L(w+U) − L(w−U))/2, first order", Term::OddPart, &noise.odd),
            ("even", "Even part", "(L(w+U) + L(w−U))/2 − L(w)", Term::EvenPart, &noise.even),
        ];
        for (index, (id, text, note, term, values)) in parts.into_iter().enumerate() {
            let (title, marks) = (Title { text, note, term: Some(term) }, [mean_mark(values)]);
            Histogram { id, title, run, values, marks: &marks }.ui(&mut cell(index + 2), model, out);
        }
        layers_ui(&mut cell(4), noise);
    }
}

fn mean_mark(values: &[f32]) -> Mark {
    let sum: f64 = values.iter().map(|value| f64::from(*value)).sum();
    Mark { value: sum / values.len().max(1) as f64, name: "mean".into(), is_dashed: false }
}

fn summary(noise: &NoiseSnapshot) -> String {
    let steps = format!(
        "Last {} steps to step {}, σ {}",
        format::grouped(noise.num_steps),
        format::grouped(noise.step),
        format::setting(noise.sigma)
    );
    if noise.odd.is_empty() {
        return format!("{steps}. One-point noise has no pairs, so odd and even parts cannot be told apart.");
    }
    format!(
        "{steps}. The odd part cancels in a pair: two-point noise removes {} of the variance.",
        format::percent(noise.variance_removed)
    )
}

fn layers_ui(ui: &mut egui::Ui, noise: &NoiseSnapshot) {
    let tokens = Tokens::of(ui);
    let title = RichText::new("Trace by parameter tensor").text_style(theme::title_style());
    help::term_label(ui, title, Term::LayerTrace);
    if noise.layer_traces.is_empty() {
        ui.colored_label(tokens.weak.0, "needs pairs");
        return;
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        egui::Grid::new("layers").num_columns(3).spacing([12.0, 2.0]).show(ui, |ui| {
            for heading in ["tensor", "trace", "noise"] {
                let response = ui.label(RichText::new(heading).small().color(tokens.weak.0));
                if heading == "noise" {
                    response.on_hover_text(RELATIVE_NOISE);
                }
            }
            ui.end_row();
            for (index, (name, trace)) in noise.layer_traces.iter().enumerate() {
                ui.label(RichText::new(name).small());
                let text = format!("{} ± {}", format::number(trace.mean), format::error(trace.stderr));
                ui.label(RichText::new(text).small().color(tokens.weak.0));
                // A tensor of zeros has no size to compare with.
                let share = noise.weight_sizes.get(index).filter(|size| **size > 0.0).map(|size| noise.sigma / size);
                let text = share.map_or_else(|| "–".to_owned(), format::percent);
                ui.label(RichText::new(text).small().color(tokens.weak.0)).on_hover_text(RELATIVE_NOISE);
                ui.end_row();
            }
        });
    });
}
