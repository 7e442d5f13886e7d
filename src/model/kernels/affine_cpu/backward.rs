//! The gradients of act(x ∗ w + b).

use std::mem::MaybeUninit;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use crate::model::kernels::micro::{self, Output, Real};

use super::dispatch::{Call, Task};
use super::frame::{Frame, padding};
use super::operands::member;
use super::packing::{PANEL_ROOM, Packed, packed, unpack};
use super::parts::{Part, cut, each, filled, parts, pixel_range, room};
use super::walk::Walk;
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
        let panels = if wanted.x { Some(packed::<S, T>(&sizes, operands.weight, T::ONE, true)) } else { None };
        let width = micro::padded::<S, T>(sizes.own_outputs());
        let weight_room = if wanted.weight { sizes.groups * sizes.depth() * width } else { 0 };
        let bias_room = if wanted.bias.is_some() { sizes.outputs } else { 0 };

        // The true input length: flattened images may reach beyond the last row.
        let in_len = if total == sizes.examples * pixels { sizes.inputs() } else { total * sizes.channels };
        let in_image = sizes.input[0] * sizes.input[1] * sizes.channels;
        let parts = parts(&sizes, population, 2);
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
        if wanted.x {
            // SAFETY: the tasks cover all images of all members, and each writes all pixels of its own.
            let whole = unsafe { filled(x_room) };
            result.x = Some(sum_members(whole, population, operands.x.1));
        }
        if wanted.weight {
            let rows = sums.chunks_exact(weight_room + bias_room).map(|row| &row[..weight_room]);
            let packed = sum_parts(rows, &owners, weight_room, operands.weight.1);
            result.weight = Some(unpack(&packed, &sizes, width, operands.weight.1));
        }
        if let Some(members) = wanted.bias {
            let rows = sums.chunks_exact(weight_room + bias_room).map(|row| &row[weight_room..]);
            result.bias = Some(sum_parts(rows, &owners, bias_room, members));
        }
    }
}

/// Adds up each member's parts in their order, or all of them where there is one member.
fn sum_parts<'a, T: Real>(
    rows: impl Iterator<Item = &'a [T]>,
    owners: &[usize],
    len: usize,
    population: usize,
) -> Vec<T> {
    let mut out = vec![T::default(); population * len];
    for (row, &owner) in rows.zip(owners) {
        let owner = if population == 1 { 0 } else { owner };
        out[owner * len..(owner + 1) * len].iter_mut().zip(row).for_each(|(to, &from)| *to += from);
    }
    out
}

/// Adds up the members' gradients of an input that they share.
fn sum_members<T: Real>(whole: Vec<T>, population: usize, wanted: usize) -> Vec<T> {
    if wanted == population {
        return whole;
    }
    let len = whole.len() / population;
    sum_parts(whole.chunks_exact(len), &vec![0; population], len, 1)
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

/// Buffers of a backward task and how its images are walked.
struct Scratch<T> {
    /// The gradient before the activation, each pixel padded so that whole vectors can be read at the last group.
    slope: Vec<T>,
    /// From one pixel of it to the next.
    step: usize,
    /// Frame and room of padded images; no room without padding.
    frame: Frame,
    padded: Vec<T>,
    /// How windows of the input are walked.
    walk: Walk,
    /// The gradient spread over the places of its windows; `None` where it is read as it lies.
    spread: Option<(Frame, Vec<T>)>,
    /// How windows of the gradient are walked, one for each pixel of the input.
    back: Walk,
}

impl<T: Number> Scratch<T> {
    #[inline(always)]
    fn new<S: Simd>(sizes: &Sizes) -> Self {
        let [out_height, out_width] = sizes.output();
        let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
        let step = (sizes.groups - 1) * outputs + micro::padded::<S, T>(outputs);
        let frame = padding(sizes);
        let is_flat = sizes.kernel == [1, 1] && sizes.stride == [1, 1] && sizes.padding == [0, 0];
        let spread = Frame {
            size: [0, 1].map(|d| sizes.input[d] + sizes.kernel[d] - 1),
            origin: [0, 1].map(|d| sizes.kernel[d] as isize - 1 - sizes.padding[d] as isize),
            stride: sizes.stride,
            image: [out_height, out_width],
            channels: sizes.outputs,
        };
        let back = if is_flat {
            Walk::new([1, 1], (out_width, step, outputs), [1, 1], out_width)
        } else {
            Walk::new(sizes.kernel, (spread.size[1], sizes.outputs, outputs), [1, 1], sizes.input[1])
        };
        Self {
            slope: vec![T::default(); out_height * out_width * step],
            step,
            padded: vec![T::default(); if sizes.padding == [0, 0] { 0 } else { frame.len() }],
            walk: Walk::new(sizes.kernel, (frame.size[1], sizes.channels, own), sizes.stride, out_width),
            frame,
            spread: (!is_flat).then(|| {
                let room = vec![T::default(); spread.len()];
                (spread, room)
            }),
            back,
        }
    }
}

impl<T: Number> WithSimd for BackwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let sizes = self.sizes;
        let (pixels, image) =
            (sizes.output().iter().product::<usize>(), sizes.input[0] * sizes.input[1] * sizes.channels);
        let mut scratch = Scratch::new::<S>(sizes);
        let zeros = vec![T::default(); sizes.channels + PANEL_ROOM];
        let first_input = self.part.images.start * image;
        for index in self.part.images.clone() {
            let range = pixel_range(index..index + 1, pixels, self.total);
            self.read_gradient(range.clone(), &mut scratch);
            let input = &self.x[index * image..((index + 1) * image).min(self.x.len())];
            if !self.weight_sums.is_empty() {
                self.add_to_weights(simd, input, range.len(), &mut scratch);
            }
            if let Some(panels) = self.panels {
                let place = (index * image - first_input, input.len() / sizes.channels);
                self.write_input(simd, panels, &zeros, place, &mut scratch);
            }
        }
    }
}

