//! Which of two devices is faster on the work at hand: steps and chunks of a slice are timed on each.
//!
//! Where kernels have to be compiled, one step and one chunk come first and count nowhere. The rest takes a second at most,
//! beyond the unit under way. A device is faster by the geometric mean of two ratios, of its steps and of its slices a second
//! to the other's, so that neither counts more. A device that fails, or panics, is passed over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::engine::panic_message;
use crate::protocol::{Rates, Timed};

/// Steps of one device, or chunks, are timed for so long.
const SHARE: Duration = Duration::from_millis(200);
/// All that counts takes no longer than this, beyond the first unit of each kind.
const LIMIT: Duration = Duration::from_secs(1);
/// A first unit that is shorter than this only fills caches.
const SHORT: Duration = Duration::from_millis(50);
/// Units of a kind at most, should the clock stand still.
const MOST_UNITS: u32 = 100_000;
/// Both are as fast as each other where the ratio is not above this: two timings of one device differ by as much.
const TIE: f64 = 1.1;

/// What is timed on a device. Both calls return when their result is on the host.
pub trait Contender {
    /// A training step.
    ///
    /// # Errors
    /// Why the device cannot do it.
    fn step(&mut self) -> Result<(), String>;

    /// A chunk of a slice; the share of a whole slice that it was, above 0.
    ///
    /// # Errors
    /// Why the device cannot do it.
    fn chunk(&mut self) -> Result<f64, String>;
}

/// A contender, or why there is none.
pub type Made = Result<Box<dyn Contender>, String>;

/// How a race of CPU and GPU ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The CPU is faster, or the GPU has failed.
    Cpu,
    /// The GPU is faster, or the CPU has failed.
    Gpu,
    /// Both are about as fast.
    Tie,
}

/// A race on its way, one unit at a time.
pub struct Race {
    lanes: Vec<Lane>,
    /// All time that counts.
    spent: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    CompileStep,
    CompileChunk,
    Steps,
    Chunks,
    Over,
}

struct Lane {
    contender: Option<Box<dyn Contender>>,
    phase: Phase,
    steps: Tally,
    chunks: Tally,
    failure: Option<String>,
}

#[derive(Debug, Default)]
struct Tally {
    calls: u32,
    units: f64,
    spent: Duration,
}

impl Race {
    /// A race of these, each with whether it has kernels to compile.
    pub fn new(contenders: impl IntoIterator<Item = (Made, bool)>) -> Self {
        Self {
            lanes: contenders.into_iter().map(|(made, compiles)| Lane::new(made, compiles)).collect(),
            spent: Duration::ZERO,
        }
    }

    /// One unit of work; false once all are over. The clock says how long ago any one moment was.
    pub fn advance(&mut self, clock: &mut dyn FnMut() -> Duration) -> bool {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.phase != Phase::Over) else { return false };
        let began = clock();
        let done = lane.unit();
        let took = clock().saturating_sub(began);
        match done {
            Ok(units) => {
                let counted = lane.count(units, took, self.spent);
                self.spent += counted;
            }
            Err(reason) => lane.fail(reason),
        }
        if lane.phase == Phase::Over {
            lane.end();
        }
        true
    }

    /// What was found of each, in their order.
    pub fn found(self) -> Vec<Timed> {
        self.lanes.into_iter().map(Lane::found).collect()
    }
}

impl Lane {
    fn new(made: Made, compiles: bool) -> Self {
        let phase = match (&made, compiles) {
            (Err(_), _) => Phase::Over,
            (Ok(_), true) => Phase::CompileStep,
            (Ok(_), false) => Phase::Steps,
        };
        let (contender, failure) = match made {
            Ok(contender) => (Some(contender), None),
            Err(reason) => (None, Some(reason)),
        };
        Self { contender, phase, steps: Tally::default(), chunks: Tally::default(), failure }
    }

    /// A step, or a chunk and its share of a slice.
    fn unit(&mut self) -> Result<f64, String> {
        let Some(contender) = &mut self.contender else { return Err("there is nothing to time".to_owned()) };
        let is_step = matches!(self.phase, Phase::CompileStep | Phase::Steps);
        let unit = || if is_step { contender.step().map(|()| 1.0) } else { contender.chunk() };
        catch_unwind(AssertUnwindSafe(unit)).unwrap_or_else(|panic| Err(panic_message(panic.as_ref())))
    }

