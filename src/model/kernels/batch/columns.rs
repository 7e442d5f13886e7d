//! Walks over rows of channels that have figures of their own: sums of columns, and maps with numbers of columns.
//!
//! A member has `m` rows of `c` channels. Narrow rows are walked several side by side. What is done at each number is a type and no
//! closure: a closure that is too long to be inlined would be compiled for any processor. Loops write to small buffers of
//! their own, so that the compiler knows that nothing overlaps. Rows are cut into blocks by their number alone, and sums over
//! blocks are taken in their order in 64 bits, so nothing depends on the number of threads.

use std::mem::MaybeUninit;
use std::ops::Range;

use burn::tensor::ElementConversion as _;
use rayon::prelude::*;

use crate::model::kernels::number::Number;
use crate::model::kernels::room::{filled, room};

/// Numbers that a loop has in its buffer.
pub(super) const WIDTH: usize = 64;

/// Numbers of each operand that one task takes, about.
const TASK: usize = 1 << 14;

/// Rows at the start of a member by which [`Columns::centres`] guesses a mean.
const FIRST: usize = 8;

/// The shape of each member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// Rows, of `width` numbers each.
    pub rows: usize,
    /// Numbers of a row: all channels, once or several times.
    pub width: usize,
    channels: usize,
}

/// What is summed, from N numbers at a place less the centres of their columns.
pub(super) trait Terms<T, const K: usize, const N: usize>: Copy + Send + Sync {
    /// The terms.
    fn at(self, numbers: [T; K]) -> [T; N];
}

/// What is written, from the numbers at a place and those of its column.
pub(super) trait Formula<T, const K: usize, const C: usize, const N: usize>: Copy + Send + Sync {
    /// The results.
    fn at(self, numbers: [T; K], column: [T; C]) -> [T; N];
}

impl Columns {
    /// Of `[m, c]`.
    pub fn new([rows, channels]: [usize; 2]) -> Self {
        let mut side = 1;
        while 2 * side * channels <= WIDTH && rows.is_multiple_of(2 * side) {
            side *= 2;
        }
        Self { rows: rows / side, width: side * channels, channels }
    }

    /// Numbers of a member.
    pub const fn len(self) -> usize {
        self.rows * self.width
    }

    /// Numbers of a column: m.
    pub fn count(self) -> f64 {
        (self.len() / self.channels) as f64
    }

    pub const fn channels(self) -> usize {
        self.channels
    }

    /// A row for each member of what `of` says of a member's channel.
    pub fn spread<T: Number>(self, members: usize, of: impl Fn(usize, usize) -> f64) -> Vec<T> {
        let row = |member: usize| {
            let row: Vec<T> = (0..self.channels).map(|channel| of(member, channel).elem()).collect();
            row.into_iter().cycle().take(self.width).collect::<Vec<T>>()
        };
        (0..members).flat_map(row).collect()
    }

    /// Rows of a block.
    pub fn step(self) -> usize {
        (TASK / self.width).clamp(1, self.rows.max(1))
    }

    /// About the mean of each channel, `[members, c]`: sums of squares are taken from there, so that they lose no digits.
    pub fn centres<T: Number>(self, x: &[T]) -> Vec<f64> {
        let first = (self.channels * FIRST).min(self.len());
        let share = (self.channels as f64) / first as f64;
        let members = x.chunks_exact(self.len().max(1));
        let mean = |x: &[T], channel: usize| {
            let column = x[channel..first].iter().step_by(self.channels);
            column.map(|number| number.elem::<f64>()).sum::<f64>() * share
        };
        members.flat_map(|x| (0..self.channels).map(move |channel| mean(x, channel))).collect()
    }

