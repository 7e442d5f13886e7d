//! Figures and recordings of the window: what is in the files.

mod adapter;
#[path = "window/canned.rs"]
mod canned;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::engine::{EngineEnd, link};
use flatscape::protocol::{Event, KnobEdit, Origin, RunId, RunInfo};
use flatscape::ui::{App, Pace};
use image::AnimationDecoder as _;

use canned::{NSO, RUNS, experiment, grid, noise, rows, started};

struct Window {
    harness: Harness<'static, App>,
    engine: EngineEnd,
    folder: tempfile::TempDir,
}

impl Window {
    /// A window with three trained runs; `None` without an adapter.
    fn open() -> Option<Self> {
        adapter::device()?;
        let (link, mut engine) = link(Arc::new(|| {}));
        let harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_theme(Theme::Dark)
            .wgpu()
            .build_eframe(move |creation| App::new(creation, link, experiment(), Pace::default()));
        engine.outbox.push(started());
        let mut window = Self { harness, engine, folder: tempfile::tempdir().expect("a temporary folder") };
        window.tell([]);
        for (run, optimizer) in RUNS {
            window.engine.slots.put_grid(grid(run, optimizer, 33));
            window.tell(rows(run, optimizer));
        }
        window.engine.slots.put_noise(noise());
        window.tell([]);
        Some(window)
    }

    fn tell(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.engine.outbox.push(event));
        assert!(self.engine.outbox.flush());
        self.harness.run_steps(3);
    }

    /// Adds runs of NSO until there are so many.
    fn add_runs(&mut self, count: u32) {
        let knobs = experiment().knobs(OptimizerKind::Nso).expect("valid");
        for id in 4..=count {
            let run = RunId(id);
            let info =
                RunInfo { run, optimizer: OptimizerKind::Nso, seed: 0, knobs: knobs.clone(), origin: Origin::Initial };
            self.tell([Event::RunAdded(info)]);
            self.engine.slots.put_grid(grid(run, OptimizerKind::Nso, 9));
        }
        self.tell([]);
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::Button, label).click();
        self.harness.run_steps(3);
    }

    fn find(&mut self, words: &str) {
        self.press(Modifiers::COMMAND, Key::K);
        self.harness.event(egui::Event::Text(words.to_owned()));
        self.harness.run_steps(3);
        self.press(Modifiers::NONE, Key::Enter);
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    fn asks_for_a_path(&self) -> bool {
        self.harness.query_by_role_and_label(Role::TextInput, "Path").is_some()
    }

    /// Draws frames until it is asked where a file shall go; fails after a while.
    fn await_question(&mut self) {
        let start = Instant::now();
        while !self.asks_for_a_path() {
            assert!(start.elapsed() < Duration::from_secs(120), "no file came");
            std::thread::sleep(Duration::from_millis(5));
            self.harness.step();
        }
        self.harness.run_steps(2);
    }

    /// Types a path into the question that is open.
    fn answer(&mut self, path: &Path) {
        self.press(Modifiers::COMMAND, Key::A);
        self.harness.event(egui::Event::Text(path.display().to_string()));
        self.harness.run_steps(3);
        self.press(Modifiers::NONE, Key::Enter);
    }

    /// Saves a figure and reads it back. The dialog begins with the window, or the landscapes.
    fn figure(&mut self, shown: &str, format: &str, scale: &str) -> Vec<u8> {
        let modifiers = if shown == "Window" { Modifiers::COMMAND | Modifiers::SHIFT } else { Modifiers::COMMAND };
        self.press(modifiers, Key::S);
        if !matches!(shown, "Window" | "Landscapes") {
            // The same words may stand on a tab elsewhere.
            let others: Vec<egui::Rect> = self.harness.query_all_by_label(shown).map(|node| node.rect()).collect();
            self.harness.get_by_role_and_label(Role::ComboBox, "What the figure shows").click();
            self.harness.run_steps(3);
            let choice = self.harness.query_all_by_label(shown).find(|node| !others.contains(&node.rect()));
            choice.expect("the list has it").click();
            self.harness.run_steps(3);
        }
        self.click(format);
        self.click(scale);
        self.click("Save the figure…");
        self.await_question();
        let path = self.folder.path().join("figure");
        self.answer(&path);
        let bytes = fs::read(&path).expect("the figure is there");
        // The next one has its place: a file is not replaced by one key.
        fs::remove_file(path).expect("it goes");
        bytes
    }

    fn svg(&mut self, shown: &str) -> String {
        String::from_utf8(self.figure(shown, "SVG", "1×")).expect("text")
    }
}

