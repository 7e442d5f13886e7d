//! The examples of a file of arrays, in the shapes and types in which people save them.

use super::super::super::arrays::{ArrayFile, Info, NumberType, one_line};
use super::super::super::limit;
use super::super::{ImportError, Problem, Wanted};
use super::sides;
use crate::config::Real;

/// Channels of a picture, where the last axis of four is to be told from the others.
const CHANNELS: [usize; 3] = [1, 3, 4];

/// What will be read, and how it is turned.
#[derive(Debug)]
pub(super) struct Examples {
    name: String,
    info: Info,
    /// Number of examples.
    pub rows: usize,
    /// Shape of one example.
    pub shape: Vec<usize>,
    /// Whether the channels stand last in the file and first here.
    turn: bool,
    note: Option<String>,
}

/// How a shape fits.
struct Reading {
    rows: usize,
    shape: Vec<usize>,
    turn: bool,
    note: Option<String>,
}

impl Examples {
    /// Checks type and shape; `labels` is the shape of the labels, which tells rows from axes.
    pub fn plan(name: &str, info: &Info, format: &str, wanted: &Wanted<'_>, labels: &[usize]) -> Result<Self, Problem> {
        let (raw, name) = (name.to_owned(), one_line(name));
        // NumPy users keep pixels as bytes; a safetensors file is written for a program and says what it means.
        match info.number {
            NumberType::Other(foreign) => {
                return Err(Problem::Broken {
                    found: format!("`{name}` holds {}", foreign.label()),
                    expected: format!("numbers: {}", foreign.way_out(&name)),
                });
            }
            number if format != "NPZ" && !number.is_float() => {
                return Err(Problem::Broken {
                    found: format!("`{name}` is {}", number.label()),
                    expected: format!("F32 or F64; save `{name}.float()`"),
                });
            }
            _ => {}
        }
        let Reading { rows, shape, turn, note } = if wanted.is_any_shape() {
            alone(&name, &info.shape)
        } else {
            fitted(&name, &info.shape, wanted.input, labels)
        }
        .map_err(|expected| Problem::Shape {
            what: format!("`{name}` has the shape"),
            found: format!("{:?}", info.shape),
            expected,
        })?;
        Ok(Self { name: raw, info: info.clone(), rows, shape, turn, note })
    }

    /// Reads the numbers, with what is to be said of them.
    pub fn read<T: Real>(&self, file: &mut ArrayFile) -> Result<(Vec<T>, Vec<String>), ImportError> {
        let Self { info, shape, .. } = self;
        let (path, name) = (file.path().to_owned(), one_line(&self.name));
        let at = |problem| ImportError::In { path, problem };
        let each = info.number.size() + size_of::<T>() * if self.turn { 2 } else { 1 };
        let needed = info.elements().unwrap_or(usize::MAX).saturating_mul(each);
        if let Err(sentence) = limit::allow(&format!("`{name}` {:?}", info.shape), needed as u64) {
            return Err(at(Problem::TooLarge(sentence)));
        }
        let array = file.array(&self.name)?;
        let x = array.as_ref().and_then(|array| {
            let flags = || Some(array.to_flags()?.iter().map(|&flag| T::of(f64::from(flag))).collect::<Vec<T>>());
            array.to_vec().or_else(flags)
        });
        let Some(x) = x else {
            let found = format!("`{name}` is {}", info.number.label());
            return Err(at(Problem::Broken { found, expected: "numbers".to_owned() }));
        };
        let more = match info.number {
            NumberType::Bool => Some(truths(&name)),
            number if number.is_whole() => unscaled(&name, number.label(), &x),
            _ => None,
        };
        let notes = self.note.clone().into_iter().chain(more).collect();
        Ok((if self.turn { channels_first(&x, shape) } else { x }, notes))
    }
}

/// Numbers in the shape that a model takes.
pub(in super::super) struct Fitted<T> {
    pub x: Vec<T>,
    /// Shape of one example.
    pub shape: Vec<usize>,
    pub note: Option<String>,
}

/// Brings numbers of a shape `[N, …]` into that of the model, as those of arrays are.
pub(in super::super) fn fit<T: Real>(
    name: &str,
    x: Vec<T>,
    shape: &[usize],
    wanted: &Wanted<'_>,
) -> Result<Fitted<T>, Problem> {
    let rows = &shape[..shape.len().min(1)];
    let Reading { shape, turn, note, .. } =
        if wanted.is_any_shape() { alone(name, shape) } else { fitted(name, shape, wanted.input, rows) }.map_err(
            |expected| Problem::Shape {
                what: format!("`{name}` has the shape"),
                found: format!("{shape:?}"),
                expected,
            },
        )?;
    Ok(Fitted { x: if turn { channels_first(&x, &shape) } else { x }, shape, note })
}

/// What is said of truth values.
pub(in super::super) fn truths(name: &str) -> String {
    format!("`{name}` holds truth values, taken as 0 and 1")
}

/// Whole numbers, of a type called `label`, are not scaled, which those who keep pixels as bytes may expect.
pub(in super::super) fn unscaled<T: Real>(name: &str, label: &str, x: &[T]) -> Option<String> {
    let range = |(least, most): (f64, f64), x: &T| (least.min(x.to_f64()), most.max(x.to_f64()));
    let (least, most) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), range);
    (most > 1.0).then(|| {
        format!("`{name}` holds whole numbers ({label}) from {least} to {most}, taken as they are; nothing is divided by 255")
    })
}

