//! Runs that start from a file of weights: what is the file's, what begins anew, and what never moves.

use std::path::Path;
use std::sync::Arc;

use flatscape::config::{Experiment, OptimizerKind};
use flatscape::data::arrays::write_safetensors;
use flatscape::model::{Architecture, Compute, Network, Purpose, gaussian, initial_weights, to_host_f32};
use flatscape::session::weights::{read_state, weights_file};
use flatscape::train::{Prepared, Run, Task};

const BODY: &str = "\"conv 4 3x3 same nobias\", \"batchnorm\", \"relu\", \"globalavgpool\", \"flatten\"";

/// Digits with a network of a body and a head, and what more stands under `[start]`; without a start where that is `None`.
fn experiment(head: &str, start: Option<(&Path, &str)>) -> Arc<Experiment> {
    let start = start.map_or_else(String::new, |(weights, more)| format!("[start]\nweights = {weights:?}\n{more}\n"));
    let text = format!(
        "name = \"x\"\ntitle = \"x\"\nabout = \"x\"\nbudget = 100\n\
         [data]\nsource = \"digits\"\ntrain_size = 60\ntest_size = 40\n\
         [model]\ninput = [1, 8, 8]\nloss = \"cross-entropy\"\nlayers = [{BODY}, {head}]\n{start}\
         [train]\nbatch = 30\nlearning_rate = 0.05\nmomentum = 0.9\nweight_decay = 0.01\n\
         [optimizers.sgd]\n[optimizers.sam]\n[optimizers.nso]\nsigma = 0.05\nk = 2\n[look]\nsubset = 20\n"
    );
    Arc::new(Experiment::from_toml(&text).expect("the experiment is valid"))
}

/// The network of an experiment without what it starts from.
fn whole(experiment: &Experiment) -> Architecture {
    Network::new(&experiment.model).expect("its layers fit").architecture().clone()
}

/// A file of random weights and statistics of a network whose head gives 12 numbers, and what it holds.
struct Pretrained {
    file: tempfile::NamedTempFile,
    architecture: Architecture,
    weights: Vec<f32>,
    buffers: Vec<f32>,
}

impl Pretrained {
    fn new() -> Self {
        let architecture = whole(&experiment("\"linear 12\"", None));
        let weights = gaussian(5, Purpose::Weights, 0, architecture.num_parameters());
        let buffers: Vec<f32> = (0..architecture.num_buffers()).map(|place| 0.5 + 0.25 * place as f32).collect();
        let file = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
        std::fs::write(file.path(), weights_file(&architecture, &weights, &buffers)).expect("it is written");
        Self { file, architecture, weights, buffers }
    }

    /// Digits with ten classes, started from it.
    fn experiment(&self, more: &str) -> Arc<Experiment> {
        experiment("\"linear 10\"", Some((self.file.path(), more)))
    }

    /// The numbers of one tensor.
    fn tensor(&self, name: &str) -> &[f32] {
        part(&self.architecture, &self.weights, name)
    }
}

fn part<'a>(architecture: &Architecture, row: &'a [f32], name: &str) -> &'a [f32] {
    let tensor = architecture.parameters.iter().find(|tensor| tensor.name == name).expect("it is trained");
    &row[tensor.range()]
}

