//! How much memory a file may take: what its header promises and what it unpacks to is asked for here first.

use std::sync::OnceLock;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Share of the machine's memory that a file may take where nobody says otherwise.
const SHARE: u64 = 4;
/// The limit where the machine does not tell its memory.
const UNKNOWN: u64 = 2 << 30;

static LIMIT: OnceLock<u64> = OnceLock::new();

/// Sets the limit in bytes, once, before anything is read; later calls change nothing.
pub fn set_max_memory(bytes: u64) {
    let _ = LIMIT.set(bytes);
}

/// The limit in bytes: what was set, else a quarter of the machine's memory.
#[must_use]
pub fn max_memory() -> u64 {
    *LIMIT.get_or_init(|| machine_memory().map_or(UNKNOWN, |total| total / SHARE))
}

/// The machine's memory in bytes, where it tells.
#[must_use]
pub fn machine_memory() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let total = System::new_with_specifics(memory).map_or(0, |system| system.total_memory());
    (total > 0).then_some(total)
}

/// A size in words, such as `512M`, `2G` or a number of bytes; units are powers of 1024. `None` where it is none.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let power = match unit.trim() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * 2f64.powi(power);
    (1.0..1e18).contains(&bytes).then_some(bytes as u64)
}

/// Whether `what` may take `needed` bytes.
///
/// # Errors
/// A sentence with both sizes and the way to raise the limit.
pub fn allow(what: &str, needed: u64) -> Result<(), String> {
    let most = max_memory();
    if needed <= most {
        return Ok(());
    }
    let [needed, most] = [needed, most].map(size_words);
    Err(format!("{what} would take {needed}, expected at most {most} (`--max-memory` sets the limit)"))
}

/// A number of bytes in words.
#[must_use]
pub fn size_words(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{bytes} bytes"),
        0x10_0000..0x4000_0000 => format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20)),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        let sizes = [("1048576", 1 << 20), ("512M", 1 << 29), ("2G", 1 << 31), (" 1.5 GiB ", 3 << 29), ("4kb", 4096)];
        for (text, bytes) in sizes {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
        for text in ["", "G", "-1", "0", "2X", "1e9", "1.2.3", "nan", "inf", "9999999999T"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn the_machine_has_memory_and_more_is_refused() {
        assert!(max_memory() > 1 << 26, "{}", max_memory());
        assert!(allow("`x`", 1 << 20).is_ok());
        let message = allow("`x`", u64::MAX).unwrap_err();
        assert!(message.starts_with("`x` would take 17179869184.0 GiB, expected at most "), "{message}");
    }
}
