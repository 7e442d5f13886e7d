//! Runs: reproducible to the bit, replayable from their journal, honest about noise, and stopped where they diverge.

use std::sync::Arc;

use flatscape::config::{
    Experiment, KnobId, NoiseDistribution, OptimizerKind, SigmaScheduleConfig, builtin_experiment,
};
use flatscape::curvature::TraceEstimate;
use flatscape::model::{Compute, Purpose, rademacher, to_host};
use flatscape::noise::estimate;
use flatscape::protocol::{Estimate, RunId, StepRow};
use flatscape::train::{History, Replay, Run, Task, replay};

fn small(name: &str, changes: &[&str]) -> Experiment {
    let mut experiment = builtin_experiment(name).expect("embedded");
    for change in changes {
        experiment.assign(change).expect("valid");
    }
    experiment
}

fn start(experiment: &Experiment, optimizer: OptimizerKind) -> Run {
    let task = Task::new(Arc::new(experiment.clone()), experiment.seed, Compute::cpu()).expect("valid");
    let knobs = experiment.knobs(optimizer).expect("valid");
    Run::new(Arc::new(task), optimizer, knobs)
}

/// A row without its wall time, as bits.
fn bits(row: &StepRow) -> Vec<u64> {
    let noise = row.noise.map_or([0.0; 3], |noise| [noise.even_mean, noise.odd_square, noise.gap_mean]);
    let figures = [row.batch_loss, row.perturbed_loss, row.gradient_norm, row.learning_rate];
    let counts = [row.step, row.gradient_evaluations];
    counts.into_iter().chain(figures.into_iter().chain(noise).map(f64::to_bits)).collect()
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    for name in ["moons-mlp", "digits-cnn"] {
        let experiment = small(name, &["data.train_size=60", "batch=16"]);
        for optimizer in OptimizerKind::ALL {
            let train = || {
                let mut run = start(&experiment, optimizer);
                let rows: Vec<Vec<u64>> = (0..12).map(|_| bits(&run.step().expect("finite"))).collect();
                (rows, run.weights_on_host().iter().map(|w| w.to_bits()).collect::<Vec<u32>>())
            };
            assert_eq!(train(), train(), "{name} {optimizer:?}");
        }
    }
}

#[test]
fn another_seed_gives_another_run() {
    let loss = |seed: &str| start(&small("moons-mlp", &[seed]), OptimizerKind::Sgd).step().expect("finite").batch_loss;
    assert_ne!(loss("seed=0").to_bits(), loss("seed=1").to_bits());
}

#[test]
fn measuring_between_steps_changes_nothing() {
    let experiment = small("moons-mlp", &[]);
    let mut plain = start(&experiment, OptimizerKind::Nso);
    let mut watched = start(&experiment, OptimizerKind::Nso);
    for _ in 0..10 {
        let _ = watched.evaluate();
        let mut trace = TraceEstimate::new(watched.weights().clone(), 16, 0, 0);
        while !trace.advance(&watched.task().measured) {}
        assert_eq!(bits(&plain.step().expect("finite")), bits(&watched.step().expect("finite")));
    }
}

#[test]
fn the_journal_replays_to_the_same_curve() {
    let experiment = small("moons-mlp", &["batch=64"]);
    let mut run = start(&experiment, OptimizerKind::Nso);
    let mut rows = Vec::new();
    for step in 0..30 {
        match step {
            7 => drop(run.set_knob(KnobId::Sigma, 0.11).expect("valid")),
            12 => drop(run.set_knob(KnobId::K, 2.0).expect("valid")),
            13 => drop(run.set_knob(KnobId::Batch, 300.0).expect("valid")),
            20 => drop(run.set_knob(KnobId::TwoPoint, 0.0).expect("valid")),
            _ => {}
        }
        rows.push(run.step().expect("finite"));
    }
    let again = replay(start(&experiment, OptimizerKind::Nso), run.journal(), 30).expect("finite");
    assert_eq!(rows.iter().map(bits).collect::<Vec<_>>(), again.iter().map(bits).collect::<Vec<_>>());
    let untouched = replay(start(&experiment, OptimizerKind::Nso), &[], 30).expect("finite");
    assert_eq!(bits(&rows[6]), bits(&untouched[6]));
    assert_ne!(bits(&rows[7]), bits(&untouched[7]), "the first step after the edit is the first that it changes");
}

