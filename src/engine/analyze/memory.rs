//! How much memory an analysis takes, before it begins.
//!
//! What is large is counted: rows of D numbers (weights, directions, gradients, the vectors of a solve), the examples, and
//! what one pass leaves on its tape, which is bounded (`model::network::sizes`). Parts come one after the other, so the
//! largest decides; measurements that wait keep their first unit.

use super::AnalyzeOptions;
use super::along::MOST_PRODUCTS;
use super::jobs::SUBSET_PRODUCTS;
use crate::curvature::held_for;
use crate::model::Objective;

/// What the program itself takes, with its threads.
const OWN: u64 = 100 << 20;
/// Rows that a pass of duals of one part of the examples holds beside its tape: weights and directions cut into tensors,
/// gradients of both, and the row that is summed.
const DUAL_ROWS: u64 = 6;
/// Numbers of the density's basis at most.
const DENSITY_NUMBERS: u64 = 1 << 27;
/// Rows of a pair of noise: the noise, weights and gradients at both ends, and the product of both.
const PAIR_ROWS: u64 = 6;
/// Pairs that go at once at most.
const PAIRS: usize = 4;
/// Bytes of a number on the host.
const HOST: u64 = 8;

/// Bytes that an analysis of this objective takes at most, about.
pub(super) fn needed(options: &AnalyzeOptions, objective: &Objective) -> u64 {
    let parts = &options.parts;
    let d = objective.num_parameters() as u64;
    let number = objective.compute().number_bytes();
    let own = number as u64;
    let pass = own * objective.pass_numbers() as u64;
    let input = objective.network().architecture().input_len() as u64;
    // The file's numbers stay beside those on the device; a second subset has as many.
    let subsets = if parts.second_subset { 2 } else { 1 };
    let examples = 2 * own * subsets * objective.num_examples() as u64 * (input + 1);
    let row = own * d;
    let product = objective.dual_parts_at_once() as u64 * (DUAL_ROWS * row + pass) + 3 * row;
    let directions = objective.jet_size();
    let (jets, at_once) = (directions as u64, objective.jet_parts_at_once(directions) as u64);
    let probes = parts.trace_probes.map_or(0, |_| (1 + at_once) * jets * row + at_once * pass);
    let pairs = parts.eigenvalues.map_or(0, |k| {
        let held =
            (held_for(objective.num_parameters(), number) as u64).clamp(4 * k as u64 + 6, 100 + 50 * k as u64).min(d);
        // The vectors are as precise as the products, one of which is on the host in 64 bits.
        (held * own + 2 * HOST) * d + product
    });
    // Without a target a solve holds all of its vectors; those of its ends are on the host in 64 bits.
    let basis = |products: usize| (products as u64).min(d) * row + 2 * HOST * d;
    let second = u64::from(parts.second_subset) * (2 * basis(SUBSET_PRODUCTS) + product);
    // A checkpoint on the host and on the device, beside the weights that the path is told around and its plane.
    let path = parts.path.as_ref().map_or(0, |path| {
        let station = path.probes.map_or(row, |_| (basis(MOST_PRODUCTS) + product).max((1 + at_once) * jets * row));
        HOST * 4 * d + row + station
    });
    let noisy = parts.noise.is_some() || parts.sweep.is_some();
    let at_a_time = (objective.chunk_size() / 2).clamp(1, PAIRS) as u64;
    let noise = u64::from(noisy) * (2 + PAIR_ROWS * at_a_time) * row;
    let plane = HOST * d * 2 * u64::from(parts.slice.is_some());
    let population = if objective.compute().is_cpu() { 1 } else { objective.chunk_size() as u64 };
    let slice = u64::from(parts.slice.is_some()) * (2 * row + (2 + population) * row);
    let dense = u64::from(parts.dense) * 3 * HOST * d * d;
    let density = u64::from(parts.density) * (own * DENSITY_NUMBERS.min(64 * d) + product);
    let gradient = 3 * row;
    let parts = [gradient, probes, probes.min(1) * product, pairs, second, path, noise, slice, dense, density];
    let largest = parts.into_iter().max();
    OWN + (HOST + own) * d + examples + pass + plane + largest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{DeviceChoice, LossKind, ModelConfig, NoiseDistribution, Precision};
    use crate::engine::analyze::{NoisePart, Parts, PathPart};
    use crate::landscape::filter_normalised_plane;
    use crate::model::{Compute, Network, Targets};

    #[test]
    fn the_basis_of_a_large_solve_decides_and_little_is_asked_for_a_small_one() {
        let model = ModelConfig::new(&[100], LossKind::CrossEntropy, ["linear 4000", "tanh", "linear 1000"]);
        let network = Arc::new(Network::new(&model).unwrap());
        let d = network.num_parameters();
        let objective = Objective::new(network, &[0.0_f32; 300], Targets::Classes(&[0, 1, 2]), Compute::cpu());
        let of = |parts: Parts| {
            let options = AnalyzeOptions {
                model: model.clone(),
                weights: Vec::new(),
                buffers: None,
                examples: None,
                weight_decay: 0.0,
                parts,
                seed: 0,
                device: DeviceChoice::Cpu,
            };
            needed(&options, &objective)
        };
        let nothing = of(Parts::default());
        assert!(nothing > OWN + 12 * d as u64 && nothing < OWN + 40 * d as u64, "{nothing}");
        let pairs = of(Parts { eigenvalues: Some(1), ..Parts::default() });
        let held = 4 * (held_for(d, 4) * d) as u64;
        assert!(pairs > held && pairs < 2 * held, "{pairs}, a basis of {held}");
        assert!(of(Parts { trace_probes: Some(8), ..Parts::default() }) < pairs);

        let row = 4 * d as u64;
        let second = of(Parts { second_subset: true, ..Parts::default() });
        assert!(second > nothing + 2 * 40 * row, "{second}: a basis of each subset");
        let noise = NoisePart { sigma: 0.1, pairs: 4, distribution: NoiseDistribution::Gaussian };
        assert!(of(Parts { noise: Some(noise), ..Parts::default() }) > nothing + 2 * row);
        let path = |probes| {
            let plane = Arc::new(filter_normalised_plane(objective.network().architecture(), &vec![0.0; d], 0));
            PathPart {
                files: Vec::new(),
                key: None,
                precision: Precision::F32,
                steps: None,
                plane,
                explained: [0.5, 0.5],
                residual: 0.0,
                probes,
            }
        };
        let [losses, curvature] =
            [None, Some(8)].map(|probes| of(Parts { path: Some(path(probes)), ..Parts::default() }));
        assert!(losses > nothing && curvature > losses + 100 * row, "{losses} and {curvature}: a basis each");
    }
}
