//! Arrays of tokens: `x` `[N, T]` with `y` `[N, T]` or a label for each row, and `image` with `text` for two towers.

use std::path::Path;
use std::sync::Arc;

use super::super::super::arrays::{ArrayFile, Info, NumberType, one_line};
use super::super::super::limit;
use super::super::super::tokens::{LEFT_OUT, PADDING, TextFacts, Tokenizer};
use super::super::check::{Fit, Names, Place, Raw, RawLabels};
use super::super::{ImportError, Problem, ReadChoice, Text, Wanted, list};
use super::examples::Examples;
use super::labels::LabelArray;
use super::pair::Pair;
use crate::config::{LossKind, Real};

/// Names of the arrays of two towers.
const PAIRS: [[&str; 2]; 2] = [["image", "text"], ["images", "texts"]];

/// The names of the images and of the texts among those of a file.
pub(super) fn pair(names: &[String]) -> Option<[&str; 2]> {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    PAIRS.into_iter().find(|[image, text]| has(image) && has(text))
}

/// Larger than any vocabulary.
const MOST_TOKENS: f64 = 1e7;

/// What is read of a file.
struct Tokens<'a> {
    file: ArrayFile,
    path: &'a Path,
    text: Text<'a>,
    wanted: &'a Wanted<'a>,
    notes: Vec<String>,
}

/// Reads the arrays that a model with token inputs takes.
pub(super) fn read<T: Real>(
    path: &Path,
    wanted: &Wanted<'_>,
    text: Text<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, ImportError> {
    let tokenizer = choice.tokenizer.map(Tokenizer::load).transpose()?.unwrap_or(Tokenizer::Numbers);
    let file = ArrayFile::open(path)?;
    let format = file.format().to_owned();
    let mut tokens = Tokens { file, path, text, wanted, notes: Vec::new() };
    let Read { x, y, class_names, image, width } =
        if text.image.is_empty() { tokens.examples::<T>(choice)? } else { tokens.pairs::<T>()? };
    let features = if image.is_empty() { 0 } else { image.iter().product::<usize>() };
    let vocabulary = match text.vocabulary {
        0 => vocabulary(x.chunks_exact(features + width).flat_map(|row| &row[features..]), &y, &tokenizer),
        known => known,
    };
    let facts = TextFacts { tokens: width, vocabulary, image, tokenizer: Arc::new(tokenizer), signs: None };
    Ok(Raw {
        x,
        shape: vec![features + width],
        fit: Fit::Exact,
        y,
        format,
        class_names,
        notes: tokens.notes,
        place: Place::Row,
        names: Names::default(),
        text: Some(facts),
    })
}

/// How many different tokens there are at least, where no model says: those of the tokenizer, and those that stand there.
fn vocabulary<'x, T: Real>(
    tokens: impl Iterator<Item = &'x T>,
    targets: &RawLabels<T>,
    tokenizer: &Tokenizer,
) -> usize {
    let largest = tokens.map(|token| token.to_f64()).fold(-1.0, f64::max);
    let of_targets = match targets {
        RawLabels::Tokens(of) => of.iter().copied().max().unwrap_or(-1),
        _ => -1,
    };
    // What is no token, or too large for one, is told where tokens are checked.
    let found = largest.max(f64::from(of_targets)).clamp(0.0, MOST_TOKENS) as usize + 1;
    found.max(tokenizer.vocabulary().unwrap_or(0))
}

/// What of these arrays can be looked at as tokens: whole numbers `[N, T]` that have a target each, or that can be nothing
/// else; images with texts.
pub(super) fn kind(file: &mut ArrayFile) -> Result<Option<LossKind>, ImportError> {
    let names = file.names();
    let Ok(Pair { x, y, .. }) = Pair::find(names.clone()) else {
        return Ok(pair(&names).map(|_| LossKind::Contrastive));
    };
    let is_npz = file.format() == "NPZ";
    let (Some(x), Some(y)) = (file.info(&x)?, file.info(&y)?) else { return Ok(None) };
    let is_each = x.shape == y.shape && y.number.is_whole();
    Ok(match x.shape[..] {
        [_, width] if width > 1 && x.number.is_whole() && is_each => Some(LossKind::TokenCrossEntropy),
        // Pixels and features are kept as whole numbers in NPZ, and never in safetensors.
        [_, _] if x.number.is_whole() && !is_npz => Some(LossKind::CrossEntropy),
        _ => None,
    })
}

