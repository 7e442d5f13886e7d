//! What a session costs the steps: the live engine trains without one and with one, in turns.
//!
//! Nothing is measured beside, so that all that is left is steps, evaluations, and what is written of them. The file is made two
//! seconds after the first step; counting begins when it is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{DeviceChoice, builtin_experiment};
use crate::engine::{Link, LinkState, spawn};
use crate::protocol::{Command, Estimate, Event, SessionState};

use super::timing::{Timing, median};

/// Pairs of an engine without a session and one with it.
const ROUNDS: usize = 10;
/// Until the file of a session is there, and kernels and caches are warm.
const WARM_UP: Duration = Duration::from_millis(3500);
/// Steps are counted for so long.
const COUNTED: Duration = Duration::from_secs(3);
/// Time between two looks at what the engine has told.
const LOOK: Duration = Duration::from_millis(5);

/// Times of a step of the live engine, without a session and with one.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionTimes {
    /// A step with a session, in milliseconds.
    pub with: Timing,
    /// A step without one.
    pub without: Timing,
    /// How much longer it takes with one, as a share: the mean over rounds and its standard error.
    pub cost: Estimate,
}

impl SessionTimes {
    /// Of rounds of milliseconds a step, without and with a session; there is at least one.
    fn of(rounds: &[[f64; 2]]) -> Self {
        let sorted = |of: &dyn Fn(&[f64; 2]) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let timing = |values: Vec<f64>| Timing { ms: median(&values), min: values[0], runs: values.len() };
        Self {
            with: timing(sorted(&|[_, with]| *with)),
            without: timing(sorted(&|[without, _]| *without)),
            cost: Estimate::of(rounds.iter().map(|[without, with]| with / without - 1.0)),
        }
    }
}

/// Times steps of the default experiment's three runs on the CPU.
///
/// # Errors
/// One sentence where no engine starts or no session can be written.
pub fn time_session() -> Result<SessionTimes, String> {
    let rounds = (0..ROUNDS).map(round).collect::<Result<Vec<_>, String>>()?;
    Ok(SessionTimes::of(&rounds))
}

/// Milliseconds of a step, without a session and with one. Which comes first changes from round to round, so that a machine that
/// grows slower or faster does not count for either.
fn round(index: usize) -> Result<[f64; 2], String> {
    if index.is_multiple_of(2) {
        return Ok([step(false)?, step(true)?]);
    }
    let with = step(true)?;
    Ok([step(false)?, with])
}

/// Milliseconds of a step, with a session or without.
fn step(is_kept: bool) -> Result<f64, String> {
    let folder = tempfile::tempdir().map_err(|err| format!("no folder for a session: {err}"))?;
    let experiment = builtin_experiment("moons-mlp").map_err(|err| err.to_string())?;
    let (link, handle) = spawn(DeviceChoice::Cpu, Arc::new(|| ())).map_err(|err| format!("no engine starts: {err}"))?;
    let keep = is_kept.then(|| Command::KeepSessions(folder.path().to_owned()));
    let begin = [Command::load(experiment), Command::SetLookShare(0.0), Command::Play];
    if !keep.into_iter().chain(begin).all(|command| link.send(command)) {
        return Err("the engine takes no command".to_owned());
    }
    let mut training = Training { link, session: None };
    training.count(WARM_UP)?;
    let begun = Instant::now();
    let steps = training.count(COUNTED)?;
    let seconds = begun.elapsed().as_secs_f64();
    if is_kept && training.session.as_ref().is_none_or(|state| state.path.is_none() || state.problem.is_some()) {
        let problem = training.session.and_then(|state| state.problem);
        return Err(format!("no session is written: {}", problem.unwrap_or_default()));
    }
    training.link.send(Command::Shutdown);
    while training.link.drain(usize::MAX, drop) == LinkState::Open {
        std::thread::sleep(LOOK);
    }
    handle.join();
    Ok(seconds * 1e3 / steps.max(1) as f64)
}

/// An engine that trains.
struct Training {
    link: Link,
    /// How its session stands.
    session: Option<SessionState>,
}

impl Training {
    /// Counts the steps that it tells of within a time.
    fn count(&mut self, time: Duration) -> Result<u64, String> {
        let (begun, mut steps) = (Instant::now(), 0);
        while begun.elapsed() < time {
            let mut failure = None;
            let state = self.link.drain(usize::MAX, |event| match event {
                Event::Steps { rows, .. } => steps += rows.len() as u64,
                Event::Session(state) => self.session = Some(*state),
                Event::Failed(reason) => failure = Some(reason),
                _ => {}
            });
            if let Some(reason) = failure {
                return Err(reason);
            }
            if state == LinkState::Closed {
                return Err("the engine has ended".to_owned());
            }
            std::thread::sleep(LOOK);
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_told_by_their_medians_and_their_difference_with_its_error() {
        let times = SessionTimes::of(&[[2.0, 2.0], [1.0, 1.5], [4.0, 3.0]]);
        assert_eq!((times.without.ms, times.without.min, times.without.runs), (2.0, 1.0, 3));
        assert_eq!((times.with.ms, times.with.min), (2.0, 1.5));
        let Estimate { mean, stderr, samples } = times.cost;
        // The shares are 0, 1/2 and −1/4; their variance is 7/48.
        assert!(
            (mean - 1.0 / 12.0).abs() < 1e-12 && (stderr - (7.0_f64 / 48.0 / 3.0).sqrt()).abs() < 1e-12,
            "{mean} ± {stderr}"
        );
        assert_eq!(samples, 3);
    }
}
