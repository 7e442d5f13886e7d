//! The wire between the engine and one consumer: a bounded queue each way, and latest-wins slots. At the other end is the
//! engine's thread, or one that speaks with an engine elsewhere (`remote`): the consumer need not know.
//!
//! A consumer never waits: [`Link::send`] refuses when the queue is full, [`Link::drain`] takes what is there. The
//! engine never waits either: what does not fit into the event queue stays in its [`Outbox`] until there is room.

mod line;
mod outbox;
mod slots;

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::protocol::{Command, Event};

pub use line::{Line, LineState};
pub use outbox::{Outbox, Wake};
pub use slots::{SlotNews, Slots};

const QUEUE_LENGTH: usize = 1024;
/// The consumer's end.
#[derive(Debug)]
pub struct Link {
    commands: Sender<Command>,
    events: Receiver<Event>,
    /// The newest big results.
    pub slots: Arc<Slots>,
    /// The connection, where the engine is in another process.
    pub line: Option<Arc<Line>>,
    /// The engine has runs already and tells of them by itself: none are to be started.
    pub brings_runs: bool,
}

/// What [`Link::drain`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// The engine lives.
    Open,
    /// The engine thread is gone: nothing more will come.
    Closed,
}

impl Link {
    /// Sends a command. False when the engine is gone or cannot be reached, or its queue is full.
    pub fn send(&self, command: Command) -> bool {
        // What is done while nobody hears of it would be done much later; the end alone is not put off.
        let is_heard = self.line.as_ref().is_none_or(|line| line.is_connected()) || command == Command::Shutdown;
        is_heard && self.commands.try_send(command).is_ok()
    }

    /// Takes at most `limit` waiting events, in order, without waiting.
    pub fn drain(&self, limit: usize, mut take: impl FnMut(Event)) -> LinkState {
        for _ in 0..limit {
            match self.events.try_recv() {
                Ok(event) => take(event),
                Err(crossbeam_channel::TryRecvError::Empty) => return LinkState::Open,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return LinkState::Closed,
            }
        }
        LinkState::Open
    }

    /// Waits for the next event; `None` when the engine is gone. For headless consumers.
    #[must_use]
    pub fn wait(&self) -> Option<Event> {
        self.events.recv().ok()
    }
}

/// The engine's end. Tests use it to play a fake engine.
pub struct EngineEnd {
    /// Commands in order.
    pub commands: Receiver<Command>,
    /// The newest big results.
    pub slots: Arc<Slots>,
    /// Events on their way out.
    pub outbox: Outbox,
}

/// Makes the two ends of a link.
#[must_use]
pub fn link(wake: Wake) -> (Link, EngineEnd) {
    let (command_sender, commands) = bounded(QUEUE_LENGTH);
    let (event_sender, events) = bounded(QUEUE_LENGTH);
    let slots = Arc::new(Slots::default());
    let outbox = Outbox::new(event_sender, wake);
    let link = Link { commands: command_sender, events, slots: Arc::clone(&slots), line: None, brings_runs: false };
    (link, EngineEnd { commands, slots, outbox })
}
