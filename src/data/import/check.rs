//! The checks that all formats share: shapes, finite numbers, labels.

use super::super::arrays::one_line;
use super::super::tokens::TextFacts;
use super::super::{Dataset, Labels};
use super::tokens::{check as check_tokens, check_targets};
use super::{Imported, Problem, Text, Wanted};
use crate::config::{LabelKind, LossKind, Real};

pub(super) use super::place::Place;

/// Classes of a data set at most, where no model says how many.
const MOST_CLASSES: i64 = 4096;

/// Examples as a file has them, before they are checked against the model.
pub(super) struct Raw<T> {
    /// Row-major `[n, …shape]`.
    pub x: Vec<T>,
    /// Shape of one example.
    pub shape: Vec<usize>,
    /// Which shapes of the model it may stand for.
    pub fit: Fit,
    /// Labels, n of them.
    pub y: RawLabels<T>,
    /// What it was read as.
    pub format: String,
    /// Names of the classes, where the file has names.
    pub class_names: Vec<String>,
    /// Sentences for the user.
    pub notes: Vec<String>,
    /// The words for example i.
    pub place: Place,
    /// Names of features and label.
    pub names: Names,
    /// What the numbers mean, where they are tokens.
    pub text: Option<TextFacts>,
}

/// Names of the columns, where the file has them.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub columns: Vec<String>,
    pub label: String,
}

/// Whether a file's shape must be the model's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It must be the same.
    Exact,
    /// The same number of numbers is enough.
    Product,
}

/// Labels before they are checked.
pub(super) enum RawLabels<T> {
    /// Classes by number.
    Whole(Vec<i64>),
    /// Values for regression, `outputs` for each example.
    Values { of: Vec<T>, outputs: usize },
    /// A class for each token, of examples of text.
    Tokens(Vec<i32>),
    /// None, of so many images with their texts.
    Pairs(usize),
}

impl<T> RawLabels<T> {
    /// How many there are, of examples with so many tokens.
    fn len(&self, tokens: usize) -> usize {
        match self {
            Self::Whole(of) => of.len(),
            Self::Values { of, outputs } => of.len() / (*outputs).max(1),
            Self::Tokens(of) => of.len() / tokens.max(1),
            Self::Pairs(count) => *count,
        }
    }
}

impl<T: Real> Raw<T> {
    /// Checks everything and gives the examples the model's shape.
    pub(super) fn finish(self, wanted: &Wanted<'_>, kind: LabelKind) -> Result<Imported<T>, Problem> {
        let features: usize = self.shape.iter().product();
        let expected: usize = wanted.input.iter().product();
        let fits =
            wanted.is_any_shape() || self.shape == wanted.input || (self.fit == Fit::Product && features == expected);
        if !fits {
            return Err(Problem::Shape {
                what: "an example of x has the shape".to_owned(),
                found: format!("{:?}", self.shape),
                expected: format!("{:?}, the model's input", wanted.input),
            });
        }
        let facts = self.text.as_ref();
        let (tokens, vocabulary) = facts.map_or((1, 0), |text| (text.tokens, text.vocabulary));
        let n = self.y.len(tokens);
        if n == 0 || self.x.is_empty() {
            return Err(Problem::Empty);
        }
        let of_text = |text: &TextFacts| {
            let TextFacts { tokens, vocabulary, image, .. } = text;
            check_tokens(&self.x, Text { tokens: *tokens, vocabulary: *vocabulary, image }, &self.place)
        };
        facts.map_or(Ok(()), of_text)?;
        if let Some(i) = self.x.iter().position(|x| !x.is_finite()) {
            let column = self.names.columns.get(i % features);
            let column = column.map(|name| format!(", column `{}`", one_line(name))).unwrap_or_default();
            let place = format!("{}{column}", self.place.name(i / features));
            return Err(Problem::NotFinite { place, what: "x" });
        }
        let y = match self.y {
            RawLabels::Whole(of) if are_values(&of, &self.class_names, wanted, kind) => {
                RawLabels::Values { of: of.iter().map(|&class| T::of(class as f64)).collect(), outputs: 1 }
            }
            labels => labels,
        };
        let mut notes = self.notes;
        let y = match y {
            RawLabels::Whole(of) => {
                notes.extend(from_one(&of, &self.class_names, wanted)?);
                classes(&of, &self.class_names, &self.place, wanted)?
            }
            RawLabels::Values { of, outputs } => {
                values_fit(outputs, wanted)?;
                if let Some(i) = of.iter().position(|y| !y.is_finite()) {
                    return Err(Problem::NotFinite { place: self.place.name(i / outputs), what: "y" });
                }
                Labels::Values { of, outputs }
            }
            RawLabels::Tokens(of) => {
                let classes = if wanted.is_any() { vocabulary } else { wanted.outputs };
                check_targets(&of, tokens, classes, &self.place)?;
                Labels::Tokens { of, tokens, vocabulary: classes }
            }
            RawLabels::Pairs(count) => Labels::Pairs { count },
        };
        loss_fits(&y, wanted)?;
        let shape = if wanted.is_any_shape() { self.shape } else { wanted.input.to_vec() };
        let data = Dataset { x: self.x, shape, y };
        let class_names = if data.num_classes() == 0 { Vec::new() } else { self.class_names };
        let Names { columns, label } = self.names;
        Ok(Imported { data, format: self.format, class_names, notes, columns, label, text: self.text })
    }
}

