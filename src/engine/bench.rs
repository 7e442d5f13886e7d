//! The named work that is timed: the same in `flatscape bench`, in `benches/` and in the peers' scripts.
//!
//! `mlp` is 2-64-64-2 with tanh on 1 024 points, full batch; `cnn` is 1×8×8 → conv16 → relu → conv32 → relu → maxpool2 →
//! linear10 on 256 images; `resnet` is ResNet-8 with batch norm in training mode on 128 images of 3×32×32; all with
//! cross-entropy. Inputs are standard normal numbers. A figure does what a run or a
//! measurement does for it, generating its random numbers included, and ends with reading its result back, which waits
//! for the device.

use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::tensor::Tensor;

use crate::config::{LossKind, ModelConfig, Normalization};
use crate::curvature::{Lanczos, TraceEstimate};
use crate::landscape::{Plane, SliceJob};
use crate::model::{Compute, Network, Objective, Purpose, Targets, gaussian, initial_weights, to_host};
use crate::optim::{
    Base, BaseSettings, GradientOracle, NsoSettings, StepGradient, nso_gradient, sam_gradient, sgd_gradient,
};

/// A network with its examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// 2-64-64-2 tanh, 1 024 points.
    Mlp,
    /// Two convolutions on 8×8 images, 256 of them.
    Cnn,
    /// ResNet-8 with batch norm on 3×32×32 images, 128 of them.
    Resnet,
}

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// One step of SGD.
    SgdStep,
    /// One step of SAM.
    SamStep,
    /// One step of NSO with 1 pair.
    NsoStepK1,
    /// … with 4 pairs.
    NsoStepK4,
    /// … with 16 pairs.
    NsoStepK16,
    /// A slice of 51×51 points.
    Slice51,
    /// A Hutchinson trace from 64 Rademacher probes.
    Trace64,
    /// 20 Hessian-vector products of a Lanczos solve.
    TopEig20,
}

/// Times of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Median, in milliseconds.
    pub ms: f64,
    /// Least, in milliseconds.
    pub min: f64,
    /// Number of runs, after those that warm up.
    pub runs: usize,
}

/// Times of frames of the window.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameTimes {
    /// All frames together.
    pub all: Timing,
    /// Their mean, in milliseconds.
    pub mean: f64,
    /// The longest, in milliseconds.
    pub worst: f64,
    /// The median of each tab of the charts, in milliseconds.
    pub tabs: Vec<(&'static str, f64)>,
}

/// A warm-up that takes longer than this stands for itself: one run follows it.
const LONG: Duration = Duration::from_secs(20);

/// Warm-up goes on for so long, where one run is shorter.
const WARM_UP: Duration = Duration::from_millis(100);

impl Work {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mlp, Self::Cnn, Self::Resnet];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
            Self::Cnn => "cnn",
            Self::Resnet => "resnet",
        }
    }

    fn model(self) -> ModelConfig {
        let of =
            |input: &[usize], layers: &[&str]| ModelConfig::new(input, LossKind::CrossEntropy, layers.iter().copied());
        match self {
            Self::Mlp => of(&[2], &["linear 64", "tanh", "linear 64", "tanh", "linear 2"]),
            Self::Cnn => of(
                &[1, 8, 8],
                &["conv 16 3x3 same", "relu", "conv 32 3x3 same", "relu", "maxpool 2", "flatten", "linear 10"],
            ),
            Self::Resnet => ModelConfig::from_toml(include_str!("../../assets/models/resnet8.toml"))
                .expect("the model files that come with the program are valid"),
        }
    }

    const fn examples(self) -> usize {
        match self {
            Self::Mlp => 1024,
            Self::Cnn => 256,
            Self::Resnet => 128,
        }
    }

    /// The class of each example: of the points by quadrant, of the images at random.
    fn classes(self, x: &[f32], classes: usize) -> Vec<u32> {
        match self {
            Self::Mlp => x.chunks_exact(2).map(|point| u32::from(point[0] * point[1] > 0.0)).collect(),
            Self::Cnn | Self::Resnet => {
                let noise = gaussian(0, Purpose::Directions, 1, self.examples());
                noise.iter().map(|z| (z.abs() * 1e4) as u32 % classes as u32).collect()
            }
        }
    }
}

impl Figure {
    /// All of them, in the order in which they are timed.
    pub const ALL: [Self; 8] = [
        Self::SgdStep,
        Self::SamStep,
        Self::NsoStepK1,
        Self::NsoStepK4,
        Self::NsoStepK16,
        Self::Slice51,
        Self::Trace64,
        Self::TopEig20,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SgdStep => "sgd_step",
            Self::SamStep => "sam_step",
            Self::NsoStepK1 => "nso_step_k1",
            Self::NsoStepK4 => "nso_step_k4",
            Self::NsoStepK16 => "nso_step_k16",
            Self::Slice51 => "slice_51x51",
            Self::Trace64 => "trace_64",
            Self::TopEig20 => "top_eig_20",
        }
    }

    /// Runs that are timed, as many as the peers' scripts take.
    const fn runs(self) -> usize {
        match self {
            Self::SgdStep | Self::SamStep => 50,
            Self::NsoStepK1 | Self::NsoStepK4 | Self::NsoStepK16 => 20,
            Self::Slice51 => 3,
            Self::Trace64 | Self::TopEig20 => 5,
        }
    }
}

