//! Memory stands still while the window plays: the real engine, the real window and a software adapter, a minute in each view.
//!
//! Drivers, allocators and histories differ from view to view and keep what they once took, so each view has a process of its
//! own: this program runs itself, some views at a time, and reads how much memory each has from `/proc`. A view is chosen
//! as a user would, by the palette, keys and the pointer.
//!
//! `FLATSCAPE_SOAK_VIEW` plays one view here, `FLATSCAPE_SOAK_SECONDS` for longer or shorter than a minute.

#![allow(clippy::print_stdout, reason = "a test says why it was skipped, and what it measured")]

#[path = "../common/adapter.rs"]
mod adapter;
mod renderer;

use std::cell::Cell;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use flatscape::config::{DeviceChoice, builtin_experiment};
use flatscape::engine::spawn;
use flatscape::ui::{App, Pace};
use renderer::FrameRenderer;

/// More than this after half a minute is a leak, in megabytes a second.
const MOST_GROWTH: f64 = 0.3;
/// A view is played so many minutes at most.
const MOST_MINUTES: u32 = 3;
/// Processes at a time.
const AT_A_TIME: usize = 4;
const SIZE: [f32; 2] = [1120.0, 720.0];
/// From one frame to the next: the window's own pace on a software adapter.
const FRAME_TIME: Duration = Duration::from_millis(66);
/// Between two looks at the memory.
const SAMPLE_TIME: Duration = Duration::from_millis(250);
const VIEW: &str = "FLATSCAPE_SOAK_VIEW";
const SECONDS: &str = "FLATSCAPE_SOAK_SECONDS";

/// What is done in a view.
#[derive(Clone, Copy)]
enum Doing {
    /// Commands of the palette, once.
    Once(&'static [&'static str]),
    /// A command of the palette, again and again.
    Again(&'static str, Duration),
    /// Predictions are read under a pointer that moves.
    Pointing,
    /// The landscapes are recorded again and again, and not saved.
    Recording,
}

const VIEWS: [(&str, Doing); 17] = [
    ("contour", Doing::Once(&["contour"])),
    ("3D", Doing::Once(&["3d surface"])),
    ("three minima", Doing::Once(&["plane: three minima"])),
    ("difference", Doing::Once(&["difference of two runs"])),
    // 48 slices at most, four a second: it has ended by then.
    ("playback", Doing::Again("play the past", Duration::from_secs(13))),
    ("predictions", Doing::Pointing),
    ("recording", Doing::Recording),
    ("chart overview", Doing::Once(&["chart overview as a pane"])),
    ("chart loss", Doing::Once(&["chart loss and accuracy as a pane"])),
    ("chart trace", Doing::Once(&["chart trace as a pane"])),
    ("chart layers", Doing::Once(&["chart trace per layer as a pane"])),
    ("chart against loss", Doing::Once(&["chart against training loss as a pane"])),
    ("chart spectrum", Doing::Once(&["chart spectrum as a pane"])),
    ("chart noise", Doing::Once(&["chart noise as a pane"])),
    ("chart sweep", Doing::Once(&["chart σ sweep as a pane"])),
    ("chart bound", Doing::Once(&["chart bound as a pane"])),
    ("chart speed", Doing::Once(&["chart speed as a pane"])),
];

#[test]
fn memory_stands_still_in_every_view() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux tells a process how much memory it has in /proc");
        return;
    }
    if adapter::device().is_none() {
        return;
    }
    match std::env::var(VIEW) {
        Ok(view) => {
            let (name, doing) = VIEWS.into_iter().find(|(name, _)| *name == view).expect("a view of the list");
            println!("{name}: {}", play(doing));
        }
        Err(_) => play_all(),
    }
}

/// Plays all views in processes of their own; fails with all that they said.
fn play_all() {
    let mut waiting = VIEWS.iter().map(|(name, _)| *name);
    let mut playing: Vec<(&str, Child)> = Vec::new();
    let (mut told, mut failures) = (Vec::new(), Vec::new());
    loop {
        while playing.len() < AT_A_TIME
            && let Some(name) = waiting.next()
        {
            playing.push((name, start(name)));
        }
        if playing.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        let is_done = |(_, child): &mut (&str, Child)| child.try_wait().expect("a child of ours").is_some();
        while let Some(index) = playing.iter_mut().position(is_done) {
            let (name, child) = playing.remove(index);
            let output = child.wait_with_output().expect("it has ended");
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            let line = said.lines().find(|line| line.starts_with(&format!("{name}: ")));
            match line {
                Some(line) if output.status.success() => told.push(line.to_owned()),
                _ => failures.push(format!("{name} failed:\n{said}")),
            }
        }
    }
    println!("{}", told.join("\n"));
    assert!(failures.is_empty(), "{}\n{}", told.join("\n"), failures.join("\n"));
    assert_eq!(told.len(), VIEWS.len());
}