    /// Counts a unit and goes on to the next phase where it is time; what of the time counts.
    fn count(&mut self, units: f64, took: Duration, spent: Duration) -> Duration {
        let (tally, next) = match self.phase {
            Phase::CompileStep => {
                self.phase = Phase::CompileChunk;
                return Duration::ZERO;
            }
            Phase::CompileChunk => {
                self.phase = Phase::Steps;
                return Duration::ZERO;
            }
            Phase::Steps => (&mut self.steps, Phase::Chunks),
            Phase::Chunks => (&mut self.chunks, Phase::Over),
            Phase::Over => return Duration::ZERO,
        };
        tally.calls += 1;
        let only_warms_up = tally.calls == 1 && took < SHORT;
        if !only_warms_up {
            tally.units += units;
            tally.spent += took;
            if tally.spent >= SHARE || spent + took >= LIMIT || tally.calls >= MOST_UNITS {
                self.phase = next;
            }
        }
        took
    }

    fn fail(&mut self, reason: String) {
        self.failure = Some(reason);
        self.phase = Phase::Over;
    }

    /// Gives its memory back. A driver may fail at that too.
    fn end(&mut self) {
        let contender = self.contender.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(contender)));
    }

    fn found(self) -> Timed {
        let rate = |tally: &Tally| tally.units / tally.spent.as_secs_f64();
        let rates = Rates { steps: rate(&self.steps), slices: rate(&self.chunks) };
        match self.failure {
            Some(reason) => Timed::Failed(reason),
            None if rates.steps.is_finite() && rates.slices.is_finite() => Timed::At(rates),
            None => Timed::Failed("it took no time that can be measured".to_owned()),
        }
    }
}

