//! A look into a data set: some of its examples, and what can be said of it in a line.

use super::prepare::as_picture;
use super::tokens::TextFacts;
use super::{DataError, Dataset, Labels, Source, Split, Wanted};
use crate::config::{DataConfig, DataSource};
use crate::protocol::{DataPreview, ExampleLabel, ExampleRow, TextLook};

/// Training and test examples of a look where an example is short.
const SHORT_ROWS: [usize; 2] = [600, 400];
/// The same for images and long rows.
const LONG_ROWS: [usize; 2] = [40, 20];
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
        text: text.map(|text| TextLook { tokens: text.tokens, vocabulary: text.vocabulary, rows: texts }),
    }
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
        DataSource::Glyphs => format!("{} glyphs of the program's fonts, turned and moved", config.classes),
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
