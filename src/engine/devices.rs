//! The devices that tensors can live on, and the one that a choice takes.
//!
//! Which one is faster depends on the network, so `auto` times a step and a slice of the work at hand on each ([`race`]) and
//! keeps what it found ([`kept`]). Adapters that are software never take part: they run on the very processor.

pub(super) mod headless;
pub(super) mod kept;
pub(super) mod race;
pub(super) mod trial;
mod which;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::wgpu::wgpu::{self, Backends, DeviceType, Instance, InstanceDescriptor};
use burn::tensor::{Device, DeviceKind};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

use crate::config::DeviceChoice;
use crate::model::{Compute, to_host};

/// One device, as `flatscape devices` and the window list it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeviceInfo {
    /// Name of the adapter or processor.
    pub name: String,
    /// "hardware GPU", "software GPU" or "CPU".
    pub kind: String,
    /// What `--device` takes it by: "gpu:N" of hardware, "cpu".
    pub device: Option<String>,
    /// Its place on the bus, where the driver tells it.
    pub bus: Option<String>,
    /// "Vulkan", "Metal", "Flex", ….
    pub backend: String,
    /// Whether `--device auto` may take this one: the CPU always, and the first hardware GPU where it is faster.
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
    vendor: u32,
    /// Its place on the bus; empty where the driver does not tell it.
    bus: String,
}

/// The devices at hand, ready for work.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    /// The one that work begins on.
    pub used: OpenDevice,
    /// The GPU, where one was opened.
    pub gpu: Option<OpenDevice>,
}

/// Lists the devices, with what `auto` does with each.
#[must_use]
pub fn list_devices() -> Vec<DeviceInfo> {
    let adapters = adapters();
    let rival = meant(&adapters, DeviceChoice::Auto).ok().flatten();
    let number = |index: usize| {
        let hardware = adapters.iter().enumerate().filter(|(_, adapter)| adapter.is_hardware);
        let number = hardware.clone().position(|(place, _)| place == index);
        number.and_then(|number| u16::try_from(number).ok()).map(|number| DeviceChoice::GpuAt(number).to_string())
    };
    let numbers: Vec<Option<String>> = (0..adapters.len()).map(number).collect();
    let cpu = DeviceInfo {
        name: cpu_name(),
        kind: "CPU".to_owned(),
        device: Some(DeviceChoice::Cpu.to_string()),
        bus: None,
        backend: "Flex".to_owned(),
        taken_by_auto: true,
        reason: if rival.is_none() {
            "no hardware GPU was found"
        } else {
            "where it is as fast as the GPU, or faster, with the network at hand"
        }
        .to_owned(),
    };
    let gpus = adapters.into_iter().zip(numbers).enumerate().map(|(index, (adapter, device))| DeviceInfo {
        name: adapter.name,
        device,
        bus: Some(adapter.bus).filter(|bus| !bus.is_empty()),
        kind: if adapter.is_hardware { "hardware GPU" } else { "software GPU" }.to_owned(),
        backend: adapter.backend,
        taken_by_auto: rival == Some(index),
        reason: match (adapter.is_hardware, rival == Some(index)) {
            (_, true) => "where it is faster than the CPU with the network at hand",
            (true, false) => "another hardware GPU is taken before it, unless it is named",
            (false, _) => "it runs on the processor, slower than the CPU device; `--device gpu` takes it",
        }
        .to_owned(),
    });
    gpus.chain([cpu]).collect()
}

