//! A look into a data set: some of its examples, and what can be said of it in a line.

use super::prepare::as_picture;
use super::tokens::TextFacts;
use super::{DataError, Dataset, Labels, Source, Split, Wanted};
use crate::config::{DataConfig, DataSource};
use crate::protocol::{DataPreview, ExampleLabel, ExampleRow, TextLengths, TextLook};

/// Training and test examples of a look where an example is short.
const SHORT_ROWS: [usize; 2] = [600, 400];
/// The same for images and long rows.
const LONG_ROWS: [usize; 2] = [40, 20];
/// Tokens of an example that are told as numbers.
const FIRST: usize = 24;
/// Bins of the lengths of texts at most.
const BINS: usize = 32;
/// Numbers of a short example at most.
const SHORT: usize = 16;

/// Reads a data set without a model. Where a file's `train_size` is 0, four fifths of it become training examples and
/// the rest test examples.
///
/// # Errors
/// As [`load()`](super::load()).
pub fn preview(config: &DataConfig) -> Result<DataPreview, DataError> {
    Source::read(config, &Wanted::ANY)?.preview(config)
}

impl Source {
    /// A look into what was read; see [`preview`].
    ///
    /// # Errors
    /// [`DataError::TooFew`] when there are too few examples.
    pub fn preview(&self, config: &DataConfig) -> Result<DataPreview, DataError> {
        let mut config = config.clone();
        if config.source == DataSource::File && config.train_size == 0 {
            // A file of a few examples has at least one of them.
            let rest = self.len().saturating_sub(config.validation_size);
            let test = (rest / 5).max(1).min(rest.saturating_sub(1));
            (config.train_size, config.test_size) = (rest - test, test);
        }
        let split = self.split(&config)?;
        Ok(preview_of(&config, &split))
    }
}

/// A look into examples that are read already.
#[must_use]
pub fn preview_of(config: &DataConfig, split: &Split) -> DataPreview {
    let [train, test] = if split.train.features() <= SHORT { SHORT_ROWS } else { LONG_ROWS };
    let number = |class: usize| split.class_names.get(class).cloned().unwrap_or_else(|| class.to_string());
    let text = split.text.as_ref();
    let shape = text.filter(|text| !text.image.is_empty()).map_or(&split.train.shape, |text| &text.image);
    let rows = rows(&split.train, train, false, text).chain(rows(&split.test, test, true, text));
    let (mut rows, texts): (Vec<_>, Vec<_>) = rows.unzip();
    rows.iter_mut().for_each(|row| as_picture(config, shape, &mut row.x));
    // The tokens of a large vocabulary are no list to look at.
    let num_classes = match split.train.y {
        Labels::Tokens { .. } => split.class_names.len(),
        _ => split.train.num_classes(),
    };
    DataPreview {
        source: words(config, split),
        shape: shape.clone(),
        num_train: split.train.len(),
        num_test: split.test.len(),
        classes: (0..num_classes).map(number).collect(),
        class_counts: split.train.class_counts(),
        rows,
        file: split.file.clone(),
        text: text.map(|text| text_look(split, text, texts)),
    }
}

/// What is said of examples that are text; `rows` are the first of them.
fn text_look(split: &Split, text: &TextFacts, rows: Vec<String>) -> TextLook {
    let all = || [&split.train, &split.test].into_iter().chain(&split.validation);
    let examples = || all().flat_map(|data| (0..data.len()).map(move |i| text.tokens_of(data.example(i))));
    let is_token = |x: &&f32| **x >= 0.0;
    let largest = examples().flatten().fold(-1.0_f32, |most, &x| most.max(x)) as i64;
    let of_targets = all().filter_map(|data| match &data.y {
        Labels::Tokens { of, .. } => of.iter().copied().max(),
        _ => None,
    });
    let needed = largest.max(of_targets.max().unwrap_or(-1).into()) + 1;
    let lengths: Vec<usize> = examples().map(|tokens| tokens.iter().filter(is_token).count()).collect();
    let [train, test] = if split.train.features() <= SHORT { SHORT_ROWS } else { LONG_ROWS };
    let shown = [(&split.train, train), (&split.test, test)];
    let shown = shown.into_iter().flat_map(|(data, most)| (0..data.len().min(most)).map(move |i| data.example(i)));
    let first =
        |example: &[f32]| text.tokens_of(example).iter().filter(is_token).take(FIRST).map(|&x| x as u32).collect();
    TextLook {
        tokens: text.tokens,
        vocabulary: text.vocabulary,
        rows,
        first: shown.map(first).collect(),
        tokenizer: text.tokenizer.words(),
        needed: usize::try_from(needed).unwrap_or(0),
        lengths: lengths_of(lengths),
    }
}