fn task(experiment: &Arc<Experiment>, seed: u64) -> Task {
    Prepared::new(Arc::clone(experiment)).expect("the weights fit").task(seed, Compute::cpu())
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// All tensors of a run as the file of its weights has them.
fn written(run: &Run) -> (Vec<f32>, Vec<f32>) {
    let architecture = run.task().network.architecture();
    let statistics = run.statistics().cloned().map(to_host_f32).expect("there is batch norm");
    let file = tempfile::NamedTempFile::with_suffix(".safetensors").expect("a file");
    std::fs::write(file.path(), weights_file(architecture, &run.weights_on_host(), &statistics)).expect("written");
    let state = read_state(file.path(), &whole(&run.task().experiment)).expect("it has all tensors").value;
    let [weights, buffers] = [state.weights, state.buffers].map(|row| row.into_iter().map(|x| x as f32).collect());
    (weights, buffers)
}

const HEAD_ANEW: &str = "fresh = [\"5.*\"]";

#[test]
fn a_new_head_of_another_shape_stands_on_the_body_of_the_file() {
    let pretrained = Pretrained::new();
    let task = task(&pretrained.experiment(HEAD_ANEW), 3);
    let architecture = task.network.architecture();
    for name in ["0.weight", "1.weight", "1.bias"] {
        assert_eq!(part(architecture, &task.initial, name), pretrained.tensor(name), "{name}");
    }
    let plain = initial_weights(architecture, 3);
    for name in ["5.weight", "5.bias"] {
        assert_eq!(part(architecture, &task.initial, name), part(architecture, &plain, name), "{name}");
    }
    let statistics = to_host_f32(task.initial_statistics().expect("there is batch norm"));
    assert_eq!(statistics, pretrained.buffers);
}

#[test]
fn what_begins_anew_is_the_same_whatever_is_frozen() {
    let pretrained = Pretrained::new();
    let head = |more: &str, seed: u64| {
        let task = task(&pretrained.experiment(&format!("{HEAD_ANEW}\n{more}")), seed);
        part(task.network.architecture(), &task.initial, "5.weight").to_vec()
    };
    let free = head("", 3);
    for more in ["frozen = [\"0.*\"]", "frozen = [\"0.*\", \"1.*\"]", "frozen = [\"1.bias\"]"] {
        assert_eq!(head(more, 3), free, "{more}");
    }
    assert_ne!(head("frozen = [\"0.*\"]", 4), free, "it is the seed's");
}

#[test]
fn another_seed_has_another_head_on_the_same_body() {
    let pretrained = Pretrained::new();
    let experiment = pretrained.experiment(&format!("{HEAD_ANEW}\nfrozen = [\"1.*\"]"));
    let (first, other) = (task(&experiment, 0), task(&experiment, 1));
    let again = first.with_seed(1);
    assert_eq!(again.initial, other.initial);
    let architecture = first.network.architecture();
    assert_eq!(part(architecture, &again.initial, "0.weight"), part(architecture, &first.initial, "0.weight"));
    assert_ne!(part(architecture, &again.initial, "5.bias"), part(architecture, &first.initial, "5.bias"));
}

#[test]
fn a_frozen_body_keeps_its_bits() {
    let pretrained = Pretrained::new();
    let experiment = pretrained.experiment(&format!("{HEAD_ANEW}\nfrozen = [\"0.*\", \"1.*\"]"));
    let whole = whole(&experiment);
    for optimizer in [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso] {
        let task = Arc::new(task(&experiment, 3));
        assert_eq!((task.network.num_parameters(), task.initial.len()), (50, 50));
        let mut run = Run::new(Arc::clone(&task), optimizer, experiment.knobs(optimizer).expect("valid"));
        let (before, statistics_before) = written(&run);
        for _ in 0..5 {
            let row = run.step().expect("it does not diverge");
            assert!(row.gradient_norm > 0.0);
        }
        let (after, statistics) = written(&run);
        for name in ["0.weight", "1.weight", "1.bias"] {
            assert_eq!(bits(part(&whole, &after, name)), bits(pretrained.tensor(name)), "{optimizer:?} {name}");
        }
        for name in ["5.weight", "5.bias"] {
            assert_ne!(part(&whole, &after, name), part(&whole, &before, name), "{optimizer:?} {name}");
        }
        assert_ne!(statistics, statistics_before, "running statistics move, as PyTorch's do");
    }
}

#[test]
fn running_statistics_begin_anew_where_a_pattern_fits_them() {
    let pretrained = Pretrained::new();
    let statistics = |fresh: &str| {
        let task = task(&pretrained.experiment(&format!("fresh = [\"5.*\", {fresh}]")), 0);
        to_host_f32(task.initial_statistics().expect("there is batch norm"))
    };
    let anew = [[0.0; 4], [1.0; 4]].concat();
    assert_eq!(statistics("\"1.*\""), anew);
    assert_eq!(statistics("\"1.running_mean\"")[..4], anew[..4]);
    assert_eq!(statistics("\"1.running_mean\"")[4..], pretrained.buffers[4..]);
    assert_eq!(statistics("\"1.weight\""), pretrained.buffers);
}

#[test]
fn the_user_is_told_what_begins_anew_and_what_is_frozen() {
    let pretrained = Pretrained::new();
    let notes = |more: &str| Prepared::new(pretrained.experiment(more)).expect("the weights fit").notes();
    let anew = "`5.weight` and `5.bias` begin anew, with random weights of the seed";
    assert_eq!(notes(HEAD_ANEW), [anew]);
    // 36 + 4 + 4 in the body, 40 + 10 in the head.
    let frozen = "3 of 5 tensors are frozen: D is 50 of 94 parameters; noise and curvature leave them out";
    assert_eq!(notes(&format!("{HEAD_ANEW}\nfrozen = [\"0.*\", \"1.*\"]")), [anew, frozen]);
    let frozen = "1 of 5 tensors is frozen: D is 58 of 94 parameters; noise and curvature leave them out";
    assert_eq!(notes(&format!("{HEAD_ANEW}\nfrozen = [\"0.weight\"]")), [anew, frozen]);
}

#[test]
fn a_file_of_a_wrapped_model_with_a_larger_head_is_told_about() {
    let pretrained = Pretrained::new();
    let body = pretrained.architecture.parameters.iter().take(3);
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = body
        .map(|tensor| {
            let name = format!("module.{}", tensor.name);
            (name, tensor.shape.clone(), pretrained.weights[tensor.range()].to_vec())
        })
        .collect();
    for tensor in &pretrained.architecture.buffers {
        let name = format!("module.{}", tensor.name);
        tensors.push((name, tensor.shape.clone(), pretrained.buffers[tensor.range()].to_vec()));
    }
    // A head of two layers, in the place of one.
    tensors.push(("module.5.0.weight".to_owned(), vec![1, 4], vec![0.5; 4]));
    tensors.push(("module.5.2.weight".to_owned(), vec![1, 1], vec![0.5]));
    let bytes = write_safetensors(tensors.iter().map(|(name, shape, of)| (name.as_str(), shape.clone(), &of[..])));
    std::fs::write(pretrained.file.path(), bytes).expect("it is written");
    let prepared = Prepared::new(pretrained.experiment(HEAD_ANEW)).expect("the body fits");
    let notes = prepared.notes().join("\n");
    for part in [
        "as the weights to start from: `module.` is stripped from 5 names",
        "`module.5.0.weight` and `module.5.2.weight` are left out: of what begins anew",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert_eq!(
        part(&whole(&pretrained.experiment(HEAD_ANEW)), &prepared.task(0, Compute::cpu()).initial, "1.bias"),
        pretrained.tensor("1.bias")
    );
}
