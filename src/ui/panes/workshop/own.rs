//! The experiment that is made of a model and data.

use crate::config::{DataConfig, DataSource, Experiment, KeepRule, ModelConfig, StartConfig};

/// The name of an experiment that was put together in the window.
pub const OWN: &str = "own";

/// What is put together in the window.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    /// The model.
    pub model: ModelConfig,
    /// The data.
    pub data: DataConfig,
    /// What the runs start from.
    pub start: Option<StartConfig>,
    /// Which of a run's weights count at its end.
    pub keep: KeepRule,
}

/// The present experiment with what was put together.
#[must_use]
pub fn own_experiment(present: &Experiment, Own { model, data, start, keep }: Own) -> Experiment {
    let mut own = present.clone();
    let title = title(present, &data);
    let is_own_model = model != present.model || present.title.ends_with("own model");
    own.title = if is_own_model { format!("{title}, own model") } else { title };
    own.name = OWN.to_owned();
    own.about = "Put together in the window: model and data of your own choice.".to_owned();
    // Without validation examples none is best.
    own.keep = if data.validation_size == 0 { KeepRule::Last } else { keep };
    (own.model, own.data, own.start) = (model, data, start);
    own
}

fn title(present: &Experiment, data: &DataConfig) -> String {
    let is_same = (present.data.source, &present.data.path) == (data.source, &data.path);
    if is_same && let Some((title, _)) = present.title.split_once(',') {
        return title.to_owned();
    }
    let name = data.path.as_ref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| source_label(data.source).to_owned())
}

/// The name of a source in the window.
#[must_use]
pub const fn source_label(source: DataSource) -> &'static str {
    match source {
        DataSource::Digits => "Digits",
        DataSource::Moons => "Two moons",
        DataSource::Spirals => "Spirals",
        DataSource::Circles => "Circles",
        DataSource::Blobs => "Blobs",
        DataSource::Sums => "Sums",
        DataSource::Chains => "Chains of digits",
        DataSource::Glyphs => "Glyphs",
        DataSource::Shapes => "Shapes",
        DataSource::Textures => "Textures",
        DataSource::Lesions => "Lesions",
        DataSource::Handwriting => "Handwriting",
        DataSource::Counts => "Counts",
        DataSource::MatrixSensing => "Matrix sensing",
        DataSource::Scenes => "Scenes",
        DataSource::File => "File",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn an_own_experiment_is_called_by_its_data_and_by_its_model() {
        let present = builtin_experiment("moons-mlp").unwrap();
        let cnn = builtin_experiment("digits-cnn").unwrap();
        let of = |model, data| Own { model, data, start: None, keep: KeepRule::BestValidation };
        let own = own_experiment(&present, of(cnn.model, cnn.data));
        assert_eq!((own.title.as_str(), own.name.as_str()), ("Digits, own model", OWN));
        assert_eq!((own.optimizers.len(), own.validate()), (3, Ok(())));
        assert_eq!(own.keep, KeepRule::Last, "there are no validation examples");
        let again = own_experiment(&own, of(own.model.clone(), own.data.clone()));
        assert_eq!(again.title, "Digits, own model");
        let data = DataConfig { validation_size: 50, ..own.data.clone() };
        assert_eq!(own_experiment(&own, of(own.model.clone(), data)).keep, KeepRule::BestValidation);
    }
}
