//! What the runs of the experiment that is put together start from: a file, what of the model begins anew, and what stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::drafts::{StartDraft, patterns};
use crate::config::{Experiment, ModelConfig, StartConfig, absolute, bundled_weights, there};
use crate::engine::{TensorLine, TypedModel, describe_model, tensor_shapes, weights_keys};
use crate::session::weights::located;
use crate::ui::kit::path;
use crate::ui::state::start::{FileTensors, StartReading, dropped, new_head};

/// What is said of a file that only the engine can look at.
const UNSEEN: &str = "The file lies where the engine is, which looks at it when the runs begin.";

/// The start that is being put together. It follows the experiment that runs until it is changed.
#[derive(Debug, Default)]
pub struct StartForm {
    /// The start as it is typed.
    pub draft: StartDraft,
    /// Whether the section is open.
    pub is_open: bool,
    /// The engine is on another machine: what is nothing here may be there.
    pub is_elsewhere: bool,
    /// The blocks whose tensors are listed.
    pub open_blocks: BTreeSet<String>,
    /// The experiment that it was compared with last.
    base: Option<Arc<Experiment>>,
    /// What was made fresh here because the file has another head; what the user types takes its place.
    renewed: Option<String>,
    /// The path that is typed is one where the engine is, which alone can look at it.
    is_there: bool,
    /// The text of a path, and what lies there.
    file: Option<(String, Result<FileTensors, String>)>,
    /// What was found out last, and of what.
    known: Option<(StartDraft, Option<Arc<Experiment>>, ModelConfig, Found)>,
}

/// What a start means for a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The start; `None` for random weights.
    pub start: Result<Option<StartConfig>, String>,
    /// The tensors of the model.
    pub tensors: Vec<TensorLine>,
    /// What the patterns say of them; nothing where they cannot be read.
    pub reading: StartReading,
    /// The text of the patterns of what begins anew, with those of a new head.
    pub fresh: String,
    /// What is done to the file on the way, a sentence each.
    pub notes: Vec<String>,
    /// The keys of the file under each of which all tensors of the model are; empty where there is nothing to choose.
    pub keys: Vec<String>,
}

/// The start for a model that takes the place of the present one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartFor {
    /// The start; `None` for random weights.
    pub start: Option<StartConfig>,
    /// What is to be told of it, in a sentence.
    pub remark: Option<String>,
}

impl StartForm {
    /// Shows the experiment's start when it is a new one and nothing was changed.
    pub fn follow(&mut self, experiment: &Arc<Experiment>) {
        if self.base.as_ref().is_some_and(|base| Arc::ptr_eq(base, experiment)) {
            return;
        }
        if self.edited().is_none() {
            self.draft = StartDraft::of(experiment.start.as_ref());
            self.is_open |= experiment.start.is_some();
            self.renewed = None;
        }
        self.base = Some(experiment.clone());
    }

    /// The draft where it is not the experiment's start.
    #[must_use]
    pub fn edited(&self) -> Option<&StartDraft> {
        self.base.as_ref().filter(|base| self.draft != StartDraft::of(base.start.as_ref())).map(|_| &self.draft)
    }

    /// Goes on with a draft of an earlier start.
    pub fn restore(&mut self, draft: StartDraft, experiment: &Arc<Experiment>) {
        self.is_open = !draft.is_empty();
        self.draft = draft;
        self.base = Some(experiment.clone());
    }

    /// Shows the start of the experiment again.
    pub fn go_back(&mut self, experiment: &Arc<Experiment>) {
        self.restore(StartDraft::of(experiment.start.as_ref()), experiment);
        self.renewed = None;
    }

    /// Takes a file of weights, or what lies under a key of it; what was said of another one is forgotten.
    pub fn take(&mut self, weights: &Path, key: Option<&str>, experiment: &Arc<Experiment>) {
        let weights = absolute(weights);
        let key = key.unwrap_or_default().to_owned();
        self.draft = StartDraft { weights: weights.display().to_string(), key, ..StartDraft::default() };
        (self.is_open, self.renewed, self.file) = (true, None, None);
        self.base = Some(experiment.clone());
    }

    /// What the start means for the model that is typed; a head that the file has otherwise is made fresh.
    pub fn find(&mut self, model: &ModelConfig) -> Found {
        let found = self.found(model);
        if found.fresh != self.draft.fresh {
            self.renewed = (!found.fresh.is_empty()).then(|| found.fresh.clone());
            self.draft.fresh.clone_from(&found.fresh);
        }
        found
    }

