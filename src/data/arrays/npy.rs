//! The header of a `.npy` file: a magic number, a version, a length, then a Python dict of type, order and shape.
//!
//! Our own, since a file may come from anybody: the length is bounded before anything is taken, nothing recurses, and
//! types that hold no numbers (Python objects, text, dates) have their names, where a parser of numbers would fail.

use std::io::Read;

use super::{Foreign, NumberType, one_line};

/// Bytes of a header at most; NumPy itself stops at 10 000 unless it is told to trust the file.
const MOST_HEADER: usize = 1 << 20;
/// Axes at most, as in NumPy.
const MOST_AXES: usize = 64;

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub shape: Vec<usize>,
    pub number: NumberType,
    /// Whether the bytes of a number stand the other way round.
    pub swap: bool,
    /// Whether the first index runs fastest.
    pub fortran: bool,
    /// Bytes up to the numbers.
    pub length: usize,
}

impl Header {
    /// Reads the header and leaves `reader` at the numbers.
    pub fn read(reader: &mut impl Read) -> Result<Self, String> {
        let cut = |err: std::io::Error| match err.kind() {
            std::io::ErrorKind::UnexpectedEof => "it ends within its header".to_owned(),
            _ => one_line(&err.to_string()),
        };
        let mut start = [0; 8];
        reader.read_exact(&mut start).map_err(cut)?;
        if !start.starts_with(b"\x93NUMPY") {
            return Err("it does not begin as one".to_owned());
        }
        let mut length = [0; 4];
        let digits = if start[6] < 2 { 2 } else { 4 };
        reader.read_exact(&mut length[..digits]).map_err(cut)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > MOST_HEADER {
            return Err(format!("its header says it has {length} bytes, more than {MOST_HEADER}"));
        }
        let mut text = Vec::new();
        reader.take(length as u64).read_to_end(&mut text).map_err(cut)?;
        if text.len() < length {
            return Err("it ends within its header".to_owned());
        }
        let text = String::from_utf8_lossy(&text);
        let dict = Dict::parse(&text).ok_or_else(|| format!("its header is `{}`", one_line(&text)))?;
        let (number, swap) = number(dict.descr);
        Ok(Self { shape: dict.shape, number, swap, fortran: dict.fortran, length: start.len() + digits + length })
    }

    /// Bytes of one item; `None` where the items are not read.
    pub fn item_size(&self) -> Option<usize> {
        match self.number {
            NumberType::Other(foreign) => foreign.text_size(),
            number => Some(number.size()),
        }
    }
}

/// The values of the dict.
#[derive(Debug, PartialEq, Eq)]
struct Dict<'a> {
    /// The type, or nothing where it is a list of fields.
    descr: Option<&'a str>,
    fortran: bool,
    shape: Vec<usize>,
}

impl<'a> Dict<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut rest = Scan(text.trim());
        rest.eat('{')?;
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        while rest.eat('}').is_none() {
            let key = rest.string()?;
            rest.eat(':')?;
            match key {
                "descr" if rest.peek() == Some('[') => {
                    rest.skip_list()?;
                    descr = Some(None);
                }
                "descr" => descr = Some(Some(rest.string()?)),
                "fortran_order" => fortran = Some(rest.word()? == "True"),
                "shape" => shape = Some(rest.shape()?),
                _ => return None,
            }
            if rest.eat(',').is_none() && rest.peek() != Some('}') {
                return None;
            }
        }
        Some(Self { descr: descr?, fortran: fortran?, shape: shape? })
    }
}

/// What is left of a text.
struct Scan<'a>(&'a str);

impl<'a> Scan<'a> {
    fn peek(&mut self) -> Option<char> {
        self.0 = self.0.trim_start();
        self.0.chars().next()
    }

    fn eat(&mut self, letter: char) -> Option<()> {
        self.peek()?;
        self.0 = self.0.strip_prefix(letter)?;
        Some(())
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = self.peek().filter(|letter| matches!(letter, '\'' | '"'))?;
        self.0 = &self.0[1..];
        let end = self.0.find(quote)?;
        let text = self.take(end);
        self.0 = &self.0[1..];
        Some(text)
    }