/// The distribution of lengths.
fn lengths_of(mut lengths: Vec<usize>) -> TextLengths {
    lengths.sort_unstable();
    let (Some(&least), Some(&most)) = (lengths.first(), lengths.last()) else { return TextLengths::default() };
    let width = most.div_ceil(BINS).max(1);
    let mut bins = vec![0; most.div_ceil(width).max(1)];
    for &length in &lengths {
        bins[length.saturating_sub(1) / width] += 1;
    }
    TextLengths { least, median: lengths[(lengths.len() - 1) / 2], most, bins }
}

/// The first examples, each with its text where it has one.
fn rows<'d>(
    data: &'d Dataset,
    most: usize,
    is_test: bool,
    text: Option<&'d TextFacts>,
) -> impl Iterator<Item = (ExampleRow, String)> + use<'d> {
    (0..data.len().min(most)).map(move |i| {
        let (x, words) = text.map_or_else(|| (data.example(i), String::new()), |text| text.read(data.example(i)));
        let label = match &data.y {
            Labels::Classes { of, .. } => ExampleLabel::Class(of[i] as usize),
            Labels::Values { of, outputs } => ExampleLabel::Values(of[i * outputs..(i + 1) * outputs].to_vec()),
            Labels::Tokens { of, tokens, .. } => {
                let of = &of[i * tokens..(i + 1) * tokens];
                ExampleLabel::Tokens(text.map_or_else(String::new, |text| text.targets(of)))
            }
            Labels::Pairs { .. } => ExampleLabel::Pair,
        };
        (ExampleRow { x: x.to_vec(), label, is_test }, words)
    })
}

