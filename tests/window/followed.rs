//! A run that follows a folder of checkpoints, in the window with a fake engine: what is said of it, what is disabled and why.

use std::path::Path;
use std::time::{Duration, SystemTime};

use egui::Key;
use egui::accesskit::Role;
use flatscape::config::{ModelConfig, OptimizerKind};
use flatscape::engine::FileKind;
use flatscape::protocol::{
    Command, Event, FollowedState, LossGrid, NewestCheckpoint, Origin, RunId, RunInfo, RunStart,
};
use flatscape::ui::fake::{self, Measured};

use crate::canned::{experiment, info, started};
use crate::fixture::{TALL, WIDE, Window, sized};

/// The run that follows a folder.
const THEIRS: RunId = RunId(9);

fn theirs() -> RunInfo {
    RunInfo { origin: Origin::Folder("/data/run 7".into()), ..info(9, OptimizerKind::Sgd, None) }
}

/// So many checkpoints, the newest of step 100 for each of them and half a minute old.
fn state(num_read: usize) -> Event {
    let written = SystemTime::now() - Duration::from_secs(31);
    let step = 100 * num_read as u64;
    let newest = (num_read > 0).then(|| NewestCheckpoint { name: format!("step_{step}.pt"), step, written });
    let at = (num_read > 0).then_some(step);
    let state = FollowedState { num_read, has_steps: true, newest, at, ..FollowedState::default() };
    Event::Followed { run: THEIRS, state }
}

fn slice(step: u64) -> LossGrid {
    fake::slice(THEIRS, OptimizerKind::Sgd, step, [9, 3])
}

impl Window {
    /// The engine reads checkpoints, one more each time, and looks at each.
    fn read_checkpoints(&mut self, count: usize) {
        for number in 1..=count {
            let step = 100 * number as u64;
            self.engine.slots.put_grid(slice(step));
            let measured = Measured::at(step, 1.0 / number as f64, 5.0);
            self.tell(measured.events(THEIRS));
            self.tell([state(number)]);
        }
    }
}

/// A window without any run but the followed one.
fn alone() -> Window {
    let mut window = sized(TALL).open();
    let Event::Started { experiment, num_parameters, tensors, data, .. } = started() else { panic!("it starts") };
    let runs = Vec::new();
    window.tell([Event::Started { experiment, num_parameters, tensors, data, runs }]);
    window.tell([Event::RunAdded(theirs()), Event::Playing(false), state(0)]);
    window.commands();
    window
}

#[test]
fn the_list_says_what_is_followed_and_how_new_it_is() {
    let mut window = alone();
    assert!(window.has(Role::Button, "Run run 7"), "it is called by its folder");
    window.expect("No checkpoint yet in run 7; looking every 2 s.");
    window.read_checkpoints(12);
    window.expect("followed: run 7, 12 checkpoints, newest 30\u{a0}s ago");
    window.expect("Followed: run 7, 12 checkpoints, newest 30\u{a0}s ago.");
    window.expect("The newest is step_1200.pt");
    window.expect("This run is trained elsewhere.");
    assert!(!window.shows("Knobs of"), "knobs that nothing turns are not shown");
    let run = window.harness.state().model().run(THEIRS).map(|run| (run.step(), run.evals.rows().len()));
    assert_eq!(run, Some((1200, 12)));
    let Event::Followed { run, state } = state(12) else { panic!("it is followed") };
    window.tell([Event::Followed { run, state: FollowedState { num_waiting: 3, ..state.clone() } }]);
    window.expect("Followed: run 7, 12 of 15 checkpoints read.");
    window.tell([Event::Followed { run, state: FollowedState { has_steps: false, num_gone: 2, ..state } }]);
    window.expect("checkpoint 1\u{a0}200");
    window.expect("The files of 2 are gone; their figures stay.");
}

