//! A sweep of a knob: runs that differ in it alone, as small landscapes on one scale and as curves against its value.

mod family;
mod form;
mod moves;
mod points;
mod tiles;
mod values;

use egui::{Button, ComboBox, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, Vec2, vec2};

use self::family::{Family, swept};
use self::points::{Shown, chart};
use self::tiles::{Rows, Tiles};
use super::reading::Readings;
use crate::config::KnobId;
use crate::ui::contract::ask::Asks;
use crate::ui::contract::command::UiCommand;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::plots::chart::curves::curves_ui;
use crate::ui::state::run_view::RunView;
use crate::ui::state::words;

pub use self::form::SweepForm;
pub use self::moves::MovesState;

/// Charts are at least so high, in points.
const CHART_HEIGHT: f32 = 170.0;
/// With less width than this, in points, the charts stand one below the other.
const TWO_CHARTS: f32 = 440.0;
/// The share of the room that the landscapes take at most.
const TILES_SHARE: f32 = 0.5;
/// Words over landscapes and charts, in points.
const WORDS: f32 = 84.0;
/// Room for a scroll bar, in points.
const BAR: f32 = 8.0;
/// The least room that a figure of it has, in points.
const LEAST_FIGURE: Vec2 = Vec2::new(620.0, 480.0);

/// What the pane keeps.
#[derive(Debug, Default)]
pub struct SweepState {
    /// The knob that was chosen; another one is shown where no run differs in it.
    pub knob: Option<KnobId>,
    end: Readings,
    equal: Readings,
    tiles: Tiles,
}

/// What is shown.
struct Sweep<'a> {
    /// The run that the others differ from.
    run: &'a RunView,
    knob: KnobId,
    family: Family<'a>,
    /// The knobs that can be shown, this one among them.
    found: Vec<KnobId>,
}

impl<'a> Sweep<'a> {
    fn new(seen: Seen<'a>, run: &'a RunView, chosen: Option<KnobId>) -> Option<Self> {
        let found = swept(seen.model, run);
        let knob = chosen.filter(|knob| found.contains(knob)).or_else(|| found.first().copied())?;
        Some(Self { run, knob, family: Family::of(seen.model, run, knob), found })
    }

    fn has(&self, run: &RunView) -> bool {
        self.family.runs().any(|member| member.info.run == run.info.run)
    }
}

/// Draws the sweep of the selected run.
pub fn sweep_ui(ui: &mut Ui, seen: Seen<'_>, state: &mut SweepState, asks: &mut Asks) {
    let Some(run) = seen.selected_run() else {
        widgets::small_weak_ui(ui, &seen.model.waiting_for);
        return;
    };
    let Some(sweep) = Sweep::new(seen, run, state.knob) else {
        empty_ui(ui, seen, run, asks);
        return;
    };
    state.end.update_of(seen.model, false, |run| sweep.has(run));
    state.equal.update_of(seen.model, true, |run| sweep.has(run));
    let room = ui.available_size() - vec2(BAR, 0.0);
    if is_figure(ui) {
        whole_ui(ui, seen, &sweep, room, state, asks);
        return;
    }
    ScrollArea::vertical().id_salt("sweep").auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(room.x);
        whole_ui(ui, seen, &sweep, room, state, asks);
    });
}

/// The size of a figure that shows all of it.
pub fn figure_size(room: Vec2) -> Vec2 {
    room.max(LEAST_FIGURE)
}

fn empty_ui(ui: &mut Ui, seen: Seen<'_>, run: &RunView, asks: &mut Asks) {
    let text = format!(
        "No other run differs from {} in one knob alone. A sweep adds a run for each of some values, and they stand here side by side.",
        run.name()
    );
    widgets::small_weak_ui(ui, text);
    begin_ui(ui, seen, None, asks);
}

fn begin_ui(ui: &mut Ui, seen: Seen<'_>, knob: Option<KnobId>, asks: &mut Asks) {
    let command = UiCommand::SweepKnob(knob);
    let why_not = command.why_not(seen);
    let response = ui.add_enabled(why_not.is_none(), Button::new("Sweep a knob…")).on_hover_text(command.spec().help);
    if response.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
        asks.run(command);
    }
}

