//! The choice between two devices. Where there is no GPU another Compute of the CPU stands for it: what is told and where runs
//! go is the same, and they can be compared bit for bit.

use std::path::Path;

use super::*;
use crate::engine::devices::OpenDevice;
use crate::protocol::{DeviceReason, DeviceReport, Rates, Timed};

const CPU_WINS: [Timed; 2] = [rates(1240.0, 31.0), rates(310.0, 12.0)];
const GPU_WINS: [Timed; 2] = [rates(3.0, 0.2), rates(40.0, 5.0)];

const fn rates(steps: f64, slices: f64) -> Timed {
    Timed::At(Rates { steps, slices })
}

fn gpu() -> OpenDevice {
    OpenDevice { compute: Compute::cpu(), name: "A card (Vulkan)".to_owned(), notice: None }
}

/// An engine with two devices, whose rates are kept in that folder.
fn with_two(asked: DeviceChoice, folder: &Path) -> (Link, Engine) {
    let (link, end) = link(Arc::new(|| {}));
    let mut engine = Engine::new(end, Devices::new(asked, KeptRates::at(folder.join("rates.json"))));
    engine.compute = Some(Compute::cpu());
    engine.devices.gpu = Some(gpu());
    // Nothing is waited for: what the race finds is said by the test.
    engine.devices.patience = Duration::ZERO;
    (link, engine)
}

fn load(engine: &mut Engine) {
    engine.take(Command::load(builtin_experiment("moons-mlp").unwrap()));
}

/// Ends the race as if it had found that.
fn decide(engine: &mut Engine, found: [Timed; 2]) {
    let experiment = engine.experiment.clone().expect("an experiment is loaded");
    engine.devices.racing.stop();
    engine.decide(&experiment, found);
}

fn reports(events: &[Event]) -> Vec<DeviceReport> {
    let report = |event: &Event| match event {
        Event::Devices(report) => Some((**report).clone()),
        _ => None,
    };
    events.iter().filter_map(report).collect()
}

fn names(events: &[Event]) -> Vec<&str> {
    let names = events.iter().filter_map(|event| match event {
        Event::Device { name, .. } => Some(name.as_str()),
        _ => None,
    });
    names.collect()
}

#[test]
fn runs_begin_on_the_cpu_and_go_to_the_winner_before_they_train() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = with_two(DeviceChoice::Auto, folder.path());
    load(&mut engine);
    let told = events(&link, &mut engine);
    let last = reports(&told).pop().unwrap();
    assert_eq!((last.used, last.reason, last.rows.len()), (DeviceChoice::Cpu, DeviceReason::Timing, 2));
    assert!(engine.devices.racing.is_waiting());
    decide(&mut engine, GPU_WINS);
    let told = events(&link, &mut engine);
    let last = reports(&told).pop().unwrap();
    assert_eq!((last.used, last.reason, last.is_kept), (DeviceChoice::Gpu, DeviceReason::Faster, false));
    assert_eq!((last.rows[1].name.as_str(), &last.rows[1].timed), ("A card (Vulkan)", &GPU_WINS[1]));
    assert_eq!(last.method, Some(OptimizerKind::Sam), "the first of the costliest of the experiment");
    assert_eq!(names(&told), ["A card (Vulkan)"]);
    assert!(!told.iter().any(|event| matches!(event, Event::Rewound { .. } | Event::Started { .. })), "{told:?}");
    // The next load knows.
    load(&mut engine);
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.is_kept), (DeviceChoice::Gpu, true));
    assert!(!engine.devices.racing.is_waiting());
    // So does the next start; other work is raced.
    let (link, mut engine) = with_two(DeviceChoice::Auto, folder.path());
    load(&mut engine);
    let told = events(&link, &mut engine);
    assert_eq!(names(&told), ["A card (Vulkan)"]);
    let mut other = builtin_experiment("moons-mlp").unwrap();
    other.assign("batch=7").unwrap();
    engine.take(Command::load(other));
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.reason), (DeviceChoice::Cpu, DeviceReason::Timing));
}

#[test]
fn runs_that_have_trained_stay_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = with_two(DeviceChoice::Auto, folder.path());
    load(&mut engine);
    let ids: Vec<RunId> = runs(&events(&link, &mut engine)).iter().map(|info| info.run).collect();
    engine.devices.racing.stop();
    step_to(&link, &mut engine, 1, &ids);
    decide(&mut engine, GPU_WINS);
    let told = events(&link, &mut engine);
    let last = reports(&told).pop().unwrap();
    assert_eq!((last.used, last.reason), (DeviceChoice::Cpu, DeviceReason::Begun));
    assert!(names(&told).is_empty());
    assert!(told.iter().any(|event| matches!(event, Event::Note(text) if text.contains("faster"))), "{told:?}");
    decide(&mut engine, CPU_WINS);
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.reason), (DeviceChoice::Cpu, DeviceReason::Faster));
}

#[test]
fn a_gpu_that_cannot_be_timed_is_passed_over_and_timed_again_at_the_next_load() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = with_two(DeviceChoice::Auto, folder.path());
    load(&mut engine);
    decide(&mut engine, [Timed::Not, Timed::Failed("no memory is left".to_owned())]);
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.reason), (DeviceChoice::Cpu, DeviceReason::OtherFailed));
    load(&mut engine);
    assert!(engine.devices.racing.is_waiting());
}

