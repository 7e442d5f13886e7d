//! The devices that tensors can live on.

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

/// Lists the devices, the one that `auto` takes among them.
// FAKE until the engine is merged: only the CPU, without looking for adapters.
#[must_use]
pub fn list_devices() -> Vec<DeviceInfo> {
    vec![DeviceInfo {
        name: "CPU".to_owned(),
        kind: "CPU".to_owned(),
        backend: "Flex".to_owned(),
        taken_by_auto: true,
        reason: "no hardware GPU was found".to_owned(),
    }]
}
