//! The command queue is flooded: nobody waits, training goes on, the last values win, and what is asked for after it is answered.

use std::time::{Duration, Instant};

use flatscape::config::KnobId;
use flatscape::protocol::{Command, Event, RunId, SliceView};

use crate::session::{Session, tiny};

const COMMANDS: usize = 100_000;
/// The learning rate that is set last.
const LAST_RATE: f64 = 0.0123;
/// A command is handed over within this time, also where the system gives the thread's turn to another one.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Time within which the engine takes 100 000 commands, and answers what comes after them.
const SOON: Duration = Duration::from_secs(60);

/// What somebody who turns everything at once asks for; the values of the last are known.
fn command(run: RunId, number: usize) -> Command {
    let share = (number + 1) as f64 / COMMANDS as f64;
    match number % 4 {
        0 => Command::SetKnob { run, knob: KnobId::LearningRate, value: 0.01 * share },
        1 => Command::SetSlice(SliceView { range: share, resolution: 9, ..SliceView::default() }),
        2 => Command::SetLookShare(share.min(0.5)),
        _ => Command::SetKnob { run, knob: KnobId::Momentum, value: 0.5 * share },
    }
}

/// Every command is sent once, and refused where there is no room.
#[test]
fn a_flood_is_refused_at_once_where_there_is_no_room() {
    let mut session = Session::start(tiny(&[]));
    let run = session.runs[0].run;
    session.send(Command::Play);
    let (mut taken, mut longest) = (0, Duration::ZERO);
    for number in 0..COMMANDS {
        let begun = Instant::now();
        taken += usize::from(session.link.send(command(run, number)));
        longest = longest.max(begun.elapsed());
    }
    println!("{taken} of {COMMANDS} commands were taken, the longest hand-over took {longest:?}");
    assert!(taken >= 1000 && longest < AT_ONCE, "{taken} taken, {longest:?}");
    the_last_values_win(&mut session, run);
    session.end();
}

/// Who waits for room has all commands taken, while nobody reads the events.
#[test]
fn a_flood_that_is_taken_whole_holds_up_neither_training_nor_events() {
    let mut session = Session::start(tiny(&[]));
    let run = session.runs[0].run;
    session.send(Command::Play);
    let begun = Instant::now();
    for number in 0..COMMANDS {
        while !session.link.send(command(run, number)) {
            assert!(begun.elapsed() < SOON, "{number} commands were taken in {:?}", begun.elapsed());
            std::thread::yield_now();
        }
    }
    println!("{COMMANDS} commands were taken in {:?}", begun.elapsed());
    the_last_values_win(&mut session, run);
    // Steps at rates that were set within the flood.
    let steps = session.rows(run).iter().filter(|row| row.learning_rate > 0.0 && row.learning_rate < 0.01).count();
    assert!(steps > 20, "{steps} steps in a flood");
    session.end();
}

fn the_last_values_win(session: &mut Session, run: RunId) {
    let begun = Instant::now();
    let last = [
        Command::SetKnob { run, knob: KnobId::LearningRate, value: LAST_RATE },
        Command::SetSlice(SliceView { range: 0.25, resolution: 9, ..SliceView::default() }),
    ];
    for command in last {
        while !session.link.send(command.clone()) {
            assert!(begun.elapsed() < SOON, "no room after a flood");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let rate = |event: &Event| match event {
        Event::Steps { run: id, rows } if *id == run => rows.last().map(|row| row.learning_rate),
        _ => None,
    };
    drain_until(session, "a step at the last rate", |event| rate(event) == Some(LAST_RATE));
    println!("the last values came {:?} after the flood", begun.elapsed());
    // Coarse at first, as any slice.
    session.grid(run, |grid| grid.x.last() == Some(&0.25) && grid.x.len() == 9);
    println!("the last slice came {:?} after the flood", begun.elapsed());
    session.send(Command::Pause);
    drain_until(session, "a pause", |event| *event == Event::Playing(false));
    println!("the pause came {:?} after the flood", begun.elapsed());
    assert!(begun.elapsed() < SOON);
}

/// Takes all that is told until one thing is, as fast as it comes.
pub fn drain_until(session: &mut Session, what: &str, is_it: impl Fn(&Event) -> bool) {
    let begun = Instant::now();
    let mut is_there = false;
    while !is_there {
        assert!(begun.elapsed() < SOON, "no sign of {what}");
        let log = &mut session.log;
        session.link.drain(4096, |event| {
            is_there |= is_it(&event);
            log.push(event);
        });
        std::thread::sleep(Duration::from_millis(1));
    }
}