fn start(view: &str) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["memory_stands_still_in_every_view", "--exact", "--nocapture"])
        .env(VIEW, view)
        // Views share the processor: one thread that computes and one that draws for each.
        .env("RAYON_NUM_THREADS", "1")
        .env("LP_NUM_THREADS", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this program runs again")
}

/// What was measured in one view, in words. A minute is played; where its second half seems to grow, up to two more, with all
/// since then measured: a driver's leak goes on, what comes and goes by some megabytes says less the longer it is watched.
fn play(doing: Doing) -> String {
    let minute = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(60.0);
    let mut window = Window::open();
    window.begin(doing);
    let watch = Watch::begin();
    let start = Instant::now();
    let (mut frames, mut early) = (0, None);
    let mut words = String::new();
    for minutes in 1..=MOST_MINUTES {
        let seconds = f64::from(minutes) * minute;
        while start.elapsed().as_secs_f64() < seconds {
            window.go_on(doing);
            window.frame();
            frames += 1;
            if early.is_none() && start.elapsed().as_secs_f64() > minute / 6.0 {
                early = Some(window.picture());
            }
        }
        let samples = watch.samples();
        let late: Vec<(f64, f64)> = samples.iter().copied().filter(|(time, _)| *time > minute / 2.0).collect();
        let growth = slope(&lowest(&late));
        let (rate, end) = (f64::from(frames) / seconds, late.last().expect("samples").1);
        words = format!(
            "{growth:+.3} MB/s from {:.0} s to {seconds:.0} s, {end:.0} MB at the end, {rate:.1} frames/s",
            minute / 2.0
        );
        if growth < MOST_GROWTH {
            break;
        }
        assert!(minutes < MOST_MINUTES, "memory grows: {words}; s and MB: {samples:.1?}");
    }
    watch.end();
    let (early, late) = (early.expect("there were frames"), window.picture());
    let num_changed = early.pixels().zip(late.pixels()).filter(|(a, b)| a != b).count();
    let share = num_changed as f64 / f64::from(SIZE[0] * SIZE[1]);
    assert!(share > 0.01, "it does not play: {:.2} % of the picture have changed", 100.0 * share);
    words
}

/// The real window over the real engine, which trains the default experiment.
struct Window {
    harness: Harness<'static, App>,
    is_read: Rc<Cell<bool>>,
    start: Instant,
    /// When the last frame began.
    begun: Instant,
    /// When something was last done.
    done: Instant,
}

impl Window {
    fn open() -> Self {
        let pace = Pace::default();
        let (link, _engine) = spawn(DeviceChoice::Cpu, pace.wake()).expect("a thread");
        let experiment = builtin_experiment("moons-mlp").expect("embedded");
        let is_read = Rc::<Cell<bool>>::default();
        let harness = Harness::builder()
            .with_size(SIZE)
            .with_theme(Theme::Dark)
            .renderer(FrameRenderer::new(Rc::clone(&is_read)))
            .build_eframe(move |creation| App::new(creation, link, experiment, pace));
        let now = Instant::now();
        let mut window = Self { harness, is_read, start: now, begun: now, done: now };
        // The tour of a first start.
        window.press(Modifiers::NONE, Key::Escape);
        // Some slices of the past, and all first pictures.
        while window.start.elapsed() < Duration::from_secs(8) {
            window.frame();
        }
        window
    }

    /// The next frame, when it is due, drawn.
    fn frame(&mut self) -> image::RgbaImage {
        std::thread::sleep(FRAME_TIME.saturating_sub(self.begun.elapsed()));
        self.begun = Instant::now();
        self.harness.input_mut().time = Some(self.start.elapsed().as_secs_f64());
        self.harness.step();
        self.harness.render().expect("the adapter draws")
    }

    /// The next frame as a picture.
    fn picture(&mut self) -> image::RgbaImage {
        self.is_read.set(true);
        let picture = self.frame();
        self.is_read.set(false);
        picture
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.frame();
        self.frame();
    }

