//! Why data cannot be had.

use super::ImportError;

/// Why the data of a configuration cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// A file of the user's own does not fit.
    #[error("`data.path`: {0}")]
    Import(#[from] ImportError),
    /// More examples are asked for than there are.
    #[error(
        "{sizes} ask for {asked} examples, expected at most the {available} of {source_name}",
        sizes = sizes(*train_size, *test_size, *validation_size),
        asked = train_size.saturating_add(*test_size).saturating_add(*validation_size)
    )]
    TooFew {
        /// Name of the data source.
        source_name: &'static str,
        /// Training examples asked for.
        train_size: usize,
        /// Test examples asked for.
        test_size: usize,
        /// Validation examples asked for.
        validation_size: usize,
        /// Examples that the source has.
        available: usize,
    },
    /// More test examples are asked for than a source has whose tests are not drawn from the others.
    #[error("`data.test_size` is {test_size}, expected at most {most}: the test examples of {what}")]
    TooFewTests {
        /// The source, and what its test examples are.
        what: &'static str,
        /// Test examples asked for.
        test_size: usize,
        /// How many there are.
        most: usize,
    },
    /// Text and a model that takes none, or the other way round; numbers and a model that says no number.
    #[error("`data.source` is {source_name}, which does not go with the model, expected {expected}")]
    Unfit {
        /// Name of the data source.
        source_name: &'static str,
        /// What would go together.
        expected: String,
    },
    /// The model's input has another number of features than an example.
    #[error(
        "`model.input` is {input:?} ({features} features), expected {available} features, the shape {shape:?} of \
         one example of {source_name}{hint}",
        features = input.iter().product::<usize>(),
        available = shape.iter().product::<usize>(),
        hint = hint(input, shape)
    )]
    Shape {
        /// Name of the data source.
        source_name: &'static str,
        /// The model's input shape.
        input: Vec<usize>,
        /// Shape of one example as the source has it, or as it is after resizing.
        shape: Vec<usize>,
    },
    /// What is no image has no size.
    #[error(
        "`data.resize` is {side}, expected none unless examples are images: one of {source_name} has the shape {shape:?}"
    )]
    Resize {
        /// Pixels of a side that were asked for.
        side: usize,
        /// Name of the data source.
        source_name: &'static str,
        /// Shape of one example.
        shape: Vec<usize>,
    },
    /// Numbers for normalising that do not fit the examples.
    #[error("`{setting}` has {found} number{s}, expected {}", expected.of(source_name), s = if *found == 1 { "" } else { "s" })]
    Normalise {
        /// `data.mean` or `data.std`.
        setting: &'static str,
        /// How many numbers it has.
        found: usize,
        /// Name of the data source.
        source_name: &'static str,
        /// How many there may be.
        expected: Normalising,
    },
    /// It would take more memory than is allowed.
    #[error("{0}")]
    TooLarge(String),
}

/// What has a mean and a standard deviation of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalising {
    /// Each of so many channels of an image.
    Channels(usize),
    /// Each of so many features.
    Features(usize),
    /// Nothing: tokens are names of pieces of text.
    Text,
}

impl Normalising {
    /// How many numbers are expected, and why.
    fn of(self, source_name: &str) -> String {
        match self {
            Self::Channels(1) => format!("1, since an image of {source_name} has one channel"),
            Self::Channels(count) => format!("1 for all or {count}, one for each channel of an image of {source_name}"),
            Self::Features(1) => format!("1, since an example of {source_name} has one feature"),
            Self::Features(count) => format!("1 for all or {count}, one for each feature of {source_name}"),
            Self::Text => format!("none, since {source_name} is text"),
        }
    }
}

/// What would make images fit a model that takes square ones with as many channels.
fn hint(input: &[usize], shape: &[usize]) -> String {
    match (input, shape) {
        ([channels, height, width], [of_data, _, _]) if height == width && channels == of_data => {
            format!("; `data.resize = {height}` would fit")
        }
        _ => String::new(),
    }
}

/// What asks for examples.
fn sizes(train: usize, test: usize, validation: usize) -> String {
    match validation {
        0 => format!("`data.train_size` {train} and `data.test_size` {test}"),
        _ => format!("`data.train_size` {train}, `data.test_size` {test} and `data.validation_size` {validation}"),
    }
}
