//! Another experiment with the runs that there are: which of them take part, with which knobs, and what they were called.
//!
//! An experiment has one run an optimizer, the window may have several, or none. What is one too many is loaded beside it.

use std::path::PathBuf;

use super::kept_run::KeptRun;
use super::model::Model;
use super::run_view::RunView;
use super::shared::Shared;
use super::start::drop_unfit;
use crate::config::{ConfigError, Experiment, KnobId, KnobValue, Knobs};
use crate::protocol::{Command, NewRun, Origin, RunStart};
use crate::ui::kit::path;

/// Runs that are called by name in a sentence at most.
const MOST_NAMES: usize = 3;

/// An experiment that takes the place of the present one.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    /// The experiment.
    pub experiment: Experiment,
    /// The runs that it does not have by itself.
    pub more: Vec<NewRun>,
    /// The runs that take part.
    pub kept: Vec<KeptRun>,
    /// Names of those that it does not have by itself.
    pub beside: Vec<String>,
    /// Names of those that end.
    pub ended: Vec<String>,
    /// A folder of checkpoints that is followed in place of all runs.
    pub folder: Option<PathBuf>,
    /// Whether its own runs start; else there are those that it does not have by itself, alone.
    pub starts_own: bool,
    /// Whether its runs wait until somebody plays them.
    pub waits: bool,
    /// What else becomes of them, in a sentence: that they do not start from a file any more.
    pub remark: Option<String>,
}

impl Restart {
    /// An experiment as it is.
    #[must_use]
    pub const fn plain(experiment: Experiment) -> Self {
        Self {
            experiment,
            more: Vec::new(),
            kept: Vec::new(),
            beside: Vec::new(),
            ended: Vec::new(),
            folder: None,
            starts_own: true,
            waits: false,
            remark: None,
        }
    }

    /// Runs of an experiment that it does not have by itself, alone.
    #[must_use]
    pub fn only(experiment: Experiment, runs: Vec<NewRun>) -> Self {
        Self { more: runs, starts_own: false, ..Self::plain(experiment) }
    }