/// Opens what `choice` may take. With `auto` both devices are opened, and work begins on the CPU.
///
/// # Errors
/// One sentence when `choice` is a GPU and no adapter starts. With `auto` the CPU is alone then and its notice says why.
pub(super) fn open_all(choice: DeviceChoice) -> Result<Opened, String> {
    match choice {
        DeviceChoice::Cpu => Ok(Opened { used: cpu(None), gpu: None }),
        DeviceChoice::Gpu | DeviceChoice::GpuAt(_) => {
            open_gpu(choice).map(|gpu| Opened { used: gpu.clone(), gpu: Some(gpu) })
        }
        DeviceChoice::Auto => Ok(match hardware_gpu() {
            None => Opened { used: cpu(None), gpu: None },
            Some(Ok(gpu)) => Opened { used: cpu(None), gpu: Some(gpu) },
            Some(Err(notice)) => Opened { used: cpu(Some(notice)), gpu: None },
        }),
    }
}

/// Whether a GPU that was asked for by its number is there; anything else is found where it is opened.
///
/// # Errors
/// One sentence with the GPUs that are there.
pub fn check_number(choice: DeviceChoice) -> Result<(), String> {
    if matches!(choice, DeviceChoice::GpuAt(_)) { meant(&adapters(), choice).map(drop) } else { Ok(()) }
}

/// The place of the hardware GPU that `choice` means, or that a scheduler has bound this process to.
fn meant(adapters: &[Adapter], choice: DeviceChoice) -> Result<Option<usize>, String> {
    let hardware: Vec<usize> = (0..adapters.len()).filter(|place| adapters[*place].is_hardware).collect();
    let seat = |place: &usize| {
        let Adapter { vendor, bus, name, .. } = &adapters[*place];
        which::Seat { vendor: *vendor, bus: bus.clone(), name: name.clone() }
    };
    let seats: Vec<which::Seat> = hardware.iter().map(seat).collect();
    let picked = which::pick(choice, &seats, &|name| std::env::var(name).ok(), &which::bus_of)?;
    Ok(picked.map(|number| hardware[number]))
}

/// The hardware GPU that `auto` may take, or why it does not start.
fn hardware_gpu() -> Option<Result<OpenDevice, String>> {
    let adapters = adapters();
    let adapter = match meant(&adapters, DeviceChoice::Auto) {
        Ok(place) => &adapters[place?],
        Err(why) => return Some(Err(format!("{why}; so the CPU computes"))),
    };
    let words = |err| format!("the GPU {} did not start ({err}), so the CPU computes", adapter.name);
    Some(start(adapter).map_err(words))
}

/// The processor as what was measured on it is kept: its name, kind and threads.
pub(super) fn processor() -> String {
    format!("{}, {}", processor_name(), cpu_name())
}

/// The processor, where a device of that name is the CPU.
#[must_use]
pub fn processor_of(device: &str) -> Option<String> {
    (device == cpu_name()).then(processor_name)
}

/// The processor's name and kind.
fn processor_name() -> String {
    let kind = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let system = System::new_with_specifics(kind).ok();
    let first = system.as_ref().and_then(|system| system.cpus().first());
    let brand = first.map_or("a processor", |cpu| cpu.brand().trim());
    format!("{brand} ({})", std::env::consts::ARCH)
}

/// Opens the GPU that `choice` means, a software one where there is no other, and runs a first computation on it.
///
/// # Errors
/// One sentence when no adapter starts, or the one that is named is not there.
pub(super) fn open_gpu(choice: DeviceChoice) -> Result<OpenDevice, String> {
    let adapters = adapters();
    let place = meant(&adapters, choice)?.or_else(|| adapters.iter().position(|adapter| !adapter.is_hardware));
    let Some(adapter) = place.map(|place| &adapters[place]) else {
        return Err("no GPU adapter was found, not even a software one; `--device cpu` needs none".to_owned());
    };
    start(adapter).map_err(|err| format!("the GPU {} did not start: {err}; try `--device cpu`", adapter.name))
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

/// The CPU's name for people.
pub(super) fn cpu_name() -> String {
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
        let backend = format!("{:?}", info.backend);
        let (vendor, bus) = (info.vendor, info.device_pci_bus_id);
        adapters.push(Adapter { name: info.name, backend, kind, is_hardware, vendor, bus });
    }
    adapters
}
