//! act(Σ x ∗ w + b) on the CPU: forward and backward over populations, each tile's steps while it is in the cache.
//!
//! A convolution is computed from the images themselves: one image at a time is padded with zeros where it must be, and
//! the window of each output pixel is then a few runs of that memory. A matrix product is a convolution with a 1×1
//! kernel over "images" of [`FLAT`] rows. A task is a few images of one member; how the images are cut depends on the sizes
//! alone, and sums over tasks are taken in their order, so the result does not depend on the number of threads.

use std::mem::MaybeUninit;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::micro::{self, Output, Pixels, Real, Window};

/// Rows of a matrix product that make up one "image".
const FLAT: usize = 64;

/// Multiplications for which a task of its own is worth while: some 10 µs.
const TASK: usize = 1 << 20;

/// Tasks beyond which cutting finer brings nothing, over all members.
const TASKS: usize = 32;

/// What is applied to each output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Activation {
    /// Nothing.
    Identity,
    /// max(x, 0).
    Relu,
    /// Hyperbolic tangent.
    Tanh,
}

/// A number with its activations.
pub(super) trait Number: Real {
    /// Applies the activation in place.
    fn activate(values: &mut [Self], activation: Activation);

    /// g·act' in place of g, from the activation's output y.
    fn slope(y: &[Self], g: &mut [Self], activation: Activation);
}

/// Sizes of a convolution; channels are last in the maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct Sizes {
    /// Examples.
    pub examples: usize,
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Step from one window to the next.
    pub stride: [usize; 2],
    /// Rows and columns of zeros on each side.
    pub padding: [usize; 2],
    /// Groups of channels that do not mix.
    pub groups: usize,
}

impl Sizes {
    /// Height and width of the output.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|d| (self.input[d] + 2 * self.padding[d] - self.kernel[d]) / self.stride[d] + 1)
    }

    /// The same with a matrix product as images of [`FLAT`] rows side by side.
    fn flattened(&self) -> (Self, usize) {
        let pixels = self.examples * self.output().iter().product::<usize>();
        if self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == [0, 0] {
            let images = pixels.div_ceil(FLAT);
            return (Self { examples: images, input: [1, FLAT.min(pixels)], ..*self }, pixels);
        }
        (*self, pixels)
    }

    /// Input channels that an output channel sees.
    fn own_channels(&self) -> usize {
        self.channels / self.groups
    }

    /// Output channels of a group.
    fn own_outputs(&self) -> usize {
        self.outputs / self.groups
    }

    /// Numbers in a window.
    fn depth(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.own_channels()
    }

    /// Numbers in a member's weights.
    pub fn weights(&self) -> usize {
        self.outputs * self.depth()
    }

    /// Numbers in a member's input.
    pub fn inputs(&self) -> usize {
        self.examples * self.input[0] * self.input[1] * self.channels
    }
}

/// The operands, each with its population, which is 1 where it is shared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operands<'a, T> {
    /// `[Px, n, h, w, c]`
    pub x: (&'a [T], usize),
    /// `[Pw, o, c/groups, kh, kw]`
    pub weight: (&'a [T], usize),
}

/// One of the products that are summed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term<'a, T> {
    /// The factors.
    pub operands: Operands<'a, T>,
    /// Consecutive members that are summed into one member of the result.
    pub each: usize,
    /// What the product is multiplied by.
    pub scale: T,
}

/// How an image is walked.
struct Walk {
    runs: Vec<usize>,
    run: usize,
    pixels: Pixels,
}

