//! The checks of examples that are tokens, and of their targets.

use super::super::tokens::{LEFT_OUT, PADDING};
use super::place::Place;
use super::{Problem, Text};
use crate::config::Real;

/// Whether each example has tokens of the model's vocabulary, and at least one.
pub(super) fn check<T: Real>(x: &[T], text: Text<'_>, place: &Place) -> Result<(), Problem> {
    let image: usize = if text.image.is_empty() { 0 } else { text.image.iter().product() };
    let fits = |value: f64| value.fract() == 0.0 && value >= f64::from(PADDING) && value < text.vocabulary as f64;
    for (row, example) in x.chunks_exact(image + text.tokens).enumerate() {
        let tokens = &example[image..];
        if let Some(at) = tokens.iter().position(|token| !fits(token.to_f64())) {
            return Err(Problem::Broken {
                found: format!("{} has the token {} at place {at}", place.name(row), tokens[at].to_f64()),
                expected: format!(
                    "a whole number from 0 to {}, a token of the model's vocabulary of {}, or -1, which is padding",
                    text.vocabulary.saturating_sub(1),
                    text.vocabulary
                ),
            });
        }
        if tokens.iter().all(|token| token.to_f64() < 0.0) {
            return Err(Problem::Broken {
                found: format!("{} has nothing but padding", place.name(row)),
                expected: "at least one token in each example".to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether each target is a class, or does not count; and whether one counts at all.
pub(super) fn check_targets(of: &[i32], tokens: usize, outputs: usize, place: &Place) -> Result<(), Problem> {
    let fits = |target: i32| target == LEFT_OUT || usize::try_from(target).is_ok_and(|target| target < outputs);
    if let Some(at) = of.iter().position(|&target| !fits(target)) {
        return Err(Problem::Broken {
            found: format!("{} has the target {} at place {}", place.name(at / tokens), of[at], at % tokens),
            expected: format!(
                "0 to {}, a class of the model's {outputs} outputs, or {LEFT_OUT}, which is left out",
                outputs.saturating_sub(1)
            ),
        });
    }
    if of.iter().all(|&target| target == LEFT_OUT) {
        return Err(Problem::Broken {
            found: format!("targets of nothing but {LEFT_OUT}, which is left out"),
            expected: "at least one that counts".to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_whole_numbers_of_the_vocabulary_or_padding() {
        let text = Text { tokens: 3, vocabulary: 5, image: &[] };
        let said = |x: &[f32]| check(x, text, &Place::Row).map_err(|err| err.to_string());
        assert_eq!(said(&[0.0, -1.0, 4.0, -1.0, 2.0, -1.0]), Ok(()));
        let wrong = |x: &[f32], words: &str| assert!(said(x).unwrap_err().contains(words), "{:?}", said(x));
        wrong(
            &[0.0, 1.0, 2.0, 0.0, 5.0, 1.0],
            "row 1 (counted from 0) has the token 5 at place 1, expected a whole number from 0 to 4",
        );
        wrong(&[0.0, 0.5, 2.0], "has the token 0.5 at place 1");
        wrong(&[0.0, -2.0, 2.0], "has the token -2 at place 1");
        wrong(&[0.0, 1.0, 2.0, -1.0, -1.0, -1.0], "row 1 (counted from 0) has nothing but padding");
        wrong(&[f32::NAN, 1.0, 2.0], "has the token NaN");
        // Behind an image.
        let text = Text { image: &[1, 1, 2], ..text };
        assert!(check(&[0.5, 9.0, 0.0, 1.0, -1.0_f64], text, &Place::Row).is_ok());
        assert!(check(&[0.5, 9.0, 0.0, 1.0, 9.0_f64], text, &Place::Row).is_err());
    }

    #[test]
    fn targets_are_classes_or_left_out() {
        let said = |of: &[i32]| check_targets(of, 2, 3, &Place::Row).map_err(|err| err.to_string());
        assert_eq!(said(&[0, -100, 2, 1]), Ok(()));
        assert!(
            said(&[0, 1, 2, 3])
                .unwrap_err()
                .contains("row 1 (counted from 0) has the target 3 at place 1, expected 0 to 2")
        );
        assert!(said(&[0, -1]).unwrap_err().contains("has the target -1"));
        assert!(said(&[-100, -100]).unwrap_err().contains("targets of nothing but -100"));
    }
}