#[test]
fn a_race_on_two_devices_of_the_same_speed_ends_with_rates_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = with_two(DeviceChoice::Auto, folder.path());
    let mut small = builtin_experiment("moons-mlp").unwrap();
    for setting in ["data.train_size=40", "data.test_size=40", "look.resolution=3"] {
        small.assign(setting).unwrap();
    }
    engine.take(Command::load(small));
    let last = loop {
        engine.poll_race();
        engine.guarded(Engine::unit);
        let told = reports(&events(&link, &mut engine)).pop();
        if let Some(report) = told.filter(|report| report.reason != DeviceReason::Timing) {
            break report;
        }
    };
    assert!(last.rows.iter().all(|row| matches!(row.timed, Timed::At(_))), "{last:?}");
    assert!(!engine.devices.racing.is_timing() && !engine.devices.racing.is_waiting());
}

#[test]
fn runs_that_are_sent_to_another_device_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = with_two(DeviceChoice::Cpu, folder.path());
    load(&mut engine);
    let started = runs(&events(&link, &mut engine));
    let ids: Vec<RunId> = started.iter().map(|info| info.run).collect();
    step_to(&link, &mut engine, 3, &ids);
    engine.take(Command::RemoveRun(ids[0]));
    events(&link, &mut engine);

    engine.take(Command::UseDevice(DeviceChoice::Gpu));
    let told = events(&link, &mut engine);
    assert_eq!(names(&told), ["A card (Vulkan)"]);
    let last = reports(&told).pop().unwrap();
    assert_eq!((last.asked, last.used, last.reason), (DeviceChoice::Gpu, DeviceChoice::Gpu, DeviceReason::Asked));
    let stands: Vec<(RunId, u64)> = told
        .iter()
        .filter_map(|event| match event {
            Event::Rewound { run, step, .. } => Some((*run, *step)),
            _ => None,
        })
        .collect();
    assert_eq!(stands, [(ids[1], 3), (ids[2], 3)]);
    assert!(!told.iter().any(|event| matches!(event, Event::Warning(_) | Event::RunRemoved(_))), "{told:?}");
    engine.take(Command::RestoreRun(ids[0]));
    let told = events(&link, &mut engine);
    assert!(told.iter().any(|event| matches!(event, Event::RunRestored { run, .. } if *run == ids[0])), "{told:?}");
    let moved = losses(&step_to(&link, &mut engine, 5, &ids), &ids);

    // The same steps as without the move, since the other device is the same.
    let (link, mut engine) = with_two(DeviceChoice::Cpu, folder.path());
    load(&mut engine);
    let ids: Vec<RunId> = runs(&events(&link, &mut engine)).iter().map(|info| info.run).collect();
    step_to(&link, &mut engine, 3, &ids);
    assert_eq!(moved, losses(&step_to(&link, &mut engine, 5, &ids), &ids));
}

/// Bits of the losses of steps 4 and 5 of each run.
fn losses(events: &[Event], ids: &[RunId]) -> Vec<Vec<u64>> {
    let of = |id: &RunId| {
        let rows = events.iter().filter_map(|event| match event {
            Event::Steps { run, rows } if run == id => Some(rows),
            _ => None,
        });
        rows.flatten().filter(|row| row.step > 3).map(|row| row.batch_loss.to_bits()).collect()
    };
    ids.iter().map(of).collect()
}

#[test]
fn a_device_that_was_chosen_stays_until_auto_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = with_two(DeviceChoice::Auto, folder.path());
    load(&mut engine);
    decide(&mut engine, CPU_WINS);
    engine.take(Command::UseDevice(DeviceChoice::Gpu));
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.reason), (DeviceChoice::Gpu, DeviceReason::Asked));
    assert_eq!(last.rows[0].timed, CPU_WINS[0], "what was measured stays true");
    load(&mut engine);
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.reason), (DeviceChoice::Gpu, DeviceReason::Asked));
    engine.take(Command::UseDevice(DeviceChoice::Auto));
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.reason, last.is_kept), (DeviceChoice::Cpu, DeviceReason::Faster, true));
}

#[test]
fn after_a_lost_gpu_the_cpu_is_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (link, mut engine) = with_two(DeviceChoice::Auto, folder.path());
    engine.may_be_lost = |_| true;
    load(&mut engine);
    decide(&mut engine, GPU_WINS);
    engine.guarded(Engine::unit);
    events(&link, &mut engine);
    engine.computes = |_| false;
    engine.guarded(|_| panic!("device lost"));
    engine.computes = computes;
    let told = events(&link, &mut engine);
    let last = reports(&told).pop().unwrap();
    assert_eq!((last.used, last.reason), (DeviceChoice::Cpu, DeviceReason::OtherFailed));
    assert!(matches!(&last.rows[1].timed, Timed::Failed(_)), "{last:?}");
    assert!(!told.iter().any(|event| matches!(event, Event::RunRemoved(_))), "{told:?}");
    load(&mut engine);
    let last = reports(&events(&link, &mut engine)).pop().unwrap();
    assert_eq!((last.used, last.reason, last.rows.len()), (DeviceChoice::Cpu, DeviceReason::Alone, 1));
}