impl<T: Number> BackwardPart<'_, T> {
    /// Takes the gradient of some pixels through the activation, and adds it to the bias's.
    #[inline(always)]
    fn read_gradient(&mut self, pixels: Range<usize>, scratch: &mut Scratch<T>) {
        let (outputs, step) = (self.sizes.outputs, scratch.step);
        let flat = pixels.start * outputs..pixels.end * outputs;
        let rows = scratch.slope.chunks_exact_mut(step).zip(self.gradient[flat.clone()].chunks_exact(outputs));
        rows.for_each(|(to, from)| to[..outputs].copy_from_slice(from));
        if let Some(output) = self.output {
            let rows = scratch.slope.chunks_exact_mut(step).zip(output[flat].chunks_exact(outputs));
            rows.for_each(|(g, y)| T::slope(y, &mut g[..outputs], self.activation));
        }
        if !self.bias_sums.is_empty() {
            for g in scratch.slope.chunks_exact(step).take(pixels.len()) {
                self.bias_sums.iter_mut().zip(g).for_each(|(sum, &g)| *sum += g);
            }
        }
    }

    /// Adds the products of an image's windows with its gradient to the weights' gradient.
    #[inline(always)]
    fn add_to_weights<S: Simd>(&mut self, simd: S, image: &[T], count: usize, scratch: &mut Scratch<T>) {
        let sizes = self.sizes;
        let width = micro::padded::<S, T>(sizes.own_outputs());
        let input = if scratch.padded.is_empty() {
            image.as_ptr()
        } else {
            scratch.frame.fill(image, sizes.channels, &mut scratch.padded);
            scratch.padded.as_ptr()
        };
        for (group, sums) in self.weight_sums.chunks_exact_mut(sizes.depth() * width).enumerate() {
            // SAFETY: the windows of an image's output pixels lie within the (padded) image; each pixel's gradient and each
            // row of sums is padded to whole vectors.
            unsafe {
                micro::outer(
                    simd,
                    (input.add(group * sizes.own_channels()), scratch.walk.pixels, count),
                    scratch.walk.window(),
                    (scratch.slope.as_ptr().add(group * sizes.own_outputs()), scratch.step),
                    (sums.as_mut_ptr(), width),
                );
            }
        }
    }

    /// Writes the gradient of an image of `count` pixels from place `start` of the room on.
    #[inline(always)]
    fn write_input<S: Simd>(
        &mut self,
        simd: S,
        panels: &Packed<T>,
        zeros: &[T],
        (start, count): (usize, usize),
        scratch: &mut Scratch<T>,
    ) {
        let sizes = self.sizes;
        let from = match &mut scratch.spread {
            Some((frame, room)) => {
                frame.fill(&scratch.slope, scratch.step, room);
                room.as_ptr()
            }
            None => scratch.slope.as_ptr(),
        };
        let room = self.x_room[start..start + count * sizes.channels].as_mut_ptr().cast::<T>();
        for group in 0..sizes.groups {
            let to = Output {
                start: room.wrapping_add(group * sizes.own_channels()),
                step: sizes.channels,
                columns: sizes.own_channels(),
                adds: false,
            };
            // SAFETY: the windows of an image's input pixels lie within the spread gradient; the panels and the zeros are
            // padded to whole vectors; the room has the channels of all pixels.
            unsafe {
                micro::rows(
                    simd,
                    (from.add(group * sizes.own_outputs()), scratch.back.pixels, count),
                    scratch.back.window(),
                    (panels.group(self.part.member, group), zeros.as_ptr()),
                    to,
                );
            }
        }
    }
}
