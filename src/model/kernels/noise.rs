//! Random numbers made on the GPU by the streams of the host: ChaCha with 8 rounds (Bernstein 2008), a thread for each block
//! of 16 words, and what becomes of the words.
//!
//! A block is a function of its key, its number and the number of its stream alone, so that any thread makes any block.

#![allow(clippy::too_many_lines, reason = "the sixteen words of a state, each by its name")]

use burn::backend::wgpu::CubeTensor;
use burn::backend::{Cube, DType};
use burn::tensor::{Device, Int, Tensor};
use cubecl::prelude::*;

use super::device::{buffer, room, threads};

/// Words of a block.
pub(super) const BLOCK: usize = 16;
/// Signs of a word.
const SIGNS: usize = u32::BITS as usize;

/// Equal parts of some numbers, each from the beginning of a stream of its own.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct Parts {
    /// The streams' key.
    pub key: [u8; 32],
    /// The stream of the first part.
    pub stream: u64,
    /// From the stream of a part to that of the next. Their low words do not overflow.
    pub apart: u32,
    /// Parts.
    pub count: usize,
    /// Numbers of a part.
    pub len: usize,
}

/// Random signs, part after part.
pub(in crate::model) fn signs_of<const D: usize>(parts: Parts, shape: [usize; D], device: &Device) -> Tensor<D> {
    let blocks = parts.len.div_ceil(SIGNS * BLOCK);
    let words = words(&parts, blocks, device);
    let out = room(&words, &shape);
    let (count, dim) = threads(&out.client, parts.count * parts.len);
    // SAFETY: the words of a part have at least as many bits as it has numbers.
    unsafe {
        signs::launch_unchecked(
            &out.client,
            count,
            dim,
            buffer(&words),
            buffer(&out),
            parts.len,
            blocks * BLOCK,
            parts.count * parts.len,
        );
    }
    Tensor::from_primitive::<Cube>(out)
}

/// The first words of each part's stream, in blocks of 16.
pub(in crate::model) fn words_of(parts: Parts, blocks: usize, device: &Device) -> Tensor<1, Int> {
    Tensor::from_primitive::<Cube>(CubeTensor { dtype: DType::U32, ..words(&parts, blocks, device) })
}

/// The first words of each part's stream, in blocks.
pub(super) fn words(parts: &Parts, blocks: usize, device: &Device) -> CubeTensor {
    let here = Tensor::<1>::empty([1], device).try_into_primitive::<Cube>();
    let here = here.expect("callers ask whether the device is the CPU");
    let out = room(&here, &[parts.count * blocks * BLOCK]);
    let (count, dim) = threads(&out.client, parts.count * blocks);
    let mut key = SequenceArg::new();
    for word in parts.key.chunks_exact(4) {
        key.push(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    }
    // SAFETY: each thread writes the 16 words of its block.
    unsafe {
        chacha::launch_unchecked(
            &out.client,
            count,
            dim,
            buffer(&out),
            key,
            parts.stream as u32,
            (parts.stream >> 32) as u32,
            parts.apart,
            blocks,
            parts.count * blocks,
        );
    }
    out
}

#[cube(launch_unchecked)]
fn signs(words: &[u32], out: &mut [f32], len: usize, part_words: usize, all: usize) {
    if ABSOLUTE_POS < all {
        let part = ABSOLUTE_POS / len;
        let place = ABSOLUTE_POS % len;
        let word = words[part * part_words + place / SIGNS];
        let bit = (word >> (place % SIGNS) as u32) & 1u32;
        out[ABSOLUTE_POS] = select(bit == 1u32, 1.0f32, -1.0f32);
    }
}

#[cube(launch_unchecked)]
fn chacha(
    out: &mut [u32],
    key: Sequence<u32>,
    stream_low: u32,
    stream_high: u32,
    apart: u32,
    blocks: usize,
    all: usize,
) {
    if ABSOLUTE_POS < all {
        let part = (ABSOLUTE_POS / blocks) as u32;
        // A stream here has fewer than 2³² blocks, so the high word of their number is 0.
        let number = (ABSOLUTE_POS % blocks) as u32;
        let stream = stream_low + part * apart;
        // "expand 32-byte k"
        let mut s0 = 0x6170_7865u32;
        let mut s1 = 0x3320_646eu32;
        let mut s2 = 0x7962_2d32u32;
        let mut s3 = 0x6b20_6574u32;
        let mut s4 = key[0];
        let mut s5 = key[1];
        let mut s6 = key[2];
        let mut s7 = key[3];
        let mut s8 = key[4];
        let mut s9 = key[5];
        let mut s10 = key[6];
        let mut s11 = key[7];
        let mut s12 = number;
        let mut s13 = 0u32;
        let mut s14 = stream;
        let mut s15 = stream_high;
        for _ in 0..4u32 {
            let (a, b, c, d) = quarter(s0, s4, s8, s12);
            let (e, f, g, h) = quarter(s1, s5, s9, s13);
            let (i, j, k, l) = quarter(s2, s6, s10, s14);
            let (m, n, o, p) = quarter(s3, s7, s11, s15);
            let (q0, q5, q10, q15) = quarter(a, f, k, p);
            let (q1, q6, q11, q12) = quarter(e, j, o, d);
            let (q2, q7, q8, q13) = quarter(i, n, c, h);
            let (q3, q4, q9, q14) = quarter(m, b, g, l);
            s0 = q0;
            s1 = q1;
            s2 = q2;
            s3 = q3;
            s4 = q4;
            s5 = q5;
            s6 = q6;
            s7 = q7;
            s8 = q8;
            s9 = q9;
            s10 = q10;
            s11 = q11;
            s12 = q12;
            s13 = q13;
            s14 = q14;
            s15 = q15;
        }
        let place = ABSOLUTE_POS * BLOCK;
        out[place] = s0 + 0x6170_7865u32;
        out[place + 1] = s1 + 0x3320_646eu32;
        out[place + 2] = s2 + 0x7962_2d32u32;
        out[place + 3] = s3 + 0x6b20_6574u32;
        out[place + 4] = s4 + key[0];
        out[place + 5] = s5 + key[1];
        out[place + 6] = s6 + key[2];
        out[place + 7] = s7 + key[3];
        out[place + 8] = s8 + key[4];
        out[place + 9] = s9 + key[5];
        out[place + 10] = s10 + key[6];
        out[place + 11] = s11 + key[7];
        out[place + 12] = s12 + number;
        out[place + 13] = s13;
        out[place + 14] = s14 + stream;
        out[place + 15] = s15 + stream_high;
    }
}

#[cube]
fn quarter(a: u32, b: u32, c: u32, d: u32) -> (u32, u32, u32, u32) {
    let a1 = a + b;
    let d1 = rotated(d ^ a1, 16u32);
    let c1 = c + d1;
    let b1 = rotated(b ^ c1, 12u32);
    let a2 = a1 + b1;
    let d2 = rotated(d1 ^ a2, 8u32);
    let c2 = c1 + d2;
    let b2 = rotated(b1 ^ c2, 7u32);
    (a2, b2, c2, d2)
}

#[cube]
fn rotated(x: u32, #[comptime] by: u32) -> u32 {
    (x << by) | (x >> comptime!(32 - by))
}
