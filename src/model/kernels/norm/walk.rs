//! Walks over rows of numbers whose cells have figures of their own: means within cells, sums over rows, and maps.
//!
//! A figure of cells that are rows is one number a row. Of all others it is one number a channel for all rows of a cell, the
//! same at each channel of the cell. An operand of one member stands beside each member of the others. Loops write to small
//! buffers of their own, so that the compiler knows that nothing overlaps; narrow rows are walked several at a time. Sums are
//! taken over blocks and then over the blocks in their order, whatever the number of threads.

use std::array::from_fn;
use std::ops::Range;

use burn::tensor::ElementConversion as _;
use rayon::prelude::*;

use crate::model::kernels::cells::Cells;
use crate::model::kernels::number::Number;

/// Numbers that a loop has in its buffer.
const WIDTH: usize = 64;

/// Numbers that one task takes, about.
const TASK: usize = 1 << 14;

/// The shape of each member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    /// Rows, of `width` numbers each.
    rows: usize,
    /// Numbers of a row: all channels, once or several times.
    width: usize,
    channels: usize,
    /// Rows of a cell.
    tall: usize,
    /// Channels of a cell.
    wide: usize,
}

/// What a walk reads.
#[derive(Clone, Copy)]
pub(super) struct Operands<'a, T, const K: usize, const F: usize, const C: usize> {
    /// Numbers of the shape of the members.
    pub rows: [&'a [T]; K],
    /// Figures of cells.
    pub figures: [&'a [T]; F],
    /// One row of numbers a member, as [`Walk::spread`] makes them.
    pub channels: [&'a [T]; C],
}

impl Walk {
    /// Of `[m, c]`.
    pub fn new(cells: Cells, [rows, channels]: [usize; 2]) -> Self {
        let [tall, wide] = cells.size([rows, channels]);
        let is_by_row = tall == 1 && wide == channels;
        let mut side = 1;
        while !is_by_row && 2 * side * channels <= WIDTH && tall.is_multiple_of(2 * side) {
            side *= 2;
        }
        Self { rows: rows / side, width: side * channels, channels, tall: tall / side, wide }
    }

    /// Numbers of a member.
    pub fn len(self) -> usize {
        self.rows * self.width
    }

    /// Whether each row is one cell.
    fn is_by_row(self) -> bool {
        self.tall == 1 && self.wide == self.channels
    }

    /// Figures of a member.
    fn figures(self) -> usize {
        if self.is_by_row() { self.rows } else { self.rows / self.tall * self.width }
    }

    /// Rows of a task, of at most so many.
    fn step(self, most: usize) -> usize {
        (TASK / self.width).clamp(1, most.max(1))
    }

    /// Numbers of channels `[P, c]` as a row of each member.
    pub fn spread<T: Number>(self, all: &[T]) -> Vec<T> {
        all.chunks_exact(self.channels).flat_map(|row| row.iter().copied().cycle().take(self.width)).collect()
    }

    /// The mean within each cell of the members of what `f` gives at each number, as figures.
    pub fn means<T: Number, const K: usize, const F: usize, const C: usize, const N: usize>(
        self,
        members: usize,
        operands: Operands<'_, T, K, F, C>,
        f: impl Fn([T; K], [T; F], [T; C]) -> [T; N] + Sync,
    ) -> [Vec<T>; N] {
        let size = self.tall * self.wide * (self.width / self.channels);
        let share = (1.0 / size as f64).elem::<T>();
        if self.is_by_row() {
            return self.means_of_rows(members, operands, share, f);
        }
        let mut sums = self.sums(members * self.rows / self.tall, self.tall, operands, f);
        for row in sums.iter_mut().flat_map(|sums| sums.chunks_exact_mut(self.width)) {
            for first in (0..self.channels).step_by(self.wide) {
                let places = || {
                    let sides = (0..self.width).step_by(self.channels);
                    sides.flat_map(move |side| side + first..side + first + self.wide)
                };
                let sum = places().fold(T::default(), |sum, i| sum + row[i]);
                places().for_each(|i| row[i] = sum * share);
            }
        }
        sums
    }

    /// The sum over all rows of each member of what `f` gives at each number, `[P, c]`.
    pub fn totals<T: Number, const K: usize, const F: usize, const C: usize, const N: usize>(
        self,
        members: usize,
        operands: Operands<'_, T, K, F, C>,
        f: impl Fn([T; K], [T; F], [T; C]) -> [T; N] + Sync,
    ) -> [Vec<T>; N] {
        self.sums(members, self.rows, operands, f).map(|sums| {
            let channel =
                |row: &[T], i: usize| row[i..].iter().step_by(self.channels).fold(T::default(), |a, &b| a + b);
            let channels = 0..self.channels;
            sums.chunks_exact(self.width).flat_map(|row| channels.clone().map(|i| channel(row, i))).collect()
        })
    }

    /// Writes what `f` gives at each number of `out`, from what stands there. Each member of `out` takes the operands'
    /// next `each` members in turn.
    pub fn map<T: Number, const K: usize, const F: usize, const C: usize>(
        self,
        out: &mut [T],
        each: usize,
        operands: Operands<'_, T, K, F, C>,
        f: impl Fn(T, [T; K], [T; F], [T; C]) -> T + Sync,
    ) {
        let step = self.step(out.len() / self.width);
        out.par_chunks_mut(step * self.width).enumerate().for_each(|(task, out)| {
            pulp::Arch::new().dispatch(Map { walk: self, first: task * step, each, operands, f: &f, out });
        });
    }

    fn means_of_rows<T: Number, const K: usize, const F: usize, const C: usize, const N: usize>(
        self,
        members: usize,
        operands: Operands<'_, T, K, F, C>,
        share: T,
        f: impl Fn([T; K], [T; F], [T; C]) -> [T; N] + Sync,
    ) -> [Vec<T>; N] {
        let mut means = vec![[T::default(); N]; members * self.rows];
        let step = self.step(means.len());
        means.par_chunks_mut(step).enumerate().for_each(|(task, means)| {
            pulp::Arch::new().dispatch(RowMeans { walk: self, first: task * step, operands, share, f: &f, means });
        });
        from_fn(|k| means.iter().map(|means| means[k]).collect())
    }

    /// The sum over each of `count` runs of `tall` rows, `[count, width]`.
    fn sums<T: Number, const K: usize, const F: usize, const C: usize, const N: usize>(
        self,
        count: usize,
        tall: usize,
        operands: Operands<'_, T, K, F, C>,
        f: impl Fn([T; K], [T; F], [T; C]) -> [T; N] + Sync,
    ) -> [Vec<T>; N] {
        let step = self.step(tall);
        let blocks = tall.div_ceil(step);
        let block = |task: usize| {
            let (run, begin) = (task / blocks, task % blocks * step);
            let rows = run * tall + begin..run * tall + (begin + step).min(tall);
            let mut all: Vec<[T; N]> = Vec::with_capacity(self.width);
            pulp::Arch::new().dispatch(BlockSums { walk: self, rows, operands, f: &f, all: &mut all });
            all
        };
        let parts: Vec<Vec<[T; N]>> = (0..count * blocks).into_par_iter().map(block).collect();
        let mut all = from_fn(|_| Vec::with_capacity(count * self.width));
        for run in parts.chunks_exact(blocks) {
            for i in 0..self.width {
                let sum = |k: usize| run.iter().fold(T::default(), |sum, part| sum + part[i][k]);
                all.iter_mut().enumerate().for_each(|(k, all): (usize, &mut Vec<T>)| all.push(sum(k)));
            }
        }
        all
    }

    /// Calls `f` with the numbers at each place of a part of a row.
    #[inline(always)]
    fn visit<T: Number, const K: usize, const F: usize, const C: usize>(
        self,
        operands: &Operands<'_, T, K, F, C>,
        place: Place,
        mut f: impl FnMut(usize, [T; K], [T; F], [T; C]),
    ) {
        let Place { member, row, from, len } = place;
        assert!(len <= WIDTH, "no longer than the buffers");
        let rows = operands.rows.map(|all| part(all, member, (self.len(), row * self.width + from), len));
        let channels = operands.channels.map(|all| part(all, member, (self.width, from), len));
        if self.is_by_row() {
            let figures =
                operands.figures.map(|all| all[if all.len() == self.rows { row } else { member * self.rows + row }]);
            for i in 0..len {
                f(i, gathered(&rows, i), figures, gathered(&channels, i));
            }
        } else {
            let cell = if self.tall == self.rows { 0 } else { row / self.tall };
            let figures =
                operands.figures.map(|all| part(all, member, (self.figures(), cell * self.width + from), len));
            for i in 0..len {
                f(i, gathered(&rows, i), gathered(&figures, i), gathered(&channels, i));
            }
        }
    }
}

// The loops are types and no closures: one that is too long to be inlined would be compiled for any processor. Those that they call are
// a line each.

struct Map<'a, T, F, const K: usize, const G: usize, const C: usize> {
    walk: Walk,
    /// The first row of the task, over all members.
    first: usize,
    each: usize,
    operands: Operands<'a, T, K, G, C>,
    f: &'a F,
    out: &'a mut [T],
}

impl<T: Number, F: Fn(T, [T; K], [T; G], [T; C]) -> T, const K: usize, const G: usize, const C: usize> pulp::WithSimd
    for Map<'_, T, F, K, G, C>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { walk, first, each, operands, f, out } = self;
        for (i, out) in out.chunks_exact_mut(walk.width).enumerate() {
            let (member, row) = ((first + i) / walk.rows, (first + i) % walk.rows);
            let sources = member * each..(member + 1) * each;
            let (whole, rest) = out.as_chunks_mut::<WIDTH>();
            let begin = whole.len() * WIDTH;
            for (part, out) in whole.iter_mut().enumerate() {
                let mut buffer = *out;
                for member in sources.clone() {
                    let place = Place { member, row, from: part * WIDTH, len: WIDTH };
                    walk.visit(&operands, place, |i, x, figures, channels| {
                        buffer[i] = f(buffer[i], x, figures, channels);
                    });
                }
                *out = buffer;
            }
            if rest.is_empty() {
                continue;
            }
            let mut buffer = [T::default(); WIDTH];
            buffer[..rest.len()].copy_from_slice(rest);
            for member in sources {
                let place = Place { member, row, from: begin, len: rest.len() };
                walk.visit(&operands, place, |i, x, figures, channels| {
                    buffer[i] = f(buffer[i], x, figures, channels);
                });
            }
            rest.copy_from_slice(&buffer[..rest.len()]);
        }
    }
}

