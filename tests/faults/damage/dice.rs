//! Damage to the bytes of a file, by a seeded generator: the same number damages the same file in the same way everywhere.

use std::ops::Range;

/// Bytes that damage makes of a small file at most; a larger one grows by a quarter at most.
const MOST_BYTES: usize = 1 << 18;
/// Sizes of blocks that change places or are lost: sectors and pages of file systems, pages of a database.
const BLOCKS: [usize; 4] = [16, 512, 1024, 4096];

/// A small generator (splitmix64), the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, or 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A range of at most `longest` bytes.
    fn range(&mut self, length: usize, longest: usize) -> Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below((length - start).min(longest) + 1)
    }
}

/// One to three changes to a file.
pub fn damaged(whole: &[u8], number: u64) -> Vec<u8> {
    let (mut bytes, mut dice) = (whole.to_vec(), Dice(number));
    for _ in 0..=dice.below(3) {
        change(&mut bytes, &mut dice);
        bytes.truncate(MOST_BYTES.max(whole.len() / 4 * 5));
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, dice: &mut Dice) {
    match dice.below(10) {
        0 => flip(bytes, dice),
        1 => bytes.truncate(dice.below(bytes.len() + 1)),
        2 => extreme(bytes, dice),
        3 => number(bytes, dice),
        4 => {
            let range = dice.range(bytes.len(), 64);
            bytes.drain(range);
        }
        5 => {
            let range = dice.range(bytes.len(), 200);
            let (piece, at) = (bytes[range].to_vec(), dice.below(bytes.len() + 1));
            bytes.splice(at..at, piece);
        }
        6 => {
            let (piece, at) = (dice.range(bytes.len(), 12), dice.below(bytes.len() + 1));
            let times = dice.pick(&[2, 20, 5000]);
            let piece = bytes[piece].repeat(times);
            bytes.splice(at..at, piece);
        }
        7 => {
            let (length, at) = (dice.below(40), dice.below(bytes.len() + 1));
            let noise: Vec<u8> = (0..length).map(|_| dice.next() as u8).collect();
            bytes.splice(at..at, noise);
        }
        8 => {
            let range = dice.pick(&BLOCKS);
            let range = dice.range(bytes.len(), range);
            bytes[range].fill(0);
        }
        _ => swap(bytes, dice),
    }
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(8) {
        let at = dice.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
    }
}

/// A field of 1, 2, 4 or 8 bytes at one of its ends.
fn extreme(bytes: &mut [u8], dice: &mut Dice) {
    let size = dice.pick(&[1, 2, 4, 8]);
    let value = dice.pick(&[0, 1, u64::MAX, u64::MAX >> 1, u64::MAX >> 33, 1 << 31, 1 << 20, u64::MAX - 16]);
    let at = dice.below(bytes.len());
    let field = if dice.below(2) == 0 {
        value.to_le_bytes()[..size].to_vec()
    } else {
        value.to_be_bytes()[8 - size..].to_vec()
    };
    for (byte, new) in bytes.iter_mut().skip(at).zip(field) {
        *byte = new;
    }
}

/// A number in digits becomes another one.
fn number(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let digits: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit()).collect();
    if digits.is_empty() {
        return flip(bytes, dice);
    }
    let start = dice.pick(&digits);
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let new =
        dice.pick(&["0", "-1", "4294967296", "99999999999999999999", "1e308", "nan", "65536", "1000000007", "0.5"]);
    bytes.splice(start..start + length, new.bytes());
}

/// Two blocks change places.
fn swap(bytes: &mut [u8], dice: &mut Dice) {
    let fitting: Vec<usize> = BLOCKS.into_iter().filter(|size| bytes.len() >= 2 * size).collect();
    if fitting.is_empty() {
        return bytes.reverse();
    }
    let size = dice.pick(&fitting);
    let count = bytes.len() / size;
    let (one, other) = (dice.below(count), dice.below(count));
    for at in 0..size {
        bytes.swap(one * size + at, other * size + at);
    }
}
