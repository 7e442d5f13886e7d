//! Studies that compare settings: arms that are a method with settings of their own beside the methods.
//!
//! Each comparison has a method once, so a study with variants is several comparisons: one of its methods, and one of each group of
//! variants with the same settings. Their runs are read together.

use serde::Deserialize;

use super::{Claim, Quick, Study};
use crate::config::OptimizerKind;

/// A method with settings of its own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its name in files, another one than those of methods.
    pub name: String,
    /// The method.
    pub method: OptimizerKind,
    /// Changes of the settings after the study's, as `--set` takes them.
    pub set: Vec<String>,
    /// Values that are tried before; the study's are its methods' alone.
    #[serde(default)]
    pub tune: Vec<String>,
}

/// One comparison of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What is compared, without claims. Its name is the study's, for variants with their first one's after a slash.
    pub study: Study,
    /// The arms: a name for each method, in the order of its methods.
    pub arms: Vec<String>,
}

impl Claim {
    /// The arms in the order that is claimed: methods by their names, or variants.
    #[must_use]
    pub fn arms(&self) -> Vec<String> {
        if self.arms.is_empty() {
            self.order.iter().map(|kind| kind.key().to_owned()).collect()
        } else {
            self.arms.clone()
        }
    }
}

impl Study {
    /// The comparisons that a study is made of, that of its methods first.
    #[must_use]
    pub fn parts(&self, is_quick: bool) -> Vec<Part> {
        let is_run =
            |name: &str| !is_quick || self.quick.arms.is_empty() || self.quick.arms.iter().any(|arm| arm == name);
        let of = |name: String, set: &[String], [tune, quick]: [Vec<String>; 2], arms: Vec<(String, OptimizerKind)>| {
            let (arms, methods): (Vec<_>, Vec<_>) = arms.into_iter().unzip();
            let quick = Quick { tune: quick, ..self.quick.clone() };
            let set = [&self.set[..], set].concat();
            let claims = Vec::new();
            Part { study: Self { name, set, tune, methods, quick, claims, variants: Vec::new(), ..self.clone() }, arms }
        };
        let methods = self.methods.iter().map(|&kind| (kind.key().to_owned(), kind));
        let methods: Vec<(String, OptimizerKind)> = methods.filter(|(name, _)| is_run(name)).collect();
        let own: Vec<OptimizerKind> = methods.iter().map(|(_, kind)| *kind).collect();
        let mut parts =
            vec![of(self.name.clone(), &[], [&self.tune, &self.quick.tune].map(|all| tuned(all, &own)), methods)];
        let mut groups: Vec<Vec<&Variant>> = Vec::new();
        for variant in self.variants.iter().filter(|variant| is_run(&variant.name)) {
            let fits = |group: &&mut Vec<&Variant>| {
                group[0].set == variant.set && group.iter().all(|other| other.method != variant.method)
            };
            match groups.iter_mut().find(fits) {
                Some(group) => group.push(variant),
                None => groups.push(vec![variant]),
            }
        }
        parts.extend(groups.into_iter().map(|group| {
            let tune = group.iter().flat_map(|variant| variant.tune.clone()).collect();
            let arms = group.iter().map(|variant| (variant.name.clone(), variant.method)).collect();
            of(format!("{}/{}", self.name, group[0].name), &group[0].set, [tune, Vec::new()], arms)
        }));
        parts.retain(|part| !part.arms.is_empty());
        parts
    }

    /// The claims whose arms all run.
    #[must_use]
    pub fn claims(&self, is_quick: bool) -> Vec<&Claim> {
        let arms: Vec<String> = self.parts(is_quick).into_iter().flat_map(|part| part.arms).collect();
        self.claims.iter().filter(|claim| claim.arms().iter().all(|arm| arms.contains(arm))).collect()
    }
}

/// The values to be tried of these methods alone.
fn tuned(all: &[String], methods: &[OptimizerKind]) -> Vec<String> {
    let is_of = |text: &&String| {
        let key = text.split('=').next().unwrap_or_default();
        key.split_once('.').is_none_or(|(method, _)| methods.iter().any(|kind| kind.key() == method.trim()))
    };
    all.iter().filter(is_of).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> Study {
        toml::from_str(
            r#"
            name = "s"
            title = "S"
            about = "A."
            experiment = "moons-mlp"
            set = ["budget=40"]
            methods = ["sgd", "nso"]
            tune = ["sgd.learning_rate=0.1,0.2", "nso.sigma=0.1,0.2"]
            seeds = 3
            quick = { seeds = 2, arms = ["nso", "k2"] }

            [[variants]]
            name = "k2"
            method = "nso"
            set = ["nso.k=2"]

            [[variants]]
            name = "sgd-decay"
            method = "sgd"
            set = ["weight_decay=0.01"]
            tune = ["sgd.learning_rate=0.1,0.3"]

            [[variants]]
            name = "nso-decay"
            method = "nso"
            set = ["weight_decay=0.01"]

            [[claims]]
            name = "more"
            says = "A."
            source = "B"
            measure = "test-loss"
            read = "end"
            arms = ["k2", "nso"]
            not_shown = "C."

            [[claims]]
            name = "decay"
            says = "A."
            source = "B"
            measure = "test-loss"
            read = "end"
            arms = ["nso-decay", "sgd-decay"]
            not_shown = "C."
            "#,
        )
        .unwrap()
    }

    #[test]
    fn variants_with_the_same_settings_are_one_comparison() {
        let study = study();
        let parts = study.parts(false);
        let told: Vec<(&str, String)> =
            parts.iter().map(|part| (part.study.name.as_str(), part.arms.join(" "))).collect();
        assert_eq!(
            told,
            [("s", "sgd nso".to_owned()), ("s/k2", "k2".to_owned()), ("s/sgd-decay", "sgd-decay nso-decay".to_owned())]
        );
        assert_eq!(parts[2].study.methods, [OptimizerKind::Sgd, OptimizerKind::Nso]);
        assert_eq!(parts[1].study.experiment(false).unwrap().knobs(OptimizerKind::Nso).unwrap().k, 2);
        assert_eq!(parts[2].study.experiment(false).unwrap().budget, 40);
        assert_eq!((parts[0].study.tune.len(), parts[1].study.tune.len(), parts[2].study.tune.len()), (2, 0, 1));
        assert_eq!(study.claims(false).len(), 2);
    }

    #[test]
    fn a_short_run_has_the_arms_that_it_names_and_their_claims() {
        let study = study();
        let parts = study.parts(true);
        assert_eq!(parts.iter().map(|part| part.arms.join(" ")).collect::<Vec<_>>(), ["nso", "k2"]);
        let claims: Vec<&str> = study.claims(true).iter().map(|claim| claim.name.as_str()).collect();
        assert_eq!(claims, ["more"]);
    }

    #[test]
    fn a_study_of_methods_alone_is_one_comparison() {
        for study in crate::config::studies().iter().filter(|study| study.variants.is_empty()) {
            let parts = study.parts(false);
            assert_eq!(parts.len(), 1);
            assert_eq!(Study { claims: study.claims.clone(), ..parts[0].study.clone() }, *study);
        }
    }
}
