//! One page to send: what the window knows of its runs as they stand, made into a file on a thread.

use egui::{Color32, Context, Theme};
use serde_json::{Value, json};

use super::App;
use super::save::experiment_file;
use crate::export::drawing::Rgb;
use crate::export::{
    Again, Curve, CurvePoint, Edit, Quantity, Report, ReportRun, ReportTable, SOFTWARE, SliceFigure, TextTable,
    command_line, report_page,
};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::format;
use crate::ui::kit::theme::Tokens;
use crate::ui::panes::runs::Runs;
use crate::ui::shell::figures::job::{FigureJob, Making};
use crate::ui::state::course::{change, course};
use crate::ui::state::history::History;
use crate::ui::state::model::Model;
use crate::ui::state::notices::Level;
use crate::ui::state::restart;
use crate::ui::state::rows::{Evaluated, Row, StepPoint};
use crate::ui::state::run_view::{RunState, RunView};

impl App {
    /// Makes the page on a thread; when it is there, asks where it shall go.
    pub(super) fn save_report(&mut self, ctx: &Context) {
        if self.is_making() {
            return;
        }
        let report = report(self.seen());
        let suggested = format!("{}-report.html", format::file_stem(&self.model.experiment.name));
        let make = move || report_page(&report).map(String::into_bytes).map_err(|err| err.to_string());
        match FigureJob::start(ctx, Making::Report, suggested, make) {
            Ok(job) => self.figure = Some(job),
            Err(err) => {
                let text = format!("The report cannot be made: no thread can be started: {err}.");
                self.model.notices.push(Level::Error, text);
            }
        }
    }
}

/// The runs as they stand.
fn report(seen: Seen<'_>) -> Report {
    let model = seen.model;
    let device = model.device.clone().unwrap_or_else(|| "not known yet".to_owned());
    let (experiment, again) = experiment(seen);
    Report {
        title: model.experiment.title.clone(),
        about: model.experiment.about.clone(),
        facts: facts(model, &device),
        tables: tables(model),
        numbers: json!({
            "experiment": model.experiment.name,
            "device": device,
            "runs": model.runs.iter().map(numbers).collect::<Vec<_>>(),
        }),
        runs: model.runs.iter().map(run).collect(),
        slices: model.runs.iter().filter_map(slice).collect(),
        picture: None,
        origin: format!("{} · {device} · ", model.experiment.name),
        experiment,
        again,
        not_shown: not_shown(model),
    }
}

fn facts(model: &Model, device: &str) -> Vec<(&'static str, String)> {
    let evaluations = model.runs.iter().map(RunView::gradient_evaluations);
    let (least, most) = (evaluations.clone().min().unwrap_or(0), evaluations.max().unwrap_or(0));
    let evaluations = match least == most {
        true => format!("{} a run", format::grouped(most)),
        false => format!("{} to {} a run", format::grouped(least), format::grouped(most)),
    };
    let runs: Vec<String> = model.runs.iter().map(|run| course(model, run, 0)).collect();
    let mut facts = vec![
        ("Experiment", model.experiment.name.clone()),
        ("Runs", runs.join("; ")),
        ("Gradient evaluations", evaluations),
        ("Parameters", format::grouped(model.num_parameters as u64)),
    ];
    facts.extend(model.data.as_ref().map(|data| ("Data", data.source.clone())));
    facts.push(("Device", device.to_owned()));
    facts.push(("Program", format!("{SOFTWARE}, saved from the window")));
    facts
}