#[test]
fn a_history_stays_short_and_leads_back_to_any_step() {
    let experiment = small("moons-mlp", &["data.train_size=60", "batch=16"]);
    for optimizer in OptimizerKind::ALL {
        let mut run = start(&experiment, optimizer);
        let mut history = History::default();
        history.keep_start(&run);
        let mut there = Vec::new();
        for step in 0..400 {
            if step % 90 == 7 {
                run.set_knob(KnobId::LearningRate, 0.01 + 1e-4 * f64::from(step)).expect("in range");
            }
            there.push((run.weights_on_host(), run.knobs().clone(), run.journal().len()));
            run.step().expect("finite");
            history.offer(&run);
        }
        assert!((24..=49).contains(&history.len()), "{} states", history.len());
        for step in [0, 7, 8, 97, 250, 399] {
            let mut replay = Replay::new(&run, &history, step).expect("it stood there");
            let mut units = 0;
            while !replay.advance().expect("finite") {
                units += 1;
            }
            assert!(units <= 16, "{units} steps repeated");
            let back = replay.into_run();
            assert_eq!((back.weights_on_host(), back.knobs().clone(), back.journal().len()), there[step as usize]);
        }
        assert!(Replay::new(&run, &history, 401).is_none());
    }
}

#[test]
fn a_wrong_knob_value_changes_nothing() {
    let mut run = start(&small("moons-mlp", &[]), OptimizerKind::Nso);
    let before = run.knobs().clone();
    for (knob, value) in [(KnobId::Sigma, -1.0), (KnobId::K, 0.0), (KnobId::K, 1.5), (KnobId::LearningRate, f64::NAN)] {
        assert!(run.set_knob(knob, value).is_err(), "{knob:?} {value}");
    }
    assert_eq!(run.knobs(), &before);
    assert!(run.journal().is_empty());
}

#[test]
fn a_run_that_diverges_stands_at_its_last_good_step() {
    let experiment = small("moons-mlp", &["learning_rate=100", "momentum=0.99"]);
    let mut run = start(&experiment, OptimizerKind::Sgd);
    run.set_knob(KnobId::WeightDecay, 10.0).expect("valid");
    let divergence = (0..5000).find_map(|_| run.step().err()).expect("such a rate diverges");
    assert_eq!(run.steps() + 1, divergence.step);
    assert!(run.weights_on_host().iter().all(|w| w.is_finite()));
    assert_eq!(run.step(), Err(divergence), "it trains no further");
}

#[test]
fn gradient_evaluations_are_counted_as_the_optimizers_spend_them() {
    let experiment = small("moons-mlp", &["nso.k=3", "nso.lambda=0.5"]);
    for (optimizer, cost) in [(OptimizerKind::Sgd, 1), (OptimizerKind::Sam, 2), (OptimizerKind::Nso, 7)] {
        let mut run = start(&experiment, optimizer);
        run.step().expect("finite");
        assert_eq!(run.gradient_evaluations(), cost, "{optimizer:?}");
    }
}

