//! The window's side of an engine elsewhere: a thread in the place of the engine's, at the same end of the same link. It passes
//! commands on and keeps what comes, and where the connection breaks it takes it up again.

mod pulse;
mod retry;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, never, select};

use super::dial::{EngineCommand, Greeted, Owned};
use super::files::Sent;
use super::hello::{EngineHello, WindowHello};
use super::message::{ToEngine, ToWindow};
use super::wire::Wire;
use crate::engine::link::{EngineEnd, Line, Link, Wake, link};
use crate::engine::thread::EngineHandle;
use crate::protocol::{Command, Event};
use pulse::Pulse;
use retry::Retry;

/// The thread looks this often at what does not call it.
const TICK: Duration = Duration::from_millis(50);
/// At the end the engine writes its session, which is waited for so long.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(12);
/// So many bytes are taken before the engine is told.
const TELL_TAKEN: u64 = 32 << 10;

/// Connects to the engine that a command brings, which may ask its questions on the terminal; returns when it has answered.
///
/// # Errors
/// One sentence: why there is no engine.
pub fn connect(command: EngineCommand, wake: Wake) -> Result<(Link, EngineHandle), String> {
    let (child, greeted) = command.dial(&WindowHello::new(None, None))?.wait()?;
    let (mut link, end) = link(wake);
    let host = command.host.clone().unwrap_or_else(|| greeted.hello.host.clone());
    let line = Arc::new(Line::new(host));
    link.line = Some(Arc::clone(&line));
    link.brings_runs = greeted.hello.brings_runs;
    let hello = greeted.hello.clone();
    let no_thread = |err: io::Error| format!("no thread can be had: {err}");
    let connected = Connected::new(child, greeted).map_err(no_thread)?;
    let client = Client {
        end,
        line,
        command,
        engine: hello.engine,
        received: hello.received,
        session: None,
        sent: Sent::default(),
        connected: Some(connected),
        retry: Retry::default(),
        keeps_view: false,
    };
    let thread = Builder::new().name("flatscape-remote".to_owned()).spawn(move || client.run());
    thread.map(|thread| (link, EngineHandle::from(thread))).map_err(no_thread)
}

/// The engine's place at the link.
struct Client {
    end: EngineEnd,
    line: Arc<Line>,
    command: EngineCommand,
    /// By what the engine is taken up again.
    engine: String,
    /// Where it keeps files that it is sent.
    received: Option<PathBuf>,
    /// Its session's file, there.
    session: Option<PathBuf>,
    sent: Sent,
    connected: Option<Connected>,
    retry: Retry,
    /// The session that is told next is the one that is shown: the window stays as it is.
    keeps_view: bool,
}

/// A connection that is there.
struct Connected {
    wire: Wire<ToWindow>,
    /// Bytes that have come, and of how many of them the engine knows.
    taken: u64,
    told: u64,
    pulse: Pulse,
    /// Goes last: what is still in the streams ends with it.
    _child: Owned,
}

impl Connected {
    fn new(child: Owned, greeted: Greeted) -> io::Result<Self> {
        // The thread waits for what comes, so it needs no call.
        let wire = Wire::open(greeted.from, greeted.to, Arc::new(|| {}))?;
        Ok(Self { wire, taken: 0, told: 0, pulse: Pulse::default(), _child: child })
    }

    fn send(&mut self, message: &ToEngine) -> Result<(), String> {
        self.wire.send(message).map(drop).map_err(|err| err.to_string())
    }
}

/// What has come to the thread.
enum Come {
    Command(Command),
    Message(ToWindow, u64),
    /// The connection has ended.
    Cut,
    /// The window is gone, or closes.
    Closed,
    Nothing,
}

impl Client {
    fn run(mut self) {
        loop {
            match self.come() {
                Come::Closed => break,
                Come::Command(command) => self.pass_on(command),
                Come::Message(message, bytes) => self.take(message, bytes),
                Come::Cut => self.lose(None),
                Come::Nothing => {}
            }
            self.tend();
            if !self.end.outbox.flush() {
                break;
            }
        }
        self.say_goodbye();
    }

    /// Waits for what comes next. Commands wait in their queue where there is no room on the way.
    fn come(&mut self) -> Come {
        let Some(connected) = &mut self.connected else {
            return match self.end.commands.recv_timeout(TICK) {
                Ok(Command::Shutdown) | Err(RecvTimeoutError::Disconnected) => Come::Closed,
                Ok(command) => Come::Command(command),
                Err(RecvTimeoutError::Timeout) => Come::Nothing,
            };
        };
        let nothing: Receiver<Command> = never();
        let commands = if connected.wire.has_room() { &self.end.commands } else { &nothing };
        select! {
            recv(connected.wire.incoming) -> message => message.map_or(Come::Cut, |(message, bytes)| {
                Come::Message(message, bytes)
            }),
            recv(commands) -> command => match command {
                Ok(Command::Shutdown) | Err(_) => Come::Closed,
                Ok(command) => Come::Command(command),
            },
            default(TICK) => Come::Nothing,
        }
    }

    fn pass_on(&mut self, mut command: Command) {
        // Sessions are kept where the engine is, which knows where.
        if matches!(command, Command::KeepSessions(_)) {
            return;
        }
        let host = self.line.state().host;
        let Some(connected) = &mut self.connected else {
            return self.refuse(&command, format!("there is no connection to {host}"));
        };
        let send = |file| connected.send(&ToEngine::File(file));
        let translated = self.sent.translate(&mut command, &host, self.received.as_deref(), send);
        let message = ToEngine::Command(command);
        let passed = translated.and_then(|()| connected.send(&message));
        if let (Err(why), ToEngine::Command(command)) = (passed, message) {
            self.refuse(&command, why);
        }
    }