    /// A folder of checkpoints of the model of an experiment, without its runs.
    #[must_use]
    pub fn following(experiment: Experiment, folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..Self::plain(experiment) }
    }

    /// Whether runs that there are go over to it.
    #[must_use]
    pub const fn keeps_runs(&self) -> bool {
        !self.kept.is_empty()
    }

    /// An experiment with the present runs, their knobs and their pace as they are now. Runs that began at the initial weights do so
    /// again, those from a file where the model is the same; others have nowhere to begin. A start of the experiment that
    /// its model has no tensors for is dropped.
    ///
    /// # Errors
    /// One sentence that names what cannot be.
    pub fn of(model: &Model, shared: &Shared, mut experiment: Experiment) -> Result<Self, String> {
        let is_same_model = experiment.model == model.experiment.model;
        let remark = if is_same_model { None } else { drop_unfit(&mut experiment) };
        experiment.look.pace = model.pace;
        let has_initial = model.runs.iter().any(|run| run.info.origin == Origin::Initial);
        let selected = shared.selected_run(model);
        let (mut first, mut rest, mut ended) = (Vec::<&RunView>::new(), Vec::new(), Vec::new());
        for run in &model.runs {
            let is_first = !first.iter().any(|other| other.info.optimizer == run.info.optimizer);
            match &run.info.origin {
                Origin::File(file) if has_initial && is_same_model => rest.push((run, RunStart::File(file.clone()))),
                Origin::Folder(path) if is_same_model => rest.push((run, RunStart::Folder(path.clone()))),
                Origin::Folder(_) => ended.push(run.name().to_owned()),
                Origin::File(_)
                | Origin::Branch { .. }
                | Origin::Place { .. }
                | Origin::Average { .. }
                | Origin::BestValidation { .. }
                    if has_initial =>
                {
                    ended.push(run.name().to_owned());
                }
                // Where no run began at the initial weights, all do now.
                _ if is_first => first.push(run),
                _ => rest.push((run, RunStart::Initial)),
            }
        }
        if !first.is_empty() {
            experiment.optimizers.retain(|kind, _| first.iter().any(|run| run.info.optimizer == *kind));
        }
        for run in &first {
            give_knobs(&mut experiment, run)?;
        }
        experiment.validate().map_err(|err| format!("{err}."))?;
        let keep = |run: &RunView| KeptRun {
            optimizer: run.info.optimizer,
            identity: run.identity(),
            is_hidden: shared.is_hidden(run.info.run),
            is_selected: selected == Some(run.info.run),
        };
        let kept = first.iter().copied().chain(rest.iter().map(|(run, _)| *run)).map(keep).collect();
        let beside = rest.iter().map(|(run, _)| run.name().to_owned()).collect();
        let more = rest.into_iter().map(|(run, start)| added(run, start)).collect::<Result<_, _>>()?;
        Ok(Self { experiment, more, kept, beside, ended, folder: None, starts_own: true, waits: false, remark })
    }

    /// What the engine is asked to do.
    #[must_use]
    pub fn command(&self) -> Command {
        if let Some(folder) = &self.folder {
            return Command::Follow { experiment: Box::new(self.experiment.clone()), folder: folder.clone() };
        }
        let (experiment, more) = (Box::new(self.experiment.clone()), self.more.clone());
        if self.starts_own { Command::Load { experiment, more } } else { Command::LoadOnly { experiment, runs: more } }
    }

    /// Whether its runs are to be played at once: what is trained elsewhere is not, nor what waits.
    #[must_use]
    pub const fn plays(&self) -> bool {
        self.folder.is_none() && self.starts_own && !self.waits
    }

    /// The same with something else to tell.
    #[must_use]
    pub fn with_remark(self, remark: Option<String>) -> Self {
        Self { remark: remark.or(self.remark), ..self }
    }

    /// What becomes of the runs, in a few sentences.
    #[must_use]
    pub fn words(&self) -> String {
        let remark = self.remark.as_ref().map_or_else(String::new, |remark| format!(" {remark}"));
        format!("{}{remark}", self.words_of_runs())
    }

    fn words_of_runs(&self) -> String {
        let start = self.experiment.start.as_ref();
        let at = start.map_or_else(String::new, |start| format!(" at the weights of {}", path::name(&start.weights)));
        let stays = format!("restart from step 0{at}; their knobs, names and colours stay.");
        if self.ended.is_empty() {
            return format!("All runs {stays}");
        }
        let (staying, all) = (self.kept.len(), self.kept.len() + self.ended.len());
        let (verb, began) = if self.ended.len() == 1 { ("ends", "it began") } else { ("end", "they began") };
        let names = list(&self.ended);
        let why = format!("because {began} at a step of another run or at weights of another model");
        format!("{staying} of {all} runs {stays} {names} {verb}, {why}.")
    }
}

/// Names in a sentence.
#[must_use]
pub fn list(names: &[String]) -> String {
    let (named, left) = names.split_at(names.len().min(MOST_NAMES));
    match (named, left.len()) {
        ([], _) => String::new(),
        ([only], 0) => only.clone(),
        ([before @ .., last], 0) => format!("{} and {last}", before.join(", ")),
        (_, left) => format!("{} and {left} more", named.join(", ")),
    }
}

/// The knobs of a run as they are now. Without momentum there is nothing to look ahead with, and no new run may ask for it.
fn knobs_of(run: &RunView) -> Knobs {
    let mut knobs = run.knobs.clone();
    knobs.nesterov &= knobs.momentum > 0.0;
    knobs
}

/// Writes the knobs of a run into the experiment where they are not those that it has anyway.
fn give_knobs(experiment: &mut Experiment, run: &RunView) -> Result<(), String> {
    let kind = run.info.optimizer;
    experiment.optimizers.entry(kind).or_default();
    let (begin, knobs) = (experiment.knobs(kind).map_err(|err| problem(run, &err))?, knobs_of(run));
    for knob in KnobId::ALL.into_iter().filter(|knob| knob.applies_to(kind)) {
        let value = knobs.value(knob);
        if value != begin.value(knob) {
            let own = experiment.optimizers.entry(kind).or_default();
            own.insert(knob, KnobValue::of(knob, value));
        }
    }
    // The whole experiment would not say whose knobs they are.
    experiment.knobs(kind).map(|_| ()).map_err(|err| problem(run, &err))
}

