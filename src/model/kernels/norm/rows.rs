//! The dual of cells that are rows, as layer norm's: while a row is in the cache its figures are taken and whatever is made of it
//! is written, on the way there and on the way back. The formulas stand in `norm`.
//!
//! A task is some rows of one member, cut by their number alone. Sums over rows are taken within a task and then over the tasks in their
//! order, so nothing depends on the number of threads. Figures are taken as `walk` takes them, so that the value is that of a pass without
//! derivatives, bit for bit.

use burn::tensor::ElementConversion as _;
use rayon::prelude::*;

use super::walk::{WIDTH, Walk, add_at, gathered, halved};
use crate::model::kernels::number::Number;

/// Figures of a row: m, s, Mẋ and M(y·ẋ).
const FIGURES: usize = 4;

/// Gradients by x and ẋ, and by γ, β, γ̇ and β̇ `[P, c]`.
pub(super) struct Found<T> {
    pub inputs: [Vec<T>; 2],
    pub channels: [Vec<T>; 4],
}

/// y·γ + β and γ·J(ẋ) + γ̇·y + β̇ from x and ẋ and from γ, β, γ̇ and β̇, and the figures of each row.
pub(super) fn dual<T: Number>(walk: Walk, rows: [&[T]; 2], channels: [&[T]; 4], epsilon: f64) -> ([Vec<T>; 2], Vec<T>) {
    let len = rows[0].len();
    let mut outs = [(); 2].map(|()| vec![T::default(); len]);
    let mut figures = vec![T::default(); len / walk.width * FIGURES];
    let [values, slopes] = outs.each_mut().map(|out| pieces(walk, out, walk.width));
    let tasks = values.into_par_iter().zip(slopes).zip(pieces(walk, &mut figures, FIGURES));
    tasks.enumerate().for_each(|(task, ((value, slope), figures))| {
        let place = Place::of(walk, task);
        pulp::Arch::new().dispatch(Forward {
            rows: rows.map(|all| place.rows(all, value.len())),
            channels: channels.map(|all| place.channels(all)),
            epsilon,
            out: [value, slope],
            figures,
        });
    });
    (outs, figures)
}

/// The gradients by all operands, from x, ẋ, g and d, from γ and γ̇, and from the figures.
pub(super) fn reverse<T: Number>(walk: Walk, rows: [&[T]; 4], channels: [&[T]; 2], figures: &[T]) -> Found<T> {
    let mut inputs = [(); 2].map(|()| vec![T::default(); rows[0].len()]);
    let [by_x, by_first] = inputs.each_mut().map(|out| pieces(walk, out, walk.width));
    let tasks = by_x.into_par_iter().zip(by_first).enumerate();
    let part = |(task, (by_x, by_first)): (usize, (&mut [T], &mut [T]))| {
        let place = Place::of(walk, task);
        let mut sums = [(); 4].map(|()| vec![T::default(); walk.width]);
        pulp::Arch::new().dispatch(Backward {
            rows: rows.map(|all| place.rows(all, by_x.len())),
            channels: channels.map(|all| place.channels(all)),
            figures: &figures[place.first * FIGURES..],
            out: [by_x, by_first],
            sums: sums.each_mut().map(Vec::as_mut_slice),
        });
        sums
    };
    let parts: Vec<[Vec<T>; 4]> = tasks.map(part).collect();
    let mut channels = [const { Vec::new() }; 4];
    for parts in parts.chunks(tasks_of_member(walk)) {
        for (k, all) in channels.iter_mut().enumerate() {
            let sum = |i: usize| parts.iter().fold(T::default(), |sum, part| sum + part[k][i]);
            all.extend((0..walk.width).map(sum));
        }
    }
    Found { inputs, channels }
}

/// Tasks into which the rows of a member are cut.
fn tasks_of_member(walk: Walk) -> usize {
    walk.rows.div_ceil(walk.step(walk.rows))
}

/// What each task writes, of so many numbers a row.
fn pieces<T>(walk: Walk, all: &mut [T], each: usize) -> Vec<&mut [T]> {
    let step = walk.step(walk.rows);
    all.chunks_mut(walk.rows * each).flat_map(|member| member.chunks_mut(step * each)).collect()
}