impl Walk {
    /// Windows of `kernel` over images with `width` pixels of `channels` numbers, of which a group sees `own`.
    fn new(kernel: [usize; 2], (width, channels, own): (usize, usize, usize), stride: [usize; 2], out_width: usize) -> Self {
        let row = width * channels;
        let (runs, run) = if own == channels {
            ((0..kernel[0]).map(|ky| ky * row).collect(), kernel[1] * channels)
        } else {
            let taps = (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| ky * row + kx * channels));
            (taps.collect(), own)
        };
        let pixels = Pixels { width: out_width, step: stride[1] * channels, row_step: stride[0] * row };
        Self { runs, run, pixels }
    }

    fn window(&self) -> Window<'_> {
        Window { runs: &self.runs, len: self.run }
    }
}

/// A few images of one member.
struct Part {
    member: usize,
    images: Range<usize>,
}

/// Cuts the images of all members into tasks.
fn parts(sizes: &Sizes, population: usize, products: usize) -> Vec<Part> {
    let pixels: usize = sizes.output().iter().product();
    // An activation and the traffic of an output cost about as much as so many multiplications.
    let work = sizes.examples * pixels * (products * sizes.weights() + 64 * sizes.outputs);
    let most = TASKS.div_ceil(population);
    let count = (work / TASK).clamp(1, most).min(sizes.examples);
    let size = sizes.examples.div_ceil(count);
    (0..population)
        .flat_map(|member| {
            (0..sizes.examples)
                .step_by(size)
                .map(move |start| Part { member, images: start..(start + size).min(sizes.examples) })
        })
        .collect()
}

/// Uninitialised room for `len` numbers.
fn room<T>(len: usize) -> Vec<MaybeUninit<T>> {
    let mut room = Vec::with_capacity(len);
    // SAFETY: uninitialised numbers are valid as `MaybeUninit`.
    unsafe { room.set_len(len) };
    room
}

/// # Safety
/// All of `room` must have been written.
unsafe fn filled<T>(room: Vec<MaybeUninit<T>>) -> Vec<T> {
    let mut room = std::mem::ManuallyDrop::new(room);
    // SAFETY: the same allocation with the same layout, written by the caller.
    unsafe { Vec::from_raw_parts(room.as_mut_ptr().cast(), room.len(), room.capacity()) }
}

/// Cuts `whole` into pieces of the given lengths.
fn cut<T>(mut whole: &mut [T], lengths: impl Iterator<Item = usize>) -> Vec<&mut [T]> {
    lengths
        .map(|len| {
            let (piece, rest) = std::mem::take(&mut whole).split_at_mut(len);
            whole = rest;
            piece
        })
        .collect()
}

/// Runs `task` on each item, in parallel where there are several.
fn each<I: Send>(items: Vec<I>, task: impl Fn(I) + Sync + Send) {
    if items.len() == 1 {
        items.into_iter().for_each(task);
    } else {
        items.into_par_iter().with_max_len(1).for_each(task);
    }
}

/// Weights as panels of columns: the weight of a window's k-th number in a column is at `offsets[k] + column·step`.
fn pack<S: Simd, T: Real>(columns: usize, weight: &[T], (offsets, step): (&[usize], usize), scale: T, to: &mut [T]) {
    let lanes = T::lanes::<S>();
    let (width, depth) = (micro::padded::<S, T>(columns), offsets.len());
    let mut column = 0;
    while column < width {
        let panel = (width - column).min(micro::PANEL * lanes);
        let there = panel.min(columns - column);
        let rows = to[depth * column..depth * (column + panel)].chunks_exact_mut(panel);
        for (row, &offset) in rows.zip(offsets) {
            let weights = weight[offset + column * step..].iter().step_by(step);
            row.iter_mut().zip(weights.take(there)).for_each(|(to, &weight)| *to = scale * weight);
        }
        column += panel;
    }
}

/// Weights of all members, packed for [`micro::rows`].
struct Packed<T> {
    panels: Vec<T>,
    /// Numbers of a member.
    member: usize,
    /// Numbers of a group.
    group: usize,
    shared: bool,
}

impl<T: Real> Packed<T> {
    fn group(&self, member: usize, group: usize) -> *const T {
        let member = if self.shared { 0 } else { member };
        self.panels[member * self.member + group * self.group..].as_ptr()
    }
}

