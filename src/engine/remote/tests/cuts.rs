//! The connection cut and taken up again, many times, at any moment.

use std::io;
use std::time::{Duration, Instant};

use super::{Arrival, BufReader, Command, Event, RunId, RunRows, There, ToEngine, last_step, there, tiny};

const CUTS: u64 = 50;
/// A connection lasts so long at most, in milliseconds.
const LONGEST: u64 = 90;

/// Numbers from a seed: a moment that fails comes again.
struct Dice(u64);

impl Dice {
    const fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

impl There {
    /// A window that is gone before it has read a word.
    fn glance(&self) {
        let ((read_there, to), (from, write_there)) = (io::pipe().unwrap(), io::pipe().unwrap());
        let arrival =
            Arrival { from: Box::new(BufReader::new(read_there)), to: Box::new(write_there), cut: Box::new(|| {}) };
        assert!(self.door.send(arrival).is_ok());
        drop((from, to));
    }
}

/// What a window has been told and still holds: where one before it was gone at once, all may be told to it twice, and what was told
/// before the last time is void.
fn held(events: &[Event]) -> &[Event] {
    let begin = events.iter().rposition(|event| *event == Event::ToldAgain);
    &events[begin.unwrap_or_default()..]
}

fn is_whole(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::SessionOpened { .. }))
}

fn steps_of(events: &[Event], id: RunId) -> Vec<u64> {
    let rows = events.iter().flat_map(|event| match event {
        Event::RunPast { run, past } if *run == id => {
            let RunRows { steps, .. } = &past.rows;
            steps.clone()
        }
        Event::Steps { run, rows } if *run == id => rows.clone(),
        _ => Vec::new(),
    });
    rows.map(|row| row.step).collect()
}

#[test]
fn after_fifty_cuts_no_step_is_missing_or_twice() {
    let folder = tempfile::tempdir().unwrap();
    let there = there(folder.path(), None);
    let mut first = there.window();
    first.send(Command::load(tiny()));
    first.started();
    let runs: Vec<RunId> = first.event("Started", |event| match event {
        Event::Started { runs, .. } => Some(runs.iter().map(|run| run.run).collect()),
        _ => None,
    });
    first.send(Command::Play);
    first.wait("the first steps", |here| last_step(here, runs[0]));
    drop(first);
    let mut dice = Dice(18);
    let mut seen = vec![0; runs.len()];
    for cut in 0..CUTS {
        let is_patient = cut % 10 == 9;
        if !is_patient && dice.below(5) == 0 {
            there.glance();
            continue;
        }
        let mut window = there.window();
        if is_patient {
            window.event("SessionOpened", |event| matches!(event, Event::SessionOpened { .. }).then_some(()));
        }
        let until = Instant::now() + Duration::from_millis(dice.below(LONGEST));
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok((message, bytes)) = window.wire.incoming.recv_timeout(left) else { break };
            window.taken += bytes;
            window.wire.send(&ToEngine::Taken(window.taken)).unwrap();
            if let super::ToWindow::Events(events) = message {
                window.events.extend(events);
            }
            if left.is_zero() {
                break;
            }
        }
        // In the middle of a past, none of it counts yet.
        let events = held(&window.events);
        for (run, seen) in runs.iter().zip(&mut seen).filter(|_| is_whole(events)) {
            let steps = steps_of(events, *run);
            assert_eq!(steps, (1..=steps.len() as u64).collect::<Vec<_>>(), "no step is missing or twice");
            assert!(steps.len() >= *seen, "{} of {seen} steps", steps.len());
            *seen = steps.len();
        }
    }
    let mut last = there.window();
    last.event("SessionOpened", |event| matches!(event, Event::SessionOpened { .. }).then_some(()));
    last.event("Playing", |event| (*event == Event::Playing(true)).then_some(()));
    let told = last_step(&last, runs[0]).unwrap();
    last.wait("the next steps", |here| {
        let is_whole = is_whole(held(&here.events));
        last_step(here, runs[0]).filter(|step| is_whole && *step > told)
    });
    for (run, seen) in runs.iter().zip(seen) {
        let steps = steps_of(held(&last.events), *run);
        assert_eq!(steps, (1..=steps.len() as u64).collect::<Vec<_>>(), "no step is missing or twice");
        assert!(steps.len() >= seen && seen > 0, "{} of {seen} steps", steps.len());
    }
    last.wire.send(&ToEngine::Goodbye).unwrap();
    there.thread.join().unwrap();
}
