//! Where the examples come from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::within;

/// Where the examples come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSource {
    /// 1 797 handwritten digits of 8×8 pixels in 10 classes.
    Digits,
    /// Two interleaved half circles.
    Moons,
    /// Two interleaved spirals.
    Spirals,
    /// A circle around a circle.
    Circles,
    /// Gaussian blobs in the plane.
    Blobs,
    /// Sums and differences as text, whose results are to be said.
    Sums,
    /// Sums or differences of four digits modulo 10 as text, with their steps or with the answer alone.
    Chains,
    /// Letters and digits of the program's own fonts as pictures, turned, scaled and moved at random.
    Glyphs,
    /// Pictures of shapes that differ in one part, in 20 classes.
    Shapes,
    /// Pictures that are filled with a texture, in 12 classes.
    Textures,
    /// Pictures of discs with lesions, in 5 grades that are not equally frequent.
    Lesions,
    /// Letters and digits of the same fonts as different hands write them, in 62 classes.
    Handwriting,
    /// Pictures of one to nine marks, in 9 classes: how many there are.
    Counts,
    /// Measurements of a matrix of small rank, which the layer `gram` is to find.
    MatrixSensing,
    /// Pictures of one or two coloured shapes with their captions, for two towers.
    Scenes,
    /// A file or folder of the user's own, named by `data.path`.
    File,
}

impl DataSource {
    /// All that come with the program.
    pub const ALL: [Self; 15] = [
        Self::Digits,
        Self::Moons,
        Self::Spirals,
        Self::Circles,
        Self::Blobs,
        Self::Sums,
        Self::Chains,
        Self::Glyphs,
        Self::Shapes,
        Self::Textures,
        Self::Lesions,
        Self::Handwriting,
        Self::Counts,
        Self::MatrixSensing,
        Self::Scenes,
    ];

    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Moons => "moons",
            Self::Spirals => "spirals",
            Self::Circles => "circles",
            Self::Blobs => "blobs",
            Self::Sums => "sums",
            Self::Chains => "chains",
            Self::Glyphs => "glyphs",
            Self::Shapes => "shapes",
            Self::Textures => "textures",
            Self::Lesions => "lesions",
            Self::Handwriting => "handwriting",
            Self::Counts => "counts",
            Self::MatrixSensing => "matrix-sensing",
            Self::Scenes => "scenes",
            Self::File => "file",
        }
    }

    /// Whether its examples are text that comes with the program.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Sums | Self::Chains)
    }

    /// Channels, height and width of its examples, where they are pictures that come with the program.
    #[must_use]
    pub const fn picture(self) -> Option<[usize; 3]> {
        match self {
            Self::Digits => Some([1, 8, 8]),
            Self::Glyphs | Self::Shapes | Self::Textures | Self::Lesions | Self::Handwriting | Self::Counts => {
                Some([1, 16, 16])
            }
            Self::Moons
            | Self::Spirals
            | Self::Circles
            | Self::Blobs
            | Self::Sums
            | Self::Chains
            | Self::MatrixSensing
            | Self::Scenes
            | Self::File => None,
        }
    }
}

/// What chains of digits are worked out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Each digit is added to what those before it make.
    #[default]
    Add,
    /// Each digit is taken off what those before it make.
    Subtract,
}

impl Operation {
    /// All, in the order of lists.
    pub const ALL: [Self; 2] = [Self::Add, Self::Subtract];

    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Subtract => "subtract",
        }
    }

    /// Whether it is [`Self::Add`].
    #[must_use]
    pub fn is_add(&self) -> bool {
        *self == Self::Add
    }
}

/// Pairs of a shape and a colour that may be held out, of 24: each shape and each colour is still seen.
pub const MOST_HELD_OUT: usize = 12;

/// What the labels of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelKind {
    /// What the model takes; without one, what they look like.
    #[default]
    Auto,
    /// Classes: words or whole numbers.
    Classes,
    /// Numbers, for a regression.
    Numbers,
}

impl LabelKind {
    /// All, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Classes, Self::Numbers];

    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Classes => "classes",
            Self::Numbers => "numbers",
        }
    }

    /// Whether it is [`Self::Auto`].
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// What the examples of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExampleKind {
    /// What the model takes; without one, what they look like.
    #[default]
    Auto,
    /// Numbers or images.
    Numbers,
    /// Text, or tokens.
    Text,
    /// Images with their texts.
    Pairs,
}

impl ExampleKind {
    /// All, in the order of lists.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Numbers, Self::Text, Self::Pairs];

