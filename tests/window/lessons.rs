//! Lessons in the window: their pages, the controls that they leave, one's own, and links for a class.

use std::fs;
use std::sync::Arc;

use egui::Key;
use egui::accesskit::Role;
use flatscape::config::{KnobId, Lesson, Linked, OptimizerKind, read_link};
use flatscape::protocol::{Command, Event, KnobEdit, Origin, RunId, RunInfo};
use flatscape::ui::fake;

use crate::canned::{NSO, steps};
use crate::fixture::{SIZE, TALL, Window, sized};

/// A window with the lesson on σ open.
fn with_lesson(size: [f32; 2]) -> Window {
    let mut window = sized(size).trained();
    window.find("Lesson: When");
    assert!(window.shows_pane("Guide"));
    window
}

#[test]
fn the_steps_of_a_lesson_go_by_keys_to_the_last_and_back() {
    let mut window = with_lesson(SIZE);
    for (key, page, title) in [
        (Key::PageDown, "2 of 5", "A σ that fits"),
        (Key::PageDown, "3 of 5", "Turn it up"),
        (Key::PageUp, "2 of 5", "A σ that fits"),
        (Key::PageUp, "1 of 5", "Begin"),
        (Key::PageUp, "1 of 5", "Begin"),
        (Key::PageDown, "2 of 5", "A σ that fits"),
        (Key::PageDown, "3 of 5", "Turn it up"),
        (Key::PageDown, "4 of 5", "Where second order ends"),
        (Key::PageDown, "5 of 5", "Questions"),
        (Key::PageDown, "5 of 5", "Questions"),
    ] {
        window.press(key);
        window.expect(page);
        window.expect(title);
    }
    assert!(!window.shows("flatscape lesson large-sigma --check"), "what should be seen is hidden at first");
    window.click("What should be seen");
    window.expect("flatscape lesson large-sigma --check");
    let commands = window.commands();
    assert!(
        matches!(&commands[..], [Command::Load { .. }, ..]) && !commands.contains(&Command::Play),
        "the first step begins it, and it waits to be played: {commands:?}"
    );
    let loads = commands.iter().filter(|command| matches!(command, Command::Load { .. })).count();
    assert_eq!(loads, 1, "once");
}

#[test]
fn the_tab_key_comes_to_a_lesson_before_the_terms_below_it() {
    let mut window = with_lesson(TALL);
    window.focus(Role::Button, "Guide");
    let mut names = Vec::new();
    while names.last().is_none_or(|name| name != "Search the terms") {
        assert!(names.len() < 40, "the terms do not come: {names:?}");
        window.press(Key::Tab);
        names.push(window.focused().unwrap_or_default());
    }
    assert!(names.iter().any(|name| name == "Next step"), "the lesson comes after the terms: {names:?}");
}

/// The engine opens what a lesson has asked for.
fn answer_load(window: &mut Window) {
    let commands = window.commands();
    let [Command::Load { experiment, .. }, ..] = &commands[..] else { panic!("{commands:?}") };
    let methods: Vec<_> = experiment.optimizers.keys().copied().collect();
    let info = |(place, &optimizer): (usize, &OptimizerKind)| RunInfo {
        run: RunId(10 + place as u32),
        optimizer,
        seed: 0,
        knobs: experiment.knobs(optimizer).expect("valid"),
        origin: Origin::Initial,
    };
    let runs = methods.iter().enumerate().map(info).collect();
    let experiment = Arc::new((**experiment).clone());
    let data = Arc::new(fake::preview());
    window.tell([
        Event::Started { experiment, num_parameters: 1218, tensors: Vec::new(), data, runs },
        Event::Playing(false),
    ]);
    window.commands();
}

#[test]
fn the_links_of_a_begun_lesson_do_what_they_say() {
    let mut window = with_lesson(SIZE);
    window.press(Key::PageDown);
    answer_load(&mut window);
    window.click_on(Role::Link, "Play");
    assert_eq!(window.commands(), [Command::Play]);
    window.tell([Event::Playing(true)]);
    window.click_on(Role::Link, "Play");
    window.expect("The runs play already");
    assert!(window.commands().is_empty(), "what plays is not paused");
}

#[test]
fn a_lesson_begins_anew_where_its_experiment_was_trained_or_turned() {
    let mut window = with_lesson(SIZE);
    window.press(Key::PageDown);
    answer_load(&mut window);
    let sigma = KnobEdit { step: 0, old: 0.1, new: 0.4, knob: KnobId::Sigma };
    for event in [None, Some(Event::KnobTurned { run: RunId(11), edit: sigma }), Some(steps(RunId(10), 3, 1))] {
        let is_used = event.is_some();
        window.tell(event);
        window.find("Lesson: When");
        window.commands();
        window.click("Begin");
        if is_used {
            answer_load(&mut window);
        } else {
            assert!(window.commands().iter().all(|command| !matches!(command, Command::Load { .. })), "it is new");
        }
    }
}

