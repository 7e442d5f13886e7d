//! act(x ∗ w + b) of a jet: value, first derivatives of R directions and second derivatives of groups of them, all of a tile while it is
//! in the cache.
//!
//! With z = x ∗ w + b, ż = ẋ ∗ w + x ∗ ẇ + ḃ and z̈ = ẍ ∗ w + 2 Σ ẋ ∗ ẇ (weights lie on a line, so ẅ = 0), the results are act(z), act'·ż and
//! act'·z̈ + act''·Σ ż², the sums within each group.

use std::mem::MaybeUninit;

use pulp::{Arch, Simd, WithSimd};

use crate::model::kernels::room::{filled, room};

use super::activation;
use super::dispatch::{Call, Task};
use super::image::Images;
use super::operands::member;
use super::packing::{Packed, packed};
use super::parts::{each, parts, pixel_range};
use super::{Activation, Number, Sizes};

/// x and its derivatives, w, b and theirs; `None` where there are none. w and b are shared, ẇ and ḃ have R members.
#[derive(Debug, Clone, Copy)]
pub(in crate::model::kernels) struct JetOperands<'a, T> {
    pub x: &'a [T],
    pub first: Option<&'a [T]>,
    pub second: Option<&'a [T]>,
    pub weight: &'a [T],
    pub dweight: &'a [T],
    pub bias: Option<&'a [T]>,
    pub dbias: Option<&'a [T]>,
    /// R and G.
    pub directions: usize,
    pub groups: usize,
}

struct Forward<'a, T> {
    sizes: Sizes,
    total: usize,
    operands: JetOperands<'a, T>,
    activation: Activation,
    result: &'a mut [Vec<T>; 3],
}

/// `[1, n, h', w', o]`, `[R, n, h', w', o]` and `[G, n, h', w', o]`, the last empty where it is zero.
pub(in crate::model::kernels) fn jet<T: Number>(
    sizes: &Sizes,
    operands: JetOperands<'_, T>,
    activation: Activation,
) -> [Vec<T>; 3] {
    let mut result = [Vec::new(), Vec::new(), Vec::new()];
    let (sizes, total) = sizes.flattened();
    Arch::new().dispatch(Call(Forward { sizes, total, operands, activation, result: &mut result }));
    result
}

impl<T> JetOperands<'_, T> {
    /// Whether the results have second derivatives.
    fn bends(&self, activation: Activation) -> bool {
        self.first.is_some() || self.second.is_some() || activation == Activation::Tanh
    }
}

/// What a task writes: its part of each member.
struct Places<'a, T> {
    value: &'a mut [MaybeUninit<T>],
    first: Vec<&'a mut [MaybeUninit<T>]>,
    second: Vec<&'a mut [MaybeUninit<T>]>,
}

impl<T: Number> Task for Forward<'_, T> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sizes, total, operands, activation, result } = self;
        let JetOperands { directions, groups, .. } = operands;
        let panels = packed::<S, T>(&sizes, (operands.weight, 1), false);
        let dpanels = packed::<S, T>(&sizes, (operands.dweight, directions), false);
        let pixels: usize = sizes.output().iter().product();
        let len = total * sizes.outputs;
        let seconds = if operands.bends(activation) { groups } else { 0 };
        let mut rooms = [1, directions, seconds].map(|members| room::<T>(members * len));
        let parts = parts(&sizes, 1, 1 + 3 * directions + groups, 0);
        let size = parts.first().map_or(1, |part| part.images.len() * pixels * sizes.outputs);
        let mut places: Vec<Places<'_, T>> = Vec::new();
        {
            let [value, first, second] = &mut rooms;
            places.extend(value.chunks_mut(size).map(|value| Places { value, first: Vec::new(), second: Vec::new() }));
            for member in first.chunks_mut(len) {
                member.chunks_mut(size).zip(&mut places).for_each(|(piece, place)| place.first.push(piece));
            }
            for member in second.chunks_mut(len) {
                member.chunks_mut(size).zip(&mut places).for_each(|(piece, place)| place.second.push(piece));
            }
        }
        let tasks: Vec<_> = parts.into_iter().zip(places).collect();
        each(tasks, |(part, out)| {
            simd.vectorize(ForwardPart {
                sizes: &sizes,
                total,
                operands,
                panels: [&panels, &dpanels],
                activation,
                images: part.images,
                out,
            });
        });
        // SAFETY: the tasks cover all images of all members, and each writes all of its pixels.
        *result = rooms.map(|room| unsafe { filled(room) });
    }
}

