//! The adapter that the arithmetic runs on.
#![allow(clippy::print_stdout, reason = "a test says which adapter it took, and why it took none")]

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use burn::tensor::{Device, DeviceKind};
use flatscape::model::Compute;

/// The best adapter, hardware before software, opened once: Burn registers its runtime once a process.
static DEVICE: LazyLock<Result<Mutex<Compute>, String>> = LazyLock::new(|| {
    let open = |kind: DeviceKind| Device::wgpu_options().device_kind(kind).init().map_err(|error| error.to_string());
    let device = open(DeviceKind::DefaultDevice)
        .or_else(|first| open(DeviceKind::Cpu).map_err(|second| format!("{first}; {second}")))?;
    println!("{:?}", device.identity());
    Ok(Mutex::new(Compute::new(device)))
});

/// The adapter, for one test at a time. Without one it says so and gives nothing, or fails where `FLATSCAPE_REQUIRE_GPU`
/// is set.
pub fn gpu() -> Option<MutexGuard<'static, Compute>> {
    match &*DEVICE {
        Ok(compute) => Some(compute.lock().unwrap_or_else(PoisonError::into_inner)),
        Err(reason) => {
            assert!(std::env::var_os("FLATSCAPE_REQUIRE_GPU").is_none(), "no adapter: {reason}");
            println!("skipped, there is no adapter: {reason}");
            None
        }
    }
}
