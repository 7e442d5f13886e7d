//! `--tune`: the values that are tried for each method. Everything that can be wrong with them is found here, before
//! anything runs.

use anyhow::{Context as _, Result};

use crate::cli::error::BadInput;
use crate::config::{ConfigError, Experiment, KnobId, KnobValue, Knobs, OptimizerKind};
use crate::engine::TryGrid;
use crate::number::{count, significant};
use crate::report::tuning::{Try, Values, spent, with_values};

/// Tries at most, those of all methods together.
const MOST_TRIES: usize = 1000;

/// The grids that the arguments ask for, in the order of the methods.
pub fn grids(args: &[String], experiment: &Experiment, optimizers: &[OptimizerKind]) -> Result<Vec<TryGrid>> {
    if args.is_empty() {
        return Ok(Vec::new());
    }
    if experiment.data.validation_size == 0 {
        return Err(BadInput(
            "`--tune` picks values on validation data and `data.validation_size` is 0, expected at least 1 (add `--set \
             data.validation_size=100`)"
                .to_owned(),
        )
        .into());
    }
    let grid = |&optimizer: &OptimizerKind| TryGrid { optimizer, axes: Vec::new() };
    let mut grids: Vec<TryGrid> = optimizers.iter().map(grid).collect();
    for text in args {
        let (readers, id, values) = axis(text, optimizers).with_context(|| format!("`--tune {text}`"))?;
        for grid in grids.iter_mut().filter(|grid| readers.contains(&grid.optimizer)) {
            if grid.axes.iter().any(|(other, _)| *other == id) {
                let (method, key) = (grid.optimizer.key(), id.spec().key);
                return Err(BadInput(format!(
                    "`--tune {text}`: values of `{key}` are given twice for {method}, expected one list"
                ))
                .into());
            }
            grid.axes.push((id, values.clone()));
        }
    }
    grids.retain(|grid| !grid.axes.is_empty());
    check(&grids, experiment)?;
    Ok(grids)
}

/// How many tries each method has.
pub fn counts(grids: &[TryGrid], optimizers: &[OptimizerKind]) -> Vec<(OptimizerKind, usize)> {
    let of = |kind: &OptimizerKind| grids.iter().find(|grid| grid.optimizer == *kind).map_or(0, TryGrid::num_tries);
    optimizers.iter().map(|kind| (*kind, of(kind))).collect()
}

/// A try that has ended, in one line.
pub fn tried_words(one: &Try, [number, of]: [usize; 2]) -> String {
    let outcome = match one.diverged_at {
        Some(step) => format!("diverged at step {step}"),
        None => {
            let accuracy = one.validation.accuracy;
            let share = accuracy.is_finite().then(|| format!(", accuracy {}", significant(accuracy, 4)));
            format!("validation loss {}{}", significant(one.validation.loss, 4), share.unwrap_or_default())
        }
    };
    format!("{}, try {number} of {of}: {}: {outcome}", one.optimizer.key(), one.values_words())
}

/// What was picked for a method and what that took.
pub fn tuned_words(tries: &[Try]) -> String {
    let Some(first) = tries.first() else { return String::new() };
    let picked = tries.iter().find(|one| one.is_picked);
    let picked = picked.map_or_else(
        || "no try has a validation loss, so it keeps its own values".to_owned(),
        |one| format!("picked {}", one.values_words()),
    );
    let (_, evaluations) = spent(tries, first.optimizer).unwrap_or_default();
    format!("{}: {picked} ({} gradient evaluations of tuning)", first.optimizer.key(), count(evaluations))
}

