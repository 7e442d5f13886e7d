//! What the program does with each kind of file, and what it says of one that is wrong.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flatscape::config::{Experiment, LossKind, ModelConfig};
use flatscape::data::{ReadChoice, Text, Tokenizer, Wanted, import, import_as};
use flatscape::engine::{recognise, recognise_or_wait};
use flatscape::model::Architecture;
use flatscape::session::checkpoints::list_checkpoints;
use flatscape::session::settings::{self, Loaded};
use flatscape::session::store::{Recorder, Session, is_session, salvage};
use flatscape::session::weights::{read_directions, read_state};

/// Reads a file, or the folder that it is part of; gives the sentences that it was refused with.
pub type Read = fn(&Path) -> Vec<String>;

/// The sentence of a refusal.
fn refusal<T, E: ToString>(outcome: Result<T, E>) -> Option<String> {
    outcome.err().map(|err| err.to_string())
}

/// Examples and labels, for models of several sizes.
pub fn data(path: &Path) -> Vec<String> {
    let mut told: Vec<String> =
        [refusal(recognise(path)), refusal(import::<f64>(path, &Wanted::ANY))].into_iter().flatten().collect();
    for (input, outputs, loss) in [
        (&[3][..], 3, LossKind::CrossEntropy),
        (&[2], 1, LossKind::Mse),
        (&[1, 5, 6], 10, LossKind::CrossEntropy),
        (&[3, 32, 32], 10, LossKind::CrossEntropy),
        (&[4], 3, LossKind::CrossEntropy),
        (&[1, 3, 4], 3, LossKind::CrossEntropy),
    ] {
        told.extend(refusal(import::<f32>(path, &Wanted { input, outputs, loss, text: None })));
    }
    told
}

/// Large files and folders, whose shape is that of the usual sets.
pub fn pictures(path: &Path) -> Vec<String> {
    let wanted = |input| Wanted { input, outputs: 10, loss: LossKind::CrossEntropy, text: None };
    let told = [
        refusal(recognise_or_wait(path)),
        refusal(import::<f32>(path, &Wanted::ANY)),
        refusal(import::<f32>(path, &wanted(&[3, 32, 32]))),
        refusal(import::<f32>(path, &wanted(&[0, 0, 6]))),
    ];
    told.into_iter().flatten().collect()
}

/// Text as tokens: a class for each text, a target for each token, texts that go with images.
pub fn text(path: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for (loss, outputs, tokens, vocabulary, image) in [
        (LossKind::CrossEntropy, 2, 6, 256, &[][..]),
        (LossKind::TokenCrossEntropy, 256, 8, 256, &[]),
        (LossKind::TokenCrossEntropy, 9, 4, 9, &[]),
        (LossKind::Contrastive, 5, 4, 256, &[1, 1, 2]),
    ] {
        let input = [tokens + image.iter().product::<usize>() * usize::from(!image.is_empty())];
        let text = Some(Text { tokens, vocabulary, image });
        let wanted = Wanted { input: &input, outputs, loss, text };
        told.extend(refusal(import_as::<f32>(path, &wanted, ReadChoice::default())));
    }
    told.extend(refusal(import::<f32>(path, &Wanted::ANY)));
    told
}

/// A table of pieces of text and their numbers.
pub fn tokenizer(path: &Path) -> Vec<String> {
    match Tokenizer::load(path) {
        Err(err) => vec![err.to_string()],
        Ok(tokenizer) => {
            // What is read must be of use: it takes any text, or says in a sentence why not.
            let tokens = tokenizer.encode("one two, three — 4", true).unwrap_or_default();
            let _ = tokenizer.decode(&tokens);
            Vec::new()
        }
    }
}

/// Weights and directions, for models of several sizes.
pub fn weights(path: &Path) -> Vec<String> {
    let mut told: Vec<String> = refusal(recognise(path)).into_iter().collect();
    for model in ["analyze/tanh-mlp/model.toml", "sequential/mlp/model.toml", "saved/model.toml"] {
        let text = std::fs::read_to_string(reference(model)).unwrap();
        let architecture = Architecture::new(&ModelConfig::from_toml(&text).unwrap()).unwrap();
        told.extend(refusal(read_state(path, &architecture)));
        told.extend(refusal(read_directions(path, &architecture)));
    }
    told
}

