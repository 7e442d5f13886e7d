//! Folders that somebody writes into: what is told at each look.

use std::time::UNIX_EPOCH;

use super::*;
use crate::config::{LossKind, ModelConfig};
use crate::session::weights::weights_file;

/// A folder, and somebody who writes into it.
struct Watched {
    dir: tempfile::TempDir,
    folder: Folder,
    now: SystemTime,
}

fn architecture(width: usize) -> Architecture {
    let layers = [format!("linear {width}"), "tanh".to_owned(), "linear 2".to_owned()];
    Architecture::new(&ModelConfig::new(&[2], LossKind::CrossEntropy, layers)).unwrap()
}

/// A checkpoint whose weights are all `value`.
fn checkpoint(width: usize, value: f32) -> Vec<u8> {
    let architecture = architecture(width);
    weights_file(&architecture, &vec![value; architecture.num_parameters()], &[])
}

impl Watched {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path().to_owned(), architecture(3));
        Self { dir, folder, now: UNIX_EPOCH + Duration::from_secs(1_000_000) }
    }

    /// Writes a file as of now.
    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(self.now).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.dir.path().join(name)).unwrap();
    }

    /// What is told at a look two seconds later, with the first weight of each checkpoint.
    fn look(&mut self) -> Vec<String> {
        self.now += Duration::from_secs(2);
        self.folder.look(self.now);
        self.told()
    }

    fn told(&mut self) -> Vec<String> {
        let news = std::iter::from_fn(|| self.folder.next_news());
        news.map(|news| match news {
            News::Waiting(count) => format!("waiting {count}"),
            News::Read(read) => {
                let noun = if read.has_steps { "step" } else { "place" };
                format!("{noun} {} = {}", read.step, read.state.weights[0])
            }
            News::Again { step, state } => match state {
                Ok(state) => format!("again {step} = {}", state.weights[0]),
                Err(why) => why,
            },
            News::Void { kept } => format!("void from {kept}"),
            News::Gone(places) => format!("gone {places:?}"),
            News::Warning(text) | News::Note(text) => text,
        })
        .filter(|text| !text.starts_with("waiting"))
        .collect()
    }
}

#[test]
fn checkpoints_come_in_their_order_one_at_a_time_and_once() {
    let mut watched = Watched::new();
    assert!(watched.look().is_empty());
    watched.write("step_10.safetensors", &checkpoint(3, 0.10));
    watched.write("step_2.safetensors", &checkpoint(3, 0.02));
    assert_eq!(watched.look(), ["step 2 = 0.019999999552965164", "step 10 = 0.10000000149011612"]);
    assert!(watched.look().is_empty());
    watched.write("step_30.safetensors", &checkpoint(3, 0.25));
    assert_eq!(watched.look(), ["step 30 = 0.25"]);
    assert_eq!(watched.folder.again(30), News::Again { step: 30, state: Ok(Box::new(state(0.25))) });
    assert!(matches!(watched.folder.again(31), News::Again { state: Err(_), .. }));
}

fn state(value: f64) -> ModelState {
    ModelState { weights: vec![value; architecture(3).num_parameters()], buffers: Vec::new() }
}

#[test]
fn a_file_that_is_still_being_written_is_waited_for_and_named_after_a_while() {
    let mut watched = Watched::new();
    let whole = checkpoint(3, 0.5);
    // Written to just now: it may grow.
    watched.now += Duration::from_secs(2);
    watched.write("step_1.safetensors", &whole[..whole.len() / 2]);
    assert!(watched.folder.look(watched.now) && watched.told().is_empty());
    for _ in 1..TRIES {
        assert!(watched.look().is_empty(), "silently at first");
    }
    let told = watched.look();
    assert!(told.len() == 1 && told[0].starts_with("step_1.safetensors cannot be read, and is left out"), "{told:?}");
    assert!(!told[0].contains(&watched.dir.path().display().to_string()), "{told:?}");
    assert!(watched.look().is_empty(), "it is told once");
    watched.write("step_1.safetensors", &whole);
    assert_eq!(watched.look(), ["step 1 = 0.5"]);
}

