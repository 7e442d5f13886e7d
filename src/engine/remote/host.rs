//! An engine in a process of its own, which serves one window after the other. While none is there it goes on by itself; what it
//! does is in its session, and the next window is told all of it from there.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded, never, select};

use super::changes::Told;
use super::files;
use super::frame::FrameError;
use super::hello::{self, EngineHello, Versions};
use super::message::{Slot, ToEngine, ToWindow};
use super::wire::Wire;
use crate::config::DeviceChoice;
use crate::engine::link::{Link, LinkState, Wake};
use crate::engine::thread::{EngineHandle, spawn};
use crate::protocol::{Command, Event};
use crate::session::{settings, unnamed};

/// Bytes that are on their way to the window at most: beyond it only answers leave, and what is newer takes the place of what is
/// older. At 1 Mbit/s they take two seconds.
const MOST_ON_THE_WAY: u64 = 256 << 10;
/// Events that go in one message at most.
const MOST_EVENTS: usize = 64;
/// Without a call, the engine looks this often whether it has been alone for long.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// And this often whether it has ended, which calls nobody.
const END_INTERVAL: Duration = Duration::from_millis(5);

/// A window that has come and said hello.
pub struct Arrival {
    /// What it says.
    pub from: Box<dyn BufRead + Send>,
    /// What it hears.
    pub to: Box<dyn Write + Send>,
    /// Closes both, whoever waits on them.
    pub cut: Box<dyn Fn() + Send>,
}

/// What an engine in a process of its own is told at its start.
pub struct HostOptions {
    /// By what it is taken up again.
    pub name: String,
    /// Where it computes.
    pub device: DeviceChoice,
    /// A session that it goes on with.
    pub session: Option<PathBuf>,
    /// After so long without a window it ends.
    pub linger: Duration,
    /// Where it keeps its sessions, and the files that it is sent.
    pub folders: Folders,
    /// Told where its session is written, whenever that changes.
    pub on_session: Box<dyn FnMut(&Path) + Send>,
}

/// Folders of an engine; `None` where the system names none.
#[derive(Debug, Clone)]
pub struct Folders {
    /// For sessions without a name.
    pub sessions: Option<PathBuf>,
    /// For files that it is sent.
    pub received: Option<PathBuf>,
}

impl Folders {
    /// Those of the user.
    pub fn of_user() -> Self {
        let received = settings::data_folder().map(|folder| folder.join("received"));
        Self { sessions: unnamed::default_folder(), received }
    }
}

/// An engine that serves windows.
pub struct Host {
    options: HostOptions,
    link: Link,
    engine: EngineHandle,
    arrivals: Receiver<Arrival>,
    stirred: Receiver<()>,
    stir: Wake,
    guest: Option<Guest>,
    /// A window was there: what the engine tells is not for the first one any more.
    has_served: bool,
    is_ending: bool,
    /// Since when no window is there.
    alone_since: Instant,
}

/// The window that is served.
struct Guest {
    wire: Wire<ToEngine>,
    told: Told,
    sent: u64,
    taken: u64,
    /// A command for which the engine's queue had no room.
    held: Option<Command>,
    /// What was told before it came is not for it.
    awaits_all: bool,
    cut: Box<dyn Fn() + Send>,
}

impl Host {
    /// Starts the engine; windows come by `arrivals`.
    ///
    /// # Errors
    /// When the system cannot start a thread.
    pub fn start(options: HostOptions, arrivals: Receiver<Arrival>) -> std::io::Result<Self> {
        let (call, stirred) = bounded(1);
        // One call that waits is as good as many.
        let stir: Wake = Arc::new(move || {
            let _ = call.try_send(());
        });
        let (link, engine) = spawn(options.device, Arc::clone(&stir))?;
        if let Some(folder) = &options.folders.sessions {
            link.send(Command::KeepSessions(folder.clone()));
        }
        if let Some(session) = &options.session {
            link.send(Command::OpenSession(session.clone()));
        }
        Ok(Self {
            options,
            link,
            engine,
            arrivals,
            stirred,
            stir,
            guest: None,
            has_served: false,
            is_ending: false,
            alone_since: Instant::now(),
        })
    }

    /// Serves windows until one says goodbye, or none has come for long.
    pub fn run(mut self) {
        loop {
            let patience = if self.is_ending { END_INTERVAL } else { LOOK_INTERVAL };
            select! {
                recv(self.arrivals) -> arrival => match arrival {
                    Ok(arrival) => self.welcome(arrival),
                    Err(_) => self.arrivals = never(),
                },
                recv(self.stirred) -> _ => {}
                default(patience) => {}
            }
            self.listen();
            if self.tell() == LinkState::Closed {
                break;
            }
            // One that is for a single window waits for that one.
            let may_leave = self.has_served || !self.options.linger.is_zero();
            let is_alone = self.guest.is_none() && self.alone_since.elapsed() >= self.options.linger;
            if is_alone && may_leave && !self.is_ending {
                self.is_ending = self.link.send(Command::Shutdown);
            }
        }
        // A window that closes waits for nothing but the end.
        if let Some(guest) = self.guest.filter(|_| !self.is_ending) {
            guest.wire.finish();
        }
        self.engine.join();
    }

