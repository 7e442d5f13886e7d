//! Data sets, their split into training and test examples, and the order in which training visits them.
//!
//! [`load`] builds the examples that a [`DataConfig`] describes; [`BatchStream`] says which of them a step uses.
//! Everything random comes from `ChaCha8` and is a function of the seed alone. Different purposes read different
//! streams of it, so that for instance the share of flipped labels does not change the points.

pub mod arrays;
mod batch;
mod digits;
mod generated;
mod import;
mod preview;
mod source;
mod split;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::config::DataConfig;
use crate::protocol::FileFacts;

pub use batch::{Batch, BatchStream};
pub use import::{
    Columns, DataFormat, ImportError, Imported, LabelChoice, Problem, Wanted, import, import_as, recognise,
    table_columns,
};
pub use preview::{preview, preview_of};
pub use source::Source;

/// Labelled examples of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The inputs, row major `[n, …shape]`.
    pub x: Vec<f32>,
    /// Shape of one example: `[features]` or `[channels, height, width]`.
    pub shape: Vec<usize>,
    /// What a model should say of each example.
    pub y: Labels,
}

/// What a model should say of each example.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// A class.
    Classes {
        /// The class of each example, `[n]`, each below `count`.
        of: Vec<u32>,
        /// Number of classes.
        count: usize,
    },
    /// Numbers, for regression.
    Values {
        /// Row-major `[n, outputs]`.
        of: Vec<f32>,
        /// Numbers of one example, at least 1.
        outputs: usize,
    },
}

impl Labels {
    /// Number of examples.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Classes { of, .. } => of.len(),
            Self::Values { of, outputs } => of.len() / *outputs,
        }
    }

    /// Whether there is no example.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of the examples with these indices, in their order.
    ///
    /// # Panics
    /// When an index names no example.
    #[must_use]
    pub fn select(&self, indices: &[u32]) -> Self {
        match self {
            Self::Classes { of, count } => {
                Self::Classes { of: indices.iter().map(|&i| of[i as usize]).collect(), count: *count }
            }
            Self::Values { of, outputs } => {
                let row = |&i: &u32| &of[i as usize * outputs..(i as usize + 1) * outputs];
                Self::Values { of: indices.iter().flat_map(row).copied().collect(), outputs: *outputs }
            }
        }
    }
}

impl Dataset {
    /// Number of examples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// Whether there is no example.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    /// Numbers of one example: the product of its shape.
    #[must_use]
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// The inputs of example `i`, `[features]`.
    ///
    /// # Panics
    /// When there is no example `i`.
    #[must_use]
    pub fn example(&self, i: usize) -> &[f32] {
        let features = self.features();
        &self.x[i * features..(i + 1) * features]
    }

    /// The examples with these indices, in their order.
    ///
    /// # Panics
    /// When an index names no example.
    #[must_use]
    pub fn select(&self, indices: &[u32]) -> Self {
        let mut x = Vec::with_capacity(indices.len() * self.features());
        for &i in indices {
            x.extend_from_slice(self.example(i as usize));
        }
        Self { x, shape: self.shape.clone(), y: self.y.select(indices) }
    }

    /// The first `n` examples, or all of them where there are fewer.
    #[must_use]
    pub fn first(&self, n: usize) -> Self {
        let n = n.min(self.len());
        let y = match &self.y {
            Labels::Classes { of, count } => Labels::Classes { of: of[..n].to_vec(), count: *count },
            Labels::Values { of, outputs } => Labels::Values { of: of[..n * outputs].to_vec(), outputs: *outputs },
        };
        Self { x: self.x[..n * self.features()].to_vec(), shape: self.shape.clone(), y }
    }

    /// The class of each example; nothing for regression.
    #[must_use]
    pub fn classes(&self) -> &[u32] {
        match &self.y {
            Labels::Classes { of, .. } => of,
            Labels::Values { .. } => &[],
        }
    }

    /// Number of classes; 0 for regression.
    #[must_use]
    pub const fn num_classes(&self) -> usize {
        match &self.y {
            Labels::Classes { count, .. } => *count,
            Labels::Values { .. } => 0,
        }
    }

    /// How many examples each class has, `[classes]`; nothing for regression.
    #[must_use]
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.num_classes()];
        for &class in self.classes() {
            counts[class as usize] += 1;
        }
        counts
    }
}

