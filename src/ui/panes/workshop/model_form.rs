//! The model that is being edited.

use std::sync::Arc;

use super::drafts::ModelDraft;
use crate::config::{Experiment, ModelConfig, TypedLayers};
use crate::engine::{ModelDescription, ModelPlace, ModelProblem, TypedModel, describe_model};

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
    seen: Option<TypedModel>,
}

/// Why an input is not taken.
const NO_INPUT: &str = "The input shape cannot be read, expected one such as 2, 1×8×8 or 24 tokens of 14.";

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
        self.draft.model(self.described.chains.iter().map(|chain| chain.layers.clone()))
    }

    /// The same where each of its chains has a layer.
    #[must_use]
    pub fn whole_model(&self) -> Option<ModelConfig> {
        let mut chains = self.described.chains.iter();
        (chains.len() > 0 && chains.all(|chain| !chain.layers.is_empty())).then(|| self.model())
    }

    /// The model for a file.
    ///
    /// # Errors
    /// Why it cannot be written, in one sentence.
    pub fn for_file(&mut self) -> Result<ModelConfig, String> {
        self.describe();
        let problem = |why: &str| Err(format!("This cannot be saved yet: {why}"));
        let has_inputs = self.draft.chains().all(|chain| chain.input().is_some());
        match self.whole_model() {
            Some(model) if has_inputs => Ok(model),
            Some(_) => problem(NO_INPUT),
            None => problem(self.described.problem.as_ref().map_or("There is no layer.", |problem| &problem.message)),
        }
    }

    /// The model as it is written, where all brackets have their other.
    #[must_use]
    pub fn read(&self) -> Option<ModelConfig> {
        let layers: Result<Vec<_>, _> =
            self.draft.chains().map(|chain| TypedLayers::parse(&chain.text).map(|typed| typed.layers)).collect();
        layers.ok().map(|layers| self.draft.model(layers))
    }

    /// What the text says; computed anew when it has changed.
    pub fn describe(&mut self) -> &ModelDescription {
        let typed = self.draft.typed();
        if self.seen.as_ref() != Some(&typed) {
            self.described = describe_model(&typed);
            let unread = self.draft.chains().position(|chain| chain.input().is_none());
            if let (Some(chain), Some(problem)) = (unread, &self.described.problem)
                && problem.place == ModelPlace::Chain(chain)
            {
                let message = NO_INPUT.to_owned();
                self.described.problem = Some(ModelProblem { place: ModelPlace::Chain(chain), message });
            }
            self.seen = Some(typed);
        }
        &self.described
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{builtin_experiment, builtin_model};

    #[test]
    fn an_edited_model_is_not_overwritten_and_an_untouched_one_follows() {
        let experiment = |name| Arc::new(builtin_experiment(name).unwrap());
        let mut form = ModelForm::default();
        form.follow(&experiment("moons-mlp"));
        form.follow(&experiment("digits-cnn"));
        assert_eq!(form.draft.chain.input, "1×8×8");
        assert!(form.read() == Some(experiment("digits-cnn").model.clone()) && form.edited().is_none());
        form.draft.chain.text += "\ntanh";
        form.follow(&experiment("moons-mlp"));
        assert!(form.draft.chain.text.ends_with("tanh") && form.draft.chain.input == "1×8×8");
        assert_eq!(form.describe().outputs, Some(10));
        form.draft.chain.input = "2".to_owned();
        assert!(form.describe().problem.is_some());
    }

    #[test]
    fn a_comment_makes_a_draft() {
        let experiment = |name| Arc::new(builtin_experiment(name).unwrap());
        let mut form = ModelForm::default();
        form.follow(&experiment("moons-mlp"));
        form.draft.chain.text.insert_str(0, "# to think about\n");
        form.follow(&experiment("digits-cnn"));
        assert!(form.draft.chain.text.starts_with("# to think about") && form.edited().is_some());
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
        form.draft.chain.text = "linear 9 # mine".to_owned();
        form.open(cnn, &moons);
        form.go_back(&moons);
        assert!(form.can_bring_back());
        form.bring_back();
        assert_eq!(form.draft.chain.text, "linear 9 # mine");
        assert!(!form.can_bring_back());
        form.go_back(&moons);
        form.draft.chain.text = "linear 4".to_owned();
        form.bring_back();
        assert!(form.draft.chain.text == "linear 9 # mine" && form.can_bring_back(), "both are one's own");
        form.bring_back();
        assert_eq!(form.draft.chain.text, "linear 4");
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
            (form.draft.chain.text, form.draft.chain.input) = (text.to_owned(), input.to_owned());
            let problem = form.for_file().unwrap_err();
            assert!(problem.starts_with("This cannot be saved yet: ") && problem.contains(expected), "{problem}");
        }
        (form.draft.chain.text, form.draft.chain.input) = ("linear 3\ntahn".to_owned(), "2".to_owned());
        assert_eq!(form.for_file().unwrap().layers.len(), 2, "a layer that is not known yet can be kept");
    }

    #[test]
    fn two_towers_are_edited_as_two_texts() {
        let model = builtin_model("clip-mini --depth 1").unwrap();
        let mut form = ModelForm::default();
        form.follow(&Arc::new(builtin_experiment("moons-mlp").unwrap()));
        form.open(ModelDraft::of(&model), &Arc::new(builtin_experiment("moons-mlp").unwrap()));
        assert_eq!(form.read().as_ref(), Some(&model));
        assert_eq!((form.describe().outputs, form.model()), (Some(64), model.clone()));
        form.draft.text_tower.as_mut().unwrap().text.push_str("\nl2norm # unit");
        assert_eq!((form.describe().outputs, form.read() == Some(model)), (Some(64), false));
        let towers = form.for_file().unwrap().towers.unwrap();
        assert_eq!(towers.text.layers.last().map(ToString::to_string).as_deref(), Some("l2norm"));
        form.draft.text_tower.as_mut().unwrap().input = "32 tokens".to_owned();
        assert_eq!(form.describe().problem.as_ref().map(|problem| problem.message.as_str()), Some(NO_INPUT));
        assert!(form.for_file().unwrap_err().ends_with(NO_INPUT));
    }
}
