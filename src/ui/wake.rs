//! How the engine wakes the window: coalesced, and at a pace that leaves the processor to the engine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::engine::Wake;

/// No more than one repaint in this time.
const SHORTEST_DELAY: Duration = Duration::from_millis(16);
/// The same where drawing takes the processor that the engine computes on.
const SOFTWARE_DELAY: Duration = Duration::from_millis(80);
/// And at least one in this time, however slow frames are.
const LONGEST_DELAY: Duration = Duration::from_millis(100);

/// The delay between a wake and its repaint, shared by the window and the wake.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    ctx: OnceLock<egui::Context>,
    delay_ms: AtomicU64,
    shortest_ms: AtomicU64,
    /// When the last repaint was asked for, in milliseconds after `start`; 0 for never.
    asked_ms: AtomicU64,
    start: OnceLock<Instant>,
}

impl Pace {
    /// Connects the wake to a window. Wakes before that are lost, which is well: the first frame reads everything.
    pub fn connect(&self, ctx: &egui::Context) {
        // A second window would be a mistake of the caller; the first stays connected.
        let _ = self.shared.ctx.set(ctx.clone());
    }

    /// Where frames are slow, as on a software adapter, waits about as long as a frame takes.
    pub fn set_frame_time(&self, time: Duration) {
        let delay = time.clamp(SHORTEST_DELAY, LONGEST_DELAY);
        self.shared.delay_ms.store(delay.as_millis() as u64, Ordering::Relaxed);
    }

    /// For adapters that draw on the processor: the engine's wakes redraw less often. Input is answered at once.
    pub fn leave_the_processor_free(&self) {
        self.shared.shortest_ms.store(SOFTWARE_DELAY.as_millis() as u64, Ordering::Relaxed);
    }

    /// The closure that the engine calls.
    #[must_use]
    pub fn wake(&self) -> Wake {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let Some(ctx) = shared.ctx.get() else { return };
            let start = shared.start.get_or_init(Instant::now);
            let shortest_ms = shared.shortest_ms.load(Ordering::Relaxed).max(SHORTEST_DELAY.as_millis() as u64);
            let delay_ms = shared.delay_ms.load(Ordering::Relaxed).max(shortest_ms);
            let now_ms = start.elapsed().as_millis() as u64 + 1;
            let asked_ms = shared.asked_ms.load(Ordering::Relaxed);
            // A repaint that was asked for less than its delay ago is still to come and will see this too.
            if asked_ms != 0 && now_ms < asked_ms + delay_ms {
                return;
            }
            shared.asked_ms.store(now_ms, Ordering::Relaxed);
            ctx.request_repaint_after(Duration::from_millis(delay_ms));
        })
    }
}
