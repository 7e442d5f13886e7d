//! The engine in a process of its own, played in this one: what crosses comes back whole, and a window that comes anew is told all.

mod canned;
mod cuts;
mod shape;

use std::collections::BTreeSet;
use std::io::{self, BufReader, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};

use super::frame;
use super::hello::{self, EngineHello, PROTOCOL, WindowHello};
use super::host::{Arrival, Folders, Host, HostOptions};
use super::message::{SentFile, Slot, ToEngine, ToWindow};
use super::wire::Wire;
use crate::config::{DeviceChoice, Experiment, KnobId, builtin_experiment};
use crate::engine::link::SlotNews;
use crate::protocol::{Command, Event, RunId, RunRows};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The bytes of a message, which are the same once more when they are read and written again.
fn crossed<T: serde::Serialize + serde::de::DeserializeOwned>(message: &T) -> T {
    let bytes = frame::encode(message).unwrap();
    let (back, length) = frame::read::<T>(&mut &bytes[..]).unwrap().expect("a message");
    assert_eq!((length, frame::encode(&back).unwrap()), (bytes.len() as u64, bytes));
    back
}

/// The place of a value among those of its kind, which stands before all else.
fn place(value: &impl serde::Serialize) -> u8 {
    postcard::to_stdvec(value).unwrap()[0]
}

fn is_every_kind(places: impl Iterator<Item = u8>, last: u8) {
    let places: BTreeSet<u8> = places.collect();
    assert_eq!(places.into_iter().collect::<Vec<_>>(), (0..=last).collect::<Vec<_>>(), "a kind is not tried");
}

#[test]
fn every_command_crosses_as_it_is() {
    let commands = canned::commands();
    is_every_kind(commands.iter().map(place), place(&Command::Shutdown));
    for command in commands {
        // Rows hold figures that are not finite, which equal nothing: their words do.
        let message = ToEngine::Command(command);
        assert_eq!(format!("{:?}", crossed(&message)), format!("{message:?}"));
    }
    for message in [ToEngine::Ping(7), ToEngine::Taken(u64::MAX), ToEngine::Goodbye] {
        assert_eq!(crossed(&message), message);
    }
}

#[test]
fn every_event_and_slot_crosses_as_it_is() {
    let events = canned::events();
    is_every_kind(events.iter().map(place), place(&Event::SessionOpened { view: None }));
    for event in events.iter().cloned() {
        // Some hold figures that are not finite, which equal nothing: their bytes do.
        crossed(&ToWindow::Events(vec![event]));
    }
    let ToWindow::Events(back) = crossed(&ToWindow::Events(events.clone())) else { panic!("they are events") };
    assert_eq!(format!("{back:?}"), format!("{events:?}"));
    let slots = canned::slots();
    is_every_kind(slots.iter().map(|news| place(&Slot(news.clone()))), 4);
    for news in slots {
        crossed(&ToWindow::Slot(Slot(news)));
    }
}

/// What the types that cross look like under this version of the protocol: the version, and the digest of their shapes.
const PINNED: (u32, &str) = (2, "000f00b5f530f0c4");

#[test]
fn what_crosses_changes_only_with_the_version_of_the_protocol() {
    let to_engine = canned::commands().into_iter().map(ToEngine::Command);
    let file = SentFile { digest: String::new(), name: String::new(), bytes: vec![0] };
    let own = [ToEngine::Ping(7), ToEngine::Taken(1), ToEngine::File(file), ToEngine::Goodbye];
    let events = canned::events().into_iter().map(|event| ToWindow::Events(vec![event]));
    let slots = canned::slots().into_iter().map(|news| ToWindow::Slot(Slot(news)));
    let shapes = to_engine.chain(own).map(|message| shape::shape_of(&message));
    let hellos = [shape::shape_of(&WindowHello::new(None, None))];
    let shapes = shapes.chain(events.chain(slots).chain([ToWindow::Pong(7)]).map(|message| shape::shape_of(&message)));
    let found = shape::digest(shapes.chain(hellos));
    assert_eq!(
        (PROTOCOL, found.as_str()),
        PINNED,
        "a type that crosses is not what it was, or another value of it is tried: if a program of before would read a message \
         otherwise, add 1 to `PROTOCOL` in src/engine/remote/hello.rs; then put both values of the left side into `PINNED`"
    );
}

#[test]
fn every_experiment_crosses_as_it_is() {
    for experiment in crate::config::builtin_experiments() {
        let command = Command::load(experiment);
        assert_eq!(crossed(&command), command);
    }
}

