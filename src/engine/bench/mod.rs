//! The named work that is timed: the same in `flatscape bench`, in `benches/` and in the peers' scripts.
//!
//! `mlp` is 2-64-64-2 with tanh on 1 024 points, full batch; `cnn` is 1×8×8 → conv16 → relu → conv32 → relu → maxpool2 →
//! linear10 on 256 images; `resnet` is ResNet-8 with batch norm in training mode on 128 images of 3×32×32, whose statistics
//! are those of all 128; `gpt-mini` is the built-in transformer of that name on 16 texts of 64 tokens, with the cross-entropy
//! of each token; `vit` is the vision transformer of the experiment `vit-digits` on 256 images of 8×8. All others have
//! cross-entropy. Data and weights are the numbers of `numbers`, so that [`WorkCheck`] tells whether another program does the
//! same work. A figure does what a run or a measurement does for it, generating its random numbers included, and ends with
//! reading its result back, which waits for the device.

mod device;
mod figures;
mod numbers;
mod parts;
mod peak;
mod session;
mod timing;
mod works;

pub use figures::Figure;
pub use parts::Part;
pub use peak::Peak;
pub use session::{SessionTimes, time_session};
pub use timing::{FrameTimes, Timing};
pub use works::Work;

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::config::{NoiseDistribution, Normalization};
use crate::curvature::{Lanczos, TraceEstimate};
use crate::landscape::{Plane, SliceJob};
use crate::model::{Compute, Counts, Network, Objective, Purpose, Stream, counted, to_host};
use crate::optim::{
    Base, BaseSettings, GradientOracle, NsoSettings, StepGradient, nso_gradient, sam_gradient, sgd_gradient,
};

use numbers::{Stream as Numbers, signs};

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

    fn shares_passes(&self) -> bool {
        !self.0.compute().is_cpu()
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
        let data = work.data(architecture);
        let initial = works::weights(network.num_parameters());
        let reference: Vec<f64> = initial.iter().map(|&w| f64::from(w)).collect();
        let plane = Plane::random(architecture, &reference, Normalization::None, 0, "the weights")
            .expect("random directions without normalisation are finite and not zero");
        // In one piece: batch norm takes its statistics from all examples, as a step does.
        let most = work.examples();
        let objective = Objective::in_pieces(Arc::clone(&network), &data.x, data.targets(), compute.clone(), most);
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
                let mut job = self.slice();
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

    fn slice(&self) -> SliceJob {
        SliceJob::new(self.weights.clone(), &self.plane, 1.0, 51, self.objective.compute())
    }

    fn nso_step(&mut self, k: usize) {
        self.step(|oracle, weights, index| {
            let dimension = weights.dims()[1];
            let stream = Stream { seed: 0, purpose: Purpose::Noise, index };
            let noise = stream.noise(NoiseDistribution::Gaussian, [k, dimension], oracle.0.compute());
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

    /// What a figure asks of the device, once its kernels are compiled.
    pub fn counts(&mut self, figure: Figure) -> Counts {
        self.run(figure);
        counted(|| self.run(figure)).1
    }

    /// Warms up, then times a figure.
    pub fn time(&mut self, figure: Figure) -> Timing {
        timing::time(figure.runs(), || self.run(figure))
    }

    /// Floating-point operations of a figure: two for each multiplication and its addition in the products of its forward
    /// passes, whose number [`Figure::forward_passes`] says.
    #[must_use]
    pub fn flop(&self, figure: Figure) -> f64 {
        let forward =
            2 * self.objective.network().architecture().multiply_adds() * self.objective.num_examples() as u64;
        (figure.forward_passes() * forward) as f64
    }
}

/// What a work is at the weights at which it is timed, by which its copies in other programs are told to be the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkCheck {
    /// L(w).
    pub loss: f64,
    /// ‖∇L(w)‖.
    pub gradient_norm: f64,
    /// vᵀ∇²L(w)v for a v of signs.
    pub curvature: f64,
}

impl WorkCheck {
    /// Computes it in 64 bits on the CPU.
    #[must_use]
    pub fn of(work: Work) -> Self {
        let bench = Bench::new(work, &Compute::cpu_f64());
        let (objective, weights) = (&bench.objective, bench.weights);
        let (loss, gradient) = objective.gradients(weights.clone());
        let dimension = objective.num_parameters();
        let direction = objective.compute().tensor(signs(Numbers::Direction, dimension).collect(), [1, dimension]);
        let curvature = to_host(objective.curvature_sums(weights, direction, 1))[0];
        let gradient_norm = to_host(gradient).iter().map(|g| g * g).sum::<f64>().sqrt();
        Self { loss: to_host(loss)[0], gradient_norm, curvature }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_works_have_the_sizes_that_they_are_known_by() {
        for (work, parameters, examples) in [
            (Work::Mlp, 4482, 1024),
            (Work::Cnn, 9930, 256),
            (Work::Resnet, 78_042, 128),
            (Work::GptMini, 220_544, 16),
            (Work::Vit, 18_154, 256),
        ] {
            let bench = Bench::new(work, &Compute::cpu());
            assert_eq!(bench.objective().num_parameters(), parameters, "{work:?}");
            assert_eq!(bench.objective().num_examples(), examples, "{work:?}");
            assert_eq!(bench.objective().pieces().len(), 1, "{work:?}: one batch, one set of statistics");
        }
    }

    /// By hand: convolutions of 9·1·16 and 9·16·32 multiplications for each of 64 pixels, and 512·10.
    #[test]
    fn work_is_told_in_operations() {
        let forward = 2.0 * 256.0 * (64.0 * (144.0 + 4608.0) + 5120.0);
        let bench = Bench::new(Work::Cnn, &Compute::cpu());
        for (figure, passes) in [
            (Figure::SgdStep, 3.0),
            (Figure::SamStep, 6.0),
            (Figure::NsoStepK1, 7.0),
            (Figure::NsoStepK4, 25.0),
            (Figure::NsoStepK16, 97.0),
            (Figure::Slice51, 2601.0),
            (Figure::Trace64, 192.0),
            (Figure::TopEig20, 180.0),
        ] {
            assert_eq!(bench.flop(figure), passes * forward, "{figure:?}");
        }
    }
}
