//! Lessons, and links that lead to lessons and experiments.

use std::path::Path;

use super::{FileKind, MOST_TEXT, sentence_end};
use crate::config::{Lesson, Linked, SCHEME, builtin_lesson, read_link};
use crate::engine::describe::sentence;
use crate::model::Architecture;

/// The link that stands where a path would, if one does.
#[must_use]
pub fn link_in(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.starts_with(SCHEME))
}

/// What a link leads to.
pub(super) fn linked(link: &str) -> Result<FileKind, String> {
    match read_link(link).map_err(|problem| sentence(&problem))? {
        Linked::Experiment(experiment) => Ok(FileKind::Experiment(experiment)),
        Linked::Lesson(name) => {
            let (lesson, _) = builtin_lesson(&name).map_err(|err| sentence(&err.to_string()))?;
            Ok(FileKind::Lesson(Box::new(lesson.clone())))
        }
    }
}

/// A lesson: Markdown with front matter.
pub(super) fn lesson(path: &Path, name: &str, length: u64) -> Result<FileKind, String> {
    if length > MOST_TEXT {
        return Err(format!("{name} has {length} bytes, expected a lesson of at most {MOST_TEXT}."));
    }
    let text = std::fs::read_to_string(path).map_err(|err| format!("{name} cannot be read: {err}."))?;
    let mut lesson = Lesson::read(name, &text).map_err(|err| sentence_end(&err.to_string()))?;
    lesson.experiment.resolve_paths(path.parent().unwrap_or(Path::new("")));
    if let Some(check) = &mut lesson.check {
        check.parts.iter_mut().for_each(|part| part.experiment.resolve_paths(path.parent().unwrap_or(Path::new(""))));
    }
    let network = Architecture::new(&lesson.experiment.model);
    network.map_err(|err| format!("the network of {name}: {}", sentence_end(&err.to_string())))?;
    Ok(FileKind::Lesson(Box::new(lesson)))
}

#[cfg(test)]
mod tests {
    use super::super::recognise;
    use super::*;

    #[test]
    fn a_lesson_is_read_and_a_bad_one_told_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let kind = |text: &str| {
            let path = dir.path().join("mine.md");
            std::fs::write(&path, text).unwrap();
            recognise(&path)
        };
        let good = "+++\nabout = \"A.\"\nexperiment = \"moons-mlp\"\n+++\n# T\n\n## Step\n\nDo.\n";
        let Ok(FileKind::Lesson(lesson)) = kind(good) else { panic!("{:?}", kind(good)) };
        assert_eq!((lesson.name.as_str(), lesson.title.as_str(), lesson.steps.len()), ("mine", "T", 1));
        for (from, to, expected) in [
            ("+++\nabout", "about", "mine.md line 1: there is no front matter, expected a line `+++`"),
            (
                "moons-mlp",
                "mons-mlp",
                "mine.md line 3: `experiment`: unknown experiment `mons-mlp`; did you mean `moons-mlp`?",
            ),
            ("about", "abuot", "mine.md line 2: unknown field `abuot`, expected one of"),
            ("# T\n", "T\n", "mine.md line 5: found `T`, expected the title of the lesson"),
            ("## Step", "Step", "mine.md line 5: there is no step, expected at least one heading"),
            ("\"A.\"", "A.", "mine.md line 2: "),
            (
                "moons-mlp\"",
                "moons-mlp\"\nset = [\n  \"nso.sigma=x\",\n]",
                "mine.md line 5: `nso.sigma=x`: `nso.sigma` is `x`, expected",
            ),
            (
                "moons-mlp\"",
                "moons-mlp\"\n[controls]\nshown = [\"plya\"]",
                "mine.md line 5: unknown control `plya`; did you mean `play`?",
            ),
            (
                "moons-mlp\"",
                "moons-mlp\"\n[check]\n[[check.sees]]\nsays = \"A.\"\nmeasure = \"trace\"\nread = \"end\"\nof = \"nos\"\nrelation = \"<\"\nthan = 1",
                "mine.md line 9: unknown arm `nos`; did you mean `nso`?",
            ),
            (
                "moons-mlp\"",
                "moons-mlp\"\n[check]\nseeds = 1\n[[check.sees]]\nsays = \"A.\"\nmeasure = \"trace\"\nread = \"end\"\nof = \"nso\"\nrelation = \"<\"\nthan = 1",
                "mine.md line 5: `seeds` is 1, expected a whole number from 2 to",
            ),
        ] {
            let message = kind(&good.replacen(from, to, 1)).unwrap_err();
            assert!(message.starts_with(expected), "{expected}\n{message}");
            assert!(message.ends_with('.') && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn links_lead_to_experiments_and_lessons_and_to_no_file() {
        let kind = |link: &str| recognise(Path::new(link));
        let Ok(FileKind::Experiment(experiment)) = kind("flatscape:experiment/moons-mlp?nso.sigma=0.2") else {
            panic!("an experiment");
        };
        assert_eq!(experiment.knobs(crate::config::OptimizerKind::Nso).unwrap().sigma, 0.2);
        assert!(matches!(kind("flatscape:lesson/edge"), Ok(FileKind::Lesson(lesson)) if lesson.name == "edge"));
        for (link, expected) in [
            ("flatscape:lesson/../../etc/passwd", "Unknown lesson"),
            ("flatscape:experiment/moons-mlp?data.path=a", "which no link may"),
            ("flatscape:", "leads nowhere"),
        ] {
            let message = kind(link).unwrap_err();
            assert!(message.contains(expected) && message.ends_with('.') && !message.contains('\n'), "{message}");
        }
    }
}
