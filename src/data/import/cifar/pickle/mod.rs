//! Python pickles as plain data. Nothing is ever run: a pickle is a program for a machine with a stack, and this machine
//! builds lists, tuples, dictionaries, numbers and texts; a call of Python stays a note of what would be called, and only
//! those by which NumPy keeps an array are allowed. Everything else is refused by name.
//!
//! Values stand in one vector and name each other by their place in it, so that nothing is copied, a ring is harmless, and
//! the memory is bounded by the number of steps.

mod machine;

use std::borrow::Cow;

/// Steps at most; CIFAR-100 has 200 000.
const MOST_STEPS: usize = 1 << 21;

/// What calls may name: how NumPy keeps arrays, and how Python 3 keeps bytes for Python 2.
const CALLS: [(&str, &str); 9] = [
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
    ("__builtin__", "bytes"),
    ("builtins", "bytes"),
    ("__builtin__", "bytearray"),
    ("builtins", "bytearray"),
];

/// A value, by its place among all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(u32);

/// A pickle that was read.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: Id,
}

#[derive(Debug)]
enum Value<'a> {
    /// What nobody asks for: None and floating-point numbers.
    Other,
    Whole(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// What a call names: its place in [`CALLS`].
    Global(usize),
    Call {
        callable: Id,
        arguments: Id,
        state: Option<Id>,
    },
}

/// An array of NumPy.
#[derive(Debug, PartialEq)]
pub(super) struct PickledArray<'p> {
    pub(super) shape: Vec<usize>,
    /// Its type as NumPy writes it, such as `u1`.
    pub(super) kind: String,
    pub(super) is_fortran: bool,
    pub(super) bytes: Cow<'p, [u8]>,
}