/// A named work on a device, ready to run.
#[derive(Debug)]
pub struct Bench {
    objective: Objective,
    weights: Tensor<2>,
    initial: Vec<f32>,
    base: Base,
    plane: Plane,
    /// Figures run so far: each has noise of its own.
    index: u64,
}

struct Oracle<'a>(&'a Objective);

impl GradientOracle for Oracle<'_> {
    fn losses(&self, weights: Tensor<2>) -> Tensor<1> {
        self.0.losses(weights)
    }

    fn gradients(&self, weights: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        self.0.gradients(weights)
    }
}

impl Bench {
    /// Builds the network and puts its examples on the device.
    ///
    /// # Panics
    /// Never: the named works are valid.
    #[must_use]
    pub fn new(work: Work, compute: &Compute) -> Self {
        let network = Arc::new(Network::new(&work.model()).expect("the named works are valid"));
        let architecture = network.architecture();
        let x = gaussian(0, Purpose::Directions, 0, work.examples() * architecture.input_len());
        let y = work.classes(&x, architecture.outputs);
        let initial = initial_weights(architecture, 0);
        let reference: Vec<f64> = initial.iter().map(|&w| f64::from(w)).collect();
        let plane = Plane::random(architecture, &reference, Normalization::None, 0, "the weights")
            .expect("random directions without normalisation are finite and not zero");
        let objective = Objective::new(Arc::clone(&network), &x, Targets::Classes(&y), compute.clone());
        let weights = compute.tensor(initial.clone(), [1, initial.len()]);
        Self { objective, weights, initial, base: Base::default(), plane, index: 0 }
    }

    /// The loss that is timed.
    #[must_use]
    pub const fn objective(&self) -> &Objective {
        &self.objective
    }

    /// The initial weights, `P` times.
    #[must_use]
    pub fn population(&self, population: usize) -> Tensor<2> {
        let weights = self.objective.compute().tensor(self.initial.clone(), [1, self.initial.len()]);
        weights.repeat_dim(0, population)
    }

    /// Runs a figure once and reads its result back.
    pub fn run(&mut self, figure: Figure) {
        self.index += 1;
        match figure {
            Figure::SgdStep => self.step(|oracle, weights, _| sgd_gradient(oracle, weights)),
            Figure::SamStep => self.step(|oracle, weights, _| sam_gradient(oracle, weights, 0.05)),
            Figure::NsoStepK1 => self.nso_step(1),
            Figure::NsoStepK4 => self.nso_step(4),
            Figure::NsoStepK16 => self.nso_step(16),
            Figure::Slice51 => {
                let compute = self.objective.compute();
                let mut job = SliceJob::new(self.weights.clone(), &self.plane, 1.0, 51, compute);
                while !job.advance(&self.objective) {}
                std::hint::black_box(job.finest());
            }
            Figure::Trace64 => {
                let mut job = TraceEstimate::new(self.weights.clone(), 64, 0, self.index);
                while !job.advance(&self.objective) {}
                std::hint::black_box(job.values());
            }
            Figure::TopEig20 => {
                let mut job = Lanczos::new(self.weights.clone(), 20, None, self.index);
                while !job.advance(&self.objective) {}
                std::hint::black_box(job.ends());
            }
        }
    }

    fn nso_step(&mut self, k: usize) {
        self.step(|oracle, weights, index| {
            let dimension = weights.dims()[1];
            let noise = gaussian(0, Purpose::Noise, index, k * dimension);
            let noise = oracle.0.compute().tensor(noise, [k, dimension]);
            let settings = NsoSettings { sigma: 0.01, lambda: 0.0, two_point: true };
            nso_gradient(oracle, weights, noise, &settings)
        });
    }

    /// A step so small that the weights stay where they are.
    fn step(&mut self, gradient: impl Fn(&Oracle<'_>, &Tensor<2>, u64) -> StepGradient) {
        let gradient = gradient(&Oracle(&self.objective), &self.weights, self.index);
        let settings = BaseSettings { learning_rate: 1e-6, ..BaseSettings::default() };
        self.weights = self.base.step(self.weights.clone(), &gradient, &settings, None);
        std::hint::black_box(to_host(self.weights.clone().slice([0..1, 0..1])));
    }

    /// Warms up, then times a figure.
    pub fn time(&mut self, figure: Figure) -> Timing {
        let start = Instant::now();
        self.run(figure);
        let first = start.elapsed();
        while start.elapsed() < WARM_UP {
            self.run(figure);
        }
        let runs = if first > LONG { 1 } else { figure.runs() };
        let mut times: Vec<f64> = (0..runs)
            .map(|_| {
                let start = Instant::now();
                self.run(figure);
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        Timing { ms: median(&times), min: times[0], runs }
    }
}

/// The median of ascending numbers; there is at least one.
fn median(ascending: &[f64]) -> f64 {
    let (low, high) = ((ascending.len() - 1) / 2, ascending.len() / 2);
    0.5 * (ascending[low] + ascending[high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_works_have_the_sizes_that_they_are_known_by() {
        for (work, parameters, examples) in
            [(Work::Mlp, 4482, 1024), (Work::Cnn, 9930, 256), (Work::Resnet, 78_042, 128)]
        {
            let bench = Bench::new(work, &Compute::cpu());
            assert_eq!(bench.objective().num_parameters(), parameters, "{work:?}");
            assert_eq!(bench.objective().num_examples(), examples, "{work:?}");
        }
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
    }
}