/// Training and test examples, disjoint. Any beginning of either is nearly balanced, so "the first n" is a fair subset.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What optimisers see, with flipped labels where the configuration asks for them.
    pub train: Dataset,
    /// What test loss and accuracy are measured on; its labels are never flipped.
    pub test: Dataset,
    /// How many training labels were replaced by another class.
    pub flipped: usize,
    /// The classes' names in the order of their numbers; empty where there are only numbers.
    pub class_names: Vec<String>,
    /// What a file was read as, such as "CSV with a header".
    pub format: Option<String>,
    /// What a file says of itself.
    pub file: FileFacts,
}

/// Why the data of a configuration cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// A file of the user's own does not fit.
    #[error("`data.path`: {0}")]
    Import(#[from] ImportError),
    /// More examples are asked for than there are.
    #[error(
        "`data.train_size` {train_size} and `data.test_size` {test_size} ask for {asked} examples, \
         expected at most the {available} of {source_name}",
        asked = train_size.saturating_add(*test_size)
    )]
    TooFew {
        /// Name of the data source.
        source_name: &'static str,
        /// Training examples asked for.
        train_size: usize,
        /// Test examples asked for.
        test_size: usize,
        /// Examples that the source has.
        available: usize,
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

/// Builds the training and test examples that `config` describes, each example reshaped to the model's input.
///
/// The split is a stratified permutation: each class has its share in both parts, to within one example. Digits come
/// with pixels from 0 to 1 and generated points in the unit of their curves; nothing is standardised further. `config`
/// is taken to be valid, as those of a validated [`Experiment`](crate::config::Experiment) are.
///
/// # Errors
/// [`DataError::TooFew`] when the source has too few examples, [`DataError::Shape`] when an example does not fit the input,
/// [`DataError::Import`] when a file cannot be read or does not fit.
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

/// What a random stream is for: streams of different purposes are independent under one seed.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// The order of the examples in this epoch.
    Epoch(u64),
    /// Noise of generated points.
    Points,
    /// The permutation before the split.
    Split,
    /// Which labels are flipped, and to what.
    Labels,
}

