//! Models that come with the program, for whoever wants one to begin with.

use super::{ModelConfig, ModelSizes, builtin_experiments, zoo};

/// The models of the experiments that come with the program, then the built-in ones, each with its title.
///
/// # Panics
/// Never in a released program: a test makes every one of them.
#[must_use]
pub fn builtin_models() -> Vec<(String, ModelConfig)> {
    let experiments = builtin_experiments().into_iter().map(|experiment| (experiment.title, experiment.model));
    let built = zoo().iter().map(|builtin| {
        let model = builtin.build(&ModelSizes::default()).expect("their own sizes are tested to fit");
        (builtin.title.to_owned(), model)
    });
    experiments.chain(built).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_valid_and_has_a_title_of_its_own() {
        let models = builtin_models();
        for (index, (title, model)) in models.iter().enumerate() {
            model.validate().unwrap();
            assert!(models[index + 1..].iter().all(|other| other.0 != *title), "{title} twice");
        }
        assert!(models.iter().any(|(title, model)| title == "ResNet-8" && model.input.shape() == [3, 32, 32]));
    }
}
