//! Sums or differences of four digits as text, worked out digit by digit: `7+3+5+9=0+5+9,5+9,4>4.`
//!
//! The question ends with `=`. Each step takes the first two numbers together, modulo 10, and repeats the others; the last one is
//! the result. The answer stands behind `>`, and `.` ends it. Without steps the answer follows the question: `7+3+5+9=>4.`
//! Targets are the characters one further on, and only those of the completion, behind the question, count. So a model that is
//! given the question can write the rest on its own, and its answer can be held against the right one.
//!
//! There are 10 000 questions of an operation, and none stands twice, so that training and test examples never share one. With
//! and without steps, and by either operation, the same digits are drawn in the same order.

use std::iter::successors;

use rand::RngExt;

use super::super::streams::{Purpose, rng};
use super::super::tokens::{AnswerSigns, LEFT_OUT, PADDING};
use super::super::{Dataset, Labels};
use crate::config::{DataConfig, Operation};

/// The characters, which are the vocabulary in this order.
pub(super) const LETTERS: &str = "0123456789+-=,>.";
/// What stands before the answer, and what ends it.
pub(super) const SIGNS: AnswerSigns = AnswerSigns { before: 14, end: 15 };
/// Questions of an operation.
pub(super) const QUESTIONS: usize = 10_usize.pow(TERMS as u32);
/// Digits of a question.
const TERMS: usize = 4;
/// Characters of a question with its `=`.
const QUESTION: usize = 2 * TERMS;

/// Characters of a sequence: 22 with the steps, 11 without.
pub(super) const fn num_tokens(has_steps: bool) -> usize {
    // Steps of 2·3 − 1, 3 and 1 characters with what parts them from the next.
    let steps = if has_steps { (TERMS - 1) * TERMS - 1 } else { 0 };
    QUESTION + steps + 3
}

/// As many sequences as are asked for and there are, of so many tokens; shorter ones are padded.
pub(super) fn generate(config: &DataConfig, tokens: usize) -> Dataset {
    let n = super::num_examples(config).min(QUESTIONS);
    let mut rng = rng(config.seed, Purpose::Points);
    let mut questions: Vec<u32> = (0..QUESTIONS as u32).collect();
    let (mut x, mut of) = (Vec::with_capacity(n * tokens), Vec::with_capacity(n * tokens));
    for place in 0..n {
        let other = place + rng.random_range(0..(QUESTIONS - place) as u32) as usize;
        questions.swap(place, other);
        let written = sequence(questions[place], config.operation, config.steps);
        let padding = tokens.saturating_sub(written.len());
        x.extend(written.iter().map(|&letter| f32::from(letter)));
        x.extend(std::iter::repeat_n(PADDING as f32, padding));
        of.extend([LEFT_OUT; QUESTION - 1]);
        of.extend(written[QUESTION..].iter().map(|&letter| i32::from(letter)));
        of.extend(std::iter::repeat_n(LEFT_OUT, padding + 1));
    }
    Dataset { x, shape: vec![tokens], y: Labels::Tokens { of, tokens, vocabulary: LETTERS.len() } }
}