#[test]
fn messages_cut_or_changed_anywhere_are_refused_or_others() {
    let frame = frame::encode(&ToEngine::Command(canned::commands().swap_remove(0))).unwrap();
    for place in 0..frame.len() {
        let cut = frame::read::<ToEngine>(&mut &frame[..place]);
        assert_eq!(cut.is_err(), place > 0, "cut behind {place} bytes");
        for flip in [1, 0x80, 0xff] {
            let mut other = frame.clone();
            other[place] ^= flip;
            // Whatever it is now, it is no panic, and takes no more memory than it has bytes.
            let _ = frame::read::<ToEngine>(&mut &other[..]);
        }
    }
}

/// An engine with its door.
struct There {
    door: Sender<Arrival>,
    thread: JoinHandle<()>,
}

/// A window with its connection.
struct Here {
    hello: EngineHello,
    wire: Wire<ToWindow>,
    events: Vec<Event>,
    slots: Vec<SlotNews>,
    taken: u64,
}

fn there(folder: &Path, session: Option<&Path>) -> There {
    let (door, arrivals) = bounded(1);
    let options = HostOptions {
        name: "a-1".to_owned(),
        device: DeviceChoice::Cpu,
        session: session.map(Path::to_owned),
        linger: PATIENCE,
        folders: Folders { sessions: Some(folder.to_owned()), received: None },
        on_session: Box::new(|_| {}),
    };
    let run = move || Host::start(options, arrivals).unwrap().run();
    There { door, thread: std::thread::Builder::new().spawn(run).unwrap() }
}

impl There {
    fn window(&self) -> Here {
        let ((read_there, to), (from, write_there)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let arrival =
            Arrival { from: Box::new(BufReader::new(read_there)), to: Box::new(write_there), cut: Box::new(|| {}) };
        assert!(self.door.send(arrival).is_ok());
        let mut from = BufReader::new(from);
        let hello = hello::read(&mut from, "engine").unwrap();
        let wire = Wire::open(from, to, Arc::new(|| {})).unwrap();
        Here { hello, wire, events: Vec::new(), slots: Vec::new(), taken: 0 }
    }
}

impl Here {
    fn send(&mut self, command: Command) {
        self.wire.send(&ToEngine::Command(command)).unwrap();
    }

    /// Reads until something is there.
    fn wait<T>(&mut self, what: &str, mut is_there: impl FnMut(&Self) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = is_there(self) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            let Ok((message, bytes)) = self.wire.incoming.recv_timeout(left) else {
                panic!("no {what} among {:#?}", self.events)
            };
            self.taken += bytes;
            self.wire.send(&ToEngine::Taken(self.taken)).unwrap();
            match message {
                ToWindow::Events(events) => self.events.extend(events),
                ToWindow::Slot(slot) => self.slots.push(slot.0),
                ToWindow::Pong(_) => {}
            }
        }
    }

    fn event<T>(&mut self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        self.wait(what, |here| here.events.iter().find_map(&pick))
    }

    fn has_slice(&self) -> bool {
        self.slots.iter().any(|news| matches!(news, SlotNews::Grid(_)))
    }

    fn started(&mut self) -> RunId {
        self.event("Started", |event| match event {
            Event::Started { runs, .. } => Some(runs[0].run),
            _ => None,
        })
    }
}

fn tiny() -> Experiment {
    let mut experiment = builtin_experiment("moons-mlp").unwrap();
    for change in ["look.resolution=9", "look.trace_probes=8", "look.lanczos_steps=4", "data.train_size=60"] {
        experiment.assign(change).unwrap();
    }
    // None of them has done all its work in the middle of a test.
    experiment.budget = 1_000_000_000;
    experiment
}

/// The newest step of a run among events.
fn last_step(here: &Here, id: RunId) -> Option<u64> {
    let step = |event: &Event| match event {
        Event::Steps { run, rows } if *run == id => rows.last().map(|row| row.step),
        Event::RunPast { run, past } if *run == id => past.rows.steps.last().map(|row| row.step),
        _ => None,
    };
    here.events.iter().rev().find_map(step)
}