    /// Answers a command as the engine would that cannot do it.
    fn refuse(&mut self, command: &Command, reason: String) {
        let not_loaded = |title: String, reason| Event::NotLoaded { title, reason };
        self.end.outbox.push(match command {
            Command::Load { experiment, .. }
            | Command::LoadOnly { experiment, .. }
            | Command::Follow { experiment, .. } => not_loaded(experiment.title.clone(), reason),
            Command::OpenSession(path) => not_loaded(path.display().to_string(), reason),
            Command::Preview(_) => Event::Previewed(Err(reason)),
            _ => Event::Warning(reason),
        });
    }

    fn take(&mut self, message: ToWindow, bytes: u64) {
        if let Some(connected) = &mut self.connected {
            connected.taken += bytes;
        }
        match message {
            ToWindow::Events(events) => events.into_iter().for_each(|event| self.take_event(event)),
            ToWindow::Slot(slot) => {
                self.end.slots.put(slot.0);
                self.end.outbox.wake();
            }
            ToWindow::Pong(number) => {
                if let Some(connected) = &mut self.connected {
                    connected.pulse.answer(number);
                }
            }
        }
    }

    fn take_event(&mut self, mut event: Event) {
        match &mut event {
            Event::Session(state) => self.session.clone_from(&state.path),
            Event::SessionOpened { view } if std::mem::take(&mut self.keeps_view) => *view = None,
            _ => {}
        }
        self.end.outbox.push(event);
    }

    /// Does what is due without anything having come.
    fn tend(&mut self) {
        let Some(connected) = &mut self.connected else { return self.try_again() };
        connected.wire.push_on();
        let crossed = connected.wire.crossed();
        let beat = connected.pulse.beat(crossed);
        // What is told has a form as bytes, and a cut stream is found out by its reader.
        if beat.is_some() || connected.taken - connected.told >= TELL_TAKEN {
            connected.told = connected.taken;
            let _ = connected.send(&ToEngine::Taken(connected.taken));
        }
        if let Some(number) = beat {
            let _ = connected.send(&ToEngine::Ping(number));
            let (round_trip, rate) = (connected.pulse.round_trip(), connected.pulse.bytes_per_second());
            self.line.change(|state| (state.round_trip, state.bytes_per_second) = (round_trip, rate));
        }
        let silence = connected.pulse.silence();
        if connected.wire.is_cut() {
            self.lose(None);
        } else if let Some(silence) = silence {
            self.lose(Some(format!("it has not answered for {} s", silence.as_secs())));
        }
    }

    /// The connection is gone.
    fn lose(&mut self, reason: Option<String>) {
        let Some(connected) = self.connected.take() else { return };
        let reason = reason.or_else(|| connected.wire.problem()).unwrap_or_else(|| "it was closed".to_owned());
        drop(connected);
        let host = self.line.state().host;
        let problem =
            format!("The connection to {host} broke: {reason}. The engine goes on there, and it is tried again.");
        self.line.change(|state| state.problem = Some(problem.clone()));
        self.retry = Retry::default();
        self.end.outbox.push(Event::Warning(problem));
        self.end.outbox.wake();
    }

    /// Takes the connection up again, where it is time for that.
    fn try_again(&mut self) {
        let is_hurried = self.line.take_hurry();
        let hello = || WindowHello::new(Some(self.engine.clone()), self.session.clone());
        let Some(answer) = self.retry.advance(is_hurried, || self.command.dial(&hello())) else { return };
        let host = self.line.state().host;
        let opened = answer.and_then(|(child, greeted)| {
            let hello = greeted.hello.clone();
            Connected::new(child, greeted).map(|connected| (hello, connected)).map_err(|err| err.to_string())
        });
        match opened {
            Ok((hello, connected)) => self.take_up(hello, connected, &host),
            Err(why) => {
                let problem = format!("There is no connection to {host}: {why}. It is tried again.");
                self.line.change(|state| state.problem = Some(problem));
                self.end.outbox.wake();
            }
        }
    }

    fn take_up(&mut self, hello: EngineHello, connected: Connected, host: &str) {
        let EngineHello { engine, goes_on, brings_runs, received, .. } = hello;
        if received != self.received {
            self.sent = Sent::default();
        }
        (self.engine, self.received, self.connected) = (engine, received, Some(connected));
        self.line.change(|state| (state.problem, state.round_trip) = (None, None));
        self.keeps_view = brings_runs;
        if !goes_on && brings_runs {
            // Another engine goes on with the session, and does not know that this is not its first window.
            self.end.outbox.push(Event::ToldAgain);
        }
        self.end.slots.clear();
        self.end.outbox.push(if goes_on {
            Event::Note(format!("Connected to {host} again."))
        } else if brings_runs {
            Event::Warning(format!("the engine on {host} had ended: another one goes on with its session, paused"))
        } else {
            Event::Failed(format!("the engine on {host} has ended, and there is no session of it"))
        });
        self.end.outbox.wake();
    }

    /// Has the engine end, and waits until it has.
    fn say_goodbye(mut self) {
        let Some(mut connected) = self.connected.take() else { return };
        if connected.send(&ToEngine::Goodbye).is_err() {
            return;
        }
        let until = Instant::now() + GOODBYE_PATIENCE;
        while Instant::now() < until && !connected.wire.is_cut() {
            connected.wire.push_on();
            match connected.wire.incoming.recv_timeout(TICK) {
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }
}
