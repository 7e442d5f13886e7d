//! The methods: ways to a gradient, which a base step then takes. All that is said of one stands in its row.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::find_named;

/// The methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Stochastic gradient descent.
    Sgd,
    /// Weight-perturbed gradients: noise at +U alone.
    Wp,
    /// Sharpness-aware minimisation (Foret et al. 2021).
    Sam,
    /// SAM without normalisation (Andriushchenko & Flammarion 2022).
    Usam,
    /// Adaptive SAM (Kwon et al. 2021).
    Asam,
    /// Random SAM (Liu et al. 2022).
    Rsam,
    /// Bayesian SAM (Möllenhoff & Khan 2023).
    Bsam,
    /// Noise stability optimisation (Zhang, Li, Ju 2024).
    Nso,
}

/// What is said of a method, in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodSpec {
    /// The name in files and on the command line.
    pub key: &'static str,
    /// The name in the window.
    pub label: &'static str,
    /// One sentence: what it does.
    pub about: &'static str,
    /// What a step costs, and in what other code differs from the authors' method, which is the one here.
    pub notes: &'static str,
    /// Whether it takes its gradient after a step uphill, which slices show.
    pub has_ascent: bool,
    /// Whether it takes its gradients at weights with noise of a known σ on them.
    pub has_noise: bool,
    /// Whether the base step is its own, so that the knobs of bases do nothing.
    pub has_own_step: bool,
    /// Gradient evaluations of a step.
    pub cost: MethodCost,
    /// The curvature at which its steps begin to overshoot.
    pub edge: MethodEdge,
    /// The colour of its runs on dark ground and on white paper, red, green and blue.
    pub inks: [[u8; 3]; 2],
}

/// Gradient evaluations of a step. A gradient on a part of the batch counts as that part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodCost {
    /// So many, whatever the knobs are.
    Fixed(u64),
    /// One for each of the k samples.
    Samples,
    /// One for each of the k samples or two for each of the k pairs, and one at the weights themselves where λ is above 0.
    Pairs,
}

/// The largest eigenvalue up to which steps are stable on a quadratic, beside those of the gradient itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodEdge {
    /// That of the gradient: noise of mean 0 leaves it what it is.
    OfGradient,
    /// λ counts as (1 + ρλ)λ.
    OfAscent,
    /// There is no such number.
    None,
}

impl MethodSpec {
    /// A row of which most is to be said yet: a gradient at the weights.
    const BLANK: Self = Self {
        key: "",
        label: "",
        about: "",
        notes: "",
        has_ascent: false,
        has_noise: false,
        has_own_step: false,
        cost: MethodCost::Fixed(1),
        edge: MethodEdge::OfGradient,
        inks: [[0; 3]; 2],
    };

    /// A row of a method that goes uphill first.
    const UPHILL: Self = Self { has_ascent: true, cost: MethodCost::Fixed(2), edge: MethodEdge::None, ..Self::BLANK };
}

