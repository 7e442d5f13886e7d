//! A finished run of a sweep that becomes a run of the window: at its end with its curves where its result has the weights, and
//! trained again from its seed where it has not.

use std::path::PathBuf;

use super::restart::Restart;
use crate::config::{Experiment, KeepRule};
use crate::protocol::{DoneRun, NewRun, RunStart};
use crate::report::results::RunResult;

/// A finished run of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct SweptRun {
    /// What it is, in words, such as "NSO, seed 3, nso.sigma=0.02".
    pub name: String,
    /// The experiment at its point, of its method alone, its paths absolute.
    pub experiment: Experiment,
    /// What it found.
    pub result: RunResult,
}

impl SweptRun {
    /// Whether it can stand beside runs of this experiment: of the same network, data, start and budget. Knobs are each run's own,
    /// and so is the seed.
    #[must_use]
    pub fn fits(&self, present: &Experiment) -> bool {
        let own = Experiment {
            name: present.name.clone(),
            title: present.title.clone(),
            about: present.about.clone(),
            seed: present.seed,
            train: present.train.clone(),
            optimizers: present.optimizers.clone(),
            look: present.look.clone(),
            ..self.experiment.clone()
        };
        own == *present
    }

    /// The run at its end, whose weights lie in a file.
    ///
    /// # Errors
    /// One sentence: a knob of its experiment is not valid.
    pub fn at_its_end(&self, weights: PathBuf) -> Result<NewRun, String> {
        let optimizer = self.result.optimizer;
        let knobs = self.experiment.knobs(optimizer).map_err(|err| format!("{}: {err}.", self.name))?;
        let (step, gradient_evaluations) = self.result.stands_at();
        let (seed, past) = (self.result.seed, self.result.past());
        let done = DoneRun { seed, step, gradient_evaluations, weights: weights.into(), past };
        Ok(NewRun { optimizer, knobs: Box::new(knobs), start: RunStart::Done(Box::new(done)) })
    }

    /// The same run from its first step on.
    #[must_use]
    pub fn again(&self) -> Restart {
        let title = format!("{}, {}", self.experiment.title, self.name);
        Restart::plain(Experiment { title, seed: self.result.seed, ..self.experiment.clone() })
    }

    /// What is said where it is trained again.
    #[must_use]
    pub fn again_words(&self) -> String {
        let best =
            if self.experiment.keep == KeepRule::Last { "" } else { ", and its figures are those of its best weights" };
        format!(
            "The result of {} has no weights, so its run is trained again here, from its seed: on the same device it is the same \
             run{best}. With `--weights` a plan keeps them.",
            self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{OptimizerKind, builtin_experiment};
    use crate::export::sample;

    fn swept() -> SweptRun {
        let (mut experiment, comparison) = sample::comparison();
        experiment.optimizers.retain(|kind, _| *kind == OptimizerKind::Nso);
        experiment.assign("nso.sigma=0.2").unwrap();
        let result =
            comparison.runs.into_iter().find(|run| run.optimizer == OptimizerKind::Nso && run.seed == 1).unwrap();
        SweptRun { name: "NSO, seed 1, nso.sigma=0.2".to_owned(), experiment, result }
    }

    #[test]
    fn it_stands_beside_runs_of_the_same_network_and_data() {
        let (swept, present) = (swept(), builtin_experiment("moons-mlp").unwrap());
        assert!(swept.fits(&present), "knobs of a run are its own");
        assert!(!swept.fits(&Experiment { budget: present.budget + 1, ..present.clone() }));
        let mut other = present;
        other.data.train_size += 1;
        assert!(!swept.fits(&other));
    }

    #[test]
    fn it_opens_at_its_end_or_begins_again_with_its_seed() {
        let swept = swept();
        let run = swept.at_its_end("w.safetensors".into()).unwrap();
        assert_eq!((run.optimizer, run.knobs.sigma), (OptimizerKind::Nso, 0.2));
        let RunStart::Done(done) = run.start else { panic!("it is done") };
        assert_eq!((done.seed, done.step, done.gradient_evaluations), (1, 900, 7200));
        assert_eq!(done.past.rows.evals.len(), 5);
        let again = swept.again();
        assert_eq!((again.experiment.seed, again.experiment.optimizers.len()), (1, 1));
        assert!(again.experiment.title.ends_with(", NSO, seed 1, nso.sigma=0.2"), "{}", again.experiment.title);
    }
}
