//! The columns of the table: what each is called, how it is written and sorted.

use std::cmp::Ordering;

use crate::number::natural_order;
use crate::ui::kit::format;
use crate::ui::kit::help::Term;
use crate::ui::panes::runs::reading::{Figure, Reading, Readings, Value};
use crate::ui::state::model::Model;
use crate::ui::state::origin::origin_cell;
use crate::ui::state::run_view::RunView;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Run,
    Optimizer,
    Start,
    Step,
    TestAccuracy,
    TrainLoss,
    TestLoss,
    ValidationAccuracy,
    ValidationLoss,
    BestStep,
    AverageAccuracy,
    AverageLoss,
    Trace,
    LambdaMax,
    Bound,
    Evaluations,
    Seconds,
}

impl Column {
    /// All of them, from left to right.
    pub const ALL: [Self; 17] = [
        Self::Run,
        Self::Optimizer,
        Self::Start,
        Self::Step,
        Self::TestAccuracy,
        Self::TrainLoss,
        Self::TestLoss,
        Self::ValidationAccuracy,
        Self::ValidationLoss,
        Self::BestStep,
        Self::AverageAccuracy,
        Self::AverageLoss,
        Self::Trace,
        Self::LambdaMax,
        Self::Bound,
        Self::Evaluations,
        Self::Seconds,
    ];

    /// Those that are shown: what only some experiments have stands where a run has it.
    pub fn shown(readings: &Readings) -> Vec<Self> {
        let is_there = |column: &Self| {
            !column.is_optional() || readings.runs.iter().any(|(_, reading)| column.newest(reading).is_some())
        };
        Self::ALL.into_iter().filter(is_there).collect()
    }

    const fn is_optional(self) -> bool {
        self.is_of_average() || matches!(self, Self::ValidationAccuracy | Self::ValidationLoss | Self::BestStep)
    }

    /// Whether it is of the average of a run's weights.
    pub const fn is_of_average(self) -> bool {
        matches!(self, Self::AverageAccuracy | Self::AverageLoss)
    }

