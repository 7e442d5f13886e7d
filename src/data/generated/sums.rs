//! Sums and differences as text, for models that say the next character: `12+7=19.8-3=5.…`
//!
//! Numbers run from 0 to 20, and no difference is below 0. A sequence begins with a sum and holds as many as fit, the last one
//! cut; its targets are the characters one further on. Only those of results and the point behind them count: which
//! numbers are asked for is chance, which no model can say, so that the loss can come near 0 and shows arithmetic alone.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::streams::{Purpose, rng};
use super::super::tokens::LEFT_OUT;
use super::super::{Dataset, Labels};
use crate::config::DataConfig;

/// The characters, which are the vocabulary in this order.
pub(super) const LETTERS: &str = "0123456789+-=.";
/// Tokens that the first character of a result needs at least, whatever the sum is: those of `20+20=`.
pub(super) const FEWEST_TOKENS: usize = 6;
/// Tokens where no model says how many.
pub(super) const USUAL_TOKENS: usize = 32;
/// The greatest number that is added.
const MOST: u32 = 20;

/// As many sequences as are asked for, of so many characters.
pub(super) fn generate(config: &DataConfig, tokens: usize) -> Dataset {
    let n = super::num_examples(config);
    let mut rng = rng(config.seed, Purpose::Points);
    let (mut x, mut of) = (Vec::with_capacity(n * tokens), Vec::with_capacity(n * tokens));
    for _ in 0..n {
        let (letters, counts) = sequence(&mut rng, tokens + 1);
        x.extend(letters[..tokens].iter().map(|&letter| f32::from(letter)));
        let target = |place: usize| if counts[place] { i32::from(letters[place]) } else { LEFT_OUT };
        of.extend((1..=tokens).map(target));
    }
    Dataset { x, shape: vec![tokens], y: Labels::Tokens { of, tokens, vocabulary: LETTERS.len() } }
}

/// The places of `length` characters in [`LETTERS`], and which of them belong to a result.
fn sequence(rng: &mut ChaCha8Rng, length: usize) -> (Vec<u8>, Vec<bool>) {
    let (mut letters, mut counts) = (Vec::new(), Vec::new());
    while letters.len() < length {
        let (a, b) = (rng.random_range(0..=MOST), rng.random_range(0..=MOST));
        let (question, result) = if rng.random_range(0..2) == 0 {
            (format!("{a}+{b}="), a + b)
        } else {
            (format!("{}-{}=", a.max(b), a.min(b)), a.abs_diff(b))
        };
        let result = format!("{result}.");
        counts.extend((0..question.len() + result.len()).map(|place| place >= question.len()));
        letters.extend((question + &result).bytes().filter_map(place));
    }
    letters.truncate(length);
    counts.truncate(length);
    (letters, counts)
}

/// The place of a character among the letters.
fn place(letter: u8) -> Option<u8> {
    LETTERS.bytes().position(|other| other == letter).map(|place| place as u8)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::config;
    use super::*;
    use crate::config::DataSource;

    fn text(tokens: impl IntoIterator<Item = i32>) -> String {
        let letter = |token: i32| usize::try_from(token).map_or('_', |token| char::from(LETTERS.as_bytes()[token]));
        tokens.into_iter().map(letter).collect()
    }

    #[test]
    fn sums_are_right_and_their_results_are_the_targets() {
        let data = generate(&config(DataSource::Sums), 40);
        let Labels::Tokens { of, tokens: 40, vocabulary: 14 } = &data.y else { panic!("{:?}", data.y) };
        assert_eq!((data.len(), data.shape.as_slice()), (501, &[40][..]));
        let mut count = 0;
        for i in 0..data.len() {
            let whole = text(data.example(i).iter().map(|&token| token as i32));
            let targets = text(of[40 * i..40 * (i + 1)].iter().copied());
            // What counts is the character one further on.
            let mut rest = whole.as_str();
            let mut expected = String::new();
            while let Some((sum, after)) = rest.split_once('.') {
                let (question, result) = sum.split_once('=').unwrap();
                let found = match question.split_once('+') {
                    Some((a, b)) => a.parse::<i32>().unwrap() + b.parse::<i32>().unwrap(),
                    None => {
                        let (a, b) = question.split_once('-').unwrap();
                        a.parse::<i32>().unwrap() - b.parse::<i32>().unwrap()
                    }
                };
                assert_eq!(found, result.parse::<i32>().unwrap(), "{whole}");
                assert!((0..=40).contains(&found));
                expected += &format!("{}{result}.", "_".repeat(question.len() + 1));
                rest = after;
                count += 1;
            }
            assert!(targets.starts_with(&expected[1..]), "{whole}: {targets}, expected {expected}…");
        }
        assert!(count > 2000, "{count} sums");
    }

    #[test]
    fn each_sequence_has_a_target_even_where_it_is_short() {
        let data = generate(&config(DataSource::Sums), FEWEST_TOKENS);
        let Labels::Tokens { of, .. } = &data.y else { panic!("{:?}", data.y) };
        assert!(of.chunks(FEWEST_TOKENS).all(|of| of.iter().any(|&target| target != LEFT_OUT)));
    }

    /// Sessions are replayed from their seed, so these values must never change.
    #[test]
    fn the_sequences_of_a_seed_are_pinned() {
        let data = generate(&DataConfig { seed: 3, train_size: 2, test_size: 0, ..config(DataSource::Sums) }, 32);
        let of = |i: usize| text(data.example(i).iter().map(|&token| token as i32));
        assert_eq!([of(0), of(1)], PINNED);
    }

    // As `tests/reference/sums.py` works them out.
    const PINNED: [&str; 2] = ["9-7=2.8+2=10.15+0=15.17+12=29.9-", "19-5=14.20-15=5.20-15=5.5+5=10.1"];
}
