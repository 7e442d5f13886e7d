//! Rates that were measured at an earlier start, so that the same work is not raced again: one small file in the user's cache.
//! A file that cannot be read costs a race, no more.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::protocol::Rates;
use crate::session::settings;

/// Version of the file.
const VERSION: u32 = 1;
/// Entries at most, the newest stay.
const MOST_ENTRIES: usize = 64;
/// A larger file is none of ours, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// What rates depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The program's version, whose kernels they are.
    pub version: String,
    /// The network with its loss, as a checksum of its text.
    pub model: String,
    /// Methods, batch, number of points and examples, in words.
    pub work: String,
    /// The processor.
    pub cpu: String,
    /// The GPU, with its driver's interface.
    pub gpu: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    key: Key,
    cpu_rates: Rates,
    gpu_rates: Rates,
}

/// The file of rates.
#[derive(Debug, Clone, Default)]
pub struct KeptRates(Option<PathBuf>);

impl Key {
    /// The key of a model, by its text, and of work that the words tell apart from other work on it.
    pub fn new(model: &str, work: String, cpu: String, gpu: String) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { version, model: format!("{:016x}", checksum(model)), work, cpu, gpu }
    }
}

impl KeptRates {
    /// Where the system has caches; without such a folder nothing is kept.
    pub fn of_user() -> Self {
        Self(settings::cache_folder().map(|folder| folder.join("device-rates.json")))
    }

    /// In this file.
    #[cfg(test)]
    pub fn at(path: PathBuf) -> Self {
        Self(Some(path))
    }

    /// The rates of CPU and GPU that were kept under a key, and what is to be said of a file that cannot be used.
    pub fn find(&self, key: &Key) -> (Option<[Rates; 2]>, Option<String>) {
        let Some(path) = &self.0 else { return (None, None) };
        match read(path) {
            Ok(entries) => {
                let found = entries.into_iter().rfind(|entry| entry.key == *key);
                (found.map(|entry| [entry.cpu_rates, entry.gpu_rates]), None)
            }
            Err(()) => {
                let note = format!(
                    "The kept speeds of the devices in {} cannot be read, so the devices are timed anew.",
                    path.display()
                );
                (None, Some(note))
            }
        }
    }

    /// Keeps rates. Where that cannot be, the next start measures again.
    pub fn keep(&self, key: Key, [cpu_rates, gpu_rates]: [Rates; 2]) {
        let Some(path) = &self.0 else { return };
        let mut entries = read(path).unwrap_or_default();
        entries.retain(|entry| entry.key != key);
        entries.push(Entry { key, cpu_rates, gpu_rates });
        let surplus = entries.len().saturating_sub(MOST_ENTRIES);
        entries.drain(..surplus);
        let _ = settings::save(path, VERSION, &entries);
    }
}

/// The entries of the file, none where there is no file; an error where it cannot be used.
fn read(path: &Path) -> Result<Vec<Entry>, ()> {
    match std::fs::metadata(path) {
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Ok(meta) if meta.len() <= MOST_BYTES => {
            let entries: Vec<Entry> = settings::peek(path, VERSION).ok_or(())?;
            let is_rate = |rate: f64| rate.is_finite() && rate > 0.0;
            let are_rates = |rates: &Rates| is_rate(rates.steps) && is_rate(rates.slices);
            Ok(entries.into_iter().filter(|entry| are_rates(&entry.cpu_rates) && are_rates(&entry.gpu_rates)).collect())
        }
        _ => Err(()),
    }
}

/// FNV-1a of 64 bits: tells texts apart, the same in every version of the compiler.
fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: [Rates; 2] = [Rates { steps: 1240.0, slices: 31.0 }, Rates { steps: 310.0, slices: 12.0 }];

    fn key() -> Key {
        Key::new("linear 8", "sgd 1, batch 20".to_owned(), "A processor, 2 threads".to_owned(), "A card".to_owned())
    }

    #[test]
    fn rates_come_back_and_those_of_anything_else_do_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kept = KeptRates::at(folder.path().join("deeper").join("rates.json"));
        assert_eq!(kept.find(&key()), (None, None));
        kept.keep(key(), RATES);
        assert_eq!(kept.find(&key()), (Some(RATES), None));
        let others = [
            Key::new("linear 9", key().work, key().cpu, key().gpu),
            Key { work: "sgd 1, batch 40".to_owned(), ..key() },
            Key { cpu: "A processor, 4 threads".to_owned(), ..key() },
            Key { gpu: "Another card".to_owned(), ..key() },
            Key { version: "0.0.1".to_owned(), ..key() },
        ];
        for other in others {
            assert_eq!(kept.find(&other), (None, None), "{other:?}");
        }
        // The newest counts.
        let newer = [RATES[1], RATES[0]];
        kept.keep(key(), newer);
        assert_eq!(kept.find(&key()), (Some(newer), None));
    }

    #[test]
    fn a_file_that_is_damaged_is_told_and_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rates.json");
        let kept = KeptRates::at(path.clone());
        let rates = |rates: &str| {
            format!(
                r#"{{"version": 1, "settings": [{{"version": "{}", "model": "{}", "work": "{}", "cpu": "{}", "gpu": "{}",
                    "cpu_rates": {rates}, "gpu_rates": {rates}}}]}}"#,
                key().version,
                key().model,
                key().work,
                key().cpu,
                key().gpu
            )
        };
        let good = r#"{"steps": 1.5, "slices": 0.5}"#;
        std::fs::write(&path, rates(good)).expect("writable");
        assert_eq!(kept.find(&key()), (Some([Rates { steps: 1.5, slices: 0.5 }; 2]), None));
        let long = " ".repeat(MOST_BYTES as usize) + &rates(good);
        for damaged in ["", "{\"version\": 1", "{\"version\": 2, \"settings\": []}", &rates("3"), &long] {
            std::fs::write(&path, damaged).expect("writable");
            let (found, note) = kept.find(&key());
            assert!(found.is_none() && note.is_some_and(|note| note.contains("rates.json")), "{damaged:.80}");
            kept.keep(key(), RATES);
            assert_eq!(kept.find(&key()), (Some(RATES), None));
        }
        // A rate that is none is no damage to the others.
        std::fs::write(&path, rates(r#"{"steps": -1.0, "slices": 0.5}"#)).expect("writable");
        assert_eq!(kept.find(&key()), (None, None));
    }

    #[test]
    fn the_newest_entries_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let kept = KeptRates::at(folder.path().join("rates.json"));
        let of = |n: usize| Key { work: format!("work {n}"), ..key() };
        (0..MOST_ENTRIES + 3).for_each(|n| kept.keep(of(n), RATES));
        let is_there = |n| kept.find(&of(n)).0.is_some();
        assert!(!is_there(2) && is_there(3) && is_there(MOST_ENTRIES + 2));
    }

    #[test]
    fn without_a_folder_nothing_is_kept_and_nothing_said() {
        let kept = KeptRates::default();
        kept.keep(key(), RATES);
        assert_eq!(kept.find(&key()), (None, None));
    }

    #[test]
    fn the_checksum_is_that_of_its_authors() {
        // The test vectors of Fowler, Noll and Vo.
        assert_eq!(checksum(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(checksum("foobar"), 0x8594_4171_f739_67e8);
    }
}
