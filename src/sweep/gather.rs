//! The results of a plan's units, in its order, and whether they belong together.

use std::collections::BTreeSet;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use serde::de::DeserializeOwned;

use super::error::SweepError;
use super::folder::{Origin, Stored, SweepFolder};
use super::index::list_words;
use super::plan::Plan;
use crate::report::results::{AtOnce, CompareResult, RunResult};

/// The results of all units, in their order.
///
/// # Errors
/// [`SweepError::Missing`] with the numbers of those that are not there, and what does them.
pub fn read_all<T: DeserializeOwned + Send>(
    folder: &SweepFolder,
    plan: &Plan,
    work: &str,
) -> Result<Vec<Stored<T>>, SweepError> {
    let found: Vec<Option<Stored<T>>> = plan.units.par_iter().map(|unit| folder.read(&unit.id)).collect();
    let missing: Vec<usize> =
        found.iter().enumerate().filter(|(_, found)| found.is_none()).map(|(place, _)| place).collect();
    if missing.is_empty() {
        return Ok(found.into_iter().flatten().collect());
    }
    let numbers = list_words(&missing);
    let (of, first) = (plan.units.len(), plan.words(&plan.units[missing[0]]));
    let also = if missing.len() > 1 { ", …" } else { "" };
    Err(SweepError::Missing(format!(
        "{} of {of} units have no result, {numbers} ({first}{also}); this does them: {work} --unit {numbers}",
        missing.len()
    )))
}

/// What made all results, in the words of a comparison's device.
///
/// Versions have to be the same, and devices: the CPU with another number of threads is the same one, because no figure depends
/// on that, and another processor is not.
///
/// # Errors
/// [`SweepError::Mixed`], unless `mixed` takes them together; the words name all of them then.
pub fn device_of<'a>(origins: impl Iterator<Item = &'a Origin>, mixed: bool) -> Result<String, SweepError> {
    let origins: BTreeSet<(&str, &str, Option<&str>)> =
        origins.map(|origin| (origin.version.as_str(), origin.device.as_str(), origin.processor.as_deref())).collect();
    let versions: BTreeSet<&str> = origins.iter().map(|(version, ..)| *version).collect();
    let names: BTreeSet<&str> = origins.iter().map(|(_, device, _)| *device).collect();
    let machines: BTreeSet<(&str, Option<&str>)> =
        origins.iter().map(|(_, device, processor)| (without_threads(device, *processor), *processor)).collect();
    let machine_words = machines.iter().map(|(device, processor)| match processor {
        Some(processor) => format!("{device} on {processor}"),
        None => (*device).to_owned(),
    });
    let (versions, devices) = (joined(versions.into_iter()), machine_words.collect::<Vec<_>>().join("; "));
    let is_one_version = !versions.contains("; ");
    if is_one_version && machines.len() <= 1 {
        let whole = names.first().filter(|_| names.len() == 1).copied();
        let name = whole.or_else(|| machines.first().map(|(device, _)| *device));
        return Ok(name.unwrap_or_default().to_owned());
    }
    if mixed {
        let of = if is_one_version { String::new() } else { format!(", versions {versions}") };
        return Ok(format!("mixed: {devices}{of}"));
    }
    let what = if is_one_version { format!("devices ({devices})") } else { format!("versions ({versions})") };
    Err(SweepError::Mixed(format!(
        "the results are of different {what}, expected one (--mixed takes them together and says so, `flatscape work --force` \
         does units again)"
    )))
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join("; ")
}

/// The name of a processor as a device, without its threads.
fn without_threads<'a>(device: &'a str, processor: Option<&str>) -> &'a str {
    if processor.is_none() { device } else { device.split(", ").next().unwrap_or(device) }
}

/// A comparison as it would have been made by one process, one run after the other.
#[must_use]
pub fn comparison(units: &[usize], runs: &[Stored<RunResult>], device: &str) -> CompareResult {
    CompareResult {
        device: device.to_owned(),
        notice: None,
        at_once: AtOnce { runs: 1, cores: 1 },
        runs: units.iter().map(|unit| runs[*unit].found.clone()).collect(),
        tuning: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(version: &str, device: &str, processor: Option<&str>) -> Origin {
        Origin { version: version.to_owned(), device: device.to_owned(), processor: processor.map(str::to_owned) }
    }

    #[test]
    fn threads_make_no_difference_and_processors_and_versions_do() {
        let two = origin("1", "CPU (Flex), 2 threads", Some("A"));
        let four = origin("1", "CPU (Flex), 4 threads", Some("A"));
        let other = origin("1", "CPU (Flex), 2 threads", Some("B"));
        let card = origin("1", "A card (Vulkan)", None);
        let newer = Origin { version: "2".to_owned(), ..two.clone() };
        let of = |origins: &[&Origin], mixed| device_of(origins.iter().copied(), mixed);
        assert_eq!(of(&[&two, &two], false).unwrap(), "CPU (Flex), 2 threads");
        assert_eq!(of(&[&two, &four], false).unwrap(), "CPU (Flex)");
        assert_eq!(of(&[&card, &card], false).unwrap(), "A card (Vulkan)");
        for (others, what) in [(&other, "devices"), (&card, "devices"), (&newer, "versions")] {
            let message = of(&[&two, others], false).unwrap_err().to_string();
            assert!(message.contains(what) && message.contains("--mixed"), "{message}");
        }
        assert_eq!(of(&[&two, &other], true).unwrap(), "mixed: CPU (Flex) on A; CPU (Flex) on B");
        assert!(of(&[&two, &newer], true).unwrap().contains("versions 1; 2"));
    }
}