    /// The start of an experiment with a model. One that nobody has touched is dropped with a word where it does not fit.
    ///
    /// # Errors
    /// Why it cannot be, in one sentence.
    pub fn for_model(&mut self, model: &ModelConfig) -> Result<StartFor, String> {
        let found = self.found(model);
        match (found.start, self.weights()) {
            (Ok(start), _) => {
                let is_renewed = start.is_some() && found.fresh != self.draft.fresh && !found.fresh.is_empty();
                let remark = || format!("Its last layer begins anew: {}.", found.fresh);
                Ok(StartFor { start, remark: is_renewed.then(remark) })
            }
            (Err(problem), Some(weights)) if self.edited().is_none() => {
                Ok(StartFor { start: None, remark: Some(dropped(&weights, &problem)) })
            }
            (Err(problem), _) => Err(problem),
        }
    }

    /// The path that is typed, if any.
    fn weights(&self) -> Option<PathBuf> {
        let typed = path::read(&self.draft.weights);
        if bundled_weights(&typed).is_some() {
            return Some(typed);
        }
        (!typed.as_os_str().is_empty()).then(|| absolute(&typed))
    }

    fn found(&mut self, model: &ModelConfig) -> Found {
        self.look_at_file();
        let is_known = |(draft, base, of, _): &&(StartDraft, Option<Arc<Experiment>>, ModelConfig, Found)| {
            *draft == self.draft && base.as_ref().map(Arc::as_ptr) == self.base.as_ref().map(Arc::as_ptr) && of == model
        };
        if let Some((.., found)) = self.known.as_ref().filter(is_known) {
            return found.clone();
        }
        let found = self.find_out(model);
        self.known = Some((self.draft.clone(), self.base.clone(), model.clone(), found.clone()));
        found
    }

    /// Looks at what lies at the path, when that is another one.
    fn look_at_file(&mut self) {
        let text = &self.draft.weights;
        if self.file.as_ref().is_some_and(|(of, _)| of == text) {
            return;
        }
        let located = self.weights().map(|path| located(&path).unwrap_or(path));
        self.is_there =
            located.as_ref().is_some_and(|path| there(path).is_some() || self.is_elsewhere && !path.exists());
        let found = match located {
            Some(_) if self.is_there => Ok(FileTensors::new()),
            None => Ok(FileTensors::new()),
            Some(path) if path.is_dir() => Err(format!("{} is a folder, expected a file of weights.", path.display())),
            Some(path) if !path.exists() => Err(format!("{} does not exist.", path.display())),
            Some(path) => tensor_shapes(&path),
        };
        self.file = Some((text.clone(), found));
        self.known = None;
    }

    fn find_out(&self, model: &ModelConfig) -> Found {
        let tensors = describe_model(&TypedModel::from(model)).tensors;
        let whole = self.file.as_ref().and_then(|(_, file)| file.as_ref().ok());
        let keys = whole.map(|file| keys(file, &tensors, model)).unwrap_or_default();
        let chosen = whole.map(|file| under(file, self.draft.key.trim()));
        let file = chosen.as_ref();
        let is_ours = self.draft.fresh.trim().is_empty() || self.renewed.as_ref() == Some(&self.draft.fresh);
        let fresh = match file.filter(|_| is_ours) {
            Some(file) => new_head(&tensors, file, model).unwrap_or_default(),
            None => self.draft.fresh.clone(),
        };
        let reading = StartReading::of(&patterns(&fresh), &patterns(&self.draft.frozen), &tensors);
        let (start, notes) = match self.start(&fresh, &reading, &tensors, (model, file)) {
            Ok((start, notes)) => (Ok(start), notes),
            Err(problem) => (Err(problem), Vec::new()),
        };
        Found { start, tensors, reading: reading.unwrap_or_default(), fresh, notes, keys }
    }

    /// The start and what is done to its file on the way.
    fn start(
        &self,
        fresh: &str,
        reading: &Result<StartReading, String>,
        tensors: &[TensorLine],
        (model, chosen): (&ModelConfig, Option<&FileTensors>),
    ) -> Result<(Option<StartConfig>, Vec<String>), String> {
        if self.draft.is_empty() {
            return Ok((None, Vec::new()));
        }
        let (Some(weights), Some((_, file))) = (self.weights(), &self.file) else {
            return Err("There is no file of weights to start from: choose one, or clear the patterns.".to_owned());
        };
        let whole = file.as_ref().map_err(Clone::clone)?;
        let key = Some(self.draft.key.trim()).filter(|key| !key.is_empty());
        let file = chosen.unwrap_or(whole);
        if let Some(key) = key.filter(|_| file.is_empty() && !self.is_there) {
            return Err(no_key(key, whole));
        }
        if tensors.is_empty() {
            return Err("What the start means is known when the model is right.".to_owned());
        }
        let reading = reading.as_ref().map_err(Clone::clone)?;
        let notes = if self.is_there { vec![UNSEEN.to_owned()] } else { reading.fit_file(tensors, file, model)? };
        let base = self.base.as_ref().and_then(|base| base.start.as_ref());
        // As it is written in the experiment, where nothing was changed.
        let kept = base.filter(|base| StartDraft::of(Some(*base)).weights == self.draft.weights);
        let weights = kept.map_or(weights, |base| base.weights.clone());
        let start = StartConfig {
            weights,
            key: key.map(str::to_owned),
            fresh: patterns(fresh),
            frozen: patterns(&self.draft.frozen),
        };
        Ok((Some(start), notes))
    }
}

