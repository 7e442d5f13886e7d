//! What a device is asked to do: kernels launched, numbers sent to it and read back.
//!
//! Kernels are counted by CubeCL's own observer, which hears of each launch of the process on the thread that asks for it.
//! Numbers that go to a device or come from it pass through [`sent`] and [`received`], whose callers are the only ones that
//! make a tensor of the host's numbers, or numbers of a tensor. What CubeCL itself sends with a launch, such as shapes, is
//! no part of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cubecl::logging::{LaunchObservation, LaunchObserver};

/// What was asked of devices that are not the CPU.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kernels.
    pub launches: u64,
    /// Times that numbers were sent.
    pub uploads: u64,
    /// Bytes of those numbers.
    pub uploaded_bytes: u64,
    /// Times that the host waited for numbers.
    pub reads: u64,
    /// Bytes of those numbers.
    pub read_bytes: u64,
}

/// One quantity, of all threads.
struct Counter([AtomicU64; 2]);

impl Counter {
    const fn new() -> Self {
        Self([AtomicU64::new(0), AtomicU64::new(0)])
    }

    fn add(&self, bytes: usize) {
        self.0[0].fetch_add(1, Ordering::Relaxed);
        self.0[1].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn now(&self) -> [u64; 2] {
        self.0.each_ref().map(|count| count.load(Ordering::Relaxed))
    }
}

static SENT: Counter = Counter::new();
static RECEIVED: Counter = Counter::new();

/// Takes down that so many bytes go to a device.
pub(super) fn sent(bytes: usize) {
    SENT.add(bytes);
}

/// Takes down that the host waits for so many bytes.
pub(super) fn received(bytes: usize) {
    RECEIVED.add(bytes);
}

/// Counts launches.
#[derive(Default)]
struct Launches(AtomicU64);

impl LaunchObserver for Launches {
    fn launched(&self, _kernel: &'static str) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Does some work and says what it asked of devices. What other threads ask of them meanwhile is among it.
pub fn counted<R>(work: impl FnOnce() -> R) -> (R, Counts) {
    let launches = Arc::new(Launches::default());
    let before = [SENT.now(), RECEIVED.now()];
    let observation = LaunchObservation::new(launches.clone());
    let result = work();
    drop(observation);
    let [[uploads, uploaded_bytes], [reads, read_bytes]] = [SENT.now(), RECEIVED.now()];
    let counts = Counts {
        launches: launches.0.load(Ordering::Relaxed),
        uploads: uploads - before[0][0],
        uploaded_bytes: uploaded_bytes - before[0][1],
        reads: reads - before[1][0],
        read_bytes: read_bytes - before[1][1],
    };
    (result, counts)
}
