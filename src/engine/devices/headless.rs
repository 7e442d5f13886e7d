//! The device of work without a window: with `auto` the race comes first, and what is found is told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::kept::{KeptRates, Key};
use super::race::{Made, Race, Verdict, verdict};
use super::{OpenDevice, Opened, cpu_name, open_all, processor};
use crate::config::{DeviceChoice, OptimizerKind};
use crate::engine::panic_message;
use crate::model::Compute;
use crate::protocol::{DeviceReason, DeviceReport, DeviceRow, Timed};

/// Work that a device is wanted for.
pub struct Headless<'a> {
    /// The text of its network and loss.
    pub model: String,
    /// What its speed depends on besides, in words.
    pub words: String,
    /// The method whose steps are timed; `None` where they are gradients.
    pub method: Option<OptimizerKind>,
    /// Puts it on a device, to be timed.
    pub on: &'a dyn Fn(&Compute) -> Made,
}

/// Opens the device that `choice` takes for this work, with a report where two were to choose from.
///
/// # Errors
/// One sentence when `choice` is `gpu` and no adapter starts.
pub fn open_for(choice: DeviceChoice, work: &Headless<'_>) -> Result<(OpenDevice, Option<DeviceReport>), String> {
    let Opened { used, gpu } = open_all(choice)?;
    match gpu {
        Some(gpu) if choice == DeviceChoice::Auto => {
            let began = Instant::now();
            let (open, report) = choose(work, [used, gpu], &KeptRates::of_user(), &mut || began.elapsed());
            Ok((open, Some(report)))
        }
        _ => Ok((used, None)),
    }
}

/// The faster of CPU and GPU, by rates that are kept or measured now.
fn choose(
    work: &Headless<'_>,
    [cpu, gpu]: [OpenDevice; 2],
    kept: &KeptRates,
    clock: &mut dyn FnMut() -> Duration,
) -> (OpenDevice, DeviceReport) {
    let key = Key::new(&work.model, work.words.clone(), processor(), gpu.name.clone());
    let (found, note) = kept.find(&key);
    let is_kept = found.is_some();
    let found = match found {
        Some(rates) => rates.map(Timed::At),
        None => {
            let found = race(work, &cpu.compute, &gpu.compute, clock);
            if let [Timed::At(cpu), Timed::At(gpu)] = &found {
                kept.keep(key, [*cpu, *gpu]);
            }
            found
        }
    };
    let verdict = verdict(&found[0], &found[1]);
    let report = report(DeviceChoice::Auto, verdict, &gpu.name, found, (work.method, is_kept));
    let used = if verdict == Verdict::Gpu { gpu } else { cpu };
    (OpenDevice { notice: used.notice.or(note), ..used }, report)
}

fn race(work: &Headless<'_>, cpu: &Compute, gpu: &Compute, clock: &mut dyn FnMut() -> Duration) -> [Timed; 2] {
    let made = |compute: &Compute| made(|| (work.on)(compute));
    let mut race = Race::new([(made(cpu), false), (made(gpu), true)]);
    while race.advance(clock) {}
    in_two(race.found())
}

/// Makes a contender; a panic on the way is why there is none.
pub fn made(make: impl FnOnce() -> Made) -> Made {
    catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|panic| Err(panic_message(panic.as_ref())))
}

/// What was found of CPU and GPU.
pub fn in_two(found: Vec<Timed>) -> [Timed; 2] {
    let mut found = found.into_iter();
    [(); 2].map(|()| found.next().unwrap_or_default())
}

