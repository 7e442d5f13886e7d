//! The kinds of files that the program reads, with whole ones of each.

use std::path::{Path, PathBuf};

use super::made;
use super::readers::{
    Read, checkpoints, data, layers, pictures, reference, session, text, tokenizer, toml, weights, window_settings,
};

/// What is read of a damaged file.
#[derive(Clone, Copy)]
enum Opened {
    /// The file itself, beside the small files of its folder.
    File,
    /// The folder of `tests/reference` in which it lies, whole.
    Folder(&'static str),
}

/// Files of a kind.
struct Kind {
    name: &'static str,
    read: Read,
    opened: Opened,
    files: &'static [&'static str],
}

const fn files(name: &'static str, read: Read, files: &'static [&'static str]) -> Kind {
    Kind { name, read, opened: Opened::File, files }
}

const fn folder(name: &'static str, read: Read, at: &'static str, files: &'static [&'static str]) -> Kind {
    Kind { name, read, opened: Opened::Folder(at), files }
}

/// What lies in `tests/reference`.
const KINDS: [Kind; 27] = [
    files(
        "NPZ of data",
        data,
        &["data/savez.npz", "data/savez_compressed.npz", "forms/text.npz", "forms/y-objects.npz"],
    ),
    files("safetensors of data", data, &["data/numpy.safetensors", "data/torch.safetensors"]),
    files("CSV", data, &["data/header.csv", "data/words.csv", "data/plain.csv", "data/label_first.csv"]),
    files("IDX", data, &["data/idx/train-images-idx3-ubyte", "data/idx/train-labels-idx1-ubyte"]),
    files("IDX, compressed", data, &["data/idx-gz/train-images-idx3-ubyte.gz"]),
    folder("IDX of other types", data, "folders/types", &["f4-images-idx3-ubyte", "i2-labels-idx1-ubyte"]),
    folder(
        "EMNIST",
        data,
        "folders/emnist",
        &["emnist-letters-mapping.txt", "emnist-letters-train-labels-idx1-ubyte.gz"],
    ),
    files("CIFAR, binary", pictures, &["data/data_batch_1.bin"]),
    folder("CIFAR-100, binary", pictures, "folders/cifar-100-binary", &["train.bin", "fine_label_names.txt"]),
    folder("CIFAR, pickled", pictures, "folders/cifar-10-batches-py", &["data_batch_1", "batches.meta"]),
    folder("CIFAR-100, pickled", pictures, "folders/cifar-100-python", &["train", "meta"]),
    files("Parquet", data, &["parquet/images.parquet", "parquet/array2d.parquet", "parquet/bytes.parquet"]),
    files("Parquet tables", data, &["parquet/table.parquet", "parquet/last.parquet", "parquet/values.parquet"]),
    folder("Parquet in shards", data, "parquet/shards", &["train-00001-of-00002.parquet"]),
    folder("PNG", data, "data/png", &["cat/0.png"]),
    folder("JPEG", data, "data/jpeg", &["dog/1.jpg"]),
    folder(
        "other images",
        pictures,
        "folders/modes",
        &["bmp/only.bmp", "gif/only.gif", "x-pgm/only.pgm", "palette/only.png", "u-16-bits/only.png"],
    ),
    files("tar", pictures, &["folders/pictures.tar", "folders/long-pax.tar"]),
    files("tar, compressed", pictures, &["folders/cifar-10-python.tar.gz", "folders/long-gnu.tar.gz"]),
    files("ZIP", pictures, &["folders/pictures.zip", "folders/mnist.zip"]),
    files(
        "text in arrays and Parquet",
        text,
        &["text/whole.npz", "text/pairs.npz", "text/reviews.parquet", "text/captions.parquet"],
    ),
    files("tokenizers", tokenizer, &["text/tokenizer.json"]),
    folder("tokenizers in folders", tokenizer, "text/bpe", &["vocab.json", "merges.txt"]),
    files(
        "weights",
        weights,
        &[
            "sequential/mlp/weights.npz",
            "analyze/tanh-mlp/weights.safetensors",
            "analyze/tanh-mlp/directions.safetensors",
        ],
    ),
    files(
        "PyTorch's checkpoints",
        weights,
        &[
            "saved/zip.pt",
            "saved/legacy.pt",
            "saved/lightning.ckpt",
            "saved/lightning-legacy.ckpt",
            "saved/whole.pt",
            "saved/code-beside.pt",
        ],
    ),
    files(
        "shards of weights",
        weights,
        &["saved/sharded/model.safetensors.index.json", "saved/sharded-bin/pytorch_model.bin.index.json"],
    ),
    files(
        "models and experiments",
        toml,
        &[
            "analyze/cnn/model.toml",
            "../../assets/experiments/digits-cnn.toml",
            "../../assets/experiments/moons-mlp.toml",
        ],
    ),
];

