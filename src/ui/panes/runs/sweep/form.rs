//! The question that begins a sweep: which knob, which values, from where. Its runs are added as any other run is.

use egui::{ComboBox, Grid, Role, TextEdit, Ui};

use super::family::{Family, are_alike, sweepable};
use super::values::{self, COUNTS};
use crate::config::{KnobId, KnobScale};
use crate::protocol::{Command, MOST_RUNS, Origin, RunId, RunStart};
use crate::ui::contract::ask::Asks;
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::theme::Tokens;
use crate::ui::kit::{format, widgets};
use crate::ui::panes::runs::knob_form::value_box;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;
use crate::ui::state::words;

/// What a sweep shall be.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepForm {
    /// The run whose other knobs all its runs have.
    pub run: RunId,
    /// The knob.
    pub knob: KnobId,
    is_list: bool,
    range: [f64; 2],
    count: usize,
    is_by_ratio: bool,
    text: String,
    /// The runs go on from the step at which the run was when it was asked; else they begin where it began.
    from_step: Option<u64>,
}

/// What a form comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The values, ascending.
    pub values: Vec<f64>,
    /// Those that no run has yet.
    pub new: Vec<f64>,
}

impl SweepForm {
    /// A sweep of a knob of a run, or of its first one; `None` where it has none whose values are numbers.
    pub fn new(model: &Model, run: &RunView, knob: Option<KnobId>) -> Option<Self> {
        let sweepable = sweepable(model, run);
        let knob = knob.filter(|knob| sweepable.contains(knob)).or_else(|| sweepable.first().copied())?;
        let mut form = Self {
            run: run.info.run,
            knob,
            is_list: false,
            range: [0.0; 2],
            count: 5,
            is_by_ratio: false,
            text: String::new(),
            from_step: None,
        };
        form.choose(model, run, knob);
        Some(form)
    }

    /// Takes another knob, with a range of its own.
    fn choose(&mut self, model: &Model, run: &RunView, knob: KnobId) {
        self.knob = knob;
        self.range = values::first_range(knob, run.knobs.value(knob));
        if knob == KnobId::Batch {
            self.range[1] = self.range[1].min(model.experiment.data.train_size as f64);
        }
        self.is_by_ratio = values::is_by_ratio(knob) && self.range[0] > 0.0;
    }

    /// Its values, and those that take a new run.
    ///
    /// # Errors
    /// A sentence that says why it cannot be done.
    pub fn plan(&self, model: &Model) -> Result<Plan, String> {
        let run = model.run(self.run).ok_or("The run is gone.")?;
        let values = if self.is_list {
            values::of_list(self.knob, &self.text)?
        } else {
            values::of_range(self.knob, self.range, self.count, self.is_by_ratio)?
        };
        let origin = match self.from_step {
            Some(step) => Origin::Branch { run: self.run, step },
            None => run.info.origin.clone(),
        };
        let family = Family::of(model, run, self.knob);
        let is_there = |value: f64| {
            let mut runs = family.values.iter().filter(|(known, _)| *known == value).flat_map(|(_, runs)| runs);
            runs.any(|other| other.info.seed == run.info.seed && are_alike(&origin, &other.info.origin))
        };
        let new: Vec<f64> = values.iter().copied().filter(|value| !is_there(*value)).collect();
        let room = MOST_RUNS.saturating_sub(model.runs.len());
        if new.len() > room {
            let (new, there) = (new.len(), model.runs.len());
            return Err(format!(
                "It adds {new} runs to the {there} that there are, and there can be {MOST_RUNS}. Remove some, or take fewer values."
            ));
        }
        if new.is_empty() {
            return Err("There is a run of each of these values already.".to_owned());
        }
        Ok(Plan { values, new })
    }

    /// Adds its runs.
    pub fn begin(&self, model: &Model, asks: &mut Asks) {
        let (Some(run), Ok(plan)) = (model.run(self.run), self.plan(model)) else { return };
        for value in plan.new {
            let mut knobs = run.knobs.clone();
            if knobs.set(self.knob, value).is_err() {
                continue;
            }
            let start = match self.from_step {
                Some(step) => RunStart::Step { run: self.run, step },
                None => RunStart::Again(self.run),
            };
            asks.send(Command::AddRun { optimizer: run.info.optimizer, knobs: Box::new(knobs), start });
        }
    }

