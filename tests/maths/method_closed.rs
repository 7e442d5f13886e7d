//! What a run does beside its method, in closed forms: averages, the bound and the penalty on the way from the start, clipping,
//! warm-up, smoothed labels and mixed examples.

use std::f64::consts::PI;
use std::sync::Arc;

use flatscape::config::{AverageKind, BaseKind, Experiment, KnobId, Knobs, OptimizerKind, ScheduleKind};
use flatscape::model::{Compute, Targets, mixup, to_host};
use flatscape::train::{Run, Task};

use crate::common::{Failures, norm, rows, shifted};
use crate::method_cases::reference;

/// A run on 60 digits, three steps an epoch, in 64 bits.
fn run(optimizer: OptimizerKind, budget: u64, knobs: Knobs) -> Run {
    let text = format!(
        "name = \"x\"\ntitle = \"x\"\nabout = \"x\"\nbudget = {budget}\n\
         [data]\nsource = \"digits\"\ntrain_size = 60\ntest_size = 40\n\
         [model]\ninput = [1, 8, 8]\nloss = \"cross-entropy\"\nlayers = [\"flatten\", \"linear 6\", \"tanh\", \"linear 10\"]\n\
         [optimizers.sgd]\n[look]\nsubset = 20\n"
    );
    let experiment = Experiment::from_toml(&text).expect("the experiment is valid");
    let task = Task::new(Arc::new(experiment), 2, Compute::cpu_f64()).expect("the data fit");
    Run::new(Arc::new(task), optimizer, Knobs { batch: 20, ..knobs })
}

fn weights(run: &Run) -> Vec<f64> {
    to_host(run.weights().clone())
}

/// The weights after each step.
fn path(run: &mut Run, steps: usize) -> Vec<Vec<f64>> {
    (0..steps)
        .map(|_| {
            run.step().expect("finite");
            weights(run)
        })
        .collect()
}

fn average(run: &Run) -> Option<Vec<f64>> {
    run.at_average().map(|(weights, _)| to_host(weights))
}

fn mean(vectors: &[&Vec<f64>]) -> Vec<f64> {
    let sum = |place: usize| vectors.iter().map(|vector| vector[place]).sum::<f64>();
    (0..vectors[0].len()).map(|place| sum(place) / vectors.len() as f64).collect()
}

#[test]
fn swa_is_the_mean_of_the_weights_at_the_ends_of_epochs_from_its_start_on() {
    let mut failures = Failures::new();
    // Of 24 steps the average begins after step 6, 24·0.25; that is the end of an epoch itself.
    for (start, ends) in [(0.0, vec![3, 6, 9, 12]), (0.25, vec![6, 9, 12]), (0.3, vec![9, 12])] {
        let knobs = Knobs { average: AverageKind::Swa, average_start: start, ..Knobs::default() };
        let mut run = run(OptimizerKind::Sgd, 24, knobs);
        let path = path(&mut run, 13);
        let ends: Vec<&Vec<f64>> = ends.into_iter().map(|step: usize| &path[step - 1]).collect();
        let found = average(&run).expect("it has begun");
        failures.relative(&format!("swa from {start}"), &found, &mean(&ends), 1e-13);
    }
    failures.finish();
}

#[test]
fn ema_is_the_weights_of_each_step_with_shares_that_fall_by_beta() {
    let beta = 0.8;
    let knobs = Knobs { average: AverageKind::Ema, average_start: 0.0, average_beta: beta, ..Knobs::default() };
    let mut run = run(OptimizerKind::Sgd, 100, knobs);
    let path = path(&mut run, 9);
    // The first weights have β⁸, those of step t (1 − β)·β^(9−t).
    let share = |step: usize| if step == 0 { beta.powi(8) } else { (1.0 - beta) * beta.powi(8 - step as i32) };
    let expected: Vec<f64> =
        (0..path[0].len()).map(|place| (0..9).map(|step| share(step) * path[step][place]).sum()).collect();
    let mut failures = Failures::new();
    failures.relative("ema", &average(&run).expect("it has begun"), &expected, 1e-13);
    failures.finish();
}

#[test]
fn an_average_changes_nothing_in_training_but_the_rate_that_is_asked_for() {
    let plain = Knobs { learning_rate: 0.05, ..Knobs::default() };
    let at = |knobs: Knobs| {
        let mut run = run(OptimizerKind::Sgd, 12, knobs);
        let rates: Vec<f64> = (0..9).map(|_| run.step().expect("finite").learning_rate).collect();
        (rates, weights(&run))
    };
    let swa = Knobs { average: AverageKind::Swa, average_start: 0.5, ..plain.clone() };
    let alone = at(plain.clone());
    assert_eq!(at(swa.clone()), alone);
    assert_eq!(at(Knobs { average: AverageKind::Ema, ..swa.clone() }), alone);
    let (rates, end) = at(Knobs { average_rate: 0.01, ..swa });
    assert_eq!(rates, [vec![0.05; 6], vec![0.01; 3]].concat());
    assert_ne!(end, alone.1);
}

