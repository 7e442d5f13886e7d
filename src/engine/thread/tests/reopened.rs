//! Sessions that are opened again: what alerts said comes back, a damaged page and another processor are told. And old ones that go.

use std::path::Path;

use super::sessions::{engine, file, past, recorded, steps};
use super::*;
use crate::protocol::AlertRow;
use crate::session::store::Session;
use crate::session::unnamed;

/// Opens a session; what was told, and the engine that goes on with it.
fn opened(path: &Path) -> (Vec<Event>, Engine) {
    let (link, mut engine) = engine();
    engine.take(Command::OpenSession(path.to_owned()));
    let told = events(&link, &mut engine);
    assert!(told.iter().any(|event| matches!(event, Event::SessionOpened { .. })), "{told:?}");
    (told, engine)
}

fn has_note(told: &[Event], words: &[&str]) -> bool {
    let has_words = |text: &String| words.iter().all(|word| text.contains(word));
    told.iter().any(|event| matches!(event, Event::Note(text) if has_words(text)))
}

fn change(path: &Path, sql: &str) {
    assert_eq!(rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap(), 1, "{sql}");
}

#[test]
fn what_alerts_said_comes_back_but_for_what_a_rewind_took() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut live) = recorded(folder.path());
    let infos = runs(&events(&link, &mut live));
    let [sgd, nso] = [infos[0].run, infos[2].run];
    let alert = |step, words: &str| AlertRow {
        step,
        rule: "λmax".to_owned(),
        words: format!("{words} at step {step}"),
        paused: step == 5,
    };
    let note = |live: &mut Engine, run, alert: &AlertRow| {
        live.take(Command::NoteAlert { run, alert: alert.clone() });
        let told = events(&link, live);
        told.contains(&Event::AlertNoted { run, alert: alert.clone() })
    };
    steps(&link, &mut live, 10);
    // Before there is a file, and when there is one.
    assert!(note(&mut live, sgd, &alert(5, "SGD: λmax 60 is above 50")));
    assert!(!note(&mut live, sgd, &alert(11, "a step that it went back before")));
    assert!(!note(&mut live, RunId(99), &alert(5, "a run of before")));
    file(&link, &mut live);
    assert!(note(&mut live, sgd, &alert(8, "SGD: λmax 70 is above 60")));
    assert!(note(&mut live, nso, &alert(10, "NSO: λmax 60 is above 50")));
    live.take(Command::Rewind { run: sgd, step: 6 });
    steps(&link, &mut live, 1);
    live.end_recording();
    let path = unnamed::list(folder.path()).unwrap().remove(0).path;
    let (told, _writes) = opened(&path);
    let alerts = |run| past(&told, run).rows.alerts;
    assert_eq!(alerts(sgd), [alert(5, "SGD: λmax 60 is above 50")]);
    assert_eq!(alerts(nso), [alert(10, "NSO: λmax 60 is above 50")]);
    // Its copy, which goes on elsewhere, has them too.
    let (link, mut copy) = engine();
    copy.take(Command::KeepSessions(folder.path().to_owned()));
    copy.take(Command::OpenSession(path.clone()));
    assert!(has_note(&events(&link, &mut copy), &["is a copy of it"]));
    let place = file(&link, &mut copy);
    copy.end_recording();
    assert_ne!(place, path);
    assert_eq!(Session::open(&place).unwrap().alerts(nso).unwrap(), [alert(10, "NSO: λmax 60 is above 50")]);
}

#[test]
fn a_damaged_session_is_opened_as_far_as_it_can_be_read_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut live) = recorded(folder.path());
    let nso = runs(&events(&link, &mut live))[2].run;
    steps(&link, &mut live, 10);
    let path = file(&link, &mut live);
    live.end_recording();
    // The first page of the evaluations is lost.
    let (page, size): (u64, u64) = {
        let conn = rusqlite::Connection::open(&path).unwrap();
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'evals'";
        let get = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned();
        (get(root), get("PRAGMA page_size"))
    };
    let mut bytes = std::fs::read(&path).unwrap();
    let start = ((page - 1) * size) as usize;
    bytes[start..start + size as usize].fill(0);
    std::fs::write(&path, &bytes).unwrap();

    let (told, mut engine) = opened(&path);
    let saved = path.with_extension("salvaged.flatscape");
    let place = [path.display().to_string(), saved.display().to_string()];
    assert!(has_note(&told, &["is damaged and stays as it is", &place[0], &place[1], "the table evals"]), "{told:?}");
    let rows = past(&told, nso).rows;
    assert!(rows.steps.iter().map(|row| row.step).eq(1..=10) && rows.evals.is_empty(), "{rows:?}");
    // It goes on in what was saved of it.
    engine.take(Command::Step);
    while engine.single_steps > 0 {
        engine.guarded(Engine::unit);
    }
    engine.end_recording();
    assert_eq!(Session::open(&saved).unwrap().last_step(nso).unwrap(), 11);
    assert!(std::fs::read(&path).unwrap() == bytes, "the damaged file is as it was");
}

#[test]
fn another_device_or_processor_than_the_sessions_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut live) = recorded(folder.path());
    events(&link, &mut live);
    steps(&link, &mut live, 2);
    let path = file(&link, &mut live);
    live.end_recording();
    let differ = "the next steps may differ in their last digits";
    assert!(!has_note(&opened(&path).0, &[differ]), "on the same there is nothing to be told");
    change(&path, "UPDATE provenance SET value = 'Another Processor' WHERE key = 'processor'");
    let (told, engine) = opened(&path);
    let (then, now) = (", Another Processor. It goes on on ", crate::engine::devices::processor());
    assert!(has_note(&told, &["The session was trained on CPU", then, &now, differ]), "{told:?}");
    drop(engine);
    change(&path, "UPDATE provenance SET value = 'A card (Vulkan)' WHERE key = 'device'");
    // The processor beside another device is not what computes.
    let (told, _engine) = opened(&path);
    assert!(has_note(&told, &["was trained on A card (Vulkan). It goes on on CPU", differ]), "{told:?}");
}

#[test]
fn old_sessions_that_go_for_a_new_one_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = |number: usize| folder.path().join(format!("session-{number}.flatscape"));
    for number in 0..=unnamed::MOST_SESSIONS {
        std::fs::write(place(number), "an old one").unwrap();
    }
    let (link, mut live) = recorded(folder.path());
    steps(&link, &mut live, 1);
    let path = file(&link, &mut live);
    for _ in 0..2000 {
        live.tend_recording();
        if live.end.outbox.recording.state().num_removed > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = live.end.outbox.recording.state();
    assert_eq!((told.num_removed, told.path), (2, Some(path.clone())));
    assert_eq!(unnamed::list(folder.path()).unwrap().len(), unnamed::MOST_SESSIONS);
    assert!(path.exists());
    live.end_recording();
}