impl OptimizerKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] =
        [Self::Sgd, Self::Wp, Self::Sam, Self::Usam, Self::Asam, Self::Rsam, Self::Bsam, Self::Nso];

    /// The row of this method in the table.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one table, a row for each method")]
    pub const fn spec(self) -> MethodSpec {
        match self {
            Self::Sgd => MethodSpec {
                key: "sgd",
                label: "SGD",
                about: "The gradient itself.",
                notes: "One gradient evaluation a step.",
                inks: [[246, 115, 105], [166, 36, 11]],
                ..MethodSpec::BLANK
            },
            Self::Wp => MethodSpec {
                key: "wp",
                label: "WP",
                about: "The mean gradient at k weights with noise at +U alone, which leaves the first-order term in.",
                notes: "k gradient evaluations a step. Some runs of NSO's authors that are called one-point have λ = 1, which \
                        leaves no noise in: they are plain Adam with further passes.",
                has_noise: true,
                cost: MethodCost::Samples,
                inks: [[144, 232, 248], [7, 115, 195]],
                ..MethodSpec::BLANK
            },
            Self::Sam => MethodSpec {
                key: "sam",
                label: "SAM",
                about: "The gradient a step of length ρ uphill (Foret et al. 2021).",
                notes: "Two gradient evaluations a step. The length is measured over all parameters at once.",
                inks: [[251, 170, 74], [172, 91, 0]],
                ..MethodSpec::UPHILL
            },
            Self::Usam => MethodSpec {
                key: "usam",
                label: "USAM",
                about: "SAM whose step uphill is ρ times the gradient, so that it shrinks where the loss is flat.",
                notes: "Two gradient evaluations a step. A loss times c takes steps c times as long: ρ is no length.",
                edge: MethodEdge::OfAscent,
                inks: [[171, 129, 197], [96, 56, 96]],
                ..MethodSpec::UPHILL
            },
            Self::Asam => MethodSpec {
                key: "asam",
                label: "ASAM",
                about: "SAM in units of the weights, so that rescaled layers are treated alike (Kwon et al. 2021).",
                notes: "Two gradient evaluations a step. Its ρ is ten to forty times SAM's. `ascent_scale = \"weights\"` is \
                        the authors' code (|w| + η, for tensors named weight alone), \"all\" that of reimplementations \
                        (|w| everywhere, without η).",
                inks: [[250, 45, 151], [211, 7, 134]],
                ..MethodSpec::UPHILL
            },
            Self::Rsam => MethodSpec {
                key: "rsam",
                label: "RSAM",
                about: "SAM whose step uphill begins at random weights near its own (Liu et al. 2022).",
                notes: "Two gradient evaluations a step. Other code leaves the noise out of the step uphill, and never \
                        returns to the weights; here the step begins at the weights.",
                inks: [[42, 152, 1], [12, 54, 18]],
                ..MethodSpec::UPHILL
            },
            Self::Bsam => MethodSpec {
                key: "bsam",
                label: "BSAM",
                about: "SAM as variational inference: a precision for each weight scales noise, ascent and step (Möllenhoff \
                        & Khan 2023).",
                notes: "Two gradient evaluations a step, on parts of the batch with noise of their own. Its step is its own, \
                        so momentum, base and weight decay are not read; its learning rate is not comparable with others'. \
                        Other code has a constant σ, SAM's normalised ascent and Adam's step instead.",
                has_own_step: true,
                inks: [[58, 132, 254], [11, 44, 180]],
                ..MethodSpec::UPHILL
            },
            Self::Nso => MethodSpec {
                key: "nso",
                label: "NSO",
                about: "The mean gradient at k pairs of weights with noise at +U and −U, which cancels the first-order term \
                        (Zhang, Li, Ju 2024).",
                notes: "2k gradient evaluations a step, and one more with λ above 0. The released code takes the gradient at \
                        the weights with λ = 0 too, a third pass with k = 1 that nothing comes of but batch norm's \
                        statistics; its gradient goes through Adam's normalisation, so λ and σ do not scale as the theory \
                        has it. One-point noise with λ = 1 is the base step alone.",
                has_noise: true,
                cost: MethodCost::Pairs,
                inks: [[83, 207, 162], [0, 108, 85]],
                ..MethodSpec::BLANK
            },
        }
    }

    /// The name in files and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.spec().key
    }

    /// The name in the window.
    #[must_use]
    pub const fn label(self) -> &'static str {
        self.spec().label
    }

    /// Whether the base step is its own, so that the knobs of bases do nothing.
    #[must_use]
    pub const fn has_own_step(self) -> bool {
        self.spec().has_own_step
    }

    /// Finds a method by its name in files.
    ///
    /// # Errors
    /// [`ConfigError::UnknownName`] with the nearest name.
    pub fn parse(key: &str) -> Result<Self, ConfigError> {
        find_named("optimizer", key, &Self::ALL, Self::key)
    }
}
