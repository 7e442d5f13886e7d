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
    /// Text and a model that takes none, or the other way round.
    #[error("`data.source` is {source_name}, which does not go with the model, expected {expected}")]
    Text {
        /// Name of the data source.
        source_name: &'static str,
        /// What would go together.
        expected: String,
    },
    /// The model's input has another number of features than an example.
    #[error(
        "`model.input` is {input:?} ({features} features), expected {available} features, the shape {shape:?} of \
         one example of {source_name}",
        features = input.iter().product::<usize>(),
        available = shape.iter().product::<usize>()
    )]
    Shape {
        /// Name of the data source.
        source_name: &'static str,
        /// The model's input shape.
        input: Vec<usize>,
        /// Shape of one example as the source has it.
        shape: Vec<usize>,
    },
}

/// What asks for examples.
fn sizes(train: usize, test: usize, validation: usize) -> String {
    match validation {
        0 => format!("`data.train_size` {train} and `data.test_size` {test}"),
        _ => format!("`data.train_size` {train}, `data.test_size` {test} and `data.validation_size` {validation}"),
    }
}