fn rng(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(match purpose {
        Purpose::Epoch(epoch) => epoch,
        Purpose::Points => u64::MAX,
        Purpose::Split => u64::MAX - 1,
        Purpose::Labels => u64::MAX - 2,
    });
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DataSource, LabelKind, LossKind};

    pub(super) fn config(source: DataSource) -> DataConfig {
        DataConfig {
            source,
            path: None,
            labels: LabelKind::Auto,
            label_column: None,
            train_size: 300,
            test_size: 201,
            seed: 3,
            noise: 0.1,
            classes: 3,
            label_noise: 0.0,
        }
    }

    fn input(source: DataSource) -> &'static [usize] {
        if source == DataSource::Digits { &[64] } else { &[2] }
    }

    fn loaded(config: &DataConfig) -> Split {
        fitting(config, input(config.source)).unwrap()
    }

    fn fitting(config: &DataConfig, input: &[usize]) -> Result<Split, DataError> {
        load(config, &Wanted { input, outputs: 10, loss: LossKind::CrossEntropy })
    }

    #[test]
    fn train_and_test_are_disjoint_and_have_the_sizes_asked_for() {
        for source in DataSource::ALL {
            let split = loaded(&config(source));
            assert_eq!((split.train.len(), split.test.len()), (300, 201), "{source:?}");
            assert_eq!(split.train.x.len(), 300 * split.train.features(), "{source:?}");
            let bits = |x: &[f32]| x.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            let train: std::collections::HashSet<_> = (0..300).map(|i| bits(split.train.example(i))).collect();
            assert_eq!(train.len(), 300, "{source:?}: training examples repeat");
            let shared = (0..201).filter(|&i| train.contains(&bits(split.test.example(i)))).count();
            assert_eq!(shared, 0, "{source:?}: test examples are in the training set");
        }
    }

    #[test]
    fn each_class_has_its_share_of_every_beginning() {
        for source in DataSource::ALL {
            let split = loaded(&config(source));
            let classes = split.train.num_classes();
            for n in [60, 150, 300] {
                for (class, &count) in split.train.first(n).class_counts().iter().enumerate() {
                    let share = n as f64 / classes as f64;
                    // Digits' classes have 174 to 183 examples, so their shares differ from equal ones by under 4 %.
                    assert!((count as f64 - share).abs() <= 1.0 + 0.04 * share, "{source:?} {class}: {count} of {n}");
                }
            }
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        for source in DataSource::ALL {
            let first = DataConfig { label_noise: 0.2, ..config(source) };
            let other = DataConfig { seed: 4, ..first.clone() };
            assert_eq!(loaded(&first), loaded(&first), "{source:?}");
            assert_ne!(loaded(&first), loaded(&other), "{source:?}");
        }
    }

    #[test]
    fn label_noise_flips_exactly_its_share_of_training_labels_only() {
        for source in DataSource::ALL {
            let clean = loaded(&config(source));
            assert_eq!(clean.flipped, 0);
            for (share, expected) in [(0.1, 30), (0.2217, 67), (1.0, 300)] {
                let noisy = loaded(&DataConfig { label_noise: share, ..config(source) });
                let different = clean.train.classes().iter().zip(noisy.train.classes()).filter(|(a, b)| a != b).count();
                assert_eq!((different, noisy.flipped), (expected, expected), "{source:?} {share}");
                assert!(noisy.train.classes().iter().all(|&class| (class as usize) < noisy.train.num_classes()));
                assert_eq!(noisy.test, clean.test, "{source:?}");
                assert_eq!(noisy.train.x, clean.train.x, "{source:?}");
            }
        }
    }

    #[test]
    fn examples_take_the_shape_of_the_models_input() {
        let flat = fitting(&config(DataSource::Digits), &[64]).unwrap();
        let image = fitting(&config(DataSource::Digits), &[1, 8, 8]).unwrap();
        assert_eq!((flat.train.shape, image.train.shape), (vec![64], vec![1, 8, 8]));
        assert_eq!(flat.train.x, image.train.x);
        let message = fitting(&config(DataSource::Digits), &[1, 8, 9]).unwrap_err().to_string();
        assert_eq!(
            message,
            "`model.input` is [1, 8, 9] (72 features), expected 64 features, the shape [64] of one example of digits"
        );
        assert!(fitting(&config(DataSource::Moons), &[3]).is_err());
        assert!(fitting(&config(DataSource::Moons), &[usize::MAX, 4]).is_err());
    }

    #[test]
    fn too_many_digits_are_refused() {
        let all = DataConfig { train_size: 500, test_size: 1297, ..config(DataSource::Digits) };
        assert!(fitting(&all, &[64]).is_ok());
        let message = fitting(&DataConfig { test_size: 1298, ..all }, &[64]).unwrap_err().to_string();
        assert_eq!(
            message,
            "`data.train_size` 500 and `data.test_size` 1298 ask for 1798 examples, expected at most the 1797 of digits"
        );
    }

    /// Sessions are replayed from their seed, so these values must never change.
    #[test]
    fn random_streams_are_pinned() {
        let split = loaded(&DataConfig { train_size: 6, test_size: 2, label_noise: 0.5, ..config(DataSource::Moons) });
        let rounded: Vec<i32> = split.train.x.iter().map(|v| (v * 1e4).round() as i32).collect();
        assert_eq!(rounded, PINNED_X);
        assert_eq!(split.train.classes(), PINNED_Y);
        let digits = loaded(&DataConfig { train_size: 12, test_size: 2, ..config(DataSource::Digits) });
        assert_eq!(digits.train.classes(), PINNED_DIGITS);
    }

    const PINNED_X: [i32; 12] = [-412, 4952, -1229, -5781, 4884, -3040, 13182, 1252, -8783, 7391, -5152, 2238];
    const PINNED_Y: [u32; 6] = [1, 1, 0, 0, 0, 0];
    const PINNED_DIGITS: [u32; 12] = [3, 1, 5, 4, 6, 9, 7, 0, 2, 8, 3, 5];

    #[test]
    fn a_file_is_split_as_any_other_source() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.csv");
        let rows: Vec<String> = (0..60).map(|i| format!("{i},{},{}", i % 7, i % 3)).collect();
        std::fs::write(&path, rows.join("\n")).unwrap();
        let config = DataConfig { path: Some(path), train_size: 30, test_size: 12, ..config(DataSource::File) };
        let wanted = Wanted { input: &[2], outputs: 3, loss: LossKind::CrossEntropy };
        let split = load(&config, &wanted).unwrap();
        assert_eq!(split.train.class_counts(), [10, 10, 10]);
        assert_eq!(split.test.class_counts(), [4, 4, 4]);
        let many = DataConfig { train_size: 49, ..config.clone() };
        let message = load(&many, &wanted).unwrap_err().to_string();
        assert!(message.contains("ask for 61 examples, expected at most the 60 of file"), "{message}");
        let message = load(&config, &Wanted { input: &[3], ..wanted }).unwrap_err().to_string();
        assert!(message.starts_with("`data.path`: an example of x has the shape [2], expected [3]"), "{message}");
    }
}