/// A whole file that is damaged again and again.
pub struct Subject {
    pub kind: &'static str,
    pub read: Read,
    /// All files of a folder, by their places in it.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// The one that is damaged.
    pub damaged: usize,
    /// The place of what is read; empty for the folder itself.
    pub opened: PathBuf,
    /// Its share among the subjects.
    pub share: usize,
    /// Whether reading it moves the file aside or writes beside it.
    pub leaves_files: bool,
}

impl Subject {
    pub fn name(&self) -> &Path {
        &self.files[self.damaged].0
    }
}

/// All whole files.
pub fn subjects() -> Vec<Subject> {
    let mut all: Vec<Subject> =
        KINDS.iter().flat_map(|kind| kind.files.iter().map(|file| subject(kind, file))).collect();
    let single = |kind, read, name: &str, bytes: &[u8], leaves_files| Subject {
        kind,
        read,
        files: vec![(name.into(), bytes.to_vec())],
        damaged: 0,
        opened: name.into(),
        share: 1,
        leaves_files,
    };
    let lines = "conv 16 3x3 same\nbatchnorm\nrelu\nmaxpool 2\nconv 32 3x3 stride 2 groups 4 nobias\navgpool 2\nflatten\nlinear 10\n";
    all.push(single("layers", layers, "layers.txt", lines.as_bytes(), false));
    let json_lines = "{\"text\": \"good, so good\", \"label\": \"pos\"}\n{\"text\": \"bad\", \"label\": \"neg\"}\n";
    all.push(single("JSON lines", text, "reviews.jsonl", json_lines.as_bytes(), false));
    all.push(single(
        "plain text",
        text,
        "words.txt",
        b"one two three one two three, and once more \xe2\x80\x94",
        false,
    ));
    let kept = "{\"version\": 1, \"settings\": {\"a\": 1.5, \"b\": -2e3}}";
    all.push(single("settings", window_settings, "settings.json", kept.as_bytes(), true));
    let checkpoint = std::fs::read(reference("analyze/tanh-mlp/weights.safetensors"));
    let model = std::fs::read(reference("analyze/tanh-mlp/model.toml"));
    let (checkpoint, model) = (checkpoint.expect("it is there"), model.expect("it is there"));
    all.push(Subject {
        kind: "folders of checkpoints",
        read: checkpoints,
        files: vec![("step_1.safetensors".into(), checkpoint), ("model.toml".into(), model)],
        damaged: 0,
        opened: PathBuf::new(),
        share: 1,
        leaves_files: false,
    });
    all.extend(made::sessions().into_iter().map(|(files, damaged)| Subject {
        kind: "sessions",
        read: session,
        files,
        damaged,
        opened: "session.flatscape".into(),
        share: 6,
        leaves_files: true,
    }));
    all
}

fn subject(kind: &Kind, file: &'static str) -> Subject {
    let read = |path: &Path| std::fs::read(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    let (files, damaged): (Vec<(PathBuf, Vec<u8>)>, &Path) = match kind.opened {
        Opened::Folder(at) => (below(&reference(at), Path::new("")), Path::new(file)),
        Opened::File => {
            let path = reference(file);
            let name = Path::new(file).file_name().expect("a file");
            let mut files = beside(path.parent().expect("a folder"));
            files.retain(|(other, _)| other != name);
            files.push((name.into(), read(&path)));
            (files, Path::new(name))
        }
    };
    let opened = if matches!(kind.opened, Opened::File) { damaged.to_owned() } else { PathBuf::new() };
    let damaged = files.iter().position(|(place, _)| place == damaged).expect("the file is in its folder");
    Subject { kind: kind.name, read: kind.read, files, damaged, opened, share: 1, leaves_files: false }
}

/// The small files of a folder: what belongs to a file lies beside it.
fn beside(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    entries(folder)
        .into_iter()
        .filter(|path| path.metadata().is_ok_and(|meta| meta.is_file() && meta.len() < 1 << 16))
        .map(|path| (path.file_name().expect("a file").into(), std::fs::read(&path).expect("it can be read")))
        .collect()
}

/// All files below a folder.
fn below(folder: &Path, at: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for path in entries(folder) {
        let place = at.join(path.file_name().expect("a name"));
        if path.is_dir() {
            files.extend(below(&path, &place));
        } else {
            files.push((place, std::fs::read(&path).expect("it can be read")));
        }
    }
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths
}