    /// The name in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Numbers => "numbers",
            Self::Text => "text",
            Self::Pairs => "pairs",
        }
    }

    /// Whether it is [`Self::Auto`].
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// The data set and its split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Where the examples come from.
    pub source: DataSource,
    /// The file or folder, for `source = "file"`; in an experiment file relative to that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// What the examples of the file are.
    #[serde(default, skip_serializing_if = "ExampleKind::is_auto")]
    pub examples: ExampleKind,
    /// The column of a table that is the text: its name, or its number from 1. `None` for the only one, or the one with a usual
    /// name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    /// What the labels of the file are.
    #[serde(default, skip_serializing_if = "LabelKind::is_auto")]
    pub labels: LabelKind,
    /// The column of a CSV file that is the label: its name in the header, or its number from 1. `None` for the column `y`,
    /// `label` or `class`, else the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Whether the first line of a CSV file names its columns; `None` where its look decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What turns the text of a file into tokens: `bytes`, a `tokenizer.json`, or a folder with `vocab.json` and `merges.txt`; in an
    /// experiment file relative to that file. `None` for bytes, and for numbers where the file has tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<PathBuf>,
    /// Training examples.
    pub train_size: usize,
    /// Test examples.
    pub test_size: usize,
    /// Validation examples, apart from those of training and test: for `keep = "best-validation"` and for tuning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub validation_size: usize,
    /// Pixels of a side to which images are resized; `None` leaves them as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resize: Option<usize>,
    /// Taken off each channel of an image, or off each feature; one number for all or one for each. Empty for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f64>,
    /// What each channel, or each feature, is divided by after that; likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub std: Vec<f64>,
    /// Seed of the split, of generated points and of flipped labels.
    #[serde(default)]
    pub seed: u64,
    /// Standard deviation of the points around their curve, of each pixel of drawn pictures, or of each measurement of a matrix.
    #[serde(default)]
    pub noise: f64,
    /// Number of classes, for blobs and spirals.
    #[serde(default = "two")]
    pub classes: usize,
    /// Rank of the matrix that is measured, for matrix sensing.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub rank: usize,
    /// Pairs of a shape and a colour that no training scene has, only test scenes, 0 to [`MOST_HELD_OUT`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held_out: usize,
    /// What chains are worked out by.
    #[serde(default, skip_serializing_if = "Operation::is_add")]
    pub operation: Operation,
    /// Whether the steps of chains stand before their answers.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub steps: bool,
    /// Share of the training labels that are replaced by another class, 0 to 1.
    #[serde(default)]
    pub label_noise: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(value: &usize) -> bool {
    *value == 0
}

const fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_one(value: &usize) -> bool {
    *value == 1
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_yes(value: &bool) -> bool {
    *value
}

const fn two() -> usize {
    2
}

impl DataConfig {
    /// Checks every value.
    ///
    /// # Errors
    /// The first setting that is out of range, with what was expected.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let is_file = self.source == DataSource::File;
        if is_file != self.path.as_ref().is_some_and(|path| !path.as_os_str().is_empty()) {
            return Err(ConfigError::OutOfRange {
                name: "data.path".to_owned(),
                value: self.path.as_ref().map_or_else(|| "missing".to_owned(), |path| path.display().to_string()),
                expected: if is_file { "the data's file or folder" } else { "none unless `data.source` is file" }
                    .to_owned(),
            });
        }
        let has_more = self.label_column.is_some() || self.header.is_some() || self.tokenizer.is_some();
        let says_what = !self.examples.is_auto() || self.text_column.is_some() || !self.labels.is_auto();
        if !is_file && (says_what || has_more) {
            return Err(ConfigError::OutOfRange {
                name: "data.labels".to_owned(),
                value: "given".to_owned(),
                expected: "no `examples`, `text_column`, `labels`, `label_column`, `header` or `tokenizer` unless \
                           `data.source` is file"
                    .to_owned(),
            });
        }
        if let Some(column) = self.text_column.as_ref().filter(|_| self.examples == ExampleKind::Numbers) {
            return Err(ConfigError::OutOfRange {
                name: "data.text_column".to_owned(),
                value: column.clone(),
                expected: "none where `data.examples` is numbers".to_owned(),
            });
        }
        within("data.train_size", self.train_size as f64, 1.0, 1e7)?;
        within("data.test_size", self.test_size as f64, 1.0, 1e7)?;
        within("data.validation_size", self.validation_size as f64, 0.0, 1e7)?;
        if let Some(side) = self.resize {
            within("data.resize", side as f64, 1.0, 1024.0)?;
        }
        for &mean in &self.mean {
            within("data.mean", mean, -1e9, 1e9)?;
        }
        for &std in &self.std {
            within("data.std", std, 1e-9, 1e9)?;
        }
        within("data.noise", self.noise, 0.0, 10.0)?;
        within("data.rank", self.rank as f64, 1.0, 1e4)?;
        if self.source != DataSource::Scenes && self.held_out > 0 {
            let value = self.held_out.to_string();
            return Err(ConfigError::out_of_range("data.held_out", value, "0 unless `data.source` is scenes"));
        }
        within("data.held_out", self.held_out as f64, 0.0, MOST_HELD_OUT as f64)?;
        within("data.label_noise", self.label_noise, 0.0, 1.0)?;
        within("data.classes", self.classes as f64, 2.0, if self.source == DataSource::Glyphs { 62.0 } else { 10.0 })
    }
}