    /// Takes a window that has come, in the place of one that is there: that one may have lost its connection unheard.
    fn welcome(&mut self, mut arrival: Arrival) {
        let hello = EngineHello {
            versions: Versions::own(),
            engine: self.options.name.clone(),
            host: sysinfo::System::host_name().unwrap_or_default(),
            goes_on: self.has_served,
            brings_runs: self.has_served || self.options.session.is_some(),
            received: self.options.folders.received.clone(),
        };
        let said = arrival.to.write_all(&hello::line(&hello)).and_then(|()| arrival.to.flush());
        if said.is_err() {
            return;
        }
        let Ok(wire) = Wire::open(arrival.from, arrival.to, Arc::clone(&self.stir)) else {
            (arrival.cut)();
            return;
        };
        self.lose();
        let held = self.has_served.then_some(Command::TellAgain);
        let awaits_all = self.has_served;
        let (told, cut) = (Told::default(), arrival.cut);
        self.guest = Some(Guest { wire, told, sent: 0, taken: 0, held, awaits_all, cut });
        self.has_served = true;
    }

    fn lose(&mut self) {
        if let Some(guest) = self.guest.take() {
            (guest.cut)();
            self.alone_since = Instant::now();
        }
    }

    /// Takes what the window says, as far as the engine has room for it.
    fn listen(&mut self) {
        let Some(guest) = &mut self.guest else { return };
        loop {
            if let Some(command) = guest.held.take() {
                if !self.link.send(command.clone()) {
                    guest.held = Some(command);
                    return;
                }
                continue;
            }
            match guest.wire.incoming.try_recv() {
                // Where sessions are kept is the engine's business, and its end is told by a goodbye.
                Ok((ToEngine::Command(Command::KeepSessions(_) | Command::Shutdown), _)) => {}
                Ok((ToEngine::Command(command), _)) => guest.held = Some(command),
                Ok((ToEngine::Ping(number), _)) => guest.send(&ToWindow::Pong(number)),
                Ok((ToEngine::Taken(bytes), _)) => guest.taken = bytes,
                Ok((ToEngine::File(file), _)) => {
                    let folder = self.options.folders.received.as_ref();
                    let kept = folder.ok_or_else(|| "there is no folder for files that are sent".to_owned());
                    if let Err(why) = kept.and_then(|folder| files::keep(folder, &file)) {
                        guest.send_events(vec![Event::Warning(why)]);
                    }
                }
                Ok((ToEngine::Goodbye, _)) => {
                    self.is_ending = true;
                    guest.held = Some(Command::Shutdown);
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.lose();
                    return;
                }
            }
        }
    }

    /// Tells the window what is new, as far as there is room on the way. Whether the engine lives.
    fn tell(&mut self) -> LinkState {
        let on_session = &mut self.options.on_session;
        let mut note = |event: &Event| {
            if let Event::Session(state) = event
                && let Some(path) = &state.path
            {
                on_session(path);
            }
        };
        let Some(guest) = self.guest.as_mut().filter(|_| !self.is_ending) else {
            // What comes before the first window is kept for it; what comes between two, or behind the last, is in the session.
            let limit = if self.has_served || self.is_ending { usize::MAX } else { 0 };
            return self.link.drain(limit, |event| note(&event));
        };
        while guest.may_send() {
            let mut events = Vec::new();
            let state = self.link.drain(MOST_EVENTS, |event| {
                note(&event);
                events.push(event);
            });
            let had_events = !events.is_empty();
            guest.leave_out(&mut events);
            if !events.is_empty() {
                guest.send_events(events);
            }
            if state == LinkState::Closed {
                return state;
            }
            let news = if guest.may_send() { guest.told.next(&self.link.slots) } else { None };
            match news {
                Some(news) => guest.send(&ToWindow::Slot(Slot(news))),
                None if !had_events => break,
                None => {}
            }
        }
        LinkState::Open
    }
}

impl Guest {
    fn may_send(&mut self) -> bool {
        self.wire.has_room() && self.sent.saturating_sub(self.taken) < MOST_ON_THE_WAY
    }

    /// Leaves out what was told before all is told to this window.
    fn leave_out(&mut self, events: &mut Vec<Event>) {
        if self.awaits_all {
            let begin = events.iter().position(|event| *event == Event::ToldAgain);
            self.awaits_all = begin.is_none();
            events.drain(..begin.unwrap_or(events.len()));
        }
    }

    fn try_send(&mut self, message: &ToWindow) -> Result<(), FrameError> {
        self.sent += self.wire.send(message)?;
        Ok(())
    }

    fn send(&mut self, message: &ToWindow) {
        if let Err(err) = self.try_send(message) {
            self.send_events(vec![Event::Warning(format!("what the engine found stays there: {err}"))]);
        }
    }

    /// Sends events in one message, or each in one of its own where they are too long together.
    fn send_events(&mut self, events: Vec<Event>) {
        let is_one = events.len() == 1;
        let message = ToWindow::Events(events);
        let Err(err) = self.try_send(&message) else { return };
        let ToWindow::Events(events) = message else { return };
        if !is_one {
            events.into_iter().for_each(|event| self.send_events(vec![event]));
        } else if !matches!(events.as_slice(), [Event::Warning(_)]) {
            self.send_events(vec![Event::Warning(format!("what the engine told stays there: {err}"))]);
        }
    }
}
