//! A connection that is taken up again: with pauses that grow, and at once where the user asks.

use std::time::{Duration, Instant};

use crate::engine::remote::dial::{Dialing, Greeted, Owned};

/// The pause before the first try.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A try that is not answered within this time is given up.
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// Tries to connect again.
pub struct Retry {
    due: Instant,
    pause: Duration,
    dialing: Option<Dialing>,
}

impl Default for Retry {
    fn default() -> Self {
        Self { due: Instant::now() + FIRST_PAUSE, pause: FIRST_PAUSE, dialing: None }
    }
}

impl Retry {
    /// Goes on: dials where it is time for that, and returns how a try has ended.
    pub fn advance(
        &mut self,
        is_hurried: bool,
        dial: impl FnOnce() -> Result<Dialing, String>,
    ) -> Option<Result<(Owned, Greeted), String>> {
        let Some(dialing) = self.dialing.take() else {
            if is_hurried || Instant::now() >= self.due {
                match dial() {
                    Ok(dialing) => self.dialing = Some(dialing),
                    Err(why) => return Some(self.fail(why)),
                }
            }
            return None;
        };
        let lasted = dialing.since.elapsed();
        match dialing.poll() {
            Ok(Ok(connected)) => Some(Ok(connected)),
            Ok(Err(why)) => Some(self.fail(why)),
            Err(_) if lasted > MOST_PATIENCE => Some(self.fail("it does not answer".to_owned())),
            Err(dialing) => {
                self.dialing = Some(dialing);
                None
            }
        }
    }

    fn fail<T>(&mut self, why: String) -> Result<T, String> {
        self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        self.due = Instant::now() + self.pause;
        Err(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_hurry_does_not_wait() {
        let mut retry = Retry::default();
        assert!(retry.advance(false, || panic!("it is not time yet")).is_none());
        for seconds in [2, 4, 8, 16, 30, 30] {
            let ended = retry.advance(true, || Err("no".to_owned()));
            assert!(ended.is_some_and(|ended| ended.is_err()));
            assert_eq!(retry.pause, Duration::from_secs(seconds));
        }
    }
}
