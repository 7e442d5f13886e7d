//! Claims as data: what is trained, what is measured, in which order the methods are said to come, and by which rule that holds.
//!
//! A study is one comparison, and by its [`StudyKind`] what is measured at the end of its runs beside; several claims read it. The
//! studies that come with the program are files in `assets/claims`.

mod kind;
mod read;
mod variants;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ConfigError, Experiment, OptimizerKind, builtin_experiment};
pub use kind::{BoundTerms, MeasuredOn, NoiseStability, NoisyParameters, PairVariances, StudyKind};
pub use read::{claim_names, studies, study_of};
pub use variants::{Part, Variant};

/// A comparison, and the claims that it is made for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Its name in files.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What is done, in a sentence or two.
    pub about: String,
    /// The built-in experiment that is compared.
    pub experiment: String,
    /// Layers in place of the experiment's; none leaves those.
    #[serde(default)]
    pub layers: Vec<String>,
    /// Changes of its settings, as `--set` takes them.
    #[serde(default)]
    pub set: Vec<String>,
    /// The methods, in the order of the tables.
    pub methods: Vec<OptimizerKind>,
    /// Methods with settings of their own, beside them.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// Values that are tried before, as `--tune` takes them.
    #[serde(default)]
    pub tune: Vec<String>,
    /// How often curvature is measured along the way, for claims that are read at equal training loss.
    #[serde(default)]
    pub curvature: u64,
    /// Training seeds of a full run.
    pub seeds: u64,
    /// What is measured at the end of each run beside what every comparison has.
    #[serde(default)]
    pub kind: StudyKind,
    /// What `--quick` changes.
    pub quick: Quick,
    /// What is claimed.
    pub claims: Vec<Claim>,
}

/// A short run of a study.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quick {
    /// Training seeds.
    pub seeds: u64,
    /// Further changes of the settings.
    #[serde(default)]
    pub set: Vec<String>,
    /// Values that are tried, in place of the study's.
    #[serde(default)]
    pub tune: Vec<String>,
    /// What is measured at the end of each run, in place of the study's.
    pub kind: Option<StudyKind>,
    /// The methods and variants that run, by their names; none named runs all.
    #[serde(default)]
    pub arms: Vec<String>,
}

/// One claim: methods in an order by one measure, or what the study's kind measures at each run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its name in files and on the command line.
    pub name: String,
    /// What is claimed, in one sentence.
    pub says: String,
    /// Who says it: the part of the paper.
    pub source: String,
    /// What is measured.
    pub measure: Measure,
    /// Where along the runs it is read.
    pub read: ReadAt,
    /// The methods as the claim has them in order: the first is said to be better than the second, and so on. None where the
    /// measure is one of the study's kind.
    #[serde(default)]
    pub order: Vec<OptimizerKind>,
    /// The same by the names of methods and variants. At equal training loss it is then the lowest that all of these have
    /// reached, whatever the study's others do.
    #[serde(default)]
    pub arms: Vec<String>,
    /// The least and the greatest σ of which something is claimed; `None` claims it up to a σ that is to be found.
    pub sigma: Option<[f64; 2]>,
    /// What this study cannot show, in one sentence.
    pub not_shown: String,
}

/// What a claim measures of each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Accuracy on the test set; greater is better.
    TestAccuracy,
    /// Loss on the test set; smaller is better. Of matrix sensing it is the squared relative distance to the truth.
    TestLoss,
    /// Hessian trace on the measured training subset; smaller is better.
    Trace,
    /// Largest eigenvalue of the Hessian there; smaller is better.
    LambdaMax,
    /// Test loss minus training loss; smaller is better.
    Gap,
    /// Of a study of noise stability: what noise adds to the loss, against σ²/2·Tr ∇²L.
    SecondOrder,
    /// Of a study of the bound: whether it is above the gap between test and training loss.
    BoundAboveGap,
    /// Of a study of the bound: whether it orders the runs as their gaps do.
    BoundOrder,
    /// Of a study of pairs: the trace of the covariance of a gradient estimate; smaller is better.
    GradientVariance,
    /// Of a study of pairs: the variance of a loss estimate; smaller is better.
    LossVariance,
    /// Share of the test questions whose answer is right where the model writes it on its own, by greedy decoding; greater is
    /// better. Only at the end, of data that have such answers.
    ExactMatch,
    /// Share of the test texts whose most similar image is their own, of two towers; greater is better. Only at the end, as all
    /// scores are.
    TextToImage,
    /// Share of the test images of one held-out thing whose colour is told by prompts, of scenes; greater is better.
    ZeroShotColour,
    /// The same of its shape.
    ZeroShotShape,
}