struct RowMeans<'a, T, F, const K: usize, const G: usize, const C: usize, const N: usize> {
    walk: Walk,
    first: usize,
    operands: Operands<'a, T, K, G, C>,
    share: T,
    f: &'a F,
    means: &'a mut [[T; N]],
}

impl<T: Number, F, const K: usize, const G: usize, const C: usize, const N: usize> pulp::WithSimd
    for RowMeans<'_, T, F, K, G, C, N>
where
    F: Fn([T; K], [T; G], [T; C]) -> [T; N],
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { walk, first, operands, share, f, means } = self;
        for (i, means) in means.iter_mut().enumerate() {
            let (member, row) = ((first + i) / walk.rows, (first + i) % walk.rows);
            let mut sums = [[T::default(); WIDTH]; N];
            for from in (0..walk.width / WIDTH).map(|part| part * WIDTH) {
                let place = Place { member, row, from, len: WIDTH };
                walk.visit(&operands, place, |i, x, figures, channels| {
                    add_at(&mut sums, i, f(x, figures, channels));
                });
            }
            let rest = walk.width % WIDTH;
            if rest > 0 {
                let place = Place { member, row, from: walk.width - rest, len: rest };
                walk.visit(&operands, place, |i, x, figures, channels| {
                    add_at(&mut sums, i, f(x, figures, channels));
                });
            }
            for (mean, sums) in means.iter_mut().zip(sums) {
                *mean = halved(sums) * share;
            }
        }
    }
}

