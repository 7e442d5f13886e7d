//! The model that is being edited.

use std::sync::Arc;

use super::drafts::{ModelDraft, ModelRest};
use crate::config::{Experiment, LossKind, ModelConfig, ModelInput, TypedLayers};
use crate::engine::{ModelDescription, describe_model};

/// The model that is being edited. It follows the experiment that runs until it is changed.
#[derive(Debug, Default)]
pub struct ModelForm {
    /// The model as it is typed.
    pub draft: ModelDraft,
    /// The experiment that it was compared with last.
    base: Option<Arc<Experiment>>,
    /// A draft of one's own whose place another model took.
    replaced: Option<ModelDraft>,
    /// The model that was opened last: as long as it stays as it is, it is not one's own.
    opened: Option<ModelDraft>,
    described: ModelDescription,
    /// What was described.
    seen: Option<(String, String, LossKind)>,
}

impl ModelForm {
    /// Shows the experiment's model when it is a new one and nothing was changed.
    pub fn follow(&mut self, experiment: &Arc<Experiment>) {
        if self.base.as_ref().is_some_and(|base| Arc::ptr_eq(base, experiment)) {
            return;
        }
        let is_untouched = self.edited().is_none();
        if is_untouched {
            self.draft = ModelDraft::of(&experiment.model);
        }
        self.base = Some(experiment.clone());
    }

    /// The draft where it is not the experiment's model, comments and order of lines included.
    #[must_use]
    pub fn edited(&self) -> Option<&ModelDraft> {
        self.base.as_ref().filter(|base| self.draft != ModelDraft::of(&base.model)).map(|_| &self.draft)
    }

    /// Goes on with a draft of an earlier start.
    pub fn restore(&mut self, draft: ModelDraft, experiment: &Arc<Experiment>) {
        self.draft = draft;
        self.base = Some(experiment.clone());
    }

    /// Shows the model of the experiment again.
    pub fn go_back(&mut self, experiment: &Arc<Experiment>) {
        self.open(ModelDraft::of(&experiment.model), experiment);
    }

    /// Shows a model that was opened; a new experiment does not overwrite it. What stood there can be brought back.
    pub fn open(&mut self, opened: ModelDraft, experiment: &Arc<Experiment>) {
        let own = self.edited().filter(|edited| **edited != opened && Some(*edited) != self.opened.as_ref());
        if let Some(own) = own.cloned() {
            self.replaced = Some(own);
        }
        self.opened = Some(opened.clone());
        self.draft = opened;
        self.base = Some(experiment.clone());
    }

    /// Whether there is a draft that another model took the place of.
    #[must_use]
    pub fn can_bring_back(&self) -> bool {
        self.replaced.as_ref().is_some_and(|replaced| *replaced != self.draft)
    }

    /// Shows the draft again that another model took the place of; where that was edited since, the two change places.
    pub fn bring_back(&mut self) {
        let Some(replaced) = self.replaced.take() else { return };
        let now = std::mem::replace(&mut self.draft, replaced);
        self.replaced = Some(now).filter(|now| Some(now) != self.opened.as_ref());
        self.opened = None;
    }

    /// The model as it is written, right or wrong.
    #[must_use]
    pub fn model(&self) -> ModelConfig {
        let layers = self.described.layers.clone();
        let (input, loss) = (read_input(&self.draft.input).unwrap_or_default(), self.draft.loss);
        let ModelRest { tied, towers, names } = self.draft.rest.clone();
        ModelConfig {
            label_smoothing: self.label_smoothing(),
            tied,
            towers,
            names,
            ..ModelConfig::of(input, loss, layers)
        }
    }

    fn label_smoothing(&self) -> f64 {
        if self.draft.loss == LossKind::CrossEntropy { self.draft.label_smoothing } else { 0.0 }
    }

    /// The model for a file.
    ///
    /// # Errors
    /// Why it cannot be written, in one sentence.
    pub fn for_file(&mut self) -> Result<ModelConfig, String> {
        self.describe();
        let problem = |why: &str| Err(format!("This cannot be saved yet: {why}"));
        if self.described.layers.is_empty() {
            return problem(self.described.problem.as_ref().map_or("There is no layer.", |problem| &problem.message));
        }
        if read_input(&self.draft.input).is_none() {
            return problem("The input shape cannot be read, expected one such as 2, 1×8×8 or 24 tokens of 14.");
        }
        Ok(self.model())
    }