/// An experiment or a model. Where the name is not known to a reader its sentence gets it from the caller, so only what
/// recognises files is asked for it.
pub fn toml(path: &Path) -> Vec<String> {
    let told = refusal(recognise(path));
    if let Ok(text) = std::fs::read_to_string(path) {
        if let Ok(model) = ModelConfig::from_toml(&text) {
            let _ = Architecture::new(&model);
        }
        if let Ok(experiment) = Experiment::from_toml(&text) {
            let _ = experiment.validate();
            let _ = Architecture::new(&experiment.model);
        }
    }
    told.into_iter().collect()
}

/// Layers, a line each.
pub fn layers(path: &Path) -> Vec<String> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let _ = Architecture::new(&ModelConfig::new(&[3, 32, 32], LossKind::CrossEntropy, text.lines()));
    Vec::new()
}

/// A folder of checkpoints with what they are checkpoints of.
pub fn checkpoints(path: &Path) -> Vec<String> {
    let told = [
        refusal(recognise_or_wait(path)),
        list_checkpoints(path).err().map(|err| format!("{err}: {}", path.display())),
    ];
    told.into_iter().flatten().collect()
}

/// What the window remembers. Reading it moves a file aside that cannot be used, so that comes last.
pub fn window_settings(path: &Path) -> Vec<String> {
    let _ = settings::peek::<BTreeMap<String, f64>>(path, 1);
    match settings::load::<BTreeMap<String, f64>>(path, 1) {
        // The caller names the file, with where it is kept now.
        Loaded::Unusable { reason, kept } => vec![format!("{reason}: {}", kept.unwrap().display())],
        Loaded::Found(_) | Loaded::Missing => Vec::new(),
    }
}

/// A session: what can be read of it, and what can be saved into a new one beside it.
pub fn session(path: &Path) -> Vec<String> {
    let _ = (is_session(path), recognise(path));
    let mut told = look_through(path);
    match salvage(path) {
        Err(err) => told.push(err.to_string()),
        Ok(saved) => {
            // A sentence of what is missing stands below the name of the file.
            told.extend(saved.missing.iter().map(|sentence| format!("{sentence}: {}", path.display())));
            assert_ne!(saved.path, path);
            // What was saved is a session that can be read, whatever is missing.
            let left = look_through(&saved.path);
            assert!(left.is_empty(), "what was saved cannot be read: {left:?}");
        }
    }
    // To go on with it something is written, so that is done to a copy. A database that waits beside it belongs to it.
    let copy = path.with_file_name("copy.flatscape");
    for end in ["", "-wal"] {
        let of = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        let _ = std::fs::copy(of(path), of(&copy));
    }
    told.extend(refusal(Recorder::open(&copy).map(drop)));
    told
}

/// Reads all of a session; gives what cannot be read.
fn look_through(path: &Path) -> Vec<String> {
    let session = match Session::open(path) {
        Ok(session) => session,
        Err(err) => return vec![err.to_string()],
    };
    let mut told: Vec<String> = [
        refusal(session.provenance()),
        refusal(session.experiment()),
        refusal(session.measured()),
        refusal(session.results()),
        refusal(session.tries()),
        refusal(session.sizes()),
        refusal(session.check()),
    ]
    .into_iter()
    .flatten()
    .collect();
    match session.keys() {
        Ok(keys) => told.extend(keys.iter().filter_map(|key| refusal(session.text(key)))),
        Err(err) => told.push(err.to_string()),
    }
    let runs = session.runs();
    for id in runs.iter().flatten().map(|run| run.info.run) {
        told.extend([refusal(session.rows(id)), refusal(session.path_weights(id))].into_iter().flatten());
        let (slices, checkpoints) = (session.slices(id), session.checkpoints(id));
        told.extend(slices.iter().flatten().filter_map(|entry| refusal(session.slice(entry.id))));
        told.extend(checkpoints.iter().flatten().filter_map(|entry| refusal(session.checkpoint(entry.id))));
        told.extend([refusal(slices), refusal(checkpoints)].into_iter().flatten());
    }
    told.extend(refusal(runs));
    told
}

/// A file of `tests/reference`.
pub fn reference(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(path)
}
