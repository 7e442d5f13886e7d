//! Labels of examples in words.

use crate::protocol::{DataPreview, ExampleLabel, ExampleRow};
use crate::ui::kit::format;

/// The words of a label.
pub fn label_words(data: &DataPreview, row: &ExampleRow) -> String {
    match &row.label {
        ExampleLabel::Class(class) => data.classes.get(*class).map_or_else(|| class.to_string(), Clone::clone),
        ExampleLabel::Values(of) => {
            of.iter().take(3).map(|value| format::number(f64::from(*value))).collect::<Vec<_>>().join(", ")
        }
        ExampleLabel::Tokens(text) => text.clone(),
        ExampleLabel::Pair => String::new(),
    }
}