/// Whether whole numbers are no classes but values: the user says so, or no model does and there are too many for classes.
fn are_values(of: &[i64], names: &[String], wanted: &Wanted<'_>, kind: LabelKind) -> bool {
    let are_far = || of.iter().any(|class| !(0..MOST_CLASSES).contains(class));
    match kind {
        LabelKind::Numbers => true,
        LabelKind::Auto => wanted.is_any() && names.is_empty() && are_far(),
        LabelKind::Classes => false,
    }
}

/// Targets for tokens and pairs go with their own losses alone.
fn loss_fits<T>(labels: &Labels<T>, wanted: &Wanted<'_>) -> Result<(), Problem> {
    let found = match labels {
        Labels::Classes { .. } | Labels::Values { .. } => "a label for each example",
        Labels::Tokens { .. } => "a target for each token",
        Labels::Pairs { .. } => "images with their texts",
    };
    let expected = match wanted.loss {
        LossKind::TokenCrossEntropy => "a target for each token",
        LossKind::Contrastive => "images with their texts",
        LossKind::CrossEntropy | LossKind::Mse => "a label for each example",
    };
    if wanted.is_any() || found == expected {
        return Ok(());
    }
    Err(Problem::Broken { found: found.to_owned(), expected: format!("{expected}, which the loss takes") })
}

/// Numbers as labels need a loss that takes them, and an output for each.
fn values_fit(outputs: usize, wanted: &Wanted<'_>) -> Result<(), Problem> {
    if wanted.is_any() {
        return Ok(());
    }
    let wrong = |found: String, expected: String| Err(Problem::Broken { found, expected });
    if wanted.loss == LossKind::CrossEntropy {
        return wrong("the labels are numbers".to_owned(), "classes, which cross-entropy takes".to_owned());
    }
    if outputs != wanted.outputs {
        return wrong(format!("a label of {outputs} numbers"), format!("{}, the model's outputs", wanted.outputs));
    }
    Ok(())
}

/// Labels that count from 1: refused where the model has no output for the last one, else told.
fn from_one(of: &[i64], names: &[String], wanted: &Wanted<'_>) -> Result<Option<String>, Problem> {
    let (least, most) =
        of.iter().fold((i64::MAX, i64::MIN), |(least, most), &class| (least.min(class), most.max(class)));
    if !names.is_empty() || least < 1 || least == most {
        return Ok(None);
    }
    if !wanted.is_any() && most == wanted.outputs as i64 {
        return Err(Problem::FromOne { least, most });
    }
    let none = if least == 1 { "class 0 has".to_owned() } else { format!("classes 0 to {} have", least - 1) };
    Ok(Some(format!("labels run from {least} to {most}: {none} no example")))
}

fn classes<T>(of: &[i64], names: &[String], place: &Place, wanted: &Wanted<'_>) -> Result<Labels<T>, Problem> {
    let label = |class: i64| {
        let name = usize::try_from(class).ok().and_then(|class| names.get(class));
        name.map_or_else(|| class.to_string(), |name| format!("{class} (`{}`)", one_line(name)))
    };
    let found = of.iter().max().map_or(0, |&class| class.saturating_add(1).clamp(0, MOST_CLASSES));
    let outputs = if wanted.is_any() { found.max(names.len() as i64) } else { wanted.outputs as i64 };
    if let Some(i) = of.iter().position(|class| !(0..outputs).contains(class)) {
        return Err(Problem::Label {
            place: place.name(i),
            found: label(of[i]),
            expected: if wanted.is_any() {
                format!("a class from 0 to {}, or numbers for a regression", MOST_CLASSES - 1)
            } else {
                format!("0 to {}, a class of the model's {outputs} outputs", outputs - 1)
            },
        });
    }
    if wanted.loss == LossKind::CrossEntropy && !wanted.is_any() && of.iter().all(|class| *class == of[0]) {
        return Err(Problem::OneClass { examples: of.len(), class: label(of[0]) });
    }
    Ok(Labels::Classes { of: of.iter().map(|&class| class as u32).collect(), count: outputs as usize })
}