/// The texts that are to be seen in an SVG, row by row.
fn texts(svg: &str) -> Vec<String> {
    let ends = svg.split("<text").skip(1).filter_map(|part| part.split_once('>')?.1.split_once("</text>"));
    ends.map(|(text, _)| text.trim().to_owned()).collect()
}

/// What a PNG says of itself.
fn description(bytes: &[u8]) -> String {
    let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
    let info = reader.info();
    let long = info.utf8_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.get_text().expect("text")));
    let short = info.uncompressed_latin1_text.iter().map(|chunk| (chunk.keyword.clone(), chunk.text.clone()));
    long.chain(short).find(|(keyword, _)| keyword == "Description").expect("a description").1
}

#[test]
fn a_figure_has_its_pixels_its_scale_and_its_words() {
    let Some(mut window) = Window::open() else { return };
    let small = window.figure("Landscapes", "PNG", "1×");
    let large = window.figure("Landscapes", "PNG", "2×");
    let [small, picture] = [&small, &large].map(|bytes| image::load_from_memory(bytes).expect("a PNG").to_rgba8());
    assert!(small.width() > 600 && small.height() > 300, "{:?}", small.dimensions());
    let sides = [(picture.width(), small.width()), (picture.height(), small.height())];
    assert!(sides.iter().all(|(large, small)| large.abs_diff(2 * small) <= 1), "{sides:?}");
    // Three bowls from violet to yellow, and words.
    let share = |is: fn([u8; 4]) -> bool| {
        picture.pixels().filter(|pixel| is(pixel.0)).count() as f64 / f64::from(picture.width() * picture.height())
    };
    let yellow = share(|[r, g, b, _]| r > 150 && g > 170 && b < 110);
    let violet = share(|[r, g, b, _]| r < 90 && g < 100 && b > 90);
    assert!(yellow > 0.02 && violet > 0.02, "yellow {yellow}, violet {violet}");
    assert!(share(|[_, _, _, a]| a < 255) < 1e-6, "there is ground everywhere");
    let words = description(&large);
    assert!(words.contains("NSO (σ 0.1") && words.contains("seed 0) step 100"), "{words}");
    assert!(
        words.contains("Slices of SGD at step 98, SAM at step 98, NSO at step 98 · cross-entropy, mean over 300"),
        "{words}"
    );
}

#[test]
fn the_words_below_are_those_of_what_is_drawn_and_wrap() {
    let Some(mut window) = Window::open() else { return };
    let edit = |step, old, new| Event::KnobTurned { run: NSO, edit: KnobEdit { step, knob: KnobId::Sigma, old, new } };
    window.tell([edit(42, 0.06, 0.11)]);
    let svg = window.svg("Landscapes");
    let shown = texts(&svg).join(" ");
    assert!(shown.contains("σ 0.06 → 0.11 at step 42"), "{shown}");
    assert!(shown.contains("norms 5.00 and 5.10") && !shown.contains('…'), "{shown}");
    assert!(svg.contains("<image"), "landscapes are pictures");
    // No letters of a font that readers have not, and nothing to press.
    assert!(!svg.chars().any(|letter| ('\u{e000}'..='\u{f8ff}').contains(&letter)));
    assert!(!shown.contains("live") && !shown.contains("Back to live"), "{shown}");
    // A run that is hidden is not drawn, and not told of.
    let sgd = |svg: &str| texts(svg).iter().any(|text| text.contains("SGD ("));
    assert!(sgd(&svg));
    window.click("Run SGD");
    window.press(Modifiers::NONE, Key::H);
    assert!(!sgd(&window.svg("Landscapes")));
    assert!(sgd(&window.svg("Compare")), "the table has it");
}

