//! What a lesson's check trains, and what is to be seen of it.

use serde::{Deserialize, Serialize};

use crate::config::{Experiment, OptimizerKind, StudyKind};

/// How a lesson shows that what it says is seen: some runs, and what holds of them over seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Training seeds where nobody says how many, at least 2.
    pub seeds: u64,
    /// How often curvature is measured along each run, beside its end.
    pub curvature: u64,
    /// What is measured of each run beside.
    pub kind: StudyKind,
    /// The comparisons: the lesson's own methods first, then each arm of other settings.
    pub parts: Vec<CheckPart>,
    /// What is to be seen, at least one thing.
    pub sights: Vec<Sight>,
}

/// One comparison of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckPart {
    /// The experiment with the settings of these arms.
    pub experiment: Experiment,
    /// The name of each arm and its method, each method once.
    pub arms: Vec<(String, OptimizerKind)>,
}

/// One thing to be seen: a measure of an arm against that of another, a number, or the edge of stability.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// What is seen, in one sentence.
    pub says: String,
    /// What is measured.
    pub measure: Observed,
    /// Where along the runs.
    pub read: Along,
    /// The arm.
    pub of: String,
    /// How it compares.
    pub relation: Relation,
    /// What the other side is multiplied by.
    pub factor: f64,
    /// The other side.
    pub than: Than,
}

/// What an arm is held against.
#[derive(Debug, Clone, PartialEq)]
pub enum Than {
    /// The same of another arm.
    Arm(String),
    /// A number.
    Value(f64),
    /// The curvature up to which the arm's steps are stable on a quadratic.
    Edge(f64),
}

/// What is measured of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observed {
    /// Loss on the training examples.
    TrainLoss,
    /// Loss on the test examples.
    TestLoss,
    /// Accuracy on the training examples, with the labels that they have.
    TrainAccuracy,
    /// Accuracy on the test examples.
    TestAccuracy,
    /// Test loss minus training loss.
    Gap,
    /// Trace of the Hessian.
    Trace,
    /// Its largest eigenvalue.
    LambdaMax,
    /// The largest eigenvalue over the trace: the share of one direction in all curvature.
    TopShare,
    /// ‖w‖ over all parameters.
    WeightNorm,
    /// Its largest eigenvalue times ‖w‖², which rescaling all weights of a network that does not feel it leaves as it is.
    ScaledLambdaMax,
    /// Of a check of pairs: the variance of the gradient from single points over that from pairs, at equal cost.
    PairRatio,
}

/// Where along a run something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Along {
    /// At step 0.
    Start,
    /// At the end of the budget.
    End,
    /// Where the training losses of both arms last fell through the lowest that both have reached.
    EqualLoss,
    /// The greatest value along the run.
    Greatest,
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relation {
    /// The first is smaller.
    #[serde(rename = "<")]
    Less,
    /// The first is greater.
    #[serde(rename = ">")]
    Greater,
}

impl Observed {
    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TrainLoss => "training loss",
            Self::TestLoss => "test loss",
            Self::TrainAccuracy => "training accuracy",
            Self::TestAccuracy => "test accuracy",
            Self::Gap => "test loss − training loss",
            Self::Trace => "Hessian trace",
            Self::LambdaMax => "λmax",
            Self::TopShare => "λmax over the trace",
            Self::WeightNorm => "‖w‖",
            Self::ScaledLambdaMax => "λmax times ‖w‖²",
            Self::PairRatio => "variance of single points over that of pairs",
        }
    }

    /// Whether it can be read between two points of a run, at a training loss.
    #[must_use]
    pub const fn is_read_at_equal_loss(self) -> bool {
        matches!(self, Self::TestLoss | Self::TestAccuracy | Self::Gap | Self::Trace | Self::LambdaMax)
    }

    /// Whether it is measured with curvature, and so only as often as that.
    #[must_use]
    pub const fn is_curvature(self) -> bool {
        matches!(self, Self::Trace | Self::LambdaMax | Self::TopShare | Self::ScaledLambdaMax)
    }
}

impl Along {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Start => "at step 0",
            Self::End => "at the end",
            Self::EqualLoss => "at equal training loss",
            Self::Greatest => "at its greatest",
        }
    }
}

impl Relation {
    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::Greater => ">",
        }
    }
}

impl Check {
    /// The arm's experiment and method.
    #[must_use]
    pub fn arm(&self, name: &str) -> Option<(&Experiment, OptimizerKind)> {
        self.parts.iter().find_map(|part| {
            let (_, method) = part.arms.iter().find(|(arm, _)| arm == name)?;
            Some((&part.experiment, *method))
        })
    }
}