impl Measure {
    /// Whether a greater value is the better one.
    #[must_use]
    pub const fn greater_is_better(self) -> bool {
        matches!(self, Self::TestAccuracy) || self.is_score()
    }

    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::TestAccuracy => "test accuracy",
            Self::TestLoss => "test loss",
            Self::Trace => "Hessian trace",
            Self::LambdaMax => "largest eigenvalue",
            Self::Gap => "test loss − training loss",
            Self::SecondOrder => "loss added by noise",
            Self::BoundAboveGap => "bound and gap",
            Self::BoundOrder => "rank correlation of bound and gap",
            Self::GradientVariance => "variance of the gradient estimate",
            Self::LossVariance => "variance of the loss estimate",
            Self::ExactMatch => "exact match",
            Self::TextToImage => "R@1 of texts",
            Self::ZeroShotColour => "zero-shot colour",
            Self::ZeroShotShape => "zero-shot shape",
        }
    }

    /// Whether it is a score that only some data have, which is measured at the end alone.
    #[must_use]
    pub const fn is_score(self) -> bool {
        matches!(self, Self::ExactMatch | Self::TextToImage | Self::ZeroShotColour | Self::ZeroShotShape)
    }

    /// Whether a study of this kind has it.
    #[must_use]
    pub const fn is_of(self, kind: &StudyKind) -> bool {
        match self {
            Self::SecondOrder => matches!(kind, StudyKind::NoiseStability(_)),
            Self::BoundAboveGap | Self::BoundOrder => matches!(kind, StudyKind::Bound(_)),
            Self::GradientVariance | Self::LossVariance => matches!(kind, StudyKind::Pairs(_)),
            Self::TestAccuracy | Self::TestLoss | Self::Trace | Self::LambdaMax | Self::Gap => true,
            Self::ExactMatch | Self::TextToImage | Self::ZeroShotColour | Self::ZeroShotShape => true,
        }
    }
}

/// Where along the runs a measure is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadAt {
    /// At the end of the budget, the same number of gradient evaluations for all.
    End,
    /// Where each run's training loss last fell through the lowest value that all have reached.
    EqualLoss,
}

impl fmt::Display for ReadAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::End => "at the end",
            Self::EqualLoss => "at equal training loss",
        })
    }
}

impl Study {
    /// The experiment with the study's settings, for a short run with the short one's too.
    ///
    /// # Errors
    /// [`ConfigError`] of the setting that is wrong.
    pub fn experiment(&self, is_quick: bool) -> Result<Experiment, ConfigError> {
        let mut experiment = builtin_experiment(&self.experiment)?;
        if !self.layers.is_empty() {
            experiment.model.layers = self.layers.iter().map(|layer| layer.as_str().into()).collect();
        }
        let quick = if is_quick { &self.quick.set[..] } else { &[] };
        for assignment in self.set.iter().chain(quick) {
            experiment.assign(assignment)?;
        }
        experiment.validate()?;
        Ok(experiment)
    }

    /// The values to be tried.
    #[must_use]
    pub fn tune(&self, is_quick: bool) -> &[String] {
        if is_quick { &self.quick.tune } else { &self.tune }
    }

    /// What is measured at the end of each run.
    #[must_use]
    pub fn kind(&self, is_quick: bool) -> &StudyKind {
        self.quick.kind.as_ref().filter(|_| is_quick).unwrap_or(&self.kind)
    }

    /// Training seeds where nobody says how many.
    #[must_use]
    pub const fn seeds(&self, is_quick: bool) -> u64 {
        if is_quick { self.quick.seeds } else { self.seeds }
    }
}