    /// Its title.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Run => "Run",
            Self::Optimizer => "Optimizer",
            Self::Start => "Start",
            Self::Step => "Step",
            Self::TestAccuracy => "Test accuracy",
            Self::TrainLoss => "Train loss",
            Self::TestLoss => "Test loss",
            Self::ValidationAccuracy => "Valid. accuracy",
            Self::ValidationLoss => "Valid. loss",
            Self::BestStep => "Best step",
            Self::AverageAccuracy => "Average’s accuracy",
            Self::AverageLoss => "Average’s loss",
            Self::Trace => "Trace",
            Self::LambdaMax => "λmax",
            Self::Bound => "Bound",
            Self::Evaluations => "Gradients",
            Self::Seconds => "Seconds",
        }
    }

    /// What it holds, in one sentence.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Run => "The run, in its colour.",
            Self::Optimizer => "Its optimizer.",
            Self::Start => {
                "Where its weights come from: initial, another run, its average, a place of a slice, or a file."
            }
            Self::Step => "Steps done at the newest evaluation.",
            Self::TestAccuracy => "Share of the test examples that are classified rightly.",
            Self::TrainLoss => "Loss on the training examples that everything is measured on, without weight decay.",
            Self::TestLoss => "Loss on the test set.",
            Self::ValidationAccuracy => "Share of the validation examples that are classified rightly.",
            Self::ValidationLoss => "Loss on the validation examples, which no step sees.",
            Self::BestStep => "Step of the evaluation with the least validation loss so far.",
            Self::AverageAccuracy => {
                "Share of the test examples that the network at the average of the run’s weights classifies rightly."
            }
            Self::AverageLoss => "Loss on the test set at the average of the run’s weights.",
            Self::Trace => {
                "Trace of the Hessian of the training loss, with its standard error; of many probes at one step, or streamed."
            }
            Self::LambdaMax => {
                "Largest eigenvalue of the Hessian of the training loss; of a whole solve at one step, or streamed."
            }
            Self::Bound => "C·√(α r²/n), the terms of the bound that can be measured, with α over examples and C = 1.",
            Self::Evaluations => "Gradient evaluations spent: SGD 1 a step, WP k, SAM and its kin 2, NSO 2k.",
            Self::Seconds => "Seconds of training time, measurements left out.",
        }
    }

    /// What explains it, where a term does.
    pub const fn term(self) -> Option<Term> {
        match self {
            Self::TestAccuracy | Self::ValidationAccuracy | Self::AverageAccuracy => Some(Term::Accuracy),
            Self::TrainLoss | Self::TestLoss | Self::ValidationLoss | Self::AverageLoss => Some(Term::Loss),
            Self::Trace => Some(Term::Trace),
            Self::LambdaMax => Some(Term::LambdaMax),
            Self::Bound => Some(Term::Bound),
            Self::Evaluations => Some(Term::GradientEvaluation),
            Self::Run | Self::Optimizer | Self::Start | Self::Step | Self::BestStep | Self::Seconds => None,
        }
    }

    /// Its name in CSV.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Optimizer => "optimizer",
            Self::Start => "start",
            Self::Step => "step",
            Self::TestAccuracy => "test_accuracy",
            Self::TrainLoss => "train_loss",
            Self::TestLoss => "test_loss",
            Self::ValidationAccuracy => "validation_accuracy",
            Self::ValidationLoss => "validation_loss",
            Self::BestStep => "best_validation_step",
            Self::AverageAccuracy => "average_test_accuracy",
            Self::AverageLoss => "average_test_loss",
            Self::Trace => "trace",
            Self::LambdaMax => "lambda_max",
            Self::Bound => "bound",
            Self::Evaluations => "gradient_evaluations",
            Self::Seconds => "train_seconds",
        }
    }

    /// Its least width in points; the first takes what is left.
    pub const fn width(self) -> f32 {
        match self {
            Self::Run => 96.0,
            Self::Optimizer => 70.0,
            Self::Start => 122.0,
            Self::Step => 56.0,
            Self::TestAccuracy => 92.0,
            Self::TrainLoss => 76.0,
            Self::TestLoss => 70.0,
            Self::ValidationAccuracy => 100.0,
            Self::ValidationLoss => 78.0,
            Self::BestStep => 70.0,
            Self::AverageAccuracy => 124.0,
            Self::AverageLoss => 98.0,
            Self::Trace => 92.0,
            Self::LambdaMax => 58.0,
            Self::Bound => 58.0,
            Self::Evaluations => 76.0,
            Self::Seconds => 66.0,
        }
    }

    /// Whether it holds words, which stand at the left.
    pub const fn is_words(self) -> bool {
        matches!(self, Self::Run | Self::Optimizer | Self::Start)
    }

    /// The figure of a run that stands in its cell; `None` where the cell is open.
    pub fn figure(self, reading: &Reading) -> Option<Figure> {
        self.newest(reading).filter(|figure| !reading.is_open(figure))
    }

    /// The newest figure of a run, of whatever step.
    pub const fn newest(self, reading: &Reading) -> Option<Figure> {
        match self {
            Self::Run | Self::Optimizer | Self::Start => None,
            Self::Step => reading.step,
            Self::TestAccuracy => reading.test_accuracy,
            Self::TrainLoss => reading.train_loss,
            Self::TestLoss => reading.test_loss,
            Self::ValidationAccuracy => reading.validation_accuracy,
            Self::ValidationLoss => reading.validation_loss,
            Self::BestStep => reading.best_step,
            Self::AverageAccuracy => reading.average_accuracy,
            Self::AverageLoss => reading.average_loss,
            Self::Trace => reading.trace,
            Self::LambdaMax => reading.lambda_max,
            Self::Bound => reading.bound,
            Self::Evaluations => reading.evaluations,
            Self::Seconds => reading.seconds,
        }
    }

    /// What stands in its cell.
    pub fn text(self, model: &Model, run: &RunView, reading: &Reading) -> String {
        match self {
            Self::Run => run.name().to_owned(),
            Self::Optimizer => run.label().to_owned(),
            Self::Start => origin_cell(model, run),
            _ => self.figure(reading).map_or_else(
                || "–".to_owned(),
                |figure| figure.beside(Some(reading.beside(&figure)), |value| self.value_text(value)),
            ),
        }
    }

    /// A figure without its step.
    pub fn value_text(self, &Value { value, error, streamed }: &Value) -> String {
        match self {
            Self::Step | Self::BestStep | Self::Evaluations => format::grouped(value.max(0.0).round() as u64),
            Self::TestAccuracy | Self::ValidationAccuracy | Self::AverageAccuracy => format::percent(value),
            Self::Seconds => format!("{value:.1}"),
            _ => {
                let error = error.map(|error| format!(" ± {}", format::error(error))).unwrap_or_default();
                let streamed = if streamed.is_some() { " streamed" } else { "" };
                format!("{}{error}{streamed}", format::number(value))
            }
        }
    }

    /// The order of two runs; a run without a figure stands last, whichever way the column is sorted.
    pub fn order(
        self,
        is_descending: bool,
        model: &Model,
        a: (&RunView, &Reading),
        b: (&RunView, &Reading),
    ) -> Ordering {
        let directed = |order: Ordering| if is_descending { order.reverse() } else { order };
        if self.is_words() {
            let words = |(run, reading): (&RunView, &Reading)| self.text(model, run, reading).to_lowercase();
            return directed(natural_order(&words(a), &words(b)));
        }
        let value =
            |reading| self.figure(reading).map(|figure: Figure| figure.value.value).filter(|value| !value.is_nan());
        match (value(a.1), value(b.1)) {
            (Some(a), Some(b)) => directed(a.total_cmp(&b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}