#[test]
fn no_step_goes_farther_than_the_radius_and_one_that_would_stays_on_its_line() {
    let mut failures = Failures::new();
    for (optimizer, base) in [
        (OptimizerKind::Sgd, BaseKind::Sgd),
        (OptimizerKind::Nso, BaseKind::Adamw),
        (OptimizerKind::Sam, BaseKind::Sgd),
        (OptimizerKind::Bsam, BaseKind::Sgd),
    ] {
        let radius = 0.005;
        let free = Knobs { base, learning_rate: 0.5, ..Knobs::default() };
        let mut bound = run(optimizer, 100, Knobs { radius, ..free.clone() });
        let mut free = run(optimizer, 100, free);
        let start = weights(&bound);
        free.step().expect("finite");
        let way = shifted(&weights(&free), -1.0, &start);
        let what = |figure: &str| format!("{}, {}: {figure}", optimizer.key(), base.key());
        failures.holds(&what("it would go farther"), norm(&way) > radius, &format!("{}", norm(&way)));
        for step in 1..=8 {
            bound.step().expect("finite");
            let far = norm(&shifted(&weights(&bound), -1.0, &start));
            failures.holds(&what("within the radius"), far <= radius * (1.0 + 1e-12), &format!("{far} at step {step}"));
            if step == 1 {
                let expected = shifted(&start, radius / norm(&way), &way);
                failures.relative(&what("on the line"), &weights(&bound), &expected, 1e-13);
            }
        }
    }
    failures.finish();
}

#[test]
fn the_penalty_adds_its_gradient() {
    let c = 0.7;
    let knobs = Knobs { momentum: 0.0, learning_rate: 0.05, ..Knobs::default() };
    let mut plain = run(OptimizerKind::Sgd, 100, knobs.clone());
    let mut held = run(OptimizerKind::Sgd, 100, Knobs { distance: c, ..knobs });
    let start = weights(&plain);
    let (free, bound) = (path(&mut plain, 2), path(&mut held, 2));
    let mut failures = Failures::new();
    // At w₀ the penalty has no slope, so both are at one place after a step.
    failures.relative("first step", &bound[0], &free[0], 0.0);
    let way = shifted(&free[0], -1.0, &start);
    let expected: Vec<f64> = way.iter().map(|way| -0.05 * 2.0 * c * way).collect();
    failures.distance("second step", &shifted(&bound[1], -1.0, &free[1]), &expected, 1e-12, norm(&way));
    failures.finish();
}

#[test]
fn a_clipped_gradient_has_the_length_of_the_bound_and_its_own_direction() {
    let knobs = Knobs { momentum: 0.0, learning_rate: 0.1, ..Knobs::default() };
    let mut free = run(OptimizerKind::Sgd, 100, knobs.clone());
    let start = weights(&free);
    let row = free.step().expect("finite");
    let way = shifted(&weights(&free), -1.0, &start);
    let length = row.gradient_norm;
    let mut failures = Failures::new();
    failures.distance("lr·‖g‖", &[norm(&way)], &[0.1 * length], 1e-12, 1.0);
    for clip in [0.5 * length, 0.01 * length, 2.0 * length] {
        let mut clipped = run(OptimizerKind::Sgd, 100, Knobs { clip, ..knobs.clone() });
        let row = clipped.step().expect("finite");
        // The guard of PyTorch's clip_grad_norm_.
        let share = (clip / (length + 1e-6)).min(1.0);
        let expected = shifted(&start, share, &way);
        failures.distance(&format!("clip at {clip}"), &weights(&clipped), &expected, 1e-12, norm(&way));
        failures.relative("the norm is told before it is clipped", &[row.gradient_norm], &[length], 1e-13);
    }
    failures.finish();
}

#[test]
fn the_rate_rises_by_equal_steps_and_the_schedule_has_the_rest() {
    let mut failures = Failures::new();
    for (optimizer, cost) in [(OptimizerKind::Sgd, 1), (OptimizerKind::Sam, 2)] {
        let knobs = Knobs { learning_rate: 0.4, warmup: 0.2, schedule: ScheduleKind::Cosine, ..Knobs::default() };
        let mut run = run(optimizer, 40 * cost, knobs);
        let found: Vec<f64> = (0..40).map(|_| run.step().expect("finite").learning_rate).collect();
        let expected: Vec<f64> = (0..40)
            .map(|step| {
                let progress = (f64::from(step) / 40.0 - 0.2) / 0.8;
                // Eight steps of warm-up, of which the first moves and the last has the whole rate.
                if step < 8 { 0.4 * f64::from(step + 1) / 8.0 } else { 0.2 * (1.0 + (PI * progress).cos()) }
            })
            .collect();
        failures.relative(optimizer.key(), &found, &expected, 1e-12);
    }
    failures.finish();
}