fn packed<S: Simd, T: Number>(
    sizes: &Sizes,
    (weight, population): (&[T], usize),
    scale: T,
    backward: bool,
) -> Packed<T> {
    let [kh, kw] = sizes.kernel;
    let (taps, own, outputs) = (kh * kw, sizes.own_channels(), sizes.own_outputs());
    let (columns, depth) = if backward { (own, taps * outputs) } else { (outputs, taps * own) };
    let group = depth * micro::padded::<S, T>(columns);
    let member = group * sizes.groups;
    let mut panels = vec![T::default(); population * member];
    // A window's numbers are ordered by tap, then channel; weights by output, channel, then tap. Backward, the kernel is
    // turned by 180° and its outputs are the window's channels.
    let (offsets, step): (Vec<usize>, usize) = if backward {
        ((0..depth).map(|k| k % outputs * own * taps + taps - 1 - k / outputs).collect(), taps)
    } else {
        ((0..depth).map(|k| k % own * taps + k / own).collect(), own * taps)
    };
    let members: Vec<_> = panels.chunks_exact_mut(member).zip(weight.chunks_exact(sizes.weights())).collect();
    each(members, |(to, weight)| {
        for (to, weight) in to.chunks_exact_mut(group).zip(weight.chunks_exact(outputs * own * taps)) {
            pack::<S, T>(columns, weight, (&offsets, step), scale, to);
        }
    });
    Packed { panels, member, group, shared: population == 1 }
}

/// Copies an image into the middle of zeros, or spreads a gradient over the places of its windows.
struct Frame {
    /// Height and width of the frame.
    size: [usize; 2],
    /// Place of the first pixel; may lie before the frame.
    origin: [isize; 2],
    /// From one pixel to the next.
    stride: [usize; 2],
    /// Height and width of what is copied.
    image: [usize; 2],
    channels: usize,
}

impl Frame {
    fn len(&self) -> usize {
        self.size[0] * self.size[1] * self.channels
    }

    /// `image` has `step` numbers from one pixel to the next.
    fn fill<T: Copy>(&self, image: &[T], step: usize, frame: &mut [T]) {
        let inside = |d: usize, i: usize| {
            let at = self.origin[d] + (i * self.stride[d]) as isize;
            usize::try_from(at).ok().filter(|&at| at < self.size[d])
        };
        for y in 0..self.image[0] {
            let Some(to_y) = inside(0, y) else { continue };
            if self.stride[1] == 1 && step == self.channels && self.origin[1] >= 0 {
                let to = (to_y * self.size[1] + self.origin[1] as usize) * self.channels;
                let width = self.image[1].min(self.size[1] - self.origin[1] as usize) * self.channels;
                let from = y * self.image[1] * step;
                frame[to..to + width].copy_from_slice(&image[from..from + width]);
                continue;
            }
            for x in 0..self.image[1] {
                let Some(to_x) = inside(1, x) else { continue };
                let to = (to_y * self.size[1] + to_x) * self.channels;
                let from = (y * self.image[1] + x) * step;
                frame[to..to + self.channels].copy_from_slice(&image[from..from + self.channels]);
            }
        }
    }
}

/// The frame of padded images.
fn padding(sizes: &Sizes) -> Frame {
    Frame {
        size: [0, 1].map(|d| sizes.input[d] + 2 * sizes.padding[d]),
        origin: sizes.padding.map(|p| p as isize),
        stride: [1, 1],
        image: sizes.input,
        channels: sizes.channels,
    }
}

/// One call of a kernel, compiled for the processor's vectors.
struct Call<F>(F);

trait Task {
    fn run<S: Simd>(self, simd: S);
}

impl<F: Task> WithSimd for Call<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run(simd);
    }
}

