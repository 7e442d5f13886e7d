//! From a configuration to its examples.

use crate::config::DataConfig;

use super::{DataError, Source, Split, Wanted};

/// Builds the training and test examples that `config` describes, each example reshaped to the model's input.
///
/// The split is a stratified permutation: each class has its share in all parts, to within one example. Digits and glyphs come
/// with pixels from 0 to 1 and generated points in the unit of their curves. Images are resized and then examples normalised where
/// `config` asks for it, before the shape is held against the model's. `config` is taken to be valid, as those of a validated
/// [`Experiment`](crate::config::Experiment) are.
///
/// # Errors
/// [`DataError::TooFew`] when the source has too few examples, [`DataError::Shape`] when an example does not fit the input,
/// [`DataError::Resize`] and [`DataError::Normalise`] when what is to be done to examples does not fit them,
/// [`DataError::Import`] when a file cannot be read or does not fit, [`DataError::Unfit`] when text and a model of another kind
/// meet.
pub fn load(config: &DataConfig, wanted: &Wanted<'_>) -> Result<Split, DataError> {
    let input = wanted.input;
    let source = Source::read(config, wanted)?;
    let shape = source.preparation(config)?.shape;
    let fits = |product| product == shape.iter().product::<usize>();
    if !input.iter().try_fold(1, |product: usize, &side| product.checked_mul(side)).is_some_and(fits) {
        return Err(DataError::Shape { source_name: config.source.key(), input: input.to_vec(), shape });
    }
    let mut split = source.split(config)?;
    for data in [&mut split.train, &mut split.test].into_iter().chain(&mut split.validation) {
        data.shape = input.to_vec();
    }
    Ok(split)
}
