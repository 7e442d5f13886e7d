//! How a comparison was asked for, to ask for it again.

use crate::config::{Experiment, OptimizerKind};
use crate::letters::file_stem;
use crate::report::results::CompareResult;

/// How a comparison was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rerun {
    /// The command line as it was typed; empty where nobody knows it.
    pub command: String,
    /// What the experiment does not say, such as `["--curvature", "16"]`.
    pub arguments: Vec<String>,
}

impl Rerun {
    /// The command that makes the same runs from a file of the experiment.
    #[must_use]
    pub fn command_for(&self, experiment: &Experiment, result: &CompareResult) -> String {
        let mut methods: Vec<OptimizerKind> = result.runs.iter().map(|run| run.optimizer).collect();
        methods.dedup();
        let seeds = result.runs.iter().filter(|run| Some(&run.optimizer) == methods.first()).count();
        let methods: Vec<&str> = methods.into_iter().map(OptimizerKind::key).collect();
        let name = file_stem(&experiment.name);
        let (file, out) = (format!("{name}.toml"), format!("{name}-again"));
        let (methods, seeds) = (methods.join(","), seeds.to_string());
        let begin = ["flatscape", "compare", &file, "--optimizers", &methods, "--seeds", &seeds];
        let words = begin.into_iter().chain(self.arguments.iter().map(String::as_str)).chain(["--out", &out]);
        command_line(words)
    }
}

/// Words as a shell takes them.
#[must_use]
pub fn command_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quoted).collect::<Vec<String>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./,=:+@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn the_command_has_methods_seeds_and_what_the_experiment_does_not_say() {
        let (mut experiment, result) = sample::comparison();
        let rerun = Rerun { command: String::new(), arguments: ["--curvature", "16"].map(str::to_owned).to_vec() };
        let expected =
            "flatscape compare moons-mlp.toml --optimizers sgd,sam,nso --seeds 2 --curvature 16 --out moons-mlp-again";
        assert_eq!(rerun.command_for(&experiment, &result), expected);
        experiment.name = "../it's; rm".to_owned();
        let command = rerun.command_for(&experiment, &result);
        assert!(command.starts_with("flatscape compare it-s-rm.toml --optimizers"), "{command}");
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_more_into_them() {
        assert_eq!(
            command_line(["a", "--set=b.c=1", "x y", "$HOME", "it's", ""]),
            r"a --set=b.c=1 'x y' '$HOME' 'it'\''s' ''"
        );
    }
}
