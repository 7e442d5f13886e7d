//! `--max-memory`: how much memory one array or one file of a user may take.

use anyhow::Result;

use super::error::BadInput;
use crate::data::limit::{parse_size, set_max_memory};

/// Sets the limit that was given, before anything is read.
pub fn limit(text: Option<&str>) -> Result<()> {
    let Some(text) = text else { return Ok(()) };
    let wrong =
        || BadInput(format!("`--max-memory` is `{text}`, expected a size such as 512M, 2G or a number of bytes"));
    set_max_memory(parse_size(text).ok_or_else(wrong)?);
    Ok(())
}
