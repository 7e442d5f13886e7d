//! What a piece of work took of memory at most, as the system counts it.

/// What `work` gives, and the bytes by which the process grew at most during it; other threads count too. 0 where the system
/// does not tell.
pub fn most_bytes<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let (is_set, before) = (forget_highest(), held());
    let result = work();
    let grown = highest().saturating_sub(before);
    (result, if is_set { grown } else { 0 })
}

/// Sets the mark of the most memory back to what is held now (`man 5 proc`). False where the system has no such mark.
pub fn forget_highest() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Bytes that the process has now.
pub fn held() -> usize {
    field("VmRSS:")
}

/// Bytes that the process had at most since [`forget_highest`].
pub fn highest() -> usize {
    field("VmHWM:")
}

/// A field of the process's own status, which is in kB.
fn field(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) << 10
}
