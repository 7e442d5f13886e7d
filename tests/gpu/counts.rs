//! What steps and measurements ask of an adapter: kernels that are launched, numbers that are sent and read.

use std::sync::Arc;

use flatscape::config::{OptimizerKind, builtin_experiment};
use flatscape::engine::bench::{Bench, Figure, Work};
use flatscape::model::{Compute, Counts, counted};
use flatscape::train::{Run, Task};

use crate::device::gpu;

/// Kernels that a step of SGD launches on `mlp` at most.
const SGD_LAUNCHES: u64 = 40;
/// What a step of NSO launches beyond that, whatever k is: its noise, its points, and what it makes of their gradients.
const NSO_LAUNCHES: u64 = 24;

#[test]
fn steps_launch_few_kernels_and_read_once() {
    let Some(gpu) = gpu() else { return };
    let mut bench = Bench::new(Work::Mlp, &gpu);
    let sgd = bench.counts(Figure::SgdStep);
    assert!(sgd.launches <= SGD_LAUNCHES && sgd.launches > 10, "{sgd:?}");
    assert_eq!((sgd.uploads, sgd.reads), (0, 1), "{sgd:?}");
    for figure in [Figure::NsoStepK1, Figure::NsoStepK4, Figure::NsoStepK16] {
        let nso = bench.counts(figure);
        assert!(nso.launches <= sgd.launches + NSO_LAUNCHES, "{figure:?}: {nso:?}, SGD {sgd:?}");
        assert_eq!((nso.uploads, nso.reads), (0, 1), "{figure:?}: {nso:?}");
    }
}

#[test]
fn a_trace_sends_no_probes() {
    let Some(gpu) = gpu() else { return };
    let counts = Bench::new(Work::Mlp, &gpu).counts(Figure::Trace64);
    assert_eq!(counts.uploads, 0, "{counts:?}");
    // Four units of 16 probes, in groups of two.
    assert_eq!((counts.reads, counts.read_bytes), (4, 32 * 4), "{counts:?}");
}

/// A step of a run says more of itself than that of the benchmark: two norms, for NSO its samples, all in one read.
#[test]
fn a_step_of_a_run_reads_once() {
    let Some(gpu) = gpu() else { return };
    let experiment = builtin_experiment("moons-mlp").expect("embedded");
    let task = Arc::new(Task::new(Arc::new(experiment.clone()), 1, gpu.clone()).expect("valid"));
    for optimizer in [OptimizerKind::Sgd, OptimizerKind::Sam, OptimizerKind::Nso] {
        let mut run = Run::new(Arc::clone(&task), optimizer, experiment.knobs(optimizer).expect("valid"));
        run.step().expect("finite");
        let (row, counts) = counted(|| run.step().expect("finite"));
        assert_eq!((row.step, counts.reads), (2, 1), "{optimizer:?}: {counts:?}");
        assert_eq!(row.noise.is_some(), optimizer == OptimizerKind::Nso, "{row:?}");
    }
}

#[test]
fn the_cpu_is_asked_for_nothing() {
    let Some(_alone) = gpu() else { return };
    let counts = Bench::new(Work::Mlp, &Compute::cpu()).counts(Figure::NsoStepK1);
    assert_eq!(counts, Counts::default());
}
