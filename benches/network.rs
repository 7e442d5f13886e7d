//! The named works on the CPU: the figures of `flatscape bench`, and the passes that they are made of.
//!
//! `cargo bench --bench network` prints medians. The scripts in `peers` time the same figures in PyTorch and JAX.

use std::cell::RefCell;

use flatscape::engine::bench::{Bench, Figure, Work};
use flatscape::model::Compute;

fn main() {
    divan::main();
}

fn bench(work: Work) -> Bench {
    Bench::new(work, &Compute::cpu())
}

const FIGURES: [&str; 8] =
    ["sgd_step", "sam_step", "nso_step_k1", "nso_step_k4", "nso_step_k16", "slice_51x51", "trace_64", "top_eig_20"];

fn figure(bencher: divan::Bencher<'_, '_>, work: Work, name: &str) {
    let figure =
        Figure::ALL.into_iter().find(|figure| figure.key() == name).expect("the names are those of the figures");
    let bench = RefCell::new(bench(work));
    bencher.bench_local(|| bench.borrow_mut().run(figure));
}

fn gradient(bencher: divan::Bencher<'_, '_>, work: Work, population: usize) {
    let bench = bench(work);
    let weights = bench.population(population);
    bencher.bench_local(|| bench.objective().gradients(weights.clone()).1.into_data());
}

fn losses(bencher: divan::Bencher<'_, '_>, work: Work, population: usize) {
    let bench = bench(work);
    let weights = bench.population(population);
    bencher.bench_local(|| bench.objective().losses(weights.clone()).into_data());
}

fn hessian_product(bencher: divan::Bencher<'_, '_>, work: Work) {
    let bench = bench(work);
    let weights = bench.population(1);
    bencher.bench_local(|| bench.objective().hessian_product(weights.clone(), weights.clone()).product.into_data());
}

fn jets(bencher: divan::Bencher<'_, '_>, work: Work, groups: usize) {
    let bench = bench(work);
    let (weights, directions) = (bench.population(1), bench.population(8));
    bencher.bench_local(|| bench.objective().curvature_sums(weights.clone(), directions.clone(), groups).into_data());
}

macro_rules! works {
    ($($module:ident, $work:expr, $samples:literal;)*) => {$(
        #[divan::bench_group(sample_count = $samples)]
        mod $module {
            use flatscape::engine::bench::Work;

            const WORK: Work = $work;

            #[divan::bench(args = super::FIGURES, sample_count = 5)]
            fn figure(bencher: divan::Bencher<'_, '_>, name: &str) {
                super::figure(bencher, WORK, name);
            }

            #[divan::bench(args = [1, 2, 8])]
            fn gradient(bencher: divan::Bencher<'_, '_>, population: usize) {
                super::gradient(bencher, WORK, population);
            }

            #[divan::bench(args = [1, 16, 64])]
            fn losses(bencher: divan::Bencher<'_, '_>, population: usize) {
                super::losses(bencher, WORK, population);
            }

            #[divan::bench]
            fn hessian_product(bencher: divan::Bencher<'_, '_>) {
                super::hessian_product(bencher, WORK);
            }

            #[divan::bench(args = [2, 4, 8])]
            fn jets_of_8(bencher: divan::Bencher<'_, '_>, groups: usize) {
                super::jets(bencher, WORK, groups);
            }
        }
    )*};
}

works! {
    mlp, Work::Mlp, 30;
    cnn, Work::Cnn, 5;
    resnet, Work::Resnet, 3;
    gpt_mini, Work::GptMini, 3;
    vit, Work::Vit, 5;
}
