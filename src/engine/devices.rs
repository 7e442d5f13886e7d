//! The devices that tensors can live on, and the one that a choice takes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::wgpu::wgpu::{self, Backends, DeviceType, Instance, InstanceDescriptor};
use burn::tensor::{Device, DeviceKind};

use crate::config::DeviceChoice;
use crate::model::{Compute, to_host};

/// One device, as `flatscape devices` and the window list it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeviceInfo {
    /// Name of the adapter or processor.
    pub name: String,
    /// "hardware GPU", "software GPU" or "CPU".
    pub kind: String,
    /// "Vulkan", "Metal", "Flex", ….
    pub backend: String,
    /// Whether `--device auto` takes this one.
    pub taken_by_auto: bool,
    /// Why it is taken or passed over, in one sentence.
    pub reason: String,
}

/// The device that runs, ready for work.
#[derive(Debug, Clone)]
pub struct OpenDevice {
    /// The device.
    pub compute: Compute,
    /// Its name for people.
    pub name: String,
    /// Why another than asked for runs, in one sentence.
    pub notice: Option<String>,
}

/// An adapter and how Burn names it.
struct Adapter {
    name: String,
    backend: String,
    kind: DeviceKind,
    is_hardware: bool,
}

/// Lists the devices, the one that `auto` takes among them.
#[must_use]
pub fn list_devices() -> Vec<DeviceInfo> {
    let adapters = adapters();
    let taken = adapters.iter().position(|adapter| adapter.is_hardware);
    let cpu = DeviceInfo {
        name: cpu_name(),
        kind: "CPU".to_owned(),
        backend: "Flex".to_owned(),
        taken_by_auto: taken.is_none(),
        reason: if taken.is_none() { "no hardware GPU was found" } else { "a hardware GPU was found" }.to_owned(),
    };
    let gpus = adapters.into_iter().enumerate().map(|(index, adapter)| DeviceInfo {
        name: adapter.name,
        kind: if adapter.is_hardware { "hardware GPU" } else { "software GPU" }.to_owned(),
        backend: adapter.backend,
        taken_by_auto: taken == Some(index),
        reason: match (adapter.is_hardware, taken == Some(index)) {
            (_, true) => "the first hardware GPU",
            (true, false) => "another hardware GPU comes before it",
            (false, _) => "it runs on the processor, slower than the CPU device; `--device gpu` takes it",
        }
        .to_owned(),
    });
    gpus.chain([cpu]).collect()
}

/// Opens the device that `choice` takes and runs a first computation on it.
///
/// # Errors
/// One sentence when `choice` is `gpu` and no adapter starts. With `auto` the CPU takes over and the notice says why.
pub fn open_device(choice: DeviceChoice) -> Result<OpenDevice, String> {
    match choice {
        DeviceChoice::Cpu => Ok(cpu(None)),
        DeviceChoice::Auto => match adapters().into_iter().find(|adapter| adapter.is_hardware) {
            None => Ok(cpu(None)),
            Some(adapter) => Ok(start(&adapter).unwrap_or_else(|err| {
                cpu(Some(format!("the GPU {} did not start ({err}), so the CPU computes", adapter.name)))
            })),
        },
        DeviceChoice::Gpu => {
            let mut adapters = adapters();
            adapters.sort_by_key(|adapter| !adapter.is_hardware);
            let Some(adapter) = adapters.first() else {
                return Err("no GPU adapter was found, not even a software one; `--device cpu` needs none".to_owned());
            };
            start(adapter).map_err(|err| format!("the GPU {} did not start: {err}; try `--device cpu`", adapter.name))
        }
    }
}

/// Whether a device still computes: after a lost GPU every computation on it panics.
#[must_use]
pub fn computes(compute: &Compute) -> bool {
    catch_unwind(AssertUnwindSafe(|| to_host(compute.tensor(vec![1.0], [1]) + 1.0) == [2.0])).unwrap_or(false)
}

/// What computes in place of a device that is lost.
#[must_use]
pub fn replacement() -> OpenDevice {
    cpu(Some("the GPU no longer answers, so the CPU computes from now on".to_owned()))
}

/// What computes in place of a GPU that could not take the runs.
#[must_use]
pub fn declined(reason: &str) -> OpenDevice {
    cpu(Some(format!("the GPU could not take the runs ({reason}), so the CPU computes")))
}

fn cpu(notice: Option<String>) -> OpenDevice {
    OpenDevice { compute: Compute::cpu(), name: cpu_name(), notice }
}

fn cpu_name() -> String {
    let threads = rayon::current_num_threads();
    format!("CPU (Flex), {threads} thread{}", if threads == 1 { "" } else { "s" })
}

/// Starts Burn on an adapter; its set-up may panic deep inside of a driver.
fn start(adapter: &Adapter) -> Result<OpenDevice, String> {
    let open = || -> Result<Compute, String> {
        let device = Device::wgpu(adapter.kind.clone());
        let compute = Compute::new(device);
        let two = to_host(compute.tensor(vec![1.0], [1]) + 1.0);
        if two == [2.0] { Ok(compute) } else { Err(format!("1 + 1 gave {two:?}")) }
    };
    let compute =
        catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|panic| Err(super::panic_message(panic.as_ref())))?;
    let name = format!("{} ({})", adapter.name, adapter.backend);
    Ok(OpenDevice { compute, name, notice: None })
}

fn adapters() -> Vec<Adapter> {
    let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
    let found = pollster::block_on(instance.enumerate_adapters(Backends::PRIMARY));
    let mut adapters = Vec::new();
    let (mut discrete, mut integrated, mut virtual_gpus) = (0, 0, 0);
    for info in found.iter().map(wgpu::Adapter::get_info) {
        let next = |count: &mut usize| std::mem::replace(count, *count + 1);
        let (kind, is_hardware) = match info.device_type {
            DeviceType::DiscreteGpu => (DeviceKind::DiscreteGpu(next(&mut discrete)), true),
            DeviceType::IntegratedGpu => (DeviceKind::IntegratedGpu(next(&mut integrated)), true),
            DeviceType::VirtualGpu => (DeviceKind::VirtualGpu(next(&mut virtual_gpus)), true),
            DeviceType::Cpu => (DeviceKind::Cpu, false),
            DeviceType::Other => continue,
        };
        adapters.push(Adapter { name: info.name, backend: format!("{:?}", info.backend), kind, is_hardware });
    }
    adapters
}