fn tables(model: &Model) -> Vec<ReportTable> {
    let headings = ["The runs as they stand", "At equal training loss"];
    let told = |(heading, table): (&'static str, Option<TextTable>)| {
        Some(ReportTable { heading, table: table?, picked: Vec::new() })
    };
    let mut tables: Vec<ReportTable> = headings.into_iter().zip(Runs::tables(model)).filter_map(told).collect();
    let header = ["Run", "Step", "Gradient evaluations", "Turned"].map(str::to_owned).to_vec();
    let mut rows = vec![header];
    for run in &model.runs {
        rows.extend(run.edits.iter().map(|edit| {
            let counts = [edit.step, edit.gradient_evaluations].map(format::grouped);
            let [step, evaluations] = counts;
            vec![run.name().to_owned(), step, evaluations, change(edit)]
        }));
    }
    if rows.len() > 1 {
        let notes = vec!["The step after is the first with the new value.".to_owned()];
        let table = TextTable { title: String::new(), rows, notes };
        tables.push(ReportTable { heading: "Knobs turned on the way", table, picked: Vec::new() });
    }
    tables
}

/// A run in the form of `summary.json`, with what only the window knows: its name, and the step that each figure is of.
fn numbers(run: &RunView) -> Value {
    let eval = run.evals.last();
    let trace = run.newest_trace(u64::MAX).map(
        |trace| json!({"mean": trace.mean, "stderr": trace.stderr, "step": trace.step, "streamed": trace.is_streamed}),
    );
    let ends = run.newest_ends(u64::MAX);
    let diverged_at = match run.state {
        RunState::Diverged { step, .. } => Some(step),
        RunState::Training | RunState::Finished => None,
    };
    json!({
        "name": run.name(),
        "optimizer": (!run.is_followed()).then(|| run.info.optimizer.key()),
        "seed": run.info.seed,
        "steps": run.step(),
        "gradient_evaluations": run.gradient_evaluations(),
        "evaluation_step": eval.map(|row| row.step),
        "train_loss": eval.map(|row| row.train_loss),
        "test_loss": eval.map(|row| row.test_loss),
        "train_accuracy": eval.map(|row| row.train_accuracy),
        "test_accuracy": eval.map(|row| row.test_accuracy),
        "trace": trace,
        "lambda_max": ends.map(|ends| ends.largest[0]),
        "lambda_min": ends.map(|ends| ends.smallest[0]),
        "eigenvalues_step": ends.map(|ends| ends.step),
        "train_seconds": run.train_seconds(),
        "diverged_at": diverged_at,
    })
}

fn run(run: &RunView) -> ReportRun {
    let edits = run.edits.iter().map(|edit| Edit {
        step: edit.step,
        evaluations: edit.gradient_evaluations,
        words: change(edit),
    });
    let colors = [Theme::Light, Theme::Dark].map(|theme| rgb(run.color(Tokens::for_theme(theme))));
    ReportRun { name: run.name().to_owned(), colors, opacity: 1.0, curves: curves(run), edits: edits.collect() }
}

const fn rgb(color: Color32) -> Rgb {
    [color.r(), color.g(), color.b()]
}

fn curves(run: &RunView) -> Vec<Curve> {
    let evals = &run.evals;
    let [train, validation, test] = [Evaluated::Train, Evaluated::Validation, Evaluated::Test];
    let all = [
        curve(Quantity::TrainLoss, evals, train.loss_lane()),
        curve(Quantity::ValidationLoss, evals, validation.loss_lane()),
        curve(Quantity::TestLoss, evals, test.loss_lane()),
        curve(Quantity::TrainAccuracy, evals, train.accuracy_lane()),
        curve(Quantity::ValidationAccuracy, evals, validation.accuracy_lane()),
        curve(Quantity::TestAccuracy, evals, test.accuracy_lane()),
        curve(Quantity::Trace, &run.traces, 0),
        curve(Quantity::StreamedTrace, &run.streamed.traces, 0),
        curve(Quantity::NoiseTrace, &run.steps, StepPoint::NOISE_TRACE),
        curve(Quantity::LambdaMax, &run.eigens, 0),
        curve(Quantity::StreamedLambdaMax, &run.streamed.eigens, 0),
    ];
    all.into_iter().flatten().collect()
}

