//! Figures and recordings of the window: what is in the files.

use std::fs;

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{KnobId, OptimizerKind};
use flatscape::protocol::{Event, KnobEdit, RunId};
use image::AnimationDecoder as _;

use crate::adapter;
use crate::canned::{NSO, grid, info};
use crate::fixture::{SIZE, Window, sized};

/// A window with three trained runs, and a folder for its files.
struct Figures {
    window: Window,
    folder: tempfile::TempDir,
}

impl Figures {
    /// `None` without an adapter.
    fn open() -> Option<Self> {
        adapter::device()?;
        let window = sized(SIZE).drawn().sliced(33).trained();
        Some(Self { window, folder: tempfile::tempdir().expect("a temporary folder") })
    }

    /// Adds runs of NSO until there are so many.
    fn add_runs(&mut self, count: u32) {
        for id in 4..=count {
            self.window.tell([Event::RunAdded(info(id, OptimizerKind::Nso, None))]);
            self.window.engine.slots.put_grid(grid(RunId(id), OptimizerKind::Nso, 9));
        }
        self.window.tell([]);
    }

    fn asks_for_a_path(&self) -> bool {
        self.window.has(Role::TextInput, "Path")
    }

    /// Draws frames until it is asked where a file shall go; fails after a while.
    fn await_question(&mut self) {
        let start = Instant::now();
        while !self.asks_for_a_path() {
            assert!(start.elapsed() < Duration::from_secs(120), "no file came");
            std::thread::sleep(Duration::from_millis(5));
            self.window.harness.step();
        }
        self.window.harness.run_steps(2);
    }

    /// Saves a figure and reads it back. The dialog begins with the window, or the landscapes.
    fn figure(&mut self, shown: &str, format: &str, scale: &str) -> Vec<u8> {
        let modifiers = if shown == "Window" { Modifiers::COMMAND | Modifiers::SHIFT } else { Modifiers::COMMAND };
        self.window.chord(modifiers, Key::S);
        if !matches!(shown, "Window" | "Landscapes") {
            // The same words may stand on a tab elsewhere.
            let others: Vec<egui::Rect> =
                self.window.harness.query_all_by_label(shown).map(|node| node.rect()).collect();
            self.window.click_on(Role::ComboBox, "What the figure shows");
            let choice = self.window.harness.query_all_by_label(shown).find(|node| !others.contains(&node.rect()));
            choice.expect("the list has it").click();
            self.window.harness.run_steps(3);
        }
        self.window.click(format);
        self.window.click(scale);
        self.window.click("Save the figure…");
        self.await_question();
        let path = self.folder.path().join("figure");
        self.window.answer(&path);
        let bytes = fs::read(&path).expect("the figure is there");
        // The next one has its place: a file is not replaced by one key.
        fs::remove_file(path).expect("it goes");
        bytes
    }

