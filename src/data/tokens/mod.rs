//! Text as whole numbers: what turns one into the other, and what the numbers of an example mean.
//!
//! An example of T tokens is a row of T numbers; what is not filled holds −1. Of an image with its text the row is the
//! image and then the T tokens. Targets that do not count are −100, as in PyTorch.

mod load;
mod tokenizer;

use std::sync::Arc;

use crate::config::Real;

pub use load::TokenizerError;
pub use tokenizer::Tokenizer;

/// What stands where a sequence has no token.
pub const PADDING: i32 = -1;
/// The target that does not count.
pub const LEFT_OUT: i32 = -100;

/// What the numbers of examples of text mean.
#[derive(Debug, Clone, PartialEq)]
pub struct TextFacts {
    /// Tokens of one example, T.
    pub tokens: usize,
    /// Different tokens, V.
    pub vocabulary: usize,
    /// Shape of the image that stands before the text, `[channels, height, width]`; empty where there is none.
    pub image: Vec<usize>,
    /// What the text is made of.
    pub tokenizer: Arc<Tokenizer>,
    /// How answers are told in it, where a model is to write them after a question.
    pub signs: Option<AnswerSigns>,
}

/// The tokens between which an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerSigns {
    /// What stands before it.
    pub before: i32,
    /// What ends it, and the text.
    pub end: i32,
}

impl AnswerSigns {
    /// The answer in tokens that were written: what stands between the first sign before one and the end; `None` where either is
    /// missing.
    #[must_use]
    pub fn answer(self, written: &[i32]) -> Option<&[i32]> {
        let (_, behind) = written.split_at(written.iter().position(|&token| token == self.before)? + 1);
        behind.iter().position(|&token| token == self.end).map(|end| &behind[..end])
    }
}

impl TextFacts {
    /// The numbers of the image of an example, and its tokens without padding as text.
    #[must_use]
    pub fn read<'x, T: Real>(&self, example: &'x [T]) -> (&'x [T], String) {
        let image = self.image.iter().product::<usize>() * usize::from(!self.image.is_empty());
        let (image, text) = example.split_at(image.min(example.len()));
        let tokens: Vec<u32> = text.iter().map(|x| x.to_f64()).filter(|&x| x >= 0.0).map(|x| x as u32).collect();
        (image, self.tokenizer.decode(&tokens))
    }

    /// The tokens of an example, padding among them.
    #[must_use]
    pub fn tokens_of<'x, T>(&self, example: &'x [T]) -> &'x [T] {
        let image = self.image.iter().product::<usize>() * usize::from(!self.image.is_empty());
        &example[image.min(example.len())..]
    }

    /// Targets as text: the runs of those that count, with a space between.
    #[must_use]
    pub fn targets(&self, of: &[i32]) -> String {
        let runs = of.split(|&target| target < 0).filter(|run| !run.is_empty());
        let text = |run: &[i32]| self.tokenizer.decode(&run.iter().map(|&target| target as u32).collect::<Vec<_>>());
        runs.map(text).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_left_out_and_the_image_stands_before() {
        let facts = |image: &[usize]| TextFacts {
            tokens: 4,
            vocabulary: 256,
            image: image.to_vec(),
            tokenizer: Arc::new(Tokenizer::Bytes),
            signs: None,
        };
        assert_eq!(facts(&[]).read(&[72.0_f32, 105.0, -1.0, 33.0]), (&[] as &[f32], "Hi!".to_owned()));
        let row = [0.5_f32, 0.25, 72.0, 105.0, -1.0, -1.0];
        assert_eq!(facts(&[1, 1, 2]).read(&row), (&[0.5, 0.25][..], "Hi".to_owned()));
        assert_eq!(facts(&[]).targets(&[-100, 72, 105, -100, 33]), "Hi !");
    }

    #[test]
    fn an_answer_stands_between_its_signs() {
        let signs = AnswerSigns { before: 14, end: 15 };
        for (written, expected) in [
            (&[1, 2, 14, 7, 15][..], Some(&[7][..])),
            (&[14, 15], Some(&[])),
            (&[14, 7, 14, 8, 15, 9], Some(&[7, 14, 8])),
            (&[15, 14, 7, 15], Some(&[7])),
            (&[1, 2, 7, 15], None),
            (&[14, 7], None),
            (&[], None),
        ] {
            assert_eq!(signs.answer(written), expected, "{written:?}");
        }
    }
}