struct Forward<'a, T> {
    sizes: Sizes,
    total: usize,
    population: usize,
    terms: &'a [Term<'a, T>],
    bias: Option<(&'a [T], usize)>,
    activation: Activation,
    result: &'a mut Vec<T>,
}

/// act(Σ x ∗ w + b) `[P, n, h', w', o]` for a population of P, the sum over the terms and over the members that each sums.
pub(super) fn forward<T: Number>(
    sizes: &Sizes,
    population: usize,
    terms: &[Term<'_, T>],
    bias: Option<(&[T], usize)>,
    activation: Activation,
) -> Vec<T> {
    let mut result = Vec::new();
    let (sizes, total) = sizes.flattened();
    let forward = Forward { sizes, total, population, terms, bias, activation, result: &mut result };
    Arch::new().dispatch(Call(forward));
    result
}

impl<T: Number> Task for Forward<'_, T> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sizes, total, population, terms, bias, activation, result } = self;
        let panels: Vec<Packed<T>> = terms
            .iter()
            .map(|term| packed::<S, T>(&sizes, term.operands.weight, term.scale, false))
            .collect();
        let products: usize = terms.iter().map(|term| term.each).sum();
        let pixels: usize = sizes.output().iter().product();
        let mut out = room::<T>(population * total * sizes.outputs);
        let parts = parts(&sizes, population, products);
        let lengths: Vec<usize> = parts
            .iter()
            .map(|part| pixel_range(part.images.clone(), pixels, total).len() * sizes.outputs)
            .collect();
        let rooms = cut(&mut out, lengths.into_iter());
        let tasks: Vec<_> = parts.into_iter().zip(rooms).collect();
        each(tasks, |(part, out)| {
            simd.vectorize(ForwardPart {
                sizes: &sizes,
                total,
                terms,
                panels: &panels,
                bias: bias.map(|bias| member(bias, part.member)),
                activation,
                part,
                out,
            });
        });
        // SAFETY: the tasks cover all images of all members, and each writes all of its pixels.
        *result = unsafe { filled(out) };
    }
}

/// The pixels of some images, where the last image may be cut short by the total.
fn pixel_range(images: Range<usize>, pixels: usize, total: usize) -> Range<usize> {
    images.start * pixels..(images.end * pixels).min(total)
}

/// A member's part of a population.
fn member<T>((all, population): (&[T], usize), member: usize) -> &[T] {
    let len = all.len() / population;
    let member = if population == 1 { 0 } else { member };
    &all[member * len..(member + 1) * len]
}

struct ForwardPart<'a, T> {
    sizes: &'a Sizes,
    total: usize,
    terms: &'a [Term<'a, T>],
    panels: &'a [Packed<T>],
    bias: Option<&'a [T]>,
    activation: Activation,
    part: Part,
    out: &'a mut [MaybeUninit<T>],
}