#[test]
fn a_class_opens_nothing_that_the_lesson_does_not_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("other.toml");
    fs::write(&path, flatscape::config::builtin_experiment("digits-mlp").expect("embedded").to_toml())
        .expect("writable");
    let mut window = with_lesson(TALL);
    window.find("Only the lesson's controls");
    assert!(window.has(Role::Button, "Step"));
    window.commands();
    window.drop_files(std::slice::from_ref(&path));
    window.expect("Files are none of the lesson's controls");
    assert!(window.commands().is_empty());
    // Another lesson brings its own.
    window.find("Lesson: SAM, NSO");
    window.click("Begin");
    answer_load(&mut window);
    assert!(window.has(Role::Button, "Reset") && !window.has(Role::Button, "Step"));
    window.find("Only the lesson's controls");
    window.drop_files(&[path]);
    assert!(matches!(&window.commands()[..], [Command::Load { .. }, ..]), "with all controls it is opened");
}

#[test]
fn without_a_lesson_its_keys_say_so() {
    let mut window = sized(SIZE).trained();
    window.press(Key::PageDown);
    window.expect("No lesson is open");
}

#[test]
fn a_lesson_begins_with_its_experiment_and_its_layout() {
    let mut window = with_lesson(SIZE);
    window.click("Begin");
    let commands = window.commands();
    let [Command::Load { experiment, more }, ..] = &commands[..] else { panic!("{commands:?}") };
    assert!(!commands.contains(&Command::Play), "its first step says when: {commands:?}");
    assert_eq!(experiment.optimizers.keys().copied().collect::<Vec<_>>(), [OptimizerKind::Sgd, OptimizerKind::Nso]);
    assert!(more.is_empty());
    assert!(window.shows_pane("Guide"));
    window.expect("2 of 5");
}

#[test]
fn a_class_has_the_lessons_controls_alone_until_all_come_back() {
    let mut window = with_lesson(TALL);
    let gone = ["Rewind", "Branch here", "Add run", "Presets", "Model", "Data", "More for NSO"];
    for label in gone {
        assert!(window.has(Role::Button, label), "{label}");
    }
    assert!(window.has(Role::Slider, "Momentum") && !window.is_disabled(Role::Slider, "Samples k"));
    window.find("Only the lesson's controls");
    for label in gone {
        assert!(!window.has(Role::Button, label), "{label}");
    }
    assert!(!window.has(Role::Slider, "Momentum") && window.is_disabled(Role::Slider, "Samples k"));
    assert!(!window.is_disabled(Role::Slider, "Noise σ"));
    for label in ["Step", "Reset", "Measurements"] {
        assert!(window.has(Role::Button, label), "{label} is the lesson's");
    }
    window.commands();
    window.press(Key::B);
    assert!(window.commands().is_empty(), "its keys are gone too");
    window.expect("none of the lesson's controls");
    window.find("Only the lesson's controls");
    for label in gone {
        assert!(window.has(Role::Button, label), "{label} is back");
    }
    assert!(window.has(Role::Slider, "Momentum") && !window.is_disabled(Role::Slider, "Samples k"));
}

/// The engine says that σ of NSO was turned.
const TURNED: KnobEdit = KnobEdit { step: 100, knob: KnobId::Sigma, old: 0.1, new: 0.25 };

#[test]
fn a_lesson_of_ones_own_is_written_and_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.md");
    let mut window = sized(TALL).trained();
    window.tell([Event::KnobTurned { run: NSO, edit: TURNED }]);
    window.find("Lesson from this window");
    window.answer(&path);
    let text = fs::read_to_string(&path).expect("it is written");
    let lesson = Lesson::read("mine.md", &text).unwrap_or_else(|err| panic!("{err}\n{text}"));
    assert_eq!(lesson.experiment.knobs(OptimizerKind::Nso).expect("valid").sigma, TURNED.new);
    assert!(lesson.controls.shown.iter().any(|control| control.key() == "nso.sigma"), "{text}");
    window.drop_files(&[path]);
    assert!(window.shows_pane("Guide"));
    window.expect("A lesson with");
    window.expect("1 of 4");
}

#[test]
fn a_lesson_that_is_wrong_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bad.md");
    fs::write(&path, "+++\nabout = \"A.\"\nexperiment = \"mons-mlp\"\n+++\n# T\n\n## S\n").expect("writable");
    let mut window = sized(SIZE).trained();
    window.drop_files(&[path]);
    window.expect("bad.md line 3");
}

#[test]
fn the_link_carries_the_experiment_with_its_knobs() {
    let mut window = sized(TALL).trained();
    window.tell([Event::KnobTurned { run: NSO, edit: TURNED }]);
    window.find("Link to this experiment");
    assert!(window.has(Role::Image, "The link as a code"));
    let link = window.copied_by("Copy the link");
    let Ok(Linked::Experiment(experiment)) = read_link(&link) else { panic!("{link}") };
    assert_eq!(experiment.knobs(OptimizerKind::Nso).expect("valid").sigma, TURNED.new);
    window.press(Key::Escape);
    assert!(!window.shows("The link as a code"));
}

#[test]
fn a_link_is_opened_where_a_path_is_asked_for_and_a_hostile_one_is_not() {
    let mut window = sized(SIZE).trained();
    window.find("Open a file");
    window.answer("flatscape:experiment/moons-mlp?data.path=secret".as_ref());
    window.expect("which no link may");
    window.answer("flatscape:experiment/moons-mlp?nso.sigma=0.2&budget=600".as_ref());
    let commands = window.commands();
    let [Command::Load { experiment, .. }, ..] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((experiment.budget, experiment.knobs(OptimizerKind::Nso).expect("valid").sigma), (600, 0.2));
}
