//! Questions that a model is to complete on its own, with their right answers.

use crate::data::{AnswerSigns, Dataset, LEFT_OUT, Labels, TextFacts};

/// Questions whose completions hold an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    /// All of them, in the order of the examples.
    pub of: Vec<Prompt>,
    /// How an answer is told in a completion.
    pub signs: AnswerSigns,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Its tokens, up to the one behind which the first target stands.
    pub question: Vec<i32>,
    /// The tokens behind it.
    pub completion: Vec<i32>,
}

impl Prompts {
    /// Those of examples whose targets are what completes them; `None` where the text has no answers.
    #[must_use]
    pub fn of(data: &Dataset, text: Option<&TextFacts>) -> Option<Self> {
        let signs = text?.signs?;
        let Labels::Tokens { of, tokens, .. } = &data.y else { return None };
        let prompt = |(i, targets): (usize, &[i32])| {
            let first = targets.iter().position(|&target| target != LEFT_OUT)?;
            let written = data.example(i).iter().map(|&token| token as i32).filter(|&token| token >= 0);
            let mut question: Vec<i32> = written.collect();
            let completion = question.split_off(question.len().min(first + 1));
            Some(Prompt { question, completion })
        };
        Some(Self { of: of.chunks_exact(*tokens).enumerate().filter_map(prompt).collect(), signs })
    }

    /// Whether what was written behind a question has the right answer: the same tokens between the signs. What stands before it
    /// does not matter.
    #[must_use]
    pub fn is_right(&self, prompt: &Prompt, written: &[i32]) -> bool {
        let answer = self.signs.answer(written);
        answer.is_some() && answer == self.signs.answer(&prompt.completion)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::Tokenizer;

    #[test]
    fn a_question_ends_where_the_targets_begin_and_only_the_answer_counts() {
        let signs = AnswerSigns { before: 7, end: 8 };
        let x = vec![1.0, 2.0, 5.0, 7.0, 3.0, 8.0, -1.0, 4.0, 4.0, 7.0, 6.0, 8.0, -1.0, -1.0];
        let of = vec![-100, 5, 7, 3, 8, -100, -100, -100, 7, 6, 8, -100, -100, -100];
        let data = Dataset { x, shape: vec![7], y: Labels::Tokens { of, tokens: 7, vocabulary: 9 } };
        let (image, tokenizer) = (Vec::new(), Arc::new(Tokenizer::Bytes));
        let text = TextFacts { tokens: 7, vocabulary: 9, image, tokenizer, signs: Some(signs) };
        let prompts = Prompts::of(&data, Some(&text)).unwrap();
        let prompt = |question: &[i32], completion: &[i32]| Prompt {
            question: question.to_vec(),
            completion: completion.to_vec(),
        };
        assert_eq!(prompts.of, [prompt(&[1, 2], &[5, 7, 3, 8]), prompt(&[4, 4], &[7, 6, 8])]);
        for (written, expected) in [
            (&[5, 7, 3, 8][..], true),
            (&[7, 3, 8], true),
            (&[0, 0, 7, 3, 8], true),
            (&[5, 7, 4, 8], false),
            (&[5, 7, 3, 3, 8], false),
            (&[5, 7, 8], false),
            (&[5, 7, 3], false),
            (&[5, 3, 8], false),
        ] {
            assert_eq!(prompts.is_right(&prompts.of[0], written), expected, "{written:?}");
        }
        assert_eq!(Prompts::of(&data, None), None);
        assert_eq!(Prompts::of(&data, Some(&TextFacts { signs: None, ..text })), None);
    }
}
