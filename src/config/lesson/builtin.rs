//! The lessons that come with the program, in the order in which they build on each other.

use std::sync::LazyLock;

use super::Lesson;
use crate::config::{ConfigError, nearest};

/// Names and texts.
const BUILTIN: [(&str, &str); 10] = [
    ("slices", include_str!("../../../assets/lessons/slices.md")),
    ("three", include_str!("../../../assets/lessons/three.md")),
    ("pairs", include_str!("../../../assets/lessons/pairs.md")),
    ("large-sigma", include_str!("../../../assets/lessons/large-sigma.md")),
    ("equal-loss", include_str!("../../../assets/lessons/equal-loss.md")),
    ("edge", include_str!("../../../assets/lessons/edge.md")),
    ("flat-and-bad", include_str!("../../../assets/lessons/flat-and-bad.md")),
    ("scale", include_str!("../../../assets/lessons/scale.md")),
    ("label-noise", include_str!("../../../assets/lessons/label-noise.md")),
    ("own-data", include_str!("../../../assets/lessons/own-data.md")),
];

static LESSONS: LazyLock<Vec<Lesson>> = LazyLock::new(|| {
    let read = |(name, text)| Lesson::read(name, text).expect("embedded lessons are tested to be valid");
    BUILTIN.into_iter().map(read).collect()
});

/// All of them, read once.
///
/// # Panics
/// Never in a released program: a test reads every embedded file.
#[must_use]
pub fn builtin_lessons() -> &'static [Lesson] {
    &LESSONS
}

/// The lesson of this name, and its text as it stands in its file.
///
/// # Errors
/// [`ConfigError::UnknownName`] with the nearest name.
pub fn builtin_lesson(name: &str) -> Result<(&'static Lesson, &'static str), ConfigError> {
    let place = BUILTIN.iter().position(|(other, _)| *other == name);
    place.map(|place| (&builtin_lessons()[place], BUILTIN[place].1)).ok_or_else(|| ConfigError::UnknownName {
        kind: "lesson",
        name: name.to_owned(),
        nearest: format!("{}, or give the path of a .md file", nearest(name, BUILTIN.map(|(name, _)| name))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Than;

    #[test]
    fn every_lesson_can_be_read_and_says_what_is_to_be_seen() {
        for (name, text) in BUILTIN {
            let lesson = Lesson::read(name, text).unwrap_or_else(|err| panic!("{err}"));
            assert_eq!(lesson.name, name);
            assert!(lesson.about.ends_with('.') && lesson.steps.len() >= 3, "{name}");
            assert!(
                !lesson.questions.is_empty() && !lesson.seen.is_empty() && !lesson.introduction.is_empty(),
                "{name}"
            );
            assert!(!lesson.controls.shown.is_empty() && lesson.layout.is_some(), "{name}");
            let check = lesson.check.unwrap_or_else(|| panic!("{name} has no check"));
            assert!(check.seeds >= 5 && !check.sights.is_empty(), "{name}");
            for sight in &check.sights {
                assert!(sight.says.ends_with('.'), "{name}: {}", sight.says);
                assert!(check.arm(&sight.of).is_some(), "{name}: {}", sight.of);
                assert!(!matches!(&sight.than, Than::Arm(arm) if check.arm(arm).is_none()), "{name}");
            }
        }
    }

    #[test]
    fn a_lesson_is_found_by_its_name() {
        assert_eq!(builtin_lesson("pairs").unwrap().0.name, "pairs");
        let message = builtin_lesson("pars").unwrap_err().to_string();
        assert!(
            message.contains("unknown lesson `pars`; did you mean `pairs`?") && message.contains(".md"),
            "{message}"
        );
    }
}
