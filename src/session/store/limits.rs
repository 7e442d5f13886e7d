//! How much a session file keeps at most: the rules of `docs/session.md` as numbers.

/// What is kept at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Rows of a kind and run, as many as the window keeps.
    pub rows: u64,
    /// Traces by tensor of a run, as many as the window keeps.
    pub layer_rows: u64,
    /// What alerts said of a run; the newest stay.
    pub alerts: u64,
    /// Slices of a run, as many as can be played.
    pub slices: u64,
    /// Slices of a run in any case.
    pub least_slices: u64,
    /// Bytes of all slices, before they are packed.
    pub slice_bytes: u64,
    /// Checkpoints of a run beside its starts and the newest two.
    pub checkpoints: usize,
    /// Bytes of all checkpoints; starts and the newest of each run are kept in any case.
    pub checkpoint_bytes: u64,
    /// Points of a run's path, as many as the path itself keeps.
    pub path: u64,
    /// Bytes of all paths; two points of each run are kept in any case.
    pub path_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 131_072,
            layer_rows: 2048,
            alerts: 1024,
            slices: 48,
            least_slices: 4,
            slice_bytes: 96 << 20,
            checkpoints: 24,
            checkpoint_bytes: 512 << 20,
            path: 128,
            path_bytes: 256 << 20,
        }
    }
}
