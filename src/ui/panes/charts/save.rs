//! Files of charts that are made beside the window: a table of a long run has millions of letters, a picture a million pixels.

use std::thread::Builder;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::Context;

use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::state::notices::Level;

/// A table of fewer rows is made at once.
const ROWS_AT_ONCE: usize = 20_000;

/// Where something that was made goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Into a file, with a name to begin with.
    File(String),
    /// Onto the clipboard, as text.
    Clipboard,
}

/// Rows that become text when they are wanted.
pub struct Table {
    /// How many there are.
    pub num_rows: usize,
    /// Writes them.
    pub write: Box<dyn FnOnce() -> String + Send>,
}

impl Table {
    /// One that is there already.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self { num_rows: 0, write: Box::new(move || text) }
    }
}

/// What is being made. One thing at a time.
#[derive(Debug, Default)]
pub struct Maker {
    pending: Option<(Destination, Receiver<Vec<u8>>)>,
}

impl Maker {
    /// Whether something is being made.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.pending.is_some()
    }

    /// Makes a table; what is to be done at once comes back.
    pub fn table(&mut self, ctx: &Context, to: Destination, table: Table) -> Option<Ask> {
        if table.num_rows < ROWS_AT_ONCE {
            return deliver(ctx, to, (table.write)().into_bytes());
        }
        self.make(ctx, to, || (table.write)().into_bytes())
    }

    /// Makes something on a thread of its own; what is to be done at once comes back.
    pub fn make(
        &mut self,
        ctx: &Context,
        to: Destination,
        make: impl FnOnce() -> Vec<u8> + Send + 'static,
    ) -> Option<Ask> {
        let (sender, receiver) = bounded(1);
        let waker = ctx.clone();
        let work = move || {
            // The window may have been closed meanwhile.
            let _ = sender.send(make());
            waker.request_repaint();
        };
        match Builder::new().name("flatscape-export".to_owned()).spawn(work) {
            Ok(_) => {
                self.pending = Some((to, receiver));
                None
            }
            Err(err) => Some(Ask::Notice(Level::Error, format!("The file cannot be made: {err}."))),
        }
    }

    /// What is to be done with what is complete.
    pub fn poll(&mut self, ctx: &Context) -> Option<Ask> {
        let (_, receiver) = self.pending.as_ref()?;
        let made = match receiver.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Ok(bytes) => Some(bytes),
            Err(TryRecvError::Disconnected) => None,
        };
        let (to, _) = self.pending.take()?;
        match made {
            Some(bytes) => deliver(ctx, to, bytes),
            None => Some(Ask::Notice(Level::Error, "The file cannot be made: drawing it failed.".to_owned())),
        }
    }
}

/// What charts leave behind in a frame: files that are being made, and what is asked of the shell.
#[derive(Debug)]
pub struct Out<'a> {
    /// Makes files.
    pub maker: &'a mut Maker,
    /// Takes what is asked for.
    pub asks: &'a mut Asks,
}

fn deliver(ctx: &Context, to: Destination, bytes: Vec<u8>) -> Option<Ask> {
    match to {
        Destination::File(suggested) => Some(Ask::SaveFile { suggested, bytes }),
        Destination::Clipboard => {
            ctx.copy_text(String::from_utf8_lossy(&bytes).into_owned());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(num_rows: usize) -> Table {
        Table { num_rows, write: Box::new(|| "a,b\n".to_owned()) }
    }

    #[test]
    fn short_tables_come_at_once_and_long_ones_later() {
        let (ctx, mut maker) = (Context::default(), Maker::default());
        let to = || Destination::File("a.csv".to_owned());
        let saved = Some(Ask::SaveFile { suggested: "a.csv".to_owned(), bytes: b"a,b\n".to_vec() });
        assert_eq!(maker.table(&ctx, to(), table(100)), saved);
        assert!(!maker.is_busy());
        assert_eq!(maker.table(&ctx, to(), table(1_000_000)), None);
        assert!(maker.is_busy());
        let found = std::iter::repeat_with(|| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            maker.poll(&ctx)
        });
        assert_eq!(found.take(400).find(Option::is_some), Some(saved));
        assert!(!maker.is_busy());
    }

    #[test]
    fn a_failure_is_said() {
        let (ctx, mut maker) = (Context::default(), Maker::default());
        maker.pending = Some((Destination::Clipboard, bounded(1).1));
        assert!(matches!(maker.poll(&ctx), Some(Ask::Notice(Level::Error, _))));
    }
}