/// At trained weights, the trace from noise pairs and Hutchinson's agree, total and per tensor.
#[test]
fn the_trace_from_noise_agrees_with_hutchinsons_at_trained_weights() {
    let experiment = small("moons-mlp", &[]);
    let mut run = start(&experiment, OptimizerKind::Nso);
    for _ in 0..150 {
        run.step().expect("finite");
    }
    // From here on the weights stand still: 320 pairs at σ = 0.01 are drawn around the same point.
    run.set_knob(KnobId::LearningRate, 0.0).expect("valid");
    run.set_knob(KnobId::Sigma, 0.01).expect("valid");
    run.set_knob(KnobId::K, 8.0).expect("valid");
    for _ in 0..40 {
        run.step().expect("finite");
    }
    let (total, layers) = hutchinson(&run, 256);
    let mut failures = Vec::new();
    let mut check = |name: &str, noise: Estimate, hutchinson: Estimate| {
        let z = (noise.mean - hutchinson.mean).abs() / noise.stderr.hypot(hutchinson.stderr);
        if z.is_nan() || z > 3.0 {
            failures.push(format!("{name}: noise {noise:?}, Hutchinson {hutchinson:?}, {z:.1} standard errors apart"));
        }
    };
    assert_eq!(run.noise().trace().samples, 320);
    // The size of a tensor is the root of the mean square of its weights.
    let sizes = run.noise_snapshot(RunId(0)).expect("it has samples").weight_sizes;
    let first = &run.task().network.architecture().parameters[0];
    let count: usize = first.shape.iter().product();
    let squares: f64 = run.weights_on_host()[..count].iter().map(|weight| f64::from(*weight).powi(2)).sum();
    assert_eq!(sizes.len(), layers.len());
    assert!((sizes[0] - (squares / count as f64).sqrt()).abs() < 1e-9, "{sizes:?}");
    check("total", run.noise().trace(), total);
    for ((name, noise), hutchinson) in run.noise().layer_traces().into_iter().zip(layers) {
        check(&name, noise, hutchinson);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Total and per-tensor trace by Hv with random signs.
fn hutchinson(run: &Run, probes: usize) -> (Estimate, Vec<Estimate>) {
    let task = run.task();
    let dimension = task.network.num_parameters();
    let parameters = &task.network.architecture().parameters;
    let mut samples = vec![Vec::new(); parameters.len()];
    for probe in 0..probes {
        let v = rademacher(99, Purpose::Probes, probe as u64, dimension);
        let direction = task.compute.tensor(v.clone(), [1, dimension]);
        let product = task.measured.hessian_product(run.weights().clone(), direction);
        let hv = to_host(product.product);
        for (samples, parameter) in samples.iter_mut().zip(parameters) {
            samples.push(parameter.range().map(|i| f64::from(v[i]) * hv[i]).sum::<f64>());
        }
    }
    let total = (0..probes).map(|probe| samples.iter().map(|layer| layer[probe]).sum());
    (estimate(total), samples.iter().map(|layer| estimate(layer.iter().copied())).collect())
}

/// moons with NSO under a schedule of σ, on few examples.
fn scheduled(schedule: SigmaScheduleConfig) -> Experiment {
    let mut experiment = small("moons-mlp", &["data.train_size=60", "budget=400", "nso.k=2", "nso.sigma=0.1"]);
    experiment.sigma_schedule = schedule;
    experiment
}

#[test]
fn sigma_follows_its_schedule_and_the_knob_scales_it() {
    for schedule in [
        SigmaScheduleConfig::Constant,
        SigmaScheduleConfig::Linear { start: 1.0, end: 0.0 },
        SigmaScheduleConfig::Exponential { start: 1.0, end: 0.01 },
    ] {
        let experiment = scheduled(schedule);
        let mut run = start(&experiment, OptimizerKind::Nso);
        let mut journal_of_edits = Vec::new();
        let mut rows = Vec::new();
        for step in 0..60 {
            if step == 20 {
                journal_of_edits.push(run.set_knob(KnobId::Sigma, 0.2).expect("valid"));
            }
            let spent = run.gradient_evaluations() as f64 / 400.0;
            let base = if step < 20 { 0.1 } else { 0.2 };
            let announced = run.sigma();
            let row = run.step().expect("finite");
            let noise = row.noise.expect("NSO");
            assert!((noise.sigma - base * schedule.factor(spent)).abs() < 1e-12, "{schedule:?} step {step}: {noise:?}");
            assert_eq!((noise.base_sigma, noise.sigma.to_bits()), (base, announced.to_bits()));
            rows.push(row);
        }
        // The window keeps all pairs since the knob was turned, however σ moves.
        assert_eq!(run.noise().trace().samples, 80, "{schedule:?}");
        assert!(run.noise().trace().mean.is_finite());
        // A function of configuration, seed and journal.
        let again = replay(start(&experiment, OptimizerKind::Nso), &journal_of_edits, 60).expect("finite");
        assert!(rows.iter().map(bits).eq(again.iter().map(bits)), "{schedule:?}");
    }
}

#[test]
fn a_sigma_that_falls_to_zero_ends_as_sgd() {
    let experiment = scheduled(SigmaScheduleConfig::Linear { start: 1.0, end: 0.0 });
    let mut run = start(&experiment, OptimizerKind::Nso);
    let mut last = run.step().expect("finite");
    while last.gradient_evaluations < 404 {
        last = run.step().expect("finite");
    }
    let noise = last.noise.expect("NSO");
    assert_eq!((noise.sigma, noise.even_mean), (0.0, 0.0));
    assert!((last.perturbed_loss - last.batch_loss).abs() <= 1e-6 * last.batch_loss);
    assert!(run.noise().trace().mean.is_finite() && run.noise().layer_traces()[0].1.mean.is_finite());
}

#[test]
fn the_distribution_is_a_knob_like_any_other() {
    let experiment = small("moons-mlp", &["data.train_size=60", "nso.distribution=rademacher"]);
    let knobs = experiment.knobs(OptimizerKind::Nso).expect("valid");
    assert_eq!(knobs.distribution, NoiseDistribution::Rademacher);
    let text = experiment.to_toml();
    assert!(text.contains("distribution = \"rademacher\""), "{text}");
    assert_eq!(Experiment::from_toml(&text).expect("valid"), experiment);

    let train = |edit: Option<f64>| {
        let mut run = start(&experiment, OptimizerKind::Nso);
        for step in 0..10 {
            if let Some(value) = edit.filter(|_| step == 4) {
                run.set_knob(KnobId::Distribution, value).expect("valid");
            }
            run.step().expect("finite");
        }
        (run.weights_on_host(), run.journal().to_vec())
    };
    let (signs, _) = train(None);
    let (gaussian, journal) = train(Some(0.0));
    assert_ne!(signs, gaussian);
    assert_eq!((journal[0].knob, journal[0].old, journal[0].new), (KnobId::Distribution, 3.0, 0.0));
    let mut run = start(&experiment, OptimizerKind::Nso);
    for value in [-1.0, 4.0, 0.5, f64::NAN] {
        let message = run.set_knob(KnobId::Distribution, value).unwrap_err().to_string();
        assert!(message.contains("one of gaussian, uniform, laplace, rademacher"), "{message}");
    }
}

#[test]
fn wrong_noise_settings_are_named() {
    let mut experiment = small("moons-mlp", &[]);
    for (assignment, expected) in [
        ("nso.distribution=cauchy", "one of gaussian, uniform, laplace, rademacher"),
        ("nso.distribution=1", "one of gaussian, uniform, laplace, rademacher"),
        ("nso.sigma=laplace", "expected a number from 0"),
        ("sgd.distribution=uniform", "is not a setting of SGD"),
    ] {
        let message = experiment.assign(assignment).unwrap_err().to_string();
        assert!(message.contains(expected), "{assignment}: {message}");
    }
    let with =
        |lines: &str| Experiment::from_toml(&format!("{}\n[sigma_schedule]\n{lines}\n", text_without_schedule()));
    assert!(with("kind = \"linear\"\nend = 0.0").is_ok());
    assert!(with("kind = \"linear\"\nstart = 0.0\nend = 1.0").is_ok());
    for wrong in
        ["kind = \"exponential\"\nend = 0.0", "kind = \"linear\"\nend = -1.0", "kind = \"linear\"", "kind = \"cubic\""]
    {
        assert!(with(wrong).is_err(), "{wrong}");
    }
}

/// A valid experiment file that says nothing of σ's schedule.
fn text_without_schedule() -> String {
    let text = small("moons-mlp", &[]).to_toml();
    let (before, after) = text.split_once("[sigma_schedule]\n").expect("experiments are written with their schedule");
    let rest = after.find("\n[").map_or("", |next| &after[next..]);
    format!("{before}{rest}")
}
