//! The columns of a file, and what the metadata of Hugging Face's `datasets` says of their classes.

use arrow_schema::DataType;
use parquet::schema::types::SchemaDescriptor;
use serde_json::Value;

use super::super::super::arrays::one_line;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name.
    pub name: String,
    /// Its place, from 0.
    pub place: usize,
    /// What it holds.
    pub kind: Kind,
    /// Those of its leaves that are read.
    pub leaves: Vec<usize>,
    /// The names of its classes, in the order of their numbers; empty where the file has none.
    pub classes: Vec<String>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Files of images.
    Images,
    /// Lists of numbers, perhaps in lists.
    Lists,
    /// A number or a truth value.
    Numbers,
    /// Text.
    Text,
    /// What is not read, in words.
    Other(&'static str),
}

impl Kind {
    /// What it is in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Lists => "lists of numbers",
            Self::Numbers => "numbers",
            Self::Text => "text",
            Self::Other(words) => words,
        }
    }

    fn of(kind: &DataType) -> Self {
        match kind {
            DataType::Struct(fields) => {
                let has_bytes = fields.iter().any(|field| field.name() == BYTES && is_bytes(field.data_type()));
                if has_bytes { Self::Images } else { Self::Other("structures") }
            }
            kind if is_bytes(kind) => Self::Images,
            kind if is_number(kind) => Self::Numbers,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                match Self::of(item.data_type()) {
                    Self::Numbers | Self::Lists => Self::Lists,
                    Self::Images => Self::Other("lists of images"),
                    Self::Text => Self::Other("lists of text"),
                    other @ Self::Other(_) => other,
                }
            }
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Self::Other("decimals of fixed point (save them as floats)")
            }
            kind if kind.is_temporal() => Self::Other("dates or times"),
            DataType::Null => Self::Other("nothing but nulls"),
            DataType::Map(..) => Self::Other("maps"),
            _ => Self::Other("values of a kind that is not read"),
        }
    }
}

/// The part of a structure of an image that is its file.
pub(super) const BYTES: &str = "bytes";

const fn is_bytes(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

fn is_number(kind: &DataType) -> bool {
    kind.is_integer() || kind.is_floating() || *kind == DataType::Boolean
}

impl Column {
    /// The columns of a schema; `metadata` is what `datasets` has written beside it.
    pub fn all(schema: &arrow_schema::Schema, leaves: &SchemaDescriptor, metadata: Option<&str>) -> Vec<Self> {
        let metadata: Value = metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let features = &metadata["info"]["features"];
        let column = |(place, field): (usize, &arrow_schema::FieldRef)| {
            let kind = Kind::of(field.data_type());
            let is_of_it = |&leaf: &usize| {
                let parts = leaves.column(leaf);
                let parts = parts.path().parts();
                let is_read = kind != Kind::Images || parts.len() == 1 || parts[1..] == [BYTES.to_owned()];
                leaves.get_column_root_idx(leaf) == place && is_read
            };
            Self {
                name: field.name().clone(),
                place,
                kind,
                leaves: (0..leaves.num_columns()).filter(is_of_it).collect(),
                classes: class_names(&features[field.name()]),
            }
        };
        schema.fields().iter().enumerate().map(column).collect()
    }

    /// Its number from 1 and its name, as the columns of a table are told.
    pub fn words(&self) -> String {
        if self.name.is_empty() {
            return (self.place + 1).to_string();
        }
        format!("{} (`{}`)", self.place + 1, one_line(&self.name))
    }

    /// Whether it may be a label.
    pub const fn may_be_label(&self) -> bool {
        matches!(self.kind, Kind::Numbers | Kind::Text)
    }
}

/// The names of a `ClassLabel`.
fn class_names(feature: &Value) -> Vec<String> {
    let names = feature["names"].as_array().filter(|_| feature["_type"] == "ClassLabel");
    let names = names.and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    names.unwrap_or_default()
}

/// Columns by name and kind, each with one leaf; one whose name ends with `_` has a class's name.
#[cfg(test)]
pub(super) fn of_kinds(of: &[(&str, Kind)]) -> Vec<Column> {
    let column = |(place, &(name, kind)): (usize, &(&str, Kind))| Column {
        name: name.to_owned(),
        place,
        kind,
        leaves: vec![place],
        classes: if name.ends_with('_') { vec!["a".to_owned()] } else { Vec::new() },
    };
    of.iter().enumerate().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_classes_are_those_of_a_class_label() {
        let feature = |text: &str| class_names(&serde_json::from_str(text).unwrap());
        assert_eq!(feature(r#"{"names": ["cat", "dog"], "_type": "ClassLabel"}"#), ["cat", "dog"]);
        for text in [r#"{"names": ["cat"], "_type": "Value"}"#, r#"{"names": [1], "_type": "ClassLabel"}"#, "null", "3"]
        {
            assert!(feature(text).is_empty(), "{text}");
        }
    }
}
