//! Gradients of attention and of its derivative along a line, head by head.
//!
//! With the gradient g of o: ḡ = ∂/∂p = g·vᵀ and ∂/∂s = p·(ḡ − μ(ḡ)), from which those of q, k, v follow. As ȯ is linear in the
//! derivatives (q̇, k̇, v̇), its gradient by them is that of o with the same g; and as second derivatives do not depend on their
//! order, its gradient by (q, k, v) is the derivative of that gradient along (q̇, k̇, v̇), with g held.

use std::ops::Range;

use rayon::prelude::*;

use super::forward::{Memory, shares};
use super::heads::{PARTS, Part, Place, Problem, write};
use super::number::Number;
use super::product::{Matrix, Panels};
use super::scores;

/// Where the gradient of a head goes, part by part.
type Target<'a, T> = [Vec<&'a mut [T]>; PARTS];

/// The gradient of attention by queries, keys and values.
pub(super) fn gradient<T: Number>(problem: &Problem<'_, T>, qkv: &[T], g: &[T]) -> Vec<T> {
    let mut out = vec![T::default(); qkv.len()];
    problem.places::<PARTS>(&mut out).into_par_iter().enumerate().for_each(|(number, target)| {
        Head { problem, qkv, g, place: problem.place(number) }.gradient(target);
    });
    out
}

/// The gradients of the derivative along a line by queries, keys and values, and by their derivatives.
pub(super) fn slope_gradients<T: Number>(problem: &Problem<'_, T>, qkv: &[T], first: &[T], g: &[T]) -> [Vec<T>; 2] {
    let mut outs = [(); 2].map(|()| vec![T::default(); qkv.len()]);
    let [by_value, by_first] = outs.each_mut().map(|out| problem.places::<PARTS>(out));
    by_value.into_par_iter().zip(by_first).enumerate().for_each(|(number, targets)| {
        Head { problem, qkv, g, place: problem.place(number) }.slope_gradients(first, targets);
    });
    outs
}

/// A head of an example of a member.
struct Head<'a, T> {
    problem: &'a Problem<'a, T>,
    qkv: &'a [T],
    g: &'a [T],
    place: Place,
}

/// A block of queries or of gradients, as it is multiplied with keys or values, and with shares.
struct Block<T> {
    across: Panels<T>,
    along: Panels<T>,
}

impl<T: Number> Block<T> {
    fn of(rows: &Matrix<T>, factor: T) -> Self {
        Self { across: Panels::transposed(rows, factor), along: Panels::of(rows, factor) }
    }
}

/// The gradients of a head's keys and values, and of the queries of a block.
struct Sums<T> {
    queries: Matrix<T>,
    keys: Matrix<T>,
    values: Matrix<T>,
}

impl<T: Number> Sums<T> {
    fn new(problem: &Problem<'_, T>) -> Self {
        let zeros = || Matrix::zeros(problem.tokens, problem.width);
        Self { queries: Matrix::zeros(0, 0), keys: zeros(), values: zeros() }
    }

    /// Writes what all blocks of queries gave to keys and values.
    fn write(&self, [_, keys, values]: &mut Target<'_, T>) {
        write(&self.keys, T::ONE, keys);
        write(&self.values, T::ONE, values);
    }
}

impl<T: Number> Head<'_, T> {
    /// A block of queries, times 1/√(D/H).
    fn queries(&self, all: &[T], queries: &Range<usize>) -> Block<T> {
        Block::of(&self.problem.part(all, Part::Queries, self.place, queries.clone()), self.problem.scale())
    }

    fn upstream(&self, queries: &Range<usize>) -> Block<T> {
        Block::of(&self.problem.rows(self.g, self.place, queries.clone()), T::ONE)
    }

    fn memory(&self, all: &[T]) -> Memory<T> {
        Memory::of(self.problem, all, self.place, self.problem.tokens)
    }

    fn gradient(&self, mut target: Target<'_, T>) {
        let problem = self.problem;
        let (memory, mut sums) = (self.memory(self.qkv), Sums::new(problem));
        let [mut p, mut by_s] = [(); 2].map(|()| Matrix::zeros(0, 0));
        for range in problem.blocks() {
            let (queries, g) = (self.queries(self.qkv, &range), self.upstream(&range));
            shares(problem, &memory, &queries.across, (self.place, &range), &mut p);
            by_s.resize(problem.keys(&range), range.len());
            by_s.set_product(&memory.values, &g.across);
            let means = scores::means(&p, &by_s);
            scores::spread(&p, &mut by_s, &means);
            sums.values.add_product(&p, &g.along);
            sums.keys.add_product(&by_s, &queries.along);
            sums.queries.clear(range.len(), problem.width);
            sums.queries.add_outer(&by_s, &memory.keys);
            write(&sums.queries, problem.scale(), &mut target[0][range]);
        }
        sums.write(&mut target);
    }

    fn slope_gradients(&self, first: &[T], (mut by_value, mut by_first): (Target<'_, T>, Target<'_, T>)) {
        let problem = self.problem;
        let [memory, moved] = [self.qkv, first].map(|all| self.memory(all));
        let [mut sums, mut sums_by_first] = [(); 2].map(|()| Sums::new(problem));
        // p, ṗ, and the gradient by s and its derivative.
        let [mut p, mut dp, mut by_s, mut dby_s] = [(); 4].map(|()| Matrix::zeros(0, 0));
        for range in problem.blocks() {
            let [queries, moving] = [self.qkv, first].map(|all| self.queries(all, &range));
            let (g, keys) = (self.upstream(&range), problem.keys(&range));
            shares(problem, &memory, &queries.across, (self.place, &range), &mut p);
            [&mut dp, &mut by_s, &mut dby_s].into_iter().for_each(|matrix| matrix.resize(keys, range.len()));
            dp.set_product(&moved.keys, &queries.across);
            dp.add_product(&memory.keys, &moving.across);
            let means = scores::means(&p, &dp);
            scores::spread(&p, &mut dp, &means);
            by_s.set_product(&memory.values, &g.across);
            dby_s.set_product(&moved.values, &g.across);
            let means = scores::means(&p, &by_s);
            let mut dmeans = scores::means(&p, &dby_s);
            scores::add_means(&dp, &by_s, &mut dmeans);
            scores::spread_along([&p, &dp], (&by_s, &means), (&mut dby_s, &dmeans));
            scores::spread(&p, &mut by_s, &means);

            sums_by_first.values.add_product(&p, &g.along);
            sums_by_first.keys.add_product(&by_s, &queries.along);
            sums_by_first.queries.clear(range.len(), problem.width);
            sums_by_first.queries.add_outer(&by_s, &memory.keys);
            write(&sums_by_first.queries, problem.scale(), &mut by_first[0][range.clone()]);

            sums.values.add_product(&dp, &g.along);
            sums.keys.add_product(&dby_s, &queries.along);
            sums.keys.add_product(&by_s, &moving.along);
            sums.queries.clear(range.len(), problem.width);
            sums.queries.add_outer(&dby_s, &memory.keys);
            sums.queries.add_outer(&by_s, &moved.keys);
            write(&sums.queries, problem.scale(), &mut by_value[0][range]);
        }
        sums_by_first.write(&mut by_first);
        sums.write(&mut by_value);
    }
}
