//! How the engine wakes the window: coalesced, and at a pace that leaves the processor to the engine.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::engine::Wake;

/// No more than one repaint in this time.
const SHORTEST_DELAY: Duration = Duration::from_millis(16);
/// The same where drawing takes the processor that the engine computes on.
const SOFTWARE_DELAY: Duration = Duration::from_millis(66);
/// The same where nobody sees the window: what the engine tells is read, nothing is drawn.
const HIDDEN_DELAY: Duration = Duration::from_millis(500);
/// And one after this time at the latest, however slow frames are: ten pictures a second leave room for that.
const LONGEST_DELAY: Duration = Duration::from_millis(75);
/// What the engine tells within this time after a command may be its answer, for which the user waits.
const ANSWER_TIME: Duration = Duration::from_millis(150);

/// The delay between two repaints that the engine asks for, shared by the window and the wake.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    shared: Arc<Shared>,
}

/// Times are milliseconds after `start`.
#[derive(Debug, Default)]
struct Shared {
    ctx: RwLock<Option<egui::Context>>,
    delay_ms: AtomicU64,
    shortest_ms: AtomicU64,
    is_hidden: AtomicBool,
    /// When the newest repaint that was asked for is due; 0 for never.
    due_ms: AtomicU64,
    /// Until when an answer is awaited.
    answer_ms: AtomicU64,
    start: OnceLock<Instant>,
}

impl Shared {
    fn now_ms(&self) -> u64 {
        self.start.get_or_init(Instant::now).elapsed().as_millis() as u64 + 1
    }

    /// When a repaint must come for a wake at this time; `None` when one that is due shows it too.
    fn next_due(&self, now_ms: u64) -> Option<u64> {
        let is_answer = now_ms <= self.answer_ms.load(Ordering::Relaxed);
        let shortest_ms = SHORTEST_DELAY.as_millis() as u64;
        let delay_ms = if self.is_hidden.load(Ordering::Relaxed) {
            HIDDEN_DELAY.as_millis() as u64
        } else if is_answer {
            shortest_ms
        } else {
            let asked = self.delay_ms.load(Ordering::Relaxed).max(self.shortest_ms.load(Ordering::Relaxed));
            asked.max(shortest_ms)
        };
        let due_ms = self.due_ms.load(Ordering::Relaxed);
        // One that is due right now may have read the events already.
        if (now_ms + 1..=now_ms + delay_ms).contains(&due_ms) {
            return None;
        }
        // One that is due later than an answer may wait is brought forward.
        let next = if due_ms > now_ms || due_ms == 0 { now_ms } else { now_ms.max(due_ms + delay_ms) };
        self.due_ms.store(next, Ordering::Relaxed);
        Some(next)
    }
}

impl Pace {
    /// Connects the wake to a window. Wakes before that are lost, which is well: the first frame reads everything.
    pub fn connect(&self, ctx: &egui::Context) {
        *self.shared.ctx.write().unwrap_or_else(PoisonError::into_inner) = Some(ctx.clone());
    }

    /// Where frames are slow, as on a software adapter, waits about as long as a frame takes.
    pub fn set_frame_time(&self, time: Duration) {
        let delay = time.clamp(SHORTEST_DELAY, LONGEST_DELAY);
        self.shared.delay_ms.store(delay.as_millis() as u64, Ordering::Relaxed);
    }

    /// Where the adapter draws on the processor, the engine's wakes redraw less often. Input is answered at once.
    pub fn share_the_processor(&self, is_shared: bool) {
        let shortest = if is_shared { SOFTWARE_DELAY } else { SHORTEST_DELAY };
        self.shared.shortest_ms.store(shortest.as_millis() as u64, Ordering::Relaxed);
    }

    /// Whether the adapter draws on the processor that the engine computes on.
    #[must_use]
    pub fn is_processor_shared(&self) -> bool {
        self.shared.shortest_ms.load(Ordering::Relaxed) > SHORTEST_DELAY.as_millis() as u64
    }

    /// Whether nobody sees the window: it is covered or minimised.
    pub fn set_hidden(&self, is_hidden: bool) {
        self.shared.is_hidden.store(is_hidden, Ordering::Relaxed);
    }

    /// For a moment, what the engine tells is shown as soon as it can be: the user waits for it.
    pub fn await_answer(&self) {
        let until_ms = self.shared.now_ms() + ANSWER_TIME.as_millis() as u64;
        self.shared.answer_ms.store(until_ms, Ordering::Relaxed);
    }

    /// The closure that the engine calls.
    #[must_use]
    pub fn wake(&self) -> Wake {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let connected = shared.ctx.read().unwrap_or_else(PoisonError::into_inner);
            let Some(ctx) = connected.as_ref() else { return };
            let now_ms = shared.now_ms();
            if let Some(due_ms) = shared.next_due(now_ms) {
                ctx.request_repaint_after(Duration::from_millis(due_ms - now_ms));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repaints_keep_their_distance() {
        let pace = Pace::default();
        pace.share_the_processor(true);
        let due: Vec<_> = [1000, 1001, 1050, 1067, 1300].map(|now| pace.shared.next_due(now)).into();
        assert_eq!(due, [Some(1000), Some(1066), None, Some(1132), Some(1300)]);
    }

    #[test]
    fn a_window_that_nobody_sees_is_woken_seldom() {
        let pace = Pace::default();
        pace.set_hidden(true);
        assert_eq!([1000, 1001, 1400].map(|now| pace.shared.next_due(now)), [Some(1000), Some(1500), None]);
        pace.set_hidden(false);
        assert_eq!(pace.shared.next_due(1450), Some(1450), "seen again, it is brought forward");
    }

    #[test]
    fn an_answer_is_shown_at_once_and_calls_on_no_repaint_twice() {
        let pace = Pace::default();
        pace.share_the_processor(true);
        assert_eq!([1000, 1005].map(|now| pace.shared.next_due(now)), [Some(1000), Some(1066)]);
        pace.shared.answer_ms.store(1150, Ordering::Relaxed);
        let due = [1020, 1024, 1050, 1051, 1200].map(|now| pace.shared.next_due(now));
        assert_eq!(due, [Some(1020), Some(1036), Some(1052), None, Some(1200)]);
    }
}
