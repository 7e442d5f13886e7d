//! Derivatives of the named works `mlp` and `cnn` on the CPU: gradient, population gradient, Hv, jets and slices.
//!
//! `cargo bench --bench network` prints medians. The peers' scripts time the same work.

use burn::tensor::Tensor;
use flatscape::config::{LossKind, ModelConfig};
use flatscape::model::{Batch, Compute, Network, Targets, initial_weights};

fn main() {
    divan::main();
}

struct Work {
    network: Network,
    batch: Batch,
    weights: Tensor<2>,
}

fn work(input: &[usize], layers: &[&str], n: usize) -> Work {
    let config = ModelConfig::new(input, LossKind::CrossEntropy, layers.iter().copied());
    let network = Network::new(&config).expect("the named works are valid");
    let compute = Compute::cpu();
    let classes = network.architecture().outputs as u32;
    let features: usize = input.iter().product();
    let x: Vec<f32> = (0..n * features).map(|i| ((i * 7919) % 2003) as f32 / 1001.0 - 1.0).collect();
    let y: Vec<u32> = (0..n as u32).map(|i| i % classes).collect();
    let weights = initial_weights(network.architecture(), 0);
    let weights = compute.tensor(weights, [1, network.num_parameters()]);
    Work { batch: network.batch(&x, Targets::Classes(&y), &compute), network, weights }
}

fn mlp() -> Work {
    work(&[2], &["linear 64", "tanh", "linear 64", "tanh", "linear 2"], 1024)
}

fn cnn() -> Work {
    let layers = ["conv 16 3x3 same", "relu", "conv 32 3x3 same", "relu", "maxpool 2", "flatten", "linear 10"];
    work(&[1, 8, 8], &layers, 256)
}

impl Work {
    fn gradient(&self, population: usize) {
        let weights = self.weights.clone().repeat_dim(0, population);
        divan::black_box(self.network.gradients(weights, &self.batch).1.into_data());
    }

    fn product(&self) {
        let result = self.network.hessian_product(self.weights.clone(), self.weights.clone(), &self.batch);
        divan::black_box(result.product.into_data());
    }

    fn trace(&self, probes: usize) {
        let directions = self.weights.clone().repeat_dim(0, probes);
        divan::black_box(
            self.network.curvature_sums(self.weights.clone(), directions, probes / 4, &self.batch).into_data(),
        );
    }

    fn losses(&self, population: usize) {
        let weights = self.weights.clone().repeat_dim(0, population);
        divan::black_box(self.network.losses(weights, &self.batch).into_data());
    }
}

#[divan::bench_group(sample_count = 30)]
mod mlp_work {
    #[divan::bench(args = [1, 2, 8])]
    fn gradient(bencher: divan::Bencher, population: usize) {
        let work = super::mlp();
        bencher.bench_local(|| work.gradient(population));
    }

    #[divan::bench]
    fn hessian_product(bencher: divan::Bencher) {
        let work = super::mlp();
        bencher.bench_local(|| work.product());
    }

    #[divan::bench(args = [8, 16, 64])]
    fn trace(bencher: divan::Bencher, probes: usize) {
        let work = super::mlp();
        bencher.bench_local(|| work.trace(probes));
    }

    #[divan::bench(args = [1, 16, 64])]
    fn losses(bencher: divan::Bencher, population: usize) {
        let work = super::mlp();
        bencher.bench_local(|| work.losses(population));
    }
}

#[divan::bench_group(sample_count = 5)]
mod cnn_work {
    #[divan::bench(args = [1, 2, 8])]
    fn gradient(bencher: divan::Bencher, population: usize) {
        let work = super::cnn();
        bencher.bench_local(|| work.gradient(population));
    }

    #[divan::bench]
    fn hessian_product(bencher: divan::Bencher) {
        let work = super::cnn();
        bencher.bench_local(|| work.product());
    }

    #[divan::bench(args = [8, 16])]
    fn trace(bencher: divan::Bencher, probes: usize) {
        let work = super::cnn();
        bencher.bench_local(|| work.trace(probes));
    }

    #[divan::bench(args = [1, 16])]
    fn losses(bencher: divan::Bencher, population: usize) {
        let work = super::cnn();
        bencher.bench_local(|| work.losses(population));
    }
}
