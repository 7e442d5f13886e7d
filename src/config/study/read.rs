//! The studies that come with the program.

use super::Study;
use crate::config::{ConfigError, nearest};

const BUILTIN: &[&str] = &[
    include_str!("../../../assets/claims/matrix-sensing.toml"),
    include_str!("../../../assets/claims/fine-tuning.toml"),
    include_str!("../../../assets/claims/digits.toml"),
    include_str!("../../../assets/claims/scenes.toml"),
    include_str!("../../../assets/claims/chains.toml"),
    include_str!("../../../assets/claims/noise-stability.toml"),
    include_str!("../../../assets/claims/bound.toml"),
    include_str!("../../../assets/claims/pairs.toml"),
    include_str!("../../../assets/claims/images-shapes.toml"),
    include_str!("../../../assets/claims/images-textures.toml"),
    include_str!("../../../assets/claims/images-lesions.toml"),
    include_str!("../../../assets/claims/images-digits.toml"),
    include_str!("../../../assets/claims/images-handwriting.toml"),
    include_str!("../../../assets/claims/images-counts.toml"),
    include_str!("../../../assets/claims/ablations.toml"),
    include_str!("../../../assets/claims/regularisers.toml"),
    include_str!("../../../assets/claims/matrix-sensing-full.toml"),
];

/// All studies, in the order in which they run.
///
/// # Panics
/// Never in a released program: a test reads every embedded file.
#[must_use]
pub fn studies() -> Vec<Study> {
    BUILTIN.iter().map(|text| toml::from_str(text).expect("embedded studies are tested to be valid")).collect()
}

/// The names of all claims, in their order.
#[must_use]
pub fn claim_names() -> Vec<String> {
    studies().into_iter().flat_map(|study| study.claims).map(|claim| claim.name).collect()
}

/// The study with the claim of this name alone, or with all its claims where it is the study's own name.
///
/// # Errors
/// [`ConfigError::UnknownName`] with the nearest name.
pub fn study_of(name: &str) -> Result<Study, ConfigError> {
    for mut study in studies() {
        if study.name == name {
            return Ok(study);
        }
        if study.claims.iter().any(|claim| claim.name == name) {
            study.claims.retain(|claim| claim.name == name);
            return Ok(study);
        }
    }
    let names: Vec<String> = studies().into_iter().map(|study| study.name).chain(claim_names()).collect();
    Err(ConfigError::UnknownName {
        kind: "claim",
        name: name.to_owned(),
        nearest: nearest(name, names.iter().map(String::as_str)),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{Measure, ReadAt, StudyKind};

    #[test]
    fn every_study_is_one_that_can_run_and_tell_its_claims_apart() {
        let mut names = BTreeSet::new();
        for text in BUILTIN {
            let study: Study = toml::from_str(text).unwrap_or_else(|err| panic!("{err}\n{text}"));
            for is_quick in [false, true] {
                let parts = study.parts(is_quick);
                assert!(!parts.is_empty(), "{}: nothing is compared", study.name);
                for study in parts.iter().map(|part| &part.study) {
                    let experiment = study.experiment(is_quick).unwrap_or_else(|err| panic!("{}: {err}", study.name));
                    for &method in &study.methods {
                        let cost = experiment.knobs(method).unwrap().gradient_evaluations(method);
                        assert!(cost <= experiment.budget, "{}: no step of {}", study.name, method.key());
                    }
                    let is_tuned = !study.tune(is_quick).is_empty();
                    assert!(
                        !is_tuned || experiment.data.validation_size > 0,
                        "{}: tuning takes validation",
                        study.name
                    );
                }
                let kind = study.kind(is_quick);
                assert_eq!(kind.fault(), None, "{}", study.name);
                // Their figures have a value a seed.
                let is_of_one = matches!(kind, StudyKind::NoiseStability(_) | StudyKind::Pairs(_));
                assert!(!is_of_one || study.methods.len() == 1, "{}: one method", study.name);
                assert!(!study.claims(is_quick).is_empty(), "{}: no claim", study.name);
            }
            assert!(study.seeds >= 3 && study.quick.seeds >= 2, "{}: an error takes seeds", study.name);
            assert!(names.insert(study.name.clone()), "{} stands twice", study.name);
            assert_eq!(study.claims(false).len(), study.claims.len(), "{}: an arm that is none", study.name);
            let arms: Vec<String> = study.parts(false).into_iter().flat_map(|part| part.arms).collect();
            assert!(study.quick.arms.iter().all(|arm| arms.contains(arm)), "{}: an arm that is none", study.name);
            assert_eq!(arms.iter().collect::<BTreeSet<_>>().len(), arms.len(), "{}: an arm stands twice", study.name);
            for claim in &study.claims {
                assert!(names.insert(claim.name.clone()), "{} stands twice", claim.name);
                if claim.measure.is_of(&StudyKind::Comparison) {
                    let is_one = claim.arms.is_empty() || claim.order.is_empty();
                    assert!(claim.arms().len() >= 2 && is_one, "{}", claim.name);
                    assert!(claim.order.iter().all(|kind| study.methods.contains(kind)), "{}", claim.name);
                } else {
                    assert!(claim.arms().is_empty() && claim.read == ReadAt::End, "{}", claim.name);
                }
                for is_quick in [false, true] {
                    assert!(
                        claim.measure.is_of(study.kind(is_quick)),
                        "{}: its study does not measure that",
                        claim.name
                    );
                }
                let has_range = claim.sigma.is_none_or(|[from, to]| 0.0 < from && from <= to);
                let takes_range = claim.sigma.is_none() || claim.measure == Measure::SecondOrder;
                assert!(has_range && takes_range, "{}: σ from {:?}", claim.name, claim.sigma);
                assert!(claim.says.ends_with('.') && claim.not_shown.ends_with('.'), "{}", claim.name);
                let is_along = !claim.measure.is_score() || claim.read == ReadAt::End;
                assert!(is_along, "{}: it is measured at the end alone", claim.name);
                assert!(claim.read == ReadAt::End || study.curvature > 0, "{}: curvature along the way", claim.name);
            }
        }
    }

    #[test]
    fn a_claim_is_found_by_its_name_or_its_studys() {
        let study = study_of("matrix-sensing").unwrap();
        assert!(study.claims.len() >= 2);
        let one = study_of(&study.claims[1].name).unwrap();
        assert_eq!((one.claims.len(), one.name), (1, study.name));
        let message = study_of("matrix-sensnig").unwrap_err().to_string();
        assert!(message.contains("claim") && message.contains("did you mean `matrix-sensing`"), "{message}");
    }
}