#[test]
fn what_belongs_to_another_model_or_is_data_is_left_out() {
    let mut watched = Watched::new();
    watched.write("step_1.safetensors", &checkpoint(3, 0.5));
    watched.write("step_2.safetensors", &checkpoint(4, 0.5));
    let data = arrays::write_safetensors([("x", vec![1, 2], &[0.0; 2][..]), ("y", vec![1], &[0.0; 1][..])]);
    watched.write("a_data_9.safetensors", &data);
    watched.write("last.safetensors", &checkpoint(3, 0.5));
    let told = watched.look();
    assert!(told[0].starts_with("last.safetensors is left out: its name has no number"), "{told:?}");
    assert_eq!(told[1], "step 1 = 0.5");
    assert!(told[2].starts_with("step_2.safetensors is left out: the tensors do not fit the model"), "{told:?}");
    assert!(told.len() == 3 && watched.look().is_empty(), "{told:?}");
    watched.write("step_3.safetensors", &checkpoint(3, 0.75));
    assert_eq!(watched.look(), ["step 3 = 0.75"], "the steps stay steps");
}

#[test]
fn files_that_vanish_are_told_and_keep_their_place() {
    let mut watched = Watched::new();
    for step in 1..=3 {
        watched.write(&format!("step_{step}.safetensors"), &checkpoint(3, step as f32));
    }
    assert_eq!(watched.look().len(), 3);
    watched.remove("step_1.safetensors");
    watched.remove("step_2.safetensors");
    watched.write("step_4.safetensors", &checkpoint(3, 4.0));
    let told = watched.look();
    assert_eq!((told[0].as_str(), told[2].as_str()), ("gone [0, 1]", "step 4 = 4"));
    assert!(told[1].contains("2 checkpoints are gone") && told[1].contains("step_1.safetensors to step_2"), "{told:?}");
    assert!(watched.look().is_empty());
}

#[test]
fn a_training_that_begins_anew_takes_the_place_of_the_old_one() {
    let mut watched = Watched::new();
    for step in [10, 20, 30] {
        watched.write(&format!("step_{step}.safetensors"), &checkpoint(3, step as f32));
    }
    assert_eq!(watched.look().len(), 3);
    watched.write("step_20.safetensors", &checkpoint(3, 0.5));
    assert_eq!(watched.look(), ["void from 1", "step 20 = 0.5", "step 30 = 30"]);
    for step in [10, 20, 30] {
        watched.remove(&format!("step_{step}.safetensors"));
    }
    watched.write("step_15.safetensors", &checkpoint(3, 0.25));
    let told = watched.look();
    assert_eq!(told[2..], ["void from 1", "step 15 = 0.25"], "{told:?}");
}

#[test]
fn without_numbers_places_go_on_and_one_that_is_written_over_comes_last() {
    let mut watched = Watched::new();
    watched.write("one.safetensors", &checkpoint(3, 1.0));
    assert_eq!(watched.look(), ["place 1 = 1"]);
    watched.write("a second.safetensors", &checkpoint(3, 2.0));
    assert_eq!(watched.look(), ["place 2 = 2"]);
    watched.write("one.safetensors", &checkpoint(3, 3.0));
    assert_eq!(watched.look(), ["void from 0", "place 1 = 2", "place 2 = 3"]);
}

#[test]
fn a_folder_that_cannot_be_read_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut folder = Folder::new(dir.path().join("gone"), architecture(3));
    folder.look(SystemTime::now());
    assert!(matches!(folder.next_news(), Some(News::Warning(text)) if text.contains("gone cannot be read")));
    folder.look(SystemTime::now());
    assert_eq!(folder.next_news(), None);
}

#[test]
fn a_clock_that_stands_or_jumps_holds_up_no_checkpoint() {
    let mut watched = Watched::new();
    watched.write("step_1.safetensors", &checkpoint(3, 1.0));
    // It stands: what is as it was at the last look is complete.
    watched.folder.look(watched.now);
    assert!(watched.told().is_empty(), "it may still grow");
    watched.folder.look(watched.now);
    assert_eq!(watched.told(), ["step 1 = 1"]);
    // It jumps back, so that what is there seems to come from the future.
    watched.now -= Duration::from_secs(500_000);
    assert!(watched.look().is_empty());
    watched.write("step_2.safetensors", &checkpoint(3, 2.0));
    assert_eq!(watched.look(), ["step 2 = 2"]);
    // It jumps ahead.
    watched.write("step_3.safetensors", &checkpoint(3, 3.0));
    watched.now += Duration::from_secs(50_000_000);
    assert_eq!(watched.look(), ["step 3 = 3"]);
    assert!(watched.look().is_empty(), "nothing is read twice");
}