fn added(run: &RunView, start: RunStart) -> Result<NewRun, String> {
    let knobs = knobs_of(run);
    knobs.validate().map_err(|err| problem(run, &err))?;
    Ok(NewRun { optimizer: run.info.optimizer, knobs: Box::new(knobs), start })
}

fn problem(run: &RunView, err: &ConfigError) -> String {
    format!("{}: {err}.", run.name())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::config::OptimizerKind;
    use crate::config::{ModelConfig, StartConfig, builtin_experiment};
    use crate::protocol::{DataPreview, Event, RunId, RunInfo};

    fn info(run: u32, optimizer: OptimizerKind, origin: Origin) -> RunInfo {
        let knobs = builtin_experiment("moons-mlp").unwrap().knobs(optimizer).unwrap();
        RunInfo { run: RunId(run), optimizer, seed: 0, knobs, origin }
    }

    fn started(runs: Vec<RunInfo>) -> Event {
        let data = Arc::new(DataPreview { source: "two moons".to_owned(), shape: vec![2], ..DataPreview::default() });
        let experiment = Arc::new(builtin_experiment("moons-mlp").unwrap());
        Event::Started { experiment, num_parameters: 0, tensors: Vec::new(), data, runs }
    }

    /// SGD, a second SGD with another rate, a branch of it, and NSO from a file: SAM was removed.
    fn model() -> Model {
        let experiment = builtin_experiment("moons-mlp").unwrap();
        let mut model = Model::new(experiment);
        let now = Instant::now();
        for info in [
            info(1, OptimizerKind::Sgd, Origin::Initial),
            info(2, OptimizerKind::Sgd, Origin::Initial),
            info(3, OptimizerKind::Sgd, Origin::Branch { run: RunId(2), step: 40 }),
            info(4, OptimizerKind::Nso, Origin::File("a.safetensors".into())),
        ] {
            model.apply(Event::RunAdded(info), now);
        }
        let second = model.run_mut(RunId(2)).unwrap();
        second.name = Some("fast".to_owned());
        second.knobs.set(KnobId::LearningRate, 0.5).unwrap();
        model.run_mut(RunId(1)).unwrap().knobs.set(KnobId::Batch, 64.0).unwrap();
        model
    }

    #[test]
    fn the_present_runs_and_their_knobs_go_over() {
        let model = model();
        let mut shared = Shared::default();
        shared.hidden.insert(RunId(2));
        let restart = Restart::of(&model, &shared, (*model.experiment).clone()).unwrap();
        assert_eq!(restart.experiment.optimizers.keys().copied().collect::<Vec<_>>(), [OptimizerKind::Sgd]);
        assert_eq!(restart.experiment.knobs(OptimizerKind::Sgd).unwrap().batch, 64);
        let [fast, file] = &restart.more[..] else { panic!("{:?}", restart.more) };
        assert!(fast.start == RunStart::Initial && fast.knobs.learning_rate == 0.5, "{fast:?}");
        assert!(matches!(file, NewRun { optimizer: OptimizerKind::Nso, start: RunStart::File(_), .. }));
        assert_eq!(restart.kept.iter().map(|kept| kept.is_hidden).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!((restart.beside.join(" "), restart.ended.join(" ")), ("fast NSO".to_owned(), "SGD 3".to_owned()));
        assert!(restart.words().starts_with("3 of 4 runs restart from step 0"), "{}", restart.words());
        assert!(restart.words().contains("SGD 3 ends, because it began at a step of another run"));
    }

    #[test]
    fn weights_of_another_model_have_no_place() {
        let model = model();
        let mut other = (*model.experiment).clone();
        other.model = ModelConfig::new(&[2], other.model.loss, ["linear 3", "tanh", "linear 2"]);
        let restart = Restart::of(&model, &Shared::default(), other).unwrap();
        assert_eq!((restart.more.len(), restart.ended.join(" ")), (1, "SGD 3 NSO".to_owned()));
    }

    #[test]
    fn a_start_stays_with_its_model_and_is_dropped_with_another() {
        let model = model();
        let mut experiment = (*model.experiment).clone();
        let (weights, frozen) = ("/a/pretrained.safetensors".into(), vec!["2.*".to_owned()]);
        experiment.start = Some(StartConfig { weights, frozen, ..StartConfig::default() });
        let restart = Restart::of(&model, &Shared::default(), experiment.clone()).unwrap();
        assert_eq!(restart.experiment.start, experiment.start);
        assert!(restart.words().contains("restart from step 0 at the weights of pretrained.safetensors; their knobs"));
        experiment.model = ModelConfig::new(&[2], experiment.model.loss, ["linear 3", "linear 2"]);
        let kept = Restart::of(&model, &Shared::default(), experiment.clone());
        let kept = kept.unwrap().experiment.start;
        assert_eq!(kept, None, "2.* is no tensor of two layers without anything between them");
        let words = Restart::of(&model, &Shared::default(), experiment.clone()).unwrap().words();
        assert!(words.contains("They begin at random weights, not at those of pretrained.safetensors."), "{words}");
        experiment.start.as_mut().unwrap().frozen = vec!["0.*".to_owned()];
        let restart = Restart::of(&model, &Shared::default(), experiment.clone()).unwrap();
        assert_eq!((restart.experiment.start, restart.remark), (experiment.start, None));
    }

    #[test]
    fn the_runs_come_back_as_they_were() {
        let mut model = model();
        let restart = Restart::of(&model, &Shared::default(), (*model.experiment).clone()).unwrap();
        let colors: Vec<_> = model.runs.iter().map(RunView::color_index).collect();
        model.await_experiment(&restart.experiment);
        model.kept = restart.kept;
        let now = Instant::now();
        // Something that was under way before the experiment was loaded.
        model.apply(Event::Playing(true), now);
        assert!(!model.kept.is_empty());
        model.apply(started(vec![info(5, OptimizerKind::Sgd, Origin::Initial)]), now);
        model.apply(Event::RunAdded(info(6, OptimizerKind::Sgd, Origin::Initial)), now);
        let found: Vec<_> = model.runs.iter().map(|run| (run.name().to_owned(), run.color_index())).collect();
        assert_eq!(found, [("SGD".to_owned(), colors[0]), ("fast".to_owned(), colors[1])]);
        assert_eq!(model.arrived.iter().map(|(run, _)| run.0).collect::<Vec<_>>(), [5, 6]);
        model.apply(Event::Playing(true), now);
        assert!(model.kept.is_empty(), "what could not come is not waited for");
    }

    #[test]
    fn knobs_that_cannot_start_are_named_with_their_run() {
        let mut model = model();
        for run in [RunId(1), RunId(2)] {
            let mut wrong = model.run(run).unwrap().knobs.clone();
            wrong.learning_rate = f64::NAN;
            let right = std::mem::replace(&mut model.run_mut(run).unwrap().knobs, wrong);
            let problem = Restart::of(&model, &Shared::default(), (*model.experiment).clone()).unwrap_err();
            let name = model.run(run).unwrap().name();
            assert!(problem.starts_with(&format!("{name}: ")) && problem.contains("learning_rate"), "{problem}");
            model.run_mut(run).unwrap().knobs = right;
        }
    }

    #[test]
    fn momentum_that_was_turned_off_takes_its_look_ahead_with_it() {
        let mut model = model();
        for run in [RunId(1), RunId(2)] {
            let knobs = &mut model.run_mut(run).unwrap().knobs;
            (knobs.nesterov, knobs.momentum) = (true, 0.0);
        }
        let restart = Restart::of(&model, &Shared::default(), (*model.experiment).clone()).unwrap();
        let first = restart.experiment.knobs(OptimizerKind::Sgd).unwrap();
        assert_eq!((first.nesterov, first.momentum, restart.more[0].knobs.nesterov), (false, 0.0, false));
    }

    #[test]
    fn where_all_are_branches_all_start() {
        let mut model = model();
        for run in &mut model.runs {
            run.info.origin = Origin::Branch { run: RunId(9), step: 3 };
        }
        let restart = Restart::of(&model, &Shared::default(), (*model.experiment).clone()).unwrap();
        assert_eq!((restart.kept.len(), restart.more.len(), restart.ended.len()), (4, 2, 0));
        assert!(restart.words().starts_with("All runs restart"));
        assert_eq!(list(&["a", "b", "c", "d", "e"].map(str::to_owned)), "a, b, c and 2 more");
    }
}