/// What lies under a key of a file, by its names there; all of it without a key.
fn under(file: &FileTensors, key: &str) -> FileTensors {
    if key.is_empty() {
        return file.clone();
    }
    let rest = |name: &str| name.strip_prefix(key)?.strip_prefix('.').map(str::to_owned);
    file.iter().filter_map(|(name, shape)| Some((rest(name)?, shape.clone()))).collect()
}

/// The keys among which only the user can choose.
fn keys(file: &FileTensors, tensors: &[TensorLine], model: &ModelConfig) -> Vec<String> {
    let names: Vec<String> = file.keys().cloned().collect();
    let tensors: Vec<String> = tensors.iter().map(|tensor| tensor.name().to_owned()).collect();
    if tensors.is_empty() { Vec::new() } else { weights_keys(&names, &tensors, model) }
}

/// That there is nothing under a key.
fn no_key(key: &str, file: &FileTensors) -> String {
    let mut found: Vec<&str> = file.keys().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    found.dedup();
    let found: Vec<String> = found.into_iter().take(8).map(|key| format!("`{key}`")).collect();
    let expected = if found.is_empty() { "no key".to_owned() } else { format!("one such as {}", found.join(", ")) };
    format!("There is no tensor under the key `{key}` in the file, expected {expected}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, builtin_experiment};

    fn model(classes: usize) -> ModelConfig {
        let last = format!("linear {classes}");
        ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 8", "tanh", last.as_str()])
    }

    /// A form that starts from a file of the model with so many classes, whose content is known.
    fn form(classes: usize) -> StartForm {
        let mut form = StartForm::default();
        form.follow(&Arc::new(builtin_experiment("moons-mlp").unwrap()));
        form.draft.weights = "/a/w.npz".to_owned();
        let tensors = describe_model(&TypedModel::from(&model(classes))).tensors;
        let file = tensors.into_iter().map(|tensor| (tensor.name().to_owned(), tensor.shape)).collect();
        form.file = Some((form.draft.weights.clone(), Ok(file)));
        form
    }

    #[test]
    fn a_head_of_other_classes_is_fresh_until_the_classes_are_those_of_the_file() {
        let mut form = form(36);
        assert_eq!(form.find(&model(10)).start.unwrap().unwrap().fresh, ["2.*"]);
        assert_eq!(form.draft.fresh, "2.*");
        assert_eq!(form.find(&model(36)).start.unwrap().unwrap().fresh, Vec::<String>::new());
        assert_eq!(form.draft.fresh, "");
        let for_ten = form.for_model(&model(10)).unwrap();
        assert_eq!(for_ten.remark.as_deref(), Some("Its last layer begins anew: 2.*."));
        assert_eq!((for_ten.start.unwrap().fresh, form.draft.fresh.as_str()), (vec!["2.*".to_owned()], ""));
        form.draft.fresh = "2.weight, 2.bias".to_owned();
        assert_eq!(form.find(&model(10)).fresh, "2.weight, 2.bias", "what the user types stays");
        form.draft.fresh = "2.bias".to_owned();
        assert!(form.find(&model(10)).start.unwrap_err().starts_with("`2.weight` is 36×8 in the file, 10×8"));
    }

    #[test]
    fn a_start_that_nobody_touched_is_dropped_with_another_model_and_one_that_was_typed_is_not() {
        let other = ModelConfig::new(&[2], LossKind::CrossEntropy, ["linear 5", "tanh", "linear 9", "linear 2"]);
        let mut form = form(2);
        assert!(form.for_model(&other).unwrap_err().contains("`0.weight` is 8×2 in the file, 5×2"));
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.start = form.for_model(&model(2)).unwrap().start;
        form.follow(&Arc::new(experiment));
        assert_eq!(form.edited(), None);
        let found = form.for_model(&other).unwrap();
        assert!(found.start.is_none() && found.remark.unwrap().contains("not at those of w.npz."));
        form.draft = StartDraft { frozen: "0.*".to_owned(), ..StartDraft::default() };
        assert!(form.for_model(&model(2)).unwrap_err().starts_with("There is no file of weights"));
    }
}
