//! The columns of the table: what each is called, how it is written and sorted.

use std::cmp::Ordering;

use super::reading::{Figure, Reading, Value};
use crate::number::natural_order;
use crate::ui::kit::format;
use crate::ui::kit::help::Term;
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
    Trace,
    LambdaMax,
    Bound,
    Evaluations,
    Seconds,
}

impl Column {
    /// All of them, from left to right.
    pub const ALL: [Self; 12] = [
        Self::Run,
        Self::Optimizer,
        Self::Start,
        Self::Step,
        Self::TestAccuracy,
        Self::TrainLoss,
        Self::TestLoss,
        Self::Trace,
        Self::LambdaMax,
        Self::Bound,
        Self::Evaluations,
        Self::Seconds,
    ];

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
            Self::Start => "Where its weights come from: initial, another run, a place of a slice, or a file.",
            Self::Step => "Steps done at the newest evaluation.",
            Self::TestAccuracy => "Share of the test examples that are classified rightly.",
            Self::TrainLoss => "Loss on the training examples that everything is measured on, without weight decay.",
            Self::TestLoss => "Loss on the test set.",
            Self::Trace => "Trace of the Hessian of the training loss, with its standard error.",
            Self::LambdaMax => "Largest eigenvalue of the Hessian of the training loss.",
            Self::Bound => "C·√(α r²/n), the terms of the bound that can be measured, with α over examples and C = 1.",
            Self::Evaluations => "Gradient evaluations spent: SGD 1 a step, SAM 2, NSO 2k.",
            Self::Seconds => "Seconds of training time, measurements left out.",
        }
    }

    /// What explains it, where a term does.
    pub const fn term(self) -> Option<Term> {
        match self {
            Self::TestAccuracy => Some(Term::Accuracy),
            Self::TrainLoss | Self::TestLoss => Some(Term::Loss),
            Self::Trace => Some(Term::Trace),
            Self::LambdaMax => Some(Term::LambdaMax),
            Self::Bound => Some(Term::Bound),
            Self::Evaluations => Some(Term::GradientEvaluation),
            Self::Run | Self::Optimizer | Self::Start | Self::Step | Self::Seconds => None,
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
    pub fn value_text(self, &Value { value, error }: &Value) -> String {
        match self {
            Self::Step | Self::Evaluations => format::grouped(value.max(0.0).round() as u64),
            Self::TestAccuracy => format::percent(value),
            Self::Seconds => format!("{value:.1}"),
            _ => {
                let error = error.map(|error| format!(" ± {}", format::error(error))).unwrap_or_default();
                format!("{}{error}", format::number(value))
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
