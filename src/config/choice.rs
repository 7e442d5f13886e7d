//! Settings that are one of several names.

use serde::{Deserialize, Serialize};

/// The lists that a knob of some names needs.
macro_rules! named {
    ($name:ident { $($variant:ident = $key:literal),+ }) => {
        impl $name {
            /// All of them; a knob's value is the position here.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The names in files, in the order of [`Self::ALL`].
            pub const KEYS: &'static [&'static str] = &[$($key),+];

            /// The name in files.
            #[must_use]
            pub const fn key(self) -> &'static str {
                Self::KEYS[self as usize]
            }
        }
    };
}

/// The step that turns a gradient into new weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseKind {
    /// Stochastic gradient descent with momentum, as PyTorch defines it.
    #[default]
    Sgd,
    /// Adam (Kingma & Ba 2015); weight decay is added to the gradient.
    Adam,
    /// Adam with the greatest second moment so far (Reddi, Kale & Kumar 2018).
    Amsgrad,
    /// Adam with weight decay beside the gradient (Loshchilov & Hutter 2019).
    Adamw,
}

named!(BaseKind { Sgd = "sgd", Adam = "adam", Amsgrad = "amsgrad", Adamw = "adamw" });

/// Whether runs with a budget wait for their measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// They train as fast as they can; measurements are of the steps that they catch.
    #[default]
    Free,
    /// They wait where they would outrun the slice and the points of the curvature's curves.
    KeepUp,
}

named!(Pace { Free = "free", KeepUp = "keep-up" });

/// Which tensors weight decay pulls at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecayOn {
    /// All of them.
    #[default]
    All,
    /// Those of at least two dimensions: no biases, no norms.
    Matrices,
}

named!(DecayOn { All = "all", Matrices = "matrices" });

/// The average of a run's weights that is kept beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AverageKind {
    /// None.
    #[default]
    None,
    /// The mean of the weights at the ends of epochs (Izmailov et al. 2018).
    Swa,
    /// The exponential average over steps.
    Ema,
}

named!(AverageKind { None = "none", Swa = "swa", Ema = "ema" });

/// By what ASAM scales its ascent step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AscentScale {
    /// |w| + η for tensors named "weight" and 1 for others, as ASAM's authors have it.
    #[default]
    Weights,
    /// |w| for every tensor, as reimplementations have it; weights of 0 never move in the ascent.
    All,
}

named!(AscentScale { Weights = "weights", All = "all" });

/// Which of a run's weights count at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeepRule {
    /// The last.
    #[default]
    Last,
    /// Those of the evaluation with the least loss on the validation examples.
    BestValidation,
}

named!(KeepRule { Last = "last", BestValidation = "best-validation" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files() {
        assert_eq!(serde_json::to_string(&KeepRule::BestValidation).unwrap(), "\"best-validation\"");
        assert_eq!(BaseKind::ALL.iter().map(|base| base.key()).collect::<Vec<_>>(), BaseKind::KEYS);
        assert_eq!(AverageKind::Ema as usize, 2);
    }
}