/// Whether targets are classes as rows with a single 1, and so labels of examples of numbers.
pub(in super::super) fn are_one_hot(targets: &[i32], width: usize) -> bool {
    targets.chunks_exact(width.max(1)).all(|row| {
        row.iter().filter(|&&target| target == 1).count() == 1 && row.iter().all(|target| (0..=1).contains(target))
    })
}

/// What was read of the arrays.
struct Read<T> {
    x: Vec<T>,
    y: RawLabels<T>,
    /// The names of the classes.
    class_names: Vec<String>,
    /// Shape of an image; empty where there is none.
    image: Vec<usize>,
    /// Tokens of an example.
    width: usize,
}

impl Tokens<'_> {
    fn at(&self, problem: Problem) -> ImportError {
        ImportError::In { path: self.path.to_owned(), problem }
    }

    fn info(&mut self, name: &str) -> Result<Info, ImportError> {
        let info = self.file.info(name)?;
        info.ok_or_else(|| self.at(Problem::Missing { name: "x", found: Vec::new() }))
    }

    /// `x` and `y`.
    fn examples<T: Real>(&mut self, choice: ReadChoice<'_>) -> Result<Read<T>, ImportError> {
        let pair = Pair::find(self.file.names()).map_err(|problem| self.at(problem))?;
        self.notes.extend(pair.note);
        let (x_info, y_info) = (self.info(&pair.x)?, self.info(&pair.y)?);
        let width = self.width(&pair.x, &x_info)?;
        let length = if self.text.tokens == 0 { width } else { self.text.tokens };
        let is_each = self.wanted.loss == LossKind::TokenCrossEntropy;
        if is_each && y_info.shape != x_info.shape {
            return Err(self.at(Problem::Shape {
                what: format!("`{}` has the shape", one_line(&pair.y)),
                found: format!("{:?}", y_info.shape),
                expected: format!("{:?}, a target for each token of `{}`", x_info.shape, one_line(&pair.x)),
            }));
        }
        let tokens = self.numbers(&pair.x, &x_info)?;
        let rows = x_info.shape[0];
        let x = padded(&tokens, width, length, f64::from(PADDING)).map(T::of).collect();
        if is_each {
            let targets = self.numbers(&pair.y, &y_info)?;
            if let Some(odd) = targets.iter().position(|y| y.fract() != 0.0 || y.abs() > 2e9) {
                return Err(self.at(Problem::Broken {
                    found: format!("row {} (counted from 0) has the target {}", odd / width.max(1), targets[odd]),
                    expected: "whole numbers, the classes of the tokens".to_owned(),
                }));
            }
            let of = padded(&targets, width, length, f64::from(LEFT_OUT)).map(|y| y as i32).collect();
            let (y, class_names) = (RawLabels::Tokens(of), Vec::new());
            return Ok(Read { x, y, class_names, image: Vec::new(), width: length });
        }
        let labels = LabelArray { name: &pair.y, info: &y_info, rows, is_npz: self.file.format() == "NPZ" };
        let read = labels.read::<T>(&mut self.file, self.wanted, choice.kind)?;
        self.notes.extend(read.note);
        Ok(Read { x, y: read.labels, class_names: read.class_names, image: Vec::new(), width: length })
    }

    /// `image` and `text`, row by row one behind the other.
    fn pairs<T: Real>(&mut self) -> Result<Read<T>, ImportError> {
        let names = self.file.names();
        let Some([image, text]) = pair(&names) else {
            return Err(self.at(Problem::Broken {
                found: format!("no arrays `image` and `text`, but {}", list(&names)),
                expected: "both, which belong together row by row".to_owned(),
            }));
        };
        let (image_info, text_info) = (self.info(image)?, self.info(text)?);
        let wanted = Wanted { input: self.text.wanted_image(), text: None, ..*self.wanted };
        let format = self.file.format();
        let examples = Examples::plan(image, &image_info, format, &wanted, &text_info.shape);
        let examples = examples.map_err(|problem| self.at(problem))?;
        let width = self.width(text, &text_info)?;
        if examples.rows != text_info.shape[0] {
            return Err(self.at(Problem::Broken {
                found: format!("{} images in `{image}` and {} texts in `{text}`", examples.rows, text_info.shape[0]),
                expected: "as many of both".to_owned(),
            }));
        }
        let (images, more) = examples.read::<T>(&mut self.file)?;
        let tokens = self.numbers(text, &text_info)?;
        let length = if self.text.tokens == 0 { width } else { self.text.tokens };
        let mut texts = padded(&tokens, width, length, f64::from(PADDING)).map(T::of);
        let shape = if self.text.image == [0] { examples.shape } else { self.text.image.to_vec() };
        let features = shape.iter().product::<usize>();
        let mut x = Vec::with_capacity(images.len() + examples.rows * length);
        for row in images.chunks_exact(features.max(1)) {
            x.extend_from_slice(row);
            x.extend(texts.by_ref().take(length));
        }
        self.notes.extend(more);
        let left: Vec<String> = names.iter().filter(|name| *name != image && *name != text).cloned().collect();
        if !left.is_empty() {
            let are = if left.len() == 1 { "is" } else { "are" };
            self.notes.push(format!("{} {are} left out", list(&left)));
        }
        let y = RawLabels::Pairs(examples.rows);
        Ok(Read { x, y, class_names: Vec::new(), image: shape, width: length })
    }

    /// The tokens of a row of the file, which the model has places for.
    fn width(&mut self, name: &str, info: &Info) -> Result<usize, ImportError> {
        let (name, most) = (one_line(name), self.text.tokens);
        if let NumberType::Other(foreign) = info.number {
            return Err(self.at(Problem::Broken {
                found: format!("`{name}` holds {}", foreign.label()),
                expected: "whole numbers, the tokens".to_owned(),
            }));
        }
        let shape = |expected: String| Problem::Shape {
            what: format!("`{name}` has the shape"),
            found: format!("{:?}", info.shape),
            expected,
        };
        match info.shape[..] {
            [_, width] if most == 0 && width > 0 => Ok(width),
            [_, width] if (1..=most).contains(&width) => {
                if width < most {
                    self.notes.push(format!(
                        "sequences of `{name}` have {width} tokens and are padded to the model's {most}"
                    ));
                }
                Ok(width)
            }
            [_, width] if width > most && most > 0 => {
                Err(self.at(shape(format!("at most {most} tokens in a row, the model's places"))))
            }
            _ if most == 0 => Err(self.at(shape("[N, T], N sequences of T tokens".to_owned()))),
            _ => Err(self.at(shape(format!("[N, {most}], N sequences of the model's tokens")))),
        }
    }

    fn numbers(&mut self, name: &str, info: &Info) -> Result<Vec<f64>, ImportError> {
        let elements = info.elements().unwrap_or(usize::MAX);
        let needed = elements.saturating_mul(info.number.size() + 16);
        limit::allow(&format!("`{}` {:?}", one_line(name), info.shape), needed as u64)
            .map_err(|sentence| self.at(Problem::TooLarge(sentence)))?;
        let path = self.path;
        let array = self.file.array(name)?;
        array.and_then(|array| array.to_f64()).ok_or_else(|| ImportError::In {
            path: path.to_owned(),
            problem: Problem::Broken {
                found: format!("`{}` is {}", one_line(name), info.number.label()),
                expected: "whole numbers".to_owned(),
            },
        })
    }
}

/// Rows of `width` numbers, filled up to `length`.
fn padded(of: &[f64], width: usize, length: usize, with: f64) -> impl Iterator<Item = f64> {
    let fill = length.saturating_sub(width);
    of.chunks_exact(width.max(1)).flat_map(move |row| row.iter().copied().chain(std::iter::repeat_n(with, fill)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_up() {
        let filled: Vec<f64> = padded(&[1.0, 2.0, 3.0, 4.0], 2, 3, -1.0).collect();
        assert_eq!(filled, [1.0, 2.0, -1.0, 3.0, 4.0, -1.0]);
        let names = |of: &[&str]| of.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(pair(&names(&["image", "label", "text"])), Some(["image", "text"]));
        assert_eq!(pair(&names(&["image", "label"])), None);
    }
}
