//! The terms that the window explains: `assets/terms.toml` has their words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Declares [`Term`] and lists its variants, so that no list can lack one.
macro_rules! terms {
    ($($term:ident),+ $(,)?) => {
        /// Something that the window explains: an entry of `assets/terms.toml`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Term {
            $(#[doc = concat!("The entry of `", stringify!($term), "`.")] $term),+
        }

        impl Term {
            /// All of them, in the order in which the guide lists them.
            pub const ALL: &'static [Self] = &[$(Self::$term),+];
        }
    };
}

terms! {
    Loss, CleanAndPerturbed, Subset, Accuracy, EqualLoss, LabelNoise, StandardError, Seed,
    Hessian, GaussNewton, Trace, LayerTrace, ExampleTrace, Hutchinson, Streamed, LambdaMax, Edge, Density, Sharpness, Parabola, LearningCoefficient, Bound,
    Nso, NoiseSigma, NoiseRadius, K, LambdaShare, TwoPoint, OnePoint, OddPart, EvenPart, VarianceRemoved, Signal,
    TraceFromNoise, SigmaSweep, Sam, Usam, Asam, Rsam, Bsam, Wp, Distribution,
    LearningRate, WarmUp, BaseStep, Momentum, Nesterov, WeightDecay, DecayGroups, Clip, Batch, GradientEvaluation,
    FairComparison, Average, Distance, LabelSmoothing, Mixup, Augmentation, Branch, Rewind,
    Slice, Directions, Normalization, PcaPlane, MinimaPlane, EigenvectorPlane, TrueLoss, Masked, Bumps, Barrier, Follow,
    Smoothing, Alert,
}

/// What is said of a term.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    id: Term,
    /// Terms of a kind stand together in the guide.
    pub group: String,
    /// The name.
    pub name: String,
    /// Two sentences.
    pub text: String,
    /// The formula, in the glyphs of the embedded fonts.
    pub formula: String,
    /// What to look at next.
    pub see: Vec<Term>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    term: Vec<Entry>,
}

static ENTRIES: LazyLock<BTreeMap<Term, Entry>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../../../assets/terms.toml"))
        .expect("the embedded terms are tested to be valid");
    file.term.into_iter().map(|entry| (entry.id, entry)).collect()
});

impl Term {
    /// What is said of it.
    ///
    /// # Panics
    /// Never: a test holds the file against [`Term::ALL`].
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        ENTRIES.get(&self).expect("every term has an entry, which is tested")
    }

    /// The term of an identifier such as `hessian`, as links name it.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let id: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
            serde::de::IntoDeserializer::into_deserializer(id);
        Self::deserialize(id).ok()
    }

    /// Terms whose name or text has all words of `query`, those named so first; all of them for no words.
    #[must_use]
    pub fn find(query: &str) -> Vec<Self> {
        let query = query.to_lowercase();
        let has = |text: &str| {
            let text = text.to_lowercase();
            query.split_whitespace().all(|word| text.contains(word))
        };
        let (named, others): (Vec<Self>, Vec<Self>) = Self::ALL.iter().partition(|term| has(&term.entry().name));
        let others = others.into_iter().filter(|term| {
            let entry = term.entry();
            has(&format!("{} {} {}", entry.name, entry.text, entry.formula))
        });
        let others: Vec<Self> = others.collect();
        named.into_iter().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_has_two_sentences_a_formula_and_something_to_see_next() {
        let text = include_str!("../../../../assets/terms.toml");
        let file: File = toml::from_str(text).expect("valid");
        let order: Vec<Term> = file.term.iter().map(|entry| entry.id).collect();
        assert_eq!(order, Term::ALL, "file and enum list the same terms in the same order");
        for entry in &file.term {
            let term = entry.id;
            assert!(entry.text.ends_with('.') && entry.text.matches(". ").count() >= 1, "{term:?}: {}", entry.text);
            assert!(entry.text.len() <= 420, "{term:?} says too much");
            assert!(!entry.formula.is_empty() && !entry.group.is_empty(), "{term:?}");
            assert!(!entry.see.is_empty() && !entry.see.contains(&term), "{term:?}");
        }
    }

    #[test]
    fn terms_are_found_by_their_words() {
        assert_eq!(Term::find("hessian trace").first(), Some(&Term::Trace));
        assert_eq!(Term::find("λmax").first(), Some(&Term::LambdaMax));
        assert!(Term::find("pytorch").contains(&Term::Momentum), "also by what is said of them");
        assert_eq!(Term::find(" "), Term::ALL);
        assert!(Term::find("qqqq").is_empty());
        assert_eq!(Term::parse("even-part"), Some(Term::EvenPart));
        assert_eq!(Term::parse("uneven-part"), None);
    }
}
