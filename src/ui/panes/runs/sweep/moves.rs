//! The smallest σ that moves the trace at equal training loss.
//!
//! Curvature falls with the loss itself, so traces are compared where all runs had the same training loss. The trace of a run
//! is another than that without noise where both are more than 3 combined standard errors and more than 10 % apart; the smallest
//! σ that moves it is the one from which on that is so of every greater one. The errors are those of the probes: what another seed
//! would give is not in them.

use super::family::{Family, are_alike, differing};
use super::points::together;
use crate::config::{KnobId, OptimizerKind};
use crate::protocol::Estimate;
use crate::ui::kit::format;
use crate::ui::panes::runs::groups::is_shared;
use crate::ui::panes::runs::reading::{Figure, Readings};
use crate::ui::state::model::Model;
use crate::ui::state::noise_text::{Said, with_error};
use crate::ui::state::run_view::RunView;

/// What is compared: a trace at equal training loss, and about which step that was.
#[derive(Debug, Clone, PartialEq)]
struct At {
    name: String,
    trace: Estimate,
    step: u64,
}

/// What keeps the figures from frame to frame.
#[derive(Debug, Default)]
pub struct MovesState {
    readings: Readings,
}

impl MovesState {
    /// The smallest σ that moves the trace, of the runs that differ from `run` in σ alone.
    pub fn said(&mut self, model: &Model, run: &RunView) -> Said {
        let family = Family::of(model, run, KnobId::Sigma);
        let still = without_noise(model, run);
        let is_read = |other: &RunView| {
            let id = other.info.run;
            still.is_some_and(|still| still.info.run == id) || family.runs().any(|member| member.info.run == id)
        };
        self.readings.update_of(model, true, is_read);
        if family.values.len() + usize::from(still.is_some()) < 2 {
            return unknown("it takes runs with several σ.");
        }
        let Some(loss) = self.readings.loss else {
            return unknown("the runs have no training loss in common yet at which their traces were measured.");
        };
        let figure = |run: &RunView| self.readings.run(run.info.run)?.trace;
        let mut by_sigma: Vec<(f64, At)> = Vec::new();
        for (sigma, runs) in &family.values {
            let name = format!("σ {}", format::setting(*sigma));
            by_sigma.extend(at(name, runs.iter().filter_map(|run| figure(run))).map(|at| (*sigma, at)));
        }
        let still = still.and_then(|run| at(run.name().to_owned(), figure(run).into_iter()));
        // Without such a run the least σ is the nearest to none.
        let base = match still {
            Some(at) => at,
            None if by_sigma.is_empty() => return unknown("no trace was measured on both sides of the common loss."),
            None => by_sigma.remove(0).1,
        };
        told(&base, &by_sigma, loss)
    }
}

fn unknown(reason: &str) -> Said {
    Said::new("The smallest σ that moves the trace is not known yet:", reason)
}

/// The figures of one σ together, about the step of the first.
fn at(name: String, figures: impl Iterator<Item = Figure>) -> Option<At> {
    let figures: Vec<Figure> = figures.collect();
    let trace = together(figures.iter().map(|figure| figure.value))?;
    Some(At { name, trace, step: figures.first()?.step })
}

/// The run of plain SGD that differs from one with noise in its noise alone.
fn without_noise<'a>(model: &'a Model, run: &RunView) -> Option<&'a RunView> {
    let (plain, noisy) = (OptimizerKind::Sgd, run.info.optimizer);
    model.runs.iter().find(|other| {
        let mut apart = differing(noisy, &run.knobs, &other.knobs).filter(|knob| is_shared(*knob, plain, noisy));
        other.info.optimizer == plain
            && !other.is_followed()
            && other.info.seed == run.info.seed
            && are_alike(&run.info.origin, &other.info.origin)
            && apart.next().is_none()
    })
}

/// The place of the smallest σ from which on the trace is another than `base`, of traces by ascending σ.
fn least_that_moves(base: Estimate, traces: &[Estimate]) -> Option<usize> {
    let still = traces.iter().rposition(|trace| !trace.parts_from(base));
    Some(still.map_or(0, |place| place + 1)).filter(|place| *place < traces.len())
}