#[test]
fn the_window_and_single_charts_can_be_figures() {
    let Some(mut window) = Window::open() else { return };
    let svg = window.svg("Window");
    assert!(svg.contains("width=\"1280\""), "{}", &svg[..200]);
    let all = texts(&svg);
    for text in ["Knobs of NSO", "SGD", "SAM"] {
        assert!(all.iter().any(|shown| shown.contains(text)), "{text} in {all:?}");
    }
    let svg = window.svg("Trace");
    let all = texts(&svg).join(" ");
    assert!(all.contains("step 100") && all.contains("NSO (σ"), "{all}");
    assert!(!all.contains("Slices of"), "there is no landscape on it: {all}");
}

#[test]
fn long_tables_and_many_landscapes_are_drawn_whole() {
    let Some(mut window) = Window::open() else { return };
    window.add_runs(50);
    let svg = window.svg("Landscapes");
    let all = texts(&svg);
    // The run with id n is the (n − 2)th of NSO; its header is a text of its own.
    let missing: Vec<u32> =
        (2..=48).filter(|number| !all.iter().any(|text| *text == format!("NSO {number}"))).collect();
    assert!(missing.is_empty(), "{missing:?} of {all:?}");
    let svg = window.svg("Compare");
    let all = texts(&svg);
    let missing: Vec<u32> =
        (2..=48).filter(|number| !all.iter().any(|text| *text == format!("NSO {number}"))).collect();
    assert!(missing.is_empty(), "{missing:?} of {all:?}");
    let columns: Vec<&String> = all.iter().filter(|text| !text.contains("seed")).take(60).collect();
    assert!(all.iter().any(|text| text.contains("Seconds")), "the last column is there: {columns:?}");
}

#[test]
fn a_path_that_cannot_be_written_is_said() {
    let Some(mut window) = Window::open() else { return };
    window.press(Modifiers::COMMAND, Key::S);
    window.click("Save the figure…");
    window.await_question();
    let missing = window.folder.path().join("no such folder").join("a.png");
    window.answer(&missing);
    assert!(window.shows("cannot be written"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.shows("cannot be written"));
}

#[test]
fn a_recording_survives_a_change_of_size_and_says_what_it_shows() {
    let Some(mut window) = Window::open() else { return };
    window.find("record the landscapes");
    let start = Instant::now();
    let mut is_small = false;
    while start.elapsed() < Duration::from_millis(2500) {
        std::thread::sleep(Duration::from_millis(5));
        window.harness.step();
        if start.elapsed() > Duration::from_millis(900) && !is_small {
            is_small = true;
            window.harness.set_size(egui::vec2(900.0, 600.0));
        }
    }
    assert!(window.shows("Recording the landscapes"));
    window.click("End now");
    let length = start.elapsed();
    window.await_question();
    let path = window.folder.path().join("a.gif");
    window.answer(&path);
    let bytes = fs::read(path).expect("the recording is there");
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(&bytes)).expect("a GIF");
    let frames = decoder.into_frames().collect_frames().expect("frames");
    assert!(frames.len() >= 3, "{} frames", frames.len());
    let size = frames[0].buffer().dimensions();
    assert!(size.0 > 600 && frames.iter().all(|frame| frame.buffer().dimensions() == size), "{size:?}");
    let shown: u32 = frames.iter().map(|frame| frame.delay().numer_denom_ms().0).sum();
    let expected = length.as_millis() as f64;
    assert!((f64::from(shown) - expected).abs() < 0.2 * expected, "{shown} ms of {expected} ms");
    let text = String::from_utf8_lossy(&bytes);
    for part in ["At the beginning", "At the end", "Slices of SGD at step 98", "layers = "] {
        assert!(text.contains(part), "{part}");
    }
}