#[test]
fn what_trains_is_disabled_and_says_why() {
    let mut window = alone();
    window.read_checkpoints(3);
    for button in ["Play", "Step", "Rewind"] {
        assert!(window.is_disabled(Role::Button, button), "{button}");
    }
    for key in [Key::Space, Key::S, Key::W, Key::D] {
        window.press(key);
    }
    assert_eq!(window.commands(), []);
    assert!(!window.is_disabled(Role::Button, "Branch from this checkpoint"));
    window.click("Branch from this checkpoint");
    let commands = window.commands();
    let [Command::AddRun { optimizer: OptimizerKind::Sgd, start, .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(*start, RunStart::Step { run: THEIRS, step: 300 });
    // With a run of ours there is something to play.
    window.tell([Event::RunAdded(info(10, OptimizerKind::Sgd, None))]);
    assert!(!window.is_disabled(Role::Button, "Play"));
    window.open_pane("Notices");
    window.expect("Play or pause. This run is trained elsewhere.");
    window.expect("Rewind…. This run is trained elsewhere. Choose a checkpoint of it at the left instead.");
    window.expect("Duplicate the run. This run is trained elsewhere. Branch from a checkpoint of it instead.");
}

#[test]
fn a_checkpoint_is_chosen_and_what_is_measured_there_finds_its_place() {
    let mut window = alone();
    window.read_checkpoints(3);
    window.click_on(Role::ComboBox, "Checkpoint that is looked at");
    window.click("step 200, loss 0.500");
    assert_eq!(window.commands(), [Command::LookAt { run: THEIRS, step: Some(200) }]);
    let Event::Followed { run, state } = state(3) else { panic!("it is followed") };
    window.tell([Event::Followed { run, state: FollowedState { at: Some(200), stays: true, ..state } }]);
    let [_, trace, eigen] = Measured::at(200, 0.5, 7.0).events(THEIRS);
    window.tell([trace, eigen]);
    let traces = |window: &Window| {
        let run = window.harness.state().model().run(THEIRS).expect("it is there");
        run.traces.rows().iter().map(|row| (row.step, row.mean)).collect::<Vec<_>>()
    };
    assert_eq!(traces(&window), [(100, 5.0), (200, 7.0), (300, 5.0)]);
    window.click("Branch from this checkpoint");
    let commands = window.commands();
    assert!(matches!(commands[..], [Command::AddRun { start: RunStart::Step { run: THEIRS, step: 200 }, .. }]));
    window.tell([Event::CheckpointsVoid { run: THEIRS, after: Some(100) }]);
    assert_eq!(traces(&window), [(100, 5.0)]);
    window.tell([Event::CheckpointsVoid { run: THEIRS, after: None }]);
    assert_eq!(traces(&window), []);
}

#[test]
fn its_past_is_played_and_looking_back_at_a_checkpoint_forgets_nothing() {
    let mut window = alone();
    window.read_checkpoints(4);
    // The engine looks at an earlier checkpoint.
    window.engine.slots.put_grid(slice(200));
    window.tell([state(4)]);
    window.focus(Role::Slider, "Time of the slices");
    for (presses, shown) in [(1, "past: step 400"), (1, "past: step 300"), (2, "past: step 100")] {
        (0..presses).for_each(|_| window.press(Key::ArrowLeft));
        window.expect(shown);
    }
}

#[test]
fn a_followed_run_without_news_costs_nothing() {
    let mut window = alone();
    let mut failures = Vec::new();
    window.assert_rests("no checkpoint yet", &mut failures);
    window.read_checkpoints(5);
    window.assert_rests("five checkpoints", &mut failures);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

#[test]
fn folders_are_opened_beside_the_runs_or_in_their_place() {
    let mut window = sized(WIDE).started();
    // An empty folder is one of the model of the runs.
    let dir = tempfile::tempdir().expect("a folder");
    window.drop_files(&[dir.path().to_owned()]);
    let commands = window.commands();
    let [Command::AddRun { start: RunStart::Folder(folder), .. }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(folder, dir.path());
    let model = toml::to_string(&experiment().model).expect("a model");
    write(dir.path(), "model.toml", &model);
    window.drop_files(&[dir.path().to_owned()]);
    assert!(matches!(&window.commands()[..], [Command::AddRun { start: RunStart::Folder(_), .. }]));
    // One of another model takes their place, and nothing is played.
    let other = ModelConfig { layers: ["linear 3", "linear 2"].map(Into::into).to_vec(), ..experiment().model };
    write(dir.path(), "model.toml", &toml::to_string(&other).expect("a model"));
    window.drop_files(&[dir.path().to_owned()]);
    let commands = window.commands();
    let [Command::Follow { experiment: theirs, folder }] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((&theirs.model, &theirs.data, folder.as_path()), (&other, &experiment().data, dir.path()));
    assert!(matches!(flatscape::engine::recognise(dir.path()), Ok(FileKind::Checkpoints(Some(_)))));
}

#[test]
fn weights_may_be_those_of_a_folder() {
    let mut window = sized(WIDE).started();
    let dir = tempfile::tempdir().expect("a folder");
    window.click("Add run");
    window.click("From weights in a file");
    window.click("SGD…");
    window.answer(dir.path());
    let commands = window.commands();
    assert!(matches!(&commands[..], [Command::AddRun { start: RunStart::Folder(_), .. }]), "{commands:?}");
}