    fn find(&mut self, words: &str) {
        self.press(Modifiers::COMMAND, Key::K);
        self.harness.event(egui::Event::Text(words.to_owned()));
        self.frame();
        self.press(Modifiers::NONE, Key::Enter);
        self.done = Instant::now();
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::Button, label).click();
        self.frame();
        self.frame();
    }

    fn begin(&mut self, doing: Doing) {
        match doing {
            Doing::Once(commands) => commands.iter().for_each(|words| self.find(words)),
            Doing::Again(words, _) => self.find(words),
            Doing::Pointing => {
                let place = self.place([0.5, 0.5]);
                self.harness.hover_at(place);
                self.frame();
                self.harness.drag_at(place);
                self.harness.drop_at(place);
                self.frame();
                self.frame();
                self.click("Read predictions under the pointer");
            }
            Doing::Recording => {}
        }
    }

    fn go_on(&mut self, doing: Doing) {
        match doing {
            Doing::Once(_) => {}
            Doing::Again(words, pause) => {
                if self.done.elapsed() > pause {
                    self.find(words);
                }
            }
            Doing::Pointing => {
                let turn = self.start.elapsed().as_secs_f32();
                let place = self.place([0.5 + 0.3 * turn.sin(), 0.5 + 0.3 * turn.cos()]);
                self.harness.hover_at(place);
            }
            Doing::Recording => {
                let is_done = self.harness.query_by_role_and_label(Role::TextInput, "Path").is_some();
                if is_done {
                    self.press(Modifiers::NONE, Key::Escape);
                }
                if is_done || self.done <= self.start {
                    self.find("record the landscapes");
                }
            }
        }
    }

    /// A place in the landscape of the first run, in shares.
    fn place(&self, [x, y]: [f32; 2]) -> Pos2 {
        let rect = self.harness.get_by_label("Landscape of SGD").rect();
        rect.min + vec2(x * rect.width(), y * rect.height())
    }
}

/// The lowest point of each quarter: what comes and goes, as a frame that waits to be encoded, is no growth.
fn lowest(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let quarters = points.chunks(points.len().div_ceil(4));
    quarters.filter_map(|quarter| quarter.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))).collect()
}

/// The slope of the line that fits best.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let (product, square) = points.iter().fold((0.0, 0.0), |(product, square), point| {
        (product + (point.0 - x) * (point.1 - y), square + (point.0 - x).powi(2))
    });
    product / square
}

/// Looks at the memory at a steady pace, however slow frames are: after so many seconds, so many megabytes.
struct Watch {
    samples: Arc<Mutex<Vec<(f64, f64)>>>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watch {
    fn begin() -> Self {
        let (samples, is_over) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<AtomicBool>::default());
        let (into, until) = (Arc::clone(&samples), Arc::clone(&is_over));
        let start = Instant::now();
        let look = move || {
            while !until.load(Ordering::Relaxed) {
                let sample = (start.elapsed().as_secs_f64(), megabytes());
                into.lock().expect("no panic while it was held").push(sample);
                std::thread::sleep(SAMPLE_TIME);
            }
        };
        let thread = std::thread::Builder::new().name("memory".to_owned()).spawn(look).expect("a thread");
        Self { samples, is_over, thread }
    }

    fn samples(&self) -> Vec<(f64, f64)> {
        self.samples.lock().expect("no panic while it was held").clone()
    }

    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("it only looks");
    }
}

/// The memory that this process has now.
fn megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is there");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

#[test]
fn growth_is_told_from_what_comes_and_goes() {
    let curve = |of: fn(f64) -> f64| -> Vec<(f64, f64)> {
        (0..60).map(|i| f64::from(i) / 2.0).map(|time| (time, of(time))).collect()
    };
    let growth = |of| slope(&lowest(&curve(of)));
    assert!((growth(|time| 300.0 + 0.9 * time) - 0.9).abs() < 1e-9);
    assert!(growth(|_| 300.0).abs() < 1e-9);
    // Up to fifty megabytes for five seconds, and back.
    assert!(growth(|time| 300.0 + 10.0 * (time % 5.0)).abs() < 0.1);
    assert!((growth(|time| 300.0 + 0.9 * time + 10.0 * (time % 5.0)) - 0.9).abs() < 0.2);
}
