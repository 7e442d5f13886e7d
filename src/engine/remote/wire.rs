//! A connection of two streams: a thread reads messages, another writes frames, and neither holds up the one that owns it. Both
//! queues are bounded: who sends asks first whether there is room, and what comes waits in the stream until it is taken.

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, FrameError};
use crate::engine::link::Wake;

/// Messages that have come and wait at most.
const MOST_COME: usize = 64;
/// Frames that wait to be written at most, beyond those that were sent without asking for room.
const MOST_GOING: usize = 8;

/// A connection on which `In` comes.
pub struct Wire<In> {
    /// What has come; closed where nothing more does.
    pub incoming: Receiver<(In, u64)>,
    outgoing: Sender<Vec<u8>>,
    /// Frames for which there was no room.
    waiting: VecDeque<Vec<u8>>,
    crossed: Arc<AtomicU64>,
    problem: Arc<Mutex<Option<String>>>,
    writer: JoinHandle<()>,
}

impl<In: DeserializeOwned + Send + 'static> Wire<In> {
    /// Takes over the two streams of a connection; `stir` is called when something has come, left or ended.
    ///
    /// # Errors
    /// When the system cannot start a thread.
    pub fn open(
        mut from: impl BufRead + Send + 'static,
        mut to: impl Write + Send + 'static,
        stir: Wake,
    ) -> io::Result<Self> {
        let (come, incoming) = bounded(MOST_COME);
        let (outgoing, going) = bounded::<Vec<u8>>(MOST_GOING);
        let crossed = Arc::<AtomicU64>::default();
        let problem = Arc::<Mutex<Option<String>>>::default();
        let (count, why, call) = (Arc::clone(&crossed), Arc::clone(&problem), Arc::clone(&stir));
        Builder::new().name("flatscape-reader".to_owned()).spawn(move || {
            loop {
                match frame::read(&mut from) {
                    Ok(Some((message, bytes))) => {
                        count.fetch_add(bytes, Ordering::Relaxed);
                        if come.send((message, bytes)).is_err() {
                            break;
                        }
                        call();
                    }
                    Ok(None) => break,
                    Err(err) => {
                        why.lock().get_or_insert_with(|| err.to_string());
                        break;
                    }
                }
            }
            drop(come);
            call();
        })?;
        let (count, why) = (Arc::clone(&crossed), Arc::clone(&problem));
        let writer = Builder::new().name("flatscape-writer".to_owned()).spawn(move || {
            for frame in going {
                if let Err(err) = to.write_all(&frame).and_then(|()| to.flush()) {
                    why.lock().get_or_insert_with(|| FrameError::Io(err).to_string());
                    break;
                }
                count.fetch_add(frame.len() as u64, Ordering::Relaxed);
                stir();
            }
            stir();
        })?;
        Ok(Self { incoming, outgoing, waiting: VecDeque::new(), crossed, problem, writer })
    }

    /// Whether a frame would leave at once.
    pub fn has_room(&mut self) -> bool {
        self.push_on();
        self.waiting.is_empty() && !self.outgoing.is_full()
    }

    /// Sends a message, whether there is room or not. Its bytes.
    ///
    /// # Errors
    /// [`FrameError`] where it has no form as bytes, or too long a one.
    pub fn send(&mut self, message: &impl Serialize) -> Result<u64, FrameError> {
        let frame = frame::encode(message)?;
        let bytes = frame.len() as u64;
        self.waiting.push_back(frame);
        self.push_on();
        Ok(bytes)
    }

    /// Hands over what waits as far as there is room. Whether nothing waits any more.
    pub fn push_on(&mut self) -> bool {
        while let Some(frame) = self.waiting.pop_front() {
            match self.outgoing.try_send(frame) {
                Ok(()) => {}
                Err(TrySendError::Full(frame)) => {
                    self.waiting.push_front(frame);
                    return false;
                }
                // The reader's end tells that the connection is gone.
                Err(TrySendError::Disconnected(_)) => self.waiting.clear(),
            }
        }
        true
    }

    /// Whether the stream out has ended.
    pub fn is_cut(&self) -> bool {
        self.writer.is_finished()
    }

    /// Bytes that have crossed by now, both ways.
    pub fn crossed(&self) -> u64 {
        self.crossed.load(Ordering::Relaxed)
    }

    /// Why the connection ended, where it did not end in order.
    pub fn problem(&self) -> Option<String> {
        self.problem.lock().clone()
    }

    /// Writes all that was sent, and closes the stream out.
    pub fn finish(mut self) {
        for frame in std::mem::take(&mut self.waiting) {
            if self.outgoing.send(frame).is_err() {
                break;
            }
        }
        drop(self.outgoing);
        // It has no state that a panic could leave half done.
        let _ = self.writer.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_at_one_end_comes_at_the_other_in_order() {
        let (read, write) = io::pipe().unwrap();
        let quiet: Wake = Arc::new(|| {});
        let mut sender = Wire::<u32>::open(io::BufReader::new(io::empty()), write, Arc::clone(&quiet)).unwrap();
        let receiver = Wire::<u32>::open(io::BufReader::new(read), io::sink(), quiet).unwrap();
        for number in 0..500_u32 {
            sender.send(&number).unwrap();
        }
        sender.finish();
        let come: Vec<u32> = receiver.incoming.iter().map(|(number, _)| number).collect();
        assert_eq!(come, (0..500).collect::<Vec<_>>());
        assert_eq!(receiver.problem(), None);
    }

    #[test]
    fn a_stream_that_is_cut_says_so() {
        let bytes = frame::encode(&7_u32).unwrap();
        let cut = [&bytes[..], &bytes[..3]].concat();
        let from = io::BufReader::new(io::Cursor::new(cut));
        let wire = Wire::<u32>::open(from, io::sink(), Arc::new(|| {})).unwrap();
        assert_eq!(wire.incoming.iter().map(|(number, _)| number).collect::<Vec<_>>(), [7]);
        assert!(wire.problem().is_some_and(|problem| problem.contains("middle of a message")));
    }
}
