//! Whole comparisons: what they tell, and that it is the same however many runs go at once.

mod gathered;
mod sessions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{DeviceChoice, KnobId, KnobValue, Measure, OptimizerKind, StudyKind, builtin_experiment};
use crate::engine::{
    CompareNews, CompareOptions, CompareResult, Done, Ended, EngineError, TryGrid, compare, pair_scores,
};
use crate::model::Compute;
use crate::train::{Run, Task};

/// What a small comparison tells.
fn told(curvature: Option<u64>, jobs: Option<usize>) -> (Vec<String>, Vec<f64>, Option<f64>) {
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    for setting in ["data.train_size=40", "data.test_size=40", "look.resolution=9", "look.trace_probes=256"] {
        experiment.assign(setting).unwrap();
    }
    experiment.budget = 64;
    let optimizers = experiment.optimizers.keys().copied().collect();
    let options = CompareOptions {
        experiment,
        optimizers,
        seeds: 2,
        device: DeviceChoice::Cpu,
        curvature,
        tuning: Vec::new(),
        weights: false,
        kind: StudyKind::Comparison,
        jobs,
        done: Done::default(),
    };
    let (mut phases, mut shares, mut part) = (Vec::new(), Vec::new(), None);
    let mut show = |news: CompareNews| match news {
        CompareNews::Device(_) | CompareNews::Ended(_) => {}
        CompareNews::GoingOn(_) | CompareNews::Unkept(_) => panic!("nothing is kept"),
        CompareNews::Notes(notes) => assert!(notes.is_empty(), "the data come with the program: {notes:?}"),
        CompareNews::Forecast(forecast) => {
            assert!(shares.is_empty() && forecast.seconds > 0.0, "it comes first");
            part = forecast.part.map(|(_, seconds)| seconds / forecast.seconds);
        }
        CompareNews::AtOnce(at_once) => assert!(jobs.is_none_or(|jobs| at_once.runs == jobs), "{at_once:?}"),
        CompareNews::Progress(now) => {
            assert!(jobs.is_none_or(|jobs| now.beside < jobs), "{now:?}");
            phases.push(now.phase.to_owned());
            shares.push(now.share);
            assert!(now.seconds_left >= 0.0 && now.share <= 1.0, "{now:?}");
        }
        CompareNews::Tried(..) | CompareNews::Tuned(_) => panic!("nothing is tuned"),
    };
    compare(&options, &mut show, &AtomicBool::new(false)).unwrap();
    (phases, shares, part)
}

#[test]
fn what_was_planned_is_what_is_done() {
    for jobs in [Some(1), Some(2), None] {
        let (phases, shares, part) = told(Some(4), jobs);
        assert!(part.is_some_and(|part| part > 0.1 && part < 1.0), "{part:?}");
        assert!(phases.iter().any(|phase| phase == "measuring curvature"), "{phases:?}");
        // The last thing that is told is the end of the last run.
        assert!(shares[0] < 0.1 && *shares.last().unwrap() > 0.99, "{} to {:?}", shares[0], shares.last());
        // What a run turns to is told at once: five times to curvature and back, its beginning and its end, of six runs.
        assert!(shares.len() >= 60, "{}", shares.len());
    }
}

#[test]
fn without_curvature_none_is_foretold_and_none_is_done() {
    let (phases, _, part) = told(None, Some(2));
    assert_eq!(part, None);
    assert!(!phases.iter().any(|phase| phase == "measuring curvature"));
}

