//! Attention and its derivatives along a line, head by head.

use std::ops::Range;

use rayon::prelude::*;

use super::heads::{PARTS, Part, Place, Problem, write};
use super::number::Number;
use super::product::{Matrix, Panels};
use super::scores;

/// The keys and values of a head, or their derivatives along a line.
pub(super) struct Memory<T> {
    pub keys: Matrix<T>,
    pub values: Matrix<T>,
}

impl<T: Number> Memory<T> {
    /// The first `tokens` tokens of a head.
    pub fn of(problem: &Problem<'_, T>, qkv: &[T], place: Place, tokens: usize) -> Self {
        Self {
            keys: problem.part(qkv, Part::Keys, place, 0..tokens),
            values: problem.part(qkv, Part::Values, place, 0..tokens),
        }
    }
}

/// The queries of a block times 1/√(D/H), as they are multiplied with keys.
pub(super) fn scaled_queries<T: Number>(
    problem: &Problem<'_, T>,
    qkv: &[T],
    place: Place,
    queries: &Range<usize>,
) -> Panels<T> {
    Panels::transposed(&problem.part(qkv, Part::Queries, place, queries.clone()), problem.scale())
}

/// The shares of the keys, for a block of queries of a head.
pub(super) fn shares<T: Number>(
    problem: &Problem<'_, T>,
    memory: &Memory<T>,
    panels: &Panels<T>,
    (place, queries): (Place, &Range<usize>),
    shares: &mut Matrix<T>,
) {
    shares.resize(problem.keys(queries), queries.len());
    shares.set_product(&memory.keys, panels);
    problem.sight(place.example, queries).softmax(shares);
}

/// softmax(q·kᵀ/√(D/H))·v.
pub(super) fn attention<T: Number>(problem: &Problem<'_, T>, qkv: &[T]) -> Vec<T> {
    let mut out = vec![T::default(); qkv.len() / PARTS];
    problem.places::<1>(&mut out).into_par_iter().enumerate().for_each(|(number, [mut out])| {
        let place = problem.place(number);
        let memory = Memory::of(problem, qkv, place, problem.tokens);
        let [mut p, mut mixed] = [(); 2].map(|()| Matrix::zeros(0, 0));
        for queries in problem.blocks() {
            let panels = scaled_queries(problem, qkv, place, &queries);
            shares(problem, &memory, &panels, (place, &queries), &mut p);
            mixed.clear(queries.len(), problem.width);
            mixed.add_outer(&p, &memory.values);
            write(&mixed, T::ONE, &mut out[queries]);
        }
    });
    out
}

/// ȯ = ṗv + pv̇ with ṗ = p·(ṡ − μ(ṡ)).
pub(super) fn slope<T: Number>(problem: &Problem<'_, T>, qkv: &[T], first: &[T]) -> Vec<T> {
    let mut out = vec![T::default(); qkv.len() / PARTS];
    problem.places::<1>(&mut out).into_par_iter().enumerate().for_each(|(number, [mut out])| {
        let place = problem.place(number);
        let [memory, moved] = [qkv, first].map(|all| Memory::of(problem, all, place, problem.tokens));
        let [mut p, mut dp, mut mixed] = [(); 3].map(|()| Matrix::zeros(0, 0));
        for queries in problem.blocks() {
            let [panels, moved_panels] = [qkv, first].map(|all| scaled_queries(problem, all, place, &queries));
            shares(problem, &memory, &panels, (place, &queries), &mut p);
            dp.resize(problem.keys(&queries), queries.len());
            dp.set_product(&moved.keys, &panels);
            dp.add_product(&memory.keys, &moved_panels);
            let means = scores::means(&p, &dp);
            scores::spread(&p, &mut dp, &means);
            mixed.clear(queries.len(), problem.width);
            mixed.add_outer(&dp, &memory.values);
            mixed.add_outer(&p, &moved.values);
            write(&mixed, T::ONE, &mut out[queries]);
        }
    });
    out
}
