//! Lessons: Markdown with TOML front matter, which says what is opened, which controls there are, and what is to be seen.
//!
//! Front matter stands between two lines `+++` at the beginning. The text after it begins with its title, `# …`; each heading `## …`
//! begins a step, apart from the last two, `## Questions` and `## What should be seen`. `docs/lessons.md` tells how one is written.

mod builtin;
mod check;
mod controls;
mod front;
mod text;
mod write;

use serde::{Deserialize, Serialize};

use super::Experiment;
pub use builtin::{builtin_lesson, builtin_lessons};
pub use check::{Along, Check, CheckPart, Observed, Relation, Sight, Than};
pub use controls::{Access, Control, LessonControls, Part};
pub use write::lesson_text;

/// A lesson, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Its name on the command line: that of its file without the ending.
    pub name: String,
    /// Its title.
    pub title: String,
    /// One sentence about it.
    pub about: String,
    /// What is opened, with all changes of its settings.
    pub experiment: Experiment,
    /// The layout that it is shown in; `None` leaves the one that there is.
    pub layout: Option<LessonLayout>,
    /// The controls that a class has.
    pub controls: LessonControls,
    /// What stands before the first step, as Markdown.
    pub introduction: String,
    /// The steps, at least one.
    pub steps: Vec<LessonStep>,
    /// The questions, as Markdown; empty for none.
    pub questions: String,
    /// What should be seen, as Markdown; empty where nothing is said.
    pub seen: String,
    /// What shows that it is seen.
    pub check: Option<Check>,
}

/// A step of a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonStep {
    /// Its heading.
    pub title: String,
    /// What stands below it, as Markdown.
    pub text: String,
}

/// A layout of the window, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LessonLayout {
    /// Landscapes over charts.
    Explore,
    /// The table of the runs between both.
    Compare,
    /// The guide beside large landscapes.
    Teach,
}

/// What is wrong with a lesson: the file, the line, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} line {line}: {message}")]
pub struct LessonError {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Lesson {
    /// Reads the text of a file of this name.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and what was expected.
    pub fn read(file: &str, text: &str) -> Result<Self, LessonError> {
        let fault = |(line, message): (usize, String)| LessonError { file: file.to_owned(), line, message };
        let (front, body) = text::split(text).map_err(fault)?;
        let front = front::read(&front).map_err(fault)?;
        let body = text::read(&body).map_err(fault)?;
        let mut experiment = front.experiment;
        if front.has_network {
            // The experiment's own title is of another network.
            experiment.title.clone_from(&body.title);
        }
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        Ok(Self {
            name: name.strip_suffix(".md").unwrap_or(name).to_owned(),
            title: body.title,
            about: front.about,
            experiment,
            layout: front.layout,
            controls: front.controls,
            introduction: body.introduction,
            steps: body.steps,
            questions: body.questions,
            seen: body.seen,
            check: front.check,
        })
    }
}
