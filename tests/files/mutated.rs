//! Files that went wrong on their way: each reader meets small valid files that were mutated by a seeded generator, and
//! answers with a value or a sentence. No panic, no abort, no long wait, no large memory.
//!
//! `FLATSCAPE_MUTATIONS` says how many of each seed there are; what was once found stands in `found/` and is read first.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flatscape::config::{Experiment, LossKind, ModelConfig};
use flatscape::data::limit::set_max_memory;
use flatscape::data::{Wanted, import};
use flatscape::engine::recognise;
use flatscape::model::Architecture;
use flatscape::session::settings;
use flatscape::session::weights::{read_directions, read_state};

use crate::counting::most_bytes;

const MUTATIONS: u64 = 300;
const MOST_TIME: Duration = Duration::from_secs(10);
const MOST_MEMORY: usize = 300 << 20;
/// The limit that readers are given, as `--max-memory` sets it.
const LIMIT: u64 = 128 << 20;
/// Bytes that a mutation makes of a file at most.
const MOST_BYTES: usize = 1 << 18;

/// A small generator (splitmix64), the same on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A range of at most `longest` bytes.
    fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below((length - start).min(longest) + 1)
    }
}

/// One to three changes to a file.
fn mutate(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(3) {
        match dice.below(7) {
            0 => flip(&mut bytes, dice),
            1 => bytes.truncate(dice.below(bytes.len() + 1)),
            2 => extreme(&mut bytes, dice),
            3 => number(&mut bytes, dice),
            4 => {
                let range = dice.range(bytes.len(), 64);
                bytes.drain(range);
            }
            5 => {
                let range = dice.range(bytes.len(), 200);
                let (piece, at) = (bytes[range].to_vec(), dice.below(bytes.len() + 1));
                bytes.splice(at..at, piece);
            }
            _ => {
                let (piece, at) = (dice.range(bytes.len(), 12), dice.below(bytes.len() + 1));
                let times = dice.pick(&[2, 20, 5000]);
                let piece = bytes[piece].repeat(times);
                bytes.splice(at..at, piece);
            }
        }
        bytes.truncate(MOST_BYTES);
    }
    bytes
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(8) {
        let at = dice.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
    }
}

/// A field of 1, 2, 4 or 8 bytes at one of its ends.
fn extreme(bytes: &mut [u8], dice: &mut Dice) {
    let size = dice.pick(&[1, 2, 4, 8]);
    let value = dice.pick(&[0, 1, u64::MAX, u64::MAX >> 1, u64::MAX >> 33, 1 << 31, 1 << 20, u64::MAX - 16]);
    let at = dice.below(bytes.len());
    let field = if dice.below(2) == 0 {
        value.to_le_bytes()[..size].to_vec()
    } else {
        value.to_be_bytes()[8 - size..].to_vec()
    };
    for (byte, new) in bytes.iter_mut().skip(at).zip(field) {
        *byte = new;
    }
}

/// A number in digits becomes another one.
fn number(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let digits: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit()).collect();
    if digits.is_empty() {
        return flip(bytes, dice);
    }
    let start = dice.pick(&digits);
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let new =
        dice.pick(&["0", "-1", "4294967296", "99999999999999999999", "1e308", "nan", "65536", "1000000007", "0.5"]);
    bytes.splice(start..start + length, new.bytes());
}

/// A reader, given a file.
type Read = fn(&Path);

fn data(path: &Path) {
    let _ = recognise(path);
    let _ = import::<f64>(path, &Wanted::ANY);
    for (input, outputs, loss) in [
        (&[3][..], 3, LossKind::CrossEntropy),
        (&[2], 1, LossKind::Mse),
        (&[1, 5, 6], 10, LossKind::CrossEntropy),
        (&[3, 32, 32], 10, LossKind::CrossEntropy),
        (&[4], 3, LossKind::CrossEntropy),
        (&[1, 3, 4], 3, LossKind::CrossEntropy),
    ] {
        let _ = import::<f32>(path, &Wanted { input, outputs, loss, text: None });
    }
}

/// A file in a folder of its own: the folder is what is read.
fn folder(path: &Path) {
    data(path.parent().and_then(Path::parent).unwrap());
}

fn weights(path: &Path) {
    let _ = recognise(path);
    for model in ["analyze/tanh-mlp/model.toml", "sequential/mlp/model.toml", "saved/model.toml"] {
        let text = std::fs::read_to_string(reference(model)).unwrap();
        let architecture = Architecture::new(&ModelConfig::from_toml(&text).unwrap()).unwrap();
        let _ = read_state(path, &architecture);
        let _ = read_directions(path, &architecture);
    }
}

fn toml(path: &Path) {
    let _ = recognise(path);
    let Ok(text) = std::fs::read_to_string(path) else { return };
    if let Ok(model) = ModelConfig::from_toml(&text) {
        let _ = Architecture::new(&model);
    }
    if let Ok(experiment) = Experiment::from_toml(&text) {
        let _ = experiment.validate();
        let _ = Architecture::new(&experiment.model);
    }
}

fn layers(path: &Path) {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let _ = Architecture::new(&ModelConfig::new(&[3, 32, 32], LossKind::CrossEntropy, text.lines()));
}

fn kept(path: &Path) {
    let _ = settings::peek::<std::collections::BTreeMap<String, f64>>(path, 1);
    let _ = settings::load::<std::collections::BTreeMap<String, f64>>(path, 1);
}

fn reference(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(path)
}

