//! What a study measures at the weights of each run, beside what every comparison has.

use serde::{Deserialize, Serialize};

use crate::config::NoiseDistribution;

/// The kind of a study. All kinds train as a comparison does; they differ by what is measured at the end of each run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StudyKind {
    /// Losses, accuracies, trace and eigenvalues, which every study has.
    #[default]
    Comparison,
    /// E L(w + U) − L(w) against σ²/2·Tr ∇²L, over many σ.
    NoiseStability(NoiseStability),
    /// The terms of C·√(α r²/n).
    Bound(BoundTerms),
    /// Variances of estimates from one-point and from two-point noise.
    Pairs(PairVariances),
}

/// How the second-order picture of noise is held against noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseStability {
    /// The examples of the loss.
    pub examples: MeasuredOn,
    /// What is noisy; the trace is that of the same parameters.
    pub parameters: NoisyParameters,
    /// The standard deviations, ascending and above 0.
    pub sigmas: Vec<f64>,
    /// Pairs ±U for each σ, at least 2.
    pub pairs: usize,
    /// Probes of the trace, at least 2.
    pub probes: usize,
    /// Distribution of the noise.
    #[serde(default)]
    pub distribution: NoiseDistribution,
}

/// How the terms of the bound are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundTerms {
    /// Probes of the traces, at least 4: half of them find the example of the greatest trace, the others measure it.
    pub probes: usize,
    /// Consecutive examples of a batch, over which the greatest trace is told too.
    pub batch: usize,
    /// C, which the theorem leaves open.
    pub constant: f64,
}

/// How the variances of noisy estimates are measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairVariances {
    /// The examples of the loss.
    pub examples: MeasuredOn,
    /// σ of all parameters' noise.
    pub sigma: f64,
    /// Pairs of a two-point estimate; the one-point estimate beside it has twice as many samples, and as many gradients.
    pub k: Vec<usize>,
    /// Couples of independent draws, a multiple of [`Self::batches`].
    pub draws: usize,
    /// Parts of the draws, from whose spread the errors of ratios come, at least 2.
    pub batches: usize,
    /// Probes of ‖H‖²_F, at least 2.
    pub probes: usize,
}

/// The examples that a measurement is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasuredOn {
    /// The measured training examples.
    Train,
    /// The test examples.
    Test,
}

/// Parameters that noise is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoisyParameters {
    /// Tensors of two dimensions or more: neither biases nor the scales of norms.
    Matrices,
    /// All that are trained.
    All,
}

impl MeasuredOn {
    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Train => "training loss",
            Self::Test => "test loss",
        }
    }
}

impl NoisyParameters {
    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Matrices => "weight matrices only",
            Self::All => "all parameters",
        }
    }
}

impl StudyKind {
    /// Whether nothing is measured beside what every comparison has.
    #[must_use]
    pub const fn is_comparison(&self) -> bool {
        matches!(self, Self::Comparison)
    }

    /// What does not fit in it, in a sentence; `None` where all does.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let is_rising = |values: &[f64]| values.windows(2).all(|pair| pair[0] < pair[1]);
        let is_scale = |value: f64| value > 0.0 && value.is_finite();
        match self {
            Self::Comparison => None,
            Self::NoiseStability(of) => {
                let fits = of.sigmas.iter().all(|&sigma| is_scale(sigma)) && is_rising(&of.sigmas);
                let fault = "expected ascending σ above 0, and at least 2 pairs and 2 probes";
                (of.sigmas.is_empty() || !fits || of.pairs < 2 || of.probes < 2).then_some(fault)
            }
            Self::Bound(of) => (of.probes < 4 || of.batch == 0 || !is_scale(of.constant))
                .then_some("expected at least 4 probes, batches of at least 1 example, and a constant above 0"),
            Self::Pairs(of) => {
                let parts = of.batches >= 2 && of.draws >= 2 * of.batches && of.draws.is_multiple_of(of.batches);
                let counts = !of.k.is_empty() && !of.k.contains(&0) && of.k.is_sorted_by(|a, b| a < b);
                let fault = "expected ascending k from 1, σ above 0, 2 probes, and draws that fall into 2 batches of 2";
                (!parts || !counts || !is_scale(of.sigma) || of.probes < 2).then_some(fault)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_as_a_table_of_its_own_and_says_what_does_not_fit() {
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            kind: StudyKind,
        }
        let read = |text: &str| toml::from_str::<File>(text).unwrap().kind;
        assert!(read("").is_comparison() && read("kind = \"comparison\"").is_comparison());
        let bound = read("[kind.bound]\nprobes = 4\nbatch = 8\nconstant = 1.0");
        assert_eq!((bound.fault(), bound.is_comparison()), (None, false));
        assert!(read("[kind.bound]\nprobes = 3\nbatch = 8\nconstant = 1.0").fault().is_some());
        assert!(toml::from_str::<File>("[kind.bound]\nprobes = 4\nbatch = 8\nconstant = 1.0\nC = 2").is_err());

        let stability = |sigmas: &str| {
            read(&format!(
                "[kind.noise-stability]\nexamples = \"test\"\nparameters = \"matrices\"\nsigmas = {sigmas}\npairs = 9\nprobes = 9"
            ))
        };
        assert_eq!(stability("[0.01, 0.1]").fault(), None);
        for sigmas in ["[]", "[0.1, 0.1]", "[0.0, 0.1]", "[0.1, inf]", "[nan]"] {
            assert!(stability(sigmas).fault().is_some(), "{sigmas}");
        }
        let pairs = |k: &str, draws: usize| {
            read(&format!(
                "[kind.pairs]\nexamples = \"train\"\nsigma = 0.1\nk = {k}\ndraws = {draws}\nbatches = 5\nprobes = 9"
            ))
        };
        assert_eq!(pairs("[1, 2, 3]", 10).fault(), None);
        for (k, draws) in [("[]", 10), ("[0, 1]", 10), ("[2, 1]", 10), ("[1]", 5), ("[1]", 12)] {
            assert!(pairs(k, draws).fault().is_some(), "{k} {draws}");
        }
    }
}
