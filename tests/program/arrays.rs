//! Files of arrays that promise more than they hold, or more than a model wants: a sentence, and hardly any memory.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use zip::write::SimpleFileOptions;

use crate::analyze_small::{BASE, complaint, folder};
use crate::{flatscape, is_one_line};

fn header(descr: &str, shape: &str) -> Vec<u8> {
    let dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    [&b"\x93NUMPY\x01\x00"[..], &(dict.len() as u16).to_le_bytes(), dict.as_bytes()].concat()
}

/// A file of an archive: its name, its header, and so many zero bytes behind that.
type Member<'a> = (&'a str, Vec<u8>, usize);

fn archive(path: &Path, members: &[Member<'_>]) {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, start, zeros) in members {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(start).unwrap();
        let block = vec![0; 1 << 20];
        for left in (0..*zeros).step_by(block.len()) {
            archive.write_all(&block[..block.len().min(zeros - left)]).unwrap();
        }
    }
    archive.finish().unwrap();
}

#[test]
fn a_file_that_unpacks_to_more_than_the_model_wants_costs_no_memory() {
    let dir = folder();
    // 256 MiB of zeros for a model of 2 inputs, packed to 260 kB.
    let x = ("x.npy", header("<f4", "(8192, 8192)"), 8192 * 8192 * 4);
    archive(&dir.path().join("bomb.npz"), &[x, ("y.npy", header("<i8", "(8192,)"), 8192 * 8)]);
    let words = ["`--data`", "`x` has the shape [8192, 8192]", "expected [N, 2]"];
    assert_eq!(complaint(dir.path(), &["--data", "bomb.npz"], &words), None);
    // The same where the shape fits and the limit does not.
    let x = ("x.npy", header("<f4", "(4194304, 2)"), 1 << 25);
    archive(&dir.path().join("large.npz"), &[x, ("y.npy", header("|u1", "(4194304,)"), 1 << 22)]);
    let words =
        ["`--data`", "`y` [4194304] would take 68 MiB, expected at most 16 MiB", "`--max-memory` sets the limit"];
    assert_eq!(complaint(dir.path(), &["--data", "large.npz", "--max-memory", "16M"], &words), None);
}

#[test]
fn headers_that_lie_are_told() {
    let dir = folder();
    let y = || ("y.npy", header("<i8", "(20,)"), 160);
    let long = [&b"\x93NUMPY\x02\x00"[..], &(u32::MAX - 15).to_le_bytes()].concat();
    let cases: [(&str, Member<'_>, &[&str]); 4] = [
        ("head.npz", ("x.npy", long, 0), &["`x` is truncated or broken", "header says it has 4294967280 bytes"]),
        (
            "rows.npz",
            ("x.npy", header("<f4", "(20, 2)"), 161),
            &["`x` is truncated or broken", "161 bytes", "160 needed"],
        ),
        (
            "sides.npz",
            ("x.npy", header("<f4", "(4611686018427387904, 2)"), 160),
            &["`y` has the shape [20], expected [4611686018427387904]"],
        ),
        ("objects.npz", ("x.npy", header("|O", "(20, 2)"), 160), &["`x` holds Python objects, expected numbers"]),
    ];
    for (name, x, words) in cases {
        archive(&dir.path().join(name), &[x, y()]);
        assert_eq!(complaint(dir.path(), &["--data", name], &[&["`--data`", name], words].concat()), None);
    }
    // The crates that write archives refuse a name that stands twice, so it is patched in.
    let twice = dir.path().join("twice.npz");
    archive(&twice, &[("x.npy", header("<f4", "(20, 2)"), 160), y(), ("z.npy", header("<f4", "(20, 2)"), 160)]);
    let mut bytes = std::fs::read(&twice).unwrap();
    for at in 0..bytes.len() - 5 {
        if bytes[at..].starts_with(b"z.npy") {
            bytes[at] = b'x';
        }
    }
    std::fs::write(&twice, bytes).unwrap();
    let words = ["`--data`", "its table has 3 entries under 2 names, expected each array once"];
    assert_eq!(complaint(dir.path(), &["--data", "twice.npz"], &words), None);
    // Weights and directions come in by the same door.
    archive(&dir.path().join("w.npz"), &[("0.weight.npy", header("|O", "(3, 2)"), 10)]);
    let words = ["`--weights`", "`0.weight`", "Python objects", "expected F32"];
    assert_eq!(complaint(dir.path(), &["--weights", "w.npz"], &words), None);
}

/// A weights file may hold far more than the model wants.
#[test]
fn weights_of_another_shape_are_not_unpacked() {
    let dir = folder();
    let tensor = ("0.weight.npy", header("<f4", "(8192, 8192)"), 8192 * 8192 * 4);
    archive(&dir.path().join("w.npz"), &[tensor]);
    let words = ["`--weights`", "of another shape: `0.weight` [8192, 8192], expected [3, 2]", "missing: `0.bias` [3]"];
    assert_eq!(complaint(dir.path(), &["--weights", "w.npz", "--max-memory", "16M"], &words), None);
}

/// With little address space to be had, a header of 4 GB is still a sentence and no abort.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_taken_before_it_is_checked() {
    let dir = folder();
    let long = [&b"\x93NUMPY\x02\x00"[..], &(u32::MAX - 15).to_le_bytes()].concat();
    archive(&dir.path().join("head.npz"), &[("x.npy", long, 0), ("y.npy", Vec::new(), 0)]);
    let x = ("x.npy", header("<f4", "(8192, 8192)"), 8192 * 8192 * 4);
    archive(&dir.path().join("bomb.npz"), &[x, ("y.npy", header("<i8", "(8192,)"), 8192 * 8)]);
    for name in ["head.npz", "bomb.npz"] {
        let program = assert_cmd::cargo::cargo_bin("flatscape");
        let args: Vec<&str> = BASE.iter().map(|arg| if *arg == "d.safetensors" { name } else { arg }).collect();
        let script = "ulimit -v 3000000; exec \"$0\" \"$@\"";
        let mut shell = assert_cmd::Command::new("bash");
        let output = shell.current_dir(dir.path()).args(["-c", script]).arg(program).args(args).output().unwrap();
        assert!(is_one_line(&output, &["`--data`", "`x`"]), "{name}: {output:?}");
    }
}

#[test]
fn the_limit_of_memory_is_a_size() {
    let dir = folder();
    for size in ["2X", "-1", "0", "G", ""] {
        let output = flatscape(dir.path()).args(BASE).arg(format!("--max-memory={size}")).output().unwrap();
        let words =
            [&format!("`--max-memory` is `{size}`")[..], "expected a size such as 512M, 2G or a number of bytes"];
        assert!(is_one_line(&output, &words), "{size}: {output:?}");
        let args = ["compare", "--out", "o", "--device", "cpu"];
        let output = flatscape(dir.path()).args(args).arg(format!("--max-memory={size}")).output().unwrap();
        assert!(is_one_line(&output, &words), "{size}: {output:?}");
    }
    let output = flatscape(dir.path()).args(BASE).args(["--max-memory", "64M"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