/// Reads a file and says what was wrong with that.
fn complaint(path: &Path, read: Read) -> Option<String> {
    set_max_memory(LIMIT);
    let start = Instant::now();
    let (outcome, bytes) = most_bytes(|| catch_unwind(AssertUnwindSafe(|| read(path))));
    let took = start.elapsed();
    if outcome.is_err() {
        return Some("it panics".to_owned());
    }
    if took > MOST_TIME {
        return Some(format!("it takes {took:?}"));
    }
    // Once more, since other tests take memory too.
    let again = || most_bytes(|| catch_unwind(AssertUnwindSafe(|| read(path)))).1;
    let is_large = bytes > MOST_MEMORY && (0..3).all(|_| again() > MOST_MEMORY);
    is_large.then(|| format!("it takes {bytes} bytes"))
}

/// Mutations of one file of `folder`, beside the others of it.
fn check(file: &str, read: Read) {
    let (file, seed) = (reference(file), std::fs::read(reference(file)).unwrap());
    check_bytes(&file, &seed, count(), read);
}

/// Mutations of each seed.
fn count() -> u64 {
    std::env::var("FLATSCAPE_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(MUTATIONS)
}

fn check_bytes(file: &Path, seed: &[u8], count: u64, read: Read) {
    let dir = tempfile::tempdir().unwrap();
    // A class of a folder of images keeps its folder, and a file those that belong to it.
    let (class, name) = (file.parent().unwrap().file_name().unwrap(), file.file_name().unwrap());
    let inner = dir.path().join("all").join(class);
    std::fs::create_dir_all(&inner).unwrap();
    for beside in std::fs::read_dir(file.parent().unwrap()).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        let is_small = beside.metadata().is_ok_and(|meta| meta.is_file() && meta.len() < 1 << 16);
        if is_small && beside != file {
            std::fs::copy(&beside, inner.join(beside.file_name().unwrap())).unwrap();
        }
    }
    let path = inner.join(name);
    let mut failures = Vec::new();
    for number in 0..count {
        let bytes = mutate(seed, &mut Dice(number));
        std::fs::write(&path, &bytes).unwrap();
        if let Some(problem) = complaint(&path, read) {
            let kept = std::env::temp_dir().join(format!("mutated-{number}-{}", name.to_string_lossy()));
            std::fs::write(&kept, &bytes).unwrap();
            failures.push(format!("{}: {problem}", kept.display()));
        }
    }
    assert!(failures.is_empty(), "{} of {count} mutations:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn mutated_arrays_are_answered() {
    for file in ["data/savez.npz", "data/savez_compressed.npz", "forms/text.npz", "forms/y-objects.npz"] {
        check(file, data);
    }
    check("data/numpy.safetensors", data);
    check("data/torch.safetensors", data);
}

#[test]
fn mutated_weights_are_answered() {
    check("sequential/mlp/weights.npz", weights);
    check("analyze/tanh-mlp/weights.safetensors", weights);
}

#[test]
fn mutated_checkpoints_are_answered() {
    for file in ["zip.pt", "legacy.pt", "lightning.ckpt", "lightning-legacy.ckpt", "whole.pt", "code-beside.pt"] {
        check(&format!("saved/{file}"), weights);
    }
    for file in ["sharded/model.safetensors.index.json", "sharded-bin/pytorch_model.bin.index.json"] {
        check(&format!("saved/{file}"), weights);
    }
}

#[test]
fn mutated_tables_are_answered() {
    for file in ["data/header.csv", "data/words.csv", "data/plain.csv"] {
        check(file, data);
    }
}

#[test]
fn mutated_parquet_is_answered() {
    for file in ["images", "array2d", "bytes", "table", "last", "values"] {
        check(&format!("parquet/{file}.parquet"), data);
    }
}

#[test]
fn mutated_bytes_of_pictures_are_answered() {
    for file in ["data/idx/train-images-idx3-ubyte", "data/idx/train-labels-idx1-ubyte"] {
        check(file, data);
    }
    check("data/idx-gz/train-images-idx3-ubyte.gz", data);
    check("data/data_batch_1.bin", data);
}

#[test]
fn mutated_pictures_are_answered() {
    for root in ["data/png", "data/jpeg", "data/grey"] {
        let mut files: Vec<PathBuf> = classes(&reference(root));
        files.sort();
        let file = files[0].strip_prefix(reference("")).unwrap().to_str().unwrap().to_owned();
        check(&file, folder);
    }
}

fn classes(root: &Path) -> Vec<PathBuf> {
    let entries = |path: &Path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    entries(root).iter().filter(|path| path.is_dir()).flat_map(|class| entries(class)).collect()
}

#[test]
fn mutated_texts_are_answered() {
    check("analyze/cnn/model.toml", toml);
    check("../../assets/experiments/digits-cnn.toml", toml);
    check("../../assets/experiments/moons-mlp.toml", toml);
    let lines = "conv 16 3x3 same\nbatchnorm\nrelu\nmaxpool 2\nconv 32 3x3 stride 2 groups 4 nobias\navgpool 2\nflatten\nlinear 10\n";
    check_bytes(&reference("data/layers.txt"), lines.as_bytes(), count(), layers);
    let text = "{\"version\": 1, \"settings\": {\"a\": 1.5, \"b\": -2e3}}";
    check_bytes(&reference("data/settings.json"), text.as_bytes(), count(), kept);
}

/// What was found once is not found again.
#[test]
fn files_that_were_found_are_answered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/found");
    let mut failures = Vec::new();
    let mut count = 0;
    for path in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        count += 1;
        for read in [data as Read, weights, toml] {
            failures.extend(complaint(&path, read).map(|problem| format!("{}: {problem}", path.display())));
        }
    }
    assert!(failures.is_empty() && count >= 3, "{count} files:\n{}", failures.join("\n"));
}
