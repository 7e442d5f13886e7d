//! One pass over numbers: what is made of a nonlinearity's derivatives at each of them and of the other numbers there.

use burn::backend::TensorMetadata as _;
use burn::backend::flex::FlexTensor;
use rayon::prelude::*;

use super::formulas::{self, Visit};
use super::real::Real;
use crate::model::kernels::affine::tensor;
use crate::model::kernels::number::numbers;
use crate::model::nonlinearity::Nonlinearity;

/// Numbers that one task takes: enough that starting it costs nothing beside the work.
const TASK: usize = 1 << 13;

/// Numbers that a loop has in its buffers: it writes there, so that the compiler knows that nothing overlaps.
const WIDTH: usize = 64;

/// What is made of f, f' and f'' and of K other numbers.
pub(super) trait Formula<T, const K: usize, const N: usize>: Copy + Send + Sync {
    /// The results.
    fn at(self, f: [T; 3], others: [T; K]) -> [T; N];
}

/// f.
#[derive(Clone, Copy)]
pub(super) struct Value;

impl<T: Real> Formula<T, 0, 1> for Value {
    #[inline(always)]
    fn at(self, [f, ..]: [T; 3], []: [T; 0]) -> [T; 1] {
        [f]
    }
}

/// f'·a.
#[derive(Clone, Copy)]
pub(super) struct Sloped;

impl<T: Real> Formula<T, 1, 1> for Sloped {
    #[inline(always)]
    fn at(self, [_, slope, _]: [T; 3], [a]: [T; 1]) -> [T; 1] {
        [slope * a]
    }
}

/// f, f' and f''.
#[derive(Clone, Copy)]
pub(super) struct Derivatives;

impl<T: Real> Formula<T, 0, 3> for Derivatives {
    #[inline(always)]
    fn at(self, f: [T; 3], []: [T; 0]) -> [T; 3] {
        f
    }
}

/// f and f'·ẋ.
#[derive(Clone, Copy)]
pub(super) struct Along;

impl<T: Real> Formula<T, 1, 2> for Along {
    #[inline(always)]
    fn at(self, [f, slope, _]: [T; 3], [first]: [T; 1]) -> [T; 2] {
        [f, slope * first]
    }
}

/// From ẋ and the gradients of f and of f'·ẋ, those of x and ẋ.
#[derive(Clone, Copy)]
pub(super) struct Back;

impl<T: Real> Formula<T, 3, 2> for Back {
    #[inline(always)]
    fn at(self, [_, slope, bend]: [T; 3], [first, g, d]: [T; 3]) -> [T; 2] {
        [slope * g + bend * first * d, slope * d]
    }
}

/// What the formula gives at each number of x, of its shape.
pub(super) fn pass<T: Real, A: Formula<T, K, N>, const K: usize, const N: usize>(
    x: &FlexTensor,
    others: [&[T]; K],
    f: Nonlinearity,
    formula: A,
) -> [FlexTensor; N] {
    let all = numbers::<T>(x);
    let mut outs = [const { Vec::new() }; N];
    outs.iter_mut().for_each(|out| *out = vec![T::default(); all.len()]);
    let mut pieces = outs.each_mut().map(|out| out.chunks_mut(TASK));
    let next = |_| pieces.each_mut().map(|pieces| pieces.next().expect("all are as long"));
    let tasks: Vec<[&mut [T]; N]> = (0..all.len().div_ceil(TASK)).map(next).collect();
    tasks.into_par_iter().enumerate().for_each(|(task, outs)| {
        let range = task * TASK..((task + 1) * TASK).min(all.len());
        let others = others.map(|all| &all[range.clone()]);
        formulas::with(f, Part { x: &all[range], others, formula, outs });
    });
    outs.map(|out| tensor(out, x.shape().to_vec()))
}

/// What a task computes.
struct Part<'a, T, A, const K: usize, const N: usize> {
    x: &'a [T],
    others: [&'a [T]; K],
    formula: A,
    outs: [&'a mut [T]; N],
}

impl<T: Real, A: Formula<T, K, N>, const K: usize, const N: usize> Visit<T> for Part<'_, T, A, K, N> {
    #[inline(always)]
    fn visit(self, f: impl Fn(T) -> [T; 3] + Copy) {
        pulp::Arch::new().dispatch(Loop { part: self, f });
    }
}

/// The loop of a task. No closure: one that is too long to be inlined would be compiled for any processor, without the fused
/// multiplications of this one.
struct Loop<'a, T, A, F, const K: usize, const N: usize> {
    part: Part<'a, T, A, K, N>,
    f: F,
}

impl<T: Real, A: Formula<T, K, N>, F: Fn(T) -> [T; 3] + Copy, const K: usize, const N: usize> pulp::WithSimd
    for Loop<'_, T, A, F, K, N>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Part { x, others, formula, mut outs } = self.part;
        let mut buffers = [[T::default(); WIDTH]; N];
        let (mut room, mut rooms) = ([T::default(); WIDTH], [[T::default(); WIDTH]; K]);
        for from in (0..x.len()).step_by(WIDTH) {
            let len = WIDTH.min(x.len() - from);
            let mut rooms = rooms.iter_mut();
            let others = others.map(|all| whole(&all[from..], rooms.next().expect("one for each")));
            let x = whole(&x[from..], &mut room);
            for i in 0..WIDTH {
                let mut here = [T::default(); K];
                for (number, all) in here.iter_mut().zip(&others) {
                    *number = all[i];
                }
                let results = formula.at((self.f)(x[i]), here);
                for (buffer, result) in buffers.iter_mut().zip(results) {
                    buffer[i] = result;
                }
            }
            for (out, buffer) in outs.iter_mut().zip(&buffers) {
                out[from..][..len].copy_from_slice(&buffer[..len]);
            }
        }
    }
}

/// The first numbers, as many as a loop takes; in `room` with whatever stands behind them where there are fewer.
#[inline(always)]
fn whole<'a, T: Copy>(all: &'a [T], room: &'a mut [T; WIDTH]) -> &'a [T; WIDTH] {
    match all.first_chunk() {
        Some(whole) => whole,
        None => {
            room[..all.len()].copy_from_slice(all);
            room
        }
    }
}
