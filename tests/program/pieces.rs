//! `flatscape analyze --pieces`: what is put together is what one process measures, bit for bit on the CPU.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;

use crate::analysis::reference;
use crate::analyze_small::{f32s, folder, i64s, save};
use crate::{flatscape, is_one_line};

const PARTS: &str = "--trace-probes 72 --eigenvalues 2 --density --slice 13 --range 0.5";

fn done(dir: &Path, words: &str) -> String {
    let output = flatscape(dir).args(words.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Measures in one piece and in so many pieces of each part, and holds the files against each other. How many units that were.
fn assert_same(dir: &Path, what: &str, more: &str, pieces: usize) -> usize {
    let analyze = format!("analyze {what} --device cpu {more}");
    done(dir, &format!("{analyze} --out whole"));
    let planned = done(dir, &format!("{analyze} --pieces {pieces} --out s"));
    let units: usize = planned.split(' ').nth(1).unwrap().parse().unwrap();
    let refused = flatscape(dir).args(["gather", "s"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(stderr.contains("units have no result") && stderr.contains("work s --unit"), "{stderr}");
    // Two processes, and the later half first.
    let last = units - 1;
    done(dir, &format!("work s --unit {}-{last} --threads 1", last / 2));
    done(dir, "work s --all");
    done(dir, "gather s");
    for file in ["report.json", "slice.png", "slice.svg", "slice.npz", "slice.vti"] {
        let read = |folder: &str| std::fs::read(dir.join(folder).join(file)).unwrap();
        let (whole, pieces) = (read("whole"), read("s"));
        if file == "report.json" {
            // Units of another number of threads are of the same device, whose name is without it.
            let of = |bytes| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes).unwrap();
            let (mut whole, mut pieces) = (of(&whole), of(&pieces));
            assert!(pieces.remove("device").unwrap().as_str().unwrap().starts_with("CPU"), "{what}");
            whole.remove("device");
            for (key, value) in &whole {
                assert!(
                    pieces.get(key) == Some(value),
                    "{what}: {key} is {:?}, and {value} in one piece",
                    pieces.get(key)
                );
            }
            assert_eq!(whole.len(), pieces.len());
        } else {
            assert!(whole == pieces, "{what}: {file}");
        }
    }
    units
}

#[test]
fn pieces_of_a_network_of_maps_make_the_whole() {
    let cnn = reference("analyze/cnn");
    let place = |name: &str| cnn.join(name).display().to_string();
    let what = format!(
        "{} --weights {} --data {}",
        place("model.toml"),
        place("weights.safetensors"),
        place("data.safetensors")
    );
    assert_eq!(assert_same(tempfile::tempdir().unwrap().path(), &what, PARTS, 3), 12);
}

#[test]
fn pieces_of_a_network_with_batch_norm_and_residual_blocks_make_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let model = done(dir, "models resnet8 --input 1,16,16 --classes 20");
    std::fs::write(dir.join("m.toml"), model).unwrap();
    // Weights of a few steps, so that the running statistics are none of the beginning.
    let small = "--set data.train_size=32 --set data.test_size=8 --set batch=8 --set look.resolution=3 --quick";
    done(
        dir,
        &format!("compare resnet8-shapes --optimizers sgd --budget 4 --weights --device cpu {small} --out trained"),
    );
    let pixels = f32s("x", &[6, 1, 16, 16], |i| ((i * i + 3) as f32).cos());
    save(&dir.join("d.safetensors"), &[pixels, i64s("y", &[6], |i| i as i64 * 3)]);
    let what = "m.toml --weights trained/weights/sgd-0.safetensors --data d.safetensors";
    let units = assert_same(dir, what, "--trace-probes 16 --slice 5 --range 0.5", 4);
    assert!(units > 4, "{units} units");
}

#[test]
fn eight_workers_make_a_fine_slice_and_a_trace_of_many_probes() {
    let dir = folder();
    let what = "m.toml --weights w.safetensors --data d.safetensors";
    assert_same(dir.path(), what, "--trace-probes 512 --slice 41 --range 0.5", 8);
    let plan = std::fs::read_to_string(dir.path().join("s/plan.json")).unwrap();
    for part in ["trace", "slice-rows"] {
        assert_eq!(plan.matches(&format!("\"piece\":\"{part}\"")).count(), 8, "{part}: {plan}");
    }
}

#[test]
fn what_is_in_no_piece_is_measured_where_they_are_put_together() {
    let dir = folder();
    let more = format!("{PARTS} --sigma 0.01 --pairs 16 --rho 0.1 --precision f64");
    assert_eq!(assert_same(dir.path(), "m.toml --weights w.safetensors --data d.safetensors", &more, 3), 12);

    // Weights that change between pieces do not make one whole.
    let bytes = std::fs::read(dir.path().join("w.safetensors")).unwrap();
    let changed = [&bytes[..bytes.len() - 1], &[bytes[bytes.len() - 1] ^ 1][..]].concat();
    std::fs::write(dir.path().join("w.safetensors"), changed).unwrap();
    let work = flatscape(dir.path()).args(["work", "s", "--unit", "0", "--force"]).output().unwrap();
    assert!(is_one_line(&work, &["another one than when this was planned", "w.safetensors"]), "{work:?}");
    let arguments = "analyze m.toml --weights w.safetensors --data d.safetensors --pieces 0 --out t";
    let refused = flatscape(dir.path()).args(arguments.split(' ')).output().unwrap();
    assert!(is_one_line(&refused, &["`--pieces` is `0`"]), "{refused:?}");
}
