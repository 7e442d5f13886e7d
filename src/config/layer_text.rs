//! The text of a layer, or of a residual block of layers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A layer, or a residual block of layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a layer is a text such as \"linear 32\", or a list of layers (a residual block)")]
pub enum LayerText {
    /// One layer, such as `"linear 32"` or `"conv 16 3x3 same"`.
    Text(String),
    /// A residual block: y = x + body(x), or body(x) + shortcut(x) where the text `"shortcut"` parts the two.
    Block(Vec<Self>),
}

impl From<&str> for LayerText {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for LayerText {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Vec<T>> for LayerText {
    fn from(layers: Vec<T>) -> Self {
        Self::Block(layers.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for LayerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Block(layers) => {
                f.write_str("[")?;
                for (index, layer) in layers.iter().enumerate() {
                    write!(f, "{}{layer}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
        }
    }
}
