//! The files that the window opens: each is recognised before there is a window, so that what cannot be opened is told
//! where it was asked for.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use super::args::Cli;
use super::error::BadInput;
use crate::config::{Experiment, builtin_experiments, builtin_lessons, there, zoo};
use crate::engine::{FileKind, link_in, recognise};
use crate::sweep::folder::SweepFolder;

/// A mistyped command differs from the right one in this share of its letters at most.
const MOST_TYPOS: usize = 3;
/// What stands before the name of a lesson in a link.
const LESSON_LINK: &str = "flatscape:lesson/";

/// Files to open, all of them of a kind that the window takes.
#[derive(Debug, Default)]
pub struct Opening {
    /// The first experiment, and its file.
    pub experiment: Option<(PathBuf, Box<Experiment>)>,
    /// What is opened beside it.
    pub others: Vec<(PathBuf, FileKind)>,
    /// Further experiments: one is opened at a time.
    pub left: Vec<PathBuf>,
}

impl Opening {
    /// Recognises files that were named.
    ///
    /// # Errors
    /// One sentence on the first word that is no file, or whose file is none that can be opened.
    pub fn new(words: &[OsString]) -> Result<Self, BadInput> {
        let mut opening = Self::default();
        for word in words {
            if let Some(problem) = word_problem(word) {
                return Err(BadInput(problem));
            }
            let path = path_of(word);
            if there(&path).is_some() {
                // The window knows whether its engine is on another machine, and that one what lies there.
                opening.others.push((path, FileKind::Data));
                continue;
            }
            match recognise(&path).map_err(|problem| BadInput(with_path(&problem, &path)))? {
                FileKind::Experiment(experiment) if opening.experiment.is_none() => {
                    opening.experiment = Some((path, experiment));
                }
                FileKind::Experiment(_) => opening.left.push(path),
                kind => opening.others.push((path, kind)),
            }
        }
        Ok(opening)
    }

    /// The experiment that the window begins with: the first that was named, or that of a lesson, or of a sweep, whose runs fit
    /// beside it.
    #[must_use]
    pub fn first_experiment(&self) -> Option<Experiment> {
        let named = self.experiment.as_ref().map(|(_, experiment)| (**experiment).clone());
        let of_lesson = self.others.iter().find_map(|(_, kind)| match kind {
            FileKind::Lesson(lesson) => Some(lesson.experiment.clone()),
            _ => None,
        });
        let is_sweep = |(_, kind): &&(PathBuf, FileKind)| *kind == FileKind::Sweep;
        named.or(of_lesson).or_else(|| SweepFolder::open(&self.others.iter().find(is_sweep)?.0).ok()?.1.experiment())
    }

    /// What else could be done with the files where there is no window: the command that measures without one.
    pub fn other_way(&self) -> String {
        let of = |wanted: fn(&FileKind) -> bool| {
            self.others.iter().find(|(_, kind)| wanted(kind)).map(|(path, _)| path.display().to_string())
        };
        if let Some(session) = of(|kind| matches!(kind, FileKind::Session)) {
            return format!("`flatscape show {session}` says what is in it");
        }
        if let Some(lesson) = of(|kind| matches!(kind, FileKind::Lesson(_))) {
            let name = lesson.rsplit(LESSON_LINK).next().unwrap_or(&lesson);
            return format!("`flatscape lesson {name} --check` trains what it compares");
        }
        if let Some(sweep) = of(|kind| matches!(kind, FileKind::Sweep)) {
            return format!("`flatscape gather {sweep} --watch` says how it stands");
        }
        let model = of(|kind| matches!(kind, FileKind::Model(_))).unwrap_or_else(|| "MODEL.toml".to_owned());
        let weights = of(|kind| matches!(kind, FileKind::Weights(_))).unwrap_or_else(|| "W".to_owned());
        let data = of(|kind| matches!(kind, FileKind::Data)).unwrap_or_else(|| "D".to_owned());
        format!(
            "`flatscape analyze {model} --weights {weights} --data {data} --out DIR` measures a network without one"
        )
    }
}