fn curve<R: Row>(quantity: Quantity, rows: &History<R>, lane: usize) -> Option<Curve> {
    let point = |row: &R| CurvePoint {
        step: row.step(),
        evaluations: row.gradient_evaluations(),
        train_loss: row.train_loss(),
        value: row.lane(lane),
        error: if R::has_error(lane) { row.stderr(lane) } else { f64::NAN },
    };
    Curve::new(quantity, rows.rows().iter().map(point))
}

/// The newest slice of a run.
fn slice(run: &RunView) -> Option<SliceFigure> {
    let grid = &run.slice.as_ref()?.grid;
    let optimizer = (!run.is_followed()).then_some(run.info.optimizer);
    let mut facts = Vec::new();
    if let Some(eval) = run.evals.until(grid.step) {
        let (loss, step) = (format::number(eval.train_loss), format::grouped(eval.step));
        facts.push(format!("train loss {loss} at step {step}"));
    }
    let evaluations = format::grouped(run.evaluations_at(grid.step));
    Some(SliceFigure {
        name: run.name().to_owned(),
        settings: run.knob_summary(),
        optimizer,
        facts,
        seed: Some(run.info.seed),
        origin: format!("{evaluations} gradient evaluations"),
        ..SliceFigure::of_run(run.info.optimizer, grid)
    })
}

/// The text of the experiment with the knobs as they are, and how it is run again.
fn experiment(seen: Seen<'_>) -> (String, Vec<Again>) {
    let model = seen.model;
    let (text, mut says) = match experiment_file(model, seen.shared) {
        Ok((text, beside)) => {
            let mut says = "The settings above have the knobs as they were when this page was saved.".to_owned();
            if !beside.is_empty() {
                says += &format!(
                    " An experiment has one run an optimizer, so they are without {}.",
                    restart::list(&beside)
                );
            }
            (text, says)
        }
        Err(problem) => {
            let says = format!("The settings above are those that the experiment was opened with. {problem}");
            (model.experiment.to_toml(), says)
        }
    };
    if model.runs.iter().any(|run| run.edits.iter().any(|edit| edit.step > 0)) {
        says += " Knobs were turned on the way, as the table above tells; neither command below turns them again.";
    }
    let name = format::file_stem(&model.experiment.name);
    let (file, out) = (format!("{name}.toml"), format!("{name}-again"));
    let plain = |says: String, command: String| Again { says, command };
    let again = vec![
        plain(says, String::new()),
        plain(
            format!("Copied into the file {file}, this opens them in the window:"),
            command_line(["flatscape", &file]),
        ),
        plain(
            "And this trains each optimizer anew and writes tables, curves and a page like this one:".to_owned(),
            command_line(["flatscape", "compare", &file, "--out", &out]),
        ),
    ];
    (text, again)
}

fn not_shown(model: &Model) -> Vec<String> {
    let subset = format::grouped(model.experiment.look.subset as u64);
    let mut sentences = vec![
        format!(
            "Training losses and curvature are of the first {subset} training examples, or of all where there are fewer; the caption \
             of a slice says which examples it is of."
        ),
        "The window measures beside training: each figure is of the step that stands with it, and runs may have gone on since. \
         What is streamed comes from single probes or a few products of the last steps."
            .to_owned(),
        "± of a trace is the standard error over its probes. Eigenvalues are Ritz values by Lanczos: λmax is never above the \
         true one."
            .to_owned(),
        "A slice is of two directions out of as many as there are parameters: what lies across them is not seen.".to_owned(),
        "Flat is not the same as good: curvature stands beside test accuracy here, and neither is shown to cause the other."
            .to_owned(),
    ];
    let stride = model.runs.iter().map(|run| run.steps.stride().max(run.evals.stride())).max().unwrap_or(1);
    if stride > 1 {
        sentences.push(format!("Of long runs the window keeps every {stride}th row."));
    }
    sentences.push("Removed runs, the data and the weights are not on this page.".to_owned());
    sentences
}
