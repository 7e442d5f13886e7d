//! What is asked of a file: what a model takes and gives, and what the user says of it.

use std::path::Path;

use crate::config::{DataConfig, ExampleKind, LabelKind, LossKind, ModelConfig, ModelInput};

/// What a model takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Shape of one example: `[features]`, `[channels, height, width]` or `[tokens]`; of an image with its text how many
    /// numbers both have. `[channels, 0, side]` stands for
    /// images of any size that are resized to `side`, and so many channels, or 0 for as many as there are.
    pub input: &'a [usize],
    /// Outputs of the last layer, for each token where there is a target for each.
    pub outputs: usize,
    /// The loss: cross-entropy wants classes; the squared error values, or classes as one-hot rows; that of tokens a class for
    /// each of them; the contrastive one images with their texts.
    pub loss: LossKind,
    /// The text that an example is, or that stands behind its image.
    pub text: Option<Text<'a>>,
}

/// Text as tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    /// Tokens of one example; shorter ones are padded. 0 for as many as the longest has, where no model says.
    pub tokens: usize,
    /// Different tokens; 0 for as many as there are.
    pub vocabulary: usize,
    /// Shape of the image before the text; empty where there is none, `[0]` for any.
    pub image: &'a [usize],
}

impl<'a> Text<'a> {
    /// Whatever text there is.
    pub(super) const ANY: Text<'static> = Text { tokens: 0, vocabulary: 0, image: &[] };
    /// Whatever images there are, with their texts.
    pub(super) const ANY_PAIR: Text<'static> = Text { image: &[0], ..Self::ANY };

    /// What the images are to be like where they are read by themselves.
    pub(super) const fn wanted_image(&self) -> &'a [usize] {
        if matches!(self.image, [0]) { &[] } else { self.image }
    }
}

impl<'a> Wanted<'a> {
    /// Whatever is there, for a look at data without a model: any shape, and classes or values as the labels are.
    pub const ANY: Wanted<'static> = Wanted { input: &[], outputs: 0, loss: LossKind::CrossEntropy, text: None };

    /// What a model of so many outputs takes; `input` is the shape of one example.
    #[must_use]
    pub fn by(model: &'a ModelConfig, input: &'a [usize], outputs: usize) -> Self {
        let text = |of: &ModelInput, image: &'a [usize]| {
            let tokens = of.token_input()?;
            Some(Text { tokens: tokens.tokens, vocabulary: tokens.vocabulary, image })
        };
        let text = match &model.towers {
            None => text(&model.input, &[]),
            Some(towers) => match &towers.image.input {
                ModelInput::Shape(image) => text(&towers.text.input, image),
                ModelInput::Tokens(_) => None,
            },
        };
        Self { input, outputs, loss: model.loss, text }
    }

    /// Whether it is [`Self::ANY`].
    pub(super) const fn is_any(&self) -> bool {
        self.outputs == 0 && self.is_any_colour()
    }

    /// Whether examples may have any shape.
    pub(super) fn is_any_shape(&self) -> bool {
        self.is_any() || self.resized().is_some()
    }

    /// Whether images may have any number of channels, so that colours are taken where there are some.
    pub(super) const fn is_any_colour(&self) -> bool {
        matches!(self.input, [] | [0, ..])
    }

    /// Pixels of a side to which images of any size are brought as they are read.
    pub(super) fn resized(&self) -> Option<usize> {
        if let [_, 0, side] = *self.input { Some(side) } else { None }
    }

    /// Whether an example of images of this shape has as many numbers as is wanted.
    pub(super) fn takes(&self, shape: &[usize]) -> bool {
        let numbers = |of: &[usize]| of.iter().fold(1_u64, |product, &side| product.saturating_mul(side as u64));
        self.input.is_empty() || self.is_any_shape() || numbers(shape) == numbers(self.input)
    }
}

/// What the user says of a file where it does not say so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadChoice<'a> {
    /// What the examples are.
    pub examples: ExampleKind,
    /// The column of a table that holds the text: its name, or its number from 1.
    pub text_column: Option<&'a str>,
    /// What the labels are.
    pub kind: LabelKind,
    /// The column of a table that holds them: its name, or its number from 1.
    pub column: Option<&'a str>,
    /// Whether a CSV file's first line names its columns; `None` leaves it to the rule.
    pub header: Option<bool>,
    /// What turns text into tokens: `bytes`, or a file or folder; `None` for bytes.
    pub tokenizer: Option<&'a Path>,
}

impl<'a> ReadChoice<'a> {
    /// The choice of a configuration.
    #[must_use]
    pub fn of(config: &'a DataConfig) -> Self {
        Self {
            examples: config.examples,
            text_column: config.text_column.as_deref(),
            kind: config.labels,
            column: config.label_column.as_deref(),
            header: config.header,
            tokenizer: config.tokenizer.as_deref(),
        }
    }
}