/// How the race of a CPU and a GPU ended.
pub fn verdict(cpu: &Timed, gpu: &Timed) -> Verdict {
    let (cpu, gpu) = match (cpu, gpu) {
        (Timed::At(cpu), Timed::At(gpu)) => (cpu, gpu),
        (_, Timed::At(_)) => return Verdict::Gpu,
        _ => return Verdict::Cpu,
    };
    let ratio = (gpu.steps / cpu.steps * (gpu.slices / cpu.slices)).sqrt();
    match ratio {
        ratio if ratio > TIE => Verdict::Gpu,
        ratio if ratio * TIE < 1.0 => Verdict::Cpu,
        _ => Verdict::Tie,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    /// A device of stated speed on a clock of its own, which counts what it was asked for.
    struct Pretended {
        clock: Rc<Cell<Duration>>,
        step: Duration,
        chunk: Duration,
        /// What the next step, and the next chunk, take beyond that: compilation.
        extra: [Duration; 2],
        calls: Rc<Cell<[u32; 2]>>,
        fails_at: Option<u32>,
        panics: bool,
    }

    impl Pretended {
        fn pass(&mut self, kind: usize, time: Duration) -> Result<(), String> {
            let mut calls = self.calls.get();
            calls[kind] += 1;
            self.calls.set(calls);
            if self.fails_at == Some(calls[kind]) {
                assert!(!self.panics, "the driver is gone");
                return Err("out of memory".to_owned());
            }
            self.clock.set(self.clock.get() + time + std::mem::take(&mut self.extra[kind]));
            Ok(())
        }
    }

    impl Contender for Pretended {
        fn step(&mut self) -> Result<(), String> {
            self.pass(0, self.step)
        }

        fn chunk(&mut self) -> Result<f64, String> {
            self.pass(1, self.chunk).map(|()| 0.25)
        }
    }

    struct Course(Rc<Cell<Duration>>, Vec<(Made, bool)>, Vec<Rc<Cell<[u32; 2]>>>);

    impl Course {
        fn new() -> Self {
            Self(Rc::default(), Vec::new(), Vec::new())
        }

        fn with(mut self, [step, chunk]: [u64; 2], compile: u64, change: impl FnOnce(&mut Pretended)) -> Self {
            let calls = Rc::new(Cell::new([0, 0]));
            let mut pretended = Pretended {
                clock: Rc::clone(&self.0),
                step: Duration::from_millis(step),
                chunk: Duration::from_millis(chunk),
                extra: [Duration::from_millis(compile); 2],
                calls: Rc::clone(&calls),
                fails_at: None,
                panics: false,
            };
            change(&mut pretended);
            self.1.push((Ok(Box::new(pretended)), compile > 0));
            self.2.push(calls);
            self
        }

        /// What is found, how long it took in all, and how often each was asked for steps and chunks.
        fn run(self) -> (Vec<Timed>, Duration, Vec<[u32; 2]>) {
            let mut race = Race::new(self.1);
            let clock = Rc::clone(&self.0);
            while race.advance(&mut || clock.get()) {}
            (race.found(), clock.get(), self.2.iter().map(|calls| calls.get()).collect())
        }
    }

    fn plain(_: &mut Pretended) {}

    fn rates(found: &Timed) -> Rates {
        match found {
            Timed::At(rates) => *rates,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rates_are_those_of_the_devices_and_compilation_counts_nowhere() {
        let (found, took, _) = Course::new().with([4, 10], 0, plain).with([20, 5], 30_000, plain).run();
        let rates: Vec<Rates> = found.iter().map(rates).collect();
        let expected = [Rates { steps: 250.0, slices: 25.0 }, Rates { steps: 50.0, slices: 50.0 }];
        for (found, expected) in rates.iter().zip(expected) {
            assert!((found.steps / expected.steps - 1.0).abs() < 1e-9, "{found:?}");
            assert!((found.slices / expected.slices - 1.0).abs() < 1e-9, "{found:?}");
        }
        // Two compilations, a second, and the units that go over its parts.
        assert!(took < Duration::from_millis(60_000 + 1000 + 40 + 40), "{took:?}");
    }

    #[test]
    fn a_slow_device_is_asked_for_as_little_as_says_something() {
        // The CPU's first units count, since nothing is compiled; once the second is over, one unit of each kind is enough.
        let (found, _, calls) = Course::new().with([700, 600], 0, plain).with([90, 80], 5000, plain).run();
        assert_eq!(calls, [[1, 1], [2, 2]]);
        assert!((rates(&found[0]).steps - 1.0 / 0.7).abs() < 1e-9);
        assert!((rates(&found[1]).slices - 0.25 / 0.08).abs() < 1e-9);
        assert_eq!(verdict(&found[0], &found[1]), Verdict::Gpu);
    }

    #[test]
    fn the_faster_is_taken_and_a_tie_goes_to_neither() {
        let rates = |steps: f64, slices: f64| Timed::At(Rates { steps, slices });
        let of = |cpu: &Timed, gpu: &Timed| verdict(cpu, gpu);
        assert_eq!(of(&rates(1240.0, 31.0), &rates(310.0, 12.0)), Verdict::Cpu);
        assert_eq!(of(&rates(3.0, 0.2), &rates(40.0, 5.0)), Verdict::Gpu);
        // Steps count as much as slices: half the steps, thrice the slices.
        assert_eq!(of(&rates(100.0, 1.0), &rates(50.0, 3.0)), Verdict::Gpu);
        assert_eq!(of(&rates(100.0, 1.0), &rates(50.0, 2.0)), Verdict::Tie);
        assert_eq!(of(&rates(100.0, 1.0), &rates(109.0, 1.09)), Verdict::Tie);
        assert_eq!(of(&rates(100.0, 1.0), &rates(111.0, 1.11)), Verdict::Gpu);
        assert_eq!(of(&rates(111.0, 1.11), &rates(100.0, 1.0)), Verdict::Cpu);
    }

    #[test]
    fn a_device_that_fails_or_panics_is_passed_over_with_its_sentence() {
        for (call, panics) in [(1, false), (3, false), (1, true), (2, true)] {
            let fail = |pretended: &mut Pretended| (pretended.fails_at, pretended.panics) = (Some(call), panics);
            let (found, ..) = Course::new().with([50, 50], 0, plain).with([1, 1], 10, fail).run();
            let reason = if panics { "the driver is gone" } else { "out of memory" };
            assert_eq!(found[1], Timed::Failed(reason.to_owned()));
            assert_eq!(verdict(&found[0], &found[1]), Verdict::Cpu);
            assert_eq!(verdict(&found[1], &found[0]), Verdict::Gpu);
            assert_eq!(verdict(&found[1], &found[1]), Verdict::Cpu);
        }
        let absent: Made = Err("the kernels did not compile".to_owned());
        let mut race = Race::new([(absent, true)]);
        assert!(!race.advance(&mut || Duration::ZERO));
        assert_eq!(race.found(), [Timed::Failed("the kernels did not compile".to_owned())]);
    }

    #[test]
    fn a_clock_that_stands_still_ends_the_race_without_rates() {
        let (found, _, calls) = Course::new().with([0, 0], 0, plain).run();
        assert!(matches!(found[0], Timed::Failed(_)) && calls == [[MOST_UNITS; 2]], "{found:?} {calls:?}");
    }
}
