//! Attention's first derivatives along R directions and its second ones, summed within groups of them.
//!
//! With u = ṡ − μ(ṡ): ȯ = ṗv + pv̇ with ṗ = p·u, and Σ ö = (Σ p̈)v + 2 Σ ṗv̇ + p Σ v̈ with Σ p̈ = p·(w − μ(w)), w = Σ s̈ + Σ u².

use std::ops::Range;

use rayon::prelude::*;

use super::forward::{Memory, scaled_queries, shares};
use super::heads::{PARTS, Part, Place, Problem, write};
use super::number::Number;
use super::product::{Matrix, Panels};
use super::scores;

/// What jets carry: values that all directions share, first derivatives, and second ones summed over each group.
#[derive(Clone, Copy)]
pub(super) struct Coefficients<'a, T> {
    pub value: &'a [T],
    pub first: &'a [T],
    pub second: Option<&'a [T]>,
    /// Directions of a group.
    pub size: usize,
}

/// Where a head of a group goes: its first derivatives along each direction, and its second derivative.
struct Target<'a, T> {
    firsts: Vec<Vec<&'a mut [T]>>,
    second: Vec<&'a mut [T]>,
}

/// The first derivatives `[R, n, t, D]`, then the second ones `[G, n, t, D]`.
pub(super) fn curved<T: Number>(problem: &Problem<'_, T>, jets: Coefficients<'_, T>) -> Vec<T> {
    let (directions, each) = (jets.first.len() / problem.len(PARTS), problem.heads_of_member());
    let mut out = vec![T::default(); (directions + directions / jets.size) * problem.len(1)];
    let (firsts, seconds) = out.split_at_mut(directions * problem.len(1));
    let seconds = problem.places::<1>(seconds).into_iter();
    let mut targets: Vec<_> = seconds.map(|[second]| Target { firsts: Vec::new(), second }).collect();
    for (number, [first]) in problem.places::<1>(firsts).into_iter().enumerate() {
        let (direction, head) = (number / each, number % each);
        targets[direction / jets.size * each + head].firsts.push(first);
    }
    targets.into_par_iter().enumerate().for_each(|(number, target)| {
        Head { problem, jets, group: problem.place(number) }.evaluate(target);
    });
    out
}

/// A head of an example of a group.
struct Head<'a, T> {
    problem: &'a Problem<'a, T>,
    jets: Coefficients<'a, T>,
    /// The group is the place's member.
    group: Place,
}

/// Matrices of a block of queries.
struct Room<T> {
    p: Matrix<T>,
    /// ṡ, then ṗ.
    dp: Matrix<T>,
    /// Σ s̈ + Σ u².
    bent: Matrix<T>,
    /// ȯ
    first: Matrix<T>,
    /// Σ ö
    second: Matrix<T>,
}

impl<T: Number> Head<'_, T> {
    fn evaluate(&self, mut target: Target<'_, T>) {
        let place = Place { member: 0, ..self.group };
        let memory = Memory::of(self.problem, self.jets.value, place, self.problem.tokens);
        let [p, dp, bent, first, second] = [(); 5].map(|()| Matrix::zeros(0, 0));
        let mut room = Room { p, dp, bent, first, second };
        for queries in self.problem.blocks() {
            let panels = scaled_queries(self.problem, self.jets.value, place, &queries);
            shares(self.problem, &memory, &panels, (place, &queries), &mut room.p);
            room.bent.clear(self.problem.keys(&queries), queries.len());
            room.second.clear(queries.len(), self.problem.width);
            for (direction, first) in target.firsts.iter_mut().enumerate() {
                self.direction(direction, (&memory, &panels), &queries, &mut room);
                write(&room.first, T::ONE, &mut first[queries.clone()]);
            }
            self.close((&memory, &panels), &queries, &mut room);
            write(&room.second, T::ONE, &mut target.second[queries]);
        }
    }

    /// ȯ along a direction of the group, and its part of what is summed.
    fn direction(
        &self,
        direction: usize,
        (memory, panels): (&Memory<T>, &Panels<T>),
        queries: &Range<usize>,
        room: &mut Room<T>,
    ) {
        let (problem, all) = (self.problem, self.jets.first);
        let place = Place { member: self.group.member * self.jets.size + direction, ..self.group };
        let keys = problem.keys(queries);
        let moved = Memory::of(problem, all, place, keys);
        let moving = problem.part(all, Part::Queries, place, queries.clone());
        let scale = problem.scale();
        room.dp.resize(keys, queries.len());
        room.dp.set_product(&moved.keys, panels);
        room.dp.add_product(&memory.keys, &Panels::transposed(&moving, scale));
        // The mixed part of s̈.
        room.bent.add_product(&moved.keys, &Panels::transposed(&moving, scale + scale));
        let means = scores::means(&room.p, &room.dp);
        scores::spread_and_square(&room.p, &mut room.dp, &mut room.bent, &means);
        room.first.clear(queries.len(), problem.width);
        room.first.add_outer(&room.dp, &memory.values);
        room.first.add_outer(&room.p, &moved.values);
        scores::double(&mut room.dp);
        room.second.add_outer(&room.dp, &moved.values);
    }

    /// Σ ö, with everything that belongs to the whole group.
    fn close(&self, (memory, panels): (&Memory<T>, &Panels<T>), queries: &Range<usize>, room: &mut Room<T>) {
        let problem = self.problem;
        if let Some(second) = self.jets.second {
            let curved = Memory::of(problem, second, self.group, problem.keys(queries));
            room.bent.add_product(&curved.keys, panels);
            room.bent.add_product(&memory.keys, &scaled_queries(problem, second, self.group, queries));
            room.second.add_outer(&room.p, &curved.values);
        }
        let means = scores::means(&room.p, &room.bent);
        scores::spread(&room.p, &mut room.bent, &means);
        room.second.add_outer(&room.bent, &memory.values);
    }
}