#[test]
fn tuning_is_a_part_of_what_is_foretold() {
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    for setting in
        ["data.train_size=40", "data.test_size=40", "data.validation_size=40", "look.resolution=3", "budget=32"]
    {
        experiment.assign(setting).unwrap();
    }
    let rates: Vec<KnobValue> = (1..=20).map(|rate| KnobValue::Number(0.002 * f64::from(rate))).collect();
    let sgd = OptimizerKind::Sgd;
    for jobs in [1, 3] {
        let options = CompareOptions {
            experiment: experiment.clone(),
            optimizers: vec![sgd],
            seeds: 1,
            device: DeviceChoice::Cpu,
            curvature: None,
            tuning: vec![TryGrid { optimizer: sgd, axes: vec![(KnobId::LearningRate, rates.clone())] }],
            weights: false,
            kind: StudyKind::Comparison,
            jobs: Some(jobs),
            done: Done::default(),
        };
        let (mut part, mut attempts, mut tried, mut tuned) = (None, Vec::new(), Vec::new(), Vec::new());
        let mut show = |news: CompareNews| match news {
            CompareNews::Notes(_) | CompareNews::Device(_) => {}
            CompareNews::GoingOn(_) | CompareNews::Unkept(_) => panic!("nothing is kept"),
            CompareNews::Forecast(forecast) => {
                part = forecast.part.map(|(name, part)| (name, part / forecast.seconds));
            }
            CompareNews::AtOnce(at_once) => assert_eq!(at_once.runs, jobs),
            CompareNews::Ended(_) => {}
            CompareNews::Progress(now) => attempts.push(now.attempt),
            CompareNews::Tried(_, number) => tried.push(number),
            CompareNews::Tuned(tries) => tuned.push(tries.len()),
        };
        let result = compare(&options, &mut show, &AtomicBool::new(false)).unwrap();
        assert!(part.is_some_and(|(name, share)| name == "tuning" && share > 0.3), "{part:?}");
        assert_eq!(attempts.last(), Some(&None));
        assert!(attempts[0].is_some_and(|[number, of]| number <= jobs && of == 20), "{:?}", attempts[0]);
        assert_eq!(tried, (1..=20).map(|number| [number, 20]).collect::<Vec<_>>(), "in their order");
        assert_eq!(tuned, [20]);
        let picked: Vec<_> = result.tuning.iter().filter(|one| one.is_picked).collect();
        assert_eq!(picked.len(), 1);
        assert_eq!(picked[0].validation, result.runs[0].validation.unwrap(), "the try was the first run");
        assert!(result.tuning.iter().all(|one| one.gradient_evaluations == 32));
    }
}

/// Three methods and two seeds, tuned, averaged, measured and read at their best.
fn everything(name: &str, jobs: usize) -> CompareOptions {
    let mut experiment = builtin_experiment(name).unwrap();
    for setting in [
        "data.train_size=150",
        "data.test_size=50",
        "data.validation_size=50",
        "look.resolution=9",
        "look.trace_probes=8",
        "look.lanczos_steps=4",
        "look.eval_every=3",
        "keep=best-validation",
        "sgd.average=ema",
        "budget=24",
    ] {
        experiment.assign(setting).unwrap();
    }
    let rates = [0.01, 0.05, 0.2].map(KnobValue::Number).to_vec();
    CompareOptions {
        experiment,
        optimizers: vec![OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso],
        seeds: 2,
        device: DeviceChoice::Cpu,
        curvature: Some(2),
        tuning: vec![TryGrid { optimizer: OptimizerKind::Sam, axes: vec![(KnobId::LearningRate, rates)] }],
        weights: true,
        kind: StudyKind::Comparison,
        jobs: Some(jobs),
        done: Done::default(),
    }
}

/// All that a comparison found but its seconds, to the last bit; NaN is equal to NaN.
fn found(options: &CompareOptions) -> String {
    let mut result = compare(options, &mut |_| (), &AtomicBool::new(false)).unwrap();
    assert_eq!((result.at_once.runs, result.runs.len(), result.tuning.len()), (options.jobs.unwrap(), 6, 3));
    result.runs.iter_mut().for_each(|run| run.wall_seconds = 0.0);
    let CompareResult { runs, tuning, .. } = result;
    format!("{runs:?} {tuning:?}")
}

#[test]
fn as_many_at_once_and_as_many_cores_as_there_are_change_nothing() {
    for name in ["moons-mlp", "digits-cnn"] {
        let within = |cores: usize, jobs: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build().unwrap();
            pool.install(|| found(&everything(name, jobs)))
        };
        let expected = within(1, 1);
        // One core, two, three; one run after the other, two at once with one core or two, and more than there are cores.
        for (cores, jobs) in [(2, 1), (3, 1), (2, 2), (3, 3), (4, 2), (2, 6)] {
            assert!(within(cores, jobs) == expected, "{name}: {jobs} at once on {cores} cores");
        }
    }
}

#[test]
fn runs_at_once_stop_together() {
    let mut options = everything("moons-mlp", 3);
    options.experiment.budget = 1_000_000;
    options.tuning.clear();
    let cancel = AtomicBool::new(false);
    let mut at_once = 0;
    let mut show = |news: CompareNews| {
        if let CompareNews::Progress(now) = news {
            at_once = at_once.max(1 + now.beside);
            cancel.store(at_once == 3, Ordering::Relaxed);
        }
    };
    assert_eq!(compare(&options, &mut show, &cancel), Err(EngineError::Cancelled));
    assert_eq!(at_once, 3);
}

