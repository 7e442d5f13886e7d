//! What the engine does while there is nothing to do: it says so once, and sleeps.

use std::time::{Duration, Instant};

use crate::protocol::{self, Waiting};

/// Time between two reports of speed.
const SPEED_INTERVAL: Duration = Duration::from_millis(250);
/// That training waits is told where it has waited for one in so many parts of the time.
const LEAST_WAIT: u32 = 4;
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

/// Steps and looks since the last report of speed.
#[derive(Debug)]
pub(super) struct Speed {
    since: Instant,
    pub steps: u32,
    pub looks: u32,
    /// Time that training has waited for the slice and for curvature.
    waited: [Duration; 2],
    /// What was told last.
    told: Option<protocol::Speed>,
}

impl Default for Speed {
    fn default() -> Self {
        Self { since: Instant::now(), steps: 0, looks: 0, waited: [Duration::ZERO; 2], told: None }
    }
}

impl Speed {
    /// Training waits for what is measured meanwhile.
    pub fn wait(&mut self, what: Waiting, time: Duration) {
        match what {
            Waiting::None => {}
            Waiting::TrainingForSlice => self.waited[0] += time,
            Waiting::TrainingForCurvature => self.waited[1] += time,
        }
    }

    /// The speed, where it is time to tell it and there is something new to tell.
    pub fn report(&mut self) -> Option<protocol::Speed> {
        let elapsed = self.since.elapsed();
        if elapsed < SPEED_INTERVAL {
            return None;
        }
        let [slice, curvature] = self.waited;
        let waiting = if (slice + curvature) * LEAST_WAIT < elapsed {
            Waiting::None
        } else if slice > curvature {
            Waiting::TrainingForSlice
        } else {
            Waiting::TrainingForCurvature
        };
        let [steps_per_second, looks_per_second] =
            [self.steps, self.looks].map(|count| f64::from(count) / elapsed.as_secs_f64());
        self.tell(protocol::Speed { steps_per_second, looks_per_second, waiting })
    }

    /// Nothing trains any more: that is told once, and at once.
    pub fn stand(&mut self) -> Option<protocol::Speed> {
        self.tell(protocol::Speed::default())
    }

    fn tell(&mut self, speed: protocol::Speed) -> Option<protocol::Speed> {
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
        let mut speed = Speed { since: Instant::now() - SPEED_INTERVAL, steps: 10, ..Speed::default() };
        assert!(speed.report().is_some_and(|speed| speed.steps_per_second > 0.0));
        assert_eq!([speed.stand(), speed.stand(), speed.report()], [Some(protocol::Speed::default()), None, None]);
        speed.since -= SPEED_INTERVAL;
        assert_eq!(speed.report(), None, "it still stands");
    }

    #[test]
    fn what_training_waits_for_is_told_with_the_looks_meanwhile() {
        let mut speed = Speed { since: Instant::now() - SPEED_INTERVAL, looks: 5, ..Speed::default() };
        speed.wait(Waiting::TrainingForSlice, SPEED_INTERVAL);
        speed.wait(Waiting::TrainingForCurvature, 2 * SPEED_INTERVAL);
        let told = speed.report().unwrap();
        assert_eq!((told.waiting, told.steps_per_second), (Waiting::TrainingForCurvature, 0.0));
        assert!(told.looks_per_second > 0.0);
        speed.since -= SPEED_INTERVAL;
        assert_eq!(speed.report().unwrap().waiting, Waiting::None);
    }
}
