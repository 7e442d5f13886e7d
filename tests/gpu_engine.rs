//! The engine on any adapter, software (lavapipe, WARP) too. A process has one such engine: the adapter's runtime is
//! registered once.

#![allow(clippy::print_stdout, reason = "a test says why it was skipped, and how long it took")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use flatscape::config::{DeviceChoice, builtin_experiment};
use flatscape::engine::{list_devices, spawn};
use flatscape::protocol::{Command, Event, RunId};

#[test]
fn there_are_pictures_before_the_kernels_and_the_same_runs_train_then() {
    if !list_devices().iter().any(|device| device.kind.ends_with("GPU")) {
        assert!(std::env::var_os("FLATSCAPE_REQUIRE_GPU").is_none(), "no adapter was found");
        println!("skipped: no adapter was found");
        return;
    }
    let (link, engine) = spawn(DeviceChoice::Gpu, Arc::new(|| {})).expect("a thread");
    assert!(link.send(Command::load(builtin_experiment("moons-mlp").expect("embedded"))));
    assert!(link.send(Command::Play));
    let (start, mut runs, mut trained) = (Instant::now(), Vec::<RunId>::new(), Vec::new());
    let mut is_compiling = false;
    while runs.is_empty() || trained.len() < runs.len() {
        assert!(start.elapsed() < Duration::from_secs(300), "{runs:?} {trained:?}");
        std::thread::sleep(Duration::from_millis(20));
        link.drain(usize::MAX, |event| match event {
            Event::Started { runs: infos, .. } => runs = infos.iter().map(|info| info.run).collect(),
            Event::WarmingUp(_) => is_compiling = true,
            Event::Steps { run, .. } if !trained.contains(&run) => trained.push(run),
            Event::Failed(reason) | Event::NotLoaded { reason, .. } => panic!("{reason}"),
            _ => {}
        });
        if std::mem::take(&mut is_compiling) {
            println!("pictures after {} ms", start.elapsed().as_millis());
            assert!(trained.is_empty() && runs.len() == 3);
            for run in &runs {
                let grid = link.slots.grid(*run).expect("the CPU has drawn it");
                assert!((grid.step, grid.masked) == (0, 0) && grid.loss.len() > 9);
            }
        }
    }
    assert!(trained.iter().all(|run| runs.contains(run)), "{runs:?} {trained:?}");
    link.send(Command::Shutdown);
    engine.join();
}
