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
    *LIMIT.get_or_init(|| {
        let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        let total = System::new_with_specifics(memory).map_or(0, |system| system.total_memory());
        if total == 0 { UNKNOWN } else { total / SHARE }
    })
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
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    Err(format!("{what} would take {}, expected at most {} (`--max-memory` sets the limit)", gib(needed), gib(most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_memory_and_more_is_refused() {
        assert!(max_memory() > 1 << 26, "{}", max_memory());
        assert!(allow("`x`", 1 << 20).is_ok());
        let message = allow("`x`", u64::MAX).unwrap_err();
        assert!(message.starts_with("`x` would take 17179869184.0 GiB, expected at most "), "{message}");
    }
}