/// Where a task begins.
#[derive(Clone, Copy)]
struct Place {
    member: usize,
    /// Its first row, over all members.
    first: usize,
    width: usize,
}

impl Place {
    fn of(walk: Walk, task: usize) -> Self {
        let each = tasks_of_member(walk);
        let (member, row) = (task / each, task % each * walk.step(walk.rows));
        Self { member, first: member * walk.rows + row, width: walk.width }
    }

    /// So many numbers from there on.
    fn rows<T>(self, all: &[T], len: usize) -> &[T] {
        &all[self.first * self.width..][..len]
    }

    /// Numbers of channels: the member's, or what all share.
    fn channels<T>(self, all: &[T]) -> &[T] {
        if all.len() == self.width { all } else { &all[self.member * self.width..][..self.width] }
    }
}

struct Forward<'a, T> {
    /// x and ẋ.
    rows: [&'a [T]; 2],
    /// γ, β, γ̇ and β̇.
    channels: [&'a [T]; 4],
    epsilon: f64,
    out: [&'a mut [T]; 2],
    figures: &'a mut [T],
}

impl<T: Number> pulp::WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { rows: [x, first], channels: [scale, shift, dscale, dshift], epsilon, out, figures } = self;
        let [value, slope] = out;
        let width = scale.len();
        let share = (1.0 / width as f64).elem::<T>();
        let outs = value.chunks_exact_mut(width).zip(slope.chunks_exact_mut(width));
        let rows = x.chunks_exact(width).zip(first.chunks_exact(width)).zip(outs);
        for (((x, first), (value, slope)), figures) in rows.zip(figures.chunks_exact_mut(FIGURES)) {
            let [sum] = sums([x], |numbers| numbers);
            let mean = sum * share;
            let [sum] = sums([x], |[x]| [(x - mean) * (x - mean)]);
            let s = ((sum * share).elem::<f64>() + epsilon).sqrt().recip().elem::<T>();
            let [by_one, by_y] = sums([x, first], |[x, a]| [a, (x - mean) * s * a]).map(|sum| sum * share);
            figures.copy_from_slice(&[mean, s, by_one, by_y]);
            map::<false, _, _, _>(
                [x, first, scale, shift, dscale, dshift],
                [value, slope],
                #[inline(always)]
                |[x, a, scale, shift, dscale, dshift]| {
                    let y = (x - mean) * s;
                    [y * scale + shift, s * (a - by_one - y * by_y) * scale + y * dscale + dshift]
                },
            );
        }
    }
}