/// What is told of a verdict that is followed.
pub fn report(
    asked: DeviceChoice,
    verdict: Verdict,
    gpu: &str,
    found: [Timed; 2],
    (method, is_kept): (Option<OptimizerKind>, bool),
) -> DeviceReport {
    let used = if verdict == Verdict::Gpu { DeviceChoice::Gpu } else { DeviceChoice::Cpu };
    let reason = match (verdict, found.iter().any(|found| matches!(found, Timed::Failed(_)))) {
        (_, true) => DeviceReason::OtherFailed,
        (Verdict::Tie, false) => DeviceReason::Equal,
        (_, false) => DeviceReason::Faster,
    };
    let names = [cpu_name(), gpu.to_owned()];
    let rows = [DeviceChoice::Cpu, DeviceChoice::Gpu].into_iter().zip(names).zip(found);
    let rows = rows.map(|((choice, name), timed)| DeviceRow { choice, name, timed }).collect();
    DeviceReport { asked, used, reason, rows, method, is_kept }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::super::race::Contender;
    use super::*;
    use crate::protocol::Rates;

    /// Steps, and halves of slices, that take so many milliseconds of a clock that is shared.
    struct Pretended(Rc<Cell<u64>>, u64);

    impl Pretended {
        fn pass(&self) {
            self.0.set(self.0.get() + self.1);
        }
    }

    impl Contender for Pretended {
        fn step(&mut self) -> Result<(), String> {
            self.pass();
            Ok(())
        }

        fn chunk(&mut self) -> Result<f64, String> {
            self.pass();
            Ok(0.5)
        }
    }

    fn open(name: &str) -> OpenDevice {
        OpenDevice { compute: Compute::cpu(), name: name.to_owned(), notice: None }
    }

    #[test]
    fn work_is_raced_once_and_again_where_anything_is_different() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kept = KeptRates::at(folder.path().join("rates.json"));
        let (clock, made) = (Rc::new(Cell::new(0)), Cell::new(0_u32));
        let on = |_: &Compute| -> Made {
            made.set(made.get() + 1);
            // The second of two is the GPU.
            Ok(Box::new(Pretended(Rc::clone(&clock), if made.get().is_multiple_of(2) { 10 } else { 50 })))
        };
        let choose = |words: &str, gpu: &str| {
            let work = Headless { model: "m".to_owned(), words: words.to_owned(), method: None, on: &on };
            choose(&work, [open("the CPU"), open(gpu)], &kept, &mut || Duration::from_millis(clock.get()))
        };
        let (first, report) = choose("batch 20", "a card");
        assert_eq!((first.name.as_str(), report.used), ("a card", DeviceChoice::Gpu));
        assert_eq!((report.reason, report.is_kept), (DeviceReason::Faster, false));
        let rates = |steps: f64| Timed::At(Rates { steps, slices: steps / 2.0 });
        assert_eq!(report.rows.into_iter().map(|row| row.timed).collect::<Vec<_>>(), [rates(20.0), rates(100.0)]);
        let (second, report) = choose("batch 20", "a card");
        assert_eq!((second.name.as_str(), report.is_kept, made.get()), ("a card", true, 2));
        for (words, gpu) in [("batch 40", "a card"), ("batch 20", "another card")] {
            assert!(!choose(words, gpu).1.is_kept, "{words} {gpu}");
        }
        assert_eq!(made.get(), 6);
    }

    #[test]
    fn a_gpu_that_fails_is_told_and_not_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kept = KeptRates::at(folder.path().join("rates.json"));
        let (clock, made) = (Rc::new(Cell::new(0)), Cell::new(0_u32));
        let on = |_: &Compute| -> Made {
            made.set(made.get() + 1);
            assert!(!made.get().is_multiple_of(2), "no such format");
            Ok(Box::new(Pretended(Rc::clone(&clock), 50)))
        };
        let work = Headless { model: "m".to_owned(), words: String::new(), method: None, on: &on };
        for _ in 0..2 {
            let mut now = || Duration::from_millis(clock.get());
            let (used, report) = choose(&work, [open("the CPU"), open("a card")], &kept, &mut now);
            assert_eq!((used.name.as_str(), report.reason), ("the CPU", DeviceReason::OtherFailed));
            assert_eq!(report.rows[1].timed, Timed::Failed("no such format".to_owned()));
        }
        assert_eq!(made.get(), 4, "it gets another chance");
    }

    #[test]
    fn a_device_that_is_asked_for_is_not_timed() {
        let on = |_: &Compute| -> Made { panic!("nothing is timed") };
        let work = Headless { model: String::new(), words: String::new(), method: None, on: &on };
        let (used, report) = open_for(DeviceChoice::Cpu, &work).expect("there is a CPU");
        assert!(used.compute.is_cpu() && report.is_none());
    }
}
