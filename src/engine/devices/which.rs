//! Which of several hardware GPUs is meant: by its number, or by what a scheduler has bound this process to.
//!
//! Schedulers bind by `CUDA_VISIBLE_DEVICES`, which Vulkan does not heed: without this every worker of a machine would compute on
//! its first GPU. CUDA's numbers are those of NVIDIA's GPUs in the order of their places on the bus (`CUDA_DEVICE_ORDER=PCI_BUS_ID`,
//! and of equal GPUs any order); where the driver does not tell places, in the order in which they are listed.

use crate::config::DeviceChoice;

/// NVIDIA's number among vendors of PCI devices.
const NVIDIA: u32 = 0x10de;
/// A number of `flatscape devices`.
const OWN: &str = "FLATSCAPE_GPU";
/// What schedulers set, the inner one first.
const BOUND: [&str; 2] = ["HQ_RESOURCE_VALUES_gpus_nvidia", "CUDA_VISIBLE_DEVICES"];

/// Where a hardware GPU is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The vendor's number.
    pub vendor: u32,
    /// Its place on the bus such as `0000:01:00.0`; empty where the driver does not tell it.
    pub bus: String,
    /// Its name, for messages.
    pub name: String,
}

/// The GPU that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meant {
    /// The first one.
    First,
    /// By its number among all, and what said so.
    Number(usize, String),
    /// By CUDA's number, and the variable.
    Cuda(usize, &'static str),
    /// By its identity, such as `GPU-5c1b…`, and the variable.
    Uuid(String, &'static str),
    /// None of NVIDIA's.
    NoNvidia,
}

/// Reads a variable of the environment.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The place in `seats` of the hardware GPU that is meant; `None` where there is none. `bus_of` finds the place on the bus of a
/// GPU by its identity.
///
/// # Errors
/// One sentence where it is not there, with what is.
pub fn pick(
    choice: DeviceChoice,
    seats: &[Seat],
    variables: Variables<'_>,
    bus_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<usize>, String> {
    let nvidia = nvidia(seats);
    match meant(choice, variables)? {
        Meant::Number(number, _) if number < seats.len() => Ok(Some(number)),
        Meant::Number(_, said) => Err(format!("{said}, {}", there(seats))),
        // What another vendor's GPU is called is nothing that CUDA knows of.
        Meant::First | Meant::Cuda(..) | Meant::Uuid(..) if nvidia.is_empty() => Ok((!seats.is_empty()).then_some(0)),
        Meant::First => Ok(Some(0)),
        Meant::NoNvidia => Ok(seats.iter().position(|seat| seat.vendor != NVIDIA)),
        // A container or a control group may show the one that was bound alone, under its number outside.
        Meant::Cuda(..) | Meant::Uuid(..) if nvidia.len() == 1 => Ok(nvidia.first().copied()),
        Meant::Cuda(number, variable) => nvidia.get(number).copied().map(Some).ok_or_else(|| {
            let last = nvidia.len() - 1;
            format!("`{variable}` names GPU {number}, expected 0 to {last}; {}", there(seats))
        }),
        Meant::Uuid(uuid, variable) => {
            let bus = bus_of(&uuid);
            let found = bus.and_then(|bus| seats.iter().position(|seat| seat.bus.eq_ignore_ascii_case(&bus)));
            found.map(Some).ok_or_else(|| {
                format!(
                    "`{variable}` names {uuid}, which cannot be told apart here; expected a number, or {OWN} beside it; {}",
                    there(seats)
                )
            })
        }
    }
}

/// What is meant.
fn meant(choice: DeviceChoice, variables: Variables<'_>) -> Result<Meant, String> {
    if let DeviceChoice::GpuAt(number) = choice {
        return Ok(Meant::Number(usize::from(number), format!("`--device` is {choice}")));
    }
    if let Some(text) = variables(OWN).filter(|text| !text.trim().is_empty()) {
        let number = text.trim().parse().map_err(|_| {
            format!("`{OWN}` is `{text}`, expected the number of a GPU as `flatscape devices` lists it")
        })?;
        return Ok(Meant::Number(number, format!("`{OWN}` is {number}")));
    }
    for variable in BOUND {
        let Some(text) = variables(variable) else { continue };
        // Of several the first: a run computes on one.
        let first = text.split(',').next().unwrap_or_default().trim();
        return Ok(match first.parse::<i64>() {
            Ok(number) => usize::try_from(number).map_or(Meant::NoNvidia, |number| Meant::Cuda(number, variable)),
            Err(_) if first.starts_with("GPU-") || first.starts_with("MIG-") => Meant::Uuid(first.to_owned(), variable),
            // CUDA takes none where the list is empty or begins with what it does not know.
            Err(_) => Meant::NoNvidia,
        });
    }
    Ok(Meant::First)
}

/// NVIDIA's GPUs in CUDA's order.
fn nvidia(seats: &[Seat]) -> Vec<usize> {
    let mut own: Vec<usize> = (0..seats.len()).filter(|place| seats[*place].vendor == NVIDIA).collect();
    if own.iter().all(|place| !seats[*place].bus.is_empty()) {
        own.sort_by_key(|place| seats[*place].bus.to_lowercase());
    }
    own
}

/// The hardware GPUs, in words.
fn there(seats: &[Seat]) -> String {
    let each = seats.iter().enumerate().map(|(number, seat)| format!("gpu:{number} {}", seat.name));
    let all: Vec<String> = each.collect();
    if all.is_empty() { "and there is no hardware GPU".to_owned() } else { format!("and there is {}", all.join(", ")) }
}

/// The place on the bus of an NVIDIA GPU by its identity, as the driver lists them on Linux.
pub fn bus_of(uuid: &str) -> Option<String> {
    let entries = std::fs::read_dir("/proc/driver/nvidia/gpus").ok()?;
    entries.flatten().find_map(|entry| {
        let text = std::fs::read_to_string(entry.path().join("information")).ok()?;
        let own = text.lines().find_map(|line| line.strip_prefix("GPU UUID:"))?.trim().to_owned();
        // A prefix is enough for CUDA.
        own.starts_with(uuid).then(|| entry.file_name().to_string_lossy().into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(vendor: u32, bus: &str, name: &str) -> Seat {
        Seat { vendor, bus: bus.to_owned(), name: name.to_owned() }
    }

    /// An Intel GPU beside three of NVIDIA's, listed in another order than that of the bus.
    fn seats() -> Vec<Seat> {
        vec![
            seat(NVIDIA, "0000:C1:00.0", "card C"),
            seat(0x8086, "0000:00:02.0", "Intel"),
            seat(NVIDIA, "0000:01:00.0", "card A"),
            seat(NVIDIA, "0000:41:00.0", "card B"),
        ]
    }

    fn of(choice: DeviceChoice, set: &[(&str, &str)], seats: &[Seat]) -> Result<Option<usize>, String> {
        let find = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let bus_of = |uuid: &str| (uuid == "GPU-b").then(|| "0000:41:00.0".to_owned());
        pick(choice, seats, &find, &bus_of)
    }

    const CUDA: &str = "CUDA_VISIBLE_DEVICES";
    const HQ: &str = "HQ_RESOURCE_VALUES_gpus_nvidia";

    #[test]
    fn the_number_on_the_command_line_goes_before_all_else() {
        let seats = seats();
        let auto = |set: &[(&str, &str)]| of(DeviceChoice::Auto, set, &seats).unwrap();
        assert_eq!(auto(&[]), Some(0));
        assert_eq!(of(DeviceChoice::GpuAt(3), &[(OWN, "1"), (CUDA, "0")], &seats).unwrap(), Some(3));
        assert_eq!(auto(&[(OWN, "1"), (CUDA, "0")]), Some(1));
        assert_eq!(auto(&[(HQ, "1"), (CUDA, "0")]), Some(3), "a worker within an allocation");
        assert_eq!(of(DeviceChoice::Gpu, &[(CUDA, "2")], &seats).unwrap(), Some(0));
    }

    #[test]
    fn numbers_of_cuda_are_those_of_the_bus_where_it_is_known() {
        let mut seats = seats();
        let at = |text: &str, seats: &[Seat]| of(DeviceChoice::Auto, &[(CUDA, text)], seats).unwrap();
        assert_eq!(["0", "1", "2", "1,0"].map(|text| at(text, &seats)), [Some(2), Some(3), Some(0), Some(3)]);
        assert_eq!(at("GPU-b", &seats), Some(3));
        assert_eq!([at("", &seats), at("-1", &seats), at("NoDevFiles", &seats)], [Some(1); 3], "none of NVIDIA's");
        seats[3].bus.clear();
        assert_eq!(["0", "1", "2"].map(|text| at(text, &seats)), [Some(0), Some(2), Some(3)], "as they are listed");
        assert_eq!(at("7", &seats[..2]), Some(0), "the one that the process is shown");
        assert_eq!(at("1", &seats[1..2]), Some(0), "another vendor's has no number of CUDA");
        assert_eq!(at("1", &[]), None);
        assert_eq!(at("-1", &seats[..1]), None);
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let seats = seats();
        for (choice, set, expected) in [
            (DeviceChoice::GpuAt(4), vec![], "`--device` is gpu:4, and there is gpu:0 card C, gpu:1 Intel"),
            (DeviceChoice::Auto, vec![(OWN, "9")], "`FLATSCAPE_GPU` is 9, and there is gpu:0"),
            (DeviceChoice::Auto, vec![(OWN, "x")], "`FLATSCAPE_GPU` is `x`, expected the number of a GPU"),
            (DeviceChoice::Gpu, vec![(CUDA, "3")], "`CUDA_VISIBLE_DEVICES` names GPU 3, expected 0 to 2"),
            (
                DeviceChoice::Gpu,
                vec![(CUDA, "MIG-1")],
                "`CUDA_VISIBLE_DEVICES` names MIG-1, which cannot be told apart",
            ),
        ] {
            let message = of(choice, &set, &seats).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        let message = of(DeviceChoice::GpuAt(0), &[], &[]).unwrap_err();
        assert!(message.contains("there is no hardware GPU"), "{message}");
    }
}