impl<'a> Pickle<'a> {
    /// Reads a pickle.
    ///
    /// # Errors
    /// What is wrong, as the beginning of a sentence.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        machine::run(bytes).map(|(values, root)| Self { values, root })
    }

    /// The value that the whole pickle is.
    pub(super) const fn root(&self) -> Id {
        self.root
    }

    /// The value of a key of a dictionary, the last one of several.
    pub(super) fn get(&self, dict: Id, key: &str) -> Option<Id> {
        let Value::Dict(pairs) = self.value(dict) else { return None };
        pairs.iter().rev().find(|(found, _)| self.text(*found).as_deref() == Some(key)).map(|(_, value)| *value)
    }

    /// The keys of a dictionary that are texts.
    pub(super) fn keys(&self, dict: Id) -> Vec<String> {
        let Value::Dict(pairs) = self.value(dict) else { return Vec::new() };
        pairs.iter().filter_map(|(key, _)| self.text(*key)).map(Cow::into_owned).collect()
    }

    /// The whole numbers of a list.
    pub(super) fn whole_numbers(&self, list: Id) -> Option<Vec<i64>> {
        let whole = |id: &Id| match self.value(*id) {
            Value::Whole(whole) => Some(*whole),
            _ => None,
        };
        self.items(list)?.iter().map(whole).collect()
    }

    /// The texts of a list.
    pub(super) fn texts(&self, list: Id) -> Option<Vec<String>> {
        self.items(list)?.iter().map(|id| self.text(*id).map(Cow::into_owned)).collect()
    }

    /// An array of NumPy; `None` where the value is none.
    pub(super) fn array(&self, id: Id) -> Option<PickledArray<'_>> {
        let Value::Call { state: Some(state), .. } = self.value(id) else { return None };
        if !self.is_call(id, "_reconstruct") {
            return None;
        }
        // (version, shape, type, whether columns come first, bytes); the version may be left out.
        let state = self.items(*state)?;
        let [shape, kind, is_fortran, bytes] = state.get(state.len().checked_sub(4)?..)? else { return None };
        let side = |side: i64| usize::try_from(side).ok();
        let Value::Whole(is_fortran) = self.value(*is_fortran) else { return None };
        Some(PickledArray {
            shape: self.whole_numbers(*shape)?.into_iter().map(side).collect::<Option<_>>()?,
            kind: self.kind(*kind)?,
            is_fortran: *is_fortran != 0,
            bytes: self.bytes(*bytes)?,
        })
    }

    fn value(&self, id: Id) -> &Value<'a> {
        &self.values[id.0 as usize]
    }

    fn items(&self, id: Id) -> Option<&[Id]> {
        match self.value(id) {
            Value::List(items) | Value::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Whether a value is what a call of this name would give.
    fn is_call(&self, id: Id, name: &str) -> bool {
        let Value::Call { callable, .. } = self.value(id) else { return false };
        matches!(self.value(*callable), Value::Global(place) if CALLS[*place].1 == name)
    }

    fn arguments(&self, id: Id) -> Option<&[Id]> {
        let Value::Call { arguments, .. } = self.value(id) else { return None };
        self.items(*arguments)
    }

    /// The name of a type, such as `u1`, with the order of its bytes where that says anything.
    fn kind(&self, id: Id) -> Option<String> {
        if !self.is_call(id, "dtype") {
            return None;
        }
        self.text(*self.arguments(id)?.first()?).map(Cow::into_owned)
    }

    /// Bytes: as they stand, or as Python 3 writes them for Python 2, a text whose letters are the bytes.
    fn bytes(&self, id: Id) -> Option<Cow<'_, [u8]>> {
        match self.value(id) {
            Value::Bytes(bytes) => return Some(Cow::Borrowed(bytes)),
            Value::Call { .. } => {}
            _ => return None,
        }
        let arguments = self.arguments(id)?;
        match arguments {
            [] if self.is_call(id, "bytes") || self.is_call(id, "bytearray") => Some(Cow::Borrowed(&[])),
            [bytes] if self.is_call(id, "bytes") || self.is_call(id, "bytearray") => match self.value(*bytes) {
                Value::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
                _ => None,
            },
            [text, ..] if self.is_call(id, "encode") => {
                let Value::Text(text) = self.value(*text) else { return None };
                text.chars()
                    .map(|letter| u8::try_from(u32::from(letter)).ok())
                    .collect::<Option<Vec<u8>>>()
                    .map(Cow::Owned)
            }
            _ => None,
        }
    }

    fn text(&self, id: Id) -> Option<Cow<'_, str>> {
        if let Value::Text(text) = self.value(id) {
            return Some(Cow::Borrowed(text));
        }
        match self.bytes(id)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pickle.dumps({b"data": numpy.array([[1, 200]], "u1"), b"labels": [3]}, 2)` of Python 2.
    const PYTHON_2: &[u8] = b"\x80\x02}q\x00(U\x04dataq\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03\
        K\x00\x85U\x01b\x87Rq\x04(K\x01K\x01K\x02\x86cnumpy\ndtype\nq\x05U\x02u1K\x00K\x01\x87Rq\x06(K\x03U\x01|NNNJ\xff\xff\xff\xff\
        J\xff\xff\xff\xffK\x00tb\x89U\x02\x01\xc8tbU\x06labels]q\x07K\x03au.";

    #[test]
    fn an_array_of_numpy_is_read_and_nothing_is_called() {
        let pickle = Pickle::read(PYTHON_2).unwrap();
        let data = pickle.array(pickle.get(pickle.root(), "data").unwrap()).unwrap();
        assert_eq!((data.shape, data.kind.as_str(), data.is_fortran), (vec![1, 2], "u1", false));
        assert_eq!(*data.bytes, [1, 200]);
        assert_eq!(pickle.whole_numbers(pickle.get(pickle.root(), "labels").unwrap()), Some(vec![3]));
        assert_eq!(pickle.keys(pickle.root()), ["data", "labels"]);
        assert_eq!(pickle.get(pickle.root(), "names"), None);
    }

    #[test]
    fn what_would_run_code_is_refused_by_name() {
        for (bytes, expected) in [
            (&b"cos\nsystem\n(S'x'\ntR."[..], "calls `os.system`"),
            (b"\x80\x04\x8c\x05posix\x8c\x06system\x93)R.", "calls `posix.system`"),
            (b"\x80\x02cnumpy\nload\n)R.", "calls `numpy.load`"),
            (b"\x80\x02K\x01)R.", "a call of a value"),
            (b"\x80\x02K\x01}b.", "a state of a plain value"),
            (b"\x80\x02Pname\n.", "the step 0x50 at byte 2"),
            (b"\x80\x02(K\x01.", ""),
        ] {
            match Pickle::read(bytes) {
                Err(problem) => assert!(problem.contains(expected), "{problem}"),
                Ok(_) => assert_eq!(expected, "", "{bytes:?}"),
            }
        }
    }

    #[test]
    fn broken_and_endless_pickles_are_told() {
        for length in 0..PYTHON_2.len() {
            let problem = Pickle::read(&PYTHON_2[..length]).unwrap_err();
            assert!(problem.contains("before its own end") || problem.contains("without end"), "{length}: {problem}");
        }
        let long = [&b"\x80\x02"[..], &b"N0".repeat(MOST_STEPS), b"."].concat();
        assert!(Pickle::read(&long).unwrap_err().contains("more than 2097152 steps"));
        // A list within a list within a list, and one that holds itself: neither is walked.
        let deep = [&b"\x80\x02"[..], &b"]".repeat(1_000_000), &b"a".repeat(999_999), b"."].concat();
        let deep = Pickle::read(&deep).unwrap();
        assert_eq!(deep.texts(deep.root()), None);
        let ring = Pickle::read(b"\x80\x02]q\x00h\x00a.").unwrap();
        assert_eq!((ring.whole_numbers(ring.root()), ring.array(ring.root())), (None, None));
        assert!(Pickle::read(b"\x80\x02T\xff\xff\xff\xffx.").unwrap_err().contains("before its own end"));
    }
}