/// One step of SGD without momentum is the gradient: −Δw/η.
#[test]
fn a_step_with_smoothed_labels_has_the_gradient_of_pytorchs_loss() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let case = reference.network("tanh");
    let targets = case.targets.as_ref().expect("it has them");
    let smoothing = targets.smoothing;
    let knobs =
        Knobs { label_smoothing: smoothing, batch: case.n, momentum: 0.0, learning_rate: 0.5, ..Knobs::default() };
    let mut run = Run::new(Arc::new(case.task(&compute)), OptimizerKind::Sgd, knobs);
    run.step().expect("finite");
    let gradient: Vec<f64> = shifted(&case.w, -1.0, &weights(&run)).into_iter().map(|way| way / 0.5).collect();
    let mut failures = Failures::new();
    failures.relative("gradient", &gradient, &targets.smoothed_gradient, 1e-10);
    failures.finish();
}

/// λ·CE(a) + (1 − λ)·CE(b) at the mixed examples, with λ and the partners of the step's own stream.
#[test]
fn a_step_with_mixup_has_the_gradient_of_both_classes() {
    let (reference, compute) = (reference(), Compute::cpu_f64());
    let case = reference.network("tanh");
    let knobs = Knobs { mixup: 0.5, batch: case.n, momentum: 0.0, learning_rate: 0.5, ..Knobs::default() };
    let task = case.task(&compute);
    let (share, partners) = mixup(task.seed, 1, 0.5, case.n);
    let mut run = Run::new(Arc::new(task), OptimizerKind::Sgd, knobs);
    run.step().expect("finite");
    let found: Vec<f64> = shifted(&case.w, -1.0, &weights(&run)).into_iter().map(|way| way / 0.5).collect();

    let network = case.network();
    let width = case.x.len() / case.n;
    let pair = |place: usize| {
        let (i, j) = (place / width, place % width);
        let other = case.x[partners[i] as usize * width + j];
        share * f64::from(case.x[place]) + (1.0 - share) * f64::from(other)
    };
    let mixed: Vec<f64> = (0..case.x.len()).map(pair).collect();
    let classes: Vec<u32> = partners.iter().map(|&partner| case.y[partner as usize]).collect();
    let slope = |classes: &[u32]| {
        let batch = network.batch(&mixed, Targets::Classes(classes), &compute);
        to_host(network.gradients(rows(std::slice::from_ref(&case.w), &compute), &batch).1)
    };
    let (own, other) = (slope(&case.y), slope(&classes));
    let expected: Vec<f64> = own.iter().zip(&other).map(|(a, b)| share * a + (1.0 - share) * b).collect();
    let mut failures = Failures::new();
    failures.holds("λ is a share", share > 0.0 && share < 1.0, &format!("{share}"));
    failures.relative("gradient", &found, &expected, 1e-10);
    failures.finish();
}

#[test]
fn the_shares_of_mixup_have_the_moments_of_their_distribution() {
    for alpha in [0.2, 1.0, 5.0] {
        let shares: Vec<f64> = (0..4000).map(|step| mixup(7, step, alpha, 3).0).collect();
        let mean = shares.iter().sum::<f64>() / 4000.0;
        let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / 4000.0;
        // Beta(α, α): 1/2 and 1/(4(2α + 1)), each within about five standard errors.
        let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
        assert!((mean - 0.5).abs() < 5.0 * (expected / 4000.0).sqrt(), "α {alpha}: mean {mean}");
        assert!((variance / expected - 1.0).abs() < 0.12, "α {alpha}: variance {variance}, expected {expected}");
    }
    let (_, order) = mixup(7, 1, 0.4, 50);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..50).collect::<Vec<u32>>(), "every example is somebody's partner");
    assert_ne!(order, mixup(7, 2, 0.4, 50).1);
}

/// Turned off, each of them leaves the bits of a run as they are.
#[test]
fn what_is_turned_off_leaves_no_trace() {
    let mut plain = run(OptimizerKind::Sgd, 100, Knobs::default());
    let mut turned = run(OptimizerKind::Sgd, 100, Knobs { clip: 1.0, radius: 1.0, mixup: 0.3, ..Knobs::default() });
    for (knob, value) in [(KnobId::Clip, 0.0), (KnobId::Radius, 1e9), (KnobId::Mixup, 0.0)] {
        turned.set_knob(knob, value).expect("valid");
    }
    assert_eq!(path(&mut plain, 4), path(&mut turned, 4));
}
