//! Names of units: the SHA-256 of what they are, in one form of JSON.
//!
//! The form has keys in order of their bytes, no spaces, and numbers and texts as `serde_json` writes them. Two units with the
//! same content have the same name, whichever plan they stand in and whatever order its keys were given in.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Letters of a name: 128 bits, so that no two units of any plan share one by chance.
const LETTERS: usize = 32;

/// The one text of a value.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// The name of what has this content: 32 hexadecimal digits.
#[must_use]
pub fn id_of(content: &Value) -> String {
    let mut id = hex(&Sha256::digest(canonical(content)));
    id.truncate(LETTERS);
    id
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| key.as_bytes());
            list(text, ['{', '}'], fields, |(key, value), text| {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
            });
        }
        Value::Array(items) => list(text, ['[', ']'], items, write),
        other => text.push_str(&other.to_string()),
    }
}

fn list<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut String),
) {
    text.push(open);
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write(item, text);
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_and_spaces_make_no_difference() {
        let one: Value = serde_json::from_str(r#"{"b": [1, 2.5, null], "a": {"d": "é\n", "c": true}}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"a":{"c":true,"d":"é\n"},"b":[1,2.5,null]}"#).unwrap();
        assert_eq!(canonical(&one), r#"{"a":{"c":true,"d":"é\n"},"b":[1,2.5,null]}"#);
        assert_eq!(canonical(&one), canonical(&other));
        assert_eq!(serde_json::from_str::<Value>(&canonical(&one)).unwrap(), one);
    }

    #[test]
    fn names_are_those_of_the_standard() {
        // `printf '{}' | sha256sum`
        assert_eq!(id_of(&serde_json::json!({})), "44136fa355b3678a1146ad16f7e8649e");
        assert_ne!(id_of(&serde_json::json!({"seed": 1})), id_of(&serde_json::json!({"seed": 2})));
    }
}
