//! The gradients of act(x ∗ w + b).

use std::mem::MaybeUninit;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use crate::model::kernels::micro::Real;
use crate::model::kernels::room::{filled, room};

use super::activation;
use super::dispatch::{Call, Task};
use super::operands::member;
use super::packing::{Packed, packed, sums_len, unpack};
use super::parts::{Part, cut, each, parts, pixel_range};
use super::scratch::Scratch;
use super::{Activation, Number, Operands, Sizes};

/// Gradients of act(x ∗ w + b), as far as they are wanted.
pub(in crate::model::kernels) struct Gradients<T> {
    /// `[Px, n, h, w, c]`
    pub x: Option<Vec<T>>,
    /// `[Pw, o, c/groups, kh, kw]`
    pub weight: Option<Vec<T>>,
    /// `[Pb, o]`
    pub bias: Option<Vec<T>>,
}

/// What a backward pass starts from.
#[derive(Debug, Clone, Copy)]
pub(in crate::model::kernels) struct Upstream<'a, T> {
    /// Gradient of the output `[P, n, h', w', o]`.
    pub gradient: &'a [T],
    /// The output, where the activation needs it.
    pub output: Option<&'a [T]>,
    /// The activation.
    pub activation: Activation,
}

/// Which gradients are wanted; the bias's with its population.
#[derive(Debug, Clone, Copy)]
pub(in crate::model::kernels) struct Wanted {
    /// The input's.
    pub x: bool,
    /// The weights'.
    pub weight: bool,
    /// The bias's, with its population.
    pub bias: Option<usize>,
}

struct Backward<'a, T> {
    sizes: Sizes,
    total: usize,
    operands: Operands<'a, T>,
    upstream: Upstream<'a, T>,
    wanted: Wanted,
    result: &'a mut Gradients<T>,
}

/// The gradients of act(x ∗ w + b).
pub(in crate::model::kernels) fn backward<T: Number>(
    sizes: &Sizes,
    operands: Operands<'_, T>,
    upstream: Upstream<'_, T>,
    wanted: Wanted,
) -> Gradients<T> {
    let mut result = Gradients { x: None, weight: None, bias: None };
    let (sizes, total) = sizes.flattened();
    Arch::new().dispatch(Call(Backward { sizes, total, operands, upstream, wanted, result: &mut result }));
    result
}

impl<T: Number> Task for Backward<'_, T> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sizes, total, operands, upstream, wanted, result } = self;
        let out_len = total * sizes.outputs;
        let population = upstream.gradient.len() / out_len;
        let pixels: usize = sizes.output().iter().product();
        let panels = if wanted.x { Some(packed::<S, T>(&sizes, operands.weight, true)) } else { None };
        let weight_room = if wanted.weight { sums_len::<S, T>(&sizes) } else { 0 };
        let bias_room = if wanted.bias.is_some() { sizes.outputs } else { 0 };

        // The true input length: flattened images may reach beyond the last row.
        let in_len = if total == sizes.examples * pixels { sizes.inputs() } else { total * sizes.channels };
        let in_image = sizes.input[0] * sizes.input[1] * sizes.channels;
        let parts = parts(&sizes, population, 2, weight_room + bias_room);
        let mut x_room = room::<T>(if wanted.x { population * in_len } else { 0 });
        let mut sums = vec![T::default(); parts.len() * (weight_room + bias_room)];
        let x_lengths: Vec<usize> = parts
            .iter()
            .map(|part| {
                let end = (part.images.end * in_image).min(in_len);
                if wanted.x { end - part.images.start * in_image } else { 0 }
            })
            .collect();
        let x_rooms = cut(&mut x_room, x_lengths.into_iter());
        let sum_rooms = cut(&mut sums, parts.iter().map(|_| weight_room + bias_room));
        let owners: Vec<usize> = parts.iter().map(|part| part.member).collect();
        let tasks: Vec<_> = parts.into_iter().zip(x_rooms).zip(sum_rooms).collect();
        each(tasks, |((part, x_room), sums)| {
            let (weight_sums, bias_sums) = sums.split_at_mut(weight_room);
            simd.vectorize(BackwardPart {
                sizes: &sizes,
                total,
                x: member(operands.x, part.member),
                panels: panels.as_ref(),
                gradient: &upstream.gradient[part.member * out_len..(part.member + 1) * out_len],
                output: upstream.output.map(|all| &all[part.member * out_len..(part.member + 1) * out_len]),
                activation: upstream.activation,
                part,
                x_room,
                weight_sums,
                bias_sums,
            });
        });
        drop(panels);
        if wanted.x {
            // SAFETY: the tasks cover all images of all members, and each writes all pixels of its own.
            let whole = unsafe { filled(x_room) };
            result.x = Some(sum_members(whole, population, operands.x.1));
        }
        let (weights, biases): (Vec<_>, Vec<_>) =
            sums.chunks_exact_mut((weight_room + bias_room).max(1)).map(|row| row.split_at_mut(weight_room)).unzip();
        if wanted.weight {
            let sums = sum_parts(weights, &owners, operands.weight.1);
            result.weight = Some(unpack::<S, T>(&sums, &sizes));
        }
        if let Some(members) = wanted.bias {
            result.bias = Some(sum_parts(biases, &owners, members).concat());
        }
    }
}