    fn word(&mut self) -> Option<&'a str> {
        self.peek()?;
        let end = self.0.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(self.0.len());
        Some(self.take(end)).filter(|word| !word.is_empty())
    }

    fn shape(&mut self) -> Option<Vec<usize>> {
        self.eat('(')?;
        let mut shape = Vec::new();
        while self.eat(')').is_none() {
            // Python 2 wrote its long numbers with an L.
            shape.push(self.word()?.trim_end_matches('L').parse().ok()?);
            if shape.len() > MOST_AXES || (self.eat(',').is_none() && self.peek() != Some(')')) {
                return None;
            }
        }
        Some(shape)
    }

    /// A list with whatever stands in it.
    fn skip_list(&mut self) -> Option<()> {
        let (mut depth, mut quote) = (0_usize, None);
        for (at, letter) in self.0.char_indices() {
            match (quote, letter) {
                (Some(open), _) if letter == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(letter),
                (None, '[' | '(') => depth += 1,
                (None, ']' | ')') => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        self.take(at + 1);
                        return Some(());
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// The type, and whether its bytes stand the other way round.
fn number(descr: Option<&str>) -> (NumberType, bool) {
    let Some(descr) = descr else { return (NumberType::Other(Foreign::Records), false) };
    let body = descr.trim_start_matches(['<', '>', '|', '=']);
    let big_endian = descr.starts_with('>');
    let kind = body.chars().next();
    let digits = body.get(1..).unwrap_or("");
    let size = digits.split('[').next().unwrap_or("").parse().unwrap_or(0_usize);
    let number = match (kind, size) {
        (Some('f'), 8) => NumberType::F64,
        (Some('f'), 4) => NumberType::F32,
        (Some('f'), 2) => NumberType::F16,
        (Some('i'), 8) => NumberType::I64,
        (Some('i'), 4) => NumberType::I32,
        (Some('i'), 2) => NumberType::I16,
        (Some('i'), 1) => NumberType::I8,
        (Some('u'), 8) => NumberType::U64,
        (Some('u'), 4) => NumberType::U32,
        (Some('u'), 2) => NumberType::U16,
        (Some('u'), 1) => NumberType::U8,
        (Some('b'), 1) | (Some('?'), _) => NumberType::Bool,
        (kind, size) => NumberType::Other(match kind {
            Some('O') => Foreign::Objects,
            Some('U') => Foreign::Text { letters: size, big_endian },
            Some('S' | 'a') => Foreign::Bytes { length: size },
            Some('M') => Foreign::Dates,
            Some('m') => Foreign::Durations,
            Some('c') => Foreign::Complex,
            Some('V') => Foreign::Raw,
            Some('f') if size > 8 => Foreign::Long,
            Some('f') => Foreign::Short,
            _ => Foreign::Unknown,
        }),
    };
    (number, big_endian && number.size() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(dict: &str) -> Result<Header, String> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((dict.len() as u16).to_le_bytes());
        bytes.extend(dict.as_bytes());
        Header::read(&mut &bytes[..])
    }

    #[test]
    fn headers_are_read_as_numpy_writes_them() {
        let of = |descr: &str| {
            header(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (3,), }}   \n")).unwrap().number
        };
        assert_eq!(of("'<f4'"), NumberType::F32);
        assert_eq!(of("'|b1'"), NumberType::Bool);
        assert_eq!(of("'|O'"), NumberType::Other(Foreign::Objects));
        assert_eq!(of("'<U5'"), NumberType::Other(Foreign::Text { letters: 5, big_endian: false }));
        assert_eq!(of("'|S3'"), NumberType::Other(Foreign::Bytes { length: 3 }));
        assert_eq!(of("'<M8[ns]'"), NumberType::Other(Foreign::Dates));
        assert_eq!(of("'<c8'"), NumberType::Other(Foreign::Complex));
        assert_eq!(of("'|V2'"), NumberType::Other(Foreign::Raw));
        assert_eq!(of("'<f16'"), NumberType::Other(Foreign::Long));
        assert_eq!(of("[('a', '<f4', (2,)), ('b]', '<i8')]"), NumberType::Other(Foreign::Records));
        let long = header("{'descr': '>f8', 'fortran_order': True, 'shape': (2L, 3L)}").unwrap();
        assert_eq!((long.shape, long.fortran, long.swap), (vec![2, 3], true, true));
        assert_eq!(header("{'descr': '<f4', 'fortran_order': False, 'shape': ()}").unwrap().shape, [0_usize; 0]);
    }

    #[test]
    fn a_broken_header_is_told_and_costs_nothing() {
        let nested = format!("{{'descr': {}", "[".repeat(60_000));
        let axes = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({})}}", "1,".repeat(70));
        for dict in ["", "{", "{'descr'", "{'descr': '<f4'}", "{'shape': (-1,)}", "{'shape': (2 3)}", &nested, &axes] {
            let message = header(dict).unwrap_err();
            assert!(message.starts_with("its header is `") && message.len() < 200, "{message}");
        }
        let huge = [&b"\x93NUMPY\x02\x00"[..], &(u32::MAX - 15).to_le_bytes()].concat();
        let message = Header::read(&mut &huge[..]).unwrap_err();
        assert_eq!(message, "its header says it has 4294967280 bytes, more than 1048576");
        assert_eq!(Header::read(&mut &huge[..7]).unwrap_err(), "it ends within its header");
    }
}
