//! The menu of the device in the status line.

use egui::accesskit::Role;
use flatscape::config::{DeviceChoice, OptimizerKind};
use flatscape::protocol::{Command, DeviceReason, DeviceReport, DeviceRow, Event, Rates, Timed};

use crate::fixture::{SIZE, Window, sized};

const CPU: &str = "CPU (Flex), 2 threads";
const GPU: &str = "A card (Vulkan)";

fn raced(used: DeviceChoice, reason: DeviceReason) -> DeviceReport {
    let row = |choice, name: &str, steps, slices| DeviceRow {
        choice,
        name: name.to_owned(),
        timed: Timed::At(Rates { steps, slices }),
    };
    DeviceReport {
        asked: DeviceChoice::Auto,
        used,
        reason,
        rows: vec![row(DeviceChoice::Cpu, CPU, 1240.0, 31.0), row(DeviceChoice::Gpu, GPU, 310.0, 12.0)],
        method: Some(OptimizerKind::Nso),
        is_kept: false,
    }
}

fn tell(window: &mut Window, name: &str, report: DeviceReport) {
    window.tell([Event::Device { name: name.to_owned(), notice: None }, Event::Devices(Box::new(report))]);
}

#[test]
fn both_rates_and_the_reason_are_told_and_the_other_is_one_click_away() {
    let mut window = sized(SIZE).trained();
    tell(&mut window, CPU, raced(DeviceChoice::Cpu, DeviceReason::Faster));
    window.click(&format!("Device: {CPU}"));
    window.expect("The CPU computes because it is faster with this network.");
    window.expect("1\u{a0}240 steps/s of NSO, 31.0 slices/s");
    window.expect("310 steps/s of NSO, 12.0 slices/s");
    window.expect("Timed when the experiment was loaded");
    assert!(!window.has(Role::Button, "Use the CPU"), "it computes already");
    window.click("Use the GPU");
    assert_eq!(window.commands(), [Command::UseDevice(DeviceChoice::Gpu)]);
    assert!(!window.has(Role::Button, "Use the GPU"), "the menu closes");

    let asked = DeviceReport { asked: DeviceChoice::Gpu, ..raced(DeviceChoice::Gpu, DeviceReason::Asked) };
    tell(&mut window, GPU, asked);
    window.click(&format!("Device: {GPU}"));
    window.expect("The GPU computes because it was asked for.");
    window.click("Take the faster one by itself");
    assert_eq!(window.commands(), [Command::UseDevice(DeviceChoice::Auto)]);
}

#[test]
fn a_device_that_fails_says_why_and_one_that_is_alone_offers_nothing() {
    let mut window = sized(SIZE).trained();
    let mut report = raced(DeviceChoice::Cpu, DeviceReason::OtherFailed);
    report.rows[1].timed = Timed::Failed("out of memory".to_owned());
    tell(&mut window, CPU, report);
    window.click(&format!("Device: {CPU}"));
    window.expect("could not be timed: out of memory");
    window.expect("because the GPU failed");

    let mut window = sized(SIZE).trained();
    let mut report = raced(DeviceChoice::Cpu, DeviceReason::Alone);
    report.rows.truncate(1);
    report.rows[0].timed = Timed::Not;
    report.method = None;
    tell(&mut window, CPU, report);
    window.click(&format!("Device: {CPU}"));
    window.expect("no hardware GPU was found");
    assert!(!window.shows("Use the") && !window.shows("Take the faster") && !window.shows("Timed when"));
}