impl<T: Number> WithSimd for ForwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sizes, total, terms, panels, bias, activation, part, out } = self;
        let [out_height, out_width] = sizes.output();
        let (pixels, image) = (out_height * out_width, sizes.input[0] * sizes.input[1] * sizes.channels);
        let frame = padding(sizes);
        let is_padded = sizes.padding != [0, 0];
        let mut padded = vec![T::default(); if is_padded { frame.len() } else { 0 }];
        let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
        let walk = Walk::new(sizes.kernel, (frame.size[1], sizes.channels, own), sizes.stride, out_width);
        let mut bias_row = vec![T::default(); sizes.outputs + PANEL_ROOM];
        if let Some(bias) = bias {
            bias_row[..sizes.outputs].copy_from_slice(bias);
        }
        let zeros = vec![T::default(); sizes.outputs + PANEL_ROOM];
        let first = part.images.start * pixels;
        for index in part.images {
            let range = pixel_range(index..index + 1, pixels, total);
            let out = &mut out[(range.start - first) * sizes.outputs..(range.end - first) * sizes.outputs];
            let members = terms.iter().zip(panels).flat_map(|(term, panels)| {
                (part.member * term.each..(part.member + 1) * term.each).map(move |place| (term, panels, place))
            });
            for (product, (term, panels, place)) in members.enumerate() {
                let x = member(term.operands.x, place);
                let x = &x[index * image..((index + 1) * image).min(x.len())];
                let input = if is_padded {
                    frame.fill(x, sizes.channels, &mut padded);
                    padded.as_ptr()
                } else {
                    x.as_ptr()
                };
                let bias = if product == 0 { &bias_row } else { &zeros };
                for group in 0..sizes.groups {
                    let output = Output {
                        start: out.as_mut_ptr().cast::<T>().wrapping_add(group * outputs),
                        step: sizes.outputs,
                        columns: outputs,
                        adds: product > 0,
                    };
                    // SAFETY: the windows of an image's output pixels lie within the (padded) image; the panels and the
                    // bias are padded to whole vectors; `out` has the columns of all pixels, which the first product
                    // writes before the others add to them.
                    unsafe {
                        micro::rows(
                            simd,
                            (input.add(group * own), walk.pixels, range.len()),
                            walk.window(),
                            (panels.group(place, group), bias.as_ptr().add(group * outputs)),
                            output,
                        );
                    }
                }
            }
            // SAFETY: all columns of all pixels of this image were written above.
            let values = unsafe { std::slice::from_raw_parts_mut(out.as_mut_ptr().cast::<T>(), out.len()) };
            T::activate(values, activation);
        }
    }
}

/// More numbers than any panel has.
const PANEL_ROOM: usize = 128;

/// Gradients of act(x ∗ w + b), as far as they are wanted.
pub(super) struct Gradients<T> {
    /// `[Px, n, h, w, c]`
    pub x: Option<Vec<T>>,
    /// `[Pw, o, c/groups, kh, kw]`
    pub weight: Option<Vec<T>>,
    /// `[Pb, o]`
    pub bias: Option<Vec<T>>,
}

/// What a backward pass starts from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Upstream<'a, T> {
    /// Gradient of the output `[P, n, h', w', o]`.
    pub gradient: &'a [T],
    /// The output, where the activation needs it.
    pub output: Option<&'a [T]>,
    /// The activation.
    pub activation: Activation,
}