/// The methods that read the knob of one argument, the knob, and its values.
fn axis(text: &str, optimizers: &[OptimizerKind]) -> Result<(Vec<OptimizerKind>, KnobId, Vec<KnobValue>)> {
    let (key, list) = text.split_once('=').ok_or_else(|| ConfigError::NotAnAssignment {
        text: text.to_owned(),
        expected: "KEY=V,V,… such as nso.sigma=0.01,0.02",
    })?;
    let key = key.trim();
    let (methods, name) = match key.split_once('.') {
        Some((method, name)) => (vec![compared(method.trim(), optimizers)?], name.trim()),
        None => (optimizers.to_vec(), key),
    };
    let id = KnobId::parse(name)?;
    let readers: Vec<OptimizerKind> = methods.iter().copied().filter(|kind| id.applies_to(*kind)).collect();
    if readers.is_empty() {
        let (methods, all) = (labels(&methods), labels(&id.readers().collect::<Vec<_>>()));
        return Err(BadInput(format!("`{name}` is not a setting of {methods}; it is read by {all}")).into());
    }
    let mut values: Vec<(f64, KnobValue)> = Vec::new();
    for word in list.split(',').map(str::trim) {
        if word.is_empty() {
            return Err(
                BadInput(format!("a value is missing, expected values with commas between them: `{list}`")).into()
            );
        }
        let value = KnobValue::parse(id, name, word)?;
        let number = value.for_knob(id)?;
        // The range; what other knobs have to do with it is found in each try.
        Knobs::default().set(id, number)?;
        if values.iter().any(|(other, _)| *other == number) {
            return Err(BadInput(format!("`{word}` stands twice, expected each value once")).into());
        }
        values.push((number, value));
    }
    Ok((readers, id, values.into_iter().map(|(_, value)| value).collect()))
}

fn compared(name: &str, optimizers: &[OptimizerKind]) -> Result<OptimizerKind> {
    let kind = OptimizerKind::parse(name)?;
    if optimizers.contains(&kind) {
        return Ok(kind);
    }
    let keys: Vec<&str> = optimizers.iter().map(|kind| kind.key()).collect();
    Err(BadInput(format!("`{name}` is not compared, expected one of {}", keys.join(", "))).into())
}

fn labels(kinds: &[OptimizerKind]) -> String {
    kinds.iter().map(|kind| kind.label()).collect::<Vec<_>>().join(", ")
}

/// Checks every try: its knobs together, its room for a step, and that it differs from others.
fn check(grids: &[TryGrid], experiment: &Experiment) -> Result<()> {
    let tries = grids.iter().fold(0_usize, |sum, grid| sum.saturating_add(grid.num_tries()));
    if tries > MOST_TRIES {
        return Err(BadInput(format!(
            "`--tune` makes {} tries, expected at most {}",
            count(tries as u64),
            count(MOST_TRIES as u64)
        ))
        .into());
    }
    for grid in grids {
        let (kind, key) = (grid.optimizer, grid.optimizer.key());
        let tries = grid.tries();
        let mut all = Vec::new();
        for values in &tries {
            let knobs = knobs(experiment, kind, values).with_context(|| format!("`--tune`, a try of {key}"))?;
            all.push(knobs);
        }
        let is_idle = |(id, values): &&(KnobId, Vec<KnobValue>)| {
            values.len() > 1 && !all.iter().any(|knobs| id.is_in_use(kind, knobs))
        };
        if let Some((id, _)) = grid.axes.iter().find(is_idle) {
            let name = id.spec().key;
            return Err(BadInput(format!(
                "`--tune`: `{key}.{name}` changes nothing in any try, because the other settings of {} do not use it",
                kind.label()
            ))
            .into());
        }
    }
    Ok(())
}