/// Where the examples come from, such as "two moons, noise 0.18".
fn words(config: &DataConfig, split: &Split) -> String {
    let mut words = match config.source {
        DataSource::Digits => "handwritten digits, 8×8 pixels".to_owned(),
        DataSource::Moons => format!("two moons, noise {}", config.noise),
        DataSource::Spirals => format!("{} spirals, noise {}", config.classes, config.noise),
        DataSource::Circles => format!("two circles, noise {}", config.noise),
        DataSource::Blobs => format!("{} blobs, noise {}", config.classes, config.noise),
        DataSource::Sums => "sums and differences of numbers up to 20".to_owned(),
        DataSource::Chains => {
            let [of, how] = [
                if config.operation.is_add() { "additions" } else { "subtractions" },
                if config.steps { "with worked steps" } else { "with the answer alone" },
            ];
            format!("{of} of four digits modulo 10, {how}")
        }
        DataSource::Glyphs => format!("{} glyphs of the program's fonts, turned and moved", config.classes),
        DataSource::Shapes => "20 shapes that differ in one part, turned and moved".to_owned(),
        DataSource::Textures => "12 textures of random period and phase".to_owned(),
        DataSource::Lesions => "discs with lesions in 5 grades, half of them without".to_owned(),
        DataSource::Handwriting => "62 letters and digits in handwriting, bent and slanted".to_owned(),
        DataSource::Counts => "one to nine marks with the same ink together".to_owned(),
        DataSource::MatrixSensing => {
            let side = split.train.features().isqrt();
            format!("measurements of a {side}×{side} matrix of rank {}, noise {}", config.rank, config.noise)
        }
        DataSource::Scenes => {
            let held_out = match config.held_out {
                0 => String::new(),
                pairs => format!(", {pairs} pairs of shape and colour in the tests alone"),
            };
            format!("scenes of one or two coloured shapes with their captions{held_out}")
        }
        DataSource::File => {
            let name = config.path.as_ref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
            split.format.as_ref().map_or_else(|| name.to_string(), |format| format!("{name}, {format}"))
        }
    };
    if split.flipped > 0 {
        words += &format!(", {} training labels flipped", split.flipped);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;
    use super::super::{ReadChoice, table_columns};
    use super::*;
    use crate::config::LabelKind;

    #[test]
    fn a_look_has_a_bounded_number_of_rows_and_the_counts_of_all() {
        let moons = DataConfig { train_size: 900, test_size: 700, noise: 0.18, ..config(DataSource::Moons) };
        let look = preview(&moons).unwrap();
        assert_eq!((look.rows.len(), look.rows.iter().filter(|row| row.is_test).count()), (1000, 400));
        assert!(!look.rows[599].is_test && look.rows[600].is_test);
        assert_eq!((look.num_train, look.num_test, look.class_counts), (900, 700, vec![450, 450]));
        assert_eq!((look.source.as_str(), look.shape), ("two moons, noise 0.18", vec![2]));
        assert_eq!(look.classes, ["0", "1"]);
        let digits = preview(&config(DataSource::Digits)).unwrap();
        assert_eq!((digits.rows.len(), digits.shape, digits.classes.len()), (60, vec![64], 10));
    }

    #[test]
    fn a_file_is_read_without_a_model() {
        let dir = tempfile::tempdir().unwrap();
        let look = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            preview(&DataConfig { path: Some(path), train_size: 0, test_size: 0, ..config(DataSource::File) })
        };
        let rows: Vec<String> = (0..20).map(|i| format!("{i},1,2,{}", ["cat", "dog"][i % 2])).collect();
        let cats = look("pets.csv", &rows.join("\n")).unwrap();
        assert_eq!((cats.shape, cats.num_train, cats.num_test), (vec![3], 16, 4));
        assert_eq!((cats.classes, cats.class_counts), (vec!["cat".to_owned(), "dog".to_owned()], vec![8, 8]));
        assert_eq!(cats.source, "pets.csv, CSV without a header");
        let rows: Vec<String> = (0..10).map(|i| format!("{i},{}", f64::from(i) * 0.3)).collect();
        let values = look("values.csv", &rows.join("\n")).unwrap();
        assert!(
            values.classes.is_empty() && matches!(&values.rows[0].label, ExampleLabel::Values(of) if of.len() == 1)
        );
        let message = look("bad.csv", "1,2,3\n4,5\n").unwrap_err().to_string();
        assert!(message.contains("line 2 has 2 fields, expected 3"), "{message}");
        let prices = look("prices.csv", "1,2,9000000\n1,2,3\n").unwrap();
        assert!(prices.classes.is_empty(), "too many for classes: {:?}", prices.classes);
    }

    #[test]
    fn the_user_says_what_the_labels_are_and_where() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("houses.csv");
        let rows: Vec<String> = (0..10).map(|i| format!("{i},{},{}", 10 * i, i % 2)).collect();
        std::fs::write(&path, format!("rooms,price,garden\n{}\n", rows.join("\n"))).unwrap();
        let look = |labels: LabelKind, column: Option<&str>| {
            let label_column = column.map(str::to_owned);
            let file = config(DataSource::File);
            preview(&DataConfig { path: Some(path.clone()), labels, label_column, train_size: 0, test_size: 0, ..file })
        };
        let garden = look(LabelKind::Auto, None).unwrap();
        assert_eq!((garden.classes.len(), garden.file.columns.join(" ").as_str()), (2, "rooms price"));
        assert_eq!((garden.file.label.as_str(), garden.file.examples), ("garden", 10));
        assert!(garden.file.notes[0].contains("column 3 (`garden`)"), "{:?}", garden.file.notes);
        let price = look(LabelKind::Numbers, Some("price")).unwrap();
        assert_eq!((price.classes.len(), price.file.columns.join(" ").as_str()), (0, "rooms garden"));
        assert!(matches!(&price.rows[0].label, ExampleLabel::Values(of) if of[0] % 10.0 == 0.0));
        let classes = look(LabelKind::Classes, Some("1")).unwrap();
        assert_eq!((classes.classes.len(), classes.file.label.as_str()), (10, "rooms"));
        let message = look(LabelKind::Auto, Some("rent")).unwrap_err().to_string();
        assert!(message.contains("no column `rent`") && message.contains("`rooms`, `price`, `garden`"), "{message}");
        let columns = table_columns(&path, ReadChoice::default());
        assert_eq!((columns.names.join(" ").as_str(), columns.label), ("rooms price garden", Some(2)));
        std::fs::write(&path, b"a,b,\xff\xfe\n").unwrap();
        assert!(table_columns(&path, ReadChoice::default()).names.is_empty(), "no text");
        std::fs::write(&path, "1,2,9000000\n1,2,-3\n").unwrap();
        let message = look(LabelKind::Classes, None).unwrap_err().to_string();
        assert!(message.contains("a class from 0 to 4095, or numbers"), "{message}");
        let columns = table_columns(&path, ReadChoice::default());
        assert_eq!((columns.names.join(" ").as_str(), columns.has_header), ("1 2 3", false));
    }
}
