//! Settings that are one of several names.

/// Defines an enum whose variants have names in files, with the lists that a knob of it needs.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $key:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $key)] $variant),+
        }

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

choice! {
    /// The step that turns a gradient into new weights.
    BaseKind {
        /// Stochastic gradient descent with momentum, as PyTorch defines it.
        #[default]
        Sgd = "sgd",
        /// Adam (Kingma & Ba 2015); weight decay is added to the gradient.
        Adam = "adam",
        /// Adam with the greatest second moment so far (Reddi, Kale & Kumar 2018).
        Amsgrad = "amsgrad",
        /// Adam with weight decay beside the gradient (Loshchilov & Hutter 2019).
        Adamw = "adamw",
    }
}

choice! {
    /// Which tensors weight decay pulls at.
    DecayOn {
        /// All of them.
        #[default]
        All = "all",
        /// Those of at least two dimensions: no biases, no norms.
        Matrices = "matrices",
    }
}

choice! {
    /// The average of a run's weights that is kept beside them.
    AverageKind {
        /// None.
        #[default]
        None = "none",
        /// The mean of the weights at the ends of epochs (Izmailov et al. 2018).
        Swa = "swa",
        /// The exponential average over steps.
        Ema = "ema",
    }
}

choice! {
    /// By what ASAM scales its ascent step.
    AscentScale {
        /// |w| + η for tensors named "weight" and 1 for others, as ASAM's authors have it.
        #[default]
        Weights = "weights",
        /// |w| for every tensor, as reimplementations have it; weights of 0 never move in the ascent.
        All = "all",
    }
}

choice! {
    /// Which of a run's weights count at its end.
    KeepRule {
        /// The last.
        #[default]
        Last = "last",
        /// Those of the evaluation with the least loss on the validation examples.
        BestValidation = "best-validation",
    }
}

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
