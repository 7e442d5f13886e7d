//! Figures of a sweep against its knob: a point for each value, at the end of the runs and at equal training loss.

use super::family::Family;
use super::values::is_by_ratio;
use crate::config::KnobId;
use crate::protocol::{Curve, Estimate, FoundChart};
use crate::ui::kit::format;
use crate::ui::panes::runs::reading::{Figure, Reading, Readings, Value};

/// What a chart of a sweep shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The Hessian's trace.
    Trace,
    /// The accuracy on the test set; the loss there where there are no classes.
    Test {
        /// Whether examples have classes.
        has_classes: bool,
    },
}

impl Shown {
    const fn title(self) -> &'static str {
        match self {
            Self::Trace => "Hessian trace",
            Self::Test { has_classes: true } => "Test accuracy",
            Self::Test { has_classes: false } => "Test loss",
        }
    }

    /// The figure of a run; `None` where it was not measured at the step at which the run rests.
    fn figure(self, reading: &Reading) -> Option<Figure> {
        let newest = match self {
            Self::Trace => reading.trace,
            Self::Test { has_classes: true } => reading.test_accuracy,
            Self::Test { has_classes: false } => reading.test_loss,
        };
        newest.filter(|figure| !reading.is_open(figure))
    }
}

/// The chart over the values of a knob.
pub fn chart(knob: KnobId, family: &Family<'_>, shown: Shown, [end, equal]: [&Readings; 2]) -> FoundChart {
    let is_positive = family.values.iter().all(|(value, _)| *value > 0.0);
    let at_loss = equal.loss.map(|loss| format!("at equal training loss {}", format::number(loss)));
    let curves = [Some(("at the end".to_owned(), end)), at_loss.map(|name| (name, equal))];
    FoundChart {
        title: format!("{} over {}", shown.title(), knob.spec().symbol),
        x_label: knob.spec().symbol.to_owned(),
        log_x: is_positive && is_by_ratio(knob),
        log_y: false,
        curves: curves.into_iter().flatten().map(|(name, readings)| curve(name, family, shown, readings)).collect(),
    }
}

fn curve(name: String, family: &Family<'_>, shown: Shown, readings: &Readings) -> Curve {
    let (mut points, mut errors) = (Vec::new(), Vec::new());
    for (value, runs) in &family.values {
        let figures = runs.iter().filter_map(|run| shown.figure(readings.run(run.info.run)?));
        if let Some(estimate) = together(figures.map(|figure| figure.value)) {
            points.push([*value, estimate.mean]);
            errors.push(estimate.stderr);
        }
    }
    // Without any error there are none to draw.
    if errors.iter().all(|error| *error == 0.0) {
        errors.clear();
    }
    Curve { name, points, errors }
}

/// The figure of one value: the mean over its runs with the standard error of their spread; of one run its own, with its own
/// error, or 0 where it has none. `None` where none is finite.
pub fn together(values: impl Iterator<Item = Value>) -> Option<Estimate> {
    let values: Vec<Value> = values.filter(|value| value.value.is_finite()).collect();
    match values.as_slice() {
        [] => None,
        [one] => Some(Estimate { mean: one.value, stderr: one.error.unwrap_or(0.0), samples: 1 }),
        several => Some(Estimate::of(several.iter().map(|value| value.value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Knobs, OptimizerKind, builtin_experiment};
    use crate::protocol::{EvalRow, Origin, RunId, RunInfo, TraceRow};
    use crate::ui::state::model::Model;
    use crate::ui::state::run_view::RunView;

    #[test]
    fn several_seeds_have_the_error_of_their_spread_and_one_its_own() {
        let value = |value, error| Value { error, ..Value::exact(value) };
        let one = together([value(3.0, Some(0.2)), value(f64::NAN, None)].into_iter()).expect("one is finite");
        assert_eq!((one.mean, one.stderr), (3.0, 0.2));
        let two = together([value(3.0, Some(0.2)), value(5.0, Some(0.2))].into_iter()).expect("two");
        assert_eq!((two.mean, two.stderr, two.samples), (4.0, 1.0, 2));
        assert_eq!(together(std::iter::empty()), None);
    }

    #[test]
    fn figures_stand_over_their_values_in_order() {
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let optimizer = OptimizerKind::Nso;
        for (run, sigma) in [(0, 0.2), (1, 0.05)] {
            let knobs = Knobs { sigma, ..model.experiment.knobs(optimizer).expect("valid") };
            let info = RunInfo { run: RunId(run), optimizer, seed: 0, knobs, origin: Origin::Initial };
            let mut view = RunView::new(info);
            let (step, gradient_evaluations, train_loss) = (10, 20, 0.1);
            view.evals.push(EvalRow {
                step,
                gradient_evaluations,
                train_loss,
                train_accuracy: 1.0,
                test_loss: 0.3,
                test_accuracy: 0.9 + 0.01 * f64::from(run),
                weight_norm: 1.0,
                validation: None,
                average: None,
            });
            let mean = 4.0 - f64::from(run);
            view.traces.push(TraceRow { step, gradient_evaluations, train_loss, mean, stderr: 0.5, probes: 64 });
            model.runs.push(view);
        }
        let family = Family::of(&model, &model.runs[0], KnobId::Sigma);
        let readings = [false, true].map(|at_equal_loss| Readings::of(&model, at_equal_loss));
        let found = chart(KnobId::Sigma, &family, Shown::Trace, [&readings[0], &readings[1]]);
        assert_eq!((found.x_label.as_str(), found.log_x, found.curves.len()), ("σ", true, 1), "no λmax, no equal loss");
        assert_eq!(found.curves[0].points, [[0.05, 3.0], [0.2, 4.0]]);
        assert_eq!(found.curves[0].errors, [0.5, 0.5]);
        let test = Shown::Test { has_classes: true };
        let found = chart(KnobId::Sigma, &family, test, [&readings[0], &readings[1]]);
        assert_eq!(found.curves[0].points, [[0.05, 0.91], [0.2, 0.9]]);
        assert!(found.curves[0].errors.is_empty(), "one run each has no error");
    }
}