    /// The sums of the terms over all rows, for each member and channel. Operands of one member stand beside each member of the
    /// others; `centres` are rows as [`Self::spread`] makes them.
    pub fn sums<T: Number, A: Terms<T, K, N>, const K: usize, const N: usize>(
        self,
        members: usize,
        operands: [&[T]; K],
        centres: [&[T]; K],
        terms: A,
    ) -> Vec<[f64; N]> {
        let step = self.step();
        let blocks = self.rows.div_ceil(step);
        // The members of one block after each other, so that what they share stays in the cache.
        let part = |task: usize| {
            let (block, member) = (task / members, task % members);
            let mut sums = vec![T::default(); N * self.width];
            let rows = block * step..((block + 1) * step).min(self.rows);
            let operands = operands.map(|all| own(all, member, self.len()));
            let centres = centres.map(|all| own(all, member, self.width));
            pulp::Arch::new().dispatch(Sums { columns: self, rows, operands, centres, terms, sums: &mut sums });
            sums
        };
        let parts: Vec<Vec<T>> = (0..blocks * members).into_par_iter().map(part).collect();
        let mut all = vec![[0.0; N]; members * self.channels];
        for (task, part) in parts.iter().enumerate() {
            let all = &mut all[task % members * self.channels..][..self.channels];
            for (k, sums) in part.chunks_exact(self.width).enumerate() {
                for side in sums.chunks_exact(self.channels) {
                    all.iter_mut().zip(side).for_each(|(all, sum)| all[k] += sum.elem::<f64>());
                }
            }
        }
        all
    }

    /// What the formula gives at each number. Operands and rows of columns of one member stand beside each member of the others.
    pub fn map<T: Number, A: Formula<T, K, C, N>, const K: usize, const C: usize, const N: usize>(
        self,
        members: usize,
        operands: [&[T]; K],
        columns: [&[T]; C],
        formula: A,
    ) -> [Vec<T>; N] {
        let step = self.step();
        let mut rooms = [const { Vec::new() }; N];
        rooms.iter_mut().for_each(|all| *all = room(members * self.len()));
        let mut tasks: Vec<Vec<&mut [MaybeUninit<T>]>> = Vec::new();
        for room in &mut rooms {
            let pieces = room.chunks_mut(self.len().max(1)).flat_map(|member| member.chunks_mut(step * self.width));
            for (task, piece) in pieces.enumerate() {
                match tasks.get_mut(task) {
                    Some(pieces) => pieces.push(piece),
                    None => tasks.push(vec![piece]),
                }
            }
        }
        let blocks = self.rows.div_ceil(step);
        tasks.into_par_iter().enumerate().for_each(|(task, out)| {
            let (member, begin) = (task / blocks, task % blocks * step);
            let operands = operands.map(|all| own(all, member, self.len()));
            let numbers = columns.map(|all| own(all, member, self.width));
            let rows = begin..(begin + step).min(self.rows);
            let out: [&mut [MaybeUninit<T>]; N] = out.try_into().expect("a piece of each of the results");
            pulp::Arch::new().dispatch(Map { columns: self, rows, operands, numbers, formula, out });
        });
        // SAFETY: the tasks cover all rows of all members, and each writes all numbers of its own.
        rooms.map(|room| unsafe { filled(room) })
    }
}

/// A member's part, or what all share.
#[inline(always)]
pub(super) fn own<T>(all: &[T], member: usize, len: usize) -> &[T] {
    if all.len() == len { all } else { &all[member * len..(member + 1) * len] }
}

/// So many numbers from a place on.
#[inline(always)]
pub(super) fn at<T>(all: &[T], place: usize) -> &[T; WIDTH] {
    all[place..].first_chunk().expect("a whole buffer, as the caller checked")
}