fn told(base: &At, by_sigma: &[(f64, At)], loss: f64) -> Said {
    let traces: Vec<Estimate> = by_sigma.iter().map(|(_, at)| at.trace).collect();
    let told = |at: &At| format!("{} (step {})", with_error(at.trace), format::grouped(at.step));
    let beside = |at: &At| {
        let base = format!("{} of {} (step {})", with_error(base.trace), base.name, format::grouped(base.step));
        format!("{} beside {base}, at training loss {}", told(at), format::number(loss))
    };
    match (least_that_moves(base.trace, &traces), by_sigma) {
        (Some(place), _) => {
            let (sigma, at) = &by_sigma[place];
            let smaller = if place == 0 { "; no smaller one was tried" } else { "" };
            let claim = format!("σ {} is the smallest that moves the trace:", format::setting(*sigma));
            Said::new(claim, format!("{}{smaller}.", beside(at)))
        }
        (None, [.., (greatest, at)]) => {
            let claim = format!("No σ up to {} moves the trace:", format::setting(*greatest));
            Said::new(claim, format!("{}, is within 3 errors or 10 %.", beside(at)))
        }
        (None, []) => unknown("no trace was measured on both sides of the common loss."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, builtin_experiment};
    use crate::protocol::{EigenRow, EvalRow, Origin, RunId, RunInfo, TraceRow};

    fn estimate(mean: f64) -> Estimate {
        Estimate { mean, stderr: 0.1, samples: 1 }
    }

    #[test]
    fn a_sigma_moves_the_trace_if_all_greater_ones_do() {
        let least = |traces: &[f64]| {
            let traces: Vec<Estimate> = traces.iter().map(|mean| estimate(*mean)).collect();
            least_that_moves(estimate(10.0), &traces)
        };
        assert_eq!(least(&[9.9, 8.0, 5.0]), Some(1));
        assert_eq!(least(&[8.0, 9.9, 5.0]), Some(2), "the first is luck, or the second is");
        assert_eq!(least(&[8.0, 5.0]), Some(0));
        assert_eq!(least(&[9.9, 9.5]), None, "less than 10 %");
        assert_eq!(least(&[5.0, f64::NAN]), None);
        assert_eq!(least(&[]), None);
    }

    /// SGD and NSO with some σ, each with a trace at losses 1 and 0.1.
    fn model(runs: &[(OptimizerKind, f64, f64)]) -> Model {
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        for (&(optimizer, sigma, trace), id) in runs.iter().zip(0..) {
            let knobs = Knobs { sigma, ..model.experiment.knobs(optimizer).expect("valid") };
            let mut run = RunView::new(RunInfo { run: RunId(id), optimizer, seed: 0, knobs, origin: Origin::Initial });
            for (step, train_loss) in [(10, 1.0), (20, 0.1)] {
                let gradient_evaluations = step;
                run.evals.push(EvalRow {
                    step,
                    gradient_evaluations,
                    train_loss,
                    train_accuracy: 1.0,
                    test_loss: 0.3,
                    test_accuracy: 0.9,
                    weight_norm: 1.0,
                    validation: None,
                    average: None,
                });
                let mean = trace;
                run.traces.push(TraceRow { step, gradient_evaluations, train_loss, mean, stderr: 0.1, probes: 64 });
                run.push_eigen(EigenRow {
                    step,
                    gradient_evaluations,
                    train_loss,
                    lambda_max: 1.0,
                    lambda_min: 0.0,
                    residual_max: 0.0,
                    residual_min: 0.0,
                    products: 20,
                });
            }
            model.runs.push(run);
        }
        model
    }

    fn said(model: &Model) -> Said {
        MovesState::default().said(model, model.runs.last().expect("there is one"))
    }

    #[test]
    fn the_smallest_sigma_stands_beside_the_run_without_noise() {
        use OptimizerKind::{Nso, Sgd};
        let found = said(&model(&[(Sgd, 0.1, 10.0), (Nso, 0.2, 4.0), (Nso, 0.05, 9.8), (Nso, 0.1, 7.0)]));
        assert_eq!(found.claim, "σ 0.1 is the smallest that moves the trace:");
        assert_eq!(found.reason, "7.00 ± 0.10 (step 20) beside 10.0 ± 0.10 of SGD (step 20), at training loss 0.100.");
        let alone = said(&model(&[(Sgd, 0.1, 10.0), (Nso, 0.1, 7.0)]));
        assert!(alone.reason.ends_with("; no smaller one was tried."), "{alone:?}");
        let still = said(&model(&[(Nso, 0.05, 9.8), (Nso, 0.1, 9.9)]));
        assert!(still.claim == "No σ up to 0.1 moves the trace:" && still.reason.contains("of σ 0.05"), "{still:?}");
    }

    #[test]
    fn what_is_not_known_says_what_it_takes() {
        use OptimizerKind::{Nso, Sgd};
        let claim = |model: &Model| said(model).claim;
        assert!(claim(&model(&[(Nso, 0.1, 7.0)])).contains("not known yet"));
        let mut apart = model(&[(Sgd, 0.1, 10.0), (Nso, 0.1, 7.0)]);
        apart.runs[0].knobs.learning_rate = 0.5;
        assert!(said(&apart).reason.contains("several σ"), "SGD differs in its rate as well");
        let mut bare = model(&[(Sgd, 0.1, 10.0), (Nso, 0.1, 7.0)]);
        bare.runs[1].traces.clear();
        assert!(said(&bare).reason.contains("no training loss in common"), "{:?}", said(&bare));
    }
}