    /// Saves the landscapes for a part of a journal's page, as an SVG.
    fn printed(&mut self, column: &str) -> String {
        self.window.chord(Modifiers::COMMAND, Key::S);
        self.window.click("SVG");
        self.window.click(column);
        self.window.click("Save the figure…");
        self.await_question();
        let path = self.folder.path().join("printed.svg");
        self.window.answer(&path);
        fs::read_to_string(&path).expect("the figure is there")
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
    let Some(mut figures) = Figures::open() else { return };
    let small = figures.figure("Landscapes", "PNG", "1×");
    let large = figures.figure("Landscapes", "PNG", "2×");
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
    let Some(mut figures) = Figures::open() else { return };
    let edit = |step, old, new| Event::KnobTurned { run: NSO, edit: KnobEdit { step, knob: KnobId::Sigma, old, new } };
    figures.window.tell([edit(42, 0.06, 0.11)]);
    let svg = figures.svg("Landscapes");
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
    figures.window.click("Run SGD");
    figures.window.press(Key::H);
    assert!(!sgd(&figures.svg("Landscapes")));
    assert!(sgd(&figures.svg("Compare")), "the table has it");
}

#[test]
fn a_figure_for_a_journal_has_its_width_white_ground_and_lines() {
    let Some(mut figures) = Figures::open() else { return };
    let svg = figures.printed("Column, 84 mm");
    for part in ["width=\"84.00mm\"", "viewBox=\"0 0 357 ", "<rect fill=\"#ffffff\"", "Flatscape"] {
        assert!(svg.contains(part), "{part}");
    }
    let iso_lines = svg.matches("stroke-opacity=\"0.6\" stroke-width=\"0.8\"").count();
    assert!(iso_lines > 10, "{iso_lines} iso-lines are lines");
    let shown = texts(&svg);
    assert!(shown.iter().any(|text| text == "NSO"), "{shown:?}");
    assert!(!shown.iter().any(|text| text.contains("parameters")), "its words stand in the file alone: {shown:?}");
    assert!(svg.contains("mean over 300"), "the description");
}

#[test]
fn the_window_and_single_charts_can_be_figures() {
    let Some(mut figures) = Figures::open() else { return };
    let svg = figures.svg("Window");
    assert!(svg.contains("width=\"1280\""), "{}", &svg[..200]);
    let all = texts(&svg);
    for text in ["Knobs of NSO", "SGD", "SAM"] {
        assert!(all.iter().any(|shown| shown.contains(text)), "{text} in {all:?}");
    }
    let svg = figures.svg("Trace");
    let all = texts(&svg).join(" ");
    assert!(all.contains("step 100") && all.contains("NSO (σ"), "{all}");
    assert!(!all.contains("Slices of"), "there is no landscape on it: {all}");
}

#[test]
fn long_tables_and_many_landscapes_are_drawn_whole() {
    let Some(mut figures) = Figures::open() else { return };
    figures.add_runs(50);
    let svg = figures.svg("Landscapes");
    let all = texts(&svg);
    // The run with id n is the (n − 2)th of NSO; its header is a text of its own.
    let missing: Vec<u32> =
        (2..=48).filter(|number| !all.iter().any(|text| *text == format!("NSO {number}"))).collect();
    assert!(missing.is_empty(), "{missing:?} of {all:?}");
    let svg = figures.svg("Compare");
    let all = texts(&svg);
    let missing: Vec<u32> =
        (2..=48).filter(|number| !all.iter().any(|text| *text == format!("NSO {number}"))).collect();
    assert!(missing.is_empty(), "{missing:?} of {all:?}");
    let columns: Vec<&String> = all.iter().filter(|text| !text.contains("seed")).take(60).collect();
    assert!(all.iter().any(|text| text.contains("Seconds")), "the last column is there: {columns:?}");
}

#[test]
fn names_in_scripts_that_no_font_has_are_told_apart_in_figures() {
    let Some(mut figures) = Figures::open() else { return };
    let mut named = |name: &str| {
        figures.window.press(Key::F2);
        figures.window.type_into(Role::TextInput, "Name of the run", name);
        figures.window.press(Key::Enter);
        let svg = figures.svg("Compare");
        assert!(svg.contains(name), "the file keeps the name: {name}");
        let png = figures.figure("Compare", "PNG", "1×");
        image::load_from_memory(&png).expect("a PNG").to_rgba8()
    };
    // Both are "Mao", and boxes of the same width without a font for them.
    let [cat, hair, again] = ["猫", "毛", "猫"].map(&mut named);
    assert_eq!(cat.dimensions(), hair.dimensions());
    assert!(cat.as_raw() != hair.as_raw() && cat.as_raw() == again.as_raw());
    for name in ["ねこ", "قطة", "חתול", "बिल्ली", "🐱"] {
        assert!(named(name).as_raw() != cat.as_raw(), "{name}");
    }
}

#[test]
fn a_path_that_cannot_be_written_is_said() {
    let Some(mut figures) = Figures::open() else { return };
    figures.window.chord(Modifiers::COMMAND, Key::S);
    figures.window.click("Save the figure…");
    figures.await_question();
    let missing = figures.folder.path().join("no such folder").join("a.png");
    figures.window.answer(&missing);
    assert!(figures.window.shows("cannot be written"));
    figures.window.press(Key::Escape);
    assert!(!figures.window.shows("cannot be written"));
}

#[test]
fn a_recording_survives_a_change_of_size_and_says_what_it_shows() {
    let Some(mut figures) = Figures::open() else { return };
    figures.window.find("record the landscapes");
    let start = Instant::now();
    let mut is_small = false;
    while start.elapsed() < Duration::from_millis(2500) {
        std::thread::sleep(Duration::from_millis(5));
        figures.window.harness.step();
        if start.elapsed() > Duration::from_millis(900) && !is_small {
            is_small = true;
            figures.window.harness.set_size(egui::vec2(900.0, 600.0));
        }
    }
    assert!(figures.window.shows("Recording the landscapes"));
    figures.window.click("End now");
    let length = start.elapsed();
    figures.await_question();
    let path = figures.folder.path().join("a.gif");
    figures.window.answer(&path);
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
