//! What the page tells, as plain data: a comparison and the window each fill it in.

use crate::export::SliceFigure;
use crate::export::drawing::Rgb;
use crate::export::text_table::TextTable;

/// Everything that the page tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its title, that of the experiment.
    pub title: String,
    /// What the experiment is about; may be empty.
    pub about: String,
    /// What ran, as pairs of words, such as "Device" and "CPU (Flex), 2 threads".
    pub facts: Vec<(&'static str, String)>,
    /// Its tables, in order.
    pub tables: Vec<ReportTable>,
    /// The numbers behind the tables, in the form of `summary.json`.
    pub numbers: serde_json::Value,
    /// The runs with their curves.
    pub runs: Vec<ReportRun>,
    /// The slices, on one colour scale.
    pub slices: Vec<SliceFigure>,
    /// The same as a picture, as PNG, where it is drawn already.
    pub picture: Option<Vec<u8>>,
    /// What stands before the name of the program in the caption of the slices.
    pub origin: String,
    /// The experiment, as TOML.
    pub experiment: String,
    /// How it is run again: sentences, some with a command line after them.
    pub again: Vec<Again>,
    /// What the page does not show, a sentence each.
    pub not_shown: Vec<String>,
}

/// A table with what stands above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportTable {
    /// Its heading.
    pub heading: &'static str,
    /// The table.
    pub table: TextTable,
    /// Rows that stand out, by their place from the header on.
    pub picked: Vec<usize>,
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportRun {
    /// Its name, which no other run has.
    pub name: String,
    /// Its colour on light and on dark ground.
    pub colors: [Rgb; 2],
    /// How much of it is seen, 0 to 1: tells seeds of one colour apart.
    pub opacity: f64,
    /// What was measured along the way.
    pub curves: Vec<Curve>,
    /// Turns of knobs, in order.
    pub edits: Vec<Edit>,
}

/// A turn of a knob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Steps done then.
    pub step: u64,
    /// Gradient evaluations spent then.
    pub evaluations: u64,
    /// What was turned, such as "σ 0.05 → 0.11".
    pub words: String,
}

/// How the experiment is run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// One sentence.
    pub says: String,
    /// A command line; may be empty.
    pub command: String,
}

/// A figure of one run along its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it is.
    pub quantity: Quantity,
    /// Its points, ascending by step.
    pub points: Vec<CurvePoint>,
}

impl Curve {
    /// The curve through these points; `None` where there is none.
    pub fn new(quantity: Quantity, points: impl Iterator<Item = CurvePoint>) -> Option<Self> {
        let points: Vec<CurvePoint> = points.collect();
        (!points.is_empty()).then_some(Self { quantity, points })
    }
}

/// One point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Steps done.
    pub step: u64,
    /// Gradient evaluations spent.
    pub evaluations: u64,
    /// Training loss at the same weights; NaN where it was not measured there.
    pub train_loss: f64,
    /// The figure; NaN where there is none.
    pub value: f64,
    /// Its standard error; NaN where it has none.
    pub error: f64,
}

/// What a curve is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Loss on the measured training examples.
    TrainLoss,
    /// Loss on the validation examples.
    ValidationLoss,
    /// Loss on the test examples.
    TestLoss,
    /// Accuracy on the measured training examples, 0 to 1.
    TrainAccuracy,
    /// The same on the validation examples.
    ValidationAccuracy,
    /// The same on the test examples.
    TestAccuracy,
    /// Hutchinson's trace of many probes at one step.
    Trace,
    /// The same from single probes of the last steps.
    StreamedTrace,
    /// The trace that the noise samples of a run say.
    NoiseTrace,
    /// The largest eigenvalue by a whole solve at one step.
    LambdaMax,
    /// The same from a few products a step.
    StreamedLambdaMax,
}

impl Quantity {
    /// In words, for the middle of a sentence.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TrainLoss => "training loss",
            Self::ValidationLoss => "validation loss",
            Self::TestLoss => "test loss",
            Self::TrainAccuracy => "training accuracy",
            Self::ValidationAccuracy => "validation accuracy",
            Self::TestAccuracy => "test accuracy",
            Self::Trace => "trace",
            Self::StreamedTrace => "trace, streamed",
            Self::NoiseTrace => "trace from the noise samples",
            Self::LambdaMax => "λmax",
            Self::StreamedLambdaMax => "λmax, streamed",
        }
    }
}