/// The shape where no model says what it should be: maps get their axis of channels, single numbers their axis.
fn alone(name: &str, shape: &[usize]) -> Result<Reading, String> {
    match *shape {
        [] => Err("[N, …], N examples".to_owned()),
        [rows] => Ok(Reading {
            rows,
            shape: vec![1],
            turn: false,
            note: Some(format!("`{name}` has one axis, taken as {rows} examples of one number")),
        }),
        [rows, height, width] => Ok(Reading {
            rows,
            shape: vec![1, height, width],
            turn: false,
            note: Some(format!("an example of `{name}` has the shape [{height}, {width}], taken as one channel")),
        }),
        [rows, height, width, channels]
            if CHANNELS.contains(&channels) && !CHANNELS.contains(&height) && !CHANNELS.contains(&width) =>
        {
            Ok(Reading { rows, shape: vec![channels, height, width], turn: true, note: Some(turned(name)) })
        }
        [rows, ref rest @ ..] => Ok(Reading { rows, shape: rest.to_vec(), turn: false, note: None }),
    }
}

/// The shape as the model takes it; otherwise what was expected.
fn fitted(name: &str, shape: &[usize], input: &[usize], labels: &[usize]) -> Result<Reading, String> {
    let mut expected = format!("[N, {}], N examples of the model's input", sides(input));
    let reading = |rows, turn, note| Ok(Reading { rows, shape: input.to_vec(), turn, note });
    let taken = |words: &str| Some(format!("an example of `{name}` has {words}, taken as {input:?}"));
    let product = |of: &[usize]| of.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
    let without_ones = |of: &[usize]| of.iter().copied().filter(|&side| side != 1).collect::<Vec<_>>();
    let [rows, rest @ ..] = shape else { return Err(expected) };
    let rows = *rows;
    if rest == input && !rest.is_empty() {
        return reading(rows, false, None);
    }
    if let [inner, example @ ..] = rest
        && rows == 1
        && example == input
        && labels.first() == Some(inner)
    {
        return reading(*inner, false, Some(format!("`{name}` has a first axis of 1, left out")));
    }
    if without_ones(rest) == without_ones(input) {
        let words = if rest.is_empty() { "no axis of its own".to_owned() } else { format!("the shape {rest:?}") };
        return reading(rows, false, taken(&words));
    }
    if let ([height, width, channels], [first, ..]) = (rest, input)
        && [*channels, *height, *width] == *input
    {
        if height != first {
            return reading(rows, true, Some(turned(name)));
        }
        expected +=
            &format!("; whether its first or its last axis is the channels cannot be told, so save `{name}` so");
        return Err(expected);
    }
    if product(rest) != product(input) {
        return Err(expected);
    }
    match (rest, input) {
        ([_], [_, _, _]) => reading(rows, false, taken("one axis")),
        ([height, _, channels], [_]) if *channels > 1 && CHANNELS.contains(channels) && !CHANNELS.contains(height) => {
            expected += &format!(
                "; its last axis seems to be the channels, so flatten `{name}` in the order in which the model was trained"
            );
            Err(expected)
        }
        (_, [_]) => reading(rows, false, taken(&format!("the shape {rest:?}"))),
        _ => Err(expected),
    }
}

fn turned(name: &str) -> String {
    format!("`{name}` has its channels last; they are put first, as the model takes them")
}

/// Maps `[n, h, w, c]` as `[n, c, h, w]`, the shape of one example given as `[c, h, w]`.
fn channels_first<T: Real>(x: &[T], shape: &[usize]) -> Vec<T> {
    let [channels, height, width] = *shape else { return x.to_vec() };
    let (pixels, features) = (height * width, channels * height * width);
    let mut out = Vec::with_capacity(x.len());
    for example in x.chunks_exact(features.max(1)) {
        for channel in 0..channels {
            out.extend((0..pixels).map(|pixel| example[pixel * channels + channel]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_mean_the_same_are_taken_and_told() {
        let fit = |shape: &[usize], input: &[usize]| {
            fitted("x", shape, input, &[5]).map(|of| (of.rows, of.turn, of.note.unwrap_or_default()))
        };
        assert_eq!(fit(&[5, 2], &[2]), Ok((5, false, String::new())));
        let told = |shape: &[usize], input: &[usize], turn: bool, note: &str| {
            assert_eq!(fit(shape, input), Ok((5, turn, note.to_owned())), "{shape:?} for {input:?}");
        };
        told(&[5, 2, 1], &[2], false, "an example of `x` has the shape [2, 1], taken as [2]");
        told(&[5], &[1], false, "an example of `x` has no axis of its own, taken as [1]");
        told(&[1, 5, 2], &[2], false, "`x` has a first axis of 1, left out");
        told(&[5, 8, 9], &[1, 8, 9], false, "an example of `x` has the shape [8, 9], taken as [1, 8, 9]");
        told(&[5, 8, 9, 1], &[1, 8, 9], false, "an example of `x` has the shape [8, 9, 1], taken as [1, 8, 9]");
        told(&[5, 216], &[3, 8, 9], false, "an example of `x` has one axis, taken as [3, 8, 9]");
        told(&[5, 3, 8, 9], &[216], false, "an example of `x` has the shape [3, 8, 9], taken as [216]");
        told(&[5, 8, 9, 3], &[3, 8, 9], true, "`x` has its channels last; they are put first, as the model takes them");
        for (shape, input) in
            [(&[5, 3][..], &[2][..]), (&[5, 8, 9, 3], &[216]), (&[5, 3, 9, 3], &[3, 3, 9]), (&[], &[1])]
        {
            assert!(fit(shape, input).is_err(), "{shape:?} for {input:?}");
        }
    }

    #[test]
    fn channels_come_first() {
        // np.arange(12).reshape(1, 2, 3, 2).transpose(0, 3, 1, 2).ravel()
        let x: Vec<f32> = (0..12_u8).map(f32::from).collect();
        assert_eq!(channels_first(&x, &[2, 2, 3]), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 1.0, 3.0, 5.0, 7.0, 9.0, 11.0]);
    }
}
