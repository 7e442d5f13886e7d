//! What programs that hand out work are told, ready to be pasted, and the script of a Slurm array.

use std::fmt::Write as _;

/// Tasks of a Slurm array at most, where its administrator has set nothing (`MaxArraySize` is 1001).
const ARRAY: usize = 1000;
/// The script of a Slurm array.
pub const SCRIPT_FILE: &str = "units.sbatch";

/// What the lines depend on.
#[derive(Debug, Clone, Copy)]
pub struct Started<'a> {
    /// The program, as it can be called.
    pub program: &'a str,
    /// The folder of the plan.
    pub folder: &'a str,
    /// Units of the plan.
    pub units: usize,
    /// Whether they run on a GPU each.
    pub with_gpu: bool,
}

impl Started<'_> {
    /// What each engine is told, and what comes then: its name and the line.
    #[must_use]
    pub fn lines(self) -> Vec<(&'static str, String)> {
        let (program, folder) = (quoted(self.program), quoted(self.folder));
        let (work, last) = (format!("{program} work {folder}"), self.units.saturating_sub(1));
        let gpu = if self.with_gpu { " --resource gpus/nvidia=1" } else { "" };
        let script = quoted(&format!("{}/{SCRIPT_FILE}", self.folder.trim_end_matches('/')));
        vec![
            ("here", format!("{work} --all")),
            ("HyperQueue", format!("hq submit --array 0-{last} --crash-limit 5 --pin taskset{gpu} {work}")),
            ("Slurm", format!("sbatch {script}")),
            ("GNU parallel", format!("seq 0 {last} | parallel --retries 3 {work} --unit {{}}")),
            ("MPI", format!("mpirun -n {} {work}", self.units.clamp(1, 8))),
            ("then", format!("{program} gather {folder}")),
        ]
    }

    /// The script of a Slurm array: a task does its unit, or every thousandth one where there are more than an array has tasks.
    #[must_use]
    pub fn script(self) -> String {
        let (program, folder) = (quoted(self.program), quoted(self.folder));
        let tasks = self.units.clamp(1, ARRAY);
        let mut text = "#!/bin/bash\n".to_owned();
        for (option, value) in [
            ("job-name", "flatscape".to_owned()),
            ("array", format!("0-{}", tasks - 1)),
            ("cpus-per-task", "2".to_owned()),
            ("time", "01:00:00".to_owned()),
        ] {
            let _ = writeln!(text, "#SBATCH --{option}={value}");
        }
        if self.with_gpu {
            text += "#SBATCH --gpus=1\n";
        }
        let stride = if self.units > tasks { format!(" --stride {tasks}") } else { String::new() };
        text += "# Partition, account and what the module system needs go here.\n";
        text += &format!("exec {program} work {folder}{stride}\n");
        text
    }
}

/// A word of a shell.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(units: usize) -> Started<'static> {
        Started { program: "flatscape", folder: "/data/my sweep", units, with_gpu: false }
    }

    #[test]
    fn lines_name_the_folder_as_a_shell_takes_it() {
        let lines = started(96).lines();
        assert!(lines.iter().all(|(_, line)| line.contains("'/data/my sweep")), "{lines:?}");
        let of = |name: &str| lines.iter().find(|(engine, _)| *engine == name).unwrap().1.as_str();
        assert!(of("HyperQueue").starts_with("hq submit --array 0-95 "), "{lines:?}");
        assert_eq!(of("Slurm"), "sbatch '/data/my sweep/units.sbatch'");
        assert!(of("GNU parallel").starts_with("seq 0 95 | parallel"), "{lines:?}");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn a_script_asks_for_no_more_tasks_than_an_array_has() {
        let script = started(12).script();
        assert!(script.contains("--array=0-11\n") && !script.contains("--stride"), "{script}");
        let script = started(2500).script();
        assert!(script.contains("--array=0-999\n") && script.contains("--stride 1000"), "{script}");
        assert!(Started { with_gpu: true, ..started(2) }.script().contains("--gpus=1"));
    }
}