/// Adds up each member's parts in their order in the place of its first one, or all of them where there is one member.
pub(super) fn sum_parts<'a, T: Real>(
    rows: impl IntoIterator<Item = &'a mut [T]>,
    owners: &[usize],
    population: usize,
) -> Vec<&'a mut [T]> {
    let mut sums: Vec<&mut [T]> = Vec::with_capacity(population);
    for (row, &owner) in rows.into_iter().zip(owners) {
        match sums.get_mut(if population == 1 { 0 } else { owner }) {
            Some(sum) => sum.iter_mut().zip(row).for_each(|(sum, &mut part)| *sum += part),
            None => sums.push(row),
        }
    }
    sums
}

/// Adds up the members' gradients of an input that they share.
pub(super) fn sum_members<T: Real>(mut whole: Vec<T>, population: usize, wanted: usize) -> Vec<T> {
    if wanted != population {
        let len = whole.len() / population;
        sum_parts(whole.chunks_exact_mut(len), &vec![0; population], 1);
        whole.truncate(len);
    }
    whole
}

struct BackwardPart<'a, T> {
    sizes: &'a Sizes,
    total: usize,
    x: &'a [T],
    panels: Option<&'a Packed<T>>,
    gradient: &'a [T],
    output: Option<&'a [T]>,
    activation: Activation,
    part: Part,
    x_room: &'a mut [MaybeUninit<T>],
    weight_sums: &'a mut [T],
    bias_sums: &'a mut [T],
}

impl<T: Number> WithSimd for BackwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let sizes = self.sizes;
        let (pixels, image) =
            (sizes.output().iter().product::<usize>(), sizes.input[0] * sizes.input[1] * sizes.channels);
        let mut scratch = Scratch::new::<S>(sizes, 1);
        let first_input = self.part.images.start * image;
        for index in self.part.images.clone() {
            let range = pixel_range(index..index + 1, pixels, self.total);
            self.read_gradient(range.clone(), &mut scratch);
            let input = &self.x[index * image..((index + 1) * image).min(self.x.len())];
            if !self.weight_sums.is_empty() {
                scratch.add_to_weights(simd, sizes, (input, range.len()), 0, self.weight_sums);
            }
            if let Some(panels) = self.panels {
                let room = &mut self.x_room[index * image - first_input..][..input.len()];
                let from = scratch.spread(0);
                // SAFETY: laid out just before, for the image whose room this is.
                unsafe { scratch.write_input(simd, sizes, from, (panels, self.part.member), (room, false)) };
            }
        }
    }
}

impl<T: Number> BackwardPart<'_, T> {
    /// Takes the gradient of some pixels through the activation, and adds it to the bias's.
    #[inline(always)]
    fn read_gradient(&mut self, pixels: Range<usize>, scratch: &mut Scratch<T>) {
        let (outputs, step) = (self.sizes.outputs, scratch.step);
        let slope = &mut scratch.slopes[0];
        let flat = pixels.start * outputs..pixels.end * outputs;
        let rows = slope.chunks_exact_mut(step).zip(self.gradient[flat.clone()].chunks_exact(outputs));
        rows.for_each(|(to, from)| to[..outputs].copy_from_slice(from));
        if let Some(output) = self.output {
            let rows = slope.chunks_exact_mut(step).zip(output[flat].chunks_exact(outputs));
            for (g, y) in rows {
                activation::slope(y, &mut g[..outputs], self.activation);
            }
        }
        if !self.bias_sums.is_empty() {
            for g in slope.chunks_exact(step).take(pixels.len()) {
                self.bias_sums.iter_mut().zip(g).for_each(|(sum, &g)| *sum += g);
            }
        }
    }
}
