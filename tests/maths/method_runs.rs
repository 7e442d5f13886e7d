//! Twenty experiments that mix methods, base steps, schedules, augmentation, averages and bounds: the same seed gives the same
//! bits, and a journal the same curve.

use std::sync::Arc;

use flatscape::config::{AverageKind, BaseKind, Experiment, KnobId, OptimizerKind};
use flatscape::model::{Compute, to_host};
use flatscape::protocol::{KnobEdit, StepRow};
use flatscape::train::{Run, Task, replay};

const STEPS: u64 = 14;
/// The step after which a knob is turned.
const TURN: u64 = 6;

const PLAIN: &str = "[\"flatten\", \"linear 8\", \"tanh\", \"linear 10\"]";
const NORMED: &str = "[\"conv 3 3x3 nobias\", \"batchnorm\", \"relu\", \"globalavgpool\", \"flatten\", \"linear 10\"]";
const DROPPED: &str = "[\"flatten\", \"linear 8\", \"relu\", \"dropout 0.3\", \"linear 10\"]";

/// A run: its network, method, knobs as files have them, and the knob that is turned.
struct Mix(&'static str, OptimizerKind, &'static str, KnobId, f64);

const ALL_OF_IT: &str = "label_smoothing = 0.1\nmixup = 0.4\nflip = true\ncrop = 1\nrotate = 10\njitter = 0.2\nerase = 0.5\n\
                         clip = 2.0\ndistance = 0.01\nradius = 0.5\nwarmup = 0.05\nschedule = \"cosine\"\naverage = \"ema\"\n\
                         average_start = 0.05\naverage_beta = 0.9\n";

const MIXES: [Mix; 20] = [
    Mix(
        PLAIN,
        OptimizerKind::Sgd,
        "learning_rate = 0.1\nschedule = \"cosine\"\nwarmup = 0.1\nclip = 1.0\n",
        KnobId::Clip,
        0.1,
    ),
    Mix(
        NORMED,
        OptimizerKind::Sgd,
        "nesterov = true\nschedule = \"step\"\nschedule_every = 0.1\nschedule_factor = 0.5\ndistance = 0.1\n\
         average = \"ema\"\naverage_start = 0.0\n",
        KnobId::Distance,
        5.0,
    ),
    Mix(
        PLAIN,
        OptimizerKind::Sgd,
        "base = \"adamw\"\ndecay_on = \"matrices\"\nweight_decay = 0.1\nlabel_smoothing = 0.2\nflip = true\ncrop = 2\n",
        KnobId::DecayOn,
        0.0,
    ),
    Mix(DROPPED, OptimizerKind::Wp, "base = \"adam\"\nsigma = 0.05\nk = 3\nmixup = 0.2\n", KnobId::K, 2.0),
    Mix(
        PLAIN,
        OptimizerKind::Wp,
        "sigma = 0.1\ndistribution = \"laplace\"\nsigma_schedule = \"linear\"\nradius = 0.3\n",
        KnobId::Radius,
        0.05,
    ),
    Mix(
        NORMED,
        OptimizerKind::Sam,
        "base = \"adamw\"\nweight_decay = 0.01\nrotate = 20\naverage = \"swa\"\naverage_start = 0.1\n",
        KnobId::Rotate,
        0.0,
    ),
    Mix(PLAIN, OptimizerKind::Sam, "rho = 0.1\nclip = 0.5\nerase = 1.0\n", KnobId::Rho, 0.3),
    Mix(PLAIN, OptimizerKind::Usam, "rho = 0.1\nschedule = \"linear\"\njitter = 0.5\n", KnobId::Schedule, 1.0),
    Mix(
        DROPPED,
        OptimizerKind::Usam,
        "base = \"amsgrad\"\nbeta1 = 0.8\nbeta2 = 0.9\nepsilon = 1e-6\nlabel_smoothing = 0.1\naverage = \"ema\"\n\
         average_start = 0.0\naverage_beta = 0.5\n",
        KnobId::Base,
        3.0,
    ),
    Mix(
        NORMED,
        OptimizerKind::Asam,
        "eta = 0.1\nschedule = \"cosine\"\nflip = true\nmomentum = 0.0\n",
        KnobId::Momentum,
        0.9,
    ),
    Mix(
        PLAIN,
        OptimizerKind::Asam,
        "ascent_scale = \"all\"\nbase = \"adam\"\nmixup = 1.0\ndistance = 0.01\n",
        KnobId::AscentScale,
        0.0,
    ),
    Mix(
        PLAIN,
        OptimizerKind::Rsam,
        "sigma = 0.1\ngradient_share = 2.0\naverage = \"swa\"\naverage_start = 0.05\naverage_rate = 0.02\ncrop = 1\n",
        KnobId::AverageRate,
        0.2,
    ),
    Mix(
        NORMED,
        OptimizerKind::Rsam,
        "base = \"adamw\"\nsigma = 0.1\nsigma_schedule = \"exponential\"\nsigma_start = 2.0\nsigma_end = 0.1\n\
         warmup = 0.2\nradius = 1.0\n",
        KnobId::Warmup,
        0.5,
    ),
    Mix(
        NORMED,
        OptimizerKind::Bsam,
        "parts = 4\nprior = 1\nwarmup = 0.1\nschedule = \"cosine\"\nflip = true\nrotate = 5\n",
        KnobId::Parts,
        2.0,
    ),
    Mix(
        DROPPED,
        OptimizerKind::Bsam,
        "parts = 1\nclip = 1.0\nlabel_smoothing = 0.1\naverage = \"ema\"\naverage_start = 0.0\n",
        KnobId::Damping,
        1.0,
    ),
    Mix(
        PLAIN,
        OptimizerKind::Nso,
        "k = 2\nsigma = 0.05\nnesterov = true\naverage = \"swa\"\naverage_start = 0.0\nmixup = 0.3\n",
        KnobId::Mixup,
        0.0,
    ),
    Mix(
        NORMED,
        OptimizerKind::Nso,
        "lambda = 0.5\nsigma = 0.05\nbase = \"adamw\"\ndecay_on = \"matrices\"\nweight_decay = 0.1\nerase = 0.5\njitter = 0.3\n",
        KnobId::Lambda,
        0.0,
    ),
    Mix(
        PLAIN,
        OptimizerKind::Nso,
        "two_point = false\ndistribution = \"rademacher\"\nbase = \"amsgrad\"\nschedule = \"step\"\nschedule_every = 0.2\n\
         average = \"ema\"\naverage_start = 0.0\n",
        KnobId::Batch,
        7.0,
    ),
    Mix(DROPPED, OptimizerKind::Sgd, ALL_OF_IT, KnobId::LabelSmoothing, 0.5),
    Mix(NORMED, OptimizerKind::Nso, ALL_OF_IT, KnobId::Erase, 0.0),
];

