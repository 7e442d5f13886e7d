//! `flatscape engine` and `--host` from outside: the first line each way, and what is wrong in one sentence.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use crate::{flatscape, is_one_line};

/// Runs `flatscape engine` with this on its standard input and data of its own.
fn engine(dir: &Path, args: &str, input: &[u8]) -> std::process::Output {
    let mut command = flatscape(dir);
    command.env("XDG_DATA_HOME", dir.join("data")).arg("engine").args(args.split_whitespace());
    command.write_stdin(input).output().unwrap()
}

#[test]
fn another_version_is_refused_with_a_sentence_that_names_both() {
    let dir = tempfile::tempdir().unwrap();
    for args in ["", "--here"] {
        let output = engine(dir.path(), args, b"{\"flatscape\":\"99.0.0\",\"protocol\":77}\n");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        let own = format!("this is Flatscape {} (protocol ", env!("CARGO_PKG_VERSION"));
        assert!(stderr.contains("is Flatscape 99.0.0 (protocol 77)") && stderr.contains(&own), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        // The window says it too, by what it reads.
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.starts_with("{\"flatscape\":") && stdout.lines().count() == 1, "{stdout}");
    }
    assert!(!dir.path().join("data/flatscape/engines").exists(), "no engine was started");
}

#[test]
fn what_is_no_window_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    for (input, words) in [
        (&b""[..], "it ended before it said which version it is"),
        (b"hello\n", "is not of Flatscape: hello"),
        (&[0xff; 100_000], "is not of Flatscape"),
        (b"{\"flatscape\":", "is not of Flatscape"),
    ] {
        for args in ["", "--here"] {
            let output = engine(dir.path(), args, input);
            assert!(is_one_line(&output, &["standard input", words]), "{output:?}");
        }
    }
}

#[test]
fn wrong_arguments_are_one_line() {
    let dir = tempfile::tempdir().unwrap();
    for (args, words) in [
        ("--linger 0", &["`--linger` is `0`", "whole number from 1"][..]),
        ("--linger soon", &["`--linger` is `soon`"]),
        ("--attach missing.flatscape", &["no such session file", "missing.flatscape"]),
        ("--device tpu", &["`--device`", "tpu"]),
    ] {
        assert!(is_one_line(&engine(dir.path(), args, b""), words), "{args}");
    }
    for (args, words) in [
        (&["--host", "-oProxyCommand=x"][..], &["`--host` is `-oProxyCommand=x`", "as `ssh` takes it"][..]),
        (&["--attach", "s"], &["--host"]),
        (&["--engine", "x", "--device", "cpu"], &["--device"]),
    ] {
        assert!(is_one_line(&flatscape(dir.path()).args(args).output().unwrap(), words), "{args:?}");
    }
    let output = flatscape(dir.path()).args(["--engine", "true"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("no display") && stderr.contains("for the window alone"), "{stderr}");
    }
}
