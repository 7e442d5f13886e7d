//! What the noise says of σ, right below it: whether and up to where second order holds, what the pair is worth, and which σ
//! moves the trace. Each says why, of which steps it is, and its error; what is not known says what it takes.

use egui::text::{LayoutJob, TextFormat};
use egui::{Button, RichText, Role, TextStyle, Ui};

use crate::config::{KnobId, WindowPart};
use crate::protocol::{Examples, JobEnd, MeasureRequest, Measurement};
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::panes::runs::sweep::MovesState;
use crate::ui::state::job::{JobState, JobView};
use crate::ui::state::model::EngineHealth;
use crate::ui::state::noise_text::{Said, pair, second_order_now, second_order_range};
use crate::ui::state::run_view::RunView;

/// Draws it, for runs whose noise has one σ for all weights.
pub fn says_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, moves: &mut MovesState, asks: &mut Asks) {
    if !run.info.optimizer.spec().has_noise {
        return;
    }
    let title = RichText::new("What the noise says").small();
    help::term_label(ui, title, Term::TraceFromNoise);
    let waits = if seen.model.is_playing { "measured after the first steps." } else { "there are no steps yet." };
    let (now, removes) = match &run.noise {
        Some(noise) => (second_order_now(noise, run.newest_trace(u64::MAX)), pair(noise)),
        None => (
            Said::new("Whether second order holds at this σ:", waits),
            Said::new("What the pair removes of the variance:", waits),
        ),
    };
    said_ui(ui, &now, ("second order", Term::TraceFromNoise));
    let range = Range::of(seen, run);
    said_ui(ui, &range.said, ("range", Term::SigmaSweep));
    said_ui(ui, &removes, ("pair", Term::VarianceRemoved));
    said_ui(ui, &moves.said(seen.model, run), ("moves", Term::EqualLoss));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if range.can_be_asked && seen.shared.has(WindowPart::Measure) {
            measure_ui(ui, seen, run, asks);
        }
        let command = UiCommand::SweepKnob(Some(KnobId::Sigma));
        if !command.is_there(seen) {
            return;
        }
        let why_not = command.why_not_of(seen, run);
        let sweep = ui.add_enabled(why_not.is_none(), small_button("Sweep σ…")).on_hover_text(command.spec().help);
        if sweep.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
            asks.run(command);
        }
    });
    ui.add_space(4.0);
}

/// Up to which σ second order holds.
struct Range {
    said: Said,
    /// It is neither known nor being measured.
    can_be_asked: bool,
}

impl Range {
    /// By the newest sweep at weights of this run.
    fn of(seen: Seen<'_>, run: &RunView) -> Self {
        let is_sweep = |job: &&JobView| {
            job.run == run.info.run && !job.is_void && matches!(job.request.what, Measurement::SigmaSweep { .. })
        };
        let sweeps = || seen.model.jobs.iter().filter(is_sweep);
        let whole = sweeps().find(|job| job.state == JobState::Ended(JobEnd::Complete));
        if let Some((found, step)) = whole.and_then(|job| Some((job.findings.second_order()?, job.step))) {
            return Self { said: second_order_range(&found, step), can_be_asked: false };
        }
        let under_way = sweeps().find_map(|job| match job.state {
            JobState::Waiting(progress) => Some(progress),
            JobState::Ended(_) => None,
        });
        if let Some(progress) = under_way {
            let (done, total) = (format::grouped(progress.done), format::grouped(progress.total));
            let reason = format!("being measured, {done} of {total} probes and pairs.");
            return Self { said: Said::new("Up to which σ it holds:", reason), can_be_asked: false };
        }
        let reason = "a measurement at the weights as they are tells.";
        Self { said: Said::new("Up to which σ it holds is not known yet:", reason), can_be_asked: true }
    }
}

fn measure_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, asks: &mut Asks) {
    let can_measure = seen.model.health == EngineHealth::Fine && run.knobs.sigma > 0.0;
    let help = "Pairs at 13 values of σ around this one, beside a Hutchinson trace. Training goes on.";
    let response = ui.add_enabled(can_measure, small_button("Measure")).on_hover_text(help);
    widgets::name(&response, Role::Button, "Measure up to which σ second order holds");
    if !response.clicked() {
        return;
    }
    let menu = Measurement::menu(run.knobs.sigma, run.knobs.rho);
    if let Some(what) = menu.into_iter().find(|what| matches!(what, Measurement::SigmaSweep { .. })) {
        let request = MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 0 };
        asks.push(Ask::Measure { run: run.info.run, request: Box::new(request) });
    }
}

fn small_button(label: &str) -> Button<'_> {
    Button::new(RichText::new(label).small()).small()
}

/// Lines that a claim has room for, so that the knobs below stay where they are while its words change.
const LINES: f32 = 4.0;

/// A claim, and in weaker letters its reason; `term` explains it where the pointer is.
fn said_ui(ui: &mut Ui, said: &Said, (salt, term): (&str, Term)) {
    let tokens = Tokens::of(ui);
    let font_id = TextStyle::Small.resolve(ui.style());
    let letters = |color| TextFormat { font_id: font_id.clone(), color, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    job.append(&said.claim, 0.0, letters(tokens.text.0));
    job.append(&format!(" {}", said.reason), 0.0, letters(tokens.weak.0));
    let row_height = ui.fonts_mut(|fonts| fonts.row_height(&font_id));
    let response = ui.label(job);
    ui.add_space((LINES * row_height - response.rect.height()).max(0.0));
    help::term_of_changing(ui, &response, salt, term);
}