struct BlockSums<'a, T, F, const K: usize, const G: usize, const C: usize, const N: usize> {
    walk: Walk,
    rows: Range<usize>,
    operands: Operands<'a, T, K, G, C>,
    f: &'a F,
    all: &'a mut Vec<[T; N]>,
}

impl<T: Number, F, const K: usize, const G: usize, const C: usize, const N: usize> pulp::WithSimd
    for BlockSums<'_, T, F, K, G, C, N>
where
    F: Fn([T; K], [T; G], [T; C]) -> [T; N],
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { walk, rows, operands, f, all } = self;
        for from in (0..walk.width).step_by(WIDTH) {
            let len = (walk.width - from).min(WIDTH);
            let mut sums = [[T::default(); WIDTH]; N];
            for row in rows.clone() {
                let place = Place { member: row / walk.rows, row: row % walk.rows, from, len };
                walk.visit(&operands, place, |i, x, figures, channels| {
                    add_at(&mut sums, i, f(x, figures, channels));
                });
            }
            for i in 0..len {
                let mut row = [T::default(); N];
                for (to, sums) in row.iter_mut().zip(&sums) {
                    *to = sums[i];
                }
                all.push(row);
            }
        }
    }
}

/// A part of a row.
#[derive(Clone, Copy)]
struct Place {
    member: usize,
    row: usize,
    from: usize,
    len: usize,
}

#[inline(always)]
fn part<T>(all: &[T], member: usize, (member_len, begin): (usize, usize), len: usize) -> &[T] {
    let begin = if all.len() == member_len { begin } else { member * member_len + begin };
    &all[begin..begin + len]
}

#[inline(always)]
fn gathered<T: Number, const N: usize>(all: &[&[T]; N], i: usize) -> [T; N] {
    let mut numbers = [T::default(); N];
    for (number, all) in numbers.iter_mut().zip(all) {
        *number = all[i];
    }
    numbers
}

#[inline(always)]
fn add_at<T: Number, const N: usize>(sums: &mut [[T; WIDTH]; N], i: usize, terms: [T; N]) {
    for (sums, term) in sums.iter_mut().zip(terms) {
        sums[i] = sums[i] + term;
    }
}

/// The sum, by halves.
#[inline(always)]
fn halved<T: Number>(mut sums: [T; WIDTH]) -> T {
    let mut half = WIDTH / 2;
    while half > 0 {
        let (low, high) = sums.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(low, high)| *low = *low + *high);
        half /= 2;
    }
    sums[0]
}