#[test]
fn what_was_done_before_is_taken_and_the_rest_is_as_if_nothing_had_been() {
    let options = everything("digits-mlp", 2);
    let whole = found(&options);
    // What had ended when it was stopped, in whichever order.
    let mut done = Done::default();
    compare(
        &options,
        &mut |news: CompareNews| match news {
            CompareNews::Ended(Ended::Try(one)) => done.tries.push(one.clone()),
            CompareNews::Ended(Ended::Run(run)) => done.runs.push(run.clone()),
            _ => {}
        },
        &AtomicBool::new(false),
    )
    .unwrap();
    assert_eq!((done.tries.len(), done.runs.len()), (3, 6));
    for (tries, runs) in [(0, 2), (2, 0), (3, 1), (3, 6)] {
        let mut part = Done { tries: done.tries[..tries].to_vec(), runs: done.runs[..runs].to_vec() };
        part.runs.iter_mut().for_each(|run| run.wall_seconds = 12_345.0);
        let again = CompareOptions { done: part, ..options.clone() };
        let mut anew = 0;
        let mut show = |news: CompareNews| anew += usize::from(matches!(news, CompareNews::Ended(_)));
        let result = compare(&again, &mut show, &AtomicBool::new(false)).unwrap();
        assert_eq!(anew, 9 - tries - runs, "{tries} tries and {runs} runs were there");
        assert_eq!(result.runs.iter().filter(|run| run.wall_seconds == 12_345.0).count(), runs);
        assert_eq!(found(&again), whole, "{tries} tries and {runs} runs were there");
    }
}

/// Of chains, and nothing else, the answers that each run writes on its own are counted, whatever its weights are.
#[test]
fn data_that_are_answered_or_paired_have_scores() {
    let scores = |name: &str, more: &[&str]| {
        let mut experiment = builtin_experiment(name).unwrap();
        for setting in ["data.train_size=64", "data.test_size=40", "budget=4", "look.subset=32"].iter().chain(more) {
            experiment.assign(setting).unwrap();
        }
        let options = CompareOptions {
            experiment: experiment.clone(),
            optimizers: vec![OptimizerKind::Sgd, OptimizerKind::Nso],
            seeds: 1,
            device: DeviceChoice::Cpu,
            curvature: None,
            tuning: Vec::new(),
            weights: false,
            kind: StudyKind::Comparison,
            jobs: Some(1),
            done: Done::default(),
        };
        let result = compare(&options, &mut |_| (), &AtomicBool::new(false)).unwrap();
        let task = Task::new(Arc::new(experiment.clone()), experiment.seed, Compute::cpu()).unwrap();
        result.runs.into_iter().map(|run| (run.scores, task.clone(), run.optimizer)).collect::<Vec<_>>()
    };
    assert!(scores("moons-mlp", &[]).iter().all(|(scores, ..)| scores.is_empty()));
    // After so few steps a model is wrong nearly always; answers alone have a chance of one in ten.
    for (scores, task, optimizer) in scores("gpt-mini-chains", &["data.steps=false", "learning_rate=0.02"]) {
        let mut run = Run::new(Arc::new(task.clone()), optimizer, task.experiment.knobs(optimizer).unwrap());
        while !run.budget_is_spent() {
            run.step().unwrap();
        }
        let prompts = task.prompts.as_ref().unwrap();
        assert_eq!((prompts.of.len(), task.network.num_parameters()), (40, 58_464));
        let written = run.written(&prompts.of, prompts.signs.end);
        let right = prompts.of.iter().zip(&written).filter(|(prompt, written)| written[..] == prompt.completion[..]);
        assert_eq!(scores, BTreeMap::from([(Measure::ExactMatch, right.count() as f64 / 40.0)]), "{written:?}");
    }
    for (scores, task, optimizer) in scores("clip-scenes", &["data.test_size=60"]) {
        let mut run = Run::new(Arc::new(task.clone()), optimizer, task.experiment.knobs(optimizer).unwrap());
        while !run.budget_is_spent() {
            run.step().unwrap();
        }
        let found = pair_scores(&run).unwrap();
        let of = |place: usize| found.zero_shot[place].accuracy;
        let expected = [
            (Measure::TextToImage, found.text_to_image),
            (Measure::ZeroShotColour, of(0)),
            (Measure::ZeroShotShape, of(1)),
        ];
        assert_eq!(scores, BTreeMap::from(expected));
    }
}
