//! Examples as the window shows them: a look into a data set, and what a network says of it.

use super::RunId;

/// A look into a data set.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct DataPreview {
    /// Where it comes from, such as "two moons, noise 0.18" or a file's name.
    pub source: String,
    /// Shape of one example without the number of examples: `[features]`, `[channels, height, width]` or `[tokens]`; of an image
    /// with its text that of the image.
    pub shape: Vec<usize>,
    /// Training examples.
    pub num_train: usize,
    /// Test examples.
    pub num_test: usize,
    /// Names of the classes; empty for a regression.
    pub classes: Vec<String>,
    /// Training examples of each class.
    pub class_counts: Vec<usize>,
    /// The first examples, training examples first.
    pub rows: Vec<ExampleRow>,
    /// What the file says of itself; empty for what comes with the program.
    pub file: FileFacts,
    /// The examples as text, where they are tokens.
    pub text: Option<TextLook>,
}

/// Examples as text.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct TextLook {
    /// Tokens of one example, T.
    pub tokens: usize,
    /// Different tokens, V.
    pub vocabulary: usize,
    /// The text of each row, in one line and without padding.
    pub rows: Vec<String>,
    /// The first tokens of each row, as numbers.
    pub first: Vec<Vec<u32>>,
    /// What the tokens are, in words, such as "bytes".
    pub tokenizer: String,
    /// Different tokens that a vocabulary must have for the examples, targets among them: one more than the largest.
    pub needed: usize,
    /// How long the examples are.
    pub lengths: TextLengths,
}

/// How many tokens examples of text have, without padding.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct TextLengths {
    /// Tokens of the shortest.
    pub least: usize,
    /// At most so many have half of them.
    pub median: usize,
    /// Tokens of the longest.
    pub most: usize,
    /// Examples by their length, in bins of one width from 1 to `most` tokens; at least one bin where there is an example.
    pub bins: Vec<usize>,
}

/// What a file of data says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct FileFacts {
    /// Examples that it has, training and test examples and the rest.
    pub examples: usize,
    /// Names of the features, in order; empty where it has none.
    pub columns: Vec<String>,
    /// Name of the label; empty where it has none.
    pub label: String,
    /// How it was read, one sentence each.
    pub notes: Vec<String>,
}

/// One example.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ExampleRow {
    /// Its values as the network gets them, in the order of the shape; of an image with its text those of the image, and none
    /// where it is text alone.
    pub x: Vec<f32>,
    /// Its label.
    pub label: ExampleLabel,
    /// It belongs to the test set.
    pub is_test: bool,
}

/// The label of an example.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum ExampleLabel {
    /// A class, by its position.
    Class(usize),
    /// The values of a regression.
    Values(Vec<f32>),
    /// The targets of its tokens as text, without those that do not count.
    Tokens(String),
    /// None: an image and its text belong together.
    Pair,
}

/// What the network at one place of a slice says.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Prediction {
    /// The run on whose slice the place is.
    pub run: RunId,
    /// Step of the slice's centre.
    pub step: u64,
    /// Coordinates of the place on the slice.
    pub place: [f64; 2],
    /// Loss on the slice's examples at that place.
    pub loss: f64,
    /// Accuracy on them, 0 to 1; NaN for a regression.
    pub accuracy: f64,
    /// What it says.
    pub what: Predicted,
}

/// What a network says of its inputs.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Predicted {
    /// Over a grid of the plane, for data of two features.
    Surface {
        /// Coordinates along the first feature, ascending.
        x: Vec<f32>,
        /// Coordinates along the second feature, ascending.
        y: Vec<f32>,
        /// The likeliest class of each cell, row per y.
        class: Vec<u16>,
        /// Its probability.
        confidence: Vec<f32>,
    },
    /// Of the examples of the preview, in their order.
    Examples {
        /// The likeliest class of each; empty for a regression.
        class: Vec<u16>,
        /// Its probability, or the first output of a regression.
        confidence: Vec<f32>,
    },
    /// What it says of texts.
    Texts {
        /// What stands at the targets that count, of the first texts of the preview in their order.
        said: Vec<Vec<SaidToken>>,
        /// What it writes on its own behind the first questions of the test set; empty where the data have none.
        written: Vec<WrittenText>,
    },
    /// To which of the first texts of the preview each of their images is most similar.
    Pairs(Vec<NearTexts>),
}

/// The texts that an image is most similar to: the cosine of the features of both, −1 to 1; NaN where the weights give none.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct NearTexts {
    /// The places of texts and their similarities, the most similar first; at most [`Self::MOST`].
    pub nearest: Vec<(u16, f32)>,
    /// Similarity to the image's own text.
    pub own: f32,
}

impl NearTexts {
    /// Texts that are told at most.
    pub const MOST: usize = 3;
}

/// What a network writes behind a question, by greedy decoding.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WrittenText {
    /// The question.
    pub question: String,
    /// What it writes.
    pub written: String,
    /// What should stand there.
    pub wanted: String,
    /// Whether the answer is right, whatever stands before it.
    pub is_right: bool,
}

/// A token that a network says.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SaidToken {
    /// The likeliest token as text.
    pub said: String,
    /// The target as text.
    pub wanted: String,
    /// Probability of the likeliest.
    pub confidence: f32,
}
