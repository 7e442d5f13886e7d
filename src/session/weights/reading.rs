//! What is to be read: the tensors of a model, what files call them, and which of a file's dictionaries they are in.

use std::collections::BTreeMap;

use crate::config::Precision;
use crate::model::{Architecture, Parameter};

/// A model that comes with the program, as far as its files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownModel {
    /// The name under which the program has it.
    pub name: String,
    /// Names and shapes of its tensors in files.
    pub tensors: Vec<(String, Vec<usize>)>,
}

/// Gives the models that come with the program. It is called where a file fits nothing, to tell what it could belong to.
pub type KnownModels = fn() -> Box<dyn Iterator<Item = KnownModel>>;

/// What is to be read from a file of weights. An architecture alone is read under its own names.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The tensors.
    pub architecture: &'a Architecture,
    /// What files call them where that is something else: ours → theirs, with ` ᵀ` where theirs is the transpose.
    pub names: Option<&'a BTreeMap<String, String>>,
    /// The key of the file under which the weights are; found where it is not given.
    pub key: Option<&'a str>,
    /// What the numbers are computed with: they have to be finite in it.
    pub precision: Precision,
    /// The models that come with the program.
    pub known: Option<KnownModels>,
}

impl<'a> From<&'a Architecture> for Reading<'a> {
    fn from(architecture: &'a Architecture) -> Self {
        Self { architecture, names: None, key: None, precision: Precision::F32, known: None }
    }
}

/// All names of a tensor of the model, its own first: several where it is tied.
pub(super) fn names_of(parameter: &Parameter) -> Vec<&str> {
    [&parameter.name].into_iter().chain(&parameter.also).map(String::as_str).collect()
}
