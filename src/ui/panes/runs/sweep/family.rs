//! Runs that differ in one knob alone: of one method, from like starts, each with a value of its own.
//!
//! Nothing is kept of a sweep: its runs are told by what they are, so that runs that were added by hand belong to it as well, and
//! a session that is opened again has its sweeps. Runs of other seeds are further draws of the same value.

use crate::config::{KnobGroup, KnobId, KnobScale, Knobs, OptimizerKind};
use crate::protocol::Origin;
use crate::ui::panes::runs::groups;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::RunView;

/// The runs that differ from one in a knob alone.
#[derive(Debug, Clone)]
pub struct Family<'a> {
    /// By ascending value; those of one value in the order of the runs.
    pub values: Vec<(f64, Vec<&'a RunView>)>,
    /// Runs of it in which another knob was turned on the way.
    pub num_turned: usize,
}

impl<'a> Family<'a> {
    /// The runs that differ from `run` in `knob` alone, itself among them.
    pub fn of(model: &'a Model, run: &RunView, knob: KnobId) -> Self {
        let mut values: Vec<(f64, Vec<&RunView>)> = Vec::new();
        let mut num_turned = 0;
        for other in model.runs.iter().filter(|other| is_alike(run, other, knob)) {
            let value = other.knobs.value(knob);
            num_turned += usize::from(other.edits.iter().any(|edit| edit.step > first_step(other)));
            match values.iter_mut().find(|(known, _)| *known == value) {
                Some((_, runs)) => runs.push(other),
                None => values.push((value, vec![other])),
            }
        }
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { values, num_turned }
    }

    /// All its runs.
    pub fn runs(&self) -> impl Iterator<Item = &'a RunView> + '_ {
        self.values.iter().flat_map(|(_, runs)| runs.iter().copied())
    }

    /// How many seeds its runs have.
    pub fn num_seeds(&self) -> usize {
        let mut seeds: Vec<u64> = self.runs().map(|run| run.info.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        seeds.len()
    }
}

/// Knobs of a run whose values are numbers, so that they can be swept: those that its controls show.
pub fn sweepable(model: &Model, run: &RunView) -> Vec<KnobId> {
    let shown = |group| groups::shown(group, run.info.optimizer, &run.knobs, &model.experiment.model);
    let is_number = |knob: &KnobId| !matches!(knob.spec().scale, KnobScale::Switch | KnobScale::Choice(_));
    KnobGroup::ALL.into_iter().flat_map(shown).filter(is_number).collect()
}

/// The knobs in which other runs differ from `run` alone, the one of the most values first.
pub fn swept(model: &Model, run: &RunView) -> Vec<KnobId> {
    let count = |knob: KnobId| Family::of(model, run, knob).values.len();
    let mut found: Vec<(usize, KnobId)> = sweepable(model, run).into_iter().map(|knob| (count(knob), knob)).collect();
    found.retain(|(count, _)| *count > 1);
    found.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    found.into_iter().map(|(_, knob)| knob).collect()
}

/// Whether a run may stand beside another in a sweep of a knob.
fn is_alike(run: &RunView, other: &RunView, knob: KnobId) -> bool {
    let is_same = run.info.run == other.info.run;
    let optimizer = run.info.optimizer;
    let is_pure = !other.edits.iter().any(|edit| edit.knob == knob && edit.step > first_step(other));
    optimizer == other.info.optimizer
        && !other.is_followed()
        && (is_same || are_alike(&run.info.origin, &other.info.origin))
        && is_pure
        && differing(optimizer, &run.knobs, &other.knobs).all(|differs| differs == knob)
}

/// Whether two runs began alike: at initial weights, of whichever seed, after as many steps of another run, or at the same place.
pub fn are_alike(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (Origin::Branch { step, .. }, Origin::Branch { step: other, .. }) => step == other,
        _ => one == other,
    }
}