/// Which gradients are wanted; the bias's with its population.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
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
pub(super) fn backward<T: Number>(
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

/// Sums by group, tap, channel and padded output, as weights `[P, o, c/groups, kh, kw]`.
fn unpack<T: Real>(packed: &[T], sizes: &Sizes, width: usize, population: usize) -> Vec<T> {
    let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
    let taps = sizes.kernel[0] * sizes.kernel[1];
    let depth = sizes.depth();
    let places: Vec<usize> = (0..depth).map(|i| (i % taps * own + i / taps) * width).collect();
    let mut out = vec![T::default(); population * sizes.weights()];
    let members = out.chunks_exact_mut(sizes.weights()).zip(packed.chunks_exact(sizes.groups * depth * width));
    for (out, packed) in members {
        for (output, row) in out.chunks_exact_mut(depth).enumerate() {
            let group = &packed[output / outputs * depth * width + output % outputs..];
            row.iter_mut().zip(&places).for_each(|(to, &place)| *to = group[place]);
        }
    }
    out
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
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sizes, total, x, panels, gradient, output, activation, part, x_room, weight_sums, bias_sums } = self;
        let [out_height, out_width] = sizes.output();
        let (pixels, image) = (out_height * out_width, sizes.input[0] * sizes.input[1] * sizes.channels);
        let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
        let width = micro::padded::<S, T>(outputs);

        // The gradient before the activation, each pixel padded so that whole vectors can be read at the last group.
        let step = (sizes.groups - 1) * outputs + width;
        let mut slope = vec![T::default(); pixels * step];
        let frame = padding(sizes);
        let is_padded = sizes.padding != [0, 0];
        let mut padded = vec![T::default(); if is_padded { frame.len() } else { 0 }];
        let walk = Walk::new(sizes.kernel, (frame.size[1], sizes.channels, own), sizes.stride, out_width);

        let is_flat = sizes.kernel == [1, 1] && sizes.stride == [1, 1] && sizes.padding == [0, 0];
        let spread = Frame {
            size: [0, 1].map(|d| sizes.input[d] + sizes.kernel[d] - 1),
            origin: [0, 1].map(|d| sizes.kernel[d] as isize - 1 - sizes.padding[d] as isize),
            stride: sizes.stride,
            image: [out_height, out_width],
            channels: sizes.outputs,
        };
        let mut spread_room = vec![T::default(); if is_flat || panels.is_none() { 0 } else { spread.len() }];
        let back = if is_flat {
            Walk::new([1, 1], (out_width, step, outputs), [1, 1], out_width)
        } else {
            Walk::new(sizes.kernel, (spread.size[1], sizes.outputs, outputs), [1, 1], sizes.input[1])
        };
        let zeros = vec![T::default(); sizes.channels + PANEL_ROOM];

        let first_input = part.images.start * image;
        for index in part.images {
            let range = pixel_range(index..index + 1, pixels, total);
            let count = range.len();
            let flat = range.start * sizes.outputs..range.end * sizes.outputs;
            let gradient = &gradient[flat.clone()];
            for (to, from) in slope.chunks_exact_mut(step).zip(gradient.chunks_exact(sizes.outputs)) {
                to[..sizes.outputs].copy_from_slice(from);
            }
            if let Some(output) = output {
                let rows = slope.chunks_exact_mut(step).zip(output[flat].chunks_exact(sizes.outputs));
                rows.for_each(|(g, y)| T::slope(y, &mut g[..sizes.outputs], activation));
            }
            if !bias_sums.is_empty() {
                for g in slope.chunks_exact(step).take(count) {
                    bias_sums.iter_mut().zip(g).for_each(|(sum, &g)| *sum += g);
                }
            }
            let input = &x[index * image..((index + 1) * image).min(x.len())];
            if !weight_sums.is_empty() {
                let input = if is_padded {
                    frame.fill(input, sizes.channels, &mut padded);
                    padded.as_ptr()
                } else {
                    input.as_ptr()
                };
                for group in 0..sizes.groups {
                    let sums = &mut weight_sums[group * sizes.depth() * width..(group + 1) * sizes.depth() * width];
                    // SAFETY: the windows of an image's output pixels lie within the (padded) image; each pixel's gradient
                    // and each row of sums is padded to whole vectors.
                    unsafe {
                        micro::outer(
                            simd,
                            (input.add(group * own), walk.pixels, count),
                            walk.window(),
                            (slope.as_ptr().add(group * outputs), step),
                            (sums.as_mut_ptr(), width),
                        );
                    }
                }
            }
            let Some(panels) = panels else { continue };
            let from = if is_flat {
                slope.as_ptr()
            } else {
                spread.fill(&slope, step, &mut spread_room);
                spread_room.as_ptr()
            };
            let x_pixels = input.len() / sizes.channels;
            let x_out = x_room[index * image - first_input..].as_mut_ptr().cast::<T>();
            for group in 0..sizes.groups {
                let to = Output {
                    start: x_out.wrapping_add(group * own),
                    step: sizes.channels,
                    columns: own,
                    adds: false,
                };
                // SAFETY: the windows of an image's input pixels lie within the spread gradient; the panels and the zeros are
                // padded to whole vectors; the room has the channels of all pixels.
                unsafe {
                    micro::rows(
                        simd,
                        (from.add(group * outputs), back.pixels, x_pixels),
                        back.window(),
                        (panels.group(part.member, group), zeros.as_ptr()),
                        to,
                    );
                }
            }
        }
    }
}