struct ForwardPart<'a, T> {
    sizes: &'a Sizes,
    total: usize,
    operands: JetOperands<'a, T>,
    /// Those of w and ẇ.
    panels: [&'a Packed<T>; 2],
    activation: Activation,
    images: std::ops::Range<usize>,
    out: Places<'a, T>,
}

impl<T: Number> WithSimd for ForwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sizes, total, operands, panels: [panels, dpanels], activation, images: all, mut out } = self;
        let JetOperands { directions, groups, .. } = operands;
        let pixels: usize = sizes.output().iter().product();
        let mut images = Images::new(sizes);
        let bias = images.bias(operands.bias);
        let zeros = images.bias(None);
        let dbiases: Vec<Vec<T>> =
            (0..directions).map(|r| images.bias(operands.dbias.map(|all| member((all, directions), r)))).collect();
        let mut squares = vec![T::default(); if activation == Activation::Tanh { pixels * sizes.outputs } else { 0 }];
        let begin = all.start * pixels;
        for index in all {
            let range = pixel_range(index..index + 1, pixels, total);
            let place = (range.start - begin) * sizes.outputs..(range.end - begin) * sizes.outputs;
            let value = &mut out.value[place.clone()];
            images.read(operands.x, index);
            // SAFETY: the panels are of these sizes, the rooms have the columns of all pixels of the image, and what is added
            // to was written before.
            unsafe {
                images.product(simd, (panels, 0), &bias, (value, false));
                for (r, first) in out.first.iter_mut().enumerate() {
                    images.product(simd, (dpanels, r), &dbiases[r], (&mut first[place.clone()], false));
                }
            }
            // SAFETY: all columns of all pixels of this image were written above.
            let value = unsafe { written(value) };
            activation::activate(value, activation);
            for group in 0..groups {
                let members = group * directions / groups..(group + 1) * directions / groups;
                squares.fill(T::default());
                let mut has_second = false;
                for r in members {
                    let first_out = &mut out.first[r][place.clone()];
                    if let Some(first) = operands.first {
                        images.read(member((first, directions), r), index);
                        let second_out = &mut out.second[group][place.clone()];
                        // SAFETY: as above.
                        unsafe {
                            images.product(simd, (panels, 0), &zeros, (first_out, true));
                            images.product(simd, (dpanels, r), &zeros, (second_out, has_second));
                        }
                        has_second = true;
                    }
                    // SAFETY: written above.
                    let first = unsafe { written(first_out) };
                    activation::slope_and_square(value, first, &mut squares, activation);
                }
                let Some(second_out) = out.second.get_mut(group) else { continue };
                let second_out = &mut second_out[place.clone()];
                if has_second {
                    // SAFETY: the first direction of the group wrote it.
                    unsafe { written(second_out) }.iter_mut().for_each(|sum| *sum = *sum + *sum);
                }
                if let Some(second) = operands.second {
                    images.read(member((second, groups), group), index);
                    // SAFETY: as above.
                    unsafe { images.product(simd, (panels, 0), &zeros, (second_out, has_second)) };
                } else if !has_second {
                    second_out.fill(MaybeUninit::new(T::default()));
                }
                // SAFETY: written by one of the branches above.
                activation::bend(value, unsafe { written(second_out) }, &squares, activation);
            }
        }
    }
}

/// # Safety
/// All of the room was written.
#[inline(always)]
unsafe fn written<T>(room: &mut [MaybeUninit<T>]) -> &mut [T] {
    // SAFETY: by the caller.
    unsafe { std::slice::from_raw_parts_mut(room.as_mut_ptr().cast::<T>(), room.len()) }
}
