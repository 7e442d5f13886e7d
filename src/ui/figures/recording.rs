//! A short recording of the landscapes: frames are drawn beside the window, and encoded on a thread of their own.

use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use eframe::egui_wgpu::RenderState;

use super::offscreen::Offscreen;
use crate::session::export::{self, Animation, Picture};

/// Frames a second.
pub const RATE: u32 = 8;

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

/// What the thread that encodes says.
enum Said {
    Frame,
    Done(Result<Vec<u8>, String>),
}

/// A recording: first frames are gathered, then they are encoded.
pub struct Recording {
    settings: Settings,
    offscreen: Offscreen,
    frames: Vec<Picture>,
    started: Instant,
    encoding: Option<(Receiver<Said>, usize)>,
    encoded: usize,
}

/// How far a recording is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Frames are gathered: the share that is there.
    Gathering(f32),
    /// Frames are encoded: the share that is done.
    Encoding(f32),
    /// The file, or why there is none.
    Done(Result<Vec<u8>, String>),
}

impl Recording {
    /// Begins.
    #[must_use]
    pub fn new(settings: Settings, state: &RenderState) -> Self {
        let offscreen = Offscreen::new(state);
        let started = Instant::now();
        Self { settings, offscreen, frames: Vec::new(), started, encoding: None, encoded: 0 }
    }

    /// What is recorded.
    #[must_use]
    pub const fn settings(&self) -> Settings {
        self.settings
    }

    fn total(&self) -> usize {
        (self.settings.seconds * RATE) as usize
    }

    /// Where the next frame is drawn, if its time has come.
    pub fn due(&mut self) -> Option<&mut Offscreen> {
        let is_due = self.started.elapsed() >= Duration::from_secs(1) * self.frames.len() as u32 / RATE;
        (self.encoding.is_none() && is_due).then_some(&mut self.offscreen)
    }

    /// Takes a frame; the last one begins the encoding.
    pub fn push(&mut self, frame: Picture, provenance: Vec<(&'static str, String)>) {
        self.frames.push(frame);
        if self.frames.len() >= self.total() {
            self.encode(provenance);
        }
    }

    /// Encodes what is there.
    pub fn encode(&mut self, provenance: Vec<(&'static str, String)>) {
        let frames = std::mem::take(&mut self.frames);
        let (sender, receiver) = bounded(frames.len() + 1);
        self.encoding = Some((receiver, frames.len()));
        let animation = self.settings.animation;
        let failed = sender.clone();
        let work = move || {
            let told = sender.clone();
            // When the window gave the recording up, nobody listens any more: the encoding ends.
            let progress = move |_| told.send(Said::Frame).is_ok();
            let made = export::animate(&frames, RATE, animation, &provenance, progress);
            let _ = sender.send(Said::Done(made.map_err(|err| err.to_string())));
        };
        if let Err(err) = Builder::new().name("flatscape-recording".to_owned()).spawn(work) {
            let _ = failed.try_send(Said::Done(Err(format!("no thread can be started: {err}"))));
        }
    }

    /// How far it is.
    pub fn stage(&mut self) -> Stage {
        let Some((receiver, total)) = &self.encoding else {
            return Stage::Gathering(self.frames.len() as f32 / self.total().max(1) as f32);
        };
        loop {
            match receiver.try_recv() {
                Ok(Said::Frame) => self.encoded += 1,
                Ok(Said::Done(result)) => return Stage::Done(result),
                Err(TryRecvError::Empty) => return Stage::Encoding(self.encoded as f32 / (*total).max(1) as f32),
                Err(TryRecvError::Disconnected) => return Stage::Done(Err("its thread ended".to_owned())),
            }
        }
    }
}
