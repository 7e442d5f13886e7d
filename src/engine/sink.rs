//! Where results go.

use crate::protocol::Event;

use super::{EngineEnd, Outbox, Slots};

/// The events on their way out, and the slots of what is big.
pub(super) struct Sink<'a> {
    pub outbox: &'a mut Outbox,
    pub slots: &'a Slots,
}

impl Sink<'_> {
    /// Tells a problem, if there is one.
    pub fn warn(&mut self, message: Option<String>) {
        if let Some(message) = message {
            self.outbox.push(Event::Warning(message));
        }
    }
}

impl EngineEnd {
    /// Where results go.
    pub(super) fn sink(&mut self) -> Sink<'_> {
        Sink { outbox: &mut self.outbox, slots: &self.slots }
    }
}