fn start(mix: &Mix) -> Run {
    let Mix(layers, optimizer, knobs, ..) = mix;
    let text = format!(
        "name = \"x\"\ntitle = \"x\"\nabout = \"x\"\nbudget = 100\nseed = 4\n\
         [data]\nsource = \"digits\"\ntrain_size = 60\ntest_size = 40\n\
         [model]\ninput = [1, 8, 8]\nloss = \"cross-entropy\"\nlayers = {layers}\n\
         [train]\nbatch = 20\nlearning_rate = 0.05\n[optimizers.{}]\n{knobs}[look]\nsubset = 20\n",
        optimizer.key()
    );
    let experiment = Experiment::from_toml(&text).expect("the experiment is valid");
    let knobs = experiment.knobs(*optimizer).expect("the knobs are valid");
    let task = Task::new(Arc::new(experiment), 4, Compute::cpu()).expect("the data fit");
    Run::new(Arc::new(task), *optimizer, knobs)
}

/// A row without its wall time, as bits.
fn bits(row: &StepRow) -> Vec<u64> {
    let noise = row.noise.map_or([0.0; 3], |noise| [noise.even_mean, noise.odd_square, noise.gap_mean]);
    let figures = [row.batch_loss, row.perturbed_loss, row.gradient_norm, row.learning_rate];
    let counts = [row.step, row.gradient_evaluations];
    counts.into_iter().chain(figures.into_iter().chain(noise).map(f64::to_bits)).collect()
}

/// What a run leaves, as bits.
#[derive(Debug, PartialEq)]
struct Trained {
    rows: Vec<Vec<u64>>,
    weights: Vec<u32>,
    ascent: Option<Vec<u32>>,
    /// The average with batch norm's statistics at it.
    average: Option<[Vec<u64>; 2]>,
    journal: Vec<KnobEdit>,
}