/// The places in [`LETTERS`] of the characters of a question, given by its digits as one number, and of its completion.
fn sequence(question: u32, operation: Operation, has_steps: bool) -> Vec<u8> {
    let digits: Vec<u32> = (0..TERMS as u32).rev().map(|place| question / 10_u32.pow(place) % 10).collect();
    let (sign, apply): (_, fn(u32, u32) -> u32) = match operation {
        Operation::Add => ("+", |a, b| (a + b) % 10),
        Operation::Subtract => ("-", |a, b| (10 + a - b) % 10),
    };
    let step = |numbers: &Vec<u32>| match numbers[..] {
        [first, second, ref rest @ ..] => Some([&[apply(first, second)], rest].concat()),
        _ => None,
    };
    let text = |numbers: &Vec<u32>| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(sign);
    let all: Vec<String> = successors(Some(digits), step).map(|numbers| text(&numbers)).collect();
    let (question, steps) = (&all[0], &all[1..]);
    let shown = if has_steps { steps.join(",") } else { String::new() };
    let whole = format!("{question}={shown}>{}.", steps[steps.len() - 1]);
    whole.bytes().filter_map(|letter| LETTERS.bytes().position(|other| other == letter)).map(|at| at as u8).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::tests::config;
    use super::*;
    use crate::config::DataSource;

    fn text(tokens: impl IntoIterator<Item = i32>) -> String {
        let letter = |token: i32| match usize::try_from(token) {
            Ok(token) => char::from(LETTERS.as_bytes()[token]),
            Err(_) => '_',
        };
        tokens.into_iter().map(letter).collect()
    }

    fn whole(data: &Dataset, i: usize) -> String {
        text(data.example(i).iter().map(|&token| token as i32))
    }

    #[test]
    fn a_chain_is_written_as_by_hand() {
        let of = |question, operation, steps| text(sequence(question, operation, steps).into_iter().map(i32::from));
        assert_eq!(of(7359, Operation::Add, true), "7+3+5+9=0+5+9,5+9,4>4.");
        assert_eq!(of(7359, Operation::Add, false), "7+3+5+9=>4.");
        assert_eq!(of(7359, Operation::Subtract, true), "7-3-5-9=4-5-9,9-9,0>0.");
        assert_eq!(of(18, Operation::Subtract, false), "0-0-1-8=>1.");
        assert_eq!((num_tokens(true), num_tokens(false)), (22, 11));
        assert_eq!(text([SIGNS.before, SIGNS.end]), ">.");
    }

    /// Each sequence is read again from its characters alone.
    #[test]
    fn steps_and_answers_are_right_and_only_completions_are_targets() {
        let chains = config(DataSource::Chains);
        for (operation, steps) in [(Operation::Add, true), (Operation::Subtract, true), (Operation::Subtract, false)] {
            let tokens = 24;
            let data = generate(&DataConfig { operation, steps, ..chains.clone() }, tokens);
            let Labels::Tokens { of, tokens: 24, vocabulary: 16 } = &data.y else { panic!("{:?}", data.y) };
            assert_eq!((data.len(), data.shape.as_slice()), (501, &[tokens][..]));
            for i in 0..data.len() {
                let padded = whole(&data, i);
                let written = padded.trim_end_matches('_');
                assert_eq!(written.len(), num_tokens(steps), "{padded}");
                let (question, completion) = written.split_once('=').unwrap();
                let (worked, answer) = completion.strip_suffix('.').unwrap().split_once('>').unwrap();
                let value = |numbers: &str| {
                    let numbers: Vec<i64> = numbers.split(['+', '-']).map(|digit| digit.parse().unwrap()).collect();
                    let others: i64 = numbers[1..].iter().sum();
                    let sign = if operation == Operation::Add { 1 } else { -1 };
                    (numbers[0] + sign * others).rem_euclid(10)
                };
                assert_eq!(value(question), answer.parse::<i64>().unwrap(), "{padded}");
                assert_eq!(question.len(), 7);
                let lines: Vec<&str> = worked.split(',').filter(|line| !line.is_empty()).collect();
                assert_eq!(
                    lines.iter().map(|line| line.len()).collect::<Vec<_>>(),
                    &[5, 3, 1][..3 * usize::from(steps)]
                );
                assert!(lines.iter().all(|line| value(line) == value(question)), "{padded}");
                let expected = format!("{}{completion}", "_".repeat(question.len()));
                let targets = text(of[tokens * i..tokens * (i + 1)].iter().copied());
                assert_eq!(targets, format!("{expected:_<tokens$}"), "{padded}");
            }
        }
    }

    #[test]
    fn no_question_stands_twice_and_there_are_no_more_than_there_are() {
        let all = DataConfig { train_size: 9000, test_size: 5000, ..config(DataSource::Chains) };
        let data = generate(&all, 22);
        let different: BTreeSet<String> = (0..data.len()).map(|i| whole(&data, i)).collect();
        assert_eq!((data.len(), different.len()), (QUESTIONS, QUESTIONS));
        // The same digits, however they are worked out.
        let apart = generate(&DataConfig { operation: Operation::Subtract, steps: false, ..all }, 22);
        for i in 0..data.len() {
            assert_eq!(whole(&data, i)[..7].replace('+', "-"), whole(&apart, i)[..7]);
        }
    }

    /// Sessions are replayed from their seed, so these values must never change.
    #[test]
    fn the_sequences_of_a_seed_are_pinned() {
        let data = generate(&DataConfig { train_size: 3, test_size: 0, ..config(DataSource::Chains) }, 22);
        assert_eq!([0, 1, 2].map(|i| whole(&data, i)), PINNED);
    }

    // As `tests/reference/sums.py` works them out.
    const PINNED: [&str; 3] = ["3+3+5+1=6+5+1,1+1,2>2.", "4+6+5+9=0+5+9,5+9,4>4.", "6+0+0+4=6+0+4,6+4,0>0."];
}
