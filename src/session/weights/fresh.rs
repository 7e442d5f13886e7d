//! Tensors that begin anew, whatever a file has of them: those of a new head.

use std::collections::BTreeMap;

use crate::config::fits;
use crate::model::{Initial, Parameter};

use super::reading::Reading;
use super::table::Table;

/// Which tensors of the model begin anew.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    patterns: Vec<String>,
    /// Modules all of whose tensors do, as files call them.
    modules: Vec<String>,
}

impl Fresh {
    /// By the patterns of a reading.
    pub fn new(reading: Reading<'_>, table: &Table) -> Self {
        let mut fresh = Self { patterns: reading.fresh.unwrap_or_default().to_vec(), modules: Vec::new() };
        let architecture = reading.architecture;
        let mut modules: BTreeMap<&str, bool> = BTreeMap::new();
        for tensor in architecture.parameters.iter().chain(&architecture.frozen).chain(&architecture.buffers) {
            for name in tensor.names() {
                if let Some((module, _)) = table.called(name).name.rsplit_once('.') {
                    *modules.entry(module).or_insert(true) &= fresh.has(tensor);
                }
            }
        }
        let modules = modules.into_iter().filter(|(_, is_whole)| *is_whole);
        fresh.modules = modules.map(|(module, _)| format!("{module}.")).collect();
        fresh
    }

    /// Whether this tensor of the model does.
    pub fn has(&self, tensor: &Parameter) -> bool {
        tensor.names().iter().any(|name| self.patterns.iter().any(|pattern| fits(pattern, name)))
    }

    /// Whether a name of the file, without what stands before all names, is of what is made anew: an old head may have had
    /// more tensors than the new one has.
    pub fn has_leftover(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| fits(pattern, name))
            || self.modules.iter().any(|module| name.starts_with(module.as_str()))
    }
}

/// What stands in a row in the place of a tensor that is not read: what running statistics begin as.
pub(super) fn unread(tensor: &Parameter) -> Vec<f64> {
    vec![if tensor.initial == Initial::One { 1.0 } else { 0.0 }; tensor.len()]
}