#[test]
fn a_window_that_comes_anew_is_told_all_that_was_done_and_the_engine_goes_on_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let there = there(folder.path(), None);
    let mut first = there.window();
    assert!(!first.hello.goes_on && !first.hello.brings_runs);
    first.send(Command::load(tiny()));
    let run = first.started();
    first.send(Command::Play);
    first.wait("step 40", |here| last_step(here, run).filter(|step| *step >= 40));
    first.wait("a slice", |here| here.has_slice().then_some(()));
    first.send(Command::SetKnob { run, knob: KnobId::LearningRate, value: 0.02 });
    first.event("KnobTurned", |event| matches!(event, Event::KnobTurned { .. }).then_some(()));
    let seen = last_step(&first, run).unwrap();
    // Cut, without a goodbye.
    drop(first);
    let mut second = there.window();
    assert!(second.hello.goes_on && second.hello.brings_runs);
    second.event("SessionOpened", |event| matches!(event, Event::SessionOpened { .. }).then_some(()));
    assert!(matches!(second.events.first(), Some(Event::ToldAgain)), "{:#?}", second.events.first());
    assert_eq!(second.started(), run);
    let pasts = second.events.iter().filter_map(|event| match event {
        Event::RunPast { run: id, past } if *id == run => Some(&past.rows),
        _ => None,
    });
    let pasts: Vec<&RunRows> = pasts.collect();
    let steps: Vec<u64> = pasts.iter().flat_map(|rows| &rows.steps).map(|row| row.step).collect();
    assert_eq!(steps, (1..=steps.len() as u64).collect::<Vec<_>>(), "no step is missing or twice");
    assert!(steps.len() as u64 >= seen, "{} of {seen} steps", steps.len());
    let mut turns = pasts.iter().flat_map(|rows| &rows.journal);
    assert!(turns.any(|edit| edit.knob == KnobId::LearningRate && edit.new == 0.02));
    second.event("Playing", |event| (*event == Event::Playing(true)).then_some(()));
    // What comes behind follows on what was told.
    let told = steps.len() as u64;
    let next = second.wait("the next steps", |here| {
        let of = |event: &Event| match event {
            Event::Steps { run: id, rows } if *id == run => rows.first().map(|row| row.step),
            _ => None,
        };
        here.events.iter().find_map(of)
    });
    assert_eq!(next, told + 1);
    second.wait("a slice", |here| here.has_slice().then_some(()));
    second.wire.send(&ToEngine::Goodbye).unwrap();
    there.thread.join().unwrap();
}

#[test]
fn an_engine_that_begins_with_a_session_tells_it_to_its_first_window() {
    let folder = tempfile::tempdir().unwrap();
    let before = there(folder.path(), None);
    let mut window = before.window();
    window.send(Command::load(tiny()));
    let run = window.started();
    (0..3).for_each(|_| window.send(Command::Step));
    window.wait("step 3", |here| last_step(here, run).filter(|step| *step == 3));
    let path = window.event("the session's file", |event| match event {
        Event::Session(state) => state.path.clone(),
        _ => None,
    });
    window.wire.send(&ToEngine::Goodbye).unwrap();
    before.thread.join().unwrap();
    let after = there(folder.path(), Some(&path));
    let mut window = after.window();
    assert!(!window.hello.goes_on && window.hello.brings_runs);
    window.event("SessionOpened", |event| matches!(event, Event::SessionOpened { .. }).then_some(()));
    assert_eq!(last_step(&window, run), Some(3));
    window.wire.send(&ToEngine::Goodbye).unwrap();
    after.thread.join().unwrap();
}

#[test]
fn a_window_that_takes_nothing_is_sent_a_bounded_number_of_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let there = there(folder.path(), None);
    let mut window = there.window();
    window.send(Command::load(tiny()));
    window.send(Command::Play);
    // Nothing is told to have been taken, and questions are answered all the same.
    window.wire.send(&ToEngine::Ping(1)).unwrap();
    let (mut bytes, mut is_answered) = (0, false);
    while !is_answered {
        let (message, length) = window.wire.incoming.recv_timeout(PATIENCE).unwrap();
        bytes += length;
        is_answered = message == ToWindow::Pong(1);
    }
    // The engine goes on telling: that this ends is the bound's doing.
    while let Ok((_, length)) = window.wire.incoming.recv_timeout(Duration::from_secs(1)) {
        bytes += length;
    }
    assert!(bytes < 2 << 20, "{bytes} bytes");
    window.wire.send(&ToEngine::Goodbye).unwrap();
    there.thread.join().unwrap();
}

#[test]
fn a_window_of_garbage_is_left_and_another_one_served() {
    let folder = tempfile::tempdir().unwrap();
    let there = there(folder.path(), None);
    let ((read_there, mut to), (from, write_there)) = (io::pipe().unwrap(), io::pipe().unwrap());
    let arrival =
        Arrival { from: Box::new(BufReader::new(read_there)), to: Box::new(write_there), cut: Box::new(|| {}) };
    assert!(there.door.send(arrival).is_ok());
    to.write_all(&[0xff; 64]).unwrap();
    let mut from = BufReader::new(from);
    assert!(hello::read::<EngineHello>(&mut from, "engine").is_ok());
    let mut next = there.window();
    next.send(Command::load(tiny()));
    next.started();
    next.wire.send(&ToEngine::Goodbye).unwrap();
    there.thread.join().unwrap();
}