struct Backward<'a, T> {
    /// x, ẋ, g and d.
    rows: [&'a [T]; 4],
    /// γ and γ̇.
    channels: [&'a [T]; 2],
    figures: &'a [T],
    out: [&'a mut [T]; 2],
    /// By γ, β, γ̇ and β̇.
    sums: [&'a mut [T]; 4],
}

impl<T: Number> pulp::WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { rows: [x, first, g, d], channels: [scale, dscale], figures, out: [by_x, by_first], sums: channels } =
            self;
        let [by_scale, by_shift, by_dscale, by_dshift] = channels;
        let width = scale.len();
        let (share, three) = ((1.0 / width as f64).elem::<T>(), 3.0.elem::<T>());
        let gradients = g.chunks_exact(width).zip(d.chunks_exact(width));
        let outs = by_x.chunks_exact_mut(width).zip(by_first.chunks_exact_mut(width));
        let rows = x.chunks_exact(width).zip(first.chunks_exact(width)).zip(gradients).zip(outs);
        for ((((x, first), (g, d)), outs), figures) in rows.zip(figures.chunks_exact(FIGURES)) {
            let &[mean, s, by_one, q] = figures else { unreachable!("as many as a row has") };
            let (rows, figures) = ([x, first, g, d, scale, dscale], [mean, s, by_one]);
            // As a has mean 0, M(a·h) is that of h less its mean.
            let found = sums(
                rows,
                #[inline(always)]
                |numbers| {
                    let [y, a, h, k] = at(numbers, figures);
                    [h, y * h, a * h, k, y * k]
                },
            );
            let [one_of_h, r, product, one_of_k, t] = found.map(|sum| sum * share);
            map::<false, _, _, _>(
                rows,
                [outs.0, outs.1],
                #[inline(always)]
                |numbers| {
                    let [y, a, h, k] = at(numbers, figures);
                    let (h, k) = (h - one_of_h, k - one_of_k);
                    let bend = s * s * (y * (three * q * r - product) - q * h - r * a);
                    [bend + s * (k - y * t), s * (h - y * r)]
                },
            );
            map::<true, _, _, _>(
                [x, first, g, d],
                [&mut *by_scale, &mut *by_shift, &mut *by_dscale, &mut *by_dshift],
                #[inline(always)]
                |[x, a, g, d]| {
                    let (y, a) = ((x - mean) * s, a - by_one);
                    [g * y + d * s * (a - y * q), g, d * y, d]
                },
            );
        }
    }
}

/// y, a, h = γ·d and k = γ·g + γ̇·d from x, ẋ, g, d, γ and γ̇, and from m, s and Mẋ.
#[inline(always)]
fn at<T: Number>([x, a, g, d, scale, dscale]: [T; 6], [mean, s, by_one]: [T; 3]) -> [T; 4] {
    [(x - mean) * s, a - by_one, d * scale, g * scale + d * dscale]
}

/// The sums of what `f` gives at each number of a row.
#[inline(always)]
fn sums<T: Number, const K: usize, const N: usize>(rows: [&[T]; K], f: impl Fn([T; K]) -> [T; N]) -> [T; N] {
    let len = rows[0].len();
    let mut sums = [[T::default(); WIDTH]; N];
    for part in 0..len / WIDTH {
        let rows = rows.map(|row| &row[part * WIDTH..][..WIDTH]);
        for i in 0..WIDTH {
            add_at(&mut sums, i, f(gathered(&rows, i)));
        }
    }
    let rest = len % WIDTH;
    if rest > 0 {
        let rows = rows.map(|row| &row[len - rest..][..rest]);
        for i in 0..rest {
            add_at(&mut sums, i, f(gathered(&rows, i)));
        }
    }
    sums.map(halved)
}

/// Writes what `f` gives at each number of a row, or adds it to what stands there.
#[inline(always)]
fn map<const ADDS: bool, T: Number, const K: usize, const N: usize>(
    rows: [&[T]; K],
    mut outs: [&mut [T]; N],
    f: impl Fn([T; K]) -> [T; N],
) {
    let len = rows[0].len();
    for part in 0..len / WIDTH {
        map_part::<ADDS, T, K, N>(rows, &mut outs, (part * WIDTH, WIDTH), &f);
    }
    let rest = len % WIDTH;
    if rest > 0 {
        map_part::<ADDS, T, K, N>(rows, &mut outs, (len - rest, rest), &f);
    }
}

/// The same for a part of a row, no longer than a buffer.
#[inline(always)]
fn map_part<const ADDS: bool, T: Number, const K: usize, const N: usize>(
    rows: [&[T]; K],
    outs: &mut [&mut [T]; N],
    (from, len): (usize, usize),
    f: &impl Fn([T; K]) -> [T; N],
) {
    let rows = rows.map(|row| &row[from..][..len]);
    let mut buffers = [[T::default(); WIDTH]; N];
    if ADDS {
        buffers.iter_mut().zip(&*outs).for_each(|(buffer, out)| buffer[..len].copy_from_slice(&out[from..][..len]));
    }
    for i in 0..len {
        let numbers = f(gathered(&rows, i));
        for (buffer, number) in buffers.iter_mut().zip(numbers) {
            buffer[i] = if ADDS { buffer[i] + number } else { number };
        }
    }
    outs.iter_mut().zip(&buffers).for_each(|(out, buffer)| out[from..][..len].copy_from_slice(&buffer[..len]));
}