/// The first step that is a run's own.
const fn first_step(run: &RunView) -> u64 {
    match run.info.parent() {
        Some((_, step)) => step,
        None => 0,
    }
}

/// The knobs that act on a method and have two values.
pub fn differing(optimizer: OptimizerKind, one: &Knobs, other: &Knobs) -> impl Iterator<Item = KnobId> {
    KnobId::ALL.into_iter().filter(move |knob| {
        knob.applies_to(optimizer)
            && (knob.is_in_use(optimizer, one) || knob.is_in_use(optimizer, other))
            && one.value(*knob) != other.value(*knob)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::config::builtin_experiment;
    use crate::protocol::{KnobEdit, RunId, RunInfo};

    fn model(sigmas: &[f64]) -> Model {
        let mut model = Model::new(builtin_experiment("moons-mlp").expect("embedded"));
        let optimizer = OptimizerKind::Nso;
        for (&sigma, run) in sigmas.iter().zip(0..) {
            let knobs = Knobs { sigma, ..model.experiment.knobs(optimizer).expect("valid") };
            let info = RunInfo { run: RunId(run), optimizer, seed: 0, knobs, origin: Origin::Initial };
            model.runs.push(RunView::new(info));
        }
        model
    }

    fn values(model: &Model, knob: KnobId) -> Vec<(f64, usize)> {
        let family = Family::of(model, &model.runs[0], knob);
        family.values.iter().map(|(value, runs)| (*value, runs.len())).collect()
    }

    #[test]
    fn runs_that_differ_in_one_knob_alone_are_a_sweep() {
        let mut model = model(&[0.1, 0.4, 0.05, 0.1]);
        model.runs[3].info.seed = 7;
        assert_eq!(values(&model, KnobId::Sigma), [(0.05, 1), (0.1, 2), (0.4, 1)]);
        assert_eq!(Family::of(&model, &model.runs[0], KnobId::Sigma).num_seeds(), 2);
        assert_eq!(swept(&model, &model.runs[0]), [KnobId::Sigma]);
        model.runs[1].knobs.k = 4;
        assert_eq!(values(&model, KnobId::Sigma), [(0.05, 1), (0.1, 2)], "two knobs are not one");
        assert_eq!(values(&model, KnobId::K).len(), 1);
        // What a run does not use tells no runs apart.
        model.runs[2].knobs.schedule_every = 0.9;
        assert_eq!(values(&model, KnobId::Sigma).len(), 2);
        model.runs[2].info.origin = Origin::Branch { run: RunId(0), step: 10 };
        assert_eq!(values(&model, KnobId::Sigma), [(0.1, 2)], "they did not begin alike");
    }

    #[test]
    fn a_run_whose_own_value_was_turned_is_of_no_value() {
        let mut model = model(&[0.1, 0.4]);
        let edit = |step, knob| KnobEdit { step, knob, old: 0.2, new: 0.4 };
        model.runs[1].take_edit(edit(0, KnobId::Sigma), Instant::now());
        assert_eq!(values(&model, KnobId::Sigma).len(), 2, "before its first step");
        model.runs[1].take_edit(edit(50, KnobId::Sigma), Instant::now());
        assert_eq!(values(&model, KnobId::Sigma), [(0.1, 1)]);
        model.runs[0].take_edit(edit(50, KnobId::Lambda), Instant::now());
        assert_eq!(Family::of(&model, &model.runs[0], KnobId::Sigma).num_turned, 1, "another knob is told");
    }

    #[test]
    fn only_numbers_that_act_are_swept() {
        let model = model(&[0.1]);
        let found = sweepable(&model, &model.runs[0]);
        assert!(found.contains(&KnobId::Sigma) && found.contains(&KnobId::LearningRate));
        assert!(!found.contains(&KnobId::TwoPoint) && !found.contains(&KnobId::Schedule));
        assert!(!found.contains(&KnobId::Rho), "it is not of this method");
    }
}
