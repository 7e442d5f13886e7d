//! A measurement as the window knows it.

use egui::Color32;

use super::run_view::{self, RunView};
use crate::config::OptimizerKind;
use crate::protocol::{Event, Findings, FoundBound, JobEnd, JobId, MeasureRequest, Measurement, Progress, RunId};
use crate::ui::kit::theme::Tokens;

/// How a measurement stands.
#[derive(Debug, Clone, PartialEq)]
pub enum JobState {
    /// Asked for, or under way.
    Waiting(Progress),
    /// Over.
    Ended(JobEnd),
}

/// A measurement with what it found.
#[derive(Debug)]
pub struct JobView {
    /// Its name to the engine.
    pub id: JobId,
    /// The run whose weights it is about.
    pub run: RunId,
    /// The run's optimiser, which outlives the run here.
    pub optimizer: OptimizerKind,
    /// The run's place in the palette when it was asked for; `None` for the colour of its optimiser.
    color: Option<usize>,
    /// The run's name when it was asked for.
    label: String,
    /// What was asked for.
    pub request: MeasureRequest,
    /// Steps that the run had done when its weights were taken.
    pub step: u64,
    /// The objective in words, once the engine told it.
    pub objective: String,
    /// Its run has gone back to before its step since: it says nothing of the run any more.
    pub is_void: bool,
    /// How it stands.
    pub state: JobState,
    /// What it found.
    pub findings: Findings,
}

impl JobView {
    /// A measurement that was just asked for.
    #[must_use]
    pub fn new(id: JobId, run: &RunView, request: &MeasureRequest) -> Self {
        Self {
            id,
            run: run.info.run,
            optimizer: run.info.optimizer,
            color: run.color_index(),
            label: run.name().to_owned(),
            request: request.clone(),
            step: run.step_here(),
            objective: String::new(),
            is_void: false,
            state: JobState::Waiting(Progress { done: 0, total: 0 }),
            findings: Findings::default(),
        }
    }

    /// The name of its run, also after the run is gone.
    #[must_use]
    pub fn name<'a>(&'a self, runs: &'a [RunView]) -> &'a str {
        run_view::find(runs, self.run).map_or(&self.label, RunView::name)
    }

    /// The colour of its run, also after the run is gone.
    #[must_use]
    pub fn color(&self, runs: &[RunView], tokens: &Tokens) -> Color32 {
        let own = || self.color.map_or_else(|| tokens.run(self.optimizer), |index| tokens.run_color(index));
        run_view::find(runs, self.run).map_or_else(own, |run| run.color(tokens))
    }

    /// Takes what the engine says of it: how far it is, or how it ended and what it found.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Measuring { step, progress, .. } => {
                self.step = step;
                self.state = JobState::Waiting(progress);
            }
            Event::Measured { step, objective, end, findings, .. } => {
                self.step = step;
                self.objective = objective;
                self.state = JobState::Ended(end);
                self.findings = *findings;
            }
            _ => {}
        }
    }

    /// The bound that it found of its run, and the C in it; `None` for another measurement, one that did not come to its
    /// end, and one of weights that the run has gone back from.
    #[must_use]
    pub fn bound(&self) -> Option<(FoundBound, f64)> {
        let Measurement::Bound { constant, .. } = self.request.what else { return None };
        let is_whole = self.state == JobState::Ended(JobEnd::Complete) && !self.is_void;
        Some((self.findings.bound().filter(|_| is_whole)?, constant))
    }

    /// The figures as CSV: name, value, error, how it was measured.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut text = "figure,value,error,note\n".to_owned();
        for fact in &self.findings.facts {
            let error = fact.error.map(|error| error.to_string()).unwrap_or_default();
            text += &format!("{},{},{error},{}\n", quoted(&fact.name), fact.value, quoted(&fact.about));
        }
        for chart in &self.findings.charts {
            for curve in &chart.curves {
                text += &format!("\n{},{},error\n", quoted(&chart.x_label), quoted(&curve.name));
                for (index, [x, y]) in curve.points.iter().enumerate() {
                    let error = curve.errors.get(index).map(ToString::to_string).unwrap_or_default();
                    text += &format!("{x},{y},{error}\n");
                }
            }
        }
        for table in &self.findings.tables {
            text += &format!(
                "\nexample,class,said,{}\n",
                table.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",")
            );
            for row in &table.rows {
                let class = |class: Option<usize>| class.map(|class| class.to_string()).unwrap_or_default();
                let values: Vec<String> = row.values.iter().map(ToString::to_string).collect();
                text += &format!("{},{},{},{}\n", row.example + 1, class(row.class), class(row.said), values.join(","));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind};
    use crate::protocol::{Examples, Fact, Measurement, Origin, RunInfo};

    #[test]
    fn figures_are_copied_with_their_errors() {
        let info = RunInfo {
            run: RunId(0),
            optimizer: OptimizerKind::Nso,
            seed: 0,
            knobs: Knobs::default(),
            origin: Origin::Initial,
        };
        let what = Measurement::Trace { probes: 4 };
        let request = MeasureRequest { what, examples: Examples::Train, weight_decay: false, seed: 0 };
        let mut job = JobView::new(JobId(0), &RunView::new(info), &request);
        job.findings = Findings {
            facts: vec![Fact::with_error("trace, \"all\"", 1.5, 0.25, "4 probes"), Fact::exact("n", 3.0, "")],
            ..Findings::default()
        };
        let expected = "figure,value,error,note\n\"trace, \"\"all\"\"\",1.5,0.25,\"4 probes\"\n\"n\",3,,\"\"\n";
        assert_eq!(job.to_csv(), expected);
    }
}