/// All of it; in this room where that is high enough.
fn whole_ui(ui: &mut Ui, seen: Seen<'_>, sweep: &Sweep<'_>, room: Vec2, state: &mut SweepState, asks: &mut Asks) {
    let top = ui.cursor().top();
    if is_figure(ui) {
        ui.label(format!("Runs that differ from {} in {} alone", sweep.run.name(), sweep.knob.spec().label));
    } else {
        head_ui(ui, seen, sweep, state, asks);
    }
    note_ui(ui, sweep, &state.equal);
    let rows = Rows::new(sweep.family.values.len(), vec2(room.x, TILES_SHARE * (room.y - WORDS)));
    state.tiles.ui(ui, seen, (sweep.knob, &sweep.family), rows, asks);
    let left = room.y - (ui.cursor().top() - top);
    charts_ui(ui, seen, sweep, vec2(room.x, left), state);
}

/// Which knob, and another sweep.
fn head_ui(ui: &mut Ui, seen: Seen<'_>, sweep: &Sweep<'_>, state: &mut SweepState, asks: &mut Asks) {
    ui.horizontal_wrapped(|ui| {
        ui.label(format!("Runs that differ from {} in", sweep.run.name()));
        let mut chosen = sweep.knob;
        let list = ComboBox::from_id_salt("swept knob").selected_text(chosen.spec().label);
        let response = list.show_ui(ui, |ui| {
            for &knob in &sweep.found {
                ui.selectable_value(&mut chosen, knob, knob.spec().label);
            }
        });
        widgets::name(&response.response, Role::ComboBox, "Swept knob");
        if chosen != sweep.knob {
            state.knob = Some(chosen);
        }
        ui.label("alone");
        begin_ui(ui, seen, Some(sweep.knob), asks);
    });
}

/// What is compared, with its errors, and what speaks against it.
fn note_ui(ui: &mut Ui, sweep: &Sweep<'_>, equal: &Readings) {
    let (knob, family) = (sweep.knob, &sweep.family);
    let values: Vec<String> = family.values.iter().map(|(value, _)| words::knob_value(knob, *value)).collect();
    let errors = match family.num_seeds() {
        1 => "one seed; errors are those of the probes".to_owned(),
        seeds => format!("{seeds} seeds; errors are those of their mean, or of the probes where a value has one run"),
    };
    let loss = match equal.loss {
        Some(loss) => {
            format!("At equal training loss: {}, the lowest that all of them have reached.", format::number(loss))
        }
        None => {
            "At equal training loss: not known yet, measured after all have a loss, a trace and eigenvalues.".to_owned()
        }
    };
    let text = format!("{} {}: {errors}. {loss}", words::symbol(knob), values.join(", "));
    let response = widgets::small_weak_ui(ui, text);
    help::term_of_changing(ui, &response, "equal loss", Term::EqualLoss);
    if family.num_turned > 0 {
        let runs = match family.num_turned {
            1 => "one run".to_owned(),
            runs => format!("{runs} runs"),
        };
        ui.colored_label(Tokens::of(ui).warning.0, format!("Another knob was turned on the way in {runs}."));
    }
}

/// Trace and accuracy, side by side where there is room.
fn charts_ui(ui: &mut Ui, seen: Seen<'_>, sweep: &Sweep<'_>, room: Vec2, state: &SweepState) {
    let test = Shown::Test { has_classes: seen.model.has_classes() };
    let charts = [(Shown::Trace, Term::Trace), (test, Term::Accuracy)];
    let columns = if room.x >= TWO_CHARTS { charts.len() } else { 1 };
    let rows = charts.len() / columns;
    let size = vec2(room.x / columns as f32, (room.y / rows as f32).max(CHART_HEIGHT));
    let (rect, _) = ui.allocate_exact_size(vec2(room.x, rows as f32 * size.y), Sense::hover());
    for (index, (shown, term)) in charts.into_iter().enumerate() {
        let corner = vec2((index % columns) as f32 * size.x, (index / columns) as f32 * size.y);
        let place = Rect::from_min_size(rect.min + corner, size).shrink2(vec2(4.0, 2.0));
        let mut ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("sweep chart", index)));
        let found = chart(sweep.knob, &sweep.family, shown, [&state.end, &state.equal]);
        curves_ui(&mut ui, ("sweep", index), &found, term);
    }
}
