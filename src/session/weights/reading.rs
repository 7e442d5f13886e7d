//! What is to be read: the tensors of a model, what files call them, and which of a file's dictionaries they are in.

use std::collections::BTreeMap;

use crate::config::Precision;
use crate::model::Architecture;

/// What is to be read from a file of weights. An architecture alone is read under its own names.
///
/// Tensors that stay as they are may be in the file, and then have to be there as they are here; of a direction they have to
/// be 0.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The tensors.
    pub architecture: &'a Architecture,
    /// What files call them where that is something else: ours → theirs, with ` ᵀ` where theirs is the transpose.
    pub names: Option<&'a BTreeMap<String, String>>,
    /// Of a file that runs start from: patterns of the tensors that begin anew and are not read, by our names. They may be
    /// missing there or have another shape, and what else their modules had there is left out.
    pub fresh: Option<&'a [String]>,
    /// The key of the file under which the weights are; found where it is not given.
    pub key: Option<&'a str>,
    /// What gives the key, as it is written before it, for those who have to.
    pub key_setting: &'static str,
    /// What the numbers are computed with: they have to be finite in it.
    pub precision: Precision,
}

impl<'a> From<&'a Architecture> for Reading<'a> {
    fn from(architecture: &'a Architecture) -> Self {
        let key_setting = "--weights-key ";
        Self { architecture, names: None, fresh: None, key: None, key_setting, precision: Precision::F32 }
    }
}
