//! What made a file.

/// What made a file, as the file says it.
pub const SOFTWARE: &str = concat!("Flatscape ", env!("CARGO_PKG_VERSION"));
