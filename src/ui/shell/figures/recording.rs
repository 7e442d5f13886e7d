//! A short recording of the landscapes: frames are drawn beside the window, and encoded as they come on a thread of their own.
//!
//! The sheet of the first frame is the sheet of all, whatever becomes of the window meanwhile. A frame for which the encoder
//! has no time is left out, and the one before it is shown for longer.

use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use eframe::egui_wgpu::RenderState;

use super::offscreen::{Offscreen, Sheet};
use crate::export::{Animation, Animator, Picture};
use crate::render::Reading;

/// Frames a second.
pub const RATE: u32 = 8;
/// Frames that wait for the encoder at most: each is some megabytes.
const MOST_WAITING: usize = 4;
/// A frame has no more pixels than this.
pub const MOST_PIXELS: f32 = 1.2e6;

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Seconds.
    pub seconds: u32,
    /// Kind of the file.
    pub animation: Animation,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seconds: 6, animation: Animation::Gif }
    }
}

/// What the encoding thread is sent.
enum Sent {
    /// A frame, and when it was drawn, from the beginning of the recording.
    Frame(Reading, Duration),
    /// The recording ends here; what the file says of itself.
    End(Duration, Vec<(&'static str, String)>),
}

/// A recording: frames are drawn and encoded until its time is up.
pub struct Recording {
    settings: Settings,
    sheet: Sheet,
    offscreen: Offscreen,
    frames: Sender<Sent>,
    /// The end, for which the encoder has had no room yet.
    end: Option<Sent>,
    is_ended: bool,
    answer: Receiver<Result<Vec<u8>, String>>,
    started: Instant,
    num_due: u32,
    /// What was drawn first, in words.
    beginning: String,
}

/// How far a recording is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Frames are gathered: the share of the time that is over.
    Gathering(f32),
    /// The last frames are encoded.
    Encoding,
    /// The file, or why there is none.
    Done(Result<Vec<u8>, String>),
}

impl Recording {
    /// Begins. All frames are drawn on this sheet; `beginning` says what is on the first.
    ///
    /// # Errors
    /// When the system cannot start a thread.
    pub fn new(settings: Settings, state: &RenderState, sheet: Sheet, beginning: String) -> std::io::Result<Self> {
        let (frames, work) = bounded(MOST_WAITING);
        let (told, answer) = bounded(1);
        Builder::new().name("flatscape-recording".to_owned()).spawn(move || {
            // When the window gave the recording up, nobody listens any more.
            let _ = told.send(encode(&work, settings.animation));
        })?;
        let offscreen = Offscreen::new(state);
        let started = Instant::now();
        let (num_due, end, is_ended) = (0, None, false);
        Ok(Self { settings, sheet, offscreen, frames, end, is_ended, answer, started, num_due, beginning })
    }

    /// What is recorded.
    #[must_use]
    pub const fn settings(&self) -> Settings {
        self.settings
    }

    fn length(&self) -> Duration {
        Duration::from_secs(u64::from(self.settings.seconds))
    }

    /// Where the next frame is drawn, if its time has come and the encoder has room for it.
    pub fn due(&mut self) -> Option<(&mut Offscreen, Sheet)> {
        let next = Duration::from_secs(1) * self.num_due / RATE;
        if self.is_ended || self.started.elapsed() < next || self.frames.is_full() {
            return None;
        }
        // The next one after now: those that were missed are not made up for.
        self.num_due = (self.started.elapsed().as_secs_f32() * RATE as f32) as u32 + 1;
        Some((&mut self.offscreen, self.sheet))
    }

    /// Takes a frame that was drawn now.
    pub fn push(&mut self, frame: Reading) {
        // There was room for it, unless the thread has failed, which it says.
        let _ = self.frames.try_send(Sent::Frame(frame, self.started.elapsed()));
    }

    /// Whether its time is up, and it has not been ended yet.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.is_ended && self.started.elapsed() >= self.length()
    }

    /// Ends it; what is on the last frame goes into the file, with what was on the first.
    pub fn end(&mut self, mut provenance: Vec<(&'static str, String)>) {
        if std::mem::replace(&mut self.is_ended, true) {
            return;
        }
        for (_, text) in provenance.iter_mut().filter(|(keyword, _)| *keyword == "Description") {
            *text = format!("At the beginning\n{}\n\nAt the end\n{text}", self.beginning);
        }
        self.end = Some(Sent::End(self.started.elapsed(), provenance));
    }

    /// How far it is.
    pub fn stage(&mut self) -> Stage {
        if let Some(end) = self.end.take()
            && let Err(TrySendError::Full(end)) = self.frames.try_send(end)
        {
            self.end = Some(end);
        }
        match self.answer.try_recv() {
            Ok(result) => Stage::Done(result),
            Err(TryRecvError::Disconnected) => Stage::Done(Err("its thread ended".to_owned())),
            Err(TryRecvError::Empty) if self.is_ended => Stage::Encoding,
            Err(TryRecvError::Empty) => {
                Stage::Gathering((self.started.elapsed().as_secs_f32() / self.length().as_secs_f32()).min(1.0))
            }
        }
    }
}

/// Encodes frames as they come. Each is shown until the next one was drawn.
fn encode(work: &Receiver<Sent>, animation: Animation) -> Result<Vec<u8>, String> {
    let mut animator = Animator::new(animation);
    let mut last: Option<(Picture, Duration)> = None;
    let mut write = |animator: &mut Animator, next: Option<(Picture, Duration)>, now: Duration| {
        if let Some((picture, drawn)) = std::mem::replace(&mut last, next) {
            animator.push(&picture, now.saturating_sub(drawn)).map_err(|err| err.to_string())?;
        }
        Ok::<_, String>(())
    };
    loop {
        match work.recv() {
            Ok(Sent::Frame(reading, drawn)) => {
                let pixels = reading.wait().map_err(|err| err.to_string())?;
                let [width, height] = pixels.size;
                let picture = Picture { width, height, rgba: pixels.rgba };
                write(&mut animator, Some((picture, drawn)), drawn)?;
            }
            Ok(Sent::End(now, provenance)) => {
                write(&mut animator, None, now)?;
                return animator.finish(&provenance).map_err(|err| err.to_string());
            }
            Err(_) => return Err("it was given up".to_owned()),
        }
    }
}