/// The knobs of a try, with room for a step in its budget.
fn knobs(experiment: &Experiment, kind: OptimizerKind, values: &Values) -> Result<Knobs, ConfigError> {
    let knobs = with_values(experiment, kind, values).knobs(kind)?;
    let step = knobs.gradient_evaluations(kind);
    if experiment.budget < step {
        return Err(ConfigError::OutOfRange {
            name: "budget".to_owned(),
            value: experiment.budget.to_string(),
            expected: format!("at least {step}, the gradient evaluations of one step of {}", kind.label()),
        });
    }
    Ok(knobs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    const ALL: [OptimizerKind; 3] = [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso];

    fn read(args: &[&str]) -> Result<Vec<TryGrid>, String> {
        let mut experiment = builtin_experiment("moons-mlp").unwrap();
        experiment.assign("data.validation_size=50").unwrap();
        experiment.budget = 40;
        let args: Vec<String> = args.iter().map(|text| (*text).to_owned()).collect();
        grids(&args, &experiment, &ALL).map_err(|err| format!("{err:#}"))
    }

    #[test]
    fn a_knob_without_a_method_is_tried_by_all_that_read_it() {
        let grids =
            read(&["learning_rate=0.05,0.1", "rho=0.1", " nso.k = 1, 2 ,4", "nso.two_point=true,false"]).unwrap();
        let expected = [(OptimizerKind::Sgd, 2), (OptimizerKind::Sam, 2), (OptimizerKind::Nso, 12)];
        assert_eq!(counts(&grids, &ALL), expected);
        assert_eq!(grids[1].axes[1], (KnobId::Rho, vec![KnobValue::Number(0.1)]));
        assert_eq!(grids[2].tries()[1][2], (KnobId::TwoPoint, KnobValue::Switch(false)));
        assert_eq!(counts(&read(&["sgd.learning_rate=0.1"]).unwrap(), &ALL)[2], (OptimizerKind::Nso, 0));
    }

    #[test]
    fn whatever_is_wrong_is_one_sentence() {
        for (args, parts) in [
            (&["nso.sigma"][..], &["`--tune nso.sigma`", "KEY=V,V"][..]),
            (&["nsso.sigma=1"], &["unknown optimizer `nsso`", "did you mean `nso`?"]),
            (&["asam.rho=1"], &["`asam` is not compared, expected one of sgd, sam, nso"]),
            (&["nso.sgma=1"], &["`sgma`", "did you mean `sigma`?"]),
            (&["sgd.rho=0.1"], &["`rho` is not a setting of SGD; it is read by SAM"]),
            (&["prior=1,2"], &["`prior` is not a setting of SGD, SAM, NSO; it is read by BSAM"]),
            (&["nso.sigma=0.1,7"], &["`sigma` is 7, expected a number from 0 to 1"]),
            (&["nso.sigma=nan"], &["`sigma` is NaN"]),
            (&["nso.k=1.5"], &["`k` is 1.5, expected a whole number from 1 to 64"]),
            (&["nso.sigma=0.1,,0.2"], &["a value is missing", "`0.1,,0.2`"]),
            (&["nso.sigma="], &["a value is missing"]),
            (&["nso.sigma=0.1,0.10"], &["`0.10` stands twice"]),
            (&["nso.sigma=0.1", "nso.sigma=0.2"], &["`--tune nso.sigma=0.2`", "given twice for nso"]),
            (&["momentum=0,0.9", "sam.momentum=0.5"], &["given twice for sam"]),
            (&["nso.k=1,64"], &["a try of nso", "`budget` is 40, expected at least 128", "one step of NSO"]),
            (&["sgd.momentum=0,0.9", "sgd.nesterov=true,false"], &["a try of sgd", "`nesterov` is true"]),
            (&["sgd.beta1=0.8,0.9"], &["`sgd.beta1` changes nothing in any try"]),
        ] {
            let message = read(args).unwrap_err();
            assert!(parts.iter().all(|part| message.contains(part)), "{args:?}: {message}");
            assert!(!message.contains('\n'), "{message}");
        }
        let many: Vec<String> = (1..=40).map(|value| format!("0.{value:02}")).collect();
        let many = many.join(",");
        let message = read(&[&format!("learning_rate={many}"), &format!("nso.sigma={many}")]).unwrap_err();
        assert!(message.contains("1 680 tries, expected at most 1 000"), "{message}");
    }

    #[test]
    fn without_validation_examples_the_way_out_is_told() {
        let experiment = builtin_experiment("moons-mlp").unwrap();
        let message = grids(&["nso.sigma=0.1".to_owned()], &experiment, &ALL).unwrap_err().to_string();
        assert!(message.contains("`data.validation_size` is 0") && message.contains("--set"), "{message}");
    }
}
