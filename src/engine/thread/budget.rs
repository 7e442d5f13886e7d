//! How the device's time is shared between training and measuring.

/// Halving what has gathered keeps the account short: a pause or a slow unit is forgotten within a second.
const MEMORY_SECS: f64 = 1.0;

/// Seconds that each side has had lately.
pub(super) struct Budget {
    /// Share of the time that measurements get, 0 to 1.
    pub look_share: f64,
    train: f64,
    look: f64,
}

impl Budget {
    /// Nothing has been spent yet.
    pub const fn new(look_share: f64) -> Self {
        Self { look_share, train: 0.0, look: 0.0 }
    }

    /// Whether the next unit is one of measurement.
    pub fn look_is_behind(&self) -> bool {
        self.look * (1.0 - self.look_share) < self.train * self.look_share
    }

    /// Notes seconds of both sides.
    pub fn spend(&mut self, train: f64, look: f64) {
        self.train += train;
        self.look += look;
        if self.train + self.look > MEMORY_SECS {
            self.train *= 0.5;
            self.look *= 0.5;
        }
    }
}
