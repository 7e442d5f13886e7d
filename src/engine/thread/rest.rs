//! What the engine does while there is nothing to do: it says so once, and sleeps.

use std::time::{Duration, Instant};

/// Time between two reports of speed.
const SPEED_INTERVAL: Duration = Duration::from_millis(250);
/// While a data set is read on its own thread, the engine looks this often whether it is there.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);
/// And this often for what waits for a moment: events that did not fit into the consumer's queue, pictures and planes that
/// are not made anew too often.
const WAIT_INTERVAL: Duration = Duration::from_millis(100);
/// And this often whether a folder that is followed has something to tell: its own thread looks less often.
pub(super) const FOLLOW_INTERVAL: Duration = Duration::from_millis(500);
/// After so long nothing waits for a moment any more: this is longer than the distance that any of it keeps.
const SETTLED: Duration = Duration::from_secs(3);

/// How long there has been nothing to do.
#[derive(Debug, Default)]
pub(super) struct Rest {
    since: Option<Instant>,
}

impl Rest {
    /// There is something to do, or a command has come.
    pub const fn end(&mut self) {
        self.since = None;
    }

    /// How long to wait for a command where there is nothing else to do; `None` for as long as it takes.
    pub fn patience(&mut self, is_reading: bool, all_is_told: bool) -> Option<Duration> {
        let since = *self.since.get_or_insert_with(Instant::now);
        match (is_reading, all_is_told) {
            (true, _) => Some(LOOK_INTERVAL),
            (_, true) if since.elapsed() >= SETTLED => None,
            _ => Some(WAIT_INTERVAL),
        }
    }
}

/// Steps since the last report of speed.
#[derive(Debug)]
pub(super) struct Speed {
    since: Instant,
    pub steps: u32,
    /// What was told last.
    told: Option<f64>,
}

impl Default for Speed {
    fn default() -> Self {
        Self { since: Instant::now(), steps: 0, told: None }
    }
}

impl Speed {
    /// The speed, where it is time to tell it and there is something new to tell.
    pub fn report(&mut self) -> Option<f64> {
        let elapsed = self.since.elapsed();
        (elapsed >= SPEED_INTERVAL)
            .then(|| f64::from(self.steps) / elapsed.as_secs_f64())
            .and_then(|speed| self.tell(speed))
    }

    /// Nothing trains any more: that is told once, and at once.
    pub fn stand(&mut self) -> Option<f64> {
        self.tell(0.0)
    }

    fn tell(&mut self, speed: f64) -> Option<f64> {
        let is_new = self.told != Some(speed);
        *self = Self { told: Some(speed), ..Self::default() };
        is_new.then_some(speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_rest_the_engine_sleeps_until_a_command_comes() {
        let mut rest = Rest::default();
        assert_eq!(rest.patience(false, true), Some(WAIT_INTERVAL), "something may wait for a moment");
        rest.since = Instant::now().checked_sub(SETTLED);
        assert_eq!(rest.patience(false, true), None);
        assert_eq!(rest.patience(true, true), Some(LOOK_INTERVAL));
        assert_eq!(rest.patience(false, false), Some(WAIT_INTERVAL), "events still wait");
        rest.end();
        assert_eq!(rest.patience(false, true), Some(WAIT_INTERVAL));
    }

    #[test]
    fn that_nothing_trains_is_told_once() {
        let mut speed = Speed { since: Instant::now() - SPEED_INTERVAL, steps: 10, told: None };
        assert!(speed.report().is_some_and(|speed| speed > 0.0));
        assert_eq!([speed.stand(), speed.stand(), speed.report()], [Some(0.0), None, None]);
        speed.since -= SPEED_INTERVAL;
        assert_eq!(speed.report(), None, "it still stands");
    }
}
