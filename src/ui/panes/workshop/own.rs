//! The experiment that is made of a model and data.

use crate::config::{DataConfig, DataSource, Experiment, ModelConfig};

/// The name of an experiment that was put together in the window.
pub const OWN: &str = "own";

/// The present experiment with another model and other data.
#[must_use]
pub fn own_experiment(present: &Experiment, model: ModelConfig, data: DataConfig) -> Experiment {
    let mut own = present.clone();
    let title = title(present, &data);
    let is_own_model = model != present.model || present.title.ends_with("own model");
    own.title = if is_own_model { format!("{title}, own model") } else { title };
    own.name = OWN.to_owned();
    own.about = "Put together in the window: model and data of your own choice.".to_owned();
    (own.model, own.data) = (model, data);
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
        DataSource::Glyphs => "Glyphs",
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
        let own = own_experiment(&present, cnn.model, cnn.data);
        assert_eq!((own.title.as_str(), own.name.as_str()), ("Digits, own model", OWN));
        assert_eq!((own.optimizers.len(), own.validate()), (3, Ok(())));
        let again = own_experiment(&own, own.model.clone(), own.data.clone());
        assert_eq!(again.title, "Digits, own model");
    }
}
