//! The model that is being edited.

use std::sync::Arc;

use crate::config::{Experiment, LossKind, ModelConfig, TypedLayers};
use crate::engine::{ModelDescription, describe_model};

/// The model that is being edited. It follows the experiment that runs until it is changed.
#[derive(Debug)]
pub struct ModelForm {
    /// The layers.
    pub text: String,
    /// The shape of an example, such as "2" or "1×8×8".
    pub input: String,
    /// The loss.
    pub loss: LossKind,
    /// ε of label smoothing.
    pub label_smoothing: f64,
    /// The experiment that it was compared with last.
    base: Option<Arc<Experiment>>,
    described: ModelDescription,
    /// What was described.
    seen: Option<(String, String, LossKind)>,
}

impl Default for ModelForm {
    fn default() -> Self {
        Self {
            text: String::new(),
            input: String::new(),
            loss: LossKind::CrossEntropy,
            label_smoothing: 0.0,
            base: None,
            described: ModelDescription::default(),
            seen: None,
        }
    }
}

impl ModelForm {
    /// Shows the experiment's model when it is a new one and nothing was changed.
    pub fn follow(&mut self, experiment: &Arc<Experiment>) {
        if self.base.as_ref().is_some_and(|base| Arc::ptr_eq(base, experiment)) {
            return;
        }
        let is_untouched = self.base.as_ref().is_none_or(|base| self.is_same_as(&base.model));
        if is_untouched {
            self.load(&experiment.model);
        }
        self.base = Some(experiment.clone());
    }

    /// Shows a model.
    pub fn load(&mut self, model: &ModelConfig) {
        self.text = TypedLayers::text(&model.layers);
        self.input = model.input.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
        self.loss = model.loss;
        self.label_smoothing = model.label_smoothing;
    }

    /// Shows a model that was opened; a new experiment does not overwrite it.
    pub fn open(&mut self, model: &ModelConfig, experiment: &Arc<Experiment>) {
        self.load(model);
        self.base = Some(experiment.clone());
    }

    /// The model as it is written, right or wrong.
    #[must_use]
    pub fn model(&self) -> ModelConfig {
        let label_smoothing = if self.loss == LossKind::CrossEntropy { self.label_smoothing } else { 0.0 };
        let layers = self.described.layers.clone();
        ModelConfig { input: read_shape(&self.input).unwrap_or_default(), loss: self.loss, label_smoothing, layers }
    }

    /// Whether another model says the same.
    #[must_use]
    pub fn is_same_as(&self, model: &ModelConfig) -> bool {
        let layers = TypedLayers::parse(&self.text).map(|typed| typed.layers);
        let smoothing = if self.loss == LossKind::CrossEntropy { self.label_smoothing } else { 0.0 };
        layers.is_ok_and(|layers| layers == model.layers)
            && read_shape(&self.input).is_some_and(|input| input == model.input)
            && (self.loss, smoothing) == (model.loss, model.label_smoothing)
    }

    /// What the text says; computed anew when it has changed.
    pub fn describe(&mut self) -> &ModelDescription {
        let is_known = self
            .seen
            .as_ref()
            .is_some_and(|(text, input, loss)| (text, input, *loss) == (&self.text, &self.input, self.loss));
        if !is_known {
            let input = read_shape(&self.input).unwrap_or_default();
            self.described = describe_model(&input, &self.text, self.loss);
            self.seen = Some((self.text.clone(), self.input.clone(), self.loss));
        }
        &self.described
    }
}

/// A shape such as "2", "1×8×8", "1x8x8" or "[1, 8, 8]".
fn read_shape(text: &str) -> Option<Vec<usize>> {
    let sides = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']'));
    let sides: Option<Vec<usize>> =
        sides.split(['×', 'x', 'X', '*', ',']).map(|side| side.trim().parse().ok()).collect();
    sides.filter(|sides| !sides.contains(&0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    #[test]
    fn shapes_are_read_in_the_ways_people_write_them() {
        for text in ["1×8×8", "1x8x8", " [1, 8, 8] ", "1 * 8*8"] {
            assert_eq!(read_shape(text), Some(vec![1, 8, 8]), "{text}");
        }
        assert_eq!(read_shape("2"), Some(vec![2]));
        for text in ["", "two", "2x", "0", "1×0×3", "-1"] {
            assert_eq!(read_shape(text), None, "{text}");
        }
    }

    #[test]
    fn an_edited_model_is_not_overwritten_and_an_untouched_one_follows() {
        let experiment = |name| Arc::new(builtin_experiment(name).unwrap());
        let mut form = ModelForm::default();
        form.follow(&experiment("moons-mlp"));
        form.follow(&experiment("digits-cnn"));
        assert_eq!(form.input, "1×8×8");
        assert!(form.is_same_as(&experiment("digits-cnn").model));
        form.text += "\ntanh";
        form.follow(&experiment("moons-mlp"));
        assert!(form.text.ends_with("tanh") && form.input == "1×8×8");
        assert_eq!(form.describe().outputs, Some(10));
        form.input = "2".to_owned();
        assert!(form.describe().problem.is_some());
    }
}
