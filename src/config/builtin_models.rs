//! Models that come with the program.

use super::{ModelConfig, builtin_experiments};

const FILES: [(&str, &str); 3] = [
    ("ResNet-8", include_str!("../../assets/models/resnet8.toml")),
    ("ResNet-14", include_str!("../../assets/models/resnet14.toml")),
    ("ResNet-20", include_str!("../../assets/models/resnet20.toml")),
];

/// The models of the experiments that come with the program, then those of the model files, each with its title.
///
/// # Panics
/// Never in a released program: a test reads every embedded file.
#[must_use]
pub fn builtin_models() -> Vec<(String, ModelConfig)> {
    let experiments = builtin_experiments().into_iter().map(|experiment| (experiment.title, experiment.model));
    let read = |text| ModelConfig::from_toml(text).expect("embedded models are tested to be valid");
    experiments.chain(FILES.map(|(title, text)| (title.to_owned(), read(text)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_model_is_valid_and_has_a_title_of_its_own() {
        let models = builtin_models();
        for (index, (title, model)) in models.iter().enumerate() {
            model.validate().unwrap();
            assert!(models[index + 1..].iter().all(|other| other.0 != *title), "{title} twice");
        }
        assert!(models.iter().any(|(title, model)| title == "ResNet-8" && model.input.shape() == [3, 32, 32]));
    }
}
