//! From a configuration to its examples.

use crate::config::DataConfig;

use super::{DataError, Source, Split, Wanted};

/// Builds the training and test examples that `config` describes, each example reshaped to the model's input.
///
/// The split is a stratified permutation: each class has its share in both parts, to within one example. Digits come
/// with pixels from 0 to 1 and generated points in the unit of their curves; nothing is standardised further. `config`
/// is taken to be valid, as those of a validated [`Experiment`](crate::config::Experiment) are.
///
/// # Errors
/// [`DataError::TooFew`] when the source has too few examples, [`DataError::Shape`] when an example does not fit the input,
/// [`DataError::Import`] when a file cannot be read or does not fit, [`DataError::Text`] when text and a model of another kind
/// meet.
pub fn load(config: &DataConfig, wanted: &Wanted<'_>) -> Result<Split, DataError> {
    let input = wanted.input;
    let mut source = Source::read(config, wanted)?;
    let all = &mut source.data;
    if input.iter().try_fold(1, |product: usize, &side| product.checked_mul(side)) != Some(all.features()) {
        let shape = all.shape.clone();
        return Err(DataError::Shape { source_name: config.source.key(), input: input.to_vec(), shape });
    }
    all.shape = input.to_vec();
    source.split(config)
}