fn trained(mix: &Mix, is_turned: bool) -> Trained {
    let &Mix(.., knob, value) = mix;
    let mut run = start(mix);
    let step = |step: u64| {
        if is_turned && step == TURN {
            run.set_knob(knob, value).expect("valid");
        }
        bits(&run.step().expect("finite"))
    };
    let rows = (0..STEPS).map(step).collect();
    let wide = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<u64>>();
    let narrow = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<u32>>();
    let average = run
        .at_average()
        .map(|(weights, statistics)| [wide(to_host(weights)), wide(statistics.map(to_host).unwrap_or_default())]);
    Trained {
        rows,
        weights: narrow(run.weights_on_host()),
        ascent: run.ascent_on_host().map(narrow),
        average,
        journal: run.journal().to_vec(),
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_whatever_is_mixed() {
    for (index, mix) in MIXES.iter().enumerate() {
        let first = trained(mix, true);
        assert_eq!(first, trained(mix, true), "experiment {index}");
        let has_average = mix.2.contains("average = ");
        assert_eq!(first.average.is_some(), has_average, "experiment {index} has its average");
        assert_eq!(first.ascent.is_some(), mix.1.spec().has_ascent, "experiment {index} has its ascent");
    }
}

#[test]
fn a_journal_replays_to_the_same_curve_whatever_is_mixed() {
    for (index, mix) in MIXES.iter().enumerate() {
        let (turned, untouched) = (trained(mix, true), trained(mix, false));
        let again = replay(start(mix), &turned.journal, STEPS).expect("finite");
        assert_eq!(again.iter().map(bits).collect::<Vec<_>>(), turned.rows, "experiment {index}");
        let turn = TURN as usize;
        assert_eq!(turned.rows[..turn], untouched.rows[..turn], "experiment {index} before the turn");
        assert_ne!(turned.rows[turn..], untouched.rows[turn..], "experiment {index}: the turn changes something");
    }
}

/// A copy in the host's memory goes on like the run, also where the base step was turned since the last step: the moments that
/// it keeps are those of the old one.
#[test]
fn a_copy_on_the_host_goes_on_to_the_same_bits() {
    for (index, mix) in MIXES.iter().enumerate() {
        for base in BaseKind::ALL {
            let mut run = start(mix);
            for _ in 0..4 {
                run.step().expect("finite");
            }
            run.set_knob(KnobId::Base, f64::from(*base as u8)).expect("a base step");
            let mut copy = run.moved(&run.host_copy(), Arc::clone(run.task()));
            for _ in 0..3 {
                let (own, other) = (run.step().expect("finite"), copy.step().expect("finite"));
                assert_eq!(bits(&own)[..6], bits(&other)[..6], "experiment {index}, base {base:?}");
            }
            let weights = |run: &Run| run.weights_on_host().into_iter().map(f32::to_bits).collect::<Vec<u32>>();
            assert_eq!(weights(&run), weights(&copy), "experiment {index}, base {base:?}");
        }
    }
}

/// Every method, base step, average and knob is in one of them, so that a new one is not forgotten.
#[test]
fn the_mixes_have_everything() {
    let runs: Vec<Run> = MIXES.iter().map(start).collect();
    for kind in OptimizerKind::ALL {
        assert!(runs.iter().any(|run| run.optimizer() == kind), "{kind:?}");
    }
    for base in BaseKind::ALL {
        assert!(runs.iter().any(|run| run.knobs().base == *base), "{base:?}");
    }
    for average in AverageKind::ALL {
        assert!(runs.iter().any(|run| run.knobs().average == *average), "{average:?}");
    }
    for id in KnobId::ALL {
        let values: Vec<f64> = runs.iter().map(|run| run.knobs().value(id)).collect();
        assert!(values.iter().any(|value| *value != values[0]) || MIXES.iter().any(|mix| mix.3 == id), "{id:?}");
    }
}

/// Nothing that is done to the examples of a step is seen by a measurement.
#[test]
fn measurements_are_those_of_the_examples_as_they_are() {
    let augmented = Mix(NORMED, OptimizerKind::Sgd, ALL_OF_IT, KnobId::Erase, 0.0);
    let plain = Mix(NORMED, OptimizerKind::Sgd, "", KnobId::Erase, 0.0);
    let (mut augmented, plain) = (start(&augmented), start(&plain));
    let figures = |run: &Run| {
        let row = run.evaluate();
        [row.train_loss, row.train_accuracy, row.test_loss, row.test_accuracy].map(f64::to_bits)
    };
    assert_eq!(figures(&augmented), figures(&plain), "before the first step they are the same weights");
    augmented.step().expect("finite");
    let statistics = augmented.statistics().cloned();
    let there = Run::starting_at(
        Arc::clone(plain.task()),
        OptimizerKind::Sgd,
        plain.knobs().clone(),
        augmented.weights().clone(),
        statistics,
    );
    assert_eq!(figures(&augmented), figures(&there), "and after a step as well");
}
