//! A walk over a pickle that makes nothing of it: how many steps it has and how much text, so that what it takes in memory is
//! known before it is read. A few bytes of a pickle may ask for hundreds of times as many.

use std::io::{BufRead, Read as _, copy, sink};

use super::super::allow;

/// Bytes that a step takes at most: a value on the stack, or its copy in the memo.
const STEP_BYTES: u64 = 256;
/// Copies of a text: as it is read, and in the memo.
const TEXT_COPIES: u64 = 3;
/// Letters of a name or number that stands on a line.
const MOST_LINE: u64 = 1 << 16;

/// What stands behind a step's code.
enum Operand {
    /// So many bytes.
    Bytes(u64),
    /// So many lines.
    Lines(usize),
    /// A length of so many bytes, then as many bytes as it says.
    Counted(usize),
}

/// Walks over one pickle and leaves `reader` behind it. Adds to `needed` what it takes in memory.
///
/// # Errors
/// Where it ends too early, is no pickle, or takes more memory than is allowed.
pub(super) fn walk(reader: &mut impl BufRead, needed: &mut u64) -> Result<(), String> {
    loop {
        let mut code = [0];
        reader.read_exact(&mut code).map_err(|_| "it ends within its pickle".to_owned())?;
        let text = match operand(code[0]).ok_or_else(|| format!("its pickle has the unknown step {:#04x}", code[0]))? {
            Operand::Bytes(count) => skip(reader, count)?,
            Operand::Lines(count) => (0..count).try_fold(0, |sum, _| line(reader).map(|length| sum + length))?,
            Operand::Counted(digits) => {
                let mut count = [0; 8];
                reader.read_exact(&mut count[..digits]).map_err(|_| "it ends within its pickle".to_owned())?;
                skip(reader, u64::from_le_bytes(count))?
            }
        };
        *needed = needed.saturating_add(STEP_BYTES).saturating_add(text.saturating_mul(TEXT_COPIES));
        allow("its pickle", *needed)?;
        if code[0] == b'.' {
            return Ok(());
        }
    }
}

/// The operand of a step; `None` where there is no such step.
const fn operand(code: u8) -> Option<Operand> {
    Some(match code {
        b'('
        | b'.'
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'R'
        | b'b'
        | b'd'
        | b'l'
        | b't'
        | b's'
        | b'a'
        | b')'
        | b']'
        | b'}'
        | b'e'
        | b'u'
        | b'Q'
        | b'o'
        | 0x81
        | 0x85..=0x89
        | 0x8f..=0x94
        | 0x97
        | 0x98 => Operand::Bytes(0),
        b'K' | b'h' | b'q' | 0x80 | 0x82 => Operand::Bytes(1),
        b'M' | 0x83 => Operand::Bytes(2),
        b'J' | b'j' | b'r' | 0x84 => Operand::Bytes(4),
        b'G' | 0x95 => Operand::Bytes(8),
        b'I' | b'L' | b'F' | b'V' | b'S' | b'P' | b'g' | b'p' => Operand::Lines(1),
        b'c' | b'i' => Operand::Lines(2),
        b'U' | b'C' | 0x8a | 0x8c => Operand::Counted(1),
        b'X' | b'T' | b'B' | 0x8b => Operand::Counted(4),
        0x8d | 0x8e | 0x96 => Operand::Counted(8),
        _ => return None,
    })
}

fn skip(reader: &mut impl BufRead, count: u64) -> Result<u64, String> {
    let skipped = copy(&mut reader.take(count), &mut sink()).map_err(|err| err.to_string())?;
    if skipped < count { Err("it ends within its pickle".to_owned()) } else { Ok(count) }
}

fn line(reader: &mut impl BufRead) -> Result<u64, String> {
    let mut line = Vec::new();
    reader.take(MOST_LINE).read_until(b'\n', &mut line).map_err(|err| err.to_string())?;
    if line.ends_with(b"\n") { Ok(line.len() as u64) } else { Err("its pickle has a line without an end".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(bytes: &[u8]) -> Result<(u64, usize), String> {
        let (mut reader, mut needed) = (bytes, 0);
        walk(&mut reader, &mut needed).map(|()| (needed, reader.len()))
    }

    #[test]
    fn a_pickle_is_walked_to_its_end_and_no_further() {
        // pickle.dumps({"a": [1.5, b"xy"], "b": None}, protocol) without the framing of protocol 4, and bytes behind it.
        let two = b"\x80\x02}q\x00(U\x01aq\x01]q\x02(G?\xf8\0\0\0\0\0\0C\x02xyeU\x01bNu.rest";
        assert_eq!(needed(two), Ok((16 * STEP_BYTES + 16 * TEXT_COPIES, 4)));
        let zero = b"(dp0\nVa\np1\ncos\nsystem\ns.";
        assert_eq!(needed(zero).map(|(_, left)| left), Ok(0));
    }

    #[test]
    fn what_is_cut_or_no_pickle_is_told() {
        for (bytes, problem) in [
            (&b""[..], "ends within"),
            (b"\x80", "ends within"),
            (b"X\xff\xff\xff\xffa.", "ends within"),
            (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", "ends within"),
            (b"Vabc", "a line without an end"),
            (b"\xff", "the unknown step 0xff"),
        ] {
            let message = needed(bytes).unwrap_err();
            assert!(message.contains(problem), "{bytes:?}: {message}");
        }
    }
}
