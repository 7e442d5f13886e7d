//! Messages as bytes: the number of bytes that follow (four, the least first), one that says whether they are packed, and the
//! message itself, by postcard. What comes from a stream is not trusted: memory is taken as bytes arrive, never as they are promised.

use std::io::{self, Read};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a message at most, packed or not: the weights of a network of 64 million parameters.
pub const MOST_BYTES: usize = 256 << 20;
/// Messages of so many bytes are packed.
const PACKED_FROM: usize = 1 << 10;
/// Zstandard's level at which packing costs less time than a slow line takes for what it saves.
const LEVEL: i32 = 1;
const HEADER: usize = 5;
const PLAIN: u8 = 0;
const PACKED: u8 = 1;

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream ended within one.
    #[error("the connection ended in the middle of a message")]
    Cut,
    /// One is longer than any may be.
    #[error("a message has more than {} MiB", MOST_BYTES >> 20)]
    TooLong,
    /// It is none of this program.
    #[error("what came is no message of this program: {0}")]
    Garbled(String),
    /// It has no form as bytes.
    #[error("a message cannot be sent: {0}")]
    Unsayable(String),
    /// The stream failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

/// A message as bytes.
///
/// # Errors
/// [`FrameError::TooLong`], or [`FrameError::Unsayable`] such as for a path that is no text.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let plain = postcard::to_stdvec(message).map_err(|err| FrameError::Unsayable(err.to_string()))?;
    if plain.len() > MOST_BYTES {
        return Err(FrameError::TooLong);
    }
    let packed = if plain.len() >= PACKED_FROM { zstd::bulk::compress(&plain, LEVEL).ok() } else { None };
    let packed = packed.filter(|packed| packed.len() < plain.len());
    let (kind, body) = packed.map_or((PLAIN, plain), |packed| (PACKED, packed));
    let mut frame = Vec::with_capacity(HEADER + body.len());
    frame.extend((body.len() as u32).to_le_bytes());
    frame.push(kind);
    frame.extend(body);
    Ok(frame)
}

/// The next message of a stream with its bytes there; `None` where the stream has ended after a whole one.
///
/// # Errors
/// [`FrameError`]. Nothing that comes behind it can be read any more.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<(T, u64)>, FrameError> {
    let mut header = Vec::new();
    from.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
    if header.is_empty() {
        return Ok(None);
    }
    let [a, b, c, d, kind] = header[..] else { return Err(FrameError::Cut) };
    let length = u32::from_le_bytes([a, b, c, d]);
    if length as usize > MOST_BYTES {
        return Err(FrameError::TooLong);
    }
    let mut body = Vec::new();
    from.by_ref().take(u64::from(length)).read_to_end(&mut body)?;
    if body.len() < length as usize {
        return Err(FrameError::Cut);
    }
    let plain = match kind {
        PLAIN => body,
        PACKED => unpack(&body)?,
        other => return Err(FrameError::Garbled(format!("its kind is {other}, expected {PLAIN} or {PACKED}"))),
    };
    let garbled = |err: postcard::Error| FrameError::Garbled(err.to_string());
    let (message, rest) = postcard::take_from_bytes(&plain).map_err(garbled)?;
    if !rest.is_empty() {
        return Err(FrameError::Garbled(format!("{} bytes follow it", rest.len())));
    }
    Ok(Some((message, HEADER as u64 + u64::from(length))))
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, FrameError> {
    let garbled = |err: io::Error| FrameError::Garbled(err.to_string());
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(garbled)?;
    let mut plain = Vec::new();
    decoder.take(MOST_BYTES as u64 + 1).read_to_end(&mut plain).map_err(garbled)?;
    if plain.len() > MOST_BYTES { Err(FrameError::TooLong) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Message = (String, Vec<f64>);

    fn of(bytes: &[u8]) -> Result<Option<(Message, u64)>, FrameError> {
        read(&mut &bytes[..])
    }

    #[test]
    fn messages_come_back_with_every_bit_and_large_ones_are_packed() {
        let odd = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, 0.1];
        for values in [odd, vec![1.5; 10_000]] {
            let message = ("σ".to_owned(), values);
            let frame = encode(&message).unwrap();
            assert_eq!(frame[4], u8::from(message.1.len() > 100), "kind");
            let ((name, back), length) = of(&frame).unwrap().expect("a message");
            assert_eq!((name, length), (message.0, frame.len() as u64));
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&back), bits(&message.1));
        }
        assert!(of(&[]).unwrap().is_none(), "a stream may end between two messages");
    }

    #[test]
    fn a_hostile_stream_is_one_sentence() {
        let frame = encode(&("name".to_owned(), vec![1.0; 3])).unwrap();
        for length in 1..frame.len() {
            assert!(matches!(of(&frame[..length]), Err(FrameError::Cut)), "{length} bytes");
        }
        let promised = |length: u32, kind: u8, body: &[u8]| [&length.to_le_bytes()[..], &[kind], body].concat();
        assert!(matches!(of(&promised(u32::MAX, PLAIN, &[])), Err(FrameError::TooLong)));
        // Promised and not there: no more memory than what came.
        assert!(matches!(of(&promised(MOST_BYTES as u32, PLAIN, &[1, 2])), Err(FrameError::Cut)));
        let whole = |kind, body: &[u8]| promised(body.len() as u32, kind, body);
        for (what, bytes) in [
            ("kind", whole(7, &[0])),
            ("no text", whole(PLAIN, &[2, 0xff, 0xfe, 0])),
            ("a vector without end", whole(PLAIN, &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])),
            ("no pack", whole(PACKED, b"not packed at all")),
            ("something behind", whole(PLAIN, &[0, 0, 1])),
        ] {
            let err = of(&bytes).expect_err(what);
            assert!(matches!(err, FrameError::Garbled(_)), "{what}: {err}");
            assert_eq!(err.to_string().lines().count(), 1, "{what}");
        }
    }

    #[test]
    fn a_pack_that_swells_beyond_the_bound_is_refused() {
        let zeros = vec![0_u8; MOST_BYTES + 1];
        let packed = zstd::bulk::compress(&zeros, LEVEL).unwrap();
        assert!(packed.len() < 1 << 20 && matches!(unpack(&packed), Err(FrameError::TooLong)));
    }
}
