//! The sizes that one may choose of a built-in model, as they are typed.

use crate::config::{ConfigError, nearest};

/// Most that a width, a number of classes or a side may be; products are checked where the network is put together.
const MOST: usize = 1 << 20;
/// A model file has at most a thousand layers, and a block of a transformer is two.
const MOST_BLOCKS: usize = 400;

/// What differs from a model's own sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelSizes {
    /// Classes; of a language model, its vocabulary.
    pub classes: Option<usize>,
    /// The shape of an example.
    pub input: Option<InputSize>,
    /// Channels of the first stage, or numbers of a token.
    pub width: Option<usize>,
    /// Blocks.
    pub depth: Option<usize>,
    /// Heads of each attention.
    pub heads: Option<usize>,
}

/// The shape of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputSize {
    /// Channels, height and width.
    Image([usize; 3]),
    /// So many tokens at most.
    Tokens(usize),
}

impl std::fmt::Display for InputSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Image([channels, height, width]) => write!(f, "{channels},{height},{width}"),
            Self::Tokens(tokens) => write!(f, "{tokens}"),
        }
    }
}

/// The options in the order in which they are told.
pub const OPTIONS: [&str; 5] = ["--classes", "--input", "--width", "--depth", "--heads"];

impl ModelSizes {
    /// Sets the size that an option names.
    ///
    /// # Errors
    /// A value that is no size, or an option that there is not, with what was expected.
    pub fn set(&mut self, option: &str, text: &str) -> Result<(), ConfigError> {
        match option {
            "--classes" => self.classes = Some(whole(option, text, MOST)?),
            "--input" => self.input = Some(input(text)?),
            "--width" => self.width = Some(whole(option, text, MOST)?),
            "--depth" => self.depth = Some(whole(option, text, MOST_BLOCKS)?),
            "--heads" => self.heads = Some(whole(option, text, MOST)?),
            _ => {
                return Err(ConfigError::UnknownName {
                    kind: "option",
                    name: option.to_owned(),
                    nearest: nearest(option, OPTIONS),
                });
            }
        }
        Ok(())
    }

    /// The options that are set, each with its value.
    #[must_use]
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let number = |value: Option<usize>| value.map(|value| value.to_string());
        let values = [
            number(self.classes),
            self.input.map(|input| input.to_string()),
            number(self.width),
            number(self.depth),
            number(self.heads),
        ];
        OPTIONS.into_iter().zip(values).filter_map(|(option, value)| Some((option, value?))).collect()
    }

    /// The image's shape.
    ///
    /// # Errors
    /// Where tokens are asked for.
    pub fn image(&self, own: [usize; 3]) -> Result<[usize; 3], ConfigError> {
        match self.input {
            None => Ok(own),
            Some(InputSize::Image(shape)) => Ok(shape),
            Some(given @ InputSize::Tokens(_)) => {
                Err(wrong("--input", given, "channels, height and width, such as 3,224,224"))
            }
        }
    }

    /// The number of tokens.
    ///
    /// # Errors
    /// Where an image is asked for.
    pub fn tokens(&self, own: usize) -> Result<usize, ConfigError> {
        match self.input {
            None => Ok(own),
            Some(InputSize::Tokens(tokens)) => Ok(tokens),
            Some(given @ InputSize::Image(_)) => Err(wrong("--input", given, "a number of tokens, such as 64")),
        }
    }

    /// Width and heads. Without `--heads`, heads are as wide as the model's own.
    ///
    /// # Errors
    /// Heads that do not divide the width.
    pub fn width_and_heads(&self, own_width: usize, own_heads: usize) -> Result<(usize, usize), ConfigError> {
        let width = self.width.unwrap_or(own_width);
        let head_width = own_width / own_heads;
        match self.heads {
            Some(heads) if width.is_multiple_of(heads) => Ok((width, heads)),
            Some(heads) => Err(wrong("--heads", heads, &format!("a divisor of the width {width}"))),
            None if width.is_multiple_of(head_width) => Ok((width, width / head_width)),
            None => {
                let expected = format!("a multiple of {head_width}, the width of a head, or `--heads` as well");
                Err(wrong("--width", width, &expected))
            }
        }
    }
}

/// A size that cannot be.
pub fn wrong(option: &str, value: impl std::fmt::Display, expected: &str) -> ConfigError {
    ConfigError::OutOfRange { name: option.to_owned(), value: value.to_string(), expected: expected.to_owned() }
}

fn whole(option: &str, text: &str, most: usize) -> Result<usize, ConfigError> {
    let expected = || wrong(option, text, &format!("a whole number from 1 to {most}"));
    text.trim().parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(expected)
}

fn input(text: &str) -> Result<InputSize, ConfigError> {
    let expected = "channels, height and width such as 3,224,224, or a number of tokens such as 64";
    let sides: Option<Vec<usize>> =
        text.split(',').map(|side| side.trim().parse().ok().filter(|side| (1..=MOST).contains(side))).collect();
    match sides.as_deref() {
        Some(&[tokens]) => Ok(InputSize::Tokens(tokens)),
        Some(&[channels, height, width]) => Ok(InputSize::Image([channels, height, width])),
        _ => Err(wrong("--input", text, expected)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_told_as_they_are_typed() {
        let mut sizes = ModelSizes::default();
        for (option, text) in [("--heads", "4"), ("--input", "3, 32,48"), ("--classes", "10")] {
            sizes.set(option, text).unwrap();
        }
        assert_eq!(sizes.input, Some(InputSize::Image([3, 32, 48])));
        let given = [("--classes", "10"), ("--input", "3,32,48"), ("--heads", "4")];
        assert_eq!(sizes.given(), given.map(|(option, value)| (option, value.to_owned())));
        assert_eq!(ModelSizes::default().width_and_heads(192, 3).unwrap(), (192, 3));
        let wide = ModelSizes { width: Some(256), ..ModelSizes::default() };
        assert_eq!(wide.width_and_heads(192, 3).unwrap(), (256, 4));
    }

    #[test]
    fn what_is_no_size_is_named() {
        let cases = [
            ("--classes", "0", "`--classes` is 0, expected a whole number from 1"),
            ("--classes", "ten", "`--classes` is ten, expected a whole number"),
            ("--depth", "401", "from 1 to 400"),
            ("--input", "3,32", "`--input` is 3,32, expected channels, height and width"),
            ("--input", "3,0,32", "expected channels"),
            ("--input", "", "expected channels"),
            ("--hads", "3", "did you mean `--heads`?"),
        ];
        for (option, text, expected) in cases {
            let message = ModelSizes::default().set(option, text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let uneven = ModelSizes { width: Some(100), ..ModelSizes::default() };
        let message = uneven.width_and_heads(192, 3).unwrap_err().to_string();
        assert!(message.contains("`--width` is 100, expected a multiple of 64"), "{message}");
        let heads = ModelSizes { heads: Some(5), ..ModelSizes::default() };
        let message = heads.width_and_heads(192, 3).unwrap_err().to_string();
        assert!(message.contains("`--heads` is 5, expected a divisor of the width 192"), "{message}");
    }
}