/// Why a word is no file, if it is none: it was meant as a command, or there is no such file.
pub fn word_problem(word: &OsStr) -> Option<String> {
    let path = path_of(word);
    if link_in(&path).is_some() || there(&path).is_some() || std::fs::symlink_metadata(&path).is_ok() {
        return None;
    }
    let text = word.to_string_lossy();
    let cli = Cli::command();
    let commands: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
    if commands.contains(&&*text) {
        return Some(format!(
            "'{text}' is a command, which stands before all else: `flatscape {text} …`; there is no file of that name"
        ));
    }
    if builtin_experiments().iter().any(|experiment| experiment.name == text) {
        return Some(format!(
            "'{text}' is no file but an experiment that comes with the program, try `flatscape compare {text} --out DIR`"
        ));
    }
    if builtin_lessons().iter().any(|lesson| lesson.name == text) {
        return Some(format!(
            "'{text}' is no file but a lesson that comes with the program, try `flatscape flatscape:lesson/{text}`"
        ));
    }
    if zoo().iter().any(|builtin| builtin.name == text) {
        return Some(format!(
            "'{text}' is no file but a built-in model, try `flatscape models {text} > {text}.toml` and open that"
        ));
    }
    let looks_like_path = text.contains(['.', '/', '\\']);
    if looks_like_path {
        return Some(format!(
            "there is no such file, expected an experiment, a lesson, a model, a session, weights or data: {}",
            path.display()
        ));
    }
    let nearest = commands.iter().map(|command| (strsim::damerau_levenshtein(&text, command), *command)).min();
    let nearest = nearest.filter(|(typos, command)| *typos <= command.len().max(text.len()).div_ceil(MOST_TYPOS));
    Some(match nearest {
        Some((_, command)) => {
            format!("'{text}' is neither a command nor a file that is there; did you mean the command '{command}'?")
        }
        None => format!(
            "'{text}' is neither a command nor a file that is there, expected one of {}, or the path of an experiment, a \
             model, a session, weights or data",
            commands.join(", ")
        ),
    })
}

/// The path that a word names: desktops may hand over `file:///a%20b` for `/a b`.
fn path_of(word: &OsStr) -> PathBuf {
    let local = word.to_str().and_then(|text| text.strip_prefix("file://"));
    let path = local.map(|rest| rest.strip_prefix("localhost").unwrap_or(rest)).filter(|rest| rest.starts_with('/'));
    path.and_then(decoded).unwrap_or_else(|| PathBuf::from(word))
}

/// A path out of an address, whose bytes may stand as `%` and two digits.
fn decoded(text: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let byte = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                rest = after;
                let digit = |letter: &u8| char::from(*letter).to_digit(16);
                (16 * digit(high)? + digit(low)?) as u8
            }
            _ => *first,
        };
        bytes.push(byte);
    }
    #[cfg(unix)]
    return Some(PathBuf::from(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes)));
    // `file:///C:/a` is `C:/a`.
    #[cfg(not(unix))]
    return String::from_utf8(bytes).ok().map(|path| PathBuf::from(path.trim_start_matches('/')));
}

/// A sentence on a file, which has the file's name, with the whole path where that says more.
fn with_path(problem: &str, path: &Path) -> String {
    let problem = problem.trim_end_matches('.');
    if link_in(path).is_some() {
        // A link says what is wrong with it, and may be long.
        let mut letters = problem.chars();
        return letters
            .next()
            .map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()));
    }
    let whole = path.display().to_string();
    if problem.contains(&whole) { problem.to_owned() } else { format!("{problem}: {whole}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_are_paths() {
        let cases = [
            ("file:///tmp/a%20b.csv", "/tmp/a b.csv"),
            ("file://localhost/a.csv", "/a.csv"),
            ("file:///a%e7%8c%ab", "/a猫"),
            ("file:///a%2", "/a%2"),
            ("file:///a%zz", "file:///a%zz"),
            ("file://elsewhere/a", "file://elsewhere/a"),
            ("a b%20c", "a b%20c"),
        ];
        for (word, path) in cases {
            if cfg!(unix) {
                assert_eq!(path_of(OsStr::new(word)), Path::new(path), "{word}");
            }
        }
    }

    #[test]
    fn words_that_are_no_files_are_told_apart() {
        let problem = |word: &str| word_problem(OsStr::new(word)).unwrap();
        assert!(problem("analyse").contains("did you mean the command 'analyze'?"));
        assert!(problem("xyz").contains("expected one of compare, bench, analyze"));
        assert!(problem("compare").contains("stands before all else"));
        assert!(problem("digits-mlp").contains("`flatscape compare digits-mlp --out DIR`"));
        assert!(problem("resnet18").contains("`flatscape models resnet18 > resnet18.toml`"));
        assert!(problem("gone/compare").contains("there is no such file"));
        assert!(problem("").contains("neither a command nor a file"));
        assert_eq!(word_problem(OsStr::new(env!("CARGO_MANIFEST_DIR"))), None);
    }
}