    /// Whether another model says the same.
    #[must_use]
    pub fn is_same_as(&self, model: &ModelConfig) -> bool {
        let layers = TypedLayers::parse(&self.draft.text).map(|typed| typed.layers);
        layers.is_ok_and(|layers| layers == model.layers)
            && read_input(&self.draft.input).is_some_and(|input| input == model.input)
            && (&self.draft.rest.tied, &self.draft.rest.towers) == (&model.tied, &model.towers)
            && (self.draft.loss, self.label_smoothing()) == (model.loss, model.label_smoothing)
    }

    /// What the text says; computed anew when it has changed.
    pub fn describe(&mut self) -> &ModelDescription {
        let is_known = self.seen.as_ref().is_some_and(|(text, input, loss)| {
            (text, input, *loss) == (&self.draft.text, &self.draft.input, self.draft.loss)
        });
        if !is_known {
            let ModelDraft { text, input, loss, .. } = &self.draft;
            self.described = describe_model(&read_input(input).unwrap_or_default(), text, *loss);
            self.seen = Some((text.clone(), input.clone(), *loss));
        }
        &self.described
    }
}

/// A shape such as "2", "1×8×8", "1x8x8" or "[1, 8, 8]".
fn read_input(text: &str) -> Option<ModelInput> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [tokens, "token" | "tokens", "of", vocabulary] = words[..] {
        let number = |text: &str| text.parse().ok().filter(|&number: &usize| number > 0);
        return Some(ModelInput::tokens(number(tokens)?, number(vocabulary)?));
    }
    read_shape(text).map(ModelInput::Shape)
}

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
        assert_eq!(form.draft.input, "1×8×8");
        assert!(form.is_same_as(&experiment("digits-cnn").model) && form.edited().is_none());
        form.draft.text += "\ntanh";
        form.follow(&experiment("moons-mlp"));
        assert!(form.draft.text.ends_with("tanh") && form.draft.input == "1×8×8");
        assert_eq!(form.describe().outputs, Some(10));
        form.draft.input = "2".to_owned();
        assert!(form.describe().problem.is_some());
    }

    #[test]
    fn a_comment_makes_a_draft() {
        let experiment = |name| Arc::new(builtin_experiment(name).unwrap());
        let mut form = ModelForm::default();
        form.follow(&experiment("moons-mlp"));
        form.draft.text.insert_str(0, "# to think about\n");
        form.follow(&experiment("digits-cnn"));
        assert!(form.draft.text.starts_with("# to think about") && form.edited().is_some());
    }

    #[test]
    fn a_draft_that_was_replaced_comes_back() {
        let moons = Arc::new(builtin_experiment("moons-mlp").unwrap());
        let cnn = ModelDraft::of(&builtin_experiment("digits-cnn").unwrap().model);
        let mut form = ModelForm::default();
        form.follow(&moons);
        form.open(cnn.clone(), &moons);
        assert!(!form.can_bring_back(), "nothing of one's own stood there");
        form.go_back(&moons);
        form.draft.text = "linear 9 # mine".to_owned();
        form.open(cnn, &moons);
        form.go_back(&moons);
        assert!(form.can_bring_back());
        form.bring_back();
        assert_eq!(form.draft.text, "linear 9 # mine");
        assert!(!form.can_bring_back());
        form.go_back(&moons);
        form.draft.text = "linear 4".to_owned();
        form.bring_back();
        assert!(form.draft.text == "linear 9 # mine" && form.can_bring_back(), "both are one's own");
        form.bring_back();
        assert_eq!(form.draft.text, "linear 4");
    }

    #[test]
    fn what_cannot_be_read_is_not_saved() {
        let mut form = ModelForm::default();
        form.follow(&Arc::new(builtin_experiment("moons-mlp").unwrap()));
        for (text, input, expected) in [
            ("linear 8\n[\ntanh", "2", "This block is not closed"),
            (" # only", "2", "There is no layer"),
            ("linear 2", "two", "The input shape cannot be read"),
        ] {
            (form.draft.text, form.draft.input) = (text.to_owned(), input.to_owned());
            let problem = form.for_file().unwrap_err();
            assert!(problem.starts_with("This cannot be saved yet: ") && problem.contains(expected), "{problem}");
        }
        (form.draft.text, form.draft.input) = ("linear 3\ntahn".to_owned(), "2".to_owned());
        assert_eq!(form.for_file().unwrap().layers.len(), 2, "a layer that is not known yet can be kept");
    }
}