    /// Draws it, with what it comes to.
    pub fn ui(&mut self, ui: &mut Ui, model: &Model) {
        let Some(run) = model.run(self.run) else { return };
        self.knob_ui(ui, model, run);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for (is_list, label) in [(false, "A range"), (true, "A list")] {
                if widgets::segment_ui(ui, self.is_list == is_list, label).clicked() {
                    self.is_list = is_list;
                }
            }
        });
        if self.is_list {
            let line = TextEdit::singleline(&mut self.text).hint_text("0.01, 0.03, 0.1").desired_width(f32::INFINITY);
            let response = ui.add(line);
            widgets::name(&response, Role::TextInput, "Values of the sweep");
        } else {
            self.range_ui(ui);
        }
        self.start_ui(ui, run);
        ui.add_space(2.0);
        match self.plan(model) {
            Ok(plan) => {
                widgets::small_weak_ui(ui, told(self.knob, &plan, model.runs.len(), run));
            }
            Err(problem) => {
                ui.colored_label(Tokens::of(ui).warning.0, problem);
            }
        }
    }

    fn knob_ui(&mut self, ui: &mut Ui, model: &Model, run: &RunView) {
        ui.horizontal(|ui| {
            ui.label("Knob");
            let mut chosen = self.knob;
            let list = ComboBox::from_id_salt("knob of the sweep").selected_text(chosen.spec().label);
            let response = list.show_ui(ui, |ui| {
                for knob in sweepable(model, run) {
                    ui.selectable_value(&mut chosen, knob, knob.spec().label);
                }
            });
            widgets::name(&response.response, Role::ComboBox, "Knob of the sweep");
            if chosen != self.knob {
                self.choose(model, run, chosen);
            }
            let now = words::knob_value(chosen, run.knobs.value(chosen));
            widgets::small_weak_ui(ui, format!("{now} in {}", run.name()));
        });
    }

    fn range_ui(&mut self, ui: &mut Ui) {
        let spec = self.knob.spec();
        Grid::new("range of the sweep").num_columns(2).spacing([12.0, 3.0]).show(ui, |ui| {
            for (value, label) in self.range.iter_mut().zip(["From", "To"]) {
                ui.label(label);
                let response = ui.add(value_box(value, spec, f64::INFINITY));
                widgets::name(&response, Role::SpinButton, &format!("{label}, values of the sweep"));
                ui.end_row();
                if spec.scale == KnobScale::Integer {
                    *value = value.round();
                }
            }
            ui.label("Values");
            let response = ui.add(NumberBox::new(&mut self.count).range(COUNTS).speed(0.05));
            widgets::name(&response, Role::SpinButton, "Number of values");
            ui.end_row();
            ui.label("Spread by");
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                for (by_ratio, label) in [(true, "equal ratios"), (false, "equal steps")] {
                    if widgets::segment_ui(ui, self.is_by_ratio == by_ratio, label).clicked() {
                        self.is_by_ratio = by_ratio;
                    }
                }
            });
            ui.end_row();
        });
    }

    fn start_ui(&mut self, ui: &mut Ui, run: &RunView) {
        let step = run.step();
        if step == 0 && self.from_step.is_none() {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label("Begin");
            let help = "From the same weights, with the same seed, as the run itself began.";
            let again = widgets::segment_ui(ui, self.from_step.is_none(), &format!("where {} began", run.name()));
            if again.on_hover_text(help).clicked() {
                self.from_step = None;
            }
            let at = self.from_step.unwrap_or(step);
            let label = format!("at its step {}", format::grouped(at));
            let help = "Branches: they share the rows of the run up to this step.";
            let here = widgets::segment_ui(ui, self.from_step.is_some(), &label);
            if here.on_hover_text(help).clicked() {
                self.from_step = Some(step);
            }
        });
    }
}

/// What a sweep will do, in a sentence or two.
fn told(knob: KnobId, plan: &Plan, num_runs: usize, run: &RunView) -> String {
    let values: Vec<String> = plan.values.iter().map(|value| words::knob_value(knob, *value)).collect();
    let (new, there) = (plan.new.len(), plan.values.len() - plan.new.len());
    let runs = if new == 1 { "1 run".to_owned() } else { format!("{new} runs") };
    let has = match there {
        0 => String::new(),
        1 => ", one is there".to_owned(),
        there => format!(", {there} are there"),
    };
    format!(
        "{} {}. Adds {runs}{has}: seed {} and all other knobs as in {}. Then there are {} of at most {MOST_RUNS}.",
        words::symbol(knob),
        values.join(", "),
        run.info.seed,
        run.name(),
        num_runs + new,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind, builtin_experiment};
    use crate::protocol::RunInfo;
    use crate::ui::contract::ask::Ask;

    fn model(count: u32) -> Model {
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let optimizer = OptimizerKind::Nso;
        for run in 0..count {
            let knobs = Knobs { sigma: 0.1, ..model.experiment.knobs(optimizer).expect("valid") };
            let info = RunInfo { run: RunId(run), optimizer, seed: 3, knobs, origin: Origin::Initial };
            model.runs.push(RunView::new(info));
        }
        model
    }

    fn form(model: &Model) -> SweepForm {
        SweepForm::new(model, &model.runs[0], Some(KnobId::Sigma)).expect("NSO has a σ")
    }

    #[test]
    fn a_run_for_each_value_that_none_has() {
        let model = model(1);
        let form = form(&model);
        let plan = form.plan(&model).expect("it can be done");
        assert_eq!(plan.values, [0.025, 0.05, 0.1, 0.2, 0.4]);
        assert_eq!(plan.new, [0.025, 0.05, 0.2, 0.4], "the run itself has 0.1");
        let mut asks = Asks::default();
        form.begin(&model, &mut asks);
        let added: Vec<f64> = asks
            .take()
            .into_iter()
            .filter_map(|ask| match ask {
                Ask::Send(Command::AddRun { knobs, start: RunStart::Again(RunId(0)), .. }) => Some(knobs.sigma),
                _ => None,
            })
            .collect();
        assert_eq!(added, plan.new);
        let branches = SweepForm { from_step: Some(40), ..form };
        assert_eq!(branches.plan(&model).expect("it can be done").new.len(), 5, "the run itself is no branch");
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let model = model(62);
        let form = form(&model);
        let problem = form.plan(&model).unwrap_err();
        assert!(problem.contains("adds 4 runs to the 62") && problem.contains("there can be 64"), "{problem}");
        let list = |text: &str| SweepForm { is_list: true, text: text.to_owned(), ..form.clone() };
        assert_eq!(list("0.1 0.2 0.3").plan(&model).expect("two are new").new, [0.2, 0.3]);
        assert!(list("0.1, 9").plan(&model).unwrap_err().contains("expected a number from 0 to 1"));
        let mut model = model;
        model.runs[1].knobs.sigma = 0.2;
        assert!(list("0.1 0.2").plan(&model).unwrap_err().contains("already"));
    }
}