struct Sums<'a, T, A, const K: usize, const N: usize> {
    columns: Columns,
    rows: Range<usize>,
    operands: [&'a [T]; K],
    centres: [&'a [T]; K],
    terms: A,
    sums: &'a mut [T],
}

impl<T: Number, A: Terms<T, K, N>, const K: usize, const N: usize> pulp::WithSimd for Sums<'_, T, A, K, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { columns: Columns { width, .. }, rows, operands, centres, terms, sums: out } = self;
        for from in (0..width).step_by(WIDTH) {
            let len = WIDTH.min(width - from);
            let mut sums = [[T::default(); WIDTH]; N];
            if len == WIDTH {
                let centres = centres.map(|all| at(all, from));
                for row in rows.clone() {
                    let numbers = operands.map(|all| at(all, row * width + from));
                    for i in 0..WIDTH {
                        let mut centred = [T::default(); K];
                        for k in 0..K {
                            centred[k] = numbers[k][i] - centres[k][i];
                        }
                        let terms = terms.at(centred);
                        for n in 0..N {
                            sums[n][i] = sums[n][i] + terms[n];
                        }
                    }
                }
            } else {
                let centres = centres.map(|all| &all[from..from + len]);
                for row in rows.clone() {
                    let numbers = operands.map(|all| &all[row * width + from..][..len]);
                    for i in 0..len {
                        let mut centred = [T::default(); K];
                        for k in 0..K {
                            centred[k] = numbers[k][i] - centres[k][i];
                        }
                        let terms = terms.at(centred);
                        for n in 0..N {
                            sums[n][i] = sums[n][i] + terms[n];
                        }
                    }
                }
            }
            for n in 0..N {
                out[n * width + from..][..len].copy_from_slice(&sums[n][..len]);
            }
        }
    }
}

struct Map<'a, T, A, const K: usize, const C: usize, const N: usize> {
    columns: Columns,
    rows: Range<usize>,
    operands: [&'a [T]; K],
    numbers: [&'a [T]; C],
    formula: A,
    out: [&'a mut [MaybeUninit<T>]; N],
}

impl<T: Number, A: Formula<T, K, C, N>, const K: usize, const C: usize, const N: usize> pulp::WithSimd
    for Map<'_, T, A, K, C, N>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { columns: Columns { width, .. }, rows, operands, numbers, formula, mut out } = self;
        let first = rows.start;
        for row in rows {
            for from in (0..width).step_by(WIDTH) {
                let len = WIDTH.min(width - from);
                let mut buffers = [[T::default(); WIDTH]; N];
                if len == WIDTH {
                    let operands = operands.map(|all| at(all, row * width + from));
                    let numbers = numbers.map(|all| at(all, from));
                    for i in 0..WIDTH {
                        let (mut here, mut column) = ([T::default(); K], [T::default(); C]);
                        for k in 0..K {
                            here[k] = operands[k][i];
                        }
                        for k in 0..C {
                            column[k] = numbers[k][i];
                        }
                        let results = formula.at(here, column);
                        for n in 0..N {
                            buffers[n][i] = results[n];
                        }
                    }
                } else {
                    let operands = operands.map(|all| &all[row * width + from..][..len]);
                    let numbers = numbers.map(|all| &all[from..from + len]);
                    for i in 0..len {
                        let (mut here, mut column) = ([T::default(); K], [T::default(); C]);
                        for k in 0..K {
                            here[k] = operands[k][i];
                        }
                        for k in 0..C {
                            column[k] = numbers[k][i];
                        }
                        let results = formula.at(here, column);
                        for n in 0..N {
                            buffers[n][i] = results[n];
                        }
                    }
                }
                for (out, buffer) in out.iter_mut().zip(&buffers) {
                    write(&mut out[(row - first) * width + from..][..len], &buffer[..len]);
                }
            }
        }
    }
}

/// Copies to room of the same length.
#[inline(always)]
pub(super) fn write<T: Copy>(to: &mut [MaybeUninit<T>], from: &[T]) {
    assert_eq!(to.len(), from.len(), "room for each number");
    // SAFETY: both have so many numbers, and a number may be written as one that may be uninitialised.
    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to.as_mut_ptr().cast::<T>(), from.len()) };
}
